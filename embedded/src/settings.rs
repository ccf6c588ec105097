//! Says which cluster to open, with which settings.

use std::path::PathBuf;

/// What a cluster is opened with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder that belongs to the cluster; the product uses `.trainnet/postgres`.
    pub data_dir: PathBuf,
    /// Whether what was committed survives a power cut. Only a test harness may say no.
    pub durable: bool,
    /// Server settings by name. They count when this call starts the server; whoever joins a
    /// running server takes it as it is.
    pub extra: Vec<(String, String)>,
}

impl Settings {
    /// A durable cluster with the product's own settings.
    pub fn in_dir(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            durable: true,
            extra: Vec::new(),
        }
    }

    /// The server's settings in the order it reads them: the later of two wins.
    pub(crate) fn for_server(&self) -> Vec<(String, String)> {
        let durability = if self.durable { "on" } else { "off" };
        let own = [
            ("fsync", durability),
            ("synchronous_commit", durability),
            ("full_page_writes", durability),
            // The indexes that an append reads stay in memory, and a busy log is not
            // interrupted by a checkpoint, and the full pages after it, every few seconds.
            ("shared_buffers", "512MB"),
            ("wal_buffers", "16MB"),
            ("min_wal_size", "512MB"),
            ("max_wal_size", "4GB"),
            ("checkpoint_timeout", "15min"),
            // Nothing follows this server, so the indexes of a rebuilt table are flushed once and
            // not logged as well.
            ("wal_level", "minimal"),
            ("max_wal_senders", "0"),
            ("maintenance_work_mem", "256MB"),
            ("timezone", "UTC"),
            ("log_timezone", "UTC"),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        own.into_iter().chain(self.extra.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(settings: &Settings, name: &str) -> Option<String> {
        let given = settings.for_server().into_iter().rev();
        given
            .filter(|(other, _)| other == name)
            .map(|(_, value)| value)
            .next()
    }

    #[test]
    fn a_cluster_is_durable_unless_told_otherwise() {
        let mut settings = Settings::in_dir("anywhere");
        assert_eq!(last(&settings, "fsync").as_deref(), Some("on"));
        assert_eq!(last(&settings, "synchronous_commit").as_deref(), Some("on"));
        settings.durable = false;
        assert_eq!(last(&settings, "fsync").as_deref(), Some("off"));
    }

    #[test]
    fn extra_settings_win_over_the_defaults() {
        let mut settings = Settings::in_dir("anywhere");
        settings
            .extra
            .push(("timezone".to_owned(), "Europe/Paris".to_owned()));
        assert_eq!(last(&settings, "timezone").as_deref(), Some("Europe/Paris"));
    }
}
