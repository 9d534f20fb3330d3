//! The rows of each table. A field's name is the head of its column, and ends in its unit where it has one.
//!
//! Dates are `2025-11-30`, moments `2025-11-30T18:05:00.000+01:00`, both on the person's own clock. An empty cell is "not told".

use lumbra_domain::pain::PainScore;
use lumbra_domain::plan::{Dose, Event};
use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::buckets::ratio;
use crate::questionnaire::{Answers, Questionnaire};
use crate::report::{Day, Device, Note, Pain, Session, Wellbeing};
use crate::tables::{Command, Exercise, PostureHour};

/// A table, by its rows.
pub trait Row: Serialize + for<'de> Deserialize<'de> {
    /// The name of its file.
    const FILE: &'static str;
}

macro_rules! rows {
    ($($(#[doc = $doc:literal])+ $name:ident in $file:literal { $($(#[doc = $field_doc:literal])+ $field:ident: $kind:ty,)+ })+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            pub struct $name { $($(#[doc = $field_doc])+ pub $field: $kind,)+ }

            impl Row for $name {
                const FILE: &'static str = $file;
            }

            impl $name {
                /// The heads of its columns.
                pub const HEADS: &'static [&'static str] = &[$(stringify!($field)),+];
            }
        )+
    };
}

rows! {
    /// A wearable.
    DeviceRow in "devices.csv" {
        /// Its identity.
        device_id: Text,
        /// Its model.
        model: Text,
        /// Its serial number.
        serial: Text,
        /// Its firmware's version.
        firmware: Text,
    }
    /// A day.
    DayRow in "days.csv" {
        /// The day.
        date: Text,
        /// Upright, in seconds.
        upright_s: u32,
        /// Slouched forward, in seconds.
        slouched_s: u32,
        /// Leaning sideways or back, in seconds.
        leaning_s: u32,
        /// Lying, in seconds.
        lying_s: u32,
        /// Moving, in seconds.
        moving_s: u32,
        /// Not worn, in seconds.
        not_worn_s: u32,
        /// Nudges given.
        nudges: u32,
        /// Pain entries.
        pain_entries: u32,
        /// Their mean score.
        pain_mean: Option<f64>,
        /// The lowest score.
        pain_lowest: Option<u8>,
        /// The highest score.
        pain_highest: Option<u8>,
    }
    /// A session.
    SessionRow in "sessions.csv" {
        /// Its identity.
        session_id: Text,
        /// The wearable.
        device_id: Text,
        /// When it was started.
        started_at: Text,
        /// When it ended.
        ended_at: Text,
        /// The programme.
        programme: Text,
        /// Planned stimulation time, in seconds.
        planned_s: u32,
        /// Stimulation time, in seconds.
        stimulated_s: u32,
        /// Whether that is the worse case, as the end was not seen.
        worst_case: bool,
        /// The highest current measured, in mA.
        highest_ma: f64,
        /// The highest current allowed, in mA.
        limit_ma: f64,
        /// Pain just before, 0 to 10.
        pain_before: Option<u8>,
        /// Pain just after, 0 to 10.
        pain_after: Option<u8>,
        /// How it ended.
        outcome: Text,
    }
    /// A pain entry.
    PainRow in "pain.csv" {
        /// Its identity.
        pain_id: Text,
        /// When.
        at: Text,
        /// 0 to 10.
        score: u8,
        /// Before a session, after one, or at any other time.
        context: Text,
        /// The session it belongs to.
        session_id: Text,
        /// Where it hurts.
        place: Text,
        /// The person's own words.
        note: Text,
    }
    /// How a day was otherwise.
    WellbeingRow in "wellbeing.csv" {
        /// The day.
        date: Text,
        /// Sleep, 0 (very bad) to 10 (very good).
        sleep_quality: Option<u8>,
        /// Morning stiffness, in minutes.
        stiffness_min: Option<u16>,
        /// What was taken.
        medication: Text,
    }
    /// A questionnaire that was answered.
    QuestionnaireRow in "questionnaires.csv" {
        /// Its identity.
        questionnaire_id: Text,
        /// When.
        at: Text,
        /// Which.
        questionnaire: Text,
        /// The score: PEG 0 to 10, Roland-Morris 0 to 24.
        score: f64,
        /// PEG, pain on average.
        peg_pain: Option<u8>,
        /// PEG, enjoyment of life.
        peg_enjoyment: Option<u8>,
        /// PEG, general activity.
        peg_activity: Option<u8>,
        /// Roland-Morris, the numbers of the statements ticked.
        statements: Text,
    }
    /// An hour of a day.
    PostureHourRow in "posture_hours.csv" {
        /// The day.
        date: Text,
        /// The hour, 0 to 23.
        hour: u8,
        /// Upright, in seconds.
        upright_s: u32,
        /// Slouched forward, in seconds.
        slouched_s: u32,
        /// Leaning sideways or back, in seconds.
        leaning_s: u32,
        /// Lying, in seconds.
        lying_s: u32,
        /// Moving, in seconds.
        moving_s: u32,
        /// Not worn, in seconds.
        not_worn_s: u32,
        /// Nudges given.
        nudges: u32,
    }
    /// An exercise that was done, or skipped.
    ExerciseRow in "exercises.csv" {
        /// The entry's identity.
        entry_id: Text,
        /// When, on the person's own clock, without its offset.
        at: Text,
        /// The plan.
        plan_id: Text,
        /// The activity of the plan.
        activity_id: Text,
        /// The exercise of the library.
        exercise: Text,
        /// `done`, `skipped`, or `agreed`: a clinician agrees to going on.
        event: Text,
        /// The repetitions of each set that was done.
        repetitions: Text,
        /// How long each repetition was held, in seconds.
        hold_s: Option<u8>,
        /// How long it was done, in minutes.
        minutes: Option<u8>,
        /// Pain just before, 0 to 10.
        pain_before: Option<u8>,
        /// The worst pain during it, 0 to 10.
        pain_worst: Option<u8>,
        /// Pain on the next morning, 0 to 10.
        pain_next_morning: Option<u8>,
        /// How hard it was.
        difficulty: Text,
        /// Why it was stopped early.
        stopped: Text,
        /// Why it was skipped.
        skipped: Text,
    }
    /// A command that was given.
    CommandRow in "commands.csv" {
        /// Its identity.
        command_id: Text,
        /// When it was given.
        at: Text,
        /// What it was.
        kind: Text,
        /// Which number it had on the air.
        sequence: u16,
        /// What became of it.
        outcome: Text,
        /// What that was told from.
        settled_by: Text,
        /// Why it was rejected.
        reason: Text,
    }
    /// A note that belongs to no pain entry.
    NoteRow in "notes.csv" {
        /// The day.
        date: Text,
        /// The words.
        text: Text,
    }
}

