//! Objects: what people and machines bring, kept outside the log, shown by links that expire.

mod body;
mod bringing;
mod completing;
mod datasets;
mod documents;
mod files;
mod importing;
mod linking;
mod opening;
mod pouring;
mod problems;
mod removing;
mod room;
mod shown;
mod uploads;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ::objects::{Key, Links, Report, Settings, Shelf};
use chrono::{DateTime, TimeDelta, Utc};
use domain::objects::{Object, ObjectId, ObjectKind};
use domain::users::UserId;
use store::{Commands, Log, StoreError, Vault};
use tokio::sync::Semaphore;

use crate::api::Routes;
use crate::problem::{ApiError, kinds};
use crate::users::Users;
use completing::Running;
use problems::unshelved;

pub use completing::Completed;
pub use linking::Link;
pub(crate) use linking::ShownLink;
pub use opening::{NewObject, Opening, PartLink};
pub(crate) use problems::CHECKING;
pub(crate) use shown::FileName;

/// Whatever somebody brings is not larger.
pub const OBJECT_BYTES_MAX: u64 = 8 << 30;
/// So many datasets are looked into at once: it takes a processor each.
const INSPECTIONS_AT_ONCE: usize = 2;

/// The routes through which bytes flow: they take longer and more than others, and bound that
/// themselves.
pub(crate) const STREAMS: [(&str, &str); 7] = [
    ("PUT", "/files/{token}"),
    ("PUT", "/v1/uploads/{object}/parts/{number}"),
    ("POST", "/v1/datasets"),
    ("POST", "/v1/documents"),
    ("POST", "/openai/v1/files"),
    ("POST", "/openai/v1/uploads/{upload}/parts"),
    ("POST", "/openai/v1/uploads/{upload}/complete"),
];

/// What is kept, and how it comes and goes; clones share it.
#[derive(Clone)]
pub struct Objects(Arc<Inner>);

struct Inner {
    objects: Commands<Object>,
    users: Users,
    shelf: Shelf,
    links: Links,
    settings: Settings,
    /// Where this program is found; without a slash at its end.
    base: String,
    running: Mutex<HashMap<ObjectId, Running>>,
    inspecting: Semaphore,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Objects")
    }
}

impl Objects {
    /// `base` is where this program is found, such as `https://trainnet.example`.
    pub fn new(
        log: &Log,
        users: &Users,
        shelf: Shelf,
        settings: Settings,
        base: impl Into<String>,
    ) -> Self {
        Self(Arc::new(Inner {
            objects: Commands::new(log.clone()),
            users: users.clone(),
            shelf,
            links: Links::new(users.files_key()),
            settings,
            base: base.into().trim_end_matches('/').to_owned(),
            running: Mutex::default(),
            inspecting: Semaphore::new(INSPECTIONS_AT_ONCE),
        }))
    }

    /// Its own routes; they stand within the [`Product`](crate::Product).
    pub fn routes() -> Routes {
        Routes::new()
            .merge(uploads::routes())
            .merge(datasets::routes())
            .merge(documents::routes())
            .merge(importing::routes())
            .merge(linking::routes())
            .merge(files::routes())
    }

    pub(crate) fn log(&self) -> &Log {
        self.0.objects.log()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.log().clock().now()
    }

    /// What is known of people, names of things among it.
    pub(crate) fn vault(&self) -> &Vault {
        self.0.users.vault()
    }

    fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    /// So long something on its way waits for the next part of it.
    fn upload_lasts(&self) -> TimeDelta {
        TimeDelta::from_std(self.0.settings.upload_lasts).unwrap_or(TimeDelta::hours(1))
    }

    /// The object as of this moment.
    pub async fn object(&self, object: ObjectId) -> Result<Object, ApiError> {
        let looked = self.0.objects.look(&object.to_string()).await;
        looked.map_err(|error| match error {
            StoreError::Answer(error) => error.into(),
            other => ApiError::internal(other),
        })
    }

    /// The object as it was last seen here: what is stored does not change, it only goes.
    pub(crate) async fn seen(&self, object: ObjectId) -> Result<Object, ApiError> {
        let recalled = self.0.objects.recall(&object.to_string()).await;
        match recalled.map_err(ApiError::internal)? {
            stored @ Object::Stored { .. } => Ok(stored),
            Object::Absent | Object::Open(_) | Object::Over { .. } => self.object(object).await,
        }
    }

    /// The object, if it is this user's and not over.
    pub async fn own(&self, object: ObjectId, user: UserId) -> Result<Object, ApiError> {
        let found = self.object(object).await?;
        if found.owner() == Some(user) {
            Ok(found)
        } else {
            Err(ApiError::new(&kinds::NOT_FOUND))
        }
    }

    /// What was found in a dataset, as the bytes beside it say in full.
    pub async fn report(&self, object: ObjectId) -> Result<Report, ApiError> {
        let found = self.object(object).await?;
        let opened = found.opened().ok_or(&kinds::NOT_FOUND)?;
        let key = key_of(opened.owner, opened.kind, object);
        let read = self.shelf().read_inspection(&key).await;
        serde_json::from_slice(&read.map_err(unshelved)?).map_err(ApiError::internal)
    }

    /// What its owner calls it; the kind of thing it is, where nobody gave it a name.
    pub async fn name(&self, object: ObjectId) -> Result<String, ApiError> {
        let found = self.object(object).await?;
        let opened = found.opened().ok_or(&kinds::NOT_FOUND)?;
        let vault = self.0.users.vault();
        let name = vault
            .get(&opened.owner.to_string(), &name_field(object))
            .await;
        let name = name.map_err(ApiError::internal)?;
        Ok(name.unwrap_or_else(|| opened.kind.name().to_owned()))
    }
}

/// Under which name the vault keeps what somebody calls an object.
pub(crate) fn name_field(object: ObjectId) -> String {
    format!("object/{object}")
}

/// Where the bytes of an object lie.
fn key_of(owner: UserId, kind: ObjectKind, object: ObjectId) -> Key {
    Key::try_new(&owner.to_string(), kind.name(), &object.to_string())
        .expect("identities and kinds are plain names")
}

/// What stands in a path; where it cannot be read, there is nothing.
fn identity(text: &str) -> Result<ObjectId, ApiError> {
    text.parse().map_err(|_| ApiError::new(&kinds::NOT_FOUND))
}
