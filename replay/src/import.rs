//! Fills an empty database from an export, and says at which line one is refused.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Catalogue, GENESIS, Import, ImportError, Log};

use crate::failure::{Failure, Verdict};
use crate::lines::{self, AnswerLine, EXPORT_FORMAT, EventLine, Footer, Header};
use crate::paper::{self, Answer};

/// An event has a payload of at most 256 KiB and some names; what is longer is no event.
const LINE_BYTES_MAX: u64 = 4 << 20;

#[derive(Serialize)]
struct Imported {
    events: i64,
    answers: i64,
    position: i64,
    hash: String,
}

impl Answer for Imported {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let events = paper::counted(self.events, "event");
        let answers = paper::counted(self.answers, "answer");
        writeln!(out, "{events} and {answers} imported")?;
        writeln!(out, "position  {}", self.position)?;
        writeln!(out, "hash      {}", self.hash)
    }
}

pub(crate) async fn import(
    log: &Log,
    catalogue: &Catalogue,
    file: &Path,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let imported = if file == Path::new("-") {
        read(log, catalogue, BufReader::new(io::stdin())).await?
    } else {
        let opened = File::open(file).map_err(Failure::file(file))?;
        read(log, catalogue, BufReader::new(opened)).await?
    };
    paper::show(out, json, &imported)?;
    Ok(Verdict::Holds)
}

async fn read(log: &Log, catalogue: &Catalogue, input: impl BufRead) -> Result<Imported, Failure> {
    let mut import = log.import(catalogue).await?;
    let mut lines = Lines {
        input,
        number: 0,
        text: String::new(),
    };
    let header: Header = lines.required("the header")?;
    if header.format != EXPORT_FORMAT {
        return Err(lines.refused(format!("the format is {:?}", header.format)));
    }
    if header.after_position != 0 || header.after_hash != GENESIS.to_string() {
        return Err(lines.refused("the export does not begin with the first event"));
    }
    let (mut events, mut answers) = (0, 0);
    let footer = loop {
        lines.advance("the footer")?;
        // The first field tells the kinds of lines apart.
        if lines.text.starts_with("{\"position\"") {
            if answers > 0 {
                return Err(lines.refused("an event after the answers"));
            }
            event(&mut import, &lines).await?;
            events += 1;
        } else if lines.text.starts_with("{\"answer\"") {
            let line: AnswerLine = lines.parse()?;
            let answer = line.into_answer().map_err(|error| lines.refused(error))?;
            import
                .answer(&answer)
                .map_err(|error| lines.flawed(error))?;
            answers += 1;
        } else {
            break lines.parse::<Footer>()?;
        }
    };
    if footer.events != events || footer.answers != answers {
        let counted = format!("{events} events and {answers} answers came before it");
        return Err(lines.refused(counted));
    }
    let hash = lines::hash(&footer.last_hash, "last_hash").map_err(|error| lines.refused(error))?;
    if lines.next()? {
        return Err(lines.refused("something follows the footer"));
    }
    let finished = import.finish(footer.last_position, hash).await;
    let head = finished.map_err(|error| lines.flawed(error))?;
    Ok(Imported {
        events,
        answers,
        position: head.position,
        hash: head.hash.to_string(),
    })
}

async fn event<R: BufRead>(import: &mut Import<'_>, lines: &Lines<R>) -> Result<(), Failure> {
    let line: EventLine = lines.parse()?;
    let event = line.into_event().map_err(|error| lines.refused(error))?;
    import
        .event(&event.as_ref())
        .await
        .map_err(|error| lines.flawed(error))
}

/// The lines of a file, counted from one.
struct Lines<R> {
    input: R,
    number: u64,
    text: String,
}

impl<R: BufRead> Lines<R> {
    /// Goes on to the next line; false at the end.
    fn next(&mut self) -> Result<bool, Failure> {
        self.text.clear();
        self.number += 1;
        let mut limited = io::Read::take(&mut self.input, LINE_BYTES_MAX);
        match limited.read_line(&mut self.text) {
            Ok(0) => Ok(false),
            Ok(_) if self.text.ends_with('\n') => Ok(true),
            Ok(_) => Err(self.refused("the line is cut, or too long to be one")),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(self.refused("it is not UTF-8"))
            }
            Err(error) => Err(Failure::Output(error)),
        }
    }

    fn advance(&mut self, what: &str) -> Result<(), Failure> {
        if self.next()? {
            Ok(())
        } else {
            Err(self.refused(format!("{what} is missing")))
        }
    }

    fn required<T: DeserializeOwned>(&mut self, what: &str) -> Result<T, Failure> {
        self.advance(what)?;
        self.parse()
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.text).map_err(|error| self.refused(error))
    }

    fn refused(&self, what: impl std::fmt::Display) -> Failure {
        Failure::Line {
            line: self.number,
            what: what.to_string(),
        }
    }

    fn flawed(&self, error: ImportError) -> Failure {
        match error {
            ImportError::Flawed(source) => Failure::Event {
                line: self.number,
                source,
            },
            other => other.into(),
        }
    }
}
