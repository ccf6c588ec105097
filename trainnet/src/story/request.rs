//! One request of the story: who asks, under which key, for what, of which stream.

use anyhow::{Context as _, bail};
use cqrs_es::Aggregate;
use ledger::Effects;
use serde::Serialize;
use store::{Commands, Committed, Context, Refused};

/// The caller and the key that name a request for ever.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub by: &'a str,
    pub key: &'a str,
}

#[derive(Clone, Debug)]
pub struct Request<C> {
    pub stream: String,
    pub command: C,
    pub context: Context,
}

impl Asked<'_> {
    /// The stream that this request begins; asking again leads to the same one.
    pub fn stream(self, kind: &str) -> String {
        format!("{kind}_{}", store::ids::derived(self.by, self.key).simple())
    }

    /// What the request says is its fingerprint: the same key for anything else is refused.
    pub fn of<C>(
        self,
        stream: &str,
        command: C,
        said: &impl Serialize,
    ) -> anyhow::Result<Request<C>> {
        Ok(Request {
            stream: stream.to_owned(),
            command,
            context: Context::by(self.by).with_key(self.key, &serde_json::to_vec(said)?),
        })
    }
}

/// Makes a request and answers with its outcome, whatever becomes of the connection.
pub async fn ask<A>(
    commands: &Commands<A>,
    request: Request<A::Command>,
) -> anyhow::Result<Result<Committed, Refused<A::Error>>>
where
    A: Aggregate<Services = ()> + Clone + 'static,
    A::Command: Clone,
    A::Event: Effects,
    A::Error: 'static,
{
    let Request {
        stream,
        command,
        context,
    } = request;
    certain(commands, commands.execute(&stream, command, &context).await).await
}

/// The same for a request that begins its stream, which need not be looked at first.
pub async fn begin<A>(
    commands: &Commands<A>,
    request: Request<A::Command>,
) -> anyhow::Result<Result<Committed, Refused<A::Error>>>
where
    A: Aggregate<Services = ()> + Clone + 'static,
    A::Command: Clone,
    A::Event: Effects,
    A::Error: 'static,
{
    let Request {
        stream,
        command,
        context,
    } = request;
    certain(commands, commands.begin(&stream, command, &context).await).await
}

/// Looks an outcome up that is not known, and tells what is wrong with the store from a refusal.
async fn certain<A>(
    commands: &Commands<A>,
    outcome: Result<Committed, Refused<A::Error>>,
) -> anyhow::Result<Result<Committed, Refused<A::Error>>>
where
    A: Aggregate<Services = ()> + Clone + 'static,
    A::Command: Clone,
    A::Event: Effects,
    A::Error: 'static,
{
    match outcome {
        Err(Refused::Unknown { event_id }) => {
            let found = commands.log().resolve(event_id).await;
            let found = found.context("an outcome is unknown and cannot be looked up")?;
            found
                .map(Ok)
                .context("the connection was lost and nothing was written; try again")
        }
        Err(Refused::Store(error)) => Err(error.into()),
        outcome => Ok(outcome),
    }
}

/// Makes a request that the story cannot go on without.
pub async fn need<A>(
    commands: &Commands<A>,
    request: Request<A::Command>,
) -> anyhow::Result<Committed>
where
    A: Aggregate<Services = ()> + Clone + 'static,
    A::Command: Clone,
    A::Event: Effects,
    A::Error: Send + Sync + 'static,
{
    let stream = request.stream.clone();
    let outcome = ask(commands, request).await?;
    outcome.with_context(|| format!("the story went wrong at {} {stream}", A::TYPE))
}

/// Makes a request that the story shows being refused.
pub async fn must_refuse<A>(
    commands: &Commands<A>,
    request: Request<A::Command>,
) -> anyhow::Result<Refused<A::Error>>
where
    A: Aggregate<Services = ()> + Clone + 'static,
    A::Command: Clone,
    A::Event: Effects,
    A::Error: 'static,
{
    let stream = request.stream.clone();
    match ask(commands, request).await? {
        Err(refusal) => Ok(refusal),
        Ok(Committed { position, .. }) => {
            bail!(
                "the story went wrong: {} {stream} was not refused but stands at {position}",
                A::TYPE
            )
        }
    }
}
