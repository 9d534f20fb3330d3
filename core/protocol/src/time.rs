//! The Elapsed Time service's value (Bluetooth SIG characteristic 2BF2).

use crate::wire::{DecodeError, Frame, Reader};

const TICK_COUNTER: u8 = 1 << 0;
const UTC: u8 = 1 << 1;
const RESOLUTION_MASK: u8 = 0b11 << 2;
const RESOLUTION_MS: u8 = 0b10 << 2;
const CURRENT_TIMELINE: u8 = 1 << 5;

/// The device's clock: UTC once the app has set it, a tick counter before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ElapsedTime {
    /// The clock was never set in this boot: milliseconds since boot.
    Ticks {
        /// Milliseconds since boot, 48 bits.
        ms: u64,
    },
    /// UTC.
    Utc {
        /// Seconds since 2000-01-01T00:00:00Z, 48 bits.
        seconds: u64,
        /// The SIG's time synchronisation source type; 0 = unknown, 4 = set by hand, 6 = cellular network.
        source: u8,
    },
}

impl ElapsedTime {
    /// To bytes (9 of them).
    pub fn encode(&self) -> Frame {
        match *self {
            Self::Ticks { ms } => Frame::new().u8(TICK_COUNTER | RESOLUTION_MS | CURRENT_TIMELINE).u48(ms).u8(0).u8(0),
            Self::Utc { seconds, source } => Frame::new().u8(UTC | CURRENT_TIMELINE).u48(seconds).u8(source).u8(0),
        }
    }

    /// From bytes. Version 1 knows ticks in milliseconds and UTC in seconds, on the current timeline.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let flags = reader.u8()?;
        let value = reader.u48()?;
        let source = reader.u8()?;
        let _offset_quarter_hours = reader.u8()?;
        if flags & CURRENT_TIMELINE == 0 {
            return Err(DecodeError::Invalid("flags"));
        }
        match (flags & (TICK_COUNTER | UTC), flags & RESOLUTION_MASK) {
            (TICK_COUNTER, RESOLUTION_MS) => Ok(Self::Ticks { ms: value }),
            (UTC, 0) => Ok(Self::Utc { seconds: value, source }),
            _ => Err(DecodeError::Invalid("flags")),
        }
    }
}
