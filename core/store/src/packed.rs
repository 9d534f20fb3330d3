//! Posture samples as a blob: the codec of sealed chunks and of what waits to be sealed.
//!
//! Format 2 is a count and four columns packed by `pco`, in its wrapped form: this blob knows the count, which `pco` then need not tell.
//! Format 1, columns of differences, was written before schema version 6 and is read still.
//!
//! A blob may be damaged or made up. `pco` promises an error for any bytes; what it may be asked for is bounded here all the same: no more
//! than [`MAX_ROWS`] numbers, and none of the modes that would have it make tables of a size that the blob names.

use pco::data_types::Number;
use pco::errors::PcoError;
use pco::wrapped::{FileCompressor, FileDecompressor};
use pco::{ChunkConfig, DeltaSpec, ModeSpec};

use crate::columns::{DecodeError, MAX_ROWS, Reader, put_varint};
use crate::error::StoreError;
use crate::posture::PostureSample;

const COLUMNS: u8 = 1;
const FORMAT: u8 = 2;

/// How a column's `pco` metadata begins: the mode in the low half, which is always classic, and how differences are taken in the high
/// one: not at all, or of neighbours.
const KNOWN_BEGINNINGS: [u8; 2] = [0x00, 0x10];

/// Packs from 1 to [`MAX_ROWS`] samples.
pub(crate) fn pack(samples: &[PostureSample]) -> Result<Vec<u8>, StoreError> {
    if samples.is_empty() || samples.len() > MAX_ROWS {
        return Err(StoreError::Invalid { what: "number of posture samples" });
    }
    let mut blob = Vec::with_capacity(64 + samples.len());
    blob.push(FORMAT);
    put_varint(&mut blob, samples.len() as u64);
    pack_columns(&mut blob, samples).map_err(|_| StoreError::Internal { code: 0 })?;
    Ok(blob)
}

fn pack_columns(blob: &mut Vec<u8>, samples: &[PostureSample]) -> Result<(), PcoError> {
    let compressor = FileCompressor::default();
    compressor.write_header(&mut *blob)?;
    // Angles move on from the last; activity at rest is noise about nothing, and differences of noise are larger than it is.
    let column = |values: Vec<i16>| packed_column(&compressor, &values, DeltaSpec::TryConsecutive(1));
    blob.extend(column(samples.iter().map(|sample| sample.pitch_ddeg).collect())?);
    blob.extend(column(samples.iter().map(|sample| sample.roll_ddeg).collect())?);
    let column = |values: Vec<u8>| -> Result<Vec<u8>, PcoError> {
        let as_they_are = packed_column(&compressor, &values, DeltaSpec::NoOp)?;
        let differences = packed_column(&compressor, &values, DeltaSpec::TryConsecutive(1))?;
        Ok(if differences.len() < as_they_are.len() { differences } else { as_they_are })
    };
    blob.extend(column(samples.iter().map(|sample| sample.activity).collect())?);
    blob.extend(column(samples.iter().map(|sample| sample.flags).collect())?);
    Ok(())
}

fn packed_column<T: Number>(
    compressor: &FileCompressor,
    values: &[T],
    differences: DeltaSpec,
) -> Result<Vec<u8>, PcoError> {
    let config =
        ChunkConfig::default().with_mode_spec(ModeSpec::Classic).with_delta_spec(differences).with_enable_8_bit(true);
    let mut column = compressor.chunk_compressor(values, &config)?;
    let mut packed = Vec::with_capacity(values.len());
    column.write_meta(&mut packed)?;
    // One page, as no more than MAX_ROWS numbers go into a blob.
    column.write_page(0, &mut packed)?;
    Ok(packed)
}

/// Unpacks samples of any format there was.
pub(crate) fn unpack(blob: &[u8]) -> Result<Vec<PostureSample>, DecodeError> {
    let mut reader = Reader::new(blob);
    match reader.byte()? {
        COLUMNS => unpack_differences(reader),
        FORMAT => unpack_columns(reader),
        other => Err(DecodeError::Format(other)),
    }
}

fn unpack_differences(mut reader: Reader<'_>) -> Result<Vec<PostureSample>, DecodeError> {
    let rows = reader.rows()?;
    let pitches = reader.column(rows, "pitch")?;
    let rolls = reader.column(rows, "roll")?;
    let activities = reader.column(rows, "activity")?;
    let flags = reader.column(rows, "flags")?;
    reader.end()?;
    Ok(zipped(pitches, rolls, activities, flags))
}

fn unpack_columns(mut reader: Reader<'_>) -> Result<Vec<PostureSample>, DecodeError> {
    let rows = reader.rows()?;
    let (decompressor, mut rest) = FileDecompressor::new(reader.rest()).map_err(|_| DecodeError::Damaged)?;
    let pitches = column(&decompressor, &mut rest, rows)?;
    let rolls = column(&decompressor, &mut rest, rows)?;
    let activities = column(&decompressor, &mut rest, rows)?;
    let flags = column(&decompressor, &mut rest, rows)?;
    Reader::new(rest).end()?;
    Ok(zipped(pitches, rolls, activities, flags))
}

