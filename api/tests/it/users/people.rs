//! A world with people in it: a clock that the test moves, and clients at addresses of their own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ::objects::{Place, Settings as ObjectSettings, Shelf};
use api::{Api, Binding, Outside, Product, Routes, Secrets, Server, Settings, Users, Variables};
use axum::http::{Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::Job;
use domain::mails::Mail;
use domain::objects::Object;
use domain::payments::Payment;
use domain::servers::{JoinToken, Machine};
use domain::users::{ApiKey, Challenge, Kyc, Purpose, Session, User, UserId};
use domain::work::Unit;
use projections::{Engine, Projections};
use serde_json::{Value, json};
use store::{Catalogue, Clock, Log, Options};
use tokio::sync::{OnceCell, oneshot};
use workbench::TestDatabase;

use crate::client::{self, Reply};

pub const PASSWORD: &str = "abc12345";
/// So much somebody may keep.
pub const KEPT_BYTES_MAX: u64 = 32 << 20;
pub const WEBHOOK_SECRET: &str = "whsec_of_this_test";
/// Noon of some day.
const BEGIN: i64 = 1_800_014_400_000_000;

pub struct People {
    pub log: Log,
    pub engine: Engine,
    pub users: Users,
    pub product: Product,
    /// Where the bytes of objects lie.
    pub shelf: PathBuf,
    pub database: TestDatabase,
    pub secrets_file: PathBuf,
    address: SocketAddr,
    document: OnceCell<Value>,
    micros: Arc<AtomicI64>,
    _stop: oneshot::Sender<()>,
    _folder: tempfile::TempDir,
}

/// A program at an address.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    pub address: &'static str,
    pub agent: &'static str,
}

pub const HOME: Client = Client {
    address: "192.0.2.1",
    agent: "Firefox",
};
pub const ELSEWHERE: Client = Client {
    address: "198.51.100.7",
    agent: "curl",
};

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Signed {
    pub access: String,
    pub refresh: String,
    pub user: String,
    pub session: String,
}

fn catalogue() -> Catalogue {
    Catalogue::new()
        .with::<User>()
        .with::<Session>()
        .with::<ApiKey>()
        .with::<Kyc>()
        .with::<Mail>()
        .with::<Machine>()
        .with::<JoinToken>()
        .with::<Object>()
        .with::<Payment>()
        .with::<Unit>()
        .with::<Job>()
}

impl People {
    pub async fn new() -> Self {
        Self::bound(Binding::Strict).await
    }

    pub async fn bound(binding: Binding) -> Self {
        Self::keeping(binding, |_| {}).await
    }

    /// With objects kept otherwise.
    pub async fn keeping(binding: Binding, change: impl FnOnce(&mut ObjectSettings)) -> Self {
        Self::opened(binding, change, |_| {}).await
    }

    /// Where the operator decided otherwise.
    pub async fn ruled(decide: impl FnOnce(&mut Settings)) -> Self {
        Self::opened(Binding::Strict, |_| {}, decide).await
    }

