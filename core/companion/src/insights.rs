//! What the person's own days say about their pain: read from the store's roll-ups and sessions, judged by
//! `lumbra_domain::insights`.

use std::collections::{BTreeMap, HashMap};

use lumbra_domain::insights::{self, DayMark, Forms, Inputs, Marks, ScoredSession, Series};
use lumbra_domain::pain::PainScore;
use lumbra_domain::posture::goal::DAY_COUNTS_S;
use lumbra_domain::safety::SessionPlan;
use lumbra_domain::units::Percent;
use lumbra_store::{Day, Session, Store, StoreError, local_day};
use serde::Serialize;

use crate::companion::Companion;
use crate::diary::{DAY_MS, score_of};
use crate::engine::NOT_BEGUN;
use crate::error::Error;
use crate::posture::{goal_of_today, tally};

/// What can be said of the days from one to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Insights {
    /// The first day, in days since 1970-01-01 on the person's own calendar.
    pub from_day: i32,
    /// The last day.
    pub to_day: i32,
    /// All that can be said, each with its interval or with what is missing.
    #[serde(flatten)]
    pub found: insights::Insights,
}

/// What the person told in forms and about their days, beside pain. Empty as long as nothing of it is kept: this is the one place
/// to read it.
#[derive(Default)]
struct Told {
    sleep_quality: Series,
    activity: Series,
    forms: Forms,
}

impl Companion {
    /// What the days from `from_day` to `to_day`, both included, say about the person's pain. Days are counted since 1970-01-01 on
    /// their own calendar; there are [`CHART_DAYS_MAX`](crate::CHART_DAYS_MAX) at the most. The baseline of changes is the first
    /// fourteen days of these. A posture goal is reached or not by the goal of now.
    pub async fn insights(&self, from_day: i32, to_day: i32) -> Result<Insights, Error> {
        check_days(from_day, to_day)?;
        let now = self.today();
        let inputs = self.store().call(move |store| gather(store, from_day, to_day, now)).await?;
        Ok(Insights { from_day, to_day, found: inputs.look() })
    }
}

/// Days that can be asked for.
pub(crate) fn check_days(from_day: i32, to_day: i32) -> Result<(), Error> {
    let longest = crate::CHART_DAYS_MAX;
    if from_day > to_day {
        return Err(Error::Invalid("the first day must not be after the last".to_owned()));
    }
    if from_day.abs_diff(to_day) >= longest {
        return Err(Error::Invalid(format!("{longest} days can be looked at together at the most")));
    }
    Ok(())
}

/// Moments, in Unix milliseconds, that hold these days in every zone on earth and more.
pub(crate) fn around(from_day: i32, to_day: i32) -> (i64, i64) {
    ((i64::from(from_day) - 2) * DAY_MS, (i64::from(to_day) + 3) * DAY_MS)
}

fn gather(store: &mut Store, from_day: i32, to_day: i32, now: i32) -> Result<Inputs, StoreError> {
    let days = store.days(from_day, to_day)?;
    let goal = goal_of_today(store)?;
    let (from_ms, to_ms) = around(from_day, to_day);
    let scores: HashMap<String, u8> =
        store.pain_between(from_ms, to_ms)?.into_iter().map(|entry| (entry.entry_id, entry.score)).collect();
    let mut sessions = store.sessions_between(from_ms, to_ms)?;
    sessions.retain(|session| {
        let begun = session.outcome.as_deref() != Some(NOT_BEGUN);
        begun && (from_day..=to_day).contains(&day_of(session))
    });
    let told = Told::default();
    Ok(Inputs {
        // Days to come are no missed days.
        to_day: to_day.min(now.max(from_day)),
        pain: series(0.0..=10.0, &days, |day| day.pain_mean),
        not_upright: series(0.0..=1.0, &days, not_upright),
        stimulated_min: series(0.0..=1_440.0, &days, |day| Some(f64::from(day.stimulated_s) / 60.0)),
        stillness_percent: series(0.0..=100.0, &days, stillness_percent),
        sleep_quality: told.sleep_quality,
        activity: told.activity,
        forms: told.forms,
        // Roll-ups know hours and days, not stretches.
        longest_upright_s: None,
        marks: marks(&days, &sessions, goal),
        sessions: sessions.iter().filter_map(|session| scored(session, &scores)).collect(),
    })
}

