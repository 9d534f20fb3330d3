//! A made-up body's posture at 25 Hz: what raw samples are measured on.
//!
//! Pitch and roll sway slowly, move with the breath, and carry about one unit of the sensor's noise, which is most of what there is to
//! store. How a minute was spent can be told from any of its samples, by thresholds that a query can have too: see [`CLASSES`].

use lumbra::store::{PostureChunk, PostureSample};

/// Samples a second.
pub(crate) const RATE_HZ: u32 = 25;
/// Time between two.
pub(crate) const INTERVAL_MS: u16 = 40;
/// Of a minute.
pub(crate) const A_MINUTE: usize = 1_500;
/// Of what is handed over at once.
pub(crate) const A_PART: usize = 500;
/// The same in seconds.
pub(crate) const A_PART_S: u32 = 20;
const WORN: u8 = 1;

/// How the classes are told apart in SQL, the first that fits counts; what fits none is upright. The flag's lowest bit: worn.
pub(crate) const CLASSES: [(&str, &str); 5] = [
    ("not_worn_s", "flags % 2 = 0"),
    ("moving_s", "activity >= 16"),
    ("lying_s", "pitch >= 600"),
    ("slouched_s", "pitch >= 150"),
    ("leaning_s", "roll >= 130"),
];

/// How a minute is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Minute {
    Upright,
    Slouched,
    Leaning,
    Lying,
    Moving,
    NotWorn,
}

/// A body that goes on from sample to sample.
pub(crate) struct Body {
    chance: fastrand::Rng,
    pitch_ddeg: f32,
    roll_ddeg: f32,
    sway: (f32, f32),
    at: u32,
}

impl Body {
    pub(crate) fn new(seed: u64) -> Self {
        Self { chance: fastrand::Rng::with_seed(seed), pitch_ddeg: 60.0, roll_ddeg: 0.0, sway: (0.0, 0.0), at: 0 }
    }

    /// Two values of a nearly normal distribution: mean 0, deviation 1.
    fn normal(&mut self) -> (f32, f32) {
        let bytes = self.chance.u64(..).to_le_bytes();
        let (one, other) = bytes.split_at(4);
        let sum = |bytes: &[u8]| (bytes.iter().map(|byte| f32::from(*byte)).sum::<f32>() - 510.0) / 147.8;
        (sum(one), sum(other))
    }

    /// The next sample.
    pub(crate) fn next(&mut self, minute: Minute) -> PostureSample {
        self.at = self.at.wrapping_add(1);
        if minute == Minute::NotWorn {
            // On the table.
            let noise = i16::from(self.chance.u8(..) < 40);
            return PostureSample { pitch_ddeg: -880 + noise, roll_ddeg: 12, activity: 0, flags: 0 };
        }
        let (pitch_to, roll_to) = match minute {
            Minute::Upright | Minute::Moving | Minute::NotWorn => (60.0, 0.0),
            Minute::Slouched => (240.0, 0.0),
            Minute::Leaning => (60.0, 200.0),
            Minute::Lying => (820.0, 0.0),
        };
        // A second's way to a posture is gone at once where the class would not fit: only the rest of it is seen.
        self.pitch_ddeg += ((pitch_to - self.pitch_ddeg) * 0.02).clamp(-30.0, 30.0);
        self.roll_ddeg += ((roll_to - self.roll_ddeg) * 0.02).clamp(-30.0, 30.0);
        self.pitch_ddeg = self.pitch_ddeg.clamp(pitch_to - 30.0, pitch_to + 30.0);
        self.roll_ddeg = self.roll_ddeg.clamp(roll_to - 30.0, roll_to + 30.0);
        let (sway_pitch, sway_roll) = self.normal();
        self.sway.0 = (self.sway.0 * 0.999 + sway_pitch * 0.6).clamp(-35.0, 35.0);
        self.sway.1 = (self.sway.1 * 0.999 + sway_roll * 0.4).clamp(-35.0, 35.0);
        let (noise_pitch, noise_roll) = self.normal();
        // Fifteen breaths a minute.
        #[expect(clippy::cast_precision_loss, reason = "0 to 99")]
        let breath = ((self.at % 100) as f32 / 100.0 * std::f32::consts::TAU).sin() * 3.0;
        let (mut pitch, mut roll) = (self.pitch_ddeg + self.sway.0 + breath, self.roll_ddeg + self.sway.1);
        let mut activity = self.chance.u8(..) >> 6;
        if minute == Minute::Moving {
            #[expect(clippy::cast_precision_loss, reason = "0 to 12")]
            let step = ((self.at % 13) as f32 / 13.0 * std::f32::consts::TAU).sin() * 25.0;
            (pitch, roll) = (pitch + step + noise_pitch * 8.0, roll + noise_roll * 8.0);
            activity = 20 + (self.chance.u8(..) >> 4);
        } else {
            (pitch, roll) = (pitch + noise_pitch, roll + noise_roll);
        }
        PostureSample { pitch_ddeg: rounded(pitch), roll_ddeg: rounded(roll), activity, flags: WORN }
    }

