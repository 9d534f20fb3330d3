use jiff::civil::date;
use serde_json::json;

use super::super::activity::{PainLimits, Progression};
use super::super::dose::{Dose, Dosed};
use super::super::schedule::Schedule;
use super::*;
use crate::exercise::Exercise;
use crate::pain::PainScore;

const START: Date = date(2026, 6, 1);

fn exercise(exercise: Exercise, dose: Dose, progression: Progression) -> ExerciseActivity {
    let schedule = Schedule::times_a_week(3).unwrap();
    ExerciseActivity { dosed: Dosed::new(exercise, dose).unwrap(), schedule, limits: None, progression }
}

fn plan(end: Option<Date>, lines: &[(&str, ExerciseActivity)]) -> Result<Plan, PlanError> {
    let activity = |(id, exercise): &(&str, ExerciseActivity)| Activity {
        id: ActivityId::new(id).unwrap(),
        what: What::Exercise(*exercise),
    };
    Plan::new(PlanParts {
        cap: None,
        id: PlanId::new("p").unwrap(),
        source: Source::Clinic { clinic: ClinicId::new("c").unwrap(), version: 2 },
        status: Status::Active,
        start: START,
        end,
        activities: lines.iter().map(activity).collect(),
    })
}

fn bridge(sets: u8, repetitions: u8) -> ExerciseActivity {
    exercise(Exercise::Bridge, Dose::holds(sets, repetitions, 8).unwrap(), Progression::ByTheApp)
}

#[test]
fn what_does_not_hold_together_is_no_plan() {
    assert_eq!(plan(Some(date(2026, 5, 31)), &[]), Err(PlanError::Dates));
    assert!(plan(Some(START), &[]).is_ok());
    let twice = plan(None, &[("a", bridge(1, 6)), ("a", bridge(1, 6))]);
    assert_eq!(twice, Err(PlanError::SameId(ActivityId::new("a").unwrap())));
    assert!(matches!(plan(None, &[("a", bridge(6, 30))]), Err(PlanError::TooLong { .. })));
    let walk = exercise(Exercise::Walking, Dose::minutes(60).unwrap(), Progression::ByTheApp);
    assert!(plan(None, &[("walk", walk)]).is_ok(), "a walk may be longer than a session");
    let low = Dosed::new(Exercise::Bridge, Dose::holds(1, 5, 8).unwrap()).unwrap();
    let other = Dosed::new(Exercise::Walking, Dose::minutes(5).unwrap()).unwrap();
    for ceiling in [low, other] {
        let above = ExerciseActivity { progression: Progression::UpTo(ceiling), ..bridge(1, 6) };
        assert_eq!(plan(None, &[("a", above)]), Err(PlanError::AboveCeiling));
    }
    let many: Vec<_> = (0..=ACTIVITIES_MAX).map(|number| (format!("a{number}"), bridge(1, 6))).collect();
    let many: Vec<_> = many.iter().map(|(id, exercise)| (id.as_str(), *exercise)).collect();
    assert_eq!(plan(None, &many), Err(PlanError::Activities));
    assert_eq!(PainLimits::new(PainScore::WORST, 0), Err(PlanError::Limits));
    assert_eq!((PainLimits::default().during().get(), PainLimits::default().morning_rise()), (5, 2));
}

#[test]
fn it_holds_from_its_start_to_its_end_or_until_it_is_taken_back() {
    let plan = plan(Some(date(2026, 6, 30)), &[]).unwrap();
    let holds = |plan: &Plan, day| plan.holds_on(date(2026, 6, day));
    assert!(!plan.holds_on(date(2026, 5, 31)) && holds(&plan, 1) && holds(&plan, 30));
    assert!(!plan.holds_on(date(2026, 7, 1)));
    let withdrawn = plan.with_status(Status::Withdrawn { since: date(2026, 6, 10) });
    assert!(holds(&withdrawn, 9) && !holds(&withdrawn, 10));
}

#[test]
fn two_exercises_of_one_movement_do_not_take_each_others_place() {
    let bird_dog = exercise(Exercise::BirdDog, Dose::holds(1, 6, 8).unwrap(), Progression::ByTheApp);
    let arm = exercise(Exercise::BirdDogArm, Dose::holds(1, 6, 8).unwrap(), Progression::ByTheApp);
    let both = plan(None, &[("a", bird_dog), ("b", arm), ("c", bridge(1, 6))]).unwrap();
    let variants: Vec<bool> = both.exercises().map(|(_, exercise)| both.bounds(exercise).variants).collect();
    assert_eq!(variants, [false, false, true]);
}

#[test]
fn it_is_read_as_it_is_written_and_checked_when_it_is() {
    let text = json!({
        "id": "p", "source": {"by": "clinic", "clinic": "c", "version": 2}, "status": {"is": "active"}, "start": "2026-06-01",
        "activities": [
            {"id": "bridge", "kind": "exercise",
             "dosed": {"exercise": "bridge", "dose": {"measure": "holds", "sets": [6], "hold_s": 8}},
             "schedule": {"every": {"times_a_week": 3}}, "limits": {"during": 4, "morning_rise": 1},
             "progression": {"may": "not"}},
            {"id": "tens", "kind": "stimulation",
             "programme": crate::programme::Programme::built_in("burst").unwrap(),
             "schedule": {"every": {"days": 1}, "times_a_day": 2}, "minutes": 20, "cap": 250},
        ],
    });
    let plan: Plan = serde_json::from_value(text.clone()).unwrap();
    assert_eq!((plan.exercises().count(), plan.stimulations().count()), (1, 1));
    let again: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    assert_eq!(again, plan);
    for (path, bad) in [
        ("/activities/0/dosed/dose/hold_s", json!(0)),
        ("/activities/0/limits/morning_rise", json!(9)),
        ("/activities/0/limits/during", json!(11)),
        ("/activities/0/schedule/every", json!({"times_a_week": 8})),
        ("/activities/1/minutes", json!(99)),
        ("/activities/1/id", json!("bridge")),
        ("/start", json!("yesterday")),
        ("/id", json!("")),
    ] {
        let mut wrong = text.clone();
        *wrong.pointer_mut(path).unwrap() = bad;
        assert!(serde_json::from_value::<Plan>(wrong).is_err(), "{path}");
    }
}
