//! Exercise plans: which is in force, what is to do today, what was done of it, and what follows from that.

use jiff::civil::{Date, DateTime};
use lumbra_domain::pain::PainScore;
use lumbra_domain::plan::{
    ActivityId, Difficulty, Done, Dosed, Entry, EntryId, Event, Log, Plan, Prescriptions, Reassess, Session,
    SkipReason, Source, State, Status, StopReason, Week, adherence, in_force, prescriptions, reassess, session,
    staged::{self, Review, Stage},
    state,
};
use lumbra_domain::questionnaires::{Answers, Form, score};
use lumbra_store::{ExerciseEntry, PlanRecord, PlanSource, PlanStatus, Store, StoreError};
use serde::Serialize;
use serde_json::{Value, json};

use crate::clinic::goals_of;
use crate::companion::Companion;
use crate::error::Error;
use crate::goals::ClinicGoal;
use crate::ids;
use crate::posture::{date, day_number};
use crate::screening::Person;

/// The plan in force and all that follows from it. What stands in it is the domain's: each type has its sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanView {
    /// What was prescribed.
    pub plan: Plan,
    /// Where each exercise stands, and every change so far.
    pub state: State,
    /// How much of what was due was done, week by week.
    pub weeks: Vec<Week>,
    /// Whether to go on to the next stage, of one's own plan.
    pub review: Option<Review>,
    /// Why to look at the plan anew.
    pub reassess: Vec<Reassess>,
    /// Which stimulation may be started, and the cap.
    pub prescriptions: Prescriptions,
    /// What a clinic's plan is to reach, in the clinic's order; none of a plan of one's own. Not in its JSON, beside which
    /// [`Companion::goals`] stands.
    #[serde(skip)]
    pub goals: Vec<ClinicGoal>,
}

/// What there is to do today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExercisesToday {
    /// The person's day.
    pub date: Date,
    /// The exercises; absent when none may be offered.
    pub session: Option<Session>,
    /// Why none may be offered, and what to do.
    pub not_now: Option<String>,
    /// Exercises of the day before whose pain on this morning nobody has told.
    pub mornings_open: u32,
}

/// What a person tells of an exercise they have done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExerciseDone {
    /// What was really done; `None`: what was asked for.
    pub dosed: Option<Dosed>,
    /// Pain just before, 0 to 10.
    pub pain_before: Option<PainScore>,
    /// The worst pain during it, 0 to 10.
    pub worst_during: Option<PainScore>,
    /// How hard it was.
    pub difficulty: Option<Difficulty>,
    /// Why it was stopped early, if it was.
    pub stopped: Option<StopReason>,
}

/// What was kept, and what follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExerciseKept {
    /// The identity of what was kept.
    pub entry_ids: Vec<String>,
    /// What has changed in the plan by it, in sentences.
    pub changes: Vec<String>,
    /// It hurt too much: it is not to be done again before tomorrow.
    pub not_again_today: bool,
}

const NO_PLAN: &str = "there is no plan in force: begin one of your own, or connect your clinic";

fn no_plan() -> Error {
    Error::Invalid(NO_PLAN.to_owned())
}

/// Every plan in its newest version. The status beside a document counts, whatever stands in it.
fn plans_of(store: &Store, today: Date) -> Result<Vec<Plan>, StoreError> {
    let plans = store.plans::<Plan>()?.into_iter().map(|record| {
        let plan = record.document;
        let since = plan.parts().status.since().unwrap_or(today);
        match record.status {
            PlanStatus::Active => plan.with_status(Status::Active),
            PlanStatus::OnHold => plan.with_status(Status::OnHold { since }),
            PlanStatus::Ended => plan.with_status(Status::Ended { since }),
            PlanStatus::Withdrawn => plan.with_status(Status::Withdrawn { since }),
        }
    });
    Ok(plans.collect())
}

/// What all plans say of stimulation together: what the one in force lets be started, and the least of all caps.
pub(crate) fn prescribed(store: &Store, today: Date) -> Result<Prescriptions, StoreError> {
    let plans = plans_of(store, today)?;
    let startable = in_force(&plans, today).map_or_else(Vec::new, |plan| prescriptions(plan, today).startable);
    let cap = plans.iter().filter_map(|plan| prescriptions(plan, today).cap).min();
    Ok(Prescriptions { startable, cap })
}

