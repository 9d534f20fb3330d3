//! What is to be told to the clinic: all that was done, compared with what was queued before. What is new or says something else now is
//! queued, and so nothing is forgotten, whatever a crash or a correction has come between.

use std::collections::HashMap;

use lumbra_domain::plan::{Entry as ExerciseEntry, Plan, StopReason};
use lumbra_report::{
    Answers, Day, Outcome, Pain, Period, Questionnaire, Report, STATEMENTS, Session, fhir::resource_id,
};
use lumbra_store::{NewEntry, NewestQueued, OutboxState, PlanSource, Store, StoreError};
use lumbra_sync::fhir::build::{
    self, AnswerValue, Answered, Done, DoseDone, Ended, PainRated, PatientId, PostureSummed, SessionDone, Wearable,
};
use lumbra_sync::fhir::codes;
use lumbra_sync::upload::Outgoing;
use serde::Serialize;
use uuid::Uuid;

use crate::reporting::filled;

/// The space that names of entries are made in, drawn once for all time.
const SPACE: Uuid = Uuid::from_u128(0x0f6c_4a5e_9d0b_4a52_8b53_7f19_5f3c_61ad);
/// So many groups are queued in one transaction: others wait for the store meanwhile.
const AT_ONCE: usize = 250;

/// A resource as it is to be sent.
struct Resource {
    kind: Outgoing,
    id: Uuid,
    bytes: Vec<u8>,
}

/// Resources that are told together or not at all.
type Group = Vec<Resource>;

fn resource(kind: Outgoing, id: Uuid, value: &impl Serialize) -> Option<Resource> {
    serde_json::to_vec(value).ok().map(|bytes| Resource { kind, id, bytes })
}

/// Queues what the clinic has not been told, and gives how many resources that is. `period`: up to today; what is still going on waits.
pub(super) fn queue_news(store: &mut Store, period: &Period, at_ms: i64) -> Result<usize, StoreError> {
    let Some(connection) = store.sync_state()?.map(|state| state.connection) else { return Ok(0) };
    let Some(patient) = PatientId::new(&connection.patient_id) else { return Ok(0) };
    let report = filled(store, period.clone())?;
    let mut groups = of_report(&report, &patient, period);
    groups.extend(exercises(store, &patient)?);
    let known: Known = store
        .newest_queued()?
        .into_iter()
        .map(|newest| ((newest.resource_type.clone(), newest.resource_id.clone()), newest))
        .collect();
    let new: Vec<Vec<NewEntry>> = groups.into_iter().map(|group| news(group, &known)).collect();
    let new: Vec<Vec<NewEntry>> = new.into_iter().filter(|entries| !entries.is_empty()).collect();
    for some in new.chunks(AT_ONCE) {
        store.together(|store| {
            some.iter().try_for_each(|entries| {
                let names: String = entries.iter().map(|entry| entry.entry_id.as_str()).collect();
                let group = Uuid::new_v5(&SPACE, names.as_bytes()).to_string();
                store.queue(&group, entries, at_ms)
            })
        })?;
    }
    Ok(new.iter().map(Vec::len).sum())
}

/// What was queued last of each resource, by type and id.
type Known = HashMap<(String, String), NewestQueued>;

/// What is known of a resource.
enum Told {
    /// The newest that was queued says something else, or nothing was queued.
    New,
    /// The newest says the same, and the server will not have it, or not what belonged to it.
    Refused,
    /// The newest says the same: the server has it, or it is on its way.
    Same,
}

/// The entries that tell what is new of a group. With a part that was corrected goes what was refused together with it: nothing else
/// would ever tell that.
fn news(group: Group, known: &Known) -> Vec<NewEntry> {
    let told: Vec<(Told, NewEntry)> = group.into_iter().map(|resource| compared(resource, known)).collect();
    if !told.iter().any(|(told, _)| matches!(told, Told::New)) {
        return Vec::new();
    }
    told.into_iter().filter(|(told, _)| !matches!(told, Told::Same)).map(|(_, entry)| entry).collect()
}

