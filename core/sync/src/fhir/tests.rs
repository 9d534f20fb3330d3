//! What holds of every resource: unknown fields and digits stay, no bytes break it, what is built is what the conventions ask for.

use lumbra_domain::pain::PainScore;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::build::{
    self, AnswerValue, Answered, Done, DoseDone, Ended, PainRated, PatientId, PostureSummed, SessionDone, Wearable,
};
use super::*;

const ORDER: &str = r#"{"resourceType":"ServiceRequest","id":"a","meta":{"versionId":"7","lastUpdated":"2026-03-01T08:00:00Z","profile":["x"]},"extension":[{"url":"u","valueQuantity":{"value":1.50,"unit":"mA","extension":[{"url":"why","valueDecimal":0.10}]}},{"url":"v","valueDecimal":100000000000000000000.000}],"status":"active","code":{"coding":[{"system":"s","code":"c","userSelected":true}],"text":"\u00e4"},"occurrenceTiming":{"repeat":{"period":1.0,"periodUnit":"wk","offset":30}},"note":[{"text":"kept",  "time":"2026"}],"_status":{"id":"x"},"futureThing":{"deep":[1e2,null,{"a":1.500}]}}"#;

#[test]
fn unknown_fields_and_digits_stay() {
    let read: ServiceRequest = super::read("ServiceRequest", ORDER.as_bytes(), RESOURCE_MAX).unwrap();
    assert_eq!(read.meta.as_ref().unwrap().version_id.as_deref(), Some("7"));
    let written = serde_json::to_string(&read).unwrap();
    for kept in [
        "1.50",
        "0.10",
        "100000000000000000000.000",
        "\"period\":1.0",
        "[1e2,null,{\"a\":1.500}]",
        "userSelected",
        "\"kept\",  \"time\"",
    ] {
        assert!(written.contains(kept), "{kept} in {written}");
    }
    let (before, after): (Value, Value) =
        (serde_json::from_str(ORDER).unwrap(), serde_json::from_str(&written).unwrap());
    assert_eq!(before, after, "nothing is lost and nothing is new");
    let again: ServiceRequest = super::read("ServiceRequest", written.as_bytes(), RESOURCE_MAX).unwrap();
    assert_eq!(again, read);
}

