//! The audit: everything that can be known from the log is worked out again and compared.

mod books;
mod fold;

use std::ops::ControlFlow;

use crate::catalogue::Catalogue;
use crate::feed::{Columns, ReadError};
use crate::log::{Head, Log};
use books::Live;
use fold::Fold;

/// So many events are folded before their entries are compared.
const WINDOW: i64 = 20_000;
/// An audit that has found so much has found enough.
const FINDINGS_MAX: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub position: i64,
    pub head: i64,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    Chain,
    Gap,
    Sequence,
    Time,
    Unreadable,
    Balance,
    Floor,
    Entries,
    Balances,
    Claims,
    Answers,
    Head,
}

/// One difference between what is stored and what follows from the log.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// Where in the log, if it is anywhere in the log.
    pub position: Option<i64>,
    pub check: Check,
    pub detail: String,
}

#[derive(Clone, Debug)]
pub struct Report {
    pub head: Head,
    pub events: i64,
    pub entries: i64,
    pub accounts: i64,
    pub claims: i64,
    /// In the order in which they were met; at most a hundred.
    pub findings: Vec<Finding>,
}

impl Report {
    pub const fn holds(&self) -> bool {
        self.findings.is_empty()
    }

    /// The first bad position in the log.
    pub fn first_bad(&self) -> Option<i64> {
        self.findings
            .iter()
            .filter_map(|finding| finding.position)
            .min()
    }
}

/// Folds the whole log from zero and compares it with everything that is derived from it.
///
/// Appends may go on meanwhile: the live tables are compared as one snapshot shows them, at the
/// head of that same snapshot.
pub async fn audit(
    log: &Log,
    catalogue: &Catalogue,
    mut progress: impl FnMut(Progress),
) -> Result<Report, ReadError> {
    let mut fold = Fold::new(catalogue);
    let head = log.head().await?;
    fold_until(log, &mut fold, head.position, &mut progress).await?;
    let live = Live::read(log).await?;
    fold_until(log, &mut fold, live.head.position, &mut progress).await?;
    live.compare(&mut fold);
    let mut findings = fold.findings;
    findings.truncate(FINDINGS_MAX);
    Ok(Report {
        head: live.head,
        events: fold.events,
        entries: fold.entries,
        accounts: i64::try_from(fold.balances.len()).unwrap_or(i64::MAX),
        claims: i64::try_from(fold.claims.len()).unwrap_or(i64::MAX),
        findings,
    })
}

async fn fold_until(
    log: &Log,
    fold: &mut Fold<'_>,
    head: i64,
    progress: &mut impl FnMut(Progress),
) -> Result<(), ReadError> {
    while fold.position < head && fold.findings.len() < FINDINGS_MAX {
        let after = fold.position;
        let until = head.min(after + WINDOW);
        let stored = books::entries(log, after, until).await?;
        log.scan_as_stored::<ReadError>(after, until, Columns::All, |event| {
            fold.event(&event);
            Ok(ControlFlow::Continue(()))
        })
        .await?;
        fold.window_ends(until);
        fold.compare_entries(after, &stored);
        progress(Progress {
            position: until,
            head,
        });
    }
    Ok(())
}
