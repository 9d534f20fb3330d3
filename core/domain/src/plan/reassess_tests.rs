use jiff::civil::date;

use super::super::activity::{Activity, ExerciseActivity, Progression, What};
use super::super::calendar::plus_days;
use super::super::dose::{Dose, Dosed};
use super::super::log::{Done, Entry, Event, StopReason};
use super::super::prescribed::{PlanParts, Source, Status};
use super::super::schedule::Schedule;
use super::super::text::{ActivityId, ClinicId, EntryId, PlanId};
use super::*;
use crate::exercise::Exercise;
use crate::pain::PainScore;
use crate::questionnaires::{Answers, score};

const START: Date = date(2026, 6, 1);

fn plan(progression: Progression) -> Plan {
    let dosed = Dosed::new(Exercise::Bridge, Dose::holds(1, 6, 5).unwrap()).unwrap();
    let exercise = ExerciseActivity { dosed, schedule: Schedule::times_a_week(3).unwrap(), limits: None, progression };
    Plan::new(PlanParts {
        cap: None,
        id: PlanId::new("p").unwrap(),
        source: Source::Clinic { clinic: ClinicId::new("c").unwrap(), version: 1 },
        status: Status::Active,
        start: START,
        end: None,
        activities: vec![Activity { id: ActivityId::new("bridge").unwrap(), what: What::Exercise(exercise) }],
    })
    .unwrap()
}

/// Done every second day of four weeks, with or without answers on the mornings.
fn log(answers: bool, stopped: Option<StopReason>, days: u16) -> Log {
    let score = PainScore::new(3).ok();
    let entry = |day| {
        let done = Done {
            dosed: Dosed::new(Exercise::Bridge, Dose::holds(1, 10, 10).unwrap()).unwrap(),
            pain_before: score,
            worst_during: score,
            next_morning: score.filter(|_| answers),
            difficulty: None,
            stopped: stopped.filter(|_| day == 0),
        };
        let (id, activity) = (EntryId::new(&format!("{day}")).unwrap(), ActivityId::new("bridge").unwrap());
        Entry { id, edit: 0, activity, at: plus_days(START, day).at(18, 0, 0, 0), event: Event::Done(done) }
    };
    (0..days).filter(|day| day % 2 == 0).map(entry).collect()
}

fn peg(day: u16, answers: [u8; 3]) -> (Date, Score) {
    (plus_days(START, day), score(Form::Peg, &Answers::in_order(Form::Peg, &answers).unwrap()).unwrap())
}

#[test]
fn four_weeks_without_a_step_up_are_a_reason_when_one_was_possible() {
    let on = |plan: &Plan, log: &Log, day| reassess(plan, log, &[], plus_days(START, day));
    let free = plan(Progression::ByTheApp);
    assert_eq!(on(&free, &log(false, None, 28), 28), [Reassess::NoStepUp { weeks: 4 }]);
    assert_eq!(on(&free, &log(false, None, 28), 27), [], "not yet");
    assert_eq!(on(&free, &log(true, None, 28), 28), [], "it went up");
    assert_eq!(on(&plan(Progression::Not), &log(false, None, 28), 28), [], "it can't go up");
    assert_eq!(on(&free, &log(false, None, 10), 28), [Reassess::SeldomDone { percent: 33, weeks: 4 }]);
    assert_eq!(on(&free, &log(true, Some(StopReason::Unwell), 2), 3), [Reassess::Paused { exercises: 1 }]);
    let ended = free.with_status(Status::Ended { since: plus_days(START, 20) });
    assert_eq!(on(&ended, &log(false, None, 28), 28), []);
}

#[test]
fn peg_must_have_fallen_by_30_percent_after_six_weeks() {
    let (plan, log) = (plan(Progression::Not), log(true, None, 70));
    let on = |pegs: &[(Date, Score)], day| reassess(&plan, &log, pegs, plus_days(START, day));
    let six = Reassess::PegNoBetter { first: 6.0, latest: 5.0, weeks: 6 };
    assert_eq!(on(&[peg(42, [5, 5, 5]), peg(0, [6, 6, 6])], 42), [six]);
    assert_eq!(on(&[peg(0, [6, 6, 6]), peg(42, [5, 5, 5])], 41), [], "the later one has not been answered");
    assert_eq!(on(&[peg(0, [6, 6, 6]), peg(41, [5, 5, 5])], 60), [], "not six weeks apart");
    assert_eq!(on(&[peg(0, [6, 6, 6]), peg(42, [4, 4, 4])], 42), []);
    assert_eq!(on(&[peg(0, [6, 6, 6])], 42), []);
}
