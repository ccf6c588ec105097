//! Where the log ends, whether its last link holds, and how far each projection has come.

use std::io::Write;

use projections::{Engine, Status as Projected};
use serde::Serialize;
use store::{Head, Log};

use crate::failure::{Failure, Verdict, with_sources};
use crate::last_link;
use crate::paper::{self, Answer, Table};

#[derive(Serialize)]
struct Status {
    head: HeadLine,
    chain: Chain,
    projections: Vec<ProjectionLine>,
    holds: bool,
}

#[derive(Serialize)]
pub(crate) struct HeadLine {
    pub position: i64,
    pub hash: String,
    pub epoch: i64,
    pub recorded_at: String,
}

/// What one look at the end of the chain says; the whole of it is for `verify`.
#[derive(Serialize)]
struct Chain {
    last_link_holds: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[derive(Serialize)]
struct ProjectionLine {
    projection: &'static str,
    state: &'static str,
    position: i64,
    lag: i64,
    version: i32,
    stored_version: Option<i32>,
    checksum: String,
    updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip)]
    alarming: bool,
}

pub(crate) async fn status(
    log: &Log,
    engine: &Engine,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let head = log.head().await?;
    let detail = match last_link::check(log, &head).await {
        Ok(()) => None,
        Err(failure) if failure.is_difference() => Some(with_sources(&failure)),
        Err(failure) => return Err(failure),
    };
    let projections: Vec<_> = engine
        .status()
        .await?
        .into_iter()
        .map(ProjectionLine::from)
        .collect();
    let holds = detail.is_none() && projections.iter().all(|projection| !projection.alarming);
    let chain = Chain {
        last_link_holds: detail.is_none(),
        detail,
    };
    let status = Status {
        head: HeadLine::of(&head),
        chain,
        projections,
        holds,
    };
    paper::show(out, json, &status)?;
    Ok(Verdict::holds_if(holds))
}

impl HeadLine {
    pub(crate) fn of(head: &Head) -> Self {
        Self {
            position: head.position,
            hash: head.hash.to_string(),
            epoch: head.epoch,
            recorded_at: paper::time(head.recorded_at),
        }
    }
}

impl From<Projected> for ProjectionLine {
    fn from(it: Projected) -> Self {
        let (state, alarming) = match it.stored_version {
            None => ("not built", false),
            Some(_) if it.stopped.is_some() => ("stopped", true),
            Some(stored) if stored != it.version => ("other version", false),
            Some(_) if it.lag < 0 => ("ahead of the log", true),
            Some(_) if it.lag > 0 => ("behind", false),
            Some(_) => ("up to date", false),
        };
        let (stopped_at, reason) = match it.stopped {
            Some(stop) => (Some(stop.position), Some(stop.reason)),
            None => (None, None),
        };
        Self {
            projection: it.projection,
            state,
            position: it.position,
            lag: it.lag,
            version: it.version,
            stored_version: it.stored_version,
            checksum: it.checksum.to_string(),
            updated_at: it.updated_at.map(paper::time),
            stopped_at,
            reason,
            alarming,
        }
    }
}

impl Answer for Status {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "position  {}", self.head.position)?;
        writeln!(out, "hash      {}", self.head.hash)?;
        writeln!(out, "recorded  {}", self.head.recorded_at)?;
        writeln!(out, "epoch     {}", self.head.epoch)?;
        match &self.chain.detail {
            None => writeln!(out, "chain     the last link holds")?,
            Some(detail) => writeln!(out, "chain     BROKEN: {detail}")?,
        }
        if self.projections.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        let names = [
            "projection",
            "state",
            ">position",
            ">lag",
            "updated",
            "checksum",
        ];
        let mut table = Table::with_columns(&names);
        for line in &self.projections {
            table.row([
                line.projection.to_owned(),
                line.state.to_owned(),
                line.position.to_string(),
                line.lag.to_string(),
                line.updated_at.clone().unwrap_or_else(|| "–".to_owned()),
                line.checksum.clone(),
            ]);
        }
        table.write(out)?;
        for line in &self.projections {
            if let (Some(position), Some(reason)) = (line.stopped_at, &line.reason) {
                writeln!(
                    out,
                    "{} stopped at position {position}: {reason}",
                    line.projection
                )?;
            }
        }
        Ok(())
    }
}
