//! The person's clinic: signing in, exchanging plans for what was done, and how that stands. HTTP is the app's own ([`crate::Http`]), and the
//! tokens lie in the app's key store.

use std::fmt;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use lumbra::sync::engine::{Hints, Outcome, Phase, Refused, RefusedWhat, SyncState};
use lumbra::sync::http;

use crate::cancel::CancelHandle;
use crate::diary::{all, mirror};
use crate::error::LumbraError;
use crate::lumbra::Lumbra;
use crate::observe::{self, ClinicObserver, Subscription};

/// What the app knows about the moment of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SyncHints {
    /// The person asked for it, and waits. In the background it is false: then what was tried a moment ago, or would cost money or the rest
    /// of the battery, waits.
    pub user_asked: bool,
    /// The network costs money.
    #[uniffi(default = false)]
    pub metered: bool,
    /// The battery is low and not charging.
    #[uniffi(default = false)]
    pub battery_low: bool,
}

/// How a sync ended. Whatever it was: what waits goes out another time, and nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SyncOutcome {
    /// Everything was exchanged.
    Done,
    /// Plans were fetched; what was done waits for a better network or battery, or for the person to ask.
    Held,
    /// Some of it waits: the server has something against it for now.
    Partly,
    /// Another sync is at it.
    AlreadyRunning,
    /// It was tried a moment ago, or the server asks to be left alone.
    TooSoon {
        /// For so long, in milliseconds.
        wait_ms: u64,
    },
    /// Another time: the network or the server is not as it should be.
    Later {
        /// Why, for the person.
        reason: String,
    },
    /// The person must sign in again: forget the clinic and connect it anew.
    SignIn {
        /// Why, for the person.
        reason: String,
    },
    /// The server answers with a status that waiting does not change.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// The server does not offer what is needed.
    Unsupported,
    /// The server's pages can't be followed.
    BadPage,
    /// What a sync keeps can't be read or written.
    Ledger,
}

/// What a sync did.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SyncReport {
    /// How it ended.
    pub outcome: SyncOutcome,
    /// What was queued that the clinic had not been told before.
    pub queued: u64,
    /// What the clinic's server has now.
    pub told: u64,
    /// What it will not have.
    pub refused: u64,
    /// What came from the clinic.
    pub came: u64,
    /// What is gone there.
    pub gone: u64,
    /// Groups that wait to be told.
    pub waiting: u64,
}

/// What the clinic's server will not have, or what came from it and can't be read. Its debug form leaves the words out.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ClinicRefusal {
    /// What kind: a fact such as `session`, or a resource such as `CarePlan`.
    pub kind: String,
    /// The server's HTTP status; absent for what came from it.
    pub status: Option<u16>,
    /// Why, in the server's words, if it said any. May quote what it was sent: keep it out of logs.
    pub reason: Option<String>,
}

impl fmt::Debug for ClinicRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({:?})", self.kind, self.status)
    }
}

mirror! {
    /// Something of the clinic's plans that is not followed.
    ClinicProblem from lumbra::PlanProblem {
        /// The resource, such as `ServiceRequest/abc`.
        resource: String,
        /// What is wrong with it, for the person and their clinic.
        reason: String,
    }
}

mirror! {
    /// How it stands with the clinic, as it is kept.
    ClinicStatus from lumbra::ClinicStatus {
        /// The address of its server.
        base: String,
        /// Since when it is connected, in Unix milliseconds.
        connected_at_ms: i64,
        /// When all was exchanged last, in Unix milliseconds.
        last_good_ms: Option<i64>,
        /// Groups that wait to be told.
        waiting: u32,
        /// What the clinic's server will not have.
        refused: Vec<ClinicRefusal> = all,
        /// What of its plans is not followed, and why.
        problems: Vec<ClinicProblem> = all,
    }
}

/// What a sync is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ClinicPhase {
    /// Nothing.
    Idle,
    /// Asking the server what it can do.
    Asking,
    /// Fetching plans.
    Downloading,
    /// Telling what was done.
    Uploading,
}

/// What can be seen of syncing at one moment. Counts are those at the end of the newest sync since the app was opened; what is kept, when all
/// was exchanged last among it, is told by the status.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ClinicState {
    /// What is being done.
    pub phase: ClinicPhase,
    /// Groups that wait to be told.
    pub waiting: u64,
    /// What is refused, and stays so until somebody does something about it.
    pub refused: Vec<ClinicRefusal>,
    /// Before this, in Unix milliseconds, nothing is tried unless the person asks.
    pub next_try_ms: Option<i64>,
}

impl From<lumbra::RefusedFact> for ClinicRefusal {
    fn from(fact: lumbra::RefusedFact) -> Self {
        Self { kind: fact.kind, status: Some(fact.status), reason: fact.reason }
    }
}

impl From<Refused> for ClinicRefusal {
    fn from(refused: Refused) -> Self {
        let (kind, status) = match refused.what {
            RefusedWhat::Fact(kind, status) => (format!("{kind:?}").to_lowercase(), Some(status)),
            RefusedWhat::Resource(kind) => (kind.name().to_owned(), None),
        };
        Self { kind, status, reason: refused.reason }
    }
}

