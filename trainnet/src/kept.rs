//! Where objects are kept: in the data folder, or in an S3 that the environment names.

use std::time::Duration;

use anyhow::Context as _;
use api::Users;
use objects::{Settings, Shelf};
use platform::objects::Sweeper;
use store::Log;

use crate::arguments::Place;

/// The storage, and what was said about it.
pub struct Kept {
    pub settings: Settings,
    pub shelf: Shelf,
}

pub fn open(place: &Place) -> anyhow::Result<Kept> {
    let read = |name: &str| {
        let value = std::env::var_os(name)?;
        // What is not text is not nothing: it is refused like any other nonsense.
        Some(value.to_string_lossy().into_owned())
    };
    let settings = Settings::try_new(read, &place.data_dir)?;
    let shelf = Shelf::open(&settings.place).context("the storage cannot be used")?;
    Ok(Kept { settings, shelf })
}

/// So often it is looked for what nobody goes on with.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

impl Kept {
    /// Lets go of what nobody goes on with, and of those who were forgotten.
    pub fn sweeper(&self, log: &Log, users: &Users) -> Sweeper {
        Sweeper::new(
            log.clone(),
            self.shelf.clone(),
            users.vault().clone(),
            log.clock().clone(),
            self.settings.upload_lasts,
            SWEEP_EVERY,
        )
    }
}
