//! What a person takes to their clinician, filled from the store: the report, tables, and a bundle for a clinic's system.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::path::Path;

use jiff::civil::Date;
use lumbra_domain::pain::PainScore;
use lumbra_domain::plan::Entry;
use lumbra_domain::programme::{MODES, Mode};
use lumbra_domain::questionnaires::{self, Form};
use lumbra_domain::safety::SessionPlan;
use lumbra_domain::units::{Milliamps, Seconds, UnixMillis};
use lumbra_report::tables::{Beside, Command, Exercise, PostureHour};
use lumbra_report::{
    Answers, Day, Device, Moment, Note, Outcome, Pain, PainOfDay, PainWhen, Peg, Period, Person, Posture,
    Questionnaire, Report, Session, SleepQuality, Statements, Wellbeing,
};
use lumbra_store::{ExerciseEntry, PainContext, PostureSeconds, Store, StoreError};
use serde::Serialize;

use crate::companion::Companion;
use crate::engine::NOT_BEGUN;
use crate::error::Error;
use crate::export::write_whole;
use crate::posture::{date, day_number};

/// The longest period of a report: ten years, in days.
pub const REPORT_DAYS_MAX: u32 = crate::CHART_DAYS_MAX;

const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// No place's clock is further from UTC than this, in milliseconds.
const OFFSET_MAX_MS: i64 = 14 * 3_600 * 1_000;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ReportSummary {
    /// Days of the period on which there was something.
    pub days: u64,
    /// Pain entries.
    pub pain_entries: u64,
    /// Sessions.
    pub sessions: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// What tables were written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TablesSummary {
    /// Each file's name, and how many rows it has without its heads.
    pub files: Vec<(&'static str, u64)>,
    /// Bytes of all files.
    pub bytes: u64,
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

impl ReportSummary {
    fn of(report: &Report, bytes: u64) -> Self {
        Self {
            days: count(report.days.len()),
            pain_entries: count(report.pain.len()),
            sessions: count(report.sessions.len()),
            bytes,
        }
    }
}

impl Companion {
    /// Everything that a report of this period is made of, both days included; at most [`REPORT_DAYS_MAX`] days. It names nobody:
    /// [`Report::person`] is for the caller to fill, and is kept nowhere.
    pub async fn report(&self, from: Date, to: Date) -> Result<Report, Error> {
        let period = Period::new(from, to, self.clock().zone()).map_err(|error| Error::Invalid(error.to_string()))?;
        if period.days() > REPORT_DAYS_MAX {
            return Err(Error::Invalid(format!(
                "a report has {REPORT_DAYS_MAX} days at most: {} were asked for",
                period.days()
            )));
        }
        let (first, last) = (day_number(from), day_number(to));
        let mut report = self.store().call(move |store| filled(store, period)).await?;
        report.insights = self.insights(first, last).await?.found.measured();
        Ok(report)
    }

    /// Writes the report of this period to `file`, as PDF. It is in clear: for the person to hand over, and to keep safe.
    pub async fn write_report(
        &self,
        from: Date,
        to: Date,
        person: Person,
        file: &Path,
    ) -> Result<ReportSummary, Error> {
        let mut report = self.report(from, to).await?;
        report.person = person;
        let file = file.to_owned();
        off_thread(move || {
            let pdf = lumbra_report::pdf(&report).map_err(|error| broken("the report", &error))?;
            Ok(ReportSummary::of(&report, write_whole(&file, &pdf)?))
        })
        .await
    }

    /// Writes everything that is known into a folder, as tables (CSV), in clear. What connected wearables still hold is fetched
    /// first. The folder is made if need be; files of the same names are replaced, each whole.
    pub async fn export_tables(&self, dir: &Path) -> Result<TablesSummary, Error> {
        let report = self.everything().await?;
        let (first, last) = (day_number(report.period.from()), day_number(report.period.to()));
        let (from_ms, to_ms) = around(&report.period);
        let utc_offset_s = self.clock().utc_offset_s();
        let beside = self
            .store()
            .call(move |store| {
                Ok(Beside {
                    hours: hours(store, first, last)?,
                    commands: commands(store, from_ms, to_ms, utc_offset_s)?,
                    exercises: exercises(store, first, last)?,
                })
            })
            .await?;
        let dir = dir.to_owned();
        off_thread(move || {
            std::fs::create_dir_all(&dir).map_err(|error| Error::Export(error.kind()))?;
            let mut summary = TablesSummary { files: Vec::new(), bytes: 0 };
            let tables = lumbra_report::tables::tables(&report, &beside);
            for table in tables.map_err(|error| broken("tables", &error))? {
                summary.bytes += write_whole(&dir.join(table.file), &table.csv)?;
                summary.files.push((table.file, count(table.rows)));
            }
            Ok(summary)
        })
        .await
    }

    /// Writes everything that is known to `file`, as a bundle of FHIR R4, in clear. What connected wearables still hold is fetched
    /// first.
    pub async fn export_bundle(&self, person: Person, file: &Path) -> Result<ReportSummary, Error> {
        let mut report = self.everything().await?;
        report.person = person;
        let file = file.to_owned();
        off_thread(move || {
            let bundle = lumbra_report::fhir::bundle(&report).map_err(|error| broken("a bundle", &error))?;
            Ok(ReportSummary::of(&report, write_whole(&file, &bundle.json)?))
        })
        .await
    }

    /// The longest report there can be, up to tomorrow: a traveller's day may have begun already.
    async fn everything(&self) -> Result<Report, Error> {
        self.fetch_from_connected().await?;
        let to = self.today().saturating_add(1);
        let from = to.saturating_sub(i32::try_from(REPORT_DAYS_MAX).unwrap_or(i32::MAX) - 1);
        match (date(from), date(to)) {
            (Some(from), Some(to)) => self.report(from, to).await,
            _ => Err(Error::Invalid("the clock tells no day of the calendar: set it right first".to_owned())),
        }
    }
}

/// Where time may be taken: not on a thread that others wait for.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Internal("writing a report"))?
}

fn broken(what: &'static str, error: &dyn std::error::Error) -> Error {
    tracing::error!(%error, what, "it can't be written");
    Error::Internal(what)
}

/// Every moment that may be on a day of the period, wherever on Earth, in Unix milliseconds.
fn around(period: &Period) -> (i64, i64) {
    let start = |day: Date| i64::from(day_number(day)) * DAY_MS;
    (start(period.from()) - OFFSET_MAX_MS, start(period.to()) + DAY_MS + OFFSET_MAX_MS)
}

fn moment(at_ms: i64, utc_offset_s: i32) -> Option<Moment> {
    Moment::new(UnixMillis::new(at_ms), utc_offset_s)
}

const fn posture(seconds: PostureSeconds) -> Posture {
    Posture {
        upright_s: seconds.upright_s,
        slouched_s: seconds.slouched_s,
        leaning_s: seconds.leaning_s,
        lying_s: seconds.lying_s,
        moving_s: seconds.moving_s,
        not_worn_s: seconds.not_worn_s,
    }
}

pub(crate) fn filled(store: &mut Store, period: Period) -> Result<Report, StoreError> {
    let (from_ms, to_ms) = around(&period);
    let mut report = Report::empty(period);
    report.subject = subject(store)?;
    let rows = store.days(day_number(report.period.from()), day_number(report.period.to()))?;
    report.days = rows.iter().filter_map(day).collect();
    let entries = store.pain_between(from_ms, to_ms)?;
    let names = add_sessions(store, &mut report, &entries, (from_ms, to_ms))?;
    for row in entries {
        let at = moment(row.at_ms, row.utc_offset_s).filter(|at| report.period.contains(at.date()));
        if let (Some(at), Ok(score)) = (at, PainScore::new(row.score)) {
            report.pain.push(Pain {
                identity: row.entry_id,
                at,
                score,
                when: match row.context {
                    PainContext::BeforeSession => PainWhen::BeforeSession,
                    PainContext::AfterSession => PainWhen::AfterSession,
                    PainContext::Diary => PainWhen::Diary,
                },
                session: row.session.and_then(|session| names.get(&session).cloned()),
                place: row.place,
                note: row.note,
            });
        }
    }
    add_told(store, &mut report, (from_ms, to_ms))?;
    for row in store.devices(true)? {
        let used = report.sessions.iter().any(|session| session.device == row.device_id);
        if used || (row.paired_at_ms < to_ms && row.last_seen_ms >= from_ms) {
            report.devices.push(Device {
                identity: row.device_id,
                model: row.model,
                serial: row.serial,
                firmware: row.firmware,
            });
        }
    }
    Ok(report)
}

/// Adds what was told of days, and in questionnaires. One that can't be read any more is left out.
fn add_told(store: &Store, report: &mut Report, (from_ms, to_ms): (i64, i64)) -> Result<(), StoreError> {
    for row in store.questionnaires_between(from_ms, to_ms)? {
        let at = moment(row.at_ms, row.utc_offset_s).filter(|at| report.period.contains(at.date()));
        if let (Some(at), Some(answers)) = (at, answers(&row)) {
            report.questionnaires.push(Questionnaire { identity: row.entry_id, at, answers });
        }
    }
    let (first, last) = (day_number(report.period.from()), day_number(report.period.to()));
    for row in store.wellbeing_between(first, last)? {
        let Some(date) = date(row.local_day) else { continue };
        if !row.note.is_empty() {
            report.notes.push(Note { date, text: row.note });
        }
        let taken: Vec<_> =
            row.medications.iter().map(|taken| format!("{} {}", taken.name, taken.dose).trim().to_owned()).collect();
        let sleep = row.sleep_quality.and_then(SleepQuality::new);
        if sleep.is_some() || row.stiffness_min.is_some() || !taken.is_empty() {
            let medication = taken.join(", ");
            report.wellbeing.push(Wellbeing { date, sleep, stiffness_min: row.stiffness_min, medication });
        }
    }
    Ok(())
}

fn answers(row: &lumbra_store::Questionnaire) -> Option<Answers> {
    let form = Form::parse(&row.form).ok()?;
    let told: questionnaires::Answers = serde_json::from_str(&row.answers).ok()?;
    questionnaires::score(form, &told).ok()?;
    let answer = |item: &questionnaires::Item| told.0.get(item.id).copied();
    let items = form.spec().items;
    Some(match form {
        Form::Peg => {
            let mut scores = items.iter().map(|item| PainScore::new(answer(item)?).ok());
            let mut next = || scores.next().flatten();
            Answers::Peg(Peg { pain: next()?, enjoyment: next()?, activity: next()? })
        }
        Form::RolandMorris => {
            let ticked = (1..).zip(items).filter(|(_, item)| answer(item).is_some_and(|answer| answer > 0));
            Answers::RolandMorris(Statements::ticked(ticked.map(|(number, _)| number))?)
        }
    })
}

/// Adds the sessions of the period, and gives the names of all that were looked at by their numbers in the store.
fn add_sessions(
    store: &Store,
    report: &mut Report,
    entries: &[lumbra_store::PainEntry],
    (from_ms, to_ms): (i64, i64),
) -> Result<HashMap<i64, String>, StoreError> {
    let at_hand: HashMap<&str, u8> = entries.iter().map(|row| (row.entry_id.as_str(), row.score)).collect();
    let rated = |entry_id: &Option<String>| -> Result<Option<PainScore>, StoreError> {
        let Some(entry_id) = entry_id else { return Ok(None) };
        let number = match at_hand.get(entry_id.as_str()) {
            Some(number) => Some(*number),
            // Dated to a day far from the session's.
            None => store.pain(entry_id)?.map(|entry| entry.score),
        };
        Ok(number.and_then(|number| PainScore::new(number).ok()))
    };
    let mut names = HashMap::new();
    for row in store.sessions_between(from_ms, to_ms)? {
        let name = format!("{}/{}/{}", row.start.device_id, row.start.boot_id, row.start.session_id);
        names.insert(row.id, name.clone());
        let Some(started) = moment(row.start.started_at_ms, row.start.utc_offset_s) else { continue };
        if row.outcome.as_deref() == Some(NOT_BEGUN) || !report.period.contains(started.date()) {
            continue;
        }
        let (before, after) = (rated(&row.start.pain_before)?, rated(&row.pain_after)?);
        report.sessions.push(session(&row, name, started, before, after));
    }
    Ok(names)
}

/// A day with something in it. It may have had sessions alone: they stand by themselves.
fn day(row: &lumbra_store::Day) -> Option<Day> {
    let day = Day { date: date(row.local_day)?, posture: posture(row.posture), nudges: row.nudges, pain: pain_of(row) };
    (day.pain.is_some() || day.posture != Posture::default()).then_some(day)
}

/// What tells this person's records from another's: the identity of the first thing that was kept of them. It stays, as nothing is ever
/// deleted.
fn subject(store: &Store) -> Result<String, StoreError> {
    let first = store.devices(true)?.into_iter().min_by_key(|device| device.paired_at_ms);
    let before_ms = first.as_ref().map_or(i64::MAX, |device| device.paired_at_ms);
    let pain = store.pain_between(i64::MIN, before_ms)?.into_iter().next();
    Ok(match (pain, first) {
        (Some(pain), _) => pain.entry_id,
        (None, Some(device)) => device.device_id,
        (None, None) => String::new(),
    })
}

fn pain_of(row: &lumbra_store::Day) -> Option<PainOfDay> {
    let entries = NonZeroU32::new(row.pain_entries)?;
    let score = |score: Option<u8>| score.and_then(|score| PainScore::new(score).ok());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a sum of scores, divided before and now made whole again"
    )]
    let score_sum = (row.pain_mean? * f64::from(entries.get())).round() as u32;
    Some(PainOfDay { entries, score_sum, lowest: score(row.pain_lowest)?, highest: score(row.pain_highest)? })
}

