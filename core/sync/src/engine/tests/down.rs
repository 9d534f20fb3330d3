//! Plans, on their way down.

use jiff::SignedDuration;

use super::*;
use crate::fhir::Incoming;
use crate::http::HttpError;
use crate::ledger::Ledger;
use crate::plan::{PlanStatus, What};
use crate::support::Fault;

fn connected() -> (Arc<Clinic>, Phone) {
    let clinic = Arc::new(Clinic::default());
    prescribe(&clinic);
    let phone = Phone::signed_in(&clinic);
    (clinic, phone)
}

async fn watermark(phone: &Phone, kind: Incoming) -> Option<String> {
    phone.ledger.cursor(kind).await.unwrap().watermark
}

fn order(id: &str, status: &str) -> Value {
    json!({"resourceType": "ServiceRequest", "id": id, "status": status, "intent": "order",
        "subject": {"reference": "Patient/ann"}})
}

#[tokio::test(start_paused = true)]
async fn a_plan_arrives_and_can_be_read() {
    let (clinic, phone) = connected();
    let report = phone.sync.run(PLAIN).await;
    assert_eq!((report.outcome, report.applied), (Outcome::Done, 4));
    let read = crate::plan::read(&phone.ledger.resources(), "ann");
    assert_eq!((read.problems.len(), read.plans.len()), (0, 1));
    let plan = &read.plans[0];
    assert_eq!((plan.status, plan.activities.len(), plan.goals.len()), (PlanStatus::Active, 2, 1));
    assert!(plan.problems.is_empty(), "{:?}", plan.problems);
    assert!(matches!(&plan.activities[1].what, What::Stimulation(programme) if programme.cap_dma == 155));
    // The second time it goes on from the server's own stamp, and asks past every cache (the server insists).
    clinic.take_log();
    until(&phone, Outcome::Done).await;
    let log = clinic.take_log();
    let since = "_lastUpdated=ge2026-03-01T07:54:59.999Z&_sort=_lastUpdated&_count=50";
    assert_eq!(log, ["ServiceRequest", "Goal", "CarePlan"].map(|kind| format!("GET {kind}?patient=ann&{since}")));
}

