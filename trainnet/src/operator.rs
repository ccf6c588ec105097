//! `trainnet replay`: hands the operator's tools the log of this program.

use std::process::ExitCode;
use std::sync::Arc;

use projections::Projections;
use replay::{Arguments, Tools};
use store::Log;

use crate::arguments::Place;
use crate::catalogue;
use crate::home::Home;
use crate::interrupt::interrupted;

/// What a shell says of a program that was interrupted.
const INTERRUPTED: u8 = 130;

pub fn tools(log: &Log) -> Tools {
    Tools {
        log: log.clone(),
        catalogue: Arc::new(catalogue::catalogue()),
        projections: Projections::all(),
    }
}

/// Answers the operator; whatever happens, the database is left in order.
pub async fn replay(place: &Place, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut home: Option<Home> = None;
    let mut log: Option<Log> = None;
    let open = async || {
        let log = log.insert(home.insert(Home::find(place).await?).log().await?);
        anyhow::Ok(tools(log))
    };
    let mut output = std::io::stdout();
    let status = tokio::select! {
        outcome = replay::run(arguments, open, &mut output) => {
            if let Err(failure) = &outcome {
                eprintln!("trainnet: {}", replay::with_sources(failure));
            }
            replay::exit_status(&outcome)
        }
        heard = interrupted() => heard.map(|()| INTERRUPTED)?,
    };
    if let Some(log) = log {
        log.close().await;
    }
    if let Some(home) = home {
        home.close().await?;
    }
    Ok(ExitCode::from(status))
}
