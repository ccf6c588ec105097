//! How something large comes: in parts of one size, of which only the last is smaller.

use chrono::{DateTime, Utc};

use crate::key::Key;

const MEBIBYTE: u64 = 1024 * 1024;
/// S3 takes no smaller one, but for the last.
const PART_BYTES_MIN: u64 = 8 * MEBIBYTE;
const PART_BYTES_MAX: u64 = 64 * MEBIBYTE;
/// So many parts are about right: small enough to be sent again, few enough to be listed.
const PARTS_ABOUT: u64 = 64;

/// Something that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub key: Key,
    pub bytes: u64,
    pub part_bytes: u64,
    /// Under which name the storage knows it, where it has one of its own.
    pub known_as: Option<String>,
}

/// A part that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// From 1.
    pub number: u32,
    pub bytes: u64,
    pub arrived_at: DateTime<Utc>,
}

/// How large to make the parts of so many bytes.
pub fn part_bytes_for(bytes: u64) -> u64 {
    let about = bytes.div_ceil(PARTS_ABOUT).div_ceil(MEBIBYTE) * MEBIBYTE;
    about.clamp(PART_BYTES_MIN, PART_BYTES_MAX)
}

impl Upload {
    pub fn parts(&self) -> u32 {
        let count = self.bytes.div_ceil(self.part_bytes.max(1)).max(1);
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// How many bytes a part has; nothing, where there is no such part.
    pub fn bytes_of(&self, number: u32) -> Option<u64> {
        let parts = self.parts();
        if number == 0 || number > parts {
            return None;
        }
        if number < parts {
            return Some(self.part_bytes);
        }
        Some(self.bytes - self.begin_of(number))
    }

    /// Where a part begins.
    pub fn begin_of(&self, number: u32) -> u64 {
        u64::from(number.saturating_sub(1)) * self.part_bytes
    }

    /// The parts that are not there, or not in full.
    pub fn missing(&self, arrived: &[Part]) -> Vec<u32> {
        let is_there = |number: u32| {
            let found = arrived.iter().find(|part| part.number == number);
            found.is_some_and(|part| Some(part.bytes) == self.bytes_of(number))
        };
        (1..=self.parts()).filter(|it| !is_there(*it)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(bytes: u64, part_bytes: u64) -> Upload {
        Upload {
            key: "a/b/c".parse().unwrap(),
            bytes,
            part_bytes,
            known_as: None,
        }
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        for (bytes, part_bytes, parts) in [(0, 8, 1), (1, 8, 1), (8, 8, 1), (9, 8, 2), (24, 8, 3)] {
            let upload = upload(bytes, part_bytes);
            assert_eq!(upload.parts(), parts, "{bytes}");
            let sum: u64 = (1..=parts).map(|it| upload.bytes_of(it).unwrap()).sum();
            assert_eq!(sum, bytes);
            assert_eq!(upload.bytes_of(0), None);
            assert_eq!(upload.bytes_of(parts + 1), None);
        }
    }

    #[test]
    fn a_part_of_another_size_is_missing() {
        let upload = upload(20, 8);
        let part = |number, bytes| Part {
            number,
            bytes,
            arrived_at: DateTime::UNIX_EPOCH,
        };
        assert_eq!(upload.missing(&[]), [1, 2, 3]);
        assert_eq!(upload.missing(&[part(1, 8), part(3, 8)]), [2, 3]);
        assert!(
            upload
                .missing(&[part(3, 4), part(2, 8), part(1, 8)])
                .is_empty()
        );
    }

    #[test]
    fn eight_gigabytes_are_few_parts_of_at_most_64_mebibytes() {
        assert_eq!(part_bytes_for(1), PART_BYTES_MIN);
        assert_eq!(part_bytes_for(8 << 30), PART_BYTES_MAX);
        assert_eq!(upload(8 << 30, part_bytes_for(8 << 30)).parts(), 128);
        assert_eq!(part_bytes_for(1 << 30), 16 * MEBIBYTE);
    }
}
