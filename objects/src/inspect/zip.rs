//! Looks into a ZIP of images by class: names and sizes of all of them, the beginnings of images.
//!
//! It is unpacked by nobody here. What is said of sizes is held against the file's own, so that a
//! small file cannot promise to become a large one, and no name may lead out of where it will be
//! unpacked.

mod directory;

use std::collections::BTreeMap;
use std::io::{self, Read, Seek};

use super::image::{Dimensions, dimensions};
use super::report::{Class, Findings, Format, Place, Report, Said, Shape};
use super::{binary, refused};
use directory::{Entry, Unreadable};

const CLASSES_MAX: usize = 10_000;
const CLASSES_SHOWN: usize = 100;
const PREVIEW_IMAGES: usize = 20;
/// So many times its own size the whole may become, and each file in it, beside a mebibyte.
const RATIO_MAX: u64 = 100;
const SLACK_BYTES: u64 = 1024 * 1024;
const UNPACKED_BYTES_MAX: u64 = 64 << 30;
/// An image that claims more would fill whoever opens it.
const PIXELS_MAX: u64 = 100_000_000;
/// Folders into which examples are parted before they are parted into classes.
const SPLITS: [&str; 6] = ["train", "val", "valid", "validation", "test", "eval"];
const IMAGES: [&str; 7] = ["jpg", "jpeg", "png", "gif", "bmp", "webp", "jpe"];
const UNIX_LINK: u32 = 0o120_000;
const UNIX_KIND: u32 = 0o170_000;

pub fn inspect(file: &mut (impl Read + Seek), bytes: u64) -> io::Result<Report> {
    let entries = match directory::read(file, bytes) {
        Ok(entries) => entries,
        Err(Unreadable::Io(error)) => return Err(error),
        Err(Unreadable::Broken(what)) => {
            return Ok(refused(
                "zip-broken",
                format!("The archive cannot be read: {what}."),
                "Pack it again, as a plain ZIP.",
            ));
        }
        Err(Unreadable::TooMany) => {
            return Ok(refused(
                "zip-too-many",
                "There are more than 200,000 files in the archive.".to_owned(),
                "Send fewer, or upload several datasets.",
            ));
        }
    };
    if entries.iter().any(|it| it.name == "xl/workbook.xml") {
        return Ok(binary("a workbook of a spreadsheet"));
    }
    let mut findings = Findings::default();
    judge_sizes(&entries, bytes, &mut findings);
    judge_names(&entries, &mut findings);
    if findings.refuses() {
        let format = Some(Format::ImageFolders);
        return Ok(Report::of(format, Shape::default(), findings, Vec::new()));
    }
    look_at_images(file, &entries, findings)
}

fn judge_sizes(entries: &[Entry], bytes: u64, findings: &mut Findings) {
    let remedy = "Pack the images themselves; they hardly get smaller in a ZIP.";
    let mut unpacked = 0_u64;
    let mut packed = 0_u64;
    for entry in entries {
        unpacked = unpacked.saturating_add(entry.unpacked);
        packed = packed.saturating_add(entry.packed);
        let most = entry.packed.saturating_mul(RATIO_MAX);
        if entry.unpacked > most.saturating_add(SLACK_BYTES) {
            let message = "This file would become more than a hundred times as large.";
            let place = Some(Place::File(entry.name.clone()));
            findings.refuse("zip-bomb", place, message.to_owned(), remedy);
        }
    }
    let most = bytes.saturating_mul(RATIO_MAX).saturating_add(SLACK_BYTES);
    if unpacked > most.min(UNPACKED_BYTES_MAX) {
        let message = format!("The archive of {bytes} bytes would become {unpacked}.");
        findings.refuse("zip-bomb", None, message, remedy);
    }
    // Files that share their bytes are a way to promise more than there is.
    if packed > bytes {
        let message = "The files in the archive add up to more than the archive.".to_owned();
        findings.refuse("zip-bomb", None, message, remedy);
    }
}

fn judge_names(entries: &[Entry], findings: &mut Findings) {
    for entry in entries {
        let place = || Some(Place::File(entry.name.clone()));
        if leads_out(&entry.name) {
            findings.refuse(
                "path-traversal",
                place(),
                "The name leads out of the folder that it will be unpacked into.".to_owned(),
                "Pack folders by names like cats/1.jpg, without .. and without a slash in front.",
            );
        }
        if entry.mode & UNIX_KIND == UNIX_LINK {
            findings.refuse(
                "symlink",
                place(),
                "This is a link to another file.".to_owned(),
                "Pack the files themselves.",
            );
        }
        if entry.is_encrypted {
            findings.refuse(
                "encrypted",
                place(),
                "This file is encrypted.".to_owned(),
                "Pack it without a password.",
            );
        }
    }
}

/// Whatever system unpacks it.
fn leads_out(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    let absolute = name.starts_with(['/', '\\']);
    let up = name.split(['/', '\\']).any(|part| part == "..");
    drive || absolute || up || name.contains(['\\', '\u{0}'])
}

/// What nobody put there on purpose.
fn is_litter(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    name.split('/').any(|part| part == "__MACOSX") || last.starts_with('.') || last == "Thumbs.db"
}

