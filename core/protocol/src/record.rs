//! What the device remembers: the Record Data characteristic.

use crate::command::per_channel;
use crate::per_channel::PerChannel;
use crate::programme::Mode;
use crate::status::{Contact, Faults, Reason};
use crate::ticks::Ticks;
use crate::wire::{DecodeError, Frame, Reader};

/// One thing that happened on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum RecordEvent {
    /// The device booted.
    Boot {
        /// 0 power on, 1 watchdog, 2 firmware update, 3 brown-out, others: unknown.
        cause: u8,
    },
    /// A session began.
    SessionStarted {
        /// Which.
        session_id: u32,
        /// Its kind of stimulation.
        mode: Mode,
        /// Its planned stimulation time in seconds.
        duration_s: u16,
    },
    /// A session is over and the output is zero.
    SessionEnded {
        /// Which.
        session_id: u32,
        /// Why.
        reason: Reason,
        /// Stimulation time in seconds, rounded up.
        elapsed_s: u16,
        /// The highest current measured on each channel, in 0.1 mA.
        max_delivered_dma: PerChannel<u16>,
    },
    /// A session waits.
    SessionPaused {
        /// Which.
        session_id: u32,
        /// Why.
        reason: Reason,
    },
    /// A session goes on, from zero.
    SessionResumed {
        /// Which.
        session_id: u32,
    },
    /// Faults were latched.
    Fault {
        /// All that are latched now.
        faults: Faults,
    },
    /// A pad's contact changed during a session.
    ContactChanged {
        /// The session.
        session_id: u32,
        /// The channel, from 0.
        channel: u8,
        /// How it sits now.
        contact: Contact,
    },
    /// The button on the device was used.
    Button,
    /// The clock was set: from here on wall time can be told from ticks.
    ClockSet {
        /// Seconds since 2000-01-01T00:00:00Z, 48 bits.
        utc_s: u64,
    },
    /// One minute of posture, judged by the device with the neutral it was given.
    PostureMinute {
        /// Seconds upright, 0 to 60.
        upright_s: u8,
        /// Seconds slouched.
        slouched_s: u8,
        /// Seconds leaning sideways or back.
        leaning_s: u8,
        /// Seconds lying.
        lying_s: u8,
        /// Seconds moving.
        moving_s: u8,
        /// Seconds not worn. All six together make 60 or, for a minute cut short, less.
        not_worn_s: u8,
        /// Mean pitch while worn, in 0.1 degree.
        mean_pitch_ddeg: i16,
        /// Nudges given.
        nudges: u8,
    },
    /// A kind of a later minor version; kept by its number alone.
    Unknown {
        /// The kind.
        kind: u8,
    },
}

/// A stored record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Record {
    /// Its number: from 1, one more for each record in the device's life, reboots included.
    pub number: u32,
    /// The boot it belongs to.
    pub boot_id: u32,
    /// When it happened, in that boot.
    pub ticks: Ticks,
    /// What happened.
    pub event: RecordEvent,
}

impl Record {
    /// To bytes. A record of unknown kind has no payload to give back.
    pub fn encode(&self) -> Frame {
        let head = |kind| Frame::new().u32(self.number).u32(self.boot_id).u48(self.ticks.as_ms()).u8(kind);
        match self.event {
            RecordEvent::Boot { cause } => head(1).u8(cause),
            RecordEvent::SessionStarted { session_id, mode, duration_s } => {
                head(2).u32(session_id).u8(mode.to_wire()).u16(duration_s)
            }
            RecordEvent::SessionEnded { session_id, reason, elapsed_s, max_delivered_dma } => {
                let frame = head(3).u32(session_id).u8(reason.to_wire()).u16(elapsed_s).u8(max_delivered_dma.count());
                max_delivered_dma.as_slice().iter().fold(frame, |frame, max| frame.u16(*max))
            }
            RecordEvent::SessionPaused { session_id, reason } => head(4).u32(session_id).u8(reason.to_wire()),
            RecordEvent::SessionResumed { session_id } => head(5).u32(session_id),
            RecordEvent::Fault { faults } => head(6).u16(faults.0),
            RecordEvent::ContactChanged { session_id, channel, contact } => {
                head(7).u32(session_id).u8(channel).u8(contact.to_wire())
            }
            RecordEvent::Button => head(8),
            RecordEvent::ClockSet { utc_s } => head(9).u48(utc_s),
            RecordEvent::PostureMinute {
                upright_s,
                slouched_s,
                leaning_s,
                lying_s,
                moving_s,
                not_worn_s,
                mean_pitch_ddeg,
                nudges,
            } => head(10)
                .bytes(&[upright_s, slouched_s, leaning_s, lying_s, moving_s, not_worn_s])
                .i16(mean_pitch_ddeg)
                .u8(nudges),
            RecordEvent::Unknown { kind } => head(kind),
        }
    }

    /// From bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let number = reader.u32()?;
        if number == 0 {
            return Err(DecodeError::Invalid("number"));
        }
        let boot_id = reader.u32()?;
        let ticks = Ticks::from_ms(reader.u48()?);
        let event = match reader.u8()? {
            1 => RecordEvent::Boot { cause: reader.u8()? },
            2 => RecordEvent::SessionStarted {
                session_id: reader.u32()?,
                mode: Mode::from_wire(reader.u8()?)?,
                duration_s: reader.u16()?,
            },
            3 => RecordEvent::SessionEnded {
                session_id: reader.u32()?,
                reason: Reason::from_wire(reader.u8()?),
                elapsed_s: reader.u16()?,
                max_delivered_dma: per_channel(&mut reader, Reader::u16)?,
            },
            4 => RecordEvent::SessionPaused { session_id: reader.u32()?, reason: Reason::from_wire(reader.u8()?) },
            5 => RecordEvent::SessionResumed { session_id: reader.u32()? },
            6 => RecordEvent::Fault { faults: Faults(reader.u16()?) },
            7 => RecordEvent::ContactChanged {
                session_id: reader.u32()?,
                channel: reader.u8()?,
                contact: Contact::from_wire(reader.u8()?)?,
            },
            8 => RecordEvent::Button,
            9 => RecordEvent::ClockSet { utc_s: reader.u48()? },
            10 => posture_minute(&mut reader)?,
            kind => RecordEvent::Unknown { kind },
        };
        Ok(Self { number, boot_id, ticks, event })
    }
}

fn posture_minute(reader: &mut Reader<'_>) -> Result<RecordEvent, DecodeError> {
    let [upright_s, slouched_s, leaning_s, lying_s, moving_s, not_worn_s] =
        [reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?];
    let total: u16 = [upright_s, slouched_s, leaning_s, lying_s, moving_s, not_worn_s].map(u16::from).iter().sum();
    if total > 60 {
        return Err(DecodeError::Invalid("posture minute"));
    }
    Ok(RecordEvent::PostureMinute {
        upright_s,
        slouched_s,
        leaning_s,
        lying_s,
        moving_s,
        not_worn_s,
        mean_pitch_ddeg: reader.i16()?,
        nudges: reader.u8()?,
    })
}
