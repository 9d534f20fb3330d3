//! Calibration: what upright is for this person, and how well that is known.

use serde::Serialize;

use super::mounting::{Reference, Turn};
use super::sample::{MOVING_ABOVE, Neutral, PostureSample, degrees, wrapped_ddeg};
use crate::units::Degrees;

/// Shortest stretch of samples to calibrate from, in milliseconds. This project's choice.
pub const CALIBRATION_MS: u32 = 5_000;
/// Furthest that any sample may be from the mean, in 0.1 degree. This project's choice: breathing moves a
/// sensor on the back by about a degree.
pub const CALIBRATION_SPREAD_DDEG: i32 = 20;
/// Furthest that the last third may be from the first, in 0.1 degree. This project's choice: whoever sinks slowly stays
/// within the spread, and would be calibrated to where they had not arrived yet.
pub const CALIBRATION_DRIFT_DDEG: i32 = 10;
/// Furthest that the sensor may be tilted when the person is upright, in 0.1 degree, either way up. This project's choice:
/// beyond it a lean shows in both angles, and the lying flag comes early.
pub const CALIBRATION_TILT_DDEG: i32 = 450;

/// Why a stretch of samples can't calibrate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalibrationError {
    /// Too few samples.
    #[error("calibration needs 5 s of posture: sit or stand upright and keep still a little longer")]
    TooShort,
    /// The device is not on a body.
    #[error("the wearable isn't being worn: put it on, then calibrate")]
    NotWorn,
    /// The person is lying, or the sensor sits across.
    #[error(
        "calibration needs you upright, and the wearable along your back, not across: sit or stand, then calibrate"
    )]
    Lying,
    /// The person moved.
    #[error("you moved during calibration: sit or stand upright, keep still, and try again")]
    Moved,
    /// The person sank or rose slowly.
    #[error("your posture changed slowly during calibration: find your upright posture first, then try again")]
    Drifted,
    /// The sensor is far from both ways up.
    #[error("the wearable sits too far from straight: put it on along your back, then calibrate")]
    Tilted,
}

/// How good a calibration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quality {
    /// How many samples it is from.
    pub samples: u32,
    /// Furthest that any of them was from their mean, in either angle.
    pub spread: Degrees,
    /// How far the last third was from the first, in the angle that changed more.
    pub drift: Degrees,
}

/// A calibration as a word, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// As still as breathing lets anyone be.
    Good,
    /// Usable; doing it once more may help.
    Fair,
}

impl Quality {
    /// In a word: good is at most half of what is allowed, for spread and drift alike.
    pub fn grade(self) -> Grade {
        let within_half = |value: Degrees, most: i32| i32::from(value.tenths()) * 2 <= most;
        if within_half(self.spread, CALIBRATION_SPREAD_DDEG) && within_half(self.drift, CALIBRATION_DRIFT_DDEG) {
            Grade::Good
        } else {
            Grade::Fair
        }
    }
}

/// What a calibration has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calibrated {
    /// What judging needs to know.
    pub reference: Reference,
    /// How well it is known.
    pub quality: Quality,
}

/// A stretch in which a person held one posture.
pub(super) struct Stretch {
    neutral: Neutral,
    quality: Quality,
}

