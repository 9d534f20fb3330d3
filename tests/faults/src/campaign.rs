//! Random sessions of the whole stack.

use std::process::ExitCode;

/// What is played.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// How many sessions are played.
    #[arg(long, default_value_t = 500)]
    sessions: u64,
    /// The first session's seed; each next one has the next.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(options: &Options, json: bool) -> ExitCode {
    todo!("{options:?} {json}")
}
