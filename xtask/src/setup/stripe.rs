//! Installs Stripe's own library for Python, which judges the stand-in for Stripe.

use super::environment::Environment;
use crate::steps::Steps;

const LIBRARY: Environment = Environment {
    title: "Stripe's library for Python",
    folder: ".trainnet/stripe",
    requirements: include_str!("stripe.txt"),
    imports: "import stripe",
    beneath: None,
};

/// Makes sure that it is there, and says whether it is.
pub fn provide(steps: &mut Steps) -> bool {
    LIBRARY.provide(steps)
}
