//! An aggregate that moves and claims whatever a test wants moved and claimed.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use ledger::{Account, Claim, Currency, Effects, Money, Name, Posting, Unbalanced, WalletLeaf};
use serde::{Deserialize, Serialize};
use store::{Append, Catalogue, Commands, Context, Log, NewEvent, Options, audit};
use workbench::TestDatabase;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    pub movements: u64,
    pub shut: bool,
}

#[derive(Clone, Debug)]
pub enum DeskCommand {
    Move(Movement),
    Shut,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    pub postings: Vec<Posting>,
    pub take: Vec<Name>,
    pub release: Vec<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeskEvent {
    #[serde(rename = "desk.moved")]
    Moved(Movement),
    #[serde(rename = "desk.shut")]
    Shut {},
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    #[error("the desk is shut")]
    Over,
}

impl DomainEvent for DeskEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Moved(_) => "desk.moved",
            Self::Shut {} => "desk.shut",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "2".to_owned()
    }
}

impl Effects for DeskEvent {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        match self {
            Self::Moved(movement) => Ok(movement.postings.clone()),
            Self::Shut {} => Ok(vec![]),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let Self::Moved(movement) = self else {
            return vec![];
        };
        let taken = movement.take.iter().cloned().map(Claim::Take);
        taken
            .chain(movement.release.iter().cloned().map(Claim::Release))
            .collect()
    }
}

impl Aggregate for Desk {
    const TYPE: &'static str = "desk";
    type Command = DeskCommand;
    type Event = DeskEvent;
    type Error = DeskError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        match command {
            DeskCommand::Move(_) if self.shut => return Err(DeskError::Over),
            DeskCommand::Move(movement) => sink.write(DeskEvent::Moved(movement), self).await,
            DeskCommand::Shut if self.shut => {}
            DeskCommand::Shut => sink.write(DeskEvent::Shut {}, self).await,
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        match event {
            DeskEvent::Moved(_) => self.movements += 1,
            DeskEvent::Shut {} => self.shut = true,
        }
    }
}

pub fn wallet(owner: &str) -> Account {
    Account::wallet(owner, WalletLeaf::Available).unwrap()
}

pub fn bank() -> Account {
    Account::outside("bank").unwrap()
}

pub fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::Usd)
}

pub fn movement(from: &Account, to: &Account, minor: i64) -> Movement {
    let posting = Posting::transfer(from.clone(), to.clone(), usd(minor)).unwrap();
    Movement {
        postings: vec![posting],
        ..Movement::default()
    }
}

pub fn taking(name: &str) -> Movement {
    Movement {
        take: vec![Name::parse(name).unwrap()],
        ..Movement::default()
    }
}

pub fn giving_up(name: &str) -> Movement {
    Movement {
        release: vec![Name::parse(name).unwrap()],
        ..Movement::default()
    }
}

/// A decided command on a stream, ready for the appender.
pub fn append(stream: &str, expected: i64, movement: Movement) -> Append {
    let event = NewEvent::from_domain(&DeskEvent::Moved(movement)).unwrap();
    Append::try_new(
        "desk",
        stream,
        expected,
        vec![event],
        &Context::by("tester"),
    )
    .unwrap()
}

pub async fn open(database: &TestDatabase) -> Log {
    open_with(database, Options::default()).await
}

pub async fn open_with(database: &TestDatabase, options: Options) -> Log {
    Log::open(database.options.clone(), options).await.unwrap()
}

pub async fn fund(log: &Log, owner: &str, minor: i64) {
    let movement = movement(&bank(), &wallet(owner), minor);
    log.append(append(&store::ids::fresh().to_string(), 0, movement))
        .await
        .unwrap();
}

pub fn desks(log: &Log) -> Commands<Desk> {
    Commands::new(log.clone())
}

pub fn catalogue() -> Catalogue {
    Catalogue::new().with::<Desk>()
}

/// The end of every test: whatever it did, the books must hold.
pub async fn books_hold(log: &Log) {
    let report = audit(log, &catalogue(), |_| {}).await.unwrap();
    assert_eq!(report.findings, vec![]);
    assert_eq!(report.events, report.head.position);
}
