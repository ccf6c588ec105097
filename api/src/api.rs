//! What every route stands on, and how routes become something that can be served.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::Extensions;
use axum::http::request::Parts;
use axum::{Extension, Router};
use dispatch::Dispatcher;
use projections::Engine;
use sqlx::PgPool;
use store::{Clock, Log};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi as Description;
use utoipa_axum::router::OpenApiRouter;

use crate::layers::{self, Guards};
use crate::metrics::Requests;
use crate::openapi::{self, Document, Served};
use crate::problem::ApiError;
use crate::settings::Settings;
use crate::watch::Watch;
use crate::web::{self, App};
use crate::{docs, health, log, metrics};

/// Routes with their part of the OpenAPI document; a slice brings its own state with `with_state`.
pub type Routes<S = ()> = OpenApiRouter<S>;

/// What the frame and every route in it may use; a handler takes it like any other argument.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    log: Log,
    engine: Engine,
    settings: Settings,
    watch: Watch,
    requests: Requests,
    guards: Guards,
    dispatcher: OnceLock<Dispatcher>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Api").field(&self.0.settings).finish()
    }
}

impl Api {
    pub fn new(log: Log, engine: Engine, settings: Settings) -> Self {
        let guards = Guards::new(&settings);
        Self(Arc::new(Inner {
            watch: Watch::new(log.clone(), engine.clone()),
            log,
            engine,
            requests: Requests::default(),
            guards,
            settings,
            dispatcher: OnceLock::new(),
        }))
    }

    /// Counts among its metrics what waits for machines here, and what they have.
    #[must_use]
    pub fn counting(self, dispatcher: &Dispatcher) -> Self {
        self.0.dispatcher.get_or_init(|| dispatcher.clone());
        self
    }

    pub fn log(&self) -> &Log {
        &self.0.log
    }

    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// For reading; whatever changes anything goes through the log.
    pub fn pool(&self) -> &PgPool {
        self.0.log.pool()
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub fn clock(&self) -> &Clock {
        self.0.log.clock()
    }

    pub(crate) fn of(extensions: &Extensions) -> Result<&Self, ApiError> {
        let api = extensions.get::<Self>();
        api.ok_or_else(|| ApiError::internal("the route is not in the frame"))
    }

    pub(crate) fn dispatcher(&self) -> Option<&Dispatcher> {
        self.0.dispatcher.get()
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.0.watch
    }

    pub(crate) fn requests(&self) -> &Requests {
        &self.0.requests
    }

    pub(crate) fn guards(&self) -> &Guards {
        &self.0.guards
    }

    /// Puts the frame around its own routes and those of the slices.
    pub fn serve(&self, slices: Routes) -> Router {
        let (operations, _) = operations().split_for_parts();
        let guarded = guarded(slices);
        let document = document(guarded.get_openapi().clone());
        let (guarded, _) = guarded.split_for_parts();
        let guarded = guarded
            .fallback(web::or_nothing)
            .method_not_allowed_fallback(web::or_not_allowed);
        let operations = operations.method_not_allowed_fallback(web::or_not_allowed);
        let all = layers::guard(guarded, self).merge(operations);
        layers::frame(all.layer(Extension(Served::new(&document))), self)
    }

    /// The same, and the web app wherever there is no route.
    pub fn serve_with(&self, slices: Routes, app: App) -> Router {
        // Around everything: what answers where there is no route is not among the routes.
        self.serve(slices).layer(Extension(app))
    }
}

/// Whoever looks after the program is answered even when it takes no more requests.
fn operations() -> Routes {
    Routes::new()
        .merge(health::routes())
        .merge(metrics::routes())
}

pub fn guarded(slices: Routes) -> Routes {
    Routes::with_openapi(Document::openapi())
        .merge(docs::routes())
        .merge(log::routes())
        .merge(slices)
}

/// What can be asked, with what is true of all of it.
pub fn document(mut document: Description) -> Description {
    document.merge(operations().into_openapi());
    openapi::complete(&mut document);
    document
}

impl<S: Sync> FromRequestParts<S> for Api {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(&parts.extensions).cloned()
    }
}
