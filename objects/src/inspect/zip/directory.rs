//! Reads what a ZIP says is in it, and the beginnings of what is.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::read::DeflateDecoder;

use crate::inspect::image::{Dimensions, dimensions};

const ENTRIES_MAX: u64 = 200_000;
const NAMES_BYTES_MAX: usize = 32 * 1024 * 1024;
const NAME_BYTES_MAX: usize = 1_024;
/// The end of the directory, and the longest comment that may stand behind it.
const END_BYTES: usize = 22;
const COMMENT_BYTES_MAX: usize = 65_535;
/// So much of an image is enough to know its size, whatever stands before that.
const BEGIN_BYTES: usize = 4 * 1024;
const BEGIN_BYTES_MAX: usize = 256 * 1024;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const MANY: u32 = u32::MAX;

/// One file, as the directory has it.
#[derive(Debug)]
pub struct Entry {
    pub name: String,
    raw_name: Vec<u8>,
    method: u16,
    pub packed: u64,
    pub unpacked: u64,
    offset: u64,
    /// As Unix has it; nothing where another system packed it.
    pub mode: u32,
    pub is_encrypted: bool,
}

impl Entry {
    pub fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }
}

#[derive(Debug)]
pub enum Unreadable {
    Io(io::Error),
    Broken(&'static str),
    TooMany,
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Self::Broken("it ends early")
        } else {
            Self::Io(error)
        }
    }
}

fn u16_at(bytes: &[u8], place: usize) -> u16 {
    let found = bytes.get(place..place + 2);
    found.map_or(0, |it| u16::from_le_bytes([it[0], it[1]]))
}

fn u32_at(bytes: &[u8], place: usize) -> u32 {
    u32::from(u16_at(bytes, place)) | u32::from(u16_at(bytes, place + 2)) << 16
}

fn u64_at(bytes: &[u8], place: usize) -> u64 {
    u64::from(u32_at(bytes, place)) | u64::from(u32_at(bytes, place + 4)) << 32
}

/// Where the directory begins, and how many entries it has.
struct Directory {
    offset: u64,
    entries: u64,
}

