//! Workers that are killed at the worst moment lose no mail, and two workers send one.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::users::Locale;

use crate::sink::{Manner, Sink, Taken};
use crate::world::{World, kill, to};

#[tokio::test]
async fn killed_between_sending_and_recording_it_is_sent_again_under_the_same_name() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let user = world.register("anna@mail.example", Locale::English).await;
    sink.behave(Manner::TakeAndWait);
    let worker = world.work(to(&sink));
    sink.until_taken(1).await;
    kill(worker).await;
    assert_eq!(world.mail_of(user).await.status, "waiting");

    sink.behave(Manner::Accept);
    let successor = world.work(to(&sink));
    let taken = sink.until_taken(2).await;
    world.until_recorded("mail.sent", 1).await;
    kill(successor).await;
    assert_eq!(taken[0].message_id(), taken[1].message_id());
    // Not only in name: it is the same message.
    assert_eq!(taken[0].message, taken[1].message);
    assert_eq!(world.mail_of(user).await.status, "sent");
    assert_eq!(world.count("mail.sent").await, 1);
}

#[tokio::test]
async fn a_server_that_took_the_mail_and_hung_up_gets_it_again_under_the_same_name() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let user = world.register("anna@mail.example", Locale::English).await;
    world.follow().await;
    let mut sender = world.sender(to(&sink));
    sink.behave(Manner::TakeAndDrop);
    world.round(&mut sender).await;
    assert_eq!(world.mail_of(user).await.status, "waiting");
    sink.behave(Manner::Accept);
    world.hands.advance(TimeDelta::minutes(1));
    world.round(&mut sender).await;
    let taken = sink.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].message_id(), taken[1].message_id());
}

#[tokio::test]
async fn killed_between_intent_and_sending_it_is_sent_by_the_next() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let user = world.register("anna@mail.example", Locale::English).await;
    sink.behave(Manner::Hang);
    let worker = world.work(to(&sink));
    // It has begun to speak to the server, and has said nothing yet.
    sink.until_greeted(1).await;
    kill(worker).await;
    assert_eq!(world.count("mail.intended").await, 1);
    assert_eq!(sink.taken().len(), 0);

    sink.behave(Manner::Accept);
    let successor = world.work(to(&sink));
    sink.until_taken(1).await;
    world.until_recorded("mail.sent", 1).await;
    kill(successor).await;
    assert_eq!(world.mail_of(user).await.status, "sent");
}

#[tokio::test]
async fn while_one_sender_is_at_a_mail_no_other_touches_it() {
    let (world, sink) = (World::new().await, Sink::start().await);
    world.register("anna@mail.example", Locale::English).await;
    world.follow().await;
    sink.behave(Manner::TakeAndWait);
    let mut first = world.sender(to(&sink));
    let sending = tokio::spawn(async move { first.round().await.unwrap() });
    sink.until_taken(1).await;

    let mut second = world.sender(to(&sink));
    let round = world.round(&mut second).await;
    assert_eq!((round.due, round.recorded), (1, 0));
    sink.behave(Manner::Accept);
    assert_eq!(sending.await.unwrap().recorded, 1);
    assert_eq!(world.round(&mut second).await.due, 0);
    assert_eq!(sink.taken().len(), 1);
}

#[tokio::test]
async fn two_workers_at_once_send_each_mail_once() {
    const PEOPLE: usize = 40;
    let (world, sink) = (World::new().await, Sink::start().await);
    let workers = [world.work(to(&sink)), world.work(to(&sink))];
    for number in 0..PEOPLE {
        let email = format!("person{number}@mail.example");
        world.register(&email, Locale::English).await;
    }
    world
        .until_recorded("mail.sent", PEOPLE.try_into().unwrap())
        .await;
    for worker in workers {
        kill(worker).await;
    }
    let taken = sink.taken();
    let names: BTreeSet<String> = taken.iter().map(Taken::message_id).collect();
    assert_eq!((taken.len(), names.len()), (PEOPLE, PEOPLE));
}

#[tokio::test]
async fn tables_that_are_behind_do_not_send_a_mail_twice() {
    let (world, sink) = (World::new().await, Sink::start().await);
    world.register("anna@mail.example", Locale::English).await;
    world.follow().await;
    world.folding.abort();
    let mut sender = world.sender(to(&sink));
    let first = sender.round().await.unwrap();
    assert_eq!((first.due, first.recorded), (1, 1));
    // The tables still show it as due; the mail's own stream knows better.
    let second = sender.round().await.unwrap();
    assert_eq!((second.due, second.recorded), (1, 0));
    assert_eq!(sink.taken().len(), 1);
}

#[tokio::test]
async fn a_worker_that_is_asked_to_end_records_what_it_has_just_sent() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let user = world.register("anna@mail.example", Locale::English).await;
    sink.behave(Manner::TakeAndWait);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = world.work_until(to(&sink), async { drop(stopped.await) });
    sink.until_taken(1).await;
    stop.send(()).unwrap();
    sink.behave(Manner::Accept);
    worker.await.unwrap();
    assert_eq!(world.mail_of(user).await.status, "sent");
}
