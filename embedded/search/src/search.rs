//! Walks the places where server programs may lie, in a fixed order of preference.

use std::env;
use std::error::Error;
use std::fmt;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::{Environment, PRIVATE_FOLDER};

/// The major versions that the product runs on.
pub const MAJORS: RangeInclusive<u32> = 15..=18;

/// Folders under the file system's root whose children hold one version each.
const INSTALLATIONS: [(&str, &str); 3] = [
    ("usr/lib/postgresql", ""),
    ("opt/homebrew/opt", "postgresql"),
    ("usr/local/opt", "postgresql"),
];

/// A folder with `postgres` and `initdb` of one supported version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    pub folder: PathBuf,
    pub major: u32,
}

impl Binaries {
    pub fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }
}

/// Why no server programs were found, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct NotFound {
    wanted: Option<u32>,
    chosen: bool,
    looked_at: Vec<String>,
}

impl Environment {
    /// The first usable server programs: of version `wanted` when a cluster of that version already
    /// exists, else of any supported one.
    pub fn find(&self, wanted: Option<u32>) -> Result<Binaries, NotFound> {
        let mut looked_at = Vec::new();
        for (place, folders) in self.places() {
            let mut verdict = "nothing there".to_owned();
            for folder in folders {
                match self.judge(&folder, wanted) {
                    Ok(binaries) => return Ok(binaries),
                    Err(Some(reason)) => verdict = format!("{}: {reason}", folder.display()),
                    Err(None) => {}
                }
            }
            looked_at.push(format!("{place}: {verdict}"));
        }
        Err(NotFound {
            wanted,
            chosen: self.chosen.is_some(),
            looked_at,
        })
    }

    /// Every place to look at with the folders it stands for. A folder chosen by hand is the only
    /// place: whoever chose it would rather hear that it is wrong than get another.
    fn places(&self) -> Vec<(String, Vec<PathBuf>)> {
        if let Some(chosen) = &self.chosen {
            return vec![("TRAINNET_PG_BIN".to_owned(), vec![chosen.clone()])];
        }
        let mut places = Vec::new();
        if !self.only_private {
            let path = self.path.iter().flat_map(env::split_paths);
            let folders = path
                .filter(|folder| folder.is_absolute())
                .map(resolve)
                .collect();
            places.push(("PATH".to_owned(), folders));
            for (parent, prefix) in INSTALLATIONS {
                let parent = self.root.join(parent);
                let shown = parent.join(format!("{prefix}*/bin"));
                places.push((shown.display().to_string(), installed_in(&parent, prefix)));
            }
        }
        let copies = self.private.iter().map(|copy| copy.join("bin")).collect();
        places.push((
            format!("a private copy, {PRIVATE_FOLDER} here or above"),
            copies,
        ));
        places
    }

    /// Whether a folder can serve; an error without words means that it holds no server at all.
    fn judge(&self, folder: &Path, wanted: Option<u32>) -> Result<Binaries, Option<String>> {
        let binaries = Binaries {
            folder: folder.to_owned(),
            major: 0,
        };
        if !binaries.postgres().is_file() {
            return Err(None);
        }
        if !binaries.initdb().is_file() {
            return Err(Some("has postgres without initdb beside it".to_owned()));
        }
        let Some(major) = (self.major_of)(&binaries.postgres()) else {
            return Err(Some("its postgres does not run here".to_owned()));
        };
        if wanted.is_some_and(|wanted| wanted != major) || !MAJORS.contains(&major) {
            return Err(Some(format!("version {major} will not do")));
        }
        Ok(Binaries { major, ..binaries })
    }
}

/// A link to one program in `/usr/local/bin` stands for the folder where all of them lie.
fn resolve(folder: PathBuf) -> PathBuf {
    let target = fs::canonicalize(folder.join("postgres")).ok();
    let real = target.and_then(|postgres| postgres.parent().map(Path::to_owned));
    real.filter(|real| real.join("initdb").is_file())
        .unwrap_or(folder)
}

/// The `bin` folders of all versions installed under `parent`, the highest version first.
fn installed_in(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_str()?.to_owned();
            let version = name.strip_prefix(prefix)?.trim_start_matches('@');
            let number = if version.is_empty() {
                u32::MAX
            } else {
                version.parse().ok()?
            };
            Some((number, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.wanted {
            Some(major) => write!(
                f,
                "this cluster needs the server programs of PostgreSQL {major}"
            )?,
            None => write!(
                f,
                "no PostgreSQL server programs of version {} to {} were found",
                MAJORS.start(),
                MAJORS.end()
            )?,
        }
        writeln!(f, ". Looked at:")?;
        for place in &self.looked_at {
            writeln!(f, "  {place}")?;
        }
        if self.chosen {
            return write!(
                f,
                "TRAINNET_PG_BIN must name a folder that holds `postgres` and `initdb`; \
                 unset it to search the usual places."
            );
        }
        let major = self.wanted.unwrap_or(*MAJORS.end());
        write!(
            f,
            "Do one of these:\n  \
             in a checkout: cargo xtask setup\n  \
             on Debian or Ubuntu: apt-get install postgresql\n  \
             on macOS: brew install postgresql@{major}\n  \
             or set TRAINNET_PG_BIN to the folder that holds `postgres` and `initdb`."
        )
    }
}

impl Error for NotFound {}