fn session(
    row: &lumbra_store::Session,
    identity: String,
    started: Moment,
    pain_before: Option<PainScore>,
    pain_after: Option<PainScore>,
) -> Session {
    let plan: Option<SessionPlan> = serde_json::from_str(&row.start.programme).ok();
    let mode = plan.map(|plan| plan.programme.mode());
    // As the day's roll-up counts it: one whose end was not seen, or not yet, as planned.
    let worst_case = row.dose_uncertain || row.ended_at_ms.is_none();
    let stimulated_s = if worst_case { row.elapsed_s.max(row.start.planned_s) } else { row.elapsed_s };
    let outcome = row.outcome.as_deref().map_or(Outcome::Open, Outcome::from_name);
    Session {
        identity,
        device: row.start.device_id.clone(),
        started,
        // What was only noticed later is no end.
        ended: row.ended_at_ms.filter(|_| !worst_case).and_then(|at_ms| moment(at_ms, row.start.utc_offset_s)),
        programme: mode.map_or("not known", title).to_owned(),
        planned: Seconds::new(row.start.planned_s),
        stimulated: Seconds::new(stimulated_s),
        worst_case,
        highest: Milliamps::from_tenths(row.max_delivered_dma),
        limit: Milliamps::from_tenths(row.start.limit_dma),
        pain_before,
        pain_after,
        outcome,
    }
}

