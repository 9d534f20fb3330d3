//! Plans from the clinic.

use std::collections::HashSet;

use super::client::Client;
use super::state::{Outcome, Refused, RefusedWhat, Stop};
use crate::download::{PAGES_MAX, changes, ids, later, may_follow, not_ahead, one, read, sweep_due};
use crate::fhir::{AnyResource, Bundle, BundleEntry, Fetched, Incoming, RESOURCE_MAX, is_id, read as parse};
use crate::http::Response;
use crate::ledger::Ledger;
use crate::plan::references;
use crate::upload::Why;

/// The most resources that are read one by one in a run: more come with the next.
const SINGLES_MAX: usize = 100;

/// What a run has fetched.
#[derive(Default)]
pub(super) struct Pulled {
    pub(super) applied: usize,
    pub(super) removed: usize,
    pub(super) refused: Vec<Refused>,
    /// Every kind was looked through.
    pub(super) swept: bool,
}

/// What a read of one resource brought.
enum Single {
    Here(Fetched),
    Same,
    Gone,
    Unreadable(String),
}

pub(super) struct Pull<'a> {
    pub(super) client: &'a Client<'a>,
    pub(super) ledger: &'a dyn Ledger,
    pub(super) asked: bool,
}

impl Pull<'_> {
    /// Fetches what has changed of each kind, looks for what is gone when it is time, and reads what plans refer to.
    pub(super) async fn run(&self, pulled: &mut Pulled) -> Result<(), Stop> {
        for kind in Incoming::ALL {
            self.changes(kind, pulled).await?;
        }
        let mut swept = true;
        for kind in Incoming::ALL {
            let cursor = self.ledger.cursor(kind).await?;
            if self.asked || sweep_due(cursor.swept.as_deref(), self.client.heard().server) {
                self.sweep(kind, pulled).await?;
            } else {
                swept = false;
            }
        }
        pulled.swept = swept;
        self.referred(pulled).await
    }

    async fn changes(&self, kind: Incoming, pulled: &mut Pulled) -> Result<(), Stop> {
        let mut watermark = self.ledger.cursor(kind).await?.watermark;
        let mut pages = Pages::from(changes(&self.client.base, kind, &self.client.patient, watermark.as_deref()));
        while let Some(entries) = pages.next(self.client).await? {
            let mut here = Vec::new();
            for raw in entries.iter().filter_map(|entry| entry.resource.as_ref()) {
                match Fetched::read(raw.as_str().as_bytes()) {
                    Ok(Some(fetched)) if fetched.kind == kind => {
                        let stamp = not_ahead(fetched.last_updated.clone(), self.client.heard().server);
                        watermark = later(watermark, stamp);
                        here.push(fetched);
                    }
                    // What else a server puts in is not what was asked for.
                    Ok(_) => {}
                    Err(error) => pulled.refuse(kind, error.to_string()),
                }
            }
            let last = pages.at.is_none();
            self.ledger.apply_page(kind, &here, watermark.as_deref().filter(|_| last)).await?;
            pulled.applied += here.len();
        }
        Ok(())
    }

    /// Compares the ids there and here. A search alone removes nothing: each id is asked for before it goes.
    async fn sweep(&self, kind: Incoming, pulled: &mut Pulled) -> Result<(), Stop> {
        let mut there = HashSet::new();
        let mut pages = Pages::from(ids(&self.client.base, kind, &self.client.patient));
        while let Some(entries) = pages.next(self.client).await? {
            for raw in entries.iter().filter_map(|entry| entry.resource.as_ref()) {
                let any: Option<AnyResource> = parse("resource", raw.as_str().as_bytes(), RESOURCE_MAX).ok();
                let any = any.filter(|any| any.resource_type.as_deref() == Some(kind.name()));
                there.extend(any.and_then(|any| any.id).filter(|id| is_id(id)));
            }
        }
        let known = self.ledger.known(kind).await?;
        let missing: Vec<_> = known.iter().filter(|(id, _)| !there.contains(id)).cloned().collect();
        let here: HashSet<&String> = known.iter().map(|(id, _)| id).collect();
        // What every search for changes has missed.
        let missed = there.iter().filter(|id| !here.contains(id)).map(|id| (id.clone(), None));
        let doubtful: Vec<_> = missing.into_iter().chain(missed).collect();
        let complete = doubtful.len() <= SINGLES_MAX;
        for (id, version) in doubtful.into_iter().take(SINGLES_MAX) {
            match self.single(kind, &id, version.as_deref()).await? {
                Single::Here(fetched) => self.keep(fetched, pulled).await?,
                Single::Same => {}
                Single::Gone => {
                    self.ledger.remove(kind, &[id]).await?;
                    pulled.removed += 1;
                }
                Single::Unreadable(reason) => pulled.refuse(kind, reason),
            }
        }
        if let Some(now) = self.client.heard().server.filter(|_| complete) {
            self.ledger.set_swept(kind, &now.to_string()).await?;
        }
        Ok(())
    }

    /// Reads the orders and goals that plans refer to and no search has brought.
    async fn referred(&self, pulled: &mut Pulled) -> Result<(), Stop> {
        let mut wanted = HashSet::new();
        for (id, _) in self.ledger.known(Incoming::CarePlan).await? {
            let plan = self.ledger.resource(Incoming::CarePlan, &id).await?;
            wanted.extend(plan.into_iter().flat_map(|plan| references(&plan.bytes)));
        }
        for kind in [Incoming::ServiceRequest, Incoming::Goal] {
            let known: HashSet<String> = self.ledger.known(kind).await?.into_iter().map(|(id, _)| id).collect();
            let missing = wanted.iter().filter(|(of, id)| *of == kind && !known.contains(id)).take(SINGLES_MAX);
            for (_, id) in missing {
                match self.single(kind, id, None).await? {
                    Single::Here(fetched) => self.keep(fetched, pulled).await?,
                    Single::Unreadable(reason) => pulled.refuse(kind, reason),
                    // The plan tells that it is not there.
                    Single::Same | Single::Gone => {}
                }
            }
        }
        Ok(())
    }

    async fn keep(&self, fetched: Fetched, pulled: &mut Pulled) -> Result<(), Stop> {
        self.ledger.apply_page(fetched.kind, &[fetched], None).await?;
        pulled.applied += 1;
        Ok(())
    }

    async fn single(&self, kind: Incoming, id: &str, version: Option<&str>) -> Result<Single, Stop> {
        let response = self.client.send(one(&self.client.base, kind, id, version)).await??;
        match response.status {
            200 => Ok(match Fetched::read(&response.body) {
                Ok(Some(fetched)) if fetched.kind == kind && fetched.id == id => Single::Here(fetched),
                Ok(_) => Single::Unreadable("another resource came".to_owned()),
                Err(error) => Single::Unreadable(error.to_string()),
            }),
            304 if version.is_some() => Ok(Single::Same),
            404 | 410 => Ok(Single::Gone),
            _ => Err(not_ok(&response)),
        }
    }
}

