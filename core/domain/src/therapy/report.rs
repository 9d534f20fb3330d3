//! What the device says of itself, in the domain's words.

use crate::programme::Mode;
use crate::units::{Milliamps, Ohms, Percent};

/// A moment on the app's own clock: milliseconds from an origin the caller chose, never going back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub u64);

impl Moment {
    /// Milliseconds since an earlier moment; 0 if it is not earlier.
    pub const fn since_ms(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A moment on the device's clock: milliseconds since its boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceMoment(pub u64);

/// One boot of the device; another number means that it restarted, and that its output was zero then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BootId(pub u32);

/// The app's number for a session; never 0, never used twice with a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(std::num::NonZeroU32);

impl SessionId {
    /// A number from outside; 0 names no session.
    pub const fn new(raw: u32) -> Option<Self> {
        match std::num::NonZeroU32::new(raw) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// What the device's output is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceState {
    /// No session.
    Idle,
    /// A session runs.
    Running,
    /// A session waits, all targets zero.
    Paused,
    /// The output ramps to zero and the session ends.
    Stopping,
}

/// Why a session is paused, stopping or over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The device gives none.
    None,
    /// The app asked.
    App,
    /// The button on the device.
    Button,
    /// A pad came off.
    PadsOff,
    /// The app was not heard within the grace time.
    LinkLost,
    /// The planned time is over.
    Completed,
    /// A device fault.
    Fault,
    /// The battery is too low.
    LowBattery,
    /// A pause lasted too long.
    PauseTooLong,
    /// A reason this version does not know.
    Other(u8),
}

/// How the pads of a channel sit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// Not measured.
    Unknown,
    /// Good.
    Good,
    /// Dry or partly lifted.
    Poor,
    /// Off.
    Off,
}

/// One channel as the device reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChannelReport {
    /// What was asked for.
    pub target: Milliamps,
    /// What flowed, measured.
    pub delivered: Milliamps,
    /// The pads.
    pub contact: Contact,
    /// Measured impedance; absent when open or not measured.
    pub impedance: Option<Ohms>,
}

/// Why the device refused a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceRefusal {
    /// It does not know the command.
    UnknownCommand,
    /// It could not read the command.
    Malformed,
    /// A value is beyond what it can do.
    OutOfRange,
    /// Not possible in its present state.
    InvalidState,
    /// A newer command overtook this one.
    Stale,
    /// It has another session.
    WrongSession,
    /// The command came too late.
    Expired,
    /// Its battery is too low.
    LowBattery,
    /// A pad has no contact.
    NoContact,
    /// A fault is latched.
    FaultActive,
    /// Above the cap the session was started with.
    AboveCap,
    /// It rises too far at once.
    RiseTooLarge,
    /// A reason this version does not know.
    Other(u8),
}

/// How the device took a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Taken {
    /// Applied.
    Accepted,
    /// Refused; nothing changed.
    Refused(DeviceRefusal),
}

/// The newest command the device knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Newest {
    /// Its number.
    pub sequence: u16,
    /// How it was taken.
    pub taken: Taken,
}

/// The device's whole state at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceReport {
    /// Which boot.
    pub boot: BootId,
    /// When it was true, on the device's clock.
    pub at: DeviceMoment,
    /// What the output does.
    pub state: DeviceState,
    /// Why.
    pub reason: Reason,
    /// The session, or the last one of this boot.
    pub session: Option<SessionId>,
    /// Its kind of stimulation.
    pub mode: Option<Mode>,
    /// Stimulation time so far, in seconds.
    pub elapsed_s: u32,
    /// Stimulation time left, in seconds.
    pub remaining_s: u32,
    /// How long the device goes on without the app, in seconds.
    pub lease_s: u32,
    /// The newest command; absent since boot.
    pub newest: Option<Newest>,
    /// Latched faults as the device numbers them.
    pub faults: u16,
    /// Whether they forbid therapy.
    pub faults_forbid_therapy: bool,
    /// Battery charge.
    pub battery: Percent,
    /// Every channel.
    pub channels: Vec<ChannelReport>,
}

impl DeviceReport {
    /// Whether a session is there and not over.
    pub fn in_session(&self) -> bool {
        self.state != DeviceState::Idle
    }

    /// The targets of all channels.
    pub fn targets(&self) -> Vec<Milliamps> {
        self.channels.iter().map(|channel| channel.target).collect()
    }
}
