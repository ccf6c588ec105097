//! Sending what is due: once if nothing breaks, and again under the same name if something does.

use std::time::Duration;

use chrono::{DateTime, Utc};
use cqrs_es::EventStore as _;
use domain::mails::{FailedBecause, Intended, Mail, MailCommand, Template, WithdrawnBecause};
use domain::users::kept::old_email;
use domain::users::{ChallengeId, ChallengeKey, User};
use futures::StreamExt as _;
use projections::Engine;
use projections::mails::{self, Turns};
use store::{Clock, Commands, Context, Log, LogEventStore, Refused, Vault, VaultError};
use tokio::sync::watch;

use super::letter::{Envelope, compose};
use super::post::{NotTaken, hand_over};
use super::recipient::{Recipient, recipient};
use super::templates::{self, Filling, Written};
use crate::chain::chain;
use crate::settings::{Settings, Way};

/// Who records what became of a mail.
const ACTOR: &str = "worker/mails";
const PROJECTION: &str = "mails";
/// So many mails are looked for at once.
const ROUND_MAILS: u8 = 32;
/// So many conversations with the mail server are held at once.
const AT_ONCE: usize = 4;
/// An outcome that cannot be recorded is worth some patience: without it the mail goes out again.
const RECORDING_ATTEMPTS: u32 = 5;
const RECORDING_PAUSE: Duration = Duration::from_millis(200);
/// How long to wait for the projection to show what was just recorded.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);

/// What keeps the sender from its work; a mail that was not taken does not.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error("the mails that are due cannot be read")]
    Database(#[from] sqlx::Error),
    #[error("the vault does not answer")]
    Vault(#[source] sqlx::Error),
    #[error("the stream of {mail}, or of whom it goes to, cannot be read: {reason}")]
    Unreadable { mail: String, reason: String },
    #[error("what became of {mail} could not be recorded: {reason}")]
    NotRecorded { mail: String, reason: String },
}

/// Why a mail did not go out.
enum Undelivered {
    Useless(WithdrawnBecause),
    NotTaken(NotTaken),
}

/// What one round of sending did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// How many mails were due, as the projection has it.
    pub due: usize,
    /// For how many of them something was recorded.
    pub recorded: usize,
}

/// Sends what is due.
pub struct Sender {
    log: Log,
    engine: Engine,
    vault: Vault,
    challenge_key: ChallengeKey,
    settings: Settings,
    clock: Clock,
    commands: Commands<Mail>,
    streams: LogEventStore<Mail>,
    users: Commands<User>,
    turns: Option<Turns>,
}

impl Sender {
    pub fn new(
        log: Log,
        engine: Engine,
        vault: Vault,
        challenge_key: ChallengeKey,
        settings: Settings,
        clock: Clock,
    ) -> Self {
        Self {
            commands: Commands::new(log.clone()),
            streams: LogEventStore::new(log.clone()),
            users: Commands::new(log.clone()),
            turns: None,
            log,
            engine,
            vault,
            challenge_key,
            settings,
            clock,
        }
    }

    /// Sends until `ending` says so; looks whenever a position is heard, and now and then anyway.
    pub(crate) async fn run(
        mut self,
        mut heard: watch::Receiver<i64>,
        mut ending: watch::Receiver<bool>,
    ) {
        let mut reported = String::new();
        while !*ending.borrow() {
            let pause = match self.round().await {
                Ok(round) if round.is_full() => continue,
                Ok(_) => {
                    reported.clear();
                    self.settings.look_every
                }
                Err(error) => {
                    let text = chain(&error);
                    if text != reported {
                        tracing::error!(error = %text, "mail is not being sent");
                        reported = text;
                    }
                    self.settings.rest
                }
            };
            tokio::select! {
                Ok(()) = heard.changed() => {
                    let position = *heard.borrow_and_update();
                    self.wait_until_shown(position).await;
                }
                () = tokio::time::sleep(pause) => {}
                () = ended(&mut ending) => return,
            }
        }
    }

