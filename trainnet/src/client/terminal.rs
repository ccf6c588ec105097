//! Asks the person at the terminal; where there is none, reads lines from the input.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, ensure};
use zeroize::Zeroizing;

/// A line; what is asked for is said where no program reads it.
pub fn line(wanted: &str) -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        eprint!("{wanted}: ");
        std::io::stderr().flush()?;
    }
    Ok(read_line(wanted)?.trim().to_owned())
}

/// A password, which nobody sees being typed.
pub fn password(wanted: &str) -> anyhow::Result<Zeroizing<String>> {
    if std::io::stdin().is_terminal() {
        let typed = rpassword::prompt_password(format!("{wanted}: "));
        return typed.map(Zeroizing::new).context("the terminal is gone");
    }
    read_line(wanted)
}

/// A password to be, which whoever types it cannot see either and therefore types twice.
pub fn new_password() -> anyhow::Result<Zeroizing<String>> {
    let first = password("Password")?;
    if std::io::stdin().is_terminal() {
        let again = password("The same again")?;
        ensure!(*first == *again, "these were two different passwords");
    }
    Ok(first)
}

/// Without what ends the line, and with everything else: a password may end in a space.
fn read_line(wanted: &str) -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    let read = std::io::stdin().lock().read_line(&mut line);
    let read = read.context("the input cannot be read")?;
    ensure!(
        read > 0,
        "{} was expected on the input, and there was nothing",
        wanted.to_lowercase()
    );
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
}
