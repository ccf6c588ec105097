//! How objects are shown to their owners.

use ::objects::Report;
use domain::objects::{Object as State, ObjectId};
use projections::objects::Object;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::completing::Completed;
use super::opening::{Opening, PartLink};
use crate::problem::{ApiError, kinds};
use crate::users::rfc3339;

const NAME_CHARACTERS_MAX: usize = 200;

/// What is to be brought
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Brought {
    Dataset,
    /// A paper that shows who you are
    Document,
}

/// What somebody calls a file: one line, and no path.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(
    min_length = 1,
    max_length = 200,
    pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f/\\\\]*\
               [^\\s\\u0000-\\u001f\\u007f-\\u009f/\\\\]\
               [^\\u0000-\\u001f\\u007f-\\u009f/\\\\]*$",
    example = "reviews.csv"
)]
pub struct FileName(String);

impl FileName {
    pub fn checked(self) -> Result<String, ApiError> {
        let fits = !self.0.trim().is_empty()
            && self.0.chars().count() <= NAME_CHARACTERS_MAX
            && !self
                .0
                .chars()
                .any(|it| it.is_control() || matches!(it, '/' | '\\'));
        if fits {
            return Ok(self.0);
        }
        Err(ApiError::new(&kinds::BODY_INVALID)
            .detail("A name is one line of 1 to 200 characters without slashes.")
            .field("name"))
    }
}

/// An upload, and where its parts go
#[derive(Serialize, ToSchema)]
pub struct ShownUpload {
    #[schema(example = "object_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    upload: String,
    kind: &'static str,
    bytes: u64,
    /// So large is every part but the last
    part_bytes: u64,
    /// `open` or `stored`
    standing: &'static str,
    /// When it is let go, unless somebody goes on with it; null when it is complete
    expires_at: Option<String>,
    /// The parts that have not arrived
    parts: Vec<PartLink>,
    /// The numbers of those that have
    arrived: Vec<u32>,
}

impl ShownUpload {
    pub fn opened(opening: &Opening, kind: &'static str, bytes: u64) -> Self {
        Self {
            upload: opening.object.to_string(),
            kind,
            bytes,
            part_bytes: opening.part_bytes,
            standing: "open",
            expires_at: Some(rfc3339(opening.expires_at)),
            parts: opening.parts.clone(),
            arrived: Vec::new(),
        }
    }

    /// As it stands, with links to what is missing.
    pub fn of(
        object: ObjectId,
        state: &State,
        on_its_way: Option<(Vec<PartLink>, Vec<u32>, String)>,
    ) -> Result<Self, ApiError> {
        let opened = state.opened().ok_or(&kinds::NOT_FOUND)?;
        let mut shown = Self {
            upload: object.to_string(),
            kind: opened.kind.name(),
            bytes: opened.bytes,
            part_bytes: opened.part_bytes,
            standing: "stored",
            expires_at: None,
            parts: Vec::new(),
            arrived: Vec::new(),
        };
        if let Some((links, missing, expires_at)) = on_its_way {
            shown.standing = "open";
            shown.expires_at = Some(expires_at);
            let (parts, arrived): (Vec<_>, Vec<_>) = links
                .into_iter()
                .partition(|it| missing.contains(&it.number));
            shown.parts = parts;
            shown.arrived = arrived.iter().map(|it| it.number).collect();
        }
        Ok(shown)
    }
}

/// An object that is there in full
#[derive(Serialize, ToSchema)]
pub struct ShownObject {
    #[schema(example = "object_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    object: String,
    kind: &'static str,
    bytes: u64,
    /// What the bytes come to
    sha256: String,
}

impl From<&Completed> for ShownObject {
    fn from(completed: &Completed) -> Self {
        Self {
            object: completed.object.to_string(),
            kind: completed.opened.kind.name(),
            bytes: completed.bytes,
            sha256: completed.sha256.to_string(),
        }
    }
}

/// How far a dataset has come
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DatasetStanding {
    /// Not all of it is there
    Arriving,
    /// It is being looked into
    Inspecting,
    Usable,
    /// Nothing can be trained on it; the findings say why
    Refused,
}

/// A dataset
#[derive(Serialize, ToSchema)]
pub struct ShownDataset {
    #[schema(example = "object_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    dataset: String,
    name: String,
    standing: DatasetStanding,
    bytes: i64,
    /// What the bytes come to, once they are there
    sha256: Option<String>,
    /// `csv`, `image-folders`, `cifar10-binary` or `cifar10-python`
    format: Option<String>,
    /// Rows of a table, or images
    rows: Option<i64>,
    columns: Option<i64>,
    classes: Option<i64>,
    created_at: String,
}

impl ShownDataset {
    pub fn of(row: Object, name: String) -> Self {
        let standing = match (row.standing.as_str(), row.verdict.as_deref()) {
            ("stored", Some("usable")) => DatasetStanding::Usable,
            ("stored", Some(_)) => DatasetStanding::Refused,
            ("stored", None) => DatasetStanding::Inspecting,
            _ => DatasetStanding::Arriving,
        };
        Self {
            dataset: row.object,
            name,
            standing,
            bytes: row.bytes,
            sha256: row.sha256,
            format: row.format,
            rows: row.rows,
            columns: row.columns,
            classes: row.classes,
            created_at: rfc3339(row.opened_at),
        }
    }

    /// The same of what is known of the object itself.
    pub fn of_state(object: ObjectId, state: &State, name: String) -> Result<Self, ApiError> {
        let opened = state.opened().ok_or(&kinds::NOT_FOUND)?;
        let (found, sha256) = match state {
            State::Stored {
                inspected, sha256, ..
            } => (inspected.as_ref(), Some(sha256.to_string())),
            State::Absent | State::Open(_) | State::Over { .. } => (None, None),
        };
        let standing = match (&sha256, found.map(|it| it.verdict)) {
            (None, _) => DatasetStanding::Arriving,
            (Some(_), None) => DatasetStanding::Inspecting,
            (Some(_), Some(domain::objects::Usable::Usable)) => DatasetStanding::Usable,
            (Some(_), Some(domain::objects::Usable::Refused)) => DatasetStanding::Refused,
        };
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        Ok(Self {
            dataset: object.to_string(),
            name,
            standing,
            bytes: whole(opened.bytes),
            sha256,
            format: found.and_then(|it| it.format.clone()),
            rows: found.map(|it| whole(it.rows)),
            columns: found.map(|it| whole(it.columns)),
            classes: found.map(|it| whole(it.classes)),
            created_at: rfc3339(opened.at),
        })
    }
}

/// A dataset, and what was found in it
#[derive(Serialize, ToSchema)]
pub struct InspectedDataset {
    #[serde(flatten)]
    pub dataset: ShownDataset,
    /// Null until it has been looked into
    pub inspection: Option<Report>,
}

impl From<String> for FileName {
    fn from(said: String) -> Self {
        Self(said)
    }
}
