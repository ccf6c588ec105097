//! Parameters as Stripe's clients write them: `a[b][0]=c`, in bodies and behind question marks.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::refusal::Refusal;

/// Parameters, each taken out once; what is left over at the end is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(BTreeMap<String, String>);

impl Form {
    pub fn parse(query: &str, body: &str) -> Self {
        let mut found = BTreeMap::new();
        let mut lists: BTreeMap<String, usize> = BTreeMap::new();
        let pairs = [query, body].into_iter();
        let pairs = pairs.flat_map(|text| form_urlencoded::parse(text.as_bytes()));
        for (name, value) in pairs {
            let mut name = name.into_owned();
            // `a[]` is the next of a list.
            while let Some(at) = name.find("[]") {
                let next = lists.entry(name[..at].to_owned()).or_default();
                name.replace_range(at..at + 2, &format!("[{next}]"));
                *next += 1;
            }
            found.insert(name, value.into_owned());
        }
        Self(found)
    }

    /// What tells one request from another.
    pub fn fingerprint(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("&")
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.is_empty())
    }

    pub fn needed(&mut self, name: &str) -> Result<String, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(name))
    }

    pub fn integer(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let number = text.parse().map(Some);
        number.map_err(|_| {
            Refusal::invalid(format!("Invalid integer: {text}"))
                .code("parameter_invalid_integer")
                .param(name)
        })
    }

    /// `name[key]=value`, key by key.
    pub fn map(&mut self, name: &str) -> BTreeMap<String, String> {
        let opening = format!("{name}[");
        let keys: Vec<String> = self
            .0
            .keys()
            .filter(|key| key.starts_with(&opening))
            .cloned()
            .collect();
        let taken = keys.into_iter().filter_map(|full| {
            let key = full[opening.len()..].strip_suffix(']')?;
            let is_plain = !key.contains(['[', ']']);
            let key = is_plain.then(|| key.to_owned())?;
            Some((key, self.0.remove(&full)?))
        });
        taken.collect()
    }

    pub fn metadata(&mut self, name: &str) -> Value {
        let pairs = self.map(name).into_iter();
        pairs
            .map(|(key, value)| (key, Value::String(value)))
            .collect()
    }

    pub fn list(&mut self, name: &str) -> Vec<String> {
        let mut items: Vec<(usize, String)> = self
            .map(name)
            .into_iter()
            .filter_map(|(at, value)| Some((at.parse().ok()?, value)))
            .collect();
        items.sort();
        items.into_iter().map(|(_, value)| value).collect()
    }

    /// How many `name[0]…`, `name[1]…` there are.
    pub fn count(&self, name: &str) -> usize {
        let is_there = |at: &usize| {
            let opening = format!("{name}[{at}]");
            self.0.keys().any(|key| key.starts_with(&opening))
        };
        (0..self.0.len()).take_while(is_there).count()
    }

    /// Puts aside what makes no difference here but is known to Stripe.
    pub fn ignore(&mut self, opening: &str) {
        self.0.retain(|name, _| {
            let rest = name.strip_prefix(opening);
            !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        });
    }

    /// Refuses what nobody asked for.
    pub fn finish(&self) -> Result<(), Refusal> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(Refusal::unknown(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brackets_nest_and_lists_keep_their_order() {
        let body =
            "metadata[a]=1&metadata%5Bb%5D=2&expand[]=x&expand[]=y.z&items[0][price][cents]=5";
        let mut form = Form::parse("", body);
        assert_eq!(form.metadata("metadata"), json!({ "a": "1", "b": "2" }));
        assert_eq!(form.list("expand"), ["x", "y.z"]);
        assert_eq!(form.count("items"), 1);
        assert_eq!(form.integer("items[0][price][cents]"), Ok(Some(5)));
        assert_eq!(form.finish(), Ok(()));
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        let form = Form::parse("limit=1", "colour=red");
        assert_eq!(form.finish(), Err(Refusal::unknown("colour")));
    }

    #[test]
    fn a_number_that_is_none_is_refused_by_name() {
        let mut form = Form::parse("", "amount=ten");
        assert!(form.integer("amount").is_err());
    }
}
