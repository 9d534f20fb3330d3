//! The device's stored records: fetched, stored safely, and only then acknowledged.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use lumbra_domain::therapy::SessionOutcome;
use lumbra_protocol::{Record, RecordEvent, RecordFilter, RecordReply, RecordRequest, RecordResult, Ticks};
use lumbra_store::{DeviceRecord, PostureMinute, PostureSeconds};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::driver;
use crate::error::Error;

/// A transfer in which nothing has come for so long is given up: twice what a request on the link may take.
const SILENT_AFTER: Duration = Duration::from_secs(10);
/// So many records are handed to the store at once.
const BATCH: usize = 64;
/// So many records are taken in one transfer, 91 days of posture minutes: a wearable that goes on for ever fills no memory. Those beyond
/// are not deleted there, and come with the next one.
const TAKEN_MAX: usize = 1 << 17;
/// Bytes of a record before its payload.
const HEAD_LEN: usize = 15;

/// What is to be done next.
pub(super) enum Step {
    /// Write this to the Record Access Control Point.
    Request(RecordRequest),
    /// Save these, and what they tell of sessions; then say so with [`RecordFetch::saved`].
    Save(Vec<DeviceRecord>, Vec<EndedThere>),
}

/// The end of a session as the device remembers it.
pub(super) struct EndedThere {
    pub(super) device_id: String,
    pub(super) boot_id: u32,
    pub(super) session_id: u32,
    pub(super) outcome: SessionOutcome,
    pub(super) elapsed_s: u32,
    pub(super) max_delivered_dma: u16,
    pub(super) at_ms: Option<i64>,
}

/// How wall time follows from the ticks of the boot that is running.
#[derive(Clone, Copy)]
pub(super) struct Timeline {
    pub(super) boot_id: u32,
    pub(super) ticks: Ticks,
    pub(super) at_unix_ms: i64,
    pub(super) utc_offset_s: i32,
}

/// One fetch after the other. The device's report may be as long as its memory: it is saved in batches, and then deleted
/// there, the very numbers that are safe here and no others: one that was lost on its way comes with the next fetch.
// Who asked, and how far the transfer is: independent facts.
#[allow(clippy::struct_excessive_bools)]
#[derive(Default)]
pub(super) struct RecordFetch {
    running: bool,
    batch: Vec<DeviceRecord>,
    ended: Vec<EndedThere>,
    numbers: BTreeSet<u32>,
    /// What is still to be deleted, first and last.
    runs: VecDeque<(u32, u32)>,
    heard: Option<Instant>,
    unsaved: usize,
    reported: bool,
    deleting: bool,
    count: u32,
    waiting: Vec<oneshot::Sender<Result<u32, Error>>>,
    /// Begun by the engine itself, which gives it up for nobody.
    own: bool,
}

impl RecordFetch {
    /// Asks for everything the device keeps. A fetch that runs already serves this asker too.
    pub(super) fn begin(&mut self, waiting: Option<oneshot::Sender<Result<u32, Error>>>) -> Option<Step> {
        self.own |= waiting.is_none();
        self.waiting.extend(waiting);
        if std::mem::replace(&mut self.running, true) {
            return None;
        }
        self.heard = Some(Instant::now());
        Some(Step::Request(RecordRequest::Report(RecordFilter::All)))
    }

    /// A record has come.
    pub(super) fn record(&mut self, bytes: &[u8], device_id: &str, timeline: Option<Timeline>) -> Option<Step> {
        let Ok(record) = Record::decode(bytes) else {
            tracing::warn!("a record of the wearable can't be read");
            return None;
        };
        self.heard = Some(Instant::now());
        // One that comes when all that came is being deleted is not among that, and comes again.
        let takes = self.running && !self.deleting && self.numbers.len() < TAKEN_MAX;
        if !takes || !self.numbers.insert(record.number) {
            return None;
        }
        let stored = stored(&record, bytes, device_id, timeline);
        self.ended.extend(ended_there(&record, &stored));
        self.batch.push(stored);
        self.count += 1;
        (self.batch.len() >= BATCH).then(|| self.save())
    }

    /// The device has answered a request.
    pub(super) fn reply(&mut self, reply: RecordReply) -> Option<Step> {
        let RecordReply::Done { request, result } = reply else { return None };
        self.heard = Some(Instant::now());
        match (request, result) {
            (1, RecordResult::Success) if self.running => {
                self.reported = true;
                if self.batch.is_empty() { self.after_save() } else { Some(self.save()) }
            }
            (2, _) if self.deleting => self.delete_next(),
            (1, RecordResult::NoRecordsFound) if self.running => {
                self.end(Ok(self.count));
                None
            }
            (1, _) if self.running => {
                self.end(Err(Error::Internal("record access")));
                None
            }
            _ => None,
        }
    }

