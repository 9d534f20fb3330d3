//! What the store keeps when it is interrupted.

use std::process::ExitCode;

/// How it is interrupted.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Kills a writing process at random moments.
    Kill {
        /// How often.
        #[arg(long, default_value_t = 1_000)]
        times: u32,
    },
    /// Cuts the power of a writing process at random moments: what was not synced is dropped or torn.
    PowerCut {
        /// How often.
        #[arg(long, default_value_t = 1_000)]
        times: u32,
    },
}

pub(crate) fn run(command: &Command, json: bool) -> ExitCode {
    todo!("{command:?} {json}")
}
