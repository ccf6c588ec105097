//! The page on the formats is right: its examples are recomputed, field by field.

use std::collections::BTreeMap;

use chrono::DateTime;
use ed25519_dalek::SigningKey;
use replay::EXPORT_FORMAT;
use serde_json::{Value, json};
use store::{GENESIS, Hash, Head, Link, Seal};
use uuid::Uuid;

use crate::fact::Stated;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/LOG_FORMAT.md");

fn page() -> String {
    std::fs::read_to_string(PAGE).unwrap()
}

/// The fenced blocks of a language below a headline.
fn blocks(page: &str, headline: &str, language: &str) -> Vec<String> {
    let below = page.split_once(&format!("{headline}\n")).unwrap().1;
    let level = headline.split(' ').next().unwrap();
    let end = below.find(&format!("\n{level} ")).unwrap_or(below.len());
    below[..end]
        .split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix(&format!("{language}\n")))
        .map(str::to_owned)
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

fn link(event: &Value) -> Link<'_> {
    let text = |name: &str| event[name].as_str().unwrap();
    let number = |name: &str| event[name].as_i64().unwrap();
    let time = |name: &str| DateTime::from_timestamp_micros(number(name)).unwrap();
    Link {
        position: number("position"),
        event_id: Uuid::parse_str(text("event_id")).unwrap(),
        aggregate_type: text("aggregate_type"),
        aggregate_id: text("aggregate_id"),
        sequence: number("sequence"),
        event_type: text("event_type"),
        event_version: text("event_version"),
        payload: text("payload"),
        metadata: text("metadata"),
        recorded_at: time("recorded_at_micros"),
        effective_at: time("effective_at_micros"),
    }
}

/// The three events on the page, with all that the page says of them.
fn vectors() -> Vec<(Value, Vec<String>)> {
    let page = page();
    let vector = |number: i64| {
        let headline = format!("#### Vector {number}");
        // The next headline of a higher rank ends the last vector.
        let part = page.split_once("\n## The export").unwrap().0;
        let event = serde_json::from_str(&blocks(part, &headline, "json")[0]).unwrap();
        (event, blocks(part, &headline, "text"))
    };
    (1..=3).map(vector).collect()
}

#[test]
fn the_test_vectors_on_the_page_are_what_the_code_computes() {
    let mut previous = GENESIS;
    for (event, told) in vectors() {
        let [told_previous, told_bytes, told_hash] = told.try_into().unwrap();
        assert_eq!(told_previous.trim(), previous.to_string());
        let mut bytes = Vec::new();
        link(&event).write(&previous, &mut bytes);
        assert_eq!(
            told_bytes.split_whitespace().collect::<String>(),
            hex(&bytes)
        );
        previous = link(&event).hash(&previous);
        assert_eq!(told_hash.trim(), previous.to_string());
        assert_eq!(event["hash"], previous.to_string());
    }
}

#[test]
fn a_test_vector_whose_field_is_changed_no_longer_fits() {
    let (event, told) = vectors().remove(1);
    let previous = Hash::parse(told[0].trim()).unwrap();
    assert_eq!(link(&event).hash(&previous).to_string(), told[2].trim());
    let numbers = [
        "position",
        "sequence",
        "recorded_at_micros",
        "effective_at_micros",
    ];
    let texts = [
        "aggregate_type",
        "aggregate_id",
        "event_type",
        "event_version",
        "payload",
        "metadata",
    ];
    for name in numbers.into_iter().chain(texts) {
        let mut changed = event.clone();
        changed[name] = match &event[name] {
            Value::String(text) => json!(format!("{text} ")),
            number => json!(number.as_i64().unwrap() + 1),
        };
        assert_ne!(
            link(&changed).hash(&previous).to_string(),
            told[2].trim(),
            "{name}"
        );
    }
}

