//! Lists as OpenAI has them: `after` names the last one seen, `has_more` says whether to go on.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::{ApiError, kinds};

/// More may be asked for than is given at once.
const LIMIT_MAX: i64 = 10_000;

/// A page of a list
#[derive(Serialize, ToSchema)]
pub struct List<T> {
    #[schema(example = "list")]
    object: &'static str,
    data: Vec<T>,
    first_id: Option<String>,
    /// For `after`, to see what comes next
    last_id: Option<String>,
    has_more: bool,
}

/// Which page of a list
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// The last one that was seen
    #[param(max_length = 200)]
    pub after: Option<String>,
    /// How many to show at most; there may be fewer, with `has_more`
    #[param(minimum = 1, maximum = 10000)]
    pub limit: Option<i64>,
}

impl Page {
    /// How many to show: what was asked for, unless that is more than is shown at once.
    pub fn limit(&self, default: i64, most: i64) -> Result<i64, ApiError> {
        let limit = self.limit.unwrap_or(default);
        if (1..=LIMIT_MAX).contains(&limit) {
            Ok(limit.min(most))
        } else {
            Err(ApiError::new(&kinds::PARAMETER_INVALID)
                .detail("A page has 1 to 10000 lines.")
                .field("limit"))
        }
    }
}

/// There is nothing of that name to go on from.
pub fn unknown_after() -> ApiError {
    ApiError::new(&kinds::PARAMETER_INVALID)
        .detail("Send the id of the last one that you have.")
        .field("after")
}

impl<T> List<T> {
    /// Of what was found when one more was asked for than is shown.
    pub fn of(mut found: Vec<T>, limit: i64, id: impl Fn(&T) -> String) -> Self {
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = found.len() > shown;
        found.truncate(shown);
        Self {
            object: "list",
            first_id: found.first().map(&id),
            last_id: found.last().map(&id),
            data: found,
            has_more,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_it_ends_and_whether_that_is_the_end() {
        let list = List::of(vec![3, 2, 1], 2, |it| format!("it-{it}"));
        assert_eq!((list.data.as_slice(), list.has_more), (&[3, 2][..], true));
        assert_eq!(list.last_id.as_deref(), Some("it-2"));
        let end = List::of(vec![1], 2, |it| format!("it-{it}"));
        assert_eq!(
            (end.first_id.as_deref(), end.has_more),
            (Some("it-1"), false)
        );
        assert!(
            List::of(Vec::<i32>::new(), 2, i32::to_string)
                .last_id
                .is_none()
        );
    }

    #[test]
    fn more_than_is_shown_at_once_may_be_asked_for_and_nonsense_may_not() {
        let page = |limit| Page { after: None, limit };
        assert_eq!(page(None).limit(20, 100).unwrap(), 20);
        assert_eq!(page(Some(10_000)).limit(20, 100).unwrap(), 100);
        for wrong in [0, -1, 10_001] {
            assert!(page(Some(wrong)).limit(20, 100).is_err());
        }
    }
}
