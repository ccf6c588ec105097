//! A page of the books: its lines, each with the balance as seen from the beginning of the page.

use chrono::{DateTime, Utc};
use ledger::Posting;
use store::{Catalogue, Columns, EventRef};

use super::fold::Fold;
use crate::projection::{Page, Unfoldable, Unsettled};
use crate::rows::Rows;

/// What consecutive events do to the books.
#[derive(Debug, Default)]
pub struct BooksPage {
    moved: Fold,
    lines: Vec<PageLine>,
    events: Vec<PageEvent>,
    /// The names of the events' types and streams, one behind the other.
    names: String,
}

#[derive(Debug)]
struct PageLine {
    amount_minor: i64,
    /// From the beginning of the page.
    running_minor: i128,
    event: usize,
    place: usize,
    leg: i16,
}

#[derive(Debug)]
struct PageEvent {
    position: i64,
    recorded_at: DateTime<Utc>,
    effective_at: DateTime<Utc>,
    /// Where in `names` the event's type begins, the aggregate's type, its id, and where that ends.
    names: [usize; 4],
}

impl Page for BooksPage {
    const COLUMNS: Columns = Columns::Fold;

    fn take(&mut self, event: &EventRef<'_>, catalogue: &Catalogue) -> Result<(), Unfoldable> {
        let moved = catalogue.moved(event)?;
        if moved.postings.is_empty() {
            return Ok(());
        }
        let legs = moved.postings.iter().flat_map(Posting::legs);
        for (leg, number) in legs.zip(1_i16..) {
            let amount = leg.amount();
            let (account, currency) = (leg.account(), amount.currency());
            let (place, running_minor) =
                self.moved
                    .post(account, currency, amount.minor(), event.position);
            self.lines.push(PageLine {
                amount_minor: amount.minor(),
                running_minor,
                event: self.events.len(),
                place,
                leg: number,
            });
        }
        let mut names = [self.names.len(); 4];
        for (end, name) in (1..).zip([event.event_type, event.aggregate_type, event.aggregate_id]) {
            self.names.push_str(name);
            names[end] = self.names.len();
        }
        self.events.push(PageEvent {
            position: event.position,
            recorded_at: event.recorded_at,
            effective_at: event.effective_at,
            names,
        });
        Ok(())
    }
}

impl BooksPage {
    pub(super) const fn moved(&self) -> &Fold {
        &self.moved
    }

    /// Sets the lines upon the balances before the page, and the balances at its end.
    pub(super) fn settle(self, known: &mut Fold, rows: &mut Rows) -> Result<(), Unsettled> {
        let before: Vec<i128> = self
            .moved
            .iter()
            .map(|(account, currency, _)| known.balance(account, currency).minor)
            .collect();
        for line in &self.lines {
            let (account, currency) = self.moved.at(line.place);
            let event = &self.events[line.event];
            let Ok(balance_minor) = i64::try_from(before[line.place] + line.running_minor) else {
                let reason = Unfoldable::Overflow {
                    account: account.to_string(),
                };
                return Err(Unsettled {
                    position: event.position,
                    reason,
                });
            };
            let name = |part: usize| &self.names[event.names[part]..event.names[part + 1]];
            rows.row()
                .int8(event.position)
                .int8(line.amount_minor)
                .int8(balance_minor)
                .timestamp(event.recorded_at)
                .timestamp(event.effective_at)
                .int2(line.leg)
                .text(currency.code())
                .text(account.as_str())
                .text(name(0))
                .text(name(1))
                .text(name(2));
        }
        known.join(&self.moved);
        Ok(())
    }
}
