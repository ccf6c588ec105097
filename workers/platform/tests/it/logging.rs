//! What the worker says of itself names mails, never people, and nothing that opens an account.

use chrono::TimeDelta;
use domain::users::Locale;
use workbench::listening::{heard, listen};

use crate::sink::{Manner, Sink};
use crate::world::{World, challenge_key, to};

#[tokio::test]
async fn however_much_is_said_no_address_name_link_or_code_is_among_it() {
    listen();
    let (world, sink) = (World::new().await, Sink::start().await);
    let user = world.register("anna@mail.example", Locale::Russian).await;
    world.follow().await;
    let mut sender = world.sender(to(&sink));
    // The server says the address back.
    sink.behave(Manner::RefuseRecipient(550));
    world.round(&mut sender).await;
    sink.behave(Manner::Accept);
    world.hands.advance(TimeDelta::minutes(1));
    world.round(&mut sender).await;
    assert_eq!(sink.taken().len(), 1);

    let mail = world.mail_of(user).await.mail;
    let said = heard();
    assert!(said.contains("DEBUG"), "{said}");
    assert!(said.contains(&mail) && said.contains("550"), "{said}");
    let text = sink.taken()[0].text();
    let token = text.split("/confirm#").nth(1).unwrap();
    let token = token.lines().next().unwrap().trim();
    let (_, challenge) = challenge_key().open(token).unwrap();
    let code = challenge_key().code(challenge);
    for secret in ["anna@mail.example", "Анна", token, &code] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}
