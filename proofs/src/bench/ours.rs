//! The kernel under load: what every comparison here is made with.

use std::sync::Arc;

use ledger::{Account, Currency, Money, WalletLeaf};
use sqlx::postgres::PgConnectOptions;
use store::{Commands, Context, Log, Options, ids};

use crate::dice::Dice;
use crate::load::Caller;
use crate::transfer::{Transfer, TransferCommand};

pub const ACTOR: &str = "user/bench";
pub const FUNDED_MINOR: i64 = 1_000_000_000_000;

/// A log whose accounts have money.
#[derive(Clone)]
pub struct Ours {
    pub commands: Commands<Transfer>,
    pub accounts: Arc<[Account]>,
}

impl Ours {
    pub async fn open(
        database: PgConnectOptions,
        options: Options,
        accounts: usize,
    ) -> anyhow::Result<Self> {
        let log = Log::open(database, options).await?;
        let commands = Commands::new(log);
        let ours = Self {
            commands,
            accounts: wallets(accounts)?,
        };
        ours.fund().await?;
        Ok(ours)
    }

    async fn fund(&self) -> anyhow::Result<()> {
        let bank = Account::outside("bank")?;
        let context = Context::by(ACTOR);
        let amount = Money::from_minor(FUNDED_MINOR, Currency::Usd);
        let funded = self.accounts.iter().map(|to| {
            let command = TransferCommand::Make {
                from: bank.clone(),
                to: to.clone(),
                amount,
            };
            let (context, id) = (&context, fresh_stream());
            async move { self.commands.begin(&id, command, context).await }
        });
        futures::future::try_join_all(funded).await?;
        Ok(())
    }

    pub fn callers(&self, count: usize, streams: &Streams) -> Vec<OurCaller> {
        let context = Arc::new(Context::by(ACTOR));
        (0_u64..)
            .take(count)
            .map(|seed| OurCaller {
                ours: self.clone(),
                context: Arc::clone(&context),
                dice: Dice::seeded(seed),
                streams: streams.clone(),
            })
            .collect()
    }

    pub async fn close(self) {
        self.commands.log().clone().close().await;
    }
}

pub fn wallets(count: usize) -> anyhow::Result<Arc<[Account]>> {
    let wallet = |number| Account::wallet(&format!("user_{number:08}"), WalletLeaf::Available);
    Ok((0..count)
        .map(wallet)
        .collect::<Result<Vec<_>, _>>()?
        .into())
}

pub fn fresh_stream() -> String {
    format!("transfer_{}", ids::fresh())
}

/// A transfer of the smallest amount between two accounts picked by chance.
pub fn throw(dice: &mut Dice, accounts: &[Account]) -> TransferCommand {
    let (from, to) = dice.pair_below(accounts.len());
    TransferCommand::Make {
        from: accounts[from].clone(),
        to: accounts[to].clone(),
        amount: Money::from_minor(1, Currency::Usd),
    }
}

/// Which stream a caller's next transfer goes to.
#[derive(Clone, Debug)]
pub enum Streams {
    /// Each transfer begins its own.
    Fresh,
    /// So many commands to each: the first begins it, the others load it.
    Reused {
        commands_each: usize,
        current: String,
        made: usize,
    },
}

impl Streams {
    pub const fn of(commands_each: usize) -> Self {
        Self::Reused {
            commands_each,
            current: String::new(),
            made: 0,
        }
    }

    pub fn next(&mut self) -> String {
        let Self::Reused {
            commands_each,
            current,
            made,
        } = self
        else {
            return fresh_stream();
        };
        if *made % *commands_each == 0 {
            *current = fresh_stream();
        }
        *made += 1;
        current.clone()
    }
}

pub struct OurCaller {
    ours: Ours,
    context: Arc<Context>,
    dice: Dice,
    streams: Streams,
}

impl Caller for OurCaller {
    async fn call(&mut self) -> anyhow::Result<()> {
        let command = throw(&mut self.dice, &self.ours.accounts);
        let id = self.streams.next();
        let commands = &self.ours.commands;
        match self.streams {
            Streams::Fresh => commands.begin(&id, command, &self.context).await?,
            Streams::Reused {
                made,
                commands_each,
                ..
            } if made % commands_each == 1 => commands.begin(&id, command, &self.context).await?,
            Streams::Reused { .. } => commands.execute(&id, command, &self.context).await?,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_stream_takes_its_share_of_commands() {
        let mut streams = Streams::of(3);
        let named: Vec<String> = (0..6).map(|_| streams.next()).collect();
        assert_eq!(named[0], named[2]);
        assert_ne!(named[2], named[3]);
        assert_eq!(named[3], named[5]);
    }
}
