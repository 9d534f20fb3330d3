//! The device's stored records: fetched, stored safely, and only then acknowledged.

use lumbra_domain::therapy::SessionOutcome;
use lumbra_protocol::{Record, RecordEvent, RecordFilter, RecordReply, RecordRequest, RecordResult, Ticks};
use lumbra_store::{DeviceRecord, PostureMinute, PostureSeconds};
use tokio::sync::oneshot;

use crate::driver;
use crate::error::Error;

/// So many records are handed to the store at once.
const BATCH: usize = 64;
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

/// One fetch after the other. The device's report may be as long as its memory: it is saved in batches, and
/// deleted there once, up to the highest number that is safe here.
// Who asked, and how far the transfer is: independent facts.
#[allow(clippy::struct_excessive_bools)]
#[derive(Default)]
pub(super) struct RecordFetch {
    running: bool,
    batch: Vec<DeviceRecord>,
    ended: Vec<EndedThere>,
    highest: u32,
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
        Some(Step::Request(RecordRequest::Report(RecordFilter::All)))
    }

    /// A record has come.
    pub(super) fn record(&mut self, bytes: &[u8], device_id: &str, timeline: Option<Timeline>) -> Option<Step> {
        let Ok(record) = Record::decode(bytes) else {
            tracing::warn!("a record of the wearable can't be read");
            return None;
        };
        if !self.running {
            return None;
        }
        self.highest = self.highest.max(record.number);
        let stored = stored(&record, bytes, device_id, timeline);
        self.ended.extend(ended_there(&record, &stored));
        self.batch.push(stored);
        self.count += 1;
        (self.batch.len() >= BATCH).then(|| self.save())
    }

    /// The device has answered a request.
    pub(super) fn reply(&mut self, reply: RecordReply) -> Option<Step> {
        let RecordReply::Done { request, result } = reply else { return None };
        match (request, result) {
            (1, RecordResult::Success) if self.running => {
                self.reported = true;
                if self.batch.is_empty() { self.after_save() } else { Some(self.save()) }
            }
            (2, _) if self.deleting => {
                self.end(Ok(self.count));
                None
            }
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
        let done = self.running && self.reported && self.unsaved == 0 && self.batch.is_empty() && !self.deleting;
        if !done {
            return None;
        }
        if self.highest == 0 {
            self.end(Ok(0));
            return None;
        }
        self.deleting = true;
        Some(Step::Request(RecordRequest::Delete(RecordFilter::UpTo(self.highest))))
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
