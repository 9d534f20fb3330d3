use jiff::civil::date;

use super::super::activity::{Activity, ExerciseActivity, Progression, What};
use super::super::change::To;
use super::super::dose::Dose;
use super::super::log::{Difficulty, Done, SkipReason, StopReason};
use super::super::prescribed::{PlanParts, Source, Status};
use super::super::schedule::Schedule;
use super::super::text::{ClinicId, EntryId, PlanId};
use super::*;
use crate::exercise::Exercise;
use crate::pain::PainScore;

const START: Date = date(2026, 6, 1);

fn bridge(repetitions: u8, hold_s: u8) -> Dosed {
    Dosed::new(Exercise::Bridge, Dose::holds(1, repetitions, hold_s).unwrap()).unwrap()
}

fn walk(minutes: u8) -> Dosed {
    Dosed::new(Exercise::Walking, Dose::minutes(minutes).unwrap()).unwrap()
}

fn plan_of(lines: &[(&str, Dosed, Progression)]) -> Plan {
    let activity = |(id, dosed, progression): &(&str, Dosed, Progression)| {
        let schedule = Schedule::times_a_week(7).unwrap();
        let exercise = ExerciseActivity { dosed: *dosed, schedule, limits: None, progression: *progression };
        Activity { id: ActivityId::new(id).unwrap(), what: What::Exercise(exercise) }
    };
    Plan::new(PlanParts {
        cap: None,
        id: PlanId::new("p").unwrap(),
        source: Source::Clinic { clinic: ClinicId::new("c").unwrap(), version: 1 },
        status: Status::Active,
        start: START,
        end: None,
        activities: lines.iter().map(activity).collect(),
    })
    .unwrap()
}

/// What an entry of a day says: `g` good, `u` without an answer on the next morning, `+` a point worse then, `m` two worse, `d` too
/// much pain during it, `f` the same and before it as well, `s` stopped for pain, `h` hard, `x` skipped for pain, `n` skipped for
/// time, `!` numb, `a` agreed, a blank nothing.
fn told(log: &mut Log, id: &str, dosed: Dosed, word: &str) {
    for (day, letter) in (0..).zip(word.chars()) {
        let today = plus_days(START, day);
        let score = |score| Some(PainScore::new(score).unwrap());
        let good = Done {
            dosed,
            pain_before: score(3),
            worst_during: score(4),
            next_morning: score(3),
            difficulty: Some(Difficulty::Right),
            stopped: None,
        };
        let event = match letter {
            'g' => Event::Done(good),
            'u' => Event::Done(Done { next_morning: None, ..good }),
            '+' => Event::Done(Done { next_morning: score(4), ..good }),
            'm' => Event::Done(Done { next_morning: score(5), ..good }),
            'd' => Event::Done(Done { worst_during: score(6), ..good }),
            'f' => Event::Done(Done { pain_before: score(7), worst_during: score(7), next_morning: score(7), ..good }),
            's' => Event::Done(Done { stopped: Some(StopReason::Pain), ..good }),
            'h' => Event::Done(Done { difficulty: Some(Difficulty::Hard), ..good }),
            'x' => Event::Skipped { reason: SkipReason::Pain },
            'n' => Event::Skipped { reason: SkipReason::NoTime },
            '!' => Event::Done(Done { stopped: Some(StopReason::NumbOrWeak), ..good }),
            'a' => Event::Agreed,
            _ => continue,
        };
        let (id, activity) = (EntryId::new(&format!("{id}{day}")).unwrap(), ActivityId::new(id).unwrap());
        log.record(Entry { id, edit: 0, activity, at: today.at(18, 0, 0, 0), event });
    }
}

/// Where a bridge stands on the day after the last of a word: its dose, and whether it is paused. A word of its changes: `u`p,
/// `d`own, `p`aused, `a`s before.
fn after(word: &str) -> (Dosed, bool, String) {
    let plan = plan_of(&[("bridge", bridge(8, 5), Progression::ByTheApp)]);
    let mut log = Log::default();
    // Done in a dose that is enough for whatever is asked by then.
    told(&mut log, "bridge", bridge(10, 10), word);
    let state = state(&plan, &log, plus_days(START, u16::try_from(word.len()).unwrap()));
    let standing = state.of(&ActivityId::new("bridge").unwrap()).unwrap().clone();
    let letter = |change: &Change| match (&change.to, change.is_up(), change.is_down()) {
        (To::Paused, ..) => 'p',
        (_, true, _) => 'u',
        (_, _, true) => 'd',
        _ => 'a',
    };
    (standing.dosed, standing.paused.is_some(), state.changes.iter().map(letter).collect())
}

