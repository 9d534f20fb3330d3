//! What was done, and how it was: the only thing that moves a plan.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::dose::Dosed;
use super::text::{ActivityId, EntryId};
use crate::pain::PainScore;

/// How hard it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// There was more to give.
    Easy,
    /// As it should be.
    Right,
    /// Too hard to go further from here.
    Hard,
}

/// Why an exercise was stopped early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It hurt.
    Pain,
    /// Strength was at its end.
    Tired,
    /// Time was.
    NoTime,
    /// A leg or the saddle area became numb or weak, or pain shot down a leg.
    NumbOrWeak,
    /// Dizzy, short of breath, pain in the chest.
    Unwell,
    /// Another reason.
    Other,
}

impl StopReason {
    /// Whether a clinician must look before anybody goes on.
    pub const fn is_alarm(self) -> bool {
        matches!(self, Self::NumbOrWeak | Self::Unwell)
    }
}

/// Why an exercise was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// It hurt too much.
    Pain,
    /// Tired.
    Tired,
    /// No time.
    NoTime,
    /// Ill.
    Ill,
    /// On the way, or without what it takes.
    Away,
    /// No wish to.
    NotToday,
    /// Another reason.
    Other,
}

/// An exercise as it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Done {
    /// What was really done.
    pub dosed: Dosed,
    /// Pain just before.
    #[serde(default)]
    pub pain_before: Option<PainScore>,
    /// The worst pain during it.
    #[serde(default)]
    pub worst_during: Option<PainScore>,
    /// Pain on the next morning: told later, or never.
    #[serde(default)]
    pub next_morning: Option<PainScore>,
    /// How hard it was.
    #[serde(default)]
    pub difficulty: Option<Difficulty>,
    /// Why it was stopped early, if it was.
    #[serde(default)]
    pub stopped: Option<StopReason>,
}

/// What an entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "was")]
pub enum Event {
    /// The exercise was done.
    Done(Done),
    /// It was not.
    Skipped {
        /// Why.
        reason: SkipReason,
    },
    /// A clinician has looked, and agrees to going on with a paused exercise.
    Agreed,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// Its id: an edit keeps it.
    pub id: EntryId,
    /// Counted up with each edit, such as a morning's pain that is told later.
    #[serde(default)]
    pub edit: u32,
    /// The activity it is of.
    pub activity: ActivityId,
    /// When, on the person's own clock.
    pub at: DateTime,
    /// What it tells.
    pub event: Event,
}

impl Entry {
    /// The day it is of.
    pub fn date(&self) -> Date {
        self.at.date()
    }

    /// What was done, if something was.
    pub const fn done(&self) -> Option<&Done> {
        match &self.event {
            Event::Done(done) => Some(done),
            Event::Skipped { .. } | Event::Agreed => None,
        }
    }
}

/// All entries. What it comes to depends on what is in it alone, never on the order in which that was told: of two entries with
/// one id the later edit counts, and of two same edits the greater in the order of their fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub struct Log(BTreeMap<EntryId, Entry>);

impl Log {
    /// Adds an entry, or an edit of one.
    pub fn record(&mut self, entry: Entry) {
        match self.0.get(&entry.id) {
            Some(known) if (known.edit, known) >= (entry.edit, &entry) => {}
            _ => {
                self.0.insert(entry.id.clone(), entry);
            }
        }
    }

    /// The entry of this id.
    pub fn get(&self, id: &EntryId) -> Option<&Entry> {
        self.0.get(id)
    }

    /// All entries, in the order of their ids.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.values()
    }

    /// The entries within some days by their activity, each oldest first.
    pub(super) fn by_activity(&self, days: RangeInclusive<Date>) -> BTreeMap<&ActivityId, Vec<&Entry>> {
        let mut by_activity: BTreeMap<&ActivityId, Vec<&Entry>> = BTreeMap::new();
        for entry in self.entries().filter(|entry| days.contains(&entry.date())) {
            by_activity.entry(&entry.activity).or_default().push(entry);
        }
        for entries in by_activity.values_mut() {
            entries.sort_by_key(|entry| (entry.at, &entry.id));
        }
        by_activity
    }
}

/// The date of each time something was done.
pub(super) fn done_dates(entries: &[&Entry]) -> Vec<Date> {
    entries.iter().filter(|entry| entry.done().is_some()).map(|entry| entry.date()).collect()
}

impl From<Vec<Entry>> for Log {
    fn from(entries: Vec<Entry>) -> Self {
        let mut log = Self::default();
        for entry in entries {
            log.record(entry);
        }
        log
    }
}

impl From<Log> for Vec<Entry> {
    fn from(log: Log) -> Self {
        log.0.into_values().collect()
    }
}

impl FromIterator<Entry> for Log {
    fn from_iter<T: IntoIterator<Item = Entry>>(entries: T) -> Self {
        entries.into_iter().collect::<Vec<_>>().into()
    }
}
