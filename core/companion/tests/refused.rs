//! What a clinic's server will not have: the rest goes on, it is shown with its reason, and it goes when it can.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // In a test a failure is a panic.

mod support;

use std::sync::Arc;

use lumbra::domain::pain::{Note, PainContext, PainScore, Place};
use lumbra::domain::questionnaires::{Answers as Form, Form as Which};
use lumbra::sync::engine::Outcome;
use lumbra::sync::http::HttpError;
use lumbra::sync::support::{Clinic, Fault};
use lumbra::{Companion, PainEntry};
use serde_json::json;
use support::clinic::{connected, ids, sync};
use support::{World, request, seconds};

/// The word by which the clinic's server refuses a resource.
const BAD: &str = "BAD stairs";

async fn pain(companion: &Companion, context: PainContext, note: &str) -> PainEntry {
    companion.add_pain(PainScore::new(4).unwrap(), context, Place::LowerBack, Note::new(note).unwrap()).await.unwrap()
}

async fn corrected(companion: &Companion, entry: &PainEntry, note: &str) {
    let report = companion.pain(&entry.entry_id).await.unwrap().report().unwrap();
    companion.edit_pain(&entry.entry_id, report.with_note(Note::new(note).unwrap())).await.unwrap();
}

fn writes(server: &Clinic) -> usize {
    server
        .take_log()
        .iter()
        .filter(|line| line.starts_with("POST ") && !line.contains("auth") || line.starts_with("PUT "))
        .count()
}

