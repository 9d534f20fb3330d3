//! Benches: each figure beside a baseline that is measured in the same run, because machines are shared and
//! noisy and only ratios can be judged.
//!
//! `command` measures over the in-process link; `bluetooth` measures against a wearable on a real (or emulated)
//! Bluetooth adapter, beside a bare btleplug client that does the same; `ffi` and `size` measure what the bindings cost;
//! `posture` compares judgements with the truth; `ingest` and `history` measure what raw posture costs to keep, and what is asked of it;
//! `sync` sends a year to a real FHIR server of this machine.
//! Each case is one line.

mod bare;
mod besides;
mod bluetooth;
mod clinic;
mod command;
mod history;
mod ingest;
mod measure;
mod motions;
mod posture;
mod raw;
mod report;
mod seed;
mod session;
mod shells;
mod size;
mod sync;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use report::Report;

#[derive(Debug, Parser)]
#[command(name = "lumbra-bench")]
struct Cli {
    /// Print one JSON object a line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// From a wish for another intensity to its confirmation, in process; and the peak memory of a session.
    Command,
    /// The same, connecting and posture over Bluetooth. The wearable must be in pairing mode or bonded.
    Bluetooth {
        /// The passkey on the wearable's label.
        #[arg(long)]
        passkey: u32,
        /// How long the posture stream is counted.
        #[arg(long, default_value_t = 20)]
        posture_seconds: u64,
        /// One part only, told as JSON.
        #[arg(long, hide = true)]
        part: Option<bluetooth::Part>,
    },
    /// What history screens ask over years, cold and warm, and beside `DuckDB` and rows of samples. Makes five years first: some minutes,
    /// and some gigabytes while it runs.
    History {
        /// Raw samples of so many days, and `DuckDB` and rows beside them; none with 0.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(..=365))]
        raw_days: u32,
    },
    /// What keeping posture at full rate costs: bytes, processor, syncs, memory.
    Ingest {
        /// So many hours of it.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
        hours: u32,
        /// Of the backlog that memory is measured with, in days of ten hours.
        #[arg(long, default_value_t = 365)]
        backlog_days: u32,
        /// One part only.
        #[arg(long, hide = true)]
        part: Option<ingest::Part>,
    },
    /// What a report, tables and a bundle for a clinic cost over five years. Makes them first: a minute or two.
    Report,
    /// Fill an empty folder's store with a person's made-up years, the same for the same seed.
    Seed {
        /// The folder; it is made if need be.
        #[arg(long, value_name = "FOLDER")]
        data: std::path::PathBuf,
        /// How many years, up to the end of 2025.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=10))]
        years: u16,
        /// Another one makes another life.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Leave out the raw samples of the newest 90 days.
        #[arg(long)]
        no_raw: bool,
    },
    /// What telling a clinic a year costs, beside a PUT a resource, and after cuts. Starts FHIR servers: `tests/fhir` tells what that needs.
    Sync {
        /// Only fill this folder with the year.
        #[arg(long, hide = true, value_name = "FOLDER")]
        seed: Option<std::path::PathBuf>,
    },
    /// How well posture is judged: precision and recall by class, over virtual people whose true posture is known.
    Posture {
        /// Judge movement on this file of the public set `BasicMotions` too; can be given several times.
        #[arg(long, value_name = "FILE")]
        basic_motions: Vec<std::path::PathBuf>,
    },
    /// What Kotlin and Swift pay: commands, charts, observers, memory. Builds and runs both shells' programs: minutes.
    Ffi,
    /// The library an app carries, by crate, beside a minimal one. Builds both: minutes.
    Size,
}

/// Why a bench broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// The core refused or failed.
    #[error(transparent)]
    Core(#[from] lumbra::Error),
    /// btleplug failed.
    #[error("the bare client failed: {0}")]
    Bare(#[from] btleplug::Error),
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] lumbra::store::StoreError),
    /// A plain database failed.
    #[error("the database beside failed: {0}")]
    Beside(#[from] rusqlite::Error),
    /// A server could not be asked.
    #[error("the server can't be asked: {0}")]
    Http(#[from] lumbra::sync::http::HttpError),
    /// Something is not the JSON that it should be.
    #[error("not the JSON that was expected: {0}")]
    Json(#[from] serde_json::Error),
    /// Something did not go as it must.
    #[error("{0}")]
    Broken(&'static str),
    /// No place for the data.
    #[error("no place for the data: {0}")]
    Io(#[from] std::io::Error),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut report = Report::new(cli.json);
    let result = match cli.bench {
        Bench::Command => command::run(&mut report).await,
        Bench::History { raw_days } => history::run(&mut report, raw_days).await,
        Bench::Report => clinic::run(&mut report).await,
        Bench::Ingest { hours, backlog_days, part: None } => ingest::run(&mut report, hours, backlog_days),
        Bench::Ingest { hours, backlog_days, part: Some(part) } => ingest::part(part, hours, backlog_days),
        Bench::Seed { data, years, seed, no_raw } => {
            std::fs::create_dir_all(&data).map_err(BenchError::from).and_then(|()| {
                let made = seed::run(&data, years, seed, if no_raw { 0 } else { 90 })?;
                println!("{}", serde_json::to_string(&made).unwrap_or_default());
                Ok(())
            })
        }
        Bench::Sync { seed: None } => sync::run(&mut report).await,
        Bench::Sync { seed: Some(data) } => seed::backlog(&data).map(drop),
        Bench::Posture { basic_motions } => posture::run(&mut report, cli.json, &basic_motions),
        Bench::Ffi => shells::run(&mut report),
        Bench::Size => size::run(&mut report),
        Bench::Bluetooth { passkey, posture_seconds, part: None } => {
            bluetooth::run(&mut report, passkey, posture_seconds)
        }
        Bench::Bluetooth { passkey, posture_seconds, part: Some(part) } => {
            bluetooth::part(part, passkey, posture_seconds).await
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lumbra-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
