//! A stimulation programme as the device runs it.

use crate::wire::{DecodeError, Frame, Reader};

/// The kind of stimulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Mode {
    /// Conventional: high rate, short pulses, tingling.
    Conventional,
    /// Acupuncture-like: low rate, long pulses, twitch.
    AcupunctureLike,
    /// Burst: trains of pulses at a low rate.
    Burst,
    /// Brief-intense: high rate, long pulses, highest tolerable, short.
    BriefIntense,
    /// Modulated: frequency or width swept.
    Modulated,
    /// Custom parameters, bound by the limits alone.
    Custom,
}

impl Mode {
    pub(crate) const fn to_wire(self) -> u8 {
        match self {
            Self::Conventional => 1,
            Self::AcupunctureLike => 2,
            Self::Burst => 3,
            Self::BriefIntense => 4,
            Self::Modulated => 5,
            Self::Custom => 6,
        }
    }

    pub(crate) const fn from_wire(byte: u8) -> Result<Self, DecodeError> {
        Ok(match byte {
            1 => Self::Conventional,
            2 => Self::AcupunctureLike,
            3 => Self::Burst,
            4 => Self::BriefIntense,
            5 => Self::Modulated,
            6 => Self::Custom,
            _ => return Err(DecodeError::Invalid("mode")),
        })
    }
}

/// Trains of pulses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Burst {
    /// Trains a second, in 0.1 Hz, above 0.
    pub rate_dhz: u16,
    /// Pulses in one train, above 0.
    pub pulses: u8,
}

/// Pulse parameters and ramps of a session. The waveform of version 1 is the symmetric, charge-balanced
/// biphasic rectangular pulse; a width is that of one phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Programme {
    /// The kind.
    pub mode: Mode,
    /// Lowest pulse frequency in 0.1 Hz; within a train when there are bursts.
    pub frequency_low_dhz: u16,
    /// Highest pulse frequency in 0.1 Hz; equal to the lowest unless it is swept.
    pub frequency_high_dhz: u16,
    /// Shortest phase in microseconds.
    pub width_low_us: u16,
    /// Longest phase in microseconds; equal to the shortest unless it is swept.
    pub width_high_us: u16,
    /// Time of one sweep from low to high and back, in 0.1 s; 0 = no sweep.
    pub sweep_period_ds: u16,
    /// Trains of pulses, if any.
    pub burst: Option<Burst>,
    /// How fast the output may rise towards a higher target, in 0.1 mA a second, above 0.
    pub ramp_up_dma_per_s: u16,
    /// How long a ramp from any current to zero takes, in milliseconds, at most 2,000.
    pub ramp_down_ms: u16,
}

impl Programme {
    pub(crate) fn write(&self, frame: Frame) -> Frame {
        let (rate, pulses) = self.burst.map_or((0, 0), |burst| (burst.rate_dhz, burst.pulses));
        frame
            .u8(self.mode.to_wire())
            .u16(self.frequency_low_dhz)
            .u16(self.frequency_high_dhz)
            .u16(self.width_low_us)
            .u16(self.width_high_us)
            .u16(self.sweep_period_ds)
            .u16(rate)
            .u8(pulses)
            .u16(self.ramp_up_dma_per_s)
            .u16(self.ramp_down_ms)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mode = Mode::from_wire(reader.u8()?)?;
        let frequency_low_dhz = reader.u16()?;
        let frequency_high_dhz = reader.u16()?;
        let width_low_us = reader.u16()?;
        let width_high_us = reader.u16()?;
        let sweep_period_ds = reader.u16()?;
        let burst = match (reader.u16()?, reader.u8()?) {
            (0, 0) => None,
            (rate_dhz, pulses) if rate_dhz > 0 && pulses > 0 => Some(Burst { rate_dhz, pulses }),
            _ => return Err(DecodeError::Invalid("burst")),
        };
        let ramp_up_dma_per_s = reader.u16()?;
        let ramp_down_ms = reader.u16()?;
        if frequency_low_dhz == 0 || frequency_low_dhz > frequency_high_dhz {
            return Err(DecodeError::Invalid("frequency"));
        }
        if width_low_us == 0 || width_low_us > width_high_us {
            return Err(DecodeError::Invalid("width"));
        }
        let swept = frequency_low_dhz != frequency_high_dhz || width_low_us != width_high_us;
        if swept != (sweep_period_ds > 0) {
            return Err(DecodeError::Invalid("sweep_period"));
        }
        if ramp_up_dma_per_s == 0 {
            return Err(DecodeError::Invalid("ramp_up"));
        }
        if ramp_down_ms > 2_000 {
            return Err(DecodeError::Invalid("ramp_down"));
        }
        Ok(Self {
            mode,
            frequency_low_dhz,
            frequency_high_dhz,
            width_low_us,
            width_high_us,
            sweep_period_ds,
            burst,
            ramp_up_dma_per_s,
            ramp_down_ms,
        })
    }
}
