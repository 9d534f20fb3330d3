//! Plans as clinics write them: a good one, and each way in which one can be wrong.

use jiff::civil::{Weekday, date, time};
use serde_json::{Value, json};

use super::*;
use crate::fhir::Fetched;

const UCUM: &str = "http://unitsofmeasure.org";

pub(super) fn quantity(value: &Value, unit: &str) -> Value {
    json!({"value": value, "unit": unit, "system": UCUM, "code": unit})
}

pub(super) fn exercise() -> Value {
    json!({
        "resourceType": "ServiceRequest", "id": "bridge", "meta": {"versionId": "3"}, "status": "active", "intent": "order",
        "subject": {"reference": "Patient/ann"},
        "code": {"coding": [
            {"system": "http://snomed.info/sct", "code": "229065009"},
            {"system": "http://lumbra.health/fhir/CodeSystem/exercises", "code": "bridge"},
        ]},
        "extension": [{"url": "http://lumbra.health/fhir/StructureDefinition/exercise-dose", "extension": [
            {"url": "sets", "valuePositiveInt": 3},
            {"url": "repetitions", "valuePositiveInt": 10},
            {"url": "hold", "valueQuantity": quantity(&json!(8), "s")},
        ]}],
        "occurrenceTiming": {"repeat": {
            "frequency": 2, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "thu"], "timeOfDay": ["18:05:00"],
            "boundsPeriod": {"start": "2026-03", "end": "2026-04"},
        }},
        "bodySite": [{"text": "Low back"}],
        "patientInstruction": "Slowly.",
    })
}

pub(super) fn programme() -> Value {
    json!({
        "resourceType": "ServiceRequest", "id": "tens", "status": "active", "intent": "order",
        "subject": {"reference": "https://clinic.example/fhir/Patient/ann/_history/2"},
        "code": {"coding": [{"system": "http://lumbra.health/fhir/CodeSystem/lumbra", "code": "tens-session"}]},
        "extension": [{"url": "http://lumbra.health/fhir/StructureDefinition/stimulation", "extension": [
            {"url": "mode", "valueCode": "burst"},
            {"url": "frequency", "valueRange": {"low": quantity(&json!(80), "Hz"), "high": quantity(&json!(100), "Hz")}},
            {"url": "width", "valueQuantity": quantity(&json!(150), "us")},
            {"url": "sweep", "valueQuantity": quantity(&json!(1.5), "s")},
            {"url": "trainRate", "valueQuantity": quantity(&json!(2), "Hz")},
            {"url": "pulsesPerTrain", "valuePositiveInt": 7},
            {"url": "duration", "valueQuantity": quantity(&json!(30), "min")},
            {"url": "cap", "valueQuantity": quantity(&json!(15.5), "mA")},
            {"url": "perDay", "valuePositiveInt": 2},
        ]}],
        "asNeededBoolean": true,
    })
}

pub(super) fn goal() -> Value {
    json!({
        "resourceType": "Goal", "id": "garden", "lifecycleStatus": "active", "subject": {"reference": "Patient/ann"},
        "description": {"text": "An hour in the garden"}, "target": [{"dueDate": "2026-05-01"}],
    })
}

pub(super) fn care_plan() -> Value {
    json!({
        "resourceType": "CarePlan", "id": "plan", "meta": {"versionId": "9"}, "status": "active", "intent": "plan",
        "title": "Back, eight weeks", "subject": {"reference": "Patient/ann"},
        "period": {"start": "2026-03-01", "end": "2026-04-26"},
        "activity": [
            {"reference": {"reference": "ServiceRequest/bridge"}},
            {"reference": {"reference": "https://clinic.example/fhir/ServiceRequest/tens"}},
        ],
        "goal": [{"reference": "Goal/garden"}],
    })
}

pub(super) fn fetched(resource: &Value) -> Fetched {
    Fetched::read(resource.to_string().as_bytes()).unwrap().unwrap()
}

fn read_all(resources: &[Value]) -> Plans {
    read(&resources.iter().map(fetched).collect::<Vec<_>>(), "ann")
}

/// What becomes of a resource that was changed at a place.
pub(super) fn changed(mut resource: Value, (place, new): (&str, Value)) -> Plans {
    let (parent, last) = place.rsplit_once('/').unwrap();
    match resource.pointer_mut(parent).unwrap() {
        Value::Object(fields) if new.is_null() => drop(fields.remove(last)),
        Value::Object(fields) => drop(fields.insert(last.to_owned(), new)),
        Value::Array(items) if last == "-" => items.push(new),
        Value::Array(items) if new.is_null() => drop(items.remove(last.parse().unwrap())),
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = new,
        _ => panic!("{place} is nowhere"),
    }
    let mut all = vec![exercise(), programme(), goal(), care_plan()];
    all.retain(|one| one["id"] != resource["id"]);
    all.push(resource);
    read_all(&all)
}

