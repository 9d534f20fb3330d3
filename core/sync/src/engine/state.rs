//! What can be seen of a sync.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::http::HttpError;
use crate::smart::SmartError;
use crate::upload::{Kind, Why};

/// What the shell knows about the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// The network costs money.
    pub metered: bool,
    /// The battery is low and not charging.
    pub battery_low: bool,
    /// The person asked for it, and waits.
    pub user_asked: bool,
}

impl Hints {
    /// Whether the backlog may be sent. Plans are always fetched: they are small, and a plan that was withdrawn must not be followed.
    pub(crate) const fn may_upload(self) -> bool {
        self.user_asked || !(self.metered || self.battery_low)
    }
}

/// What is being done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing.
    #[default]
    Idle,
    /// Asking the server what it can do.
    Asking,
    /// Fetching plans.
    Downloading,
    /// Sending what was done.
    Uploading,
}

/// Something that the clinic's server will not have, or that came from it and can't be used.
#[derive(Clone, PartialEq, Eq)]
pub struct Refused {
    /// What.
    pub what: RefusedWhat,
    /// Why, in one line, if anybody said.
    pub reason: Option<String>,
}

// What a server says may quote what it was sent.
impl fmt::Debug for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Refused({:?})", self.what)
    }
}

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedWhat {
    /// A fact of this kind was not taken, with this HTTP status.
    Fact(Kind, u16),
    /// A resource of the clinic can't be read.
    Resource(crate::fhir::Incoming),
}

/// What can be seen of a sync, at any time. When everything was last exchanged is the ledger's to tell: it outlives the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncState {
    /// How many groups wait to be told.
    pub waiting: usize,
    /// What is refused, and stays so until somebody does something about it.
    pub refused: Vec<Refused>,
    /// What is being done.
    pub phase: Phase,
    /// Before this, by the phone's clock, nothing is tried unless the person asks.
    pub next_try: Option<Timestamp>,
    /// How far the phone's clock is ahead of the server's, in seconds, to the second: for whoever looks for a fault. Nothing is decided
    /// by it.
    pub clock_skew_s: Option<i64>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was exchanged.
    Done,
    /// Plans were fetched; what was done waits for a better network or battery, or for the person to ask.
    Held,
    /// Some groups wait: the server has something against them for now.
    Partly,
    /// No clinic is connected.
    NotConnected,
    /// Another run is at it.
    AlreadyRunning,
    /// It was tried a moment ago.
    TooSoon(Duration),
    /// Another time, for this reason.
    Later(Why),
    /// The person must sign in.
    SignIn(SmartError),
    /// The server answers a search or a read with a status that waiting does not change.
    Refused(u16),
    /// The server does not offer what is needed: it is not R4, or can't take what is told under a name.
    Unsupported,
    /// A page of results is elsewhere, or goes on for ever.
    BadPage,
    /// What a sync keeps can't be read or written.
    Ledger,
}

/// What a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// Entries that the server has now.
    pub acked: usize,
    /// Entries that it will not have.
    pub dead: usize,
    /// Resources that came from the clinic.
    pub applied: usize,
    /// Resources that are gone there.
    pub removed: usize,
}

/// Why a run ends before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Later {
        after: Option<Duration>,
        why: Why,
    },
    /// A page or resource of the clinic is not understood; what is to be told can be told all the same.
    Strange,
    End(Outcome),
}

impl From<SmartError> for Stop {
    fn from(error: SmartError) -> Self {
        let later = |why| Self::Later { after: None, why };
        match error {
            SmartError::Http(error) => later(Why::NoAnswer(error)),
            SmartError::Busy(status) => later(Why::Status(status)),
            SmartError::NotUnderstood => later(Why::NotUnderstood),
            other => Self::End(Outcome::SignIn(other)),
        }
    }
}

impl From<HttpError> for Stop {
    fn from(error: HttpError) -> Self {
        Self::Later { after: None, why: Why::NoAnswer(error) }
    }
}

impl From<crate::ledger::LedgerError> for Stop {
    fn from(_: crate::ledger::LedgerError) -> Self {
        Self::End(Outcome::Ledger)
    }
}
