//! One event that moved somebody's money, with everything about it that is theirs to see.
//!
//! What an event moved is explained to everybody whose account it moved; what it says, only to
//! those whose payment or order it is about, and what its hash is computed from, only where nobody
//! else is named in it. The rest is held back by name, and its hash still stands for it.

use axum::Json;
use domain::jobs::{Job, JobId};
use domain::payments::Payment;
use domain::users::{Scope, UserId};
use ledger::{Account, Money};
use projections::books::{self, Books};
use projections::{Projection as _, jobs, payments, tenants};
use serde::Serialize;
use serde_json::Value;
use store::{Entry, GENESIS, Hash, Metadata, RecordedEvent};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use cqrs_es::Aggregate as _;

use crate::api::{Api, Routes};
use crate::money::Amount;
use crate::parameters::Path;
use crate::position::Reached;
use crate::problem::{ApiError, kinds};
use crate::users::{Caller, rfc3339};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(explain))
}

/// Whose an account is, or who did something
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Whose {
    You,
    /// A person or a machine; which one is their business
    Another,
    /// Ours, or a program of ours
    Platform,
    /// Money that lies elsewhere, as with Stripe
    Outside,
}

/// What one account gained or lost
#[derive(Debug, Serialize, ToSchema)]
struct Leg {
    whose: Whose,
    /// The whole name of an account that is no person's; of a person's, only its kind
    #[schema(example = "platform/commission/jobs")]
    account: String,
    amount: Amount,
    /// What it held after this, if it is yours
    balance: Option<Amount>,
}

/// The event that led to this one
#[derive(Debug, Serialize, ToSchema)]
struct CausedBy {
    #[schema(minimum = 1)]
    position: i64,
    event: String,
    #[serde(rename = "type")]
    #[schema(example = "work-unit.progressed")]
    kind: String,
}

/// Every stored field, of which the hash is the SHA-256, as `docs/LOG_FORMAT.md` says
#[derive(Debug, Serialize, ToSchema)]
struct Stored {
    #[schema(minimum = 1)]
    position: i64,
    event_id: String,
    aggregate_type: String,
    aggregate_id: String,
    #[schema(minimum = 1)]
    sequence: i64,
    event_type: String,
    event_version: String,
    /// The text as it is stored
    payload: String,
    /// The text as it is stored
    metadata: String,
    recorded_at_micros: i64,
    effective_at_micros: i64,
    previous_hash: String,
    hash: String,
}

/// What was held back, and is behind the hash all the same
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Withheld {
    /// What the event says: it is about a payment or an order of somebody else
    Payload,
    /// Who did it and in which request: somebody else is named there
    Metadata,
}

/// An event that moved your money, explained
#[derive(Debug, Serialize, ToSchema)]
struct Explanation {
    #[schema(minimum = 1)]
    position: i64,
    #[schema(example = "01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    event: String,
    #[serde(rename = "type")]
    #[schema(example = "payment.paid")]
    kind: String,
    #[schema(example = "payment_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    subject: String,
    /// When it was written down
    recorded_at: String,
    /// When it counts
    effective_at: String,
    whose_doing: Whose,
    /// Which program of ours, where it was one
    #[schema(example = "worker/payments")]
    program: Option<String>,
    /// What ties together everything that one request brought about
    correlation: Option<String>,
    cause: Option<CausedBy>,
    /// Everything that it moved; in each currency it comes to nothing
    legs: Vec<Leg>,
    /// What it says
    #[schema(value_type = Option<Object>)]
    payload: Option<Value>,
    hash: String,
    previous_hash: String,
    /// What the hash can be computed from, anew
    stored: Option<Stored>,
    withheld: Vec<Withheld>,
}

/// Why your money moved
///
/// Of an event that moved an account of yours. Other people's accounts are shown without their
/// owners. `payload` is there where the payment or the order is yours; `stored` where besides it
/// names nobody else, or is an event of your order, which its receipt has as well. What is not
/// there is named in `withheld`.
#[utoipa::path(get, path = "/v1/wallet/events/{position}", tag = "payments",
    operation_id = "explain_wallet_event", security(("bearer" = [])),
    params(("position" = String, Path, pattern = "^[1-9][0-9]{0,17}$",
        description = "Where the event stands in the log")),
    responses((status = 200, description = "The explanation", body = Explanation)))]