/// What is known of a resource, and the entry that would tell it.
fn compared(resource: Resource, known: &Known) -> (Told, NewEntry) {
    let (resource_type, resource_id) = (resource.kind.name().to_owned(), resource.id.to_string());
    let named = |version: u32| {
        let mut name = format!("{resource_type}/{resource_id}/{version}/").into_bytes();
        name.extend(&resource.bytes);
        Uuid::new_v5(&SPACE, &name).to_string()
    };
    let newest = known.get(&(resource_type.clone(), resource_id.clone()));
    let told = match newest.filter(|newest| named(newest.version) == newest.entry_id) {
        None => Told::New,
        Some(newest) if newest.state == OutboxState::Dead => Told::Refused,
        Some(_) => Told::Same,
    };
    let entry_id = named(newest.map_or(1, |newest| newest.version.saturating_add(1)));
    (told, NewEntry { entry_id, resource_type, resource_id, bytes: resource.bytes })
}

fn of_report(report: &Report, patient: &PatientId, period: &Period) -> Vec<Group> {
    let mut groups = Vec::new();
    for device in &report.devices {
        let id = resource_id("device", &[&device.identity]);
        let wearable = Wearable {
            id,
            serial: device.serial.clone(),
            model: device.model.clone(),
            firmware: device.firmware.clone(),
        };
        groups.push(resource(Outgoing::Device, id, &build::device(&wearable, patient)).into_iter().collect());
    }
    let known: Vec<&str> = report.devices.iter().map(|device| device.identity.as_str()).collect();
    let over: Vec<&Session> = report.sessions.iter().filter(|session| session.outcome != Outcome::Open).collect();
    for session in &over {
        groups.push(of_session(session, &report.pain, &known, patient));
    }
    let of_those = |pain: &&Pain| {
        // What belongs to a session goes with it, once that is over.
        pain.session.as_ref().is_none_or(|name| !report.sessions.iter().any(|session| session.identity == *name))
    };
    groups.extend(report.pain.iter().filter(of_those).map(|pain| of_pain(pain, None, patient).into_iter().collect()));
    // A day that is not over would be told again and again.
    let days = report.days.iter().filter(|day| day.date < period.to());
    groups.extend(days.filter_map(|day| Some(vec![of_day(day, &report.subject, patient)?])));
    groups.extend(report.questionnaires.iter().map(|answered| of_questionnaire(answered, patient)));
    groups
}

fn of_session(session: &Session, pain: &[Pain], devices: &[&str], patient: &PatientId) -> Group {
    let id = resource_id("session", &[&session.identity]);
    let ended = match session.outcome {
        Outcome::Completed => Ended::Completed,
        Outcome::NotSeen | Outcome::Open => Ended::NotSeen,
        other => Ended::Stopped(other.words().to_owned()),
    };
    let over = SessionDone {
        id,
        what: Done::Stimulation(session.programme.clone()),
        ended,
        start: session.started.iso(),
        // A clock that was set back meanwhile tells no end.
        end: session.ended.filter(|ended| *ended >= session.started).map(lumbra_report::Moment::iso),
        order: None,
        device: devices.contains(&session.device.as_str()).then(|| resource_id("device", &[&session.device])),
    };
    let dose = DoseDone {
        id: resource_id("dose", &[&session.identity]),
        planned_s: session.planned.get(),
        stimulated_s: session.stimulated.get(),
        worst_case: session.worst_case,
        highest_dma: session.highest.tenths(),
        limit_dma: session.limit.tenths(),
    };
    let mut group: Group = resource(Outgoing::Procedure, id, &build::session(&over, patient)).into_iter().collect();
    let dosed = build::dose(&over, &dose, patient).ok();
    group.extend(dosed.and_then(|dosed| resource(Outgoing::Observation, dose.id, &dosed)));
    let rated = pain.iter().filter(|pain| pain.session.as_deref() == Some(session.identity.as_str()));
    group.extend(rated.filter_map(|pain| of_pain(pain, Some(id), patient)));
    group
}

fn of_pain(pain: &Pain, session: Option<Uuid>, patient: &PatientId) -> Option<Resource> {
    let id = resource_id("pain", &[&pain.identity]);
    let some = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
    let rated = PainRated {
        id,
        at: pain.at.iso(),
        score: pain.score,
        place: some(&pain.place),
        note: some(&pain.note),
        session,
    };
    resource(Outgoing::Observation, id, &build::pain(&rated, patient))
}

fn of_day(day: &Day, subject: &str, patient: &PatientId) -> Option<Resource> {
    let posture = day.posture;
    if posture.worn_s() == 0 {
        return None;
    }
    let date = day.date.to_string();
    let id = resource_id("posture-day", &[subject, &date]);
    let classes = vec![
        (codes::UPRIGHT, posture.upright_s),
        (codes::SLOUCHED, posture.slouched_s),
        (codes::LEANING, posture.leaning_s),
        (codes::LYING, posture.lying_s),
        (codes::MOVING, posture.moving_s),
        (codes::NOT_WORN, posture.not_worn_s),
    ];
    let summed = PostureSummed { id, at: date, classes, nudges: day.nudges };
    resource(Outgoing::Observation, id, &build::posture(&summed, patient).ok()?)
}

