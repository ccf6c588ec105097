//! An answer that got lost on its way to the command line: what it was about is done once.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::people::World;

/// Passes everything on between a client and its server, except one answer when it is told to.
struct Wire {
    url: String,
    lose_next: Arc<AtomicBool>,
}

impl Wire {
    fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let lose_next = Arc::new(AtomicBool::new(false));
        let (server, flag) = (server.to_owned(), Arc::clone(&lose_next));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                let flag = Arc::clone(&flag);
                std::thread::spawn(move || drop(pass_on(client, server, &flag)));
            }
        });
        Self { url, lose_next }
    }
}

fn pass_on(client: TcpStream, server: TcpStream, lose: &AtomicBool) -> std::io::Result<()> {
    let (mut asking, mut asked) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        // How it ends shows on the other way.
        drop(std::io::copy(&mut asking, &mut asked));
        drop(asked.shutdown(Shutdown::Write));
    });
    let (mut client, mut server) = (client, server);
    let mut answered = vec![0; 65_536];
    loop {
        let length = server.read(&mut answered)?;
        if length == 0 || lose.swap(false, Ordering::SeqCst) {
            return client.shutdown(Shutdown::Both);
        }
        client.write_all(&answered[..length])?;
    }
}

#[test]
fn a_key_whose_answer_got_lost_is_made_once_and_shown() {
    let world = World::new();
    let wire = Wire::to(&world.serving.address);
    let world = World {
        url: wire.url.clone(),
        ..world
    };
    world.login();
    wire.lose_next.store(true, Ordering::SeqCst);
    let made = world.say(&["keys", "create", "one"]).granted();
    assert!(!wire.lose_next.load(Ordering::SeqCst), "an answer was lost");
    assert!(made.starts_with("tnk_"), "{made}");
    let keys = world.say(&["keys", "list", "--json"]).json();
    assert_eq!(keys["data"].as_array().unwrap().len(), 1, "{keys}");
    world.serving.end();
}

#[test]
fn tokens_whose_answer_got_lost_are_not_taken_for_stolen() {
    let world = World::new();
    let wire = Wire::to(&world.serving.address);
    let world = World {
        url: wire.url.clone(),
        ..world
    };
    world.login();
    world.let_the_token_end();
    wire.lose_next.store(true, Ordering::SeqCst);
    world.say(&["whoami"]).granted();
    assert!(!wire.lose_next.load(Ordering::SeqCst), "an answer was lost");
    world.say(&["whoami"]).granted();
    world.serving.end();
}
