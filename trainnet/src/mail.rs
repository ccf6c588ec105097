//! How mail leaves: to a mail server, or to an outbox that this machine can look into.

use std::io;

use api::Unsent;
use platform::mails::{Kept, Outbox};
use platform::{Nonsense, Settings, Way};

use crate::arguments::Place;

/// Reads how mail leaves; without a public address, links lead to where the API answers.
pub fn settings(place: &Place) -> Result<Mail, Nonsense> {
    let read = |name: &str| {
        let value = std::env::var_os(name)?;
        // What is not text is not nothing: it is refused like any other nonsense.
        Some(value.to_string_lossy().into_owned())
    };
    let settings = Settings::try_new(read, &place.data_dir)?;
    let is_public = read(PUBLIC_URL).is_some_and(|url| !url.trim().is_empty());
    Ok(Mail {
        settings,
        is_public,
    })
}

const PUBLIC_URL: &str = "TRAINNET_PUBLIC_URL";

/// How mail leaves, and whether somebody said where its links lead.
#[derive(Clone, Debug)]
pub struct Mail {
    settings: Settings,
    is_public: bool,
}

impl Mail {
    /// For a program whose API answers there.
    pub fn settings_at(&self, url: &str) -> Settings {
        let mut settings = self.settings.clone();
        if !self.is_public {
            url.clone_into(&mut settings.public_url);
        }
        settings
    }

    /// Nothing where mail leaves the machine.
    pub fn outbox(&self) -> Option<Shelf> {
        match &self.settings.way {
            Way::Smtp(_) => None,
            Way::Outbox(outbox) => Some(Shelf(outbox.clone())),
        }
    }
}

/// The outbox as the API shows it.
pub struct Shelf(Outbox);

impl Shelf {
    fn shown(&self, kept: Kept) -> io::Result<Option<Unsent>> {
        let Some(shown) = self.0.show(&kept.mail)? else {
            return Ok(None);
        };
        Ok(Some(Unsent {
            mail: kept.mail,
            written_at: kept.written_at,
            to: shown.to,
            subject: shown.subject,
            text: shown.text,
        }))
    }
}

impl api::Outbox for Shelf {
    fn latest(&self, count: usize) -> io::Result<Vec<Unsent>> {
        let kept = self.0.list()?.into_iter().take(count);
        let shown = kept
            .map(|kept| self.shown(kept))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(shown.into_iter().flatten().collect())
    }

    fn unsent(&self, mail: &str) -> io::Result<Option<Unsent>> {
        let kept = self.0.list()?.into_iter().find(|kept| kept.mail == mail);
        kept.map_or(Ok(None), |kept| self.shown(kept))
    }
}