async fn explain(
    api: Api,
    caller: Caller,
    Path(position): Path<String>,
    _: Reached<Books>,
) -> Result<Json<Explanation>, ApiError> {
    caller.insist(Scope::Read)?;
    let nothing = || ApiError::new(&kinds::NOT_FOUND);
    let position = read(&position).ok_or_else(nothing)?;
    let user = caller.user();
    if !moved(&api, user, position).await? {
        return Err(nothing());
    }
    // The event and the one before it, whose hash goes into this one's.
    let mut found = api.log().events_at(&[position - 1, position]).await?;
    let event = found.pop().ok_or_else(nothing)?;
    let previous = found.pop().map_or(GENESIS, |before| before.hash);
    let entries = api.log().entries(position).await?;
    let metadata: Metadata = serde_json::from_str(&event.metadata).map_err(ApiError::internal)?;
    let subject = whose_subject(&api, user, &event).await?;
    let cause = cause(&api, &metadata).await?;
    let told = Told {
        user,
        subject,
        previous,
        cause,
    };
    told.of(event, &metadata, &entries).map(Json)
}

fn read(text: &str) -> Option<i64> {
    let position = text.parse::<i64>().ok()?;
    (position > 0 && position.to_string() == text).then_some(position)
}

/// Whether an account of theirs moved there, as the books show it to them.
async fn moved(api: &Api, user: UserId, position: i64) -> Result<bool, ApiError> {
    let accounts = Account::all_of(&user.to_string()).map_err(ApiError::internal)?;
    let Some(before) = position.checked_add(1) else {
        return Ok(false);
    };
    let mut tenant = tenants::as_tenant(api.pool(), user).await?;
    let lines = books::latest_of(&mut *tenant, &accounts, before, 1).await?;
    Ok(lines.iter().any(|line| line.position == position))
}

/// What an event is about, as far as that says who may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// An order of theirs; its receipt shows the same.
    Order,
    Payment,
    /// It is not known to be theirs.
    Other,
}

async fn whose_subject(
    api: &Api,
    user: UserId,
    event: &RecordedEvent,
) -> Result<Subject, ApiError> {
    let id = &event.aggregate_id;
    match event.aggregate_type.as_str() {
        Job::TYPE => {
            let Ok(job) = id.parse::<JobId>() else {
                return Ok(Subject::Other);
            };
            api.reach(jobs::Jobs::NAME, event.position).await?;
            let mut tenant = tenants::as_tenant(api.pool(), user).await?;
            let found = jobs::one(&mut *tenant, job).await?;
            Ok(found.map_or(Subject::Other, |_| Subject::Order))
        }
        Payment::TYPE => {
            api.reach(payments::Payments::NAME, event.position).await?;
            let mut tenant = tenants::as_tenant(api.pool(), user).await?;
            let found = payments::one(&mut *tenant, id).await?;
            Ok(found.map_or(Subject::Other, |_| Subject::Payment))
        }
        _ => Ok(Subject::Other),
    }
}

async fn cause(api: &Api, metadata: &Metadata) -> Result<Option<CausedBy>, ApiError> {
    let id = metadata.causation_id.as_deref();
    let Some(id) = id.and_then(|text| text.parse::<Uuid>().ok()) else {
        return Ok(None);
    };
    let found = api.log().events_by_id(&[id]).await?.pop();
    Ok(found.map(|event| CausedBy {
        position: event.position,
        event: event.event_id.to_string(),
        kind: event.event_type,
    }))
}

/// To whom an event is explained, and what was found out for it.
struct Told {
    user: UserId,
    subject: Subject,
    previous: Hash,
    cause: Option<CausedBy>,
}

