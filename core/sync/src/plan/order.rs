//! One `ServiceRequest`: an exercise or a programme of stimulation.

use lumbra_domain::exercise::Exercise;

use crate::fhir::codes::{EXERCISE_DOSE, EXERCISES, STIMULATION, TENS_SESSION, means};
use crate::fhir::{CodeableConcept, Extension, ServiceRequest, Timing};

use super::amount::{dates, whole_day};
use super::stimulation::{dose, stimulation};
use super::timing::schedule;
use super::{Activity, Dates, Dose, Every, PlanStatus, Reason, Schedule, What};

/// Orders are for doing; proposals, plans and options are not.
const INTENTS: [&str; 4] = ["order", "original-order", "filler-order", "instance-order"];

/// The one extension with this URL. Two of them contradict each other, whatever they say.
fn only<'a>(extensions: &'a [Extension], url: &str, twice: Reason) -> Result<Option<&'a Extension>, Reason> {
    let mut found = extensions.iter().filter(|extension| extension.url.as_deref() == Some(url));
    let first = found.next();
    if found.next().is_some() { Err(twice) } else { Ok(first) }
}

/// The exercise that a concept names, if it names one.
fn exercise(concept: Option<&CodeableConcept>) -> Result<Option<&str>, Reason> {
    let ours = |coding: &&crate::fhir::Coding| coding.system.as_deref() == Some(EXERCISES);
    let mut codings = concept.into_iter().flat_map(|concept| &concept.coding).filter(ours);
    let Some(first) = codings.next() else { return Ok(None) };
    if codings.next().is_some() {
        return Err(Reason::Ambiguous);
    }
    let id = first.code.as_deref().ok_or(Reason::Missing("the exercise's code"))?;
    Exercise::from_id(id).map(|_| Some(id)).ok_or(Reason::UnknownExercise)
}

fn what(order: &ServiceRequest) -> Result<What, Reason> {
    let parameters = only(&order.extension, STIMULATION, Reason::NotStartable("the extension"))?;
    let amount = only(&order.extension, EXERCISE_DOSE, Reason::NotUnderstood("the dose"))?;
    let tens = order.code.as_ref().is_some_and(|code| means(code, TENS_SESSION));
    match (exercise(order.code.as_ref())?, parameters) {
        (Some(_), Some(_)) => Err(Reason::Ambiguous),
        (Some(_), None) if tens => Err(Reason::Ambiguous),
        (Some(id), None) => {
            let dose = amount.map(dose).transpose()?.unwrap_or(Dose::default());
            Ok(What::Exercise { exercise: id.to_owned(), dose })
        }
        (None, Some(_)) if amount.is_some() => Err(Reason::Ambiguous),
        (None, Some(parameters)) => stimulation(parameters).map(What::Stimulation),
        (None, None) if tens => Err(Reason::NotStartable("cap")),
        (None, None) => Err(Reason::NotUnderstood("the code")),
    }
}

/// When: by a rule, on a day, or within a time.
fn timing(order: &ServiceRequest) -> Result<Option<Schedule>, Reason> {
    let once = |dates| Schedule { times: 1, every: Every::Days(1), days: Vec::new(), at: Vec::new(), dates };
    let rule: Option<&Timing> = order.occurrence_timing.as_ref();
    match (rule, order.occurrence_date_time.as_deref(), order.occurrence_period.as_ref()) {
        (None, None, None) => Ok(None),
        (Some(rule), None, None) => schedule(rule).map(Some),
        (None, Some(text), None) => {
            let day = whole_day(text).ok_or(Reason::NotUnderstood("the date"))?;
            Ok(Some(once(Dates { first: Some(day), last: Some(day) })))
        }
        // Within a time, but how often is not said.
        _ => Err(Reason::NotUnderstood("the timing")),
    }
}

/// The words of a concept, or else those of its codes.
pub(super) fn words(concept: &CodeableConcept) -> Option<String> {
    concept.text.clone().or_else(|| concept.coding.iter().find_map(|coding| coding.display.clone()))
}

/// What R4 lets change the meaning of an order without being an extension, and what this reader does not know about.
const UNKNOWN: [(&str, &str); 4] = [
    ("asNeededCodeableConcept", "when it is needed"),
    ("quantityQuantity", "the quantity"),
    ("quantityRatio", "the quantity"),
    ("quantityRange", "the quantity"),
];

/// What the order says. The person, the id and the modifiers have been looked at.
pub(super) fn activity(id: &str, version: Option<String>, order: &ServiceRequest) -> Result<Activity, Reason> {
    if order.do_not_perform == Some(true) {
        return Err(Reason::Forbids);
    }
    if !order.intent.as_deref().is_some_and(|intent| INTENTS.contains(&intent)) {
        return Err(Reason::NotUnderstood("the intent"));
    }
    // An amount or a condition in a place that is not read would be an order half understood. A field that is the extension of a
    // primitive that is read, `_status` or `_doNotPerform`, likewise.
    let named = |name: &str| UNKNOWN.iter().find(|(field, _)| *field == name).map(|(_, what)| *what);
    let primitive = |name: &str| matches!(name, "_status" | "_intent" | "_doNotPerform" | "_asNeededBoolean");
    for (name, _) in &order.others {
        if let Some(what) = named(name) {
            return Err(Reason::NotUnderstood(what));
        }
        if primitive(name) {
            return Err(Reason::Modified);
        }
    }
    dates(order.occurrence_period.as_ref(), "the period")?;
    let status = order.status.as_deref().ok_or(Reason::Missing("the status"))?;
    Ok(Activity {
        id: id.to_owned(),
        version,
        status: PlanStatus::from_code(status).ok_or(Reason::NotUnderstood("the status"))?,
        what: what(order)?,
        timing: timing(order)?,
        as_needed: order.as_needed_boolean == Some(true),
        body_site: order.body_site.iter().filter_map(words).collect(),
        instruction: order.patient_instruction.clone(),
    })
}
