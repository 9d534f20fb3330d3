//! The posture stream: counted, judged, and handed to the store in chunks.

use lumbra_domain::posture::{FrameCounter, FrameOrder, Neutral, Posture, PostureSample};
use lumbra_protocol::PostureFrame;
use lumbra_store::{PostureChunk, PostureGap};
use tokio::sync::oneshot;

use super::Collected;
use crate::driver;
use crate::snapshot::PostureSnapshot;

/// A chunk is handed to the store when it spans this long, in milliseconds.
const CHUNK_MS: u64 = 10_000;

/// Where a frame belongs.
pub(super) struct Origin<'a> {
    pub(super) device_id: &'a str,
    pub(super) boot_id: u32,
    pub(super) now_unix_ms: i64,
    pub(super) utc_offset_s: i32,
}

/// Everything known of the stream.
#[derive(Default)]
pub(super) struct PostureStream {
    counter: FrameCounter,
    samples: u64,
    last: Option<PostureSample>,
    judged: Option<Posture>,
    pub(super) neutral: Option<Neutral>,
    chunk: Option<PostureChunk>,
    gaps: Vec<PostureGap>,
    collecting: Option<(usize, oneshot::Sender<Collected>, Vec<PostureSample>)>,
}

impl PostureStream {
    /// A new stream begins with frame 0.
    pub(super) fn restart(&mut self) {
        self.counter.restart();
    }

    pub(super) fn collect(&mut self, count: usize, reply: oneshot::Sender<Collected>) {
        self.collecting = Some((count, reply, Vec::new()));
    }

    /// Takes a frame; gives what is ready for the store.
    pub(super) fn take(
        &mut self,
        frame: &PostureFrame,
        origin: &Origin<'_>,
    ) -> Option<(Vec<PostureChunk>, Vec<PostureGap>)> {
        let order = self.counter.take(frame.number);
        if order == FrameOrder::Old {
            return None;
        }
        let mut full = Vec::new();
        if let FrameOrder::AfterGap { first, last } = order {
            self.gaps.push(PostureGap {
                device_id: origin.device_id.to_owned(),
                boot_id: origin.boot_id,
                from_frame: first,
                to_frame: last,
                at_ms: origin.now_unix_ms,
            });
        }
        self.judge(frame);
        let fits = self.chunk.as_ref().is_some_and(|chunk| {
            order == FrameOrder::Next && chunk.boot_id == origin.boot_id && chunk.interval_ms == frame.interval_ms
        });
        if !fits {
            full.extend(self.chunk.take());
        }
        let chunk = self.chunk.get_or_insert_with(|| PostureChunk {
            device_id: origin.device_id.to_owned(),
            boot_id: origin.boot_id,
            first_frame: frame.number,
            frame_count: 0,
            first_ticks_ms: frame.ticks.as_ms(),
            // The first sample was taken as long before the last as the frame spans.
            first_at_ms: origin.now_unix_ms
                - i64::from(frame.interval_ms) * i64::try_from(frame.samples().len()).unwrap_or(0),
            utc_offset_s: origin.utc_offset_s,
            interval_ms: frame.interval_ms,
            samples: Vec::new(),
        });
        chunk.frame_count += 1;
        chunk.samples.extend(frame.samples().iter().map(|sample| lumbra_store::PostureSample {
            pitch_ddeg: sample.pitch_ddeg,
            roll_ddeg: sample.roll_ddeg,
            activity: sample.activity,
            flags: sample.flags.0,
        }));
        let spans_ms = u64::from(chunk.interval_ms) * u64::try_from(chunk.samples.len()).unwrap_or(u64::MAX);
        if spans_ms >= CHUNK_MS {
            full.extend(self.chunk.take());
        }
        if full.is_empty() { None } else { Some((full, std::mem::take(&mut self.gaps))) }
    }

    /// Everything that is not with the store yet.
    pub(super) fn flush(&mut self) -> Option<(Vec<PostureChunk>, Vec<PostureGap>)> {
        let chunks: Vec<_> = self.chunk.take().into_iter().collect();
        let gaps = std::mem::take(&mut self.gaps);
        if chunks.is_empty() && gaps.is_empty() { None } else { Some((chunks, gaps)) }
    }

    fn judge(&mut self, frame: &PostureFrame) {
        for sample in frame.samples() {
            let sample = driver::judged_sample(*sample);
            self.samples += 1;
            self.last = Some(sample);
            self.judged = self.neutral.map(|neutral| Posture::judge(&sample, neutral, self.judged));
            if let Some((_, _, collected)) = &mut self.collecting {
                collected.push(sample);
            }
        }
        let interval_ms = u32::from(frame.interval_ms);
        if let Some((_, reply, collected)) =
            self.collecting.take_if(|(wanted, _, collected)| collected.len() >= *wanted)
        {
            // Nobody waits any more when the calibration was given up.
            let _ = reply.send((collected, interval_ms));
        }
    }

    /// What a shell shows; absent before the first sample.
    pub(super) fn snapshot(&self) -> Option<PostureSnapshot> {
        self.last.map(|last| PostureSnapshot {
            pitch_deg: last.pitch.as_f64(),
            roll_deg: last.roll.as_f64(),
            judged: self.judged.map(Posture::as_str),
            samples: self.samples,
            frames: self.counter.received,
            lost_frames: self.counter.lost,
        })
    }
}
