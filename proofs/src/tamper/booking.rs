//! An aggregate that takes names and gives them up, so that there are claims to tamper with.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use ledger::{Claim, Effects, Name, Posting, Unbalanced};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Booking;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BookingEvent {
    #[serde(rename = "booking.made")]
    Made { place: Name },
    #[serde(rename = "booking.ended")]
    Ended { place: Name },
}

#[derive(Debug, thiserror::Error)]
pub enum BookingError {}

impl DomainEvent for BookingEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Made { .. } => "booking.made".to_owned(),
            Self::Ended { .. } => "booking.ended".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Effects for BookingEvent {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        Ok(Vec::new())
    }

    fn claims(&self) -> Vec<Claim> {
        match self {
            Self::Made { place } => vec![Claim::Take(place.clone())],
            Self::Ended { place } => vec![Claim::Release(place.clone())],
        }
    }
}

impl Aggregate for Booking {
    const TYPE: &'static str = "booking";
    type Command = BookingEvent;
    type Event = BookingEvent;
    type Error = BookingError;
    type Services = ();

    async fn handle(
        &mut self,
        event: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, _: Self::Event) {}
}
