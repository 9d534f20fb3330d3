//! When to look at a plan anew: a plan that leads nowhere is no reason to go on with it.

use jiff::civil::Date;
use serde::Serialize;

use super::adherence::{share, weeks};
use super::calendar::{days_from, minus_days};
use super::log::Log;
use super::prescribed::Plan;
use super::progress::state;
use crate::questionnaires::{self, Form, Score};

/// Without a step up for so many weeks progress has stalled. This project's choice, as the other figures here: four times the
/// three sessions that a step takes.
pub const STALL_WEEKS: u16 = 4;
/// After so many weeks the first form and the latest are compared: the shorter length of published programmes.
pub const PEG_WEEKS: u16 = 6;
/// Less than this share of what was due, in percent, over [`STALL_WEEKS`], and the plan asks for too much.
pub const SELDOM_PERCENT: u8 = 50;

/// Why to look at the plan anew.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Reassess {
    /// No exercise has gone up, though some could, and most of what was due was done.
    NoStepUp {
        /// For so many weeks.
        weeks: u16,
    },
    /// PEG has not really become better.
    PegNoBetter {
        /// The first, 0 to 10.
        first: f64,
        /// The latest.
        latest: f64,
        /// Weeks between them.
        weeks: i64,
    },
    /// Exercises are paused.
    Paused {
        /// How many.
        exercises: u8,
    },
    /// Too little of what was due was done.
    SeldomDone {
        /// The share, in percent.
        percent: u8,
        /// Over so many weeks.
        weeks: u16,
    },
}

/// Every reason there is on `today`. `pegs`: PEG scores with their day, in any order, from the one on that exercises are to be
/// measured by: the stages and versions of a plan share it.
pub fn reassess(plan: &Plan, log: &Log, pegs: &[(Date, Score)], today: Date) -> Vec<Reassess> {
    let mut found = Vec::new();
    if !plan.holds_on(today) {
        return found;
    }
    let state = state(plan, log, today);
    let paused = state.standings.iter().filter(|standing| standing.paused.is_some()).count();
    if paused > 0 {
        found.push(Reassess::Paused { exercises: u8::try_from(paused).unwrap_or(u8::MAX) });
    }
    let since = minus_days(today, 7 * STALL_WEEKS);
    if plan.parts().start <= since {
        let weeks = weeks(plan, log, &state, today);
        let lately = weeks.iter().filter(|week| week.monday >= since);
        let (done, due) = lately.fold((0, 0), |(done, due), week| (done + week.done, due + week.due));
        let percent = share(done, due).unwrap_or(100);
        let could_go_up = state.standings.iter().any(|standing| !standing.at_top && standing.paused.is_none());
        let went_up = state.changes.iter().any(|change| change.on > since && change.is_up());
        if percent < SELDOM_PERCENT {
            found.push(Reassess::SeldomDone { percent, weeks: STALL_WEEKS });
        } else if could_go_up && !went_up {
            found.push(Reassess::NoStepUp { weeks: STALL_WEEKS });
        }
    }
    found.extend(peg(pegs, today));
    found
}

fn peg(pegs: &[(Date, Score)], today: Date) -> Option<Reassess> {
    let until_today = || pegs.iter().filter(|(date, _)| *date <= today);
    let (from, first) = until_today().min_by_key(|(date, _)| *date)?;
    let (to, latest) = until_today().max_by_key(|(date, _)| *date)?;
    let weeks = days_from(*from, *to) / 7;
    let better =
        questionnaires::change(Form::Peg.spec().real_change, *first, *latest) == questionnaires::Change::Better;
    (weeks >= i64::from(PEG_WEEKS) && !better).then(|| Reassess::PegNoBetter {
        first: first.as_f64(),
        latest: latest.as_f64(),
        weeks,
    })
}

#[cfg(test)]
#[path = "reassess_tests.rs"]
mod tests;
