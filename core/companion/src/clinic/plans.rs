//! From what the clinic has written to plans that can be followed. What does not fit is left out and told, never bent until it does.

use jiff::civil::{Date, Weekday};
use lumbra_domain::exercise::{Exercise, Measure};
use lumbra_domain::plan::{
    Activity, ActivityId, ClinicId, Dose, Dosed, Every, ExerciseActivity, Plan, PlanId, PlanParts, Prescription,
    Progression, Schedule, Source, Status, Weekdays, What,
};
use lumbra_domain::programme::{MODES, Parameters, Programme, Trains};
use lumbra_domain::units::{Hertz, Microseconds, Milliamps};
use lumbra_store::{PlanRecord, PlanSource, PlanStatus, Store, StoreError};
use lumbra_sync::plan as clinics;

use super::ledger::all_fetched;
use crate::posture::date;

/// Repetitions where a clinic names sets alone, or nothing; and seconds, and minutes. This project's choice: a gentle beginning.
const REPETITIONS: u8 = 8;
const HOLD_S: u8 = 5;
const MINUTES: u8 = 10;

/// Something of a plan that is not followed, in words for the person and their clinic.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PlanProblem {
    /// The resource, such as `ServiceRequest/abc`.
    pub resource: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A clinic's plan as it can be followed, and what of it can not.
struct Taken {
    id: String,
    version: String,
    status: PlanStatus,
    activities: Vec<Activity>,
    /// The least cap of what is not followed, as far as it could be read; zero where it could not.
    cap: Option<Milliamps>,
    first: Option<Date>,
    last: Option<Date>,
    problems: Vec<PlanProblem>,
}

fn problem(resource: impl Into<String>, reason: &impl ToString) -> PlanProblem {
    PlanProblem { resource: resource.into(), reason: reason.to_string() }
}

/// Keeps the plans that follow from what is kept of the clinic. A plan that is there no more is withdrawn.
pub(super) fn take_plans(store: &mut Store, at_ms: i64, utc_offset_s: i32) -> Result<(), StoreError> {
    let Some(connection) = store.sync_state()?.map(|state| state.connection) else { return Ok(()) };
    let today = date(lumbra_store::local_day(at_ms, utc_offset_s)).unwrap_or(Date::MAX);
    let read = clinics::read(&all_fetched(store)?, &connection.patient_id);
    let kept = store.plans::<Plan>()?;
    let clinic = clinic_id(&connection.base_url);
    for plan in &read.plans {
        let taken = taken(plan);
        let known = kept.iter().find(|record| record.plan_id == taken.id);
        let made = made(&taken, known, &clinic, today).map(|document| (taken.status, document)).or_else(|reason| {
            tracing::warn!(%reason, "a plan of the clinic can't be followed");
            set_aside(&taken, known, &clinic, today)
        });
        match made {
            Ok((status, document)) => {
                let record = PlanRecord {
                    plan_id: taken.id,
                    version: taken.version,
                    source: PlanSource::Clinic,
                    status,
                    received_at_ms: at_ms,
                    document,
                };
                store.save_plan(&record)?;
            }
            // Not even the names of it can be kept: what was there before is not followed either.
            Err(reason) => {
                tracing::error!(%reason, "a plan of the clinic can't be kept");
                if known.is_some() {
                    store.set_plan_status(&taken.id, PlanStatus::OnHold, at_ms)?;
                }
            }
        }
    }
    for record in kept.iter().filter(|record| record.source == PlanSource::Clinic) {
        if !read.plans.iter().any(|plan| plan.id == record.plan_id) {
            store.set_plan_status(&record.plan_id, PlanStatus::Withdrawn, at_ms)?;
        }
    }
    Ok(())
}

/// Follows no plan of the clinic any more: it is forgotten.
pub(super) fn withdraw_all(store: &mut Store, at_ms: i64) -> Result<(), StoreError> {
    let all = store.plans::<serde_json::Value>()?.into_iter().filter(|record| record.source == PlanSource::Clinic);
    all.filter(|record| matches!(record.status, PlanStatus::Active | PlanStatus::OnHold))
        .try_for_each(|record| store.set_plan_status(&record.plan_id, PlanStatus::Withdrawn, at_ms))
}

