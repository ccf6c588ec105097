//! Money as it travels: `{"amount": "12.34", "currency": "USD"}`.

use ledger::Money;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Money in a body or an answer; the books' own type, with a description for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(pub Money);

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self(money)
    }
}

/// An amount of money
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it only says what money looks like")]
struct Shape {
    /// Decimal text, exact; at least two decimals in answers
    #[schema(
        pattern = r"^-?(0|[1-9][0-9]{0,10})(\.[0-9]{1,6})?$",
        example = "25.00"
    )]
    amount: String,
    #[schema(pattern = "^(USD|RUB|USDT|BTC)$", example = "USD")]
    currency: String,
}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        Shape::schema()
    }
}

impl ToSchema for Amount {
    fn name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }
}
