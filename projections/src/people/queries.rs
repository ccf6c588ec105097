//! What can be asked about people; every list comes in pages.

use chrono::{DateTime, Utc};
use domain::users::{KycId, Role, SessionId, UserId};
use serde::{Deserialize, Serialize};
use sqlx::{PgExecutor, Postgres, QueryBuilder};

use super::answers::{Action, Examination, Key, Kind, Session, Standing, User};
use super::stored;

/// A place in a list: that of the last row that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(i64);

impl Cursor {
    /// Where a list that goes back in time begins.
    pub const LATEST: Self = Self(i64::MAX);
    /// Where a list that goes on in time begins.
    pub const EARLIEST: Self = Self(0);

    pub(crate) const fn position(self) -> i64 {
        self.0
    }

    /// Behind the row that has this position.
    pub const fn at(position: i64) -> Self {
        Self(position)
    }
}

/// Which users are asked for; where nothing is said, any.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserFilter {
    pub kind: Option<Kind>,
    pub standing: Option<Standing>,
    pub role: Option<Role>,
    pub blocked: Option<bool>,
}

/// Which actions are asked for; where nothing is said, any.
#[derive(Clone, Debug, Default)]
pub struct ActionFilter {
    pub user: Option<UserId>,
    pub actor: Option<String>,
    pub action: Option<String>,
    /// Recorded then or later.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before then.
    pub to: Option<DateTime<Utc>>,
}

/// The users behind `after`, the latest registered first.
pub async fn users(
    reader: impl PgExecutor<'_>,
    filter: UserFilter,
    Cursor(after): Cursor,
    limit: i64,
) -> Result<Vec<User>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new(
        "select user_id, kind, standing, roles, locale, blocked, blocked_reason, second_factor, \
                registered_at, changed_at, position \
           from read_people.users where position < ",
    );
    query.push_bind(after);
    if let Some(kind) = filter.kind {
        query.push(" and kind = ").push_bind(stored::name(kind));
    }
    if let Some(standing) = filter.standing {
        query
            .push(" and standing = ")
            .push_bind(stored::name(standing));
    }
    if let Some(role) = filter.role {
        query
            .push(" and string_to_array(roles, ',') @> array[")
            .push_bind(stored::name(role))
            .push("]");
    }
    if let Some(blocked) = filter.blocked {
        query.push(" and blocked = ").push_bind(blocked);
    }
    query
        .push(" order by position desc limit ")
        .push_bind(limit)
        .build_query_as()
        .fetch_all(reader)
        .await
}

pub async fn user(reader: impl PgExecutor<'_>, user: UserId) -> Result<Option<User>, sqlx::Error> {
    sqlx::query_as(
        "select user_id, kind, standing, roles, locale, blocked, blocked_reason, second_factor, \
                registered_at, changed_at, position \
           from read_people.users where user_id = $1",
    )
    .bind(user.to_string())
    .fetch_optional(reader)
    .await
}

