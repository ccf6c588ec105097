//! What a verification found, and how it is told.

use std::io::Write;

use serde::Serialize;
use store::Finding;

use super::projections::Checked;
use super::sealed::Sealed;
use crate::paper::{self, Answer, Table};
use crate::status::HeadLine;

#[derive(Serialize)]
pub(super) struct Verified {
    pub head: HeadLine,
    pub events: i64,
    pub entries: i64,
    pub accounts: i64,
    pub claims: i64,
    pub findings: Vec<Finding>,
    pub projections: Vec<Checked>,
    pub seal: Option<Sealed>,
}

/// The same with the verdict that follows from it.
#[derive(Serialize)]
pub(super) struct Told {
    holds: bool,
    first_bad_position: Option<i64>,
    #[serde(flatten)]
    verified: Verified,
}

impl Verified {
    pub(super) fn holds(&self) -> bool {
        self.findings.is_empty()
            && self
                .projections
                .iter()
                .all(|checked| !checked.state.is_difference())
            && self.seal.as_ref().is_none_or(|seal| seal.holds)
    }

    pub(super) fn answer(self) -> Told {
        let first_bad_position = if self.holds() {
            None
        } else {
            Some(self.first_bad())
        };
        Told {
            holds: self.holds(),
            first_bad_position,
            verified: self,
        }
    }

    /// What stands beside the log shows its state at some position; there the difference is.
    fn first_bad(&self) -> i64 {
        let log = self
            .findings
            .iter()
            .map(|it| it.position.unwrap_or(self.head.position));
        let sealed = self.seal.iter().filter_map(|seal| seal.bad_position);
        let projected = self
            .projections
            .iter()
            .filter(|it| it.state.is_difference())
            .map(|it| it.position);
        log.chain(sealed)
            .chain(projected)
            .min()
            .unwrap_or(self.head.position)
    }
}

impl Told {
    fn findings(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let mut table = Table::with_columns(&[">position", "check", "finding"]);
        for finding in &self.verified.findings {
            table.row([
                finding
                    .position
                    .map_or_else(|| "live".to_owned(), |it| it.to_string()),
                format!("{:?}", finding.check).to_lowercase(),
                finding.detail.clone(),
            ]);
        }
        table.write(out)
    }
}

impl Answer for Told {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let it = &self.verified;
        let log = if it.findings.is_empty() {
            "holds"
        } else {
            "DIFFERS"
        };
        let mut table = Table::with_columns(&["checked", "result", ">position", "what"]);
        table.row([
            "log and books".to_owned(),
            log.to_owned(),
            it.head.position.to_string(),
            [
                paper::counted(it.events, "event"),
                paper::counted(it.entries, "entry row"),
                paper::counted(it.accounts, "balance"),
                paper::counted(it.claims, "claim"),
            ]
            .join(", "),
        ]);
        for checked in &it.projections {
            table.row([
                format!("projection {}", checked.projection),
                checked.state.told().to_owned(),
                checked.position.to_string(),
                checked.rows.map_or_else(String::new, |rows| {
                    paper::counted(i64::try_from(rows).unwrap_or(i64::MAX), "row")
                }),
            ]);
        }
        if let Some(seal) = &it.seal {
            table.row([
                "seal".to_owned(),
                if seal.holds { "holds" } else { "DIFFERS" }.to_owned(),
                seal.position.to_string(),
                seal.detail
                    .clone()
                    .unwrap_or_else(|| format!("key {}", seal.key_id)),
            ]);
        }
        table.write(out)?;
        writeln!(out)?;
        if !it.findings.is_empty() {
            self.findings(out)?;
            writeln!(out)?;
        }
        match self.first_bad_position {
            None => writeln!(
                out,
                "everything holds up to {} {}",
                it.head.position, it.head.hash
            ),
            Some(position) => writeln!(out, "DIFFERS: the first bad position is {position}"),
        }
    }
}
