//! Hears what is logged on one thread, whatever other tests do on theirs.
//!
//! A subscriber of one thread's own would not do: which places in the code speak at all is decided
//! for the whole process, and a test without a subscriber may be the one to decide it.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

thread_local! {
    static HEARD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

struct Ear;

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        HEARD.with_borrow_mut(|heard| {
            if let Some(heard) = heard {
                heard.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// From now on everything counts that this thread says, at every level.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let listening = dynamic_filter_fn(|_, _| {
            // Whoever writes down what was heard says nothing meanwhile.
            HEARD
                .try_with(|heard| heard.try_borrow().is_ok_and(|heard| heard.is_some()))
                .unwrap_or(false)
        });
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(|| Ear);
        tracing_subscriber::registry()
            .with(lines.with_filter(listening))
            .init();
    });
    HEARD.set(Some(Vec::new()));
}

/// What was said since.
pub fn heard() -> String {
    let heard = HEARD.take().expect("somebody listened");
    String::from_utf8(heard).expect("what is logged is text")
}
