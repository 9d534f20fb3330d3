//! The diary from a shell's side: red flags that lock and are cleared, entries that are corrected, days, questionnaires, charts
//! and the copy of it all.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::float_cmp)] // In a test a failure is a panic.

mod support;

use std::collections::BTreeMap;

use lumbra::domain::diary::{
    Activity, Medication, Medications, PainReport, Quality, Sites, SleepQuality, SleepTime, Stiffness, Trigger,
    Wellbeing,
};
use lumbra::domain::pain::{Note, PainContext, PainScore, Place};
use lumbra::domain::questionnaires::{Answers, Form};
use lumbra::domain::red_flags::{self, Outcome, Why};
use lumbra::domain::screening::{Answer, Route, Screening};
use lumbra::{ChartMetric, Companion, Error, OutcomeName, PhaseName};
use support::{World, ma, request, seconds, true_ma, until};

fn score(number: u8) -> PainScore {
    PainScore::new(number).unwrap()
}

fn report(number: u8, words: &[&str]) -> PainReport {
    PainReport::new(score(number), Sites::parse(words.iter().copied()).unwrap())
}

async fn tell(companion: &Companion, number: u8, words: &[&str]) -> String {
    companion.add_pain_report(PainContext::Diary, report(number, words)).await.unwrap().entry_id
}

