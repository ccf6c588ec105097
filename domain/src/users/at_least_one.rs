//! A set that is never empty, so that nobody has to ask what an empty one would mean.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    try_from = "BTreeSet<T>",
    into = "BTreeSet<T>",
    bound(
        serialize = "T: Clone + Ord + Serialize",
        deserialize = "T: Ord + Deserialize<'de>"
    )
)]
pub struct AtLeastOne<T>(BTreeSet<T>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("at least one is needed")]
pub struct NotEvenOne;

impl<T: Clone + Ord> AtLeastOne<T> {
    pub fn try_new(members: impl IntoIterator<Item = T>) -> Result<Self, NotEvenOne> {
        Self::try_from(members.into_iter().collect::<BTreeSet<T>>())
    }

    pub fn one(member: T) -> Self {
        Self(BTreeSet::from([member]))
    }

    pub fn contains(&self, member: &T) -> bool {
        self.0.contains(member)
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    #[must_use]
    pub fn with(&self, member: T) -> Self {
        let mut members = self.0.clone();
        members.insert(member);
        Self(members)
    }

    /// Nothing, where the member is the only one.
    pub fn without(&self, member: &T) -> Result<Self, NotEvenOne> {
        let mut members = self.0.clone();
        members.remove(member);
        Self::try_from(members)
    }
}

impl<T> TryFrom<BTreeSet<T>> for AtLeastOne<T> {
    type Error = NotEvenOne;

    fn try_from(members: BTreeSet<T>) -> Result<Self, NotEvenOne> {
        if members.is_empty() {
            Err(NotEvenOne)
        } else {
            Ok(Self(members))
        }
    }
}

impl<T> From<AtLeastOne<T>> for BTreeSet<T> {
    fn from(members: AtLeastOne<T>) -> Self {
        members.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_member_stays() {
        let two = AtLeastOne::try_new([1, 2, 2]).unwrap();
        let one = two.without(&2).unwrap();
        assert_eq!(one, AtLeastOne::one(1));
        assert_eq!(one.without(&1), Err(NotEvenOne));
        assert_eq!(one.without(&3), Ok(one.clone()));
        assert_eq!(one.with(2), two);
    }

    #[test]
    fn an_empty_set_is_none_however_it_comes() {
        assert_eq!(AtLeastOne::<i32>::try_new([]), Err(NotEvenOne));
        assert!(serde_json::from_str::<AtLeastOne<i32>>("[]").is_err());
        let json = serde_json::to_string(&AtLeastOne::try_new([2, 1]).unwrap()).unwrap();
        assert_eq!(json, "[1,2]");
    }
}
