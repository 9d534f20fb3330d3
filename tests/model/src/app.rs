//! The phone: the machine under test, and what the engine keeps around it.

use std::sync::Arc;

use lumbra_domain::safety::ApprovedStart;
use lumbra_domain::therapy::{CommandId, DeviceReport, DeviceState, Moment, SessionId, Therapy};

use crate::air::Down;
use crate::journal::Journal;

/// The app while it runs.
#[derive(Clone, Debug, Hash)]
pub(crate) struct App {
    pub(crate) therapy: Therapy,
    /// When this run of the app began: the machine's clock counts from here, as the engine's does.
    pub(crate) origin_ms: u64,
    /// The session whose intensities can be judged, and its caps.
    pub(crate) approved: Option<(SessionId, Arc<ApprovedStart>)>,
    pub(crate) last_rise_ms: Option<u64>,
    /// Commands handed to the store whose saving is not told yet, oldest first.
    pub(crate) unsaved: Vec<CommandId>,
    /// What the store has been handed.
    pub(crate) journal: Journal,
    /// What of it is safe.
    pub(crate) disk: Journal,
    /// How many commands and sessions were ever given a number.
    pub(crate) commands: u128,
    pub(crate) sessions: u32,
    /// Whether the newest screening passes.
    pub(crate) screened: bool,
    /// Whether the order that is open was wished for after the last interruption of output: the onlooker's note.
    pub(crate) wish_fresh: bool,
    pub(crate) slip: Slip,
}

/// What the design mistakes remember. Empty without one.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Slip {
    /// The intensity last asked for, in 0.1 mA.
    pub(crate) asked_dma: Option<u16>,
    /// An intensity to be set as soon as it is possible, in 0.1 mA.
    pub(crate) restore_dma: Option<u16>,
    /// The newest frame sent that can raise.
    pub(crate) raise: Option<Down>,
    /// The highest number sent.
    pub(crate) number: u16,
    /// The numbers sent in this run.
    pub(crate) ours: Vec<u16>,
    pub(crate) restarted: bool,
    pub(crate) stop_held: bool,
    pub(crate) stop_sent: Option<u16>,
    /// The command given up as rejected.
    pub(crate) failed: Option<CommandId>,
    /// The state last known, and when it was.
    pub(crate) known: Option<(DeviceReport, u64)>,
    pub(crate) kept_alive_ms: Option<u64>,
}

impl App {
    pub(crate) fn new(screened: bool) -> Self {
        Self::run(Therapy::default(), Journal::default(), 0, screened)
    }

    /// A run of the app that begins now.
    pub(crate) fn run(therapy: Therapy, journal: Journal, origin_ms: u64, screened: bool) -> Self {
        Self {
            therapy,
            origin_ms,
            approved: None,
            last_rise_ms: None,
            unsaved: Vec::new(),
            disk: journal.clone(),
            journal,
            commands: 0,
            sessions: 0,
            screened,
            wish_fresh: false,
            slip: Slip::default(),
        }
    }

    pub(crate) const fn moment(&self, now_ms: u64) -> Moment {
        Moment(now_ms - self.origin_ms)
    }

    /// The engine's cadence: four times a second while anything is open, else once.
    pub(crate) fn tick_is_due(&self, now_ms: u64) -> bool {
        let busy =
            self.therapy.session().is_some() || self.therapy.open_order().is_some() || self.therapy.is_stopping();
        busy || (now_ms - self.origin_ms).is_multiple_of(1_000)
    }

    pub(crate) fn disk_is_behind(&self) -> bool {
        !self.unsaved.is_empty() || self.disk != self.journal
    }

    /// The state the app sees its session in, if it sees it.
    pub(crate) fn sees(&self, now_ms: u64) -> Option<DeviceState> {
        let session = self.therapy.session()?;
        let report = self.therapy.reading(self.moment(now_ms)).certain()?;
        (report.session == Some(session.id)).then_some(report.state)
    }
}