    /// Looks once for what is due and tries each of it.
    pub async fn round(&mut self) -> Result<Round, SendError> {
        let due = mails::due(self.log.pool(), self.clock.now(), ROUND_MAILS.into()).await?;
        if due.is_empty() {
            return Ok(Round::default());
        }
        // Kept apart while the round lasts: should the round be dropped, so are its turns.
        let mut turns = match self.turns.take() {
            Some(turns) => turns,
            None => Turns::connect(self.log.connection()).await?,
        };
        let mut mine = Vec::new();
        for mail in &due {
            if turns.take(&mail.mail).await? {
                mine.push(mail.mail.clone());
            }
        }
        let outcomes: Vec<_> = futures::stream::iter(mine)
            .map(|mail| self.attempt(mail))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        turns.give_back().await?;
        self.turns = Some(turns);
        let positions = outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
        let recorded: Vec<i64> = positions.into_iter().flatten().collect();
        if let Some(last) = recorded.iter().max() {
            self.wait_until_shown(*last).await;
        }
        Ok(Round {
            due: due.len(),
            recorded: recorded.len(),
        })
    }

    /// What the projection does not show yet would only be looked at for nothing.
    async fn wait_until_shown(&self, position: i64) {
        let shown = self.engine.wait_for(PROJECTION, position, SHOWN_WITHIN);
        if let Err(error) = shown.await {
            tracing::warn!(%error, "the mails are behind");
        }
    }

    /// Tries a mail whose turn this sender has; says where the outcome stands in the log.
    async fn attempt(&self, mail: String) -> Result<Option<i64>, SendError> {
        // The projection may be behind; only the stream knows whether there is anything to do.
        let loaded = self.streams.load_aggregate(&mail).await;
        let loaded = loaded.map_err(|error| SendError::Unreadable {
            mail: mail.clone(),
            reason: chain(&error),
        })?;
        let Some((attempt, intended)) = due(&loaded.aggregate, self.clock.now()) else {
            return Ok(None);
        };
        let outcome = match self.useless(intended).await? {
            Some(why) => Err(Undelivered::Useless(why)),
            None => self
                .deliver(&mail, intended)
                .await?
                .map_err(Undelivered::NotTaken),
        };
        let at = self.clock.now();
        let command = match outcome {
            Ok(()) => {
                self.say_sent(&mail, intended);
                MailCommand::RecordSent { attempt, at }
            }
            Err(Undelivered::Useless(why)) => {
                tracing::info!(mail, ?why, "a mail was withdrawn");
                MailCommand::Withdraw { why, at }
            }
            Err(Undelivered::NotTaken(NotTaken { reason, code })) => {
                tracing::warn!(mail, attempt, ?reason, code, "a mail was not taken");
                MailCommand::RecordFailure {
                    attempt,
                    reason,
                    at,
                }
            }
        };
        let recorded = self.record(&mail, command).await?;
        if let (Template::AddressChanged, Some(change)) = (intended.template, intended.challenge) {
            self.forget(&mail, &intended.to.to_string(), change).await;
        }
        Ok(recorded)
    }

    /// An old address is kept for this one mail; whoever moved on is not followed any longer, not
    /// even where nobody took the mail and staff might have it tried again.
    async fn forget(&self, mail: &str, user: &str, change: ChallengeId) {
        let is_over = match self.commands.look(mail).await {
            Ok(state) => state.next_attempt().is_none(),
            Err(error) => {
                tracing::warn!(mail, error = %chain(&error), "an old address is still kept");
                return;
            }
        };
        if !is_over {
            return;
        }
        if let Err(error) = self.vault.remove(user, &old_email(change)).await {
            tracing::warn!(mail, %error, "an old address is still kept");
        }
    }

    /// Why a mail would ask for what can no more be given, if it does: after an outage, nobody is
    /// to be sent a link that does not open.
    async fn useless(&self, intended: &Intended) -> Result<Option<WithdrawnBecause>, SendError> {
        let Some(challenge) = to_answer(intended) else {
            return Ok(None);
        };
        let user = intended.to.to_string();
        let state = self.users.look(&user).await;
        let state = state.map_err(|error| SendError::Unreadable {
            mail: user,
            reason: chain(&error),
        })?;
        // To whom nobody can write any more is found out below.
        let Some(person) = state.person() else {
            return Ok(None);
        };
        let open = person.challenges.iter().find(|open| open.id == challenge);
        Ok(match open {
            None => Some(WithdrawnBecause::Answered),
            Some(open) if open.is_expired(self.clock.now()) => Some(WithdrawnBecause::Expired),
            Some(_) => None,
        })
    }

