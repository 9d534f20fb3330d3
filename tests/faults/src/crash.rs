//! What the store keeps when it is interrupted.
//!
//! A process of its own (`writer`) makes the writes of a plan that follows from a seed (`workload`), and acknowledges each when its
//! call has returned. It is interrupted (`kill`), or its disk is (`power`, from a recording that `shim.c` makes and `recording` and
//! `disk` read). Then the store must open, and hold exactly what was acknowledged, in order, or that and the one write that was
//! under way (`judge`, by `picture`).

mod disk;
mod inode;
mod judge;
mod kill;
mod picture;
mod power;
mod recording;
mod report;
mod sending;
mod setup;
mod workload;
mod writer;

use std::process::ExitCode;

/// How it is interrupted.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Kills a writing process at random moments.
    Kill {
        /// How often.
        #[arg(long, default_value_t = 1_000)]
        times: u32,
        /// What is written, and where the kills are aimed, follows from it; when exactly they strike does not.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The writer acknowledges too early: losses must be seen.
        #[arg(long, hide = true)]
        hasty: bool,
    },
    /// Cuts the power of a writing process at random moments: what was not synced is dropped or torn. Linux with glibc only.
    PowerCut {
        /// How often.
        #[arg(long, default_value_t = 1_000)]
        times: u32,
        /// Everything follows from it.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The disk syncs nothing and says it does: losses must be seen.
        #[arg(long, hide = true)]
        lying_disk: bool,
    },
    /// Is the writing process.
    #[command(hide = true)]
    Write {
        /// What it is to do, as JSON.
        order: String,
    },
}

/// Why it broke off: nothing of this says that the store lost anything, but where it is what a judge found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] lumbra_store::StoreError),
    /// The store called a database damaged.
    #[error("the database was set aside as damaged")]
    SetAside,
    /// SQLite called a database damaged.
    #[error("{check} says: {verdict}")]
    Unsound {
        /// The check.
        check: &'static str,
        /// Its answer.
        verdict: String,
    },
    /// SQLite failed.
    #[error("SQLite failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Files or processes failed.
    #[error("files or processes failed: {0}")]
    Io(#[from] std::io::Error),
    /// Something was not the JSON that it should be.
    #[error("this is no such JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The recording of a process's writes can't be used.
    #[error("the recording can't be used: {0}")]
    Recording(String),
    /// Something did not go as it must before anything could be judged.
    #[error("it can't be tried: {0}")]
    Setup(&'static str),
}

pub(crate) fn run(command: &Command, json: bool) -> ExitCode {
    let result = match command {
        Command::Kill { times, seed, hasty } => report::kills(*times, *seed, *hasty, json),
        Command::PowerCut { times, seed, lying_disk } => report::power_cuts(*times, *seed, *lying_disk, json),
        Command::Write { order } => {
            serde_json::from_str(order).map_err(Broken::from).and_then(|order| writer::run(&order)).map(|()| true)
        }
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