    async fn opened(
        binding: Binding,
        change: impl FnOnce(&mut ObjectSettings),
        decide: impl FnOnce(&mut Settings),
    ) -> Self {
        let micros = Arc::new(AtomicI64::new(BEGIN));
        let clock = Clock::from_fn({
            let micros = Arc::clone(&micros);
            move || DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap()
        });
        let database = workbench::database().await;
        let options = Options {
            clock,
            ..Options::default()
        };
        let log = Log::open(database.options.clone(), options).await.unwrap();
        let engine = Engine::open(
            log.clone(),
            Arc::new(catalogue()),
            Projections::all(),
            projections::Settings::default(),
        )
        .await
        .unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let folding = engine.clone();
        tokio::spawn(async move { folding.run(async { drop(stopped.await) }).await });
        let folder = tempfile::tempdir().unwrap();
        let secrets_file = folder.path().join("secrets");
        let secrets = Secrets::open(&secrets_file).unwrap();
        let users = Users::new(&log, secrets, binding, 2);
        let mut settings =
            Settings::try_new(&Variables::set([("TRAINNET_TRUSTED_PROXIES", "127.0.0.1")]))
                .unwrap();
        settings.listen = (Ipv4Addr::LOCALHOST, 0).into();
        decide(&mut settings);
        let server = Server::bind(&settings).await.unwrap();
        let address = server.address();
        let mut kept = ObjectSettings::try_new(|_| None, folder.path()).unwrap();
        kept.kept_bytes_max = KEPT_BYTES_MAX;
        change(&mut kept);
        let shelf = match &kept.place {
            Place::Disk(folder) => folder.clone(),
            Place::S3 { .. } => folder.path().join("nothing"),
        };
        let outside = Outside {
            base: format!("http://{address}"),
            shelf: Shelf::open(&kept.place).unwrap(),
            kept,
            webhook_secret: Some(WEBHOOK_SECRET.to_owned()),
        };
        let product = Product::new(&log, users.clone(), &settings, outside);
        let slices = product.routes(Routes::new());
        let router = Api::new(log.clone(), engine.clone(), settings)
            .counting(product.work.dispatcher())
            .serve(slices);
        tokio::spawn(server.run(router, std::future::pending()));
        Self {
            log,
            engine,
            users,
            product,
            shelf,
            database,
            secrets_file,
            address,
            document: OnceCell::new(),
            micros,
            _stop: stop,
            _folder: folder,
        }
    }

