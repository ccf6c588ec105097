//! What has happened in the demonstration; beside each event, what it moves and what it takes.

use cqrs_es::DomainEvent;
use ledger::WalletLeaf::{Available, Held, Pending, Withdrawing};
use ledger::{Account, BasisPoints, Claim, Effects, Leg, Money, Name, Posting, Split, Unbalanced};
use serde::{Deserialize, Serialize};

use super::User;

/// The line of business under which a commission is booked.
const LINE: &str = "commission/demonstration";

/// What a processor says it received; the fee is the processor's figure, never computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    pub customer: User,
    pub amount: Money,
    pub fee: Money,
    /// Held for ever, so that one notice counts once whoever receives it.
    pub stripe_event: Name,
}

/// What an order is opened on; it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub customer: User,
    pub provider: User,
    pub amount: Money,
    pub commission_basis_points: BasisPoints,
    /// Held from opening to closing, so that nobody else has it meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayoutTerms {
    pub provider: User,
    pub amount: Money,
    pub rail: Rail,
}

/// How money leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rail {
    /// A person makes the transfer.
    #[serde(rename = "manual")]
    Manual,
}

/// How far a payout had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    #[serde(rename = "requested")]
    Requested,
    #[serde(rename = "sent")]
    Sent,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DepositEvent {
    #[serde(rename = "demonstration-deposit.received")]
    Received(Receipt),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum OrderEvent {
    #[serde(rename = "demonstration-order.opened")]
    Opened(Terms),
    #[serde(rename = "demonstration-order.captured")]
    Captured {
        customer: User,
        provider: User,
        amount: Money,
        split: Split,
        commission_basis_points: BasisPoints,
        /// Everything captured of the order, this capture included.
        captured: Money,
    },
    #[serde(rename = "demonstration-order.closed")]
    Closed {
        customer: User,
        released: Money,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gpu: Option<Name>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum EarningEvent {
    #[serde(rename = "demonstration-earning.matured")]
    Matured { provider: User, amount: Money },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum PayoutEvent {
    #[serde(rename = "demonstration-payout.requested")]
    Requested(PayoutTerms),
    #[serde(rename = "demonstration-payout.sent")]
    Sent(PayoutTerms),
    #[serde(rename = "demonstration-payout.settled")]
    Settled(PayoutTerms),
    #[serde(rename = "demonstration-payout.failed")]
    Failed { terms: PayoutTerms, after: Stage },
}

impl Effects for DepositEvent {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        let Self::Received(Receipt {
            customer,
            amount,
            fee,
            ..
        }) = self;
        let arrives = amount.checked_sub(*fee)?;
        Ok(vec![posting([
            (Account::outside("stripe/pending")?, arrives.checked_neg()?),
            (Account::platform("fees")?, fee.checked_neg()?),
            (customer.wallet(Available)?, *amount),
        ])?])
    }

    fn claims(&self) -> Vec<Claim> {
        let Self::Received(Receipt { stripe_event, .. }) = self;
        vec![Claim::Take(stripe_event.clone())]
    }
}

impl Effects for OrderEvent {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        match self {
            Self::Opened(Terms {
                customer, amount, ..
            }) => {
                let (from, to) = (customer.wallet(Available)?, customer.wallet(Held)?);
                Ok(vec![Posting::transfer(from, to, *amount)?])
            }
            Self::Captured {
                customer,
                provider,
                amount,
                split,
                ..
            } => Ok(vec![posting([
                (customer.wallet(Held)?, amount.checked_neg()?),
                (provider.wallet(Pending)?, split.provider),
                (Account::platform(LINE)?, split.commission),
            ])?]),
            Self::Closed { released, .. } if released.is_zero() => Ok(vec![]),
            Self::Closed {
                customer, released, ..
            } => {
                let (from, to) = (customer.wallet(Held)?, customer.wallet(Available)?);
                Ok(vec![Posting::transfer(from, to, *released)?])
            }
        }
    }

    fn claims(&self) -> Vec<Claim> {
        match self {
            Self::Opened(Terms { gpu, .. }) => gpu.iter().cloned().map(Claim::Take).collect(),
            Self::Captured { .. } => vec![],
            Self::Closed { gpu, .. } => gpu.iter().cloned().map(Claim::Release).collect(),
        }
    }
}

impl Effects for EarningEvent {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        let Self::Matured { provider, amount } = self;
        let (from, to) = (provider.wallet(Pending)?, provider.wallet(Available)?);
        Ok(vec![Posting::transfer(from, to, *amount)?])
    }
}

impl Effects for PayoutEvent {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        let (Self::Requested(terms)
        | Self::Sent(terms)
        | Self::Settled(terms)
        | Self::Failed { terms, .. }) = self;
        let PayoutTerms {
            provider,
            amount,
            rail,
        } = terms;
        let (from, to) = match self {
            Self::Requested(_) => (provider.wallet(Available)?, provider.wallet(Withdrawing)?),
            Self::Sent(_) => (provider.wallet(Withdrawing)?, rail.in_transit()?),
            Self::Settled(_) => (rail.in_transit()?, rail.arrived()?),
            Self::Failed {
                after: Stage::Requested,
                ..
            } => (provider.wallet(Withdrawing)?, provider.wallet(Available)?),
            Self::Failed {
                after: Stage::Sent, ..
            } => (rail.in_transit()?, provider.wallet(Available)?),
        };
        Ok(vec![Posting::transfer(from, to, *amount)?])
    }
}

impl Rail {
    const fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
        }
    }

    fn in_transit(self) -> Result<Account, Unbalanced> {
        Ok(Account::outside(&format!("in-transit/{}", self.name()))?)
    }

    fn arrived(self) -> Result<Account, Unbalanced> {
        Ok(Account::outside(&format!("rail/{}", self.name()))?)
    }
}

/// A leg that would move nothing is left out.
fn posting<const N: usize>(legs: [(Account, Money); N]) -> Result<Posting, Unbalanced> {
    let legs = legs.into_iter().filter(|(_, amount)| !amount.is_zero());
    Posting::new(
        legs.map(|(account, amount)| Leg::new(account, amount))
            .collect(),
    )
}

impl DomainEvent for DepositEvent {
    fn event_type(&self) -> String {
        let Self::Received(_) = self;
        "demonstration-deposit.received".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl DomainEvent for OrderEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Opened(_) => "demonstration-order.opened",
            Self::Captured { .. } => "demonstration-order.captured",
            Self::Closed { .. } => "demonstration-order.closed",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl DomainEvent for EarningEvent {
    fn event_type(&self) -> String {
        let Self::Matured { .. } = self;
        "demonstration-earning.matured".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl DomainEvent for PayoutEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Requested(_) => "demonstration-payout.requested",
            Self::Sent(_) => "demonstration-payout.sent",
            Self::Settled(_) => "demonstration-payout.settled",
            Self::Failed { .. } => "demonstration-payout.failed",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
