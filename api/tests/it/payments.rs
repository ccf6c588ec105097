//! Wallets and payments over real HTTP: whose they are, and who is believed about them.

mod explaining;

use axum::http::{Request, StatusCode};
use domain::payments::{
    CheckoutOpened, CheckoutState, Payment, PaymentCommand, PaymentId, Reference, Requested,
    Settled,
};
use ledger::{Currency, Money};
use serde_json::{Value, json};
use store::{Commands, Context};

use crate::client::Reply;
use crate::users::people::{People, Signed, WEBHOOK_SECRET};

fn named(text: &str) -> Reference {
    Reference::try_new(text).unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::Usd).unwrap()
}

/// The stand-in for whoever works beside the API.
struct Worker(Commands<Payment>);

impl Worker {
    fn of(people: &People) -> Self {
        Self(Commands::new(people.log.clone()))
    }

    async fn does(&self, payment: &str, command: PaymentCommand) {
        let context = Context::by("worker/payments");
        self.0.execute(payment, command, &context).await.unwrap();
    }

    /// Opens a checkout as soon as the payment is asked for.
    async fn opens(&self, people: &People, payer: &str) -> String {
        let payment: String = loop {
            let found: Option<String> = sqlx::query_scalar(
                "select aggregate_id from events where event_type = 'payment.requested' \
                    and payload->'payment.requested'->>'payer' = $1 \
                  order by position desc limit 1",
            )
            .bind(payer)
            .fetch_optional(people.log.pool())
            .await
            .unwrap();
            match found {
                Some(payment) => break payment,
                None => tokio::task::yield_now().await,
            }
        };
        let now = people.log.clock().now();
        let opened = CheckoutOpened {
            session: named(&format!("cs_{}", &payment[8..])),
            url: "https://checkout.example/1".to_owned(),
            expires_at: now,
            at: now,
        };
        self.does(&payment, PaymentCommand::RecordCheckout(opened))
            .await;
        payment
    }

    async fn sees_paid(&self, people: &People, payment: &str, amount: &str) {
        let settled = Settled {
            amount: usd(amount),
            fee: usd("1.03"),
            payment_intent: named("pi_1"),
            charge: named(&format!("ch_{}", &payment[8..])),
            balance_transaction: named("txn_1"),
        };
        let command = PaymentCommand::ObserveCheckout {
            session: named(&format!("cs_{}", &payment[8..])),
            state: CheckoutState::Paid(settled),
            at: people.log.clock().now(),
        };
        self.does(payment, command).await;
    }
}

fn amount(text: &str) -> Value {
    json!({ "amount": { "amount": text, "currency": "USD" } })
}

async fn top_up(people: &People, ann: &Signed, body: &Value) -> Reply {
    people
        .as_(ann, ("POST", "/v1/wallet/top-ups"), Some(body.clone()))
        .await
}

/// Somebody who put 25 into their wallet.
pub async fn paid(people: &People, ann: &Signed) -> String {
    let worker = Worker::of(people);
    let body = amount("25.00");
    let (reply, payment) =
        tokio::join!(top_up(people, ann, &body), worker.opens(people, &ann.user));
    assert_eq!(reply.status, StatusCode::CREATED);
    let told = reply.json();
    assert_eq!(told["payment"], payment);
    assert_eq!(told["checkout_url"], "https://checkout.example/1");
    worker.sees_paid(people, &payment, "25.00").await;
    payment
}

/// Reads what is there once everything that was written can be seen.
async fn read(people: &People, ann: &Signed, path: &str) -> Reply {
    let head = people.log.head().await.unwrap().position;
    people.at(ann, ("GET", path), head).await
}

/// Where the latest event stands that moved somebody's money.
pub async fn moved(people: &People, ann: &Signed) -> i64 {
    let statement = read(people, ann, "/v1/wallet/statement").await.json();
    statement["data"][0]["position"].as_i64().unwrap()
}

/// A payment that somebody asked for.
pub async fn requested(people: &People, ann: &Signed) -> String {
    let payment = PaymentId::new(store::ids::fresh()).to_string();
    let requested = Requested {
        payer: ann.user.parse().unwrap(),
        amount: usd("5"),
        order: None,
        at: people.log.clock().now(),
    };
    let worker = Worker::of(people);
    worker
        .does(&payment, PaymentCommand::Request(requested))
        .await;
    payment
}

#[tokio::test]
async fn what_was_paid_is_shown_in_the_wallet_the_statement_and_the_list() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let payment = paid(&people, &ann).await;
    let wallet = read(&people, &ann, "/v1/wallet").await.json();
    assert_eq!(wallet["balances"][0]["available"]["amount"], "25.00");
    let statement = read(&people, &ann, "/v1/wallet/statement").await.json();
    let line = &statement["data"][0];
    assert_eq!(
        (&line["type"], &line["subject"]),
        (&json!("payment.paid"), &json!(payment))
    );
    let position = line["position"].as_i64().unwrap();
    let event = &people.log.events_at(&[position]).await.unwrap()[0];
    assert_eq!(line["event"], event.event_id.to_string());
    assert_eq!(line["movements"].as_array().unwrap().len(), 1);
    let list = read(&people, &ann, "/v1/payments").await.json();
    assert_eq!(list["data"][0]["status"], "paid");
    let one = read(&people, &ann, &format!("/v1/payments/{payment}"))
        .await
        .json();
    assert_eq!((&one["id"], &one["refunds"]), (&json!(payment), &json!([])));
}

