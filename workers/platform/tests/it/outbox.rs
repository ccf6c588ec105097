//! Without a mail server, mail lies in the outbox for whoever develops.

use std::path::Path;

use domain::users::Locale;
use platform::{Settings, Way};

use crate::world::{World, challenge_key, impatient, kill};

fn settings(data: &Path) -> Settings {
    impatient(Settings::try_new(|_| None, data).unwrap())
}

#[tokio::test]
async fn a_mail_lies_in_the_outbox_with_a_link_to_this_machine() {
    let (world, data) = (World::new().await, tempfile::tempdir().unwrap());
    let settings = settings(data.path());
    let Way::Outbox(outbox) = settings.way.clone() else {
        panic!("no server was named");
    };
    let user = world.register("anna@mail.example", Locale::Russian).await;
    let worker = world.work(settings);
    world.until_recorded("mail.sent", 1).await;
    kill(worker).await;

    let kept = outbox.list().unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].mail, world.mail_of(user).await.mail);
    let shown = outbox.show(&kept[0].mail).unwrap().unwrap();
    assert_eq!(shown.to, "anna@mail.example");
    assert_eq!(shown.subject, "Подтвердите адрес почты");
    assert!(shown.html.contains("Подтвердить адрес"), "{}", shown.html);
    assert_eq!(outbox.show("mail_other").unwrap(), None);
    let link = "http://127.0.0.1:8080/confirm#";
    let token = shown.text.split(link).nth(1).unwrap();
    let opened = challenge_key().open(token.lines().next().unwrap().trim());
    assert_eq!(opened.unwrap().0, user);
}

#[tokio::test]
async fn an_outbox_that_cannot_be_written_is_tried_again() {
    let (world, data) = (World::new().await, tempfile::tempdir().unwrap());
    let user = world.register("anna@mail.example", Locale::English).await;
    world.follow().await;
    // A file stands where the folder should be.
    std::fs::write(data.path().join("outbox"), b"").unwrap();
    let mut sender = world.sender(settings(data.path()));
    world.round(&mut sender).await;
    let mail = world.mail_of(user).await;
    assert_eq!(mail.status, "waiting");
    assert_eq!(mail.reason.as_deref(), Some("unreachable"));

    std::fs::remove_file(data.path().join("outbox")).unwrap();
    world.hands.advance(mail.next_at - world.hands.now());
    world.round(&mut sender).await;
    assert_eq!(world.mail_of(user).await.status, "sent");
}
