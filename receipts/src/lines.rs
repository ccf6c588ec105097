//! The lines of a receipt, computed from the events of the order and from nothing else.

use cqrs_es::Aggregate as _;
use domain::jobs::{Charge, Job, JobEvent};
use ledger::{Money, MoneyError, Rate, Rounding};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::evidence::Evidence;

/// What one machine did for the order, and what became of its price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Which lease of the order: 1, 2, …
    pub lease: u64,
    pub provider: String,
    pub machine: String,
    /// Per hour.
    pub rate: Rate,
    /// Of training that is durable.
    pub seconds: u64,
    pub from_step: u64,
    pub to_step: u64,
    pub amount: Money,
    pub commission: Money,
    pub provider_net: Money,
    pub positions: Vec<i64>,
    pub events: Vec<Uuid>,
}

/// An order's money from beginning to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    pub customer: String,
    pub model: String,
    /// What was held, raises included.
    pub held: Money,
    pub charged: Money,
    pub commission: Money,
    pub provider_net: Money,
    /// Given back at the end; nothing while the order goes on.
    pub released: Money,
    pub over: bool,
    pub lines: Vec<Line>,
}

/// The events do not make a bill.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unaccountable {
    #[error("the event at position {position} cannot be read")]
    Unreadable { position: i64 },
    #[error("the events do not begin with an order")]
    NoOrder,
    #[error("an event of the order is missing before position {position}")]
    Missing { position: i64 },
    #[error("the charge at position {position} names a lease that did not begin")]
    NoLease { position: i64 },
    #[error("the charge at position {position} is not split as its commission says")]
    WrongSplit { position: i64 },
    #[error("the charge at position {position} does not add up with those before it")]
    WrongTotal { position: i64 },
    #[error("lease {lease} cost more than its seconds at its rate")]
    TooDear { lease: u64 },
    #[error("what was held is not what was charged and given back")]
    Unbalanced,
    #[error("an amount is beyond what can be counted")]
    Money(#[from] MoneyError),
}

/// What is being added up.
struct Running {
    statement: Statement,
    machine: Option<(u64, String)>,
    step: u64,
}

/// Computes the bill of an order, and refuses events of which it does not follow.
pub fn statement(order: &str, events: &[Evidence]) -> Result<Statement, Unaccountable> {
    let mut running: Option<Running> = None;
    let mut sequence = 0;
    let own = |event: &&Evidence| event.aggregate_type == Job::TYPE && event.aggregate_id == order;
    for event in events.iter().filter(own) {
        let position = event.position;
        sequence += 1;
        if event.sequence != sequence {
            return Err(Unaccountable::Missing { position });
        }
        let read = serde_json::from_str(&event.payload);
        let happened: JobEvent = read.map_err(|_| Unaccountable::Unreadable { position })?;
        match (&mut running, happened) {
            (None, JobEvent::Ordered { terms, budget, .. }) => {
                let nothing = Money::zero(budget.currency());
                running = Some(Running {
                    statement: Statement {
                        customer: terms.customer.to_string(),
                        model: terms.model.name().to_owned(),
                        held: nothing,
                        charged: nothing,
                        commission: nothing,
                        provider_net: nothing,
                        released: nothing,
                        over: false,
                        lines: Vec::new(),
                    },
                    machine: None,
                    step: 0,
                });
            }
            (None, _) => return Err(Unaccountable::NoOrder),
            (Some(running), happened) => running.take(event, happened)?,
        }
    }
    let Running { statement, .. } = running.ok_or(Unaccountable::NoOrder)?;
    statement.balance()?;
    Ok(statement)
}

impl Running {
    fn take(&mut self, event: &Evidence, happened: JobEvent) -> Result<(), Unaccountable> {
        let statement = &mut self.statement;
        match happened {
            JobEvent::Funded { held, .. } => {
                statement.held = statement.held.checked_add(held)?;
            }
            JobEvent::BudgetRaised { by, .. } => {
                statement.held = statement.held.checked_add(by)?;
            }
            JobEvent::Started { fence, machine, .. } => {
                self.machine = Some((fence, machine.to_string()));
            }
            JobEvent::Charged(charge) => self.charge(event, &charge)?,
            JobEvent::Done { released, .. }
            | JobEvent::Failed { released, .. }
            | JobEvent::Cancelled { released, .. } => {
                statement.released = released;
                statement.over = true;
            }
            JobEvent::Ordered { .. }
            | JobEvent::PaymentOpened { .. }
            | JobEvent::FundsMissing { .. }
            | JobEvent::Interrupted { .. }
            | JobEvent::PauseAsked { .. }
            | JobEvent::Paused { .. }
            | JobEvent::Resumed { .. }
            | JobEvent::CancelAsked { .. } => {}
        }
        Ok(())
    }

    fn charge(&mut self, event: &Evidence, charge: &Charge) -> Result<(), Unaccountable> {
        let position = event.position;
        let statement = &mut self.statement;
        let points = charge.commission_basis_points;
        if points.deduct(statement.charged, charge.amount)? != charge.split {
            return Err(Unaccountable::WrongSplit { position });
        }
        if statement.charged.checked_add(charge.amount)? != charge.charged {
            return Err(Unaccountable::WrongTotal { position });
        }
        statement.charged = charge.charged;
        statement.commission = statement.commission.checked_add(charge.split.commission)?;
        statement.provider_net = statement.provider_net.checked_add(charge.split.provider)?;
        let machine = match &self.machine {
            Some((fence, machine)) if *fence == charge.fence => machine.clone(),
            _ => return Err(Unaccountable::NoLease { position }),
        };
        if statement
            .lines
            .last()
            .is_none_or(|line| line.lease != charge.fence)
        {
            let nothing = Money::zero(charge.amount.currency());
            statement.lines.push(Line {
                lease: charge.fence,
                provider: charge.provider.to_string(),
                machine,
                rate: charge.rate,
                seconds: 0,
                from_step: self.step,
                to_step: self.step,
                amount: nothing,
                commission: nothing,
                provider_net: nothing,
                positions: Vec::new(),
                events: Vec::new(),
            });
        }
        if let Some(line) = statement.lines.last_mut() {
            line.add(event, charge)?;
        }
        self.step = self.step.max(charge.step);
        Ok(())
    }
}

impl Line {
    fn add(&mut self, event: &Evidence, charge: &Charge) -> Result<(), Unaccountable> {
        self.seconds = self.seconds.max(charge.trained_seconds);
        self.to_step = self.to_step.max(charge.step);
        self.amount = self.amount.checked_add(charge.amount)?;
        self.commission = self.commission.checked_add(charge.split.commission)?;
        self.provider_net = self.provider_net.checked_add(charge.split.provider)?;
        self.positions.push(event.position);
        self.events.push(event.event_id);
        let dearest = self
            .rate
            .times_seconds_per_hour(self.seconds, Rounding::Down)?;
        if dearest.checked_sub(self.amount)?.is_negative() {
            return Err(Unaccountable::TooDear { lease: self.lease });
        }
        Ok(())
    }
}

impl Statement {
    fn balance(&self) -> Result<(), Unaccountable> {
        let used = self.charged.checked_add(self.released)?;
        let parts = self.commission.checked_add(self.provider_net)?;
        let exact = !self.over || used == self.held;
        let within = !self.held.checked_sub(used)?.is_negative();
        if exact && within && parts == self.charged {
            Ok(())
        } else {
            Err(Unaccountable::Unbalanced)
        }
    }
}
