//! The posture stream: counted, judged, and handed to the store in chunks.

use lumbra_domain::posture::{
    Coach, CoachEffect, FrameCounter, FrameOrder, Heard, Judge, Posture, PostureSample, PostureSettings, Reference,
};
use lumbra_protocol::PostureFrame;
use lumbra_store::{PostureChunk, PostureGap};
use tokio::sync::oneshot;

use super::Collected;
use crate::driver;
use crate::posture::local_time;
use crate::snapshot::PostureSnapshot;

/// A chunk is handed to the store when it spans this long, in milliseconds. Each costs a page of 4 KiB in the database's log, however
/// little is in it; what is not handed over yet is lost with the process.
const CHUNK_MS: u64 = 20_000;

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
    /// The newest frame's number, and its ticks in milliseconds.
    newest: Option<(u32, u64)>,
    samples: u64,
    last: Option<PostureSample>,
    pub(super) reference: Option<Reference>,
    /// What the person has chosen; the default holds until they have.
    chosen: Option<PostureSettings>,
    /// The boot whose clock the judge and the coach go by.
    boot_id: Option<u32>,
    judge: Judge,
    coach: Coach,
    effects: Vec<CoachEffect>,
    chunk: Option<PostureChunk>,
    gaps: Vec<PostureGap>,
    collecting: Option<(usize, oneshot::Sender<Collected>, Vec<PostureSample>)>,
}

impl PostureStream {
    pub(super) fn new(reference: Option<Reference>, chosen: Option<PostureSettings>) -> Self {
        Self { reference, chosen, ..Self::default() }
    }

    /// What upright is from now on: what was judged before says nothing of it.
    pub(super) fn set_reference(&mut self, reference: Reference) {
        self.reference = Some(reference);
        self.judge.restart();
    }

    /// How the person wants to be watched from now on.
    pub(super) const fn choose(&mut self, settings: PostureSettings) {
        self.chosen = Some(settings);
    }

    /// What the person has chosen, if they ever have.
    pub(super) const fn chosen(&self) -> Option<PostureSettings> {
        self.chosen
    }

    /// What the coach wants done since it was last asked.
    pub(super) fn take_effects(&mut self) -> Vec<CoachEffect> {
        std::mem::take(&mut self.effects)
    }

    /// A stream ends with its link: what comes on the next one is another, perhaps of another boot.
    pub(super) fn link_lost(&mut self) {
        self.counter.restart();
        self.newest = None;
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
        // A stream that is begun anew begins with number 0. When it does is told by the frames, not by the order: frames of
        // the one before may be on their way still.
        let ticks_ms = frame.ticks.as_ms();
        if self.newest.is_some_and(|(_, newest_ms)| ticks_ms <= newest_ms) {
            return None;
        }
        let another = self.newest.is_some_and(|(number, _)| frame.number <= number);
        if another {
            self.counter.restart();
        }
        let order = self.counter.take(frame.number);
        if order == FrameOrder::Old {
            return None;
        }
        self.newest = Some((frame.number, ticks_ms));
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
        self.judge(frame, origin);
        let fits = self.chunk.as_ref().is_some_and(|chunk| {
            !another
                && order == FrameOrder::Next
                && chunk.boot_id == origin.boot_id
                && chunk.interval_ms == frame.interval_ms
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
            first_at_ms: origin
                .now_unix_ms
                .saturating_sub(i64::from(frame.interval_ms) * i64::try_from(frame.samples().len()).unwrap_or(0)),
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

    fn judge(&mut self, frame: &PostureFrame, origin: &Origin<'_>) {
        if self.boot_id.replace(origin.boot_id) != Some(origin.boot_id) {
            // Another boot's clock: what lasted by the one before is not known to have.
            self.judge.restart();
            self.coach.restart();
        }
        let settings = self.chosen.unwrap_or_default();
        let local = local_time(origin.now_unix_ms, origin.utc_offset_s);
        let mut at_ms = frame.ticks.as_ms();
        for sample in frame.samples() {
            let sample = driver::judged_sample(*sample);
            self.samples += 1;
            self.last = Some(sample);
            if let Some(reference) = self.reference {
                let posture = self.judge.take(sample, at_ms, reference, settings.sensitivity);
                let (coach, effects) = self.coach.step(&settings, Heard { posture, at_ms, local });
                self.coach = coach;
                self.effects.extend(effects);
            }
            at_ms = at_ms.saturating_add(u64::from(frame.interval_ms));
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
            judged: self.judge.judged().map(Posture::as_str),
            samples: self.samples,
            frames: self.counter.received,
            lost_frames: self.counter.lost,
        })
    }
}

#[cfg(test)]
mod tests {
    use lumbra_protocol::Ticks;

    use super::*;

    const ORIGIN: Origin<'_> = Origin { device_id: "device", boot_id: 1, now_unix_ms: 0, utc_offset_s: 0 };

    fn take(stream: &mut PostureStream, number: u32, ticks_ms: u64) -> Vec<PostureChunk> {
        let samples = [lumbra_protocol::PostureSample::default()];
        let frame = PostureFrame::new(number, Ticks::from_ms(ticks_ms), 40, &samples).unwrap();
        stream.take(&frame, &ORIGIN).map(|(chunks, _)| chunks).unwrap_or_default()
    }

    #[test]
    fn a_stream_that_is_begun_anew_loses_nothing_to_a_frame_of_the_one_before() {
        let mut stream = PostureStream::default();
        for number in 0..50 {
            assert_eq!(take(&mut stream, number, 1_000 + u64::from(number) * 1_000), []);
        }
        // The new one begins; the frame before it had been on its way.
        let before = take(&mut stream, 0, 51_200);
        assert_eq!(before.iter().map(|chunk| chunk.frame_count).collect::<Vec<_>>(), [50], "a chunk is of one stream");
        take(&mut stream, 1, 52_200);
        // Overtaken, and repeated: neither is another stream.
        take(&mut stream, 49, 50_000);
        take(&mut stream, 1, 52_200);
        let (received, lost) = (stream.counter.received, stream.counter.lost);
        assert_eq!((received, lost), (52, 0));
        take(&mut stream, 3, 54_200);
        assert_eq!(stream.counter.lost, 1);
        // Another boot's ticks are lower.
        stream.link_lost();
        take(&mut stream, 0, 10);
        assert_eq!((stream.counter.received, stream.counter.lost), (54, 1));
    }
}