/// The one reason that is given, in the plan or beside it.
pub(super) fn reason(plans: &Plans) -> Reason {
    let all: Vec<&Problem> = plans.plans.iter().flat_map(|plan| &plan.problems).chain(&plans.problems).collect();
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].reason.clone()
}

#[test]
fn a_good_plan_is_read_to_the_last_digit() {
    let plans = read_all(&[exercise(), programme(), goal(), care_plan()]);
    assert!(plans.problems.is_empty(), "{:?}", plans.problems);
    let [plan] = plans.plans.as_slice() else { panic!("one plan") };
    assert_eq!((plan.id.as_str(), plan.version.as_deref(), plan.status), ("plan", Some("9"), PlanStatus::Active));
    assert_eq!(plan.period, Dates { first: Some(date(2026, 3, 1)), last: Some(date(2026, 4, 26)) });
    assert_eq!(plan.goals[0].due, Some(date(2026, 5, 1)));
    assert!(plan.problems.is_empty());
    let [bridge, tens] = plan.activities.as_slice() else { panic!("two activities") };
    let dose = Dose { sets: Some(3), repetitions: Some(10), hold_s: Some(8), minutes: None };
    assert_eq!(bridge.what, What::Exercise { exercise: "bridge".to_owned(), dose });
    let schedule = Schedule {
        times: 2,
        every: Every::Weeks(1),
        days: vec![Weekday::Monday, Weekday::Thursday],
        at: vec![time(18, 5, 0, 0)],
        dates: Dates { first: Some(date(2026, 3, 1)), last: Some(date(2026, 4, 30)) },
    };
    assert_eq!(bridge.timing, Some(schedule));
    assert_eq!((bridge.version.as_deref(), bridge.instruction.as_deref()), (Some("3"), Some("Slowly.")));
    assert_eq!((bridge.body_site.as_slice(), bridge.as_needed), (&["Low back".to_owned()][..], false));
    let expected = Stimulation {
        mode: Mode::Burst,
        frequency_dhz: (800, 1_000),
        width_us: (150, 150),
        sweep_ds: Some(15),
        trains: Some((20, 7)),
        minutes: 30,
        cap_dma: 155,
        per_day: 2,
    };
    assert_eq!((&tens.what, tens.as_needed, &tens.timing), (&What::Stimulation(expected), true, &None));
    assert_eq!(plan.on(date(2026, 3, 1)).count(), 2);
    assert_eq!(plan.on(date(2026, 4, 27)).count(), 0, "the plan is over");
}

#[test]
fn what_is_not_in_force_is_not_to_be_done() {
    for status in ["draft", "on-hold", "revoked", "completed", "entered-in-error", "unknown"] {
        let of_plan = changed(care_plan(), ("/status", json!(status)));
        assert_eq!(of_plan.plans[0].on(date(2026, 3, 1)).count(), 0, "{status}");
        let of_order = changed(programme(), ("/status", json!(status)));
        assert_eq!(of_order.plans[0].activities.len(), 2, "it is shown");
        assert_eq!(of_order.plans[0].on(date(2026, 3, 1)).count(), 1, "{status}");
    }
}

