//! One sync: plans down, what was done up.
//!
//! [`Sync::run`] does as much as it can and returns; it never sleeps. Whoever drives it calls it again: at
//! [`SyncState::next_try`], when the network comes back, when the person asks. It can be dropped, or the phone can die, at any point:
//! what is in flight is pending again at the next run, and the same bytes under the same names go out once more. One run at a time.

mod client;
mod pace;
mod pull;
mod push;
mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

pub use pace::{SPACING, wait};
pub use state::{Hints, Outcome, Phase, Refused, RefusedWhat, Report, SyncState};

use crate::download::read;
use crate::fhir::CapabilityStatement;
use crate::http::Http;
use crate::ledger::Ledger;
use crate::smart::Access;
use crate::upload::{Ways, Why};
use client::Client;
use pull::{Pull, Pulled, not_ok};
use push::{Push, Pushed, suspicious};
use state::Stop;

/// After so many runs in a row that what was sent may have spoilt, groups are sent one by one.
const CAREFUL_AFTER: u32 = 3;

/// The phone's clock, for what a person reads and for telling how far it is off. Nothing is decided by it but how much of a wait that an
/// earlier process began is left.
pub trait Clock: Send + std::marker::Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;
}

/// What a sync stands on.
pub struct Parts {
    /// What it keeps.
    pub ledger: Arc<dyn Ledger>,
    /// How it speaks.
    pub http: Arc<dyn Http>,
    /// Its tokens. One for the whole app: two would spoil each other's rotation.
    pub access: Arc<Access>,
    /// The phone's clock.
    pub clock: Arc<dyn Clock>,
    /// A number from 0 to 1, anew each time: it spreads phones that failed together.
    pub chance: Box<dyn Fn() -> f64 + Send + std::marker::Sync>,
}

/// The engine.
pub struct Sync {
    parts: Parts,
    running: Mutex<Pace>,
    state: watch::Sender<SyncState>,
}

impl fmt::Debug for Sync {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sync(..)")
    }
}

/// What one run tells the next.
#[derive(Default)]
struct Pace {
    /// What was kept of earlier processes is in it.
    recalled: bool,
    failures: u32,
    next: Option<Instant>,
    /// The server asked to be left alone: then not even the person is heard.
    asked: bool,
    /// Runs in a row that what was sent may have spoilt.
    spoilt: u32,
    /// What came from the clinic and can't be used: told until everything was looked at without it.
    unreadable: Vec<Refused>,
}

impl Pace {
    fn wait(&self) -> Duration {
        self.next.map(|next| next.saturating_duration_since(Instant::now())).unwrap_or_default()
    }
}

/// Says that nothing is done any more, however a run ends: also when it is dropped.
struct Busy<'a>(&'a watch::Sender<SyncState>);

impl Busy<'_> {
    fn now(&self, phase: Phase) {
        self.0.send_modify(|state| state.phase = phase);
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.now(Phase::Idle);
    }
}

/// The ways of the server at this base, as they are kept.
#[derive(Serialize, Deserialize)]
struct KeptWays {
    base: String,
    ways: Ways,
}

/// What was done in a run.
#[derive(Default)]
struct Work {
    pulled: Pulled,
    pushed: Pushed,
    held: bool,
    in_upload: bool,
}

impl Sync {
    /// Stands on these; nothing is asked yet.
    pub fn new(parts: Parts) -> Self {
        Self { parts, running: Mutex::default(), state: watch::Sender::default() }
    }

    /// What can be seen now.
    pub fn state(&self) -> SyncState {
        self.state.borrow().clone()
    }

    /// What can be seen, whenever it changes.
    pub fn watch(&self) -> watch::Receiver<SyncState> {
        self.state.subscribe()
    }

