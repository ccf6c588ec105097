//! A registration leads to one mail, in the user's language, with a link that opens.

use std::time::Duration;

use chrono::TimeDelta;
use domain::mails::{ATTEMPTS_MAX, BACKOFF_MAX};
use domain::users::kept::{EMAIL, new_email, old_email};
use domain::users::{
    Address, ChallengeId, Locale, Proof, Purpose, Redemption, UserCommand, UserId,
};
use projections::mails::{self, Cursor};
use store::ids;

use crate::sink::{Manner, Sink};
use crate::world::{PATIENCE, World, challenge_key, kill, to};

#[tokio::test]
async fn a_registration_leads_to_one_mail_in_the_users_language() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let worker = world.work(to(&sink));
    let anna = world.register("anna@mail.example", Locale::Russian).await;
    let ben = world.register("ben@mail.example", Locale::English).await;
    let taken = sink.until_taken(2).await;
    world.until_recorded("mail.sent", 2).await;
    kill(worker).await;

    for (email, subject) in [
        ("anna@mail.example", "Подтвердите адрес почты"),
        ("ben@mail.example", "Confirm your e-mail address"),
    ] {
        let mail = taken.iter().find(|mail| mail.to == [email]).unwrap();
        assert_eq!(mail.from, "no-reply@mail.example");
        assert_eq!(mail.subject(), subject);
    }
    for user in [anna, ben] {
        let mail = world.mail_of(user).await;
        assert_eq!((mail.status.as_str(), mail.attempts), ("sent", 1));
    }
    // Whoever forgets how far they came asks for all of it again, and nothing comes of it.
    sqlx::query("update reaction_checkpoints set position = 0")
        .execute(&world.root)
        .await
        .unwrap();
    world.follow().await;
    let mut sender = world.sender(to(&sink));
    assert_eq!(world.round(&mut sender).await.due, 0);
    assert_eq!(world.count("mail.intended").await, 2);
    assert_eq!(sink.taken().len(), 2);
}

#[tokio::test]
async fn the_link_and_the_code_of_a_mail_answer_its_challenge() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let user = world.register("anna@mail.example", Locale::English).await;
    world.follow().await;
    world.round(&mut world.sender(to(&sink))).await;
    let mails = sink.taken();
    let parsed = mails[0].parsed();
    let (text, page) = (parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap());

    let link = "https://trainnet.example/confirm#";
    let token = text.split(link).nth(1).unwrap().lines().next().unwrap();
    let (whose, challenge) = challenge_key().open(token.trim()).unwrap();
    assert_eq!(whose, user);
    let code = challenge_key().code(challenge);
    assert!(text.contains(&code) && page.contains(&code));
    assert!(page.contains(&format!("href=\"{link}{}\"", token.trim())));
}

#[tokio::test]
async fn a_new_address_is_proven_where_it_is() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let mut sender = world.sender(to(&sink));
    let user = world.register("old@mail.example", Locale::English).await;
    world.follow().await;
    world.round(&mut sender).await;

    confirm(&world, user, &sink).await;
    let challenge = ChallengeId::new(ids::fresh());
    let (subject, field) = (user.to_string(), new_email(challenge));
    let put = world.vault.put(&subject, &field, "new@mail.example");
    put.await.unwrap();
    let issue = UserCommand::Issue {
        challenge,
        purpose: Purpose::ChangeAddress {
            to: Address::new([9; 32]),
        },
        at: world.hands.now(),
    };
    world.ask(user, issue).await;
    world.follow().await;
    world.round(&mut sender).await;
    let last = sink.taken().pop().unwrap();
    assert_eq!(last.to, ["new@mail.example"]);
    assert!(
        last.text()
            .contains("https://trainnet.example/change-address#")
    );
}

/// Answers the change with its link, as the API does.
async fn change_address(world: &World, user: UserId, old: &str) -> ChallengeId {
    let challenge = ChallengeId::new(ids::fresh());
    let to = Address::new([9; 32]);
    let purpose = Purpose::ChangeAddress { to };
    let at = world.hands.now();
    let issue = UserCommand::Issue {
        challenge,
        purpose,
        at,
    };
    world.ask(user, issue).await;
    let redeem = UserCommand::Redeem {
        challenge,
        proof: Proof::Link,
        redemption: Redemption::ChangeAddress,
        at,
    };
    let subject = user.to_string();
    for (field, address) in [
        (new_email(challenge), "new@mail.example"),
        (old_email(challenge), old),
        (EMAIL.to_owned(), "new@mail.example"),
    ] {
        world.vault.put(&subject, &field, address).await.unwrap();
    }
    world.ask(user, redeem).await;
    challenge
}

#[tokio::test]
async fn the_old_mailbox_hears_of_the_new_address_and_is_then_forgotten() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let user = world.register("old@mail.example", Locale::English).await;
    let change = change_address(&world, user, "old@mail.example").await;
    world.follow().await;
    let (subject, field) = (user.to_string(), old_email(change));
    let kept = async || world.vault.get(&subject, &field).await.unwrap();
    let mut sender = world.sender(to(&sink));
    sink.behave(Manner::RefuseMail(451));
    world.round(&mut sender).await;
    // It is tried again, so the address is still needed.
    assert_eq!(kept().await.as_deref(), Some("old@mail.example"));
    sink.behave(Manner::Accept);
    world.hands.advance(TimeDelta::minutes(1));
    world.round(&mut sender).await;
    assert_eq!(kept().await, None);

    let taken = sink.taken();
    let told: Vec<_> = taken
        .iter()
        .filter(|mail| mail.to == ["old@mail.example"])
        .collect();
    assert_eq!(told.len(), 1);
    let text = told[0].text();
    let links: Vec<&str> = text.lines().filter(|line| line.contains("://")).collect();
    assert_eq!(links, ["https://trainnet.example/recover"]);
    assert!(!text.contains("new@mail.example"), "{text}");
    assert!(!text.contains(&challenge_key().code(change)), "{text}");
}