    /// The samples of a minute in parts as they are handed over, the first of them at this tick and this wall time.
    pub(crate) fn minute(
        &mut self,
        minute: Minute,
        device_id: &str,
        ticks_ms: u64,
        at_ms: i64,
        utc_offset_s: i32,
    ) -> Vec<PostureChunk> {
        (0..A_MINUTE / A_PART)
            .map(|number| {
                let after_ms = u64::try_from(number * A_PART).unwrap_or_default() * u64::from(INTERVAL_MS);
                PostureChunk {
                    device_id: device_id.to_owned(),
                    boot_id: 1,
                    // Ten samples a frame.
                    first_frame: u32::try_from((ticks_ms + after_ms) / 400).unwrap_or(u32::MAX),
                    frame_count: 50,
                    first_ticks_ms: ticks_ms + after_ms,
                    first_at_ms: at_ms.saturating_add_unsigned(after_ms),
                    utc_offset_s,
                    interval_ms: INTERVAL_MS,
                    samples: (0..A_PART).map(|_| self.next(minute)).collect(),
                }
            })
            .collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "some thousand at most")]
const fn rounded(value: f32) -> i16 {
    value.round() as i16
}

/// Posture as a day has it: long stretches still, now and then another way, rarely on the move.
pub(crate) struct Habit {
    chance: fastrand::Rng,
    now: Minute,
}

impl Habit {
    pub(crate) fn new(seed: u64) -> Self {
        Self { chance: fastrand::Rng::with_seed(seed), now: Minute::Upright }
    }

    pub(crate) fn next(&mut self) -> Minute {
        if self.chance.u32(..8) == 0 {
            self.now = match self.chance.u32(..20) {
                0..9 => Minute::Upright,
                9..15 => Minute::Slouched,
                15 => Minute::Leaning,
                16 => Minute::Lying,
                17 => Minute::NotWorn,
                _ => Minute::Moving,
            };
        }
        self.now
    }
}

/// What no codec can be expected to go below: the entropy of what a linear predictor leaves of these samples, in bytes a sample. The
/// predictor is fitted to each column anew, by least squares over its last eight values; or it is none, or the last value, where that
/// leaves less, as fractions that are rounded can only add to what is noise already.
pub(crate) fn residual_entropy(samples: &[PostureSample]) -> f64 {
    let columns: [fn(&PostureSample) -> f64; 4] = [
        |sample| sample.pitch_ddeg.into(),
        |sample| sample.roll_ddeg.into(),
        |sample| sample.activity.into(),
        |sample| sample.flags.into(),
    ];
    let bits: f64 = columns.iter().map(|column| column_entropy(&samples.iter().map(column).collect::<Vec<_>>())).sum();
    bits / 8.0
}

const ORDER: usize = 8;
/// With the constant.
const TERMS: usize = ORDER + 1;

fn column_entropy(values: &[f64]) -> f64 {
    let terms = |window: &[f64]| -> [f64; TERMS] {
        let mut terms = [1.0; TERMS];
        terms.iter_mut().zip(window).for_each(|(term, value)| *term = *value);
        terms
    };
    let mut normal = [[0.0; TERMS + 1]; TERMS];
    for window in values.windows(ORDER + 1) {
        let Some((value, before)) = window.split_last() else { continue };
        let terms = terms(before);
        for (row, one) in normal.iter_mut().zip(terms) {
            for (cell, other) in row.iter_mut().zip(terms.iter().chain([value])) {
                *cell += one * other;
            }
        }
    }
    let weights = solved(normal);
    let left = values.windows(ORDER + 1).filter_map(|window| {
        let (value, before) = window.split_last()?;
        Some(value - terms(before).iter().zip(weights).map(|(term, weight)| term * weight).sum::<f64>())
    });
    let differences = values.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?));
    entropy(left).min(entropy(differences)).min(entropy(values.iter().copied()))
}

