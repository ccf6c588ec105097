//! Archives as people pack them, and as somebody who means ill would.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::super::image::tests::png_of;
use super::*;
use crate::inspect::Verdict;

/// A file in an archive to be.
struct File {
    name: String,
    bytes: Vec<u8>,
    mode: u32,
    flags: u16,
    /// Instead of what is true.
    unpacked: Option<u32>,
}

fn file(name: &str, bytes: Vec<u8>) -> File {
    File {
        name: name.to_owned(),
        bytes,
        mode: 0o100_644,
        flags: 0,
        unpacked: None,
    }
}

fn image(name: &str) -> File {
    file(name, png_of(32, 32))
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn archive(files: &[File]) -> Vec<u8> {
    let (mut whole, mut directory) = (Vec::new(), Vec::new());
    let two = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
    let four = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    for file in files {
        let (offset, bytes) = (whole.len(), packed(&file.bytes));
        let unpacked = file
            .unpacked
            .map_or(four(file.bytes.len()), u32::to_le_bytes);
        let common = [
            &20_u16.to_le_bytes()[..],
            &file.flags.to_le_bytes(),
            &8_u16.to_le_bytes(),
            &[0; 8],
            &four(bytes.len()),
            &unpacked,
            &two(file.name.len()),
            &two(0),
        ]
        .concat();
        whole.extend_from_slice(b"PK\x03\x04");
        whole.extend_from_slice(&common);
        whole.extend_from_slice(file.name.as_bytes());
        whole.extend_from_slice(&bytes);
        directory.extend_from_slice(b"PK\x01\x02\x14\x03");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 6]);
        directory.extend_from_slice(&(file.mode << 16).to_le_bytes());
        directory.extend_from_slice(&four(offset));
        directory.extend_from_slice(file.name.as_bytes());
    }
    let offset = whole.len();
    whole.extend_from_slice(&directory);
    whole.extend_from_slice(b"PK\x05\x06\x00\x00\x00\x00");
    whole.extend_from_slice(&two(files.len()));
    whole.extend_from_slice(&two(files.len()));
    whole.extend_from_slice(&four(directory.len()));
    whole.extend_from_slice(&four(offset));
    whole.extend_from_slice(&two(0));
    whole
}

fn look(bytes: &[u8]) -> Report {
    crate::inspect(&mut Cursor::new(bytes)).unwrap()
}

#[track_caller]
fn refused_for(files: &[File], code: &str, name: Option<&str>) {
    let report = look(&archive(files));
    assert_eq!(report.verdict, Verdict::Refused, "{report:?}");
    let refusal = report.refusal().unwrap();
    let found = (refusal.code.as_ref(), refusal.file.as_deref());
    assert_eq!(found, (code, name));
}

fn cats_and_dogs() -> Vec<File> {
    ["cats/1.png", "cats/2.PNG", "dogs/1.png"].map(image).into()
}

#[test]
fn a_folder_for_each_class_is_usable_however_deep_the_folders_lie() {
    for prefix in ["", "pets/", "train/", "pets/train/"] {
        let mut files: Vec<File> = cats_and_dogs();
        files.push(file("cats/", vec![]));
        files.push(file("__MACOSX/cats/._1.png", b"litter".to_vec()));
        for file in &mut files {
            file.name = format!("{prefix}{}", file.name);
        }
        let report = look(&archive(&files));
        assert_eq!(report.verdict, Verdict::Usable, "{prefix}: {report:?}");
        assert_eq!(report.format, Some(Format::ImageFolders));
        assert_eq!(report.shape.rows, 3);
        let classes = report.shape.classes.iter();
        let classes: Vec<_> = classes.map(|it| (&*it.label, it.count)).collect();
        assert_eq!(classes, [("cats", 2), ("dogs", 1)], "{prefix}");
        assert_eq!(report.preview[0][1..], ["cats", "32 × 32"]);
    }
}

#[test]
fn what_is_wrong_with_images_is_named_by_file() {
    let with = |other: File| {
        let mut files = cats_and_dogs();
        files.push(other);
        files
    };
    let broken = file("dogs/2.png", b"not an image".to_vec());
    refused_for(&with(broken), "image-unreadable", Some("dogs/2.png"));
    let huge = file("dogs/2.png", png_of(100_000, 100_000));
    refused_for(&with(huge), "image-too-large", Some("dogs/2.png"));
    refused_for(&with(image("3.png")), "image-without-class", Some("3.png"));
    let cats = [image("cats/1.png"), image("cats/2.png")];
    refused_for(&cats, "one-class", None);
    refused_for(
        &[file("a/readme.txt", b"hello".to_vec())],
        "no-images",
        None,
    );
    let report = look(&archive(&with(file("cats/notes.txt", b"hello".to_vec()))));
    assert_eq!(report.verdict, Verdict::Usable);
    assert_eq!(report.findings[0].code, "not-an-image");
    let workbook = look(&archive(&[file("xl/workbook.xml", b"<x/>".to_vec())]));
    assert_eq!(workbook.refusal().unwrap().code, "binary");
}

#[test]
fn names_that_lead_out_and_links_are_refused() {
    for name in [
        "../cats/1.png",
        "cats/../../1.png",
        "/etc/1.png",
        "cats\\1.png",
        "C:/1.png",
        "cats/1.png\u{0}.txt",
    ] {
        let mut files = cats_and_dogs();
        files.push(image(name));
        refused_for(&files, "path-traversal", Some(name));
    }
    let mut files = cats_and_dogs();
    files[1].mode = 0o120_777;
    refused_for(&files, "symlink", Some("cats/2.PNG"));
    files[1].mode = 0o100_644;
    files[1].flags = 1;
    refused_for(&files, "encrypted", Some("cats/2.PNG"));
}

#[test]
fn a_bomb_is_refused_without_being_unpacked() {
    let mut files = cats_and_dogs();
    files.push(file("dogs/2.png", vec![0; 16 * 1024 * 1024]));
    refused_for(&files, "zip-bomb", Some("dogs/2.png"));
    // It says so itself, whether or not it is true.
    let mut files = cats_and_dogs();
    files[0].unpacked = Some(u32::MAX - 1);
    refused_for(&files, "zip-bomb", Some("cats/1.png"));
    // Many entries for the same bytes.
    let mut bytes = archive(&cats_and_dogs());
    let first = bytes.windows(4).position(|it| it == b"PK\x01\x02").unwrap();
    let packed = u32::try_from(bytes.len()).unwrap() - 10;
    bytes[first + 20..first + 24].copy_from_slice(&packed.to_le_bytes());
    assert_eq!(look(&bytes).refusal().unwrap().code, "zip-bomb");
}

#[test]
fn an_archive_that_is_broken_anywhere_breaks_nothing() {
    let whole = archive(&cats_and_dogs());
    for end in 4..whole.len() {
        let report = look(&whole[..end]);
        assert_eq!(report.refusal().unwrap().code, "zip-broken", "{end}");
    }
    for place in 4..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 0xFF;
        look(&changed);
    }
}

#[test]
fn a_local_name_that_is_another_is_not_believed() {
    let mut bytes = archive(&cats_and_dogs());
    let mut windows = bytes.windows(10);
    let local = windows.position(|it| it == b"cats/1.png").unwrap();
    bytes[local + 5] = b'9';
    let report = look(&bytes);
    let refusal = report.refusal().unwrap();
    assert_eq!(refusal.code, "image-unreadable");
    assert_eq!(refusal.file.as_deref(), Some("cats/1.png"));
}
