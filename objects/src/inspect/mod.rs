//! Looks into what somebody wants to train on, and says what it is and what is wrong with it.
//!
//! It reads on and keeps little: what is read may be larger than memory, and made by somebody who
//! means ill. Nothing that is read is ever run.

mod cifar;
mod columns;
mod csv;
mod encoding;
mod image;
mod report;
mod splitter;
mod table;
mod zip;

use std::io::{self, Read, Seek, SeekFrom};

pub use report::{Class, Column, ColumnKind, Finding, Findings, Format, Report, Shape, Verdict};

/// So much of the beginning is looked at to find out what it is.
const SAMPLE_BYTES: usize = 64 * 1024;

/// Formats that people send and that are none of ours, by how they begin.
const FOREIGN: [(&[u8], &str); 9] = [
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a single image"),
    (b"\xff\xd8\xff", "a single image"),
    (b"GIF8", "a single image"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
];

/// What somebody's file is, and whether it can be trained on.
pub fn inspect(file: &mut (impl Read + Seek)) -> io::Result<Report> {
    let bytes = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut sample = Vec::with_capacity(SAMPLE_BYTES);
    let room = u64::try_from(SAMPLE_BYTES).unwrap_or(u64::MAX);
    file.by_ref().take(room).read_to_end(&mut sample)?;
    file.seek(SeekFrom::Start(0))?;
    if bytes == 0 {
        return Ok(refused(
            "empty",
            "The file is empty.".to_owned(),
            "Send a CSV, or a ZIP with a folder of images for each class.",
        ));
    }
    if sample.starts_with(b"PK\x03\x04") || sample.starts_with(b"PK\x05\x06") {
        return zip::inspect(file, bytes);
    }
    if sample.starts_with(&[0x1F, 0x8B]) {
        return cifar::inspect_packed(file, bytes);
    }
    if cifar::looks_pickled(&sample) {
        return cifar::inspect_pickled(file);
    }
    let is_binary = encoding::detect(&sample) == encoding::Detected::Binary;
    if is_binary && cifar::looks_binary(&sample, bytes) {
        return cifar::inspect_binary(file);
    }
    let foreign = FOREIGN.iter().find(|(magic, _)| sample.starts_with(magic));
    if let Some((_, what)) = foreign {
        return Ok(binary(what));
    }
    csv::inspect(file, &sample)
}

/// Of what is no text, and nothing else that is known here.
fn binary(what: &str) -> Report {
    refused(
        "binary",
        format!("This is {what}, not a table."),
        "Send a CSV, a ZIP with a folder of images for each class, or batches of CIFAR-10.",
    )
}

fn refused(code: &'static str, message: String, remedy: &'static str) -> Report {
    let mut findings = Findings::default();
    findings.refuse(code, None, message, remedy);
    Report::of(None, Shape::default(), findings, Vec::new())
}
