//! How a person holds themselves and wears the sensor: a day of postures with known truth, and what the sensor shows of it.
//!
//! The truth is what the person does; a sample is what follows from it by geometry and noise. The two are kept apart: who judges
//! samples never sees the truth, and the truth is no function of the samples.

use std::f64::consts::TAU;

use lumbra_protocol::{PostureFlags, PostureSample};

/// How the person really sits, stands or lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Upright and still.
    Upright,
    /// Slouched.
    Slouched,
    /// Leaning to a side or back.
    Leaning,
    /// Walking.
    Walking,
    /// Lying.
    Lying,
    /// The wearable is off the body.
    NotWorn,
}

/// One stretch of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// How long, in milliseconds.
    pub ms: u64,
    /// What the person does.
    pub truth: Truth,
}

const fn stretch(seconds: u64, truth: Truth) -> Stretch {
    Stretch { ms: seconds * 1_000, truth }
}

/// A day at a desk, in short; it begins anew when it is over. It opens upright, long enough to calibrate.
pub const DESK_DAY: &[Stretch] = &[
    stretch(120, Truth::Upright),
    stretch(240, Truth::Slouched),
    stretch(180, Truth::Upright),
    stretch(90, Truth::Walking),
    stretch(300, Truth::Slouched),
    stretch(120, Truth::Upright),
    stretch(150, Truth::Lying),
];

/// A day with everything in it, in changing order. It opens upright, long enough to calibrate.
pub const MIXED_DAY: &[Stretch] = &[
    stretch(60, Truth::Upright),
    stretch(45, Truth::Slouched),
    stretch(30, Truth::Leaning),
    stretch(40, Truth::Upright),
    stretch(35, Truth::Walking),
    stretch(50, Truth::Slouched),
    stretch(30, Truth::Lying),
    stretch(45, Truth::Upright),
    stretch(40, Truth::Leaning),
    stretch(25, Truth::NotWorn),
    stretch(30, Truth::Walking),
    stretch(45, Truth::Leaning),
    stretch(40, Truth::Slouched),
    stretch(35, Truth::Upright),
    stretch(40, Truth::Lying),
    stretch(30, Truth::Walking),
    stretch(30, Truth::NotWorn),
    stretch(50, Truth::Upright),
];

/// A person, and how they wear the sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// How far the sensor leans forward on this back when the person is upright, in 0.1 degree.
    pub tilt_forward_ddeg: i16,
    /// How far it leans to the right then, in 0.1 degree.
    pub tilt_right_ddeg: i16,
    /// The top of the sensor is below.
    pub upside_down: bool,
    /// How far its face is turned to the person's left, in degrees; 0 = it points ahead.
    pub turned_deg: i16,
    /// Noise of the angles, in 0.1 degree: as far as it goes to either side.
    pub noise_ddeg: u16,
    /// How long it takes from one posture to the next, in milliseconds.
    pub turning_ms: u64,
    /// No two stretches are alike, and sitting still is never quite still: a posture may be a shallow one, somebody reaches for
    /// something, walks slowly, or puts the device into a bag.
    pub restless: bool,
}

impl Default for Person {
    /// The textbook's person, who holds one posture like the other.
    fn default() -> Self {
        Self {
            tilt_forward_ddeg: 62,
            tilt_right_ddeg: -14,
            upside_down: false,
            turned_deg: 0,
            noise_ddeg: 2,
            turning_ms: 0,
            restless: false,
        }
    }
}

/// A pose: where the back leans, in degrees, and how much it moves, in 1/64 g.
#[derive(Clone, Copy, Debug)]
struct Pose {
    forward: f64,
    right: f64,
    activity: f64,
    worn: bool,
}

/// Where in the day it is: which stretch since the beginning, what it is, and for how long it has lasted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) number: u64,
    pub(crate) truth: Truth,
    pub(crate) before: Option<Truth>,
    pub(crate) into_ms: u64,
}

impl Place {
    /// In a day that is lived over and over; an empty day is not worn.
    pub(crate) fn find(day: &[Stretch], now_ms: u64) -> Self {
        let total_ms: u64 = day.iter().map(|stretch| stretch.ms).sum();
        let nowhere = Self { number: 0, truth: Truth::NotWorn, before: None, into_ms: now_ms };
        let (Some(days), Some(last)) = (now_ms.checked_div(total_ms), day.last()) else { return nowhere };
        let first = days * u64::try_from(day.len()).unwrap_or(0);
        let mut into_ms = now_ms % total_ms;
        let mut before = (days > 0).then_some(last.truth);
        for (number, stretch) in (first..).zip(day) {
            if into_ms < stretch.ms {
                return Self { number, truth: stretch.truth, before, into_ms };
            }
            into_ms -= stretch.ms;
            before = Some(stretch.truth);
        }
        nowhere
    }
}