    pub fn later(&self, by: TimeDelta) {
        self.micros
            .fetch_add(by.num_microseconds().unwrap(), Ordering::SeqCst);
    }

    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.micros.load(Ordering::SeqCst)).unwrap()
    }

    pub async fn send(
        &self,
        client: Client,
        (method, path): (&str, &str),
        token: Option<&str>,
        body: Option<Value>,
    ) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-forwarded-for", client.address)
            .header("user-agent", client.agent);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let text = body.map(|body| body.to_string());
        if text.is_some() {
            request = request.header("content-type", "application/json");
        }
        self.raw(request, text.unwrap_or_default()).await
    }

    /// Whatever is answered has to say where in the log it stands where the document says so, and
    /// nowhere else.
    pub async fn raw(&self, request: axum::http::request::Builder, body: String) -> Reply {
        let method = request.method_ref().unwrap().as_str().to_lowercase();
        let path = request.uri_ref().unwrap().path().to_owned();
        let reply = client::send(self.address, request, body).await.unwrap();
        if reply.status.is_success() {
            let said = reply.header("trainnet-position").is_some();
            let documented = self.says_position(&method, &path, reply.status).await;
            if let Some(documented) = documented {
                assert_eq!(said, documented, "Trainnet-Position of {method} {path}");
            }
        }
        reply
    }

    /// Whether the document says that this answer says it; nothing where it leaves that open.
    async fn says_position(&self, method: &str, path: &str, status: StatusCode) -> Option<bool> {
        let document = self.document.get_or_init(|| async {
            let request = Request::get("/openapi.json");
            client::send(self.address, request, "")
                .await
                .unwrap()
                .json()
        });
        let document = document.await;
        let fits = |template: &str| {
            let (template, path) = (template.split('/'), path.split('/'));
            template.clone().count() == path.clone().count()
                && template
                    .zip(path)
                    .all(|(a, b)| a == b || a.starts_with('{'))
        };
        let paths = document["paths"].as_object().unwrap();
        // A name is nearer than a parameter.
        let exact = paths.get(path);
        let item = exact.or_else(|| paths.iter().find(|(it, _)| fits(it)).map(|(_, item)| item))?;
        let operation = item.get(method)?;
        if operation["operationId"] == "change_me" {
            return None;
        }
        let response = &operation["responses"][status.as_str()];
        Some(response["headers"]["trainnet-position"].is_object())
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn raw_bytes(&self, request: axum::http::request::Builder, body: Vec<u8>) -> Reply {
        client::send(self.address, request, body).await.unwrap()
    }

    /// As this one, without a word about how long it is.
    pub async fn in_chunks(&self, signed: &Signed, path: &str, body: &str) -> Reply {
        let headers = [
            ("x-forwarded-for", HOME.address.to_owned()),
            ("user-agent", HOME.agent.to_owned()),
            ("authorization", format!("Bearer {}", signed.access)),
        ];
        client::in_chunks_with(self.address, path, &headers, body).await
    }

    pub async fn post(&self, client: Client, path: &str, body: Value) -> Reply {
        self.send(client, ("POST", path), None, Some(body)).await
    }

    /// At home, as this one.
    pub async fn as_(&self, signed: &Signed, route: (&str, &str), body: Option<Value>) -> Reply {
        self.send(HOME, route, Some(&signed.access), body).await
    }

    /// The same, of what can be seen at this position.
    pub async fn at(&self, signed: &Signed, (method, path): (&str, &str), position: i64) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-forwarded-for", HOME.address)
            .header("user-agent", HOME.agent)
            .header("authorization", format!("Bearer {}", signed.access))
            .header("trainnet-position", position);
        self.raw(request, String::new()).await
    }

    /// Tidies once everything that has happened is seen.
    pub async fn tidied(&self) -> api::Tidied {
        let head = self.log.head().await.unwrap().position;
        let within = std::time::Duration::from_secs(10);
        self.engine.wait_for("people", head, within).await.unwrap();
        self.users.tidy().await.unwrap()
    }

    pub async fn register(&self, email: &str) -> UserId {
        let body = json!({ "email": email, "password": PASSWORD, "language": "ru" });
        let reply = self.post(HOME, "/v1/users", body).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.text());
        let id: String = sqlx::query_scalar(
            "select aggregate_id from events where event_type = 'user.registered' \
              order by position desc limit 1",
        )
        .fetch_one(self.log.pool())
        .await
        .unwrap();
        id.parse().unwrap()
    }

    /// What the mail would say, code and link.
    pub async fn mail(&self, user: UserId, purpose: fn(&Purpose) -> bool) -> (String, String) {
        let state = self.users.user(user).await.unwrap();
        let open = |challenge: &&Challenge| purpose(&challenge.purpose);
        let person = state.person().unwrap();
        let challenge = person.challenges.iter().find(open).unwrap().id;
        let key = self.users.challenge_key();
        (key.code(challenge), key.link(&user, challenge))
    }

    pub async fn confirmed(&self, email: &str) -> UserId {
        let user = self.register(email).await;
        let (code, _) = self.mail(user, |it| matches!(it, Purpose::Confirm)).await;
        let body = json!({ "email": email, "code": code });
        let reply = self.post(HOME, "/v1/users/confirm", body).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
        user
    }

    pub async fn try_to_sign_in(&self, client: Client, email: &str, password: &str) -> Reply {
        let body = json!({ "email": email, "password": password });
        self.post(client, "/v1/sessions", body).await
    }

    pub async fn signed_in(&self, email: &str) -> Signed {
        signed(&self.try_to_sign_in(HOME, email, PASSWORD).await)
    }

    /// Somebody who has registered, confirmed and signed in.
    pub async fn somebody(&self, email: &str) -> Signed {
        self.confirmed(email).await;
        self.signed_in(email).await
    }

    pub async fn refresh(&self, client: Client, token: &str) -> Reply {
        let body = json!({ "refresh_token": token });
        self.post(client, "/v1/sessions/refresh", body).await
    }

    pub async fn me(&self, signed: &Signed) -> Reply {
        self.as_(signed, ("GET", "/v1/me"), None).await
    }
}

pub fn signed(reply: &Reply) -> Signed {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let body = reply.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    Signed {
        access: text("access_token"),
        refresh: text("refresh_token"),
        user: text("user"),
        session: text("session"),
    }
}

/// Asks again until the answer is yes, for a bounded time.
pub async fn eventually(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if ask().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it never came to pass that {what}");
}
