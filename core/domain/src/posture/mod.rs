//! Posture: calibration to what upright is for this person, judging, and counting what was lost on the way.

use serde::{Deserialize, Serialize};

use crate::units::Degrees;

/// One sample of the sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostureSample {
    /// Forward lean of the sensor against gravity.
    pub pitch: Degrees,
    /// Lean to the right of the sensor against gravity.
    pub roll: Degrees,
    /// How much the body moves, in 1/64 g.
    pub activity: u8,
    /// Whether the device is on a body.
    pub worn: bool,
    /// Whether the sensor is lying.
    pub lying: bool,
}

/// The sensor's angles when this person is upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neutral {
    /// Forward lean.
    pub pitch: Degrees,
    /// Sideways lean.
    pub roll: Degrees,
}

/// Shortest stretch of samples to calibrate from, in milliseconds. This project's choice.
pub const CALIBRATION_MS: u32 = 5_000;
/// Furthest that any sample may be from the mean, in 0.1 degree. This project's choice: breathing moves a
/// sensor on the back by about a degree.
pub const CALIBRATION_SPREAD_DDEG: i32 = 20;
/// Activity above this is movement, in 1/64 g; the profile's own figure, so that app and device agree.
pub const MOVING_ABOVE: u8 = 8;
/// Lean beyond this is not upright, in 0.1 degree; the profile's own figure.
pub const THRESHOLD_DDEG: i32 = 150;
/// Going back to upright takes this much less, in 0.1 degree, so that a posture at the edge does not
/// flicker. This project's choice.
const HYSTERESIS_DDEG: i32 = 20;

/// Why a stretch of samples can't calibrate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalibrationError {
    /// Too few samples.
    #[error("calibration needs 5 s of posture: sit or stand upright and keep still a little longer")]
    TooShort,
    /// The device is not on a body.
    #[error("the wearable isn't being worn: put it on, then calibrate")]
    NotWorn,
    /// The person is lying.
    #[error("calibration needs you upright: sit or stand, then calibrate")]
    Lying,
    /// The person moved.
    #[error("you moved during calibration: sit or stand upright, keep still, and try again")]
    Moved,
}

/// Finds the neutral posture in a stretch of samples taken `interval_ms` apart.
pub fn calibrate(samples: &[PostureSample], interval_ms: u32) -> Result<Neutral, CalibrationError> {
    let count = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    if count == 0 || u64::from(count) * u64::from(interval_ms) < u64::from(CALIBRATION_MS) {
        return Err(CalibrationError::TooShort);
    }
    if samples.iter().any(|sample| !sample.worn) {
        return Err(CalibrationError::NotWorn);
    }
    if samples.iter().any(|sample| sample.lying) {
        return Err(CalibrationError::Lying);
    }
    let mean = |angle: fn(&PostureSample) -> Degrees| {
        let sum: i64 = samples.iter().map(|sample| i64::from(angle(sample).tenths())).sum();
        i32::try_from(sum / i64::from(count)).unwrap_or(0)
    };
    let (pitch, roll) = (mean(|sample| sample.pitch), mean(|sample| sample.roll));
    let still = samples.iter().all(|sample| {
        sample.activity <= MOVING_ABOVE
            && (i32::from(sample.pitch.tenths()) - pitch).abs() <= CALIBRATION_SPREAD_DDEG
            && (i32::from(sample.roll.tenths()) - roll).abs() <= CALIBRATION_SPREAD_DDEG
    });
    if !still {
        return Err(CalibrationError::Moved);
    }
    let degrees = |tenths| Degrees::from_tenths(i16::try_from(tenths).unwrap_or(0));
    Ok(Neutral { pitch: degrees(pitch), roll: degrees(roll) })
}

/// How the person sits, stands or lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Posture {
    /// Upright.
    Upright,
    /// Slouched forward.
    Slouched,
    /// Leaning sideways or back.
    Leaning,
    /// Lying.
    Lying,
    /// Moving.
    Moving,
    /// The device is not worn.
    NotWorn,
}

impl Posture {
    /// As it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upright => "upright",
            Self::Slouched => "slouched",
            Self::Leaning => "leaning",
            Self::Lying => "lying",
            Self::Moving => "moving",
            Self::NotWorn => "not_worn",
        }
    }

    /// Judges a sample against the neutral posture; `before` is the judgement of the sample before.
    pub fn judge(sample: &PostureSample, neutral: Neutral, before: Option<Self>) -> Self {
        if !sample.worn {
            return Self::NotWorn;
        }
        if sample.lying {
            return Self::Lying;
        }
        if sample.activity > MOVING_ABOVE {
            return Self::Moving;
        }
        let off = |angle: Degrees, neutral: Degrees| i32::from(angle.tenths()) - i32::from(neutral.tenths());
        let (pitch, roll) = (off(sample.pitch, neutral.pitch), off(sample.roll, neutral.roll));
        let threshold = |posture| THRESHOLD_DDEG - if before == Some(posture) { HYSTERESIS_DDEG } else { 0 };
        if pitch > threshold(Self::Slouched) {
            Self::Slouched
        } else if roll.abs() > threshold(Self::Leaning) || -pitch > threshold(Self::Leaning) {
            Self::Leaning
        } else {
            Self::Upright
        }
    }
}

