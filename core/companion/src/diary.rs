//! The person's own cap, and what there is to look back on.

use lumbra_domain::pain::PainScore;
use lumbra_domain::safety::SessionPlan;
use lumbra_domain::units::Milliamps;
use lumbra_store::{Cap, CapOwner, Store, StoreError, local_day};
use serde::Serialize;

use crate::companion::Companion;
use crate::driver;
use crate::engine::{Ask, NOT_BEGUN};
use crate::error::Error;
use crate::insights::{around, check_days};
use crate::pain::{PainEntry, pain_entry};

pub(crate) const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// A session in the history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SessionEntry {
    /// Its number in the history.
    pub id: i64,
    /// When it was started, in Unix milliseconds.
    pub started_at_ms: i64,
    /// The programme's name.
    pub mode: Option<&'static str>,
    /// Planned stimulation time in seconds.
    pub planned_s: u32,
    /// Stimulation time in seconds; the worse case when it is uncertain.
    pub elapsed_s: u32,
    /// How it ended; `None` while it isn't known to be over.
    pub outcome: Option<String>,
    /// Whether time and current are the worse case, as the end was not seen.
    pub uncertain: bool,
    /// The highest current measured, in mA.
    pub max_delivered_ma: f64,
    /// The cap of the session, in mA.
    pub limit_ma: f64,
    /// Pain just before.
    pub pain_before: Option<u8>,
    /// Pain just after.
    pub pain_after: Option<u8>,
}

/// A command in the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommandEntry {
    /// Its identity.
    pub command: String,
    /// What it was.
    pub kind: String,
    /// Which number it had on the air.
    pub sequence: u16,
    /// When it was given, in Unix milliseconds.
    pub at_ms: i64,
    /// Pending, confirmed, rejected or unknown.
    pub outcome: &'static str,
    /// What the outcome was told from.
    pub settled_by: Option<String>,
    /// Why it was rejected.
    pub reason: Option<String>,
}

/// Something the wearable remembered by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordEntry {
    /// Its number in the wearable's life.
    pub number: u32,
    /// The wearable's boot it belongs to.
    pub boot_id: u32,
    /// When, in milliseconds since that boot.
    pub ticks_ms: u64,
    /// When, in Unix milliseconds, where it can be told.
    pub at_ms: Option<i64>,
    /// What it is, as the profile names it.
    pub kind: &'static str,
}

/// One day of the person's life.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DayEntry {
    /// Days since 1970-01-01 on the person's own calendar.
    pub local_day: i32,
    /// Sessions.
    pub sessions: u32,
    /// Stimulation time in seconds.
    pub stimulated_s: u32,
    /// Mean pain score.
    pub pain_mean: Option<f64>,
    /// Seconds upright, as the wearable judged.
    pub upright_s: u32,
    /// Seconds slouched.
    pub slouched_s: u32,
    /// Seconds of any other posture while worn.
    pub other_s: u32,
}

/// What there is to look back on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct History {
    /// From this moment on, in Unix milliseconds.
    pub from_ms: i64,
    /// Days on which there was anything, oldest first.
    pub days: Vec<DayEntry>,
    /// Sessions, oldest first.
    pub sessions: Vec<SessionEntry>,
    /// Pain entries, oldest first.
    pub pain: Vec<PainEntry>,
    /// Posture frames received, samples in them, and frames known to be missing.
    pub posture_frames: u64,
    /// Samples.
    pub posture_samples: u64,
    /// Frames known to be missing.
    pub posture_missing_frames: u64,
}

impl Companion {
    /// Sets or lifts the person's own cap, for all wearables. It holds at once, in a session under way too: no rise goes
    /// beyond it. What flows already is left as it is.
    pub async fn set_own_cap(&self, limit: Option<Milliamps>) -> Result<(), Error> {
        let cap = Cap {
            owner: CapOwner::User,
            set_by: "user".to_owned(),
            device_id: None,
            channel: 0,
            limit_dma: limit.map(Milliamps::tenths),
            set_at_ms: self.clock().unix_ms(),
        };
        self.store().call(move |store| store.set_cap(&cap)).await?;
        for ways in self.running() {
            // One that has just ended asks for the caps anew when it is opened again.
            let _ = ways.asks.send(Ask::OwnCap(limit)).await;
        }
        Ok(())
    }

    /// The history of the last `days` days.
    pub async fn history(&self, days: u32) -> Result<History, Error> {
        let now_ms = self.clock().unix_ms();
        let offset_s = self.clock().utc_offset_s();
        let from_ms = now_ms.saturating_sub(i64::from(days) * DAY_MS);
        let (from_day, to_day) = (local_day(from_ms, offset_s), local_day(now_ms, offset_s).saturating_add(1));
        let to_ms = now_ms.saturating_add(1);
        Ok(self.store().call(move |store| history_of(store, (from_ms, to_ms), (from_day, to_day), |_, _| true)).await?)
    }

    /// The history of the days from `from_day` to `to_day`, both included and each as the person lived it, in days since
    /// 1970-01-01 on their own calendar; [`CHART_DAYS_MAX`](crate::CHART_DAYS_MAX) at the most. Posture frames are counted by the
    /// person's offset from UTC of now.
    pub async fn history_between(&self, from_day: i32, to_day: i32) -> Result<History, Error> {
        check_days(from_day, to_day)?;
        let offset_ms = i64::from(self.clock().utc_offset_s()) * 1_000;
        let start_ms = |day: i64| day * DAY_MS - offset_ms;
        let (from_ms, end_ms) = (start_ms(i64::from(from_day)), start_ms(i64::from(to_day) + 1));
        let history = self.store().call(move |store| {
            let lived = |at_ms, utc_offset_s| (from_day..=to_day).contains(&local_day(at_ms, utc_offset_s));
            let mut history = history_of(store, around(from_day, to_day), (from_day, to_day), lived)?;
            let (since, after) = (store.posture_counts(from_ms)?, store.posture_counts(end_ms)?);
            history.from_ms = from_ms;
            history.posture_frames = since.frames.saturating_sub(after.frames);
            history.posture_samples = since.samples.saturating_sub(after.samples);
            history.posture_missing_frames = since.missing_frames.saturating_sub(after.missing_frames);
            Ok(history)
        });
        Ok(history.await?)
    }

