//! Says whether the program lives, and whether it should be sent requests.

use axum::Json;
use projections::Status;
use projections::reactions::Reached;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::api::{Api, Routes};
use crate::problem::{ApiError, Problem, kinds};
use crate::watch::Appender;

/// A projection that is further behind shows a past that nobody should act on.
const LAG_EVENTS_MAX: i64 = 10_000;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(alive)).routes(routes!(ready))
}

/// The program lives
#[derive(Serialize, ToSchema)]
struct Alive {
    /// Always `alive`: a program that does not live does not answer
    #[schema(example = "alive")]
    status: &'static str,
}

/// Whether the program lives
///
/// Asks nothing of the database. Restart a program that does not answer this.
#[utoipa::path(get, path = "/healthz", tag = "operations", operation_id = "alive",
    security(()), responses((status = 200, description = "It lives", body = Alive)))]
async fn alive() -> Json<Alive> {
    Json(Alive { status: "alive" })
}

/// Everything that was looked at is as it should be
#[derive(Serialize, ToSchema)]
struct Ready {
    /// What was looked at
    #[schema(example = json!(["database", "appender", "projections", "reactions"]))]
    checked: [&'static str; 4],
    /// What somebody has to look at although requests are answered
    #[schema(example = json!(["The reaction mails has stopped at position 41."]))]
    warnings: Vec<String>,
}

/// Whether the program should be sent requests
///
/// Looks at the database, at the appender, and at every projection: that none has stopped or is
/// far behind. Says which of them is not as it should be. A reaction that has stopped is a warning
/// and no more: what it leads to, such as mail, waits, and no request gets a worse answer for it.
#[utoipa::path(get, path = "/readyz", tag = "operations", operation_id = "ready", security(()),
    responses(
        (status = 200, description = "It should", body = Ready),
        (status = 503, description = "It should not, for the reason that `field` names",
            body = Problem, content_type = "application/problem+json"),
    ))]
async fn ready(api: Api) -> Result<Json<Ready>, ApiError> {
    let watch = api.watch();
    let (head, appender, projections, reactions) = tokio::join!(
        watch.head(),
        watch.appender(),
        watch.projections(),
        watch.reactions()
    );
    let not_ready = |check: &str, detail: String| {
        let refusal = ApiError::new(&kinds::NOT_READY).field(check);
        Err(refusal.detail(detail).retry_after(1))
    };
    if appender == Appender::Closed {
        return not_ready("appender", "The log is closed.".to_owned());
    }
    if head.is_none() {
        return not_ready("database", "The database does not answer.".to_owned());
    }
    if appender == Appender::DoesNotAnswer {
        return not_ready("appender", "The appender does not answer.".to_owned());
    }
    let Some(projections) = projections else {
        return not_ready("projections", "The checkpoints cannot be read.".to_owned());
    };
    if let Some(complaint) = projections.iter().find_map(complaint) {
        return not_ready("projections", complaint);
    }
    Ok(Json(Ready {
        checked: ["database", "appender", "projections", "reactions"],
        warnings: match reactions {
            Some(reactions) => reactions.iter().filter_map(warning).collect(),
            None => vec!["The reactions cannot be read.".to_owned()],
        },
    }))
}

fn complaint(status: &Status) -> Option<String> {
    let name = status.projection;
    if let Some(stop) = &status.stopped {
        return Some(format!("{name} has stopped at position {}.", stop.position));
    }
    let late = status.lag > LAG_EVENTS_MAX;
    late.then(|| format!("{name} is {} events behind.", status.lag))
}

/// Where a reaction has stopped; why is for the log alone.
fn warning(reaction: &Reached) -> Option<String> {
    let Reached { name, stopped, .. } = reaction;
    let position = stopped.as_ref()?.position;
    Some(format!(
        "The reaction {name} has stopped at position {position}."
    ))
}

#[cfg(test)]
mod tests {
    use projections::{Checksum, Stop};

    use super::*;

    fn at(lag: i64, stopped: Option<Stop>) -> Status {
        Status {
            projection: "books",
            version: 1,
            stored_version: Some(1),
            position: 5,
            head: 5 + lag,
            lag,
            checksum: Checksum::ZERO,
            updated_at: None,
            stopped,
        }
    }

    #[test]
    fn a_projection_may_be_a_little_behind_and_not_far() {
        assert_eq!(complaint(&at(LAG_EVENTS_MAX, None)), None);
        let said = complaint(&at(LAG_EVENTS_MAX + 1, None)).unwrap();
        assert_eq!(said, "books is 10001 events behind.");
    }

    #[test]
    fn why_a_projection_has_stopped_is_for_the_log_alone() {
        let stop = Stop {
            position: 6,
            reason: "the payload of secret".to_owned(),
        };
        assert_eq!(
            complaint(&at(0, Some(stop))).unwrap(),
            "books has stopped at position 6."
        );
    }
}
