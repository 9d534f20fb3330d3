//! Pain entries: told, corrected, and read again.

use lumbra_domain::diary::{DiaryError, PainReport, Quality, Sites};
use lumbra_domain::pain::{Note, PainContext, PainScore, Place};
use lumbra_store::{PainDetail, Store, StoreError};
use serde::Serialize;

use crate::companion::Companion;
use crate::engine::NOT_BEGUN;
use crate::error::Error;
use crate::ids;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// A pain entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PainEntry {
    /// Its identity.
    pub entry_id: String,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// 0 to 10.
    pub score: u8,
    /// Before a session, after one, or at any other time.
    pub context: &'static str,
    /// Where it hurts, in one word.
    pub place: String,
    /// Every place with its side, such as `leg:left`.
    pub sites: Vec<String>,
    /// How it feels.
    pub qualities: Vec<String>,
    /// The worst of the last 24 hours, 0 to 10.
    pub worst: Option<u8>,
    /// The average of the last 24 hours, 0 to 10.
    pub average: Option<u8>,
    /// The person's own words.
    pub note: String,
}

impl PainEntry {
    /// The entry as it was told, to change a part of it. A place that is no word of today's is elsewhere.
    pub fn report(&self) -> Result<PainReport, DiaryError> {
        let sites = match self.sites.as_slice() {
            [] => Sites::parse([self.place.as_str()]).unwrap_or_else(|_| Sites::one(Place::Other)),
            sites => Sites::parse(sites.iter().map(String::as_str))?,
        };
        let score = |score: u8| PainScore::new(score).map_err(DiaryError::from);
        let qualities: Vec<_> = self.qualities.iter().map(|word| Quality::parse(word)).collect::<Result<_, _>>()?;
        Ok(PainReport::new(score(self.score)?, sites)
            .with_last_day(self.worst.map(score).transpose()?, self.average.map(score).transpose()?)?
            .with_qualities(qualities)
            .with_note(Note::new(&self.note)?))
    }
}

impl Companion {
    /// Keeps a pain entry of a score and one place. One made just after a session is tied to the newest session.
    pub async fn add_pain(
        &self,
        score: PainScore,
        context: PainContext,
        place: Place,
        note: Note,
    ) -> Result<PainEntry, Error> {
        self.add_pain_report(context, PainReport::new(score, Sites::one(place)).with_note(note)).await
    }

    /// Keeps a pain entry with all that is said in it. One made just after a session is tied to the newest session. Whether
    /// it asks for a check of the red flags is told by [`Companion::red_flags_due`].
    pub async fn add_pain_report(&self, context: PainContext, report: PainReport) -> Result<PainEntry, Error> {
        let entry_id = ids::new_uuid()?;
        let (at_ms, utc_offset_s) = (self.clock().unix_ms(), self.clock().utc_offset_s());
        let entry = self
            .store()
            .call(move |store| {
                let session = match context {
                    PainContext::AfterSession => newest_session(store, at_ms)?,
                    PainContext::BeforeSession | PainContext::Diary => None,
                };
                let context = match context {
                    PainContext::BeforeSession => lumbra_store::PainContext::BeforeSession,
                    PainContext::AfterSession => lumbra_store::PainContext::AfterSession,
                    PainContext::Diary => lumbra_store::PainContext::Diary,
                };
                let entry = stored(&report, Written { entry_id, at_ms, utc_offset_s, context, session });
                store.add_pain(&entry)?;
                Ok(entry)
            })
            .await?;
        Ok(pain_entry(entry))
    }

    /// Puts a report in place of what an entry said; when it was made and what it belongs to stay. The audit keeps what was
    /// there before.
    pub async fn edit_pain(&self, entry_id: &str, report: PainReport) -> Result<PainEntry, Error> {
        let (entry_id, edited_at_ms) = (entry_id.to_owned(), self.clock().unix_ms());
        let entry = self
            .store()
            .call(move |store| {
                let old = store.pain(&entry_id)?.ok_or(NO_ENTRY)?;
                let entry = stored(
                    &report,
                    Written {
                        entry_id,
                        at_ms: old.at_ms,
                        utc_offset_s: old.utc_offset_s,
                        context: old.context,
                        session: old.session,
                    },
                );
                store.edit_pain(&entry, edited_at_ms)?;
                Ok(entry)
            })
            .await?;
        Ok(pain_entry(entry))
    }

    /// One pain entry.
    pub async fn pain(&self, entry_id: &str) -> Result<PainEntry, Error> {
        let entry_id = entry_id.to_owned();
        Ok(pain_entry(self.store().call(move |store| store.pain(&entry_id)?.ok_or(NO_ENTRY)).await?))
    }
}

const NO_ENTRY: StoreError = StoreError::NotFound { what: "this pain entry" };

/// What a report is kept with.
struct Written {
    entry_id: String,
    at_ms: i64,
    utc_offset_s: i32,
    context: lumbra_store::PainContext,
    session: Option<i64>,
}

fn stored(report: &PainReport, written: Written) -> lumbra_store::PainEntry {
    lumbra_store::PainEntry {
        entry_id: written.entry_id,
        at_ms: written.at_ms,
        utc_offset_s: written.utc_offset_s,
        score: report.score().get(),
        context: written.context,
        session: written.session,
        place: report.sites().main().as_str().to_owned(),
        note: report.note().as_str().to_owned(),
        detail: PainDetail {
            sites: report.sites().words(),
            qualities: report.qualities().iter().map(|quality| quality.as_str().to_owned()).collect(),
            worst: report.worst().map(PainScore::get),
            average: report.average().map(PainScore::get),
        },
    }
}

fn newest_session(store: &Store, now_ms: i64) -> Result<Option<i64>, StoreError> {
    let sessions = store.sessions_between(now_ms.saturating_sub(DAY_MS), now_ms.saturating_add(1))?;
    let newest = sessions.iter().rev().find(|session| session.outcome.as_deref() != Some(NOT_BEGUN));
    Ok(newest.map(|session| session.id))
}

pub(crate) fn pain_entry(entry: lumbra_store::PainEntry) -> PainEntry {
    PainEntry {
        entry_id: entry.entry_id,
        at_ms: entry.at_ms,
        score: entry.score,
        context: entry.context.as_str(),
        place: entry.place,
        sites: entry.detail.sites,
        qualities: entry.detail.qualities,
        worst: entry.detail.worst,
        average: entry.detail.average,
        note: entry.note,
    }
}