impl From<SyncState> for ClinicState {
    fn from(state: SyncState) -> Self {
        Self {
            phase: match state.phase {
                Phase::Idle => ClinicPhase::Idle,
                Phase::Asking => ClinicPhase::Asking,
                Phase::Downloading => ClinicPhase::Downloading,
                Phase::Uploading => ClinicPhase::Uploading,
            },
            waiting: count(state.waiting),
            refused: all(state.refused),
            next_try_ms: state.next_try.map(Timestamp::as_millisecond),
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn outcome(outcome: Outcome) -> Result<SyncOutcome, lumbra::Error> {
    Ok(match outcome {
        Outcome::Done => SyncOutcome::Done,
        Outcome::Held => SyncOutcome::Held,
        Outcome::Partly => SyncOutcome::Partly,
        Outcome::AlreadyRunning => SyncOutcome::AlreadyRunning,
        Outcome::TooSoon(wait) => SyncOutcome::TooSoon { wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) },
        Outcome::Later(why) => SyncOutcome::Later { reason: why.to_string() },
        Outcome::SignIn(error) => SyncOutcome::SignIn { reason: error.to_string() },
        Outcome::Refused(status) => SyncOutcome::Refused { status },
        Outcome::Unsupported => SyncOutcome::Unsupported,
        Outcome::BadPage => SyncOutcome::BadPage,
        Outcome::Ledger => SyncOutcome::Ledger,
        // Forgotten while the sync began.
        Outcome::NotConnected => return Err(not_connected()),
    })
}

fn not_connected() -> lumbra::Error {
    lumbra::Error::Invalid("no clinic is connected".to_owned())
}

#[uniffi::export]
impl Lumbra {
    /// Begins to connect a clinic, by its server's FHIR base, such as `https://clinic.example/fhir`, and gives the address to open in the
    /// system's browser. `client_id` is what the clinic's system knows this app by, and `redirect` the address of the app's own that the
    /// browser comes back to. Beginning anew forgets what was begun before. Refused, before anything is sent, where the app's key store
    /// keeps no secrets.
    #[uniffi::method(default(cancel = None))]
    pub async fn begin_clinic(
        &self,
        base: String,
        client_id: String,
        redirect: String,
        cancel: Option<Arc<CancelHandle>>,
    ) -> Result<String, LumbraError> {
        let http = self.http()?;
        let begun =
            self.run_until(cancel, |companion| async move {
                companion.begin_clinic(&*http, &base, &client_id, &redirect).await
            })
            .await?;
        let address = begun.address().to_owned();
        *self.signing_in.lock().unwrap_or_else(PoisonError::into_inner) = Some(begun);
        Ok(address)
    }

    /// Connects the clinic, with the whole address that the browser came back to. A sign-in is good for one try: what does not belong to it
    /// ends it, and it is begun anew. Another clinic must be forgotten first. Cancelled late, it connects all the same:
    /// [`Lumbra::clinic_status`] tells.
    #[uniffi::method(default(cancel = None))]
    pub async fn finish_clinic(&self, came_back: String, cancel: Option<Arc<CancelHandle>>) -> Result<(), LumbraError> {
        let http = self.http()?;
        let begun = self.signing_in.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.run_until(cancel, |companion| async move {
            let begun = begun.ok_or_else(|| lumbra::Error::Invalid("no sign-in was begun: begin again".to_owned()))?;
            companion.finish_clinic(&*http, begun, &came_back).await
        })
        .await
    }

    /// How it stands with the clinic; absent when none is connected.
    pub async fn clinic_status(&self) -> Result<Option<ClinicStatus>, LumbraError> {
        let status = self.run(|companion| async move { companion.clinic_status().await });
        Ok(status.await?.map(Into::into))
    }

    /// Forgets the clinic: at its server if that answers, and here in any case. What was done stays here. Its plans are followed no more;
    /// their caps stay in force.
    #[uniffi::method(default(cancel = None))]
    pub async fn forget_clinic(&self, cancel: Option<Arc<CancelHandle>>) -> Result<(), LumbraError> {
        let http = self.http()?;
        self.run_until(cancel, |companion| async move { companion.forget_clinic(http).await }).await
    }

    /// Exchanges with the clinic what can be exchanged: plans come, and what was done goes. Cancelled at any point, it goes on at the next
    /// call.
    #[uniffi::method(default(cancel = None))]
    pub async fn sync_clinic(
        &self,
        hints: SyncHints,
        cancel: Option<Arc<CancelHandle>>,
    ) -> Result<SyncReport, LumbraError> {
        let http = self.http()?;
        let SyncHints { user_asked, metered, battery_low } = hints;
        self.run_until(cancel, move |companion| async move {
            let clinic = companion.clinic(http).await?.ok_or_else(not_connected)?;
            let done = clinic.sync(Hints { metered, battery_low, user_asked }).await?;
            Ok(SyncReport {
                outcome: outcome(done.report.outcome)?,
                queued: count(done.queued),
                told: count(done.report.acked),
                refused: count(done.report.dead),
                came: count(done.report.applied),
                gone: count(done.report.removed),
                waiting: count(clinic.state().waiting),
            })
        })
        .await
    }

    /// Lets what the clinic's server has refused wait again, as after the clinic has mended something there, and gives how many groups that
    /// is. The next sync sends them once more.
    pub async fn retry_refused(&self) -> Result<u32, LumbraError> {
        self.run(|companion| async move { companion.retry_refused().await }).await
    }

    /// Tells what can be seen of syncing, whoever began it, until the subscription is cancelled or dropped, or the clinic is forgotten.
    pub async fn observe_clinic(&self, observer: Arc<dyn ClinicObserver>) -> Result<Arc<Subscription>, LumbraError> {
        let http = self.http()?;
        let states = self
            .run(|companion| async move { Ok(companion.clinic(http).await?.ok_or_else(not_connected)?.watch()) })
            .await?;
        observe::clinic(&self.clockwork, states, observer)
    }
}

impl Lumbra {
    fn http(&self) -> Result<Arc<dyn http::Http>, LumbraError> {
        self.http.clone().ok_or_else(|| LumbraError::NotInitialised {
            reason: "this app was opened without a way to the network: a clinic can't be reached".to_owned(),
        })
    }
}

#[cfg(test)]
#[path = "clinic_tests.rs"]
mod tests;
