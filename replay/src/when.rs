//! A moment of the log, given as a position or as a time.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use store::{Head, Log};

use crate::failure::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Position(i64),
    Time(DateTime<Utc>),
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text
                .parse()
                .map(Self::Position)
                .map_err(|error| error.to_string());
        }
        DateTime::parse_from_rfc3339(text)
            .map(|time| Self::Time(time.to_utc()))
            .map_err(|_| "expected a position or a time such as 2026-01-31T12:00:00Z".to_owned())
    }
}

impl When {
    /// The last position that had been recorded at this moment.
    pub(crate) async fn position(self, log: &Log, head: &Head) -> Result<i64, Failure> {
        match self {
            Self::Position(position) if position > head.position => Err(Failure::BeyondHead {
                asked: position,
                head: head.position,
            }),
            Self::Position(position) => Ok(position),
            Self::Time(time) => {
                last_recorded(log, head, time, |recorded, time| recorded <= time).await
            }
        }
    }

    /// The first position that was recorded at this moment or later.
    pub(crate) async fn first_position(self, log: &Log, head: &Head) -> Result<i64, Failure> {
        match self {
            Self::Position(_) => self.position(log, head).await,
            Self::Time(time) => {
                let earlier = last_recorded(log, head, time, |recorded, time| recorded < time);
                Ok(earlier.await? + 1)
            }
        }
    }
}

/// Time never runs backwards along the log, so the last position before a time is found by halving.
async fn last_recorded(
    log: &Log,
    head: &Head,
    time: DateTime<Utc>,
    is_before: fn(DateTime<Utc>, DateTime<Utc>) -> bool,
) -> Result<i64, Failure> {
    let (mut before, mut after) = (0, head.position + 1);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        let found = log.events_at(&[middle]).await?;
        let event = found.first().ok_or(Failure::Missing { position: middle })?;
        if is_before(event.recorded_at, time) {
            before = middle;
        } else {
            after = middle;
        }
    }
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_a_position_and_the_rest_is_a_time_with_its_zone() {
        assert_eq!("12".parse(), Ok(When::Position(12)));
        let noon = DateTime::from_timestamp(1_767_268_800, 0).unwrap();
        assert_eq!("2026-01-01T12:00:00Z".parse(), Ok(When::Time(noon)));
        assert_eq!("2026-01-01T15:00:00+03:00".parse(), Ok(When::Time(noon)));
        for text in [
            "",
            "-1",
            "2026-01-01",
            "2026-01-01T12:00:00",
            "99999999999999999999",
        ] {
            assert!(text.parse::<When>().is_err(), "{text:?}");
        }
    }
}
