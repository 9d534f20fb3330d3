//! Exercise plans from a shell's side: one's own plan over days, a clinic's plan with its cap, and what stands in the way.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // In a test a failure is a panic.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::date;
use lumbra::domain::diary::{PainReport, Sites};
use lumbra::domain::pain::{PainContext, PainScore};
use lumbra::domain::plan::staged::Stage;
use lumbra::domain::plan::{
    Activity, ActivityId, ClinicId, Difficulty, Plan, PlanId, PlanParts, Prescription, Schedule, SkipReason, Source,
    Status, What,
};
use lumbra::domain::programme::{Parameters, Programme};
use lumbra::domain::safety::SessionPlan;
use lumbra::domain::screening::{Answer, Answers};
use lumbra::domain::units::{Hertz, Milliamps};
use lumbra::report::tables::ExerciseRow;
use lumbra::store::{FileKeyStore, PlanRecord, PlanSource, PlanStatus, Store};
use lumbra::{Companion, Course, Error, ExerciseDone, StartRequest, built_in};
use support::{VirtualClock, World, ma, open_by, request, seconds, true_ma};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

fn score(number: u8) -> PainScore {
    PainScore::new(number).unwrap()
}

/// A core whose clock stands at noon of the first of January 2026, a Thursday, and can be moved on by days.
async fn at_noon(world: &World) -> (Companion, Arc<AtomicI64>) {
    let ahead_ms = Arc::new(AtomicI64::new(DAY_MS / 2));
    let clock = VirtualClock { origin: world.origin, ahead_ms: ahead_ms.clone() };
    (open_by(world.dir.path(), &world.radio, clock).await, ahead_ms)
}

fn done(pain: u8) -> ExerciseDone {
    ExerciseDone {
        pain_before: Some(score(2)),
        worst_during: Some(score(pain)),
        difficulty: Some(Difficulty::Right),
        ..ExerciseDone::default()
    }
}

fn invalid(error: &Error) -> String {
    let Error::Invalid(text) = error else { panic!("{error:?}") };
    text.clone()
}

