//! Which projections an engine keeps, and what it does with each, whatever it is.

use std::marker::PhantomData;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::checkpoint::Checkpoint;
use crate::checksum::Checksum;
use crate::error::ProjectionError;
use crate::follow::{self, Core};
use crate::projection::Projection;
use crate::rebuild::{self, Rebuilt, Watch};
use crate::recompute::{self, Recomputed};

pub(crate) type Outcome<'a, T> = BoxFuture<'a, Result<T, ProjectionError>>;

/// What the engine does with each projection, whatever it is.
pub(crate) trait Projected: Send + Sync {
    fn name(&self) -> &'static str;
    fn version(&self) -> i32;
    fn begin<'a>(&'a self, core: &'a Core) -> Outcome<'a, ()>;
    fn catch_up<'a>(
        &'a self,
        core: &'a Core,
        known: Option<Checkpoint>,
        until: i64,
    ) -> Outcome<'a, Checkpoint>;
    fn rebuild<'a>(&'a self, core: &'a Core, watch: Watch<'a>) -> Outcome<'a, Rebuilt>;
    fn recompute<'a>(&'a self, core: &'a Core) -> Outcome<'a, Recomputed>;
    fn refold<'a>(&'a self, core: &'a Core, until: i64) -> Outcome<'a, Checksum>;
}

struct Of<P>(PhantomData<fn() -> P>);

impl<P: Projection> Projected for Of<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn version(&self) -> i32 {
        P::VERSION
    }

    fn begin<'a>(&'a self, core: &'a Core) -> Outcome<'a, ()> {
        Box::pin(async move {
            rebuild::tidy(core, P::NAME).await?;
            follow::install::<P>(core).await
        })
    }

    fn catch_up<'a>(
        &'a self,
        core: &'a Core,
        known: Option<Checkpoint>,
        until: i64,
    ) -> Outcome<'a, Checkpoint> {
        Box::pin(follow::catch_up::<P>(core, known, until))
    }

    fn rebuild<'a>(&'a self, core: &'a Core, watch: Watch<'a>) -> Outcome<'a, Rebuilt> {
        Box::pin(rebuild::rebuild::<P>(core, watch))
    }

    fn recompute<'a>(&'a self, core: &'a Core) -> Outcome<'a, Recomputed> {
        Box::pin(recompute::recompute::<P>(core))
    }

    fn refold<'a>(&'a self, core: &'a Core, until: i64) -> Outcome<'a, Checksum> {
        Box::pin(rebuild::refold::<P>(core, until))
    }
}

/// Which projections an engine keeps.
#[derive(Clone, Default)]
pub struct Projections(pub(crate) Vec<Arc<dyn Projected>>);

impl Projections {
    pub fn none() -> Self {
        Self::default()
    }

    /// Every projection of the product.
    pub fn all() -> Self {
        Self::none()
            .with::<crate::books::Books>()
            .with::<crate::streams::Streams>()
            .with::<crate::mails::Mails>()
            .with::<crate::jobs::Jobs>()
            .with::<crate::payments::Payments>()
            .with::<crate::people::People>()
            .with::<crate::servers::Servers>()
            .with::<crate::work::Work>()
            .with::<crate::objects::Objects>()
    }

    #[must_use]
    pub fn with<P: Projection>(mut self) -> Self {
        let name = P::NAME;
        let plain = name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
        let apart = !name.ends_with("_next") && !name.ends_with("_old");
        assert!(
            plain && apart && (1..=30).contains(&name.len()),
            "{name} names no schema"
        );
        assert!(
            self.0.iter().all(|other| other.name() != name),
            "two projections are {name}"
        );
        self.0.push(Arc::new(Of::<P>(PhantomData)));
        self
    }
}