fn of_questionnaire(told: &Questionnaire, patient: &PatientId) -> Group {
    let id = resource_id("questionnaire", &[&told.identity]);
    let (answers, scores) = match told.answers {
        Answers::Peg(peg) => {
            let all = [
                ("pain", codes::PEG_PAIN, peg.pain),
                ("enjoyment", codes::PEG_ENJOYMENT, peg.enjoyment),
                ("activity", codes::PEG_ACTIVITY, peg.activity),
            ];
            let mut scores: Vec<_> =
                all.iter().map(|(part, code, score)| (*part, *code, u32::from(score.get()) * 100)).collect();
            scores.push(("mean", codes::PEG_MEAN, peg.score_hundredths()));
            let answer = |(part, _, score): &(&str, _, lumbra_domain::pain::PainScore)| {
                ((*part).to_owned(), AnswerValue::Number(score.get()))
            };
            (all.iter().map(answer).collect(), scores)
        }
        Answers::RolandMorris(statements) => (
            (1..=STATEMENTS)
                .map(|number| (number.to_string(), AnswerValue::Ticked(statements.contains(number))))
                .collect(),
            vec![("score", codes::ROLAND_MORRIS, statements.score() * 100)],
        ),
    };
    let answered = Answered { id, title: told.answers.name().to_owned(), at: told.at.iso(), answers };
    let response = resource(Outgoing::QuestionnaireResponse, id, &build::answers(&answered, patient));
    let mut group: Group = response.into_iter().collect();
    for (part, code, hundredths) in scores {
        let id = resource_id("score", &[&told.identity, part]);
        let score = build::score(id, code, hundredths, &answered, patient).ok();
        group.extend(score.and_then(|score| resource(Outgoing::Observation, id, &score)));
    }
    group
}

/// What was done of exercises, each with its pain. A day tells when: the log keeps no offset from UTC.
fn exercises(store: &Store, patient: &PatientId) -> Result<Vec<Group>, StoreError> {
    let plans = store.plans::<Plan>()?;
    let clinics = |plan_id: Option<&str>| {
        plans.iter().any(|plan| Some(plan.plan_id.as_str()) == plan_id && plan.source == PlanSource::Clinic)
    };
    let mut groups = Vec::new();
    for row in store.exercises_between::<ExerciseEntry>(i32::MIN, i32::MAX)? {
        let Some(done) = row.document.done().copied() else { continue };
        let id = resource_id("exercise", &[&row.entry_id]);
        let day = row.document.date().to_string();
        let session = SessionDone {
            id,
            what: Done::Exercise(done.dosed.exercise().id().to_owned()),
            ended: done.stopped.map_or(Ended::Completed, |reason| Ended::Stopped(stopped(reason).to_owned())),
            start: day.clone(),
            end: None,
            order: clinics(row.plan_id.as_deref()).then(|| row.document.activity.as_str().to_owned()),
            device: None,
        };
        let mut group: Group =
            resource(Outgoing::Procedure, id, &build::session(&session, patient)).into_iter().collect();
        let next_day = row.document.date().tomorrow().map_or_else(|_| day.clone(), |next| next.to_string());
        let ratings = [
            ("before", done.pain_before, &day, "before the exercise"),
            ("during", done.worst_during, &day, "the worst during the exercise"),
            ("morning", done.next_morning, &next_day, "on the morning after"),
        ];
        for (part, pain, at, note) in ratings {
            let Some(pain) = pain else { continue };
            let own = resource_id("exercise-pain", &[&row.entry_id, part]);
            let rated = PainRated {
                id: own,
                at: at.clone(),
                score: pain,
                place: None,
                note: Some(note.to_owned()),
                session: Some(id),
            };
            group.extend(resource(Outgoing::Observation, own, &build::pain(&rated, patient)));
        }
        groups.push(group);
    }
    Ok(groups)
}

const fn stopped(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Pain => "it hurt",
        StopReason::Tired => "tired",
        StopReason::NoTime => "no time",
        StopReason::NumbOrWeak => "numbness or weakness, or pain down a leg",
        StopReason::Unwell => "dizzy, short of breath, or pain in the chest",
        StopReason::Other => "another reason",
    }
}
