//! What a machine takes and refuses, state by state.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};

use super::*;
use crate::servers::examples::{enrolled, hardware, price, runtimes};
use crate::servers::hardware::HardwareError;
use crate::users::examples::{ann, bob, digest, minute, reason};

fn given(events: Vec<MachineEvent>) -> AggregateTestExecutor<Machine> {
    TestFramework::<Machine>::with(()).given(events)
}

fn begun() -> MachineEvent {
    MachineEvent::Enrolled(Box::new(enrolled()))
}

fn enrol(enrolled: Enrolled) -> MachineCommand {
    MachineCommand::Enrol(Box::new(enrolled))
}

fn verified() -> MachineEvent {
    MachineEvent::Verified {
        provider: ann(),
        by: bob(),
        reason: reason(),
        at: minute(1),
    }
}

fn retired() -> MachineEvent {
    MachineEvent::Retired {
        by: ann(),
        at: minute(9),
    }
}

fn describe(gpus: u8) -> MachineCommand {
    MachineCommand::Describe {
        hardware: Some(hardware(gpus)),
        isolation: None,
        runtimes: None,
        agent_version: None,
        at: minute(2),
    }
}

fn described(gpus: u8) -> MachineEvent {
    MachineEvent::Described {
        hardware: hardware(gpus),
        isolation: enrolled().isolation,
        runtimes: enrolled().runtimes,
        agent_version: enrolled().agent_version,
        at: minute(2),
    }
}

fn offer(hourly: Option<&str>, region: Option<&str>, drained: Option<bool>) -> MachineCommand {
    MachineCommand::Offer {
        hourly: hourly.map(price),
        region: region.map(|region| region.parse().unwrap()),
        drained,
        because: DrainedBecause::Provider,
        by: ann(),
        at: minute(3),
    }
}

fn rotate(generation: u32) -> MachineCommand {
    MachineCommand::RotateSecret {
        generation,
        secret: digest(u8::try_from(generation).unwrap() + 1),
        by: ann(),
        at: minute(4),
    }
}

fn rotated(generation: u32) -> MachineEvent {
    MachineEvent::SecretRotated {
        generation,
        secret: digest(u8::try_from(generation).unwrap() + 1),
        by: ann(),
        at: minute(4),
    }
}

#[test]
fn a_machine_is_enrolled_once() {
    given(vec![])
        .when(enrol(enrolled()))
        .then_expect_events(vec![begun()]);
    given(vec![begun()])
        .when(enrol(enrolled()))
        .then_expect_events(vec![]);
    let mut other = enrolled();
    other.hourly = price("0.30");
    given(vec![begun()])
        .when(enrol(other))
        .then_expect_error(MachineError::EnrolledOtherwise);
    given(vec![])
        .when(describe(1))
        .then_expect_error(MachineError::NotEnrolled);
}

#[test]
fn enrolling_again_stays_one_enrolment_whatever_changed_since() {
    let cheaper = MachineEvent::Priced {
        hourly: price("0.10"),
        by: ann(),
        at: minute(1),
    };
    given(vec![begun(), cheaper, rotated(1)])
        .when(enrol(enrolled()))
        .then_expect_events(vec![]);
}

#[test]
fn a_machine_of_nonsense_is_neither_enrolled_nor_described() {
    let mut nonsense = enrolled();
    nonsense.hardware.cpu_cores = 0;
    given(vec![])
        .when(enrol(nonsense.clone()))
        .then_expect_error(MachineError::Hardware(HardwareError::Cores));
    let described = MachineCommand::Describe {
        hardware: Some(nonsense.hardware),
        isolation: None,
        runtimes: None,
        agent_version: None,
        at: minute(2),
    };
    given(vec![begun()])
        .when(described)
        .then_expect_error(MachineError::Hardware(HardwareError::Cores));
}

#[test]
fn what_a_machine_says_again_is_nothing_new() {
    given(vec![begun()])
        .when(describe(1))
        .then_expect_events(vec![]);
    given(vec![begun()])
        .when(describe(2))
        .then_expect_events(vec![described(2)]);
    given(vec![begun(), described(2)])
        .when(describe(2))
        .then_expect_events(vec![]);
}

