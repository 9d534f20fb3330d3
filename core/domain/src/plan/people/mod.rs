//! Ten made-up people and their twelve weeks: the rules at work, to be read by somebody who knows what is reasonable.
//!
//! A person here is a handful of numbers ([`Nature`]): how much it hurts, how much a body bears, how much it gains, how faithfully
//! the plan is followed. Nothing of it is a model of a real body; it only has to answer an exercise that was too much. The same
//! seed gives the same weeks.

mod body;
mod cast;

use jiff::civil::{Date, date};
use serde::Serialize;

use self::body::Body;
pub use self::cast::{Nature, PEOPLE};
use super::adherence::weeks;
use super::calendar::plus_days;
use super::change::Change;
use super::clearance::clear_to_exercise;
use super::log::{Done, Entry, Event, Log, SkipReason, StopReason};
use super::prescribed::{Plan, PlanError, Source};
use super::progress::state;
use super::reassess::reassess;
use super::session::{Session, of_state};
use super::staged::{self, Review, Stage};
use super::text::{ActivityId, EntryId};
use super::wording::digest;
use crate::questionnaires::{Answers as FormAnswers, Form, Score, score};
use crate::red_flags::History;
use crate::screening::{Answers, Round};
use crate::units::UnixMillis;

/// The Monday on which all begin.
pub const BEGIN: Date = date(2026, 1, 5);
/// How many weeks are looked at.
pub const WEEKS: u16 = 12;

/// Above this pain a made-up person stops by themselves.
const STOPS_ABOVE: u8 = 6;

/// One line of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The day.
    pub on: Date,
    /// What happened.
    pub text: String,
}

/// One person's weeks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
    /// Who.
    pub name: &'static str,
    /// What they are like.
    pub about: &'static str,
    /// What happened, oldest first.
    pub lines: Vec<Told>,
}

/// The stories of all ten, the same for the same seed.
pub fn twelve_weeks(seed: u64) -> Result<Vec<Story>, PlanError> {
    PEOPLE.iter().zip(0..).map(|(nature, place)| Life::begin(nature, seed.wrapping_add(place))?.live()).collect()
}

/// A life as it goes on.
struct Life {
    nature: &'static Nature,
    body: Body,
    plan: Plan,
    log: Log,
    /// The answers to the screening: no to everything.
    rounds: [Round; 1],
    pegs: Vec<(Date, Score)>,
    lines: Vec<Told>,
    /// Changes of the present plan that are told already.
    told: Vec<Change>,
    was_numb: bool,
}

impl Life {
    fn begin(nature: &'static Nature, seed: u64) -> Result<Self, PlanError> {
        let plan = match nature.plan {
            Some(plan) => plan()?,
            None => staged::plan(Stage::Calm, BEGIN, None)?,
        };
        let rounds = [Round::all(Answers::all_no(), UnixMillis::new(0))];
        let body = Body::new(nature, seed);
        let (log, pegs, lines) = (Log::default(), Vec::new(), Vec::new());
        Ok(Self { nature, body, plan, log, rounds, pegs, lines, told: Vec::new(), was_numb: false })
    }

    fn live(mut self) -> Result<Story, PlanError> {
        if let Source::Own { stage } = self.plan.parts().source {
            self.tell(BEGIN, format!("Stage: {}.", stage.title()));
        }
        for day in 0..WEEKS * 7 {
            let today = plus_days(BEGIN, day);
            self.wake(today, day);
            if day.is_multiple_of(7) && day > 0 {
                self.close_week(today, day)?;
            }
            self.see_clinician(today)?;
            self.exercise(today, day)?;
        }
        let end = plus_days(BEGIN, WEEKS * 7);
        self.wake(end, WEEKS * 7);
        self.close_week(end, WEEKS * 7)?;
        for standing in state(&self.plan, &self.log, end).standings {
            let paused = if standing.paused.is_some() { " (paused)" } else { "" };
            self.tell(end, format!("At the end: {}{paused}.", standing.dosed.words()));
        }
        Ok(Story { name: self.nature.name, about: self.nature.about, lines: self.lines })
    }

    fn tell(&mut self, on: Date, text: String) {
        self.lines.push(Told { on, text });
    }

