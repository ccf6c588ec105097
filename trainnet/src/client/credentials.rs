//! The tokens of whoever signed in: one file, for nobody's eyes but its owner's.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

const FOLDER: &str = "trainnet";
const FILE: &str = "credentials.json";
const OWNER_ALONE: u32 = 0o600;
/// Of whom others may read a token.
const OTHERS: u32 = 0o077;

/// What a session is continued with, and where.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub server: String,
    pub user: String,
    pub session: String,
    pub access_token: String,
    pub expires_at: DateTime<Utc>,
    pub refresh_token: String,
    /// How far the log had come when this session last changed something.
    #[serde(default)]
    pub position: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

impl Credentials {
    /// Reads the answer to a sign-in or a refresh.
    pub fn try_new(server: &str, answer: &Value, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let text = |field: &str| {
            let text = answer[field].as_str().map(str::to_owned);
            text.with_context(|| format!("{server} answered without {field}"))
        };
        let seconds = answer["expires_in"].as_i64().unwrap_or(0).clamp(0, 86_400);
        Ok(Self {
            server: server.to_owned(),
            user: text("user")?,
            session: text("session")?,
            access_token: text("access_token")?,
            expires_at: now + chrono::TimeDelta::seconds(seconds),
            refresh_token: text("refresh_token")?,
            position: None,
        })
    }
}

/// Where the tokens are kept.
#[derive(Clone, Debug)]
pub struct CredentialsFile(PathBuf);

/// The same while no other invocation changes it.
#[derive(Debug)]
pub struct Locked {
    path: PathBuf,
    _lock: File,
}

impl CredentialsFile {
    pub fn of_this_process() -> anyhow::Result<Self> {
        let set = |value: Option<std::ffi::OsString>| value.filter(|it| !it.is_empty());
        let named = set(std::env::var_os("TRAINNET_CREDENTIALS_FILE")).map(PathBuf::from);
        let config = set(std::env::var_os("XDG_CONFIG_HOME")).map(PathBuf::from);
        let home = set(std::env::var_os("HOME")).map(PathBuf::from);
        place(named, config, home).map(Self).context(
            "there is no HOME to keep tokens in; TRAINNET_CREDENTIALS_FILE names another place",
        )
    }

    /// Nothing where nobody is signed in. What is read is a whole file, even while one is written.
    pub fn read(&self) -> anyhow::Result<Option<Credentials>> {
        read(&self.0)
    }

    /// Waits until no other invocation holds it.
    pub async fn lock(&self) -> anyhow::Result<Locked> {
        let path = self.0.clone();
        let locked = tokio::task::spawn_blocking(move || lock(path)).await?;
        locked.with_context(|| format!("{} cannot be locked", self.0.display()))
    }
}

impl Locked {
    pub fn read(&self) -> anyhow::Result<Option<Credentials>> {
        read(&self.path)
    }

    /// Writes the file as a whole or not at all.
    pub fn write(&self, credentials: &Credentials) -> anyhow::Result<()> {
        let text = Zeroizing::new(serde_json::to_string_pretty(credentials)? + "\n");
        let written = write(&self.path, text.as_bytes());
        written.with_context(|| format!("{} cannot be written", self.path.display()))
    }

    pub fn remove(&self) -> anyhow::Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let unmoved = format!("{} cannot be removed", self.path.display());
                Err(error).context(unmoved)
            }
            _ => Ok(()),
        }
    }
}

/// A relative `XDG_CONFIG_HOME` is to be ignored, as its specification says.
fn place(
    named: Option<PathBuf>,
    config: Option<PathBuf>,
    home: Option<PathBuf>,
) -> Option<PathBuf> {
    let config = config.filter(|path| path.is_absolute());
    let config = || config.or_else(|| home.map(|home| home.join(".config")));
    named.or_else(|| Some(config()?.join(FOLDER).join(FILE)))
}

fn read(path: &Path) -> anyhow::Result<Option<Credentials>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    ensure!(
        file.metadata()?.permissions().mode() & OTHERS == 0,
        "others may read {}: run `chmod 600` on it, then `trainnet logout`, as somebody may have",
        path.display()
    );
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    // What is wrong with it is not shown: it would show a token.
    let read = serde_json::from_str(&text).ok();
    let unreadable = || format!("{} holds no tokens: remove it and sign in", path.display());
    read.map(Some).with_context(unreadable)
}