/// What of the clinic's plans is not followed, and why.
pub(super) fn problems(store: &Store) -> Result<Vec<PlanProblem>, StoreError> {
    let Some(connection) = store.sync_state()?.map(|state| state.connection) else { return Ok(Vec::new()) };
    let read = clinics::read(&all_fetched(store)?, &connection.patient_id);
    let mut all: Vec<PlanProblem> = told(&read.problems);
    for plan in &read.plans {
        let taken = taken(plan);
        let whole = made(&taken, None, &clinic_id(&connection.base_url), Date::MAX).err();
        all.extend(taken.problems);
        all.extend(whole.map(|reason| problem(format!("CarePlan/{}", plan.id), &reason)));
    }
    Ok(all)
}

fn told(problems: &[clinics::Problem]) -> Vec<PlanProblem> {
    problems.iter().map(|one| problem(one.resource.clone(), &one.reason)).collect()
}

/// A clinic by its address: as much of it as a name holds.
fn clinic_id(base_url: &str) -> Result<ClinicId, String> {
    let short: String = base_url.trim_start_matches("https://").chars().take(80).collect();
    ClinicId::new(&short).map_err(|error| error.to_string())
}

const fn status(status: clinics::PlanStatus) -> PlanStatus {
    use clinics::PlanStatus::{Active, Completed, Draft, EnteredInError, OnHold, Revoked, Unknown};
    match status {
        Active => PlanStatus::Active,
        // Not to be followed, and nothing says that it will not be.
        Draft | OnHold | Unknown => PlanStatus::OnHold,
        Completed => PlanStatus::Ended,
        Revoked | EnteredInError => PlanStatus::Withdrawn,
    }
}

fn taken(plan: &clinics::PrescribedPlan) -> Taken {
    let mut problems = told(&plan.problems);
    let mut activities = Vec::new();
    // A programme that is not to be had is a cap all the same: not being read, or being set aside, never means more current.
    let unreadable =
        |reason: &clinics::Reason| matches!(reason, clinics::Reason::NotStartable(_) | clinics::Reason::Ambiguous);
    let mut caps: Vec<Milliamps> =
        plan.problems.iter().filter(|one| unreadable(&one.reason)).map(|_| Milliamps::ZERO).collect();
    for activity in &plan.activities {
        let cap = match &activity.what {
            clinics::What::Stimulation(stimulation) => Some(Milliamps::from_tenths(stimulation.cap_dma)),
            clinics::What::Exercise { .. } => None,
        };
        match (status(activity.status), one(activity)) {
            (PlanStatus::Active, Ok(activity)) => activities.push(activity),
            (PlanStatus::Active, Err(reason)) => {
                problems.push(problem(format!("ServiceRequest/{}", activity.id), &reason));
                caps.extend(cap);
            }
            (PlanStatus::Ended, _) => {}
            (PlanStatus::OnHold | PlanStatus::Withdrawn, _) => caps.extend(cap),
        }
    }
    Taken {
        id: plan.id.clone(),
        version: plan.version.clone().unwrap_or_else(|| "-".to_owned()),
        status: status(plan.status),
        activities,
        cap: caps.into_iter().min(),
        first: plan.period.first,
        last: plan.period.last,
        problems,
    }
}