fn log_of(store: &Store, plan: &Plan) -> Result<Log, StoreError> {
    let id = plan.parts().id.as_str();
    let entries = store.exercises_between::<Entry>(i32::MIN, i32::MAX)?;
    Ok(entries.into_iter().filter(|entry| entry.plan_id.as_deref() == Some(id)).map(|entry| entry.document).collect())
}

/// The plan in force with its log.
fn current(store: &Store, today: Date) -> Result<Option<(Plan, Log)>, StoreError> {
    let plans = plans_of(store, today)?;
    let Some(plan) = in_force(&plans, today).cloned() else { return Ok(None) };
    let log = log_of(store, &plan)?;
    Ok(Some((plan, log)))
}

fn stored(plan: &Plan, version: String, received_at_ms: i64) -> PlanRecord<Plan> {
    let parts = plan.parts();
    PlanRecord {
        plan_id: parts.id.as_str().to_owned(),
        version,
        source: match parts.source {
            Source::Clinic { .. } => PlanSource::Clinic,
            Source::Own { .. } => PlanSource::Own,
        },
        status: match parts.status {
            Status::Active => PlanStatus::Active,
            Status::OnHold { .. } => PlanStatus::OnHold,
            Status::Ended { .. } => PlanStatus::Ended,
            Status::Withdrawn { .. } => PlanStatus::Withdrawn,
        },
        received_at_ms,
        document: plan.clone(),
    }
}

fn row(plan: &Plan, entry: Entry, saved_at_ms: i64) -> ExerciseEntry<Entry> {
    let exercise = plan.exercises().find(|(id, _)| **id == entry.activity);
    ExerciseEntry {
        entry_id: entry.id.as_str().to_owned(),
        plan_id: Some(plan.parts().id.as_str().to_owned()),
        local_day: day_number(entry.date()),
        exercise: exercise.map_or("", |(_, activity)| activity.dosed.exercise().id()).to_owned(),
        saved_at_ms,
        document: entry,
    }
}

/// The sentences of what is in `now` and was not in `before`.
fn news(before: &State, now: &State) -> Vec<String> {
    let new = now.changes.iter().filter(|change| !before.changes.contains(change));
    new.map(lumbra_domain::plan::Change::sentence).collect()
}

fn pegs(store: &Store) -> Result<Vec<(Date, lumbra_domain::questionnaires::Score)>, StoreError> {
    let rows = store.questionnaires_between(i64::MIN, i64::MAX)?;
    let told = rows.iter().filter(|row| row.form == Form::Peg.as_str()).filter_map(|row| {
        let answers: Answers = serde_json::from_str(&row.answers).ok()?;
        let day = date(lumbra_store::local_day(row.at_ms, row.utc_offset_s))?;
        Some((day, score(Form::Peg, &answers).ok()?))
    });
    Ok(told.collect())
}

impl Companion {
    fn here(&self) -> Result<DateTime, Error> {
        let at_ms = self.clock().unix_ms().saturating_add(i64::from(self.clock().utc_offset_s()) * 1_000);
        let moment = jiff::Timestamp::from_millisecond(at_ms)
            .map_err(|_| Error::Invalid("the clock tells no day of the calendar: set it right first".to_owned()))?;
        Ok(moment.to_zoned_datetime(jiff::tz::TimeZone::UTC).datetime())
    }

    /// The plan in force: the clinic's, or else the person's own; absent when there is none.
    pub async fn plan(&self) -> Result<Option<PlanView>, Error> {
        let today = self.here()?.date();
        let view = self
            .store()
            .call(move |store| {
                let Some((plan, log)) = current(store, today)? else { return Ok(None) };
                let (pegs, prescriptions) = (pegs(store)?, prescribed(store, today)?);
                let goals = goals_of(store, &plan)?;
                Ok(Some(PlanView {
                    state: state(&plan, &log, today),
                    weeks: adherence(&plan, &log, today),
                    review: staged::review(&plan, &log, today),
                    reassess: reassess(&plan, &log, &pegs, today),
                    prescriptions,
                    goals,
                    plan,
                }))
            })
            .await?;
        Ok(view)
    }

    /// Which stimulation the plans let be started today, and the least of their caps.
    pub async fn prescriptions(&self) -> Result<Prescriptions, Error> {
        let today = self.here()?.date();
        Ok(self.store().call(move |store| prescribed(store, today)).await?)
    }

