//! The secrets of an installation: one file that nobody else may read, and the keys made from it.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use domain::users::{Address, ChallengeKey};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use store::MasterKey;
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;
/// Of whom others may read a secret.
const OTHERS: u32 = 0o077;

type Key = Zeroizing<[u8; KEY_BYTES]>;

/// What each line of the file is for. Of several lines for one thing the first is used, and the
/// others are still known: so a key is changed by putting another above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    /// Addresses are recognised by it in the log, so it is for ever.
    Addresses,
    /// Tokens, links and codes: whoever changes it signs everybody out.
    Tokens,
    /// Seals the keys of the vault.
    Vault,
}

const ALL: [(For, &str); 3] = [
    (For::Addresses, "addresses"),
    (For::Tokens, "tokens"),
    (For::Vault, "vault"),
];

/// Why the secrets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoSecrets {
    #[error("the secrets in {} cannot be read or made", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("others may read {}: run `chmod 600` on it, and change the keys in it", path.display())]
    Open { path: PathBuf },
    #[error(
        "line {line} of {} is not one of addresses, tokens and vault with 64 hexadecimal digits \
         behind it", path.display()
    )]
    Line { path: PathBuf, line: usize },
    #[error("{} has no line that begins with {what}; restore the file from a copy", path.display())]
    Missing { path: PathBuf, what: &'static str },
}

/// The keys of this installation.
pub struct Secrets {
    addresses: Key,
    tokens: Vec<Key>,
    vault: Vec<Key>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Reads the file, and makes it where there is none.
    pub fn open(path: &Path) -> Result<Self, NoSecrets> {
        let failed = |source| NoSecrets::File {
            path: path.to_owned(),
            source,
        };
        match make(path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        let mut file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.permissions().mode() & OTHERS != 0 {
            return Err(NoSecrets::Open {
                path: path.to_owned(),
            });
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(failed)?;
        read(&text, path)
    }

    /// How an e-mail address is known in the log.
    pub fn address(&self, normalised: &str) -> Address {
        Address::new(mac(
            &self.addresses,
            "trainnet.address.v1",
            normalised.as_bytes(),
        ))
    }

    pub fn challenge_key(&self) -> ChallengeKey {
        ChallengeKey::new(mac(&self.tokens[0], "trainnet.challenge.v1", b""))
    }

    /// A key for one purpose, of the current line for tokens.
    pub(super) fn key(&self, purpose: &'static str) -> [u8; KEY_BYTES] {
        mac(&self.tokens[0], purpose, b"")
    }

    /// The key that seals the vault now, and those that sealed it before.
    pub fn master_keys(&self) -> (MasterKey, Vec<MasterKey>) {
        let mut keys = self.vault.iter().map(|key| {
            let key = mac(key, "trainnet.vault.v1", b"");
            MasterKey::new(key)
        });
        let current = keys.next().expect("a file without this line is refused");
        (current, keys.collect())
    }
}

/// What follows from a key for a purpose; each purpose has a name of its own.
pub fn mac(key: &[u8; KEY_BYTES], purpose: &str, message: &[u8]) -> [u8; KEY_BYTES] {
    Hmac::<Sha256>::new_from_slice(key)
        .expect("a key of any length will do")
        .chain_update(u64::try_from(purpose.len()).unwrap_or(0).to_be_bytes())
        .chain_update(purpose)
        .chain_update(message)
        .finalize()
        .into_bytes()
        .into()
}

/// Written beside its place and moved there, so that nobody reads half of it.
fn make(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut text = Zeroizing::new(String::new());
    for (_, name) in ALL {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut key[..]).map_err(std::io::Error::other)?;
        text.push_str(name);
        text.push(' ');
        text.push_str(&hex(&key));
        text.push('\n');
    }
    let beside = path.with_extension(format!("{}.new", store::ids::fresh()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // Two that start at once make two; the first link stays, and both read that one.
    let made = std::fs::hard_link(&beside, path);
    std::fs::remove_file(&beside)?;
    made?;
    File::open(folder)?.sync_all()
}

fn hex(key: &[u8; KEY_BYTES]) -> Zeroizing<String> {
    let digits = key.iter().fold(String::new(), |text, byte| {
        let text = Zeroizing::new(text);
        format!("{}{byte:02x}", *text)
    });
    Zeroizing::new(digits)
}

fn read(text: &str, path: &Path) -> Result<Secrets, NoSecrets> {
    let mut found: [Vec<Key>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    let lines = text.lines().map(str::trim).enumerate();
    for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let wrong = || NoSecrets::Line {
            path: path.to_owned(),
            line: number + 1,
        };
        let (name, digits) = line.split_once(' ').ok_or_else(wrong)?;
        let place = ALL.iter().position(|(_, known)| *known == name);
        let key = digits.trim().parse::<domain::users::Digest>();
        let key = Zeroizing::new(*key.map_err(|_| wrong())?.as_bytes());
        found[place.ok_or_else(wrong)?].push(key);
    }
    for ((_, what), keys) in ALL.iter().zip(&found) {
        if keys.is_empty() {
            return Err(NoSecrets::Missing {
                path: path.to_owned(),
                what,
            });
        }
    }
    let [mut addresses, tokens, vault] = found;
    Ok(Secrets {
        addresses: addresses.swap_remove(0),
        tokens,
        vault,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/secrets");
        (folder, path)
    }

    #[test]
    fn a_file_is_made_once_for_its_owner_alone_and_read_ever_after() {
        let (_folder, path) = file();
        let made = Secrets::open(&path).unwrap().address("a@b.example");
        let permissions = std::fs::metadata(&path).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
        assert_eq!(Secrets::open(&path).unwrap().address("a@b.example"), made);
        let left: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1);
    }

    #[test]
    fn two_that_start_at_once_have_the_same_secrets() {
        let (_folder, path) = file();
        let open = || Secrets::open(&path).unwrap().address("a@b.example");
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(open);
            (open(), other.join().unwrap())
        });
        assert_eq!(one, other);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let (_folder, path) = file();
        Secrets::open(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Secrets::open(&path), Err(NoSecrets::Open { .. })));
    }

