//! A clinic by way of the ports: an app's HTTP speaks to a server in memory, and its key store keeps the sign-in.

use std::collections::HashMap;
use std::sync::Mutex;

use futures::executor::block_on;
use lumbra::sync::http::{Http as _, Method, Request};
use lumbra::sync::support::Clinic;
use serde_json::json;

use super::*;
use crate::demo::{DemoTime, VirtualWearable};
use crate::http::{Http, HttpError, HttpHeader, HttpMethod, HttpResponse};
use crate::ports::KeyStore;
use crate::{PainContext, PlanSource, PortError};

const BASE: &str = "https://clinic.example/fhir/";
const BACK: &str = "health.lumbra.app:/back";
const ASKED: SyncHints = SyncHints { user_asked: true, metered: false, battery_low: false };

/// An app's HTTP, whose network ends at a server in memory.
#[derive(Default)]
struct App {
    clinic: Clinic,
    /// An observer that must have heard of an upload before one is answered. It is told what is, not all that was: an upload to a server
    /// in memory is over before it looks.
    told_first: Mutex<Option<Arc<Heard>>>,
}

impl Http for App {
    fn send(
        &self,
        method: HttpMethod,
        url: String,
        headers: Vec<HttpHeader>,
        body: Vec<u8>,
        body_max: u64,
        timeout_ms: u64,
    ) -> Result<HttpResponse, HttpError> {
        assert!(body_max > 0 && timeout_ms > 0);
        let uploads = matches!(method, HttpMethod::Post) && url == BASE.trim_end_matches('/');
        if let Some(heard) = self.told_first.lock().unwrap().as_ref().filter(|_| uploads) {
            wait_until(|| heard.has(ClinicPhase::Uploading));
        }
        let method = match method {
            HttpMethod::Get => Method::Get,
            HttpMethod::Post => Method::Post,
            HttpMethod::Put => Method::Put,
        };
        let mut request = Request::new(method, url);
        request.body = body.into();
        for HttpHeader { name, value } in headers {
            request = request.header(name.leak(), value);
        }
        let answer =
            tokio::runtime::Handle::current().block_on(self.clinic.send(request)).map_err(|_| HttpError::Lost)?;
        let headers = answer.headers.into_iter().map(|(name, value)| HttpHeader { name, value }).collect();
        Ok(HttpResponse { status: answer.status, headers, body: answer.body.to_vec() })
    }
}

/// A key store in memory, with secrets or without.
struct Keys {
    key: Mutex<Option<Vec<u8>>>,
    secrets: Option<Mutex<HashMap<String, Vec<u8>>>>,
}

impl Keys {
    fn secrets(&self) -> Result<std::sync::MutexGuard<'_, HashMap<String, Vec<u8>>>, PortError> {
        let secrets = self.secrets.as_ref().ok_or_else(|| PortError::Unsupported { reason: String::new() })?;
        Ok(secrets.lock().unwrap())
    }
}

impl KeyStore for Keys {
    fn load(&self) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.key.lock().unwrap().clone())
    }

    fn save(&self, key: Vec<u8>) -> Result<(), PortError> {
        *self.key.lock().unwrap() = Some(key);
        Ok(())
    }

    fn destroy(&self) -> Result<(), PortError> {
        *self.key.lock().unwrap() = None;
        self.secrets().map(|mut secrets| secrets.clear())
    }

    fn save_secret(&self, name: String, secret: Vec<u8>) -> Result<(), PortError> {
        self.secrets()?.insert(name, secret);
        Ok(())
    }

    fn load_secret(&self, name: String) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.secrets()?.get(&name).cloned())
    }

    fn delete_secret(&self, name: String) -> Result<(), PortError> {
        self.secrets()?.remove(&name);
        Ok(())
    }
}

/// Looks for ten seconds at most; the test says itself what it then finds.
fn wait_until(is_so: impl Fn() -> bool) {
    let mut looks = 0;
    while !is_so() && looks < 400 {
        std::thread::sleep(std::time::Duration::from_millis(25));
        looks += 1;
    }
}

