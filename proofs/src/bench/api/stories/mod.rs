//! What people and machines do, and how often.

mod account;
pub mod data;
mod looking;
pub mod machine;
mod newcomer;
mod openai;
pub mod orders;
pub mod payments;
mod provider;
mod sessions;
mod staff;

use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::walker::Walker;
use crate::dice::Dice;

type Tell = for<'a> fn(&'a mut Walker) -> BoxFuture<'a, Result<()>>;

/// What happens, and how many times in each round: people look far more often than they change
/// anything, and passwords are asked for rarely.
const STORIES: &[(usize, Tell)] = &[
    (16, |it| looking::dashboard(it).boxed()),
    (8, |it| looking::account(it).boxed()),
    (10, |it| looking::job(it).boxed()),
    (10, |it| looking::money(it).boxed()),
    (6, |it| looking::door(it).boxed()),
    (6, |it| looking::machines(it).boxed()),
    (8, |it| looking::stranger(it).boxed()),
    (8, |it| looking::staff(it).boxed()),
    (8, |it| sessions::refresh(it).boxed()),
    (1, |it| sessions::elsewhere(it).boxed()),
    (1, |it| sessions::browser(it).boxed()),
    (1, |it| newcomer::newcomer(it).boxed()),
    (1, |it| account::password(it).boxed()),
    (1, |it| account::second_factor(it).boxed()),
    (1, |it| account::mailbox(it).boxed()),
    (1, |it| data::datasets(it).boxed()),
    (1, |it| data::uploads(it).boxed()),
    (1, |it| orders::from_the_wallet(it).boxed()),
    (1, |it| orders::by_card(it).boxed()),
    (1, |it| orders::in_vain(it).boxed()),
    (1, |it| orders::on_bad_data(it).boxed()),
    (1, |it| payments::topping_up(it).boxed()),
    (1, |it| openai::files(it).boxed()),
    (1, |it| openai::uploads(it).boxed()),
    (1, |it| openai::jobs(it).boxed()),
    (1, |it| provider::machine(it).boxed()),
    (1, |it| staff::people(it).boxed()),
    (1, |it| staff::services(it).boxed()),
    (1, |it| staff::machines(it).boxed()),
];

/// Stories in a thrown order: in each round every one comes as often as it should.
#[derive(Debug)]
pub struct Deck(Mutex<(Dice, Vec<usize>)>);

impl Deck {
    pub const fn seeded(seed: u64) -> Self {
        Self(Mutex::new((Dice::seeded(seed), Vec::new())))
    }

    /// Which story comes next.
    fn draw(&self) -> usize {
        let mut deck = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (dice, cards) = &mut *deck;
        if cards.is_empty() {
            for (story, (times, _)) in STORIES.iter().enumerate() {
                cards.extend(std::iter::repeat_n(story, *times));
            }
        }
        let card = dice.below(cards.len());
        cards.swap_remove(card)
    }

    /// Has somebody go through one.
    pub async fn tell(&self, walker: &mut Walker) -> Result<()> {
        let (_, tell) = STORIES[self.draw()];
        walker.forget();
        tell(walker).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_each_round_every_story_comes_as_often_as_it_should() {
        let deck = Deck::seeded(1);
        for _ in 0..2 {
            let mut counted = vec![0; STORIES.len()];
            for _ in 0..STORIES.iter().map(|(times, _)| times).sum() {
                counted[deck.draw()] += 1;
            }
            let wanted: Vec<usize> = STORIES.iter().map(|(times, _)| *times).collect();
            assert_eq!(counted, wanted);
        }
    }
}
