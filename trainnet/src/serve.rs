//! `trainnet serve`: answers HTTP over the log until it is told to end.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use api::{
    Api, LISTEN_DEFAULT, NotServed, Outside, Product, Routes, Server, Settings, Users, Variables,
};
use domain::users::Role;
use projections::people::{self, Cursor, People, Standing, UserFilter};
use projections::{Engine, Projection as _, Projections, tenants};
use store::Log;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::arguments::Place;
use crate::beside::{Beside, Given};
use crate::cards::Cards;
use crate::catalogue;
use crate::home::Home;
use crate::interrupt::interrupted;
use crate::kept::{self, Kept};
use crate::mail::{self, Mail};
use crate::pages;
use crate::people as known;

/// A database that is out of reach is asked again after this long.
const REST: Duration = Duration::from_secs(1);
/// A hint is not worth waiting for while long tables are folded.
const HINT_PATIENCE: Duration = Duration::from_secs(5);

pub async fn serve(place: &Place) -> anyhow::Result<ExitCode> {
    let settings = Settings::try_new(&Variables::of_this_process())?;
    let (mail, kept) = (mail::settings(place)?, kept::open(place)?);
    let cards = Cards::try_new()?;
    // An address that is taken is found out about before anything is started.
    let server = Server::bind(&settings).await?;
    let home = Home::find(place).await?;
    let outcome = with_home(place, &home, (server, settings, mail, kept, cards)).await;
    let closed = home.close().await;
    outcome?;
    closed?;
    Ok(ExitCode::SUCCESS)
}

/// What was decided before anything was started.
type Decided = (Server, Settings, Mail, Kept, Cards);

async fn with_home(place: &Place, home: &Home, decided: Decided) -> anyhow::Result<()> {
    let log = home.log().await?;
    let outcome = with_log(place, home, &log, decided).await;
    log.close().await;
    outcome
}

async fn with_log(place: &Place, home: &Home, log: &Log, decided: Decided) -> anyhow::Result<()> {
    let users = known::users(place, log, &decided.1).await?;
    let engine = Engine::open(
        log.clone(),
        Arc::new(catalogue::catalogue()),
        Projections::all(),
        projections::Settings::default(),
    )
    .await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let folding = tokio::spawn({
        let engine = engine.clone();
        async move { engine.run(async { drop(stopped.await) }).await }
    });
    let serving = Serving::start(log, &engine, users, decided);
    // Whoever closed the terminal does not want to be told.
    let (addresses, url) = (serving.addresses(), serving.url());
    drop(writeln!(
        std::io::stdout(),
        "{addresses}\nThe web app is at {url}/."
    ));
    let outcome = tokio::select! {
        heard = interrupted() => heard,
        never = look_after(home, log, &engine) => match never {},
    };
    serving.end().await?;
    drop(stop);
    folding.await.context("the projections ended badly")?;
    outcome
}

/// How to make the first admin, where there is none.
pub async fn hint(log: &Log, engine: &Engine) -> anyhow::Result<Option<&'static str>> {
    let head = log.head().await?.position;
    engine.wait_for(People::NAME, head, HINT_PATIENCE).await?;
    let admins = UserFilter {
        role: Some(Role::Admin),
        standing: Some(Standing::Confirmed),
        blocked: Some(false),
        ..UserFilter::default()
    };
    let mut staff = tenants::as_staff(log.pool()).await?;
    let found = people::users(&mut *staff, admins, Cursor::LATEST, 1).await?;
    Ok(found.is_empty().then_some(
        "Nobody is an admin yet; `trainnet admin create --email you@example.com` makes one.",
    ))
}

/// Says what whoever starts for the first time may want to know, then keeps everything running.
async fn look_after(home: &Home, log: &Log, engine: &Engine) -> Infallible {
    match hint(log, engine).await {
        Ok(None) => {}
        Ok(Some(hint)) => drop(writeln!(std::io::stdout(), "{hint}")),
        Err(error) => tracing::warn!(error = %format!("{error:#}"), "no admin was looked for"),
    }
    keep_alive(home, log).await
}