#[test]
fn the_first_and_last_line_on_the_page_fit_the_vectors() {
    let page = page();
    let lines = blocks(&page, "## The export", "json");
    let [header, answer, footer]: [Value; 3] =
        [0, 1, 2].map(|index| serde_json::from_str(&lines[index]).unwrap());
    assert_eq!(header["format"], EXPORT_FORMAT);
    assert_eq!(header["after_hash"], GENESIS.to_string());
    assert_eq!(footer["last_hash"], vectors()[2].0["hash"]);
    assert_eq!(answer["answer"]["fingerprint"].as_str().unwrap().len(), 64);
}

#[test]
fn the_seal_on_the_page_is_what_the_code_makes() {
    let page = page();
    let told = Seal::read(&blocks(&page, "## The seal", "json")[0]).unwrap();
    let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let key = SigningKey::from_bytes(&Hash::parse(secret).unwrap().0);
    let texts = blocks(&page, "## The seal", "text");
    assert_eq!(texts[0].trim(), hex(key.verifying_key().as_bytes()));
    let last = &vectors()[2].0;
    let head = Head {
        position: 3,
        epoch: 0,
        hash: Hash::parse(last["hash"].as_str().unwrap()).unwrap(),
        recorded_at: link(last).recorded_at,
    };
    assert_eq!(Seal::sign(&head, &key), told);
    told.verify(&key.verifying_key()).unwrap();
    let micros = head.recorded_at.timestamp_micros().to_be_bytes();
    let fields: [&[u8]; 4] = [
        b"trainnet.seal.v1",
        &3_i64.to_be_bytes(),
        &head.hash.0,
        &micros,
    ];
    let framed = fields.map(|field| {
        let length = u32::try_from(field.len()).unwrap().to_be_bytes();
        hex(&length) + &hex(field)
    });
    assert_eq!(texts[1].trim(), framed.concat());
}

/// An export with a sound chain of whatever is wanted, as somebody might make one up.
pub fn forged(facts: &[Stated]) -> Vec<String> {
    let mut previous = GENESIS;
    let header =
        json!({"format": EXPORT_FORMAT, "after_position": 0, "after_hash": GENESIS.to_string()});
    let mut lines = vec![header.to_string()];
    for (position, fact) in (1..).zip(facts) {
        let id = format!("forged-{position}");
        let payload = serde_json::to_string(fact).unwrap();
        let time = DateTime::from_timestamp_micros(crate::harness::START_MICROS).unwrap();
        let event_id = Uuid::from_u128(position);
        let position = i64::try_from(position).unwrap();
        let link = Link {
            position,
            event_id,
            aggregate_type: "fact",
            aggregate_id: &id,
            sequence: 1,
            event_type: "fact.stated",
            event_version: "1",
            payload: &payload,
            metadata: "{}",
            recorded_at: time,
            effective_at: time,
        };
        previous = link.hash(&previous);
        // Written by hand: the order of the keys belongs to the format.
        let text = |text: &str| serde_json::to_string(text).unwrap();
        let fields = [
            ("position", position.to_string()),
            ("event_id", text(&event_id.to_string())),
            ("aggregate_type", text("fact")),
            ("aggregate_id", text(&id)),
            ("sequence", "1".to_owned()),
            ("event_type", text("fact.stated")),
            ("event_version", text("1")),
            ("payload", text(&payload)),
            ("metadata", text("{}")),
            ("recorded_at_micros", time.timestamp_micros().to_string()),
            ("effective_at_micros", time.timestamp_micros().to_string()),
            ("hash", text(&previous.to_string())),
        ];
        let fields = fields.map(|(name, value)| format!("\"{name}\":{value}"));
        lines.push(format!("{{{}}}", fields.join(",")));
    }
    let footer = BTreeMap::from([
        ("last_position", json!(facts.len())),
        ("last_hash", json!(previous.to_string())),
        ("events", json!(facts.len())),
        ("answers", json!(0)),
    ]);
    lines.push(serde_json::to_string(&footer).unwrap());
    lines.into_iter().map(|line| line + "\n").collect()
}