impl Person {
    /// What the sensor shows. What differs from stretch to stretch follows from `seed`, the noise from `rng`.
    pub(crate) fn sample(&self, place: Place, now_ms: u64, seed: u64, rng: &mut fastrand::Rng) -> PostureSample {
        let mut pose = self.pose(place.number, place.truth, seed);
        let turning = self.turning_ms > 0 && place.into_ms < self.turning_ms;
        if let (true, Some(before)) = (turning, place.before) {
            let from = self.pose(place.number.saturating_sub(1), before, seed);
            if from.worn && pose.worn {
                let share = as_f64(place.into_ms) / as_f64(self.turning_ms);
                let eased = share * share * (3.0 - 2.0 * share);
                pose.forward = from.forward + eased * (pose.forward - from.forward);
                pose.right = from.right + eased * (pose.right - from.right);
                pose.activity = pose.activity.max(14.0 * (share * std::f64::consts::PI).sin());
            }
        }
        self.stir(&mut pose, place.truth, now_ms, seed, rng);
        self.sense(pose, rng)
    }

    /// The pose of a stretch.
    fn pose(&self, number: u64, truth: Truth, seed: u64) -> Pose {
        let mut dice = fastrand::Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut between = |plain: f64, least: f64, most: f64| {
            if self.restless { least + dice.f64() * (most - least) } else { plain }
        };
        let still = |forward: f64, right: f64| Pose { forward, right, activity: 1.0, worn: true };
        match truth {
            Truth::Upright => still(between(0.0, -7.0, 7.0), between(0.0, -5.0, 5.0)),
            Truth::Slouched => still(between(23.0, 13.0, 35.0), between(0.0, -6.0, 6.0)),
            Truth::Leaning => {
                let depth = between(22.0, 13.0, 30.0);
                match between(0.0, 0.0, 3.0) {
                    way if way < 1.0 => still(between(0.0, -4.0, 8.0), depth),
                    way if way < 2.0 => still(between(0.0, -4.0, 8.0), -depth),
                    _ => still(-depth, between(0.0, -4.0, 4.0)),
                }
            }
            Truth::Walking => Pose { activity: between(24.0, 9.0, 36.0), ..still(between(3.0, 2.0, 9.0), 0.0) },
            Truth::Lying => match between(0.0, 0.0, 4.0) {
                way if way < 1.0 => still(between(85.0, 75.0, 88.0), 0.0),
                way if way < 2.0 => still(-between(85.0, 70.0, 88.0), 0.0),
                way if way < 3.0 => still(10.0, between(85.0, 70.0, 88.0)),
                _ => still(10.0, -between(85.0, 70.0, 88.0)),
            },
            Truth::NotWorn => match between(0.0, 0.0, 3.0) {
                // On a table, over the back of a chair, in a bag that is carried.
                way if way < 1.0 => Pose { activity: 0.0, worn: false, ..still(-85.0, 0.0) },
                way if way < 2.0 => Pose { activity: 0.0, worn: false, ..still(between(5.0, -30.0, 30.0), 12.0) },
                _ => Pose { activity: 22.0, worn: false, ..still(40.0, -35.0) },
            },
        }
    }

    /// What no body leaves out: breath, sway, steps; and what a restless one does besides.
    fn stir(&self, pose: &mut Pose, truth: Truth, now_ms: u64, seed: u64, rng: &mut fastrand::Rng) {
        let wave = |period_ms: u64| (as_f64(now_ms % period_ms) / as_f64(period_ms) * TAU).sin();
        let (sway, breath) = (wave(60_000), wave(4_000));
        match truth {
            Truth::Upright => (pose.forward, pose.right) = (pose.forward + 0.4 * breath, pose.right + 0.3 * sway),
            Truth::Slouched => (pose.forward, pose.right) = (pose.forward + 1.5 * sway, pose.right + 0.8 * sway),
            Truth::Leaning => {
                (pose.forward, pose.right) = (pose.forward + 0.4 * breath + 0.8 * sway, pose.right + 1.2 * sway);
            }
            Truth::Walking => {
                pose.forward += 2.5 * breath;
                pose.right += 3.0 * breath;
                pose.activity += 8.0 * (rng.f64() - 0.5);
                if self.restless {
                    // Two steps a second.
                    pose.activity *= 1.0 + 0.3 * wave(500);
                    pose.forward += 3.0 * wave(500);
                }
            }
            Truth::Lying => pose.right += 4.0 * sway,
            Truth::NotWorn => {}
        }
        if self.restless && matches!(truth, Truth::Upright | Truth::Slouched | Truth::Leaning) {
            pose.activity += 2.0 * rng.f64();
            // Some seconds of every minute or so somebody reaches for something.
            let (slot, into_ms) = (now_ms / 50_000, now_ms % 50_000);
            let mut dice = fastrand::Rng::with_seed(seed.wrapping_add(slot.wrapping_mul(0xD1B5_4A32_D192_ED03)));
            let begin_ms = dice.u64(3_000..45_000);
            if let Some(reaching_ms) = into_ms.checked_sub(begin_ms).filter(|ms| *ms < 1_200) {
                let far = (as_f64(reaching_ms) / 1_200.0 * std::f64::consts::PI).sin();
                pose.forward += far * (6.0 + 10.0 * dice.f64());
                pose.activity += far * (6.0 + 8.0 * dice.f64());
            }
        }
    }

