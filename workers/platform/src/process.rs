//! A rule that is followed along the log, apart from how.

use cqrs_es::Aggregate;
use ledger::Effects;
use store::{EventRef, Unreadable};

/// A rule by which events lead to commands, and the name under which it is followed.
pub trait Process: Send + Sync + 'static {
    /// Stored.
    const NAME: &'static str;
    /// Raised when the rule concludes more than before, so that a program with the older rule
    /// does not move the checkpoint past what it would have missed.
    const VERSION: i32;
    /// How many streams of a page may be asked at once; one stream is asked one thing after
    /// another, in the order of the events.
    const AT_ONCE: usize = 32;
    /// Whether what follows an event is always the first thing that happens to its stream.
    const OPENS: bool;

    /// Whom it asks.
    type Asked: Aggregate<Services = (), Command: Clone, Event: Effects, Error: 'static> + Clone;

    /// What follows an event: the stream to ask and what to ask of it. Pure, so that it can be
    /// asked again; events of no interest are passed over without being read.
    fn follow(event: &EventRef<'_>) -> Result<Option<Next<Self::Asked>>, Unreadable>;

    /// Whether a refusal says that what is asked for happened long ago.
    fn is_already_so(refusal: &<Self::Asked as Aggregate>::Error) -> bool;

    /// What to ask for where the wallet does not hold what the command would move; without it, a
    /// missing cent stops the reaction.
    fn without_funds(
        _command: &<Self::Asked as Aggregate>::Command,
    ) -> Option<<Self::Asked as Aggregate>::Command> {
        None
    }
}

/// A stream, and what is to be asked of it.
pub type Next<A> = (String, <A as Aggregate>::Command);
