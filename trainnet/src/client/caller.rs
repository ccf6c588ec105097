//! Who asks a server: a program with a key, or a person in a session that goes on by itself.

use anyhow::{Context as _, bail};
use chrono::{DateTime, TimeDelta, Utc};
use hyper::Method;
use serde_json::{Value, json};
use store::{Clock, ids};
use zeroize::Zeroizing;

use super::arguments::At;
use super::credentials::{Credentials, CredentialsFile};
use super::problem::Problem;
use super::server::{Answer, Ask, DEFAULT, NoAnswer, Server};

/// A token that ends while a request is on its way is as good as ended.
const MARGIN: TimeDelta = TimeDelta::seconds(30);

/// Somebody who may ask, and where.
#[derive(Debug)]
pub struct Caller {
    server: Server,
    by: By,
    clock: Clock,
}

enum By {
    Key(Zeroizing<String>),
    Session(CredentialsFile, Credentials),
}

impl std::fmt::Debug for By {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Key(_) => "Key",
            Self::Session(..) => "Session",
        })
    }
}

/// The server that was named; an empty name is none.
pub fn named(at: &At) -> Option<&str> {
    let name = at.server.as_deref().map(str::trim);
    name.filter(|name| !name.is_empty())
}

pub fn server(at: &At, otherwise: &str) -> anyhow::Result<Server> {
    Server::try_new(named(at).unwrap_or(otherwise), at.ca_file.as_deref())
}

impl Caller {
    /// By the key of the environment, or else in the session that was begun with `login`.
    pub fn of_this_process(at: &At) -> anyhow::Result<Self> {
        let key = std::env::var_os("TRAINNET_API_KEY").filter(|key| !key.is_empty());
        let Some(key) = key else {
            return Self::in_session(at);
        };
        let key = key
            .into_string()
            .ok()
            .context("TRAINNET_API_KEY is no text")?;
        let usual = match CredentialsFile::of_this_process()?.read() {
            Ok(Some(credentials)) => credentials.server,
            _ => DEFAULT.to_owned(),
        };
        Ok(Self {
            server: server(at, &usual)?,
            by: By::Key(Zeroizing::new(key.trim().to_owned())),
            clock: Clock::system(),
        })
    }

