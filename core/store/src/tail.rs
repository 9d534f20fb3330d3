//! Posture that waits to be sealed, in slots of one length.
//!
//! Some seconds of posture are saved every few of them, and each time SQLite writes whole pages: to its log, and later to the database. So a
//! save must change a single page. A slot lies in one, is written over in place, and is never deleted: what it holds counts while its number
//! is above the one that sealing has reached.

use rusqlite::{Connection, OptionalExtension, params};

use crate::columns::{DecodeError, Reader, put_varint, zigzag};
use crate::convert::signed;
use crate::error::StoreError;
use crate::packed;
use crate::part::Part;
use crate::posture::PostureChunk;

/// How many slots there are: for ten minutes of two wearables at once.
pub(crate) const SLOTS: usize = 64;
/// So that two fill a page of SQLCipher's 4,016 bytes: twenty seconds at 25 Hz, at three times their usual size.
const SLOT_BYTES: usize = 1_990;
pub(crate) const NUMBER_BYTES: usize = 8;
const FORMAT: u8 = 1;

/// What was appended at once and is not sealed yet, its samples still packed.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) device_id: String,
    pub(crate) boot_id: u32,
    pub(crate) part: Part,
    pub(crate) samples: Vec<u8>,
}

/// All that waits.
#[derive(Debug)]
pub(crate) struct Tail {
    /// The number that sealing has reached.
    sealed: u64,
    /// The highest number in use.
    newest: u64,
    /// In the order in which it came.
    pub(crate) waiting: Vec<Waiting>,
    /// Why something that waits is not among them.
    damage: Option<DecodeError>,
}

impl Tail {
    /// Reads what can be read. Who adds or seals goes on without the rest, which would be in the way for good.
    pub(crate) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let sealed = connection
            .prepare_cached("SELECT sealed FROM posture_sealing WHERE id = 1")?
            .query_row((), |row| row.get::<_, i64>(0))?
            .cast_unsigned();
        let mut statement = connection.prepare_cached("SELECT part FROM posture_tail")?;
        let mut rows = statement.query(())?;
        let mut waiting: Vec<(u64, Waiting)> = Vec::new();
        let (mut newest, mut damage) = (sealed, None);
        while let Some(row) = rows.next()? {
            let slot = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            let number = slot.first_chunk().map_or(u64::MAX, |number| u64::from_be_bytes(*number));
            let Some(ahead) = number.checked_sub(sealed).filter(|ahead| *ahead > 0) else { continue };
            if ahead <= SLOTS as u64 {
                newest = newest.max(number);
            }
            match read_slot(slot.get(NUMBER_BYTES..).unwrap_or_default()) {
                Ok(read) if ahead <= SLOTS as u64 => waiting.push((number, read)),
                Ok(_) => damage = Some(DecodeError::OutOfRange("slot")),
                Err(error) => damage = Some(error),
            }
        }
        waiting.sort_by_key(|(number, _)| *number);
        Ok(Self { sealed, newest, waiting: waiting.into_iter().map(|(_, waiting)| waiting).collect(), damage })
    }

    /// The same for who shows it, and must not go on without a part of it.
    pub(crate) fn read_whole(connection: &Connection) -> Result<Self, StoreError> {
        let tail = Self::read(connection)?;
        match tail.damage {
            Some(damage) => Err(damage.into()),
            None => Ok(tail),
        }
    }

    /// Whether there is anything to seal, or to go on without.
    pub(crate) const fn is_empty(&self) -> bool {
        self.newest == self.sealed && self.damage.is_none()
    }

    const fn taken(&self) -> u64 {
        self.newest.saturating_sub(self.sealed)
    }

    /// How many more there is room for.
    pub(crate) fn room(&self) -> usize {
        SLOTS.saturating_sub(usize::try_from(self.taken()).unwrap_or(SLOTS))
    }

    /// Adds one behind the others; there must be room, and it must fit.
    pub(crate) fn push(&mut self, connection: &Connection, waiting: &Waiting) -> Result<(), StoreError> {
        let no_place = StoreError::Invalid { what: "number of a slot" };
        let number = self.newest.checked_add(1).filter(|_| self.room() > 0).ok_or(no_place)?;
        let part = write_slot(number, waiting).ok_or(StoreError::Invalid { what: "length of a slot" })?;
        connection
            .prepare_cached(
                "INSERT INTO posture_tail (slot, part) VALUES (?, ?) ON CONFLICT DO UPDATE SET part = excluded.part",
            )?
            .execute(params![self.taken().cast_signed(), part])?;
        self.newest = number;
        Ok(())
    }

    /// Empties it, as all of it is sealed.
    pub(crate) fn clear(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if let Some(error) = self.damage.take() {
            tracing::warn!(%error, "some seconds of posture can't be read and are not sealed");
            // A number from nowhere would count for good.
            connection.execute("DELETE FROM posture_tail", ())?;
        }
        // A backlog is sealed past the tail: where nothing has waited, a page less is written.
        if self.newest == self.sealed {
            return Ok(());
        }
        let sealed = signed(self.newest, "number of a slot")?;
        connection.prepare_cached("UPDATE posture_sealing SET sealed = ? WHERE id = 1")?.execute([sealed])?;
        self.sealed = self.newest;
        Ok(())
    }
}