    /// The angles of gravity in the axes of the sensor, as PROFILE.md has them.
    fn sense(&self, pose: Pose, rng: &mut fastrand::Rng) -> PostureSample {
        let forward = (pose.forward + f64::from(self.tilt_forward_ddeg) / 10.0).to_radians();
        let sideways = (pose.right + f64::from(self.tilt_right_ddeg) / 10.0).to_radians();
        // Gravity in the body's axes: right, up, ahead.
        let (right, up, ahead) = (sideways.tan() * forward.cos(), -forward.cos(), forward.sin());
        let (sine, cosine) = f64::from(self.turned_deg).to_radians().sin_cos();
        let (right, ahead) = (right * cosine + ahead * sine, ahead * cosine - right * sine);
        let (right, up) = if self.upside_down { (-right, -up) } else { (right, up) };
        let lying = up.abs() <= 0.5 * (right * right + up * up + ahead * ahead).sqrt();
        let mut ddeg = |towards: f64| {
            let noise = 2.0 * (rng.f64() - 0.5) * f64::from(self.noise_ddeg);
            to_i16(towards.atan2(-up).to_degrees() * 10.0 + noise)
        };
        PostureSample {
            pitch_ddeg: ddeg(ahead),
            roll_ddeg: ddeg(right),
            activity: u8::try_from(to_i16(pose.activity)).unwrap_or(0),
            flags: PostureFlags(
                if pose.worn { PostureFlags::WORN.0 } else { 0 } | if lying { PostureFlags::LYING.0 } else { 0 },
            ),
        }
    }
}

/// Milliseconds as a number to calculate with; exact up to 2^53.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn as_f64(ms: u64) -> f64 {
    ms as f64
}

#[allow(clippy::cast_possible_truncation)] // Clamped before.
fn to_i16(value: f64) -> i16 {
    value.round().clamp(-1_800.0, 1_800.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(person: Person, truth: Truth) -> PostureSample {
        let place = Place { number: 0, truth, before: None, into_ms: 60_000 };
        person.sample(place, 60_000, 1, &mut fastrand::Rng::with_seed(1))
    }

    fn near(sample: PostureSample, pitch_ddeg: i16, roll_ddeg: i16) -> bool {
        (sample.pitch_ddeg - pitch_ddeg).abs() <= 5 && (sample.roll_ddeg - roll_ddeg).abs() <= 5
    }

    #[test]
    fn a_sensor_shows_how_it_is_worn() {
        let straight = Person::default();
        assert!(near(shown(straight, Truth::Upright), 62, -14));
        assert!(near(shown(straight, Truth::Slouched), 292, -14));
        let upside_down = Person { upside_down: true, ..straight };
        assert!(near(shown(upside_down, Truth::Upright), 1_738, 1_786), "{:?}", shown(upside_down, Truth::Upright));
        let to_the_left = Person { turned_deg: 90, ..straight };
        assert!(near(shown(to_the_left, Truth::Slouched), 14, 292), "{:?}", shown(to_the_left, Truth::Slouched));
    }

    #[test]
    fn the_flags_follow_from_the_pose() {
        for restless in [false, true] {
            for seed in 0..50 {
                for truth in [Truth::Upright, Truth::Slouched, Truth::Leaning, Truth::Walking, Truth::Lying] {
                    let place = Place { number: seed, truth, before: None, into_ms: 9_000 };
                    let person = Person { restless, ..Person::default() };
                    let flags = person.sample(place, 9_000, seed, &mut fastrand::Rng::with_seed(seed)).flags;
                    assert!(flags.contains(PostureFlags::WORN));
                    assert_eq!(flags.contains(PostureFlags::LYING), truth == Truth::Lying, "{truth:?} {seed}");
                }
                assert!(
                    !shown(Person { restless, ..Person::default() }, Truth::NotWorn).flags.contains(PostureFlags::WORN)
                );
            }
        }
    }

    #[test]
    fn one_posture_turns_into_the_next() {
        let person = Person { turning_ms: 1_000, ..Person::default() };
        let day = [stretch(10, Truth::Upright), stretch(10, Truth::Slouched)];
        let pitches: Vec<_> = (9_000..12_000)
            .step_by(100)
            .map(|now_ms| {
                person.sample(Place::find(&day, now_ms), now_ms, 1, &mut fastrand::Rng::with_seed(1)).pitch_ddeg
            })
            .collect();
        assert!(pitches.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 60), "{pitches:?}");
        assert!(pitches.last().unwrap() - pitches[0] > 200);
    }

    #[test]
    fn a_day_begins_anew() {
        let day = [stretch(10, Truth::Upright), stretch(5, Truth::Lying)];
        let place = |now_ms| {
            let place = Place::find(&day, now_ms);
            (place.number, place.truth, place.before, place.into_ms)
        };
        assert_eq!(place(0), (0, Truth::Upright, None, 0));
        assert_eq!(place(12_000), (1, Truth::Lying, Some(Truth::Upright), 2_000));
        assert_eq!(place(15_000), (2, Truth::Upright, Some(Truth::Lying), 0));
        assert_eq!(Place::find(&[], 7).truth, Truth::NotWorn);
    }
}