/// No to every red flag but some.
fn flags(yes: &[&str]) -> BTreeMap<String, Answer> {
    red_flags::questions()
        .map(|question| {
            let answer = if yes.contains(&question.id) { Answer::Yes } else { Answer::No };
            (question.id.to_owned(), answer)
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_jump_of_pain_asks_for_a_check_before_the_next_session() {
    let world = World::new();
    let companion = world.open().await;
    assert_eq!(companion.red_flags_due().await.unwrap(), Some(Why::NeverChecked));
    companion.close().await;
    let (companion, device) = world.ready().await;
    assert_eq!(companion.red_flags_due().await.unwrap(), None, "the screening has asked");
    tell(&companion, 3, &["lower-back"]).await;
    tell(&companion, 8, &["lower-back"]).await;
    assert_eq!(companion.red_flags_due().await.unwrap(), Some(Why::PainJump));
    let Err(Error::Screening(advice)) = device.start(request("conventional", 20)).await else { panic!("refused") };
    assert!(advice.contains("red-flag questions"), "{advice}");
    // Half a check is none.
    let mut half = flags(&[]);
    half.remove("fever");
    let check = companion.red_flag_check(half, true).await.unwrap();
    assert_eq!((check.outcome, check.due), (Outcome::Incomplete(vec!["fever"]), Some(Why::PainJump)));
    assert!(matches!(device.start(request("conventional", 20)).await, Err(Error::Screening(_))));
    let check = companion.red_flag_check(flags(&[]), false).await.unwrap();
    assert_eq!((check.outcome, check.due), (Outcome::SelfCare { because: vec![] }, None));
    assert_eq!(device.start(request("conventional", 20)).await.unwrap().outcome, OutcomeName::Confirmed);
    // While it runs, pain that changes kind waits for the next start: the session is not stopped for it.
    tell(&companion, 4, &["lower-back", "leg:left"]).await;
    assert_eq!(companion.red_flags_due().await.unwrap(), Some(Why::NewLeg));
    seconds(5).await;
    assert_eq!(device.snapshot().borrow().phase, PhaseName::Running);
    // A shell that knows of screenings alone can answer that way.
    let answers = lumbra::domain::screening::Answers::all_no().answers;
    companion.answer_screening(answers, false).await.unwrap();
    assert_eq!(companion.red_flags_due().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn an_emergency_stops_the_session_and_locks_until_a_clinician_has_agreed() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    device.start(request("conventional", 20)).await.unwrap();
    device.set_intensity(ma(&[5.0, 5.0])).await.unwrap();
    seconds(6).await;
    assert_eq!(true_ma(&world.wearable).await, [5.0, 5.0]);
    // One answer is enough, and no consent given beside it helps.
    let unsure = BTreeMap::from([("bladder_bowel".to_owned(), Answer::Unsure)]);
    let check = companion.red_flag_check(unsure, true).await.unwrap();
    assert_eq!(check.outcome, Outcome::Emergency { because: vec!["bladder_bowel"] });
    assert!(matches!(check.screening, Screening::Locked { route: Route::Emergency, .. }));
    until(&device, "over", |snapshot| snapshot.phase == PhaseName::Idle && snapshot.session.is_none()).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
    seconds(700).await;
    let refused = async || matches!(device.start(request("conventional", 20)).await, Err(Error::Screening(_)));
    assert!(refused().await);
    let answers = lumbra::domain::screening::Answers::all_no().answers;
    let judged = companion.answer_screening(answers, false).await.unwrap();
    assert!(matches!(judged, Screening::Locked { route: Route::AskClinician, .. }), "{judged:?}");
    assert!(refused().await, "nobody has looked");
    let check = companion.red_flag_check(flags(&[]), false).await.unwrap();
    assert_eq!(check.outcome, Outcome::ClinicianSoon { because: vec!["bladder_bowel"] });
    assert!(refused().await, "nobody has looked");
    let check = companion.red_flag_check(flags(&[]), true).await.unwrap();
    assert!(matches!(check.screening, Screening::Passed(_)));
    assert_eq!(device.start(request("conventional", 20)).await.unwrap().outcome, OutcomeName::Confirmed);
}

#[tokio::test(start_paused = true)]
async fn each_flag_of_a_check_locks_as_in_a_screening() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    device.start(request("conventional", 20)).await.unwrap();
    seconds(2).await;
    let check = companion.red_flag_check(flags(&["undiagnosed"]), true).await.unwrap();
    assert_eq!(check.outcome, Outcome::ClinicianSoon { because: vec!["undiagnosed"] });
    until(&device, "over", |snapshot| snapshot.phase == PhaseName::Idle && snapshot.session.is_none()).await;
    let check = companion.red_flag_check(flags(&["fever"]), false).await.unwrap();
    assert_eq!(check.outcome, Outcome::SelfCare { because: vec!["fever"] });
    assert!(matches!(check.screening, Screening::Locked { route: Route::AskClinician, .. }));
    let check = companion.red_flag_check(flags(&["fever", "weight_loss"]), true).await.unwrap();
    assert_eq!(check.outcome, Outcome::ClinicianSoon { because: vec!["weight_loss", "fever"] });
    assert!(matches!(check.screening, Screening::Passed(_)), "a clinician knows and has agreed");
    let strange = BTreeMap::from([("implant".to_owned(), Answer::No)]);
    assert!(matches!(companion.red_flag_check(strange, false).await, Err(Error::Invalid(_))), "not asked in a check");
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_corrected_and_a_correction_is_told_anew() {
    let world = World::new();
    let (companion, _device) = world.ready().await;
    let first = tell(&companion, 3, &["lower-back"]).await;
    let told = PainReport::new(score(6), Sites::parse(["lower-back:left", "leg:left"]).unwrap())
        .with_last_day(Some(score(8)), Some(score(5)))
        .unwrap()
        .with_qualities([Quality::Burning, Quality::Aching])
        .with_note(Note::new("since the drive").unwrap());
    let entry = companion.add_pain_report(PainContext::Diary, told.clone()).await.unwrap();
    assert_eq!(
        (entry.place.as_str(), entry.sites.as_slice()),
        ("lower-back", &["lower-back:left", "leg:left"].map(String::from)[..])
    );
    assert_eq!(
        (entry.qualities.as_slice(), entry.worst, entry.average),
        (&["aching", "burning"].map(String::from)[..], Some(8), Some(5))
    );
    assert_eq!(entry.report().unwrap(), told);
    assert_eq!(companion.pain(&entry.entry_id).await.unwrap(), entry);
    companion.red_flag_check(flags(&[]), false).await.unwrap();
    seconds(60).await;
    let edited = companion.edit_pain(&entry.entry_id, report(9, &["lower-back"])).await.unwrap();
    assert_eq!((edited.at_ms, edited.score, edited.worst), (entry.at_ms, 9, None));
    assert_eq!(companion.red_flags_due().await.unwrap(), Some(Why::PainJump));
    let missing = companion.edit_pain("no such entry", report(1, &["neck"])).await;
    assert!(matches!(missing, Err(Error::Store(_))));
    let history = companion.history(1).await.unwrap();
    assert_eq!(history.pain.iter().map(|entry| entry.score).collect::<Vec<_>>(), [3, 9]);
    assert_eq!(history.days[0].pain_mean, Some(6.0));
    assert_eq!(companion.pain(&first).await.unwrap().report().unwrap(), report(3, &["lower-back"]));
}

#[tokio::test(start_paused = true)]
async fn a_day_its_questionnaires_and_its_pain_are_shown_charted_and_copied() {
    let world = World::new();
    let (companion, _device) = world.ready().await;
    let today = companion.today();
    let told = Wellbeing {
        stiffness: Some(Stiffness::from_minutes(20).unwrap()),
        sleep_quality: Some(SleepQuality::new(6).unwrap()),
        sleep_time: Some(SleepTime::from_minutes(450).unwrap()),
        heat: true,
        cold: false,
        activity: Some(Activity::Light),
        triggers: [Trigger::Sitting, Trigger::Stress].into(),
        note: Note::new("a long drive").unwrap(),
        medications: Medications::new(vec![Medication::parse("ibuprofen 400 mg").unwrap()]).unwrap(),
    };
    let entry = companion.save_wellbeing(today, &told).await.unwrap();
    assert_eq!(entry.told(), told);
    assert_eq!(companion.wellbeing(today).await.unwrap(), Some(entry));
    assert!(matches!(companion.save_wellbeing(today + 1, &told).await, Err(Error::Invalid(_))));
    assert!(matches!(companion.save_wellbeing(today - 4_000, &told).await, Err(Error::Invalid(_))));
    companion.save_wellbeing(today - 2, &Wellbeing { sleep_time: None, ..told }).await.unwrap();
    companion.add_pain(score(4), PainContext::Diary, Place::Hip, Note::default()).await.unwrap();

    let peg = |answers: &[u8]| Answers::in_order(Form::Peg, answers).unwrap();
    let first = companion.answer_questionnaire(Form::Peg, peg(&[9, 6, 6])).await.unwrap();
    assert_eq!((first.score, first.since_last), (7.0, None));
    seconds(1).await;
    let second = companion.answer_questionnaire(Form::Peg, peg(&[4, 4, 4])).await.unwrap();
    assert_eq!((second.score, second.since_last), (4.0, Some("better")));
    let edited = companion.edit_questionnaire(&second.entry_id, peg(&[6, 6, 6])).await.unwrap();
    assert_eq!((edited.score, edited.since_last), (6.0, Some("same")));
    let ticked = Answers::ticked(Form::RolandMorris, &[1, 5, 9]).unwrap();
    companion.answer_questionnaire(Form::RolandMorris, ticked).await.unwrap();
    let mut open = peg(&[1, 2, 3]);
    open.0.remove("activity");
    let Err(Error::Invalid(why)) = companion.answer_questionnaire(Form::Peg, open).await else { panic!("refused") };
    assert!(why.contains("activity"), "{why}");
    let all = companion.questionnaires(Some(Form::Peg), 7).await.unwrap();
    assert_eq!(all.iter().map(|entry| entry.score).collect::<Vec<_>>(), [7.0, 6.0]);

    let days = companion.diary_days(today - 6, today).await.unwrap();
    assert_eq!(days.iter().map(|day| day.local_day).collect::<Vec<_>>(), [today - 2, today]);
    assert_eq!((days[1].pain.len(), days[1].questionnaires.len(), days[0].pain.len()), (1, 3, 0));
    for (metric, value) in [
        (ChartMetric::SleepQuality, 6.0),
        (ChartMetric::SleepHours, 7.5),
        (ChartMetric::StiffnessMinutes, 20.0),
        (ChartMetric::Peg, 6.0),
        (ChartMetric::RolandMorris, 3.0),
        (ChartMetric::PainMean, 4.0),
    ] {
        let chart = companion.chart(metric, 3).await.unwrap();
        assert_eq!((chart.values[2], chart.values[1].is_nan()), (value, true), "{metric:?}");
        assert_eq!(
            chart.values[0].is_nan(),
            !matches!(metric, ChartMetric::SleepQuality | ChartMetric::StiffnessMinutes)
        );
    }

    let file = world.dir.path().join("copy.json");
    companion.export(&file).await.unwrap();
    let copy: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(copy["wellbeing"].as_array().unwrap().len(), 2);
    assert_eq!(copy["wellbeing"][1]["medications"][0]["dose"], "400 mg");
    assert_eq!(copy["questionnaires"].as_array().unwrap().len(), 3);
    assert_eq!(copy["history"]["pain"][0]["sites"][0], "hip");
    assert_eq!(
        (&copy["screenings"][0]["part"], &copy["screenings"][0]["answers"]["saddle"]),
        (&"all".into(), &"no".into())
    );
}