impl Pulled {
    fn refuse(&mut self, kind: Incoming, reason: String) {
        self.refused.push(Refused { what: RefusedWhat::Resource(kind), reason: Some(reason) });
    }
}

/// The pages of one search, one after the other.
struct Pages {
    at: Option<String>,
    seen: HashSet<String>,
}

impl Pages {
    fn from(first: String) -> Self {
        Self { at: Some(first), seen: HashSet::new() }
    }

    /// The next page, if there is one. `at` is then where the one after it is.
    async fn next(&mut self, client: &Client<'_>) -> Result<Option<Vec<BundleEntry>>, Stop> {
        let Some(at) = self.at.take() else { return Ok(None) };
        if self.seen.len() >= PAGES_MAX || !self.seen.insert(at.clone()) {
            return Err(Stop::End(Outcome::BadPage));
        }
        let response = client.send(read(&at)).await??;
        if response.status != 200 {
            return Err(not_ok(&response));
        }
        let bundle = Bundle::read(&response.body).map_err(|_| Stop::Strange)?;
        if bundle.kind.as_deref() != Some("searchset") {
            return Err(Stop::Strange);
        }
        if let Some(next) = bundle.next() {
            may_follow(&client.origin, next).map_err(|_| Stop::End(Outcome::BadPage))?;
            self.at = Some(next.to_owned());
        }
        let mut entries = bundle.entry;
        entries.retain(|entry| entry.search.as_ref().and_then(|search| search.mode.as_deref()) != Some("outcome"));
        Ok(Some(entries))
    }
}

/// What a status other than the one that was hoped for means to a reader.
pub(super) fn not_ok(response: &Response) -> Stop {
    let (status, after) = (response.status, response.retry_after());
    match status {
        300..=399 => Stop::Later { after: None, why: Why::Redirect(status) },
        408 | 409 | 412 | 425 | 429 | 500..=599 => Stop::Later { after, why: Why::Status(status) },
        400..=499 => Stop::End(Outcome::Refused(status)),
        _ => Stop::Later { after: None, why: Why::NotUnderstood },
    }
}