#[test]
fn a_machine_with_other_hardware_has_to_be_verified_again() {
    let unverified = MachineEvent::Unverified {
        provider: ann(),
        why: UnverifiedBecause::DescribedOtherwise,
        at: minute(2),
    };
    given(vec![begun(), verified()])
        .when(describe(2))
        .then_expect_events(vec![described(2), unverified]);
    let more = MachineCommand::Describe {
        hardware: None,
        isolation: None,
        runtimes: Some(runtimes(&["tabular", "distilbert"])),
        agent_version: None,
        at: minute(2),
    };
    let with_more = MachineEvent::Described {
        hardware: hardware(1),
        isolation: enrolled().isolation,
        runtimes: runtimes(&["tabular", "distilbert"]),
        agent_version: enrolled().agent_version,
        at: minute(2),
    };
    given(vec![begun(), verified()])
        .when(more)
        .then_expect_events(vec![with_more]);
}

#[test]
fn terms_change_one_by_one_and_only_where_they_differ() {
    given(vec![begun()])
        .when(offer(Some("0.20"), None, Some(false)))
        .then_expect_events(vec![]);
    let (by, at) = (ann(), minute(3));
    let all = vec![
        MachineEvent::Priced {
            hourly: price("0.35"),
            by,
            at,
        },
        MachineEvent::Placed {
            region: "eu-north".parse().unwrap(),
            by,
            at,
        },
        MachineEvent::Drained {
            because: DrainedBecause::Provider,
            by,
            at,
        },
    ];
    given(vec![begun()])
        .when(offer(Some("0.35"), Some("eu-north"), Some(true)))
        .then_expect_events(all.clone());
    let history = [vec![begun()], all].concat();
    given(history.clone())
        .when(offer(Some("0.35"), Some("eu-north"), Some(true)))
        .then_expect_events(vec![]);
    given(history)
        .when(offer(None, None, Some(false)))
        .then_expect_events(vec![MachineEvent::Undrained { by, at }]);
}

#[test]
fn staff_verify_machines_of_others() {
    let verify = |by| MachineCommand::Verify {
        by,
        reason: reason(),
        at: minute(1),
    };
    given(vec![begun()])
        .when(verify(bob()))
        .then_expect_events(vec![verified()]);
    given(vec![begun(), verified()])
        .when(verify(bob()))
        .then_expect_events(vec![]);
    given(vec![begun()])
        .when(verify(ann()))
        .then_expect_error(MachineError::Own);
    let unverify = MachineCommand::Unverify {
        by: bob(),
        reason: reason(),
        at: minute(2),
    };
    let why = UnverifiedBecause::Staff {
        by: bob(),
        reason: reason(),
    };
    given(vec![begun()])
        .when(unverify.clone())
        .then_expect_events(vec![]);
    given(vec![begun(), verified()])
        .when(unverify)
        .then_expect_events(vec![MachineEvent::Unverified {
            provider: ann(),
            why,
            at: minute(2),
        }]);
}

#[test]
fn a_secret_gives_way_to_the_next_and_to_no_other() {
    given(vec![begun()])
        .when(rotate(1))
        .then_expect_events(vec![rotated(1)]);
    given(vec![begun(), rotated(1)])
        .when(rotate(1))
        .then_expect_events(vec![]);
    for generation in [0, 2] {
        let refused = MachineCommand::RotateSecret {
            generation,
            secret: digest(9),
            by: ann(),
            at: minute(4),
        };
        given(vec![begun()])
            .when(refused)
            .then_expect_error(MachineError::SecretChanged);
    }
}

#[test]
fn a_retired_machine_is_nobody_any_more() {
    let retire = MachineCommand::Retire {
        by: ann(),
        at: minute(9),
    };
    given(vec![begun()])
        .when(retire.clone())
        .then_expect_events(vec![retired()]);
    let history = vec![begun(), retired()];
    given(history.clone())
        .when(retire)
        .then_expect_events(vec![]);
    for command in [
        describe(2),
        rotate(1),
        offer(Some("1"), None, None),
        enrol(enrolled()),
    ] {
        given(history.clone())
            .when(command)
            .then_expect_error(MachineError::Retired);
    }
    let mut machine = Machine::default();
    for event in history {
        machine.apply(event);
    }
    assert_eq!((machine.member(), machine.provider()), (None, Some(ann())));
}
