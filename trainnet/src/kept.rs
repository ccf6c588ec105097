//! Where objects are kept: in the data folder, or in an S3 that the environment names.

use anyhow::Context as _;
use objects::{Settings, Shelf};

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
