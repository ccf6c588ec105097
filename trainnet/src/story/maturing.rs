//! A reaction: each capture in the log is followed by the maturing of what was earned.

use std::ops::ControlFlow;

use cqrs_es::Aggregate as _;
use domain::demonstration::{EarningCommand, Order, OrderEvent, follow};
use store::{Columns, ReadError, RecordedEvent};

use super::cast::Cast;
use super::orders::Opened;
use super::request::{Asked, need};
use super::teller::Teller;

/// Follows the log over the orders of the story; what it asks for carries its cause.
pub async fn tell(cast: &Cast, teller: &mut Teller<'_>, orders: &[&Opened]) -> anyhow::Result<()> {
    for event in events_of(cast, orders).await? {
        let order: OrderEvent = store::decode(&event.as_ref(), &[])?;
        let Some((earning, command)) = follow(&event.event_id.to_string(), &order) else {
            continue;
        };
        let EarningCommand::Mature { provider, amount } = &command;
        let what = format!(
            "{amount} of {provider} mature, because of {}",
            event.position
        );
        let asked = Asked {
            by: "reaction/earnings",
            key: &earning,
        };
        let mut request = asked.of(&earning, command, &earning)?;
        request.context = request.context.because_of(event.event_id);
        let committed = need(&cast.earnings, request).await?;
        teller.done(&committed, &what)?;
    }
    Ok(())
}

async fn events_of(cast: &Cast, orders: &[&Opened]) -> anyhow::Result<Vec<RecordedEvent>> {
    let mut found = Vec::new();
    let head = cast.log.head().await?.position;
    cast.log
        .scan::<ReadError>(0, head, Columns::All, |event| {
            let is_ours = event.aggregate_type == Order::TYPE
                && orders
                    .iter()
                    .any(|order| order.stream == event.aggregate_id);
            if is_ours {
                found.push(event.to_owned());
            }
            Ok(ControlFlow::Continue(()))
        })
        .await?;
    Ok(found)
}
