//! Why each cent is where it is: its line, the event behind it, and what led to that event.

mod account;
mod causes;
mod entry;
mod stream;

use std::io::Write;

use store::{Catalogue, Log};

use crate::failure::{Failure, Verdict};
use crate::subject::Subject;

pub(crate) async fn explain(
    log: &Log,
    catalogue: &Catalogue,
    subject: Subject,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    match subject {
        Subject::Account(account) => account::explain(log, catalogue, &account, json, out).await,
        Subject::Entry { position, leg } => {
            entry::explain(log, catalogue, position, leg, json, out).await
        }
        Subject::Stream {
            aggregate_type,
            aggregate_id,
        } => stream::explain(log, &aggregate_type, &aggregate_id, json, out).await,
        Subject::Accounts(_) => {
            let advice = "one account is explained at a time; `as-of` lists many";
            Err(Failure::Usage(advice.to_owned()))
        }
    }
}
