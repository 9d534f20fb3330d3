//! What the app wants of the device, what becomes of it, and what the app must remember meanwhile.

use crate::safety::{ApprovedResume, ApprovedStart, ApprovedTargets};
use crate::units::{Degrees, Percent, Seconds};

use super::report::{BootId, DeviceMoment, DeviceRefusal, SessionId};

/// One command of the app, for good: a random number that no other command has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub u128);

/// What the device is asked to do. What can raise a current carries the safety envelope's approval, which
/// nothing else can make.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Begin a session at zero.
    Start {
        /// Its number.
        session: SessionId,
        /// What was approved.
        approved: ApprovedStart,
    },
    /// New absolute targets.
    SetIntensity {
        /// For this session.
        session: SessionId,
        /// What was approved.
        targets: ApprovedTargets,
    },
    /// Ramp to zero and wait.
    Pause {
        /// This session.
        session: SessionId,
    },
    /// Go on from zero.
    Resume {
        /// This session.
        session: SessionId,
        /// What was approved.
        approved: ApprovedResume,
    },
    /// Ramp to zero and end whatever session there is.
    Stop,
    /// Clear faults whose cause is gone.
    ClearFaults,
    /// Nothing that concerns the output.
    Device(DeviceOrder),
}

/// Orders that do not concern the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceOrder {
    /// Send posture samples.
    StartPosture {
        /// So many a second.
        rate_hz: u8,
    },
    /// Send no more posture samples.
    StopPosture,
    /// What upright is.
    SetNeutral {
        /// Forward lean of the sensor.
        pitch: Degrees,
        /// Sideways lean of the sensor.
        roll: Degrees,
    },
    /// When and how to nudge.
    SetNudge {
        /// Nudge at all.
        enabled: bool,
        /// How far from neutral, 5 to 60 degrees.
        threshold: Degrees,
        /// After how long, 1 to 600 s.
        delay: Seconds,
        /// How strongly.
        strength: Percent,
        /// For how long from now on; `None` = until told otherwise.
        lasting: Option<Seconds>,
    },
    /// Show which device this is.
    Identify,
}

impl Order {
    /// The order's name, for the audit.
    pub const fn kind(&self) -> OrderKind {
        match self {
            Self::Start { .. } => OrderKind::Start,
            Self::SetIntensity { .. } => OrderKind::SetIntensity,
            Self::Pause { .. } => OrderKind::Pause,
            Self::Resume { .. } => OrderKind::Resume,
            Self::Stop => OrderKind::Stop,
            Self::ClearFaults => OrderKind::ClearFaults,
            Self::Device(order) => match order {
                DeviceOrder::StartPosture { .. } => OrderKind::StartPosture,
                DeviceOrder::StopPosture => OrderKind::StopPosture,
                DeviceOrder::SetNeutral { .. } => OrderKind::SetNeutral,
                DeviceOrder::SetNudge { .. } => OrderKind::SetNudge,
                DeviceOrder::Identify => OrderKind::Identify,
            },
        }
    }

    /// The session it is meant for.
    pub const fn session(&self) -> Option<SessionId> {
        match self {
            Self::Start { session, .. }
            | Self::SetIntensity { session, .. }
            | Self::Pause { session }
            | Self::Resume { session, .. } => Some(*session),
            Self::Stop | Self::ClearFaults | Self::Device(_) => None,
        }
    }
}