fn is_called_an_image(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, it)| it.to_ascii_lowercase());
    ending.is_some_and(|ending| IMAGES.contains(&ending.as_str()))
}

/// The class of an image by its folders, once what is common to all was taken away.
fn class_of<'a>(name: &'a str, common: &str) -> Option<&'a str> {
    let rest = name.strip_prefix(common).unwrap_or(name);
    let mut folders = rest.split('/');
    let first = folders.next()?;
    let second = folders.next()?;
    let is_split = SPLITS.contains(&first.to_ascii_lowercase().as_str());
    match folders.next() {
        Some(_) if is_split => Some(second),
        _ => Some(first),
    }
}

/// The one folder in which all images lie, if folders for classes lie below it.
fn common_folder(names: &[&str]) -> String {
    let Some((first, _)) = names.first().and_then(|name| name.split_once('/')) else {
        return String::new();
    };
    let common = format!("{first}/");
    let deeper = |name: &str| {
        name.strip_prefix(&common)
            .is_some_and(|it| it.contains('/'))
    };
    if names.iter().all(|name| deeper(name)) {
        common
    } else {
        String::new()
    }
}

fn look_at_images(
    file: &mut (impl Read + Seek),
    entries: &[Entry],
    mut findings: Findings,
) -> io::Result<Report> {
    let files = entries
        .iter()
        .filter(|it| !it.is_folder() && !is_litter(&it.name));
    let (images, others): (Vec<&Entry>, Vec<&Entry>) =
        files.partition(|it| is_called_an_image(&it.name));
    for other in &others {
        findings.warn(
            "not-an-image",
            Some(Place::File(other.name.clone())),
            "This file is no image and will not be used.".to_owned(),
            "Leave it out.",
        );
    }
    let names: Vec<&str> = images.iter().map(|it| it.name.as_str()).collect();
    let common = common_folder(&names);
    let mut classes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut preview = Vec::new();
    let mut rows = 0_u64;
    for image in &images {
        let Some(class) = class_of(&image.name, &common) else {
            findings.refuse(
                "image-without-class",
                Some(Place::File(image.name.clone())),
                "The image lies in no folder, so nobody knows its class.".to_owned(),
                "Put each image into a folder that is called like its class.",
            );
            continue;
        };
        let begin = directory::begin_of(file, image)?;
        match begin.map_or(Dimensions::None, |begin| dimensions(&begin)) {
            Dimensions::Of(width, height) if u64::from(width) * u64::from(height) <= PIXELS_MAX => {
                rows += 1;
                if preview.len() < PREVIEW_IMAGES {
                    let size = format!("{width} × {height}");
                    preview.push(vec![image.name.clone(), class.to_owned(), size]);
                }
                if classes.len() < CLASSES_MAX || classes.contains_key(class) {
                    *classes.entry(class).or_default() += 1;
                }
            }
            found => refuse_image(&mut findings, image, found),
        }
    }
    judge_classes(&mut findings, others.len(), rows, &classes);
    let shape = shape_of(rows, &classes);
    let format = Some(Format::ImageFolders);
    Ok(Report::of(format, shape, findings, preview))
}

fn refuse_image(findings: &mut Findings, image: &Entry, found: Dimensions) {
    let place = Some(Place::File(image.name.clone()));
    match found {
        Dimensions::Of(width, height) => findings.refuse(
            "image-too-large",
            place,
            Said::from(format!(
                "The image says that it has {width} × {height} pixels."
            ))
            .with("width", width)
            .with("height", height),
            "Make it smaller; a few hundred pixels a side are enough.",
        ),
        Dimensions::None => findings.refuse(
            "image-unreadable",
            place,
            "The file does not begin like an image.".to_owned(),
            "Send JPEG, PNG, GIF, BMP or WebP.",
        ),
    }
}

fn judge_classes(findings: &mut Findings, others: usize, rows: u64, classes: &BTreeMap<&str, u64>) {
    if rows == 0 && !findings.refuses() {
        let message = format!("There is no image in the archive, and {others} other files.");
        findings.refuse(
            "no-images",
            None,
            message,
            "Send a folder of images for each class; a table is sent as a plain CSV.",
        );
    } else if classes.len() == 1 {
        let class = classes.keys().next().copied().unwrap_or_default();
        findings.refuse(
            "one-class",
            None,
            format!("All images are of one class, {class:?}."),
            "Send images of at least two classes, each in a folder of its own.",
        );
    } else if classes.len() >= CLASSES_MAX {
        findings.refuse(
            "too-many-classes",
            None,
            "There are ten thousand folders or more.".to_owned(),
            "Put all images of a class into one folder.",
        );
    }
}

fn shape_of(rows: u64, classes: &BTreeMap<&str, u64>) -> Shape {
    let class = |(label, count): (&&str, &u64)| Class {
        label: (*label).to_owned(),
        count: *count,
    };
    let mut shown: Vec<Class> = classes.iter().map(class).collect();
    shown.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
    shown.truncate(CLASSES_SHOWN);
    Shape {
        rows,
        classes: shown,
        classes_total: u64::try_from(classes.len()).unwrap_or(u64::MAX),
        ..Shape::default()
    }
}

#[cfg(test)]
mod tests;
