//! Pulling, waiting and giving back, with time and machines made up.

use std::sync::Arc;

use domain::work::{Because, Excluded};
use tokio::sync::oneshot;

use super::*;
use crate::examples::{id, later, machine, machine_id, now, offer, rate, unit, waiting};

fn waits(pulled: Pulled) -> (u64, oneshot::Receiver<Box<Assigned>>) {
    match pulled {
        Pulled::Waits(number, receiver) => (number, receiver),
        Pulled::Assigned(assigned) => panic!("{assigned:?}"),
    }
}

fn assigned(pulled: Pulled) -> Assigned {
    match pulled {
        Pulled::Assigned(assigned) => *assigned,
        Pulled::Waits(..) => panic!("nothing was assigned"),
    }
}

#[test]
fn a_unit_that_comes_goes_to_the_machine_where_it_costs_the_least() {
    let mut board = Board::default();
    let dear = Arc::new(machine(1));
    let mut cheap = machine(2);
    cheap.slots[0].rate = rate("0.18");
    let cheap = Arc::new(cheap);
    let (_, mut first) = waits(board.pull(&dear, now()));
    let (_, mut second) = waits(board.pull(&cheap, now()));
    board.enqueue(unit(1), waiting(1, 1), now());
    let given = second.try_recv().unwrap();
    assert_eq!(given.unit, unit(1));
    assert_eq!(given.decision.candidates, 2);
    assert_eq!(given.decision.because, Because::Cheapest);
    assert!(first.try_recv().is_err());
    board.enqueue(unit(2), waiting(1, 2), now());
    let given = first.try_recv().unwrap();
    assert_eq!(
        (given.unit, given.decision.because),
        (unit(2), Because::OnlyOne)
    );
}

#[test]
fn a_slot_holds_one_unit_at_a_time() {
    let mut board = Board::default();
    let mut two = machine(1);
    two.slots.push(offer(1));
    let two = Arc::new(two);
    for number in 1..=3 {
        board.enqueue(unit(number), waiting(1, number), now());
    }
    let slots: Vec<u32> = (0..2)
        .map(|_| assigned(board.pull(&two, now())).slot)
        .collect();
    assert_eq!(slots, [0, 1]);
    let (_, mut third) = waits(board.pull(&two, now()));
    board.forget(unit(1));
    board.match_again(now());
    assert_eq!(third.try_recv().unwrap().unit, unit(3));
}

#[test]
fn what_could_not_be_leased_waits_as_before() {
    let mut board = Board::default();
    let one = Arc::new(machine(1));
    board.enqueue(unit(1), waiting(1, 1), now());
    let first = assigned(board.pull(&one, now()));
    assert!(board.queue.is_empty());
    board.give_back(&first);
    assert_eq!(board.queue.len(), 1);
    let again = assigned(board.pull(&one, now()));
    // The slot turned out to be somebody else's: another try has to wait.
    board.block(&again, now());
    let (_, mut third) = waits(board.pull(&one, now()));
    board.match_again(later(1));
    assert!(third.try_recv().is_err());
    board.match_again(later(2));
    assert_eq!(third.try_recv().unwrap().unit, unit(1));
}

#[test]
fn who_went_away_while_waiting_is_given_nothing() {
    let mut board = Board::default();
    let one = Arc::new(machine(1));
    let (_, gone) = waits(board.pull(&one, now()));
    drop(gone);
    let two = Arc::new(machine(2));
    let (_, mut there) = waits(board.pull(&two, now()));
    board.enqueue(unit(1), waiting(1, 1), now());
    assert_eq!(there.try_recv().unwrap().unit, unit(1));
    assert_eq!(board.pullers.len(), 0);
    assert!(board.is_free(machine_id(1), 0, now()));
}

#[test]
fn an_exclusion_that_runs_out_is_noticed_while_the_machine_waits() {
    let mut board = Board::default();
    let one = Arc::new(machine(1));
    let (_, mut there) = waits(board.pull(&one, now()));
    let mut excluded = waiting(1, 1);
    excluded.excluded.push(Excluded {
        machine: id(1),
        until: Some(later(60)),
    });
    board.enqueue(unit(1), excluded, now());
    board.match_again(later(59));
    assert!(there.try_recv().is_err());
    board.match_again(later(60));
    assert_eq!(there.try_recv().unwrap().unit, unit(1));
}

#[test]
fn a_unit_that_somebody_else_took_stays_aside() {
    let mut board = Board::default();
    let one = Arc::new(machine(1));
    board.enqueue(unit(1), waiting(1, 1), now());
    let first = assigned(board.pull(&one, now()));
    board.set_aside(&first);
    let (_, mut there) = waits(board.pull(&one, now()));
    board.match_again(later(5));
    assert!(there.try_recv().is_err());
    assert!(board.is_free(machine_id(1), 0, now()));
    assert!(board.waiting(unit(1)).is_some());
}
