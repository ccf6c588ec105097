//! Names as they stand in events.

use serde::Serialize;
use serde_json::Value;

/// The name under which a value without contents stands in events.
pub(crate) fn stored_name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        Ok(_) | Err(_) => unreachable!("a value without contents is written as its name"),
    }
}
