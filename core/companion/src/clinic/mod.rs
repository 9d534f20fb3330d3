//! The person's clinic: signing in, and exchanging plans for what was done.
//!
//! HTTP is a port: a shell brings the platform's own. [`Companion::begin_clinic`] gives an address for the browser,
//! [`Companion::finish_clinic`] takes what the browser came back with, and [`Companion::clinic`] gives the [`Clinic`] to sync with.
//!
//! What is to be told is worked out anew before each run, from all that is kept, and compared with what was queued before (`queue`).
//! What comes is kept as it came, and plans are made of it in the same transaction (`ledger`, `plans`).

mod goals;
mod ledger;
mod plans;
mod queue;
mod refused;
mod tokens;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use lumbra_report::Period;
use lumbra_store::SyncConnection;
use lumbra_sync::engine::{self, Hints, Parts, Sync, SyncState};
use lumbra_sync::http::Http;
use lumbra_sync::smart::{Access, Client, SignIn, SmartError, TokenStore, discover};
use tokio::sync::watch;
use zeroize::Zeroizing;

pub(crate) use self::goals::{clinic_goals, goals_of};
pub use self::plans::PlanProblem;
pub use self::refused::RefusedFact;
use crate::clock::WallClock;
use crate::companion::Companion;
use crate::error::Error;
use crate::ids;
use crate::posture::date;
use crate::reporting::REPORT_DAYS_MAX;
use ledger::StoreLedger;
use tokens::KeptTokens;

/// A sign-in that waits for the browser to come back.
pub struct ClinicSignIn {
    sign_in: SignIn,
    connection_id: String,
    client_id: String,
    base: String,
    address: String,
}

impl ClinicSignIn {
    /// The address to open in the system's browser.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl fmt::Debug for ClinicSignIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClinicSignIn(..)")
    }
}

/// How it stands with the clinic.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ClinicStatus {
    /// The address of its server.
    pub base: String,
    /// Since when it is connected, in Unix milliseconds.
    pub connected_at_ms: i64,
    /// When all was exchanged last, in Unix milliseconds of the phone's clock; kept over restarts.
    pub last_good_ms: Option<i64>,
    /// Groups that wait to be told.
    pub waiting: u32,
    /// What the clinic's server will not have, and why; [`Companion::retry_refused`] lets it be sent once more.
    pub refused: Vec<RefusedFact>,
    /// What of the clinic's plans is not followed, and why.
    pub problems: Vec<PlanProblem>,
}

/// How a sync went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClinicSync {
    /// What was queued that the clinic had not been told before.
    pub queued: usize,
    /// What came of the run.
    pub report: engine::Report,
}

/// A connected clinic. Clones are the same one: two runs at a time are one too many.
#[derive(Clone)]
pub struct Clinic {
    companion: Companion,
    access: Arc<Access>,
    sync: Arc<Sync>,
    ledger: Arc<StoreLedger>,
}

impl fmt::Debug for Clinic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Clinic(..)")
    }
}

/// The phone's clock, as a sync shows it.
struct Shown(Arc<dyn WallClock>);

impl engine::Clock for Shown {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.unix_ms()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

fn smart(error: SmartError) -> Error {
    Error::Clinic(error.to_string())
}

impl Companion {
    /// Begins to connect a clinic: its server's FHIR base, such as `https://clinic.example/fhir`, the id that this app has there, and where
    /// the browser is to come back to. [`Error::Invalid`]: a clinic is connected, which must be forgotten first. Nothing is asked of the
    /// server then, nor where the key store keeps no secrets, or can't be used now: the person would sign in for nothing.
    pub async fn begin_clinic(
        &self,
        http: &dyn Http,
        base: &str,
        client_id: &str,
        redirect: &str,
    ) -> Result<ClinicSignIn, Error> {
        self.no_clinic_yet().await?;
        let connection_id = ids::new_uuid()?;
        let tokens = KeptTokens::of(self.keys(), &connection_id).map_err(|_| smart(SmartError::Store))?;
        tokens.check().await?;
        let base = base.trim_end_matches('/').to_owned();
        let endpoints = discover(http, &base).await.map_err(smart)?;
        let mut random = Zeroizing::new([0; 64]);
        getrandom::fill(&mut *random).map_err(|_| Error::Internal("randomness"))?;
        let client = Client { id: client_id.to_owned(), redirect: redirect.to_owned() };
        let (sign_in, address) = SignIn::begin(endpoints, client, &base, &random).map_err(smart)?;
        Ok(ClinicSignIn { sign_in, connection_id, client_id: client_id.to_owned(), base, address })
    }

    /// Connects the clinic, with the address that the browser came back to. Another one must be forgotten first. Dropped while the clinic is
    /// asked, it connects nothing and keeps nothing; dropped later, it connects all the same.
    pub async fn finish_clinic(&self, http: &dyn Http, begun: ClinicSignIn, came_back: &str) -> Result<(), Error> {
        let ClinicSignIn { sign_in, connection_id, client_id, base, .. } = begun;
        self.no_clinic_yet().await?;
        let kept = KeptTokens::of(self.keys(), &connection_id).map_err(|_| smart(SmartError::Store))?;
        let tokens = sign_in.finish(http, came_back).await.map_err(smart)?;
        let connection = SyncConnection {
            connection_id,
            base_url: base,
            client_id,
            patient_id: tokens.patient().to_owned(),
            connected_at_ms: self.clock().unix_ms(),
        };
        let store = self.store().clone();
        // A task of its own: whoever waits may go, and tokens that no connection tells of would stay in the key store.
        let connecting = tokio::spawn(async move {
            tokens.keep(&kept).await.map_err(smart)?;
            let connected = store.call(move |store| store.connect(&connection)).await;
            if connected.is_err() && kept.delete().await.is_err() {
                tracing::warn!("the tokens of a sign-in that failed stay in the key store");
            }
            Ok(connected?)
        });
        connecting.await.map_err(|_| Error::Internal("connecting"))?
    }