    /// The newest `count` records that were fetched from a wearable, oldest first.
    pub async fn records(&self, which: Option<&str>, count: u32) -> Result<Vec<RecordEntry>, Error> {
        let device_id = self.device_info(which).await?.device_id;
        let records = self.store().call(move |store| {
            let from = store.highest_record(&device_id)?.unwrap_or(0).saturating_sub(count.saturating_sub(1));
            store.records(&device_id, from, count)
        });
        Ok(records
            .await?
            .into_iter()
            .map(|record| RecordEntry {
                number: record.number,
                boot_id: record.boot_id,
                ticks_ms: record.ticks_ms,
                at_ms: record.at_ms,
                kind: driver::record_kind(record.kind),
            })
            .collect())
    }

    /// Every command of the last `days` days with its outcome, oldest first.
    pub async fn commands(&self, days: u32) -> Result<Vec<CommandEntry>, Error> {
        let now_ms = self.clock().unix_ms();
        let from_ms = now_ms.saturating_sub(i64::from(days) * DAY_MS);
        let commands =
            self.store().call(move |store| store.commands_between(from_ms, now_ms.saturating_add(1))).await?;
        Ok(commands
            .into_iter()
            .map(|command| CommandEntry {
                command: command.intent.command_id,
                kind: command.intent.kind,
                sequence: command.intent.sequence,
                at_ms: command.intent.saved_at_ms,
                outcome: command.outcome.as_str(),
                settled_by: command.settled_by,
                reason: command.reason,
            })
            .collect())
    }
}

/// What there is between two moments, as far as it `counts`: told a moment in Unix milliseconds and an offset from UTC in seconds.
fn history_of(
    store: &Store,
    (from_ms, to_ms): (i64, i64),
    (from_day, to_day): (i32, i32),
    counts: impl Fn(i64, i32) -> bool,
) -> Result<History, StoreError> {
    let frames = store.posture_counts(from_ms)?;
    let rating = |id: &Option<String>| -> Result<Option<u8>, StoreError> {
        match id {
            Some(id) => Ok(store.pain(id)?.map(|entry| entry.score)),
            None => Ok(None),
        }
    };
    let mut pain = store.pain_between(from_ms, to_ms)?;
    pain.retain(|entry| counts(entry.at_ms, entry.utc_offset_s));
    let mut sessions = Vec::new();
    for session in store.sessions_between(from_ms, to_ms)? {
        let begun = session.outcome.as_deref() != Some(NOT_BEGUN);
        if begun && counts(session.start.started_at_ms, session.start.utc_offset_s) {
            let (before, after) = (rating(&session.start.pain_before)?, rating(&session.pain_after)?);
            sessions.push(session_entry(&session, before, after));
        }
    }
    Ok(History {
        from_ms,
        days: store.days(from_day, to_day)?.iter().map(day_entry).collect(),
        sessions,
        pain: pain.into_iter().map(pain_entry).collect(),
        posture_frames: frames.frames,
        posture_samples: frames.samples,
        posture_missing_frames: frames.missing_frames,
    })
}

/// A score from the store; none where a damaged database has what is no score.
pub(crate) fn score_of(score: u8) -> Option<PainScore> {
    PainScore::new(score).ok()
}

fn session_entry(session: &lumbra_store::Session, pain_before: Option<u8>, pain_after: Option<u8>) -> SessionEntry {
    let plan: Option<SessionPlan> = serde_json::from_str(&session.start.programme).ok();
    SessionEntry {
        id: session.id,
        started_at_ms: session.start.started_at_ms,
        mode: plan.map(|plan| plan.programme.mode().id()),
        planned_s: session.start.planned_s,
        // As the day's roll-up counts it.
        elapsed_s: if session.dose_uncertain {
            session.elapsed_s.max(session.start.planned_s)
        } else {
            session.elapsed_s
        },
        outcome: session.outcome.clone(),
        uncertain: session.dose_uncertain,
        max_delivered_ma: Milliamps::from_tenths(session.max_delivered_dma).as_f64(),
        limit_ma: Milliamps::from_tenths(session.start.limit_dma).as_f64(),
        pain_before,
        pain_after,
    }
}

fn day_entry(day: &lumbra_store::Day) -> DayEntry {
    let posture = &day.posture;
    DayEntry {
        local_day: day.local_day,
        sessions: day.sessions,
        stimulated_s: day.stimulated_s,
        pain_mean: day.pain_mean,
        upright_s: posture.upright_s,
        slouched_s: posture.slouched_s,
        // No day has so many seconds, but a damaged database can claim them.
        other_s: posture.leaning_s.saturating_add(posture.lying_s).saturating_add(posture.moving_s),
    }
}

#[cfg(test)]
mod tests {
    use lumbra_store::{Day, PostureSeconds};

    use super::day_entry;

    /// Found by fuzzing: a day of a damaged database.
    #[test]
    fn a_day_of_more_seconds_than_can_be_counted_is_shown() {
        let posture =
            PostureSeconds { leaning_s: u32::MAX, lying_s: 1, moving_s: u32::MAX, ..PostureSeconds::default() };
        assert_eq!(day_entry(&Day { posture, ..Day::default() }).other_s, u32::MAX);
    }
}