#[tokio::test(start_paused = true)]
async fn one_bad_fact_keeps_no_other_back_and_is_sent_again_at_a_wish_alone() {
    let world = World::new();
    let server = Arc::new(Clinic::default());
    let companion = world.open().await;
    pain(&companion, PainContext::Diary, "one").await;
    let bad = pain(&companion, PainContext::Diary, BAD).await;
    pain(&companion, PainContext::Diary, "two").await;
    connected(&companion, &server).await;
    assert_eq!(sync(&companion, &server).await, (3, Outcome::Done));
    assert_eq!(ids(&server, "Observation").len(), 2);
    let status = companion.clinic_status().await.unwrap().unwrap();
    assert_eq!((status.waiting, status.refused.len()), (0, 1));
    let refused = &status.refused[0];
    assert_eq!((refused.kind.as_str(), refused.status), ("pain", 422));
    assert_eq!(refused.reason.as_deref(), Some("this unit is not known"));
    assert!(refused.at.as_deref().is_some_and(|at| at.starts_with("2026-01-01T01:00:00")), "{:?}", refused.at);

    // Nobody asked: it is not sent again.
    writes(&server);
    for _ in 0..3 {
        seconds(7_200).await;
        assert_eq!(sync(&companion, &server).await, (0, Outcome::Done));
    }
    assert_eq!(writes(&server), 0);
    // Somebody did: once more, with the same end.
    assert_eq!(companion.retry_refused().await.unwrap(), 1);
    assert_eq!(companion.clinic_status().await.unwrap().unwrap().waiting, 1);
    seconds(60).await;
    assert_eq!(sync(&companion, &server).await, (0, Outcome::Done));
    assert_eq!((writes(&server), companion.clinic_status().await.unwrap().unwrap().refused.len()), (1, 1));

    // Corrected: the new version goes, and what was refused is neither shown nor to be had back.
    corrected(&companion, &bad, "the stairs").await;
    seconds(60).await;
    assert_eq!(sync(&companion, &server).await, (1, Outcome::Done));
    assert_eq!(ids(&server, "Observation").len(), 3);
    assert!(companion.clinic_status().await.unwrap().unwrap().refused.is_empty());
    assert_eq!(companion.retry_refused().await.unwrap(), 0);
    assert_eq!(sync(&companion, &server).await, (0, Outcome::Done));
    assert!(server.held("Observation").iter().all(|(_, version, _)| *version == 1));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_refused_for_its_pain_goes_with_the_correction() {
    let world = World::new();
    let server = Arc::new(Clinic::default());
    let (companion, device) = world.ready().await;
    device.start(request("conventional", 20)).await.unwrap();
    seconds(30).await;
    device.stop().await.unwrap();
    seconds(5).await;
    let bad = pain(&companion, PainContext::AfterSession, BAD).await;
    connected(&companion, &server).await;
    assert_eq!(sync(&companion, &server).await, (4, Outcome::Done));
    // Half a session is none: it waits with its dose for its pain.
    assert_eq!((ids(&server, "Procedure").len(), ids(&server, "Observation").len()), (0, 0));
    assert_eq!(companion.clinic_status().await.unwrap().unwrap().refused.len(), 1, "told once");
    corrected(&companion, &bad, "the stairs").await;
    seconds(60).await;
    assert_eq!(sync(&companion, &server).await, (3, Outcome::Done));
    assert_eq!((ids(&server, "Procedure").len(), ids(&server, "Observation").len()), (1, 2));
    assert!(companion.clinic_status().await.unwrap().unwrap().refused.is_empty());
    seconds(60).await;
    assert_eq!(sync(&companion, &server).await, (0, Outcome::Done));
}

#[tokio::test(start_paused = true)]
async fn when_all_was_exchanged_is_kept_and_a_bad_run_does_not_move_it() {
    let world = World::new();
    let server = Arc::new(Clinic::default());
    let companion = world.open().await;
    connected(&companion, &server).await;
    let last_good = async |companion: &Companion| companion.clinic_status().await.unwrap().unwrap().last_good_ms;
    assert_eq!(last_good(&companion).await, None);
    assert_eq!(sync(&companion, &server).await.1, Outcome::Done);
    let first = last_good(&companion).await.unwrap();
    companion.close().await;
    let companion = world.open().await;
    assert_eq!(last_good(&companion).await, Some(first), "after a restart");
    pain(&companion, PainContext::Diary, "one").await;
    seconds(600).await;
    server.fault(0, Fault::Before(HttpError::Unreachable));
    assert!(matches!(sync(&companion, &server).await.1, Outcome::Later(_)));
    assert_eq!(last_good(&companion).await, Some(first), "after a run that failed");
    seconds(600).await;
    assert_eq!(sync(&companion, &server).await.1, Outcome::Done);
    assert!(last_good(&companion).await.unwrap() >= first + 1_200_000);
}

#[tokio::test(start_paused = true)]
async fn a_bundle_names_facts_as_a_sync_does() {
    let world = World::new();
    let server = Arc::new(Clinic::default());
    let (companion, device) = world.ready().await;
    pain(&companion, PainContext::Diary, "one").await;
    let answers = Form::in_order(Which::Peg, &[6, 5, 4]).unwrap();
    companion.answer_questionnaire(Which::Peg, answers).await.unwrap();
    device.start(request("conventional", 20)).await.unwrap();
    seconds(30).await;
    device.stop().await.unwrap();
    seconds(5).await;
    pain(&companion, PainContext::AfterSession, "two").await;
    connected(&companion, &server).await;
    sync(&companion, &server).await;
    let file = world.dir.path().join("bundle.json");
    companion.export_bundle(lumbra::report::Person::default(), &file).await.unwrap();
    let bundle: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let mut compared = 0;
    for resource in bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]) {
        let kind = resource["resourceType"].as_str().unwrap();
        // The person has another name at the clinic.
        if kind == "Patient" {
            continue;
        }
        let held = server.held(kind);
        let (_, _, told) = held.iter().find(|(id, _, _)| resource["id"] == json!(id)).unwrap();
        // What it is and says must agree too, whichever way it came.
        for part in [
            "status",
            "code",
            "category",
            "valueInteger",
            "valueQuantity",
            "effectiveDateTime",
            "performedPeriod",
            "bodySite",
            "note",
        ] {
            assert_eq!(resource[part], told[part], "{kind}: {part}");
        }
        compared += 1;
    }
    assert_eq!(compared, 1 + 2 + 2 + 5, "device, session with dose, two pain entries, answers with four scores");
}
