//! What is printed: for people as text, for machines as one JSON object a line.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::mistakes::Mistake;
use crate::search::{Counterexample, Found};

/// While it works.
pub(crate) fn progress(depth: u32, states: usize, took: Duration) {
    eprintln!("depth {depth}: {states} states so far, {:.1} s", took.as_secs_f64());
}

/// Why a check has failed; nothing if it has not. A long one must have met everything, and so many states.
pub(crate) fn faults(found: &Found, long: bool, least_states: usize) -> Vec<String> {
    let mut faults: Vec<String> =
        found.counterexample.iter().map(|counterexample| counterexample.broken.to_string()).collect();
    // What one that was broken off did not meet says nothing.
    if long && faults.is_empty() {
        faults.extend(found.coverage.missing().into_iter().map(|what| format!("never met: {what}")));
        if found.states < least_states {
            faults.push(format!("only {} states, and {least_states} are the least", found.states));
        }
    }
    faults
}

/// The whole check as text.
pub(crate) fn check(found: &Found, faults: &[String]) -> String {
    let mut text = String::new();
    if found.states > 0 {
        // Writing to a text can't fail.
        let _ = write!(text, "{} distinct states, ", found.states);
    }
    let _ = writeln!(text, "{} steps, depth {}, {:.1} s", found.transitions, found.depth, found.took.as_secs_f64());
    text.push_str("\nmet so often:\n");
    for (_, what, count) in found.coverage.rows() {
        let _ = writeln!(text, "{count:>10}  {what}");
    }
    if let Some(counterexample) = &found.counterexample {
        let _ = write!(text, "\n{}", steps(counterexample));
    }
    text.push('\n');
    if faults.is_empty() {
        text.push_str("every invariant holds");
    } else {
        let _ = write!(text, "FAILED: {}", faults.join("; "));
    }
    text
}

/// The whole check as JSON.
pub(crate) fn check_json(found: &Found, faults: &[String]) -> Value {
    let coverage: serde_json::Map<String, Value> =
        found.coverage.rows().into_iter().map(|(name, _, count)| (name.to_owned(), json!(count))).collect();
    json!({
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "seconds": found.took.as_secs_f64(),
        "coverage": coverage,
        "counterexample": found.counterexample.as_ref().map(counterexample_json),
        "faults": faults,
    })
}

/// One row of the table of mistakes, with the steps below.
pub(crate) fn mistake(mistake: Mistake, found: &Found) -> String {
    match &found.counterexample {
        Some(counterexample) => format!(
            "{:<24}{:<11}{:>2} steps, {} after the root\n    {}\n{}",
            mistake.name(),
            counterexample.broken.invariant.name(),
            counterexample.past.len() + counterexample.steps.len(),
            counterexample.steps.len(),
            mistake.what(),
            steps(counterexample),
        ),
        None => format!("{:<24}NOT FOUND within {} steps: {}", mistake.name(), found.depth, mistake.what()),
    }
}

/// One row of the table of mistakes as JSON.
pub(crate) fn mistake_json(mistake: Mistake, found: &Found) -> Value {
    json!({
        "mistake": mistake.name(),
        "what": mistake.what(),
        "invariant": found.counterexample.as_ref().map(|counterexample| counterexample.broken.invariant.name()),
        "states": found.states,
        "seconds": found.took.as_secs_f64(),
        "counterexample": found.counterexample.as_ref().map(counterexample_json),
    })
}

/// A counterexample, step by step.
fn steps(counterexample: &Counterexample) -> String {
    let mut text = String::new();
    let past = counterexample.past.iter().map(|step| (step, '.'));
    let steps = counterexample.steps.iter().map(|step| (step, '-'));
    for (step, mark) in past.chain(steps) {
        let _ = writeln!(text, "    {mark} {step}");
    }
    let _ = writeln!(text, "    => {}", counterexample.broken);
    text
}

fn counterexample_json(counterexample: &Counterexample) -> Value {
    let words = |steps: &[crate::action::Action]| steps.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "root": counterexample.root.name,
        "past": words(&counterexample.past),
        "steps": words(&counterexample.steps),
        "depth": counterexample.past.len() + counterexample.steps.len(),
        "depth_after_root": counterexample.steps.len(),
        "invariant": counterexample.broken.invariant.name(),
        "what": counterexample.broken.what,
    })
}
