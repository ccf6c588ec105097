//! Tampers with a sealed log in every way, and counts how often the verification notices.

mod booking;
mod crude;
mod forger;
mod kind;
mod past;
mod scene;

use std::path::Path;

use anyhow::{Result, bail, ensure};
use clap::Args;
use store::ids;

use crate::dice::Dice;
use crate::server::Server;
use kind::Kind;
use scene::{Scene, Verified};

/// Some tamperings fit only some places; a place is thrown anew so often.
const THROWS_MAX: usize = 200;

#[derive(Clone, Debug, Args)]
pub struct TamperArgs {
    /// How many places each way of tampering is tried at.
    #[arg(long, default_value_t = 100)]
    places: usize,
    /// How many events the log has.
    #[arg(long, default_value_t = 2000)]
    events: usize,
    /// Tamper at the same places as an earlier run did.
    #[arg(long)]
    seed: Option<u64>,
}

/// Tampers and verifies; what was not noticed comes back.
pub async fn tamper(args: &TamperArgs) -> Result<Vec<String>> {
    let server = Server::open(Path::new(".trainnet/proofs")).await?;
    let seed = args
        .seed
        .unwrap_or_else(|| ids::fresh().as_u64_pair().1 >> 32);
    println!("seed {seed}");
    let scene = Scene::set(&server, args.events, seed).await?;
    let mut hands = Hands {
        dice: Dice::seeded(seed),
        scene: &scene,
    };
    hands.expect_untouched().await?;
    let mut missed = Vec::new();
    let mut found = 0;
    for kind in Kind::ALL {
        let mut found_here = 0;
        for number in 0..args.places {
            let (what, verified) = hands.tamper(kind, number).await?;
            match verified {
                Verified::Differs => found_here += 1,
                Verified::Holds => missed.push(format!("{}: {what}", kind.name())),
                Verified::BrokeDown(why) => {
                    missed.push(format!("{}: {what}: {why}", kind.name()));
                }
            }
            scene.restore().await?;
        }
        hands.expect_untouched().await?;
        println!("{}: found {found_here} of {}", kind.name(), args.places);
        found += found_here;
    }
    println!("found {found} of {}", args.places * Kind::ALL.len());
    scene.clear(&server).await?;
    server.close().await?;
    Ok(missed)
}

struct Hands<'a> {
    dice: Dice,
    scene: &'a Scene,
}

impl Hands<'_> {
    /// What is not tampered with is not complained about.
    async fn expect_untouched(&self) -> Result<()> {
        for sealed in [false, true] {
            let verified = self.scene.verify(sealed).await;
            ensure!(
                verified == Verified::Holds,
                "untouched, sealed {sealed}: {verified:?}"
            );
        }
        Ok(())
    }

    /// Every other time the whole history is rewritten so that only the seal can tell.
    async fn tamper(&mut self, kind: Kind, number: usize) -> Result<(String, Verified)> {
        let what = if number.is_multiple_of(2) {
            let all = crude::of(kind);
            self.touch(&all[number / 2 % all.len()]).await?
        } else {
            self.forge(kind).await?
        };
        Ok((what, self.scene.verify(true).await))
    }

    async fn touch(&mut self, crude: &crude::Crude) -> Result<String> {
        let count = self.scene.events.len();
        let n = i64::try_from(count)?;
        for _ in 0..THROWS_MAX {
            let (p, q) = self.dice.pair_below(count);
            let (p, q) = (i64::try_from(p + 1)?, i64::try_from(q + 1)?);
            if self.scene.tamper(&crude.at(p, q, n)).await? {
                return Ok(format!("{} at {p} ({q})", crude.name));
            }
            self.scene.restore().await?;
        }
        bail!("{}: no place for it", crude.name)
    }

    async fn forge(&mut self, kind: Kind) -> Result<String> {
        for _ in 0..THROWS_MAX {
            let (p, q) = self.dice.pair_below(self.scene.events.len());
            let Some(forged) = forger::forge(kind, &self.scene.events, p, q) else {
                continue;
            };
            let answers = forger::answers(&forged, &self.scene.answers);
            if self.scene.rewrite(&forged, &answers).await?
                && self.scene.verify(false).await == Verified::Holds
            {
                return Ok(format!("a forged history at {} ({})", p + 1, q + 1));
            }
            self.scene.restore().await?;
        }
        bail!("{}: no history could be forged", kind.name())
    }
}
