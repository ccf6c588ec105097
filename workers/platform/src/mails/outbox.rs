//! Where mail waits to be read by whoever develops on this machine: a folder of files.

use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use mail_parser::MessageParser;

const EXTENSION: &str = "eml";
/// What is being written, and not yet there for anybody.
const UNFINISHED: &str = "part";

/// A folder with one file for each mail, for nobody's eyes but the owner's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbox(PathBuf);

/// A mail in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its identity, by which [`Outbox::read`] finds it.
    pub mail: String,
    pub written_at: DateTime<Utc>,
}

/// A mail as its reader would see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub to: String,
    pub subject: String,
    pub text: String,
    /// To be shown apart from any page of ours, as in a frame with a sandbox.
    pub html: String,
}

impl Outbox {
    pub fn in_dir(data: &Path) -> Self {
        Self(data.join("outbox"))
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Writes a mail as a whole or not at all; one that is there already is replaced.
    pub fn put(&self, mail: &str, message: &[u8]) -> io::Result<()> {
        let path = self.path(mail)?;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)?;
        let unfinished = path.with_extension(UNFINISHED);
        // Whatever a crash left there may be anybody's to read; a new file is ours alone.
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(message)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, &path)?;
        // The name is durable when its folder is.
        std::fs::File::open(&self.0)?.sync_all()
    }

    /// What is there, the latest first.
    pub fn list(&self) -> io::Result<Vec<Kept>> {
        let folder = match std::fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            folder => folder?,
        };
        let mut kept = Vec::new();
        for file in folder {
            let path = file?.path();
            let Some(mail) = mail_of(&path) else { continue };
            let written = match std::fs::metadata(&path) {
                // Somebody tidied up meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                metadata => metadata?.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            };
            kept.push(Kept {
                mail: mail.to_owned(),
                written_at: written.into(),
            });
        }
        kept.sort_by(|a, b| (b.written_at, &b.mail).cmp(&(a.written_at, &a.mail)));
        Ok(kept)
    }

    /// A mail as it would have been sent, if it is there.
    pub fn read(&self, mail: &str) -> io::Result<Option<Vec<u8>>> {
        match std::fs::read(self.path(mail)?) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    /// What the mail says, decoded; nothing where there is none or something else.
    pub fn show(&self, mail: &str) -> io::Result<Option<Shown>> {
        let Some(bytes) = self.read(mail)? else {
            return Ok(None);
        };
        let Some(message) = MessageParser::default().parse(&bytes) else {
            return Ok(None);
        };
        let to = message.to().and_then(|to| to.first()?.address());
        Ok(Some(Shown {
            to: to.unwrap_or_default().to_owned(),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: message.body_text(0).unwrap_or_default().into_owned(),
            html: message.body_html(0).unwrap_or_default().into_owned(),
        }))
    }

    /// An identity is a file name; whatever else is asked for, it does not leave the folder.
    fn path(&self, mail: &str) -> io::Result<PathBuf> {
        if is_plain(mail) {
            return Ok(self.0.join(format!("{mail}.{EXTENSION}")));
        }
        let refusal = "this is not the identity of a mail";
        Err(io::Error::new(io::ErrorKind::InvalidInput, refusal))
    }
}

fn is_plain(mail: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=100).contains(&mail.len()) && mail.bytes().all(plain)
}

fn mail_of(path: &Path) -> Option<&str> {
    let ends_right = path.extension()? == EXTENSION;
    let mail = path.file_stem()?.to_str()?;
    (ends_right && is_plain(mail)).then_some(mail)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn outbox() -> (tempfile::TempDir, Outbox) {
        let data = tempfile::tempdir().unwrap();
        let outbox = Outbox::in_dir(data.path());
        (data, outbox)
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_put_can_be_read_by_its_owner_alone() {
        let (_data, outbox) = outbox();
        outbox.put("mail_1", b"To: you").unwrap();
        assert_eq!(outbox.read("mail_1").unwrap().unwrap(), b"To: you");
        assert_eq!(outbox.read("mail_2").unwrap(), None);
        assert_eq!(mode(outbox.folder()), 0o700);
        assert_eq!(mode(&outbox.folder().join("mail_1.eml")), 0o600);
    }

    #[test]
    fn putting_twice_leaves_one_mail_and_nothing_beside_it() {
        let (_data, outbox) = outbox();
        outbox.put("mail_1", b"first").unwrap();
        // As a crash would leave it, open to everybody.
        let unfinished = outbox.folder().join("mail_1.part");
        std::fs::write(&unfinished, b"fir").unwrap();
        std::fs::set_permissions(&unfinished, PermissionsExt::from_mode(0o644)).unwrap();
        outbox.put("mail_1", b"second").unwrap();
        assert_eq!(outbox.read("mail_1").unwrap().unwrap(), b"second");
        assert_eq!(std::fs::read_dir(outbox.folder()).unwrap().count(), 1);
        assert_eq!(mode(&outbox.folder().join("mail_1.eml")), 0o600);
    }

    #[test]
    fn the_latest_is_listed_first_and_what_is_no_mail_is_not_listed() {
        let (_data, outbox) = outbox();
        assert_eq!(outbox.list().unwrap(), []);
        for (mail, seconds) in [("mail_1", 3_000), ("mail_3", 1_000), ("mail_2", 2_000)] {
            outbox.put(mail, b"").unwrap();
            let file = std::fs::File::open(outbox.folder().join(format!("{mail}.eml")));
            let written = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            file.unwrap().set_modified(written).unwrap();
        }
        std::fs::write(outbox.folder().join("mail_4.part"), b"").unwrap();
        std::fs::write(outbox.folder().join("notes.txt"), b"").unwrap();
        let mails: Vec<_> = outbox.list().unwrap();
        let mails: Vec<_> = mails.iter().map(|kept| kept.mail.as_str()).collect();
        assert_eq!(mails, ["mail_1", "mail_2", "mail_3"]);
    }

    #[test]
    fn nobody_reads_or_writes_outside_the_folder() {
        let (data, outbox) = outbox();
        std::fs::write(data.path().join("secret.eml"), b"secret").unwrap();
        for mail in [
            "../secret",
            "/etc/passwd",
            "",
            ".",
            "a/b",
            "a\0",
            &"a".repeat(101),
        ] {
            assert!(outbox.read(mail).is_err(), "{mail:?}");
            assert!(outbox.put(mail, b"").is_err(), "{mail:?}");
        }
    }
}
