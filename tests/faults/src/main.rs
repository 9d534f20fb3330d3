//! The whole stack against chance, in virtual time.
//!
//! Without a word after it, it plays random sessions (`campaign`); `kill` and `power-cut` interrupt the store at random moments.

mod campaign;
mod crash;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "lumbra-faults")]
struct Cli {
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    campaign: campaign::Options,
    #[command(subcommand)]
    other: Option<Other>,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// What the store keeps when its process is killed, or the power is cut, at random moments.
    #[command(flatten)]
    Crash(crash::Command),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.other {
        None => campaign::run(&cli.campaign, cli.json),
        Some(Other::Crash(command)) => crash::run(&command, cli.json),
    }
}
