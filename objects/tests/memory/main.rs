//! How much memory it takes to look into what is larger than memory, or says that it is.
//!
//! A program of its own, where one thing happens at a time: what others take would be counted in.

#![expect(clippy::unwrap_used, reason = "the whole binary is a test")]

use std::io::{Cursor, Read, Seek, SeekFrom, Write as _};
use std::sync::{Mutex, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;
use objects::{Report, inspect};

const MEBIBYTE: u64 = 1024 * 1024;

fn kibibytes(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    let number = line.split_whitespace().nth(1).unwrap();
    number.parse().unwrap()
}

/// One look at a time.
static TURN: Mutex<()> = Mutex::new(());

/// What came of it, and by how many bytes this process grew at its largest meanwhile.
fn growth(look: impl FnOnce() -> Report) -> (Report, u64) {
    // From now on the largest is what is largest from now on.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = kibibytes("VmRSS:");
    let report = look();
    let largest = kibibytes("VmHWM:");
    (report, largest.saturating_sub(before) * 1024)
}

/// A file that is made while it is read: a beginning, and a piece of text again and again.
struct Made {
    begin: Vec<u8>,
    piece: fn(u64) -> String,
    bytes: u64,
    place: u64,
    number: u64,
    left_over: Vec<u8>,
}

impl Made {
    fn of(begin: &str, piece: fn(u64) -> String, bytes: u64) -> Self {
        Self {
            begin: begin.as_bytes().to_vec(),
            piece,
            bytes,
            place: 0,
            number: 0,
            left_over: begin.as_bytes().to_vec(),
        }
    }
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.place >= self.bytes {
            return Ok(0);
        }
        while self.left_over.len() < buffer.len() {
            self.left_over
                .extend((self.piece)(self.number).into_bytes());
            self.number += 1;
        }
        let rest: Vec<u8> = self.left_over.split_off(buffer.len());
        buffer.copy_from_slice(&self.left_over);
        self.left_over = rest;
        self.place += u64::try_from(buffer.len()).unwrap();
        Ok(buffer.len())
    }
}

impl Seek for Made {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        match to {
            SeekFrom::Start(0) => {
                self.place = 0;
                self.number = 0;
                self.left_over = self.begin.clone();
            }
            SeekFrom::End(0) => self.place = self.bytes,
            _ => unreachable!("nobody asks for it"),
        }
        Ok(self.place)
    }
}

#[test]
fn a_large_table_of_which_no_two_cells_are_alike_takes_little() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let row = |number: u64| {
        let class = number % 7;
        format!("{number},something that only row {number} of all of them says,{class}\n")
    };
    let mut file = Made::of("id,text,label\n", row, 24 * MEBIBYTE);
    let (report, grew) = growth(|| inspect(&mut file).unwrap());
    assert!(report.shape.rows > 250_000, "{}", report.shape.rows);
    assert_eq!(report.shape.label_column.as_deref(), Some("label"));
    assert!(grew < 16 * MEBIBYTE, "{grew}");
}

#[test]
fn a_table_of_two_thousand_columns_takes_no_more_than_is_set_aside_for_it() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let names: Vec<String> = (0..1_900).map(|it| format!("c{it}")).collect();
    let header = format!("{}\n", names.join(","));
    let row = |number: u64| {
        let cells: Vec<String> = (0..1_900)
            .map(|it| format!("{}", number * 1_900 + it))
            .collect();
        format!("{}\n", cells.join(","))
    };
    let mut file = Made::of(&header, row, 6 * MEBIBYTE);
    let (report, grew) = growth(|| inspect(&mut file).unwrap());
    assert_eq!(report.shape.columns.len(), 1_900);
    assert!(grew < 96 * MEBIBYTE, "{grew}");
}

#[test]
fn a_line_of_200_megabytes_takes_as_much_as_one_of_a_mebibyte() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut file = Made::of("text,label\n", |_| "x".repeat(4096), 200 * MEBIBYTE);
    let (report, grew) = growth(|| inspect(&mut file).unwrap());
    assert_eq!(report.refusal().unwrap().code, "line-too-long");
    assert!(grew < 8 * MEBIBYTE, "{grew}");
}