/// The plan with its own beginning: the day on which its activities came, or the clinic's first day where that is still to come. What lies
/// before was nobody's to follow here, and is not missed.
fn made(
    taken: &Taken,
    known: Option<&PlanRecord<Plan>>,
    clinic: &Result<ClinicId, String>,
    today: Date,
) -> Result<Plan, String> {
    let before = known.map(|record| record.document.parts());
    let same = before.filter(|parts| parts.activities == taken.activities);
    // Of an order that can't be read at all any more the cap stays as it was known.
    let lost = before.into_iter().flat_map(|parts| &parts.activities).filter_map(|known| match &known.what {
        What::Stimulation(prescription)
            if taken.problems.iter().any(|one| one.resource == format!("ServiceRequest/{}", known.id.as_str())) =>
        {
            Some(prescription.cap)
        }
        What::Stimulation(_) | What::Exercise(_) => None,
    });
    let kept = before.and_then(|parts| parts.cap).filter(|_| !taken.problems.is_empty());
    let cap = lost.chain(taken.cap).chain(kept).min();
    let version = match before.map(|parts| &parts.source) {
        Some(Source::Clinic { version, .. }) if same.is_some() => *version,
        Some(Source::Clinic { version, .. }) => version.saturating_add(1),
        _ => 1,
    };
    // A start that lies ahead was set by a clock that ran ahead: it is mended when the clock is.
    let came = same.map_or(today, |parts| parts.start.min(today));
    let start = taken.first.filter(|first| *first > today).unwrap_or(came);
    let start = taken.last.map_or(start, |last| start.min(last));
    let kept = known.filter(|record| record.status == taken.status).map(|record| record.document.parts().status);
    let status = kept.unwrap_or(match taken.status {
        PlanStatus::Active => Status::Active,
        PlanStatus::OnHold => Status::OnHold { since: today },
        PlanStatus::Ended => Status::Ended { since: today },
        PlanStatus::Withdrawn => Status::Withdrawn { since: today },
    });
    let (id, source) = named(taken, clinic, version)?;
    let parts = PlanParts { id, source, status, start, end: taken.last, activities: taken.activities.clone(), cap };
    Plan::new(parts).map_err(|error| error.to_string())
}

/// A plan that can't be had as a whole: nothing of it is followed, and the least of all its caps holds, those of before among them.
fn set_aside(
    taken: &Taken,
    known: Option<&PlanRecord<Plan>>,
    clinic: &Result<ClinicId, String>,
    today: Date,
) -> Result<(PlanStatus, Plan), String> {
    let before = known.map(|record| record.document.parts());
    let activities = before.into_iter().flat_map(|parts| &parts.activities).chain(&taken.activities);
    let caps = activities.filter_map(|activity| match &activity.what {
        What::Stimulation(prescription) => Some(prescription.cap),
        What::Exercise(_) => None,
    });
    let cap = caps.chain(taken.cap).chain(before.and_then(|parts| parts.cap)).min();
    let version = match before.map(|parts| &parts.source) {
        Some(Source::Clinic { version, .. }) => *version,
        _ => 1,
    };
    let status = match before.map(|parts| parts.status) {
        Some(status @ Status::OnHold { .. }) => status,
        _ => Status::OnHold { since: today },
    };
    let start = before.map_or(today, |parts| parts.start.min(today));
    let (id, source) = named(taken, clinic, version)?;
    let parts = PlanParts { id, source, status, start, end: None, activities: Vec::new(), cap };
    let plan = Plan::new(parts).map_err(|error| error.to_string())?;
    Ok((PlanStatus::OnHold, plan))
}

fn named(taken: &Taken, clinic: &Result<ClinicId, String>, version: u32) -> Result<(PlanId, Source), String> {
    let id = PlanId::new(&taken.id).map_err(|error| error.to_string())?;
    Ok((id, Source::Clinic { clinic: clinic.clone()?, version }))
}

fn one(activity: &clinics::Activity) -> Result<Activity, String> {
    let id = ActivityId::new(&activity.id).map_err(|error| error.to_string())?;
    let what = match &activity.what {
        clinics::What::Exercise { exercise, dose } => {
            let exercise = Exercise::from_id(exercise).ok_or("the exercise is not in the library of this version")?;
            let dosed = dosed(exercise, *dose)?;
            let schedule = schedule(activity.timing.as_ref(), 1)?;
            What::Exercise(ExerciseActivity { dosed, schedule, limits: None, progression: Progression::ByTheApp })
        }
        clinics::What::Stimulation(stimulation) => What::Stimulation(Prescription {
            programme: programme(stimulation)?,
            schedule: schedule(activity.timing.as_ref(), stimulation.per_day)?,
            minutes: u8::try_from(stimulation.minutes).map_err(|_| "the session is too long")?,
            cap: Milliamps::from_tenths(stimulation.cap_dma),
        }),
    };
    Ok(Activity { id, what })
}