    async fn no_clinic_yet(&self) -> Result<(), Error> {
        match self.store().call(|store| store.sync_state()).await? {
            None => Ok(()),
            Some(_) => Err(Error::Invalid("a clinic is connected already: forget it first".to_owned())),
        }
    }

    /// The connected clinic, if there is one.
    pub async fn clinic(&self, http: Arc<dyn Http>) -> Result<Option<Clinic>, Error> {
        let Some(state) = self.store().call(|store| store.sync_state()).await? else { return Ok(None) };
        let connection_id = state.connection.connection_id;
        let mut held = self.held_clinic().lock().await;
        if let Some(clinic) = held.as_ref().filter(|clinic| clinic.connection_id == connection_id) {
            return Ok(Some(clinic.open(self)));
        }
        let tokens = KeptTokens::of(self.keys(), &connection_id).map_err(|_| smart(SmartError::Store))?;
        let access = Arc::new(Access::new(http.clone(), Arc::new(tokens)));
        let ledger = Arc::new(StoreLedger { store: self.store().clone(), clock: self.clock_port() });
        let sync = Arc::new(Sync::new(Parts {
            ledger: ledger.clone(),
            http,
            access: access.clone(),
            clock: Arc::new(Shown(self.clock_port())),
            // Without chance all wait equally long: the worst is a busy server.
            chance: Box::new(|| getrandom::u32().map_or(1.0, |drawn| f64::from(drawn) / f64::from(u32::MAX))),
        }));
        let clinic = HeldClinic { connection_id, access, sync, ledger };
        let open = clinic.open(self);
        *held = Some(clinic);
        Ok(Some(open))
    }

    /// How it stands with the clinic; absent when none is connected.
    pub async fn clinic_status(&self) -> Result<Option<ClinicStatus>, Error> {
        let status = self.store().call(|store| {
            let Some(state) = store.sync_state()? else { return Ok(None) };
            Ok(Some(ClinicStatus {
                base: state.connection.base_url,
                connected_at_ms: state.connection.connected_at_ms,
                last_good_ms: state.last_good_ms,
                waiting: store.waiting_groups()?,
                refused: refused::refused(store)?,
                problems: plans::problems(store)?,
            }))
        });
        Ok(status.await?)
    }

    /// Forgets the clinic: at its server if that answers, and here in any case. What was queued for it goes; what was done stays. Its plans
    /// are followed no more; their caps stay in force.
    pub async fn forget_clinic(&self, http: Arc<dyn Http>) -> Result<(), Error> {
        let Some(clinic) = self.clinic(http).await? else {
            return Err(Error::Invalid("no clinic is connected".to_owned()));
        };
        // What can't be ended there ends with the tokens here.
        if let Err(error) = clinic.access.revoke().await {
            tracing::warn!(%error, "the clinic's server did not end the sign-in");
        }
        let at_ms = self.clock().unix_ms();
        self.store()
            .call(move |store| {
                store.together(|store| {
                    plans::withdraw_all(store, at_ms)?;
                    store.forget_connection(at_ms).map(drop)
                })
            })
            .await?;
        *self.held_clinic().lock().await = None;
        Ok(())
    }
}

/// What the core keeps of a clinic that was opened. It must not hold the core itself.
pub(crate) struct HeldClinic {
    connection_id: String,
    access: Arc<Access>,
    sync: Arc<Sync>,
    ledger: Arc<StoreLedger>,
}

impl HeldClinic {
    fn open(&self, companion: &Companion) -> Clinic {
        Clinic {
            companion: companion.clone(),
            access: self.access.clone(),
            sync: self.sync.clone(),
            ledger: self.ledger.clone(),
        }
    }
}

impl Clinic {
    /// Exchanges what can be exchanged: plans down, and what was done up. It may be dropped at any point, and goes on at the next call.
    pub async fn sync(&self, hints: Hints) -> Result<ClinicSync, Error> {
        let queued = self.queue_news().await?;
        Ok(ClinicSync { queued, report: self.sync.run(hints).await })
    }

    /// What can be seen now of syncing.
    pub fn state(&self) -> SyncState {
        self.sync.state()
    }

    /// The same, whenever it changes.
    pub fn watch(&self) -> watch::Receiver<SyncState> {
        self.sync.watch()
    }

    async fn queue_news(&self) -> Result<usize, Error> {
        let today = self.companion.today();
        let first = today.saturating_sub(i32::try_from(REPORT_DAYS_MAX).unwrap_or(i32::MAX) - 1);
        let (Some(from), Some(to)) = (date(first), date(today)) else {
            return Err(Error::Invalid("the clock tells no day of the calendar: set it right first".to_owned()));
        };
        let zone = self.companion.clock().zone();
        let period = Period::new(from, to, zone).map_err(|error| Error::Invalid(error.to_string()))?;
        let at_ms = self.companion.clock().unix_ms();
        Ok(self.ledger.store.call(move |store| queue::queue_news(store, &period, at_ms)).await?)
    }
}