#[derive(Default)]
struct Heard(Mutex<(Vec<ClinicState>, bool)>);

impl Heard {
    fn has(&self, phase: ClinicPhase) -> bool {
        self.0.lock().unwrap().0.iter().any(|state| state.phase == phase)
    }
}

impl ClinicObserver for Heard {
    fn on_state(&self, state: ClinicState) -> Result<(), PortError> {
        self.0.lock().unwrap().0.push(state);
        Ok(())
    }

    fn on_ended(&self) -> Result<(), PortError> {
        self.0.lock().unwrap().1 = true;
        Ok(())
    }
}

struct World {
    app: Arc<App>,
    keys: Arc<Keys>,
    lumbra: Arc<Lumbra>,
    _dir: tempfile::TempDir,
}

fn world(secrets: bool) -> World {
    let dir = tempfile::tempdir().unwrap();
    let app = Arc::new(App::default());
    let keys = Arc::new(Keys { key: Mutex::default(), secrets: secrets.then(Mutex::default) });
    let path = dir.path().display().to_string();
    let lumbra = block_on(Lumbra::open(path, Some(keys.clone()), None, None, Some(app.clone()))).unwrap();
    World { app, keys, lumbra, _dir: dir }
}

fn came_back(address: &str) -> String {
    let state = address.split(['?', '&']).find_map(|part| part.strip_prefix("state=")).unwrap();
    format!("{BACK}?code=good&state={state}")
}

async fn connect(lumbra: &Lumbra) {
    let address = lumbra.begin_clinic(BASE.to_owned(), "lumbra".to_owned(), BACK.to_owned(), None).await.unwrap();
    lumbra.finish_clinic(came_back(&address), None).await.unwrap();
}

fn prescribe(clinic: &Clinic) {
    let subject = json!({ "reference": "Patient/ann" });
    clinic.write(&json!({
        "resourceType": "ServiceRequest", "id": "bridge", "status": "active", "intent": "order", "subject": subject,
        "code": { "coding": [{ "system": "http://lumbra.health/fhir/CodeSystem/exercises", "code": "bridge" }] },
        "occurrenceTiming": { "repeat": { "frequency": 3, "period": 1, "periodUnit": "wk" } },
    }));
    clinic.write(&json!({
        "resourceType": "CarePlan", "id": "plan", "status": "active", "intent": "plan", "subject": subject,
        "period": { "start": "2026-01-01" }, "activity": [{ "reference": { "reference": "ServiceRequest/bridge" } }],
    }));
}

#[test]
fn a_clinic_is_connected_told_followed_and_forgotten() {
    let World { app, keys, lumbra, .. } = world(true);
    block_on(async {
        prescribe(&app.clinic);
        assert_eq!(lumbra.clinic_status().await, Ok(None));
        connect(&lumbra).await;
        assert_eq!(keys.secrets().unwrap().len(), 1, "the sign-in lies in the app's key store");
        let heard = Arc::new(Heard::default());
        *app.told_first.lock().unwrap() = Some(heard.clone());
        let subscription = lumbra.observe_clinic(heard.clone()).await.unwrap();

        lumbra.add_pain(6, PainContext::Diary, "lower-back".to_owned(), String::new()).await.unwrap();
        let report = lumbra.sync_clinic(ASKED, None).await.unwrap();
        assert_eq!((&report.outcome, report.told, report.waiting), (&SyncOutcome::Done, 1, 0));
        assert_eq!(app.clinic.held("Observation").len(), 1);
        let again = lumbra.sync_clinic(SyncHints { user_asked: false, ..ASKED }, None).await.unwrap();
        assert!(matches!(again.outcome, SyncOutcome::TooSoon { wait_ms: 1.. }), "{again:?}");

        let plan = lumbra.plan().await.unwrap().unwrap();
        assert!(
            matches!(&plan.source, PlanSource::Clinic { clinic, .. } if clinic == "clinic.example/fhir"),
            "{plan:?}"
        );
        let [bridge] = plan.exercises.as_slice() else { panic!("{plan:?}") };
        assert_eq!((bridge.activity.as_str(), bridge.exercise.as_str()), ("bridge", "bridge"));
        assert_eq!(bridge.schedule.days, crate::PlanDays::TimesAWeek { times: 3 });

        let status = lumbra.clinic_status().await.unwrap().unwrap();
        assert_eq!((status.base.as_str(), status.waiting), ("https://clinic.example/fhir", 0));
        assert!(status.last_good_ms.is_some() && status.refused.is_empty() && status.problems.is_empty());

        lumbra.forget_clinic(None).await.unwrap();
        assert_eq!(lumbra.clinic_status().await, Ok(None));
        assert!(keys.secrets().unwrap().is_empty(), "the sign-in is gone");
        assert_eq!(lumbra.plan().await, Ok(None));
        wait_until(|| heard.0.lock().unwrap().1);
        assert!(heard.0.lock().unwrap().1, "the observer hears that there is no more");
        assert!(heard.has(ClinicPhase::Uploading));
        subscription.cancel();
        let refused = lumbra.sync_clinic(ASKED, None).await;
        assert!(matches!(refused, Err(LumbraError::Invalid { .. })), "{refused:?}");
        lumbra.shut_down().await.unwrap();
    });
}

