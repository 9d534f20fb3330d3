//! What the app knows of the session under way, told from the device's reports.

use crate::units::Milliamps;

use super::report::{BootId, Contact, DeviceReport, DeviceState, Moment, Reason, SessionId};

/// A session this app has started, until it is known to be over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// The device's boot it belongs to.
    pub boot: BootId,
    /// Planned stimulation time in seconds.
    pub planned_s: u32,
    /// How long the device goes on without the app, in seconds.
    pub grace_s: u32,
    /// How long the device takes from any current to zero, in milliseconds.
    pub ramp_down_ms: u32,
    /// Whether the device has shown it.
    pub begun: bool,
    /// Stimulation time as last reported, in seconds.
    pub elapsed_s: u32,
    /// When that was true, as near as the clocks tell; absent when this run of the app has not seen it yet.
    pub seen: Option<Moment>,
    /// The highest current measured on any channel.
    pub max_delivered: Milliamps,
    /// How often the link was lost meanwhile.
    pub link_losses: u32,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionOutcome {
    /// Its time was over.
    Completed,
    /// The app stopped it.
    Stopped,
    /// The button on the device stopped it.
    StoppedOnDevice,
    /// A fault ended it.
    Fault,
    /// The battery ran low.
    LowBattery,
    /// A pause lasted too long.
    PauseTooLong,
    /// The device restarted in the middle.
    DeviceRestarted,
    /// Its end was not seen; another session has taken its place.
    NotSeen,
    /// A reason this version does not know.
    Other,
}

impl SessionOutcome {
    /// As it stands in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::StoppedOnDevice => "stopped_on_device",
            Self::Fault => "fault",
            Self::LowBattery => "low_battery",
            Self::PauseTooLong => "pause_too_long",
            Self::DeviceRestarted => "device_restarted",
            Self::NotSeen => "not_seen",
            Self::Other => "other",
        }
    }

    /// From the device's reason.
    pub const fn from_reason(reason: Reason) -> Self {
        match reason {
            Reason::App => Self::Stopped,
            Reason::Button => Self::StoppedOnDevice,
            Reason::Completed => Self::Completed,
            Reason::Fault => Self::Fault,
            Reason::LowBattery => Self::LowBattery,
            Reason::PauseTooLong => Self::PauseTooLong,
            Reason::None | Reason::PadsOff | Reason::LinkLost | Reason::Other(_) => Self::Other,
        }
    }
}

/// The end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionEnd {
    /// Which session.
    pub id: SessionId,
    /// How it ended.
    pub outcome: SessionOutcome,
    /// Stimulation time in seconds; the worse case where it isn't certain.
    pub elapsed_s: u32,
    /// The highest current measured on any channel, as far as it was seen.
    pub max_delivered: Milliamps,
    /// Whether the end was not seen, so that time and current are the worse case.
    pub uncertain: bool,
}

/// A fact of a session, for the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionEvent {
    /// The device has begun it.
    Begun,
    /// It waits.
    Paused(Reason),
    /// It goes on, from zero.
    Resumed,
    /// A channel's pads changed.
    ContactChanged {
        /// The channel, from 0.
        channel: usize,
        /// How they sit now.
        contact: Contact,
    },
    /// Faults are latched.
    Faults(u16),
    /// The link was lost in the middle.
    LinkLost,
    /// The link is back.
    LinkBack,
    /// It is over.
    Ended(SessionEnd),
    /// The start was refused, or never arrived: there was no session.
    NotBegun(SessionId),
}

impl Session {
    /// Takes a report of the same boot into account that was true at `seen`; `before` is the report before it. Tells
    /// what happened, and whether the session is over.
    pub(super) fn observe(
        &mut self,
        before: Option<&DeviceReport>,
        report: &DeviceReport,
        seen: Moment,
        now: Moment,
    ) -> (Vec<SessionEvent>, bool) {
        let mut events = Vec::new();
        if report.session != Some(self.id) {
            // Another session can only have begun when this one was over.
            let over = self.begun && report.session.is_some();
            if over {
                events.push(SessionEvent::Ended(self.unseen_end(SessionOutcome::NotSeen, now)));
            }
            return (events, over);
        }
        let before = before.filter(|before| before.session == report.session && before.boot == report.boot);
        if !self.begun {
            self.begun = true;
            events.push(SessionEvent::Begun);
        }
        self.elapsed_s = self.elapsed_s.max(report.elapsed_s);
        self.seen = Some(seen);
        let highest = report.channels.iter().map(|channel| channel.delivered).max();
        self.max_delivered = self.max_delivered.max(highest.unwrap_or(Milliamps::ZERO));

        let state_before = before.map(|before| before.state);
        match report.state {
            DeviceState::Paused if state_before != Some(DeviceState::Paused) => {
                events.push(SessionEvent::Paused(report.reason));
            }
            DeviceState::Running if state_before == Some(DeviceState::Paused) => events.push(SessionEvent::Resumed),
            _ => {}
        }
        for (channel, now_there) in report.channels.iter().enumerate() {
            let contact_before = before.and_then(|before| before.channels.get(channel)).map(|channel| channel.contact);
            if contact_before.is_some_and(|contact| contact != now_there.contact) {
                events.push(SessionEvent::ContactChanged { channel, contact: now_there.contact });
            }
        }
        if report.faults != 0 && before.is_none_or(|before| before.faults != report.faults) {
            events.push(SessionEvent::Faults(report.faults));
        }
        let over = report.state == DeviceState::Idle;
        if over {
            events.push(SessionEvent::Ended(SessionEnd {
                id: self.id,
                outcome: SessionOutcome::from_reason(report.reason),
                elapsed_s: self.elapsed_s,
                max_delivered: self.max_delivered,
                uncertain: false,
            }));
        }
        (events, over)
    }

    /// An end that nobody saw: all the time since the last report counts as stimulation, up to the plan; all
    /// of the plan when it isn't known how long that is.
    pub(super) fn unseen_end(&self, outcome: SessionOutcome, now: Moment) -> SessionEnd {
        let unseen_s =
            self.seen.map_or(u32::MAX, |seen| u32::try_from(now.since_ms(seen).div_ceil(1_000)).unwrap_or(u32::MAX));
        SessionEnd {
            id: self.id,
            outcome,
            elapsed_s: self.elapsed_s.saturating_add(unseen_s).min(self.planned_s).max(self.elapsed_s),
            max_delivered: self.max_delivered,
            uncertain: true,
        }
    }
}
