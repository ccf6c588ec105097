//! The frame around every route, over real HTTP and a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "the whole binary is a test")]

mod addresses;
mod bodies;
mod browser;
mod client;
mod documents;
mod headers;
mod health;
mod jobs;
mod limits;
mod log;
mod logging;
mod metrics;
mod objects;
mod openai;
mod payments;
mod positions;
mod probe;
mod problems;
mod servers;
mod shutdown;
mod strangers;
mod tls;
mod users;
mod web;
mod work;
mod world;
