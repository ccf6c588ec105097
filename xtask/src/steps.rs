//! Runs steps in order, and says of each what it runs, how it ended and how long it took.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// What was done so far.
#[derive(Debug, Default)]
pub struct Steps {
    done: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    title: String,
    went_well: bool,
    took: Duration,
}

impl Steps {
    /// Runs a command with this terminal as its own, and says whether it went well.
    pub fn run(&mut self, title: &str, command: &mut Command) -> bool {
        let shown = shown(command);
        self.perform(title, &shown, || {
            let status = command
                .status()
                .with_context(|| format!("cannot run {shown}"))?;
            if !status.success() {
                bail!("{status}");
            }
            Ok(())
        })
    }

    /// Does something in this process, and says whether it went well.
    pub fn perform(
        &mut self,
        title: &str,
        shown: &str,
        work: impl FnOnce() -> anyhow::Result<()>,
    ) -> bool {
        println!("==> {title}: {shown}");
        let begun = Instant::now();
        let outcome = work();
        let took = begun.elapsed();
        let went_well = outcome.is_ok();
        match outcome {
            Ok(()) => println!("    {title}: ok, {}", in_seconds(took)),
            Err(error) => println!("    {title}: FAILED, {}: {error:#}", in_seconds(took)),
        }
        self.done.push(Step {
            title: title.to_owned(),
            went_well,
            took,
        });
        went_well
    }

    /// Says how every step ended, and whether all went well.
    pub fn sum_up(&self) -> bool {
        println!("==> summary");
        for step in &self.done {
            let outcome = if step.went_well { "ok" } else { "FAILED" };
            println!(
                "    {:<24} {outcome:<6} {:>9}",
                step.title,
                in_seconds(step.took)
            );
        }
        self.done.iter().all(|step| step.went_well)
    }
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| {
        let word = word.to_string_lossy();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=@:,+%".contains(c);
        let is_plain = !word.is_empty() && word.chars().all(is_plain);
        if is_plain {
            word.into_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn in_seconds(took: Duration) -> String {
    format!("{}.{} s", took.as_secs(), took.subsec_millis() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_fails_fails_the_whole() {
        let mut steps = Steps::default();
        assert!(steps.run("good", &mut Command::new("true")));
        assert!(steps.sum_up());
        assert!(!steps.run("bad", &mut Command::new("false")));
        assert!(!steps.run("missing", &mut Command::new("/no/such/program")));
        assert!(steps.run("good again", &mut Command::new("true")));
        assert!(!steps.sum_up());
    }

    #[test]
    fn commands_are_shown_as_one_would_type_them() {
        let mut command = Command::new("echo");
        command.args(["--plain=1", "two words", "it's"]);
        assert_eq!(shown(&command), r"echo --plain=1 'two words' 'it'\''s'");
    }
}
