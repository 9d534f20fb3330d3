//! A clinic from a shell's side: signing in, plans that come, what was done that goes, and whatever happens on the way.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // In a test a failure is a panic.

mod support;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use lumbra::domain::pain::{Note, PainContext, PainScore, Place};
use lumbra::domain::questionnaires::{Answers as Form, Form as Which};
use lumbra::domain::screening::Answers;
use lumbra::domain::units::Milliamps;
use lumbra::store::{FileKeyStore, Key, KeyStore, KeyStoreError, Secret, SecretName, StoreError};
use lumbra::sync::engine::Outcome;
use lumbra::sync::http::HttpError;
use lumbra::sync::support::{Clinic, Fault};
use lumbra::{Companion, Config, Error, ExerciseDone, SystemClock};
use serde_json::json;
use support::clinic::{BASE, REDIRECT, came_back, connected, ids, prescribe, sync};
use support::{VirtualClock, World, open_by, request, seconds};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

#[tokio::test(start_paused = true)]
async fn what_was_done_is_told_once_and_a_plan_is_followed_while_it_holds() {
    let world = World::new();
    let server = Arc::new(Clinic::default());
    let (companion, device) = world.ready().await;
    assert!(companion.clinic_status().await.unwrap().is_none());
    companion
        .add_pain(PainScore::new(6).unwrap(), PainContext::Diary, Place::LowerBack, Note::default())
        .await
        .unwrap();
    let answers = Form::in_order(Which::Peg, &[6, 5, 4]).unwrap();
    companion.answer_questionnaire(Which::Peg, answers).await.unwrap();
    device.start(request("conventional", 20)).await.unwrap();
    seconds(30).await;
    device.stop().await.unwrap();
    seconds(5).await;
    companion
        .add_pain(PainScore::new(4).unwrap(), PainContext::AfterSession, Place::LowerBack, Note::default())
        .await
        .unwrap();
    prescribe(&server, "active", "4.5");
    connected(&companion, &server).await;
    let (queued, outcome) = sync(&companion, &server).await;
    assert_eq!(outcome, Outcome::Done);
    // Device; session with dose and pain; pain; answers with four scores.
    assert_eq!(queued, 1 + 3 + 1 + 5);
    assert_eq!((ids(&server, "Procedure").len(), ids(&server, "Observation").len()), (1, 7));
    let status = companion.clinic_status().await.unwrap().unwrap();
    assert_eq!((status.waiting, status.refused.len(), status.problems.as_slice()), (0, 0, &[][..]));

    // Its plan is followed, its cap obeyed at the next start.
    let view = companion.plan().await.unwrap().unwrap();
    assert_eq!(view.state.standings.len(), 1);
    assert_eq!(companion.prescriptions().await.unwrap().cap, Some(Milliamps::from_tenths(45)));
    companion
        .exercise_done("bridge", ExerciseDone { pain_before: PainScore::new(2).ok(), ..ExerciseDone::default() })
        .await
        .unwrap();
    seconds(700).await;
    device.start(request("conventional", 20)).await.unwrap();
    let refused = device.set_intensity(support::ma(&[4.6, 0.0])).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");

    // Nothing new but the exercise: what was told is not told again.
    let (queued, outcome) = sync(&companion, &server).await;
    assert_eq!((queued, outcome), (2, Outcome::Done));
    let (_, version, exercise) = server
        .held("Procedure")
        .into_iter()
        .find(|(_, _, body)| body["basedOn"][0]["reference"] == "ServiceRequest/bridge")
        .unwrap();
    assert_eq!((version, &exercise["status"]), (1, &json!("completed")));
    assert_eq!(sync(&companion, &server).await, (0, Outcome::Done));

    // A cap that can't be read is none to go by: no current at all until it can.
    prescribe(&server, "active", "-3");
    seconds(60).await;
    assert_eq!(sync(&companion, &server).await, (0, Outcome::Done));
    let prescriptions = companion.prescriptions().await.unwrap();
    assert_eq!((prescriptions.startable.len(), prescriptions.cap), (0, Some(Milliamps::ZERO)));
    assert_eq!(companion.clinic_status().await.unwrap().unwrap().problems[0].resource, "ServiceRequest/tens");
    // An order that is somebody else's all of a sudden: what is known of it stays a cap.
    prescribe(&server, "active", "4.5");
    seconds(60).await;
    sync(&companion, &server).await;
    assert_eq!(companion.prescriptions().await.unwrap().cap, Some(Milliamps::from_tenths(45)));
    server.write(&json!({
        "resourceType": "ServiceRequest", "id": "tens", "status": "active", "intent": "order",
        "subject": { "reference": "Patient/bob" },
    }));
    server.write(&json!({
        "resourceType": "ServiceRequest", "id": "bridge", "status": "active", "intent": "order",
        "subject": { "reference": "Patient/ann" }, "note": [{ "text": "read it again" }],
        "code": { "coding": [{ "system": "http://lumbra.health/fhir/CodeSystem/exercises", "code": "bridge" }] },
    }));
    for _ in 0..2 {
        seconds(25 * 3_600).await;
        sync(&companion, &server).await;
        assert_eq!(companion.prescriptions().await.unwrap().cap, Some(Milliamps::from_tenths(45)));
    }
    prescribe(&server, "active", "4.5");
    seconds(60).await;
    sync(&companion, &server).await;

    // Taken back: it is followed no more, while its cap stays.
    prescribe(&server, "revoked", "4.5");
    seconds(60).await;
    assert_eq!(sync(&companion, &server).await.1, Outcome::Done);
    assert!(companion.plan().await.unwrap().is_none());
    let prescriptions = companion.prescriptions().await.unwrap();
    assert_eq!((prescriptions.startable.len(), prescriptions.cap), (0, Some(Milliamps::from_tenths(45))));
    assert_eq!(server.held("CarePlan")[0].1, 5, "the phone never writes a plan");

    // Forgotten: another may be connected, and all is told there.
    companion.forget_clinic(server.clone()).await.unwrap();
    assert!(companion.clinic_status().await.unwrap().is_none());
    assert!(companion.clinic(server.clone()).await.unwrap().is_none());
    connected(&companion, &server).await;
    assert!(sync(&companion, &server).await.0 > 10);
    assert_eq!(ids(&server, "Procedure").len(), 3, "the same names: nothing is there twice");
}

