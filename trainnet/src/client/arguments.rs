//! What a person can ask a server from the command line.

use clap::{Args, Subcommand};

/// How what was answered is shown.
#[derive(Args, Clone, Copy, Debug)]
pub struct Form {
    /// Print what the server answered, for programs
    #[arg(long)]
    pub json: bool,
}

/// Which server is asked.
#[derive(Args, Clone, Debug)]
pub struct At {
    /// The server, such as `https://trainnet.example`
    #[arg(long, env = "TRAINNET_SERVER", value_name = "URL")]
    pub server: Option<String>,
    /// Certificates in PEM of authorities to believe besides the public ones
    #[arg(long, env = "TRAINNET_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<std::path::PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub struct Login {
    #[command(flatten)]
    pub at: At,
    #[command(flatten)]
    pub form: Form,
    /// Your e-mail address; asked for on a terminal
    #[arg(long)]
    pub email: Option<String>,
    /// Stay signed in for 30 days, not for 24 hours after the last use
    #[arg(long)]
    pub remember: bool,
}

#[derive(Args, Clone, Debug)]
pub struct Logout {
    #[command(flatten)]
    pub asking: Asking,
    /// End every session that you have there, on whatever machine
    #[arg(long)]
    pub everywhere: bool,
}

#[derive(Args, Clone, Debug)]
pub struct Asking {
    #[command(flatten)]
    pub at: At,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Args, Clone, Debug)]
pub struct Keys {
    #[command(subcommand)]
    pub command: KeysCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub enum KeysCommand {
    /// Show your API keys
    List(Asking),
    /// Make an API key, which is printed this once
    Create {
        #[command(flatten)]
        asking: Asking,
        /// What you call it
        label: String,
        /// What it may be used for, such as read or jobs:write; several with commas
        #[arg(long, value_delimiter = ',', default_value = "read")]
        scope: Vec<String>,
        /// When it ends, such as 2027-01-31T00:00:00Z; never, where nothing is said
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        /// So many requests it may make
        #[arg(long, value_name = "COUNT")]
        requests_per_minute: Option<u32>,
    },
    /// Revoke an API key
    Revoke {
        #[command(flatten)]
        asking: Asking,
        /// Its identity, as `keys list` shows it
        key: String,
    },
}
