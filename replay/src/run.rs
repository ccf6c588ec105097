//! Takes a command to its answer.

use std::io::Write;
use std::sync::Arc;

use projections::{Engine, Projections, Settings};
use store::{Catalogue, Log};

use crate::arguments::{Arguments, Command, subject};
use crate::as_of::{self, Question};
use crate::export::{self, Wanted};
use crate::failure::{Failure, Verdict};
use crate::verify::{self, Against};
use crate::{explain, import, rebuild, seal, status};

/// What the commands work with.
#[derive(Clone)]
pub struct Tools {
    pub log: Log,
    pub catalogue: Arc<Catalogue>,
    pub projections: Projections,
}

/// Answers a command on `out`; the log is opened only for those that read it.
pub async fn run<E>(
    arguments: Arguments,
    open: impl AsyncFnOnce() -> Result<Tools, E>,
    out: &mut dyn Write,
) -> Result<Verdict, Failure>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Arguments { json, command } = arguments;
    if let Command::CheckSeal {
        seal: path,
        public_key,
    } = &command
    {
        return seal::check(path, public_key, json, out);
    }
    let tools = open().await.map_err(|error| Failure::Open(error.into()))?;
    answer(command, &tools, json, out).await
}

async fn answer(
    command: Command,
    tools: &Tools,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let Tools {
        log,
        catalogue,
        projections,
    } = tools;
    let engine = || {
        let settings = Settings::default();
        Engine::over(
            log.clone(),
            Arc::clone(catalogue),
            projections.clone(),
            settings,
        )
    };
    match command {
        Command::Status => status::status(log, &engine(), json, out).await,
        Command::Verify { seal, public_key } => {
            let against = seal.as_deref().zip(public_key.as_deref());
            let against = against.map(|(seal, public_key)| Against { seal, public_key });
            verify::verify(log, catalogue, &engine(), against, json, out).await
        }
        Command::Seal { key, generate } => seal::seal(log, &key, generate, out).await,
        Command::CheckSeal { seal, public_key } => seal::check(&seal, &public_key, json, out),
        Command::Rebuild { projection } => {
            rebuild::rebuild(&engine(), &projection, json, out).await
        }
        Command::AsOf {
            when,
            subject: words,
            axis,
            known,
        } => {
            let subject = subject(&words).map_err(Failure::Usage)?;
            let question = Question {
                when,
                axis,
                known,
                subject,
            };
            as_of::as_of(log, catalogue, question, json, out).await
        }
        Command::Explain { subject: words } => {
            let subject = subject(&words).map_err(Failure::Usage)?;
            explain::explain(log, catalogue, subject, json, out).await
        }
        Command::Export {
            format,
            out: file,
            from,
            until,
        } => {
            let wanted = Wanted {
                format,
                out: file,
                from,
                until,
            };
            export::export(log, catalogue, wanted, json, out).await
        }
        Command::Import { file } => import::import(log, catalogue, &file, json, out).await,
    }
}
