//! `trainnet receipt verify`: checks a receipt's file, without a server and without the log.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use ed25519_dalek::VerifyingKey;
use receipts::{Receipt, Refuted, Verified};
use serde_json::json;
use store::hex;

use crate::arguments::ReceiptCommand;

/// Exit status 0: the receipt holds; 1: it does not; 2: it could not be looked at.
pub fn receipt(command: ReceiptCommand) -> anyhow::Result<ExitCode> {
    let ReceiptCommand::Verify {
        file,
        public_key,
        json,
    } = command;
    let mut out = std::io::stdout();
    match looked_at(&file, public_key.as_deref()) {
        Err(error) => {
            eprintln!("trainnet: {error:#}");
            Ok(ExitCode::from(2))
        }
        Ok((receipt, outcome)) => say(&mut out, &receipt, outcome, public_key.is_some(), json),
    }
}

type Looked = (Receipt, Result<Verified, Refuted>);

fn looked_at(file: &Path, key: Option<&str>) -> anyhow::Result<Looked> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let receipt = Receipt::read(&text).with_context(|| file.display().to_string())?;
    let key = key.map(public_key).transpose()?;
    let outcome = receipt.verify(key.as_ref());
    Ok((receipt, outcome))
}

/// In hexadecimal, or the file that it stands in.
fn public_key(given: &str) -> anyhow::Result<VerifyingKey> {
    let bytes = if let Some(bytes) = hex::decode::<32>(given) {
        bytes
    } else {
        let text = fs::read_to_string(given).with_context(|| given.to_owned())?;
        hex::decode(text.trim()).ok_or_else(|| anyhow!("a public key has 64 hexadecimal digits"))?
    };
    VerifyingKey::from_bytes(&bytes).context("the public key is no point of the curve")
}

fn say(
    out: &mut dyn Write,
    receipt: &Receipt,
    outcome: Result<Verified, Refuted>,
    known_key: bool,
    as_json: bool,
) -> anyhow::Result<ExitCode> {
    let verified = match outcome {
        Ok(verified) => verified,
        Err(refuted) => {
            let why = format!("{:#}", anyhow!(refuted));
            if as_json {
                writeln!(out, "{}", json!({ "holds": false, "because": why }))?;
            } else {
                writeln!(out, "The receipt does not hold: {why}.")?;
            }
            return Ok(ExitCode::FAILURE);
        }
    };
    if as_json {
        let said = json!({ "holds": true, "order": receipt.order, "events": verified.events,
            "position": verified.position, "hash": verified.hash.to_string(),
            "statement": verified.statement, "key_was_given": known_key });
        writeln!(out, "{said}")?;
    } else {
        print(out, receipt, &verified, known_key)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// For a person: every line computed anew from the events in the file.
pub fn print(
    out: &mut dyn Write,
    receipt: &Receipt,
    verified: &Verified,
    known_key: bool,
) -> std::io::Result<()> {
    let statement = &verified.statement;
    writeln!(out, "The receipt of {} holds.\n", receipt.order)?;
    for line in &statement.lines {
        writeln!(
            out,
            "  lease {}  {} s at {} an hour  {}  (provider {}, commission {})",
            line.lease,
            line.seconds,
            line.rate.price(),
            line.amount,
            line.provider_net,
            line.commission
        )?;
    }
    writeln!(out, "\n  held        {}", statement.held)?;
    writeln!(out, "  charged     {}", statement.charged)?;
    writeln!(out, "  given back  {}", statement.released)?;
    writeln!(
        out,
        "\n{} events, each with its hash, up to position {} of the log, sealed with the key {}.",
        verified.events, verified.position, receipt.seal.key_id
    )?;
    if !known_key {
        let advice = "The key is the one in the file; compare it with what the server publishes at \
            /v1/receipts/key, or name it with --public-key.";
        writeln!(out, "{advice}")?;
    }
    Ok(())
}
