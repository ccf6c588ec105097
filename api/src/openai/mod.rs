//! The door for OpenAI's clients: their paths, words and shapes, over the objects and jobs of ours.
//!
//! Nothing is kept here. A file is a dataset or what came of a training, a job is a job, and their
//! identities are ours spelt otherwise. What somebody wrote beside an order (`suffix`, `metadata`)
//! lies in the vault, under their own key, as the names of their files do.

mod bringing;
mod checkpoints;
mod choices;
mod create;
mod entries;
mod events;
mod files;
mod form;
mod ids;
mod jobs;
mod labels;
mod list;
mod models;
mod once;
mod owned;
mod parts;
mod problems;
mod shown;
mod uploads;

use projections::Projection;

use crate::api::{Api, Routes};
use crate::problem::ApiError;

/// Its routes; they stand within the users, the objects and the jobs.
pub fn routes() -> Routes {
    Routes::new()
        .merge(files::routes())
        .merge(uploads::routes())
        .merge(parts::routes())
        .merge(create::routes())
        .merge(jobs::routes())
        .merge(events::routes())
        .merge(checkpoints::routes())
        .merge(models::routes())
}

/// Waits, but not for long, until everything is shown that has happened: these clients do not know
/// of positions, and read what they have just written.
async fn settled<P: Projection>(api: &Api) -> Result<(), ApiError> {
    let head = api.log().head().await?.position;
    api.reach(P::NAME, head).await
}
