//! Values without contents, and sets of them, as the text that stands in a row.

use domain::users::AtLeastOne;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::projection::Unfoldable;

/// Between the members of a set; no name has one in it.
const COMMA: &str = ",";

/// The name under which a value without contents stands in events.
pub(crate) fn name(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        Ok(_) | Err(_) => unreachable!("a value without contents is written as its name"),
    }
}

/// The value that has this name.
pub(crate) fn named<T: DeserializeOwned>(name: &str) -> Result<T, Unfoldable> {
    let value = Value::String(name.to_owned());
    serde_json::from_value(value).map_err(|_| Unfoldable::Foreign(name.to_owned()))
}

pub(crate) fn names<T: Clone + Ord + Serialize>(members: &AtLeastOne<T>) -> String {
    members.iter().map(name).collect::<Vec<_>>().join(COMMA)
}

pub(crate) fn all_named<T>(names: &str) -> Result<AtLeastOne<T>, Unfoldable>
where
    T: Clone + Ord + DeserializeOwned,
{
    let members: Vec<T> = names.split(COMMA).map(named).collect::<Result<_, _>>()?;
    AtLeastOne::try_new(members).map_err(|_| Unfoldable::Foreign(names.to_owned()))
}

#[cfg(test)]
mod tests {
    use domain::users::{EndedBecause, Role, Roles, Scope, Scopes};

    use super::*;

    #[test]
    fn a_name_leads_back_to_its_value_and_no_other_does() {
        assert_eq!(name(EndedBecause::TokenReused), "token-reused");
        let why: EndedBecause = named("token-reused").unwrap();
        assert_eq!(why, EndedBecause::TokenReused);
        assert!(named::<EndedBecause>("TokenReused").is_err());
    }

    #[test]
    fn a_set_is_written_in_one_way_only() {
        let roles = Roles::try_new([Role::Provider, Role::Customer]).unwrap();
        assert_eq!(names(&roles), "customer,provider");
        assert_eq!(all_named::<Role>("customer,provider").unwrap(), roles);
        let scopes = Scopes::try_new([Scope::JobsWrite, Scope::Read]).unwrap();
        assert_eq!(names(&scopes), "read,jobs:write");
        assert!(all_named::<Role>("").is_err());
        assert!(all_named::<Role>("customer,").is_err());
    }
}
