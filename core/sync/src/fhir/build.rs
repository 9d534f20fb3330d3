//! From what was done to the resources that tell it.
//!
//! Each has a name that the phone minted: it is the logical id and the identifier. Every reference carries the identifier beside the
//! place, so that a server which gives names of its own can still be asked what belongs together.

use lumbra_domain::pain::PainScore;
use lumbra_domain::text::{plain, xhtml};
use uuid::Uuid;

use super::codes::{self, Code, UCUM, URIS, category};
pub use super::done::{
    AnswerValue, Answered, Done, DoseDone, Ended, PainRated, PatientId, PostureSummed, SessionDone, Wearable,
};
use super::element::{Annotation, CodeableConcept, Identifier, Narrative, Period, Quantity, Reference};
use super::raw::{Decimal, ParseError};
use super::resources::{
    Answer, Component, Device, DeviceName, DeviceVersion, Item, Observation, Procedure, QuestionnaireResponse,
};

fn names(id: Uuid) -> Identifier {
    Identifier { system: Some(URIS.to_owned()), value: Some(format!("urn:uuid:{id}")), ..Identifier::default() }
}

fn refer(kind: &str, id: Uuid) -> Reference {
    let (reference, identifier) = (Some(format!("{kind}/{id}")), Some(Box::new(names(id))));
    Reference { reference, identifier, ..Reference::default() }
}

fn words(text: &str) -> Option<CodeableConcept> {
    plain(text).map(|text| CodeableConcept { text: Some(text), ..CodeableConcept::default() })
}

fn notes(text: Option<&str>) -> Vec<Annotation> {
    let text = text.and_then(plain);
    text.map(|text| Annotation { text: Some(text), ..Annotation::default() }).into_iter().collect()
}

/// Words as XHTML.
fn narrative(says: &str) -> Option<Narrative> {
    let div = xhtml(&plain(says)?);
    Some(Narrative { status: Some("generated".to_owned()), div: Some(div), ..Narrative::default() })
}

fn amount(value: i64, places: u32, unit: &str) -> Result<Option<Quantity>, ParseError> {
    let unit = Some(unit.to_owned());
    let (value, system) = (Some(Decimal::scaled(value, places)?), Some(UCUM.to_owned()));
    Ok(Some(Quantity { value, unit: unit.clone(), system, code: unit, ..Quantity::default() }))
}

fn observation(id: Uuid, patient: &PatientId, kind: &str, code: Code, at: &str, says: &str) -> Observation {
    Observation {
        id: Some(id.to_string()),
        text: narrative(says),
        identifier: vec![names(id)],
        status: Some("final".to_owned()),
        category: vec![category(kind)],
        code: Some(codes::concept(code)),
        subject: Some(patient.reference()),
        effective_date_time: Some(at.to_owned()),
        // The person rates, and wears what measures.
        performer: vec![patient.reference()],
        ..Observation::default()
    }
}

/// The session as a `Procedure`.
pub fn session(done: &SessionDone, patient: &PatientId) -> Procedure {
    let (status, reason) = match &done.ended {
        Ended::Completed => ("completed", None),
        Ended::Stopped(reason) => ("stopped", words(reason)),
        Ended::NotDone(reason) => ("not-done", words(reason)),
        Ended::NotSeen => ("unknown", words("The end was not seen")),
    };
    let (code, note) = match &done.what {
        Done::Stimulation(programme) => (codes::concept(codes::TENS_SESSION), Some(format!("Programme: {programme}"))),
        Done::Exercise(id) => {
            let coding = super::Coding {
                system: Some(codes::EXERCISES.to_owned()),
                code: Some(id.clone()),
                ..super::Coding::default()
            };
            (CodeableConcept { coding: vec![coding], ..CodeableConcept::default() }, None)
        }
    };
    let ordered = |id: &String| Reference { reference: Some(format!("ServiceRequest/{id}")), ..Reference::default() };
    Procedure {
        id: Some(done.id.to_string()),
        text: narrative(&format!("{}, {status}", code.text.as_deref().unwrap_or("Exercise"))),
        identifier: vec![names(done.id)],
        based_on: done.order.iter().filter(|id| super::is_id(id)).map(ordered).collect(),
        status: Some(status.to_owned()),
        status_reason: reason,
        code: Some(code),
        subject: Some(patient.reference()),
        performed_period: Some(Period { start: Some(done.start.clone()), end: done.end.clone(), ..Period::default() }),
        note: notes(note.as_deref()),
        used_reference: done.device.map(|id| refer("Device", id)).into_iter().collect(),
        ..Procedure::default()
    }
}

/// What a session of stimulation delivered, as an `Observation` that is part of its `Procedure`.
pub fn dose(session: &SessionDone, dose: &DoseDone, patient: &PatientId) -> Result<Observation, ParseError> {
    let says = format!("{} s of {} s", dose.stimulated_s, dose.planned_s);
    let mut observed = observation(dose.id, patient, "therapy", codes::TENS_DOSE, &session.start, &says);
    observed.part_of = vec![refer("Procedure", session.id)];
    let amounts = [
        (codes::PLANNED, amount(dose.planned_s.into(), 0, "s")?),
        (codes::STIMULATED, amount(dose.stimulated_s.into(), 0, "s")?),
        (codes::HIGHEST, amount(dose.highest_dma.into(), 1, "mA")?),
        (codes::LIMIT, amount(dose.limit_dma.into(), 1, "mA")?),
    ];
    let amounts = amounts.map(|(code, value_quantity)| Component {
        code: Some(codes::concept(code)),
        value_quantity,
        ..Component::default()
    });
    observed.component = amounts.into();
    let (code, value_boolean) = (Some(codes::concept(codes::WORST_CASE)), Some(dose.worst_case));
    observed.component.push(Component { code, value_boolean, ..Component::default() });
    Ok(observed)
}

