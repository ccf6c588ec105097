//! Installs OpenAI's own library for Python, which judges the door that is made for it.

use super::environment::Environment;
use crate::steps::Steps;

const LIBRARY: Environment = Environment {
    title: "OpenAI's library for Python",
    folder: ".trainnet/openai",
    requirements: include_str!("openai.txt"),
    imports: "import openai",
    beneath: None,
};

/// Makes sure that it is there, and says whether it is.
pub fn provide(steps: &mut Steps) -> bool {
    LIBRARY.provide(steps)
}
