//! The log as JSON Lines: all that a stranger needs to check the chain, and to import it.

use std::io::Write;
use std::ops::ControlFlow;

use serde::Serialize;
use store::{Columns, GENESIS, Head, Log};

use super::Range;
use crate::failure::Failure;
use crate::lines::{AnswerLine, EXPORT_FORMAT, EventLine, Footer, Header};
use crate::progress::Bar;

pub(super) async fn write(
    log: &Log,
    head: &Head,
    range: Range,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut hash = GENESIS;
    if range.after > 0 {
        let before = log.events_at(&[range.after]).await?;
        hash = before
            .first()
            .ok_or(Failure::Missing {
                position: range.after,
            })?
            .hash;
    }
    let (after_position, after_hash) = (range.after, hash.to_string());
    line(
        out,
        &Header {
            format: EXPORT_FORMAT.to_owned(),
            after_position,
            after_hash,
        },
    )?;
    let bar = Bar::over(range.until);
    log.scan::<Failure>(range.after, range.until, Columns::All, |event| {
        // A broken chain is found where it is, not wherever the file ends up.
        if event.link().hash(&hash) != event.hash {
            return Err(Failure::Broken {
                position: event.position,
            });
        }
        hash = event.hash;
        bar.reached(event.position);
        line(out, &EventLine::of(&event))?;
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    if range.until == head.position && hash != head.hash {
        return Err(Failure::WrongHead {
            position: range.until,
        });
    }
    let mut answers = 0;
    // An answer given before anything was recorded belongs to the first position.
    let after = if range.after == 0 { -1 } else { range.after };
    log.answers::<Failure>(after, range.until, |answer| {
        answers += 1;
        line(out, &AnswerLine::of(answer))
    })
    .await?;
    let footer = Footer {
        last_position: range.until,
        last_hash: hash.to_string(),
        events: range.until - range.after,
        answers,
    };
    line(out, &footer)
}

fn line(out: &mut dyn Write, line: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")?;
    Ok(())
}
