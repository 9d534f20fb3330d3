//! What the device answers to a command: the Control Point's notifications.

use crate::sequence::Sequence;
use crate::ticks::Ticks;
use crate::wire::{DecodeError, Frame, Reader};

/// How the device took a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ResultCode {
    /// Applied.
    Accepted,
    /// The opcode is not known to this firmware.
    UnknownOpcode,
    /// The frame can't be decoded.
    Malformed,
    /// A value is outside what the device can do.
    OutOfRange,
    /// Not possible in the device's present state.
    InvalidState,
    /// The sequence number is not newer than the last, and the frame is not its exact repetition.
    StaleSequence,
    /// The session named is not the device's session.
    WrongSession,
    /// The command arrived after its time.
    Expired,
    /// The battery is too low to start or resume.
    LowBattery,
    /// A pad has no contact with the skin.
    NoContact,
    /// A fault is latched.
    FaultActive,
    /// A target is above the session's cap.
    AboveCap,
    /// A target rises by more than the device allows at once.
    RiseTooLarge,
    /// A code of a later minor version: the command was refused.
    Other(u8),
}

impl ResultCode {
    /// As it stands on the wire.
    pub const fn to_wire(self) -> u8 {
        match self {
            Self::Accepted => 0x00,
            Self::UnknownOpcode => 0x01,
            Self::Malformed => 0x02,
            Self::OutOfRange => 0x03,
            Self::InvalidState => 0x04,
            Self::StaleSequence => 0x05,
            Self::WrongSession => 0x06,
            Self::Expired => 0x07,
            Self::LowBattery => 0x08,
            Self::NoContact => 0x09,
            Self::FaultActive => 0x0A,
            Self::AboveCap => 0x0B,
            Self::RiseTooLarge => 0x0C,
            Self::Other(code) => code,
        }
    }

    /// From the wire. Any code but 0 is a refusal.
    pub const fn from_wire(code: u8) -> Self {
        match code {
            0x00 => Self::Accepted,
            0x01 => Self::UnknownOpcode,
            0x02 => Self::Malformed,
            0x03 => Self::OutOfRange,
            0x04 => Self::InvalidState,
            0x05 => Self::StaleSequence,
            0x06 => Self::WrongSession,
            0x07 => Self::Expired,
            0x08 => Self::LowBattery,
            0x09 => Self::NoContact,
            0x0A => Self::FaultActive,
            0x0B => Self::AboveCap,
            0x0C => Self::RiseTooLarge,
            other => Self::Other(other),
        }
    }
}

const RESPONSE: u8 = 0x80;

/// The answer to one control frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Response {
    /// The opcode that is answered, as it was received.
    pub opcode: u8,
    /// The number that is answered.
    pub sequence: Sequence,
    /// How the command was taken.
    pub result: ResultCode,
    /// The device's present boot.
    pub boot_id: u32,
    /// When it was taken.
    pub ticks: Ticks,
}

impl Response {
    /// To bytes.
    pub fn encode(&self) -> Frame {
        Frame::new()
            .u8(RESPONSE)
            .u8(self.opcode)
            .u16(self.sequence.get())
            .u8(self.result.to_wire())
            .u32(self.boot_id)
            .u48(self.ticks.as_ms())
    }

    /// From bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != RESPONSE {
            return Err(DecodeError::Invalid("response"));
        }
        Ok(Self {
            opcode: reader.u8()?,
            sequence: Sequence::new(reader.u16()?).ok_or(DecodeError::Invalid("sequence"))?,
            result: ResultCode::from_wire(reader.u8()?),
            boot_id: reader.u32()?,
            ticks: Ticks::from_ms(reader.u48()?),
        })
    }
}
