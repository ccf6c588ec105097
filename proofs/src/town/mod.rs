//! The platform being served, and people who use it.

mod beside;
mod client;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use api::{Api, Binding, Outside, Product, Routes, Secrets, Server, Settings, Users, Variables};
use domain::jobs::Job;
use domain::mails::Mail;
use domain::objects::Object;
use domain::payments::Payment;
use domain::servers::{JoinToken, Machine};
use domain::users::{ApiKey, Challenge, Kyc, Purpose, Session, User, UserId};
use domain::work::Unit;
use hyper::{Method, StatusCode};
use projections::{Engine, Projections};
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use store::{Catalogue, Log, Options};
use stripe_sim::{Running, Simulator};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;

pub use client::{Ask, Client, Reply};

pub const PASSWORD: &str = "abc12345";
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody with a session that is never refreshed, and one that is.
pub struct Person {
    pub user: String,
    pub email: String,
    pub from: String,
    pub access: String,
    pub refresh: Mutex<String>,
}

pub struct Town {
    pub client: Client,
    pub people: Vec<Person>,
    pub admin: Person,
    pub log: Log,
    pub product: Product,
    users: Users,
    /// By which addresses are known.
    secrets: Secrets,
    shelf: objects::Shelf,
    upload_lasts: Duration,
    engine: Engine,
    stop: oneshot::Sender<()>,
    folding: JoinHandle<()>,
    cards: Running,
    folder: tempfile::TempDir,
}

const WEBHOOK_SECRET: &str = "whsec_of_this_town";
const CARD_KEY: &str = "sk_test_of_this_town";

impl Town {
    pub async fn found(
        database: PgConnectOptions,
        binding: Binding,
        slices: Routes,
    ) -> Result<Self> {
        Self::found_where(database, binding, slices, |_| None).await
    }

    /// The same, with what the environment says of where objects are kept.
    pub async fn found_where(
        database: PgConnectOptions,
        binding: Binding,
        slices: Routes,
        objects: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let log = Log::open(database, Options::default()).await?;
        let engine = Engine::open(
            log.clone(),
            Arc::new(catalogue()),
            Projections::all(),
            projections::Settings::default(),
        )
        .await?;
        let (stop, stopped) = oneshot::channel::<()>();
        let folding = engine.clone();
        let folding = tokio::spawn(async move { folding.run(async { drop(stopped.await) }).await });
        let folder = tempfile::tempdir()?;
        let secrets = folder.path().join("secrets");
        let users = Users::new(&log, Secrets::open(&secrets)?, binding, 1);
        let secrets = Secrets::open(&secrets)?;
        let mut settings = Settings::try_new(&Variables::set([
            ("TRAINNET_TRUSTED_PROXIES", "127.0.0.1"),
            ("TRAINNET_REQUESTS_PER_MINUTE", "1000000"),
        ]))?;
        settings.listen = (Ipv4Addr::LOCALHOST, 0).into();
        let server = Server::bind(&settings).await?;
        let client = Client::to(server.address());
        let kept = objects::Settings::try_new(objects, folder.path())?;
        let shelf = objects::Shelf::open(&kept.place)?;
        let upload_lasts = kept.upload_lasts;
        let outside = Outside {
            base: server.url(),
            shelf: shelf.clone(),
            kept,
            webhook_secret: Some(WEBHOOK_SECRET.to_owned()),
        };
        let any_port = (Ipv4Addr::LOCALHOST, 0).into();
        let cards = Simulator::start(stripe_sim::Settings::new(CARD_KEY), any_port).await?;
        let product = Product::new(&log, users.clone(), &settings, outside);
        let router = Api::new(log.clone(), engine.clone(), settings)
            .counting(product.work.dispatcher())
            .serve(product.routes(slices));
        tokio::spawn(server.run(router, std::future::pending()));
        let admin = "admin@example.com";
        make_admin(&users, admin).await?;
        let admin = sign_in(&client, admin, &address(0)).await?;
        Ok(Self {
            client,
            people: Vec::new(),
            admin,
            log,
            product,
            users,
            secrets,
            shelf,
            upload_lasts,
            engine,
            stop,
            folding,
            cards,
            folder,
        })
    }

