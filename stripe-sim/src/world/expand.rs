//! Puts whole objects where an answer has only their names, as far as it was asked for.

use serde_json::Value;

use super::World;
use crate::refusal::Refusal;

const DEPTH_MAX: usize = 4;

impl World {
    /// Expands `a.b.c`; in a list, `data.a` is `a` of each of its objects.
    pub(super) fn expand(&self, answer: &mut Value, path: &str) -> Result<(), Refusal> {
        let fields: Vec<&str> = path.split('.').collect();
        let deep = fields.iter().filter(|field| **field != "data").count();
        if deep > DEPTH_MAX {
            return Err(Refusal::invalid(
                "You cannot expand more than 4 levels of a property.",
            ));
        }
        if self.expand_in(answer, &fields) {
            Ok(())
        } else {
            let message = format!("This property cannot be expanded ({path}).");
            Err(Refusal::invalid(message).param("expand"))
        }
    }

    fn expand_in(&self, at: &mut Value, fields: &[&str]) -> bool {
        let Some((field, rest)) = fields.split_first() else {
            return true;
        };
        if let Value::Array(items) = at {
            return items.iter_mut().all(|item| self.expand_in(item, fields));
        }
        let Some(value) = at.get_mut(field) else {
            return false;
        };
        if let Some(found) = value.as_str().and_then(|id| self.objects.get(id)) {
            *value = found.clone();
        }
        match value {
            // What may be there and is not can be asked for.
            Value::Null => true,
            Value::Array(items) if rest.is_empty() => {
                for item in items {
                    if let Some(found) = item.as_str().and_then(|id| self.objects.get(id)) {
                        *item = found.clone();
                    }
                }
                true
            }
            Value::Object(_) | Value::Array(_) => self.expand_in(value, rest),
            _ => false,
        }
    }
}
