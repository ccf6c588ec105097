"""Asks a stand-in for Stripe what a shop asks Stripe, by Stripe's own library, unchanged."""

import sys
import urllib.request

import stripe

url, key, secret, signature, body = sys.argv[1:]
client = stripe.StripeClient(key, base_addresses={"api": url}, max_network_retries=0)


def act(path):
    """What a payer or a bank does, which no library does for them."""
    request = urllib.request.Request(url + "/_sim/" + path, data=b"{}", method="POST")
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def refused(kind, ask):
    try:
        ask()
    except kind as error:
        return error
    raise AssertionError(f"nothing was refused as {kind.__name__}")


params = {
    "mode": "payment",
    "success_url": "https://shop.example/{CHECKOUT_SESSION_ID}",
    "client_reference_id": "payment_1",
    "metadata": {"payment": "payment_1"},
    "payment_intent_data": {"metadata": {"payment": "payment_1"}},
    "line_items": [
        {
            "quantity": 1,
            "price_data": {
                "currency": "usd",
                "unit_amount": 10000,
                "product_data": {"name": "Balance"},
            },
        }
    ],
}

# A checkout, its key, and what is refused.
session = client.v1.checkout.sessions.create(params, {"idempotency_key": "k1"})
again = client.v1.checkout.sessions.create(params, {"idempotency_key": "k1"})
assert session.id == again.id and session.url.startswith(url)
other = dict(params, client_reference_id="payment_2")
refused(
    stripe.IdempotencyError,
    lambda: client.v1.checkout.sessions.create(other, {"idempotency_key": "k1"}),
)
error = refused(
    stripe.InvalidRequestError, lambda: client.v1.checkout.sessions.create({"mode": "payment"})
)
assert error.code == "parameter_missing" and error.request_id.startswith("req_")
refused(
    stripe.AuthenticationError,
    lambda: stripe.StripeClient("sk_test_wrong", base_addresses={"api": url}).v1.balance.retrieve(),
)
lines = client.v1.checkout.sessions.line_items.list(session.id)
assert lines.data[0].amount_total == 10000

# Paid, and looked at as a whole.
act(f"sessions/{session.id}/pay")
paid = client.v1.checkout.sessions.retrieve(
    session.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}
)
assert paid.status == "complete" and paid.payment_status == "paid"
charge = paid.payment_intent.latest_charge
assert charge.balance_transaction.fee == 320 and charge.balance_transaction.net == 9680
assert charge.metadata["payment"] == "payment_1"

# Given back, as far as there is anything.
refund = client.v1.refunds.create({"charge": charge.id, "amount": 4000}, {"idempotency_key": "r1"})
assert client.v1.refunds.create(
    {"charge": charge.id, "amount": 4000}, {"idempotency_key": "r1"}
).id == refund.id
assert refund.status == "succeeded"
refused(
    stripe.InvalidRequestError,
    lambda: client.v1.refunds.create({"charge": charge.id, "amount": 6001}),
)
assert [it.id for it in client.v1.refunds.list({"charge": charge.id})] == [refund.id]

# Disputed.
act(f"charges/{charge.id}/dispute")
dispute = client.v1.disputes.list({"charge": charge.id}).data[0]
assert dispute.status == "needs_response" and dispute.balance_transactions[0].fee == 1500
act(f"disputes/{dispute.id}/win")
assert client.v1.disputes.retrieve(dispute.id).status == "won"

# An intent without a page.
intent = client.v1.payment_intents.create({"amount": 2000, "currency": "usd"})
declined = refused(
    stripe.CardError,
    lambda: client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_chargeDeclined"}
    ),
)
assert declined.code == "card_declined"
confirmed = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
assert confirmed.status == "succeeded"

# Paid out and transferred.
payout = client.v1.payouts.create({"amount": 1000, "currency": "usd"})
assert payout.status == "pending"
transfer = client.v1.transfers.create(
    {"amount": 1000, "currency": "usd", "destination": "acct_1"}
)
client.v1.transfers.reversals.create(transfer.id, {"amount": 400})
assert client.v1.transfers.retrieve(transfer.id).amount_reversed == 400
balance = client.v1.balance.retrieve()
moved = client.v1.balance_transactions.list({"limit": 100})
assert balance.available[0].amount == sum(it.net for it in moved.auto_paging_iter())

# What happened, page by page, from both ends.
newest_first = [it.id for it in client.v1.events.list({"limit": 3}).auto_paging_iter()]
assert len(newest_first) == len(set(newest_first)) > 10
backwards = client.v1.events.list({"limit": 3, "ending_before": newest_first[-1]})
assert [it.id for it in backwards.data] == newest_first[-4:-1]
charges = client.v1.events.list({"types": ["charge.succeeded"]})
assert {it.type for it in charges} == {"charge.succeeded"}

# A webhook.
with open(body, "rb") as file:
    told = file.read()
event = stripe.Webhook.construct_event(told, signature, secret)
assert event.id in newest_first and event.type == "payment_intent.created"
for wrong in [(told, signature, "whsec_other"), (told + b" ", signature, secret)]:
    refused(
        stripe.SignatureVerificationError,
        lambda wrong=wrong: stripe.Webhook.construct_event(*wrong),
    )

print("nothing is strange")
