//! The platform as HTTP shows it: one frame around every route, and the routes within.

mod api;
mod asked;
mod body;
mod csv;
mod docs;
mod health;
mod layers;
mod log;
mod mails;
mod metrics;
mod moment;
mod openapi;
mod outbox;
mod page;
mod parameters;
mod position;
mod problem;
mod refused;
mod server;
mod servers;
mod settings;
mod users;
mod watch;

pub use api::{Api, Routes};
pub use asked::{Asked, IdempotencyKey};
pub use body::Body;
pub use layers::{Allowance, ClientAddress, Exceeded, Limiter, RequestId};
pub use openapi::PUBLIC_ROUTES;
pub use outbox::{Outbox, Unsent, outbox};
pub use parameters::{Path, Query};
pub use position::{POSITION_HEADER, Position, Reached};
pub use problem::{ApiError, Kind, Problem, kinds};
pub use refused::refused;
pub use server::{NotServed, Server};
pub use servers::{MachineCaller, Servers};
pub use settings::{LISTEN_DEFAULT, LogFormat, Nonsense, Settings, TlsFiles, Variables};
pub use users::{
    Admin, Auditor, Binding, By, Caller, NoSecrets, NotMade, Secrets, Signed, Tidied, Users,
};
