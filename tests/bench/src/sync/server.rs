//! A FHIR server of `tests/fhir` as a child of the bench: it can't outlive it, as it ends with its standard input.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lumbra::sync::http::{Http as _, Method, Request, Response};
use lumbra::sync::transport::Transport;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::BenchError;

/// Who signs in at these servers, unless they are told otherwise.
const PATIENT: &str = "lumbra-test-patient";
/// The log of a whole run.
const ANSWER_MAX: usize = 64 * 1024 * 1024;

#[derive(Deserialize)]
struct Told {
    base: String,
    control: String,
}

/// A request as the server's proxy saw it.
#[derive(Deserialize)]
pub(super) struct Logged {
    n: u64,
    on: String,
    pub(super) method: String,
    #[serde(default)]
    pub(super) sent_bytes: u64,
    pub(super) status: Option<u16>,
}

#[derive(Deserialize)]
struct Rule {
    struck: u32,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    entry: Vec<PageEntry>,
    #[serde(default)]
    link: Vec<Link>,
}

#[derive(Deserialize)]
struct PageEntry {
    resource: Named,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Link {
    relation: String,
    url: String,
}

/// A server that was started from nothing, and wants a token.
pub(super) struct Server {
    child: Child,
    told: Told,
    transport: Transport,
}

impl Server {
    /// Starts one behind a line of this round trip, and waits until it answers.
    pub(super) async fn start(round_trip_ms: u32) -> Result<Self, BenchError> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).ok_or(BenchError::Broken("no checkout"))?;
        let mut child = Command::new("python3")
            .arg(root.join("tests/fhir/servers.py"))
            .args(["run", "helios", "--auth"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        if line.is_empty() {
            // Its reason went to standard error.
            drop(child.stdin.take());
            child.wait()?;
            return Err(BenchError::Broken("the FHIR server did not start: tests/fhir/README.md tells what it needs"));
        }
        let server = Self { child, told: serde_json::from_str(&line)?, transport: Transport::new() };
        server.want_token(false).await?;
        let patient = json!({ "resourceType": "Patient", "id": PATIENT, "active": true });
        let put = Request::new(Method::Put, format!("{}/Patient/{PATIENT}", server.told.base));
        let made = server.transport.send(put.body("application/fhir+json", patient.to_string().into_bytes())).await?;
        if made.status != 201 {
            return Err(BenchError::Broken("the FHIR server takes no patient"));
        }
        server.want_token(true).await?;
        server.control::<Value>(Method::Post, "/settings", &json!({ "round_trip_ms": round_trip_ms })).await?;
        Ok(server)
    }

    /// The FHIR base, as the phone shall see it.
    pub(super) fn base(&self) -> &str {
        &self.told.base
    }

    async fn control<T: DeserializeOwned>(&self, method: Method, path: &str, value: &Value) -> Result<T, BenchError> {
        let request = Request::new(method, format!("{}{path}", self.told.control));
        let request = Request { body_max: ANSWER_MAX, ..request };
        let request = if method == Method::Get {
            request
        } else {
            request.body("application/json", value.to_string().into_bytes())
        };
        let Response { status, body, .. } = self.transport.send(request).await?;
        if status != 200 {
            return Err(BenchError::Broken("the control endpoint refused"));
        }
        Ok(serde_json::from_slice(&body)?)
    }

    async fn want_token(&self, required: bool) -> Result<(), BenchError> {
        self.control::<Value>(Method::Post, "/auth", &json!({ "required": required })).await.map(drop)
    }

    /// What was asked of the FHIR server after the request of this number.
    pub(super) async fn log(&self, since: u64) -> Result<Vec<Logged>, BenchError> {
        let all: Vec<Logged> = self.control(Method::Get, &format!("/log?since={since}"), &Value::Null).await?;
        Ok(all.into_iter().filter(|entry| entry.on == "fhir").collect())
    }

    /// The number of the last request to the FHIR server so far.
    pub(super) async fn mark(&self) -> Result<u64, BenchError> {
        Ok(self.log(0).await?.last().map_or(0, |entry| entry.n))
    }

    /// Cuts the connection at the `nth` upload from now on: `cut_before` or `cut_after` the server has done it.
    pub(super) async fn cut(&self, how: &str, nth: u32) -> Result<(), BenchError> {
        let rule = json!({ "do": how, "method": "POST", "nth": nth });
        self.control::<Value>(Method::Post, "/faults", &rule).await.map(drop)
    }

    /// How many cuts there were.
    pub(super) async fn cuts(&self) -> Result<u32, BenchError> {
        let rules: Vec<Rule> = self.control(Method::Get, "/faults", &Value::Null).await?;
        Ok(rules.iter().map(|rule| rule.struck).sum())
    }

    /// Kind and id of each resource of these kinds that the server has of the patient, sorted; one that it tells twice is there twice.
    pub(super) async fn found(&self, kinds: &[&str]) -> Result<Vec<String>, BenchError> {
        self.want_token(false).await?;
        let mut found = Vec::new();
        for kind in kinds {
            let mut next = Some(format!("{}/{kind}?patient={PATIENT}&_count=100", self.told.base));
            while let Some(url) = next {
                let asked = Request { body_max: ANSWER_MAX, ..Request::new(Method::Get, url) };
                let answer = self.transport.send(asked.header("Accept", "application/fhir+json")).await?;
                if answer.status != 200 {
                    return Err(BenchError::Broken("the FHIR server does not tell what it has"));
                }
                let page: Page = serde_json::from_slice(&answer.body)?;
                found.extend(page.entry.into_iter().map(|entry| format!("{kind}/{}", entry.resource.id)));
                next = page.link.into_iter().find(|link| link.relation == "next").map(|link| link.url);
            }
        }
        self.want_token(true).await?;
        found.sort_unstable();
        Ok(found)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // One that is gone already needs no waiting for.
        let _ = self.child.wait();
    }
}
