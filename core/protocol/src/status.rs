//! How the device is: the Status characteristic.

use crate::per_channel::{MAX_CHANNELS, PerChannel};
use crate::programme::Mode;
use crate::response::ResultCode;
use crate::sequence::Sequence;
use crate::ticks::Ticks;
use crate::wire::{DecodeError, Frame, Reader};

/// What the therapy output is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum DeviceState {
    /// No session; a session id tells of the last one.
    Idle,
    /// A session runs, at whatever targets.
    Running,
    /// A session waits with all targets 0.
    Paused,
    /// The output ramps to zero, and the session ends when it gets there.
    Stopping,
}

/// Why a session is paused, stopping or over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Reason {
    /// Nothing to tell.
    None,
    /// The app asked.
    App,
    /// The button on the device.
    Button,
    /// A pad came off.
    PadsOff,
    /// The app was not heard within the grace time.
    LinkLost,
    /// The time is up.
    Completed,
    /// A fault.
    Fault,
    /// The battery is too low.
    LowBattery,
    /// A pause lasted too long.
    PauseTooLong,
    /// A reason of a later minor version.
    Other(u8),
}

impl Reason {
    /// As it stands on the wire.
    pub const fn to_wire(self) -> u8 {
        match self {
            Self::None => 0,
            Self::App => 1,
            Self::Button => 2,
            Self::PadsOff => 3,
            Self::LinkLost => 4,
            Self::Completed => 5,
            Self::Fault => 6,
            Self::LowBattery => 7,
            Self::PauseTooLong => 8,
            Self::Other(code) => code,
        }
    }

    /// From the wire.
    pub const fn from_wire(code: u8) -> Self {
        match code {
            0 => Self::None,
            1 => Self::App,
            2 => Self::Button,
            3 => Self::PadsOff,
            4 => Self::LinkLost,
            5 => Self::Completed,
            6 => Self::Fault,
            7 => Self::LowBattery,
            8 => Self::PauseTooLong,
            other => Self::Other(other),
        }
    }
}

/// Latched faults, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Faults(pub u16);

impl Faults {
    /// More current flowed than was asked for.
    pub const OVER_CURRENT: Self = Self(1 << 0);
    /// The output stage failed its self-test.
    pub const OUTPUT_STAGE: Self = Self(1 << 1);
    /// Too hot.
    pub const OVER_TEMPERATURE: Self = Self(1 << 2);
    /// The posture sensor does not answer. The only known fault that does not forbid therapy.
    pub const POSTURE_SENSOR: Self = Self(1 << 3);
    /// The watchdog restarted the device during a session.
    pub const WATCHDOG: Self = Self(1 << 4);
    /// The record memory failed.
    pub const MEMORY: Self = Self(1 << 5);

    /// Whether no fault is latched.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` are latched.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and those.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These without those.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether therapy must not run: any fault but [`Self::POSTURE_SENSOR`], bits unknown to version 1
    /// included.
    pub const fn forbid_therapy(self) -> bool {
        !self.without(Self::POSTURE_SENSOR).is_empty()
    }
}

/// How a channel's pads sit on the skin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Contact {
    /// Not measured; the channel can't be driven.
    #[default]
    Unknown,
    /// Good.
    Good,
    /// Dry or partly lifted: stimulation may sting.
    Poor,
    /// Off; the channel can't be driven.
    Off,
}

impl Contact {
    pub(crate) const fn to_wire(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Good => 1,
            Self::Poor => 2,
            Self::Off => 3,
        }
    }

    pub(crate) const fn from_wire(byte: u8) -> Result<Self, DecodeError> {
        Ok(match byte {
            0 => Self::Unknown,
            1 => Self::Good,
            2 => Self::Poor,
            3 => Self::Off,
            _ => return Err(DecodeError::Invalid("contact")),
        })
    }
}

/// One channel, now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ChannelStatus {
    /// The current asked for, in 0.1 mA.
    pub target_dma: u16,
    /// The current measured at the output, peak, in 0.1 mA.
    pub delivered_dma: u16,
    /// The pads.
    pub contact: Contact,
    /// Measured impedance in units of 10 ohm; 65,535 = open or not measured.
    pub impedance_dekaohm: u16,
}

const CHANNEL_LEN: usize = 7;