#[tokio::test(start_paused = true)]
async fn ones_own_plan_is_offered_done_and_made_harder_step_by_step() {
    let world = World::new();
    let (companion, ahead_ms) = at_noon(&world).await;
    assert!(companion.plan().await.unwrap().is_none());
    assert!(invalid(&companion.exercises_today().await.unwrap_err()).contains("begin one of your own"));
    companion.begin_own_plan().await.unwrap();
    assert!(invalid(&companion.begin_own_plan().await.unwrap_err()).contains("end it first"));

    // Nothing is offered before the questions are answered.
    let today = companion.exercises_today().await.unwrap();
    assert_eq!((today.date, today.session), (date(2026, 1, 1), None));
    assert!(today.not_now.unwrap().contains("Answer these questions"));
    companion.answer_screening(Answers::all_no().answers, false).await.unwrap();
    let session = companion.exercises_today().await.unwrap().session.unwrap();
    assert!(!session.items.is_empty() && session.seconds() <= 30 * 60, "{session:?}");

    let begun = companion.plan().await.unwrap().unwrap().state.standings;
    let mut changes = Vec::new();
    // On Friday, Monday and Wednesday, and each morning after.
    for (day, is_first) in [(1, true), (4, false), (6, false)] {
        ahead_ms.store(day * DAY_MS + DAY_MS / 2, Ordering::Relaxed);
        let today = companion.exercises_today().await.unwrap();
        assert!(today.session.unwrap().items.iter().any(|item| item.activity.as_str() == "trunk"), "day {day}");
        changes.extend(companion.exercise_done("trunk", done(3)).await.unwrap().changes);
        ahead_ms.store((day + 1) * DAY_MS + DAY_MS / 4, Ordering::Relaxed);
        assert_eq!(companion.exercises_today().await.unwrap().mornings_open, 1);
        let kept = companion.morning_after(score(2)).await.unwrap();
        assert_eq!(kept.entry_ids.len(), 1);
        changes.extend(kept.changes);
        assert_eq!(companion.exercises_today().await.unwrap().mornings_open, 0);
        assert_eq!(changes.is_empty(), is_first || day == 4, "{changes:?}");
    }
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(changes[0].contains("3 times in a row without worse pain"), "{changes:?}");
    let view = companion.plan().await.unwrap().unwrap();
    let stand = |standings: &[lumbra::domain::plan::Standing]| {
        standings.iter().find(|standing| standing.activity.as_str() == "trunk").unwrap().dosed
    };
    assert!(stand(&view.state.standings).is_harder_than(&stand(&begun)));
    assert!(view.weeks.iter().map(|week| week.done).sum::<u32>() == 3, "{:?}", view.weeks);
    assert!(view.review.is_some() && view.plan.parts().source == Source::Own { stage: Stage::Calm });

    // A bad session ends it for the day and takes it back from the next on; a skipped one changes nothing.
    ahead_ms.store(8 * DAY_MS + DAY_MS / 2, Ordering::Relaxed);
    let kept = companion.exercise_skipped("walking", SkipReason::NoTime).await.unwrap();
    assert_eq!(kept.changes, Vec::<String>::new());
    let kept = companion.exercise_done("trunk", done(8)).await.unwrap();
    assert!(kept.not_again_today, "{kept:?}");
    assert_eq!(companion.exercise_log().await.unwrap().len(), 5);
    ahead_ms.store(9 * DAY_MS + DAY_MS / 4, Ordering::Relaxed);
    let view = companion.plan().await.unwrap().unwrap();
    assert!(view.state.changes.last().unwrap().sentence().contains("one step back"), "{:?}", view.state.changes);
    assert_eq!(stand(&view.state.standings), stand(&begun));
    assert!(invalid(&companion.exercise_done("headstand", done(1)).await.unwrap_err()).contains("trunk"));

    // The copy of everything has it too.
    let file = world.dir.path().join("copy.json");
    companion.export(&file).await.unwrap();
    let copy: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!((copy["plans"].as_array().unwrap().len(), copy["exercises"].as_array().unwrap().len()), (1, 5));
    assert_eq!(copy["plans"][0]["status"], "active");
    companion.export_tables(&world.dir.path().join("tables")).await.unwrap();
    let table = std::fs::read(world.dir.path().join("tables/exercises.csv")).unwrap();
    let rows: Vec<ExerciseRow> = lumbra::report::tables::read(&table).unwrap();
    assert_eq!(
        rows.iter().map(|row| row.event.0.as_str()).collect::<Vec<_>>(),
        ["done", "done", "done", "skipped", "done"]
    );
    assert_eq!(rows.iter().filter_map(|row| row.pain_next_morning).collect::<Vec<_>>(), [2, 2, 2]);

    // It is all there after a restart; then it ends.
    companion.close().await;
    let clock = VirtualClock { origin: world.origin, ahead_ms };
    let companion = open_by(world.dir.path(), &world.radio, clock).await;
    assert_eq!(companion.exercise_log().await.unwrap().len(), 5);
    companion.end_own_plan().await.unwrap();
    assert!(companion.plan().await.unwrap().is_none());
    companion.begin_own_plan().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn pain_that_jumps_and_red_flags_stand_before_every_exercise() {
    let world = World::new();
    let (companion, _) = at_noon(&world).await;
    companion.begin_own_plan().await.unwrap();
    companion.answer_screening(Answers::all_no().answers, false).await.unwrap();
    let place = || Sites::parse(["lower-back"]).unwrap();
    for number in [3, 9] {
        companion.add_pain_report(PainContext::Diary, PainReport::new(score(number), place())).await.unwrap();
    }
    let today = companion.exercises_today().await.unwrap();
    assert!(today.session.is_none() && today.not_now.unwrap().contains("red-flag questions"));
    let mut flags = Answers::all_no().answers;
    flags.retain(|id, _| lumbra::domain::red_flags::questions().any(|question| question.id == id.as_str()));
    flags.insert("saddle".to_owned(), Answer::Yes);
    companion.red_flag_check(flags, false).await.unwrap();
    let today = companion.exercises_today().await.unwrap();
    assert!(today.session.is_none() && today.not_now.unwrap().starts_with("Go to emergency care now"));
}

/// A clinic's plan with one programme and a cap.
fn prescribed(cap: &str) -> Plan {
    let prescription = Prescription {
        programme: built_in("conventional").unwrap(),
        schedule: Schedule::times_a_week(5).unwrap(),
        minutes: 20,
        cap: cap.parse().unwrap(),
    };
    Plan::new(PlanParts {
        cap: None,
        id: PlanId::new("clinics").unwrap(),
        source: Source::Clinic { clinic: ClinicId::new("clinic").unwrap(), version: 1 },
        status: Status::Active,
        start: date(2026, 1, 1),
        end: None,
        activities: vec![Activity { id: ActivityId::new("tens").unwrap(), what: What::Stimulation(prescription) }],
    })
    .unwrap()
}

fn keep(world: &World, version: &str, status: PlanStatus, plan: Plan) {
    let dir = world.dir.path();
    let (mut store, _) = Store::open(dir, &FileKeyStore::new(dir.join("lumbra.key"))).unwrap();
    let record = PlanRecord {
        plan_id: "clinics".into(),
        version: version.into(),
        source: PlanSource::Clinic,
        status,
        received_at_ms: 0,
        document: plan,
    };
    store.save_plan(&record).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_clinics_cap_holds_from_the_next_start_and_survives_the_plan() {
    let world = World::new();
    let (companion, _device) = world.ready().await;
    companion.close().await;
    keep(&world, "1", PlanStatus::Active, prescribed("4.0"));
    let companion = world.open().await;
    let device = companion.device(None).await.unwrap();
    device.connected(std::time::Duration::from_secs(30)).await.unwrap();
    let prescriptions = companion.prescriptions().await.unwrap();
    assert_eq!((prescriptions.startable.len(), prescriptions.cap), (1, Some(Milliamps::from_tenths(40))));
    device.start(request("conventional", 20)).await.unwrap();
    let refused = device.set_intensity(ma(&[4.1, 0.0])).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    device.set_intensity(ma(&[4.0, 4.0])).await.unwrap();
    seconds(6).await;
    assert_eq!(true_ma(&world.wearable).await, [4.0, 4.0]);
    device.stop().await.unwrap();
    companion.close().await;

    // Taken back: nothing of it can be started, and its cap is no invitation to more.
    keep(&world, "1", PlanStatus::Withdrawn, prescribed("4.0"));
    let companion = world.open().await;
    let prescriptions = companion.prescriptions().await.unwrap();
    assert_eq!((prescriptions.startable.len(), prescriptions.cap), (0, Some(Milliamps::from_tenths(40))));
    let device = companion.device(None).await.unwrap();
    device.connected(std::time::Duration::from_secs(30)).await.unwrap();
    seconds(700).await;
    let started = device.start(request("conventional", 20)).await.unwrap();
    assert_eq!(started.outcome, lumbra::OutcomeName::Confirmed, "{started:?}");
    let refused = device.set_intensity(ma(&[4.1, 0.0])).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
}

/// What is prescribed is started with its own parameters, no longer than prescribed, and while the plan lets it be.
#[tokio::test(start_paused = true)]
async fn what_is_prescribed_is_started_as_it_is_while_the_plan_holds() {
    let world = World::new();
    let (companion, _device) = world.ready().await;
    companion.close().await;
    let slow = Parameters {
        frequency: (Hertz::from_tenths(800), Hertz::from_tenths(800)),
        ..*built_in("conventional").unwrap().parameters()
    };
    let slow = Programme::new(slow).unwrap();
    let mut parts = prescribed("4.0").parts().clone();
    let What::Stimulation(prescription) = &mut parts.activities[0].what else { panic!("a programme") };
    prescription.programme = slow;
    let plan = Plan::new(parts).unwrap();
    keep(&world, "1", PlanStatus::Active, plan.clone());
    let companion = world.open().await;
    let device = companion.device(None).await.unwrap();
    device.connected(std::time::Duration::from_secs(30)).await.unwrap();
    let of_plan = |activity: &str, minutes: u32| StartRequest {
        course: Course::Prescribed(activity.to_owned()),
        ..request("conventional", minutes)
    };
    for wrong in [of_plan("conventional", 20), of_plan("tens", 21), of_plan("", 20)] {
        assert!(matches!(device.start(wrong).await, Err(Error::Invalid(_))));
    }
    let started = device.start(of_plan("tens", 20)).await.unwrap();
    assert_eq!(started.outcome, lumbra::OutcomeName::Confirmed, "{started:?}");
    let refused = device.set_intensity(ma(&[4.1, 0.0])).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    device.stop().await.unwrap();
    seconds(5).await;
    companion.close().await;

    keep(&world, "2", PlanStatus::Withdrawn, plan.clone());
    {
        let dir = world.dir.path();
        let (store, _) = Store::open(dir, &FileKeyStore::new(dir.join("lumbra.key"))).unwrap();
        let [session] = &store.sessions_between(0, i64::MAX).unwrap()[..] else { panic!("one session") };
        let ran: SessionPlan = serde_json::from_str(&session.start.programme).unwrap();
        assert_eq!((ran.programme, ran.duration.get()), (slow, 20 * 60));
    }
    let companion = world.open().await;
    let device = companion.device(None).await.unwrap();
    device.connected(std::time::Duration::from_secs(30)).await.unwrap();
    seconds(700).await;
    let refused = device.start(of_plan("tens", 20)).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}
