//! Every event version ever written has a sample, and every sample still means what it meant.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cqrs_es::{Aggregate, DomainEvent};
use domain::demonstration::{Deposit, Earning, Order, Payout};
use domain::jobs::Job;
use domain::mails::Mail;
use domain::objects::{Object, ObjectKind};
use domain::payments::Payment;
use domain::servers::{JoinToken, Machine};
use domain::users::{ApiKey, Kyc, Session, User};
use domain::work::Unit;
use ledger::{Claim, Effects, Posting};
use serde::de::{DeserializeOwned, Visitor, value};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::Value;

/// One file of `docs/events`: the stored event, and what it moves and claims for ever.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    aggregate_type: String,
    event_type: String,
    event_version: String,
    payload: Value,
    postings: Vec<Posting>,
    claims: Vec<String>,
}

/// What today's code makes of a stored payload.
struct Read {
    event_type: String,
    event_version: String,
    written_again: Value,
    postings: Vec<Posting>,
    claims: Vec<String>,
}

struct Kind {
    aggregate_type: &'static str,
    event_types: &'static [&'static str],
    read: fn(&Value) -> Result<Read, String>,
}

/// Every aggregate of every slice.
fn kinds() -> Vec<Kind> {
    vec![
        kind::<Deposit>(),
        kind::<Order>(),
        kind::<Earning>(),
        kind::<Payout>(),
        kind::<User>(),
        kind::<Session>(),
        kind::<ApiKey>(),
        kind::<Kyc>(),
        kind::<Mail>(),
        kind::<Job>(),
        kind::<Payment>(),
        kind::<JoinToken>(),
        kind::<Machine>(),
        kind::<Unit>(),
        kind::<Object>(),
    ]
}

fn kind<A>() -> Kind
where
    A: Aggregate,
    A::Event: Effects,
{
    Kind {
        aggregate_type: A::TYPE,
        event_types: names::<A::Event>(),
        read: read::<A::Event>,
    }
}

fn read<E: DomainEvent + Effects>(payload: &Value) -> Result<Read, String> {
    let event: E = serde_json::from_value(payload.clone()).map_err(|error| error.to_string())?;
    let claim = |claim: Claim| match claim {
        Claim::Take(name) => format!("take {name}"),
        Claim::Release(name) => format!("release {name}"),
    };
    Ok(Read {
        event_type: event.event_type(),
        event_version: event.event_version(),
        written_again: serde_json::to_value(&event).map_err(|error| error.to_string())?,
        postings: event.postings().map_err(|error| error.to_string())?,
        claims: event.claims().into_iter().map(claim).collect(),
    })
}

/// The names under which an enum is stored, as serde itself has them.
fn names<E: DeserializeOwned>() -> &'static [&'static str] {
    struct Asked<'a>(&'a mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for Asked<'_> {
        type Error = value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
            Err(serde::de::Error::custom("an event is an enum"))
        }

        fn deserialize_enum<V: Visitor<'de>>(
            self,
            _: &'static str,
            variants: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, value::Error> {
            *self.0 = variants;
            Err(serde::de::Error::custom("only its names were asked for"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
        }
    }

    let mut names: &'static [&'static str] = &[];
    assert!(E::deserialize(Asked(&mut names)).is_err());
    names
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events")
}

fn samples() -> Vec<Sample> {
    let files = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut samples = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let sample: Sample = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        // One of several of an event says behind its version what it shows.
        let begins = format!("{}.v{}.", sample.event_type, sample.event_version);
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(&begins), "{name}");
        samples.push(sample);
    }
    samples
}

/// Reads a sample with today's code and says what has changed.
fn check(sample: &Sample) -> Result<Read, String> {
    let kind = kinds()
        .into_iter()
        .find(|kind| kind.aggregate_type == sample.aggregate_type);
    let kind = kind.ok_or("no aggregate has this stored name")?;
    let read = (kind.read)(&sample.payload)?;
    if read.event_type != sample.event_type {
        return Err(format!("it reads as {}", read.event_type));
    }
    if read.event_version == sample.event_version && read.written_again != sample.payload {
        return Err(format!("it would be written as {}", read.written_again));
    }
    if read.postings != sample.postings {
        return Err(format!(
            "it moves {}",
            serde_json::to_string(&read.postings).unwrap()
        ));
    }
    if read.claims != sample.claims {
        return Err(format!("it claims {:?}", read.claims));
    }
    Ok(read)
}

#[test]
fn every_sample_still_means_what_it_meant() {
    for sample in samples() {
        let name = format!("{} version {}", sample.event_type, sample.event_version);
        check(&sample).unwrap_or_else(|changed| panic!("{name}: {changed}"));
    }
}

#[test]
fn every_event_has_a_sample_of_the_version_that_is_written_today() {
    let current: BTreeSet<String> = samples()
        .iter()
        .filter(|sample| check(sample).is_ok_and(|read| read.event_version == sample.event_version))
        .map(|sample| sample.event_type.clone())
        .collect();
    let written: BTreeSet<String> = kinds()
        .iter()
        .flat_map(|kind| kind.event_types.iter().map(|name| (*name).to_owned()))
        .collect();
    assert!(!written.is_empty());
    assert_eq!(current, written);
}

#[test]
fn an_object_of_every_kind_has_a_sample() {
    let opened = samples()
        .into_iter()
        .filter(|sample| sample.event_type == "object.opened");
    let kinds: BTreeSet<String> = opened
        .filter_map(|sample| Some(sample.payload["object.opened"]["kind"].as_str()?.to_owned()))
        .collect();
    let known = names::<ObjectKind>().iter().map(|name| (*name).to_owned());
    assert_eq!(kinds, known.collect());
}

#[test]
fn stored_names_begin_with_the_name_of_their_aggregate() {
    for kind in kinds() {
        for name in kind.event_types {
            let rest = name
                .strip_prefix(kind.aggregate_type)
                .and_then(|r| r.strip_prefix('.'));
            assert!(rest.is_some_and(|rest| !rest.is_empty()), "{name}");
        }
    }
}

#[test]
fn a_sample_that_means_something_else_is_noticed() {
    let sample = samples()
        .into_iter()
        .find(|s| s.event_type.ends_with(".captured"))
        .unwrap();
    let refusal = |change: fn(&mut Sample)| {
        let mut changed = sample.clone();
        change(&mut changed);
        check(&changed).err()
    };
    assert_eq!(refusal(|_| {}), None);
    let moved = refusal(|sample| {
        sample.postings.pop();
    });
    assert!(moved.unwrap().starts_with("it moves "));
    let claimed = refusal(|sample| sample.claims.push("take gpu/1".to_owned()));
    assert!(claimed.unwrap().starts_with("it claims "));
    let renamed = refusal(|sample| sample.event_type.push('x'));
    assert!(renamed.unwrap().starts_with("it reads as "));
    let unknown = refusal(|sample| sample.payload = serde_json::json!({ "no-such.event": {} }));
    assert!(unknown.unwrap().contains("unknown variant"));
    assert!(refusal(|sample| sample.aggregate_type.push('x')).is_some());
}
