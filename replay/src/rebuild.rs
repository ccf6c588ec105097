//! Folds projections again from the first event, and says how the old tables compare.

use std::io::Write;

use projections::{Comparison, Engine, Progress, Rebuilt};
use serde::Serialize;

use crate::failure::{Failure, Verdict};
use crate::paper::{self, Answer, Table};
use crate::progress::Bar;

#[derive(Serialize)]
struct Outcome {
    rebuilt: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    projection: &'static str,
    position: i64,
    checksum: String,
    earlier: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

pub(crate) async fn rebuild(
    engine: &Engine,
    projection: &str,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let names: Vec<&str> = match projection {
        "all" => engine.names().collect(),
        name => vec![name],
    };
    let mut outcome = Outcome {
        rebuilt: Vec::new(),
    };
    for name in names {
        let bar = Bar::over(0);
        let watch = |progress: Progress| bar.of(progress.position, progress.head);
        outcome
            .rebuilt
            .push(Line::of(&engine.rebuild(name, &watch).await?));
    }
    paper::show(out, json, &outcome)?;
    Ok(Verdict::Holds)
}

impl Line {
    fn of(rebuilt: &Rebuilt) -> Self {
        let (earlier, detail) = match rebuilt.comparison {
            Comparison::Equal => ("equal", None),
            Comparison::Different {
                position,
                live,
                rebuilt,
            } => (
                "different",
                Some(format!(
                    "at position {position} it was {live}, now {rebuilt}"
                )),
            ),
            Comparison::OtherVersion { live } => (
                "other version",
                Some(format!("it was made by version {live}")),
            ),
            Comparison::Behind { live, rebuilt } => (
                "behind",
                Some(format!("it stood at {live}, the new one at {rebuilt}")),
            ),
        };
        Self {
            projection: rebuilt.projection,
            position: rebuilt.position,
            checksum: rebuilt.checksum.to_string(),
            earlier,
            detail,
        }
    }
}

impl Answer for Outcome {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let names = ["projection", ">position", "checksum", "earlier tables", ""];
        let mut table = Table::with_columns(&names);
        for line in &self.rebuilt {
            table.row([
                line.projection.to_owned(),
                line.position.to_string(),
                line.checksum.clone(),
                line.earlier.to_owned(),
                line.detail.clone().unwrap_or_default(),
            ]);
        }
        table.write(out)
    }
}
