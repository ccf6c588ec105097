//! Lists who may depend on whom; a new member of the workspace is added here.

/// Where a message sends its reader.
pub const LIST_FILE: &str = "xtask/src/arrows/list.rs";

/// What a member may use of the workspace.
pub enum May {
    Only(&'static [&'static str]),
    Anything,
}

/// A member of the workspace, and what it may use of it outside its tests.
pub struct Member {
    pub name: &'static str,
    pub may_use: May,
    /// Nobody depends on a program, whatever else it may use.
    pub is_program: bool,
}

const fn library(name: &'static str, may_use: &'static [&'static str]) -> Member {
    Member {
        name,
        may_use: May::Only(may_use),
        is_program: false,
    }
}

const fn program(name: &'static str, may_use: May) -> Member {
    Member {
        name,
        may_use,
        is_program: true,
    }
}

pub const MEMBERS: [Member; 20] = [
    library("ledger", &[]),
    library("migrations", &[]),
    library("embedded-search", &[]),
    library("embedded", &["embedded-search"]),
    library("objects", &[]),
    library("workbench", &["embedded", "migrations"]),
    library("store", &["ledger", "migrations"]),
    library("domain", &["ledger"]),
    library("projections", &["domain", "store", "ledger", "migrations"]),
    library(
        "replay",
        &["projections", "domain", "store", "ledger", "migrations"],
    ),
    library("receipts", &["domain", "store", "ledger"]),
    library("dispatch", &["projections", "store", "domain", "ledger"]),
    library(
        "api",
        &[
            "dispatch",
            "projections",
            "receipts",
            "store",
            "domain",
            "ledger",
            "objects",
        ],
    ),
    library("stripe-sim", &[]),
    // The files alone; what they are asked for by is HTTP's business.
    library("webapp", &[]),
    library(
        "platform",
        &["projections", "store", "domain", "ledger", "objects"],
    ),
    // It knows the server by HTTP alone.
    library("agent", &[]),
    program("trainnet", May::Anything),
    program("proofs", May::Anything),
    program("xtask", May::Only(&["embedded-search"])),
];

/// What every member's tests may use besides.
pub const FOR_TESTS: [&str; 4] = ["embedded", "embedded-search", "stripe-sim", "workbench"];

/// How far a member answers for what it brings along.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Its own manifest.
    Direct,
    /// Everything built with it.
    Transitive,
}

/// Third parties that a member must do without.
pub struct Foreign {
    pub member: &'static str,
    pub without: [&'static str; 2],
    pub reach: Reach,
}

/// Neither the books nor what the marketplace means may wait for a network or a database. The
/// domain's aggregates are those of `cqrs-es`, which brings tokio along; it may not use it itself.
pub const FOREIGN: [Foreign; 2] = [
    Foreign {
        member: "ledger",
        without: ["tokio", "sqlx"],
        reach: Reach::Transitive,
    },
    Foreign {
        member: "domain",
        without: ["tokio", "sqlx"],
        reach: Reach::Direct,
    },
];