impl Waiting {
    pub(crate) fn of(chunk: &PostureChunk, part: Part) -> Result<Self, StoreError> {
        let samples = packed::pack(&chunk.samples)?;
        Ok(Self { device_id: chunk.device_id.clone(), boot_id: chunk.boot_id, part, samples })
    }

    /// Whether a slot holds it. What does not fit does not wait: it is sealed at once.
    pub(crate) fn fits(&self) -> bool {
        write_slot(0, self).is_some()
    }

    pub(crate) fn unpack(&self) -> Result<PostureChunk, DecodeError> {
        let part = &self.part;
        let samples = packed::unpack(&self.samples)?;
        if samples.len() != part.sample_count as usize {
            return Err(DecodeError::OutOfRange("sample count"));
        }
        Ok(part.chunk(&self.device_id, self.boot_id, samples))
    }
}

/// Whether the device is known; a slot can't refer to it as a row does.
pub(crate) fn check_device(connection: &Connection, device_id: &str) -> Result<(), StoreError> {
    let known = connection
        .prepare_cached("SELECT 1 FROM devices WHERE device_id = ?")?
        .query_row([device_id], |_| Ok(()))
        .optional()?;
    known.ok_or(StoreError::NotFound { what: "what this refers to" })
}

pub(crate) fn write_slot(number: u64, waiting: &Waiting) -> Option<Vec<u8>> {
    let part = &waiting.part;
    let mut slot = Vec::with_capacity(SLOT_BYTES);
    slot.extend(number.to_be_bytes());
    slot.push(FORMAT);
    put_varint(&mut slot, waiting.device_id.len() as u64);
    slot.extend(waiting.device_id.as_bytes());
    for value in [waiting.boot_id, part.first_frame, part.frame_count, part.interval_ms.into(), part.sample_count] {
        put_varint(&mut slot, value.into());
    }
    for value in [part.first_ticks_ms, part.first_at_ms, part.utc_offset_s.into()] {
        put_varint(&mut slot, zigzag(value));
    }
    put_varint(&mut slot, waiting.samples.len() as u64);
    slot.extend(&waiting.samples);
    let fits = slot.len() <= SLOT_BYTES;
    slot.resize(SLOT_BYTES, 0);
    fits.then_some(slot)
}

pub(crate) fn read_slot(slot: &[u8]) -> Result<Waiting, DecodeError> {
    let mut reader = Reader::new(slot);
    reader.format(FORMAT)?;
    let len = reader.number("length")?;
    let device_id = std::str::from_utf8(reader.bytes(len)?).map_err(|_| DecodeError::Damaged)?.to_owned();
    let boot_id = reader.number("boot")?;
    let (first_frame, frame_count) = (reader.number("frame")?, reader.number("frame count")?);
    let (interval_ms, sample_count) = (reader.number("interval")?, reader.number("sample count")?);
    let (first_ticks_ms, first_at_ms) = (reader.signed("ticks")?, reader.signed("time")?);
    let utc_offset_s = reader.signed("offset from UTC")?;
    let len = reader.number("length")?;
    let samples = reader.bytes(len)?.to_vec();
    let part = Part { first_frame, frame_count, first_ticks_ms, first_at_ms, utc_offset_s, interval_ms, sample_count };
    Ok(Waiting { device_id, boot_id, part, samples })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn waiting(device_id: &str, samples: Vec<u8>) -> Waiting {
        let part = Part {
            first_frame: u32::MAX,
            frame_count: 1,
            first_ticks_ms: i64::MAX,
            first_at_ms: i64::MIN,
            utc_offset_s: -3_600,
            interval_ms: 40,
            sample_count: 7,
        };
        Waiting { device_id: device_id.into(), boot_id: 9, part, samples }
    }

    proptest! {
        #[test]
        fn a_slot_comes_back(device_id in ".{0,40}", samples in prop::collection::vec(any::<u8>(), 0..1_500), number in any::<u64>()) {
            let written = waiting(&device_id, samples);
            let slot = write_slot(number, &written).unwrap();
            prop_assert_eq!(slot.len(), SLOT_BYTES);
            let read = read_slot(&slot[NUMBER_BYTES..]).unwrap();
            prop_assert_eq!((read.device_id, read.boot_id, read.part, read.samples), (device_id, 9, written.part, written.samples));
        }

        #[test]
        fn a_made_up_slot_never_panics(slot in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = read_slot(&slot);
            let _ = read_slot(&[vec![FORMAT, 3], slot].concat());
        }
    }

    #[test]
    fn what_is_too_long_for_a_slot_is_told() {
        assert!(write_slot(1, &waiting("one", vec![0; SLOT_BYTES])).is_none());
        assert!(write_slot(1, &waiting(&"x".repeat(SLOT_BYTES), Vec::new())).is_none());
    }
}