#[test]
fn a_resource_is_what_it_says_and_says_it_once() {
    let read = |json: &str| super::read::<ServiceRequest>("ServiceRequest", json.as_bytes(), RESOURCE_MAX);
    assert!(read(r#"{"resourceType":"ServiceRequest"}"#).is_ok());
    for bad in [
        "{}",
        "[]",
        "null",
        r#"{"resourceType":"CarePlan"}"#,
        r#"{"resourceType":"ServiceRequest","resourceType":"ServiceRequest"}"#,
        r#"{"resourceType":"ServiceRequest","status":"active","status":"revoked"}"#,
        r#"{"resourceType":"ServiceRequest","status":1}"#,
        r#"{"resourceType":"ServiceRequest"} {}"#,
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
    assert!(!read("{secret").unwrap_err().to_string().contains("secret"), "an error quotes nothing");
}

#[test]
fn what_is_kept_of_the_clinic_has_a_name_that_is_safe_in_a_path() {
    let fetched = |id: &str| Fetched::read(format!(r#"{{"resourceType":"Goal","id":{}}}"#, json!(id)).as_bytes());
    assert_eq!(fetched("a-1.B").unwrap().unwrap().id, "a-1.B");
    let long = "a".repeat(65);
    for bad in ["", "a/b", "..", ".", "a?b", "a b", "ä", long.as_str()] {
        assert!(fetched(bad).is_err(), "{bad}");
    }
    assert_eq!(Fetched::read(br#"{"resourceType":"Binary","id":"a"}"#), Ok(None));
    let large = format!(r#"{{"resourceType":"Goal","id":"a","note":"{}"}}"#, "x".repeat(RESOURCE_MAX));
    assert_eq!(Fetched::read(large.as_bytes()), Err(ParseError::TooLarge { max: RESOURCE_MAX }));
    let many = format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, vec!["{}"; ENTRIES_MAX + 1].join(","));
    assert_eq!(Bundle::read(many.as_bytes()), Err(ParseError::TooMany));
}

#[test]
fn an_outcome_names_an_entry_or_none() {
    let outcome = |places: Value| -> OperationOutcome {
        let json = json!({"resourceType": "OperationOutcome", "issue": [
            {"severity": "warning", "expression": ["Bundle.entry[9]"]},
            {"severity": "error", "code": "invalid", "expression": places, "details": {"text": "two\nlines"}},
        ]});
        OperationOutcome::read(json.to_string().as_bytes()).unwrap()
    };
    let cases = [
        (json!(["Bundle.entry[3].resource.ofType(Observation).value"]), Some(3)),
        (json!(["Bundle.entry[3]", "Bundle.entry[3].resource"]), Some(3)),
        (json!(["/f:Bundle/f:entry[4]/f:resource"]), Some(3)),
        (json!(["Bundle.entry[3]", "Bundle.entry[4]"]), None),
        (json!(["/f:Bundle/f:entry[0]"]), None),
        (json!(["Bundle.entry[-1]", "Bundle.entry[99999999999999999999999]", "Bundle.entry["]), None),
        (json!(["Observation.status"]), None),
    ];
    for (places, entry) in cases {
        assert_eq!(outcome(places.clone()).entry(), entry, "{places}");
    }
    assert_eq!(
        outcome(json!([])).says().as_deref(),
        Some("two lines"),
        "of all that is said, the first words in one line"
    );
}

fn ann() -> PatientId {
    PatientId::new("ann").unwrap()
}

fn done(what: Done, ended: Ended) -> SessionDone {
    let (start, end) = ("2026-03-01T09:00:00+01:00".to_owned(), Some("2026-03-01T09:30:00+01:00".to_owned()));
    let (order, device) = (Some("tens".to_owned()), Some(Uuid::from_u128(2)));
    SessionDone { id: Uuid::from_u128(1), what, ended, start, end, order, device }
}

fn value(resource: &impl serde::Serialize) -> Value {
    serde_json::to_value(resource).unwrap()
}

#[test]
fn a_session_is_a_procedure() {
    let cases = [
        (Ended::Completed, "completed", Value::Null),
        (Ended::Stopped("Pad came off".to_owned()), "stopped", json!("Pad came off")),
        (Ended::NotDone("Red flag".to_owned()), "not-done", json!("Red flag")),
        (Ended::NotSeen, "unknown", json!("The end was not seen")),
    ];
    for (ended, status, reason) in cases {
        let procedure = value(&build::session(&done(Done::Stimulation("Burst".to_owned()), ended), &ann()));
        assert_eq!(procedure["status"], status);
        assert_eq!(procedure["statusReason"]["text"], reason);
        assert_eq!(procedure["subject"]["reference"], "Patient/ann");
        assert_eq!(procedure["basedOn"][0]["reference"], "ServiceRequest/tens");
        assert_eq!(procedure["usedReference"][0]["reference"], format!("Device/{}", Uuid::from_u128(2)));
        assert_eq!(procedure["performedPeriod"]["end"], "2026-03-01T09:30:00+01:00");
        // The name is minted here: logical id and identifier are one.
        let name = Uuid::from_u128(1);
        assert_eq!(procedure["id"], name.to_string());
        assert_eq!(
            procedure["identifier"],
            json!([{"system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{name}")}])
        );
    }
    let exercise = value(&build::session(&done(Done::Exercise("bridge".to_owned()), Ended::Completed), &ann()));
    assert_eq!(exercise["code"]["coding"][0], json!({"system": codes::EXERCISES, "code": "bridge"}));
}

#[test]
fn a_dose_keeps_its_tenths() {
    let session = done(Done::Stimulation("Burst".to_owned()), Ended::Completed);
    let id = Uuid::from_u128(3);
    let dose = DoseDone { id, planned_s: 1_800, stimulated_s: 900, worst_case: true, highest_dma: 120, limit_dma: 155 };
    let json = serde_json::to_string(&build::dose(&session, &dose, &ann()).unwrap()).unwrap();
    for digits in [r#""value":12.0,"#, r#""value":15.5,"#, r#""value":900,"#, r#""valueBoolean":true"#] {
        assert!(json.contains(digits), "{digits} in {json}");
    }
    let observed: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(observed["partOf"][0]["reference"], format!("Procedure/{}", session.id));
}

#[test]
fn pain_is_read_as_a_number_and_as_a_quantity() {
    let session = Some(Uuid::from_u128(1));
    let (at, score, note) = ("2026-03-01".to_owned(), PainScore::new(7).unwrap(), Some("<b>\u{0}".to_owned()));
    let rated = PainRated { id: Uuid::from_u128(4), at, score, place: Some("lower back".to_owned()), note, session };
    let written = build::pain(&rated, &ann());
    let observed = value(&written);
    assert_eq!(observed["code"]["coding"][0], json!({"system": "http://loinc.org", "code": "72514-3"}));
    assert_eq!(observed["category"][0]["coding"][0]["code"], "survey");
    assert_eq!((&observed["valueInteger"], &observed["note"][0]["text"]), (&json!(7), &json!("<b>")));
    assert_eq!(observed["partOf"][0]["reference"], format!("Procedure/{}", Uuid::from_u128(1)));
    assert_eq!(build::pain_of(&written), Some(score));
    let quantity = |value: &str, code: &str, comparator: Option<&str>| {
        let read = Quantity {
            value: Some(serde_json::from_str(value).unwrap()),
            code: Some(code.to_owned()),
            comparator: comparator.map(str::to_owned),
            ..Quantity::default()
        };
        build::pain_of(&Observation { value_integer: None, value_quantity: Some(read), ..written.clone() })
    };
    assert_eq!(quantity("7.0", "{score}", None), Some(score));
    assert_eq!(quantity("7.5", "{score}", None), None);
    assert_eq!(quantity("7", "mm", None), None);
    assert_eq!(quantity("7", "{score}", Some(">")), None);
    assert_eq!(quantity("11", "{score}", None), None);
    assert_eq!(build::pain_of(&Observation { code: Some(codes::concept(codes::PEG_PAIN)), ..written }), None);
}

#[test]
fn posture_answers_scores_and_the_wearable() {
    let classes = vec![(codes::UPRIGHT, 3_600), (codes::SLOUCHED, 60)];
    let summed = PostureSummed { id: Uuid::from_u128(5), at: "2026-03-01".to_owned(), classes, nudges: u32::MAX };
    let posture = value(&build::posture(&summed, &ann()).unwrap());
    assert_eq!(posture["component"][1]["valueQuantity"]["value"], 60);
    assert_eq!(posture["component"][2]["valueInteger"], i32::MAX);
    assert_eq!(posture["effectiveDateTime"], "2026-03-01");
    let answers = vec![("1".to_owned(), AnswerValue::Ticked(true)), ("2".to_owned(), AnswerValue::Number(6))];
    let answered = Answered { id: Uuid::from_u128(6), title: "PEG".to_owned(), at: "2026-03-01".to_owned(), answers };
    let response = value(&build::answers(&answered, &ann()));
    assert_eq!(response["item"][0]["answer"][0], json!({"valueBoolean": true}));
    assert_eq!(response["item"][1]["answer"][0], json!({"valueInteger": 6}));
    assert!(response["identifier"].is_object(), "one, not a list");
    let score = |hundredths| {
        let score = build::score(Uuid::from_u128(8), codes::PEG_MEAN, hundredths, &answered, &ann()).unwrap();
        serde_json::to_string(&score).unwrap()
    };
    assert!(
        score(667).contains(r#""value":6.67,"unit":"{score}""#)
            && score(600).contains(r#""value":6.00,"unit":"{score}""#)
    );
    assert!(score(600).contains(&format!("QuestionnaireResponse/{}", answered.id)));
    let text = |text: &str| text.to_owned();
    let wearable =
        Wearable { id: Uuid::from_u128(9), serial: text("SN 1"), model: text("Belt"), firmware: text("1.2.3") };
    let device = value(&build::device(&wearable, &ann()));
    assert_eq!((&device["serialNumber"], &device["version"][0]["value"]), (&json!("SN 1"), &json!("1.2.3")));
    assert_eq!(device["identifier"][1]["value"], "SN 1");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_break_a_reader(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_bundle(&bytes);
    }

    #[test]
    fn no_damage_to_a_good_resource_breaks_a_reader(
        at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(), within in any::<bool>(),
    ) {
        let mut bytes = ORDER.as_bytes().to_vec();
        if within {
            bytes = format!(r#"{{"resourceType":"Bundle","type":"searchset","entry":[{{"resource":{ORDER}}}]}}"#).into_bytes();
        }
        let at = at.index(bytes.len());
        bytes[at] = byte;
        fuzz_bundle(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        fuzz_bundle(&bytes);
    }

    #[test]
    fn any_words_can_be_told(text in "(?s).{0,60}") {
        let session = done(Done::Stimulation(text.clone()), Ended::Stopped(text));
        let procedure = value(&build::session(&session, &ann()));
        for words in [&procedure["note"][0]["text"], &procedure["statusReason"]["text"]] {
            prop_assert!(words.is_null() || words.as_str().is_some_and(|words| !words.trim().is_empty() && !words.contains('\0')));
        }
    }
}
