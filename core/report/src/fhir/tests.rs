//! What holds of a bundle without a validator: names, references, numbers. The rules of R4 are checked in `tests/fhir`.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::Value;

use super::bundle;
use crate::report::Report;
use crate::sample;

fn entries(report: &Report) -> Vec<Value> {
    let bundle: Value = serde_json::from_slice(&bundle(report).unwrap().json).unwrap();
    assert_eq!((bundle["resourceType"].as_str(), bundle["type"].as_str()), (Some("Bundle"), Some("collection")));
    bundle["entry"].as_array().unwrap().clone()
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("reference").and_then(Value::as_str) {
                found.push(reference.to_owned());
            }
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn sound(report: &Report) -> Vec<Value> {
    let entries = entries(report);
    let mut names = HashSet::new();
    let mut found = Vec::new();
    for entry in &entries {
        let (url, id) = (entry["fullUrl"].as_str().unwrap(), entry["resource"]["id"].as_str().unwrap());
        assert_eq!(url, format!("urn:uuid:{id}"));
        assert!(names.insert(url.to_owned()), "{url} is there twice");
        references(&entry["resource"], &mut found);
    }
    for reference in found {
        assert!(names.contains(&reference), "{reference} is not in the bundle");
    }
    entries
}

fn of<'a>(entries: &'a [Value], kind: &str, code: Option<&str>) -> Vec<&'a Value> {
    let resources = entries.iter().map(|entry| &entry["resource"]);
    resources
        .filter(|resource| resource["resourceType"] == kind)
        .filter(|resource| code.is_none_or(|code| resource["code"]["coding"][0]["code"] == code))
        .collect()
}

#[test]
fn names_resolve_and_stay_the_same() {
    for (name, report) in sample::all() {
        let entries = sound(&report);
        assert_eq!(entries[0]["resource"]["resourceType"], "Patient", "{name}");
        assert_eq!(bundle(&report).unwrap(), bundle(&report).unwrap());
    }
    // A longer period knows what is in a shorter one by the same names.
    let names = |report: &Report| -> HashSet<String> {
        sound(report).iter().map(|entry| entry["fullUrl"].to_string()).collect()
    };
    let long = sample::report(28);
    let mut short = long.clone();
    let from = jiff::civil::date(2025, 11, 20);
    short.period = crate::Period::new(from, long.period.to(), None).unwrap();
    let (long, short) = (names(&long), names(&short));
    assert!(short.is_subset(&long) && short.len() < long.len() && short.len() > 10);
}

#[test]
fn numbers_are_those_of_the_rows() {
    let mut report = sample::report(28);
    report.sessions[0].highest = lumbra_domain::units::Milliamps::from_tenths(120);
    let entries = sound(&report);
    let pain: Vec<u64> = of(&entries, "Observation", Some("72514-3"))
        .iter()
        .map(|pain| pain["valueInteger"].as_u64().unwrap())
        .collect();
    assert_eq!(pain, report.pain.iter().map(|pain| u64::from(pain.score.get())).collect::<Vec<_>>());
    assert_eq!(of(&entries, "Procedure", None).len(), report.sessions.len());
    let worn = report.days.iter().filter(|day| day.posture.worn_s() > 0);
    let days = of(&entries, "Observation", Some("posture-day"));
    assert_eq!(days.len(), worn.clone().count());
    for (day, told) in worn.zip(days) {
        assert_eq!(told["component"][1]["valueQuantity"]["value"].as_u64(), Some(u64::from(day.posture.slouched_s)));
    }
    let json = String::from_utf8(bundle(&report).unwrap().json).unwrap();
    assert!(json.contains(r#""valueQuantity":{"value":12.0,"unit":"mA""#), "a tenth stays a tenth");
    assert!(json.contains(r#""value":6.67,"unit":"{score}""#), "a mean of thirds has two digits");
}

#[test]
fn an_end_that_was_not_seen_is_told_as_such() {
    let mut report = sample::report(28);
    report.sessions.truncate(1);
    report.sessions[0].worst_case = true;
    report.sessions[0].outcome = crate::Outcome::NotSeen;
    report.sessions[0].ended = None;
    let entries = sound(&report);
    let procedure = of(&entries, "Procedure", None)[0];
    assert_eq!(procedure["status"], "unknown");
    assert!(procedure["performedPeriod"].get("end").is_none());
    let dose = of(&entries, "Observation", Some("tens-dose"))[0];
    assert_eq!(dose["component"][2]["valueBoolean"], true);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_words_break_a_bundle(text in "(?s).{0,60}", days in 1_u32..10) {
        let mut report = sample::report(days);
        report.person.name = Some(text.clone());
        for pain in &mut report.pain {
            pain.note.clone_from(&text);
            pain.place.clone_from(&text);
            pain.identity.clone_from(&text);
        }
        for device in &mut report.devices {
            device.model.clone_from(&text);
            device.firmware.clone_from(&text);
        }
        for day in &mut report.wellbeing {
            day.medication.clone_from(&text);
        }
        for entry in sound(&report) {
            let resource = &entry["resource"];
            for words in [&resource["note"][0]["text"], &resource["deviceName"][0]["name"], &resource["name"][0]["text"]] {
                if let Some(words) = words.as_str() {
                    prop_assert!(!words.trim().is_empty() && !words.contains('\0'));
                }
            }
        }
    }
}
