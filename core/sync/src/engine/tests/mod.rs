//! The engine against a clinic in memory, in virtual time. What must hold at the end of every story: each fact is on the server exactly
//! once, as it was frozen, or it is dead and told; no plan was ever written (the server panics at it).

mod down;
mod faults;
mod tokens;
mod up;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use lumbra_domain::pain::PainScore;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::fhir::build::{self, Done, DoseDone, Ended, PainRated, PatientId, SessionDone};
use crate::support::{Clinic, Manners, MemoryLedger, Phone, Status};
use crate::upload::{Entry, EntryId, Group, Kind, Outgoing};

fn ann() -> PatientId {
    PatientId::new("ann").unwrap()
}

fn freeze(kind: Kind, resource: Outgoing, id: Uuid, value: &impl serde::Serialize) -> Entry {
    Entry::freeze(EntryId(Uuid::new_v4()), kind, (resource, id), value).unwrap()
}

fn rated(note: &str, session: Option<Uuid>) -> Entry {
    let id = Uuid::new_v4();
    let (at, score) = ("2026-03-01T09:00:00+01:00".to_owned(), PainScore::new(4).unwrap());
    let rated = PainRated { id, at, score, place: None, note: Some(note.to_owned()), session };
    freeze(Kind::Pain, Outgoing::Observation, id, &build::pain(&rated, &ann()))
}

/// A pain rating on its own.
fn pain(note: &str) -> Group {
    Group::new(Uuid::new_v4(), vec![rated(note, None)]).unwrap()
}

/// A session with its dose and the ratings before and after it.
fn session() -> Group {
    let over = SessionDone {
        id: Uuid::new_v4(),
        what: Done::Stimulation("Conventional".to_owned()),
        ended: Ended::Completed,
        start: "2026-03-01T09:00:00+01:00".to_owned(),
        end: Some("2026-03-01T09:30:00+01:00".to_owned()),
        order: Some("tens".to_owned()),
        device: Some(Uuid::from_u128(7)),
    };
    let id = Uuid::new_v4();
    let delivered =
        DoseDone { id, planned_s: 1_800, stimulated_s: 1_800, worst_case: false, highest_dma: 150, limit_dma: 200 };
    let dose = build::dose(&over, &delivered, &ann()).unwrap();
    let entries = vec![
        freeze(Kind::Session, Outgoing::Procedure, over.id, &build::session(&over, &ann())),
        freeze(Kind::Session, Outgoing::Observation, id, &dose),
        rated("before", Some(over.id)),
        rated("after", Some(over.id)),
    ];
    Group::new(Uuid::new_v4(), entries).unwrap()
}

/// A plan with an exercise, a programme and a goal.
fn prescribe(clinic: &Clinic) {
    let subject = json!({"reference": "Patient/ann"});
    let quantity =
        |value: f64, unit: &str| json!({"value": value, "system": "http://unitsofmeasure.org", "code": unit});
    clinic.write(&json!({
        "resourceType": "ServiceRequest", "id": "bridge", "status": "active", "intent": "order", "subject": subject,
        "code": {"coding": [{"system": "http://lumbra.health/fhir/CodeSystem/exercises", "code": "bridge"}]},
        "occurrenceTiming": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
    }));
    clinic.write(&json!({
        "resourceType": "ServiceRequest", "id": "tens", "status": "active", "intent": "order", "subject": subject,
        "extension": [{"url": "http://lumbra.health/fhir/StructureDefinition/stimulation", "extension": [
            {"url": "mode", "valueCode": "conventional"},
            {"url": "frequency", "valueQuantity": quantity(100.0, "Hz")},
            {"url": "width", "valueQuantity": quantity(100.0, "us")},
            {"url": "duration", "valueQuantity": quantity(30.0, "min")},
            {"url": "cap", "valueQuantity": quantity(15.5, "mA")},
            {"url": "perDay", "valuePositiveInt": 2},
        ]}],
    }));
    clinic.write(&json!({
        "resourceType": "Goal", "id": "garden", "lifecycleStatus": "active", "subject": subject,
        "description": {"text": "An hour in the garden"},
    }));
    clinic.write(&json!({
        "resourceType": "CarePlan", "id": "plan", "status": "active", "intent": "plan", "subject": subject,
        "activity": [{"reference": {"reference": "ServiceRequest/bridge"}}, {"reference": {"reference": "ServiceRequest/tens"}}],
        "goal": [{"reference": "Goal/garden"}],
    }));
}

const PLAIN: Hints = Hints { metered: false, battery_low: false, user_asked: false };
const ASKED: Hints = Hints { user_asked: true, ..PLAIN };

/// Runs whenever it is time, until a run ends like this.
async fn until(phone: &Phone, wanted: Outcome) -> Vec<Outcome> {
    let mut seen = Vec::new();
    for _ in 0..80 {
        let outcome = phone.sync.run(PLAIN).await.outcome;
        seen.push(outcome);
        match outcome {
            _ if outcome == wanted => return seen,
            Outcome::TooSoon(wait) => tokio::time::sleep(wait).await,
            _ => {}
        }
    }
    panic!("it never came to {wanted:?}: {seen:?}")
}

/// What must hold at the end. Gives how many entries the server has.
fn settled(clinic: &Clinic, ledgers: &[&Arc<MemoryLedger>]) -> usize {
    let mut told = HashSet::new();
    let mut versions = 0;
    let held: Vec<(String, u64, Value)> = Outgoing::ALL.iter().flat_map(|kind| clinic.held(kind.name())).collect();
    for (entry, status) in ledgers.iter().flat_map(|ledger| ledger.queued()) {
        let name = format!("\"urn:uuid:{}\"", entry.resource_id);
        // By its own identifier: those that others refer to it by come later in a resource.
        let mine = |body: &Value| body["identifier"].to_string().contains(&name);
        let found: Vec<_> = held.iter().filter(|(_, _, body)| mine(body)).collect();
        match status {
            Status::Acked(_) => {
                assert_eq!(found.len(), 1, "each exactly once");
                let mut there = found[0].2.clone();
                let mut here: Value = serde_json::from_slice(&entry.bytes).unwrap();
                for body in [&mut there, &mut here] {
                    body.as_object_mut().unwrap().retain(|name, _| name != "meta" && name != "id");
                }
                assert_eq!(there, here, "as it was frozen");
                versions += found[0].1;
            }
            Status::Dead(dead) => assert!(found.is_empty() && dead.status >= 400),
            other => panic!("{other:?} at the end"),
        }
        assert!(told.insert(entry.resource_id));
    }
    assert!(versions >= held.len() as u64);
    held.len()
}