impl Told {
    fn of(
        self,
        event: RecordedEvent,
        metadata: &Metadata,
        entries: &[Entry],
    ) -> Result<Explanation, ApiError> {
        let own = self.user.to_string();
        let (payload_shown, metadata_shown) = match self.subject {
            Subject::Order => (true, true),
            Subject::Payment => (true, names_nobody_but(&own, &event.metadata)),
            Subject::Other => (false, names_nobody_but(&own, &event.metadata)),
        };
        let withheld = [
            (Withheld::Payload, payload_shown),
            (Withheld::Metadata, metadata_shown),
        ];
        let withheld = withheld.into_iter().filter(|(_, shown)| !shown);
        let payload = payload_shown.then(|| serde_json::from_str(&event.payload));
        let legs = entries.iter().map(|entry| leg(&own, entry));
        let (whose_doing, program) = whose_doing(&own, &metadata.actor);
        let correlation = metadata.correlation_id.clone();
        Ok(Explanation {
            position: event.position,
            event: event.event_id.to_string(),
            kind: event.event_type.clone(),
            subject: event.aggregate_id.clone(),
            recorded_at: rfc3339(event.recorded_at),
            effective_at: rfc3339(event.effective_at),
            whose_doing,
            program,
            correlation: correlation.filter(|_| metadata_shown),
            cause: self.cause,
            legs: legs.collect::<Result<_, _>>()?,
            payload: payload.transpose().map_err(ApiError::internal)?,
            hash: event.hash.to_string(),
            previous_hash: self.previous.to_string(),
            withheld: withheld.map(|(what, _)| what).collect(),
            stored: (payload_shown && metadata_shown).then(|| stored(event, &self.previous)),
        })
    }
}

fn stored(event: RecordedEvent, previous: &Hash) -> Stored {
    Stored {
        position: event.position,
        event_id: event.event_id.to_string(),
        aggregate_type: event.aggregate_type,
        aggregate_id: event.aggregate_id,
        sequence: event.sequence,
        event_type: event.event_type,
        event_version: event.event_version,
        payload: event.payload,
        metadata: event.metadata,
        recorded_at_micros: event.recorded_at.timestamp_micros(),
        effective_at_micros: event.effective_at.timestamp_micros(),
        previous_hash: previous.to_string(),
        hash: event.hash.to_string(),
    }
}

fn leg(own: &str, entry: &Entry) -> Result<Leg, ApiError> {
    let currency = entry.currency.parse().map_err(ApiError::internal)?;
    let (whose, account) = named(own, &entry.account);
    let money = |minor| Amount(Money::from_minor(minor, currency));
    Ok(Leg {
        whose,
        account,
        amount: money(entry.amount_minor),
        balance: (whose == Whose::You).then(|| money(entry.balance_minor)),
    })
}

/// An account as it is called to somebody: a person's by its kind alone.
fn named(own: &str, account: &str) -> (Whose, String) {
    let mut parts = account.split('/');
    let (root, owner) = (parts.next(), parts.next());
    let whose = if owner == Some(own) {
        Whose::You
    } else {
        Whose::Another
    };
    match root {
        Some("wallet") => (whose, parts.next().unwrap_or_default().to_owned()),
        Some("receivable") => (whose, "owed".to_owned()),
        Some("outside") => (Whose::Outside, account.to_owned()),
        _ => (Whose::Platform, account.to_owned()),
    }
}

fn whose_doing(own: &str, actor: &str) -> (Whose, Option<String>) {
    if actor == own {
        (Whose::You, None)
    } else if ["user_", "machine_"].iter().any(|it| actor.contains(it)) {
        (Whose::Another, None)
    } else {
        (Whose::Platform, Some(actor.to_owned()))
    }
}

/// Whether every person who stands in a text is this one; identities of people are spelt in one
/// way only. Machines are their providers'.
fn names_nobody_but(own: &str, text: &str) -> bool {
    let people = text.match_indices("user_");
    let mut people = people.map(|(at, _)| text.get(at..at + own.len()));
    people.all(|found| found == Some(own)) && !text.contains("machine_")
}

#[cfg(test)]
mod tests;
