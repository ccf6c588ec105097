//! The connection is lost after the commit and before its answer: every caller hears what is true.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cqrs_es::Aggregate;
use domain::demonstration::{Deposit, DepositEvent, Receipt, User};
use ledger::{Currency, Money, Name};
use store::{Append, Committed, Context, Log, NewEvent, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

/// Passes everything on between the log and its database, except one answer to an append.
struct Wire {
    folder: tempfile::TempDir,
    lose_next_append: Arc<AtomicBool>,
}

impl Wire {
    fn to(server: PathBuf, port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(format!(".s.PGSQL.{port}"))).unwrap();
        let lose_next_append = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&lose_next_append);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&server).await.unwrap();
                tokio::spawn(pass_on(client, server, Arc::clone(&flag)));
            }
        });
        Self {
            folder,
            lose_next_append,
        }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

async fn pass_on(mut client: UnixStream, mut server: UnixStream, lose: Arc<AtomicBool>) {
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut losing = false;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(count @ 1..) = read else { return };
                // Only a batch carries the stored name of an event.
                let is_append = asked[..count].windows(9).any(|part| part == b".received");
                losing = losing || (is_append && lose.swap(false, Ordering::SeqCst));
                if server.write_all(&asked[..count]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(count @ 1..) = read else { return };
                // The server answers when it has committed; nobody hears it.
                if losing || client.write_all(&answered[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn receipt(deposit: &str, context: &Context) -> Append {
    let usd = |amount| Money::parse(amount, Currency::Usd).unwrap();
    let event = DepositEvent::Received(Receipt {
        customer: User::try_new("customer").unwrap(),
        amount: usd("100"),
        fee: usd("0"),
        stripe_event: Name::parse(&format!("stripe-event/{deposit}")).unwrap(),
    });
    let events = vec![NewEvent::from_domain(&event).unwrap()];
    Append::try_new(Deposit::TYPE, deposit, 0, events, context).unwrap()
}

#[tokio::test]
async fn a_repeated_answer_in_a_lost_batch_does_not_hide_what_was_written() {
    let database = workbench::database().await;
    let socket = database.options.get_socket().unwrap();
    let port = database.options.get_port();
    let wire = Wire::to(socket.join(format!(".s.PGSQL.{port}")), port);
    let through = database.options.clone().socket(wire.folder()).port(port);
    let log = Log::open(through, Options::default()).await.unwrap();
    let keyless = Context::by("stripe");
    let keyed = keyless.clone().with_key("key", b"request");
    let first = log.append(receipt("deposit_1", &keyed)).await.unwrap();

    wire.lose_next_append.store(true, Ordering::SeqCst);
    // Both are in the channel before the appender looks: one batch, the repeated request first.
    let (again, new) = tokio::join!(
        log.append(receipt("deposit_1", &keyed)),
        log.append(receipt("deposit_2", &keyless))
    );
    assert!(
        !wire.lose_next_append.load(Ordering::SeqCst),
        "an answer was lost"
    );
    assert_eq!(
        again.unwrap(),
        Committed {
            repeated: true,
            ..first
        }
    );
    let new = new.unwrap();
    assert_eq!((new.position, new.repeated), (2, false));
    assert_eq!(log.head().await.unwrap().position, 2);
}