fn column<T: Number>(decompressor: &FileDecompressor, rest: &mut &[u8], rows: usize) -> Result<Vec<T>, DecodeError> {
    if rows == 0 || !rest.first().is_some_and(|first| KNOWN_BEGINNINGS.contains(first)) {
        return Err(DecodeError::Damaged);
    }
    let mut read = || -> Result<Vec<T>, PcoError> {
        let (mut column, after_meta) = decompressor.chunk_decompressor::<T, _>(*rest)?;
        let mut page = column.page_decompressor(after_meta, rows)?;
        let mut values = vec![T::default(); rows];
        page.read(&mut values)?;
        *rest = page.into_src();
        Ok(values)
    };
    read().map_err(|_| DecodeError::Damaged)
}

fn zipped(pitches: Vec<i16>, rolls: Vec<i16>, activities: Vec<u8>, flags: Vec<u8>) -> Vec<PostureSample> {
    let values = pitches.into_iter().zip(rolls).zip(activities).zip(flags);
    values
        .map(|(((pitch_ddeg, roll_ddeg), activity), flags)| PostureSample { pitch_ddeg, roll_ddeg, activity, flags })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn samples() -> impl Strategy<Value = Vec<PostureSample>> {
        let sample =
            |(pitch_ddeg, roll_ddeg, activity, flags)| PostureSample { pitch_ddeg, roll_ddeg, activity, flags };
        let any_at_all = prop::collection::vec(any::<(i16, i16, u8, u8)>().prop_map(sample), 1..900);
        let at_rest =
            (any::<i16>(), 1_usize..2_000, prop::collection::vec(0_i16..3, 1..7)).prop_map(|(at, count, noise)| {
                let pitch = |index: usize| at.wrapping_add(noise[index % noise.len()]);
                (0..count)
                    .map(|index| PostureSample { pitch_ddeg: pitch(index), flags: 1, ..PostureSample::default() })
                    .collect()
            });
        prop_oneof![any_at_all, at_rest]
    }

    /// As version 5 wrote it.
    fn pack_differences(samples: &[PostureSample]) -> Vec<u8> {
        let mut blob = vec![COLUMNS];
        put_varint(&mut blob, samples.len() as u64);
        crate::columns::put_column(&mut blob, samples.iter().map(|sample| i64::from(sample.pitch_ddeg)));
        crate::columns::put_column(&mut blob, samples.iter().map(|sample| i64::from(sample.roll_ddeg)));
        crate::columns::put_column(&mut blob, samples.iter().map(|sample| i64::from(sample.activity)));
        crate::columns::put_column(&mut blob, samples.iter().map(|sample| i64::from(sample.flags)));
        blob
    }

    proptest! {
        #[test]
        fn samples_come_back(samples in samples()) {
            prop_assert_eq!(unpack(&pack(&samples).unwrap()).unwrap(), samples.clone());
            prop_assert_eq!(unpack(&pack_differences(&samples)).unwrap(), samples);
        }

        #[test]
        fn made_up_blobs_never_panic(blob in prop::collection::vec(any::<u8>(), 0..300), format in 1_u8..3) {
            let _ = unpack(&blob);
            let _ = unpack(&[vec![format, 40], blob].concat());
        }

        #[test]
        fn damage_never_panics(samples in samples(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut blob = pack(&samples).unwrap();
            let at = at.index(blob.len());
            prop_assert!(unpack(&blob[..at]).is_err());
            blob[at] = byte;
            if let Ok(read) = unpack(&blob) {
                prop_assert!(read.len() <= MAX_ROWS);
            }
        }
    }

    #[test]
    fn a_small_blob_cannot_claim_much() {
        let mut blob = vec![FORMAT];
        put_varint(&mut blob, MAX_ROWS as u64 + 1);
        blob.extend([4, 0, 0, 0]);
        assert_eq!(unpack(&blob), Err(DecodeError::TooMany));
        // A dictionary, and a window to look back in: pco would make both as large as the blob says.
        let whole = pack(&[PostureSample::default(); 300]).unwrap();
        let begins = 2 + whole.iter().skip(2).position(|byte| KNOWN_BEGINNINGS.contains(byte)).unwrap();
        for beginning in [0x04, 0x20, 0x30, 0xFF] {
            let mut other = whole.clone();
            other[begins + 1] = beginning;
            assert!(unpack(&other).is_err(), "{beginning:#x}");
        }
        assert_eq!(unpack(&[3]), Err(DecodeError::Format(3)));
        assert_eq!(unpack(&[FORMAT, 0]), Err(DecodeError::Damaged));
        assert!(unpack(&[whole, vec![0]].concat()).is_err());
        assert!(matches!(pack(&[]), Err(StoreError::Invalid { .. })));
    }
}
