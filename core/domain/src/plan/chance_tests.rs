//! The rules against chance: plans made up at random, and people who do what the session says, or something else.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::activity::{Activity, ExerciseActivity, PainLimits, Progression, What};
use super::calendar::plus_days;
use super::clearance::{ExercisePass, clear_to_exercise};
use super::dose::Dosed;
use super::log::{Done, Entry, Event, Log, SkipReason, StopReason};
use super::prescribed::{Plan, PlanParts, SESSION_MAX_S, Source, Status};
use super::progress::{UP_AT_ONCE, state};
use super::schedule::tests::any_schedule;
use super::session::{Out, session};
use super::step::tests::any_dosed;
use super::step::{Bounds, up};
use super::text::{ActivityId, ClinicId, EntryId, PlanId};
use super::{Change, Reason, To};
use crate::pain::PainScore;
use crate::red_flags::History;
use crate::screening::{Answers, Round};
use crate::units::UnixMillis;

const START: Date = date(2026, 6, 1);
const DAYS: u16 = 40;

fn pass(plan: &Plan) -> ExercisePass<'_> {
    let rounds = [Round::all(Answers::all_no(), UnixMillis::new(0))];
    clear_to_exercise(&History { rounds: &rounds, pain: &[] }, plan).unwrap()
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let limits = prop::option::of((3_u8..=6, 1_u8..=3)).prop_map(|limits| {
        limits.map(|(during, rise)| PainLimits::new(PainScore::new(during).unwrap(), rise).unwrap())
    });
    let activity = (any_dosed(), any_schedule(), limits, 0_u8..3, 0_u8..6);
    prop::collection::vec(activity, 1..7).prop_filter_map("fits a session", |lines| {
        let activities = lines.into_iter().zip(0..).map(|((dosed, schedule, limits, may, steps), number)| {
            let ceiling =
                (0..steps).fold(dosed, |at, _| up(&at, &Bounds { ceiling: None, variants: true }).unwrap_or(at));
            let progression = match may {
                0 => Progression::ByTheApp,
                1 => Progression::UpTo(ceiling),
                _ => Progression::Not,
            };
            let what = What::Exercise(ExerciseActivity { dosed, schedule, limits, progression });
            Activity { id: ActivityId::new(&format!("a{number}")).unwrap(), what }
        });
        Plan::new(PlanParts {
            cap: None,
            id: PlanId::new("p").unwrap(),
            source: Source::Clinic { clinic: ClinicId::new("c").unwrap(), version: 1 },
            status: Status::Active,
            start: START,
            end: None,
            activities: activities.collect(),
        })
        .ok()
    })
}

/// How a day went: what a person makes of it.
#[derive(Clone, Copy, Debug)]
struct Day {
    before: u8,
    rise: u8,
    morning: Option<u8>,
    what: u8,
}

fn any_day() -> impl Strategy<Value = Day> {
    let morning = prop_oneof![6 => (0_u8..=4).prop_map(Some), 1 => (0_u8..=10).prop_map(Some), 1 => Just(None)];
    let (before, rise) = (prop_oneof![8 => 2_u8..=4, 1 => 0_u8..=9], prop_oneof![8 => 0_u8..=1, 1 => 0_u8..=6]);
    (before, rise, morning, 0_u8..30).prop_map(|(before, rise, morning, what)| Day { before, rise, morning, what })
}

fn score(score: u8) -> PainScore {
    PainScore::new(score.min(10)).unwrap()
}

/// The log of a person who does what the session of each day says, and on some days something else.
fn lived(plan: &Plan, days: &[Day]) -> Log {
    let (mut log, pass) = (Log::default(), pass(plan));
    for (number, day) in (0..DAYS).zip(days) {
        let today = plus_days(START, number);
        let entry = |activity: &ActivityId, hour, event| {
            let id = EntryId::new(&format!("{number}/{hour}/{}", activity.as_str())).unwrap();
            Entry { id, edit: 0, activity: activity.clone(), at: today.at(hour, 0, 0, 0), event }
        };
        let all = || plan.exercises().map(|(id, exercise)| (id.clone(), exercise.dosed));
        // Eager people do everything, whatever is due and however it is paused.
        let items: Vec<(ActivityId, Dosed)> = if day.what == 0 {
            all().collect()
        } else {
            session(&pass, &log, today).items.into_iter().map(|item| (item.activity, item.dosed)).collect()
        };
        if day.what == 1 {
            all().for_each(|(id, _)| log.record(entry(&id, 7, Event::Agreed)));
        }
        for (place, (id, dosed)) in (0..).zip(items) {
            let stopped = match (day.what, place) {
                (2, 0) => Some(StopReason::Pain),
                (3, 0) => Some(StopReason::NoTime),
                (4, 0) if number > 20 => Some(StopReason::Unwell),
                _ => None,
            };
            let event = if day.what == 5 {
                Event::Skipped { reason: SkipReason::Pain }
            } else {
                Event::Done(Done {
                    dosed,
                    pain_before: Some(score(day.before)),
                    worst_during: Some(score(day.before + if place % 3 == day.what % 3 { day.rise } else { 0 })),
                    next_morning: day.morning.map(score),
                    difficulty: None,
                    stopped,
                })
            };
            log.record(entry(&id, 18, event));
        }
    }
    log
}

