//! The aggregate: a token that changes at every refresh, and what follows when an old one comes.

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::commands::{SessionCommand, SessionError};
use super::events::{EndedBecause, SessionEvent, Started};
use crate::users::digest::{Device, Digest};
use crate::users::ids::UserId;

/// So long the token before the current one still counts as a reply that got lost on its way back
/// to the same device, and not as stolen (RFC 9700, 4.14.2).
pub const GRACE: TimeDelta = TimeDelta::seconds(10);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Session {
    #[default]
    Absent,
    Open(Box<Open>),
    Ended {
        started: Box<Started>,
        why: EndedBecause,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    started: Started,
    generation: u32,
    token: Digest,
    previous: Option<Digest>,
    refreshed_at: DateTime<Utc>,
}

/// What was presented in order to go on.
struct Refresh {
    generation: u32,
    token: Digest,
    next: Digest,
    device: Device,
    binding_holds: bool,
    at: DateTime<Utc>,
}

impl Session {
    /// Why the session is over; a refresh that finds this out is answered by it, as what it found
    /// is recorded and not refused.
    pub const fn ended(&self) -> Option<EndedBecause> {
        match self {
            Self::Absent | Self::Open(_) => None,
            Self::Ended { why, .. } => Some(*why),
        }
    }

    /// Of the token that is good now.
    pub fn generation(&self) -> Option<u32> {
        match self {
            Self::Open(open) => Some(open.generation),
            Self::Absent | Self::Ended { .. } => None,
        }
    }

    pub fn started(&self) -> Option<&Started> {
        match self {
            Self::Absent => None,
            Self::Open(open) => Some(&open.started),
            Self::Ended { started, .. } => Some(started),
        }
    }

    pub fn user(&self) -> Option<UserId> {
        self.started().map(|started| started.user)
    }

    /// When it is over if nobody refreshes it; nothing where it is over already.
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Open(open) => Some(open.ends_at()),
            Self::Absent | Self::Ended { .. } => None,
        }
    }

    /// Whether a request may still be made in it, as far as time goes.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Open(open) => open.over(now).is_none(),
            Self::Absent | Self::Ended { .. } => false,
        }
    }

    fn decide(&self, command: SessionCommand) -> Result<Vec<SessionEvent>, SessionError> {
        use SessionCommand::{End, Expire, Refresh, Start};
        match (self, command) {
            (Self::Absent, Start(started)) => Ok(vec![SessionEvent::Started(started)]),
            (Self::Absent, Refresh { .. } | Expire { .. } | End { .. }) => {
                Err(SessionError::NotStarted)
            }
            (Self::Open(_) | Self::Ended { .. }, Start(asked)) => {
                if self.started() == Some(&asked) {
                    Ok(vec![])
                } else {
                    Err(SessionError::StartedOtherwise)
                }
            }
            (
                Self::Open(open),
                Refresh {
                    generation,
                    token,
                    next,
                    device,
                    binding_holds,
                    at,
                },
            ) => open.refresh(&self::Refresh {
                generation,
                token,
                next,
                device,
                binding_holds,
                at,
            }),
            (Self::Open(open), Expire { at }) => match open.over(at) {
                Some(why) => Ok(vec![SessionEvent::Ended { why, at }]),
                None => Err(SessionError::NotYet),
            },
            (Self::Open(_), End { why, at }) => Ok(vec![SessionEvent::Ended { why, at }]),
            (Self::Ended { why, .. }, Refresh { .. }) => Err(SessionError::Ended(*why)),
            (Self::Ended { .. }, Expire { .. } | End { .. }) => Ok(vec![]),
        }
    }
}

impl Open {
    const fn new(started: Started) -> Self {
        Self {
            generation: 0,
            token: started.token,
            previous: None,
            refreshed_at: started.at,
            started,
        }
    }

    /// Whichever of the two limits comes first.
    fn ends_at(&self) -> DateTime<Utc> {
        let limits = self.started.limits;
        let after = |since: DateTime<Utc>, seconds: u32| {
            since
                .checked_add_signed(TimeDelta::seconds(i64::from(seconds)))
                .unwrap_or(DateTime::<Utc>::MAX_UTC)
        };
        after(self.started.at, limits.absolute_seconds)
            .min(after(self.refreshed_at, limits.idle_seconds))
    }

    /// Why the session has no more time, if it has none.
    fn over(&self, at: DateTime<Utc>) -> Option<EndedBecause> {
        let limits = self.started.limits;
        let lasted = |since: DateTime<Utc>, seconds: u32| {
            at.signed_duration_since(since) >= TimeDelta::seconds(i64::from(seconds))
        };
        if lasted(self.started.at, limits.absolute_seconds) {
            Some(EndedBecause::Expired)
        } else if lasted(self.refreshed_at, limits.idle_seconds) {
            Some(EndedBecause::Idle)
        } else {
            None
        }
    }

    fn refresh(&self, asked: &Refresh) -> Result<Vec<SessionEvent>, SessionError> {
        let at = asked.at;
        if let Some(why) = self.over(at) {
            return Ok(vec![SessionEvent::Ended { why, at }]);
        }
        if asked.generation > self.generation {
            return Err(SessionError::WrongToken);
        }
        if asked.generation == self.generation {
            return self.rotate(asked);
        }
        let is_previous = asked.generation + 1 == self.generation;
        if is_previous && self.previous != Some(asked.token) {
            return Err(SessionError::WrongToken);
        }
        let is_lost_reply = is_previous
            && asked.device == self.started.device
            && at.signed_duration_since(self.refreshed_at) <= GRACE;
        if !is_lost_reply {
            let generation = asked.generation;
            let why = EndedBecause::TokenReused;
            return Ok(vec![
                SessionEvent::TokenReused { generation, at },
                SessionEvent::Ended { why, at },
            ]);
        }
        if asked.binding_holds {
            Ok(vec![])
        } else {
            Err(SessionError::ReauthRequired)
        }
    }

    fn rotate(&self, asked: &Refresh) -> Result<Vec<SessionEvent>, SessionError> {
        if asked.token != self.token {
            return Err(SessionError::WrongToken);
        }
        if !asked.binding_holds {
            return Err(SessionError::ReauthRequired);
        }
        Ok(vec![SessionEvent::Refreshed {
            generation: self.generation.saturating_add(1),
            token: asked.next,
            at: asked.at,
        }])
    }
}

impl Aggregate for Session {
    const TYPE: &'static str = "session";
    type Command = SessionCommand;
    type Event = SessionEvent;
    type Error = SessionError;
    type Services = ();

    async fn handle(
        &mut self,
        command: SessionCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), SessionError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: SessionEvent) {
        *self = match (std::mem::take(self), event) {
            (_, SessionEvent::Started(started)) => Self::Open(Box::new(Open::new(started))),
            (
                Self::Open(mut open),
                SessionEvent::Refreshed {
                    generation,
                    token,
                    at,
                },
            ) => {
                open.generation = generation;
                open.previous = Some(open.token);
                open.token = token;
                open.refreshed_at = at;
                Self::Open(open)
            }
            (Self::Open(open), SessionEvent::Ended { why, .. }) => {
                let started = Box::new(open.started);
                Self::Ended { started, why }
            }
            // Of a reused token, the end that follows says all that the state has to know. And
            // nothing happens in a session before it starts or after it has ended.
            (state, SessionEvent::TokenReused { .. })
            | (
                state @ (Self::Absent | Self::Ended { .. }),
                SessionEvent::Refreshed { .. } | SessionEvent::Ended { .. },
            ) => state,
        };
    }
}
