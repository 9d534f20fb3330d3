//! The model check: the real therapy machine and the real safety envelope against everything a phone, a link, a device and a
//! person can do to them, up to a bound.
//!
//! `check` explores every path of so many steps from every root and judges each state by what is true at the device. `mistakes`
//! builds the app wrongly, one design mistake at a time, and must find each: a check that finds nothing anywhere proves
//! nothing. Start reading in [`world`]; the bounds, each with its reason, are in [`bounds`], the invariants in [`invariant`].

mod action;
mod air;
mod app;
mod bounds;
mod coverage;
mod device;
mod ghost;
mod invariant;
mod journal;
mod mistakes;
mod report;
mod roots;
mod rules;
mod search;
mod shell;
mod slips;
mod walk;
mod world;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use mistakes::Mistake;
use rules::{Rules, RulesError};

#[derive(Debug, Parser)]
#[command(name = "lumbra-model", about = "Checks the therapy machine against every interleaving, up to a bound")]
struct Cli {
    /// Print one JSON object a line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Explore every path from every root, and judge every state.
    Check {
        /// Steps after a root.
        #[arg(long, default_value_t = bounds::DEPTH)]
        depth: u32,
    },
    /// Take long random paths, far beyond the depth of a check.
    Walk {
        /// The same seed takes the same paths.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many paths.
        #[arg(long, default_value_t = 100_000)]
        walks: u32,
        /// Steps of a path.
        #[arg(long, default_value_t = 60)]
        depth: u32,
    },
    /// Build the app wrongly, one design mistake at a time, and find each.
    Mistakes,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let good = match cli.what {
        What::Check { depth } => check(depth, cli.json),
        What::Walk { seed, walks, depth } => walk(seed, walks, depth, cli.json),
        What::Mistakes => find_mistakes(cli.json),
    };
    match good {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("lumbra-model: {error}");
            ExitCode::FAILURE
        }
    }
}

fn check(depth: u32, json: bool) -> Result<bool, RulesError> {
    let rules = Rules::new(None)?;
    let found = search::search(&rules, depth, report::progress);
    let faults = report::faults(&found, depth >= bounds::DEPTH, bounds::LEAST_STATES);
    println!("{}", if json { report::check_json(&found, &faults).to_string() } else { report::check(&found, &faults) });
    Ok(faults.is_empty())
}

fn walk(seed: u64, walks: u32, depth: u32, json: bool) -> Result<bool, RulesError> {
    let found = walk::walk(&Rules::new(None)?, seed, walks, depth);
    let faults = report::faults(&found, found.transitions >= bounds::LEAST_STATES, 0);
    println!("{}", if json { report::check_json(&found, &faults).to_string() } else { report::check(&found, &faults) });
    Ok(faults.is_empty())
}

fn find_mistakes(json: bool) -> Result<bool, RulesError> {
    let mut all_found = true;
    for mistake in Mistake::ALL {
        let rules = Rules::new(Some(*mistake))?;
        let found = search::search(&rules, bounds::MISTAKE_DEPTH, |_, _, _| {});
        all_found &= found.counterexample.is_some();
        let row =
            if json { report::mistake_json(*mistake, &found).to_string() } else { report::mistake(*mistake, &found) };
        println!("{row}");
    }
    Ok(all_found)
}
