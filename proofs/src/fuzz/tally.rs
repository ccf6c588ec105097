//! Counts what the server answered, as the server itself tells it.

use std::collections::BTreeMap;

use anyhow::Result;
use hyper::Method;

use super::asker::Asker;
use crate::town::{Ask, Client};

/// How often each route answered with each status.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<(String, u16), u64>);

impl Tally {
    pub const HEADING: &str =
        "asked as        seed requests      2xx      401    other 4xx      5xx";

    pub async fn read(client: &Client) -> Result<Self> {
        let ask = Ask::new(Method::GET, "/metrics", "10.255.255.254");
        let reply = client.send(ask).await?;
        Ok(Self::parse(&String::from_utf8_lossy(&reply.body)))
    }

    fn parse(text: &str) -> Self {
        let counted = text.lines().filter_map(|line| {
            let line = line.strip_prefix("trainnet_http_requests_total{")?;
            let (labels, count) = line.split_once("} ")?;
            let (route, status) = labels.rsplit_once(",status=\"")?;
            let status = status.trim_end_matches('"').parse().ok()?;
            Some(((route.to_owned(), status), count.parse().ok()?))
        });
        Self(counted.collect())
    }

    /// What came after an earlier look.
    pub fn since(mut self, before: &Self) -> Self {
        for (key, count) in &mut self.0 {
            *count -= before.0.get(key).copied().unwrap_or(0);
        }
        self
    }

    pub fn requests(&self) -> u64 {
        self.0.values().sum()
    }

    fn with(&self, wanted: impl Fn(u16) -> bool) -> u64 {
        let counted = self.0.iter().filter(|((_, status), _)| wanted(*status));
        counted.map(|(_, count)| count).sum()
    }

    /// For whoever wants to know what was reached.
    pub fn trace(&self) {
        for ((route, status), count) in self.0.iter().filter(|(_, count)| **count > 0) {
            tracing::debug!(%route, status, count, "answered");
        }
    }

    pub fn line(&self, asker: Asker, seed: u64) -> String {
        format!(
            "{:<12} {seed:>7} {:>8} {:>8} {:>8} {:>12} {:>8}",
            asker.to_string(),
            self.requests(),
            self.with(|status| status < 300),
            self.with(|status| status == 401),
            self.with(|status| (400..500).contains(&status) && status != 401),
            self.with(|status| status >= 500),
        )
    }

    /// Where the server was at fault, whatever anybody else made of it.
    pub fn broken(&self) -> impl Iterator<Item = String> {
        let broken = self.0.iter();
        let broken = broken.filter(|((_, status), count)| *status >= 500 && **count > 0);
        broken.map(|((route, status), count)| format!("{count} times {status} at {route}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# TYPE trainnet_http_requests_total counter\n\
        trainnet_http_requests_total{method=\"GET\",route=\"/v1/me\",status=\"200\"} 5\n\
        trainnet_http_requests_total{method=\"GET\",route=\"/v1/me\",status=\"500\"} 1\n\
        trainnet_http_request_seconds_count{method=\"GET\",route=\"/v1/me\"} 6\n";

    #[test]
    fn what_the_server_counted_is_told_by_route_and_status() {
        let tally = Tally::parse(TEXT);
        assert_eq!(tally.requests(), 6);
        assert_eq!(tally.with(|status| status < 300), 5);
        let broken: Vec<String> = tally.broken().collect();
        assert_eq!(broken, ["1 times 500 at method=\"GET\",route=\"/v1/me\""]);
    }

    #[test]
    fn what_was_counted_before_does_not_count_again() {
        let later = Tally::parse(TEXT).since(&Tally::parse(TEXT));
        assert_eq!((later.requests(), later.broken().count()), (0, 0));
    }
}