impl Stretch {
    /// Measures samples taken `interval_ms` apart, or says why no posture was held.
    pub(super) fn measure(samples: &[PostureSample], interval_ms: u32) -> Result<Self, CalibrationError> {
        let count = u32::try_from(samples.len()).unwrap_or(u32::MAX);
        let Some(first) = samples.first() else { return Err(CalibrationError::TooShort) };
        if u64::from(count) * u64::from(interval_ms) < u64::from(CALIBRATION_MS) {
            return Err(CalibrationError::TooShort);
        }
        if samples.iter().any(|sample| !sample.worn) {
            return Err(CalibrationError::NotWorn);
        }
        if samples.iter().any(|sample| sample.lying) {
            return Err(CalibrationError::Lying);
        }
        if samples.iter().any(|sample| sample.activity > MOVING_ABOVE) {
            return Err(CalibrationError::Moved);
        }
        let pitch = Spread::of(samples, first.pitch, |sample| sample.pitch);
        let roll = Spread::of(samples, first.roll, |sample| sample.roll);
        let (spread_ddeg, drift_ddeg) =
            (pitch.furthest_ddeg.max(roll.furthest_ddeg), pitch.drift_ddeg.max(roll.drift_ddeg));
        if spread_ddeg > CALIBRATION_SPREAD_DDEG {
            return Err(CalibrationError::Moved);
        }
        if drift_ddeg > CALIBRATION_DRIFT_DDEG {
            return Err(CalibrationError::Drifted);
        }
        Ok(Self {
            neutral: Neutral { pitch: degrees(pitch.mean_ddeg), roll: degrees(roll.mean_ddeg) },
            quality: Quality { samples: count, spread: degrees(spread_ddeg), drift: degrees(drift_ddeg) },
        })
    }

    /// A sample in the middle of it.
    pub(super) const fn middle(&self) -> PostureSample {
        let Neutral { pitch, roll } = self.neutral;
        PostureSample { pitch, roll, activity: 0, worn: true, lying: false }
    }
}

/// How one angle is spread over the samples, in 0.1 degree.
#[expect(clippy::struct_field_names, reason = "the unit ends the name")]
struct Spread {
    mean_ddeg: i32,
    furthest_ddeg: i32,
    drift_ddeg: i32,
}

impl Spread {
    /// Everything is measured from the first sample, so that a sensor that is upside down, at half a turn, is no
    /// different from any other.
    fn of(samples: &[PostureSample], first: Degrees, angle: fn(&PostureSample) -> Degrees) -> Self {
        let from_first =
            |sample: &PostureSample| wrapped_ddeg(i32::from(angle(sample).tenths()) - i32::from(first.tenths()));
        let mean = |samples: &[PostureSample]| {
            let sum: i64 = samples.iter().map(|sample| i64::from(from_first(sample))).sum();
            let count = i64::try_from(samples.len()).unwrap_or(i64::MAX).max(1);
            // Rounded; a mean of tenths from -1,800 to 1,800 is one.
            i32::try_from((2 * sum + count).div_euclid(2 * count)).unwrap_or(0)
        };
        let middle = mean(samples);
        let third = samples.len() / 3;
        let begin = samples.get(..third).unwrap_or_default();
        let end = samples.get(samples.len() - third..).unwrap_or_default();
        Self {
            mean_ddeg: wrapped_ddeg(i32::from(first.tenths()) + middle),
            furthest_ddeg: samples.iter().map(|sample| (from_first(sample) - middle).abs()).max().unwrap_or(0),
            drift_ddeg: (mean(end) - mean(begin)).abs(),
        }
    }
}