    /// Exchanges what can be exchanged. See [`Outcome`] for how it can end.
    pub async fn run(&self, hints: Hints) -> Report {
        let nothing = |outcome| Report { outcome, acked: 0, dead: 0, applied: 0, removed: 0 };
        let Ok(mut pace) = self.running.try_lock() else { return nothing(Outcome::AlreadyRunning) };
        if !pace.recalled {
            self.recall(&mut pace).await;
        }
        let wait = pace.wait();
        if !wait.is_zero() && (pace.asked || !hints.user_asked) {
            self.publish(&pace).await;
            return nothing(Outcome::TooSoon(wait));
        }
        let mut work = Work::default();
        let ended = {
            let busy = Busy(&self.state);
            self.work(hints, &mut work, &busy, pace.spoilt >= CAREFUL_AFTER, &mut pace.unreadable).await
        };
        let outcome = match self.pace(&mut pace, &work, ended) {
            Outcome::Done => self.note_good().await,
            Outcome::Held => Outcome::Held,
            other => {
                self.note_failed(&pace).await;
                other
            }
        };
        self.publish(&pace).await;
        Report {
            outcome,
            acked: work.pushed.acked,
            dead: work.pushed.dead,
            applied: work.pulled.applied,
            removed: work.pulled.removed,
        }
    }

    /// Goes on at the pace of the process before this one. What can't be read now is read by the next run.
    async fn recall(&self, pace: &mut Pace) {
        let Ok(before) = self.parts.ledger.before().await else { return };
        pace.failures = before.failures;
        pace.next = Instant::now().checked_add(pace::left(&before, self.parts.clock.now()));
        pace.recalled = true;
    }

    async fn work(
        &self,
        hints: Hints,
        work: &mut Work,
        busy: &Busy<'_>,
        careful: bool,
        unreadable: &mut Vec<Refused>,
    ) -> Result<(), Stop> {
        let ledger = &*self.parts.ledger;
        let connection = ledger.connection().await?.ok_or(Stop::End(Outcome::NotConnected))?;
        ledger.requeue().await?;
        let client = Client::new(&self.parts, connection)?;
        busy.now(Phase::Downloading);
        let pulled = Pull { client: &client, ledger, asked: hints.user_asked }.run(&mut work.pulled).await;
        // A search brings what can't be read once; only a look at everything tells that it is gone.
        if pulled.is_ok() && work.pulled.swept {
            unreadable.clear();
        }
        for refused in &work.pulled.refused {
            if !unreadable.contains(refused) {
                unreadable.push(refused.clone());
            }
        }
        // A page that is not understood is no reason to keep what was done to oneself. Without network or token there is no other way.
        let pulled = match pulled {
            Err(stop @ (Stop::Strange | Stop::End(Outcome::BadPage | Outcome::Refused(_)))) => Err(stop),
            other => {
                other.inspect_err(|_| self.skew(&client))?;
                Ok(())
            }
        };
        if hints.may_upload() {
            let pushed = self.upload(&client, work, busy, careful, hints.user_asked).await;
            self.skew(&client);
            pushed?;
        } else {
            self.skew(&client);
            work.held = ledger.waiting().await? > 0;
        }
        pulled
    }

    async fn upload(
        &self,
        client: &Client<'_>,
        work: &mut Work,
        busy: &Busy<'_>,
        careful: bool,
        ask_again: bool,
    ) -> Result<(), Stop> {
        let ledger = &*self.parts.ledger;
        if ledger.waiting().await? == 0 {
            return Ok(());
        }
        busy.now(Phase::Asking);
        let ways = self.ways(client, ask_again).await?;
        busy.now(Phase::Uploading);
        work.in_upload = true;
        Push { client, ledger, ways, careful }.run(&mut work.pushed).await?;
        work.in_upload = false;
        Ok(())
    }

