//! Long lists, a page at a time: each page says where the next one begins.

use projections::people::Cursor;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{ApiError, kinds};

pub const LIMIT_DEFAULT: i64 = 50;
const LIMIT_MAX: i64 = 200;

/// A page of a list
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    data: Vec<T>,
    /// For `cursor`, to see what comes next; null at the end
    #[schema(example = "1041")]
    next: Option<String>,
}

impl<T> Page<T> {
    /// Of what was found when one more was asked for than is shown, each with its place.
    pub fn of<R>(
        mut found: Vec<R>,
        limit: i64,
        position: impl Fn(&R) -> i64,
        show: impl FnMut(R) -> T,
    ) -> Self {
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > shown;
        found.truncate(shown);
        let next = found.last().filter(|_| more).map(&position);
        Self {
            next: next.map(|position| position.to_string()),
            data: found.into_iter().map(show).collect(),
        }
    }
}

/// How many are asked for; the database is asked for one more, to know whether there is more.
pub fn limit(asked: Option<i64>) -> Result<i64, ApiError> {
    let limit = asked.unwrap_or(LIMIT_DEFAULT);
    if (1..=LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(ApiError::new(&kinds::PARAMETER_INVALID)
            .detail("A page has 1 to 200 lines.")
            .field("limit"))
    }
}

/// Where to go on in a list that goes back in time; at the beginning, where nothing is said.
pub fn cursor(asked: Option<&str>) -> Result<Cursor, ApiError> {
    Ok(place(asked)?.map_or(Cursor::LATEST, Cursor::at))
}

/// The place of the last row that was shown, if any was.
pub fn place(asked: Option<&str>) -> Result<Option<i64>, ApiError> {
    let Some(text) = asked else {
        return Ok(None);
    };
    let position = text.parse::<i64>().ok();
    // Exactly as a page writes it: what was put together by hand is a mistake to hear of.
    let position = position.filter(|it| *it > 0 && it.to_string() == text);
    position.map(Some).ok_or_else(|| {
        ApiError::new(&kinds::PARAMETER_INVALID)
            .detail("Send what a page gave as next.")
            .field("cursor")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_not_the_last_says_where_the_next_begins() {
        let page = |found: &[i64]| Page::of(found.to_vec(), 2, |it| *it, |it| it);
        let full = page(&[9, 7, 5]);
        assert_eq!((full.data, full.next.as_deref()), (vec![9, 7], Some("7")));
        let last = page(&[9, 7]);
        assert_eq!((last.data, last.next), (vec![9, 7], None));
        assert_eq!(page(&[]).next, None);
    }

    #[test]
    fn what_is_no_limit_or_cursor_is_refused_by_name() {
        for asked in [0, -1, 201] {
            assert!(format!("{:?}", limit(Some(asked))).contains("limit"));
        }
        assert_eq!(limit(None).unwrap(), LIMIT_DEFAULT);
        for asked in ["", "x", "0", "-1", "+5", "05", "9223372036854775808"] {
            assert!(
                format!("{:?}", cursor(Some(asked))).contains("cursor"),
                "{asked}"
            );
        }
        assert_eq!(cursor(Some("5")).unwrap(), Cursor::at(5));
        assert_eq!(cursor(None).unwrap(), Cursor::LATEST);
    }
}