    /// A batch is safe on the disk, or is not.
    pub(super) fn saved(&mut self, count: usize, result: Result<(), Error>) -> Option<Step> {
        if let Err(error) = result {
            // Nothing is deleted on the device: the next fetch brings all of it again.
            self.end(Err(error));
            return None;
        }
        self.unsaved = self.unsaved.saturating_sub(count);
        self.after_save()
    }

    /// Someone who waited has gone. The transfer ends with the last of them; what has come is kept, and comes
    /// again with the next fetch, as the device deletes nothing.
    pub(super) fn abort(&mut self) -> Option<Step> {
        self.waiting.retain(|waiting| !waiting.is_closed());
        if !self.running || self.own || self.deleting || !self.waiting.is_empty() {
            return None;
        }
        *self = Self::default();
        Some(Step::Request(RecordRequest::Abort))
    }

    /// The link is gone: what was not acknowledged comes again.
    pub(super) fn link_lost(&mut self) {
        if self.running {
            self.end(Err(Error::Link(lumbra_link::LinkError::Disconnected)));
        }
    }

    fn save(&mut self) -> Step {
        self.unsaved += self.batch.len();
        Step::Save(std::mem::take(&mut self.batch), std::mem::take(&mut self.ended))
    }

    fn after_save(&mut self) -> Option<Step> {
        let all_here = self.running && self.reported && self.unsaved == 0 && !self.deleting;
        if !all_here {
            return None;
        }
        if !self.batch.is_empty() {
            return Some(self.save());
        }
        self.deleting = true;
        self.runs = runs(&self.numbers);
        self.delete_next()
    }

    fn delete_next(&mut self) -> Option<Step> {
        let Some((first, last)) = self.runs.pop_front() else {
            self.end(Ok(self.count));
            return None;
        };
        Some(Step::Request(RecordRequest::Delete(RecordFilter::Within(first, last))))
    }

    /// Time has passed: a transfer in which nothing has come for too long is given up, or it would be in the way of every
    /// later one.
    pub(super) fn tick(&mut self) -> Option<Step> {
        let silent = self.running && self.heard.is_some_and(|heard| heard.elapsed() >= SILENT_AFTER);
        if !silent {
            return None;
        }
        self.end(Err(Error::Link(lumbra_link::LinkError::Timeout)));
        Some(Step::Request(RecordRequest::Abort))
    }

    fn end(&mut self, result: Result<u32, Error>) {
        let ended = std::mem::take(self);
        let count = result.as_ref().ok().copied();
        let mut first = Some(result);
        for waiting in ended.waiting {
            let result = first.take().unwrap_or_else(|| count.ok_or(Error::Internal("record access")));
            // Nobody waits any more when the asker has gone.
            let _ = waiting.send(result);
        }
    }

    pub(super) const fn is_running(&self) -> bool {
        self.running
    }
}

/// Numbers that follow each other, as first and last.
fn runs(numbers: &BTreeSet<u32>) -> VecDeque<(u32, u32)> {
    let mut runs: VecDeque<(u32, u32)> = VecDeque::new();
    for number in numbers {
        match runs.back_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push_back((*number, *number)),
        }
    }
    runs
}

fn ended_there(record: &Record, stored: &DeviceRecord) -> Option<EndedThere> {
    let RecordEvent::SessionEnded { session_id, reason, elapsed_s, max_delivered_dma } = record.event else {
        return None;
    };
    Some(EndedThere {
        device_id: stored.device_id.clone(),
        boot_id: record.boot_id,
        session_id,
        outcome: SessionOutcome::from_reason(driver::reason(reason)),
        elapsed_s: elapsed_s.into(),
        max_delivered_dma: max_delivered_dma.as_slice().iter().copied().max().unwrap_or(0),
        at_ms: stored.at_ms,
    })
}

