//! How long each route took, and whether that is short enough.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::pace::Route;
use crate::measure::percentile;

const READ_P95_MAX: Duration = Duration::from_millis(20);
const COMMAND_P95_MAX: Duration = Duration::from_millis(60);
/// Of what was asked more rarely, the 95th percentile is little more than the slowest of all.
const ASKED_MIN: usize = 20;
/// So many of those are named.
const RARE_NAMED: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Read,
    Command,
}

impl Sort {
    fn of(route: Route) -> Self {
        if route.name.starts_with("GET ") {
            Self::Read
        } else {
            Self::Command
        }
    }

    const fn p95_max(self) -> Duration {
        match self {
            Self::Read => READ_P95_MAX,
            Self::Command => COMMAND_P95_MAX,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Command => "command",
        }
    }
}

/// One route, and what it took at which share of all requests.
#[derive(Clone, Debug)]
struct Line {
    what: String,
    sort: Sort,
    asked: usize,
    p50: Duration,
    p95: Duration,
    p99: Duration,
}

impl Line {
    fn of(route: Route, took: &[u64]) -> Self {
        let at = |percent| Duration::from_micros(percentile(took, percent).unwrap_or(0));
        Self {
            what: format!("{}{}", route.name, route.way),
            sort: Sort::of(route),
            asked: took.len(),
            p50: at(50),
            p95: at(95),
            p99: at(99),
        }
    }
}

pub struct Table(Vec<Line>);

impl Table {
    pub fn of(took: &BTreeMap<Route, Vec<u64>>) -> Self {
        let mut lines: Vec<Line> = took
            .iter()
            .map(|(route, it)| Line::of(*route, it))
            .collect();
        lines.sort_by(|one, other| path(&one.what).cmp(&path(&other.what)));
        Self(lines)
    }

    fn of_sort(&self, sort: Sort) -> impl Iterator<Item = &Line> {
        self.0.iter().filter(move |line| line.sort == sort)
    }

    pub fn print(&self) {
        let width = self.0.iter().map(|line| line.what.len()).max().unwrap_or(0);
        for sort in [Sort::Read, Sort::Command] {
            let asked: usize = self.of_sort(sort).map(|line| line.asked).sum();
            println!(
                "{:<width$} {:>6} {:>9} {:>9} {:>9}",
                format!("{}s, {asked} in all", sort.name()),
                "asked",
                "p50 ms",
                "p95 ms",
                "p99 ms"
            );
            for line in self.of_sort(sort) {
                let (what, asked) = (&line.what, line.asked);
                let (p50, p95, p99) = (ms(line.p50), ms(line.p95), ms(line.p99));
                println!("{what:<width$} {asked:>6} {p50} {p95} {p99}");
            }
            println!();
        }
        for sort in [Sort::Read, Sort::Command] {
            if let Some(line) = self.of_sort(sort).max_by_key(|line| line.p95) {
                let (name, what, p95) = (sort.name(), &line.what, ms(line.p95));
                println!("slowest {name}: {what}, p95 {} ms", p95.trim());
            }
        }
        let rare = self.0.iter().filter(|line| line.asked < ASKED_MIN);
        let rare: Vec<&str> = rare.map(|line| line.what.as_str()).collect();
        if !rare.is_empty() {
            let (count, some) = (rare.len(), rare[..rare.len().min(RARE_NAMED)].join(", "));
            println!("{count} were asked less than {ASKED_MIN} times: {some}");
        }
    }

    pub fn missed(&self) -> Vec<String> {
        let slow = self.0.iter().filter(|line| line.p95 > line.sort.p95_max());
        let said = slow.map(|line| {
            let (what, p95, max) = (&line.what, ms(line.p95), ms(line.sort.p95_max()));
            format!(
                "{what}: p95 is {} ms, the bar is {}",
                p95.trim(),
                max.trim()
            )
        });
        said.collect()
    }
}

/// By what is asked about, and only then by what is asked.
fn path(what: &str) -> (&str, &str) {
    let (method, path) = what.split_once(' ').unwrap_or(("", what));
    (path, method)
}

pub fn routes(took: &BTreeMap<Route, Vec<u64>>) -> BTreeSet<&'static str> {
    took.keys().map(|route| route.name).collect()
}

pub fn ms(time: Duration) -> String {
    let tenths = time.as_micros() / 100;
    format!("{:>7}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &'static str, millis: u64) -> Table {
        let route = Route { name, way: "" };
        Table::of(&BTreeMap::from([(route, vec![millis * 1_000; 10])]))
    }

    #[test]
    fn reading_has_to_be_faster_than_changing() {
        for (name, millis, is_missed) in [
            ("GET /a", 20, false),
            ("GET /a", 21, true),
            ("POST /a", 60, false),
            ("DELETE /a", 61, true),
        ] {
            let missed = table(name, millis).missed();
            assert_eq!(!missed.is_empty(), is_missed, "{name} {millis}");
        }
        assert_eq!(
            table("GET /a", 21).missed(),
            ["GET /a: p95 is 21.0 ms, the bar is 20.0"]
        );
    }
}
