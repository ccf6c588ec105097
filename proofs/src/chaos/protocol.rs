//! What a writing process says on its standard output, one line each.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::bank::Order;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Before it sends anything: whatever happens now, the event has a name.
    Begin {
        event: Uuid,
        order: Order,
    },
    Committed {
        event: Uuid,
        position: i64,
    },
    Refused {
        event: Uuid,
        reason: String,
    },
    Unknown {
        event: Uuid,
    },
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin {
                event,
                order: Order { from, to, minor },
            } => {
                write!(f, "begin {event} {from} {to} {minor}")
            }
            Self::Committed { event, position } => write!(f, "ok {event} {position}"),
            Self::Refused { event, reason } => write!(f, "refused {event} {reason}"),
            Self::Unknown { event } => write!(f, "unknown {event}"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a writer said something that is not understood: {0}")]
pub struct NotUnderstood(String);

impl FromStr for Said {
    type Err = NotUnderstood;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        read(line).ok_or_else(|| NotUnderstood(line.to_owned()))
    }
}

fn read(line: &str) -> Option<Said> {
    let (word, rest) = line.split_once(' ')?;
    let (event, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let event = event.parse().ok()?;
    match word {
        "begin" => {
            let mut numbers = rest.split(' ');
            let from = numbers.next()?.parse().ok()?;
            let to = numbers.next()?.parse().ok()?;
            let minor = numbers.next()?.parse().ok()?;
            Some(Said::Begin {
                event,
                order: Order { from, to, minor },
            })
        }
        "ok" => Some(Said::Committed {
            event,
            position: rest.parse().ok()?,
        }),
        "refused" => Some(Said::Refused {
            event,
            reason: rest.to_owned(),
        }),
        "unknown" => Some(Said::Unknown { event }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_as_it_was_said() {
        let event = store::ids::fresh();
        let order = Order {
            from: 1,
            to: 7,
            minor: 5,
        };
        let lines = [
            Said::Begin { event, order },
            Said::Committed {
                event,
                position: 12,
            },
            Said::Refused {
                event,
                reason: "it has 3, 5 are needed".to_owned(),
            },
            Said::Unknown { event },
        ];
        for said in lines {
            assert_eq!(said.to_string().parse::<Said>().unwrap(), said);
        }
    }

    #[test]
    fn half_a_line_is_not_understood() {
        assert!("ok 01a1fdd5-d0dc".parse::<Said>().is_err());
        assert!(
            "perhaps 01a1fdd5-d0dc-75f2-8d4a-4ff9b322531c"
                .parse::<Said>()
                .is_err()
        );
    }
}