    /// Ends what reads the log, and then the log.
    pub async fn close(self) -> Result<()> {
        drop(self.stop);
        self.folding.await?;
        self.log.close().await;
        Ok(())
    }

    /// So many more people, and returns when everybody can see them.
    pub async fn settle(&mut self, people: usize) -> Result<()> {
        for number in self.people.len()..self.people.len() + people {
            let email = format!("person{number}@example.com");
            let person = self.newcomer(&email, &address(number + 1)).await?;
            self.people.push(person);
        }
        let head = self.log.head().await?.position;
        self.engine.wait_for("people", head, PATIENCE).await?;
        Ok(())
    }

    /// Until this projection shows what happened up to this position.
    pub async fn caught_up(&self, projection: &str, position: i64) -> Result<()> {
        let patience = PATIENCE * 20;
        self.engine.wait_for(projection, position, patience).await?;
        Ok(())
    }

    /// One more admin, made on the machine itself.
    pub async fn another_admin(&self, email: &str, from: &str) -> Result<Person> {
        make_admin(&self.users, email).await?;
        sign_in(&self.client, email, from).await
    }

    /// Somebody registers, confirms and signs in.
    pub async fn newcomer(&self, email: &str, from: &str) -> Result<Person> {
        let body = json!({ "email": email, "password": PASSWORD });
        let ask = Ask::new(Method::POST, "/v1/users", from).with(body);
        let reply = self.client.send(ask).await?;
        ensure!(reply.status == StatusCode::ACCEPTED, "{}", reply.status);
        let id = self.user_at(email).await?;
        let link = self
            .link_for(id, |it| matches!(it, Purpose::Confirm))
            .await?;
        let ask = Ask::new(Method::POST, "/v1/users/confirm", from).with(json!({ "link": link }));
        let reply = self.client.send(ask).await?;
        ensure!(reply.status == StatusCode::NO_CONTENT, "{}", reply.status);
        sign_in(&self.client, email, from).await
    }

    /// Who has registered an address.
    pub async fn user_at(&self, email: &str) -> Result<UserId> {
        let holder = self.log.holder(&self.secrets.address(email).name()).await?;
        let holder = holder.context("nobody has registered the address")?;
        let user = holder.strip_prefix("user/").context("a user holds it")?;
        Ok(user.parse()?)
    }

    /// What follows `#` in the link of the last mail to somebody that asks for this.
    pub async fn link_for(&self, user: UserId, purpose: fn(&Purpose) -> bool) -> Result<String> {
        let state = self.users.user(user).await;
        let state = state.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let person = state.person().context("nobody registered")?;
        let is_it = |it: &&Challenge| purpose(&it.purpose);
        let challenge = person.challenges.iter().find(is_it);
        let challenge = challenge.context("no mail asks for it")?;
        Ok(self.users.challenge_key().link(&user, challenge.id))
    }
}

/// Every aggregate whose events there are here.
fn catalogue() -> Catalogue {
    Catalogue::new()
        .with::<User>()
        .with::<Session>()
        .with::<ApiKey>()
        .with::<Kyc>()
        .with::<Mail>()
        .with::<Object>()
        .with::<JoinToken>()
        .with::<Machine>()
        .with::<Payment>()
        .with::<Unit>()
        .with::<Job>()
}

async fn make_admin(users: &Users, email: &str) -> Result<()> {
    let made = users.create_admin(email, PASSWORD.to_owned(), None, "en");
    made.await.map(drop).map_err(Into::into)
}

async fn sign_in(client: &Client, email: &str, from: &str) -> Result<Person> {
    let ask = |_| {
        let body = json!({ "email": email, "password": PASSWORD, "remember": true });
        Ask::new(Method::POST, "/v1/sessions", from).with(body)
    };
    let stays = client.send(ask(0)).await?;
    let changes = client.send(ask(1)).await?;
    Ok(Person {
        user: stays.text("user")?,
        email: email.to_owned(),
        from: from.to_owned(),
        access: stays.text("access_token")?,
        refresh: Mutex::new(changes.text("refresh_token")?),
    })
}

/// An address of its own for everybody: 10.x.y.z.
pub fn address(number: usize) -> String {
    let bits = u32::try_from(number).unwrap_or(u32::MAX) & 0x00ff_ffff;
    IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 | bits)).to_string()
}
