//! API keys: what a program shows instead of signing in.

use axum::http::StatusCode;
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::users::{ApiKey, ApiKeyCommand, ApiKeyId, Created, Role, Scope, Scopes, Standing};
use projections::people::{self, Cursor, People};
use projections::tenants;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::caller::{Caller, Signed};
use super::changed::Changed;
use super::problems::of_key;
use super::secrets::mac;
use super::sign_in::rfc3339;
use super::tokens::digest;
use super::{Users, field, sealed};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::body::{Body, whole};
use crate::moment::Moment;
use crate::parameters::Path;
use crate::position::{Position, Reached};
use crate::problem::{ApiError, kinds};
use crate::refused::refused;

const PREFIX: &str = "tnk_";
const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const LABEL_CHARACTERS_MAX: usize = 100;
/// As many as an address may be allowed.
const REQUESTS_PER_MINUTE_MAX: u32 = 1_000_000;
const SHOWN_MAX: i64 = 200;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
}

/// Writes keys, and reads which one a text is.
#[derive(Clone)]
pub struct KeyRing([u8; 32]);

impl KeyRing {
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The key of an identity; the same each time, so that an answer that got lost can be said
    /// again under the same Idempotency-Key, and by nothing else.
    fn write(&self, id: ApiKeyId) -> String {
        let mut bytes = id.uuid().as_bytes().to_vec();
        bytes.extend_from_slice(&self.secret(id));
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Whose key a text is, if this ring wrote it.
    pub fn open(&self, text: &str) -> Option<ApiKeyId> {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        let text = text.strip_prefix(PREFIX)?;
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (id, secret) = bytes.split_at(ID_BYTES);
        let id = ApiKeyId::new(Uuid::from_slice(id).ok()?);
        let ours: bool = self.secret(id).ct_eq(secret).into();
        (length == bytes.len() && ours).then_some(id)
    }

    fn secret(&self, id: ApiKeyId) -> [u8; SECRET_BYTES] {
        mac(&self.0, "trainnet.key.secret.v1", id.uuid().as_bytes())
    }
}

/// Whether a bearer shows a key and not an access token.
pub fn is_key(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// What a key may be used for
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub enum Use {
    #[serde(rename = "read")]
    Read,
    #[serde(rename = "jobs:write")]
    JobsWrite,
    #[serde(rename = "rentals:write")]
    RentalsWrite,
    #[serde(rename = "servers:write")]
    ServersWrite,
    #[serde(rename = "payments:write")]
    PaymentsWrite,
    #[serde(rename = "payouts:write")]
    PayoutsWrite,
    #[serde(rename = "account:write")]
    AccountWrite,
    #[serde(rename = "admin")]
    Admin,
}

impl From<Use> for Scope {
    fn from(one: Use) -> Self {
        match one {
            Use::Read => Self::Read,
            Use::JobsWrite => Self::JobsWrite,
            Use::RentalsWrite => Self::RentalsWrite,
            Use::ServersWrite => Self::ServersWrite,
            Use::PaymentsWrite => Self::PaymentsWrite,
            Use::PayoutsWrite => Self::PayoutsWrite,
            Use::AccountWrite => Self::AccountWrite,
            Use::Admin => Self::Admin,
        }
    }
}

impl From<Scope> for Use {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::JobsWrite => Self::JobsWrite,
            Scope::RentalsWrite => Self::RentalsWrite,
            Scope::ServersWrite => Self::ServersWrite,
            Scope::PaymentsWrite => Self::PaymentsWrite,
            Scope::PayoutsWrite => Self::PayoutsWrite,
            Scope::AccountWrite => Self::AccountWrite,
            Scope::Admin => Self::Admin,
        }
    }
}

