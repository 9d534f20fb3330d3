//! What is written comes back, whatever people write.

use std::fmt::Debug;

use proptest::prelude::*;

use lumbra_domain as domain;
use lumbra_domain::pain::PainScore;
use lumbra_domain::plan::{ActivityId, Difficulty, Done, Dose, Dosed, EntryId, Event, SkipReason, StopReason};

use super::*;
use crate::sample;

fn hours(report: &Report) -> Vec<PostureHour> {
    let hour = |day: &crate::Day| PostureHour { date: day.date, hour: 23, posture: day.posture, nudges: day.nudges };
    report.days.iter().map(hour).collect()
}

fn commands(text: &str, report: &Report) -> Vec<Command> {
    let command = |session: &crate::Session| Command {
        identity: session.identity.clone(),
        at: session.started,
        kind: "set_intensity".to_owned(),
        sequence: 7,
        outcome: "rejected".to_owned(),
        settled_by: Some("reply".to_owned()),
        reason: Some(text.to_owned()),
    };
    report.sessions.iter().map(command).collect()
}

fn exercises(text: &str) -> Vec<Exercise> {
    let done = |dosed: Dosed| Done {
        dosed,
        pain_before: PainScore::new(2).ok(),
        worst_during: PainScore::new(4).ok(),
        next_morning: None,
        difficulty: Some(Difficulty::Right),
        stopped: Some(StopReason::NumbOrWeak),
    };
    // The first that is counted so.
    let dosed = |dose: Dose| {
        let mut all = domain::exercise::Exercise::ALL.iter();
        let exercise = all.find(|exercise| exercise.facts().measure == dose.measure()).unwrap();
        Dosed::new(*exercise, dose).unwrap()
    };
    let events = [
        Event::Done(done(dosed(Dose::pyramid(&[5, 3, 1], 8).unwrap()))),
        Event::Done(done(dosed(Dose::repetitions(2, 8).unwrap()))),
        Event::Done(done(dosed(Dose::minutes(20).unwrap()))),
        Event::Skipped { reason: SkipReason::NotToday },
        Event::Agreed,
    ];
    let told = |(number, event)| Exercise {
        plan: (number > 0).then(|| text.to_owned()),
        exercise: text.to_owned(),
        entry: Entry {
            id: EntryId::new(&format!("e{number}")).unwrap(),
            edit: 0,
            activity: ActivityId::new("a").unwrap(),
            at: jiff::civil::datetime(2026, 3, 1, 9, 30, 0, 0),
            event,
        },
    };
    events.into_iter().enumerate().map(told).collect()
}

fn back<R: Row + PartialEq + Debug + for<'a> From<&'a T>, T>(all: &[Table], things: &[T]) {
    let table = all.iter().find(|table| table.file == R::FILE).unwrap();
    assert_eq!(table.rows, things.len());
    assert_eq!(read::<R>(&table.csv).unwrap(), things.iter().map(R::from).collect::<Vec<_>>());
}

fn all_back(report: &Report, text: &str) {
    let beside = Beside { hours: hours(report), commands: commands(text, report), exercises: exercises(text) };
    let all = tables(report, &beside).unwrap();
    assert_eq!(all.len(), 10);
    back::<DeviceRow, _>(&all, &report.devices);
    back::<DayRow, _>(&all, &report.days);
    back::<SessionRow, _>(&all, &report.sessions);
    back::<PainRow, _>(&all, &report.pain);
    back::<WellbeingRow, _>(&all, &report.wellbeing);
    back::<QuestionnaireRow, _>(&all, &report.questionnaires);
    back::<PostureHourRow, _>(&all, &beside.hours);
    back::<ExerciseRow, _>(&all, &beside.exercises);
    back::<CommandRow, _>(&all, &beside.commands);
    back::<NoteRow, _>(&all, &report.notes);
    for table in &all {
        // As a spreadsheet sees the cells.
        for row in ReaderBuilder::new().from_reader(table.csv.as_slice()).records() {
            for cell in &row.unwrap() {
                assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{}: {cell}", table.file);
            }
        }
        assert!(table.csv.ends_with(b"\r\n"), "{}", table.file);
    }
}

#[test]
fn every_sample_comes_back() {
    for (_, report) in sample::all() {
        all_back(&report, "low battery");
    }
}

#[test]
fn heads_and_cells_are_as_promised() {
    let mut report = sample::report(1);
    report.pain.truncate(1);
    report.pain[0].note = "=cmd|' /C calc'!A0, \"twice\"\nand a line".to_owned();
    let all = tables(&report, &Beside { exercises: exercises("x"), ..Beside::default() }).unwrap();
    let csv = |file: &str| String::from_utf8(all.iter().find(|table| table.file == file).unwrap().csv.clone()).unwrap();
    let pain = &report.pain[0];
    let begin = format!("pain-0,{},{},{},", pain.at.iso(), pain.score.get(), pain.when.as_str());
    let end = "lower-back,\"'=cmd|' /C calc'!A0, \"\"twice\"\"\nand a line\"\r\n";
    assert_eq!(
        csv("pain.csv"),
        format!(
            "pain_id,at,score,context,session_id,place,note\r\n{begin}{},{end}",
            pain.session.as_deref().unwrap_or_default()
        )
    );
    let told = csv("exercises.csv");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines[0],
        "entry_id,at,plan_id,activity_id,exercise,event,repetitions,hold_s,minutes,pain_before,pain_worst,pain_next_morning,difficulty,\
         stopped,skipped"
    );
    assert_eq!(lines[1], "e0,2026-03-01T09:30:00,,a,x,done,5 3 1,8,,2,4,,right,numb_or_weak,");
    assert_eq!(lines[2], "e1,2026-03-01T09:30:00,x,a,x,done,8 8,,,2,4,,right,numb_or_weak,");
    assert_eq!(lines[3], "e2,2026-03-01T09:30:00,x,a,x,done,,,20,2,4,,right,numb_or_weak,");
    assert_eq!(lines[4], "e3,2026-03-01T09:30:00,x,a,x,skipped,,,,,,,,,not_today");
    assert_eq!(lines[5], "e4,2026-03-01T09:30:00,x,a,x,agreed,,,,,,,,,");
    assert_eq!(csv("commands.csv"), "command_id,at,kind,sequence,outcome,settled_by,reason\r\n");
    assert!(csv("sessions.csv").contains(",planned_s,stimulated_s,worst_case,highest_ma,limit_ma,"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_words_come_back(text in "(?s)['=+@\\-\\t\\r\\n\",; ]{0,4}.{0,40}", days in 1_u32..20) {
        let mut report = sample::report(days);
        for pain in &mut report.pain {
            pain.note.clone_from(&text);
            pain.place.clone_from(&text);
        }
        for day in &mut report.wellbeing {
            day.medication.clone_from(&text);
        }
        for device in &mut report.devices {
            device.model.clone_from(&text);
        }
        for session in &mut report.sessions {
            session.programme.clone_from(&text);
        }
        for note in &mut report.notes {
            note.text.clone_from(&text);
        }
        all_back(&report, &text);
    }
}
