//! Looks into CIFAR-10 as it is handed around: records of bytes, pickled batches, or a tar.gz of
//! either.

mod pickle;

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::read::GzDecoder;

use super::refused;
use super::report::{Class, Findings, Format, Place, Report, Shape};

/// A label, and 32 × 32 pixels of three colours.
const RECORD_BYTES: usize = 3_073;
const PIXELS: u64 = 3_072;
const CLASSES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];
/// All of CIFAR-10 is a fifth of this.
const UNPACKED_BYTES_MAX: u64 = 1 << 30;
const BLOCK_BYTES: usize = 512;

/// Examples by label.
type Counts = BTreeMap<u8, u64>;

/// What a batch was found to be, or why it is none.
enum Batch {
    Binary(Counts),
    Pickled(Counts),
    No(&'static str),
}

/// Whether a file of this size that begins like this may be records of CIFAR-10.
pub fn looks_binary(sample: &[u8], bytes: u64) -> bool {
    let record = u64::try_from(RECORD_BYTES).unwrap_or(u64::MAX);
    let labels = sample.iter().step_by(RECORD_BYTES);
    bytes > 0 && bytes.is_multiple_of(record) && labels.into_iter().all(|label| *label < 10)
}

pub fn looks_pickled(sample: &[u8]) -> bool {
    matches!(sample, [0x80, 2..=5, ..])
}

pub fn inspect_binary(file: &mut (impl Read + Seek)) -> io::Result<Report> {
    file.seek(SeekFrom::Start(0))?;
    Ok(report_of(vec![(None, records(&mut BufReader::new(file))?)]))
}

pub fn inspect_pickled(file: &mut (impl Read + Seek)) -> io::Result<Report> {
    file.seek(SeekFrom::Start(0))?;
    Ok(report_of(vec![(None, batch(&mut BufReader::new(file))?)]))
}

/// The batches in a packed archive; what else is in it is passed over.
pub fn inspect_packed(file: &mut (impl Read + Seek), bytes: u64) -> io::Result<Report> {
    file.seek(SeekFrom::Start(0))?;
    let most = bytes.saturating_mul(100).min(UNPACKED_BYTES_MAX);
    let mut unpacked = BufReader::new(GzDecoder::new(BufReader::new(file)).take(most));
    let mut batches = Vec::new();
    let looked = look_through(&mut unpacked, &mut batches);
    let is_cut = unpacked.get_ref().limit() == 0;
    match looked {
        _ if is_cut => Ok(refused(
            "archive-bomb",
            format!("The archive of {bytes} bytes becomes more than {most}."),
            "Send the batches themselves.",
        )),
        Ok(()) => Ok(report_of(batches)),
        Err(error) if is_broken(&error) => Ok(refused(
            "archive-broken",
            "The archive cannot be read to its end.".to_owned(),
            "Send it again, as a tar.gz of batches of CIFAR-10.",
        )),
        Err(error) => Err(error),
    }
}

fn is_broken(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
    )
}

fn look_through(
    unpacked: &mut impl Read,
    batches: &mut Vec<(Option<String>, Batch)>,
) -> io::Result<()> {
    let mut header = [0; BLOCK_BYTES];
    loop {
        unpacked.read_exact(&mut header)?;
        if header == [0; BLOCK_BYTES] {
            return Ok(());
        }
        let name = header[..100].split(|byte| *byte == 0).next();
        let name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
        let size = octal(&header[124..136]).ok_or(io::ErrorKind::InvalidData)?;
        let is_file = matches!(header[156], 0 | b'0');
        let mut contents = unpacked.by_ref().take(size);
        let last = name.rsplit('/').next().unwrap_or_default().to_owned();
        let is_batch = last.starts_with("data_batch") || last.starts_with("test_batch");
        if is_file && is_batch {
            let ending = last.rsplit_once('.').map(|(_, ending)| ending);
            let found = if ending == Some("bin") {
                records(&mut contents)?
            } else {
                batch(&mut contents)?
            };
            batches.push((Some(name), found));
        }
        io::copy(&mut contents, &mut io::sink())?;
        if contents.limit() > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let block = u64::try_from(BLOCK_BYTES).unwrap_or(1);
        let padding = size.next_multiple_of(block) - size;
        io::copy(&mut unpacked.by_ref().take(padding), &mut io::sink())?;
    }
}