/// A plan with more in it than can be followed, the programme among it.
fn prescribe_too_much(server: &Clinic, cap: &str) {
    prescribe(server, "active", cap);
    let subject = json!({ "reference": "Patient/ann" });
    let mut named = vec![json!({ "reference": { "reference": "ServiceRequest/tens" } })];
    for number in 0..30 {
        let id = format!("bridge-{number}");
        named.push(json!({ "reference": { "reference": format!("ServiceRequest/{id}") } }));
        server.write(&json!({
            "resourceType": "ServiceRequest", "id": id, "status": "active", "intent": "order", "subject": subject,
            "code": { "coding": [{ "system": "http://lumbra.health/fhir/CodeSystem/exercises", "code": "bridge" }] },
        }));
    }
    server.write(&json!({
        "resourceType": "CarePlan", "id": "plan", "status": "active", "intent": "plan", "subject": subject, "activity": named,
    }));
}

/// What can't be followed as a whole is a cap all the same: at once, and whatever was there before it.
#[tokio::test(start_paused = true)]
async fn a_plan_that_fails_as_a_whole_is_set_aside_with_its_cap() {
    let (world, server) = (World::new(), Arc::new(Clinic::default()));
    let (companion, device) = world.ready().await;
    connected(&companion, &server).await;
    let cap = async |expected: u16| {
        let (_, outcome) = sync(&companion, &server).await;
        let found = companion.prescriptions().await.unwrap();
        let whole = companion.plan().await.unwrap().is_some();
        let problems = companion.clinic_status().await.unwrap().unwrap().problems;
        assert_eq!((outcome, found.cap), (Outcome::Done, Some(Milliamps::from_tenths(expected))), "{problems:?}");
        assert_eq!((whole, problems.is_empty()), (!found.startable.is_empty(), whole), "{problems:?}");
        whole
    };
    // Never known before.
    prescribe_too_much(&server, "4.5");
    assert!(!cap(45).await);
    device.start(request("conventional", 20)).await.unwrap();
    let refused = device.set_intensity(support::ma(&[4.6, 0.0])).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    device.stop().await.unwrap();
    // The day after it is as it was, and has not begun anew.
    seconds(25 * 3_600).await;
    assert!(!cap(45).await);
    // Mended, its cap is the one that counts, be it higher.
    prescribe(&server, "active", "6");
    seconds(60).await;
    assert!(cap(60).await);
    // A lower cap counts though the plan it came with can't be followed; a higher one does not.
    for (said, counts) in [("3", 30), ("9", 30)] {
        prescribe_too_much(&server, said);
        seconds(60).await;
        assert!(!cap(counts).await);
    }
    // Nor is an end of the whole an end of its cap.
    prescribe(&server, "revoked", "9");
    seconds(60).await;
    sync(&companion, &server).await;
    assert!(companion.plan().await.unwrap().is_none());
    assert!(companion.prescriptions().await.unwrap().cap.is_some());
}