/// A key to be
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What you call it
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*\
                   [^\\s\\u0000-\\u001f\\u007f-\\u009f]\
                   [^\\u0000-\\u001f\\u007f-\\u009f]*$",
        example = "night runs"
    )]
    label: String,
    #[schema(min_items = 1)]
    scopes: Vec<Use>,
    /// For ever, where nothing is said
    expires_at: Option<Moment>,
    /// Beside the limit that every address has
    #[schema(minimum = 1, maximum = 1_000_000)]
    #[serde(default, deserialize_with = "whole")]
    requests_per_minute: Option<u32>,
}

/// A key, and what it is shown with this once
#[derive(Serialize, ToSchema)]
pub struct MadeKey {
    #[schema(value_type = String, example = "key_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: ApiKeyId,
    /// For the `Authorization` header, behind `Bearer`; it is not shown again
    key: String,
}

/// A key as its owner sees it
#[derive(Serialize, ToSchema)]
pub struct ShownKey {
    #[schema(example = "key_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    label: String,
    scopes: Vec<Use>,
    created_at: String,
    expires_at: Option<String>,
    requests_per_minute: Option<i64>,
    /// To the minute
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

/// Keys, the newest first
#[derive(Serialize, ToSchema)]
pub struct Keys {
    data: Vec<ShownKey>,
}

/// Your API keys
#[utoipa::path(get, path = "/v1/keys", tag = "keys", operation_id = "list_keys",
    security(("bearer" = [])), responses((status = 200, description = "The keys", body = Keys)))]
async fn list(
    api: Api,
    caller: Caller,
    users: Extension<Users>,
    _: Reached<People>,
) -> Result<Json<Keys>, ApiError> {
    caller.insist(Scope::Read)?;
    let subject = caller.actor();
    let mut tenant = tenants::as_tenant(api.pool(), caller.user()).await?;
    let found = people::keys_of(&mut *tenant, caller.user(), Cursor::LATEST, SHOWN_MAX).await?;
    drop(tenant);
    let ids: Vec<String> = found.iter().map(|it| it.key.to_string()).collect();
    let last = users.uses().last(&ids).await?;
    let fields: Vec<String> = found.iter().map(|it| field::key(it.key)).collect();
    let kept = users.vault().some(&subject, &fields).await;
    let kept = kept.map_err(sealed)?;
    let label = |key: ApiKeyId| kept.get(&field::key(key)).cloned().unwrap_or_default();
    let data = found.into_iter().zip(ids).map(|(made, id)| ShownKey {
        label: label(made.key),
        last_used_at: last.get(&id).copied().map(rfc3339),
        scopes: made.scopes.iter().copied().map(Use::from).collect(),
        created_at: rfc3339(made.created_at),
        expires_at: made.expires_at.map(rfc3339),
        requests_per_minute: made.requests_per_minute,
        revoked_at: made.revoked_at.map(rfc3339),
        id,
    });
    Ok(Json(Keys {
        data: data.collect(),
    }))
}

/// Make an API key
#[utoipa::path(post, path = "/v1/keys", tag = "keys", operation_id = "create_key",
    security(("bearer" = [])), request_body = NewKey,
    responses((status = 201, description = "The key; it is shown this once", body = MadeKey,
        links(("revoke" = (operation_id = "revoke_key",
            parameters(("key" = "$response.body#/id"))))))))]
async fn create(
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    body: Body<NewKey>,
) -> Result<(StatusCode, Position, Json<MadeKey>), ApiError> {
    users
        .make_key(&asked, &caller.actor(), &caller.standing, body)
        .await
}

/// Revoke an API key
///
/// From the next request on it is refused.
#[utoipa::path(delete, path = "/v1/keys/{key}", tag = "keys", operation_id = "revoke_key",
    security(("bearer" = [])), params(("key" = String, Path, description = "Which key")),
    responses((status = 204, description = "The key is revoked")))]
