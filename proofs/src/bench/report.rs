//! What was measured, and whether it is good enough.

use std::fmt::Write as _;

use serde::Serialize;

use crate::measure::{Ratio, median};

/// What the kernel promises, in hundredths.
const BARS: [Bar; 9] = [
    Bar {
        ratio: "stock_64",
        holds: Holds::AtLeast(400),
    },
    Bar {
        ratio: "stock_256",
        holds: Holds::AtLeast(1000),
    },
    Bar {
        ratio: "hot2_vs_rowlock",
        holds: Holds::AtLeast(3000),
    },
    Bar {
        ratio: "acc1000_vs_rowlock",
        holds: Holds::AtLeast(500),
    },
    Bar {
        ratio: "limit_share",
        holds: Holds::AtLeast(45),
    },
    Bar {
        ratio: "latency_1",
        holds: Holds::AtMost(160),
    },
    Bar {
        ratio: "replay_vs_stock",
        holds: Holds::AtLeast(800),
    },
    Bar {
        ratio: "rebuild_vs_copy",
        holds: Holds::AtMost(200),
    },
    Bar {
        ratio: "rebuild_linear",
        holds: Holds::AtMost(460),
    },
];

#[derive(Clone, Copy, Debug)]
struct Bar {
    ratio: &'static str,
    holds: Holds,
}

#[derive(Clone, Copy, Debug)]
enum Holds {
    AtLeast(u64),
    AtMost(u64),
}

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub what: String,
    pub unit: &'static str,
    pub median: u64,
    pub rounds: Vec<u64>,
}

#[derive(Clone, Debug, Serialize)]
struct Named {
    name: &'static str,
    value: Ratio,
}

/// Everything one run found out.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    lines: Vec<Line>,
    ratios: Vec<Named>,
    notes: Vec<String>,
}

impl Report {
    /// Adds the rounds of one measurement and gives back their median.
    pub fn line(&mut self, what: impl Into<String>, unit: &'static str, rounds: Vec<u64>) -> u64 {
        let median = median(&rounds).unwrap_or(0);
        let what = what.into();
        tracing::info!(%what, median, ?rounds, "measured");
        self.lines.push(Line {
            what,
            unit,
            median,
            rounds,
        });
        median
    }

    pub fn ratio(&mut self, name: &'static str, numerator: u64, denominator: u64) {
        let value = Ratio::of(numerator, denominator).unwrap_or(Ratio::from_hundredths(0));
        self.ratios.push(Named { name, value });
    }

    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Bars that were measured and do not hold.
    pub fn missed(&self) -> Vec<String> {
        let of = |bar: &Bar| self.ratios.iter().find(|ratio| ratio.name == bar.ratio);
        BARS.iter()
            .filter_map(|bar| of(bar).and_then(|ratio| bar.missed_by(ratio.value)))
            .collect()
    }

    pub fn to_json(&self) -> serde_json::Result<String> {
        let mut value = serde_json::to_value(self)?;
        value["missed"] = serde_json::to_value(self.missed())?;
        serde_json::to_string_pretty(&value)
    }

    pub fn to_text(&self) -> String {
        let width = self
            .lines
            .iter()
            .map(|line| line.what.chars().count())
            .max()
            .unwrap_or(0);
        let mut text = String::new();
        for line in &self.lines {
            let rounds: Vec<String> = line.rounds.iter().map(u64::to_string).collect();
            let (what, rounds) = (&line.what, rounds.join(" "));
            let (median, unit) = (line.median, line.unit);
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{what:<width$}  {median:>10} {unit:<6} rounds {rounds}"
            );
        }
        for note in &self.notes {
            let _ = writeln!(text, "note: {note}");
        }
        for ratio in &self.ratios {
            let _ = writeln!(text, "ratio {} {}", ratio.name, ratio.value);
        }
        text
    }
}

impl Bar {
    fn missed_by(self, value: Ratio) -> Option<String> {
        let (holds, words, bound) = match self.holds {
            Holds::AtLeast(bound) => {
                let bound = Ratio::from_hundredths(bound);
                (value >= bound, "at least", bound)
            }
            Holds::AtMost(bound) => {
                let bound = Ratio::from_hundredths(bound);
                (value <= bound, "at most", bound)
            }
        };
        (!holds).then(|| format!("{} is {value}, must be {words} {bound}", self.ratio))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_judged_only_where_it_was_measured_and_in_its_direction() {
        let mut report = Report::default();
        assert!(report.missed().is_empty());
        report.ratio("stock_64", 400, 100);
        report.ratio("latency_1", 160, 100);
        assert!(report.missed().is_empty());
        report.ratio("hot2_vs_rowlock", 299, 10);
        report.ratio("rebuild_linear", 47, 10);
        assert_eq!(
            report.missed(),
            [
                "hot2_vs_rowlock is 29.9, must be at least 30.0",
                "rebuild_linear is 4.70, must be at most 4.60",
            ]
        );
    }

    #[test]
    fn every_ratio_stands_on_a_line_of_its_own() {
        let mut report = Report::default();
        let median = report.line("ours, 256 callers", "/s", vec![3, 1, 2]);
        assert_eq!(median, 2);
        report.ratio("hot2_vs_rowlock", 613, 10);
        assert!(
            report
                .to_text()
                .lines()
                .any(|line| line == "ratio hot2_vs_rowlock 61.3")
        );
        assert!(report.to_json().unwrap().contains("\"missed\": []"));
    }
}
