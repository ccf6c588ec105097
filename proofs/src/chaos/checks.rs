//! What must hold when a phase is over, whatever was done to the bank.

use std::collections::HashMap;
use std::ops::ControlFlow;

use anyhow::Result;
use projections::Projection;
use projections::books::Books;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use store::{Columns, EventRef, Log, audit, decode};
use uuid::Uuid;

use super::bank::{ACCOUNTS, Balances, Bank, Order, complaint};
use super::follower;
use super::history::History;
use super::readers::{Observation, Source};
use crate::transfer::{TransferEvent, catalogue};

pub struct Checked<'a> {
    pub log: &'a Log,
    pub pool: &'a PgPool,
    pub database: &'a PgConnectOptions,
    pub bank: &'a Bank,
    pub funded: i64,
}

/// The log folded once more, with what others saw of it held against each prefix.
struct Fold<'a> {
    bank: &'a Bank,
    funded: i64,
    balances: Balances,
    events: HashMap<Uuid, (i64, Option<Order>)>,
    /// By position, the last first.
    observations: Vec<Observation>,
    violations: Vec<String>,
}

impl Checked<'_> {
    pub async fn all(
        &self,
        history: &History,
        observations: Vec<Observation>,
    ) -> Result<Vec<String>> {
        let fold = self.fold(observations).await?;
        let mut violations = fold.violations;
        violations.extend(history.judge(&fold.events));
        for source in [Source::Live, Source::Books] {
            match source.look(self.pool, self.bank).await? {
                Ok(seen) if seen.balances == fold.balances => {}
                Ok(seen) => violations.push(format!(
                    "{source:?} ends with {:?}, the log with {:?}",
                    seen.balances, fold.balances
                )),
                Err(violation) => violations.push(format!("at the end, {violation}")),
            }
        }
        let report = audit(self.log, &catalogue(), |_| {}).await?;
        let found = report.findings.iter();
        violations.extend(found.map(|finding| format!("the audit: {finding:?}")));
        violations.extend(self.projection(report.head.position).await?);
        Ok(violations)
    }

    async fn fold(&self, mut observations: Vec<Observation>) -> Result<Fold<'_>> {
        observations.sort_by_key(|seen| std::cmp::Reverse(seen.position));
        let mut fold = Fold {
            bank: self.bank,
            funded: self.funded,
            balances: [0; ACCOUNTS],
            events: HashMap::new(),
            observations,
            violations: Vec::new(),
        };
        let head = self.log.head().await?.position;
        let scanned = self
            .log
            .scan::<anyhow::Error>(0, head, Columns::Fold, |event| {
                fold.event(&event)?;
                Ok(ControlFlow::Continue(()))
            });
        if let Err(error) = scanned.await {
            fold.violations.push(format!("the log: {error}"));
        }
        if let Some(seen) = fold.observations.first() {
            let text = format!(
                "{:?} saw position {}, the log ends before",
                seen.source, seen.position
            );
            fold.violations.push(text);
        }
        Ok(fold)
    }

    /// The projection's rows against its checkpoint, and against the log folded anew.
    async fn projection(&self, head: i64) -> Result<Vec<String>> {
        let engine = follower::open(self.database).await?;
        let recomputed = engine.recompute(Books::NAME).await?;
        let refolded = engine.refold(Books::NAME, head).await?;
        let mut violations = Vec::new();
        if !recomputed.agrees() {
            violations.push("the projection's rows do not sum to its checkpoint".to_owned());
        }
        if recomputed.position == head && recomputed.actual != refolded {
            violations.push("the projection's rows are not what the log folds to".to_owned());
        }
        Ok(violations)
    }
}

impl Fold<'_> {
    fn event(&mut self, event: &EventRef<'_>) -> Result<()> {
        let position = event.position;
        let made: TransferEvent = decode(event, &[])?;
        if self
            .events
            .insert(event.event_id, (position, self.bank.order(&made)))
            .is_some()
        {
            self.violations
                .push(format!("{} stands in the log twice", event.event_id));
        }
        self.bank.apply(&mut self.balances, &made);
        if position >= self.funded
            && let Some(text) = complaint(&self.balances)
        {
            self.violations
                .push(format!("the log up to {position}: {text}"));
        }
        while let Some(seen) = self.observations.pop_if(|seen| seen.position <= position) {
            if seen.position != position || seen.balances != self.balances {
                let Observation {
                    source,
                    position,
                    balances,
                } = seen;
                let text = format!(
                    "{source:?} at {position} showed {balances:?}, the log says {:?}",
                    self.balances
                );
                self.violations.push(text);
            }
        }
        Ok(())
    }
}