    /// In the session alone, whatever the environment says of keys.
    pub fn in_session(at: &At) -> anyhow::Result<Self> {
        let file = CredentialsFile::of_this_process()?;
        let credentials = file
            .read()?
            .context("you are not signed in: `trainnet login`")?;
        let server = server(at, &credentials.server)?;
        if server.url() != credentials.server {
            // Tokens go to nobody but to whom they are from.
            bail!(
                "you are signed in at {} and not at {}: `trainnet login` changes that",
                credentials.server,
                server.url()
            );
        }
        Ok(Self {
            server,
            by: By::Session(file, credentials),
            clock: Clock::system(),
        })
    }

    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Asks; a session whose token has ended goes on first.
    pub async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        if let By::Session(_, credentials) = &self.by
            && has_ended(credentials, self.clock.now())
        {
            self.go_on().await?;
        }
        // Under one key, what is asked twice is done once.
        let key = ids::fresh().to_string();
        let ask = Ask {
            method,
            path,
            body,
            key: Some(&key),
            bearer: None,
            position: None,
        };
        match self.ask_once(&ask).await {
            // This machine's clock may be wrong; the server's is not.
            Err(error) if is_refused_token(&error) && matches!(self.by, By::Session(..)) => {
                self.go_on().await?;
                self.ask_once(&ask).await
            }
            // It may have been done, and a key that was made is shown this once.
            Err(error) if error.is::<NoAnswer>() && ask.method == Method::POST => {
                self.ask_once(&ask).await
            }
            answered => answered,
        }
    }

    async fn ask_once(&self, ask: &Ask<'_>) -> anyhow::Result<Value> {
        let (bearer, position) = match &self.by {
            By::Key(key) => (key.as_str(), None),
            By::Session(_, known) => (known.access_token.as_str(), known.position.as_deref()),
        };
        let ask = Ask {
            position: position.filter(|_| ask.method == Method::GET),
            bearer: Some(bearer),
            key: ask.key.filter(|_| ask.method == Method::POST),
            ..ask.clone()
        };
        let Answer { json, position } = self.server.ask(&ask).await?;
        if let Some(position) = position
            && let Err(error) = self.remember(position).await
        {
            // What was asked for is done, and may be shown this once.
            tracing::warn!(error = %format!("{error:#}"), "the next command may not see this one");
        }
        Ok(json)
    }

    /// The next invocation shows what this one changed.
    async fn remember(&self, position: String) -> anyhow::Result<()> {
        let By::Session(file, credentials) = &self.by else {
            return Ok(());
        };
        let locked = file.lock().await?;
        if let Some(mut now) = locked.read()?
            && now.session == credentials.session
        {
            now.position = Some(position);
            locked.write(&now)?;
        }
        Ok(())
    }

    /// Gets the next pair of tokens, unless another invocation has just done so: a refresh token
    /// that is shown twice is taken for a stolen one, so only one at a time may show it.
    async fn go_on(&mut self) -> anyhow::Result<()> {
        let By::Session(file, mine) = &mut self.by else {
            return Ok(());
        };
        let locked = file.lock().await?;
        let now = locked.read()?.context("you have signed out meanwhile")?;
        // Two access tokens that were signed within a second are the same.
        if now.refresh_token != mine.refresh_token && now.server == mine.server {
            *mine = now;
            return Ok(());
        }
        let refreshed = match refresh(&self.server, &now.refresh_token).await {
            Err(error) if is_over(&error) => {
                locked.remove()?;
                return Err(error.context("you are not signed in any more: `trainnet login`"));
            }
            refreshed => refreshed?,
        };
        let mut next = Credentials::try_new(&now.server, &refreshed.json, self.clock.now())?;
        next.position = refreshed.position.or(now.position);
        locked.write(&next)?;
        *mine = next;
        Ok(())
    }

    /// Ends the session, or all there are, and forgets its tokens whatever the server says.
    pub async fn sign_out(mut self, everywhere: bool) -> anyhow::Result<()> {
        let path = if everywhere {
            "/v1/sessions"
        } else {
            "/v1/sessions/current"
        };
        let ended = self.ask(Method::DELETE, path, None).await;
        if let By::Session(file, _) = &self.by {
            file.lock().await?.remove()?;
        }
        match ended {
            // It was over before.
            Err(error) if is_unauthenticated(&error) => Ok(()),
            Err(error) => Err(error.context(
                "your tokens were removed here, but the session could not be ended there",
            )),
            Ok(_) => Ok(()),
        }
    }
}

/// An answer that got lost is asked for once more: at once, it counts as lost and not as stolen.
async fn refresh(server: &Server, token: &str) -> anyhow::Result<Answer> {
    let body = json!({"refresh_token": token});
    let ask = Ask::posting("/v1/sessions/refresh", body);
    match server.ask(&ask).await {
        Err(error) if error.is::<NoAnswer>() => server.ask(&ask).await,
        answered => answered,
    }
}

fn has_ended(credentials: &Credentials, now: DateTime<Utc>) -> bool {
    credentials.expires_at - MARGIN <= now
}

fn problem(error: &anyhow::Error) -> Option<&Problem> {
    error.downcast_ref()
}

fn is_refused_token(error: &anyhow::Error) -> bool {
    problem(error).is_some_and(|it| it.is("unauthenticated"))
}

fn is_over(error: &anyhow::Error) -> bool {
    problem(error).is_some_and(|it| it.is("users/session-over"))
}

fn is_unauthenticated(error: &anyhow::Error) -> bool {
    problem(error).is_some_and(|it| it.status == 401)
}