fn dosed(exercise: Exercise, dose: clinics::Dose) -> Result<Dosed, String> {
    let number = |value: Option<u16>, otherwise: u8| match value {
        None => Ok(otherwise),
        Some(value) => u8::try_from(value).map_err(|_| "the dose is out of range".to_owned()),
    };
    let (sets, repetitions) = (number(dose.sets, 1)?, number(dose.repetitions, REPETITIONS)?);
    let made = match exercise.facts().measure {
        Measure::Repetitions if dose.hold_s.is_some() || dose.minutes.is_some() => {
            return Err("this exercise is counted in repetitions".to_owned());
        }
        Measure::Repetitions => Dose::repetitions(sets, repetitions),
        Measure::Holds if dose.minutes.is_some() => return Err("this exercise is counted in holds".to_owned()),
        Measure::Holds => Dose::holds(sets, repetitions, number(dose.hold_s, HOLD_S)?),
        Measure::Minutes if dose.repetitions.is_some() || dose.hold_s.is_some() => {
            return Err("this exercise is counted in minutes".to_owned());
        }
        Measure::Minutes => Dose::minutes(number(dose.minutes, MINUTES)?),
    };
    made.and_then(|dose| Dosed::new(exercise, dose)).map_err(|error| error.to_string())
}

/// How often; without a word from the clinic, each day.
fn schedule(timing: Option<&clinics::Schedule>, per_day: u8) -> Result<Schedule, String> {
    const NOT_FOLLOWED: &str = "this schedule can't be followed";
    let daily = clinics::Schedule {
        times: 1,
        every: clinics::Every::Days(1),
        days: Vec::new(),
        at: Vec::new(),
        dates: clinics::Dates::default(),
    };
    let timing = timing.unwrap_or(&daily);
    let number = |value: u16| u8::try_from(value).map_err(|_| NOT_FOLLOWED.to_owned());
    let on = |days: &[Weekday]| Every::Weekdays(Weekdays::new(days));
    let (every, times_a_day) = match timing.every {
        clinics::Every::Days(1) if timing.days.is_empty() => (Every::Days(1), number(timing.times)?),
        clinics::Every::Days(1) => (on(&timing.days), number(timing.times)?),
        clinics::Every::Days(days) if timing.times == 1 && timing.days.is_empty() => (Every::Days(number(days)?), 1),
        clinics::Every::Weeks(1) if timing.days.is_empty() => (Every::TimesAWeek(number(timing.times)?), 1),
        clinics::Every::Weeks(1) if timing.days.len() == usize::from(timing.times) => (on(&timing.days), 1),
        clinics::Every::Days(_) | clinics::Every::Weeks(_) => return Err(NOT_FOLLOWED.to_owned()),
    };
    let times_a_day = if per_day > 1 { per_day } else { times_a_day };
    Schedule::new(every, times_a_day, Weekdays::default()).map_err(|error| error.to_string())
}

/// Ramps are those of the built-in programme of the mode: a clinic does not prescribe them.
fn programme(stimulation: &clinics::Stimulation) -> Result<Programme, String> {
    let like = MODES.iter().find(|range| range.mode == stimulation.mode).map_or("conventional", |range| range.id);
    let built_in = Programme::built_in(like).ok_or("the mode is not known")?;
    let hertz = |tenths: (u16, u16)| (Hertz::from_tenths(tenths.0), Hertz::from_tenths(tenths.1));
    let width = (Microseconds::new(stimulation.width_us.0), Microseconds::new(stimulation.width_us.1));
    let trains = stimulation.trains.map(|(rate, pulses)| Trains { rate: Hertz::from_tenths(rate), pulses });
    Programme::new(Parameters {
        mode: stimulation.mode,
        frequency: hertz(stimulation.frequency_dhz),
        width,
        sweep_period_ds: stimulation.sweep_ds.unwrap_or(0),
        trains,
        ..*built_in.parameters()
    })
    .map_err(|error| error.to_string())
}