#[test]
fn three_good_in_a_row_make_a_step_and_nothing_less_does() {
    for (word, changes) in [
        ("gg", ""),
        ("ggg", "u"),
        ("gguuu", ""),
        ("gguug", "u"),
        ("gg+g", ""),
        ("gg+ggg", "u"),
        ("gghg", "u"),
        ("ggxg", ""),
        ("ggng", "u"),
        ("uuuuuuuuu", ""),
        ("hhhhhhh", ""),
        ("ggggggg", "u"),
        ("ggggggggg", "u"),
        ("gggggggggg", "uu"),
        ("+++", "d"),
        ("++g++g++g", ""),
        ("m", "d"),
        ("d", "d"),
        ("s", "d"),
        ("mm", "dp"),
        ("dugugud", "dd"),
        ("duud", "dp"),
        ("fffff", "d"),
        ("f f f f f f f f f", "dp"),
        ("fd", "dd"),
        ("fdd", "ddp"),
        ("!", "p"),
        ("mma", "dpd"),
        ("mmggggg", "dp"),
        ("mmaggggg", "dpd"),
        ("mmagggggg", "dpdu"),
        ("gggm", "ud"),
        ("g              ", "d"),
        ("g                            ", "dd"),
    ] {
        assert_eq!(after(word).2, changes, "{word}");
    }
}

#[test]
fn the_way_down_is_the_way_it_came_and_the_way_up_the_same() {
    assert_eq!(after("ggg").0, bridge(8, 7));
    assert_eq!(after("gggm").0, bridge(8, 5));
    assert_eq!(after("m").0, bridge(6, 5));
    assert_eq!(after("mggggggg").0, bridge(8, 5), "back up to where it was");
    assert_eq!(after("mm"), (bridge(6, 5), true, "dp".to_owned()));
    assert_eq!(after("mma"), (bridge(4, 5), false, "dpd".to_owned()));
}

#[test]
fn a_long_break_begins_lower_step_by_step() {
    let blank = |days: usize| format!("ggg    ggg{}", " ".repeat(days));
    assert_eq!(after(&blank(0)).0, bridge(8, 9));
    assert_eq!(after(&blank(12)).0, bridge(8, 9));
    assert_eq!(after(&blank(13)).0, bridge(8, 7), "the fourteenth day after it was done");
    assert_eq!(after(&blank(27)).0, bridge(8, 5));
    assert_eq!(after(&blank(41)).0, bridge(6, 5));
    assert_eq!(after(&blank(200)).0, bridge(6, 5), "three steps at the most");
}

#[test]
fn an_alarm_pauses_everything_at_once_and_each_goes_on_by_itself() {
    let plan = plan_of(&[("bridge", bridge(6, 5), Progression::ByTheApp), ("walk", walk(10), Progression::ByTheApp)]);
    let mut log = Log::default();
    told(&mut log, "bridge", bridge(6, 5), "g! ");
    told(&mut log, "walk", walk(10), "gg   a");
    let paused = |day| -> Vec<bool> {
        let state = state(&plan, &log, plus_days(START, day));
        state.standings.iter().map(|standing| standing.paused.is_some()).collect()
    };
    assert_eq!(
        (paused(0), paused(1), paused(4), paused(5)),
        (vec![false; 2], vec![true; 2], vec![true; 2], vec![true, false])
    );
}

#[test]
fn an_alarm_of_what_is_not_in_the_plan_pauses_it_too() {
    let plan = plan_of(&[("bridge", bridge(6, 5), Progression::ByTheApp)]);
    let mut log = Log::default();
    told(&mut log, "of another plan", walk(10), " !");
    let paused = |day| state(&plan, &log, plus_days(START, day)).standings.remove(0).paused;
    let since = plus_days(START, 1);
    assert_eq!((paused(0), paused(1)), (None, Some(Pause { since, reason: Reason::Alarm(StopReason::NumbOrWeak) })));
}