fn day_of(session: &Session) -> i32 {
    local_day(session.start.started_at_ms, session.start.utc_offset_s)
}

fn series(range: std::ops::RangeInclusive<f64>, days: &[Day], figure: impl Fn(&Day) -> Option<f64>) -> Series {
    Series::within(range, days.iter().filter_map(|day| Some((day.local_day, figure(day)?))))
}

fn not_upright(day: &Day) -> Option<f64> {
    let held_s = tally(day).held_s();
    let bent_s = day.posture.slouched_s.saturating_add(day.posture.leaning_s);
    (held_s >= DAY_COUNTS_S).then(|| f64::from(bent_s) / f64::from(held_s))
}

fn stillness_percent(day: &Day) -> Option<f64> {
    let worn_s = day.posture.worn_s();
    (worn_s >= DAY_COUNTS_S).then(|| f64::from(tally(day).held_s()) * 100.0 / f64::from(worn_s))
}

fn marks(days: &[Day], sessions: &[Session], goal: Percent) -> Marks {
    let mut marks = Marks::default();
    for day in days {
        let upright = match tally(day).upright() {
            None => DayMark::NotDue,
            Some(upright) if upright >= goal => DayMark::Kept,
            Some(_) => DayMark::Missed,
        };
        marks.posture_goal.insert(day.local_day, upright);
        if day.pain_entries > 0 {
            marks.diary.insert(day.local_day, DayMark::Kept);
        }
    }
    let as_planned = sessions.iter().filter(|session| session.ended_at_ms.is_some() && !session.dose_uncertain);
    let as_planned = as_planned.filter(|session| session.elapsed_s >= session.start.planned_s);
    marks.session = as_planned.map(|session| (day_of(session), DayMark::Kept)).collect::<BTreeMap<_, _>>();
    marks
}

/// A session whose plan can't be read belongs to no programme.
fn scored(session: &Session, scores: &HashMap<String, u8>) -> Option<ScoredSession> {
    let plan: SessionPlan = serde_json::from_str(&session.start.programme).ok()?;
    let score = |id: &Option<String>| -> Option<PainScore> { score_of(*scores.get(id.as_ref()?)?) };
    Some(ScoredSession {
        mode: plan.programme.mode(),
        before: score(&session.start.pain_before),
        after: score(&session.pain_after),
        elapsed_s: session.elapsed_s,
        // One that isn't known to be over is uncertain too.
        uncertain: session.dose_uncertain || session.ended_at_ms.is_none(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_make_no_sense_are_refused() {
        assert!(check_days(10, 9).is_err() && check_days(i32::MIN, i32::MAX).is_err() && check_days(0, 3_660).is_err());
        assert!(check_days(9, 9).is_ok() && check_days(0, 3_659).is_ok());
    }

    #[test]
    fn a_day_too_short_says_nothing_of_posture() {
        let day = |upright_s, slouched_s, moving_s| Day {
            posture: lumbra_store::PostureSeconds { upright_s, slouched_s, moving_s, ..Default::default() },
            ..Day::default()
        };
        assert_eq!(not_upright(&day(1_000, 2_599, 50_000)), None);
        assert!((not_upright(&day(900, 2_700, 0)).unwrap() - 0.75).abs() < 1e-12);
        assert!((stillness_percent(&day(900, 2_700, 3_600)).unwrap() - 50.0).abs() < 1e-12);
        // What a damaged database can hold: no share of it is a share.
        assert!(not_upright(&day(u32::MAX, u32::MAX, u32::MAX)).is_some_and(|share| share <= 1.0));
    }
}