#[tokio::test(start_paused = true)]
async fn the_watermark_is_kept_with_the_last_page_alone() {
    let (clinic, phone) = connected();
    for number in 0..10 {
        clinic.write(&order(&format!("more-{number}"), "active"));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // Four pages of three; the third is lost.
    clinic.fault(2, Fault::Before(HttpError::Lost));
    assert!(matches!(phone.sync.run(PLAIN).await.outcome, Outcome::Later(_)));
    assert_eq!(watermark(&phone, Incoming::ServiceRequest).await, None);
    assert_eq!(phone.ledger.resources().len(), 6, "what has come is kept");
    until(&phone, Outcome::Done).await;
    assert_eq!(phone.ledger.resources().len(), 14);
    assert_eq!(watermark(&phone, Incoming::ServiceRequest).await.as_deref(), Some("2026-03-01T08:00:09Z"));
}

#[tokio::test(start_paused = true)]
async fn what_was_stamped_before_it_could_be_found_is_found_later() {
    let manners = Manners { stamp_early: SignedDuration::from_secs(60), ..Manners::default() };
    let clinic = Arc::new(Clinic::new(manners));
    let phone = Phone::signed_in(&clinic);
    clinic.write(&order("early", "active"));
    tokio::time::sleep(Duration::from_secs(30)).await;
    // A node that commits at once overtakes it.
    clinic.set_manners(Manners::default());
    clinic.write(&order("late", "active"));
    clinic.set_manners(manners);
    let mut slow = order("slow", "active");
    slow["note"] = json!([{"text": "committed last"}]);
    clinic.write(&slow);
    clinic.set_manners(Manners::default());
    until(&phone, Outcome::Done).await;
    until(&phone, Outcome::Done).await;
    assert_eq!(phone.ledger.resources().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_stamp_in_the_future_hides_no_change() {
    let ahead = Manners { stamp_early: SignedDuration::from_hours(-1_000), ..Manners::default() };
    let clinic = Arc::new(Clinic::new(ahead));
    clinic.write(&order("ahead", "active"));
    // It can be found at once, whatever its stamp says.
    clinic.set_manners(Manners { stamp_early: SignedDuration::from_hours(-2_000), ..Manners::default() });
    let phone = Phone::signed_in(&clinic);
    until(&phone, Outcome::Done).await;
    assert_eq!(phone.ledger.resources().len(), 1);
    clinic.set_manners(Manners::default());
    clinic.write(&order("ahead", "revoked"));
    until(&phone, Outcome::Done).await;
    let kept: Value = serde_json::from_slice(&phone.ledger.resources()[0].bytes).unwrap();
    assert_eq!(kept["status"], "revoked");
}

#[tokio::test(start_paused = true)]
async fn what_the_clinic_withdraws_or_removes_is_no_more_followed() {
    let (clinic, phone) = connected();
    until(&phone, Outcome::Done).await;
    tokio::time::sleep(Duration::from_hours(1)).await;
    let mut plan = clinic.held("CarePlan")[0].2.clone();
    plan["status"] = json!("revoked");
    clinic.write(&plan);
    clinic.delete("ServiceRequest", "tens");
    until(&phone, Outcome::Done).await;
    let read = crate::plan::read(&phone.ledger.resources(), "ann");
    assert_eq!(read.plans[0].status, PlanStatus::Revoked, "by its status, at once");
    assert_eq!(phone.ledger.resources().len(), 4, "a deletion is not seen by a search");
    // Within a day it is looked for; or when the person asks.
    tokio::time::sleep(Duration::from_hours(24)).await;
    let report = phone.sync.run(PLAIN).await;
    assert_eq!((report.outcome, report.removed), (Outcome::Done, 1));
    let read = crate::plan::read(&phone.ledger.resources(), "ann");
    assert_eq!(read.plans[0].activities.len(), 1);
    assert_eq!(read.plans[0].problems[0].reason, crate::plan::Reason::NotHere);
    clinic.delete("ServiceRequest", "bridge");
    assert_eq!(phone.sync.run(ASKED).await.removed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_search_that_shows_nothing_removes_nothing() {
    let (clinic, phone) = connected();
    until(&phone, Outcome::Done).await;
    let empty = r#"{"resourceType":"Bundle","type":"searchset"}"#;
    // Three searches for changes of one page each; then the three for ids, which come back empty.
    let searches = 3;
    clinic.fault(searches, Fault::Answer(200, Vec::new(), empty.to_owned()));
    let report = phone.sync.run(ASKED).await;
    assert_eq!((report.outcome, report.removed), (Outcome::Done, 0));
    assert_eq!(phone.ledger.resources().len(), 4, "each is asked for before it goes, and is still there");
}

#[tokio::test(start_paused = true)]
async fn an_order_that_no_search_brings_is_read_by_name() {
    let (clinic, phone) = connected();
    // Kept under another spelling of the person, as servers do: the search by patient misses it.
    let mut hidden = order("hidden", "active");
    hidden["subject"] = json!({"reference": "https://clinic.example/fhir/Patient/ann"});
    hidden["code"] = json!({"coding": [{"system": "http://lumbra.health/fhir/CodeSystem/exercises", "code": "plank"}]});
    clinic.write(&hidden);
    let mut plan = clinic.held("CarePlan")[0].2.clone();
    plan["activity"].as_array_mut().unwrap().push(json!({"reference": {"reference": "ServiceRequest/hidden"}}));
    clinic.write(&plan);
    until(&phone, Outcome::Done).await;
    let read = crate::plan::read(&phone.ledger.resources(), "ann");
    assert_eq!((read.plans[0].activities.len(), read.plans[0].problems.len()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_page_on_another_origin_or_without_end_is_refused_and_facts_still_go() {
    for next in [
        "https://evil.example/fhir?page=2",
        "http://clinic.example/fhir?page=2",
        "https://clinic.example@evil.example/",
    ] {
        let (clinic, phone) = connected();
        phone.ledger.queue(&session());
        let page = json!({"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "next", "url": next}]});
        clinic.fault(0, Fault::Answer(200, Vec::new(), page.to_string()));
        // The server in memory panics at a request for anybody else.
        let report = phone.sync.run(PLAIN).await;
        assert_eq!((report.outcome, report.acked), (Outcome::BadPage, 4), "{next}");
        assert_eq!(watermark(&phone, Incoming::ServiceRequest).await, None);
    }
    let (clinic, phone) = connected();
    let itself = "https://clinic.example/fhir/ServiceRequest?patient=ann&_sort=_lastUpdated&_count=50";
    let page = json!({"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "next", "url": itself}]});
    clinic.fault(0, Fault::Answer(200, Vec::new(), page.to_string()));
    assert_eq!(phone.sync.run(PLAIN).await.outcome, Outcome::BadPage);
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_can_not_be_read_is_told_and_the_others_come() {
    let (clinic, phone) = connected();
    let entries = [json!({"resourceType": "ServiceRequest", "id": "../up"}), order("good", "active")];
    let entries: Vec<Value> = entries.into_iter().map(|resource| json!({"resource": resource})).collect();
    let page = json!({"resourceType": "Bundle", "type": "searchset", "entry": entries});
    clinic.fault(0, Fault::Answer(200, Vec::new(), page.to_string()));
    let report = phone.sync.run(PLAIN).await;
    assert_eq!(report.outcome, Outcome::Done);
    let refused = phone.sync.state().refused;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].what, RefusedWhat::Resource(Incoming::ServiceRequest));
    assert!(phone.ledger.resources().iter().any(|resource| resource.id == "bridge"), "the look at all ids brings it");
    phone.sync.run(ASKED).await;
    assert!(phone.sync.state().refused.is_empty(), "told until everything was looked at without it");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_told_and_decides_nothing() {
    let (_, phone) = connected();
    until(&phone, Outcome::Done).await;
    assert_eq!(phone.sync.state().clock_skew_s, Some(37 * 60));
    assert_eq!(watermark(&phone, Incoming::CarePlan).await.as_deref(), Some("2026-03-01T08:00:00Z"), "the server's");
}

#[tokio::test(start_paused = true)]
async fn a_search_that_is_refused_is_told_with_its_status() {
    for status in [400, 403, 404] {
        let (clinic, phone) = connected();
        clinic.fault(0, Fault::Answer(status, Vec::new(), String::new()));
        assert_eq!(phone.sync.run(PLAIN).await.outcome, Outcome::Refused(status));
    }
}
