//! Writes every family of metrics: requests, appender, log, projections, mails, database.

use std::fmt::{Display, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};

use dispatch::Dispatcher;
use projections::Status;
use projections::mails::Counts;
use projections::reactions::Reached;
use store::Log;

use crate::api::Api;

/// Opens a family of metrics with what it is.
pub fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing into a string does not fail.
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn single(text: &mut String, name: &str, kind: &str, help: &str, value: impl Display) {
    family(text, name, kind, help);
    let _ = writeln!(text, "{name} {value}");
}

pub async fn write(api: &Api) -> String {
    let mut text = String::new();
    api.requests().write(&mut text);
    let in_flight = api
        .settings()
        .requests_in_flight_max
        .saturating_sub(api.guards().free_places());
    single(
        &mut text,
        "trainnet_http_requests_in_flight",
        "gauge",
        "Requests being answered.",
        in_flight,
    );
    write_appender(&mut text, api.log());
    let watch = api.watch();
    let (head, projections, reactions, mails) = tokio::join!(
        watch.head(),
        watch.projections(),
        watch.reactions(),
        watch.mails()
    );
    single(
        &mut text,
        "trainnet_database_up",
        "gauge",
        "1 where the database answers.",
        u8::from(head.is_some()),
    );
    if let Some(head) = head {
        let help = "The position of the last event.";
        single(&mut text, "trainnet_log_head_position", "gauge", help, head);
    }
    write_projections(&mut text, &projections.unwrap_or_default());
    write_reactions(&mut text, head, &reactions.unwrap_or_default());
    if let Some(mails) = mails {
        write_mails(&mut text, mails);
    }
    write_pool(&mut text, api);
    if let Some(dispatcher) = api.dispatcher() {
        write_dispatch(&mut text, dispatcher);
    }
    text
}

/// As this process knows it.
fn write_dispatch(text: &mut String, dispatcher: &Dispatcher) {
    let dispatch::Counts {
        queued,
        leased,
        pullers,
    } = dispatcher.counts();
    for (what, help, count) in [
        ("queued", "Units of work that wait for a machine.", queued),
        ("leased", "Units of work that a machine has.", leased),
        ("machines_waiting", "Machines that wait for work.", pullers),
    ] {
        let name = format!("trainnet_dispatch_{what}");
        single(text, &name, "gauge", help, count);
    }
}

fn write_appender(text: &mut String, log: &Log) {
    let counters = log.counters();
    let counted: [(&str, &AtomicU64, &str); 5] = [
        ("batches", &counters.batches, "Batches that landed."),
        ("commands", &counters.commands, "Commands judged in them."),
        ("events", &counters.events, "Events written in them."),
        (
            "followers",
            &counters.followers,
            "Batches that followed another into the database.",
        ),
        (
            "fallbacks",
            &counters.fallbacks,
            "Batches that took the careful path.",
        ),
    ];
    for (what, counter, help) in counted {
        let name = format!("trainnet_appender_{what}_total");
        single(
            text,
            &name,
            "counter",
            help,
            counter.load(Ordering::Relaxed),
        );
    }
    let help = "Commands that wait for the appender.";
    single(
        text,
        "trainnet_appender_queued",
        "gauge",
        help,
        log.queued(),
    );
}

fn write_projections(text: &mut String, projections: &[Status]) {
    type Value = fn(&Status) -> i64;
    let shown: [(&str, &str, Value); 3] = [
        ("position", "The last position folded.", |status| {
            status.position
        }),
        ("lag_events", "Events still to be folded.", |status| {
            status.lag
        }),
        ("stopped", "1 where an event cannot be read.", |status| {
            status.stopped.is_some().into()
        }),
    ];
    for (what, help, value) in shown {
        let name = format!("trainnet_projection_{what}");
        family(text, &name, "gauge", help);
        for status in projections {
            let projection = status.projection;
            let _ = writeln!(
                text,
                "{name}{{projection=\"{projection}\"}} {}",
                value(status)
            );
        }
    }
}

/// How far behind a reaction is can only be said of where the log ends.
fn write_reactions(text: &mut String, head: Option<i64>, reactions: &[Reached]) {
    type Value = fn(&Reached, i64) -> i64;
    let shown: [(&str, &str, Value); 3] = [
        ("position", "The last position followed.", |it, _| {
            it.position
        }),
        ("lag_events", "Events still to be followed.", |it, head| {
            head.saturating_sub(it.position).max(0)
        }),
        ("stopped", "1 where it cannot go on.", |it, _| {
            it.stopped.is_some().into()
        }),
    ];
    let Some(head) = head else {
        return;
    };
    for (what, help, value) in shown {
        let name = format!("trainnet_reaction_{what}");
        family(text, &name, "gauge", help);
        for reaction in reactions {
            let label = &reaction.name;
            let value = value(reaction, head);
            let _ = writeln!(text, "{name}{{reaction=\"{label}\"}} {value}");
        }
    }
}

fn write_mails(text: &mut String, counts: Counts) {
    let help = "Mails by what became of them.";
    family(text, "trainnet_mails", "gauge", help);
    let Counts {
        waiting,
        sent,
        given_up,
    } = counts;
    for (status, count) in [("waiting", waiting), ("sent", sent), ("given-up", given_up)] {
        let _ = writeln!(text, "trainnet_mails{{status=\"{status}\"}} {count}");
    }
}

fn write_pool(text: &mut String, api: &Api) {
    let pool = api.pool();
    let (open, idle) = (pool.size(), pool.num_idle());
    let help = "Connections for reading that are open.";
    single(text, "trainnet_database_connections", "gauge", help, open);
    let help = "Of these, those that nobody uses.";
    single(
        text,
        "trainnet_database_connections_idle",
        "gauge",
        help,
        idle,
    );
}
