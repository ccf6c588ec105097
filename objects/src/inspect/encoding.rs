//! Finds out how a text is encoded, and turns it into UTF-8 a piece at a time.

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};

/// Of what a Russian table has beyond ASCII, nine in ten bytes are letters of these.
const CYRILLIC: std::ops::RangeInclusive<u8> = 0xC0..=0xFF;
/// Ё, ё, quotes, dashes and spaces, where Windows-1251 has them.
const BESIDE_CYRILLIC: [u8; 14] = [
    0xA8, 0xB8, 0xAB, 0xBB, 0x84, 0x93, 0x94, 0x91, 0x92, 0x96, 0x97, 0xA0, 0xB9, 0x85,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detected {
    Text(&'static Encoding),
    /// Bytes that no text has.
    Binary,
    /// Beyond ASCII, and in none of the encodings that are known here.
    Unknown,
}

/// How the text begins says how it goes on, unless all of it so far is ASCII.
pub fn detect(sample: &[u8]) -> Detected {
    if let Some((encoding, _)) = Encoding::for_bom(sample) {
        return Detected::Text(encoding);
    }
    if let Some(encoding) = utf_16_without_mark(sample) {
        return Detected::Text(encoding);
    }
    let strange = |byte: &&u8| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127);
    let strange = sample.iter().filter(strange).count();
    if sample.contains(&0) || strange * 100 > sample.len() {
        return Detected::Binary;
    }
    match std::str::from_utf8(sample) {
        Ok(_) => Detected::Text(UTF_8),
        // The sample may end in the middle of a character.
        Err(error) if error.error_len().is_none() => Detected::Text(UTF_8),
        Err(_) if looks_like_windows_1251(sample) => Detected::Text(WINDOWS_1251),
        Err(_) if strange > 0 => Detected::Binary,
        Err(_) => Detected::Unknown,
    }
}

pub fn looks_like_windows_1251(bytes: &[u8]) -> bool {
    let high: Vec<u8> = bytes.iter().copied().filter(|byte| *byte >= 128).collect();
    let known = |byte: &u8| CYRILLIC.contains(byte) || BESIDE_CYRILLIC.contains(byte);
    let known = high.iter().filter(|byte| known(byte)).count();
    !high.is_empty() && known * 10 >= high.len() * 9
}

/// Every other byte of what is mostly ASCII is zero.
fn utf_16_without_mark(sample: &[u8]) -> Option<&'static Encoding> {
    let (pairs, _) = sample.as_chunks::<2>();
    if pairs.len() < 4 {
        return None;
    }
    let low = pairs.iter().filter(|[a, b]| *a != 0 && *b == 0).count();
    let high = pairs.iter().filter(|[a, b]| *a == 0 && *b != 0).count();
    if low * 10 >= pairs.len() * 7 {
        Some(UTF_16LE)
    } else if high * 10 >= pairs.len() * 7 {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Turns bytes into text as they come; a mark at the beginning is none of the text.
pub struct Decoder {
    decoder: encoding_rs::Decoder,
    text: String,
}

/// There are bytes that mean nothing in this encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecodable;

impl Decoder {
    pub fn of(encoding: &'static Encoding) -> Self {
        Self {
            decoder: encoding.new_decoder_with_bom_removal(),
            text: String::new(),
        }
    }

    /// The text of these bytes, as far as it goes.
    pub fn decode(&mut self, bytes: &[u8], last: bool) -> (&str, Result<(), Undecodable>) {
        self.text.clear();
        let room = self.decoder.max_utf8_buffer_length(bytes.len());
        self.text.reserve(room.unwrap_or(bytes.len() * 3 + 16));
        let (result, _) =
            self.decoder
                .decode_to_string_without_replacement(bytes, &mut self.text, last);
        let outcome = match result {
            DecoderResult::InputEmpty => Ok(()),
            DecoderResult::OutputFull | DecoderResult::Malformed(..) => Err(Undecodable),
        };
        (&self.text, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUSSIAN: &str = "текст,метка\nХорошо — «да»,1\n";

    #[test]
    fn the_encodings_that_spreadsheets_write_are_told_apart() {
        let (russian, _, _) = WINDOWS_1251.encode(RUSSIAN);
        let utf_16: Vec<u8> = "text,label\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let marked: Vec<u8> = [0xFF, 0xFE].into_iter().chain(utf_16.clone()).collect();
        for (bytes, encoding) in [
            (RUSSIAN.as_bytes(), UTF_8),
            (b"\xEF\xBB\xBFa,b\n", UTF_8),
            (b"a,b\n1,2\n", UTF_8),
            (&russian, WINDOWS_1251),
            (&utf_16, UTF_16LE),
            (&marked, UTF_16LE),
        ] {
            assert_eq!(detect(bytes), Detected::Text(encoding), "{bytes:?}");
        }
        assert_eq!(
            detect(&RUSSIAN.as_bytes()[..RUSSIAN.len() - 3][..1]),
            Detected::Text(UTF_8)
        );
        assert_eq!(
            detect(b"\x01\x00\x02\x03\x04\x05\x06\x07\x00"),
            Detected::Binary
        );
        assert_eq!(detect(b"caf\x8a and \x9f\x80\x8b"), Detected::Unknown);
    }

    #[test]
    fn text_that_is_cut_anywhere_is_put_together_again() {
        let (russian, _, _) = WINDOWS_1251.encode(RUSSIAN);
        for (encoding, bytes) in [(UTF_8, RUSSIAN.as_bytes()), (WINDOWS_1251, &*russian)] {
            for size in 1..7 {
                let mut decoder = Decoder::of(encoding);
                let mut text = String::new();
                for piece in bytes.chunks(size) {
                    let (read, outcome) = decoder.decode(piece, false);
                    text.push_str(read);
                    assert_eq!(outcome, Ok(()));
                }
                assert_eq!(text, RUSSIAN, "{size}");
            }
        }
        let (_, outcome) = Decoder::of(UTF_8).decode(b"a\xff", false);
        assert_eq!(outcome, Err(Undecodable));
    }
}