    /// The morning: pain, an answer to the evening before or none, and what follows from it.
    fn wake(&mut self, today: Date, day: u16) {
        self.body.wake(day);
        if self.body.chance(self.nature.answers) {
            let yesterday = plus_days(BEGIN, day.saturating_sub(1));
            let answered = |entry: &Entry| {
                let Event::Done(done) = entry.event else { return None };
                let next_morning = Some(self.body.pain());
                let event = Event::Done(Done { next_morning, ..done });
                (day > 0 && entry.date() == yesterday).then(|| Entry { edit: 1, event, ..entry.clone() })
            };
            let edits: Vec<Entry> = self.log.entries().filter_map(answered).collect();
            for edit in edits {
                self.log.record(edit);
            }
        }
        if day.is_multiple_of(14) {
            let level = self.body.pain().get();
            let answers = FormAnswers::in_order(Form::Peg, &[level; 3]);
            if let Some(peg) = answers.ok().and_then(|answers| score(Form::Peg, &answers).ok()) {
                self.pegs.push((today, peg));
            }
        }
        self.tell_changes(today);
    }

    fn tell_changes(&mut self, today: Date) {
        let changes = state(&self.plan, &self.log, today).changes;
        let new: Vec<Change> = changes.iter().filter(|change| !self.told.contains(change)).cloned().collect();
        for (on, sentence) in digest(&new) {
            self.tell(on, sentence);
        }
        self.told = changes;
    }

    fn close_week(&mut self, today: Date, day: u16) -> Result<(), PlanError> {
        let state = state(&self.plan, &self.log, today);
        let weeks = weeks(&self.plan, &self.log, &state, plus_days(BEGIN, day.saturating_sub(1)));
        if let Some(week) = weeks.last() {
            let sentence = format!("{} Pain this morning: {}.", week.sentence(), self.body.pain().get());
            self.tell(today, sentence);
        }
        if day.is_multiple_of(28) {
            for found in reassess(&self.plan, &self.log, &self.pegs, today) {
                self.tell(today, found.sentence());
            }
        }
        let review = staged::review(&self.plan, &self.log, today);
        if let Some(Review::Advance(stage) | Review::Back(stage)) = review
            && let Some(review) = review
        {
            self.plan = staged::plan(stage, today, Some(&state))?;
            self.told.clear();
            self.tell(today, review.sentence());
        }
        Ok(())
    }

    fn see_clinician(&mut self, today: Date) -> Result<(), PlanError> {
        let Some(after) = self.nature.clinician_after_days else { return Ok(()) };
        for standing in state(&self.plan, &self.log, today).standings {
            if standing.paused.is_some_and(|pause| plus_days(pause.since, after) <= today) {
                self.enter(today, 7, &standing.activity, Event::Agreed)?;
            }
        }
        self.tell_changes(today);
        Ok(())
    }

    fn enter(&mut self, on: Date, hour: i8, activity: &ActivityId, event: Event) -> Result<(), PlanError> {
        let id = EntryId::new(&format!("{on}/{hour:02}/{}", activity.as_str()))?;
        self.log.record(Entry { id, edit: 0, activity: activity.clone(), at: on.at(hour, 0, 0, 0), event });
        Ok(())
    }

    fn exercise(&mut self, today: Date, day: u16) -> Result<(), PlanError> {
        let history = History { rounds: &self.rounds, pain: &[] };
        let Ok(pass) = clear_to_exercise(&history, &self.plan) else { return Ok(()) };
        let state = state(&self.plan, &self.log, today);
        let mut session = of_state(&pass, &self.log, &state, today);
        if self.nature.eager && session.items.is_empty() {
            // Eager people repeat on a rest day what yesterday's session was.
            let yesterday = plus_days(BEGIN, day.saturating_sub(1));
            session = of_state(&pass, &Log::default(), &state, yesterday);
        }
        if self.nature.is_away(day) || self.body.chance(self.nature.skips) {
            for item in session.items {
                self.enter(today, 18, &item.activity, Event::Skipped { reason: SkipReason::NoTime })?;
            }
            return Ok(());
        }
        self.train(today, day, session)
    }

    fn train(&mut self, today: Date, day: u16, session: Session) -> Result<(), PlanError> {
        let before = self.body.pain();
        for item in session.items.into_iter().chain(session.apart) {
            let dosed = self.body.really(&item.dosed);
            let worst = self.body.bear(&dosed);
            let numb = !self.was_numb && self.nature.numb_from.is_some_and(|from| day >= from);
            self.was_numb |= numb;
            let stopped = if numb {
                Some(StopReason::NumbOrWeak)
            } else {
                (worst.get() > STOPS_ABOVE).then_some(StopReason::Pain)
            };
            let done = Done {
                dosed,
                pain_before: Some(before),
                worst_during: Some(worst),
                next_morning: None,
                difficulty: Some(self.body.difficulty(&dosed)),
                stopped,
            };
            self.enter(today, 18, &item.activity, Event::Done(done))?;
            if numb {
                break;
            }
        }
        self.tell_changes(today);
        Ok(())
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
