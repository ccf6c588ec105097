//! Writes the log, or the books as a journal, for other programs.

mod beancount;
mod hledger;
mod journal;
mod jsonl;
mod names;
mod text;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use store::{Catalogue, Head, Log};

use crate::arguments::Format;
use crate::failure::{Failure, Verdict};
use crate::paper::{self, Answer};
use crate::when::When;

pub use names::{from_beancount, from_hledger, to_beancount, to_hledger};

/// Which events are written: those after one position up to another.
#[derive(Clone, Copy, Debug)]
struct Range {
    after: i64,
    until: i64,
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "positions {} to {}", self.after + 1, self.until)
    }
}

/// What is wanted of an export.
pub(crate) struct Wanted {
    pub format: Format,
    pub out: Option<PathBuf>,
    pub from: Option<When>,
    pub until: Option<When>,
}

#[derive(Serialize)]
struct Exported {
    file: PathBuf,
    format: Format,
    first_position: i64,
    last_position: i64,
    events: i64,
}

impl Answer for Exported {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let events = paper::counted(self.events, "event");
        let (first, last) = (self.first_position, self.last_position);
        writeln!(
            out,
            "{events}, positions {first} to {last}, in {}",
            self.file.display()
        )
    }
}

pub(crate) async fn export(
    log: &Log,
    catalogue: &Catalogue,
    wanted: Wanted,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let head = log.head().await?;
    let range = range(log, &head, wanted.from, wanted.until).await?;
    let format = wanted.format;
    let Some(file) = wanted.out else {
        let mut out = BufWriter::new(out);
        write(log, catalogue, &head, range, format, &mut out).await?;
        out.flush()?;
        return Ok(Verdict::Holds);
    };
    // Under its name there is a whole export or none.
    let partial = beside(&file, ".partial");
    let mut writer = BufWriter::new(File::create(&partial).map_err(Failure::file(&partial))?);
    let written = write(log, catalogue, &head, range, format, &mut writer).await;
    if let Err(failure) = written {
        drop(fs::remove_file(&partial));
        return Err(failure);
    }
    let written = writer
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error);
    let written = written.and_then(|file| file.sync_all());
    written
        .and_then(|()| fs::rename(&partial, &file))
        .map_err(Failure::file(&file))?;
    let exported = Exported {
        file,
        format,
        first_position: range.after + 1,
        last_position: range.until,
        events: range.until - range.after,
    };
    paper::show(out, json, &exported)?;
    Ok(Verdict::Holds)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

async fn range(
    log: &Log,
    head: &Head,
    from: Option<When>,
    until: Option<When>,
) -> Result<Range, Failure> {
    let after = match from {
        Some(from) => from.first_position(log, head).await?.max(1) - 1,
        None => 0,
    };
    let until = match until {
        Some(until) => until.position(log, head).await?,
        None => head.position,
    };
    if after > until {
        let what = format!("there is no event from position {} to {until}", after + 1);
        return Err(Failure::Usage(what));
    }
    Ok(Range { after, until })
}

async fn write(
    log: &Log,
    catalogue: &Catalogue,
    head: &Head,
    range: Range,
    format: Format,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    match format {
        Format::Jsonl => jsonl::write(log, head, range, out).await,
        Format::Hledger => {
            journal::write(log, catalogue, head, range, &mut hledger::Hledger, out).await
        }
        Format::Beancount => {
            let mut journal = beancount::Beancount::default();
            journal::write(log, catalogue, head, range, &mut journal, out).await
        }
    }
}