/// The whole state of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Status {
    /// Random, new at each boot.
    pub boot_id: u32,
    /// When this was true.
    pub ticks: Ticks,
    /// What the output is doing.
    pub state: DeviceState,
    /// Why it is paused, stopping or over.
    pub reason: Reason,
    /// The session, or the last one; 0 = none since boot.
    pub session_id: u32,
    /// The session's kind of stimulation; absent without a session.
    pub mode: Option<Mode>,
    /// Stimulation time of the session so far, in seconds, rounded up.
    pub elapsed_s: u16,
    /// Stimulation time left, in seconds, rounded up.
    pub remaining_s: u16,
    /// How long the device goes on without hearing from the app, in seconds, rounded up; 0 when no
    /// session runs.
    pub lease_s: u8,
    /// The newest command's number; absent since boot.
    pub last_sequence: Option<Sequence>,
    /// The newest command's opcode; 0 = none.
    pub last_opcode: u8,
    /// How the newest command was taken.
    pub last_result: ResultCode,
    /// Latched faults.
    pub faults: Faults,
    /// Battery in percent, 0 to 100.
    pub battery_percent: u8,
    /// Every channel of the device.
    pub channels: PerChannel<ChannelStatus>,
}

impl Status {
    /// To bytes.
    pub fn encode(&self) -> Frame {
        let state = match self.state {
            DeviceState::Idle => 0,
            DeviceState::Running => 1,
            DeviceState::Paused => 2,
            DeviceState::Stopping => 3,
        };
        let frame = Frame::new()
            .u32(self.boot_id)
            .u48(self.ticks.as_ms())
            .u8(state)
            .u8(self.reason.to_wire())
            .u32(self.session_id)
            .u8(self.mode.map_or(0, Mode::to_wire))
            .u16(self.elapsed_s)
            .u16(self.remaining_s)
            .u8(self.lease_s)
            .u16(self.last_sequence.map_or(0, Sequence::get))
            .u8(self.last_opcode)
            .u8(self.last_result.to_wire())
            .u16(self.faults.0)
            .u8(self.battery_percent)
            .u8(self.channels.count())
            .u8(u8::try_from(CHANNEL_LEN).unwrap_or(u8::MAX));
        self.channels.as_slice().iter().fold(frame, |frame, channel| {
            frame
                .u16(channel.target_dma)
                .u16(channel.delivered_dma)
                .u8(channel.contact.to_wire())
                .u16(channel.impedance_dekaohm)
        })
    }

    /// From bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let boot_id = reader.u32()?;
        let ticks = Ticks::from_ms(reader.u48()?);
        let state = match reader.u8()? {
            0 => DeviceState::Idle,
            1 => DeviceState::Running,
            2 => DeviceState::Paused,
            3 => DeviceState::Stopping,
            _ => return Err(DecodeError::Invalid("state")),
        };
        let reason = Reason::from_wire(reader.u8()?);
        let session_id = reader.u32()?;
        let mode = match reader.u8()? {
            0 => None,
            byte => Some(Mode::from_wire(byte)?),
        };
        if state != DeviceState::Idle && (session_id == 0 || mode.is_none()) {
            return Err(DecodeError::Invalid("session_id"));
        }
        let (elapsed_s, remaining_s, lease_s) = (reader.u16()?, reader.u16()?, reader.u8()?);
        let last_sequence = Sequence::new(reader.u16()?);
        let (last_opcode, last_result) = (reader.u8()?, ResultCode::from_wire(reader.u8()?));
        let faults = Faults(reader.u16()?);
        let battery_percent = reader.u8()?;
        if battery_percent > 100 {
            return Err(DecodeError::Invalid("battery"));
        }
        let count = usize::from(reader.u8()?);
        let channel_len = usize::from(reader.u8()?);
        if channel_len < CHANNEL_LEN {
            return Err(DecodeError::Invalid("channel length"));
        }
        let mut items = [ChannelStatus::default(); MAX_CHANNELS];
        for slot in items.get_mut(..count).ok_or(DecodeError::Invalid("channel count"))? {
            let mut channel = Reader::new(reader.take(channel_len)?);
            *slot = ChannelStatus {
                target_dma: channel.u16()?,
                delivered_dma: channel.u16()?,
                contact: Contact::from_wire(channel.u8()?)?,
                impedance_dekaohm: channel.u16()?,
            };
        }
        Ok(Self {
            boot_id,
            ticks,
            state,
            reason,
            session_id,
            mode,
            elapsed_s,
            remaining_s,
            lease_s,
            last_sequence,
            last_opcode,
            last_result,
            faults,
            battery_percent,
            channels: items
                .get(..count)
                .and_then(PerChannel::from_slice)
                .ok_or(DecodeError::Invalid("channel count"))?,
        })
    }
}
