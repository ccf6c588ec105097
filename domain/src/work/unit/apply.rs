//! What an event makes of a unit.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::super::events::{Allowed, Excluded, ReturnedBecause, UnitEvent};
use super::super::terms::{Needs, Terms};
use super::state::{End, Ended, How, Lease, Tally, Unit};

impl<T: From<Arc<Terms>>> Unit<T> {
    /// What the event makes of it; one that does not follow from what is known changes nothing.
    pub fn happened(&mut self, event: UnitEvent) {
        *self = match (std::mem::take(self), event) {
            (_, UnitEvent::Enqueued { terms, .. }) => Self::Queued {
                tally: Box::new(Tally::of(&terms)),
                terms: terms.into(),
            },
            (
                Self::Queued { terms, mut tally },
                UnitEvent::Leased {
                    holding,
                    rate,
                    seconds_max,
                    deadline,
                    decision,
                    at,
                    ..
                },
            ) => {
                tally.fence = holding.fence;
                tally.remember(holding.machine);
                let lease = Lease {
                    holding,
                    rate,
                    seconds_max,
                    since: at,
                    deadline,
                    trained_seconds: 0,
                    spent_before: tally.spent,
                    asked: None,
                    decision,
                };
                Self::Leased {
                    terms,
                    tally,
                    lease: Box::new(lease),
                }
            }
            (
                Self::Leased {
                    terms,
                    tally,
                    lease,
                },
                event,
            ) => during(terms, tally, lease, event),
            (Self::Queued { terms, tally }, UnitEvent::Stopped { because, .. }) => Self::Over {
                terms,
                tally,
                end: End::Stopped(because),
            },
            (Self::Queued { terms, mut tally }, UnitEvent::BudgetRaised { budget, .. })
            | (
                Self::Over {
                    terms, mut tally, ..
                },
                UnitEvent::Resumed { budget, .. },
            ) => {
                tally.budget = budget;
                Self::Queued { terms, tally }
            }
            // Nothing else follows from anything that is decided.
            (state, _) => state,
        };
    }
}

fn during<T>(terms: T, mut tally: Box<Tally>, mut lease: Box<Lease>, event: UnitEvent) -> Unit<T> {
    let fence = lease.holding.fence;
    let let_go = Some(Ended {
        fence,
        how: How::LetGo,
    });
    let end = match event {
        UnitEvent::Progressed {
            checkpoint,
            trained_seconds,
            spent,
            ..
        } => {
            tally.checkpoint = Some(checkpoint);
            tally.spent = spent;
            lease.trained_seconds = trained_seconds;
            None
        }
        UnitEvent::Asked { want, deadline, .. } => {
            lease.asked = Some((want, deadline));
            None
        }
        UnitEvent::Returned {
            because,
            exclude,
            needs,
            at,
            ..
        } => {
            returned(&mut tally, because, exclude, needs, at);
            tally.ended = let_go.filter(|_| because != ReturnedBecause::Lost);
            return Unit::Queued { terms, tally };
        }
        UnitEvent::Completed {
            artifact, spent, ..
        } => {
            tally.spent = spent;
            let how = How::Completed { artifact };
            tally.ended = Some(Ended { fence, how });
            Some(End::Completed { artifact })
        }
        UnitEvent::Failed { cause, spent, .. } => {
            tally.spent = spent;
            tally.ended = let_go;
            Some(End::Failed(cause))
        }
        UnitEvent::Stopped { because, .. } => {
            tally.ended = let_go;
            Some(End::Stopped(because))
        }
        UnitEvent::BudgetRaised {
            budget,
            lease: allowed,
            ..
        } => {
            tally.budget = budget;
            lease.allow(allowed);
            None
        }
        // Nothing is enqueued, resumed or leased while it is leased.
        UnitEvent::Enqueued { .. } | UnitEvent::Leased { .. } | UnitEvent::Resumed { .. } => None,
    };
    match end {
        None => Unit::Leased {
            terms,
            tally,
            lease,
        },
        Some(end) => Unit::Over { terms, tally, end },
    }
}

impl Lease {
    fn allow(&mut self, allowed: Option<Allowed>) {
        if let Some(allowed) = allowed {
            self.seconds_max = allowed.seconds_max;
            self.deadline = allowed.deadline;
        }
    }
}

fn returned(
    tally: &mut Tally,
    because: ReturnedBecause,
    exclude: Option<Excluded>,
    needs: Option<Needs>,
    at: DateTime<Utc>,
) {
    match because {
        ReturnedBecause::Lost | ReturnedBecause::Machine | ReturnedBecause::Network => {
            tally.losses += 1;
        }
        ReturnedBecause::OutOfMemory => tally.escalations += 1,
        ReturnedBecause::Trainer | ReturnedBecause::Time => tally.failures += 1,
        ReturnedBecause::Draining => {}
    }
    if let Some(excluded) = exclude {
        tally.exclude(excluded, at);
    }
    if let Some(needs) = needs {
        tally.needs = needs;
    }
}
