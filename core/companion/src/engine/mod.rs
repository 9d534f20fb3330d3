//! One task for each device: it alone holds the device's state, and nothing else touches its link.
//!
//! The task waits for whatever comes first (a stop, the link, a finished job, an order, the next tick), puts
//! it through [`Therapy::step`](lumbra_domain::therapy::Therapy::step), and carries the effects out as jobs: writes,
//! reads and store calls never hold the loop up. A stop has its own way in and is looked at before
//! everything else.

mod asks;
mod effects;
mod establish;
mod journal;
mod linking;
mod nudging;
mod pace;
mod posture;
mod problem;
mod records;
mod restore;
mod start;
mod streams;
mod task;

use lumbra_domain::therapy::{DeviceOrder, Outcome};
use lumbra_domain::units::Milliamps;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

pub(crate) use establish::{Established, Recall, describe, establish};
pub(crate) use journal::NOT_BEGUN;
pub(crate) use problem::LinkProblem;
pub use start::{Course, DEFAULT_PAD_AREA, StartRequest, built_in};
pub(crate) use task::{Context, Task};

use crate::error::Error;
use crate::event::DeviceEvent;
use crate::snapshot::Snapshot;

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandResult {
    /// The command's identity in the audit.
    pub command: String,
    /// Confirmed, rejected or unknown.
    pub outcome: OutcomeName,
    /// Why it was rejected, for the person.
    pub reason: Option<String>,
}

/// An outcome as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeName {
    /// The wearable has applied it.
    Confirmed,
    /// It was not applied.
    Rejected,
    /// It can't be told yet; the wearable's status will.
    Unknown,
}

impl From<Outcome> for OutcomeName {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Confirmed => Self::Confirmed,
            Outcome::Rejected(_) => Self::Rejected,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

pub(crate) type Answer = oneshot::Sender<Result<CommandResult, Error>>;

/// What can be asked of the task, in turn.
pub(crate) enum Ask {
    Start(Box<StartRequest>, Answer),
    SetIntensity(Vec<Milliamps>, Answer),
    Pause(Answer),
    Resume(Answer),
    ClearFaults(Answer),
    Device(DeviceOrder, Answer),
    /// So many posture samples from now on, and the time between them in milliseconds.
    Collect(usize, oneshot::Sender<Collected>),
    /// The person's own cap is this from now on.
    OwnCap(Option<Milliamps>),
    /// Judge posture against this from now on.
    Reference(lumbra_domain::posture::Reference),
    /// Watch posture so from now on.
    PostureSettings(lumbra_domain::posture::PostureSettings),
    /// Fetch the device's stored records; answered when they are stored and acknowledged.
    FetchRecords(oneshot::Sender<Result<u32, Error>>),
    /// Whoever asked for records has gone: end the transfer unless others wait for it.
    AbortFetch,
    /// Cut the link and end.
    Close(oneshot::Sender<()>),
}

pub(crate) type Collected = (Vec<lumbra_domain::posture::PostureSample>, u32);

/// The ways into a running task.
#[derive(Clone, Debug)]
pub(crate) struct Ways {
    pub(crate) asks: mpsc::Sender<Ask>,
    pub(crate) stops: mpsc::UnboundedSender<Answer>,
    pub(crate) snapshot: watch::Receiver<Snapshot>,
    /// Weak: events end with the engine, not with the last who could ask for them.
    pub(crate) events: broadcast::WeakSender<DeviceEvent>,
    pub(crate) problem: LinkProblem,
}

impl Ways {
    /// Fetches what the wearable has stored; dropped in the middle, it ends the transfer.
    pub(crate) async fn fetch_records(&self) -> Result<u32, Error> {
        let (reply, fetched) = oneshot::channel();
        self.asks.send(Ask::FetchRecords(reply)).await.map_err(|_| Error::Closed)?;
        let mut gone = GoneAsker { asks: self.asks.clone(), fetched };
        (&mut gone.fetched).await.map_err(|_| Error::Closed)?
    }
}

/// Tells the task when whoever asked for records has gone.
struct GoneAsker {
    asks: mpsc::Sender<Ask>,
    fetched: oneshot::Receiver<Result<u32, Error>>,
}

impl Drop for GoneAsker {
    fn drop(&mut self) {
        self.fetched.close();
        // With a full queue the transfer runs to its end, which costs the wearable a second of radio.
        let _ = self.asks.try_send(Ask::AbortFetch);
    }
}
