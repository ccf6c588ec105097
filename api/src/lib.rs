//! The platform as HTTP shows it: one frame around every route, and the routes within.

mod api;
mod asked;
mod body;
mod csv;
mod docs;
mod health;
mod jobs;
mod layers;
mod log;
mod mails;
mod metrics;
mod moment;
mod money;
mod objects;
mod openai;
mod openapi;
mod outbox;
mod page;
mod parameters;
mod payments;
mod position;
mod problem;
mod product;
mod refused;
mod server;
mod servers;
mod settings;
mod users;
mod watch;
mod web;
mod work;

pub use api::{Api, Routes};
pub use asked::{Asked, IdempotencyKey};
pub use body::Body;
pub use jobs::Jobs;
pub use layers::{Allowance, ClientAddress, Exceeded, Limiter, RequestId};
pub use money::Amount;
pub use objects::{Completed, Link, NewObject, OBJECT_BYTES_MAX, Objects, Opening, PartLink};
pub use openapi::PUBLIC_ROUTES;
pub use outbox::{Outbox, Unsent, outbox};
pub use parameters::{Path, Query};
pub use payments::{Opened, Order, Payments};
pub use position::{POSITION_HEADER, Position, Reached};
pub use problem::{ApiError, Kind, Problem, kinds};
pub use product::{Outside, Product};
pub use refused::refused;
pub use server::{NotServed, Server};
pub use servers::{MachineCaller, Servers};
pub use settings::{LISTEN_DEFAULT, LogFormat, Nonsense, Settings, TlsFiles, Variables};
pub use users::{
    Admin, Auditor, Binding, By, Caller, NoSecrets, NotMade, Secrets, Signed, Tidied, Users,
};
pub use web::{App, AppFile};
pub use work::Work;