/// A pain rating as an `Observation`.
pub fn pain(rated: &PainRated, patient: &PatientId) -> Observation {
    let says = format!("Pain {} of 10", rated.score.get());
    let mut observed = observation(rated.id, patient, "survey", codes::PAIN, &rated.at, &says);
    observed.value_integer = Some(rated.score.get().into());
    observed.part_of = rated.session.map(|id| refer("Procedure", id)).into_iter().collect();
    observed.note = notes(rated.note.as_deref());
    observed.body_site = rated.place.as_deref().and_then(words);
    observed
}

/// The pain that an observation tells, if it is one: from a whole number or a quantity in `{score}`, as both are in use.
pub fn pain_of(observed: &Observation) -> Option<PainScore> {
    if !codes::means(observed.code.as_ref()?, codes::PAIN) {
        return None;
    }
    let score = match (&observed.value_integer, &observed.value_quantity) {
        (Some(score), None) => i64::from(*score),
        (None, Some(quantity)) if quantity.comparator.is_none() && quantity.code.as_deref() == Some("{score}") => {
            quantity.value.as_ref()?.in_units_of(0)?
        }
        _ => return None,
    };
    PainScore::new(u8::try_from(score).ok()?).ok()
}

/// Posture over a day or an hour as an `Observation`.
pub fn posture(summed: &PostureSummed, patient: &PatientId) -> Result<Observation, ParseError> {
    let mut observed = observation(summed.id, patient, "activity", codes::POSTURE_DAY, &summed.at, "Posture");
    for &(code, seconds) in &summed.classes {
        let value_quantity = amount(seconds.into(), 0, "s")?;
        observed.component.push(Component { code: Some(codes::concept(code)), value_quantity, ..Component::default() });
    }
    // FHIR's whole numbers are signed.
    let value_integer = Some(i32::try_from(summed.nudges).unwrap_or(i32::MAX));
    let code = Some(codes::concept(codes::NUDGES));
    observed.component.push(Component { code, value_integer, ..Component::default() });
    Ok(observed)
}

/// The wearable as a `Device`.
pub fn device(wearable: &Wearable, patient: &PatientId) -> Device {
    let version = plain(&wearable.firmware).map(|value| DeviceVersion {
        kind: words("firmware"),
        value: Some(value),
        ..DeviceVersion::default()
    });
    let name = plain(&wearable.model).map(|name| DeviceName {
        name: Some(name),
        kind: Some("model-name".to_owned()),
        ..DeviceName::default()
    });
    let serial = plain(&wearable.serial);
    let serial_name = serial.clone().map(|value| Identifier {
        system: Some(format!("{}/serial", codes::LOCAL_SYSTEM)),
        value: Some(value),
        ..Identifier::default()
    });
    Device {
        id: Some(wearable.id.to_string()),
        text: narrative(&format!("Wearable {}", wearable.model)),
        identifier: std::iter::once(names(wearable.id)).chain(serial_name).collect(),
        serial_number: serial,
        device_name: name.into_iter().collect(),
        kind: words("Wearable for TENS and posture"),
        version: version.into_iter().collect(),
        patient: Some(patient.reference()),
        ..Device::default()
    }
}

/// The answers as a `QuestionnaireResponse`.
pub fn answers(answered: &Answered, patient: &PatientId) -> QuestionnaireResponse {
    let item = |(number, value): &(String, AnswerValue)| {
        let answer = match value {
            AnswerValue::Number(value) => Answer { value_integer: Some((*value).into()), ..Answer::default() },
            AnswerValue::Ticked(value) => Answer { value_boolean: Some(*value), ..Answer::default() },
        };
        Item { link_id: Some(number.clone()), answer: vec![answer], ..Item::default() }
    };
    QuestionnaireResponse {
        id: Some(answered.id.to_string()),
        text: narrative(&format!("{} answered", answered.title)),
        identifier: Some(names(answered.id)),
        status: Some("completed".to_owned()),
        subject: Some(patient.reference()),
        authored: Some(answered.at.clone()),
        item: answered.answers.iter().map(item).collect(),
        ..QuestionnaireResponse::default()
    }
}

/// A score that answers add up to, in hundredths, as an `Observation` beside them: a whole number, but for what is a mean, which is an
/// amount of `{score}` even when it is whole. A clinic's system reads one type under one code, and the same in a bundle.
pub fn score(
    id: Uuid,
    code: Code,
    hundredths: u32,
    answered: &Answered,
    patient: &PatientId,
) -> Result<Observation, ParseError> {
    let mut observed = observation(id, patient, "survey", code, &answered.at, code.text);
    if code != codes::PEG_MEAN && hundredths.is_multiple_of(100) {
        observed.value_integer = i32::try_from(hundredths / 100).ok();
    } else {
        observed.value_quantity = amount(hundredths.into(), 2, "{score}")?;
    }
    observed.derived_from = vec![refer("QuestionnaireResponse", answered.id)];
    Ok(observed)
}