/// A step down on the second day from the first, a pause on it by the session, and a clinician who agrees in the evening.
#[test]
fn a_clinician_who_agrees_on_the_day_of_a_step_adds_none() {
    let plan = plan_of(&[("bridge", bridge(8, 5), Progression::ByTheApp)]);
    let mut log = Log::default();
    told(&mut log, "bridge", bridge(8, 5), "dd");
    let activity = ActivityId::new("bridge").unwrap();
    let at = plus_days(START, 1).at(21, 0, 0, 0);
    log.record(Entry { id: EntryId::new("agreed").unwrap(), edit: 0, activity, at, event: Event::Agreed });
    let changes = state(&plan, &log, plus_days(START, 2)).changes;
    let to: Vec<To> =
        changes.iter().filter(|change| change.on == plus_days(START, 1)).map(|change| change.to).collect();
    assert_eq!(to, [To::Dosed(bridge(6, 5)), To::Paused, To::Dosed(bridge(6, 5))]);
}

#[test]
fn a_bad_morning_makes_a_walk_shorter_and_never_pauses_it() {
    let plan = plan_of(&[("walk", walk(20), Progression::ByTheApp)]);
    let mut log = Log::default();
    told(&mut log, "walk", walk(20), "mmmm");
    let standing = state(&plan, &log, plus_days(START, 4)).standings.remove(0);
    assert_eq!((standing.dosed, standing.paused), (walk(7), None));
    told(&mut log, "walk", walk(20), "mmdd");
    assert!(state(&plan, &log, plus_days(START, 4)).standings.remove(0).paused.is_some(), "what hurts more pauses it");
}

#[test]
fn one_bad_exercise_holds_all_others_and_three_go_up_at_once_at_the_most() {
    let ids = ["a", "b", "c", "d", "e"];
    let lines: Vec<_> = ids.iter().map(|id| (*id, bridge(6, 5), Progression::ByTheApp)).collect();
    let plan = plan_of(&lines);
    let mut log = Log::default();
    for id in ids {
        told(&mut log, id, bridge(6, 5), "gggg");
    }
    let ups = |log: &Log| -> Vec<(String, Date)> {
        let changes = state(&plan, log, plus_days(START, 5)).changes;
        changes.iter().map(|change| (change.activity.as_str().to_owned(), change.on)).collect()
    };
    let on = |day, ids: &[&str]| ids.iter().map(|id| ((*id).to_owned(), plus_days(START, day))).collect::<Vec<_>>();
    assert_eq!(ups(&log), [on(3, &["a", "b", "c"]), on(4, &["d", "e"])].concat());
    let mut log = Log::default();
    for id in ids {
        told(&mut log, id, bridge(6, 5), "ggg");
    }
    told(&mut log, "e", bridge(6, 5), "ggd");
    assert_eq!(ups(&log), on(3, &["e"]), "a step down, and nothing up");
}

#[test]
fn no_progression_means_never_past_the_prescribed_dose() {
    let plan = plan_of(&[("bridge", bridge(6, 5), Progression::Not)]);
    let mut log = Log::default();
    told(&mut log, "bridge", bridge(6, 5), "gggggggggm   ggg   ggggg");
    let doses: Vec<To> = state(&plan, &log, plus_days(START, 30)).changes.iter().map(|change| change.to).collect();
    assert_eq!(doses, [To::Dosed(bridge(4, 5)), To::Dosed(bridge(6, 5))]);
}

#[test]
fn a_day_says_what_is_known_on_it() {
    let plan = plan_of(&[("bridge", bridge(6, 5), Progression::ByTheApp)]);
    let mut log = Log::default();
    told(&mut log, "bridge", bridge(6, 5), "gggd");
    let on = |day| state(&plan, &log, plus_days(START, day));
    assert_eq!(on(2).changes, [], "the morning after the third has not come");
    assert_eq!(on(3).changes.len(), 1);
    assert!(on(3).standings[0].hurt_today && !on(4).standings[0].hurt_today);
    assert_eq!(on(4).standings[0].dosed, bridge(6, 5));
    assert_eq!(
        state(&plan.clone().with_status(Status::Withdrawn { since: plus_days(START, 2) }), &log, plus_days(START, 9))
            .changes,
        []
    );
}
