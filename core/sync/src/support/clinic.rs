//! The server: what it holds, how it behaves, and what goes wrong on the way to it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{MemoryTokens, VirtualClock, rest, sign_in};
use crate::engine::Clock;
use crate::http::{Http, HttpError, Method, Request, Response};
use crate::upload::{BundleWay, WriteWay};

pub(super) const BASE: &str = "https://clinic.example/fhir";
pub(super) const PATIENT: &str = "ann";

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is not carried out, and there is no answer but this.
    Before(HttpError),
    /// It is carried out, and the answer is lost in this way.
    After(HttpError),
    /// It is carried out, and half of the answer's body comes as if it were whole.
    Half,
    /// It is not carried out, and this is the answer.
    Answer(u16, Vec<(&'static str, String)>, String),
}

/// How the server behaves.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// How a resource may be written.
    pub write: WriteWay,
    /// How several may be.
    pub bundle: BundleWay,
    /// Whether an outcome names the entry it is about.
    pub names_entry: bool,
    /// Resources of a page, whatever is asked for.
    pub page: usize,
    /// How long after its stamp a resource can be found.
    pub stamp_early: SignedDuration,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            write: WriteWay::Upsert,
            bundle: BundleWay::Transaction,
            names_entry: true,
            page: 3,
            stamp_early: SignedDuration::ZERO,
        }
    }
}

/// One resource on the server.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) body: Value,
    pub(super) version: u64,
    pub(super) updated: Timestamp,
    pub(super) gone: bool,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) manners: Manners,
    pub(super) resources: BTreeMap<(String, String), Held>,
    pub(super) pages: Vec<Vec<Value>>,
    pub(super) named: u64,
    pub(super) tokens: sign_in::Issued,
    pub(super) now: Timestamp,
    requests: usize,
    faults: BTreeMap<usize, Fault>,
    log: Vec<String>,
}

/// A clinic's server, and the network before it.
#[derive(Debug)]
pub struct Clinic {
    state: Mutex<State>,
    clock: VirtualClock,
}

impl Default for Clinic {
    fn default() -> Self {
        Self::new(Manners::default())
    }
}

impl Clinic {
    /// An empty server, at eight in the morning by its own clock.
    pub fn new(manners: Manners) -> Self {
        let clock = VirtualClock::at("2026-03-01T08:00:00Z");
        let state = State {
            manners,
            resources: BTreeMap::new(),
            pages: Vec::new(),
            named: 0,
            tokens: sign_in::Issued::default(),
            now: clock.now(),
            requests: 0,
            faults: BTreeMap::new(),
            log: Vec::new(),
        };
        Self { state: Mutex::new(state), clock }
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap();
        state.now = self.clock.now();
        work(&mut state)
    }

    /// Sets a fault for the n-th request from now, from 0.
    pub fn fault(&self, request: usize, fault: Fault) {
        self.with(|state| state.faults.insert(state.requests + request, fault));
    }

    /// Forgets faults that have not happened.
    pub fn clear_faults(&self) {
        self.with(|state| state.faults.clear());
    }

    /// How many requests there were.
    pub fn requests(&self) -> usize {
        self.with(|state| state.requests)
    }

    /// Methods and paths of all requests since the last time, `GET CarePlan?patient=..`.
    pub fn take_log(&self) -> Vec<String> {
        self.with(|state| std::mem::take(&mut state.log))
    }

    /// The clinic writes a resource, under its own id.
    pub fn write(&self, resource: &Value) {
        let kind = resource["resourceType"].as_str().unwrap();
        let id = resource["id"].as_str().unwrap();
        self.with(|state| rest::store(state, kind, id, resource));
    }

    /// The clinic removes a resource.
    pub fn delete(&self, kind: &str, id: &str) {
        self.with(|state| state.resources.get_mut(&(kind.to_owned(), id.to_owned())).unwrap().gone = true);
    }

    /// What is there of a kind: id, version and body.
    pub fn held(&self, kind: &str) -> Vec<(String, u64, Value)> {
        self.with(|state| {
            let of = state.resources.iter().filter(|((of, _), held)| of == kind && !held.gone);
            of.map(|((_, id), held)| (id.clone(), held.version, held.body.clone())).collect()
        })
    }

    /// Changes how it behaves.
    pub fn set_manners(&self, manners: Manners) {
        self.with(|state| state.manners = manners);
    }

    /// Makes every access token stale: requests with them are answered with 401.
    pub fn expire(&self) {
        self.with(|state| state.tokens.expire());
    }

    /// Ends every sign-in.
    pub fn end_sign_ins(&self) {
        self.with(|state| state.tokens.end());
    }

    /// How many tokens were given for refresh tokens.
    pub fn refreshes(&self) -> usize {
        self.with(|state| state.tokens.refreshes)
    }

    /// The key store of a phone that has just signed in.
    pub fn sign_in(&self) -> MemoryTokens {
        let (access, refresh) = self.with(|state| state.tokens.issue());
        let kept = json!({
            "client": "lumbra", "token_endpoint": "https://clinic.example/auth/token",
            "revocation_endpoint": "https://clinic.example/auth/revoke",
            "base": BASE, "patient": PATIENT, "access": access, "refresh": refresh,
        });
        MemoryTokens::with(kept.to_string().as_bytes())
    }

    fn answer(state: &mut State, request: &Request) -> Response {
        let path = request.url.strip_prefix("https://clinic.example/").expect("a request to the clinic alone");
        let path = path.to_owned();
        let told = path.strip_prefix("fhir/").unwrap_or(&path);
        state.log.push(format!("{} {told}", request.method.name()));
        let mut answer = match path.split_once('/') {
            Some(("auth", endpoint)) => sign_in::answer(state, endpoint, request),
            _ if path == "fhir/.well-known/smart-configuration" => sign_in::configuration(),
            _ if !state.tokens.takes(request.get("Authorization")) => Response { status: 401, ..Response::default() },
            _ => rest::answer(state, request, path.strip_prefix("fhir").expect("below the base")),
        };
        answer.headers.push(("Date".to_owned(), state.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()));
        answer
    }
}

#[async_trait]
impl Http for Clinic {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        // Other tasks come in between, as they do on a network.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let read = request.method == Method::Get;
        assert!(
            !read || request.url.contains("smart-configuration") || request.get("Cache-Control") == Some("no-cache")
        );
        self.with(|state| {
            let number = state.requests;
            state.requests += 1;
            match state.faults.remove(&number) {
                None => Ok(Self::answer(state, &request)),
                Some(Fault::Before(error)) => Err(error),
                Some(Fault::After(error)) => {
                    Self::answer(state, &request);
                    Err(error)
                }
                Some(Fault::Half) => {
                    let mut answer = Self::answer(state, &request);
                    let half = answer.body.len() / 2;
                    answer.body.truncate(half);
                    Ok(answer)
                }
                Some(Fault::Answer(status, headers, body)) => {
                    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                    Ok(Response { status, headers, body: body.into_bytes().into() })
                }
            }
        })
    }
}
