//! What the worker says of itself names mails, never people, and nothing that opens an account.

use std::io::Write;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use domain::users::Locale;
use tracing_subscriber::filter::LevelFilter;

use crate::sink::{Manner, Sink};
use crate::world::{World, challenge_key, to};

#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn however_much_is_said_no_address_name_link_or_code_is_among_it() {
    let said = Said::default();
    let writer = said.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _said_here = tracing::subscriber::set_default(subscriber);
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
    let said = String::from_utf8(said.0.lock().unwrap().clone()).unwrap();
    assert!(said.contains("TRACE") || said.contains("DEBUG"), "{said}");
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