impl From<&Device> for DeviceRow {
    fn from(device: &Device) -> Self {
        Self {
            device_id: Text::new(&device.identity),
            model: Text::new(&device.model),
            serial: Text::new(&device.serial),
            firmware: Text::new(&device.firmware),
        }
    }
}

impl From<&Day> for DayRow {
    fn from(day: &Day) -> Self {
        let (posture, pain) = (day.posture, day.pain);
        Self {
            date: Text::new(day.date.to_string()),
            upright_s: posture.upright_s,
            slouched_s: posture.slouched_s,
            leaning_s: posture.leaning_s,
            lying_s: posture.lying_s,
            moving_s: posture.moving_s,
            not_worn_s: posture.not_worn_s,
            nudges: day.nudges,
            pain_entries: pain.map_or(0, |pain| pain.entries.get()),
            pain_mean: pain.map(|pain| ratio(pain.score_sum.into(), pain.entries.get().into())),
            pain_lowest: pain.map(|pain| pain.lowest.get()),
            pain_highest: pain.map(|pain| pain.highest.get()),
        }
    }
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        Self {
            session_id: Text::new(&session.identity),
            device_id: Text::new(&session.device),
            started_at: Text::new(session.started.iso()),
            ended_at: Text::new(session.ended.map_or_else(String::new, crate::Moment::iso)),
            programme: Text::new(&session.programme),
            planned_s: session.planned.get(),
            stimulated_s: session.stimulated.get(),
            worst_case: session.worst_case,
            highest_ma: session.highest.as_f64(),
            limit_ma: session.limit.as_f64(),
            pain_before: session.pain_before.map(PainScore::get),
            pain_after: session.pain_after.map(PainScore::get),
            outcome: Text::new(session.outcome.as_str()),
        }
    }
}

impl From<&Pain> for PainRow {
    fn from(pain: &Pain) -> Self {
        Self {
            pain_id: Text::new(&pain.identity),
            at: Text::new(pain.at.iso()),
            score: pain.score.get(),
            context: Text::new(pain.when.as_str()),
            session_id: Text::new(pain.session.as_deref().unwrap_or_default()),
            place: Text::new(&pain.place),
            note: Text::new(&pain.note),
        }
    }
}