#[test]
fn what_is_not_understood_is_reported_and_not_guessed() {
    let stranger = || json!({"reference": "Patient/bob"});
    let order = [
        ("/status", json!("paused"), Reason::NotUnderstood("the status")),
        ("/status", Value::Null, Reason::Missing("the status")),
        ("/_status", json!({"id": "x"}), Reason::Modified),
        ("/intent", json!("proposal"), Reason::NotUnderstood("the intent")),
        ("/intent", json!("option"), Reason::NotUnderstood("the intent")),
        ("/intent", Value::Null, Reason::NotUnderstood("the intent")),
        ("/doNotPerform", json!(true), Reason::Forbids),
        ("/_doNotPerform", json!({"extension": []}), Reason::Modified),
        ("/modifierExtension", json!([{"url": "not", "valueCode": "x"}]), Reason::Modified),
        ("/implicitRules", json!("http://rules.example"), Reason::Modified),
        ("/subject", stranger(), Reason::OtherPatient),
        ("/subject", json!({"reference": "Group/ann"}), Reason::OtherPatient),
        ("/subject", json!({"reference": "NotAPatient/ann"}), Reason::OtherPatient),
        ("/subject", Value::Null, Reason::OtherPatient),
        ("/code", Value::Null, Reason::NotUnderstood("the code")),
        ("/code/coding/1/code", json!("headstand"), Reason::UnknownExercise),
        ("/code/coding/1/code", Value::Null, Reason::Missing("the exercise's code")),
        ("/code/coding/1/system", json!("http://other.example"), Reason::NotUnderstood("the code")),
        (
            "/code/coding/-",
            json!({"system": "http://lumbra.health/fhir/CodeSystem/exercises", "code": "plank"}),
            Reason::Ambiguous,
        ),
        ("/extension/-", programme()["extension"][0].clone(), Reason::Ambiguous),
        ("/extension/-", exercise()["extension"][0].clone(), Reason::NotUnderstood("the dose")),
        ("/extension/0/extension/0/valuePositiveInt", json!(0), Reason::NotUnderstood("the dose")),
        ("/extension/0/extension/0/url", json!("rounds"), Reason::NotUnderstood("the dose")),
        ("/extension/0/extension/2/valueQuantity/code", json!("min"), Reason::NotUnderstood("the dose")),
        ("/extension/0/extension", json!([]), Reason::NotUnderstood("the dose")),
        ("/quantityQuantity", quantity(&json!(5), "{sets}"), Reason::NotUnderstood("the quantity")),
        ("/asNeededCodeableConcept", json!({"text": "when it hurts"}), Reason::NotUnderstood("when it is needed")),
        ("/occurrenceDateTime", json!("2026-03-04"), Reason::NotUnderstood("the timing")),
        ("/occurrenceTiming", json!({"code": {"text": "BID"}}), Reason::NotUnderstood("the timing")),
        ("/occurrenceTiming/event", json!(["2026-03-04"]), Reason::NotUnderstood("the timing")),
        ("/occurrenceTiming/repeat/periodUnit", json!("h"), Reason::NotUnderstood("the timing")),
        ("/occurrenceTiming/repeat/periodUnit", Value::Null, Reason::NotUnderstood("the timing")),
        ("/occurrenceTiming/repeat/period", json!(1.5), Reason::NotUnderstood("the timing")),
        ("/occurrenceTiming/repeat/period", json!(-1), Reason::NotUnderstood("the timing")),
        ("/occurrenceTiming/repeat/frequency", json!(0), Reason::NotUnderstood("the timing")),
        ("/occurrenceTiming/repeat/frequencyMax", json!(4), Reason::NotUnderstood("the timing")),
        ("/occurrenceTiming/repeat/when", json!(["ACM"]), Reason::NotUnderstood("the timing")),
        ("/occurrenceTiming/repeat/dayOfWeek", json!(["monday"]), Reason::NotUnderstood("the timing")),
        ("/occurrenceTiming/repeat/timeOfDay", json!(["25:00:00"]), Reason::NotUnderstood("the timing")),
        ("/occurrenceTiming/repeat/boundsPeriod/end", json!("2026-02"), Reason::NotUnderstood("the timing")),
    ];
    for (place, new, expected) in order {
        let plans = changed(exercise(), (place, new.clone()));
        assert_eq!(reason(&plans), expected, "{place} {new}");
        assert_eq!(plans.plans[0].activities.len(), 1, "the other is there: {place}");
    }
    let plan = [
        ("/status", json!("paused"), Reason::NotUnderstood("the status")),
        ("/_status", json!({"id": "x"}), Reason::Modified),
        ("/intent", json!("proposal"), Reason::NotUnderstood("the intent")),
        ("/subject", stranger(), Reason::OtherPatient),
        ("/modifierExtension", json!([{"url": "not"}]), Reason::Modified),
        ("/period/start", json!("soon"), Reason::NotUnderstood("the period")),
    ];
    for (place, new, expected) in plan {
        let plans = changed(care_plan(), (place, new));
        assert_eq!((reason(&plans), plans.plans.len()), (expected, 0), "{place}");
    }
    let part = [
        ("/activity/0/reference/reference", json!("ServiceRequest/gone"), Reason::NotHere),
        ("/activity/0/reference/reference", json!("Task/bridge"), Reason::NotUnderstood("an activity's reference")),
        ("/activity/0/reference/reference", json!("#bridge"), Reason::NotUnderstood("an activity's reference")),
        // R4's invariant cpl-3: never both.
        ("/activity/0/detail", json!({"status": "in-progress"}), Reason::NotUnderstood("an activity in place")),
        ("/activity/0/modifierExtension", json!([{"url": "not"}]), Reason::Modified),
        ("/goal/0/reference", json!("Goal/gone"), Reason::NotHere),
        ("/goal/0/reference", json!("#goal"), Reason::NotUnderstood("a goal")),
    ];
    for (place, new, expected) in part {
        let plans = changed(care_plan(), (place, new));
        assert_eq!((reason(&plans), plans.plans.len()), (expected, 1), "{place}");
    }
    for (place, new, expected) in [
        ("/description", Value::Null, Reason::Missing("the goal's words")),
        ("/target/0/dueDate", json!("2026-05"), Reason::NotUnderstood("the due date")),
        ("/subject", stranger(), Reason::OtherPatient),
    ] {
        let plans = changed(goal(), (place, new));
        assert_eq!((reason(&plans), plans.plans[0].goals.len()), (expected, 0), "{place}");
    }
}

