//! Requests with a token: a refused token is renewed once, and the request sent once more.

use std::sync::Mutex;

use jiff::Timestamp;
use url::Url;

use super::Parts;
use super::state::{Outcome, Stop};
use crate::fhir::is_id;
use crate::http::{HttpError, Request, Response, checked};
use crate::ledger::Connection;
use crate::smart::SmartError;

/// What one run speaks with.
pub(super) struct Client<'a> {
    parts: &'a Parts,
    pub(super) base: String,
    pub(super) origin: Url,
    pub(super) patient: String,
    heard: Mutex<Heard>,
}

/// The clocks, as they were at the last answer.
#[derive(Clone, Copy, Default)]
pub(super) struct Heard {
    pub(super) server: Option<Timestamp>,
    pub(super) skew_s: Option<i64>,
}

impl<'a> Client<'a> {
    pub(super) fn new(parts: &'a Parts, connection: Connection) -> Result<Self, Stop> {
        let origin = checked(&connection.base)?;
        if origin.query().is_some() || origin.fragment().is_some() {
            return Err(HttpError::BadAddress.into());
        }
        if !is_id(&connection.patient) {
            return Err(Stop::End(Outcome::NotConnected));
        }
        let Connection { base, patient } = connection;
        Ok(Self { parts, base: base.trim_end_matches('/').to_owned(), origin, patient, heard: Mutex::default() })
    }

    /// Sends, with a token. `Err` inside when there is no answer; a stop when there is no token.
    pub(super) async fn send(&self, request: Request) -> Result<Result<Response, HttpError>, Stop> {
        let access = &self.parts.access;
        let bearer = access.bearer(&self.base).await?;
        let answer = self.once(request.clone().header("Authorization", bearer.header())).await;
        if !answer.as_ref().is_ok_and(|answer| answer.status == 401) {
            return Ok(answer);
        }
        let bearer = access.renew(&bearer).await?;
        let answer = self.once(request.header("Authorization", bearer.header())).await;
        match &answer {
            Ok(response) if response.status == 401 => Err(SmartError::SignInNeeded.into()),
            _ => Ok(answer),
        }
    }

    async fn once(&self, request: Request) -> Result<Response, HttpError> {
        checked(&request.url)?;
        let answer = self.parts.http.send(request).await;
        if let Some(server) = answer.as_ref().ok().and_then(Response::date) {
            let skew_s = self.parts.clock.now().as_second().saturating_sub(server.as_second());
            if let Ok(mut heard) = self.heard.lock() {
                *heard = Heard { server: Some(server), skew_s: Some(skew_s) };
            }
        }
        answer
    }

    /// The clocks.
    pub(super) fn heard(&self) -> Heard {
        self.heard.lock().map(|heard| *heard).unwrap_or_default()
    }
}
