//! Movement told from stillness on public data: `BasicMotions` of the UEA archive, four students with a smart watch who stand,
//! walk, run and play badminton, ten samples a second.
//!
//! It is the only labelled set found inside a package of the registries (`aeon/datasets/data/BasicMotions` in the wheel of
//! `aeon`); it is named on the command line, not kept here. It says something of one class alone: gravity was taken out of
//! its acceleration, so it has no lean, and a wrist moves more than a back.

use std::path::Path;

use lumbra::domain::posture::{Judge, Neutral, Posture, PostureSample, Reference, Sensitivity, Turn};
use lumbra::domain::units::Degrees;

use crate::BenchError;

/// Time between samples in milliseconds.
const INTERVAL_MS: u64 = 100;
/// The samples over which a deviation is taken: a second.
const WINDOW: usize = 10;
/// An activity of 1 in m/s2: 1/64 g.
const UNIT_M_PER_S2: f64 = 9.806_65 / 64.0;

/// Counts of samples: by truth (still, moving), then by judgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) still_as_still: u64,
    pub(crate) still_as_moving: u64,
    pub(crate) moving_as_still: u64,
    pub(crate) moving_as_moving: u64,
}

/// Judges every series of a file in the archive's `.ts` format.
pub(crate) fn judge(file: &Path) -> Result<Counts, BenchError> {
    let text = std::fs::read_to_string(file)?;
    let mut counts = Counts::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '@'])) {
        let (dimensions, label) = line.rsplit_once(':').ok_or(BenchError::Broken("a series without its class"))?;
        let axes = dimensions.split(':').take(3).map(numbers).collect::<Result<Vec<_>, _>>()?;
        let [x, y, z] = axes.as_slice() else { return Err(BenchError::Broken("a series with fewer than three axes")) };
        let motion: Vec<[f64; 3]> = x.iter().zip(y).zip(z).map(|((x, y), z)| [*x, *y, *z]).collect();
        for judged in judge_series(&motion) {
            let count = match (label == "Standing", judged == Posture::Moving) {
                (true, false) => &mut counts.still_as_still,
                (true, true) => &mut counts.still_as_moving,
                (false, false) => &mut counts.moving_as_still,
                (false, true) => &mut counts.moving_as_moving,
            };
            *count += 1;
        }
    }
    Ok(counts)
}

fn numbers(text: &str) -> Result<Vec<f64>, BenchError> {
    text.split(',')
        .map(|number| number.trim().parse().map_err(|_| BenchError::Broken("something that is not a number")))
        .collect()
}

/// The judgements of a series, one for each sample once there is a second of it.
fn judge_series(motion: &[[f64; 3]]) -> Vec<Posture> {
    let level = Degrees::ZERO;
    let reference = Reference::new(Neutral { pitch: level, roll: level }, Turn::Ahead);
    let mut judge = Judge::default();
    let moments = (0..).step_by(usize::try_from(INTERVAL_MS).unwrap_or(1));
    motion
        .windows(WINDOW)
        .zip(moments)
        .map(|(window, at_ms)| {
            let sample =
                PostureSample { pitch: level, roll: level, activity: activity(window), worn: true, lying: false };
            judge.take(sample, at_ms, reference, Sensitivity::Medium)
        })
        .collect()
}

/// The mean absolute deviation of acceleration, as PROFILE.md has it.
fn activity(window: &[[f64; 3]]) -> u8 {
    #[expect(clippy::cast_precision_loss, reason = "ten samples")]
    let count = window.len().max(1) as f64;
    let mut mean = [0.0; 3];
    for sample in window {
        for (sum, value) in mean.iter_mut().zip(sample) {
            *sum += value / count;
        }
    }
    let off = |sample: &[f64; 3]| {
        sample.iter().zip(mean).map(|(value, mean)| (value - mean) * (value - mean)).sum::<f64>().sqrt()
    };
    let deviation = window.iter().map(off).sum::<f64>() / count / UNIT_M_PER_S2;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let activity = deviation.round().clamp(0.0, 255.0) as u8;
    activity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shaken_sensor_moves_and_one_at_rest_does_not() {
        let shaken: Vec<_> = (0..100).map(|index| [if index % 2 == 0 { 3.0 } else { -3.0 }, 0.0, 0.0]).collect();
        assert_eq!(activity(&shaken[..10]), 20);
        assert!(judge_series(&shaken).iter().all(|judged| *judged == Posture::Moving));
        let constant = vec![[5.0, 1.0, 9.8]; 100];
        assert_eq!(activity(&constant[..10]), 0);
        assert_eq!(judge_series(&constant), [Posture::Upright; 91]);
    }

    #[test]
    fn a_file_of_series_is_counted_by_its_classes() {
        let dir = tempfile::tempdir().unwrap();
        let series = |value: &str, label: &str| {
            let axis = [value; 12].join(",");
            format!("{axis}:{axis}:{axis}:{label}\n")
        };
        let file = dir.path().join("some.ts");
        std::fs::write(&file, format!("#words\n@data\n{}{}", series("0.1", "Standing"), series("1", "Walking")))
            .unwrap();
        let counts = judge(&file).unwrap();
        assert_eq!(counts, Counts { still_as_still: 3, moving_as_still: 3, ..Counts::default() });
        for broken in ["1,2", "1,2:1,2:Standing", "1,x:1,2:1,2:Standing"] {
            std::fs::write(&file, broken).unwrap();
            assert!(judge(&file).is_err(), "{broken}");
        }
    }
}
