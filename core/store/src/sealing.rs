//! From what was appended to sealed chunks: what goes into one chunk, and when it is long enough.

use rusqlite::{Connection, params};

use crate::convert::signed;
use crate::error::StoreError;
use crate::packed;
use crate::part::{self, Part};
use crate::posture::{PostureChunk, PostureSample};
use crate::tail::{Tail, Waiting};

/// A chunk of so many samples is long enough: ten minutes at 25 Hz, from where on packing gains no more.
const ENOUGH_SAMPLES: u64 = 15_000;
/// So is one of so many milliseconds, however slow the samples come.
const ENOUGH_MS: i64 = 600_000;

/// What was appended at once, before or now.
#[derive(Clone, Copy)]
enum Piece<'a> {
    /// It has waited.
    Waited(&'a Waiting),
    /// It has just come.
    New(&'a PostureChunk, Part),
}

impl<'a> Piece<'a> {
    const fn part(self) -> Part {
        match self {
            Self::Waited(waiting) => waiting.part,
            Self::New(_, part) => part,
        }
    }

    /// What has just come, if it has.
    const fn just_come(self) -> Option<(&'a PostureChunk, Part)> {
        match self {
            Self::Waited(_) => None,
            Self::New(chunk, part) => Some((chunk, part)),
        }
    }

    /// Of which device, and of which boot of it.
    fn of(self) -> (&'a str, u32) {
        match self {
            Self::Waited(waiting) => (&waiting.device_id, waiting.boot_id),
            Self::New(chunk, _) => (&chunk.device_id, chunk.boot_id),
        }
    }
}

/// Pieces of one boot of a device that go into one chunk.
struct Group<'a> {
    first: Piece<'a>,
    more: Vec<Piece<'a>>,
    last: Part,
    samples: u64,
    /// Nothing is added any more: it is long enough, or what came next does not follow.
    closed: bool,
}

impl<'a> Group<'a> {
    fn new(first: Piece<'a>) -> Self {
        let mut group = Self { first, more: Vec::new(), last: first.part(), samples: 0, closed: false };
        group.count(first.part());
        group
    }

    fn takes(&self, piece: Piece<'_>) -> bool {
        !self.closed && piece.part().follows(&self.last, &self.first.part())
    }

    fn add(&mut self, piece: Piece<'a>) {
        self.more.push(piece);
        self.count(piece.part());
    }

    fn count(&mut self, part: Part) {
        self.last = part;
        self.samples += u64::from(part.sample_count);
        let lasts_ms = i64::from(part.sample_count).saturating_mul(part.interval_ms.into());
        let span_ms = part.first_ticks_ms.saturating_sub(self.first.part().first_ticks_ms).saturating_add(lasts_ms);
        self.closed |= self.samples >= ENOUGH_SAMPLES || span_ms >= ENOUGH_MS;
    }

    fn pieces(&self) -> impl Iterator<Item = Piece<'a>> {
        std::iter::once(self.first).chain(self.more.iter().copied())
    }

    fn has_waited(&self) -> bool {
        self.pieces().any(|piece| matches!(piece, Piece::Waited(_)))
    }
}

fn grouped<'a>(pieces: impl Iterator<Item = Piece<'a>>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for piece in pieces {
        let newest = groups.iter_mut().rev().find(|group| group.first.of() == piece.of());
        match newest {
            Some(group) if group.takes(piece) => group.add(piece),
            newest => {
                if let Some(group) = newest {
                    group.closed = true;
                }
                groups.push(Group::new(piece));
            }
        }
    }
    groups
}

/// Keeps chunks: they wait in the tail until there is enough to seal. Tells whether something was sealed.
pub(crate) fn keep(
    connection: &Connection,
    mut tail: Tail,
    chunks: &[(&PostureChunk, Part)],
) -> Result<bool, StoreError> {
    let waited = std::mem::take(&mut tail.waiting);
    let new = chunks.iter().map(|(chunk, part)| Piece::New(chunk, *part));
    let groups = grouped(waited.iter().map(Piece::Waited).chain(new));
    let enough = groups.iter().any(|group| group.closed);
    if !enough && chunks.len() <= tail.room() {
        let all = chunks.iter().map(|(chunk, part)| Waiting::of(chunk, *part)).collect::<Result<Vec<_>, _>>()?;
        if all.iter().all(Waiting::fits) {
            all.iter().try_for_each(|waiting| tail.push(connection, waiting))?;
            return Ok(false);
        }
    }
    // Sealing empties the tail: what has waited is sealed now, long enough or not.
    let mut rest = Vec::new();
    for group in groups {
        if group.closed || group.has_waited() {
            seal(connection, &group)?;
        } else {
            rest.extend(group.pieces().filter_map(Piece::just_come));
        }
    }
    tail.clear(connection)?;
    for (chunk, part) in rest {
        let waiting = Waiting::of(chunk, part)?;
        if waiting.fits() && tail.room() > 0 {
            tail.push(connection, &waiting)?;
        } else {
            seal(connection, &Group::new(Piece::New(chunk, part)))?;
        }
    }
    Ok(true)
}

/// Seals all that waits. Tells whether there was something.
pub(crate) fn seal_waiting(connection: &Connection) -> Result<bool, StoreError> {
    let mut tail = Tail::read(connection)?;
    if tail.is_empty() {
        return Ok(false);
    }
    let waited = std::mem::take(&mut tail.waiting);
    for group in grouped(waited.iter().map(Piece::Waited)) {
        seal(connection, &group)?;
    }
    tail.clear(connection)?;
    Ok(true)
}

fn seal(connection: &Connection, group: &Group<'_>) -> Result<(), StoreError> {
    // Room for what has just come, which is most of a long group; what a slot claims is not believed before it is read.
    let just_come: usize = group.pieces().filter_map(Piece::just_come).map(|(chunk, _)| chunk.samples.len()).sum();
    let (mut parts, mut samples): (Vec<Part>, Vec<PostureSample>) = (Vec::new(), Vec::with_capacity(just_come));
    for piece in group.pieces() {
        match piece {
            Piece::New(chunk, _) => samples.extend(&chunk.samples),
            Piece::Waited(waiting) => match waiting.unpack() {
                Ok(chunk) => samples.extend(chunk.samples),
                Err(error) => {
                    // Left where it is it would be in the way of all that comes.
                    tracing::warn!(%error, "some seconds of posture can't be read and are not sealed");
                    continue;
                }
            },
        }
        parts.push(piece.part());
    }
    let (Some(first), Some(last)) = (parts.first().copied(), parts.last().copied()) else { return Ok(()) };
    let (device_id, boot_id) = group.first.of();
    let frame_count: i64 = parts.iter().map(|part| i64::from(part.frame_count)).sum();
    connection
        .prepare_cached(
            "INSERT INTO posture_chunks (device_id, boot_id, first_ticks_ms, first_frame, frame_count, interval_ms,
                 sample_count, first_at_ms, last_at_ms, utc_offset_s, parts, samples)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            device_id,
            boot_id,
            first.first_ticks_ms,
            first.first_frame,
            frame_count,
            first.interval_ms,
            signed(samples.len() as u64, "number of posture samples")?,
            first.first_at_ms,
            last.first_at_ms,
            first.utc_offset_s,
            (parts.len() > 1).then(|| part::pack(&parts)),
            packed::pack(&samples)?,
        ])?;
    Ok(())
}

#[cfg(test)]
#[path = "sealing_tests.rs"]
mod tests;
