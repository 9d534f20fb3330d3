use jiff::civil::date;

use super::super::calendar::plus_days;
use super::super::change::Reason;
use super::super::log::{Done, Entry, Event, StopReason, done_dates};
use super::super::prescribed::SESSION_MAX_S;
use super::super::session::stands_apart;
use super::super::text::EntryId;
use super::*;
use crate::pain::PainScore;

/// A Monday.
const START: Date = date(2026, 6, 1);

/// Does what is due, so that each day goes as its letter says: `g` good, `d` too much pain in everything, `!` an alarm in the
/// first exercise, a blank nothing.
fn lived(plan: &Plan, days: &str) -> Log {
    let mut log = Log::default();
    for (day, letter) in (0..).zip(days.chars()).filter(|(_, letter)| *letter != ' ') {
        let today = plus_days(START, day);
        let standings = state(plan, &log, today).standings;
        for ((id, exercise), standing) in plan.exercises().zip(standings) {
            if exercise.schedule.due(today, &dates(&log, id, today)) == 0 {
                continue;
            }
            let score = |score| PainScore::new(score).ok();
            let done = Done {
                dosed: standing.dosed,
                pain_before: score(3),
                worst_during: score(if letter == 'd' { 7 } else { 4 }),
                next_morning: score(3),
                difficulty: None,
                stopped: (letter == '!').then_some(StopReason::Unwell),
            };
            let entry_id = EntryId::new(&format!("{day}/{}", id.as_str())).unwrap();
            let at = today.at(18, 0, 0, 0);
            log.record(Entry { id: entry_id, edit: 0, activity: id.clone(), at, event: Event::Done(done) });
        }
    }
    log
}

fn dates(log: &Log, id: &ActivityId, today: Date) -> Vec<Date> {
    log.by_activity(START..=today).get(id).map(|entries| done_dates(entries)).unwrap_or_default()
}

fn reviewed(stage: Stage, days: &str) -> Review {
    let plan = plan(stage, START, None).unwrap();
    review(&plan, &lived(&plan, days), plus_days(START, u16::try_from(days.len()).unwrap())).unwrap()
}

#[test]
fn every_stage_is_a_plan_whose_session_has_room() {
    for stage in Stage::ALL {
        let plan = plan(stage, START, None).unwrap();
        assert_eq!(plan.parts().source, Source::Own { stage });
        let floor = plan.exercises().map(|(_, exercise)| exercise.dosed).filter(|dosed| !stands_apart(dosed));
        assert!(floor.map(|dosed| dosed.seconds()).sum::<u32>() <= SESSION_MAX_S + 300, "{stage:?}");
        for (id, exercise) in plan.exercises() {
            let days: Vec<Date> = (0..7).map(|day| plus_days(START, day)).collect();
            assert!((3..=5).contains(&exercise.schedule.expected(START, &days)), "{}", id.as_str());
        }
    }
    let least: i64 = Stage::ALL[..3].iter().map(|stage| stage.least_days()).sum();
    assert!((42..=56).contains(&least), "six to eight weeks: {least} days");
    assert_eq!((Stage::Calm.before(), Stage::Keep.next()), (None, None));
}

#[test]
fn a_stage_is_left_when_its_time_has_passed_and_it_went_well() {
    let good = |days: usize| "g".repeat(days);
    assert_eq!(reviewed(Stage::Calm, &good(6)), Review::Stay(StayWhy::TooEarly));
    assert_eq!(reviewed(Stage::Calm, &good(7)), Review::Advance(Stage::Restore));
    assert_eq!(reviewed(Stage::Restore, &good(14)), Review::Advance(Stage::Strengthen));
    assert_eq!(reviewed(Stage::Strengthen, &good(28)), Review::Advance(Stage::Keep));
    assert_eq!(reviewed(Stage::Keep, &good(28)), Review::Stay(StayWhy::Last));
    assert_eq!(reviewed(Stage::Calm, "g      "), Review::Stay(StayWhy::TooLittle));
    assert_eq!(reviewed(Stage::Calm, "ggggd  "), Review::Stay(StayWhy::BadLately));
    assert_eq!(reviewed(Stage::Calm, "gggg!  "), Review::Stay(StayWhy::Paused));
    let nothing_up = "ggd gg ggd gg ".repeat(2);
    assert!(matches!(
        reviewed(Stage::Strengthen, &nothing_up),
        Review::Stay(StayWhy::BadLately | StayWhy::NotStronger)
    ));
}

#[test]
fn three_bad_days_of_two_weeks_lead_back_one_stage() {
    let bad = "d g d  g d g  ";
    let before = reviewed(Stage::Restore, bad);
    assert_eq!(before, Review::Back(Stage::Calm));
    assert!(matches!(reviewed(Stage::Calm, bad), Review::Stay(_)), "there is none before it");
}

#[test]
fn what_was_reached_is_taken_along_and_a_pause_stops_the_way() {
    let restore = plan(Stage::Restore, START, None).unwrap();
    let log = lived(&restore, &"g".repeat(14));
    let reached = state(&restore, &log, plus_days(START, 14));
    let next = plan(Stage::Strengthen, plus_days(START, 14), Some(&reached)).unwrap();
    let bird_dog = ActivityId::new("bird_dog").unwrap();
    let carried = next.exercises().find(|(id, _)| **id == bird_dog).unwrap().1.dosed;
    assert_eq!(carried, reached.of(&bird_dog).unwrap().dosed);
    let first = restore.exercises().find(|(id, _)| **id == bird_dog).unwrap().1.dosed;
    assert!(carried.is_harder_than(&first));
    let paused = state(&restore, &lived(&restore, "g!"), plus_days(START, 3));
    assert_eq!(plan(Stage::Strengthen, START, Some(&paused)), Err(PlanError::Paused));
}

#[test]
fn a_later_stage_that_is_begun_late_begins_lower() {
    let strengthen = plan(Stage::Strengthen, START, None).unwrap();
    let late = state(&strengthen, &Log::default(), plus_days(START, 15));
    assert!(late.changes.iter().any(|change| change.reason == Reason::Break { days: 14 }));
    let calm = plan(Stage::Calm, START, None).unwrap();
    assert_eq!(state(&calm, &Log::default(), plus_days(START, 15)).changes, []);
}