    #[test]
    fn a_line_that_cannot_be_meant_is_named_and_never_shown() {
        let path = Path::new("secrets");
        let digits = "ab".repeat(32);
        let good = format!("# kept safe\naddresses {digits}\ntokens {digits}\nvault {digits}\n");
        assert!(read(&good, path).is_ok());
        for wrong in [
            good.replace("tokens ", "token "),
            good.replacen("ab", "xy", 1),
            good.replace("vault ", "vault:"),
        ] {
            let said = read(&wrong, path).unwrap_err().to_string();
            assert!(
                said.starts_with("line ") && !said.contains("abab"),
                "{said}"
            );
        }
        let without = good.replace(&format!("vault {digits}"), "");
        let said = read(&without, path).unwrap_err().to_string();
        assert!(said.contains("vault"), "{said}");
    }

    #[test]
    fn a_new_key_above_seals_from_then_on_and_the_old_one_still_opens() {
        let lines = |vault: &str| format!("addresses {0}\ntokens {0}\n{vault}", "ab".repeat(32));
        let one = format!("vault {}\n", "01".repeat(32));
        let two = format!("vault {}\n", "02".repeat(32));
        let path = Path::new("secrets");
        let (old, none) = read(&lines(&one), path).unwrap().master_keys();
        let (new, earlier) = read(&lines(&format!("{two}{one}")), path)
            .unwrap()
            .master_keys();
        assert!(none.is_empty());
        assert_ne!(new.id(), old.id());
        assert_eq!(earlier[0].id(), old.id());
    }

    #[test]
    fn keys_for_different_purposes_differ_and_nothing_is_shown() {
        let (_folder, path) = file();
        let secrets = Secrets::open(&path).unwrap();
        assert_ne!(secrets.key("one"), secrets.key("two"));
        assert_eq!(format!("{secrets:?}"), "Secrets");
    }
}
