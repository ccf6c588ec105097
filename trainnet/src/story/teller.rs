//! Says in plain words what came of each request, and whether any of it was new.

use std::error::Error;
use std::io::Write;

use store::Committed;

/// Writes the story down.
pub struct Teller<'a> {
    output: &'a mut (dyn Write + Send),
    new: usize,
    known: usize,
}

impl<'a> Teller<'a> {
    pub fn to(output: &'a mut (dyn Write + Send)) -> Self {
        Self {
            output,
            new: 0,
            known: 0,
        }
    }

    pub fn say(&mut self, text: &str) -> anyhow::Result<()> {
        writeln!(self.output, "{text}")?;
        Ok(self.output.flush()?)
    }

    /// Says that something came about, and where it stands in the log.
    pub fn done(&mut self, committed: &Committed, what: &str) -> anyhow::Result<()> {
        let position = committed.position;
        if committed.repeated {
            self.known += 1;
            return self.say(&format!("  {position:>7}  {what} [answered before]"));
        }
        self.new += 1;
        self.say(&format!("  {position:>7}  {what}"))
    }

    /// Says that something was asked for in vain, and why.
    pub fn refused(&mut self, refusal: &dyn Error, what: &str) -> anyhow::Result<()> {
        self.say(&format!("  refused  {what}: {refusal}"))
    }

    /// How many requests did something now, and how many had been answered by an earlier telling.
    pub const fn counts(&self) -> (usize, usize) {
        (self.new, self.known)
    }
}
