//! Runs a private, real Postgres server for development, tests and small installations.
//!
//! [`Cluster::open`] finds the server programs, makes a cluster on first use, starts the server or
//! joins one that runs already, and returns once it answers. Many processes may hold the same
//! cluster open; the last one out stops the server. A killed holder leaves the server running, and
//! the next one in takes it over.
//!
//! # Who may connect
//!
//! The server listens on a Unix socket alone, in a folder of mode 0700 that belongs to the account
//! it runs under. Whoever can reach the socket is that account or root, and either could read the
//! data files anyway; so connections over it are trusted, as the superuser role `trainnet`, and
//! every connection over TCP is rejected. A password would have to be kept in a file beside the
//! data, where the same two accounts could read it. A map from account to role would not do either:
//! Postgres refuses to run as root, so where root opens a cluster, the server runs as `postgres`
//! or `nobody`, and root connects under a name that is neither.

mod cluster;
mod connection;
mod create;
mod error;
mod membership;
mod place;
mod process;
mod server;
mod settings;

pub use cluster::Cluster;
pub use error::EmbeddedError;
pub use settings::Settings;

/// The superuser that everyone connects as.
pub const ROLE: &str = "trainnet";
