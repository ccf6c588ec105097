//! Makes somebody's statement as long as years of payments would, in the log of a running server.

use std::str::FromStr;

use anyhow::{Result, ensure};
use chrono::{DateTime, Utc};
use clap::Args;
use cqrs_es::Aggregate as _;
use cqrs_es::event_sink::EventSink;
use domain::payments::{
    CheckoutOpened, CheckoutState, DisputeSeen, Payment, PaymentCommand, PaymentId, Reference,
    RefundId, RefundStatus, Requested, Settled, Withdrawal,
};
use domain::users::UserId;
use ledger::{Currency, Money};
use sqlx::postgres::PgConnectOptions;
use store::{Append, Context, Log, NewEvent, Options, ids};

/// What the life of one payment leaves in a statement: see [`life`].
const LINES_PER_PAYMENT: usize = 20;
const REFUNDS_REFUSED: usize = 8;
/// Minor units of the books in a cent.
const CENT: i64 = 10_000;

#[derive(Clone, Debug, Args)]
pub struct StatementArgs {
    /// Where the log is
    #[arg(long)]
    database: String,
    /// Whose statement it is
    #[arg(long)]
    user: UserId,
    /// How many lines are added
    #[arg(long, default_value_t = 10_000)]
    lines: usize,
}

/// Whole lives of payments, each in one append: whoever follows the log finds nothing left to do.
pub async fn lengthen(args: &StatementArgs) -> Result<()> {
    ensure!(
        args.lines.is_multiple_of(LINES_PER_PAYMENT),
        "a payment leaves {LINES_PER_PAYMENT} lines: ask for a multiple of that"
    );
    let database = PgConnectOptions::from_str(&args.database)?;
    let log = Log::open(database, Options::default()).await?;
    for number in 0..args.lines / LINES_PER_PAYMENT {
        let payment = PaymentId::new(ids::fresh());
        let commands = life(payment, args.user, number, log.clock().now())?;
        let events = decided(commands).await?;
        let context = Context::by(args.user.to_string());
        let append = Append::try_new(Payment::TYPE, &payment.to_string(), 0, events, &context)?;
        log.append(append).await?;
    }
    log.close().await;
    Ok(())
}

/// As the aggregate decides, one after the other.
async fn decided(commands: Vec<PaymentCommand>) -> Result<Vec<NewEvent>> {
    let mut payment = Payment::default();
    let sink = EventSink::<Payment>::default();
    for command in commands {
        payment.handle(command, &(), &sink).await?;
    }
    let events = sink.collect().await;
    let written = events.iter().map(NewEvent::from_domain);
    Ok(written.collect::<Result<_, _>>()?)
}

/// Paid; asked back several times in vain; disputed and won; asked back in part, which arrives.
fn life(
    payment: PaymentId,
    user: UserId,
    number: usize,
    at: DateTime<Utc>,
) -> Result<Vec<PaymentCommand>> {
    let amount = cents(2_500 + i64::try_from(number)?);
    let name = |of: &str| Reference::try_new(format!("{of}_{}", payment.uuid().simple()));
    let session = name("cs")?;
    let mut commands = vec![
        PaymentCommand::Request(Requested {
            payer: user,
            amount,
            order: None,
            at,
        }),
        PaymentCommand::RecordCheckout(CheckoutOpened {
            session: session.clone(),
            url: "https://checkout.example.com/".to_owned(),
            expires_at: at,
            at,
        }),
        PaymentCommand::ObserveCheckout {
            session,
            state: CheckoutState::Paid(Settled {
                amount,
                fee: cents(103),
                payment_intent: name("pi")?,
                charge: name("ch")?,
                balance_transaction: name("txn")?,
            }),
            at,
        },
    ];
    let ask = |refund, back| PaymentCommand::RequestRefund {
        refund,
        amount: Some(cents(back)),
        by: user,
        at,
    };
    for back in 0..i64::try_from(REFUNDS_REFUSED)? {
        let refund = RefundId::new(ids::fresh());
        commands.push(ask(refund, 100 + 37 * back));
        commands.push(PaymentCommand::RefuseRefund { refund, at });
    }
    let taken = Withdrawal {
        amount,
        fee: cents(1_500),
    };
    commands.push(PaymentCommand::ObserveDispute(DisputeSeen {
        dispute: name("dp")?,
        amount,
        reason: Reference::try_new("fraudulent")?,
        withdrawn: Some(taken),
        reinstated: Some(taken),
        is_lost: false,
        is_won: true,
        is_dropped: false,
        available: amount,
        at,
    }));
    let refund = RefundId::new(ids::fresh());
    commands.push(ask(refund, 500));
    commands.push(PaymentCommand::ObserveRefund {
        refund,
        stripe_refund: name("re")?,
        status: RefundStatus::Succeeded,
        at,
    });
    Ok(commands)
}

const fn cents(cents: i64) -> Money {
    Money::from_minor(cents * CENT, Currency::Usd)
}

#[cfg(test)]
mod tests {
    use ledger::{Account, WalletLeaf};

    use super::*;

    #[tokio::test]
    async fn a_payment_leaves_as_many_lines_as_are_counted() {
        let user = UserId::new(ids::fresh());
        let payment = PaymentId::new(ids::fresh());
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let events = decided(life(payment, user, 7, at).unwrap()).await.unwrap();
        let leaves = [WalletLeaf::Available, WalletLeaf::Disputed];
        let own = leaves.map(|leaf| Account::wallet(&user.to_string(), leaf).unwrap());
        let moves = |event: &&NewEvent| {
            let mut legs = event.postings.iter().flat_map(ledger::Posting::legs);
            legs.any(|leg| own.contains(leg.account()))
        };
        assert_eq!(events.iter().filter(moves).count(), LINES_PER_PAYMENT);
    }
}
