//! The JSON form of money, `{"amount":"12.34","currency":"USD"}`, read without allocating.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::amount::Written;
use crate::currency::Currency;
use crate::money::Money;

const FIELDS: &[&str] = &["amount", "currency"];

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Money", FIELDS.len())?;
        fields.serialize_field("amount", self.text().as_str())?;
        fields.serialize_field("currency", &self.currency())?;
        fields.end()
    }
}

// Written by hand because a replay decodes millions: serde's derive would build a String for
// the amount, only for it to be parsed and dropped.
impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Money", FIELDS, MoneyVisitor)
    }
}

struct MoneyVisitor;

impl<'de> Visitor<'de> for MoneyVisitor {
    type Value = Money;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("money such as {\"amount\":\"12.34\",\"currency\":\"USD\"}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Money, A::Error> {
        let mut amount: Option<Written> = None;
        let mut currency: Option<Currency> = None;
        while let Some(field) = map.next_key::<Field>()? {
            match field {
                Field::Amount if amount.is_some() => {
                    return Err(A::Error::duplicate_field("amount"));
                }
                Field::Currency if currency.is_some() => {
                    return Err(A::Error::duplicate_field("currency"));
                }
                Field::Amount => amount = Some(map.next_value()?),
                Field::Currency => currency = Some(map.next_value()?),
            }
        }
        let amount = amount.ok_or_else(|| A::Error::missing_field("amount"))?;
        let currency = currency.ok_or_else(|| A::Error::missing_field("currency"))?;
        let minor = amount.minor(currency).map_err(A::Error::custom)?;
        Ok(Money::from_minor(minor, currency))
    }
}

enum Field {
    Amount,
    Currency,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldVisitor;

        impl Visitor<'_> for FieldVisitor {
            type Value = Field;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("amount or currency")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Field, E> {
                match name {
                    "amount" => Ok(Field::Amount),
                    "currency" => Ok(Field::Currency),
                    unknown => Err(E::unknown_field(unknown, FIELDS)),
                }
            }
        }

        deserializer.deserialize_identifier(FieldVisitor)
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WrittenVisitor;

        impl Visitor<'_> for WrittenVisitor {
            type Value = Written;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("decimal text such as \"12.34\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Written, E> {
                Written::read(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(WrittenVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &str) -> String {
        serde_json::from_str::<Money>(json).unwrap_err().to_string()
    }

    #[test]
    fn money_is_written_as_text_beside_its_currency() {
        let money = Money::from_minor(12_340_000, Currency::Usd);
        let json = r#"{"amount":"12.34","currency":"USD"}"#;
        assert_eq!(serde_json::to_string(&money).unwrap(), json);
        assert_eq!(serde_json::from_str::<Money>(json).unwrap(), money);
    }

    #[test]
    fn the_order_of_the_fields_and_escapes_in_them_do_not_matter() {
        let json = r#"{"currency":"BTC","am\u006funt":"0.0000\u00301"}"#;
        let money = serde_json::from_str::<Money>(json).unwrap();
        assert_eq!(money, Money::from_minor(100, Currency::Btc));
        let tree = serde_json::from_str::<serde_json::Value>(json).unwrap();
        assert_eq!(serde_json::from_value::<Money>(tree).unwrap(), money);
    }

    #[test]
    fn unknown_missing_and_repeated_fields_are_refused() {
        assert!(refusal(r#"{"amount":"1","currency":"USD","fee":"1"}"#).contains("fee"));
        assert!(refusal(r#"{"amount":"1"}"#).contains("currency"));
        assert!(refusal(r#"{"currency":"USD"}"#).contains("amount"));
        assert!(refusal(r#"{"amount":"1","amount":"2","currency":"USD"}"#).contains("duplicate"));
        assert!(
            refusal(r#"{"amount":"1","currency":"USD","currency":"USD"}"#).contains("duplicate")
        );
    }

    #[test]
    fn numbers_arrays_and_wrong_text_are_refused() {
        let wrong = [
            r#"{"amount":12.34,"currency":"USD"}"#,
            r#"{"amount":12,"currency":"USD"}"#,
            r#"{"amount":null,"currency":"USD"}"#,
            r#"["12.34","USD"]"#,
            r#""12.34 USD""#,
            r#"{"amount":"1e3","currency":"USD"}"#,
            r#"{"amount":"0.0000001","currency":"USD"}"#,
            r#"{"amount":"1","currency":"EUR"}"#,
        ];
        for json in wrong {
            assert!(serde_json::from_str::<Money>(json).is_err(), "{json}");
        }
    }
}
