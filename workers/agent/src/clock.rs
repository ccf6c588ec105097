//! The one place where a machine looks at the clock on its wall.

use chrono::{SecondsFormat, Utc};

/// Now, as RFC 3339 writes it.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock of the machine, which the lines that it reports are stamped with"
)]
pub fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}
