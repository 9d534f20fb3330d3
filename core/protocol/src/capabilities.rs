//! What the device can do: the Capabilities characteristic, readable before pairing.

use crate::wire::{DecodeError, Frame, Reader};

/// The major version this crate speaks. A device of another major version is not used.
pub const PROTOCOL_MAJOR: u8 = 1;
/// The minor version this crate speaks. Later minor versions only append.
pub const PROTOCOL_MINOR: u8 = 1;

/// Optional parts, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Features(pub u16);

impl Features {
    /// It has a posture sensor.
    pub const POSTURE: Self = Self(1 << 0);
    /// It can vibrate, so it can nudge.
    pub const NUDGE: Self = Self(1 << 1);
    /// It measures impedance.
    pub const IMPEDANCE: Self = Self(1 << 2);
    /// It takes firmware over SMP.
    pub const FIRMWARE_UPDATE: Self = Self(1 << 3);

    /// Whether all of `other` are there.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and those.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The device's limits and sizes. The app's own safety envelope narrows them, never widens them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Capabilities {
    /// Major version of the profile.
    pub major: u8,
    /// Minor version of the profile.
    pub minor: u8,
    /// Output channels, 1 to 4.
    pub channels: u8,
    /// Optional parts.
    pub features: Features,
    /// Highest current of a channel in 0.1 mA.
    pub max_current_dma: u16,
    /// Smallest change of a target in 0.1 mA; targets are multiples of it.
    pub current_step_dma: u16,
    /// Largest rise of one command in 0.1 mA.
    pub max_rise_dma: u16,
    /// Lowest pulse frequency in 0.1 Hz.
    pub min_frequency_dhz: u16,
    /// Highest pulse frequency in 0.1 Hz.
    pub max_frequency_dhz: u16,
    /// Shortest phase in microseconds.
    pub min_width_us: u16,
    /// Longest phase in microseconds.
    pub max_width_us: u16,
    /// Highest charge of one phase in 0.1 uC.
    pub max_charge_duc: u16,
    /// Longest session in seconds.
    pub max_session_s: u16,
    /// Shortest grace time in seconds.
    pub min_grace_s: u8,
    /// Longest grace time in seconds.
    pub max_grace_s: u8,
    /// Fastest ramp up in 0.1 mA a second.
    pub max_ramp_up_dma_per_s: u16,
    /// Highest posture rate in samples a second; 0 without a sensor.
    pub max_posture_rate_hz: u8,
    /// How many records it keeps.
    pub record_capacity: u32,
}

impl Capabilities {
    /// To bytes.
    pub fn encode(&self) -> Frame {
        Frame::new()
            .u8(self.major)
            .u8(self.minor)
            .u8(self.channels)
            .u16(self.features.0)
            .u16(self.max_current_dma)
            .u16(self.current_step_dma)
            .u16(self.max_rise_dma)
            .u16(self.min_frequency_dhz)
            .u16(self.max_frequency_dhz)
            .u16(self.min_width_us)
            .u16(self.max_width_us)
            .u16(self.max_charge_duc)
            .u16(self.max_session_s)
            .u8(self.min_grace_s)
            .u8(self.max_grace_s)
            .u16(self.max_ramp_up_dma_per_s)
            .u8(self.max_posture_rate_hz)
            .u32(self.record_capacity)
    }

    /// The major version alone, which is at the same place in every version.
    pub fn decode_major(bytes: &[u8]) -> Result<u8, DecodeError> {
        Reader::new(bytes).u8()
    }

    /// From bytes. A frame of another major version is [`DecodeError::Invalid`] `("major")`.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let major = reader.u8()?;
        if major != PROTOCOL_MAJOR {
            return Err(DecodeError::Invalid("major"));
        }
        let capabilities = Self {
            major,
            minor: reader.u8()?,
            channels: reader.u8()?,
            features: Features(reader.u16()?),
            max_current_dma: reader.u16()?,
            current_step_dma: reader.u16()?,
            max_rise_dma: reader.u16()?,
            min_frequency_dhz: reader.u16()?,
            max_frequency_dhz: reader.u16()?,
            min_width_us: reader.u16()?,
            max_width_us: reader.u16()?,
            max_charge_duc: reader.u16()?,
            max_session_s: reader.u16()?,
            min_grace_s: reader.u8()?,
            max_grace_s: reader.u8()?,
            max_ramp_up_dma_per_s: reader.u16()?,
            max_posture_rate_hz: reader.u8()?,
            record_capacity: reader.u32()?,
        };
        let Self { channels, current_step_dma, min_grace_s, max_grace_s, .. } = capabilities;
        if !(1..=4).contains(&channels) {
            return Err(DecodeError::Invalid("channels"));
        }
        if current_step_dma == 0 {
            return Err(DecodeError::Invalid("current_step"));
        }
        if min_grace_s == 0 || min_grace_s > max_grace_s {
            return Err(DecodeError::Invalid("grace"));
        }
        if capabilities.min_frequency_dhz > capabilities.max_frequency_dhz {
            return Err(DecodeError::Invalid("frequency"));
        }
        if capabilities.min_width_us > capabilities.max_width_us {
            return Err(DecodeError::Invalid("width"));
        }
        Ok(capabilities)
    }
}
