//! The fold of machines and join tokens: each event changes the one row of its stream.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_es::Aggregate as _;
use domain::servers::{JoinToken, JoinTokenEvent, Machine, MachineEvent};
use store::copy::Row;
use store::{Catalogue, Columns, EventRef, decode};

use super::{MACHINES_INDEX, TOKENS_INDEX, machines, tokens};
use crate::projection::{Page, Unfoldable, Unsettled};
use crate::rows::Rows;

/// What happened to machines and tokens in consecutive events.
#[derive(Debug, Default)]
pub struct ServersPage(Vec<Change>);

#[derive(Debug)]
struct Change {
    position: i64,
    stream: String,
    what: What,
}

#[derive(Debug)]
enum What {
    Machine(MachineEvent),
    Token(JoinTokenEvent),
}

impl Page for ServersPage {
    const COLUMNS: Columns = Columns::Fold;

    fn take(&mut self, event: &EventRef<'_>, _: &Catalogue) -> Result<(), Unfoldable> {
        let what = match event.aggregate_type {
            Machine::TYPE => What::Machine(decode(event, &[])?),
            JoinToken::TYPE => What::Token(decode(event, &[])?),
            _ => return Ok(()),
        };
        self.0.push(Change {
            position: event.position,
            stream: event.aggregate_id.to_owned(),
            what,
        });
        Ok(())
    }
}

impl ServersPage {
    /// Each once: a row that was asked for twice would be found twice.
    pub(super) fn touched(&self) -> BTreeSet<(usize, &str)> {
        let place = |change: &Change| match change.what {
            What::Machine(_) => MACHINES_INDEX,
            What::Token(_) => TOKENS_INDEX,
        };
        self.0
            .iter()
            .map(|change| (place(change), change.stream.as_str()))
            .collect()
    }
}

/// The rows that are known, by the stream of which each tells.
#[derive(Debug, Default)]
pub struct Known {
    machines: BTreeMap<String, machines::Line>,
    tokens: BTreeMap<String, tokens::Line>,
}

impl Known {
    pub(super) fn recall(&mut self, table: usize, mut row: Row<'_>) -> Result<(), Unfoldable> {
        let row = &mut row;
        match table {
            MACHINES_INDEX => self.machines.extend([machines::Line::recall(row)?]),
            TOKENS_INDEX => self.tokens.extend([tokens::Line::recall(row)?]),
            _ => unreachable!("there are two tables"),
        }
        Ok(())
    }

    pub(super) fn settle(&mut self, page: ServersPage) -> Result<(), Unsettled> {
        for change in page.0 {
            let position = change.position;
            // What began before its beginning is missing an event.
            self.change(change).ok_or(Unsettled {
                position,
                reason: Unfoldable::Missing,
            })?;
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> Option<()> {
        let Change {
            position,
            stream,
            what,
        } = change;
        match what {
            What::Machine(MachineEvent::Enrolled(enrolled)) => {
                let line = machines::Line::new(*enrolled, position);
                self.machines.insert(stream, line);
            }
            What::Machine(event) => self.machines.get_mut(&stream)?.change(event),
            What::Token(JoinTokenEvent::Made(made)) => {
                let line = tokens::Line::new(&made, position);
                self.tokens.insert(stream, line);
            }
            What::Token(event) => self.tokens.get_mut(&stream)?.change(&event),
        }
        Some(())
    }

    pub(super) fn emit(&self, rows: &mut [Rows]) {
        for (machine, line) in &self.machines {
            line.emit(machine, &mut rows[MACHINES_INDEX]);
        }
        for (token, line) in &self.tokens {
            line.emit(token, &mut rows[TOKENS_INDEX]);
        }
    }
}
