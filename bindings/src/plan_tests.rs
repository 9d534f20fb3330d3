//! A plan of one's own, as a shell goes through a day with it.

use futures::executor::block_on;

use super::*;
use crate::demo::{DemoTime, VirtualWearable};
use crate::{
    ExerciseDifficulty, ExerciseEvent, ExerciseReport, ExerciseSkip, ScreeningAnswer, exercise_page,
    screening_questions,
};

const DAY_MS: u64 = 24 * 3_600_000;

#[test]
fn a_plan_of_ones_own_is_begun_done_and_ended() {
    let dir = tempfile::tempdir().unwrap();
    let wearable = VirtualWearable::new(DemoTime::Virtual).unwrap();
    block_on(async {
        let lumbra = Lumbra::open_demo(dir.path().display().to_string(), wearable.clone(), None).await.unwrap();
        assert_eq!(lumbra.plan().await, Ok(None));
        assert!(matches!(lumbra.exercises_today().await, Err(LumbraError::Invalid { .. })));
        lumbra.begin_own_plan().await.unwrap();
        assert!(matches!(lumbra.begin_own_plan().await, Err(LumbraError::Invalid { .. })));
        let plan = lumbra.plan().await.unwrap().unwrap();
        assert_eq!(plan.source, PlanSource::Own { stage: PlanStage::Calm });
        assert_eq!((plan.status, plan.first_day), (PlanStatus::Active, lumbra.today().await.unwrap()));
        assert!(!plan.exercises.is_empty() && plan.changes.is_empty() && !plan.evidence.is_empty());
        assert!(matches!(plan.review, Some(PlanReview::Stay { .. })));
        assert_eq!(plan.prescriptions, StimulationPrescriptions { startable: Vec::new(), cap_ma: None });
        assert!(matches!(lumbra.follow_review().await, Err(LumbraError::Invalid { .. })), "it is too early");

        // Nothing is offered before the screening.
        let today = lumbra.exercises_today().await.unwrap();
        assert!(today.session.is_none() && today.not_now.is_some_and(|why| !why.is_empty()));
        let no = screening_questions().into_iter().map(|question| (question.id, ScreeningAnswer::No)).collect();
        lumbra.answer_screening(no, false).await.unwrap();
        let mut session = lumbra.exercises_today().await.unwrap().session.unwrap();
        for _ in 0..7 {
            // On some days of the week nothing is due.
            if session.items.is_empty() {
                wearable.pass_time(DAY_MS).await.unwrap();
                session = lumbra.exercises_today().await.unwrap().session.unwrap();
            }
        }
        let first = session.items.first().unwrap();
        assert!(session.seconds >= first.seconds && first.times_left >= 1);
        assert!(exercise_page(first.exercise.clone(), "de".to_owned()).is_ok());

        // What was asked for is done, and another skipped.
        let report = ExerciseReport {
            dose: Some(first.dose.clone()),
            pain_before: Some(2),
            worst_during: Some(3),
            difficulty: Some(ExerciseDifficulty::Right),
            stopped: None,
        };
        let kept = lumbra.exercise_done(first.activity.clone(), report.clone()).await.unwrap();
        assert_eq!((kept.entry_ids.len(), kept.not_again_today), (1, false));
        let other = &plan.exercises.iter().find(|other| other.activity != first.activity).unwrap().activity;
        // The log goes by the time of day.
        wearable.pass_time(1_000).await.unwrap();
        lumbra.exercise_skipped(other.clone(), ExerciseSkip::NoTime).await.unwrap();
        let [done, skipped] = &lumbra.exercise_log().await.unwrap()[..] else { panic!("two entries") };
        assert_eq!(done.entry_id, kept.entry_ids[0]);
        assert!(
            matches!(&done.event, ExerciseEvent::Done { dose, pain_before: Some(2), .. } if *dose == first.dose),
            "{done:?}"
        );
        assert_eq!(skipped.event, ExerciseEvent::Skipped { reason: ExerciseSkip::NoTime });
        assert!(done.minute_of_day < 24 * 60);

        // What doesn't fit is refused, and nothing is kept of it.
        let wrong = [
            (first.activity.clone(), ExerciseReport { pain_before: Some(11), ..report.clone() }),
            (first.activity.clone(), ExerciseReport { dose: Some(ExerciseDose::Minutes { minutes: 999 }), ..report }),
            ("headstand".to_owned(), ExerciseReport::default()),
            (String::new(), ExerciseReport::default()),
        ];
        for (activity, report) in wrong {
            let refused = lumbra.exercise_done(activity, report).await;
            assert!(matches!(refused, Err(LumbraError::Invalid { .. })), "{refused:?}");
        }
        assert_eq!(lumbra.exercise_log().await.unwrap().len(), 2);

        // The morning after.
        wearable.pass_time(DAY_MS).await.unwrap();
        assert_eq!(lumbra.exercises_today().await.unwrap().mornings_open, 1);
        assert!(matches!(lumbra.morning_after(11).await, Err(LumbraError::Invalid { .. })));
        assert_eq!(lumbra.morning_after(2).await.unwrap().entry_ids, kept.entry_ids);
        assert!(lumbra.morning_after(2).await.unwrap().entry_ids.is_empty(), "told already");

        lumbra.end_own_plan().await.unwrap();
        assert_eq!(lumbra.plan().await, Ok(None));
        assert!(matches!(lumbra.end_own_plan().await, Err(LumbraError::Invalid { .. })));
        lumbra.shut_down().await.unwrap();
    });
}
