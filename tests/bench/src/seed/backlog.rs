//! A year that no clinic was told of: so many facts of each kind, no more and no fewer, and no raw posture. The bench `sync` sends it.

use std::path::Path;

use jiff::Span;
use lumbra::store::PainContext;

use super::{END, HOME, Life, Seeded, offset_s, start_of};
use crate::BenchError;

/// Days with posture: the last one is the day before yesterday's end, as a day that is not over is not told.
pub(crate) const DAYS: u32 = 365;
/// Sessions that are over, three on most days.
pub(crate) const SESSIONS: u32 = 1_100;
/// Pain entries: one in each day's diary, one after each session, and the rest before sessions.
pub(crate) const PAIN_ENTRIES: u32 = 1_800;

const BEFORE: u32 = PAIN_ENTRIES - DAYS - SESSIONS;

/// How many of `all` there are by the end of `done` steps of `steps`, spread evenly.
const fn by(done: u32, steps: u32, all: u32) -> u32 {
    all * done / steps
}

/// Fills an empty store in this folder with the year.
pub(crate) fn run(dir: &Path) -> Result<Seeded, BenchError> {
    let mut life = Life::begin(dir, 1)?;
    let calendar = |_| BenchError::Broken("the calendar");
    let mut day = END.checked_sub(Span::new().days(i64::from(DAYS) + 1)).map_err(calendar)?;
    life.new_device(start_of(day, HOME)?)?;
    life.store.save_zone(start_of(day, HOME)?, HOME)?;
    for done in 0..DAYS {
        let offset_s = offset_s(day, HOME)?;
        let pain = 3.0 + 4.0 * life.chance.f64();
        let sessions = by(done, DAYS, SESSIONS)..by(done + 1, DAYS, SESSIONS);
        // The first at eight, and three hours from one to the next.
        for (minute, session) in (8 * 60..).step_by(180).zip(sessions) {
            let rated_before = by(session + 1, SESSIONS, BEFORE) > by(session, SESSIONS, BEFORE);
            let before = if rated_before {
                let context = (PainContext::BeforeSession, None);
                Some(life.pain(day, HOME, offset_s, minute - 1, context, pain + 0.5)?)
            } else {
                None
            };
            let id = life.stimulated(day, HOME, offset_s, minute, before)?;
            life.pain(day, HOME, offset_s, minute + 25, (PainContext::AfterSession, Some(id)), pain - 0.5)?;
        }
        life.pain(day, HOME, offset_s, 20 * 60, (PainContext::Diary, None), pain)?;
        life.posture(day, HOME, offset_s, f64::from(done) / f64::from(DAYS), false)?;
        life.made.days += 1;
        if done % 50 == 0 {
            eprint!("\r{:>3} % of a year", done * 100 / DAYS);
        }
        day = day.tomorrow().map_err(calendar)?;
    }
    eprintln!("\r100 % of a year");
    let made = life.made;
    if (made.days, made.sessions, made.pain_entries) != (DAYS, SESSIONS, PAIN_ENTRIES) {
        return Err(BenchError::Broken("the year has another number of facts than it should"));
    }
    Ok(made)
}