/// Of whole numbers, in bits each.
fn entropy(values: impl Iterator<Item = f64>) -> f64 {
    let mut histogram = std::collections::HashMap::<i64, u32>::new();
    for value in values {
        #[expect(clippy::cast_possible_truncation, reason = "some thousand at most")]
        let value = value.round() as i64;
        *histogram.entry(value).or_default() += 1;
    }
    let all: f64 = histogram.values().map(|count| f64::from(*count)).sum();
    histogram.values().map(|count| f64::from(*count) / all).map(|share| -share * share.log2()).sum()
}

/// Solves the normal equations by elimination. A term that says nothing, as of a column that never changes, gets no weight.
fn solved(mut rows: [[f64; TERMS + 1]; TERMS]) -> [f64; TERMS] {
    let mut weights = [0.0; TERMS];
    for at in 0..TERMS {
        let Some((pivot, _)) = rows
            .iter()
            .enumerate()
            .skip(at)
            .filter_map(|(index, row)| Some((index, row.get(at)?.abs())))
            .max_by(|one, other| one.1.total_cmp(&other.1))
        else {
            continue;
        };
        rows.swap(at, pivot);
        let Some((head, tail)) = rows.get_mut(at..).and_then(<[_]>::split_first_mut) else { continue };
        let Some(size) = head.get(at).copied().filter(|size| size.abs() > 1e-6) else { continue };
        for row in tail {
            let factor = row.get(at).map_or(0.0, |cell| cell / size);
            row.iter_mut().zip(*head).for_each(|(cell, above)| *cell -= factor * above);
        }
    }
    for at in (0..TERMS).rev() {
        let Some(row) = rows.get(at) else { continue };
        let known: f64 = row.iter().zip(weights).skip(at + 1).map(|(cell, weight)| cell * weight).sum();
        let (size, value) = (row.get(at).copied().unwrap_or_default(), row.last().copied().unwrap_or_default());
        if size.abs() > 1e-6
            && let Some(weight) = weights.get_mut(at)
        {
            *weight = (value - known) / size;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_sample_tells_how_its_minute_was_spent() {
        let mut body = Body::new(3);
        let all = [Minute::Upright, Minute::Slouched, Minute::Leaning, Minute::Lying, Minute::Moving, Minute::NotWorn];
        for round in 0..240 {
            let minute = all[round * 7 % 6];
            for sample in body.minute(minute, "one", 0, 0, 0).iter().flat_map(|part| &part.samples) {
                let told = match sample {
                    PostureSample { flags, .. } if flags % 2 == 0 => Minute::NotWorn,
                    PostureSample { activity, .. } if *activity >= 16 => Minute::Moving,
                    PostureSample { pitch_ddeg, .. } if *pitch_ddeg >= 600 => Minute::Lying,
                    PostureSample { pitch_ddeg, .. } if *pitch_ddeg >= 150 => Minute::Slouched,
                    PostureSample { roll_ddeg, .. } if *roll_ddeg >= 130 => Minute::Leaning,
                    _ => Minute::Upright,
                };
                assert_eq!(told, minute, "{sample:?}");
            }
        }
    }

    #[test]
    fn what_can_be_foretold_has_no_entropy() {
        let line = |at: i16| PostureSample { pitch_ddeg: 3 * at, roll_ddeg: 900 - at, activity: 5, flags: 1 };
        let entropy = residual_entropy(&(0..3_000).map(line).collect::<Vec<_>>());
        assert!(entropy < 0.001, "{entropy}");
        // Four bits of activity that nothing foretells, and a bit of the flags.
        let mut chance = fastrand::Rng::with_seed(1);
        let noise: Vec<_> = (0..50_000)
            .map(|_| PostureSample { activity: chance.u8(..16), flags: chance.u8(..2), ..Default::default() })
            .collect();
        let entropy = residual_entropy(&noise);
        assert!((entropy - 5.0 / 8.0).abs() < 0.02, "{entropy}");
    }
}