#[test]
fn a_programme_with_a_part_that_can_not_be_read_can_not_be_started() {
    let part = |index: usize, rest: &str| format!("/extension/0/extension/{index}{rest}");
    let cap = |rest: &str| part(7, rest);
    let cases = [
        (cap("/valueQuantity/value"), json!(15.55), "cap"),
        (cap("/valueQuantity/value"), json!(0), "cap"),
        (cap("/valueQuantity/value"), json!(-15), "cap"),
        (cap("/valueQuantity/value"), json!(7_000), "cap"),
        (cap("/valueQuantity/value"), Value::Null, "cap"),
        (cap("/valueQuantity/code"), json!("uA"), "cap"),
        (cap("/valueQuantity/code"), json!("A"), "cap"),
        (cap("/valueQuantity/code"), Value::Null, "cap"),
        (cap("/valueQuantity/system"), json!("http://other.example"), "cap"),
        (cap("/valueQuantity/comparator"), json!(">="), "cap"),
        (cap("/valueQuantity/_value"), json!({"extension": []}), "cap"),
        (cap("/valueQuantity"), Value::Null, "the extension"),
        (cap("/valueCode"), json!("high"), "the extension"),
        (cap("/valueString"), json!("15"), "the extension"),
        (cap("/url"), json!("limit"), "the extension"),
        (cap(""), Value::Null, "cap"),
        (part(0, "/valueCode"), json!("strong"), "mode"),
        (part(1, "/valueRange/low/value"), json!(101), "frequency"),
        (part(1, "/valueRange/high"), Value::Null, "frequency"),
        (part(2, "/valueQuantity/code"), json!("ms"), "width"),
        (part(2, "/valueQuantity/value"), json!(150.5), "width"),
        (part(3, "/valueQuantity/value"), json!(1.55), "sweep"),
        (part(4, ""), Value::Null, "trainRate"),
        (part(5, ""), Value::Null, "trainRate"),
        (part(5, "/valuePositiveInt"), json!(256), "pulsesPerTrain"),
        (part(6, "/valueQuantity/value"), json!(0), "duration"),
        (part(8, "/valuePositiveInt"), json!(0), "perDay"),
        (part(8, "/valuePositiveInt"), json!(256), "perDay"),
        (part(0, "/extension"), json!([{"url": "x"}]), "the extension"),
        (
            "/extension/0/extension/-".to_owned(),
            json!({"url": "cap", "valueQuantity": quantity(&json!(60), "mA")}),
            "the extension",
        ),
        ("/extension/0/extension/-".to_owned(), json!({"url": "boost", "valuePositiveInt": 2}), "the extension"),
        ("/extension/0/valueCode".to_owned(), json!("x"), "the extension"),
        ("/extension/-".to_owned(), programme()["extension"][0].clone(), "the extension"),
        ("/extension".to_owned(), Value::Null, "cap"),
    ];
    for (place, new, which) in cases {
        let plans = changed(programme(), (&place, new.clone()));
        assert_eq!(reason(&plans), Reason::NotStartable(which), "{place} {new}");
        let stimulation = |activity: &&Activity| matches!(activity.what, What::Stimulation(_));
        assert_eq!(plans.plans[0].activities.iter().filter(stimulation).count(), 0);
    }
}

#[test]
fn a_day_is_a_timing_too() {
    let mut order = exercise();
    order.as_object_mut().unwrap().remove("occurrenceTiming");
    let on = |text: &str| changed(order.clone(), ("/occurrenceDateTime", json!(text)));
    let plans = on("2026-03-04T10:00:00+01:00");
    let schedule = plans.plans[0].activities[0].timing.clone().unwrap();
    assert_eq!(schedule.dates, Dates { first: Some(date(2026, 3, 4)), last: Some(date(2026, 3, 4)) });
    assert_eq!(plans.plans[0].on(date(2026, 3, 5)).count(), 1, "the programme alone");
    assert_eq!(reason(&on("2026-03")), Reason::NotUnderstood("the date"));
}

#[test]
fn what_a_plan_refers_to_can_be_asked_for() {
    use crate::fhir::Incoming::{Goal, ServiceRequest};
    let found = references(care_plan().to_string().as_bytes());
    assert_eq!(
        found,
        [(ServiceRequest, "bridge".to_owned()), (ServiceRequest, "tens".to_owned()), (Goal, "garden".to_owned())]
    );
}
