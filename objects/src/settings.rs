//! Where bytes are kept, as the environment says it; nonsense is refused before anything starts.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

/// The variables that are read here.
pub const VARIABLES: [&str; 9] = [
    URL,
    ENDPOINT,
    REGION,
    ACCESS_KEY,
    SECRET_KEY,
    PRIVATE_SOURCES,
    KEPT_BYTES_MAX,
    UPLOAD_SECONDS,
    LINK_SECONDS,
];

const URL: &str = "OBJECTS_URL";
const ENDPOINT: &str = "OBJECTS_ENDPOINT";
const REGION: &str = "OBJECTS_REGION";
const ACCESS_KEY: &str = "OBJECTS_ACCESS_KEY";
const SECRET_KEY: &str = "OBJECTS_SECRET_KEY";
const PRIVATE_SOURCES: &str = "OBJECTS_PRIVATE_SOURCES";
const KEPT_BYTES_MAX: &str = "OBJECTS_KEPT_BYTES_MAX";
const UPLOAD_SECONDS: &str = "OBJECTS_UPLOAD_SECONDS";
const LINK_SECONDS: &str = "OBJECTS_LINK_SECONDS";
const FOLDER: &str = "objects";
const KEPT_BYTES_DEFAULT: u64 = 20 << 30;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
const QUARTER_OF_AN_HOUR: u64 = 900;
const REGION_DEFAULT: &str = "us-east-1";

/// Everything that is decided outside the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub place: Place,
    /// Whether something may be fetched from this machine and its neighbours, and in the clear: for
    /// development alone, since whoever names such a source would see what only we can reach.
    pub private_sources: bool,
    /// So much of what they brought somebody may keep.
    pub kept_bytes_max: u64,
    /// What nobody goes on with for so long is let go.
    pub upload_lasts: Duration,
    /// A link to something that is kept is good for so long.
    pub link_lasts: Duration,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    Disk(PathBuf),
    S3 {
        bucket: String,
        /// Before every key; empty, or ending in a slash.
        prefix: String,
        /// Empty for the storage that the protocol is named after.
        endpoint: Option<String>,
        region: String,
        access_key: String,
        secret_key: String,
    },
}

/// It shows no secret: whoever reads a log has no business with it.
impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Disk(folder) => f.debug_tuple("Disk").field(folder).finish(),
            Self::S3 { bucket, .. } => f.debug_tuple("S3").field(bucket).finish(),
        }
    }
}

/// A variable that cannot be meant. Its value is not shown, as it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} cannot be meant: {remedy}")]
pub struct Nonsense {
    pub variable: &'static str,
    pub remedy: &'static str,
}

const A_PLACE: &str = "give s3://bucket, s3://bucket/prefix, or file:///folder";
const AN_ENDPOINT: &str = "give where the storage answers, such as https://s3.example";
const WITH_S3: &str = "OBJECTS_URL names an S3, so say what it knows us by";
const ONLY_WITH_S3: &str = "set OBJECTS_URL to an s3:// address, or empty this";
const A_NUMBER: &str = "give a whole number: bytes up to a pebibyte, seconds up to a week";
const YES_OR_NO: &str = "say yes or no";

const fn nonsense(variable: &'static str, remedy: &'static str) -> Nonsense {
    Nonsense { variable, remedy }
}

