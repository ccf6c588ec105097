//! What every test here stands on: a log with people in it, a vault, a clock that is set by hand.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::mails::Mail;
use domain::users::kept::{EMAIL, LOCALE, NAME};
use domain::users::{
    Address, ChallengeId, ChallengeKey, CredentialId, Locale, Reason, Registration, Role, Roles,
    User, UserCommand, UserId,
};
use platform::mails::{Intents, Round, Sender};
use platform::{Reaction, Settings};
use projections::mails::{self as read, Cursor};
use projections::{Engine, Projections};
use sqlx::PgPool;
use store::{Catalogue, Clock, Commands, Context, Log, MasterKey, Options, Vault, ids};
use tokio::task::JoinHandle;
use workbench::TestDatabase;

use crate::sink::Sink;

/// What does not happen within this time does not happen.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Time as the test says it is.
#[derive(Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).unwrap()
    }

    pub fn advance(&self, by: TimeDelta) {
        let micros = by.num_microseconds().unwrap();
        self.0.fetch_add(micros, Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock::from_fn(move || hands.now())
    }
}

pub struct World {
    pub log: Log,
    pub engine: Engine,
    pub vault: Vault,
    pub hands: Hands,
    pub users: Commands<User>,
    /// As the superuser, who can see and break everything.
    pub root: PgPool,
    /// Keeps the tables up; a test may end it.
    pub folding: JoinHandle<()>,
    _database: TestDatabase,
}

pub fn challenge_key() -> ChallengeKey {
    ChallengeKey::new([7; 32])
}

/// So that nothing waits longer than it has to.
pub fn impatient(mut settings: Settings) -> Settings {
    settings.rest = Duration::from_millis(10);
    settings.look_every = Duration::from_millis(20);
    settings
}

pub fn to(sink: &Sink) -> Settings {
    let variable = |name: &str| match name {
        "TRAINNET_SMTP_URL" => Some(sink.url()),
        "TRAINNET_MAIL_FROM" => Some("TrainNet <no-reply@mail.example>".to_owned()),
        "TRAINNET_PUBLIC_URL" => Some("https://trainnet.example".to_owned()),
        _ => None,
    };
    impatient(Settings::try_new(variable, Path::new("unused")).unwrap())
}

impl World {
    pub async fn new() -> Self {
        let database = workbench::database().await;
        let hands = Hands(Arc::new(AtomicI64::new(1_800_000_000_000_000)));
        let options = Options {
            clock: hands.clock(),
            ..Options::default()
        };
        let log = Log::open(database.options.clone(), options).await.unwrap();
        let catalogue = Arc::new(Catalogue::new().with::<User>().with::<Mail>());
        let settings = projections::Settings {
            rest: Duration::from_millis(20),
            ..projections::Settings::default()
        };
        let projections = Projections::none().with::<read::Mails>();
        let engine = Engine::open(log.clone(), catalogue, projections, settings)
            .await
            .unwrap();
        let folding = tokio::spawn({
            let engine = engine.clone();
            async move { engine.run(std::future::pending()).await }
        });
        Self {
            vault: Vault::new(log.pool().clone(), MasterKey::new([3; 32]), vec![]),
            users: Commands::new(log.clone()),
            root: database.pool().await,
            log,
            engine,
            hands,
            folding,
            _database: database,
        }
    }

    /// Somebody registers, and is known to the vault.
    pub async fn register(&self, email: &str, locale: Locale) -> UserId {
        let registration = self.registration(email, locale).await;
        let user = registration.user;
        self.ask(user, UserCommand::Register(registration)).await;
        user
    }

    /// Somebody is made an admin on the machine itself.
    pub async fn appoint(&self, email: &str) -> UserId {
        let registration = self.registration(email, Locale::English).await;
        let user = registration.user;
        let appoint = UserCommand::Appoint {
            registration,
            role: Role::Admin,
            reason: Reason::try_new("The first.").unwrap(),
        };
        self.ask(user, appoint).await;
        user
    }

    async fn registration(&self, email: &str, locale: Locale) -> Registration {
        let user = UserId::new(ids::fresh());
        let subject = user.to_string();
        let language = match locale {
            Locale::Russian => "ru",
            Locale::English => "en",
        };
        for (field, value) in [(EMAIL, email), (NAME, "Анна"), (LOCALE, language)] {
            self.vault.put(&subject, field, value).await.unwrap();
        }
        let mut address = [0; 32];
        address[..16].copy_from_slice(user.uuid().as_bytes());
        Registration {
            user,
            address: Address::new(address),
            roles: Roles::one(Role::Customer),
            locale,
            password: CredentialId::new(ids::fresh()),
            challenge: ChallengeId::new(ids::fresh()),
            at: self.hands.now(),
        }
    }

    pub async fn ask(&self, user: UserId, command: UserCommand) {
        let context = Context::by(format!("user/{user}"));
        self.users
            .execute(&user.to_string(), command, &context)
            .await
            .unwrap();
    }

    /// The whole worker, until it is aborted.
    pub fn work(&self, settings: Settings) -> JoinHandle<()> {
        self.work_until(settings, std::future::pending())
    }

    /// The whole worker, until it is told to end.
    pub fn work_until(
        &self,
        settings: Settings,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        tokio::spawn(platform::run(
            self.log.clone(),
            self.engine.clone(),
            self.vault.clone(),
            challenge_key(),
            settings,
            self.hands.clock(),
            shutdown,
        ))
    }

    pub fn reaction(&self) -> Reaction<Intents> {
        Reaction::new(self.log.clone(), self.hands.clock(), Duration::ZERO)
    }

    pub fn sender(&self, settings: Settings) -> Sender {
        Sender::new(
            self.log.clone(),
            self.engine.clone(),
            self.vault.clone(),
            challenge_key(),
            settings,
            self.hands.clock(),
        )
    }

    /// Intends what follows from everything so far.
    pub async fn follow(&self) {
        self.reaction().catch_up(i64::MAX).await.unwrap();
        self.shown().await;
    }

    /// One round over tables that show all that happened.
    pub async fn round(&self, sender: &mut Sender) -> Round {
        self.shown().await;
        sender.round().await.unwrap()
    }

    /// Waits until the mails show all that happened.
    pub async fn shown(&self) {
        let head = self.log.head().await.unwrap().position;
        self.engine.wait_for("mails", head, PATIENCE).await.unwrap();
    }

    pub async fn mails_of(&self, user: UserId) -> Vec<read::Mail> {
        self.shown().await;
        read::of_user(self.log.pool(), &user.to_string(), Cursor::START, 100)
            .await
            .unwrap()
    }

    /// The one mail of somebody who has one.
    pub async fn mail_of(&self, user: UserId) -> read::Mail {
        let mut mails = self.mails_of(user).await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }

    pub async fn count(&self, event_type: &str) -> i64 {
        sqlx::query_scalar("select count(*) from events where event_type = $1")
            .bind(event_type)
            .fetch_one(&self.root)
            .await
            .unwrap()
    }

    /// Waits until so many events of this type are in the log.
    pub async fn until_recorded(&self, event_type: &str, count: i64) {
        let mut subscription = self.log.subscribe().await.unwrap();
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let head = self.log.head().await.unwrap().position;
                if self.count(event_type).await >= count {
                    return;
                }
                subscription.beyond(head).await.unwrap();
            }
        });
        waited.await.expect("it is recorded in time");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.folding.abort();
    }
}

/// As the system would: between one instruction and the next.
pub async fn kill(worker: JoinHandle<()>) {
    worker.abort();
    assert!(worker.await.unwrap_err().is_cancelled());
}
