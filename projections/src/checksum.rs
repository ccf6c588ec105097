//! The checksum of a set of rows: the same whatever the order and the steps in which they came.

use sha2::{Digest, Sha256};

/// The wrapping sum of a digest of each row.
///
/// It finds what was changed by accident or by hand. It is no signature: whoever can write the
/// rows can write the checksum, and what proves the log is its hash chain.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Checksum(u128);

impl Checksum {
    pub const ZERO: Self = Self(0);

    /// Of one row in the binary COPY format, told apart by its table from the same row elsewhere.
    pub(crate) fn of_row(table: &str, row: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(table)
            .chain_update(row)
            .finalize()
            .into();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        Self(u128::from_be_bytes(half))
    }

    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }

    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes
            .try_into()
            .ok()
            .map(|bytes| Self(u128::from_be_bytes(bytes)))
    }
}

impl std::fmt::Display for Checksum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl std::fmt::Debug for Checksum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_and_the_steps_do_not_matter_but_every_row_does() {
        let [a, b, c] = [b"a", b"b", b"c"].map(|row| Checksum::of_row("lines", row));
        assert_eq!(a.plus(b).plus(c), c.plus(a.plus(b)));
        assert_eq!(a.plus(b).minus(a), b);
        assert_ne!(a.plus(b), a.plus(c));
        assert_ne!(a.plus(a), a);
    }

    #[test]
    fn the_same_row_counts_differently_in_another_table() {
        assert_ne!(
            Checksum::of_row("lines", b"a"),
            Checksum::of_row("balances", b"a")
        );
    }

    #[test]
    fn its_bytes_lead_back_to_it() {
        let sum = Checksum::of_row("lines", b"a");
        assert_eq!(Checksum::from_slice(&sum.to_bytes()), Some(sum));
        assert_eq!(Checksum::from_slice(&[0; 15]), None);
    }
}