macro_rules! order_kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+) => {
        /// The name of an order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum OrderKind {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl OrderKind {
            /// As it stands in the store and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// From the store.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

order_kinds! {
    /// Start.
    Start = "start";
    /// Set intensity.
    SetIntensity = "set_intensity";
    /// Pause.
    Pause = "pause";
    /// Resume.
    Resume = "resume";
    /// Stop.
    Stop = "stop";
    /// Clear faults.
    ClearFaults = "clear_faults";
    /// Start posture.
    StartPosture = "start_posture";
    /// Stop posture.
    StopPosture = "stop_posture";
    /// Set neutral.
    SetNeutral = "set_neutral";
    /// Set nudge.
    SetNudge = "set_nudge";
    /// Identify.
    Identify = "identify";
}

impl OrderKind {
    /// Whether it can lead to more current, now or later: such an order expires and is never repeated.
    pub const fn can_raise(self) -> bool {
        matches!(self, Self::Start | Self::SetIntensity | Self::Resume)
    }

    /// Whether it is repeated until the device has taken it: the device applies it once, however often it comes. One that was
    /// lost on a link that stays up would be open for good otherwise, and in the way of every other.
    pub const fn may_repeat(self) -> bool {
        !self.can_raise()
    }
}

/// What is saved before an order's first byte leaves: enough to find out, even after a crash, what became
/// of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Intent {
    /// The command.
    pub command: CommandId,
    /// What kind of order.
    pub kind: OrderKind,
    /// For which session.
    pub session: Option<SessionId>,
    /// The command's number on the air.
    pub sequence: u16,
    /// The device's boot when it was given.
    pub boot: Option<BootId>,
    /// The newest command the device knew then.
    pub newest_before: Option<u16>,
    /// When the device refuses it as too late; only for orders that can raise.
    pub expires: Option<DeviceMoment>,
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The device has applied it.
    Confirmed,
    /// It was certainly not applied, or its effect is certainly over.
    Rejected(Rejection),
    /// It can't be told.
    Unknown,
}

/// Why a command was not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejection {
    /// The device refused.
    #[error("the wearable refused: {}", refusal_text(*.0))]
    Device(DeviceRefusal),
    /// It never reached the device and can't any more.
    #[error("the command did not reach the wearable: bring it closer and try again")]
    NotDelivered,
    /// A stop, or another command, came first.
    #[error("a newer command overtook this one")]
    Overtaken,
    /// The device restarted: whatever it did is over.
    #[error("the wearable restarted: its output is zero; start again when you are ready")]
    DeviceRestarted,
}

const fn refusal_text(refusal: DeviceRefusal) -> &'static str {
    match refusal {
        DeviceRefusal::UnknownCommand => "it does not know this command; update its firmware",
        DeviceRefusal::Malformed => "it could not read the command; please report this",
        DeviceRefusal::OutOfRange => "a value is beyond what it can do; choose a smaller one",
        DeviceRefusal::InvalidState => "that is not possible in its present state; look at its status first",
        DeviceRefusal::Stale => "a newer command came first; try again",
        DeviceRefusal::WrongSession => "it runs another session; stop that first",
        DeviceRefusal::Expired => "the command arrived too late; bring the wearable closer and try again",
        DeviceRefusal::LowBattery => "its battery is too low; charge it first",
        DeviceRefusal::NoContact => "a pad has no contact; press the pads on, or replace them",
        DeviceRefusal::FaultActive => "it reports a fault; clear it, or have the wearable checked",
        DeviceRefusal::AboveCap => "that is above this session's cap; choose a lower intensity",
        DeviceRefusal::RiseTooLarge => "that rises too far at once; go up in smaller steps",
        DeviceRefusal::Other(_) => "for a reason this version does not know; update the app",
    }
}

/// What an outcome was told from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SettledBy {
    /// The device's answer.
    Reply,
    /// The device's status.
    Status,
    /// The device's restart.
    Restart,
    /// Nobody answered in time; the device's status will tell later.
    Timeout,
    /// The app itself, before anything was sent.
    App,
}

impl SettledBy {
    /// As it stands in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Status => "status",
            Self::Restart => "restart",
            Self::Timeout => "timeout",
            Self::App => "app",
        }
    }
}

/// Why the app does not even try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotNow {
    /// No link.
    #[error("not connected to the wearable: bring it closer, and check that it is on")]
    NoLink,
    /// The device's state is not known at this moment.
    #[error("the wearable's state isn't known right now: wait for the link to settle")]
    StateNotKnown,
    /// Another command's outcome is open.
    #[error("the last command isn't settled yet: wait a moment, or stop")]
    Unsettled,
    /// A stop is under way.
    #[error("the session is being stopped")]
    Stopping,
    /// A session is there already.
    #[error("a session is already there: stop it before starting another")]
    SessionThere,
    /// No session.
    #[error("no session is running: start one first")]
    NoSession,
    /// The device runs a session this app did not start.
    #[error("the wearable runs a session that wasn't started here: it can only be stopped")]
    OtherSession,
    /// The session is not running.
    #[error("the session isn't running: resume it first")]
    NotRunning,
    /// The session is not paused.
    #[error("the session isn't paused")]
    NotPaused,
    /// The order could not be saved, so it was not sent.
    #[error("the command could not be saved, so it was not sent: free some space and try again")]
    NotSaved,
}
