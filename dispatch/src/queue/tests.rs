//! Turns between customers, lines within them, and what a machine is not given.

use std::sync::Arc;

use domain::work::{Excluded, ObjectId};

use super::*;
use crate::examples::{id, later, needs, now, offer, provider, rate, unit, usd, waiting};

fn take(queue: &mut Queue, offer: &Offer) -> Option<(UnitId, Because)> {
    let pick = queue.choose(&[(0, offer)], now(), |_| false)?;
    queue.take(pick.unit, pick.because)?;
    Some((pick.unit, pick.because))
}

/// So many units of each customer, the first customer's all before the second's.
fn crowd(customers: u128, units: i64) -> Queue {
    let mut queue = Queue::default();
    for customer in 1..=customers {
        for number in 0..units {
            let number = i64::try_from(customer).unwrap() * 10_000 + number;
            queue.insert(unit(number), waiting(customer, number));
        }
    }
    queue
}

fn customer_of(unit: UnitId) -> u128 {
    unit.uuid().as_u128() / 10_000
}

#[test]
fn a_customer_with_a_thousand_units_does_not_keep_one_with_ten_waiting() {
    let mut queue = crowd(1, 1_000);
    for number in 20_000..20_010 {
        queue.insert(unit(number), waiting(2, number));
    }
    let given: Vec<u128> = (0..24)
        .map(|_| customer_of(take(&mut queue, &offer(9)).unwrap().0))
        .collect();
    let second = given.iter().filter(|customer| **customer == 2).count();
    assert_eq!(second, 10, "{given:?}");
}

#[test]
fn who_weighs_twice_as_much_is_given_twice_as_much() {
    let mut queue = Queue::default();
    for number in 0..600 {
        let customer = u128::try_from(number % 2).unwrap() + 1;
        let mut one = waiting(customer, number);
        one.weight = if customer == 1 { 2 } else { 1 };
        let number = i64::try_from(customer).unwrap() * 10_000 + number;
        queue.insert(unit(number), Waiting { number, ..one });
    }
    let given: Vec<u128> = (0..300)
        .map(|_| customer_of(take(&mut queue, &offer(9)).unwrap().0))
        .collect();
    let first = given.iter().filter(|customer| **customer == 1).count();
    assert!((195..=215).contains(&first), "{first}");
}

#[test]
fn who_comes_anew_neither_pays_for_the_past_nor_profits_by_it() {
    let mut queue = crowd(1, 1_000);
    for _ in 0..500 {
        take(&mut queue, &offer(9)).unwrap();
    }
    for number in 20_000..20_100 {
        queue.insert(unit(number), waiting(2, number));
    }
    let given: Vec<u128> = (0..100)
        .map(|_| customer_of(take(&mut queue, &offer(9)).unwrap().0))
        .collect();
    let second = given.iter().filter(|customer| **customer == 2).count();
    assert!((40..=52).contains(&second), "{second}");
}

#[test]
fn a_line_goes_in_the_order_in_which_it_came() {
    let mut queue = crowd(1, 50);
    let given: Vec<UnitId> = (0..50)
        .map(|_| take(&mut queue, &offer(9)).unwrap().0)
        .collect();
    assert!(given.is_sorted());
    assert!(queue.is_empty());
    assert_eq!(take(&mut queue, &offer(9)), None);
}

#[test]
fn what_waits_longest_goes_first_every_so_often() {
    // Its customer has had far more than the other, whose units keep coming.
    let mut queue = Queue::default();
    queue.insert(unit(1), waiting(1, 1));
    queue.charge(id(1), u64::MAX / 2);
    for number in 2..100 {
        queue.insert(unit(number), waiting(2, number));
    }
    let turns: Vec<(UnitId, Because)> = (0..9)
        .map(|_| take(&mut queue, &offer(9)).unwrap())
        .collect();
    assert_eq!(turns[8], (unit(1), Because::LongestWaiting));
    assert!(
        turns[..8]
            .iter()
            .all(|(_, because)| *because == Because::Turn)
    );
}

#[test]
fn a_machine_is_given_only_what_fits_it() {
    let mut queue = Queue::default();
    let other = Waiting {
        needs: Arc::new(needs("distilbert")),
        ..waiting(1, 1)
    };
    queue.insert(unit(1), other);
    assert_eq!(take(&mut queue, &offer(9)), None);
    let poor = Waiting {
        budget: usd(1),
        ..waiting(1, 2)
    };
    queue.insert(unit(2), poor);
    assert_eq!(take(&mut queue, &offer(9)), None);
    let excluded = Waiting {
        excluded: vec![Excluded {
            machine: id(9),
            until: Some(later(60)),
        }],
        ..waiting(1, 3)
    };
    queue.insert(unit(3), excluded);
    assert_eq!(take(&mut queue, &offer(9)), None);
    assert!(
        queue
            .choose(&[(0, &offer(9))], later(60), |_| false)
            .is_some()
    );
    assert_eq!(take(&mut queue, &offer(8)).unwrap().0, unit(3));
    assert_eq!(queue.len(), 2);
}

#[test]
fn nobody_is_given_their_own_however_long_their_line_is() {
    let mut queue = Queue::default();
    for number in 1..500 {
        let own = Waiting {
            customer: provider(9),
            ..waiting(1, number)
        };
        queue.insert(unit(number), own);
    }
    queue.insert(unit(500), waiting(2, 500));
    assert_eq!(take(&mut queue, &offer(9)).unwrap().0, unit(500));
    assert_eq!(take(&mut queue, &offer(9)), None);
    assert_eq!(take(&mut queue, &offer(8)).unwrap().0, unit(1));
}

#[test]
fn a_unit_whose_files_are_there_goes_before_its_neighbours() {
    let mut queue = crowd(1, 20);
    let number = 10_005;
    let near = Waiting {
        objects: vec![id(77)],
        ..waiting(1, number)
    };
    queue.insert(unit(number), near);
    let has = |file: &ObjectId| *file == id(77);
    let pick = queue.choose(&[(0, &offer(9))], now(), has).unwrap();
    assert_eq!(pick.unit, unit(number));
    let far = 10_015;
    queue.remove(unit(number));
    let distant = Waiting {
        objects: vec![id(77)],
        ..waiting(1, far)
    };
    queue.insert(unit(far), distant);
    let pick = queue.choose(&[(0, &offer(9))], now(), has).unwrap();
    assert_eq!(pick.unit, unit(10_000));
}

#[test]
fn the_slot_that_fits_is_named() {
    let mut queue = Queue::default();
    queue.insert(unit(1), waiting(1, 1));
    let other = Offer {
        runtimes: vec!["distilbert".to_owned()],
        ..offer(9)
    };
    let pick = queue.choose(&[(3, &other), (5, &offer(9))], now(), |_| false);
    assert_eq!(pick.unwrap().slot, 5);
}

#[test]
fn what_is_taken_out_leaves_nothing_behind() {
    let mut queue = crowd(3, 10);
    let dear = Waiting {
        needs: Arc::new(Needs {
            rate_max: Some(rate("0.10")),
            ..needs("tabular")
        }),
        ..waiting(1, 5)
    };
    queue.insert(unit(5), dear);
    assert_eq!(queue.line(unit(30_009)).unwrap().ahead, 29);
    let all: Vec<UnitId> = queue.places.keys().copied().collect();
    for unit in all {
        assert!(queue.remove(unit).is_some());
        assert!(queue.remove(unit).is_none());
    }
    assert!(queue.classes.is_empty() && queue.by_needs.is_empty());
    assert!(queue.customers.values().all(|it| it.waiting.is_empty()));
}
