//! Works out everything again from the first event and compares it with what is stored.

mod projections;
mod sealed;
mod verified;

use std::io::Write;
use std::path::Path;

use ::projections::Engine;
use store::{Catalogue, Log};

use crate::failure::{Failure, Verdict};
use crate::paper;
use crate::progress::Bar;
use crate::status::HeadLine;
use verified::Verified;

/// The seal and the key to hold it against.
pub(crate) struct Against<'a> {
    pub seal: &'a Path,
    pub public_key: &'a str,
}

pub(crate) async fn verify(
    log: &Log,
    catalogue: &Catalogue,
    engine: &Engine,
    against: Option<Against<'_>>,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    // A seal that proves nothing is found before an hour is spent on the log.
    let seal = match &against {
        Some(against) => Some(sealed::read(against)?),
        None => None,
    };
    let bar = Bar::over(log.head().await?.position);
    let report = store::audit(log, catalogue, |progress| bar.set(progress.position)).await?;
    drop(bar);
    let seal = match seal {
        Some((seal, hash)) => Some(sealed::check(log, &report.head, &seal, hash).await?),
        None => None,
    };
    let projections = projections::check(engine, report.holds()).await?;
    let verified = Verified {
        head: HeadLine::of(&report.head),
        events: report.events,
        entries: report.entries,
        accounts: report.accounts,
        claims: report.claims,
        findings: report.findings,
        projections,
        seal,
    };
    let holds = verified.holds();
    paper::show(out, json, &verified.answer())?;
    Ok(Verdict::holds_if(holds))
}
