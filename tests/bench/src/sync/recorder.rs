//! HTTP that keeps what went through it: in a file, so that it is not in the memory that is measured.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lumbra::sync::http::{Http, HttpError, Method, Request, Response};
use lumbra::sync::transport::Transport;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::BenchError;

/// One request and what came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    pub(super) method: Method,
    /// Of the body that was sent.
    pub(super) bytes: u64,
    /// None when no answer came.
    pub(super) status: Option<u16>,
    /// From the request to its answer, or to the error.
    pub(super) took: Duration,
}

impl Exchange {
    /// Whether the server said that it has done all that was asked: a transaction is done whole or not at all.
    pub(super) fn acknowledged(&self) -> bool {
        matches!(self.status, Some(200..=299))
    }
}

/// A resource of an upload.
pub(super) struct Sent<'a> {
    /// Its kind and id, as in an address.
    pub(super) name: &'a str,
    /// Its bytes as they were sent.
    pub(super) bytes: &'a str,
}

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(borrow)]
    entry: Vec<BundleEntry<'a>>,
}

#[derive(Deserialize)]
struct BundleEntry<'a> {
    #[serde(borrow)]
    resource: &'a RawValue,
    #[serde(borrow)]
    request: Asked<'a>,
}

#[derive(Deserialize)]
struct Asked<'a> {
    method: &'a str,
    url: &'a str,
}

struct Kept {
    bodies: File,
    exchanges: Vec<Exchange>,
    authorization: Option<String>,
    broken: Option<std::io::Error>,
}

/// The transport, with a record of what was sent.
pub(super) struct Recorder {
    transport: Transport,
    kept: Mutex<Kept>,
}

impl Recorder {
    pub(super) fn new() -> Result<Self, BenchError> {
        let kept = Kept { bodies: tempfile::tempfile()?, exchanges: Vec::new(), authorization: None, broken: None };
        Ok(Self { transport: Transport::new(), kept: Mutex::new(kept) })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what went through so far, such as a sign-in.
    pub(super) fn begin(&self) -> Result<(), BenchError> {
        let mut kept = self.kept();
        kept.exchanges.clear();
        kept.bodies.set_len(0)?;
        kept.bodies.rewind()?;
        Ok(())
    }

    /// What went through since it began.
    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        self.kept().exchanges.clone()
    }

    /// The last `Authorization` that was sent.
    pub(super) fn authorization(&self) -> Option<String> {
        self.kept().authorization.clone()
    }

    /// The bodies of all uploads in their order.
    pub(super) fn uploads(&self) -> Result<Vec<(Exchange, Vec<u8>)>, BenchError> {
        let mut kept = self.kept();
        if let Some(error) = kept.broken.take() {
            return Err(error.into());
        }
        kept.bodies.rewind()?;
        let mut uploads = Vec::new();
        for exchange in kept.exchanges.clone() {
            let mut body = vec![0; usize::try_from(exchange.bytes).unwrap_or(usize::MAX)];
            kept.bodies.read_exact(&mut body)?;
            if exchange.method == Method::Post {
                uploads.push((exchange, body));
            }
        }
        kept.bodies.seek(SeekFrom::End(0))?;
        Ok(uploads)
    }
}

/// The resources of an upload; an error when it is not one of names that the phone gave.
pub(super) fn resources(body: &[u8]) -> Result<Vec<Sent<'_>>, BenchError> {
    let bundle: Bundle<'_> = serde_json::from_slice(body)?;
    if bundle.entry.iter().any(|entry| entry.request.method != "PUT") {
        return Err(BenchError::Broken("the server was not sent PUTs in a bundle: nothing to compare with"));
    }
    Ok(bundle.entry.into_iter().map(|entry| Sent { name: entry.request.url, bytes: entry.resource.get() }).collect())
}

#[async_trait]
impl Http for Recorder {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let (method, bytes) = (request.method, request.body.len() as u64);
        {
            let mut kept = self.kept();
            if let Err(error) = kept.bodies.write_all(&request.body) {
                kept.broken = Some(error);
            }
            if let Some(told) = request.get("Authorization") {
                kept.authorization = Some(told.to_owned());
            }
        }
        let began = Instant::now();
        let answer = self.transport.send(request).await;
        let status = answer.as_ref().ok().map(|answer| answer.status);
        self.kept().exchanges.push(Exchange { method, bytes, status, took: began.elapsed() });
        answer
    }
}