fn stored(record: &Record, bytes: &[u8], device_id: &str, timeline: Option<Timeline>) -> DeviceRecord {
    let timeline = timeline.filter(|timeline| timeline.boot_id == record.boot_id);
    let at_ms = timeline.and_then(|timeline| {
        let ago_ms = i64::try_from(timeline.ticks.as_ms().checked_sub(record.ticks.as_ms())?).ok()?;
        timeline.at_unix_ms.checked_sub(ago_ms)
    });
    let posture_minute = match record.event {
        RecordEvent::PostureMinute {
            upright_s,
            slouched_s,
            leaning_s,
            lying_s,
            moving_s,
            not_worn_s,
            mean_pitch_ddeg,
            nudges,
        } => Some(PostureMinute {
            utc_offset_s: timeline.map_or(0, |timeline| timeline.utc_offset_s),
            seconds: PostureSeconds {
                upright_s: upright_s.into(),
                slouched_s: slouched_s.into(),
                leaning_s: leaning_s.into(),
                lying_s: lying_s.into(),
                moving_s: moving_s.into(),
                not_worn_s: not_worn_s.into(),
            },
            mean_pitch_ddeg,
            nudges,
        }),
        _ => None,
    };
    DeviceRecord {
        device_id: device_id.to_owned(),
        number: record.number,
        boot_id: record.boot_id,
        kind: bytes.get(HEAD_LEN - 1).copied().unwrap_or_default(),
        ticks_ms: record.ticks.as_ms(),
        at_ms,
        payload: bytes.get(HEAD_LEN..).unwrap_or_default().to_vec(),
        posture_minute,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u32) -> Vec<u8> {
        Record { number, boot_id: 1, ticks: Ticks::from_ms(0), event: RecordEvent::Button }.encode().to_vec()
    }

    fn done(request: u8) -> RecordReply {
        RecordReply::Done { request, result: RecordResult::Success }
    }

    fn deletes(step: Option<&Step>) -> (u32, u32) {
        match step {
            Some(Step::Request(RecordRequest::Delete(RecordFilter::Within(first, last)))) => (*first, *last),
            _ => panic!("something is to be deleted"),
        }
    }

    /// Fetches these, and gives what is deleted first.
    fn fetched(fetch: &mut RecordFetch, numbers: &[u32]) -> (u32, u32) {
        assert!(fetch.begin(None).is_some());
        for number in numbers {
            assert!(fetch.record(&record(*number), "device", None).is_none());
        }
        let Some(Step::Save(saved, _)) = fetch.reply(done(1)) else { panic!("saved first") };
        deletes(fetch.saved(saved.len(), Ok(())).as_ref())
    }

    #[test]
    fn a_record_that_was_lost_on_its_way_is_not_deleted() {
        let mut fetch = RecordFetch::default();
        assert_eq!(fetched(&mut fetch, &[1, 2, 2, 4, 5]), (1, 2));
        assert_eq!(deletes(fetch.reply(done(2)).as_ref()), (4, 5));
        assert!(fetch.reply(done(2)).is_none() && !fetch.is_running());
    }

    #[test]
    fn a_record_that_comes_after_the_end_is_saved_before_it_is_deleted() {
        let mut fetch = RecordFetch::default();
        fetch.begin(None);
        fetch.record(&record(1), "device", None);
        assert!(matches!(fetch.reply(done(1)), Some(Step::Save(..))));
        assert!(fetch.record(&record(2), "device", None).is_none());
        assert!(matches!(fetch.saved(1, Ok(())), Some(Step::Save(saved, _)) if saved.len() == 1));
        assert_eq!(deletes(fetch.saved(1, Ok(())).as_ref()), (1, 2));
        // Too late: it stays there, and comes again.
        assert!(fetch.record(&record(3), "device", None).is_none());
        assert!(fetch.reply(done(2)).is_none() && !fetch.is_running());
    }

    #[test]
    fn a_wearable_that_tells_without_end_fills_no_memory_and_loses_nothing() {
        let mut fetch = RecordFetch::default();
        fetch.begin(None);
        let most = u32::try_from(TAKEN_MAX).unwrap();
        for number in 1..=most + 1_000 {
            if let Some(Step::Save(saved, _)) = fetch.record(&record(number), "device", None) {
                assert!(fetch.saved(saved.len(), Ok(())).is_none());
            }
        }
        assert_eq!((fetch.numbers.len(), fetch.batch.len()), (TAKEN_MAX, 0));
        assert_eq!(deletes(fetch.reply(done(1)).as_ref()), (1, most));
        assert!(fetch.reply(done(2)).is_none() && !fetch.is_running());
        assert_eq!(fetched(&mut fetch, &[most + 1]), (most + 1, most + 1), "what was left there comes next");
    }

    #[tokio::test(start_paused = true)]
    async fn a_transfer_whose_end_is_lost_is_given_up() {
        let mut fetch = RecordFetch::default();
        let (waiting, fetched) = oneshot::channel();
        assert!(fetch.begin(Some(waiting)).is_some() && fetch.tick().is_none());
        tokio::time::advance(SILENT_AFTER).await;
        assert!(matches!(fetch.tick(), Some(Step::Request(RecordRequest::Abort))));
        assert!(matches!(fetched.await, Ok(Err(Error::Link(lumbra_link::LinkError::Timeout)))));
        assert!(fetch.begin(None).is_some(), "the next begins anew");
    }
}
