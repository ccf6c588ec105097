//! Looks at what the program stands on, no more often than is useful, however many ask.

use std::time::Duration;

use projections::mails::{self, Counts, Mails};
use projections::reactions::{self, Reached};
use projections::{Engine, Projection as _, ProjectionError, Status, tenants};
use store::{Append, Context, Log, NotAppended};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// What was seen is shown to whoever asks within this time.
const FRESH: Duration = Duration::from_millis(500);
/// To count is to look at each.
const COUNTS_FRESH: Duration = Duration::from_secs(5);
/// What takes longer to answer does not answer.
const LOOK_MAX: Duration = Duration::from_secs(3);

/// Whether the appender does its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appender {
    Works,
    Closed,
    /// It has no database, or is so far behind that it might as well not have one.
    DoesNotAnswer,
}

/// The last look, kept for a moment; one looks while the others wait for what it sees.
struct Kept<T> {
    seen: Mutex<Option<(Instant, T)>>,
    fresh: Duration,
}

impl<T: Clone> Kept<T> {
    const fn for_a(fresh: Duration) -> Self {
        let seen = Mutex::const_new(None);
        Self { seen, fresh }
    }

    async fn or_look(&self, look: impl Future<Output = T>) -> T {
        let mut kept = self.seen.lock().await;
        if let Some((taken, seen)) = &*kept
            && taken.elapsed() < self.fresh
        {
            return seen.clone();
        }
        let seen = look.await;
        *kept = Some((Instant::now(), seen.clone()));
        seen
    }
}

/// Looks at the database, the projections, the reactions, the mails and the appender.
pub struct Watch {
    log: Log,
    engine: Engine,
    projections: Kept<Option<Vec<Status>>>,
    head: Kept<Option<i64>>,
    appender: Kept<Appender>,
    reactions: Kept<Option<Vec<Reached>>>,
    mails: Kept<Option<Counts>>,
}

impl Watch {
    pub const fn new(log: Log, engine: Engine) -> Self {
        Self {
            log,
            engine,
            projections: Kept::for_a(FRESH),
            head: Kept::for_a(FRESH),
            appender: Kept::for_a(FRESH),
            reactions: Kept::for_a(FRESH),
            mails: Kept::for_a(COUNTS_FRESH),
        }
    }

    /// Nothing where the database does not answer.
    pub async fn head(&self) -> Option<i64> {
        let look = async {
            let head = timeout(LOOK_MAX, self.log.head()).await.ok()?;
            let head = head.inspect_err(|error| tracing::warn!(%error, "the head is out of reach"));
            Some(head.ok()?.position)
        };
        self.head.or_look(look).await
    }

    /// How far each projection has come; nothing where the database does not answer.
    pub async fn projections(&self) -> Option<Vec<Status>> {
        let look = async {
            let status = timeout(LOOK_MAX, self.engine.status()).await.ok()?;
            let report = |error: &ProjectionError| {
                tracing::warn!(%error, "the checkpoints are out of reach");
            };
            status.inspect_err(report).ok()
        };
        self.projections.or_look(look).await
    }

    /// How far each reaction has come; nothing where the database does not answer.
    pub async fn reactions(&self) -> Option<Vec<Reached>> {
        let look = async {
            let all = timeout(LOOK_MAX, reactions::all(self.log.pool()))
                .await
                .ok()?;
            let report = |error: &sqlx::Error| {
                tracing::warn!(%error, "the reactions are out of reach");
            };
            all.inspect_err(report).ok()
        };
        self.reactions.or_look(look).await
    }

    /// How many mails there are; nothing where nobody folds them or the database does not answer.
    pub async fn mails(&self) -> Option<Counts> {
        if !self.engine.names().any(|name| name == Mails::NAME) {
            return None;
        }
        let count = async {
            let mut staff = tenants::as_staff(self.log.pool()).await?;
            mails::counts(&mut *staff).await
        };
        let look = async {
            let counts = timeout(LOOK_MAX, count).await.ok()?;
            let report = |error: &sqlx::Error| tracing::warn!(%error, "mails cannot be counted");
            counts.inspect_err(report).ok()
        };
        self.mails.or_look(look).await
    }

    /// Sends the appender a command that has nothing to record, which takes the whole way.
    pub async fn appender(&self) -> Appender {
        self.appender.or_look(self.probe()).await
    }

    async fn probe(&self) -> Appender {
        let context = Context::by("readiness");
        let Ok(nothing) = Append::try_new("probe", "readiness", 0, vec![], &context) else {
            return Appender::DoesNotAnswer;
        };
        match timeout(LOOK_MAX, self.log.append(nothing)).await {
            // A full queue is a sign of life: what waits in it is being written.
            Ok(Ok(_) | Err(NotAppended::Busy)) => Appender::Works,
            Ok(Err(NotAppended::Closed)) => Appender::Closed,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the appender does not work");
                Appender::DoesNotAnswer
            }
            Err(_) => Appender::DoesNotAnswer,
        }
    }
}
