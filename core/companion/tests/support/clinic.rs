//! A person's clinic, as the tests of it begin: signing in, a plan, a sync.

use std::collections::BTreeSet;
use std::sync::Arc;

use lumbra::Companion;
use lumbra::domain::codes::TENS_SESSION;
use lumbra::sync::engine::{Hints, Outcome};
use lumbra::sync::http::Http;
use lumbra::sync::support::Clinic;
use serde_json::json;

pub const BASE: &str = "https://clinic.example/fhir";
pub const REDIRECT: &str = "http://127.0.0.1:7/back";
pub const ASKED: Hints = Hints { metered: false, battery_low: false, user_asked: true };

/// The state that an address carries, as the browser brings it back.
pub fn came_back(address: &str) -> String {
    let state = address.split(['?', '&']).find_map(|part| part.strip_prefix("state=")).unwrap();
    format!("{REDIRECT}?code=good&state={state}")
}

pub async fn connected(companion: &Companion, server: &Arc<Clinic>) {
    let begun = companion.begin_clinic(&**server, BASE, "lumbra", REDIRECT).await.unwrap();
    let back = came_back(begun.address());
    companion.finish_clinic(&**server, begun, &back).await.unwrap();
}

pub async fn sync(companion: &Companion, server: &Arc<Clinic>) -> (usize, Outcome) {
    let http: Arc<dyn Http> = server.clone();
    let clinic = companion.clinic(http).await.unwrap().unwrap();
    let done = clinic.sync(ASKED).await.unwrap();
    (done.queued, done.report.outcome)
}

/// The clinic's plan: an exercise three times a week, and a programme with a cap.
pub fn prescribe(server: &Clinic, status: &str, cap: &str) {
    let subject = json!({ "reference": "Patient/ann" });
    let extension: serde_json::Value = serde_json::from_str(&stimulation(cap)).unwrap();
    server.write(&json!({
        "resourceType": "ServiceRequest", "id": "bridge", "status": "active", "intent": "order", "subject": subject,
        "code": { "coding": [{ "system": "http://lumbra.health/fhir/CodeSystem/exercises", "code": "bridge" }] },
        "occurrenceTiming": { "repeat": { "frequency": 1, "period": 1, "periodUnit": "d" } },
    }));
    server.write(&json!({
        "resourceType": "ServiceRequest", "id": "tens", "status": "active", "intent": "order", "subject": subject,
        "code": { "coding": [{ "system": TENS_SESSION.system, "code": TENS_SESSION.value }] },
        "extension": [extension],
    }));
    server.write(&json!({
        "resourceType": "CarePlan", "id": "plan", "status": status, "intent": "plan", "subject": subject,
        "period": { "start": "2026-01-01" },
        "activity": [{ "reference": { "reference": "ServiceRequest/bridge" } }, { "reference": { "reference": "ServiceRequest/tens" } }],
    }));
}

/// The extension as `core/sync/profiles` tells it.
fn stimulation(cap: &str) -> String {
    let part = |name: &str, value: &str| format!(r#"{{"url":"{name}",{value}}}"#);
    let quantity = |value: &str, unit: &str| {
        format!(
            r#""valueQuantity":{{"value":{value},"unit":"{unit}","system":"http://unitsofmeasure.org","code":"{unit}"}}"#
        )
    };
    let parts = [
        part("mode", r#""valueCode":"conventional""#),
        part("frequency", &quantity("100", "Hz")),
        part("width", &quantity("100", "us")),
        part("duration", &quantity("20", "min")),
        part("cap", &quantity(cap, "mA")),
        part("perDay", r#""valuePositiveInt":2"#),
    ];
    format!(
        r#"{{"url":"http://lumbra.health/fhir/StructureDefinition/stimulation","extension":[{}]}}"#,
        parts.join(",")
    )
}

pub fn ids(server: &Clinic, kind: &str) -> BTreeSet<String> {
    server.held(kind).into_iter().map(|(id, _, _)| id).collect()
}
