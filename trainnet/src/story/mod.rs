//! A short story told through the real kernel: money in, work paid for, money out.
//!
//! Every request has an idempotency key, and every stream is named after one. Told again, the story
//! changes nothing; broken off anywhere, it goes on where it was.

mod cast;
mod deposits;
mod maturing;
mod orders;
mod payouts;
mod request;
mod teller;

pub use cast::Cast;
pub use orders::why_this_commission;
pub use teller::Teller;

/// What of the story is worth a closer look.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Where a capture stands whose commission was rounded.
    pub rounded_capture: i64,
}

/// Tells the whole story; what stands in the log already is only told, not done.
pub async fn tell(cast: &Cast, teller: &mut Teller<'_>) -> anyhow::Result<Told> {
    teller.say("Money comes in, and a notice counts once however often it comes.")?;
    deposits::tell(cast, teller).await?;
    teller.say("\nNobody spends more than there is, or has what another holds.")?;
    let (first, second) = orders::open(cast, teller).await?;
    teller.say("\nThe meter runs. 10% of all that was captured is ours, rounded once.")?;
    let rounded_capture = orders::capture(cast, teller, &first).await?;
    orders::hand_over(cast, teller, &first, &second).await?;
    teller.say("\nWhat was earned matures, because of the capture that it was earned by.")?;
    maturing::tell(cast, teller, &[&first, &second]).await?;
    teller.say("\nMoney goes out. A payout that fails gives back exactly what it took.")?;
    payouts::tell(cast, teller).await?;
    Ok(Told { rounded_capture })
}