/// A session keeps the clinician's cap of its start: through another own cap, and through a restart of the app.
#[tokio::test(start_paused = true)]
async fn a_clinic_that_allows_more_is_obeyed_at_the_next_start() {
    let (world, server) = (World::new(), Arc::new(Clinic::default()));
    let (companion, device) = world.ready().await;
    connected(&companion, &server).await;
    prescribe(&server, "active", "4.5");
    sync(&companion, &server).await;
    device.start(request("conventional", 20)).await.unwrap();
    device.set_intensity(support::ma(&[4.0, 0.0])).await.unwrap();
    prescribe(&server, "active", "9");
    seconds(60).await;
    sync(&companion, &server).await;
    assert_eq!(companion.prescriptions().await.unwrap().cap, Some(Milliamps::from_tenths(90)));
    let refused = async |device: &lumbra::Device| {
        seconds(2).await;
        let Err(Error::Refused(refusal)) = device.set_intensity(support::ma(&[5.0, 0.0])).await else {
            panic!("refused")
        };
        assert_eq!(refusal.limit, lumbra::domain::safety::Limit::ClinicianCap);
    };
    refused(&device).await;
    companion.set_own_cap(Some(Milliamps::from_tenths(80))).await.unwrap();
    refused(&device).await;
    device.close().await;
    companion.close().await;
    let companion = world.open().await;
    let device = companion.device(None).await.unwrap();
    support::until(&device, "running again", |now| now.phase == lumbra::PhaseName::Running && now.certain).await;
    refused(&device).await;
    device.set_intensity(support::ma(&[4.5, 0.0])).await.unwrap();
    device.stop().await.unwrap();
    seconds(700).await;
    device.start(request("conventional", 20)).await.unwrap();
    device.set_intensity(support::ma(&[5.0, 0.0])).await.unwrap();
    seconds(6).await;
    assert_eq!(support::true_ma(&world.wearable).await, [5.0, 0.0]);
}

/// Weeks before a plan came here were nobody's to follow, and a clock that ran ahead lifts no cap when it is set back.
#[tokio::test(start_paused = true)]
async fn a_plan_is_not_missed_before_it_came_and_its_cap_holds_whatever_the_day() {
    let (world, server) = (World::new(), Arc::new(Clinic::default()));
    let ahead_ms = Arc::new(AtomicI64::new(40 * DAY_MS));
    let clock = VirtualClock { origin: world.origin, ahead_ms: ahead_ms.clone() };
    let companion = open_by(world.dir.path(), &world.radio, clock).await;
    connected(&companion, &server).await;
    // Its period began long before.
    prescribe(&server, "active", "4.5");
    sync(&companion, &server).await;
    let due = async || -> Option<u32> {
        let view = companion.plan().await.unwrap()?;
        Some(view.weeks.iter().map(|week| week.due).sum())
    };
    assert_eq!(due().await, Some(0));
    ahead_ms.store(43 * DAY_MS, Ordering::Relaxed);
    assert_eq!(due().await, Some(3));
    // The clock is set right: nothing may be started by a plan that begins weeks from now, and it caps all the same.
    ahead_ms.store(0, Ordering::Relaxed);
    let found = companion.prescriptions().await.unwrap();
    assert_eq!((found.startable.len(), found.cap), (0, Some(Milliamps::from_tenths(45))));
    assert_eq!(due().await, None);
    // The next exchange tells that the plan is here today.
    sync(&companion, &server).await;
    assert_eq!(due().await, Some(0));
    assert_eq!(companion.prescriptions().await.unwrap().startable.len(), 1);
    companion.close().await;
}