    async fn deliver(
        &self,
        mail: &str,
        intended: &Intended,
    ) -> Result<Result<(), NotTaken>, SendError> {
        let user = intended.to.to_string();
        let found = recipient(&self.vault, &user, intended.template, intended.challenge).await;
        let found = match found {
            Ok(found) => found,
            Err(VaultError::Database(error)) => return Err(SendError::Vault(error)),
            // It takes an operator to mend this; until then the others need not wait for it.
            Err(error) => {
                tracing::error!(mail, %error, "the vault does not open");
                return Ok(Err(not_taken(FailedBecause::Unreachable)));
            }
        };
        let Some(recipient) = found else {
            return Ok(Err(not_taken(FailedBecause::NoAddress)));
        };
        let written = self.write(intended, &recipient);
        let envelope = Envelope {
            mail,
            from: &self.settings.from,
            to: recipient.address,
            at: intended.at,
        };
        let Ok(message) = compose(envelope, written) else {
            return Ok(Err(not_taken(FailedBecause::NoAddress)));
        };
        let within = self.settings.delivery_time_max;
        Ok(hand_over(&self.settings.way, mail, message, within).await)
    }

    fn write(&self, intended: &Intended, recipient: &Recipient) -> Written {
        let (public_url, key) = (&self.settings.public_url, &self.challenge_key);
        let page = page(intended.template);
        // Behind `#`, what opens an account is sent to no server and stands in no server's log.
        let challenge = to_answer(intended);
        let link = match challenge {
            Some(challenge) => {
                format!("{public_url}/{page}#{}", key.link(&intended.to, challenge))
            }
            None => format!("{public_url}/{page}"),
        };
        let code = challenge.map(|challenge| key.code(challenge));
        let filling = Filling {
            name: recipient.name.as_deref(),
            link: &link,
            code: code.as_deref(),
            when: intended.at,
        };
        templates::write(intended.template, recipient.locale, filling)
    }

    fn say_sent(&self, mail: &str, intended: &Intended) {
        let template = intended.template;
        match self.settings.way {
            Way::Smtp(_) => tracing::info!(mail, ?template, "a mail was sent"),
            Way::Outbox(_) => tracing::info!(mail, ?template, "a mail lies in the outbox"),
        }
    }

    async fn record(&self, mail: &str, command: MailCommand) -> Result<Option<i64>, SendError> {
        let mut pause = RECORDING_PAUSE;
        let mut left = RECORDING_ATTEMPTS;
        loop {
            let context = Context::by(ACTOR);
            let asked = self.commands.execute(mail, command.clone(), &context);
            match asked.await {
                Ok(committed) => return Ok(Some(committed.position)),
                Err(Refused::Domain(refusal)) => {
                    // Somebody recorded another outcome meanwhile, which only a sender that lost
                    // its turn with its connection makes possible.
                    tracing::warn!(mail, %refusal, "the outcome was not recorded");
                    return Ok(None);
                }
                Err(refused) if left <= 1 => {
                    return Err(SendError::NotRecorded {
                        mail: mail.to_owned(),
                        reason: chain(&refused),
                    });
                }
                Err(_) => tokio::time::sleep(pause).await,
            }
            left -= 1;
            pause *= 2;
        }
    }
}

impl Round {
    /// Whether there may be more to do at once: a round that came to nothing would do so again.
    fn is_full(self) -> bool {
        self.recorded > 0 && self.due >= usize::from(ROUND_MAILS)
    }
}

/// Whoever could say so having gone is an end as well.
async fn ended(ending: &mut watch::Receiver<bool>) {
    drop(ending.wait_for(|ending| *ending).await);
}

fn due(mail: &Mail, now: DateTime<Utc>) -> Option<(u32, &Intended)> {
    let (attempt, not_before) = mail.next_attempt()?;
    let intended = mail.intended()?;
    (not_before <= now).then_some((attempt, intended))
}

const fn not_taken(reason: FailedBecause) -> NotTaken {
    NotTaken { reason, code: None }
}

/// The challenge that a mail asks to answer; one that was answered is only named by it.
fn to_answer(intended: &Intended) -> Option<ChallengeId> {
    let is_answered = intended.template == Template::AddressChanged;
    intended.challenge.filter(|_| !is_answered)
}

/// The page that a mail leads to; notices lead to where a stolen account is won back.
const fn page(template: Template) -> &'static str {
    match template {
        Template::Confirm => "confirm",
        Template::ChangeAddress => "change-address",
        Template::Recover
        | Template::AddressChanged
        | Template::PasswordChanged
        | Template::SecondFactorChanged
        | Template::NewSignIn
        | Template::Blocked
        | Template::ApiKeyCreated => "recover",
    }
}
