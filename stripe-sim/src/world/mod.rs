//! Everything that Stripe would know: objects, what follows from what, and what is told of it.

mod balance;
mod charges;
mod checkout;
mod disputes;
mod events;
mod expand;
mod intents;
mod kept;
mod lists;
mod nulls;
mod payouts;
mod refunds;
mod routes;
mod transfers;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::refusal::Refusal;

pub use checkout::Doing;
pub use disputes::Ruling;
pub use events::{Delivery, Endpoint};
pub use kept::{Kept, Recalled};

pub type Answer = Result<Value, Refusal>;

/// What the simulator does wrong; each counts down where it is a number of times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// So many more copies of every webhook.
    pub duplicate: u32,
    /// Webhooks wait until so many can be sent in an order that nobody expects.
    pub reorder: usize,
    /// Webhooks are sent so much later.
    pub delay_milliseconds: u64,
    /// So many of the next webhooks are never sent.
    pub drop: u32,
    /// Webhooks wait until they are released.
    pub hold: bool,
    /// Signatures are of another time by so many seconds.
    pub skew_seconds: i64,
    /// So many of the next requests that would change something answer 500 and change nothing.
    pub break_before: u32,
    /// So many of the next requests that change something do so and answer 500.
    pub break_after: u32,
    /// So many of the next requests that change something do so and answer too late.
    pub hang_after: u32,
    pub hang_milliseconds: u64,
    /// So many of the next requests are told to come back.
    pub rate_limit: u32,
    pub refunds: RefundsDo,
}

/// What becomes of a refund at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefundsDo {
    #[default]
    Succeed,
    Pend,
    Fail,
}

/// What does not change while a simulator runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub fee_basis_points: i64,
    pub fee_cents: i64,
    pub dispute_fee_cents: i64,
    pub settles_after_seconds: i64,
}

/// The state; it can be written down and read again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct World {
    seed: u64,
    made: u64,
    #[serde(skip)]
    pub terms: Terms,
    #[serde(skip)]
    pub base_url: String,
    #[serde(skip)]
    now: i64,
    /// How far its clock was put forward.
    pub ahead_seconds: i64,
    objects: BTreeMap<String, Value>,
    /// What a checkout knows and does not show: what its intent will say, and its lines.
    beside: BTreeMap<String, (Value, Value)>,
    /// In the order in which they were made.
    order: Vec<String>,
    kept: BTreeMap<String, Kept>,
    pub endpoints: Vec<Endpoint>,
    pub deliveries: VecDeque<Delivery>,
    pub switches: Switches,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    pub const fn now(&self) -> i64 {
        self.now
    }

    /// Lets time pass, and whatever becomes due by it.
    pub fn tick(&mut self, now: i64) {
        self.now = now + self.ahead_seconds;
        self.expire_sessions();
        self.settle_refunds();
        self.forget_keys();
    }

    /// A name that nobody could guess and that is the same for the same seed.
    pub fn name(&mut self, prefix: &str) -> String {
        const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        self.made += 1;
        let digest = Sha256::digest(format!("{}/{}", self.seed, self.made));
        let letters = digest.iter().take(24);
        let letters = letters.map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
        let name: String = letters.collect();
        format!("{prefix}_{name}")
    }

    /// Names a request.
    pub fn request_name(&mut self) -> String {
        self.name("req")
    }

    fn add(&mut self, object: Value) -> String {
        let id = text(&object, "id");
        self.order.push(id.clone());
        self.objects.insert(id.clone(), object);
        id
    }

    pub fn object(&self, kind: &str, id: &str) -> Answer {
        let found = self.objects.get(id).filter(|it| it["object"] == kind);
        let named = if kind == "checkout.session" {
            "checkout.session"
        } else {
            kind
        };
        found.cloned().ok_or_else(|| Refusal::no_such(named, id))
    }

    fn read(&self, id: &str) -> &Value {
        self.objects.get(id).unwrap_or(&Value::Null)
    }

    fn set(&mut self, id: &str, field: &str, value: impl Into<Value>) {
        if let Some(object) = self.objects.get_mut(id) {
            object[field] = value.into();
        }
    }

    /// All of a kind, the newest first.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Value> {
        let newest_first = self.order.iter().rev();
        let objects = newest_first.filter_map(|id| self.objects.get(id));
        objects.filter(move |object| object["object"] == kind)
    }

    fn merge_metadata(&mut self, id: &str, new: &Value) {
        let Some(object) = self.objects.get_mut(id) else {
            return;
        };
        for (key, value) in new.as_object().into_iter().flatten() {
            object["metadata"][key] = value.clone();
        }
    }
}

/// What stands in a field, as text.
pub fn text(object: &Value, field: &str) -> String {
    object[field].as_str().unwrap_or_default().to_owned()
}

/// What stands in a field, as a number.
pub fn number(object: &Value, field: &str) -> i64 {
    object[field].as_i64().unwrap_or_default()
}

/// An empty list as it stands inside another object.
fn empty_list(url: &str) -> Value {
    json!({ "object": "list", "data": [], "has_more": false, "url": url })
}

/// An object with fields that may be there and are not.
fn with_nulls(mut object: Value, fields: &[&str]) -> Value {
    for field in fields {
        object[*field] = Value::Null;
    }
    object
}