#[tokio::test(start_paused = true)]
async fn every_cut_and_every_lost_answer_leads_to_the_same_end() {
    for after in [false, true] {
        for cut in 0..12 {
            let world = World::new();
            let ahead_ms = Arc::new(AtomicI64::new(0));
            let open = || {
                open_by(
                    world.dir.path(),
                    &world.radio,
                    VirtualClock { origin: world.origin, ahead_ms: ahead_ms.clone() },
                )
            };
            let server = Arc::new(Clinic::default());
            let companion = open().await;
            companion.answer_screening(Answers::all_no().answers, false).await.unwrap();
            for day in 0..40_u8 {
                ahead_ms.store(i64::from(day) * DAY_MS, Ordering::Relaxed);
                let score = PainScore::new(day % 10).unwrap();
                companion.add_pain(score, PainContext::Diary, Place::LowerBack, Note::default()).await.unwrap();
            }
            prescribe(&server, "active", "6");
            connected(&companion, &server).await;
            let error = if after { HttpError::Lost } else { HttpError::Unreachable };
            server.fault(cut, if after { Fault::After(error) } else { Fault::Before(error) });
            sync(&companion, &server).await;
            // The app is gone; the next goes on.
            companion.close().await;
            let companion = open().await;
            for _ in 0..3 {
                seconds(3_600).await;
                sync(&companion, &server).await;
            }
            let held = server.held("Observation");
            assert_eq!(held.len(), 40, "cut {cut}, after {after}");
            let status = companion.clinic_status().await.unwrap().unwrap();
            assert_eq!((status.waiting, status.refused.len()), (0, 0), "cut {cut}, after {after}");
            assert_eq!(companion.prescriptions().await.unwrap().cap, Some(Milliamps::from_tenths(60)));
            companion.close().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_correction_is_told_and_a_stranger_signs_nobody_in() {
    let world = World::new();
    let server = Arc::new(Clinic::default());
    let companion = world.open().await;
    let kept = companion
        .add_pain(PainScore::new(6).unwrap(), PainContext::Diary, Place::LowerBack, Note::default())
        .await
        .unwrap();
    let begun = companion.begin_clinic(&*server, BASE, "lumbra", REDIRECT).await.unwrap();
    let foreign = format!("{REDIRECT}?code=good&state=another");
    assert!(matches!(companion.finish_clinic(&*server, begun, &foreign).await, Err(Error::Clinic(_))));
    assert!(companion.clinic_status().await.unwrap().is_none());
    connected(&companion, &server).await;
    let asked = server.requests();
    assert!(matches!(companion.begin_clinic(&*server, BASE, "lumbra", REDIRECT).await, Err(Error::Invalid(_))));
    assert_eq!(server.requests(), asked, "another one is refused before anybody signs in");
    assert_eq!(sync(&companion, &server).await, (1, Outcome::Done));
    let report = companion.pain(&kept.entry_id).await.unwrap().report().unwrap();
    companion.edit_pain(&kept.entry_id, report.with_note(Note::new("it was the stairs").unwrap())).await.unwrap();
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(sync(&companion, &server).await, (1, Outcome::Done));
    let held = server.held("Observation");
    assert_eq!((held.len(), held[0].1), (1, 2), "the same resource in its second version");
    assert_eq!(held[0].2["note"][0]["text"], "it was the stairs");
}

/// A key store of an app that keeps the database's key alone.
struct KeyAlone(FileKeyStore);

impl KeyStore for KeyAlone {
    fn load(&self) -> Result<Option<Key>, KeyStoreError> {
        self.0.load()
    }

    fn save(&self, key: &Key) -> Result<(), KeyStoreError> {
        self.0.save(key)
    }

    fn destroy(&self) -> Result<(), KeyStoreError> {
        self.0.destroy()
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_signs_in_where_no_sign_in_can_be_kept() {
    let world = World::new();
    let server = Arc::new(Clinic::default());
    let companion = Companion::open(Config {
        dir: world.dir.path().to_owned(),
        keys: Box::new(KeyAlone(FileKeyStore::new(world.dir.path().join("lumbra.key")))),
        radio: Arc::new(world.radio.clone()),
        clock: Arc::new(SystemClock),
    })
    .await
    .unwrap();
    let refused = companion.begin_clinic(&*server, BASE, "lumbra", REDIRECT).await;
    assert!(matches!(refused, Err(Error::Store(StoreError::KeyStore(KeyStoreError::Unsupported)))), "{refused:?}");
    assert_eq!(server.requests(), 0, "nothing was asked of the clinic");
    companion.close().await;
}

/// A key store that is slow with the first secret it is to keep.
struct SlowWithFirst {
    keys: FileKeyStore,
    /// Told when it begins, and then waited for.
    first: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
}

impl KeyStore for SlowWithFirst {
    fn load(&self) -> Result<Option<Key>, KeyStoreError> {
        self.keys.load()
    }

    fn save(&self, key: &Key) -> Result<(), KeyStoreError> {
        self.keys.save(key)
    }

    fn destroy(&self) -> Result<(), KeyStoreError> {
        self.keys.destroy()
    }

    fn save_secret(&self, name: &SecretName, secret: &Secret) -> Result<(), KeyStoreError> {
        let first = self.first.lock().unwrap().take();
        if let Some((tell, wait)) = first {
            tell.send(()).unwrap();
            wait.recv().unwrap();
        }
        self.keys.save_secret(name, secret)
    }

    fn load_secret(&self, name: &SecretName) -> Result<Option<Secret>, KeyStoreError> {
        self.keys.load_secret(name)
    }

    fn delete_secret(&self, name: &SecretName) -> Result<(), KeyStoreError> {
        self.keys.delete_secret(name)
    }
}

#[tokio::test]
async fn a_sign_in_that_nobody_waits_for_leaves_no_tokens_without_a_connection() {
    for another_meanwhile in [false, true] {
        let world = World::new();
        let server = Arc::new(Clinic::default());
        let (tell, told) = mpsc::channel();
        let (release, wait) = mpsc::channel();
        let keys = FileKeyStore::new(world.dir.path().join("lumbra.key"));
        let companion = Companion::open(Config {
            dir: world.dir.path().to_owned(),
            keys: Box::new(SlowWithFirst { keys, first: Mutex::new(Some((tell, wait))) }),
            radio: Arc::new(world.radio.clone()),
            clock: Arc::new(SystemClock),
        })
        .await
        .unwrap();
        let begun = companion.begin_clinic(&*server, BASE, "lumbra", REDIRECT).await.unwrap();
        let back = came_back(begun.address());
        let waiting = tokio::spawn({
            let (companion, server) = (companion.clone(), server.clone());
            async move { companion.finish_clinic(&*server, begun, &back).await }
        });
        tokio::task::spawn_blocking(move || told.recv().unwrap()).await.unwrap();
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        if another_meanwhile {
            connected(&companion, &server).await;
        }
        release.send(()).unwrap();
        let secrets = || {
            let files = std::fs::read_dir(world.dir.path()).unwrap();
            files.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().contains("clinic-")).count()
        };
        let mut settled = false;
        for _ in 0..1_000 {
            settled = companion.clinic_status().await.unwrap().is_some() && secrets() == 1;
            if settled {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(settled, "connected by the one or by the other, with its own tokens and no more");
        assert_eq!(sync(&companion, &server).await.1, Outcome::Done);
        companion.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_tells_what_it_is_to_reach() {
    let world = World::new();
    let server = Arc::new(Clinic::default());
    let companion = world.open().await;
    prescribe(&server, "active", "4.5");
    let subject = json!({ "reference": "Patient/ann" });
    server.write(&json!({
        "resourceType": "Goal", "id": "stairs", "lifecycleStatus": "active", "subject": subject,
        "description": { "text": "Take the stairs again" }, "target": [{ "dueDate": "2026-06-30" }],
    }));
    server.write(&json!({
        "resourceType": "CarePlan", "id": "plan", "status": "active", "intent": "plan", "subject": subject,
        "period": { "start": "2026-01-01" }, "goal": [{ "reference": "Goal/stairs" }],
        "activity": [{ "reference": { "reference": "ServiceRequest/bridge" } }],
    }));
    connected(&companion, &server).await;
    sync(&companion, &server).await;
    let goals = companion.plan().await.unwrap().unwrap().goals;
    assert_eq!(goals.len(), 1);
    assert_eq!((goals[0].text.as_str(), goals[0].status.as_str()), ("Take the stairs again", "active"));
    assert_eq!(goals[0].due.map(|due| due.to_string()).as_deref(), Some("2026-06-30"));
    assert!(!format!("{goals:?}").contains("Take the"));
    companion.forget_clinic(server.clone()).await.unwrap();
    companion.begin_own_plan().await.unwrap();
    assert!(companion.plan().await.unwrap().unwrap().goals.is_empty(), "a plan of one's own has none of the clinic's");
}
