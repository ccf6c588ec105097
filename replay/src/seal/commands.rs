//! Makes a seal of the log's head, and checks one without the log.

use std::fs;
use std::io::Write;
use std::path::Path;

use chrono::DateTime;
use serde::Serialize;
use store::{Log, Seal};

use super::key;
use crate::failure::{Failure, Verdict};
use crate::last_link;
use crate::paper::{self, Answer};

/// Signs the head and writes the seal, which is JSON either way: it is a file, not a report.
pub(crate) async fn seal(
    log: &Log,
    path: &Path,
    generate: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let head = log.head().await?;
    if head.position == 0 {
        return Err(Failure::Usage(
            "the log is empty: there is nothing to seal".to_owned(),
        ));
    }
    // A seal must never vouch for a head that the log itself contradicts.
    last_link::check(log, &head).await?;
    let key = if generate {
        key::generate(path)?
    } else {
        key::private_key(path)?
    };
    let seal = Seal::sign(&head, &key);
    serde_json::to_writer_pretty(&mut *out, &seal)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(Verdict::Holds)
}

/// What a genuine seal says.
#[derive(Serialize)]
struct Genuine {
    holds: bool,
    position: i64,
    hash: String,
    recorded_at: String,
    key_id: String,
}

impl Answer for Genuine {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "the signature is genuine")?;
        writeln!(out, "position  {}", self.position)?;
        writeln!(out, "hash      {}", self.hash)?;
        writeln!(out, "recorded  {}", self.recorded_at)?;
        writeln!(out, "key       {}", self.key_id)
    }
}

/// Checks the signature alone; whether the log still contains the head, `verify` says.
pub(crate) fn check(
    path: &Path,
    public_key: &str,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let public_key = key::public_key(public_key)?;
    let text = fs::read_to_string(path).map_err(Failure::file(path))?;
    let seal = Seal::read(&text)?;
    seal.verify(&public_key)?;
    let recorded_at = DateTime::from_timestamp_micros(seal.recorded_at_micros)
        .map_or_else(|| seal.recorded_at_micros.to_string(), paper::time);
    let Seal {
        position,
        hash,
        key_id,
        ..
    } = seal;
    paper::show(
        out,
        json,
        &Genuine {
            holds: true,
            position,
            hash,
            recorded_at,
            key_id,
        },
    )?;
    Ok(Verdict::Holds)
}
