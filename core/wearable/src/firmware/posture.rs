//! Posture: the stream, the minute summaries and the nudges.

use lumbra_protocol::{NudgeSettings, PostureFlags, PostureFrame, PostureSample, RecordEvent, Ticks};

use crate::body::Body;

/// A frame is sent when its first sample is this old.
const FRAME_MAX_MS: u64 = 1_000;
/// Activity above this is movement.
const MOVING_ABOVE: u8 = 8;
/// Slouched, leaning: this far off, in 0.1 degree, unless the nudge threshold says otherwise.
const OFF_DDEG: i32 = 150;

#[derive(Clone, Debug)]
struct Stream {
    interval_ms: u64,
    next: u64,
    number: u32,
    first: u64,
    samples: Vec<PostureSample>,
}

/// The sensor side of the firmware.
#[derive(Clone, Debug, Default)]
pub(crate) struct Posture {
    stream: Option<Stream>,
    ready: Vec<PostureFrame>,
    capacity: usize,
    pub(crate) neutral: Option<(i16, i16)>,
    nudge: Option<NudgeSettings>,
    /// When the nudges end by themselves, in ticks.
    nudge_until: Option<u64>,
    next_second: u64,
    slouched_s: u16,
    minute: Minute,
    pub(crate) nudges: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    seconds: [u8; 6],
    pitch_sum: i32,
    worn: i32,
    nudges: u8,
}

impl Posture {
    /// Survives a reboot: what the app has set. How much of a time is left is not known afterwards, so nudges that were to end
    /// have ended.
    pub(crate) fn settings(&self) -> Self {
        let nudge = self.nudge.map(|nudge| NudgeSettings { enabled: nudge.enabled && nudge.for_s == 0, ..nudge });
        Self { neutral: self.neutral, nudge, ..Self::default() }
    }

    /// How the app wants it to nudge, from now on.
    pub(crate) fn set_nudge(&mut self, nudge: NudgeSettings, ticks: u64) {
        self.nudge = Some(nudge);
        self.nudge_until = (nudge.for_s > 0).then(|| ticks.saturating_add(u64::from(nudge.for_s) * 1_000));
    }

    /// How it nudges now.
    pub(crate) const fn nudge(&self) -> Option<NudgeSettings> {
        self.nudge
    }

    pub(crate) fn set_capacity(&mut self, max_value_len: usize) {
        self.capacity = PostureFrame::capacity(max_value_len);
    }

    pub(crate) fn start(&mut self, ticks: u64, rate_hz: u8) {
        let interval_ms = (1_000 / u64::from(rate_hz.max(1))).max(1);
        self.ready.clear();
        self.stream = Some(Stream { interval_ms, next: ticks + interval_ms, number: 0, first: 0, samples: Vec::new() });
    }

    pub(crate) fn stop(&mut self) {
        self.stream = None;
    }

    pub(crate) const fn is_streaming(&self) -> bool {
        self.stream.is_some()
    }

    pub(crate) fn take_frames(&mut self) -> Vec<PostureFrame> {
        std::mem::take(&mut self.ready)
    }

    pub(super) fn pass(&mut self, ticks: u64, body: &mut Body, body_now_ms: u64) -> Vec<RecordEvent> {
        self.stream_samples(ticks, body, body_now_ms);
        let mut events = Vec::new();
        if self.nudge_until.take_if(|until| *until <= ticks).is_some()
            && let Some(nudge) = &mut self.nudge
        {
            nudge.enabled = false;
        }
        while self.next_second <= ticks {
            self.next_second += 1_000;
            let sample = body.sample(body_now_ms);
            self.judge_second(sample);
            if self.next_second.is_multiple_of(60_000) {
                events.extend(self.end_minute());
            }
        }
        events
    }

    fn stream_samples(&mut self, ticks: u64, body: &mut Body, body_now_ms: u64) {
        let Some(stream) = &mut self.stream else { return };
        while stream.next <= ticks {
            if stream.samples.is_empty() {
                stream.first = stream.next;
            }
            stream.samples.push(body.sample(body_now_ms.saturating_sub(ticks - stream.next)));
            stream.next += stream.interval_ms;
            let old = stream.next - stream.first >= FRAME_MAX_MS;
            if old || stream.samples.len() >= self.capacity.max(1) {
                let interval_ms = u16::try_from(stream.interval_ms).unwrap_or(u16::MAX);
                let first = Ticks::from_ms(stream.first);
                self.ready.extend(PostureFrame::new(stream.number, first, interval_ms, &stream.samples));
                stream.number = stream.number.wrapping_add(1);
                stream.samples.clear();
            }
        }
    }

    fn judge_second(&mut self, sample: PostureSample) {
        let (neutral_pitch, neutral_roll) = self.neutral.unwrap_or_default();
        let pitch = i32::from(sample.pitch_ddeg) - i32::from(neutral_pitch);
        let roll = i32::from(sample.roll_ddeg) - i32::from(neutral_roll);
        let slouch = self.nudge.map_or(OFF_DDEG, |nudge| i32::from(nudge.threshold_ddeg));
        let worn = sample.flags.contains(PostureFlags::WORN);
        let class = if !worn {
            5
        } else if sample.flags.contains(PostureFlags::LYING) {
            3
        } else if sample.activity > MOVING_ABOVE {
            4
        } else if pitch > slouch {
            1
        } else if roll.abs() > OFF_DDEG || -pitch > OFF_DDEG {
            2
        } else {
            0
        };
        if let Some(seconds) = self.minute.seconds.get_mut(class) {
            *seconds += 1;
        }
        if worn {
            self.minute.pitch_sum += i32::from(sample.pitch_ddeg);
            self.minute.worn += 1;
        }
        self.slouched_s = if class == 1 { self.slouched_s.saturating_add(1) } else { 0 };
        let due = |nudge: &NudgeSettings| {
            nudge.enabled && self.slouched_s > 0 && self.slouched_s.is_multiple_of(nudge.delay_s)
        };
        if self.nudge.as_ref().is_some_and(due) {
            self.nudges += 1;
            self.minute.nudges = self.minute.nudges.saturating_add(1);
        }
    }

    fn end_minute(&mut self) -> Option<RecordEvent> {
        let minute = std::mem::take(&mut self.minute);
        let [upright_s, slouched_s, leaning_s, lying_s, moving_s, not_worn_s] = minute.seconds;
        if minute.worn == 0 {
            return None;
        }
        Some(RecordEvent::PostureMinute {
            upright_s,
            slouched_s,
            leaning_s,
            lying_s,
            moving_s,
            not_worn_s,
            mean_pitch_ddeg: i16::try_from(minute.pitch_sum / minute.worn).unwrap_or(0),
            nudges: minute.nudges,
        })
    }
}