#[tokio::test]
async fn an_old_mailbox_that_takes_nothing_is_forgotten_when_it_is_given_up() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let user = world.register("old@mail.example", Locale::Russian).await;
    let change = change_address(&world, user, "old@mail.example").await;
    world.follow().await;
    sink.behave(Manner::RefuseRecipient(550));
    let mut sender = world.sender(to(&sink));
    for _ in 0..ATTEMPTS_MAX {
        world.round(&mut sender).await;
        world.hands.advance(BACKOFF_MAX);
    }
    let dead = mails::dead(world.log.pool(), Cursor::START, 10)
        .await
        .unwrap();
    let told = dead.iter().find(|mail| mail.template == "address-changed");
    assert_eq!(told.unwrap().reason.as_deref(), Some("refused"));
    let kept = world.vault.all(&user.to_string()).await.unwrap();
    assert!(!kept.contains_key(&old_email(change)));
    assert!(kept.contains_key(EMAIL));
}

async fn confirm(world: &World, user: UserId, sink: &Sink) {
    let text = sink.taken()[0].text();
    let token = text.split("/confirm#").nth(1).unwrap();
    let (_, challenge) = challenge_key()
        .open(token.lines().next().unwrap().trim())
        .unwrap();
    let redeem = UserCommand::Redeem {
        challenge,
        proof: Proof::Link,
        redemption: Redemption::Confirm,
        at: world.hands.now(),
    };
    world.ask(user, redeem).await;
}

#[tokio::test]
async fn a_server_that_is_down_gets_the_mail_when_it_is_up_and_the_pause_is_over() {
    let (world, mut sink) = (World::new().await, Sink::start().await);
    let mut sender = world.sender(to(&sink));
    let user = world.register("anna@mail.example", Locale::English).await;
    world.follow().await;
    sink.close().await;
    assert_eq!(world.round(&mut sender).await.recorded, 1);
    let mail = world.mail_of(user).await;
    assert_eq!((mail.status.as_str(), mail.attempts), ("waiting", 1));
    assert_eq!(mail.reason.as_deref(), Some("unreachable"));
    let pause = mail.next_at - world.hands.now();
    assert_eq!(pause, TimeDelta::minutes(1));

    sink.open().await;
    world.hands.advance(pause - TimeDelta::microseconds(1));
    assert_eq!(world.round(&mut sender).await.due, 0);
    world.hands.advance(TimeDelta::microseconds(1));
    assert_eq!(world.round(&mut sender).await.recorded, 1);
    assert_eq!(sink.taken().len(), 1);
    let mail = world.mail_of(user).await;
    assert_eq!((mail.status.as_str(), mail.attempts), ("sent", 2));
}

#[tokio::test]
async fn a_server_that_never_answers_is_left_after_a_while() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let mut settings = to(&sink);
    settings.delivery_time_max = Duration::from_millis(100);
    let user = world.register("anna@mail.example", Locale::English).await;
    world.follow().await;
    sink.behave(Manner::Hang);
    let mut sender = world.sender(settings);
    let round = tokio::time::timeout(PATIENCE, world.round(&mut sender));
    round.await.expect("nobody waits longer than that");
    let mail = world.mail_of(user).await;
    assert_eq!(mail.reason.as_deref(), Some("timed-out"));
    assert_eq!((mail.status.as_str(), mail.attempts), ("waiting", 1));
}

#[tokio::test]
async fn a_refusal_is_remembered_for_now_or_for_good_in_the_same_way() {
    for manner in [Manner::RefuseMail(451), Manner::RefuseRecipient(550)] {
        let (world, sink) = (World::new().await, Sink::start().await);
        let user = world.register("anna@mail.example", Locale::English).await;
        world.follow().await;
        sink.behave(manner);
        let mut sender = world.sender(to(&sink));
        world.round(&mut sender).await;
        let mail = world.mail_of(user).await;
        assert_eq!(mail.reason.as_deref(), Some("refused"), "{manner:?}");
        assert_eq!(mail.status, "waiting");
        sink.behave(Manner::Accept);
        world.hands.advance(TimeDelta::minutes(1));
        world.round(&mut sender).await;
        assert_eq!(world.mail_of(user).await.status, "sent");
    }
}

#[tokio::test]
async fn what_expired_while_nobody_sent_is_not_asked_for() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let user = world.register("anna@mail.example", Locale::English).await;
    world.follow().await;
    world.hands.advance(TimeDelta::hours(24));
    let mut sender = world.sender(to(&sink));
    assert_eq!(world.round(&mut sender).await.recorded, 1);
    let mail = world.mail_of(user).await;
    assert_eq!((mail.status.as_str(), mail.attempts), ("withdrawn", 0));
    assert_eq!(mail.reason.as_deref(), Some("expired"));
    assert_eq!(world.round(&mut sender).await.due, 0);
    assert_eq!(sink.taken().len(), 0);
}

#[tokio::test]
async fn whoever_was_appointed_is_asked_for_nothing() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let user = world.appoint("admin@mail.example").await;
    world.follow().await;
    let mut sender = world.sender(to(&sink));
    world.round(&mut sender).await;
    let mail = world.mail_of(user).await;
    assert_eq!(mail.status, "withdrawn");
    assert_eq!(mail.reason.as_deref(), Some("answered"));
    assert_eq!(sink.taken().len(), 0);
}