/// Whether anything on a day was bad for its exercise, reckoned here from the entries alone.
fn was_bad(plan: &Plan, log: &Log, day: Date) -> bool {
    let of_day: Vec<(&Entry, &Done)> =
        log.entries().filter(|entry| entry.date() == day).filter_map(|entry| Some((entry, entry.done()?))).collect();
    let before = of_day.iter().find_map(|(_, done)| done.pain_before);
    let morning = of_day.iter().filter_map(|(_, done)| done.next_morning).max();
    of_day.iter().any(|(entry, done)| {
        let limits = plan.exercises().find(|(id, _)| **id == entry.activity).unwrap().1.limits.unwrap_or_default();
        let rise = before.zip(morning).map_or(0, |(before, morning)| morning.get().saturating_sub(before.get()));
        done.worst_during.is_some_and(|worst| worst > limits.during())
            || done.stopped.is_some_and(|stop| stop == StopReason::Pain || stop.is_alarm())
            || rise >= limits.morning_rise()
    })
}

fn is_step(change: &Change) -> bool {
    change.is_up() || change.is_down()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_safe_holds_whatever_the_plan_and_the_days(
        plan in any_plan(),
        days in prop::collection::vec(any_day(), usize::from(DAYS)),
    ) {
        let log = lived(&plan, &days);
        let end = plus_days(START, DAYS + 20);
        let whole = state(&plan, &log, end);
        let ceiling = |id: &ActivityId| plan.exercises().find(|(known, _)| *known == id).unwrap().1.ceiling();

        for change in &whole.changes {
            if let To::Dosed(to) = &change.to {
                prop_assert!(ceiling(&change.activity).is_none_or(|ceiling| to.is_under(&ceiling)), "{:?}", change);
            }
            prop_assert_eq!(change.is_up(), matches!(change.reason, Reason::WithinLimit { .. }), "{:?}", change);
            let the_day_before = super::calendar::minus_days(change.on, 1);
            if change.is_up() {
                prop_assert!(!was_bad(&plan, &log, the_day_before), "harder after a bad day: {:?}", change);
                let done = log.entries().filter(|entry| entry.date() == the_day_before && entry.activity == change.activity);
                let known: Vec<&Done> = done.filter_map(Entry::done).collect();
                prop_assert!(!known.is_empty() && known.iter().all(|done| done.next_morning.is_some()), "{:?}", change);
            }
            let same_day = |other: &&Change| other.on == change.on && is_step(other);
            let of_it = whole.changes.iter().filter(same_day).filter(|other| other.activity == change.activity);
            prop_assert!(of_it.count() <= 1, "two steps on one day: {:?}", change);
            let ups = whole.changes.iter().filter(|other| other.on == change.on && other.is_up());
            prop_assert!(ups.count() <= UP_AT_ONCE);
        }

        let pass = pass(&plan);
        for number in 0..DAYS {
            let today = plus_days(START, number);
            let now = state(&plan, &log, today);
            let so_far: Vec<_> = whole.changes.iter().filter(|change| change.on <= today).cloned().collect();
            prop_assert_eq!(&now.changes, &so_far, "what was told of a day stays as it was told");
            let session = session(&pass, &log, today);
            prop_assert!(session.seconds() <= SESSION_MAX_S);
            for item in session.items.iter().chain(&session.apart) {
                let standing = now.of(&item.activity).unwrap();
                prop_assert!(standing.paused.is_none() && !standing.hurt_today, "{:?}", standing);
                prop_assert_eq!(standing.dosed, item.dosed);
            }
            let full = session.left_out.iter().filter(|left_out| left_out.out == Out::NoRoom);
            for left_out in full {
                prop_assert!(session.seconds() + left_out.dosed.seconds() > SESSION_MAX_S, "there was room");
            }
        }
    }

    #[test]
    fn a_state_depends_on_the_log_alone_and_not_on_its_order(
        plan in any_plan(),
        days in prop::collection::vec(any_day(), usize::from(DAYS)),
        order in any::<u64>(),
    ) {
        let log = lived(&plan, &days);
        let end = plus_days(START, DAYS);
        // Each entry as it was first told, without the next morning, and as it was edited.
        let mut told: Vec<Entry> = log.entries().cloned().map(|entry| Entry { edit: 1, ..entry }).collect();
        told.extend(log.entries().filter_map(|entry| {
            let event = Event::Done(Done { next_morning: None, ..*entry.done()? });
            Some(Entry { event, ..entry.clone() })
        }));
        let straight: Log = told.iter().cloned().collect();
        fastrand::Rng::with_seed(order).shuffle(&mut told);
        let shuffled: Log = told.into_iter().collect();
        prop_assert_eq!(&straight, &shuffled);
        let first = state(&plan, &straight, end);
        prop_assert_eq!(&first, &state(&plan, &shuffled, end));
        prop_assert_eq!(&first, &state(&plan, &log, end), "edits replace what they edit");
        let text = serde_json::to_string(&(&plan, &log)).unwrap();
        let (plan_read, log_read): (Plan, Log) = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&first, &state(&plan_read, &log_read, end));
    }
}
