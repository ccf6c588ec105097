//! Lists, a page at a time, the newest first.

use serde_json::{Value, json};

use super::{Answer, World, number};
use crate::form::Form;
use crate::refusal::Refusal;

const LIMIT_DEFAULT: i64 = 10;
const LIMIT_MAX: i64 = 100;

/// What a list is asked for beside its page.
pub struct Wanted {
    kind: &'static str,
    url: String,
    equal: Vec<(&'static str, String)>,
    types: Vec<String>,
}

impl Wanted {
    pub fn of(kind: &'static str, url: impl Into<String>) -> Self {
        Self {
            kind,
            url: url.into(),
            equal: Vec::new(),
            types: Vec::new(),
        }
    }

    /// Takes each of these parameters out of the form and asks for objects that have it so.
    pub fn by(mut self, form: &mut Form, fields: &[&'static str]) -> Self {
        for field in fields {
            if let Some(value) = form.text(field) {
                self.equal.push((field, value));
            }
        }
        self
    }

    pub fn with(mut self, field: &'static str, value: &str) -> Self {
        self.equal.push((field, value.to_owned()));
        self
    }

    /// Events of these types; `charge.*` is every type that begins so.
    pub fn of_types(mut self, types: Vec<String>) -> Self {
        self.types = types;
        self
    }

    fn takes(&self, object: &Value) -> bool {
        let equal = self.equal.iter();
        let mut equal = equal.map(|(field, value)| object[field].as_str() == Some(value));
        let name = object["type"].as_str().unwrap_or_default();
        let is_of = |wanted: &String| match wanted.strip_suffix('*') {
            Some(opening) => name.starts_with(opening),
            None => name == wanted,
        };
        equal.all(|it| it) && (self.types.is_empty() || self.types.iter().any(is_of))
    }
}

impl World {
    pub(super) fn list(&self, wanted: &Wanted, form: &mut Form) -> Answer {
        let limit = form.integer("limit")?.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Refusal::invalid("This value must be between 1 and 100.").param("limit"));
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (after, before) = (form.text("starting_after"), form.text("ending_before"));
        let created = Created::of(form)?;
        form.finish()?;
        let all: Vec<&Value> = self
            .of_kind(wanted.kind)
            .filter(|object| wanted.takes(object) && created.takes(number(object, "created")))
            .collect();
        let place = |id: &str| {
            let found = all.iter().position(|object| object["id"] == id);
            found.ok_or_else(|| Refusal::no_such(wanted.kind, id))
        };
        let (page, more) = match (after, before) {
            (Some(_), Some(_)) => {
                return Err(Refusal::invalid(
                    "You can only pass one of starting_after and ending_before.",
                ));
            }
            (None, Some(id)) => {
                let end = place(&id)?;
                let begin = end.saturating_sub(limit);
                (&all[begin..end], begin > 0)
            }
            (after, None) => {
                let begin = after.map_or(Ok(0), |id| place(&id).map(|at| at + 1))?;
                let end = all.len().min(begin + limit);
                (&all[begin..end], end < all.len())
            }
        };
        Ok(json!({ "object": "list", "url": wanted.url, "has_more": more, "data": page }))
    }
}

/// `created[gte]=…` and its like.
struct Created {
    from: i64,
    until: i64,
}

impl Created {
    fn of(form: &mut Form) -> Result<Self, Refusal> {
        let exactly = form.integer("created")?;
        let mut bounds = [("gte", 0), ("gt", 1), ("lte", 0), ("lt", -1)].into_iter();
        let mut read = |default: i64| -> Result<i64, Refusal> {
            let mut bound = default;
            for (name, shift) in bounds.by_ref().take(2) {
                if let Some(at) = form.integer(&format!("created[{name}]"))? {
                    bound = at + shift;
                }
            }
            Ok(bound)
        };
        let (from, until) = (read(i64::MIN)?, read(i64::MAX)?);
        Ok(Self {
            from: exactly.unwrap_or(from),
            until: exactly.unwrap_or(until),
        })
    }

    const fn takes(&self, at: i64) -> bool {
        self.from <= at && at <= self.until
    }
}
