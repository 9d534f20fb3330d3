//! Writes one of everything that goes to a clinic, and a plan with the profiles it is written by, as a bundle to be checked by other
//! programs: `cargo run -p lumbra-sync --example resources -- DIR`.

use std::error::Error;
use std::path::PathBuf;

use lumbra_domain::pain::PainScore;
use lumbra_sync::fhir::build::{
    self, AnswerValue, Answered, Done, DoseDone, Ended, PainRated, PatientId, PostureSummed, SessionDone, Wearable,
};
use lumbra_sync::fhir::codes;
use serde_json::{Value, json};
use uuid::Uuid;

const BASE: &str = "https://clinic.example/fhir";

fn facts(patient: &PatientId) -> Result<Vec<Value>, Box<dyn Error>> {
    let id = |number: u128| Uuid::from_u128(0x0f1e_0000_0000_4000_8000_0000_0000_0000 | number);
    let at = || "2026-03-01T09:00:00.000+01:00".to_owned();
    let wearable =
        Wearable { id: id(1), serial: "SN 1".to_owned(), model: "Belt".to_owned(), firmware: "1.2.3".to_owned() };
    let session = |number, what, ended| SessionDone {
        id: id(number),
        what,
        ended,
        start: at(),
        end: Some("2026-03-01T09:30:00.000+01:00".to_owned()),
        order: Some("tens".to_owned()),
        device: Some(id(1)),
    };
    let stimulation = |number, ended| session(number, Done::Stimulation("Burst <2>".to_owned()), ended);
    let first = stimulation(2, Ended::Completed);
    let delivered = DoseDone {
        id: id(3),
        planned_s: 1_800,
        stimulated_s: 1_700,
        worst_case: true,
        highest_dma: 120,
        limit_dma: 155,
    };
    let exercise = SessionDone {
        order: Some("bridge".to_owned()),
        device: None,
        ..session(4, Done::Exercise("bridge".to_owned()), Ended::Stopped("Pain".to_owned()))
    };
    let rated = PainRated {
        id: id(5),
        at: at(),
        score: PainScore::new(4)?,
        place: Some("Lower back, left".to_owned()),
        note: Some("a & b".to_owned()),
        session: Some(first.id),
    };
    let classes = vec![(codes::UPRIGHT, 3_600), (codes::SLOUCHED, 60)];
    let summed = PostureSummed { id: id(6), at: "2026-03-01".to_owned(), classes, nudges: 3 };
    let answers = vec![("1".to_owned(), AnswerValue::Number(6)), ("2".to_owned(), AnswerValue::Ticked(true))];
    let answered = Answered { id: id(7), title: "PEG".to_owned(), at: at(), answers };
    Ok(vec![
        serde_json::to_value(build::device(&wearable, patient))?,
        serde_json::to_value(build::session(&first, patient))?,
        serde_json::to_value(build::session(&stimulation(9, Ended::NotDone("Red flag".to_owned())), patient))?,
        serde_json::to_value(build::session(&stimulation(10, Ended::NotSeen), patient))?,
        serde_json::to_value(build::dose(&first, &delivered, patient)?)?,
        serde_json::to_value(build::session(&exercise, patient))?,
        serde_json::to_value(build::pain(&rated, patient))?,
        serde_json::to_value(build::posture(&summed, patient)?)?,
        serde_json::to_value(build::answers(&answered, patient))?,
        serde_json::to_value(build::score(id(8), codes::PEG_MEAN, 667, &answered, patient)?)?,
    ])
}

fn plan() -> Vec<Value> {
    let quantity = |value: f64, unit: &str| json!({"value": value, "unit": unit, "system": codes::UCUM, "code": unit});
    let subject = json!({"reference": "Patient/ann"});
    let bridge = json!({
        "resourceType": "ServiceRequest", "id": "bridge", "status": "active", "intent": "order", "subject": subject,
        "code": {"coding": [{"system": codes::EXERCISES, "code": "bridge"}]},
        "extension": [{"url": codes::EXERCISE_DOSE, "extension": [
            {"url": "repetitions", "valuePositiveInt": 10}, {"url": "hold", "valueQuantity": quantity(8.0, "s")},
        ]}],
        "occurrenceTiming": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
    });
    let tens = json!({
        "resourceType": "ServiceRequest", "id": "tens", "status": "active", "intent": "order", "subject": subject,
        "code": {"coding": [{"system": codes::LOCAL_SYSTEM, "code": "tens-session"}]},
        "extension": [{"url": codes::STIMULATION, "extension": [
            {"url": "mode", "valueCode": "conventional"},
            {"url": "frequency", "valueQuantity": quantity(100.0, "Hz")},
            {"url": "width", "valueQuantity": quantity(100.0, "us")},
            {"url": "duration", "valueQuantity": quantity(30.0, "min")},
            {"url": "cap", "valueQuantity": quantity(15.5, "mA")},
            {"url": "perDay", "valuePositiveInt": 2},
        ]}],
    });
    let goal = json!({"resourceType": "Goal", "id": "garden", "lifecycleStatus": "active", "subject": subject,
        "description": {"text": "An hour in the garden"}});
    let plan = json!({"resourceType": "CarePlan", "id": "plan", "status": "active", "intent": "plan", "subject": subject,
        "activity": [{"reference": {"reference": "ServiceRequest/bridge"}}, {"reference": {"reference": "ServiceRequest/tens"}}],
        "goal": [{"reference": "Goal/garden"}]});
    vec![bridge, tens, goal, plan]
}

/// References as whole addresses: whoever checks the bundle then sees that each is in it.
fn whole(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(place)) = fields.get_mut("reference") {
                *place = format!("{BASE}/{place}");
            }
            fields.values_mut().for_each(whole);
        }
        Value::Array(items) => items.iter_mut().for_each(whole),
        _ => {}
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = PathBuf::from(std::env::args_os().nth(1).ok_or("name a folder")?);
    let patient = PatientId::new("ann").ok_or("an id")?;
    let mut all = vec![json!({"resourceType": "Patient", "id": "ann"})];
    all.extend(facts(&patient)?);
    all.extend(plan());
    for profile in [
        include_str!("../profiles/CodeSystem-exercises.json"),
        include_str!("../profiles/StructureDefinition-exercise-dose.json"),
        include_str!("../profiles/StructureDefinition-stimulation.json"),
    ] {
        all.push(serde_json::from_str(profile)?);
    }
    let entry = |mut resource: Value| {
        whole(&mut resource);
        let name = |field: &str| resource.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        json!({"fullUrl": format!("{BASE}/{}/{}", name("resourceType"), name("id")), "resource": resource})
    };
    let entries: Vec<Value> = all.into_iter().map(entry).collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    std::fs::create_dir_all(&dir)?;
    std::fs::write(dir.join("clinic.json"), serde_json::to_vec(&bundle)?)?;
    Ok(())
}