/// The lock has a file of its own: the one that it guards is replaced with every change.
fn lock(path: PathBuf) -> io::Result<Locked> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder(&path))?;
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(OWNER_ALONE)
        .open(beside(&path, "lock"))?;
    lock.lock()?;
    Ok(Locked { path, _lock: lock })
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let unfinished = beside(path, "new");
    // Whatever a crash left there may be anybody's to read; a new file is ours alone.
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(OWNER_ALONE)
        .open(&unfinished)?;
    file.set_permissions(Permissions::from_mode(OWNER_ALONE))?;
    file.write_all(text)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    // The name is durable when its folder is.
    File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> &Path {
    let parent = path.parent();
    let named = parent.filter(|folder| !folder.as_os_str().is_empty());
    named.unwrap_or(Path::new("."))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(token: &str) -> Credentials {
        let answer = serde_json::json!({
            "user": "user_1", "session": "session_1", "access_token": token,
            "refresh_token": "r", "expires_in": 900
        });
        Credentials::try_new("http://localhost", &answer, DateTime::UNIX_EPOCH).unwrap()
    }

    fn file() -> (tempfile::TempDir, CredentialsFile) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("made/credentials.json");
        (home, CredentialsFile(path))
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn tokens_are_kept_for_their_owner_alone() {
        let (_home, file) = file();
        assert_eq!(file.read().unwrap(), None);
        let locked = file.lock().await.unwrap();
        // As a crash would leave it, open to everybody.
        std::fs::write(beside(&file.0, "new"), b"half").unwrap();
        locked.write(&credentials("a")).unwrap();
        locked.write(&credentials("b")).unwrap();
        assert_eq!(file.read().unwrap(), Some(credentials("b")));
        assert_eq!(mode(&file.0), 0o600);
        assert_eq!(mode(folder(&file.0)), 0o700);
        locked.remove().unwrap();
        locked.remove().unwrap();
        assert_eq!(file.read().unwrap(), None);
    }

    #[tokio::test]
    async fn a_file_that_others_may_read_is_refused() {
        let (_home, file) = file();
        let locked = file.lock().await.unwrap();
        locked.write(&credentials("a")).unwrap();
        for open in [0o640, 0o604, 0o620] {
            std::fs::set_permissions(&file.0, Permissions::from_mode(open)).unwrap();
            let refused = file.read().unwrap_err().to_string();
            assert!(refused.starts_with("others may read"), "{refused}");
        }
    }

    #[tokio::test]
    async fn what_is_no_file_of_tokens_is_refused_without_being_shown() {
        let (_home, file) = file();
        drop(file.lock().await.unwrap());
        write(&file.0, b"{\"access_token\": \"secret\"}").unwrap();
        let refused = format!("{:#}", file.read().unwrap_err());
        assert!(refused.contains("holds no tokens"), "{refused}");
        assert!(!refused.contains("secret"), "{refused}");
        assert_eq!(format!("{:?}", credentials("secret")), "Credentials");
    }

    #[tokio::test]
    async fn nobody_else_gets_the_lock_while_one_holds_it() {
        let (_home, file) = file();
        let held = file.lock().await.unwrap();
        let another = File::open(beside(&file.0, "lock")).unwrap();
        assert!(another.try_lock().is_err());
        drop(held);
        another.try_lock().unwrap();
    }

    #[test]
    fn a_place_that_was_named_is_taken_before_the_usual_ones() {
        let path = |text: &str| Some(PathBuf::from(text));
        let usual = path("/home/a/.config/trainnet/credentials.json");
        assert_eq!(place(path("x"), path("/c"), path("/home/a")), path("x"));
        let config = place(None, path("/c"), path("/home/a"));
        assert_eq!(config, path("/c/trainnet/credentials.json"));
        assert_eq!(place(None, path("relative"), path("/home/a")), usual);
        assert_eq!(place(None, None, path("/home/a")), usual);
        assert_eq!(place(None, None, None), None);
    }
}
