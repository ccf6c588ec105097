//! Whom and what stories are about: people with money, jobs and data, machines, and staff.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result};
use domain::mails::{Intended, Mail, MailCommand, MailId, Template};
use domain::users::UserId;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use store::{Commands, Context, ids};

use super::pool::Pool;
use super::stories::{data, machine, orders, payments};
use super::walker::{Step, Walker, Who, text};
use crate::dice::Dice;
use crate::town::{PASSWORD, Person, Town, address};

const CUSTOMERS: usize = 16;
const LANES: usize = 24;
const BLOCKABLE: usize = 8;
const DEAD_MAILS: usize = 12;
/// So many orders that came to nothing stand in every customer's statement.
const ORDERS_BEFORE: usize = 15;
const AT_ONCE: usize = 4;
const TOP_UP: &str = "500.00";
/// Of those who come while it is measured; the ones before have numbers below.
const FIRST_FRESH: usize = 1 << 20;

/// Somebody with money in the wallet, a dataset, a payment, and a job that is done.
#[derive(Clone, Debug)]
pub struct Customer {
    pub who: Who,
    /// The same, with a key in the place of a session.
    pub program: Who,
    pub dataset: String,
    pub payment: String,
    pub job: String,
}

/// A machine that only whoever names its region gets: what happens on it, one story decides.
#[derive(Clone, Debug)]
pub struct Lane {
    pub machine: String,
    pub who: Who,
    pub region: String,
}

/// Somebody whose password, mailbox and second factor change.
#[derive(Clone, Debug)]
pub struct Spare {
    pub user: UserId,
    pub email: String,
    pub password: String,
    pub who: Who,
}

pub struct Scene {
    pub town: Arc<Town>,
    pub admin: Who,
    pub provider: Who,
    pub lanes: Pool<Lane>,
    pub spares: Pool<Spare>,
    /// Who may be blocked without anybody missing them.
    pub blockable: Pool<String>,
    pub dead_mails: Vec<String>,
    pub machines: Vec<String>,
    customers: OnceLock<Vec<Arc<Customer>>>,
    fresh: AtomicUsize,
}

impl Scene {
    /// A number that nobody has had.
    pub fn number(&self) -> usize {
        self.fresh.fetch_add(1, Ordering::Relaxed)
    }

    /// A place from which nobody has asked.
    pub fn elsewhere(&self) -> String {
        address(self.number())
    }

    /// A name under which a request is asked for once.
    pub fn key(&self) -> String {
        format!("bench-{}", self.number())
    }

    pub fn customers(&self) -> &[Arc<Customer>] {
        self.customers.get().map_or(&[], Vec::as_slice)
    }

    /// What stands before the clock starts; what is read then has something to say.
    pub async fn prepare(town: Arc<Town>, spares: usize) -> Result<Arc<Self>> {
        let person = |number: usize, (name, first): (&str, usize)| {
            let email = format!("{name}{number}@example.com");
            let from = address(first + number);
            let town = Arc::clone(&town);
            async move { town.newcomer(&email, &from).await }
        };
        let person = &person;
        let many = |count: usize, named: (&'static str, usize)| {
            let people = stream::iter((0..count).map(move |number| person(number, named)));
            people.buffered(AT_ONCE).try_collect::<Vec<Person>>()
        };
        let provider = who(&person(0, ("provider", 20_000)).await?);
        let spare = |person: &Person| -> Result<Spare> {
            Ok(Spare {
                user: person.user.parse()?,
                email: person.email.clone(),
                password: PASSWORD.to_owned(),
                who: who(person),
            })
        };
        let spares = many(spares, ("spare", 30_000)).await?;
        let spares = spares.iter().map(spare).collect::<Result<Vec<_>>>()?;
        let blockable = many(BLOCKABLE, ("troublesome", 40_000)).await?;
        let customers = many(CUSTOMERS, ("customer", 50_000)).await?;
        let lanes = lanes(&town, &provider).await?;
        let scene = Arc::new(Self {
            admin: who(&town.admin),
            provider,
            spares: Pool::of(spares),
            blockable: Pool::of(blockable.into_iter().map(|it| it.user)),
            dead_mails: dead_mails(&town).await?,
            machines: lanes.iter().map(|lane| lane.machine.clone()).collect(),
            lanes: Pool::of(lanes),
            customers: OnceLock::new(),
            fresh: AtomicUsize::new(FIRST_FRESH),
            town,
        });
        let grown = customers.iter().map(|person| {
            let (scene, who) = (Arc::clone(&scene), who(person));
            async move { grow_up(scene, who).await.map(Arc::new) }
        });
        let grown = stream::iter(grown).buffered(AT_ONCE);
        let grown: Vec<Arc<Customer>> = grown.try_collect().await?;
        scene.customers.set(grown).ok().context("nobody else did")?;
        let walker = Walker::new(Arc::clone(&scene), Dice::seeded(0), None);
        bury_mails(&walker).await?;
        let head = scene.town.log.head().await?.position;
        for projection in ["people", "objects", "payments", "jobs", "books", "servers"] {
            scene.town.caught_up(projection, head).await?;
        }
        Ok(scene)
    }
}

