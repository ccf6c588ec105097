//! The verifier that was written from the page alone agrees with us.

use crate::harness::{Bench, text, tool};
use crate::history;

const VERIFIER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/verify_log.py");

fn verify(lines: &[&str], seal: Option<&str>) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.jsonl");
    std::fs::write(&file, lines.concat()).unwrap();
    let seal_file = folder.path().join("seal.json");
    let mut arguments = vec![VERIFIER, text(&file)];
    if let Some(seal) = seal {
        std::fs::write(&seal_file, seal).unwrap();
        arguments.push(text(&seal_file));
    }
    let (success, out, err) = tool("python3", &arguments);
    (success, out + &err)
}

#[tokio::test]
async fn a_verifier_written_from_the_page_alone_passes_our_exports_and_no_altered_one() {
    let bench = Bench::new().await;
    history::record(&bench, 21, 300).await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let seal = bench
        .ask(&["seal", "--key", text(&key), "--generate"])
        .await
        .expect(0)
        .out;
    let export = bench.ask(&["export"]).await.expect(0).out;
    let lines: Vec<&str> = export.split_inclusive('\n').collect();
    let head = bench.log().head().await.unwrap();
    let (passes, told) = verify(&lines, Some(&seal));
    assert!(passes && told.contains(&head.hash.to_string()), "{told}");
    // The first event beyond the hundredth line that begins its stream.
    let at = (100..lines.len())
        .find(|at| lines[*at].contains("\"sequence\":1,"))
        .unwrap();
    let (before, line, after) = (&lines[..at], lines[at], &lines[at + 1..]);
    let position = format!("line {}: ", at + 1);
    let swapped = [before, &[after[0], line], &after[1..]].concat();
    let removed = [before, after].concat();
    let doubled = [before, &[line, line], after].concat();
    let next = format!("line {}: ", at + 2);
    for (lines, wanted) in [(swapped, &position), (removed, &position), (doubled, &next)] {
        let (passes, told) = verify(&lines, None);
        assert!(!passes && told.starts_with(wanted), "{told}");
    }
    for (field, other) in [
        ("\"sequence\":1", "\"sequence\":2"),
        ("\"payload\":\"{", "\"payload\":\"{ "),
        ("\"metadata\":\"{", "\"metadata\":\"{ "),
        ("\"recorded_at_micros\":1", "\"recorded_at_micros\":2"),
        ("\"effective_at_micros\":1", "\"effective_at_micros\":2"),
        ("\"event_type\":\"f", "\"event_type\":\"g"),
        ("\"hash\":\"", "\"other\":1,\"hash\":\""),
    ] {
        assert!(line.contains(field), "{field} {line}");
        let altered = line.replacen(field, other, 1);
        let (passes, told) = verify(&[before, &[&altered], after].concat(), None);
        assert!(!passes && told.starts_with(&position), "{field}: {told}");
    }
    let cut = &lines[..lines.len() - 1];
    assert!(!verify(cut, None).0);
    // A shorter log that is sound in itself is found by the seal alone.
    let shorter = bench.ask(&["export", "--until", "250"]).await.expect(0).out;
    let shorter: Vec<&str> = shorter.split_inclusive('\n').collect();
    assert!(verify(&shorter, None).0);
    let (passes, told) = verify(&shorter, Some(&seal));
    assert!(!passes && told.contains("sealed head"), "{told}");
    let later = bench.ask(&["export", "--from", "250"]).await.expect(0).out;
    assert!(verify(&[&later], None).0);
}
