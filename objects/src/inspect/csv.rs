//! Looks into a table as spreadsheets and programs write it.

use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::{Encoding, UTF_8, WINDOWS_1251};

use super::encoding::{Decoder, Detected, detect, looks_like_windows_1251};
use super::report::{Format, Place, Report, Said};
use super::splitter::Splitter;
use super::table::Table;
use super::{binary, refused};

const CHUNK_BYTES: usize = 64 * 1024;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// So many lines are looked at to find out what stands between cells.
const LINES_LOOKED_AT: usize = 20;

/// How reading in one encoding ended.
enum Read1 {
    Done(Box<Report>),
    /// It is another encoding after all: everything before was ASCII.
    Otherwise(&'static Encoding),
}

pub fn inspect(file: &mut (impl Read + Seek), sample: &[u8]) -> io::Result<Report> {
    let encoding = match detect(sample) {
        Detected::Text(encoding) => encoding,
        Detected::Binary => return Ok(binary("no text")),
        Detected::Unknown => {
            return Ok(refused(
                "encoding-unknown",
                "The text is neither UTF-8 nor UTF-16 nor Windows-1251.".to_owned(),
                "Save the table as UTF-8.",
            ));
        }
    };
    match read(file, encoding, sample)? {
        Read1::Done(report) => Ok(*report),
        Read1::Otherwise(encoding) => {
            file.seek(SeekFrom::Start(0))?;
            match read(file, encoding, sample)? {
                Read1::Done(report) => Ok(*report),
                Read1::Otherwise(_) => Err(io::Error::other("an encoding was changed twice")),
            }
        }
    }
}

fn read(file: &mut impl Read, encoding: &'static Encoding, sample: &[u8]) -> io::Result<Read1> {
    let (text, _) = encoding.decode_with_bom_removal(sample);
    let delimiter = delimiter(&text);
    let mut splitter = Splitter::new(delimiter);
    let mut table = Table::default();
    let mut decoder = Decoder::of(encoding);
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut ascii_so_far = true;
    let mut read_to_the_end = false;
    while !splitter.is_over() {
        let count = file.read(&mut chunk)?;
        let (text, outcome) = decoder.decode(&chunk[..count], count == 0);
        splitter.take(text, &mut table);
        let may_be_otherwise = ascii_so_far && encoding == UTF_8;
        if outcome.is_err() {
            if may_be_otherwise && looks_like_windows_1251(&chunk[..count]) {
                return Ok(Read1::Otherwise(WINDOWS_1251));
            }
            undecodable(&mut table, splitter.line(), encoding);
            break;
        }
        ascii_so_far &= text.is_ascii();
        if text.contains('\0') {
            zero(&mut table, splitter.line());
            break;
        }
        if count == 0 {
            splitter.end(&mut table);
            read_to_the_end = true;
        }
    }
    let (mut shape, findings, preview) = table.finish(read_to_the_end);
    shape.encoding = Some(encoding.name().to_ascii_lowercase());
    shape.delimiter = Some(char::from(delimiter).to_string());
    let report = Report::of(Some(Format::Csv), shape, findings, preview);
    Ok(Read1::Done(Box::new(report)))
}

fn undecodable(table: &mut Table, line: u64, encoding: &'static Encoding) {
    table.findings.refuse(
        "encoding-broken",
        Some(Place::Line(line)),
        Said::from(format!(
            "Here are bytes that are no {}; nothing behind was read.",
            encoding.name()
        ))
        .with("encoding", encoding.name()),
        "Save the whole table in one encoding, best UTF-8.",
    );
}

fn zero(table: &mut Table, line: u64) {
    table.findings.refuse(
        "binary",
        Some(Place::Line(line)),
        "About here is a byte that no text has; nothing behind was read.".to_owned(),
        "Send a CSV that is text from beginning to end.",
    );
}

/// What stands between cells: whatever most lines have the same number of.
fn delimiter(text: &str) -> u8 {
    let mut counts: Vec<[usize; 4]> = Vec::new();
    let mut of_line = [0; 4];
    let mut quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => {
                if of_line != [0; 4] || !counts.is_empty() {
                    counts.push(of_line);
                }
                of_line = [0; 4];
                if counts.len() >= LINES_LOOKED_AT {
                    break;
                }
            }
            _ if !quoted => {
                let known = DELIMITERS.iter().position(|it| *it == byte);
                if let Some(index) = known {
                    of_line[index] += 1;
                }
            }
            _ => {}
        }
    }
    if counts.is_empty() {
        counts.push(of_line);
    }
    let score = |index: usize| {
        let first = counts[0][index];
        let same = counts.iter().filter(|it| it[index] == first).count();
        (first > 0).then_some((same, first))
    };
    let best = (0..DELIMITERS.len())
        .rev()
        .max_by_key(|index| score(*index));
    best.map_or(b',', |index| {
        if score(index).is_some() {
            DELIMITERS[index]
        } else {
            b','
        }
    })
}

#[cfg(test)]
mod tests;
