//! Whole numbers wider than a `bigint`, in the bytes that PostgreSQL keeps a `numeric` in.

use store::copy::{Malformed, Row};

const BASE: u128 = 10_000;
/// A `u128` has at most so many digits of four decimals.
const DIGITS_MAX: usize = 10;
const HEADER_BYTES: usize = 8;
const NEGATIVE: u16 = 0x4000;

/// Writes the number as the server itself would, so that the bytes can be compared.
pub(crate) fn encode(value: i128) -> Vec<u8> {
    let mut digits = Vec::with_capacity(DIGITS_MAX);
    let mut rest = value.unsigned_abs();
    while rest > 0 {
        digits.push(i16::try_from(rest % BASE).expect("a digit is below ten thousand"));
        rest /= BASE;
    }
    digits.reverse();
    let weight = i16::try_from(digits.len())
        .expect("there are few digits")
        .max(1)
        - 1;
    // Trailing zeros follow from the weight.
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let count = i16::try_from(digits.len()).expect("there are few digits");
    let sign = if value < 0 { NEGATIVE } else { 0 };
    let mut bytes = Vec::with_capacity(HEADER_BYTES + 2 * digits.len());
    bytes.extend_from_slice(&count.to_be_bytes());
    bytes.extend_from_slice(&weight.to_be_bytes());
    bytes.extend_from_slice(&sign.to_be_bytes());
    bytes.extend_from_slice(&0_i16.to_be_bytes());
    for digit in digits {
        bytes.extend_from_slice(&digit.to_be_bytes());
    }
    bytes
}

/// Reads the next field of a row; `None` if it is no whole number that fits.
pub fn read(row: &mut Row<'_>) -> Result<Option<i128>, Malformed> {
    Ok(row.bytes_or_null()?.and_then(decode))
}

fn decode(bytes: &[u8]) -> Option<i128> {
    let (header, digits) = bytes.split_at_checked(HEADER_BYTES)?;
    let weight = i16::from_be_bytes([header[2], header[3]]);
    let negative = match u16::from_be_bytes([header[4], header[5]]) {
        0 => false,
        NEGATIVE => true,
        _ => return None,
    };
    let mut value: i128 = 0;
    let mut digits = digits
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let whole = if digits.len() == 0 {
        0
    } else {
        usize::try_from(weight).ok()? + 1
    };
    if digits.len() > whole {
        return None;
    }
    for _ in 0..whole {
        let digit = i128::from(digits.next().unwrap_or(0));
        let digit = if negative { -digit } else { digit };
        value = value.checked_mul(10_000)?.checked_add(digit)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let near = [
            0,
            1,
            9_999,
            10_000,
            10_001,
            120_000_000,
            i128::from(i64::MAX),
            i128::MAX,
        ];
        for value in near
            .into_iter()
            .flat_map(|value| [value, -value])
            .chain([i128::MIN])
        {
            assert_eq!(decode(&encode(value)), Some(value), "{value}");
        }
    }

    #[test]
    fn a_fraction_and_a_cut_number_are_refused() {
        let mut fraction = encode(10_001);
        fraction[3] = 0;
        assert_eq!(decode(&fraction), None);
        assert_eq!(decode(&[0; 7]), None);
    }
}
