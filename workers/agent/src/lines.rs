//! What a trainer says, read line by line from the file that it goes to.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::wire::{Cause, Level};

const READ_BYTES_MAX: u64 = 1 << 20;
const METRICS_MAX: usize = 64;
const NAME_CHARACTERS_MAX: usize = 64;
const NUMBER_MAX: f64 = 1e15;

/// One line; of what is not known here, nothing is made.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    Log {
        level: String,
        text: String,
    },
    Started {
        steps_total: u64,
        step: u64,
    },
    Progress {
        step: u64,
        steps_total: u64,
        epoch: u64,
        trained_seconds: f64,
        #[serde(default)]
        metrics: BTreeMap<String, Value>,
        #[serde(default)]
        eta_seconds: Option<f64>,
    },
    Checkpoint {
        path: PathBuf,
        step: u64,
        trained_seconds: f64,
    },
    Done {
        step: u64,
        trained_seconds: f64,
        #[serde(default)]
        metrics: BTreeMap<String, Value>,
    },
    Stopped {
        because: String,
        trained_seconds: f64,
    },
    Failed {
        cause: String,
        detail: String,
        #[serde(default)]
        trained_seconds: f64,
    },
}

/// Seconds as a trainer counts them; nonsense is nothing.
pub fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// The cause in the server's words.
pub fn cause(said: &str) -> Cause {
    match said {
        "bad-data" => Cause::BadData,
        "out-of-memory" => Cause::OutOfMemory,
        _ => Cause::Trainer,
    }
}

/// How much a line matters, in the server's words.
pub fn level(said: &str) -> Level {
    match said {
        "debug" => Level::Debug,
        "warning" => Level::Warn,
        "error" => Level::Error,
        _ => Level::Info,
    }
}

/// Numbers as decimal text, as the server keeps them; what has no such form is left out.
pub fn decimals(metrics: &BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let mut decimals = BTreeMap::new();
    for (name, value) in metrics {
        let number = value
            .as_f64()
            .filter(|it| it.is_finite() && it.abs() < NUMBER_MAX);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-./".contains(c);
        let is_name = !name.is_empty() && name.len() <= NAME_CHARACTERS_MAX;
        let (Some(number), true) = (number, is_name && name.chars().all(plain)) else {
            continue;
        };
        if decimals.len() < METRICS_MAX {
            let text = format!("{number:.9}");
            let text = text.trim_end_matches('0').trim_end_matches('.');
            decimals.insert(name.clone(), text.to_owned());
        }
    }
    decimals
}

/// A file that grows, and how far it was read.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    position: u64,
}

impl Tail {
    pub const fn new(path: PathBuf, position: u64) -> Self {
        Self { path, position }
    }

    /// Up to where every line was handed out.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// The lines that are complete by now, each with where it ends.
    pub fn read(&mut self) -> Vec<(u64, Line)> {
        let mut lines = Vec::new();
        let Some(text) = self.more() else {
            return lines;
        };
        let mut rest = text.as_slice();
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let (line, after) = rest.split_at(end + 1);
            self.position += line.len() as u64;
            if let Ok(line) = serde_json::from_slice(line) {
                lines.push((self.position, line));
            }
            rest = after;
        }
        // A line that fills the whole window is no line of a trainer's.
        if rest.len() as u64 == READ_BYTES_MAX {
            self.position += READ_BYTES_MAX;
        }
        lines
    }

    fn more(&self) -> Option<Vec<u8>> {
        let mut file = File::open(&self.path).ok()?;
        file.seek(SeekFrom::Start(self.position)).ok()?;
        let mut text = Vec::new();
        file.take(READ_BYTES_MAX).read_to_end(&mut text).ok()?;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_line_is_read_once_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("said");
        let mut tail = Tail::new(path.clone(), 0);
        assert!(tail.read().is_empty());
        let mut file = File::create(&path).unwrap();
        write!(
            file,
            "not JSON\n{{\"type\":\"new\"}}\n{{\"type\":\"log\",\"level\":\"info\","
        )
        .unwrap();
        assert!(tail.read().is_empty());
        writeln!(file, "\"text\":\"я\"}}").unwrap();
        let lines = tail.read();
        let log = Line::Log {
            level: "info".to_owned(),
            text: "я".to_owned(),
        };
        assert_eq!(lines, [(tail.position(), log)]);
        assert_eq!(tail.position(), file.metadata().unwrap().len());
        assert!(tail.read().is_empty());
    }

    #[test]
    fn metrics_become_decimal_text_or_nothing() {
        let said = serde_json::json!({
            "loss": 0.123_456_789_12, "tiny": 1e-12, "count": 113, "huge": 1e300, "none": null,
            "text": "x", "Loud": 1, "negative": -2.5,
        });
        let said: BTreeMap<String, Value> = serde_json::from_value(said).unwrap();
        let decimals = decimals(&said);
        let expected = [
            ("count", "113"),
            ("loss", "0.123456789"),
            ("negative", "-2.5"),
            ("tiny", "0"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(decimals, BTreeMap::from(expected));
    }

    #[test]
    fn seconds_that_are_none_count_as_none() {
        assert_eq!(duration(-1.0), Duration::ZERO);
        assert_eq!(duration(f64::NAN), Duration::ZERO);
        assert_eq!(duration(2.75), Duration::from_millis(2750));
    }
}
