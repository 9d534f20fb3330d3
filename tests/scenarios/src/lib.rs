//! Plays scenarios on the core: the Rust one of three players. The other two, in `tests/kotlin` and `tests/swift`, play the
//! very same files through the bindings; what must come of each step stands in the file.
//!
//! A scenario is a list of steps. Each has a verb (`do`), its arguments, and what is expected of its result: see
//! `README.md` beside the files. [`play`] runs one in virtual time, on a wearable and a data folder of its own.

mod expect;
mod player;

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use expect::mismatch;

/// A scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is about.
    pub about: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// The verb.
    #[serde(rename = "do")]
    pub verb: String,
    /// What must come of it; nothing = that it doesn't fail.
    pub expect: Option<Value>,
    /// Its arguments.
    #[serde(flatten)]
    pub arguments: Map<String, Value>,
}

/// Why a scenario failed.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The file can't be read or understood.
    #[error("the scenario can't be read: {0}")]
    Unreadable(String),
    /// A step didn't come out as expected.
    #[error("step {number} ({verb}): {why}; it gave {got}")]
    Step {
        /// Its number, from 1.
        number: usize,
        /// Its verb.
        verb: String,
        /// What differs.
        why: String,
        /// What it gave.
        got: Value,
    },
}

/// Plays the scenario of a file.
pub async fn play(file: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(file).map_err(|error| Failed::Unreadable(error.to_string()))?;
    let scenario: Scenario = serde_json::from_str(&text).map_err(|error| Failed::Unreadable(error.to_string()))?;
    let mut player = player::Player::new().map_err(|error| Failed::Unreadable(error.to_string()))?;
    for (index, step) in scenario.steps.iter().enumerate() {
        let got = player.step(step).await;
        let expected = step.expect.clone().unwrap_or(Value::Object(Map::new()));
        // A step that fails, and isn't expected to, has failed.
        let surprise = got.get("error").is_some() && expected.get("error").is_none();
        let why = if surprise { Some("it failed".to_owned()) } else { mismatch(&expected, &got) };
        if let Some(why) = why {
            return Err(Failed::Step { number: index + 1, verb: step.verb.clone(), why, got });
        }
    }
    player.end().await;
    Ok(())
}
