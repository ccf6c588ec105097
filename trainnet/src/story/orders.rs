//! Orders hold money and a GPU, are captured piece by piece, and give back the rest.

use anyhow::{Context as _, bail, ensure};
use domain::demonstration::{OrderCommand, OrderEvent, Terms, User};
use ledger::{BasisPoints, Money, Name, Split};
use store::{Log, Refused};

use super::cast::{Cast, usd};
use super::request::{Asked, Request, begin, must_refuse, need};
use super::teller::Teller;

const COMMISSION_BASIS_POINTS: u16 = 1_000;

/// The streams of the two orders.
type Orders = (Opened, Opened);

/// An order that stands, or will once its GPU is free.
#[derive(Clone, Debug)]
pub struct Opened {
    pub stream: String,
    customer: User,
    request: Request<OrderCommand>,
}

/// One customer asks for too much; then two ask for the same GPU at the same moment.
pub async fn open(cast: &Cast, teller: &mut Teller<'_>) -> anyhow::Result<Orders> {
    let too_much = wish(cast, &cast.second_customer, "75", "too-much", None)?;
    let refusal = must_refuse(&cast.orders, too_much.request).await?;
    teller.refused(
        &refusal,
        &format!("{} orders for 75.00 USD", cast.second_customer),
    )?;

    let gpu = Some(Name::parse("gpu/gpu_1")?);
    let first = wish(cast, &cast.first_customer, "40", "gpu-1", gpu.clone())?;
    let second = wish(cast, &cast.second_customer, "30", "gpu-1", gpu)?;
    let (winner, loser) = tokio::join!(
        begin(&cast.orders, first.request.clone()),
        begin(&cast.orders, second.request.clone()),
    );
    let committed =
        winner?.context("the story went wrong: the first to ask did not get the GPU")?;
    let what = format!("{} orders gpu_1: 40.00 USD are held", first.customer);
    teller.done(&committed, &what)?;
    let what = format!("{} orders gpu_1 at the same moment", second.customer);
    match loser? {
        Err(refusal @ Refused::Taken { .. }) => teller.refused(&refusal, &what)?,
        // Refusals are not stored; what was asked for again later, and had, is.
        Ok(committed) => teller.done(&committed, &format!("{what}, and had it later"))?,
        Err(other) => bail!("the story went wrong: the second to ask was refused: {other}"),
    }
    Ok((first, second))
}

/// The meter of the first order: three small readings and a large one, which comes twice. Answers
/// with the position of the second.
pub async fn capture(cast: &Cast, teller: &mut Teller<'_>, order: &Opened) -> anyhow::Result<i64> {
    meter(cast, teller, order, usd("1.234567")?).await?;
    let rounded = meter(cast, teller, order, usd("2.469134")?).await?;
    meter(cast, teller, order, usd("3.703701")?).await?;
    let last = meter(cast, teller, order, usd("30")?).await?;
    let again = need(&cast.orders, reading(order, usd("30")?)?).await?;
    ensure!(
        again.position == last,
        "the story went wrong: one reading was captured twice"
    );
    teller.say(&format!(
        "     same  the last reading comes again: answered from {last}"
    ))?;
    Ok(rounded)
}

/// The first order closes, and the second customer's request, made again, is granted.
pub async fn hand_over(
    cast: &Cast,
    teller: &mut Teller<'_>,
    first: &Opened,
    second: &Opened,
) -> anyhow::Result<()> {
    let asked = Asked {
        by: first.customer.as_str(),
        key: "close",
    };
    let close = asked.of(&first.stream, OrderCommand::Close, &"close")?;
    let committed = need(&cast.orders, close).await?;
    let what = format!(
        "{} closes the order: 10.00 USD and gpu_1 are released",
        first.customer
    );
    teller.done(&committed, &what)?;
    let committed = need(&cast.orders, second.request.clone()).await?;
    let what = format!(
        "{} asks for gpu_1 again: 30.00 USD are held",
        second.customer
    );
    teller.done(&committed, &what)?;
    meter(cast, teller, second, usd("12")?).await?;
    Ok(())
}

fn wish(
    cast: &Cast,
    customer: &User,
    amount: &str,
    key: &str,
    gpu: Option<Name>,
) -> anyhow::Result<Opened> {
    let terms = Terms {
        customer: customer.clone(),
        provider: cast.provider.clone(),
        amount: usd(amount)?,
        commission_basis_points: BasisPoints::try_new(COMMISSION_BASIS_POINTS)?,
        gpu,
    };
    let asked = Asked {
        by: customer.as_str(),
        key,
    };
    let stream = asked.stream("order");
    let request = asked.of(&stream, OrderCommand::Open(terms.clone()), &terms)?;
    Ok(Opened {
        stream,
        customer: customer.clone(),
        request,
    })
}

fn reading(order: &Opened, up_to: Money) -> anyhow::Result<Request<OrderCommand>> {
    let key = format!("{} up to {up_to}", order.stream);
    let asked = Asked {
        by: "meter",
        key: &key,
    };
    asked.of(&order.stream, OrderCommand::Capture { up_to }, &up_to)
}

async fn meter(
    cast: &Cast,
    teller: &mut Teller<'_>,
    order: &Opened,
    up_to: Money,
) -> anyhow::Result<i64> {
    let committed = need(&cast.orders, reading(order, up_to)?).await?;
    let Split {
        provider,
        commission,
    } = capture_at(&cast.log, committed.position).await?.split;
    let what = format!(
        "the meter of {} shows {up_to}: {provider} to {}, {commission} to us",
        order.customer, cast.provider,
    );
    teller.done(&committed, &what)?;
    Ok(committed.position)
}

/// Says in words how the commission at this position follows from everything captured before.
pub async fn why_this_commission(log: &Log, position: i64) -> anyhow::Result<String> {
    let Capture {
        amount,
        split,
        rate,
        captured,
    } = capture_at(log, position).await?;
    let before = captured.checked_sub(amount)?;
    let (owed, taken) = (rate.of(captured), rate.of(before));
    ensure!(
        owed.checked_sub(taken)? == split.commission,
        "the event states another commission"
    );
    Ok(format!(
        "{} basis points of {captured} captured so far are {owed}; {taken} had been taken for the \
         {before} before,\nwhich leaves {} for this capture of {amount}.",
        rate.get(),
        split.commission,
    ))
}

/// What a capture states.
struct Capture {
    amount: Money,
    split: Split,
    rate: BasisPoints,
    captured: Money,
}

/// What the event says, not what could be computed: the split is part of the fact.
async fn capture_at(log: &Log, position: i64) -> anyhow::Result<Capture> {
    let events = log.events_at(&[position]).await?;
    let event = events
        .first()
        .context("an event that was committed is not in the log")?;
    match store::decode(&event.as_ref(), &[])? {
        OrderEvent::Captured {
            amount,
            split,
            commission_basis_points: rate,
            captured,
            ..
        } => Ok(Capture {
            amount,
            split,
            rate,
            captured,
        }),
        other => bail!("position {position} is not a capture but {other:?}"),
    }
}