impl From<&Wellbeing> for WellbeingRow {
    fn from(day: &Wellbeing) -> Self {
        Self {
            date: Text::new(day.date.to_string()),
            sleep_quality: day.sleep.map(crate::SleepQuality::get),
            stiffness_min: day.stiffness_min,
            medication: Text::new(&day.medication),
        }
    }
}

impl From<&Questionnaire> for QuestionnaireRow {
    fn from(answered: &Questionnaire) -> Self {
        let (peg, statements) = match answered.answers {
            Answers::Peg(peg) => (Some(peg), String::new()),
            Answers::RolandMorris(statements) => {
                (None, statements.numbers().map(|number| number.to_string()).collect::<Vec<_>>().join(" "))
            }
        };
        Self {
            questionnaire_id: Text::new(&answered.identity),
            at: Text::new(answered.at.iso()),
            questionnaire: Text::new(answered.answers.name()),
            score: answered.answers.score(),
            peg_pain: peg.map(|peg| peg.pain.get()),
            peg_enjoyment: peg.map(|peg| peg.enjoyment.get()),
            peg_activity: peg.map(|peg| peg.activity.get()),
            statements: Text::new(statements),
        }
    }
}

impl From<&PostureHour> for PostureHourRow {
    fn from(hour: &PostureHour) -> Self {
        let posture = hour.posture;
        Self {
            date: Text::new(hour.date.to_string()),
            hour: hour.hour,
            upright_s: posture.upright_s,
            slouched_s: posture.slouched_s,
            leaning_s: posture.leaning_s,
            lying_s: posture.lying_s,
            moving_s: posture.moving_s,
            not_worn_s: posture.not_worn_s,
            nudges: hour.nudges,
        }
    }
}

impl From<&Exercise> for ExerciseRow {
    fn from(told: &Exercise) -> Self {
        let entry = &told.entry;
        let done = entry.done();
        let (event, skipped) = match &entry.event {
            Event::Done(_) => ("done", Text::default()),
            Event::Skipped { reason } => ("skipped", word(reason)),
            Event::Agreed => ("agreed", Text::default()),
        };
        let (sets, hold_s, minutes) = match done.map(|done| done.dosed.dose()) {
            None => (None, None, None),
            Some(Dose::Repetitions { sets }) => (Some(sets), None, None),
            Some(Dose::Holds { sets, hold_s }) => (Some(sets), Some(hold_s.get()), None),
            Some(Dose::Minutes { minutes }) => (None, None, Some(minutes.get())),
        };
        let repetitions = sets.into_iter().flat_map(lumbra_domain::plan::Sets::iter).map(|count| count.to_string());
        Self {
            entry_id: Text::new(entry.id.as_str()),
            at: Text::new(entry.at.to_string()),
            plan_id: Text::new(told.plan.as_deref().unwrap_or_default()),
            activity_id: Text::new(entry.activity.as_str()),
            exercise: Text::new(&told.exercise),
            event: Text::new(event),
            repetitions: Text::new(repetitions.collect::<Vec<_>>().join(" ")),
            hold_s,
            minutes,
            pain_before: done.and_then(|done| done.pain_before).map(PainScore::get),
            pain_worst: done.and_then(|done| done.worst_during).map(PainScore::get),
            pain_next_morning: done.and_then(|done| done.next_morning).map(PainScore::get),
            difficulty: done.and_then(|done| done.difficulty).map(word).unwrap_or_default(),
            stopped: done.and_then(|done| done.stopped).map(word).unwrap_or_default(),
            skipped,
        }
    }
}

/// A reason as it is stored.
fn word(of: impl Serialize) -> Text {
    Text::new(serde_json::to_value(of).ok().as_ref().and_then(serde_json::Value::as_str).unwrap_or_default())
}

impl From<&Command> for CommandRow {
    fn from(command: &Command) -> Self {
        Self {
            command_id: Text::new(&command.identity),
            at: Text::new(command.at.iso()),
            kind: Text::new(&command.kind),
            sequence: command.sequence,
            outcome: Text::new(&command.outcome),
            settled_by: Text::new(command.settled_by.as_deref().unwrap_or_default()),
            reason: Text::new(command.reason.as_deref().unwrap_or_default()),
        }
    }
}

impl From<&Note> for NoteRow {
    fn from(note: &Note) -> Self {
        Self { date: Text::new(note.date.to_string()), text: Text::new(&note.text) }
    }
}