/// What a numbered frame is, beside those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameOrder {
    /// The next one.
    Next,
    /// Frames before it are missing.
    AfterGap {
        /// The first missing number.
        first: u32,
        /// The last missing number.
        last: u32,
    },
    /// Seen already, or overtaken: to be dropped.
    Old,
}

/// Counts numbered frames of one stream, so that nothing is lost unnoticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCounter {
    next: u32,
    /// Frames that came.
    pub received: u64,
    /// Frames that did not.
    pub lost: u64,
}

impl FrameCounter {
    /// A new stream begins, with number 0; the counts go on.
    pub const fn restart(&mut self) {
        self.next = 0;
    }

    /// Takes the next frame's number.
    pub fn take(&mut self, number: u32) -> FrameOrder {
        if number < self.next {
            return FrameOrder::Old;
        }
        let first = self.next;
        self.received += 1;
        self.lost += u64::from(number - first);
        self.next = number.saturating_add(1);
        if number == first { FrameOrder::Next } else { FrameOrder::AfterGap { first, last: number - 1 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pitch_ddeg: i16, roll_ddeg: i16) -> PostureSample {
        PostureSample {
            pitch: Degrees::from_tenths(pitch_ddeg),
            roll: Degrees::from_tenths(roll_ddeg),
            activity: 0,
            worn: true,
            lying: false,
        }
    }

    const NEUTRAL: Neutral = Neutral { pitch: Degrees::from_tenths(50), roll: Degrees::from_tenths(-10) };

    #[test]
    fn calibration_finds_the_mean_of_a_still_stretch() {
        let samples: Vec<_> = (0..132).map(|index| sample(45 + index % 11, -10)).collect();
        assert_eq!(calibrate(&samples, 40), Ok(NEUTRAL));
    }

    #[test]
    fn calibration_says_what_is_wrong() {
        let still = vec![sample(50, 0); 125];
        let changed = |change: fn(&mut PostureSample)| {
            let mut samples = still.clone();
            change(&mut samples[60]);
            calibrate(&samples, 40).unwrap_err()
        };
        assert_eq!(calibrate(&still[..124], 40), Err(CalibrationError::TooShort));
        assert_eq!(calibrate(&[], 0), Err(CalibrationError::TooShort));
        assert_eq!(changed(|sample| sample.worn = false), CalibrationError::NotWorn);
        assert_eq!(changed(|sample| sample.lying = true), CalibrationError::Lying);
        assert_eq!(changed(|sample| sample.activity = 9), CalibrationError::Moved);
        assert_eq!(changed(|sample| sample.pitch = Degrees::from_tenths(75)), CalibrationError::Moved);
    }

    #[test]
    fn each_posture_is_told_from_the_others() {
        let judge = |sample: PostureSample| Posture::judge(&sample, NEUTRAL, None);
        assert_eq!(judge(sample(50, -10)), Posture::Upright);
        assert_eq!(judge(sample(201, -10)), Posture::Slouched);
        assert_eq!(judge(sample(50, 141)), Posture::Leaning);
        assert_eq!(judge(sample(-101, -10)), Posture::Leaning);
        assert_eq!(judge(PostureSample { lying: true, ..sample(900, 0) }), Posture::Lying);
        assert_eq!(judge(PostureSample { activity: 30, ..sample(300, 0) }), Posture::Moving);
        assert_eq!(judge(PostureSample { worn: false, lying: true, ..sample(0, 0) }), Posture::NotWorn);
    }

    #[test]
    fn a_posture_at_the_edge_does_not_flicker() {
        let edge = sample(190, -10);
        assert_eq!(Posture::judge(&edge, NEUTRAL, Some(Posture::Upright)), Posture::Upright);
        assert_eq!(Posture::judge(&edge, NEUTRAL, Some(Posture::Slouched)), Posture::Slouched);
        assert_eq!(Posture::judge(&sample(179, -10), NEUTRAL, Some(Posture::Slouched)), Posture::Upright);
    }

    #[test]
    fn extreme_angles_do_not_overflow() {
        let neutral = Neutral { pitch: Degrees::from_tenths(i16::MIN), roll: Degrees::from_tenths(i16::MAX) };
        assert_eq!(Posture::judge(&sample(i16::MAX, i16::MIN), neutral, None), Posture::Slouched);
    }

    #[test]
    fn gaps_repetitions_and_late_frames_are_noticed() {
        let mut counter = FrameCounter::default();
        assert_eq!(counter.take(0), FrameOrder::Next);
        assert_eq!(counter.take(3), FrameOrder::AfterGap { first: 1, last: 2 });
        assert_eq!(counter.take(3), FrameOrder::Old);
        assert_eq!(counter.take(2), FrameOrder::Old);
        assert_eq!(counter.take(4), FrameOrder::Next);
        assert_eq!((counter.received, counter.lost), (3, 2));
        counter.restart();
        assert_eq!(counter.take(0), FrameOrder::Next);
        assert_eq!(counter.take(u32::MAX), FrameOrder::AfterGap { first: 1, last: u32::MAX - 1 });
        assert_eq!(counter.take(u32::MAX), FrameOrder::Next, "the last number repeats at the end of the range");
    }
}