    /// What the server can do: as it is kept for this base, or as it says.
    async fn ways(&self, client: &Client<'_>, ask_again: bool) -> Result<Ways, Stop> {
        let ledger = &*self.parts.ledger;
        if !ask_again {
            let kept = ledger.ways().await?.and_then(|kept| serde_json::from_str::<KeptWays>(&kept).ok());
            if let Some(kept) = kept.filter(|kept| kept.base == client.base) {
                return Ok(kept.ways);
            }
        }
        let response = client.send(read(&format!("{}/metadata", client.base))).await??;
        if response.status != 200 {
            return Err(not_ok(&response));
        }
        let strange = |_| Stop::Later { after: None, why: Why::NotUnderstood };
        let statement = CapabilityStatement::read(&response.body).map_err(strange)?;
        let ways = Ways::of(&statement).ok_or(Stop::End(Outcome::Unsupported))?;
        let kept = serde_json::to_string(&KeptWays { base: client.base.clone(), ways });
        ledger.set_ways(kept.ok().as_deref()).await?;
        Ok(ways)
    }

    fn skew(&self, client: &Client<'_>) {
        let Some(skew_s) = client.heard().skew_s else { return };
        tracing::debug!(skew_s, "the phone's clock against the server's");
        self.state.send_modify(|state| state.clock_skew_s = Some(skew_s));
    }

    /// When to try again.
    fn pace(&self, pace: &mut Pace, work: &Work, ended: Result<(), Stop>) -> Outcome {
        let (outcome, after) = match ended {
            Ok(()) if work.held => (Outcome::Held, None),
            Ok(()) if !work.pushed.skipped.is_empty() => (Outcome::Partly, None),
            Ok(()) => (Outcome::Done, None),
            Err(Stop::Later { after, why }) => (Outcome::Later(why), after),
            Err(Stop::Strange) => (Outcome::Later(Why::NotUnderstood), None),
            Err(Stop::End(outcome)) => (outcome, None),
        };
        match outcome {
            Outcome::Later(why) if work.in_upload && suspicious(why) => pace.spoilt = pace.spoilt.saturating_add(1),
            Outcome::Done => pace.spoilt = 0,
            _ => {}
        }
        let good = matches!(outcome, Outcome::Done | Outcome::Held);
        pace.failures = if good { 0 } else { pace.failures.saturating_add(1) };
        pace.asked = after.is_some();
        let wait: Duration = if good { SPACING } else { wait(pace.failures, (self.parts.chance)(), after) };
        pace.next = Instant::now().checked_add(wait);
        outcome
    }

    /// Keeps that everything was exchanged. What can't be kept can't be told tomorrow, and is no good end.
    async fn note_good(&self) -> Outcome {
        let (now, skew_s) = (self.parts.clock.now(), self.state.borrow().clock_skew_s);
        self.parts.ledger.note_good(now, skew_s).await.map_or(Outcome::Ledger, |()| Outcome::Done)
    }

    /// Keeps that it has failed, for the process after this one: what can't be kept costs no more than a try too soon.
    async fn note_failed(&self, pace: &Pace) {
        let skew_s = self.state.borrow().clock_skew_s;
        if let Ok(next_try) = self.parts.clock.now().checked_add(pace.wait()) {
            let kept = self.parts.ledger.note_failed(next_try, skew_s).await;
            if let Err(error) = kept {
                tracing::debug!(%error, "a failed sync is not noted");
            }
        }
    }

    async fn publish(&self, pace: &Pace) {
        let ledger = &*self.parts.ledger;
        let (waiting, dead) = (ledger.waiting().await, ledger.dead().await);
        let now = self.parts.clock.now();
        let wait = pace.next.map(|_| pace.wait());
        self.state.send_modify(|state| {
            // A ledger that can't be read is told by the outcome; what was known stays.
            state.waiting = waiting.unwrap_or(state.waiting);
            if let Ok(dead) = dead {
                let refused = dead
                    .into_iter()
                    .map(|dead| Refused { what: RefusedWhat::Fact(dead.kind, dead.status), reason: dead.reason });
                state.refused = refused.chain(pace.unreadable.iter().cloned()).collect();
            }
            state.next_try = wait.and_then(|wait| now.checked_add(wait).ok());
        });
    }
}
