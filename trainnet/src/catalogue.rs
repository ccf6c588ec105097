//! Every aggregate whose events this program can read.

use domain::demonstration::{Deposit, Earning, Order, Payout};
use domain::jobs::Job;
use domain::mails::Mail;
use domain::objects::Object;
use domain::payments::Payment;
use domain::servers::{JoinToken, Machine};
use domain::users::{ApiKey, Kyc, Session, User};
use domain::work::Unit;
use store::Catalogue;

pub fn catalogue() -> Catalogue {
    Catalogue::new()
        .with::<Deposit>()
        .with::<Order>()
        .with::<Earning>()
        .with::<Payout>()
        .with::<User>()
        .with::<Session>()
        .with::<ApiKey>()
        .with::<Kyc>()
        .with::<Mail>()
        .with::<Job>()
        .with::<Payment>()
        .with::<JoinToken>()
        .with::<Machine>()
        .with::<Unit>()
        .with::<Object>()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;
    use store::{EventRef, Hash};

    use super::*;

    #[test]
    fn it_reads_a_sample_of_every_event() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events");
        let mut count = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let sample: Value = serde_json::from_str(&text).unwrap();
            let payload = sample["payload"].to_string();
            let event = EventRef {
                position: 1,
                sequence: 1,
                event_id: store::ids::derived("sample", "event"),
                recorded_at: chrono::DateTime::UNIX_EPOCH,
                effective_at: chrono::DateTime::UNIX_EPOCH,
                aggregate_type: sample["aggregate_type"].as_str().unwrap(),
                aggregate_id: "sample",
                event_type: sample["event_type"].as_str().unwrap(),
                event_version: sample["event_version"].as_str().unwrap(),
                payload: &payload,
                metadata: "",
                hash: Hash([0; 32]),
            };
            let moved = catalogue().moved(&event).unwrap();
            assert_eq!(
                serde_json::to_value(moved.postings).unwrap(),
                sample["postings"]
            );
            count += 1;
        }
        assert!(count > 0);
    }
}
