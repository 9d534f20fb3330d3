//! Packed columns of whole numbers: the codec under telemetry and posture blobs.
//!
//! A column holds the differences of neighbouring values as zigzag LEB128 integers; a run of equal values is
//! a zero and the length of the run less one. Readers trust nothing: a blob may be damaged or made up.

/// The most rows a blob may claim; bounds what a made-up blob can make the reader allocate.
pub const MAX_ROWS: usize = 1 << 18;

/// Why a blob can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It ends too early.
    #[error("stored samples end too early: restore a backup, or go on without them")]
    Truncated,
    /// It goes on after its end.
    #[error("stored samples have bytes too many: restore a backup, or go on without them")]
    Trailing,
    /// A format of a newer version.
    #[error("stored samples are of format {0}, unknown to this version: update the app")]
    Format(u8),
    /// More rows or channels than there can be.
    #[error("stored samples claim too many rows: restore a backup, or go on without them")]
    TooMany,
    /// A value that can't be.
    #[error("stored samples hold an impossible {0}: restore a backup, or go on without them")]
    OutOfRange(&'static str),
    /// Something that was never packed so.
    #[error("stored samples are damaged: restore a backup, or go on without them")]
    Damaged,
}

pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

pub(crate) const fn zigzag(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// Appends a column. Values are at most 48 bits wide, so differences never overflow.
pub(crate) fn put_column(out: &mut Vec<u8>, values: impl IntoIterator<Item = i64>) {
    let mut last = 0;
    let mut run = 0;
    for value in values {
        let difference = value - last;
        last = value;
        if difference == 0 {
            run += 1;
            continue;
        }
        end_run(out, &mut run);
        put_varint(out, zigzag(difference));
    }
    end_run(out, &mut run);
}

fn end_run(out: &mut Vec<u8>, run: &mut u64) {
    if let Some(more) = run.checked_sub(1) {
        out.push(0);
        put_varint(out, more);
    }
    *run = 0;
}

/// Reads a blob from its front.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(blob: &'a [u8]) -> Self {
        Self(blob)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        let (first, rest) = self.0.split_first().ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(*first)
    }

    /// A single number.
    pub(crate) fn number<T: TryFrom<u64>>(&mut self, name: &'static str) -> Result<T, DecodeError> {
        T::try_from(self.varint()?).map_err(|_| DecodeError::OutOfRange(name))
    }

    /// A single number with a sign.
    pub(crate) fn signed<T: TryFrom<i64>>(&mut self, name: &'static str) -> Result<T, DecodeError> {
        T::try_from(unzigzag(self.varint()?)).map_err(|_| DecodeError::OutOfRange(name))
    }

    /// So many bytes as they are.
    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Everything that was not read yet.
    pub(crate) const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Fails unless the blob begins with this format number.
    pub(crate) fn format(&mut self, known: u8) -> Result<(), DecodeError> {
        match self.byte()? {
            found if found == known => Ok(()),
            found => Err(DecodeError::Format(found)),
        }
    }

    /// A number of rows, at most [`MAX_ROWS`].
    pub(crate) fn rows(&mut self) -> Result<usize, DecodeError> {
        match usize::try_from(self.varint()?) {
            Ok(rows) if rows <= MAX_ROWS => Ok(rows),
            _ => Err(DecodeError::TooMany),
        }
    }

    pub(crate) fn column<T: TryFrom<i64>>(&mut self, rows: usize, name: &'static str) -> Result<Vec<T>, DecodeError> {
        let bad = || DecodeError::OutOfRange(name);
        let value = |wide: i64| T::try_from(wide).map_err(|_| bad());
        let mut values = Vec::with_capacity(rows);
        let mut last: i64 = 0;
        while values.len() < rows {
            let token = self.varint()?;
            if token == 0 {
                let more = usize::try_from(self.varint()?).map_err(|_| bad())?;
                if more >= rows - values.len() {
                    return Err(bad());
                }
                for _ in 0..=more {
                    values.push(value(last)?);
                }
            } else {
                last = last.checked_add(unzigzag(token)).ok_or_else(bad)?;
                values.push(value(last)?);
            }
        }
        Ok(values)
    }

    pub(crate) fn end(self) -> Result<(), DecodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(DecodeError::Trailing) }
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let low = u64::from(byte & 0x7f);
            let shifted = low << shift;
            if shifted >> shift != low {
                break;
            }
            value |= shifted;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::OutOfRange("number"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn columns_come_back(values in prop::collection::vec(prop_oneof![Just(0_i64), -3_i64..3, -(1_i64 << 47)..1 << 47], 0..400)) {
            let mut blob = Vec::new();
            put_column(&mut blob, values.iter().copied());
            let mut reader = Reader::new(&blob);
            prop_assert_eq!(reader.column::<i64>(values.len(), "value").unwrap(), values);
            prop_assert!(reader.end().is_ok());
        }
    }

    #[test]
    fn impossible_blobs_are_refused() {
        let column = |blob: &[u8], rows| Reader::new(blob).column::<u16>(rows, "value");
        let cases: [(&[u8], DecodeError); 5] = [
            (&[], DecodeError::Truncated),
            (&[0], DecodeError::Truncated),
            (&[0, 200], DecodeError::Truncated),
            (&[0, 4], DecodeError::OutOfRange("value")),
            (&[1], DecodeError::OutOfRange("value")),
        ];
        for (blob, error) in cases {
            assert_eq!(column(blob, 4), Err(error), "{blob:?}");
        }
        assert_eq!(column(&[0xff; 11], 4), Err(DecodeError::OutOfRange("number")));
        let mut huge = Vec::new();
        put_varint(&mut huge, u64::MAX);
        assert_eq!(Reader::new(&huge).rows(), Err(DecodeError::TooMany));
        assert_eq!(Reader::new(&[3]).format(1), Err(DecodeError::Format(3)));
        assert_eq!(Reader::new(&[3]).end(), Err(DecodeError::Trailing));
    }
}
