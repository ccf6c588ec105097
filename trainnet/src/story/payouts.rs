//! Money goes out: one payout settles, one fails, one is asked for twice.

use chrono::TimeDelta;
use domain::demonstration::{PayoutCommand, PayoutTerms, Rail};

use super::cast::{Cast, usd};
use super::request::{Asked, Request, must_refuse, need};
use super::teller::Teller;

pub async fn tell(cast: &Cast, teller: &mut Teller<'_>) -> anyhow::Result<()> {
    settled(cast, teller).await?;
    failed(cast, teller).await
}

async fn settled(cast: &Cast, teller: &mut Teller<'_>) -> anyhow::Result<()> {
    let provider = &cast.provider;
    let (stream, request) = requested(cast, "27", "payout-1")?;
    let committed = need(&cast.payouts, request.clone()).await?;
    teller.done(&committed, &format!("{provider} asks for 27.00 USD"))?;
    let position = need(&cast.payouts, request).await?.position;
    teller.say(&format!(
        "     same  {provider} asks again under the same key: answered from {position}"
    ))?;
    let (_, more) = requested(cast, "30", "payout-1")?;
    let refusal = must_refuse(&cast.payouts, more).await?;
    teller.refused(&refusal, "under the same key, but for 30.00 USD")?;
    let committed = step(cast, &stream, PayoutCommand::Send, "send").await?;
    teller.done(&committed, "it is sent and in transit")?;
    let committed = step(cast, &stream, PayoutCommand::Settle, "settle").await?;
    teller.done(
        &committed,
        "it has arrived, an hour before we learned of it",
    )
}

async fn failed(cast: &Cast, teller: &mut Teller<'_>) -> anyhow::Result<()> {
    let (stream, request) = requested(cast, "10.80", "payout-2")?;
    let committed = need(&cast.payouts, request).await?;
    teller.done(&committed, &format!("{} asks for 10.80 USD", cast.provider))?;
    let committed = step(cast, &stream, PayoutCommand::Send, "send").await?;
    teller.done(&committed, "it is sent and in transit")?;
    let committed = step(cast, &stream, PayoutCommand::Fail, "fail").await?;
    teller.done(
        &committed,
        "the rail sends it back: 10.80 USD are available again",
    )
}

fn requested(
    cast: &Cast,
    amount: &str,
    key: &str,
) -> anyhow::Result<(String, Request<PayoutCommand>)> {
    let terms = PayoutTerms {
        provider: cast.provider.clone(),
        amount: usd(amount)?,
        rail: Rail::Manual,
    };
    let asked = Asked {
        by: cast.provider.as_str(),
        key,
    };
    let stream = asked.stream("payout");
    let request = asked.of(&stream, PayoutCommand::Request(terms.clone()), &terms)?;
    Ok((stream, request))
}

/// What the rail reports; money that has arrived counts from when it did.
async fn step(
    cast: &Cast,
    stream: &str,
    command: PayoutCommand,
    name: &str,
) -> anyhow::Result<store::Committed> {
    let key = format!("{stream} {name}");
    let has_arrived = matches!(command, PayoutCommand::Settle);
    let mut request = Asked {
        by: "rail/manual",
        key: &key,
    }
    .of(stream, command, &name)?;
    if has_arrived {
        let an_hour_ago = cast.log.clock().now() - TimeDelta::hours(1);
        request.context = request.context.effective(an_hour_ago);
    }
    need(&cast.payouts, request).await
}
