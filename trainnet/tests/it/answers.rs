//! A request made again is answered as it was the first time, whatever has changed since.

use domain::demonstration::{Deposit, DepositCommand, Order, OrderCommand, Receipt, Terms, User};
use ledger::{BasisPoints, Currency, Money, Name};
use store::{Commands, Committed, Context, Log, Options};

fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::Usd).unwrap()
}

fn terms(amount: &str, gpu: Option<&str>) -> Terms {
    Terms {
        customer: User::try_new("customer").unwrap(),
        provider: User::try_new("provider").unwrap(),
        amount: usd(amount),
        commission_basis_points: BasisPoints::try_new(1_000).unwrap(),
        gpu: gpu.map(|gpu| Name::parse(gpu).unwrap()),
    }
}

async fn deposit(log: &Log, amount: &str) {
    let receipt = Receipt {
        customer: terms("1", None).customer,
        amount: usd(amount),
        fee: usd("0"),
        stripe_event: Name::parse("stripe-event/evt").unwrap(),
    };
    let command = DepositCommand::Receive(receipt);
    let deposits = Commands::<Deposit>::new(log.clone());
    deposits
        .begin("deposit", command, &Context::by("stripe"))
        .await
        .unwrap();
}

async fn open(log: &Log, stream: &str, terms: Terms) -> Committed {
    let orders = Commands::<Order>::new(log.clone());
    let context = Context::by("user/customer").with_key(stream, stream.as_bytes());
    orders
        .begin(stream, OrderCommand::Open(terms), &context)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_order_that_could_not_be_paid_any_more_is_still_answered() {
    let database = workbench::database().await;
    let log = Log::open(database.options.clone(), Options::default())
        .await
        .unwrap();
    deposit(&log, "100").await;
    let first = open(&log, "order_1", terms("60", None)).await;
    let another = Log::open(database.options.clone(), Options::default())
        .await
        .unwrap();
    let again = open(&another, "order_1", terms("60", None)).await;
    assert_eq!(
        again,
        Committed {
            repeated: true,
            ..first
        }
    );
}

#[tokio::test]
async fn an_order_whose_gpu_another_has_by_now_is_still_answered() {
    let database = workbench::database().await;
    let log = Log::open(database.options.clone(), Options::default())
        .await
        .unwrap();
    deposit(&log, "100").await;
    let first = open(&log, "order_1", terms("10", Some("gpu/1"))).await;
    let orders = Commands::<Order>::new(log.clone());
    orders
        .execute(
            "order_1",
            OrderCommand::Close,
            &Context::by("user/customer"),
        )
        .await
        .unwrap();
    open(&log, "order_2", terms("10", Some("gpu/1"))).await;
    let another = Log::open(database.options.clone(), Options::default())
        .await
        .unwrap();
    let again = open(&another, "order_1", terms("10", Some("gpu/1"))).await;
    assert_eq!(
        again,
        Committed {
            repeated: true,
            ..first
        }
    );
}
