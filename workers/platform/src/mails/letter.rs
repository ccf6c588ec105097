//! A mail as it goes over the wire: the same bytes however often it has to be sent.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::templates::Written;

/// Behind the `@` of every `Message-ID`. It never changes, whatever an installation is called: a
/// mail that was sent before a change and is sent again after it must be known for the same.
const MESSAGE_ID_DOMAIN: &str = "mail.trainnet";

/// Who writes, to whom, when and under which identity.
#[derive(Clone, Debug)]
pub struct Envelope<'a> {
    pub mail: &'a str,
    pub from: &'a Mailbox,
    pub to: Address,
    /// When the mail was decided on, which does not change with the attempts.
    pub at: DateTime<Utc>,
}

/// The name by which a receiver knows a mail that came twice.
pub fn message_id(mail: &str) -> String {
    format!("<{mail}@{MESSAGE_ID_DOMAIN}>")
}

pub fn compose(envelope: Envelope<'_>, written: Written) -> Result<Message, lettre::error::Error> {
    let parts = MultiPart::alternative()
        // Drawn at random it would be another with every attempt.
        .boundary(format!("trainnet-{}", envelope.mail))
        .singlepart(part(ContentType::TEXT_PLAIN, written.text))
        .singlepart(part(ContentType::TEXT_HTML, written.html));
    Message::builder()
        .from(envelope.from.clone())
        .to(Mailbox::new(None, envelope.to))
        .subject(written.subject)
        .message_id(Some(message_id(envelope.mail)))
        .date(SystemTime::from(envelope.at))
        // Or an absent reader's mail program would answer.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .multipart(parts)
}

fn part(kind: ContentType, body: String) -> SinglePart {
    SinglePart::builder().header(kind).body(body)
}