async fn revoke(
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    Path(key): Path<String>,
) -> Result<Changed, ApiError> {
    let nothing = || ApiError::new(&kinds::NOT_FOUND);
    let id: ApiKeyId = key.parse().map_err(|_| nothing())?;
    let state = users.key(id).await?;
    if state
        .created()
        .is_none_or(|made| made.user != caller.user())
    {
        return Err(nothing());
    }
    let command = ApiKeyCommand::Revoke {
        by: caller.user(),
        at: users.now(),
    };
    let context = asked.context(&caller.actor(), b"");
    let revoked = users.keys().execute(&key, command, &context).await;
    let revoked = revoked.map_err(|refusal| refused(refusal, of_key))?;
    Ok(Changed(Position(revoked.position)))
}

impl Users {
    /// Makes a key of this user, at the wish of the actor.
    pub(super) async fn make_key(
        &self,
        asked: &Asked,
        actor: &str,
        owner: &Standing,
        body: Body<NewKey>,
    ) -> Result<(StatusCode, Position, Json<MadeKey>), ApiError> {
        let new = body.value;
        let label = new.label.trim();
        let invalid = |field: &str, detail: &'static str| {
            ApiError::new(&kinds::BODY_INVALID)
                .detail(detail)
                .field(field)
        };
        let long = new.label.chars().count() > LABEL_CHARACTERS_MAX;
        if label.is_empty() || long || new.label.chars().any(char::is_control) {
            let detail = "Give it a name of 1 to 100 characters, in one line.";
            return Err(invalid("label", detail));
        }
        let limit = new.requests_per_minute;
        if limit.is_some_and(|limit| !(1..=REQUESTS_PER_MINUTE_MAX).contains(&limit)) {
            let detail = "Allow 1 to 1000000 requests a minute, or leave it out.";
            return Err(invalid("requests_per_minute", detail));
        }
        let scopes = Scopes::try_new(new.scopes.into_iter().map(Scope::from))
            .map_err(|_| invalid("scopes", "Name at least one use."))?;
        if scopes.contains(&Scope::Admin) && !owner.roles.contains(&Role::Admin) {
            return Err(ApiError::new(&kinds::FORBIDDEN)
                .detail("You have no admin rights to hand on.")
                .field("scopes"));
        }
        let id = ApiKeyId::new(asked.id(actor));
        let key = self.key_ring().write(id);
        let known = self.key(id).await?;
        let at = match known.usable_at(self.now()) {
            // Asked again: what it was made with includes when.
            Some(made) => made.at,
            None => self.now(),
        };
        let command = ApiKeyCommand::Create(Created {
            user: owner.user,
            scopes,
            secret: digest(&key),
            expires_at: new.expires_at.map(|it| it.0),
            requests_per_minute: new.requests_per_minute,
            at,
        });
        let (subject, field) = (owner.user.to_string(), field::key(id));
        // Whoever asks again for one that is there gives it no other label.
        if let ApiKey::Absent = known {
            let kept = self.vault().put_lazily(&subject, &field, label).await;
            kept.map_err(sealed)?;
        }
        let context = asked.context(actor, &body.bytes);
        let made = self
            .keys()
            .execute(&id.to_string(), command, &context)
            .await;
        let made = made.map_err(|refusal| refused(refusal, of_key))?;
        let shown = Json(MadeKey { id, key });
        Ok((StatusCode::CREATED, Position(made.position), shown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_which_it_is_and_none_can_be_made_up() {
        let ring = KeyRing::new([1; 32]);
        let id = ApiKeyId::new(Uuid::from_u128(5));
        let key = ring.write(id);
        assert!(is_key(&key));
        assert_eq!(ring.open(&key), Some(id));
        assert_eq!(KeyRing::new([2; 32]).open(&key), None);
        let bytes = URL_SAFE_NO_PAD.decode(&key[PREFIX.len()..]).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let changed = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(changed));
            assert_eq!(ring.open(&changed), None);
        }
        for text in ["", "tnk_", &key[4..]] {
            assert_eq!(ring.open(text), None);
        }
    }
}
