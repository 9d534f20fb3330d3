//! For tests: a ledger, a key store and a clinic's server in memory, in virtual time, with faults on demand.
//!
//! [`Clinic`] answers like a FHIR server with a SMART sign-in. It counts requests; a [`Fault`] happens at the one it is set for, before
//! or after the request is carried out. Several phones may speak with it at once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a part of tests: what does not hold fails as a panic"
)]

mod clinic;
mod memory;
mod rest;
mod sign_in;

use std::sync::Arc;

use jiff::Timestamp;

pub use clinic::{Clinic, Fault, Manners};
pub use memory::{MemoryLedger, MemoryTokens, Status};

use crate::engine::{Clock, Parts, Sync};
use crate::smart::Access;

/// A clock that goes with tokio's, and may be wrong.
#[derive(Clone, Copy, Debug)]
pub struct VirtualClock {
    start: tokio::time::Instant,
    at_start: Timestamp,
}

impl VirtualClock {
    /// Goes from this moment on.
    pub fn at(moment: &str) -> Self {
        Self { start: tokio::time::Instant::now(), at_start: moment.parse().expect("a moment") }
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.at_start + self.start.elapsed()
    }
}

/// A phone that is signed in at a clinic: its engine and what it keeps. Its clock is 37 minutes ahead.
pub struct Phone {
    /// The engine.
    pub sync: Sync,
    /// What it keeps.
    pub ledger: Arc<MemoryLedger>,
    /// Its key store.
    pub tokens: Arc<MemoryTokens>,
    clock: Arc<VirtualClock>,
}

impl Phone {
    /// A phone with what is kept there. Its clock begins anew.
    pub fn new(clinic: &Arc<Clinic>, ledger: &Arc<MemoryLedger>, tokens: &Arc<MemoryTokens>) -> Self {
        Self::on(clinic, ledger, tokens, Arc::new(VirtualClock::at("2026-03-01T08:37:00Z")))
    }

    /// This phone after its app was restarted; its clock goes on.
    pub fn restarted(&self, clinic: &Arc<Clinic>) -> Self {
        Self::on(clinic, &self.ledger, &self.tokens, self.clock.clone())
    }

    fn on(
        clinic: &Arc<Clinic>,
        ledger: &Arc<MemoryLedger>,
        tokens: &Arc<MemoryTokens>,
        clock: Arc<VirtualClock>,
    ) -> Self {
        let (http, store): (Arc<dyn crate::http::Http>, Arc<dyn crate::smart::TokenStore>) =
            (clinic.clone(), tokens.clone());
        let parts = Parts {
            ledger: ledger.clone(),
            http: http.clone(),
            access: Arc::new(Access::new(http, store)),
            clock: clock.clone(),
            chance: Box::new(|| 0.5),
        };
        Self { sync: Sync::new(parts), ledger: ledger.clone(), tokens: tokens.clone(), clock }
    }

    /// A phone that has just signed in.
    pub fn signed_in(clinic: &Arc<Clinic>) -> Self {
        let ledger = Arc::new(MemoryLedger::connected(clinic::BASE, clinic::PATIENT));
        Self::new(clinic, &ledger, &Arc::new(clinic.sign_in()))
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Phone(..)")
    }
}
