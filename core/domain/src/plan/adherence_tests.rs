use jiff::civil::{Weekday, date};

use super::super::activity::{Activity, ExerciseActivity, Progression, What};
use super::super::dose::Dose;
use super::super::log::{Done, Entry, Event, StopReason};
use super::super::prescribed::{PlanParts, Source, Status};
use super::super::schedule::{Every, Schedule, Weekdays};
use super::super::text::{ClinicId, EntryId, PlanId};
use super::*;
use crate::exercise::Exercise;

/// A Wednesday.
const START: Date = date(2026, 6, 3);

fn dosed() -> Dosed {
    Dosed::new(Exercise::Bridge, Dose::holds(1, 6, 5).unwrap()).unwrap()
}

fn id() -> ActivityId {
    ActivityId::new("bridge").unwrap()
}

fn plan(every: Every, times_a_day: u8) -> Plan {
    let schedule = Schedule::new(every, times_a_day, Weekdays::NONE).unwrap();
    let exercise = ExerciseActivity { dosed: dosed(), schedule, limits: None, progression: Progression::Not };
    Plan::new(PlanParts {
        cap: None,
        id: PlanId::new("p").unwrap(),
        source: Source::Clinic { clinic: ClinicId::new("c").unwrap(), version: 1 },
        status: Status::Active,
        start: START,
        end: None,
        activities: vec![Activity { id: id(), what: What::Exercise(exercise) }],
    })
    .unwrap()
}

/// Done so often on each day from the start on.
fn log(times: &[u8]) -> Log {
    let days = (0..).zip(times).flat_map(|(day, times)| (0..*times).map(move |time| (plus_days(START, day), time)));
    days.map(|(on, time)| {
        let done = Done {
            dosed: dosed(),
            pain_before: None,
            worst_during: None,
            next_morning: None,
            difficulty: None,
            stopped: None,
        };
        let entry_id = EntryId::new(&format!("{on}/{time}")).unwrap();
        let at = on.at(8 + i8::try_from(time).unwrap(), 0, 0, 0);
        Entry { id: entry_id, edit: 0, activity: id(), at, event: Event::Done(done) }
    })
    .collect()
}

fn figures(weeks: &[Week]) -> Vec<(u32, u32, u32)> {
    weeks.iter().map(|week| (week.done, week.due, week.extra)).collect()
}

#[test]
fn days_before_the_start_and_after_a_withdrawal_are_not_due() {
    let plan = plan(Every::Days(1), 1);
    let log = log(&[1, 1, 0, 1, 1, 0, 0, 1]);
    // Wednesday to Sunday; then seven days; then Monday, which isn't over.
    assert_eq!(figures(&adherence(&plan, &log, date(2026, 6, 15))), [(4, 5, 0), (1, 7, 0), (0, 0, 0)]);
    let withdrawn = plan.clone().with_status(Status::Withdrawn { since: date(2026, 6, 10) });
    assert_eq!(figures(&adherence(&withdrawn, &log, date(2026, 6, 15))), [(4, 5, 0), (0, 2, 0), (0, 0, 0)]);
    assert_eq!(adherence(&withdrawn, &log, date(2026, 6, 15))[2].percent(), None);
    assert!(adherence(&plan, &log, date(2026, 6, 1)).iter().all(|week| week.due == 0), "before its start");
}

#[test]
fn today_counts_when_it_is_done_and_more_than_due_is_told_apart() {
    let plan = plan(Every::Weekdays(Weekdays::new(&[Weekday::Wednesday, Weekday::Friday])), 2);
    assert_eq!(figures(&adherence(&plan, &Log::default(), START)), [(0, 0, 0)]);
    assert_eq!(figures(&adherence(&plan, &log(&[1]), START)), [(1, 1, 0)]);
    assert_eq!(figures(&adherence(&plan, &log(&[3, 1]), date(2026, 6, 5))), [(3, 3, 0)]);
    assert_eq!(figures(&adherence(&plan, &log(&[3, 1, 2]), date(2026, 6, 6))), [(4, 4, 1)]);
}

#[test]
fn a_part_of_a_week_asks_for_its_part() {
    let plan = plan(Every::TimesAWeek(3), 1);
    // Five days of seven: 15 / 7, rounded down.
    assert_eq!(figures(&adherence(&plan, &log(&[1]), date(2026, 6, 8))), [(1, 2, 0), (0, 0, 0)]);
    assert_eq!(figures(&adherence(&plan, &log(&[1, 0, 1, 0, 1]), date(2026, 6, 8))), [(2, 2, 1), (0, 0, 0)]);
}

#[test]
fn a_paused_exercise_is_not_due() {
    let plan = plan(Every::Days(1), 1);
    let mut log = log(&[1]);
    let first = log.entries().next().unwrap().clone();
    let Event::Done(done) = first.event else { panic!("done") };
    let event = Event::Done(Done { stopped: Some(StopReason::NumbOrWeak), ..done });
    log.record(Entry { edit: 1, event, ..first.clone() });
    let agreed = date(2026, 6, 7).at(9, 0, 0, 0);
    log.record(Entry {
        id: EntryId::new("agreed").unwrap(),
        edit: 0,
        activity: id(),
        at: agreed,
        event: Event::Agreed,
    });
    assert_eq!(
        figures(&adherence(&plan, &log, date(2026, 6, 8))),
        [(1, 2, 0), (0, 0, 0)],
        "Wednesday alone, and Sunday"
    );
}

#[test]
fn what_a_full_session_had_no_room_for_is_not_due() {
    let mut parts = plan(Every::Days(1), 1).parts().clone();
    let What::Exercise(exercise) = &parts.activities[0].what else { panic!("an exercise") };
    let long = Dosed::new(Exercise::BirdDog, Dose::pyramid(&[14, 13, 9], 20).unwrap()).unwrap();
    let what = What::Exercise(ExerciseActivity { dosed: long, ..*exercise });
    parts.activities.push(Activity { id: ActivityId::new("bird_dog").unwrap(), what });
    let plan = Plan::new(parts).unwrap();
    assert!(long.seconds() + dosed().seconds() > SESSION_MAX_S);
    assert_eq!(figures(&adherence(&plan, &log(&[1, 1]), date(2026, 6, 5))), [(2, 2, 0)]);
}