impl Settings {
    /// Without an address, bytes are kept in the data folder.
    pub fn try_new(
        variable: impl Fn(&str) -> Option<String>,
        data: &Path,
    ) -> Result<Self, Nonsense> {
        let set = |name: &str| {
            let value = variable(name)?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let of_s3 = [ENDPOINT, REGION, ACCESS_KEY, SECRET_KEY].map(|name| (name, set(name)));
        let url = set(URL);
        let private_sources = match set(PRIVATE_SOURCES).as_deref() {
            None | Some("no") => false,
            Some("yes") => true,
            Some(_) => return Err(nonsense(PRIVATE_SOURCES, YES_OR_NO)),
        };
        let url = match url {
            None => None,
            Some(text) => Some(Url::parse(&text).map_err(|_| nonsense(URL, A_PLACE))?),
        };
        let place = match url {
            Some(url) if url.scheme() == "s3" => {
                let [(_, endpoint), (_, region), (_, access), (_, secret)] = of_s3;
                s3(&url, endpoint, region, access, secret)?
            }
            other => {
                if let Some((name, _)) = of_s3.iter().find(|(_, value)| value.is_some()) {
                    return Err(nonsense(name, ONLY_WITH_S3));
                }
                Place::Disk(folder(other.as_ref(), data)?)
            }
        };
        let number = |name, default, range| number(name, set(name), default, range);
        let seconds = |name, default| number(name, default, 1..=7 * DAY).map(Duration::from_secs);
        Ok(Self {
            place,
            private_sources,
            kept_bytes_max: number(KEPT_BYTES_MAX, KEPT_BYTES_DEFAULT, 1..=1 << 50)?,
            upload_lasts: seconds(UPLOAD_SECONDS, HOUR)?,
            link_lasts: seconds(LINK_SECONDS, QUARTER_OF_AN_HOUR)?,
        })
    }
}

fn number(
    name: &'static str,
    value: Option<String>,
    default: u64,
    range: RangeInclusive<u64>,
) -> Result<u64, Nonsense> {
    let Some(text) = value else {
        return Ok(default);
    };
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or(nonsense(name, A_NUMBER))
}

fn folder(url: Option<&Url>, data: &Path) -> Result<PathBuf, Nonsense> {
    let Some(url) = url else {
        return Ok(data.join(FOLDER));
    };
    let path = (url.scheme() == "file").then(|| url.to_file_path().ok());
    path.flatten().ok_or(nonsense(URL, A_PLACE))
}

fn s3(
    url: &Url,
    endpoint: Option<String>,
    region: Option<String>,
    access: Option<String>,
    secret: Option<String>,
) -> Result<Place, Nonsense> {
    let bucket = url.host_str().filter(|it| !it.is_empty());
    let bucket = bucket.ok_or(nonsense(URL, A_PLACE))?.to_owned();
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !plain {
        return Err(nonsense(URL, A_PLACE));
    }
    let prefix = url.path().trim_matches('/');
    let prefix = if prefix.is_empty() {
        String::new()
    } else {
        format!("{prefix}/")
    };
    if let Some(text) = &endpoint {
        let parsed = Url::parse(text).ok();
        let fits =
            parsed.is_some_and(|it| matches!(it.scheme(), "http" | "https") && it.has_host());
        if !fits {
            return Err(nonsense(ENDPOINT, AN_ENDPOINT));
        }
    }
    Ok(Place::S3 {
        bucket,
        prefix,
        endpoint: endpoint.map(|text| text.trim_end_matches('/').to_owned()),
        region: region.unwrap_or_else(|| REGION_DEFAULT.to_owned()),
        access_key: access.ok_or(nonsense(ACCESS_KEY, WITH_S3))?,
        secret_key: secret.ok_or(nonsense(SECRET_KEY, WITH_S3))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings, Nonsense> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        Settings::try_new(variable, Path::new("data"))
    }

    const KEYS: [(&str, &str); 2] = [(ACCESS_KEY, "who"), (SECRET_KEY, "secret")];

    #[test]
    fn without_an_address_bytes_lie_in_the_data_folder() {
        let settings = settings(&[(URL, " ")]).unwrap();
        assert_eq!(settings.place, Place::Disk("data/objects".into()));
        assert!(!settings.private_sources);
    }

    #[test]
    fn an_s3_needs_what_it_knows_us_by_and_never_shows_it() {
        let url = (URL, "s3://bucket/a/b/");
        assert_eq!(settings(&[url]).unwrap_err().variable, ACCESS_KEY);
        let read = settings(&[url, KEYS[0], KEYS[1]]).unwrap();
        let Place::S3 { bucket, prefix, .. } = &read.place else {
            panic!("{read:?}")
        };
        assert_eq!((bucket.as_str(), prefix.as_str()), ("bucket", "a/b/"));
        assert!(!format!("{read:?}").contains("secret"));
    }

    #[test]
    fn nonsense_is_refused_by_the_name_of_its_variable() {
        for (name, value) in [
            (URL, "bucket"),
            (URL, "http://bucket"),
            (URL, "file://elsewhere/folder"),
            (ENDPOINT, "https://s3.example"),
            (PRIVATE_SOURCES, "perhaps"),
            (KEPT_BYTES_MAX, "0"),
            (UPLOAD_SECONDS, "-1"),
            (LINK_SECONDS, "604801"),
        ] {
            assert_eq!(
                settings(&[(name, value)]).unwrap_err().variable,
                name,
                "{value}"
            );
        }
        let wrong = settings(&[(URL, "s3://b"), KEYS[0], KEYS[1], (ENDPOINT, "ftp://x")]);
        assert_eq!(wrong.unwrap_err().variable, ENDPOINT);
    }

    #[test]
    fn every_variable_is_in_the_list() {
        let asked = std::cell::RefCell::new(std::collections::BTreeSet::new());
        let variable = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            None
        };
        Settings::try_new(variable, Path::new("data")).unwrap();
        assert!(
            asked
                .borrow()
                .iter()
                .eq(std::collections::BTreeSet::from(VARIABLES).iter())
        );
    }
}
