//! Mail: what is to be written because of an event, and sending it until it is sent or given up.

mod intents;
mod letter;
mod outbox;
mod post;
mod recipient;
mod sender;
mod templates;

pub use intents::Intents;
pub use letter::message_id;
pub use outbox::{Kept, Outbox, Shown};
pub use sender::{Round, SendError, Sender};
pub use templates::{Filling, Written, write};
