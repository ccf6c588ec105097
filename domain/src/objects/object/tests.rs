//! What an object lets be done with it, state by state.

use chrono::TimeDelta;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};

use super::super::events::{ObjectKind, Usable};
use super::*;
use crate::users::examples::{ann, bob, minute};

fn opened() -> Opened {
    Opened {
        owner: ann(),
        kind: ObjectKind::Dataset,
        bytes: 10,
        part_bytes: 8,
        sha256: Some(digest()),
        under: None,
        expires_at: minute(60),
        at: minute(0),
    }
}

fn digest() -> Digest {
    Digest::new([1; 32])
}

fn inspected() -> Inspected {
    Inspected {
        verdict: Usable::Usable,
        format: Some("csv".to_owned()),
        findings: vec![],
        rows: 2,
        columns: 2,
        classes: 2,
        at: minute(2),
    }
}

fn given(events: &[ObjectEvent]) -> AggregateTestExecutor<Object> {
    TestFramework::<Object>::with(()).given(events.to_vec())
}

fn store(bytes: u64, sha256: Digest) -> ObjectCommand {
    let at = minute(1);
    ObjectCommand::Store { bytes, sha256, at }
}

fn remove(because: RemovedBecause) -> ObjectCommand {
    let at = minute(3);
    ObjectCommand::Remove { because, at }
}

fn stored() -> ObjectEvent {
    ObjectEvent::Stored {
        bytes: 10,
        sha256: digest(),
        at: minute(1),
    }
}

fn removed() -> ObjectEvent {
    ObjectEvent::Removed {
        because: RemovedBecause::Owner,
        at: minute(3),
    }
}

fn expired() -> ObjectEvent {
    ObjectEvent::Expired { at: minute(60) }
}

fn open() -> ObjectEvent {
    ObjectEvent::Opened(opened())
}

#[test]
fn an_object_is_opened_stored_inspected_and_removed() {
    given(&[])
        .when(ObjectCommand::Open(opened()))
        .then_expect_events(vec![open()]);
    given(&[open()])
        .when(store(10, digest()))
        .then_expect_events(vec![stored()]);
    given(&[open(), stored()])
        .when(ObjectCommand::Inspect(inspected()))
        .then_expect_events(vec![ObjectEvent::Inspected(inspected())]);
    for history in [vec![open()], vec![open(), stored()]] {
        given(&history)
            .when(remove(RemovedBecause::Owner))
            .then_expect_events(vec![removed()]);
    }
}

#[test]
fn doing_it_twice_is_doing_it_once() {
    let seen = ObjectEvent::Inspected(inspected());
    let whole = vec![open(), stored(), seen];
    let over = [whole.clone(), vec![removed()]].concat();
    for (history, command) in [
        (vec![open()], ObjectCommand::Open(opened())),
        (over.clone(), ObjectCommand::Open(opened())),
        (whole.clone(), store(10, digest())),
        (whole, ObjectCommand::Inspect(inspected())),
        (over.clone(), remove(RemovedBecause::Erased)),
        (over, ObjectCommand::Expire { at: minute(99) }),
        (vec![open(), expired()], remove(RemovedBecause::Erased)),
    ] {
        given(&history).when(command).then_expect_events(vec![]);
    }
}

#[test]
fn what_is_not_what_was_announced_is_not_stored() {
    let other = Digest::new([2; 32]);
    given(&[open()])
        .when(store(9, digest()))
        .then_expect_error(ObjectError::OtherBytes);
    given(&[open()])
        .when(store(10, other))
        .then_expect_error(ObjectError::OtherDigest);
    given(&[open(), stored()])
        .when(store(10, other))
        .then_expect_error(ObjectError::StoredOtherwise);
    let silent = Opened {
        sha256: None,
        ..opened()
    };
    given(&[ObjectEvent::Opened(silent)])
        .when(store(10, other))
        .then_expect_events(vec![ObjectEvent::Stored {
            bytes: 10,
            sha256: other,
            at: minute(1),
        }]);
}

#[test]
fn only_what_is_open_expires_and_not_before_its_time() {
    let expire = |at| ObjectCommand::Expire { at };
    let just_before = minute(60) - TimeDelta::microseconds(1);
    given(&[open()])
        .when(expire(just_before))
        .then_expect_error(ObjectError::NotYet);
    given(&[open()])
        .when(expire(minute(60)))
        .then_expect_events(vec![expired()]);
    given(&[open(), stored()])
        .when(expire(minute(60)))
        .then_expect_error(ObjectError::Complete);
}

#[test]
fn what_does_not_follow_is_refused() {
    let inspect = || ObjectCommand::Inspect(inspected());
    let document = Opened {
        kind: ObjectKind::Document,
        ..opened()
    };
    let of_bob = Opened {
        owner: bob(),
        ..opened()
    };
    for (history, command, refusal) in [
        (vec![], store(10, digest()), ObjectError::Absent),
        (vec![], inspect(), ObjectError::Absent),
        (vec![], remove(RemovedBecause::Owner), ObjectError::Absent),
        (vec![open()], inspect(), ObjectError::Incomplete),
        (
            vec![open()],
            ObjectCommand::Open(of_bob),
            ObjectError::OpenedOtherwise,
        ),
        (
            vec![ObjectEvent::Opened(document), stored()],
            inspect(),
            ObjectError::NotADataset,
        ),
        (
            vec![open(), removed()],
            store(10, digest()),
            ObjectError::Removed,
        ),
        (
            vec![open(), expired()],
            store(10, digest()),
            ObjectError::Expired,
        ),
        (vec![open(), expired()], inspect(), ObjectError::Expired),
    ] {
        given(&history).when(command).then_expect_error(refusal);
    }
}

#[test]
fn what_is_over_belongs_to_nobody() {
    let mut object = Object::default();
    assert_eq!(object.owner(), None);
    object.apply(open());
    assert_eq!(object.owner(), Some(ann()));
    object.apply(removed());
    assert_eq!(object.owner(), None);
    assert_eq!(object.opened(), Some(&opened()));
}
