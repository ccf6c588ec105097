//! A past with everything that can be tampered with: money, claims, answers, two time axes.

use anyhow::Result;
use chrono::Duration;
use ledger::{Account, Currency, Money, Name, WalletLeaf};
use store::{Append, Context, Log, NewEvent, ids};

use super::booking::BookingEvent;
use crate::dice::Dice;
use crate::transfer::TransferEvent;

const USERS: usize = 10;
const FUNDED_MINOR: i64 = 1_000_000_000;
/// Of so many appends one begins a booking, and one that began earlier may end.
const BOOKING_IN: usize = 4;
const KEY_IN: usize = 3;
const BACKDATED_IN: usize = 5;
/// Appends that arrive together share a batch, and with it the time they are recorded at.
const TOGETHER: usize = 8;

/// Writes at least so many events.
pub async fn write(log: &Log, events: usize, seed: u64) -> Result<()> {
    let mut past = Past {
        dice: Dice::seeded(seed),
        log,
        made: 0,
        open: Vec::new(),
    };
    for user in 0..USERS {
        past.fund(user).await?;
    }
    while past.made < events {
        past.go_on().await?;
    }
    Ok(())
}

struct Past<'a> {
    dice: Dice,
    log: &'a Log,
    made: usize,
    /// Bookings that have not ended.
    open: Vec<(String, Name)>,
}

impl Past<'_> {
    async fn fund(&mut self, user: usize) -> Result<()> {
        let (from, to) = (Account::outside("bank")?, wallet(user)?);
        let amount = Money::from_minor(FUNDED_MINOR, Currency::Usd);
        let funded = NewEvent::from_domain(&TransferEvent::Made { from, to, amount })?;
        let append = self.append("transfer", &fresh("transfer"), 0, vec![funded])?;
        self.log.append(append).await?;
        Ok(())
    }

    async fn go_on(&mut self) -> Result<()> {
        let mut appends = Vec::new();
        for _ in 0..TOGETHER {
            appends.push(self.next()?);
        }
        let appended = appends.into_iter().map(|append| self.log.append(append));
        futures::future::try_join_all(appended).await?;
        Ok(())
    }

    fn next(&mut self) -> Result<Append> {
        if self.dice.below(BOOKING_IN) > 0 {
            return self.transfers();
        }
        let open = self.open.len();
        // One that was made in the same batch may not be there yet.
        if open > 2 * TOGETHER && self.dice.below(2) == 0 {
            let (id, place) = self.open.remove(self.dice.below(open - TOGETHER));
            let ended = NewEvent::from_domain(&BookingEvent::Ended { place })?;
            return self.append("booking", &id, 1, vec![ended]);
        }
        let id = fresh("booking");
        let place = Name::parse(&format!("gpu/{id}"))?;
        let made = NewEvent::from_domain(&BookingEvent::Made {
            place: place.clone(),
        })?;
        self.open.push((id.clone(), place));
        self.append("booking", &id, 0, vec![made])
    }

    fn transfers(&mut self) -> Result<Append> {
        let mut events = Vec::new();
        for _ in 0..=self.dice.below(3) {
            let (from, to) = self.dice.pair_below(USERS);
            let minor = i64::try_from(1 + self.dice.below(90_000))?;
            let made = TransferEvent::Made {
                from: wallet(from)?,
                to: wallet(to)?,
                amount: Money::from_minor(minor, Currency::Usd),
            };
            events.push(NewEvent::from_domain(&made)?);
        }
        self.append("transfer", &fresh("transfer"), 0, events)
    }

    fn append(
        &mut self,
        kind: &str,
        id: &str,
        expected: i64,
        events: Vec<NewEvent>,
    ) -> Result<Append> {
        self.made += events.len();
        let request = ids::fresh();
        let mut context = Context::by(format!("user/u{}", self.dice.below(USERS)))
            .in_request(format!("r{request}"), format!("c{request}"));
        if self.dice.below(KEY_IN) == 0 {
            context = context.with_key(format!("k{request}"), id.as_bytes());
        }
        if self.dice.below(BACKDATED_IN) == 0 {
            context = context.effective(self.log.clock().now() - Duration::days(7));
        }
        Ok(Append::try_new(kind, id, expected, events, &context)?)
    }
}

fn wallet(user: usize) -> Result<Account> {
    Ok(Account::wallet(
        &format!("user_{user:08}"),
        WalletLeaf::Available,
    )?)
}

fn fresh(kind: &str) -> String {
    format!("{kind}_{}", ids::fresh())
}
