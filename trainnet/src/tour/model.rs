//! What the downloaded model says of something that it has not seen.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use super::Model;
use super::training::{self, Trained};

pub fn predict(
    out: &mut (dyn Write + Send),
    trained: &Trained,
    folder: &Path,
) -> anyhow::Result<()> {
    let unpacked = folder.join("model");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked).with_context(|| unpacked.display().to_string())?;
    }
    let python = python(folder);
    let mut unpack = Command::new(&python);
    unpack
        .args(["-m", "zipfile", "-e"])
        .arg(&trained.archive)
        .arg(&unpacked);
    said_by(&mut unpack)?;
    let asked = match trained.model {
        Model::Tabular => {
            let (row, label) = last_row(training::TABLE)?;
            fs::write(unpacked.join("row.csv"), row)?;
            writeln!(
                out,
                "\n8. One row of the table, whose label is {label}, asked of the model:\n"
            )?;
            "row.csv"
        }
        Model::Distilbert => {
            writeln!(
                out,
                "\n8. A sentence that it has not seen, asked of the model:\n"
            )?;
            "My card was charged twice for the same rental"
        }
    };
    let mut predict = Command::new(&python);
    predict.args(["predict.py", asked]).current_dir(&unpacked);
    writeln!(out, "   python predict.py {asked:?}")?;
    let said = said_by(&mut predict)?;
    for line in said.lines() {
        writeln!(out, "   {line}")?;
    }
    Ok(())
}

/// The header and the last row of a table, and what the row's label is.
fn last_row(table: &[u8]) -> anyhow::Result<(String, String)> {
    let text = std::str::from_utf8(table).context("the table is text")?;
    let mut lines = text.lines();
    let (header, row) = (lines.next(), lines.next_back());
    let (header, row) = header.zip(row).context("the table has rows")?;
    let label = row.rsplit(',').next().unwrap_or_default();
    Ok((format!("{header}\n{row}\n"), label.to_owned()))
}

/// The environment that the trainer has, where it is there.
fn python(folder: &Path) -> PathBuf {
    if let Some(named) = std::env::var_os("TRAINNET_TRAINER_PYTHON").filter(|it| !it.is_empty()) {
        return named.into();
    }
    let data = folder.parent().unwrap_or(folder);
    // It is run from another folder; its links lead to the environment, so none is followed.
    let own = std::path::absolute(data.join("trainer/bin/python"));
    own.ok()
        .filter(|own| own.exists())
        .unwrap_or_else(|| "python3".into())
}

fn said_by(command: &mut Command) -> anyhow::Result<String> {
    let ran = command.output().with_context(|| format!("{command:?}"))?;
    if !ran.status.success() {
        bail!("{}", String::from_utf8_lossy(&ran.stderr));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}
