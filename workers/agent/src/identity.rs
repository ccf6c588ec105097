//! Who a machine is: what it was called by the server, kept where only its owner can read it.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::trouble::{OnDisk as _, Trouble};

const FILE: &str = "machine.json";

#[derive(Clone, Deserialize, Serialize)]
pub struct Identity {
    pub server: String,
    pub machine: String,
    pub name: String,
    pub secret: String,
}

impl Identity {
    /// The machine that joined from this folder, if one did.
    pub fn load(folder: &Path) -> Result<Option<Self>, Trouble> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).on("cannot read", &path),
        };
        let read = serde_json::from_str(&text);
        read.map(Some)
            .map_err(|error| Trouble::wrong(format!("{} is damaged: {error}", path.display())))
    }

    pub fn save(&self, folder: &Path) -> Result<(), Trouble> {
        private_folder(folder)?;
        let path = folder.join(FILE);
        let beside = folder.join(format!(".{FILE}"));
        let text = serde_json::to_vec_pretty(self);
        let text = text.map_err(|error| Trouble::wrong(error.to_string()))?;
        drop(fs::remove_file(&beside));
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside);
        let mut file = file.on("cannot write", &beside)?;
        file.write_all(&text).on("cannot write", &beside)?;
        file.sync_all().on("cannot write", &beside)?;
        fs::rename(&beside, &path).on("cannot write", &path)
    }
}

/// A folder that nobody else may enter.
pub fn private_folder(folder: &Path) -> Result<(), Trouble> {
    fs::create_dir_all(folder).on("cannot make", folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o700)).on("cannot close", folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_owner_can_read_the_secret() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("agent");
        assert!(Identity::load(&place).unwrap().is_none());
        let identity = Identity {
            server: "https://trainnet.example".to_owned(),
            machine: "machine_1".to_owned(),
            name: "desk".to_owned(),
            secret: "s3cret".to_owned(),
        };
        identity.save(&place).unwrap();
        identity.save(&place).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&place.join(FILE)), 0o600);
        assert_eq!(mode(&place), 0o700);
        assert_eq!(Identity::load(&place).unwrap().unwrap().secret, "s3cret");
    }
}