fn title(mode: Mode) -> &'static str {
    MODES.iter().find(|range| range.mode == mode).map_or("Custom", |range| range.title)
}

fn hours(store: &Store, first: i32, last: i32) -> Result<Vec<PostureHour>, StoreError> {
    let rows = store.hours(first, last)?;
    let hour = |row: &lumbra_store::Hour| {
        let date = date(row.local_day)?;
        Some(PostureHour { date, hour: row.local_hour, posture: posture(row.posture), nudges: row.nudges })
    };
    Ok(rows.iter().filter_map(hour).collect())
}

fn exercises(store: &Store, first: i32, last: i32) -> Result<Vec<Exercise>, StoreError> {
    let rows = store.exercises_between::<Entry>(first, last)?;
    let told = |row: ExerciseEntry<Entry>| Exercise { plan: row.plan_id, exercise: row.exercise, entry: row.document };
    Ok(rows.into_iter().map(told).collect())
}

fn commands(store: &Store, from_ms: i64, to_ms: i64, utc_offset_s: i32) -> Result<Vec<Command>, StoreError> {
    let rows = store.commands_between(from_ms, to_ms)?;
    let command = |row: lumbra_store::Command| {
        Some(Command {
            identity: row.intent.command_id,
            at: moment(row.intent.saved_at_ms, utc_offset_s)?,
            kind: row.intent.kind,
            sequence: row.intent.sequence,
            outcome: row.outcome.as_str().to_owned(),
            settled_by: row.settled_by,
            reason: row.reason,
        })
    };
    Ok(rows.into_iter().filter_map(command).collect())
}
