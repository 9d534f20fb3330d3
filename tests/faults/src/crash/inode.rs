//! A file's bytes on a disk: what was synced, what was written since, and what a power cut makes of that.

use serde::Serialize;

/// What a disk can write or lose as one piece, in bytes.
const SECTOR: usize = 512;

/// What the cuts did to the disks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Damage {
    /// Writes not synced that were there whole.
    pub(crate) kept_writes: u64,
    /// Writes not synced that were gone.
    pub(crate) dropped_writes: u64,
    /// Writes not synced that were there in part.
    pub(crate) torn_writes: u64,
    /// Changes of a file's length that were not synced and were gone.
    pub(crate) dropped_lengths: u64,
    /// Changes of names that were not synced and were gone.
    pub(crate) dropped_names: u64,
}

impl Damage {
    /// Adds that of other cuts.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.kept_writes += other.kept_writes;
        self.dropped_writes += other.dropped_writes;
        self.torn_writes += other.torn_writes;
        self.dropped_lengths += other.dropped_lengths;
        self.dropped_names += other.dropped_names;
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'a> {
    /// Bytes written at an offset.
    Write { offset: usize, bytes: &'a [u8] },
    /// Another length, in bytes.
    Truncate { len: usize },
}

/// A file's bytes, apart from its name.
#[derive(Debug, Default)]
pub(crate) struct Inode<'a> {
    /// What was synced.
    pub(crate) durable: Vec<u8>,
    /// Not synced, with when they were made.
    pub(crate) pending: Vec<(usize, Change<'a>)>,
}

/// What becomes of one change that was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Kept,
    Dropped,
    Torn,
}

/// What becomes of all of them. Each kind of cut finds other mistakes, and only the first two are ever seen by luck elsewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// The cache was just written back.
    AllKept,
    /// Nothing of it was.
    AllDropped,
    /// It was written back in order, up to this moment.
    Until(usize),
    /// In any order: each change is kept with this chance.
    Each(f64),
}

impl Cut {
    /// What becomes of a change that was made then.
    pub(crate) fn fate(self, time: usize, random: &mut fastrand::Rng) -> Fate {
        match self {
            Self::AllKept => Fate::Kept,
            Self::Until(moment) if time < moment => Fate::Kept,
            Self::Until(moment) if time > moment => Fate::Dropped,
            Self::Until(_) => Fate::Torn,
            Self::Each(chance) if random.f64() < chance => Fate::Kept,
            Self::Each(_) if random.bool() => Fate::Torn,
            Self::AllDropped | Self::Each(_) => Fate::Dropped,
        }
    }
}

impl Inode<'_> {
    /// Nothing of it is lost from now on.
    pub(crate) fn sync(&mut self) {
        for (_, change) in self.pending.drain(..) {
            change.apply(&mut self.durable);
        }
    }

    /// What is there after the cut.
    pub(crate) fn survive(&self, cut: Cut, random: &mut fastrand::Rng, damage: &mut Damage) -> Vec<u8> {
        let mut content = self.durable.clone();
        for (time, change) in &self.pending {
            let is_write = matches!(change, Change::Write { .. });
            match cut.fate(*time, random) {
                Fate::Kept => {
                    change.apply(&mut content);
                    damage.kept_writes += u64::from(is_write);
                }
                Fate::Torn if is_write => {
                    change.tear(&mut content, random);
                    damage.torn_writes += 1;
                }
                _ if is_write => damage.dropped_writes += 1,
                _ => damage.dropped_lengths += 1,
            }
        }
        content
    }
}

impl Change<'_> {
    fn apply(&self, content: &mut Vec<u8>) {
        match *self {
            Self::Write { offset, bytes } => put(content, offset, bytes),
            Self::Truncate { len } => content.resize(len, 0),
        }
    }

    /// Some of a write's sectors: those up to one of them, or any; and perhaps anything at all in one that was under way.
    fn tear(&self, content: &mut Vec<u8>, random: &mut fastrand::Rng) {
        let Self::Write { offset, bytes } = *self else {
            return;
        };
        let mut sectors = Vec::new();
        let (mut at, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let (sector, more) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
            sectors.push((at, sector));
            at += sector.len();
            rest = more;
        }
        let in_order = random.bool();
        let under_way = random.usize(..sectors.len().max(1));
        for (number, (at, sector)) in sectors.into_iter().enumerate() {
            if number == under_way {
                if random.bool() {
                    let garbage: Vec<u8> = sector.iter().map(|_| random.u8(..)).collect();
                    put(content, at, &garbage);
                }
            } else if if in_order { number < under_way } else { random.bool() } {
                put(content, at, sector);
            }
        }
    }
}

fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    if let Some(place) = content.get_mut(offset..end) {
        place.copy_from_slice(bytes);
    }
}
