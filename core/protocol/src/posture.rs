//! Posture samples: the Posture Stream characteristic.

use crate::ticks::Ticks;
use crate::wire::{DecodeError, Frame, MAX_FRAME_LEN, Reader};

/// Bytes of one sample.
pub const POSTURE_SAMPLE_LEN: usize = 6;
const HEADER_LEN: usize = 13;
const SAMPLES_MAX: usize = (MAX_FRAME_LEN - HEADER_LEN) / POSTURE_SAMPLE_LEN;

/// What the sensor knows beside the angles, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct PostureFlags(pub u8);

impl PostureFlags {
    /// The device is on a body.
    pub const WORN: Self = Self(1 << 0);
    /// The sensor is lying: its axis is within 30 degrees of the horizontal.
    pub const LYING: Self = Self(1 << 1);

    /// Whether all of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// One sample. Angles are those of the sensor against gravity; what is upright for the person is the
/// app's calibration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PostureSample {
    /// Forward lean in 0.1 degree, -1,800 to 1,800.
    pub pitch_ddeg: i16,
    /// Lean to the right in 0.1 degree, -1,800 to 1,800.
    pub roll_ddeg: i16,
    /// How much the body moves: mean absolute deviation of acceleration, in 1/64 g, 255 = 4 g or more.
    pub activity: u8,
    /// What else the sensor knows.
    pub flags: PostureFlags,
}

/// A batch of samples with one header.
#[derive(Clone, Copy)]
pub struct PostureFrame {
    /// Number of the frame since the stream was started, from 0; a missing number is a lost frame.
    pub number: u32,
    /// When the first sample was taken.
    pub ticks: Ticks,
    /// Time between samples in milliseconds, above 0.
    pub interval_ms: u16,
    samples: [PostureSample; SAMPLES_MAX],
    count: u8,
}

impl PostureFrame {
    /// The most samples that one notification of `max_value_len` bytes (ATT MTU less 3) carries.
    pub const fn capacity(max_value_len: usize) -> usize {
        let len = if max_value_len < MAX_FRAME_LEN { max_value_len } else { MAX_FRAME_LEN };
        len.saturating_sub(HEADER_LEN) / POSTURE_SAMPLE_LEN
    }

    /// A frame of 1 to [`Self::capacity`] samples; `None` for any other number of samples.
    pub fn new(number: u32, ticks: Ticks, interval_ms: u16, samples: &[PostureSample]) -> Option<Self> {
        let mut held = [PostureSample::default(); SAMPLES_MAX];
        if samples.is_empty() || interval_ms == 0 {
            return None;
        }
        held.get_mut(..samples.len())?.copy_from_slice(samples);
        Some(Self { number, ticks, interval_ms, samples: held, count: u8::try_from(samples.len()).ok()? })
    }

    /// The samples, oldest first.
    pub fn samples(&self) -> &[PostureSample] {
        self.samples.get(..usize::from(self.count)).unwrap_or(&[])
    }

    /// To bytes.
    pub fn encode(&self) -> Frame {
        let frame = Frame::new().u32(self.number).u48(self.ticks.as_ms()).u16(self.interval_ms).u8(self.count);
        self.samples().iter().fold(frame, |frame, sample| {
            frame.i16(sample.pitch_ddeg).i16(sample.roll_ddeg).u8(sample.activity).u8(sample.flags.0)
        })
    }

    /// From bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let number = reader.u32()?;
        let ticks = Ticks::from_ms(reader.u48()?);
        let interval_ms = reader.u16()?;
        let count = reader.u8()?;
        if interval_ms == 0 {
            return Err(DecodeError::Invalid("interval"));
        }
        let mut samples = [PostureSample::default(); SAMPLES_MAX];
        if count == 0 {
            return Err(DecodeError::Invalid("sample count"));
        }
        for slot in samples.get_mut(..usize::from(count)).ok_or(DecodeError::Invalid("sample count"))? {
            *slot = PostureSample {
                pitch_ddeg: angle(reader.i16()?, "pitch")?,
                roll_ddeg: angle(reader.i16()?, "roll")?,
                activity: reader.u8()?,
                flags: PostureFlags(reader.u8()?),
            };
        }
        Ok(Self { number, ticks, interval_ms, samples, count })
    }
}

fn angle(value: i16, field: &'static str) -> Result<i16, DecodeError> {
    if (-1_800..=1_800).contains(&value) { Ok(value) } else { Err(DecodeError::Invalid(field)) }
}

impl core::fmt::Debug for PostureFrame {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("PostureFrame")
            .field("number", &self.number)
            .field("ticks", &self.ticks)
            .field("interval_ms", &self.interval_ms)
            .field("samples", &self.samples())
            .finish_non_exhaustive()
    }
}

impl PartialEq for PostureFrame {
    fn eq(&self, other: &Self) -> bool {
        (self.number, self.ticks, self.interval_ms, self.samples())
            == (other.number, other.ticks, other.interval_ms, other.samples())
    }
}

impl Eq for PostureFrame {}
