//! The profiles say what is read, and no damage makes up a number.

use lumbra_domain::exercise::Exercise;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::tests::{care_plan, changed, exercise, fetched, goal, programme, quantity, reason};
use super::*;
use crate::fhir::Fetched;

fn profile(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_code_system_names_the_library() {
    let system = profile(include_str!("../../profiles/CodeSystem-exercises.json"));
    assert_eq!(system["url"], crate::fhir::codes::EXERCISES);
    let codes: Vec<&str> =
        system["concept"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, Exercise::ALL.iter().map(|exercise| exercise.id()).collect::<Vec<_>>());
    assert_eq!(system["count"], codes.len());
}

#[test]
fn the_structure_definitions_say_what_is_read() {
    let stimulation = profile(include_str!("../../profiles/StructureDefinition-stimulation.json"));
    let dose = profile(include_str!("../../profiles/StructureDefinition-exercise-dose.json"));
    assert_eq!(stimulation["url"], crate::fhir::codes::STIMULATION);
    assert_eq!(dose["url"], crate::fhir::codes::EXERCISE_DOSE);
    let parts = |definition: &Value| -> Vec<(String, bool)> {
        let elements = definition["differential"]["element"].as_array().unwrap();
        let slices = elements.iter().filter(|element| element["sliceName"].is_string());
        slices.map(|slice| (slice["sliceName"].as_str().unwrap().to_owned(), slice["min"] == 1)).collect()
    };
    // Each part that must be there stops a programme when it is not; each other one may be missing, trains only together.
    let written: Vec<Value> = programme()["extension"][0]["extension"].as_array().unwrap().clone();
    let parts_read = parts(&stimulation);
    assert_eq!(
        parts_read.iter().map(|(name, _)| json!(name)).collect::<Vec<_>>(),
        written.iter().map(|part| part["url"].clone()).collect::<Vec<_>>()
    );
    for (name, needed) in parts_read {
        let without = |part: &&Value| {
            part["url"] != name.as_str() && !(name.starts_with("train") && part["url"] == "pulsesPerTrain")
        };
        let rest: Vec<&Value> = written.iter().filter(without).collect();
        let plans = changed(programme(), ("/extension/0/extension", json!(rest)));
        let startable = plans.plans[0].activities.len() == 2;
        assert_eq!(startable, !needed && name != "pulsesPerTrain", "{name}");
    }
    let written: Vec<Value> = exercise()["extension"][0]["extension"].as_array().unwrap().clone();
    for (name, needed) in parts(&dose) {
        assert!(!needed);
        let one = written.iter().find(|part| part["url"] == name.as_str()).cloned();
        let one = one.unwrap_or_else(|| json!({"url": "duration", "valueQuantity": quantity(&json!(5), "min")}));
        assert_eq!(
            changed(exercise(), ("/extension/0/extension", json!([one]))).plans[0].activities.len(),
            2,
            "{name}"
        );
    }
}

proptest! {
    #[test]
    fn a_cap_is_the_number_that_is_written_or_none(whole in 0_u32..8_000, rest in "[0-9]{0,4}", exponent in proptest::option::of(-3_i32..3)) {
        let point = if rest.is_empty() { "" } else { "." };
        let exponent = exponent.map(|exponent| format!("e{exponent}")).unwrap_or_default();
        let number = format!("{whole}{point}{rest}{exponent}");
        let json = programme().to_string().replace("15.5", &number);
        let bytes = [json, care_plan().to_string(), exercise().to_string(), goal().to_string()];
        let all: Vec<Fetched> = bytes.iter().map(|json| Fetched::read(json.as_bytes()).unwrap().unwrap()).collect();
        let plans = read(&all, "ann");
        let milliamps: f64 = number.parse().unwrap();
        if let Some(What::Stimulation(read)) = plans.plans[0].activities.get(1).map(|activity| &activity.what) {
            prop_assert!((f64::from(read.cap_dma) / 10.0 - milliamps).abs() < 1e-9);
        } else {
            let tenths = milliamps * 10.0;
            let whole = (tenths - tenths.round()).abs() < 1e-9;
            prop_assert!(!whole || !(0.5..65_535.5).contains(&tenths), "{} was refused", number);
            prop_assert_eq!(reason(&plans), Reason::NotStartable("cap"));
        }
    }

    #[test]
    fn whatever_is_damaged_no_cap_is_made_up(at in any::<prop::sample::Index>(), new in "[0-9a-z{}\\[\\]\",:.]{0,3}", gone in 0_usize..6) {
        let mut json = programme().to_string();
        let from = at.index(json.len());
        let to = (from + gone).min(json.len());
        prop_assume!(json.is_char_boundary(from) && json.is_char_boundary(to));
        json.replace_range(from..to, &new);
        let Ok(Some(damaged)) = Fetched::read(json.as_bytes()) else { return Ok(()) };
        let plans = read(&[damaged, fetched(&care_plan())], "ann");
        for activity in plans.plans.iter().flat_map(|plan| &plan.activities) {
            if let What::Stimulation(programme) = &activity.what {
                // What is read as a cap is the one that is written there.
                let order: Value = serde_json::from_str(&json).unwrap();
                let extension = order["extension"][0]["extension"].as_array().unwrap();
                let caps: Vec<&Value> = extension.iter().filter(|part| part["url"] == "cap").collect();
                prop_assert_eq!(caps.len(), 1);
                let cap = &caps[0]["valueQuantity"];
                let tenths = cap["value"].as_f64().unwrap() * 10.0;
                prop_assert!((tenths - f64::from(programme.cap_dma)).abs() < 1e-6, "{} is not in {}", programme.cap_dma, json);
                prop_assert_eq!(&cap["code"], "mA");
            }
        }
    }
}