/// A number as tar writes it.
fn octal(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    u64::from_str_radix(text.trim_matches(['\u{0}', ' ']), 8).ok()
}

/// Counts the labels of records until there are no more.
fn records(reader: &mut impl Read) -> io::Result<Batch> {
    let mut counts = Counts::new();
    let mut record = [0; RECORD_BYTES];
    loop {
        let mut filled = 0;
        while filled < RECORD_BYTES {
            match reader.read(&mut record[filled..])? {
                0 if filled == 0 => return Ok(Batch::Binary(counts)),
                0 => return Ok(Batch::No("It ends in the middle of an image.")),
                count => filled += count,
            }
        }
        if record[0] > 9 {
            return Ok(Batch::No("A label in it is none of 0 to 9."));
        }
        *counts.entry(record[0]).or_default() += 1;
    }
}

/// Reads a pickled batch by its words alone: nothing that it asks for is done.
fn batch(reader: &mut impl Read) -> io::Result<Batch> {
    let found = match pickle::read(reader) {
        Ok(found) => found,
        Err(pickle::Refused::Io(error)) if !is_broken(&error) => return Err(error),
        Err(pickle::Refused::Io(_)) => return Ok(Batch::No("It ends early.")),
        Err(pickle::Refused::Says(why)) => return Ok(Batch::No(why)),
    };
    let Some(labels) = found.labels else {
        return Ok(Batch::No("It has no labels."));
    };
    let images = found.data_bytes / PIXELS;
    let rows: u64 = labels.values().sum();
    if found.data_bytes % PIXELS != 0 || images != rows {
        return Ok(Batch::No("It has not as many images as labels."));
    }
    let label = |(label, count): (&i64, &u64)| {
        let label = u8::try_from(*label).ok().filter(|it| *it < 10)?;
        Some((label, *count))
    };
    let counts: Option<Counts> = labels.iter().map(label).collect();
    Ok(counts.map_or(
        Batch::No("A label in it is none of 0 to 9."),
        Batch::Pickled,
    ))
}

fn report_of(batches: Vec<(Option<String>, Batch)>) -> Report {
    let mut findings = Findings::default();
    let mut format = None;
    let mut counts = Counts::new();
    if batches.is_empty() {
        findings.refuse(
            "no-batches",
            None,
            "There is no batch of CIFAR-10 in the archive.".to_owned(),
            "Send a tar.gz with files that are called data_batch_1 and so on.",
        );
    }
    for (name, batch) in batches {
        let (found, of_batch) = match batch {
            Batch::Binary(counts) => (Format::Cifar10Binary, counts),
            Batch::Pickled(counts) => (Format::Cifar10Python, counts),
            Batch::No(why) => {
                findings.refuse(
                    "batch-broken",
                    name.map(Place::File),
                    why.to_owned(),
                    "Send batches as CIFAR-10 has them: 10 classes, 32 × 32 pixels.",
                );
                continue;
            }
        };
        format = Some(found);
        for (label, count) in of_batch {
            *counts.entry(label).or_default() += count;
        }
    }
    if counts.len() == 1 {
        findings.refuse(
            "one-class",
            None,
            "All images are of one class.".to_owned(),
            "Send images of at least two classes.",
        );
    }
    let class = |(label, count): (&u8, &u64)| Class {
        label: CLASSES[usize::from(*label)].to_owned(),
        count: *count,
    };
    let mut classes: Vec<Class> = counts.iter().map(class).collect();
    classes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
    let shape = Shape {
        rows: counts.values().sum(),
        classes_total: u64::try_from(classes.len()).unwrap_or(u64::MAX),
        classes,
        ..Shape::default()
    };
    Report::of(format, shape, findings, Vec::new())
}

#[cfg(test)]
mod tests;
