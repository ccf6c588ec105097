//! Knows an image and its size by how it begins; nothing is decoded.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimensions {
    Of(u32, u32),
    /// It is no image that is known here, or more of it is needed.
    None,
}

pub fn dimensions(begin: &[u8]) -> Dimensions {
    let found = if begin.starts_with(b"\x89PNG\r\n\x1a\n") {
        png(begin)
    } else if begin.starts_with(&[0xFF, 0xD8, 0xFF]) {
        jpeg(begin)
    } else if begin.starts_with(b"GIF87a") || begin.starts_with(b"GIF89a") {
        Some((little_2(begin, 6), little_2(begin, 8)))
    } else if begin.starts_with(b"BM") {
        bmp(begin)
    } else if begin.starts_with(b"RIFF") && begin.get(8..12) == Some(b"WEBP") {
        webp(begin)
    } else {
        None
    };
    match found {
        Some((Some(width), Some(height))) if width > 0 && height > 0 => {
            Dimensions::Of(width, height)
        }
        _ => Dimensions::None,
    }
}

type Found = Option<(Option<u32>, Option<u32>)>;

fn big_4(bytes: &[u8], place: usize) -> Option<u32> {
    let found = bytes.get(place..place + 4)?;
    Some(u32::from_be_bytes(found.try_into().ok()?))
}

fn big_2(bytes: &[u8], place: usize) -> Option<u32> {
    let found = bytes.get(place..place + 2)?;
    Some(u16::from_be_bytes(found.try_into().ok()?).into())
}

fn little_2(bytes: &[u8], place: usize) -> Option<u32> {
    let found = bytes.get(place..place + 2)?;
    Some(u16::from_le_bytes(found.try_into().ok()?).into())
}

fn little_3(bytes: &[u8], place: usize) -> Option<u32> {
    let low = little_2(bytes, place)?;
    Some(low | u32::from(*bytes.get(place + 2)?) << 16)
}

fn little_4(bytes: &[u8], place: usize) -> Option<u32> {
    Some(little_2(bytes, place)? | little_2(bytes, place + 2)? << 16)
}

fn png(begin: &[u8]) -> Found {
    (begin.get(12..16) == Some(b"IHDR")).then(|| (big_4(begin, 16), big_4(begin, 20)))
}

/// A height may be negative: then its rows stand the other way round.
fn bmp(begin: &[u8]) -> Found {
    let height = little_4(begin, 22)?.cast_signed().unsigned_abs();
    Some((little_4(begin, 18), Some(height)))
}

/// Behind whatever a camera wrote before it, as far as there is more.
fn jpeg(begin: &[u8]) -> Found {
    let mut place = 2;
    loop {
        while begin.get(place) == Some(&0xFF) && begin.get(place + 1) == Some(&0xFF) {
            place += 1;
        }
        let (fill, marker) = (*begin.get(place)?, *begin.get(place + 1)?);
        if fill != 0xFF {
            return None;
        }
        match marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return Some((big_2(begin, place + 7), big_2(begin, place + 5)));
            }
            0x01 | 0xD0..=0xD8 => place += 2,
            0xD9 | 0xDA => return None,
            _ => {
                let length = usize::try_from(big_2(begin, place + 2)?).ok()?;
                place += 2 + length.max(2);
            }
        }
    }
}

fn webp(begin: &[u8]) -> Found {
    match begin.get(12..16)? {
        b"VP8X" => Some((
            little_3(begin, 24).map(|it| it + 1),
            little_3(begin, 27).map(|it| it + 1),
        )),
        b"VP8L" => {
            let bits = little_4(begin, 21)?;
            Some((Some((bits & 0x3FFF) + 1), Some((bits >> 14 & 0x3FFF) + 1)))
        }
        b"VP8 " => {
            let size = |place| little_2(begin, place).map(|it| it & 0x3FFF);
            Some((size(26), size(28)))
        }
        _ => None,
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn png_of(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR".to_vec();
        bytes.extend_from_slice(&width.to_be_bytes());
        bytes.extend_from_slice(&height.to_be_bytes());
        bytes.extend_from_slice(b"\x08\x02\x00\x00\x00");
        bytes
    }

    #[test]
    fn images_are_known_by_how_they_begin() {
        let mut jpeg = b"\xff\xd8\xff\xe1\x00\x06Exif\xff\xdb\x00\x03x".to_vec();
        jpeg.extend_from_slice(b"\xff\xc0\x00\x11\x08\x00\x20\x00\x30");
        let mut bmp = b"BM".to_vec();
        bmp.extend_from_slice(&[0; 16]);
        bmp.extend_from_slice(&48_u32.to_le_bytes());
        bmp.extend_from_slice(&(-32_i32).to_le_bytes());
        let webp = |rest: &[u8]| [b"RIFF\x00\x00\x00\x00WEBP", rest].concat();
        for image in [
            png_of(48, 32),
            jpeg,
            bmp,
            b"GIF89a\x30\x00\x20\x00".to_vec(),
            webp(b"VP8X\x00\x00\x00\x00\x00\x00\x00\x00\x2f\x00\x00\x1f\x00\x00"),
            webp(b"VP8 \x00\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\x30\x00\x20\x00"),
            webp(b"VP8L\x00\x00\x00\x00\x2f\x2f\xc0\x07\x00"),
        ] {
            assert_eq!(dimensions(&image), Dimensions::Of(48, 32), "{image:?}");
            // Cut anywhere, it is no image, and nothing breaks.
            for end in 0..image.len() {
                dimensions(&image[..end]);
            }
        }
        for other in [&b""[..], b"text", b"\xff\xd8\xff\xd9", &png_of(0, 5), b"BM"] {
            assert_eq!(dimensions(other), Dimensions::None, "{other:?}");
        }
    }
}
