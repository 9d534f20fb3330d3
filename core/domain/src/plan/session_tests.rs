use jiff::civil::date;

use super::super::activity::{Activity, ExerciseActivity, Progression, What};
use super::super::calendar::plus_days;
use super::super::clearance::clear_to_exercise;
use super::super::dose::Dose;
use super::super::log::{Done, Entry, Event, StopReason};
use super::super::prescribed::{Plan, PlanParts, Source, Status};
use super::super::schedule::{Every, Weekdays};
use super::super::text::{ClinicId, EntryId, PlanId};
use super::*;
use crate::exercise::Exercise;
use crate::red_flags::History;
use crate::screening::{Answers, Round};
use crate::units::UnixMillis;

const START: Date = date(2026, 6, 1);

fn source() -> Source {
    Source::Clinic { clinic: ClinicId::new("c").unwrap(), version: 1 }
}

fn session(plan: &Plan, log: &Log, today: Date) -> Session {
    let rounds = [Round::all(Answers::all_no(), UnixMillis::new(0))];
    let pass = clear_to_exercise(&History { rounds: &rounds, pain: &[] }, plan).unwrap();
    super::session(&pass, log, today)
}

fn plan(lines: &[(Exercise, Dose)]) -> Plan {
    let daily = Schedule::new(Every::Days(1), 1, Weekdays::NONE).unwrap();
    let activity = |(exercise, dose): &(Exercise, Dose)| {
        let dosed = Dosed::new(*exercise, *dose).unwrap();
        let exercise = ExerciseActivity { dosed, schedule: daily, limits: None, progression: Progression::Not };
        Activity { id: ActivityId::new(dosed.exercise().id()).unwrap(), what: What::Exercise(exercise) }
    };
    let activities = lines.iter().map(activity).collect();
    let id = PlanId::new("p").unwrap();
    Plan::new(PlanParts {
        id,
        source: source(),
        status: Status::Active,
        start: START,
        end: None,
        activities,
        cap: None,
    })
    .unwrap()
}

fn done(log: &mut Log, id: &ActivityId, dosed: Dosed, on: Date, stopped: Option<StopReason>) {
    let done = Done { dosed, pain_before: None, worst_during: None, next_morning: None, difficulty: None, stopped };
    let entry_id = EntryId::new(&format!("{on}{}", id.as_str())).unwrap();
    let entry = Entry { id: entry_id, edit: 0, activity: id.clone(), at: on.at(18, 0, 0, 0), event: Event::Done(done) };
    log.record(entry);
}

fn ids(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.activity.as_str()).collect()
}

#[test]
fn a_session_has_its_order_whatever_the_plans() {
    let plan = plan(&[
        (Exercise::Walking, Dose::minutes(10).unwrap()),
        (Exercise::HamstringStretch, Dose::holds(1, 2, 15).unwrap()),
        (Exercise::Bridge, Dose::holds(1, 6, 5).unwrap()),
        (Exercise::BirdDog, Dose::holds(1, 6, 5).unwrap()),
        (Exercise::CatCamel, Dose::repetitions(1, 8).unwrap()),
        (Exercise::DiaphragmaticBreathing, Dose::minutes(3).unwrap()),
    ]);
    let today = session(&plan, &Log::default(), START);
    let expected = ["cat_camel", "diaphragmatic_breathing", "bird_dog", "bridge", "hamstring_stretch", "walking"];
    assert_eq!(ids(&today.items), expected);
    assert_eq!(today.seconds(), today.items.iter().map(|item| item.dosed.seconds()).sum::<u32>());
    assert!(session(&plan, &Log::default(), plus_days(START, 400)).items.len() == 6, "no end");
    let ended = plan.with_status(Status::Ended { since: START });
    assert_eq!(session(&ended, &Log::default(), START), Session::default());
}

/// Five exercises of some ten minutes each: three fit. Who was left out is in the next session.
#[test]
fn what_was_left_out_comes_first_the_next_day() {
    let ten_minutes = Dose::pyramid(&[8, 6, 4], 10).unwrap();
    let exercises = [
        Exercise::BirdDog,
        Exercise::SideBridgeKnees,
        Exercise::SingleLegBridge,
        Exercise::BirdDogArm,
        Exercise::SideBridgeFeet,
    ];
    let plan = plan(&exercises.map(|exercise| (exercise, ten_minutes)));
    let mut log = Log::default();
    let mut times = std::collections::BTreeMap::new();
    for day in 0..10 {
        let today = session(&plan, &log, plus_days(START, day));
        assert_eq!((today.items.len(), today.left_out.len()), (3, 2));
        assert!(today.left_out.iter().all(|left_out| left_out.out == Out::NoRoom));
        for item in &today.items {
            done(&mut log, &item.activity, item.dosed, plus_days(START, day), None);
            *times.entry(item.activity.clone()).or_insert(0) += 1;
        }
    }
    assert!(times.values().all(|count| *count == 6), "{times:?}");
}

#[test]
fn a_long_walk_stands_apart_and_what_hurt_today_is_left_out() {
    let plan =
        plan(&[(Exercise::Walking, Dose::minutes(45).unwrap()), (Exercise::Bridge, Dose::holds(1, 6, 5).unwrap())]);
    let today = session(&plan, &Log::default(), START);
    assert_eq!((ids(&today.items), ids(&today.apart)), (vec!["bridge"], vec!["walking"]));
    let twice = {
        let mut parts = plan.parts().clone();
        if let What::Exercise(exercise) = &mut parts.activities[1].what {
            exercise.schedule = Schedule::new(Every::Days(1), 2, Weekdays::NONE).unwrap();
        }
        Plan::new(parts).unwrap()
    };
    let (id, dosed) = (&today.items[0].activity, today.items[0].dosed);
    let mut log = Log::default();
    done(&mut log, id, dosed, START, None);
    let second = session(&twice, &log, START);
    assert_eq!((second.items[0].times_left, second.items.len()), (1, 1));
    done(&mut log, id, dosed, START, Some(StopReason::Pain));
    let hurt = session(&twice, &log, START);
    assert_eq!((hurt.items.len(), hurt.left_out[0].out), (0, Out::HurtToday));
}