fn who(person: &Person) -> Who {
    Who {
        from: person.from.clone(),
        token: person.access.clone(),
    }
}

/// Machines of one provider, each in a region of its own.
async fn lanes(town: &Arc<Town>, provider: &Who) -> Result<Vec<Lane>> {
    let say = async |step: Step| -> Result<Value> {
        let reply = town.client.send(step.into()).await?;
        anyhow::ensure!(reply.status.is_success(), "{:?}", reply.json());
        reply.json_or_nothing()
    };
    let accept = Step::at("POST /v1/me/provider", &[]).by(provider);
    say(accept.with(json!({ "accept": true }))).await?;
    let step = Step::at("POST /v1/machines/tokens", &[]).by(provider);
    let token = say(step.with(json!({ "machines": LANES }))).await?;
    let mut lanes = Vec::new();
    for number in 0..LANES {
        let from = address(10_000 + number);
        let joining = machine::joining(&text(&token, "token")?, number, "tabular");
        let step = Step::at("POST /v1/machines/enrol", &[]).from(&from);
        let joined = say(step.with(joining)).await?;
        let lane = Lane {
            machine: text(&joined, "machine")?,
            who: Who {
                token: text(&joined, "secret")?,
                from,
            },
            region: format!("lane-{number}"),
        };
        let price = json!({ "amount": "36.00", "currency": "USD" });
        let offer = json!({ "price_per_hour": price, "region": lane.region });
        let change = Step::at("PATCH /v1/machines/{machine}", &[&lane.machine]);
        say(change.by(provider).with(offer)).await?;
        let hello = Step::at("POST /v1/machines/heartbeat", &[]).by(&lane.who);
        say(hello.with(json!({ "load": { "gpus": [] } }))).await?;
        lanes.push(lane);
    }
    Ok(lanes)
}

/// Mails to whom nobody has ever known: they are given up by themselves, each time they are tried.
async fn dead_mails(town: &Arc<Town>) -> Result<Vec<String>> {
    let mails = Commands::<Mail>::new(town.log.clone());
    let mut dead = Vec::new();
    for _ in 0..DEAD_MAILS {
        let cause = ids::fresh();
        let mail = MailId::new(cause).to_string();
        let intend = MailCommand::Intend(Intended {
            to: UserId::new(ids::fresh()),
            template: Template::NewSignIn,
            challenge: None,
            cause,
            at: town.log.clock().now(),
        });
        mails.execute(&mail, intend, &Context::by("bench")).await?;
        dead.push(mail);
    }
    Ok(dead)
}

/// Until all of them are given up.
async fn bury_mails(walker: &Walker) -> Result<()> {
    let admin = walker.scene.admin.clone();
    let look = Step::at("GET /v1/mails/dead", &[]).by(&admin);
    let is_so = |page: &Value| page["data"].as_array().map_or(0, Vec::len) >= DEAD_MAILS;
    walker.until(look, is_so).await.map(drop)
}

/// Gives somebody all that customers have.
async fn grow_up(scene: Arc<Scene>, who: Who) -> Result<Customer> {
    let mut walker = Walker::new(scene, Dice::seeded(0), None);
    let scopes = ["read", "jobs:write", "payments:write"];
    let key = Step::at("POST /v1/keys", &[]).by(&who);
    let key = key.with(json!({ "label": "a program of mine", "scopes": scopes }));
    let key = text(&walker.read(key).await?, "key")?;
    let mut customer = Customer {
        program: Who {
            from: who.from.clone(),
            token: key,
        },
        dataset: data::bring(&mut walker, &who).await?,
        payment: payments::top_up(&mut walker, &who, TOP_UP).await?,
        job: String::new(),
        who,
    };
    for _ in 0..ORDERS_BEFORE {
        orders::order_and_cancel(&mut walker, &customer).await?;
    }
    customer.job = orders::train(&mut walker, &customer).await?;
    Ok(customer)
}
