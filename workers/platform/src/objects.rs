//! Lets go of objects that nobody goes on with, and of those whose owner was forgotten.
//!
//! Whatever takes room has a row that says so, so nothing has to be remembered here: each round
//! looks again, and what was killed half-way is found where it was left.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::time::Duration;

use ::objects::{Key, NotAKey, Shelf, ShelfError, Upload};
use chrono::TimeDelta;
use cqrs_es::Aggregate as _;
use domain::objects::{Object, ObjectCommand, ObjectError, RemovedBecause, after_user};
use domain::users::{User, UserEvent};
use projections::objects::rooms::{self, Room};
use projections::reactions::{self, Reached};
use store::{
    Clock, Columns, Commands, Context, Log, ReadError, Refused, StoreError, Unreadable, Vault,
    VaultError, decode,
};

use crate::chain::chain;

/// Stored: how far the log has been followed for owners who were forgotten.
const NAME: &str = "object-erasures";
const VERSION: i32 = 1;
/// As it stands in events.
const ACTOR: &str = "calendar";
const PAGE_EVENTS: i64 = 4_096;
const PAGE_ROOMS: i64 = 100;

/// What one round let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Uploads that nobody went on with.
    pub expired: u64,
    /// Uploads that went on without a word to us.
    pub renewed: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error("the database could not be asked")]
    Database(#[from] sqlx::Error),
    #[error("the log could not be read")]
    Log(#[from] ReadError),
    #[error("an event of a user cannot be read")]
    Event(#[from] Unreadable),
    #[error("an object cannot be looked at")]
    Look(#[from] StoreError),
    #[error("an object could not be let go")]
    Refused(#[source] Box<Refused<ObjectError>>),
    #[error("the storage did not let go")]
    Shelf(#[from] ShelfError),
    #[error("what it was called could not be forgotten")]
    Vault(#[from] VaultError),
    #[error("a room has a key that leads nowhere")]
    Key(#[from] NotAKey),
}

/// Lets go of what is to go; any number of them may do so at once.
pub struct Sweeper {
    log: Log,
    objects: Commands<Object>,
    shelf: Shelf,
    vault: Vault,
    clock: Clock,
    /// What nobody goes on with for so long is let go.
    upload_lasts: TimeDelta,
    every: Duration,
}

impl Sweeper {
    /// With a round so often.
    pub fn new(
        log: Log,
        shelf: Shelf,
        vault: Vault,
        clock: Clock,
        upload_lasts: Duration,
        every: Duration,
    ) -> Self {
        Self {
            objects: Commands::new(log.clone()),
            log,
            shelf,
            vault,
            clock,
            upload_lasts: TimeDelta::from_std(upload_lasts).unwrap_or(TimeDelta::hours(1)),
            every,
        }
    }

    /// Works until it is dropped; an error is reported once and tried again.
    pub async fn run(&self) -> Infallible {
        let mut reported = String::new();
        loop {
            let round = async {
                self.forget().await?;
                self.sweep().await
            };
            match round.await {
                Ok(swept) if swept == Swept::default() => reported.clear(),
                Ok(swept) => {
                    reported.clear();
                    tracing::info!(?swept, "what nobody went on with was let go");
                }
                Err(error) => {
                    let text = chain(&error);
                    if text != reported {
                        tracing::error!(error = %text, "objects cannot be let go");
                        reported = text;
                    }
                }
            }
            tokio::time::sleep(self.every).await;
        }
    }

    /// One round over the uploads whose time is over.
    pub async fn sweep(&self) -> Result<Swept, SweepError> {
        let mut swept = Swept::default();
        loop {
            let now = self.clock.now();
            let overdue = rooms::overdue(self.log.pool(), now, PAGE_ROOMS).await?;
            let Some(last) = overdue.len().checked_sub(1) else {
                return Ok(swept);
            };
            let mut kept = None;
            for room in &overdue {
                // One that cannot be let go today keeps nobody else waiting.
                if let Err(error) = self.sweep_one(room, &mut swept).await {
                    kept = kept.or(Some(error));
                }
            }
            match kept {
                Some(error) => return Err(error),
                None if i64::try_from(last + 1).unwrap_or(0) < PAGE_ROOMS => return Ok(swept),
                None => {}
            }
        }
    }

    async fn sweep_one(&self, room: &Room, swept: &mut Swept) -> Result<(), SweepError> {
        if self.goes_on(room).await? {
            swept.renewed += 1;
        } else if self.expire(room).await? {
            swept.expired += 1;
        }
        Ok(())
    }

    /// Whether parts came meanwhile without a word to us; then there is time again.
    async fn goes_on(&self, room: &Room) -> Result<bool, SweepError> {
        if !self.shelf.is_spoken_to_directly() {
            return Ok(false);
        }
        let parts = self.shelf.parts(&upload_of(room)?).await?;
        let last = parts.iter().map(|part| part.arrived_at).max();
        let until = last.map(|last| last + self.upload_lasts);
        let Some(until) = until.filter(|until| self.clock.now() < *until) else {
            return Ok(false);
        };
        rooms::renew(self.log.pool(), &room.object, until).await?;
        Ok(true)
    }

    /// Says whether anything was let go.
    async fn expire(&self, room: &Room) -> Result<bool, SweepError> {
        let at = self.clock.now();
        match self.objects.look(&room.object).await? {
            // All of it is there; whoever completed it was killed before saying so.
            Object::Stored { .. } => {
                rooms::settle(self.log.pool(), &room.object).await?;
                return Ok(false);
            }
            Object::Open(_) => self.ask(room, ObjectCommand::Expire { at }).await?,
            // It was never opened, or is over, and whoever did so was killed.
            Object::Absent | Object::Over { .. } => {}
        }
        self.let_go(room).await?;
        Ok(true)
    }

    /// Removes whatever is kept for users that were forgotten since it was last asked; says how
    /// many objects that were.
    pub async fn forget(&self) -> Result<u64, SweepError> {
        let head = self.log.head().await?.position;
        let mut gone = 0;
        loop {
            let at = reactions::of(self.log.pool(), NAME, VERSION, self.clock.now()).await?;
            if at.position >= head || at.version > VERSION {
                return Ok(gone);
            }
            let until = head.min(at.position.saturating_add(PAGE_EVENTS));
            gone += self.forget_between(&at, until).await?;
            let now = self.clock.now();
            reactions::advance(self.log.pool(), &at, VERSION, until, now).await?;
        }
    }

    async fn forget_between(&self, at: &Reached, until: i64) -> Result<u64, SweepError> {
        let mut forgotten: Vec<(String, RemovedBecause)> = Vec::new();
        self.log
            .follow::<SweepError>(at.position, until, Columns::Fold, |event| {
                if event.aggregate_type == User::TYPE {
                    let told: UserEvent = decode(&event, &[])?;
                    let because = after_user(&told);
                    forgotten.extend(because.map(|it| (event.aggregate_id.to_owned(), it)));
                }
                Ok(ControlFlow::Continue(()))
            })
            .await?;
        let mut gone = 0;
        for (owner, because) in forgotten {
            for room in rooms::of_owner(self.log.pool(), &owner).await? {
                let at = self.clock.now();
                self.ask(&room, ObjectCommand::Remove { because, at })
                    .await?;
                self.let_go(&room).await?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    async fn ask(&self, room: &Room, command: ObjectCommand) -> Result<(), SweepError> {
        let context = Context::by(ACTOR);
        match self.objects.execute(&room.object, command, &context).await {
            // Where it is absent, whoever took room for it was killed before it was opened.
            Ok(_) | Err(Refused::Domain(ObjectError::Absent)) => Ok(()),
            Err(refused) => Err(SweepError::Refused(Box::new(refused))),
        }
    }

    /// The bytes first: what is still there has a row that says so.
    async fn let_go(&self, room: &Room) -> Result<(), SweepError> {
        let upload = upload_of(room)?;
        self.shelf.abandon(&upload).await?;
        self.shelf.remove(&upload.key).await?;
        let name = format!("object/{}", room.object);
        self.vault.remove(&room.owner, &name).await?;
        Ok(rooms::give_back(self.log.pool(), &room.object).await?)
    }
}

fn upload_of(room: &Room) -> Result<Upload, SweepError> {
    let key: Key = room.key.parse()?;
    Ok(Upload {
        key,
        bytes: u64::try_from(room.bytes).unwrap_or(0),
        part_bytes: u64::try_from(room.part_bytes).unwrap_or(1),
        known_as: room.known_as.clone(),
    })
}