/// Notices when the private server has died, and starts it again.
async fn keep_alive(home: &Home, log: &Log) -> Infallible {
    loop {
        let watching = async { log.subscribe().await?.beyond(i64::MAX).await };
        let Err(lost) = watching.await else { continue };
        tracing::warn!(error = %lost, "the log is out of reach; trying again");
        if let Err(error) = home.revive().await {
            tracing::error!(error = %format!("{error:#}"), "the private server stays down");
        }
        tokio::time::sleep(REST).await;
    }
}

/// The API, being served beside whatever else the program does, and what works beside the API.
pub struct Serving {
    url: String,
    shows_mail: bool,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    beside: Beside,
    cards: Cards,
}

impl Serving {
    fn start(log: &Log, engine: &Engine, users: Users, decided: Decided) -> Self {
        let (server, settings, mail, kept, cards) = decided;
        let url = server.url();
        let of_mail = mail.settings_at(&url);
        let charging = cards.settings_at(&url, &of_mail.public_url);
        let sweeper = kept.sweeper(log, &users);
        let outside = Outside {
            base: of_mail.public_url.clone(),
            shelf: kept.shelf,
            kept: kept.settings,
            webhook_secret: charging.as_ref().map(|it| it.webhook_secret.clone()),
        };
        let app = pages::app(&outside.kept.place);
        let product = Product::new(log, users, &settings, outside);
        let outbox = mail.outbox().filter(|_| is_ours_alone(&settings));
        let shows_mail = outbox.is_some();
        let slices = product.routes(outbox.map_or_else(Routes::new, api::outbox));
        let router = Api::new(log.clone(), engine.clone(), settings)
            .counting(product.work.dispatcher())
            .serve_with(slices, app);
        let given = Given {
            mail: of_mail,
            cards: charging,
            sweeper,
        };
        let (stop, stopped) = oneshot::channel();
        Self {
            beside: Beside::start(log, engine, &product, given),
            task: tokio::spawn(server.run(router, async { drop(stopped.await) })),
            url,
            shows_mail,
            stop,
            cards,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where simulated cards are paid, if they are simulated.
    pub fn simulator_url(&self) -> Option<String> {
        self.cards.simulator_url()
    }

    /// The same for this machine alone, wherever else the API is served; another port will do
    /// where the usual one is taken.
    pub async fn on_loopback(place: &Place, log: &Log, engine: &Engine) -> anyhow::Result<Self> {
        let mut settings = Settings::try_new(&Variables::of_this_process())?;
        let (mail, kept) = (mail::settings(place)?, kept::open(place)?);
        let cards = Cards::try_new()?.or_simulated(&place.data_dir).await?;
        settings.listen.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        settings.tls = None;
        let server = match Server::bind(&settings).await {
            Err(NotServed::Listen { .. }) if settings.listen == LISTEN_DEFAULT => {
                settings.listen.set_port(0);
                Server::bind(&settings).await?
            }
            bound => bound?,
        };
        let users = known::users(place, log, &settings).await?;
        let decided = (server, settings, mail, kept, cards);
        Ok(Self::start(log, engine, users, decided))
    }

    /// For whoever wants to look, in a sentence.
    pub fn addresses(&self) -> String {
        let url = &self.url;
        let mut said = format!("The API answers at {url}; {url}/docs shows what it can be asked.");
        if self.shows_mail {
            write!(said, "\nMail is not sent; {url}/dev/outbox shows it.")
                .expect("a string takes whatever is written to it");
        }
        if let Some(url) = self.cards.simulator_url() {
            write!(
                said,
                "\nCards are not charged; a stand-in for Stripe answers at {url}."
            )
            .expect("a string takes whatever is written to it");
        }
        said
    }

    /// Takes no more requests, and ends when those that were taken are answered, and when the mail
    /// that is being sent is sent.
    pub async fn end(self) -> anyhow::Result<()> {
        drop(self.stop);
        let answered = self.task.await.context("the API ended badly");
        let beside = self.beside.end().await;
        answered.and(beside)
    }
}

/// Whether nobody but this machine can ask, as far as the settings tell: whoever lists a proxy has
/// strangers behind it.
fn is_ours_alone(settings: &Settings) -> bool {
    settings.listen.ip().is_loopback() && settings.trusted_proxies.is_empty()
}
