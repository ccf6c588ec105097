//! CIFAR-10 as it is handed around, and what only calls itself so.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::inspect::Verdict;

fn look(bytes: &[u8]) -> Report {
    crate::inspect(&mut Cursor::new(bytes)).unwrap()
}

fn records_of(labels: &[u8]) -> Vec<u8> {
    let record = |label: &u8| {
        let mut record = vec![*label];
        record.resize(RECORD_BYTES, 0);
        record
    };
    labels.iter().flat_map(record).collect()
}

/// As the first Python that wrote them did: an array is reconstructed and told its bytes.
fn pickled_of(labels: &[u8], images: usize) -> Vec<u8> {
    let pixels = images * 3_072;
    let mut bytes = b"\x80\x02}q\x01(U\x04dataq\x02".to_vec();
    bytes.extend_from_slice(b"cnumpy.core.multiarray\n_reconstruct\nq\x03");
    bytes.extend_from_slice(
        b"cnumpy\nndarray\nq\x04K\x00\x85U\x01b\x87Rq\x05(K\x01K\x02M\x00\x0c\x86",
    );
    bytes.extend_from_slice(b"cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87Rq\x07(K\x03U\x01|NNN");
    bytes.extend_from_slice(b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T");
    bytes.extend_from_slice(&u32::try_from(pixels).unwrap().to_le_bytes());
    bytes.resize(bytes.len() + pixels, 7);
    bytes.extend_from_slice(b"tbU\x06labelsq\x08]q\x09(");
    for label in labels {
        bytes.extend_from_slice(&[b'K', *label]);
    }
    bytes.extend_from_slice(b"eU\x0bbatch_labelq\x0aU\x05firstu.");
    bytes
}

fn packed_of(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for (name, bytes) in files {
        let mut header = [0; BLOCK_BYTES];
        header[..name.len()].copy_from_slice(name.as_bytes());
        let size = format!("{:011o}\u{0}", bytes.len());
        header[124..136].copy_from_slice(size.as_bytes());
        header[156] = b'0';
        encoder.write_all(&header).unwrap();
        encoder.write_all(bytes).unwrap();
        let padding = bytes.len().next_multiple_of(BLOCK_BYTES) - bytes.len();
        encoder.write_all(&vec![0; padding]).unwrap();
    }
    encoder.write_all(&[0; 2 * BLOCK_BYTES]).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn batches_are_known_however_they_are_packed() {
    let (labels, format) = ([3, 5, 3], Format::Cifar10Binary);
    let packed = packed_of(&[
        ("cifar/readme.html", b"<p>".to_vec()),
        ("cifar/data_batch_1.bin", records_of(&labels[..2])),
        ("cifar/test_batch.bin", records_of(&labels[2..])),
    ]);
    let pickled = pickled_of(&labels, 3);
    let of_pickled = packed_of(&[("cifar/data_batch_1", pickled.clone())]);
    for (bytes, format) in [
        (records_of(&labels), format),
        (packed, format),
        (pickled, Format::Cifar10Python),
        (of_pickled, Format::Cifar10Python),
    ] {
        let report = look(&bytes);
        assert_eq!(report.verdict, Verdict::Usable, "{report:?}");
        assert_eq!(report.format, Some(format));
        assert_eq!(report.shape.rows, 3);
        let classes = report.shape.classes.iter();
        let classes: Vec<_> = classes.map(|it| (&*it.label, it.count)).collect();
        assert_eq!(classes, [("cat", 2), ("dog", 1)]);
    }
}

#[track_caller]
fn refused_for(bytes: &[u8], code: &str) {
    let report = look(bytes);
    assert_eq!(report.verdict, Verdict::Refused, "{report:?}");
    assert_eq!(report.refusal().unwrap().code, code, "{report:?}");
}

#[test]
fn what_only_calls_itself_a_batch_is_refused() {
    refused_for(&pickled_of(&[3, 5], 3), "batch-broken");
    refused_for(&pickled_of(&[3, 50], 2), "batch-broken");
    refused_for(&pickled_of(&[3, 3], 2), "one-class");
    refused_for(&records_of(&[4, 4]), "one-class");
    let cut = packed_of(&[("data_batch_1.bin", records_of(&[1, 2])[..5_000].to_vec())]);
    refused_for(&cut, "batch-broken");
    refused_for(&packed_of(&[("a.txt", b"hello".to_vec())]), "no-batches");
    let whole = packed_of(&[("data_batch_1", pickled_of(&[3, 5], 2))]);
    refused_for(&whole[..whole.len() / 2], "archive-broken");
    refused_for(b"\x1f\x8bnothing of the kind", "archive-broken");
    let bomb = packed_of(&[("a.txt", vec![0; 4 << 20])]);
    refused_for(&bomb, "archive-bomb");
}

#[test]
fn nothing_that_a_pickle_asks_for_is_done() {
    let call = b"\x80\x02cos\nsystem\nU\x09touch /x \x85R.";
    let report = look(call);
    let refusal = report.refusal().unwrap();
    assert_eq!(refusal.code, "batch-broken");
    assert!(
        refusal.message.contains("asks for something"),
        "{refusal:?}"
    );
    // Named in the newer way, and hidden in a batch that is otherwise good.
    let newer = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x8c\x01x\x85R.";
    refused_for(newer, "batch-broken");
    let mut hidden = pickled_of(&[3, 5], 2);
    let end = hidden.len() - 1;
    hidden.splice(end.., *b"cbuiltins\neval\n0.");
    refused_for(&hidden, "batch-broken");
}

#[test]
fn a_pickle_that_is_broken_anywhere_breaks_nothing() {
    let whole = pickled_of(&[3, 5], 1);
    for place in (0..400).chain(whole.len() - 60..whole.len()) {
        for change in [0x01, 0x20, 0xFF] {
            let mut changed = whole.clone();
            if let Some(byte) = changed.get_mut(place) {
                *byte ^= change;
            }
            look(&changed);
        }
        look(&whole[..place.min(whole.len())]);
    }
}
