//! What may be shown to the person.

use super::machine::Therapy;
use super::order::OrderKind;
use super::report::{DeviceReport, DeviceState, Moment, Reason};
use super::session::Session;

/// The one word for how things are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// No link, and no session that might be running.
    Disconnected,
    /// There is a link, and the device's state isn't known yet.
    Connecting,
    /// The device is ready, no session.
    Idle,
    /// A start is on its way.
    Starting,
    /// A session runs.
    Running,
    /// A session waits at zero.
    Paused(Reason),
    /// A stop was asked for and is not done yet, or the device is ramping to zero.
    Stopping,
    /// A session may be running, and how it is can't be told right now.
    Uncertain,
}

/// The device's values, and whether they are of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading<'a> {
    /// Never read.
    None,
    /// True now.
    Now(&'a DeviceReport),
    /// True some time ago: show it greyed and with its age, or not at all.
    Old {
        /// The values.
        report: &'a DeviceReport,
        /// How old they are, in milliseconds.
        age_ms: u64,
    },
}

impl<'a> Reading<'a> {
    /// The values, of whatever age.
    pub const fn report(self) -> Option<&'a DeviceReport> {
        match self {
            Self::None => None,
            Self::Now(report) | Self::Old { report, .. } => Some(report),
        }
    }

    /// The values, if they are of now.
    pub const fn certain(self) -> Option<&'a DeviceReport> {
        match self {
            Self::Now(report) => Some(report),
            Self::None | Self::Old { .. } => None,
        }
    }
}

/// What may be shown at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View<'a> {
    /// How things are.
    pub phase: Phase,
    /// The device's values.
    pub reading: Reading<'a>,
    /// The session under way, or possibly under way.
    pub session: Option<&'a Session>,
    /// While a session may be running and how it is can't be told: when the device, by its own rules, is at zero at the
    /// latest, if it isn't heard before.
    pub zero_by: Option<Moment>,
    /// The order that is on its way, if any.
    pub pending: Option<OrderKind>,
    /// Whether that order's outcome is unknown.
    pub unknown: bool,
    /// Whether the device runs a session this app did not start.
    pub foreign_session: bool,
}

impl Therapy {
    /// What may be shown now.
    pub fn view(&self, now: Moment) -> View<'_> {
        let reading = self.reading(now);
        View {
            phase: self.phase(reading),
            reading,
            session: self.session.as_ref(),
            zero_by: self
                .session
                .as_ref()
                .filter(|_| reading.certain().is_none())
                .map(|session| self.zero_by(session, now)),
            pending: self.open_order(),
            unknown: self.has_unknown(),
            foreign_session: self.runs_foreign_session(),
        }
    }

    fn phase(&self, reading: Reading<'_>) -> Phase {
        if self.is_stopping() {
            return Phase::Stopping;
        }
        let Some(report) = reading.certain() else {
            return match (&self.session, self.is_linked()) {
                (Some(_), _) => Phase::Uncertain,
                (None, true) => Phase::Connecting,
                (None, false) => Phase::Disconnected,
            };
        };
        match report.state {
            DeviceState::Stopping => Phase::Stopping,
            DeviceState::Running => Phase::Running,
            DeviceState::Paused => Phase::Paused(report.reason),
            DeviceState::Idle if self.open_order() == Some(OrderKind::Start) => Phase::Starting,
            DeviceState::Idle => Phase::Idle,
        }
    }
}