/// Finds the neutral posture in a stretch of samples taken `interval_ms` apart. `turn` is where the sensor's face is known
/// to point: an upright person does not tell.
pub fn calibrate(samples: &[PostureSample], interval_ms: u32, turn: Turn) -> Result<Calibrated, CalibrationError> {
    let Stretch { neutral, quality } = Stretch::measure(samples, interval_ms)?;
    let reference = Reference::new(neutral, turn);
    let upright = reference.mounting.to_body(neutral.pitch.tenths().into(), neutral.roll.tenths().into());
    if upright.forward_ddeg.abs().max(upright.right_ddeg.abs()) > CALIBRATION_TILT_DDEG {
        return Err(CalibrationError::Tilted);
    }
    Ok(Calibrated { reference, quality })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    fn outcome(samples: &[PostureSample]) -> Result<(i16, i16), CalibrationError> {
        calibrate(samples, 40, Turn::Ahead)
            .map(|found| (found.reference.neutral.pitch.tenths(), found.reference.neutral.roll.tenths()))
    }

    #[test]
    fn calibration_finds_the_mean_of_a_still_stretch() {
        let samples: Vec<_> = (0..132).map(|index| sample(45 + index % 11, -10)).collect();
        let found = calibrate(&samples, 40, Turn::Ahead).unwrap();
        assert_eq!((found.reference.neutral.pitch.tenths(), found.reference.neutral.roll.tenths()), (50, -10));
        assert_eq!(found.quality, Quality { samples: 132, spread: degrees(5), drift: degrees(0) });
        assert_eq!(found.quality.grade(), Grade::Good);
    }

    #[test]
    fn a_restless_stretch_is_fair() {
        let samples: Vec<_> = (0..125).map(|index| sample(if index % 2 == 0 { 35 } else { 65 }, 0)).collect();
        let quality = calibrate(&samples, 40, Turn::Ahead).unwrap().quality;
        assert_eq!((quality.spread.tenths(), quality.grade()), (15, Grade::Fair));
    }

    #[test]
    fn a_sensor_upside_down_is_calibrated_across_the_half_turn() {
        let samples: Vec<_> =
            (0..125).map(|index| sample(if index % 2 == 0 { 1_796 } else { -1_796 }, -1_790)).collect();
        let found = calibrate(&samples, 40, Turn::Ahead).unwrap();
        assert!(found.reference.mounting.upside_down);
        assert_eq!(found.quality.spread.tenths(), 4);
    }

    #[test]
    fn calibration_says_what_is_wrong() {
        let still = vec![sample(50, 0); 125];
        let changed = |change: fn(&mut PostureSample)| {
            let mut samples = still.clone();
            change(&mut samples[60]);
            outcome(&samples).unwrap_err()
        };
        assert_eq!(outcome(&still[..124]), Err(CalibrationError::TooShort));
        assert_eq!(calibrate(&[], 0, Turn::Ahead).unwrap_err(), CalibrationError::TooShort);
        assert_eq!(changed(|sample| sample.worn = false), CalibrationError::NotWorn);
        assert_eq!(changed(|sample| sample.lying = true), CalibrationError::Lying);
        assert_eq!(changed(|sample| sample.activity = 9), CalibrationError::Moved);
        assert_eq!(changed(|sample| sample.pitch = Degrees::from_tenths(75)), CalibrationError::Moved);
        let sinking: Vec<_> = (0..125).map(|index| sample(50 + index / 5, 0)).collect();
        assert_eq!(outcome(&sinking), Err(CalibrationError::Drifted));
        assert_eq!(outcome(&[sample(0, 470); 125]), Err(CalibrationError::Tilted));
        assert_eq!(outcome(&[sample(-1_300, 1_790); 125]), Err(CalibrationError::Tilted));
    }

    proptest! {
        /// Whatever else the samples are: one that moves is enough.
        #[test]
        fn no_moving_stretch_calibrates(
            pitch in -400_i16..400, noise in prop::collection::vec(-8_i16..8, 125..200),
            at in any::<prop::sample::Index>(), jump in 30_i16..900, activity in 9_u8.., by_jump in any::<bool>(),
        ) {
            let mut samples: Vec<_> = noise.iter().map(|noise| sample(pitch + noise, *noise)).collect();
            prop_assert!(outcome(&samples).is_ok());
            let moved = at.get(&samples);
            let moved = if by_jump {
                sample(moved.pitch.tenths() + jump, moved.roll.tenths())
            } else {
                PostureSample { activity, ..*moved }
            };
            let index = at.index(samples.len());
            samples[index] = moved;
            prop_assert_eq!(outcome(&samples), Err(CalibrationError::Moved));
        }

        #[test]
        fn what_calibrates_is_near_every_sample(samples in prop::collection::vec((-1_800_i16..=1_800, -60_i16..60), 125..130)) {
            let samples: Vec<_> = samples.iter().map(|(pitch, roll)| sample(pitch / 100, *roll)).collect();
            if let Ok((pitch, roll)) = outcome(&samples) {
                let near = |angle: Degrees, mean: i16| (angle.tenths() - mean).abs() <= 20;
                prop_assert!(samples.iter().all(|sample| near(sample.pitch, pitch) && near(sample.roll, roll)));
            }
        }
    }
}
