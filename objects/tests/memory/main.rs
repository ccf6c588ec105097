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