#[tokio::test]
async fn what_is_anothers_is_not_there() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let bob = people.somebody("bob@mail.example").await;
    let payment = paid(&people, &ann).await;
    let shown = read(&people, &bob, &format!("/v1/payments/{payment}")).await;
    assert_eq!(shown.status, StatusCode::NOT_FOUND);
    let path = format!("/v1/payments/{payment}/refund");
    let given = people.as_(&bob, ("POST", &path), Some(json!({}))).await;
    assert_eq!(given.status, StatusCode::NOT_FOUND);
    let wallet = read(&people, &bob, "/v1/wallet").await.json();
    assert_eq!(wallet["balances"][0]["available"]["amount"], "0.00");
    for list in ["/v1/payments", "/v1/wallet/statement"] {
        assert_eq!(
            read(&people, &bob, list).await.json()["data"],
            json!([]),
            "{list}"
        );
    }
}

#[tokio::test]
async fn what_no_card_pays_is_refused_with_the_field_and_the_remedy() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    for (body, field) in [
        (amount("0.49"), "amount.amount"),
        (amount("-5"), "amount.amount"),
        (amount("1000000.00"), "amount.amount"),
        (amount("1.001"), "amount.amount"),
        (
            json!({ "amount": { "amount": "5", "currency": "RUB" } }),
            "amount.currency",
        ),
    ] {
        let reply = top_up(&people, &ann, &body).await;
        assert_eq!(reply.problem(), "payments/amount-invalid", "{body}");
        assert_eq!(reply.json()["field"], field, "{body}");
        assert!(reply.json()["detail"].is_string());
    }
    let unknown = json!({ "amount": { "amount": "5", "currency": "USD" }, "to": "me" });
    assert_eq!(
        top_up(&people, &ann, &unknown).await.problem(),
        "body/invalid"
    );
}

#[tokio::test]
async fn money_goes_back_as_far_as_it_is_there_and_no_further() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let payment = paid(&people, &ann).await;
    let path = format!("/v1/payments/{payment}/refund");
    let too_much = people
        .as_(&ann, ("POST", &path), Some(amount("25.01")))
        .await;
    assert_eq!(too_much.problem(), "payments/beyond-payment");
    let some = people
        .as_(&ann, ("POST", &path), Some(amount("5.00")))
        .await;
    assert_eq!(some.status, StatusCode::CREATED);
    let rest = people.as_(&ann, ("POST", &path), Some(json!({}))).await;
    assert_eq!(rest.json()["amount"]["amount"], "20.00");
    let nothing = people.as_(&ann, ("POST", &path), Some(json!({}))).await;
    assert_eq!(nothing.problem(), "payments/nothing-left");
    let one = read(&people, &ann, &format!("/v1/payments/{payment}"))
        .await
        .json();
    assert_eq!(one["refunded"]["amount"], "25.00");
    assert_eq!(one["refunds"].as_array().unwrap().len(), 2);
    let other = PaymentId::new(store::ids::fresh());
    let unknown = format!("/v1/payments/{other}/refund");
    let unknown = people.as_(&ann, ("POST", &unknown), Some(json!({}))).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

const EVENT: &str = r#"{"id":"evt_1","type":"checkout.session.completed",
    "data":{"object":{"id":"cs_1","client_reference_id":"payment_x","customer_email":"a@b"}}}"#;

async fn tell(people: &People, signature: Option<&str>, body: &str) -> Reply {
    let mut request = Request::post("/webhook/stripe").header("content-type", "application/json");
    if let Some(signature) = signature {
        request = request.header("stripe-signature", signature);
    }
    people.raw(request, body.to_owned()).await
}

async fn noticed(people: &People) -> Vec<(String, String, Option<String>)> {
    sqlx::query_as("select notice, object, payment from payments_inbox order by notice")
        .fetch_all(people.log.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_webhook_that_is_signed_is_kept_once_and_nothing_else_is() {
    let people = People::new().await;
    let now = people.log.clock().now().timestamp();
    let good = stripe_sim::signature(WEBHOOK_SECRET, now, EVENT.as_bytes());
    for wrong in [
        None,
        Some("t=1,v1=00".to_owned()),
        Some(stripe_sim::signature("whsec_other", now, EVENT.as_bytes())),
        Some(stripe_sim::signature(
            WEBHOOK_SECRET,
            now - 301,
            EVENT.as_bytes(),
        )),
        Some(stripe_sim::signature(WEBHOOK_SECRET, now, b"{}")),
    ] {
        let reply = tell(&people, wrong.as_deref(), EVENT).await;
        assert_eq!(reply.problem(), "payments/signature-wrong", "{wrong:?}");
    }
    assert_eq!(noticed(&people).await, []);
    for _ in 0..3 {
        assert_eq!(
            tell(&people, Some(&good), EVENT).await.status,
            StatusCode::OK
        );
    }
    // What it says about a person is not kept.
    let kept = (
        "evt_1".to_owned(),
        "cs_1".to_owned(),
        Some("payment_x".to_owned()),
    );
    assert_eq!(noticed(&people).await, [kept]);
    let broken = stripe_sim::signature(WEBHOOK_SECRET, now, b"nonsense");
    assert_eq!(
        tell(&people, Some(&broken), "nonsense").await.problem(),
        "body/malformed"
    );
}