#[test]
fn a_quote_that_is_never_closed_takes_a_few_mebibytes() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut file = Made::of(
        "text,label\n\"",
        |_| "some text\n".repeat(100),
        200 * MEBIBYTE,
    );
    let (report, grew) = growth(|| inspect(&mut file).unwrap());
    assert_eq!(report.refusal().unwrap().code, "quote-unclosed");
    assert!(grew < 16 * MEBIBYTE, "{grew}");
}

#[test]
fn what_would_become_a_thousand_times_as_large_takes_little() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..64 {
        encoder.write_all(&zeros).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let (report, grew) = growth(|| inspect(&mut Cursor::new(&bomb)).unwrap());
    assert!(report.refusal().is_some(), "{report:?}");
    assert!(grew < 8 * MEBIBYTE, "{grew}");
}

/// The beginning of a picture of 32 by 32, which is all that is looked at.
const PICTURE: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x20\x08\x02\0\0\0\xfc\x18\xed\xa3";

/// An archive of so many pictures that are not packed, under names as long as these.
fn archive(pictures: u32, name: impl Fn(u32) -> String) -> Vec<u8> {
    let size = u32::try_from(PICTURE.len()).unwrap().to_le_bytes();
    let (mut whole, mut directory) = (Vec::new(), Vec::new());
    for number in 0..pictures {
        let name = name(number);
        let offset = u32::try_from(whole.len()).unwrap().to_le_bytes();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let common = [
            &20_u16.to_le_bytes()[..],
            &[0; 12],
            &size,
            &size,
            &length,
            &[0; 2],
        ]
        .concat();
        whole.extend([b"PK\x03\x04", &common[..], name.as_bytes(), PICTURE].concat());
        directory.extend([b"PK\x01\x02\x14\x03", &common[..], &[0; 10], &offset].concat());
        directory.extend(name.as_bytes());
    }
    let (start, bytes) = (whole.len(), directory.len());
    let four = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    whole.extend(directory);
    // So many do not fit into the old field; its own end says so, and where the new one is.
    let end = whole.len();
    whole.extend(
        [
            &b"PK\x06\x06"[..],
            &44_u64.to_le_bytes(),
            &[45, 3, 45, 0],
            &[0; 8],
        ]
        .concat(),
    );
    for number in [u64::from(pictures); 2] {
        whole.extend(number.to_le_bytes());
    }
    for number in [bytes, start] {
        whole.extend(u64::try_from(number).unwrap().to_le_bytes());
    }
    whole.extend([&b"PK\x06\x07"[..], &[0; 4]].concat());
    whole.extend(u64::try_from(end).unwrap().to_le_bytes());
    whole.extend(1_u32.to_le_bytes());
    whole.extend([&b"PK\x05\x06"[..], &[0; 4], &[0xff; 4]].concat());
    whole.extend([four(bytes), four(start)].concat());
    whole.extend([0; 2]);
    whole
}

#[test]
fn an_archive_of_almost_as_many_pictures_as_it_may_have_takes_little_more_than_their_names() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let long = "x".repeat(100);
    let name = |number: u32| format!("all/class-{}/{long}-{number}.png", number % 20);
    let archive = archive(190_000, name);
    let (report, grew) = growth(|| inspect(&mut Cursor::new(&archive)).unwrap());
    assert_eq!(report.refusal().map(|it| &it.code), None);
    assert_eq!(
        (report.shape.rows, report.shape.classes.len()),
        (190_000, 20)
    );
    assert!(grew < 96 * MEBIBYTE, "{grew}");
}

#[test]
fn an_archive_that_has_more_names_than_that_is_refused_before_they_are_kept() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let archive = archive(260_000, |number| format!("a/{number}.png"));
    let (report, grew) = growth(|| inspect(&mut Cursor::new(&archive)).unwrap());
    assert_eq!(report.refusal().unwrap().code, "zip-too-many");
    assert!(grew < 8 * MEBIBYTE, "{grew}");
}

#[test]
fn a_pickle_that_piles_up_lists_takes_no_more_than_its_pile_may_hold() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for piling in [
        &b"]"[..],
        b"]\x94",
        b"}\x94",
        b"(",
        b"X\x08\0\0\0textmore\x94",
    ] {
        let mut pickle = b"\x80\x04".to_vec();
        pickle.extend(piling.repeat(3_000_000));
        let (report, grew) = growth(|| inspect(&mut Cursor::new(&pickle)).unwrap());
        assert!(report.refusal().is_some(), "{report:?}");
        assert!(grew < 160 * MEBIBYTE, "{grew} by {piling:?}");
    }
}
