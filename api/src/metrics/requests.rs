//! Counts requests by route and status, and how long they took.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::families::family;

/// In microseconds; a request that took exactly this long is within.
const BOUNDS_US: [u64; 14] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 30_000_000,
];

/// What was asked for: never the path itself, of which there are as many as anybody likes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    pub method: &'static str,
    pub path: Arc<str>,
}

#[derive(Default)]
struct Taken {
    by_status: BTreeMap<u16, u64>,
    /// One for each bound, and one for all that is beyond.
    within: [u64; BOUNDS_US.len() + 1],
    sum_us: u64,
    count: u64,
}

/// Every request that was answered.
#[derive(Default)]
pub struct Requests(Mutex<BTreeMap<Route, Taken>>);

impl Requests {
    pub fn count(&self, route: Route, status: u16, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_US.partition_point(|bound| *bound < took_us);
        // Counting cannot leave anything half done that would be worse than a panic's answer.
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = requests.entry(route).or_default();
        *taken.by_status.entry(status).or_default() += 1;
        taken.within[bucket] += 1;
        taken.sum_us = taken.sum_us.saturating_add(took_us);
        taken.count += 1;
    }

    pub fn write(&self, text: &mut String) {
        let requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = "Requests answered.";
        family(text, "trainnet_http_requests_total", "counter", counted);
        for (route, taken) in &*requests {
            let labels = labels(route);
            for (status, count) in &taken.by_status {
                line(
                    text,
                    "requests_total",
                    &format!("{labels},status=\"{status}\""),
                    count,
                );
            }
        }
        let timed = "From the request's head to the answer's.";
        family(text, "trainnet_http_request_seconds", "histogram", timed);
        for (route, taken) in &*requests {
            write_histogram(text, &labels(route), taken);
        }
    }
}

fn write_histogram(text: &mut String, labels: &str, taken: &Taken) {
    let mut sum = 0;
    for (bound, count) in BOUNDS_US.iter().zip(taken.within) {
        sum += count;
        let within = format!("{labels},le=\"{}\"", seconds(*bound));
        line(text, "request_seconds_bucket", &within, &sum);
    }
    line(
        text,
        "request_seconds_bucket",
        &format!("{labels},le=\"+Inf\""),
        &taken.count,
    );
    line(text, "request_seconds_sum", labels, &seconds(taken.sum_us));
    line(text, "request_seconds_count", labels, &taken.count);
}

fn labels(Route { method, path }: &Route) -> String {
    format!("method=\"{method}\",route=\"{path}\"")
}

fn line(text: &mut String, name: &str, labels: &str, value: &dyn std::fmt::Display) {
    // Writing into a string does not fail.
    let _ = writeln!(text, "trainnet_http_{name}{{{labels}}} {value}");
}

/// Microseconds in seconds, without zeroes that say nothing.
fn seconds(us: u64) -> String {
    let text = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_status_and_sorted_by_how_long_they_took() {
        let requests = Requests::default();
        let route = || Route {
            method: "GET",
            path: "/v1/x/{id}".into(),
        };
        requests.count(route(), 200, Duration::from_millis(1));
        requests.count(route(), 200, Duration::from_micros(1_001));
        requests.count(route(), 404, Duration::from_secs(31));
        let mut text = String::new();
        requests.write(&mut text);
        let labels = "method=\"GET\",route=\"/v1/x/{id}\"";
        for line in [
            format!("trainnet_http_requests_total{{{labels},status=\"200\"}} 2"),
            format!("trainnet_http_requests_total{{{labels},status=\"404\"}} 1"),
            format!("trainnet_http_request_seconds_bucket{{{labels},le=\"0.001\"}} 1"),
            format!("trainnet_http_request_seconds_bucket{{{labels},le=\"0.0025\"}} 2"),
            format!("trainnet_http_request_seconds_bucket{{{labels},le=\"30\"}} 2"),
            format!("trainnet_http_request_seconds_bucket{{{labels},le=\"+Inf\"}} 3"),
            format!("trainnet_http_request_seconds_sum{{{labels}}} 31.002001"),
            format!("trainnet_http_request_seconds_count{{{labels}}} 3"),
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} is not in:\n{text}"
            );
        }
    }

    #[test]
    fn seconds_are_written_without_needless_zeroes() {
        assert_eq!(seconds(0), "0");
        assert_eq!(seconds(10_000_000), "10");
        assert_eq!(seconds(2_500), "0.0025");
    }
}
