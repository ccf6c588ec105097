//! What was sent, what its senders were told, and whether the log agrees.

use std::collections::HashMap;

use uuid::Uuid;

use super::bank::Order;
use super::protocol::Said;

/// The last that a sender was told of its transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Nothing,
    Committed { position: i64 },
    Refused { reason: String },
    Unknown,
}

#[derive(Clone, Debug)]
struct Sent {
    order: Order,
    told: Told,
    /// What asking for its fate was answered, each time.
    resolved: Vec<Option<i64>>,
}

#[derive(Clone, Debug, Default)]
pub struct History {
    sent: HashMap<Uuid, Sent>,
}

/// How many transfers ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub committed: usize,
    pub refused: usize,
    pub unknown_landed: usize,
    pub unknown_absent: usize,
}

impl History {
    pub fn hear(&mut self, said: Said) {
        match said {
            Said::Begin { event, order } => {
                let sent = Sent {
                    order,
                    told: Told::Nothing,
                    resolved: Vec::new(),
                };
                self.sent.insert(event, sent);
            }
            Said::Committed { event, position } => self.tell(event, Told::Committed { position }),
            Said::Refused { event, reason } => self.tell(event, Told::Refused { reason }),
            Said::Unknown { event } => self.tell(event, Told::Unknown),
        }
    }

    fn tell(&mut self, event: Uuid, told: Told) {
        if let Some(sent) = self.sent.get_mut(&event) {
            sent.told = told;
        }
    }

    pub fn resolve(&mut self, event: Uuid, fate: Option<i64>) {
        if let Some(sent) = self.sent.get_mut(&event) {
            sent.resolved.push(fate);
        }
    }

    /// Transfers whose sender knows nothing and of whose fate nobody has asked yet.
    pub fn open(&self) -> Vec<Uuid> {
        self.unresolved(|told| matches!(told, Told::Nothing | Told::Unknown))
    }

    /// Those of them whose sender was told so: one that lives may still be waiting for the others.
    pub fn unknown(&self) -> Vec<Uuid> {
        self.unresolved(|told| *told == Told::Unknown)
    }

    fn unresolved(&self, told: impl Fn(&Told) -> bool) -> Vec<Uuid> {
        let chosen = self
            .sent
            .iter()
            .filter(|(_, it)| it.resolved.is_empty() && told(&it.told));
        chosen.map(|(event, _)| *event).collect()
    }

    pub fn merge(&mut self, other: Self) {
        self.sent.extend(other.sent);
    }

    /// Holds everything said against where each event stands in the log.
    pub fn judge(&self, log: &HashMap<Uuid, (i64, Option<Order>)>) -> Vec<String> {
        let mut violations = Vec::new();
        for (event, sent) in &self.sent {
            let stands = log.get(event).copied();
            violations.extend(
                sent.complaint(stands)
                    .map(|text| format!("{event}: {text}")),
            );
        }
        for (event, (position, order)) in log {
            if order.is_some() && !self.sent.contains_key(event) {
                violations.push(format!("{event}: at {position}, and nobody sent it"));
            }
        }
        violations
    }

    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for sent in self.sent.values() {
            match (&sent.told, sent.resolved.last()) {
                (Told::Committed { .. }, _) => tally.committed += 1,
                (Told::Refused { .. }, _) => tally.refused += 1,
                (Told::Nothing | Told::Unknown, Some(Some(_))) => tally.unknown_landed += 1,
                (Told::Nothing | Told::Unknown, _) => tally.unknown_absent += 1,
            }
        }
        tally
    }
}

impl Sent {
    fn complaint(&self, stands: Option<(i64, Option<Order>)>) -> Option<String> {
        let position = stands.map(|(position, _)| position);
        if let Some((position, order)) = stands
            && order != Some(self.order)
        {
            return Some(format!(
                "at {position} with {order:?}, sent as {:?}",
                self.order
            ));
        }
        if let Some(fate) = self.resolved.iter().find(|fate| **fate != position) {
            return Some(format!("its fate was told as {fate:?} and is {position:?}"));
        }
        match &self.told {
            Told::Committed { position: told } if position != Some(*told) => {
                Some(format!("acknowledged at {told}, stands at {position:?}"))
            }
            Told::Refused { reason } if position.is_some() => {
                Some(format!("refused ({reason}), stands at {position:?}"))
            }
            Told::Nothing | Told::Unknown if self.resolved.is_empty() => {
                Some("its fate was never told".to_owned())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: Order = Order {
        from: 0,
        to: 1,
        minor: 2,
    };

    fn history(said: impl Fn(Uuid) -> Said) -> (Uuid, History) {
        let event = store::ids::fresh();
        let mut history = History::default();
        history.hear(Said::Begin {
            event,
            order: ORDER,
        });
        history.hear(said(event));
        (event, history)
    }

    fn at(event: Uuid, position: i64, order: Order) -> HashMap<Uuid, (i64, Option<Order>)> {
        HashMap::from([(event, (position, Some(order)))])
    }

    #[test]
    fn an_acknowledged_transfer_stands_where_it_was_acknowledged() {
        let (event, history) = history(|event| Said::Committed { event, position: 9 });
        assert!(history.judge(&at(event, 9, ORDER)).is_empty());
        assert_eq!(history.judge(&at(event, 8, ORDER)).len(), 1);
        assert_eq!(history.judge(&HashMap::new()).len(), 1);
        assert_eq!(
            history
                .judge(&at(event, 9, Order { minor: 3, ..ORDER }))
                .len(),
            1
        );
    }

    #[test]
    fn a_refused_transfer_is_nowhere() {
        let reason = "busy".to_owned();
        let (event, history) = history(|event| Said::Refused {
            event,
            reason: reason.clone(),
        });
        assert!(history.judge(&HashMap::new()).is_empty());
        assert_eq!(history.judge(&at(event, 9, ORDER)).len(), 1);
    }

    #[test]
    fn an_unknown_transfer_has_one_fate_for_ever() {
        let (event, mut history) = history(|event| Said::Unknown { event });
        assert_eq!(history.open(), [event]);
        assert_eq!(history.judge(&HashMap::new()).len(), 1);
        history.resolve(event, None);
        assert!(history.open().is_empty());
        assert!(history.judge(&HashMap::new()).is_empty());
        assert_eq!(history.judge(&at(event, 9, ORDER)).len(), 1);
        history.resolve(event, Some(9));
        assert_eq!(history.judge(&at(event, 9, ORDER)).len(), 1);
    }

    #[test]
    fn what_nobody_sent_is_noticed_but_for_the_funding() {
        let stranger = store::ids::fresh();
        let history = History::default();
        assert_eq!(history.judge(&at(stranger, 9, ORDER)).len(), 1);
        assert!(
            history
                .judge(&HashMap::from([(stranger, (1, None))]))
                .is_empty()
        );
    }

    #[test]
    fn the_tally_tells_unknown_that_landed_from_unknown_that_did_not() {
        let (event, mut history) = history(|event| Said::Unknown { event });
        history.resolve(event, Some(4));
        assert_eq!(
            history.tally(),
            Tally {
                unknown_landed: 1,
                ..Tally::default()
            }
        );
    }
}
