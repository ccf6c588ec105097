//! The aggregate: open until all of it is there, then kept until somebody lets it go.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::commands::{ObjectCommand, ObjectError};
use super::events::{Inspected, ObjectEvent, Opened, RemovedBecause};
use crate::users::{Digest, UserId};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Object {
    #[default]
    Absent,
    Open(Opened),
    Stored {
        opened: Opened,
        bytes: u64,
        sha256: Digest,
        inspected: Option<Inspected>,
    },
    Over {
        opened: Opened,
        over: Over,
    },
}

/// How an object ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Over {
    Removed(RemovedBecause),
    Expired,
}

impl Object {
    pub const fn opened(&self) -> Option<&Opened> {
        match self {
            Self::Absent => None,
            Self::Open(opened) | Self::Stored { opened, .. } | Self::Over { opened, .. } => {
                Some(opened)
            }
        }
    }

    /// Of whom it is, as long as there is something.
    pub const fn owner(&self) -> Option<UserId> {
        match self {
            Self::Open(opened) | Self::Stored { opened, .. } => Some(opened.owner),
            Self::Absent | Self::Over { .. } => None,
        }
    }

    fn decide(&self, command: ObjectCommand) -> Result<Vec<ObjectEvent>, ObjectError> {
        use ObjectCommand::{Expire, Inspect, Open, Remove, Store};
        match (self, command) {
            (Self::Absent, Open(opened)) => Ok(vec![ObjectEvent::Opened(opened)]),
            (Self::Absent, Store { .. } | Inspect(_) | Remove { .. } | Expire { .. }) => {
                Err(ObjectError::Absent)
            }
            (
                Self::Open(opened) | Self::Stored { opened, .. } | Self::Over { opened, .. },
                Open(asked),
            ) => {
                if *opened == asked {
                    Ok(vec![])
                } else {
                    Err(ObjectError::OpenedOtherwise)
                }
            }
            (Self::Open(opened), Store { bytes, sha256, at }) => store(opened, bytes, sha256, at),
            (Self::Open(_), Inspect(_)) => Err(ObjectError::Incomplete),
            (Self::Open(opened), Expire { at }) => {
                if at < opened.expires_at {
                    return Err(ObjectError::NotYet);
                }
                Ok(vec![ObjectEvent::Expired { at }])
            }
            (Self::Stored { sha256: known, .. }, Store { sha256, .. }) => {
                if *known == sha256 {
                    Ok(vec![])
                } else {
                    Err(ObjectError::StoredOtherwise)
                }
            }
            (
                Self::Stored {
                    opened, inspected, ..
                },
                Inspect(found),
            ) => inspect(opened, inspected.as_ref(), found),
            (Self::Stored { .. }, Expire { .. }) => Err(ObjectError::Complete),
            (Self::Open(_) | Self::Stored { .. }, Remove { because, at }) => {
                Ok(vec![ObjectEvent::Removed { because, at }])
            }
            (Self::Over { .. }, Remove { .. } | Expire { .. }) => Ok(vec![]),
            (Self::Over { over, .. }, Store { .. } | Inspect(_)) => Err(match over {
                Over::Removed(_) => ObjectError::Removed,
                Over::Expired => ObjectError::Expired,
            }),
        }
    }
}

fn store(
    opened: &Opened,
    bytes: u64,
    sha256: Digest,
    at: DateTime<Utc>,
) -> Result<Vec<ObjectEvent>, ObjectError> {
    if bytes != opened.bytes {
        return Err(ObjectError::OtherBytes);
    }
    if opened.sha256.is_some_and(|said| said != sha256) {
        return Err(ObjectError::OtherDigest);
    }
    Ok(vec![ObjectEvent::Stored { bytes, sha256, at }])
}

/// What was found once stands: whoever looks again finds it in the same bytes.
fn inspect(
    opened: &Opened,
    known: Option<&Inspected>,
    found: Inspected,
) -> Result<Vec<ObjectEvent>, ObjectError> {
    if opened.kind != super::ObjectKind::Dataset {
        return Err(ObjectError::NotADataset);
    }
    if known.is_some() {
        return Ok(vec![]);
    }
    Ok(vec![ObjectEvent::Inspected(found)])
}

impl Aggregate for Object {
    const TYPE: &'static str = "object";
    type Command = ObjectCommand;
    type Event = ObjectEvent;
    type Error = ObjectError;
    type Services = ();

    async fn handle(
        &mut self,
        command: ObjectCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), ObjectError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: ObjectEvent) {
        *self = match (std::mem::take(self), event) {
            (_, ObjectEvent::Opened(opened)) => Self::Open(opened),
            (Self::Open(opened), ObjectEvent::Stored { bytes, sha256, .. }) => Self::Stored {
                opened,
                bytes,
                sha256,
                inspected: None,
            },
            (
                Self::Stored {
                    opened,
                    bytes,
                    sha256,
                    ..
                },
                ObjectEvent::Inspected(found),
            ) => Self::Stored {
                opened,
                bytes,
                sha256,
                inspected: Some(found),
            },
            (
                Self::Open(opened) | Self::Stored { opened, .. },
                ObjectEvent::Removed { because, .. },
            ) => Self::Over {
                opened,
                over: Over::Removed(because),
            },
            (Self::Open(opened), ObjectEvent::Expired { .. }) => Self::Over {
                opened,
                over: Over::Expired,
            },
            // Nothing else follows from anything that is decided above.
            (
                state,
                ObjectEvent::Stored { .. }
                | ObjectEvent::Inspected(_)
                | ObjectEvent::Removed { .. }
                | ObjectEvent::Expired { .. },
            ) => state,
        };
    }
}

#[cfg(test)]
mod tests;