    /// Begins the staged plan for people without a clinic, at its first stage. Refused while a clinic's plan is in force.
    pub async fn begin_own_plan(&self) -> Result<(), Error> {
        self.take_stage(Stage::Calm, false).await
    }

    /// Goes to the stage that the review of the person's own plan comes to. Refused when it comes to staying.
    pub async fn follow_review(&self) -> Result<Stage, Error> {
        let view = self.plan().await?.ok_or_else(no_plan)?;
        match view.review {
            Some(Review::Advance(stage) | Review::Back(stage)) => {
                self.take_stage(stage, true).await?;
                Ok(stage)
            }
            Some(stay) => Err(Error::Invalid(stay.sentence())),
            None => Err(Error::Invalid("the plan in force is a clinic's: its stages are theirs to set".to_owned())),
        }
    }

    async fn take_stage(&self, stage: Stage, follows: bool) -> Result<(), Error> {
        let (today, at_ms, version) = (self.here()?.date(), self.clock().unix_ms(), ids::new_uuid()?);
        self.store()
            .call(move |store| {
                let reached = match current(store, today)? {
                    Some((plan, log)) if follows => Some(state(&plan, &log, today)),
                    Some(_) => {
                        return Ok(Err(Error::Invalid("there is a plan in force already: end it first".to_owned())));
                    }
                    None => None,
                };
                match staged::plan(stage, today, reached.as_ref()) {
                    Ok(plan) => store.save_plan(&stored(&plan, version, at_ms)).map(|_| Ok(())),
                    Err(error) => Ok(Err(Error::Invalid(error.to_string()))),
                }
            })
            .await?
    }

    /// Ends the person's own plan; a clinic's is theirs to end.
    pub async fn end_own_plan(&self) -> Result<(), Error> {
        let (today, at_ms) = (self.here()?.date(), self.clock().unix_ms());
        let ended = self
            .store()
            .call(move |store| {
                let plans = plans_of(store, today)?;
                let own = plans.iter().find(|plan| {
                    matches!(plan.parts().source, Source::Own { .. }) && plan.parts().status == Status::Active
                });
                let Some(plan) = own else { return Ok(false) };
                store.set_plan_status(plan.parts().id.as_str(), PlanStatus::Ended, at_ms)?;
                Ok(true)
            })
            .await?;
        if ended { Ok(()) } else { Err(Error::Invalid("there is no plan of your own to end".to_owned())) }
    }

    /// What there is to do today. Nothing is offered while red flags stand in the way, whoever gave the plan.
    pub async fn exercises_today(&self) -> Result<ExercisesToday, Error> {
        let today = self.here()?.date();
        let found = self
            .store()
            .call(move |store| {
                let Some((plan, log)) = current(store, today)? else { return Ok(None) };
                Ok(Some((Person::of(store)?, plan, log)))
            })
            .await?;
        let (person, plan, log) = found.ok_or_else(no_plan)?;
        let yesterday = today.yesterday().unwrap_or(today);
        let open = log.entries().filter(|entry| entry.date() == yesterday && is_open(entry)).count();
        let (session, not_now) = match person.clear_to_exercise(&plan) {
            Ok(pass) => (Some(session(&pass, &log, today)), None),
            Err(not_now) => (None, Some(not_now.advice())),
        };
        Ok(ExercisesToday { date: today, session, not_now, mornings_open: u32::try_from(open).unwrap_or(u32::MAX) })
    }

    /// Keeps that an exercise of the plan was done.
    pub async fn exercise_done(&self, activity: &str, done: ExerciseDone) -> Result<ExerciseKept, Error> {
        let ExerciseDone { dosed, pain_before, worst_during, difficulty, stopped } = done;
        let event = move |asked: Dosed| {
            let dosed = dosed.unwrap_or(asked);
            Event::Done(Done { dosed, pain_before, worst_during, next_morning: None, difficulty, stopped })
        };
        self.keep_event(activity, event).await
    }

    /// Keeps that an exercise of the plan was skipped.
    pub async fn exercise_skipped(&self, activity: &str, reason: SkipReason) -> Result<ExerciseKept, Error> {
        self.keep_event(activity, move |_| Event::Skipped { reason }).await
    }

    /// Keeps that a clinician has looked, and agrees to going on with a paused exercise.
    pub async fn exercise_agreed(&self, activity: &str) -> Result<ExerciseKept, Error> {
        self.keep_event(activity, |_| Event::Agreed).await
    }

