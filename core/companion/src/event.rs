//! What happens with a wearable, one thing after the other: for a shell that wants to tell a person, or a log,
//! what it was, where the [`Snapshot`](crate::Snapshot) only says how things are now.

use lumbra_domain::posture::CoachEffect;
use lumbra_domain::therapy::{Contact, SessionEvent};
use serde::Serialize;
use tokio::sync::broadcast;

use crate::snapshot::reason_name;

/// Events that wait for a slow listener. A session has a few dozen; one that falls further behind is told how
/// many it has missed, and the history has them all.
pub(crate) const EVENT_QUEUE: usize = 256;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceEvent {
    /// When this core took note of it, in Unix milliseconds.
    pub at_ms: i64,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum EventKind {
    /// There is a link.
    Connected,
    /// The link is gone; the core looks for the wearable again by itself.
    Disconnected,
    /// The wearable has begun the session.
    SessionBegun,
    /// The session waits at zero.
    SessionPaused {
        /// Why, where it is known.
        reason: Option<&'static str>,
    },
    /// The session goes on, from zero.
    SessionResumed,
    /// The session is over.
    SessionEnded {
        /// How: as the history tells it.
        outcome: &'static str,
        /// Whether the end was not seen, so that time and current are the worse case.
        uncertain: bool,
    },
    /// The start never took effect: there was no session.
    SessionNotBegun,
    /// A channel's pads sit differently.
    ContactChanged {
        /// The channel, from 0.
        channel: usize,
        /// How they sit now.
        contact: Contact,
    },
    /// Faults are latched, as the profile numbers them.
    Faults {
        /// All that are latched now.
        faults: u16,
    },
    /// A slouch has lasted: it counts.
    SlouchCounts,
    /// A slouch has lasted and is nudged: the wearable vibrates by itself where it was told to, a shell may show it.
    Nudge,
    /// The body was held still for long: time for a break.
    TakeABreak {
        /// For how long, in seconds.
        held_s: u64,
    },
    /// The listener was too slow, and so many events are lost to it.
    Missed {
        /// How many.
        count: u64,
    },
}

impl EventKind {
    /// What the coach wants is to a shell.
    pub(crate) const fn of_coach(effect: CoachEffect) -> Self {
        match effect {
            CoachEffect::SlouchCounts => Self::SlouchCounts,
            CoachEffect::Nudge => Self::Nudge,
            CoachEffect::TakeABreak { held_ms } => Self::TakeABreak { held_s: held_ms / 1_000 },
        }
    }

    /// What a session's fact is to a shell. A link that is lost or back is told by the link itself.
    pub(crate) fn of(event: SessionEvent) -> Option<Self> {
        Some(match event {
            SessionEvent::Begun => Self::SessionBegun,
            SessionEvent::Paused(reason) => Self::SessionPaused { reason: reason_name(reason) },
            SessionEvent::Resumed => Self::SessionResumed,
            SessionEvent::ContactChanged { channel, contact } => Self::ContactChanged { channel, contact },
            SessionEvent::Faults(faults) => Self::Faults { faults },
            SessionEvent::Ended(end) => Self::SessionEnded { outcome: end.outcome.as_str(), uncertain: end.uncertain },
            SessionEvent::NotBegun(_) => Self::SessionNotBegun,
            SessionEvent::LinkLost | SessionEvent::LinkBack => return None,
        })
    }
}

/// A listener's end.
#[derive(Debug)]
pub struct Events {
    /// Nothing when the engine had ended already.
    receiver: Option<broadcast::Receiver<DeviceEvent>>,
}

impl Events {
    pub(crate) const fn new(receiver: Option<broadcast::Receiver<DeviceEvent>>) -> Self {
        Self { receiver }
    }

    /// The next event; `None` when the wearable's engine has ended.
    pub async fn next(&mut self) -> Option<DeviceEvent> {
        match self.receiver.as_mut()?.recv().await {
            Ok(event) => Some(event),
            // It has no time of its own: it lies between the events around it.
            Err(broadcast::error::RecvError::Lagged(count)) => {
                Some(DeviceEvent { at_ms: 0, kind: EventKind::Missed { count } })
            }
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