pub fn read(file: &mut (impl Read + Seek), bytes: u64) -> Result<Vec<Entry>, Unreadable> {
    let directory = find(file, bytes)?;
    if directory.entries > ENTRIES_MAX {
        return Err(Unreadable::TooMany);
    }
    seek(file, directory.offset, bytes)?;
    let mut reader = BufReader::new(file);
    let mut entries = Vec::new();
    let mut names = 0;
    for _ in 0..directory.entries {
        let entry = read_entry(&mut reader)?;
        names += entry.name.len();
        if names > NAMES_BYTES_MAX {
            return Err(Unreadable::TooMany);
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// A place beyond the end is one that the system may not even know how to go to.
fn seek(file: &mut impl Seek, offset: u64, bytes: u64) -> Result<(), Unreadable> {
    if offset > bytes {
        return Err(Unreadable::Broken("it ends early"));
    }
    file.seek(SeekFrom::Start(offset))?;
    Ok(())
}

fn find(file: &mut (impl Read + Seek), bytes: u64) -> Result<Directory, Unreadable> {
    let tail = u64::try_from(END_BYTES + COMMENT_BYTES_MAX).unwrap_or(bytes);
    let tail = tail.min(bytes);
    file.seek(SeekFrom::Start(bytes - tail))?;
    let mut read = Vec::new();
    file.by_ref().take(tail).read_to_end(&mut read)?;
    let last = read.len().checked_sub(END_BYTES);
    let last = last.ok_or(Unreadable::Broken("it ends early"))?;
    let is_end = |place: &usize| {
        let comment = usize::from(u16_at(&read, place + 20));
        read[*place..].starts_with(b"PK\x05\x06") && place + END_BYTES + comment == read.len()
    };
    let place = (0..=last).rev().find(is_end);
    let place = place.ok_or(Unreadable::Broken("its list of files is missing"))?;
    let end = &read[place..];
    let (entries, offset) = (u16_at(end, 10), u32_at(end, 16));
    if entries != u16::MAX && offset != MANY {
        return Ok(Directory {
            offset: offset.into(),
            entries: entries.into(),
        });
    }
    let locator = place.checked_sub(20).map(|it| &read[it..]);
    let locator = locator.filter(|it| it.starts_with(b"PK\x06\x07"));
    let locator = locator.ok_or(Unreadable::Broken("its list of files is missing"))?;
    let mut large = [0; 56];
    seek(file, u64_at(locator, 8), bytes)?;
    file.read_exact(&mut large)?;
    if !large.starts_with(b"PK\x06\x06") {
        return Err(Unreadable::Broken("its list of files is missing"));
    }
    Ok(Directory {
        entries: u64_at(&large, 32),
        offset: u64_at(&large, 48),
    })
}

fn read_entry(reader: &mut impl Read) -> Result<Entry, Unreadable> {
    let mut header = [0; 46];
    reader.read_exact(&mut header)?;
    if !header.starts_with(b"PK\x01\x02") {
        return Err(Unreadable::Broken("its list of files is broken"));
    }
    let length = |place| usize::from(u16_at(&header, place));
    let (name, extra, comment) = (length(28), length(30), length(32));
    if name > NAME_BYTES_MAX {
        return Err(Unreadable::Broken("a name in it is too long"));
    }
    let mut raw_name = vec![0; name];
    reader.read_exact(&mut raw_name)?;
    let mut more = vec![0; extra + comment];
    reader.read_exact(&mut more)?;
    let mut large = zip64(&more[..extra]);
    let mut wide = |value: u32| {
        if value == MANY {
            large
                .next()
                .ok_or(Unreadable::Broken("a size in it is missing"))
        } else {
            Ok(value.into())
        }
    };
    let unpacked = wide(u32_at(&header, 24))?;
    let packed = wide(u32_at(&header, 20))?;
    let offset = wide(u32_at(&header, 42))?;
    let by_unix = header[5] == 3;
    Ok(Entry {
        name: String::from_utf8_lossy(&raw_name).into_owned(),
        raw_name,
        method: u16_at(&header, 10),
        packed,
        unpacked,
        offset,
        mode: if by_unix {
            u32_at(&header, 38) >> 16
        } else {
            0
        },
        is_encrypted: u16_at(&header, 8) & 1 == 1,
    })
}

/// The numbers that had no room where numbers stand.
fn zip64(mut extra: &[u8]) -> impl Iterator<Item = u64> + use<> {
    let mut found: Vec<u64> = Vec::new();
    while extra.len() >= 4 {
        let (id, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let end = (4 + length).min(extra.len());
        if id == 1 {
            let (numbers, _) = extra[4..end].as_chunks::<8>();
            found.extend(numbers.iter().map(|it| u64::from_le_bytes(*it)));
        }
        extra = &extra[end..];
    }
    found.into_iter()
}

/// The first bytes of a file; nothing where they are not what the directory says.
pub fn begin_of(file: &mut (impl Read + Seek), entry: &Entry) -> io::Result<Option<Vec<u8>>> {
    match try_begin_of(file, entry) {
        Ok(begin) => Ok(begin),
        // What cannot be unpacked is no image.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::InvalidData
                    | io::ErrorKind::InvalidInput
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn try_begin_of(file: &mut (impl Read + Seek), entry: &Entry) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; 30];
    file.seek(SeekFrom::Start(entry.offset))?;
    file.read_exact(&mut header)?;
    let mut name = vec![0; usize::from(u16_at(&header, 26))];
    file.read_exact(&mut name)?;
    // Two readers must not find two files under one entry.
    if !header.starts_with(b"PK\x03\x04") || name != entry.raw_name {
        return Ok(None);
    }
    let extra = i64::from(u16_at(&header, 28));
    file.seek(SeekFrom::Current(extra))?;
    let packed = file.by_ref().take(entry.packed);
    let mut begin = Vec::new();
    match entry.method {
        STORED => first(packed, &mut begin)?,
        DEFLATED => first(DeflateDecoder::new(packed), &mut begin)?,
        _ => return Ok(None),
    }
    Ok(Some(begin))
}

/// Little, and more only for what hides its size behind other things.
fn first(mut reader: impl Read, begin: &mut Vec<u8>) -> io::Result<()> {
    let room = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    reader.by_ref().take(room(BEGIN_BYTES)).read_to_end(begin)?;
    if dimensions(begin) == Dimensions::None && begin.starts_with(&[0xFF, 0xD8]) {
        let more = room(BEGIN_BYTES_MAX - BEGIN_BYTES);
        reader.take(more).read_to_end(begin)?;
    }
    Ok(())
}
