//! Bytes in, bytes out: the bounds-checked cursor every frame is read with, and the fixed buffer it is
//! written to.

use core::fmt;
use core::ops::Deref;

/// The smallest ATT MTU, in bytes, over which the profile works: every control and status frame of a
/// four-channel device fits in it. An app that is offered less cuts the link.
pub const MIN_ATT_MTU: u16 = 128;

/// The longest frame, in bytes: the ATT MTU of 247 that fills one data-length-extended packet, less 3.
pub const MAX_FRAME_LEN: usize = 244;

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Fewer bytes than the frame's fixed part, or than its own counts announce.
    Truncated,
    /// A field holds a value that version 1 does not know or forbids; the field's name follows.
    Invalid(&'static str),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => formatter.write_str("the frame ends too early"),
            Self::Invalid(field) => write!(formatter, "the frame's field {field} holds a value that can't be used"),
        }
    }
}

impl core::error::Error for DecodeError {}

/// An encoded frame: bytes in a fixed buffer.
#[derive(Clone, Copy)]
pub struct Frame {
    bytes: [u8; MAX_FRAME_LEN],
    len: usize,
}

impl Frame {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; MAX_FRAME_LEN], len: 0 }
    }

    /// Appends bytes. A frame's contents are bounded by its types (at most four channels, at most
    /// `POSTURE_SAMPLES_MAX` samples), so nothing is ever cut; were it so, a short frame fails to decode.
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        if let Some(room) = self.bytes.get_mut(self.len..self.len + bytes.len()) {
            room.copy_from_slice(bytes);
            self.len += bytes.len();
        }
        self
    }

    pub(crate) fn u8(self, value: u8) -> Self {
        self.bytes(&[value])
    }

    pub(crate) fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn i16(self, value: i16) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn u48(self, value: u64) -> Self {
        let bytes = value.to_le_bytes();
        self.bytes(bytes.first_chunk::<6>().map_or(&[][..], |six| &six[..]))
    }
}

impl Deref for Frame {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Frame {}

/// A cursor over received bytes; every step is checked.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether nothing is left: where a later minor version has appended a field, a sender of an earlier one ends.
    pub(crate) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn i16(&mut self) -> Result<i16, DecodeError> {
        self.array().map(i16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u48(&mut self) -> Result<u64, DecodeError> {
        let low = u64::from(self.u32()?);
        Ok(low | u64::from(self.u16()?) << 32)
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }
}