    async fn keep_event(
        &self,
        activity: &str,
        event: impl FnOnce(Dosed) -> Event + Send + 'static,
    ) -> Result<ExerciseKept, Error> {
        let (at, saved_at_ms, id) = (self.here()?, self.clock().unix_ms(), ids::new_uuid()?);
        let activity = ActivityId::new(activity).map_err(|error| Error::Invalid(error.to_string()))?;
        let entry_id = EntryId::new(&id).map_err(|_| Error::Internal("an entry's id"))?;
        self.store()
            .call(move |store| {
                let Some((plan, mut log)) = current(store, at.date())? else { return Ok(Err(no_plan())) };
                let before = state(&plan, &log, at.date());
                let Some(standing) = before.of(&activity) else {
                    let known = plan.exercises().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ");
                    return Ok(Err(Error::Invalid(format!("the plan has no such exercise: choose one of {known}"))));
                };
                let entry =
                    Entry { id: entry_id, edit: 0, activity: activity.clone(), at, event: event(standing.dosed) };
                store.add_exercise(&row(&plan, entry.clone(), saved_at_ms))?;
                log.record(entry);
                let now = state(&plan, &log, at.date());
                Ok(Ok(ExerciseKept {
                    entry_ids: vec![id],
                    changes: news(&before, &now),
                    not_again_today: now.of(&activity).is_some_and(|standing| standing.hurt_today),
                }))
            })
            .await?
    }

    /// Keeps the pain of this morning for every exercise of the day before that nobody has told it of.
    pub async fn morning_after(&self, pain: PainScore) -> Result<ExerciseKept, Error> {
        let (today, saved_at_ms) = (self.here()?.date(), self.clock().unix_ms());
        let yesterday = today.yesterday().unwrap_or(today);
        self.store()
            .call(move |store| {
                let Some((plan, mut log)) = current(store, today)? else { return Ok(Err(no_plan())) };
                let before = state(&plan, &log, today);
                let open: Vec<Entry> = log
                    .entries()
                    .filter(|entry| entry.date() == yesterday && is_open(entry))
                    .map(|entry| told(entry.clone(), pain))
                    .collect();
                store.together(|store| {
                    open.iter().try_for_each(|entry| store.edit_exercise(&row(&plan, entry.clone(), saved_at_ms)))
                })?;
                let entry_ids = open.iter().map(|entry| entry.id.as_str().to_owned()).collect();
                for entry in open {
                    log.record(entry);
                }
                let changes = news(&before, &state(&plan, &log, today));
                Ok(Ok(ExerciseKept { entry_ids, changes, not_again_today: false }))
            })
            .await?
    }

    /// Every version of every plan, and everything that was done or skipped, as it is kept.
    pub(crate) async fn all_plans(&self) -> Result<(Vec<Value>, Vec<Value>), Error> {
        let kept = self.store().call(|store| {
            let mut plans = Vec::new();
            for plan in store.plans::<Value>()? {
                let versions = store.plan_versions::<Value>(&plan.plan_id)?.into_iter();
                plans.extend(versions.map(|version| {
                    json!({
                        "plan_id": version.plan_id,
                        "version": version.version,
                        "status": version.status.as_str(),
                        "received_at_ms": version.received_at_ms,
                        "plan": version.document,
                    })
                }));
            }
            let exercises = store
                .exercises_between::<Value>(i32::MIN, i32::MAX)?
                .into_iter()
                .map(|entry| json!({ "plan_id": entry.plan_id, "exercise": entry.exercise, "entry": entry.document }));
            Ok((plans, exercises.collect()))
        });
        Ok(kept.await?)
    }

    /// Everything that was done or skipped of the plan in force, oldest first.
    pub async fn exercise_log(&self) -> Result<Vec<Entry>, Error> {
        let today = self.here()?.date();
        let found = self.store().call(move |store| current(store, today)).await?;
        let (_, log) = found.ok_or_else(no_plan)?;
        let mut entries: Vec<Entry> = log.entries().cloned().collect();
        entries.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        Ok(entries)
    }
}

/// Done, and the next morning not told.
fn is_open(entry: &Entry) -> bool {
    entry.done().is_some_and(|done| done.next_morning.is_none())
}

fn told(mut entry: Entry, pain: PainScore) -> Entry {
    if let Event::Done(done) = &mut entry.event {
        done.next_morning = Some(pain);
        entry.edit = entry.edit.saturating_add(1);
    }
    entry
}