#[test]
fn nothing_is_sent_where_no_sign_in_can_be_kept() {
    let World { app, lumbra, .. } = world(false);
    block_on(async {
        let begun = lumbra.begin_clinic(BASE.to_owned(), "lumbra".to_owned(), BACK.to_owned(), None).await;
        assert!(matches!(begun, Err(LumbraError::Key { .. })), "{begun:?}");
        assert_eq!(app.clinic.requests(), 0);
        lumbra.shut_down().await.unwrap();
    });
}

#[test]
fn without_a_way_to_the_network_everything_else_works() {
    let dir = tempfile::tempdir().unwrap();
    let wearable = VirtualWearable::new(DemoTime::Virtual).unwrap();
    block_on(async {
        let lumbra = Lumbra::open_demo(dir.path().display().to_string(), wearable, None).await.unwrap();
        let begun = lumbra.begin_clinic(BASE.to_owned(), "lumbra".to_owned(), BACK.to_owned(), None).await;
        assert!(matches!(begun, Err(LumbraError::NotInitialised { .. })), "{begun:?}");
        assert_eq!(lumbra.clinic_status().await, Ok(None));
        lumbra.begin_own_plan().await.unwrap();
        lumbra.shut_down().await.unwrap();
    });
}

#[test]
fn a_sign_in_is_good_for_one_try_and_tells_no_secret() {
    let World { lumbra, .. } = world(true);
    block_on(async {
        let begin = || lumbra.begin_clinic(BASE.to_owned(), "lumbra".to_owned(), BACK.to_owned(), None);
        let none = lumbra.finish_clinic(format!("{BACK}?code=good"), None).await;
        assert!(matches!(none, Err(LumbraError::Invalid { .. })), "nothing was begun: {none:?}");
        let address = begin().await.unwrap();
        let foreign = lumbra.finish_clinic(format!("{BACK}?code=s3cret&state=another"), None).await.unwrap_err();
        assert!(matches!(&foreign, LumbraError::Clinic { reason } if !reason.contains("s3cret")), "{foreign:?}");
        let late = lumbra.finish_clinic(came_back(&address), None).await;
        assert!(matches!(late, Err(LumbraError::Invalid { .. })), "{late:?}");
        // Of two that were begun the last counts.
        let (first, second) = (begin().await.unwrap(), begin().await.unwrap());
        assert!(lumbra.finish_clinic(came_back(&first), None).await.is_err());
        assert!(lumbra.finish_clinic(came_back(&second), None).await.is_err(), "used up by the wrong one");
        connect(&lumbra).await;
        lumbra.shut_down().await.unwrap();
        let closed = lumbra.clinic_status().await;
        assert_eq!(closed, Err(LumbraError::Closed));
    });
}
