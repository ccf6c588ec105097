//! Times as RFC 3339 writes them, which is narrower than what a library would read.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

/// A year has four digits: what is beyond could not be written down again as it came, and the
/// database ends earlier than the library does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00Z")]
pub struct Moment(pub DateTime<Utc>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time as in RFC 3339, such as 2026-01-31T12:00:00Z")]
pub struct NotATime;

impl Moment {
    fn try_new(text: &str) -> Result<Self, NotATime> {
        // RFC 3339 lets people write a space where it has a T; the format of that name does not.
        let plain = text.is_ascii() && !text.contains(' ');
        let parsed = DateTime::parse_from_rfc3339(text).ok().filter(|_| plain);
        let time = parsed.ok_or(NotATime)?.to_utc();
        // Its offset may carry it out of the years that can be written.
        let writable = DateTime::parse_from_rfc3339(&time.to_rfc3339()).is_ok();
        if writable {
            Ok(Self(time))
        } else {
            Err(NotATime)
        }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let typed = String::deserialize(deserializer)?;
        Self::try_new(&typed)
            .map_err(|error| serde::de::Error::custom(format_args!("no, expected {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_same_wherever_it_is_written() {
        let noon = Moment::try_new("2026-01-31T12:00:00Z").unwrap();
        for text in ["2026-01-31T14:00:00+02:00", "2026-01-31t12:00:00.000z"] {
            assert_eq!(Moment::try_new(text), Ok(noon), "{text}");
        }
    }

    #[test]
    fn what_could_not_be_written_down_again_is_no_time() {
        for text in [
            "",
            "tomorrow",
            "2026-01-31",
            "2026-01-31T12:00:00",
            "2026-01-31 12:00:00Z",
            "+12026-01-31T12:00:00Z",
            "-0001-01-31T12:00:00Z",
            "9999-12-31T23:59:59-01:00",
            "0000-01-01T00:00:00+01:00",
        ] {
            assert_eq!(Moment::try_new(text), Err(NotATime), "{text}");
        }
    }
}