/// The sessions of a user behind `after`, the latest started first; all of them, or those that are
/// open at a moment, whether or not anybody has recorded since that time ended the others.
pub async fn sessions_of(
    reader: impl PgExecutor<'_>,
    user: UserId,
    open_at: Option<DateTime<Utc>>,
    Cursor(after): Cursor,
    limit: i64,
) -> Result<Vec<Session>, sqlx::Error> {
    sqlx::query_as(
        "select session_id, user_id, started_at, refreshed_at, idle_ends_at, ends_at, remember, \
                second_factor, ended_at, ended_why, position \
           from read_people.sessions \
          cross join lateral (select refreshed_at + make_interval(secs => idle_seconds)) \
                             as idle (idle_ends_at) \
          where user_id = $1 and position < $3 \
            and ($2::timestamptz is null \
                 or (ended_at is null and ends_at > $2 and idle_ends_at > $2)) \
          order by position desc limit $4",
    )
    .bind(user.to_string())
    .bind(open_at)
    .bind(after)
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// Every session of a user of which no end is recorded.
pub async fn open_sessions_of(
    reader: impl PgExecutor<'_>,
    user: UserId,
) -> Result<Vec<SessionId>, sqlx::Error> {
    let open: Vec<String> = sqlx::query_scalar(
        "select session_id from read_people.sessions \
          where user_id = $1 and ended_at is null order by position",
    )
    .bind(user.to_string())
    .fetch_all(reader)
    .await?;
    let parse = |session: String| {
        let parsed = session.parse();
        parsed.map_err(|error| sqlx::Error::Decode(Box::new(error)))
    };
    open.into_iter().map(parse).collect()
}

/// The keys of a user behind `after`, the latest created first, revoked ones too.
pub async fn keys_of(
    reader: impl PgExecutor<'_>,
    user: UserId,
    Cursor(after): Cursor,
    limit: i64,
) -> Result<Vec<Key>, sqlx::Error> {
    sqlx::query_as(
        "select key_id, user_id, scopes, created_at, expires_at, requests_per_minute, revoked_at, \
                position \
           from read_people.api_keys where user_id = $1 and position < $2 \
          order by position desc limit $3",
    )
    .bind(user.to_string())
    .bind(after)
    .bind(limit)
    .fetch_all(reader)
    .await
}

pub async fn examination_of(
    reader: impl PgExecutor<'_>,
    user: UserId,
) -> Result<Option<Examination>, sqlx::Error> {
    sqlx::query_as(
        "select examination_id, user_id, standing, documents, until, reason, changed_at, position \
           from read_people.examinations where examination_id = $1",
    )
    .bind(KycId::of(user).to_string())
    .fetch_optional(reader)
    .await
}

/// The examinations behind `after` that wait for somebody to decide, the longest waiting first.
pub async fn waiting_examinations(
    reader: impl PgExecutor<'_>,
    Cursor(after): Cursor,
    limit: i64,
) -> Result<Vec<Examination>, sqlx::Error> {
    sqlx::query_as(
        "select examination_id, user_id, standing, documents, until, reason, changed_at, position \
           from read_people.examinations where standing = 'submitted' and position > $1 \
          order by position limit $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// The approvals behind `after` that ended by `now` and that nobody has recorded as expired.
pub async fn ended_approvals(
    reader: impl PgExecutor<'_>,
    now: DateTime<Utc>,
    Cursor(after): Cursor,
    limit: i64,
) -> Result<Vec<Examination>, sqlx::Error> {
    sqlx::query_as(
        "select examination_id, user_id, standing, documents, until, reason, changed_at, position \
           from read_people.examinations \
          where standing = 'approved' and until <= $1 and position > $2 \
          order by position limit $3",
    )
    .bind(now)
    .bind(after)
    .bind(limit)
    .fetch_all(reader)
    .await
}

const FIRST_SINCE: &str = "(select position from read_people.actions where at >= ";
const END_OF_FIRST: &str = " order by at, position limit 1)";

/// The actions behind `after`, the latest first.
pub async fn actions(
    reader: impl PgExecutor<'_>,
    filter: &ActionFilter,
    Cursor(after): Cursor,
    limit: i64,
) -> Result<Vec<Action>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new(
        "select position, at, actor, user_id, action, detail, request_id \
           from read_people.actions where position < ",
    );
    query.push_bind(after);
    if let Some(user) = filter.user {
        query.push(" and user_id = ").push_bind(user.to_string());
    }
    if let Some(actor) = &filter.actor {
        query.push(" and actor = ").push_bind(actor);
    }
    if let Some(action) = &filter.action {
        query.push(" and action = ").push_bind(action);
    }
    push_time(&mut query, filter);
    query
        .push(" order by position desc limit ")
        .push_bind(limit)
        .build_query_as()
        .fetch_all(reader)
        .await
}

/// The actions of one account are few enough to look at each. Among all of them a moment is a place
/// in the list, as time never runs backwards along the log; and a place is found at once.
fn push_time(query: &mut QueryBuilder<'_, Postgres>, filter: &ActionFilter) {
    let of_one = filter.user.is_some();
    if let Some(from) = filter.from {
        if of_one {
            query.push(" and at >= ").push_bind(from);
        } else {
            query.push(" and position >= ").push(FIRST_SINCE);
            query.push_bind(from).push(END_OF_FIRST);
        }
    }
    if let Some(to) = filter.to {
        if of_one {
            query.push(" and at < ").push_bind(to);
        } else {
            query.push(" and position < coalesce(").push(FIRST_SINCE);
            query.push_bind(to).push(END_OF_FIRST);
            query.push(", 9223372036854775807)");
        }
    }
}
