//! The terminal shell `lumbra`: what a firmware or app developer uses at the bench, and the newcomer's first
//! run.
//!
//! `args` declares the command line, `commands` does what it says, `demo` is the walk through everything. `hold`
//! keeps a wearable in hand and shows it live, `control` lets other processes of this program steer it
//! meanwhile, `turn` keeps two of them from making a link at the same time, `draw`, `body` and `text` are pictures and words. Nothing here computes a limit or a current: the core does.

//!
//! It is a library for the sake of `outside` alone: what this program takes from outside can be fuzzed there.

mod app;
mod args;
mod body;
mod commands;
mod control;
mod demo;
mod draw;
mod hold;
mod output;
pub mod outside;
mod text;
mod turn;

use std::process::ExitCode;

use crate::app::App;
use crate::args::{Cli, Command};
use crate::output::{FAULT, Failure, Output};

/// Runs the program: reads the command line, does what it says, and gives the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let output = Output { json: cli.global.json };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output.fail(&failure),
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    app::log()?;
    let app = App::new(cli.global)?;
    match cli.command {
        None | Some(Command::Demo) => {
            // One thread and a paused clock: time passes as fast as the work is done.
            runtime(tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true))?
                .block_on(demo::run(&app))
        }
        Some(command) => runtime(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all())?
            .block_on(commands::run(&app, command)),
    }
}

fn runtime(builder: &mut tokio::runtime::Builder) -> Result<tokio::runtime::Runtime, Failure> {
    builder.build().map_err(|error| Failure::new("fault", FAULT, format!("no runtime ({})", error.kind())))
}
