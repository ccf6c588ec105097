//! Money comes in by card, and the processor's notice counts once.

use domain::demonstration::{DepositCommand, Receipt};
use ledger::Name;

use super::cast::{Cast, usd};
use super::request::{Asked, Request, must_refuse, need};
use super::teller::Teller;

pub async fn tell(cast: &Cast, teller: &mut Teller<'_>) -> anyhow::Result<()> {
    let first = Receipt {
        customer: cast.first_customer.clone(),
        amount: usd("100")?,
        fee: usd("3.20")?,
        stripe_event: Name::parse("stripe-event/evt_1")?,
    };
    let second = Receipt {
        customer: cast.second_customer.clone(),
        amount: usd("60")?,
        fee: usd("2.04")?,
        stripe_event: Name::parse("stripe-event/evt_2")?,
    };
    for receipt in [&first, &second] {
        let committed = need(&cast.deposits, received(receipt, "front")?).await?;
        let Receipt {
            customer,
            amount,
            fee,
            ..
        } = receipt;
        teller.done(
            &committed,
            &format!("{customer} pays {amount}; Stripe keeps {fee} of it"),
        )?;
    }
    // Another door opens another deposit; the claim knows the notice all the same.
    let refusal = must_refuse(&cast.deposits, received(&first, "back")?).await?;
    teller.refused(&refusal, "the first notice comes again, at another door")
}

fn received(receipt: &Receipt, door: &str) -> anyhow::Result<Request<DepositCommand>> {
    let key = format!("{door}/{}", receipt.stripe_event);
    let asked = Asked {
        by: "stripe",
        key: &key,
    };
    asked.of(
        &asked.stream("deposit"),
        DepositCommand::Receive(receipt.clone()),
        receipt,
    )
}
