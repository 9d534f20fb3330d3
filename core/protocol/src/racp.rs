//! Record Access Control Point procedures (Bluetooth SIG characteristic 2A52), with the record number, a
//! 32-bit unsigned integer, as the only filter.

use crate::wire::{DecodeError, Frame, Reader};

/// Which records a procedure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum RecordFilter {
    /// All.
    All,
    /// Numbers up to and including this.
    UpTo(u32),
    /// Numbers from this on.
    From(u32),
    /// Numbers from the first to the second, both included.
    Within(u32, u32),
}

/// What the app asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum RecordRequest {
    /// Send them on Record Data, oldest first, then answer.
    Report(RecordFilter),
    /// They are stored safely: delete them.
    Delete(RecordFilter),
    /// End the report that runs.
    Abort,
    /// Tell how many there are.
    Count(RecordFilter),
}

impl RecordRequest {
    const fn opcode(self) -> u8 {
        match self {
            Self::Report(_) => 1,
            Self::Delete(_) => 2,
            Self::Abort => 3,
            Self::Count(_) => 4,
        }
    }

    /// To bytes.
    pub fn encode(&self) -> Frame {
        const BY_NUMBER: u8 = 1;
        let frame = Frame::new().u8(self.opcode());
        match *self {
            Self::Abort => frame.u8(0),
            Self::Report(filter) | Self::Delete(filter) | Self::Count(filter) => match filter {
                RecordFilter::All => frame.u8(1),
                RecordFilter::UpTo(last) => frame.u8(2).u8(BY_NUMBER).u32(last),
                RecordFilter::From(first) => frame.u8(3).u8(BY_NUMBER).u32(first),
                RecordFilter::Within(first, last) => frame.u8(4).u8(BY_NUMBER).u32(first).u32(last),
            },
        }
    }

    /// From bytes; the error is the answer the device owes, as a [`RecordReply::Done`].
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordReply> {
        let mut reader = Reader::new(bytes);
        let opcode = reader.u8().unwrap_or(0);
        let refuse = |result| RecordReply::Done { request: opcode, result };
        if !(1..=4).contains(&opcode) {
            return Err(refuse(RecordResult::OpcodeNotSupported));
        }
        let operator = reader.u8().map_err(|_| refuse(RecordResult::InvalidOperator))?;
        if opcode == 3 {
            return if operator == 0 { Ok(Self::Abort) } else { Err(refuse(RecordResult::InvalidOperator)) };
        }
        let filter = match operator {
            0 => return Err(refuse(RecordResult::InvalidOperator)),
            1 => RecordFilter::All,
            2..=4 => {
                if reader.u8().map_err(|_| refuse(RecordResult::InvalidOperand))? != 1 {
                    return Err(refuse(RecordResult::OperandNotSupported));
                }
                let mut number = || reader.u32().map_err(|_| refuse(RecordResult::InvalidOperand));
                match operator {
                    2 => RecordFilter::UpTo(number()?),
                    3 => RecordFilter::From(number()?),
                    _ => {
                        let (first, last) = (number()?, number()?);
                        if first > last {
                            return Err(refuse(RecordResult::InvalidOperand));
                        }
                        RecordFilter::Within(first, last)
                    }
                }
            }
            _ => return Err(refuse(RecordResult::OperatorNotSupported)),
        };
        Ok(match opcode {
            1 => Self::Report(filter),
            2 => Self::Delete(filter),
            _ => Self::Count(filter),
        })
    }
}

/// How a procedure ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum RecordResult {
    /// Done.
    Success,
    /// The opcode is not known.
    OpcodeNotSupported,
    /// The operator does not go with the opcode.
    InvalidOperator,
    /// The operator is not known.
    OperatorNotSupported,
    /// The operand is short or makes no sense.
    InvalidOperand,
    /// No record matches.
    NoRecordsFound,
    /// The report could not be ended.
    AbortUnsuccessful,
    /// The procedure could not be finished, for example as another one runs.
    ProcedureNotCompleted,
    /// The filter is not the record number.
    OperandNotSupported,
}

impl RecordResult {
    const fn to_wire(self) -> u8 {
        match self {
            Self::Success => 1,
            Self::OpcodeNotSupported => 2,
            Self::InvalidOperator => 3,
            Self::OperatorNotSupported => 4,
            Self::InvalidOperand => 5,
            Self::NoRecordsFound => 6,
            Self::AbortUnsuccessful => 7,
            Self::ProcedureNotCompleted => 8,
            Self::OperandNotSupported => 9,
        }
    }

    const fn from_wire(byte: u8) -> Result<Self, DecodeError> {
        Ok(match byte {
            1 => Self::Success,
            2 => Self::OpcodeNotSupported,
            3 => Self::InvalidOperator,
            4 => Self::OperatorNotSupported,
            5 => Self::InvalidOperand,
            6 => Self::NoRecordsFound,
            7 => Self::AbortUnsuccessful,
            8 => Self::ProcedureNotCompleted,
            9 => Self::OperandNotSupported,
            _ => return Err(DecodeError::Invalid("result")),
        })
    }
}

/// What the device answers, as an indication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum RecordReply {
    /// How many records match.
    Count(u32),
    /// A procedure ended.
    Done {
        /// The opcode of the request.
        request: u8,
        /// How.
        result: RecordResult,
    },
}

impl RecordReply {
    /// The answer to a request that could be decoded.
    pub const fn done(request: RecordRequest, result: RecordResult) -> Self {
        Self::Done { request: request.opcode(), result }
    }

    /// To bytes.
    pub fn encode(&self) -> Frame {
        match *self {
            Self::Count(count) => Frame::new().u8(5).u8(0).u32(count),
            Self::Done { request, result } => Frame::new().u8(6).u8(0).u8(request).u8(result.to_wire()),
        }
    }

    /// From bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let opcode = reader.u8()?;
        if reader.u8()? != 0 {
            return Err(DecodeError::Invalid("operator"));
        }
        match opcode {
            5 => Ok(Self::Count(reader.u32()?)),
            6 => Ok(Self::Done { request: reader.u8()?, result: RecordResult::from_wire(reader.u8()?)? }),
            _ => Err(DecodeError::Invalid("opcode")),
        }
    }
}
