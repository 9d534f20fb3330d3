//! How the sensor sits on the body: the right way up or not, and which way it faces.
//!
//! The profile's angles are those of gravity in the sensor's own axes, which are *right*, *up* (its long axis) and *ahead*
//! (where its face points): pitch is the angle of gravity from the foot of the sensor towards ahead, roll the same towards
//! right. What follows from that, and what can't be told:
//!
//! - **Upside down** is told from an upright person: both angles are near half a turn then. From there on, leaning
//!   forward makes the pitch smaller.
//! - **Turned about its long axis** (worn in front instead of behind, or on the flank) can't be told from an upright
//!   person, as gravity then points along that very axis. It takes a second pose: [`find_turn`] looks at what a bow does.
//!   Without it the sensor is taken to face ahead.
//! - **Lying across** (the long axis horizontal) leaves no usable angle at all, and the sensor's lying flag is set
//!   whatever the person does: calibration refuses it.
//! - **Mirrored** is not a way that a rigid sensor can be worn. Firmware with an axis reversed looks like a sensor that is
//!   turned, and an error in one axis alone can't be told from the profile's data.
//!
//! The device's own judging (minutes, nudges) knows the neutral angles alone: worn upside down or turned it takes a
//! slouch for something else. So nudges are armed only when [`Mounting::suits_the_device`].

use serde::{Deserialize, Serialize};

use super::calibration::{CalibrationError, Stretch};
use super::sample::{Neutral, PostureSample, wrapped_ddeg};

/// Which way the sensor's face points, seen from the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// Ahead: as the profile means it.
    #[default]
    Ahead,
    /// To the person's left.
    Left,
    /// Behind.
    Behind,
    /// To the person's right.
    Right,
}

impl Turn {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ahead, Self::Left, Self::Behind, Self::Right];

    /// As it stands in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Left => "left",
            Self::Behind => "behind",
            Self::Right => "right",
        }
    }

    /// From the store.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|turn| turn.as_str() == name)
    }
}

/// How the sensor sits on the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mounting {
    /// Its top is below.
    pub upside_down: bool,
    /// Where its face points.
    pub turn: Turn,
}

/// A lean of the body, in 0.1 degree, each from -1,800 to 1,800.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lean {
    /// Forward.
    pub forward_ddeg: i32,
    /// To the person's right.
    pub right_ddeg: i32,
}

/// Beyond this a pitch is nearer to upside down than to the right way up, in 0.1 degree.
const QUARTER_TURN_DDEG: i32 = 900;

impl Mounting {
    /// What the sensor's angles in the neutral posture tell: which end is up.
    pub fn of(neutral: Neutral, turn: Turn) -> Self {
        Self { upside_down: i32::from(neutral.pitch.tenths()).abs() > QUARTER_TURN_DDEG, turn }
    }

    /// Whether the device's own rules, which know no mounting, judge this person rightly.
    pub fn suits_the_device(self) -> bool {
        self == Self::default()
    }

    /// The sensor's angles as a lean of the body, before the neutral posture is taken off.
    pub(super) const fn to_body(self, pitch_ddeg: i32, roll_ddeg: i32) -> Lean {
        const HALF_TURN_DDEG: i32 = 1_800;
        let (pitch_ddeg, roll_ddeg) = if self.upside_down {
            (wrapped_ddeg(HALF_TURN_DDEG - pitch_ddeg), wrapped_ddeg(roll_ddeg + HALF_TURN_DDEG))
        } else {
            (pitch_ddeg, roll_ddeg)
        };
        let (forward_ddeg, right_ddeg) = match self.turn {
            Turn::Ahead => (pitch_ddeg, roll_ddeg),
            Turn::Left => (roll_ddeg, -pitch_ddeg),
            Turn::Behind => (-pitch_ddeg, -roll_ddeg),
            Turn::Right => (-roll_ddeg, pitch_ddeg),
        };
        Lean { forward_ddeg, right_ddeg }
    }
}

/// What upright is, and how the sensor sits: all that judging needs to know of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The sensor's angles when the person is upright.
    pub neutral: Neutral,
    /// How the sensor sits.
    pub mounting: Mounting,
}

impl Reference {
    /// From the neutral angles, and where the face is known to point.
    pub fn new(neutral: Neutral, turn: Turn) -> Self {
        Self { neutral, mounting: Mounting::of(neutral, turn) }
    }

    /// How far the body leans from upright.
    pub fn lean(self, sample: PostureSample) -> Lean {
        let body = |pitch: crate::units::Degrees, roll: crate::units::Degrees| {
            self.mounting.to_body(pitch.tenths().into(), roll.tenths().into())
        };
        let (now, upright) = (body(sample.pitch, sample.roll), body(self.neutral.pitch, self.neutral.roll));
        Lean {
            forward_ddeg: wrapped_ddeg(now.forward_ddeg - upright.forward_ddeg),
            right_ddeg: wrapped_ddeg(now.right_ddeg - upright.right_ddeg),
        }
    }
}

/// A bow of less than this, in 0.1 degree, may be anything. This project's choice: twice the slouch of the profile's
/// own figure is a bow that nobody makes by chance, and 30 degrees is easy to hold.
pub const BOW_DDEG: i32 = 200;

/// Why a bow does not tell where the sensor's face points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TurnError {
    /// The samples can't be used.
    #[error(transparent)]
    Samples(#[from] CalibrationError),
    /// The person has hardly moved from upright.
    #[error("bow forward by some 30 degrees, and keep still for 5 s")]
    NotFarEnough,
    /// Half of the bow went sideways.
    #[error("the wearable sits askew, between two sides: put it on straight, calibrate, and bow again")]
    Askew,
}

/// Finds where the sensor's face points, from what it shows while the person holds a bow; `neutral` is what it showed
/// upright. Samples are `interval_ms` apart.
pub fn find_turn(neutral: Neutral, bowed: &[PostureSample], interval_ms: u32) -> Result<Turn, TurnError> {
    let bowed = Stretch::measure(bowed, interval_ms)?;
    let facing_ahead = Reference::new(neutral, Turn::Ahead);
    let Lean { forward_ddeg, right_ddeg } = facing_ahead.lean(bowed.middle());
    let (along, across) = (forward_ddeg.abs(), right_ddeg.abs());
    if along.max(across) < BOW_DDEG {
        return Err(TurnError::NotFarEnough);
    }
    // Half of it sideways is some 27 degrees off a quarter turn, of the 45 at which the next one begins.
    if along.max(across) < 2 * along.min(across) {
        return Err(TurnError::Askew);
    }
    Ok(match (along > across, forward_ddeg > 0, right_ddeg > 0) {
        (true, true, _) => Turn::Ahead,
        (true, false, _) => Turn::Behind,
        (false, _, true) => Turn::Left,
        (false, _, false) => Turn::Right,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::units::Degrees;

    /// A sensor on a body, by its axes: nothing here comes from the code above.
    fn worn(forward_deg: f64, right_deg: f64, mounting: Mounting) -> PostureSample {
        // Gravity in the body's axes right, up, ahead.
        let (right, up, ahead) = (right_deg.to_radians().tan(), -1.0, forward_deg.to_radians().tan());
        let (right, up, ahead) = match mounting.turn {
            Turn::Ahead => (right, up, ahead),
            // The face points left: its right is what was ahead.
            Turn::Left => (ahead, up, -right),
            Turn::Behind => (-right, up, -ahead),
            Turn::Right => (-ahead, up, right),
        };
        let (right, up) = if mounting.upside_down { (-right, -up) } else { (right, up) };
        let ddeg = |towards: f64| {
            #[allow(clippy::cast_possible_truncation, reason = "an angle in tenths of a degree")]
            Degrees::from_tenths((towards.atan2(-up).to_degrees() * 10.0).round() as i16)
        };
        PostureSample { pitch: ddeg(ahead), roll: ddeg(right), activity: 0, worn: true, lying: false }
    }

    fn mountings() -> impl Strategy<Value = Mounting> {
        (any::<bool>(), prop::sample::select(Turn::ALL.to_vec()))
            .prop_map(|(upside_down, turn)| Mounting { upside_down, turn })
    }

    fn neutral(mounting: Mounting, forward_deg: f64, right_deg: f64) -> Neutral {
        let upright = worn(forward_deg, right_deg, mounting);
        Neutral { pitch: upright.pitch, roll: upright.roll }
    }

    proptest! {
        #[test]
        fn a_lean_is_the_same_however_the_sensor_sits(
            mounting in mountings(), forward in -40.0..40.0, right in -40.0..40.0, off in -15.0..15.0, side in -15.0..15.0,
        ) {
            let reference = Reference::new(neutral(mounting, off, side), mounting.turn);
            prop_assert_eq!(reference.mounting, mounting);
            let lean = reference.lean(worn(forward, right, mounting));
            let straight = Reference::new(neutral(Mounting::default(), off, side), Turn::Ahead)
                .lean(worn(forward, right, Mounting::default()));
            // Each angle is rounded once.
            prop_assert!((lean.forward_ddeg - straight.forward_ddeg).abs() <= 2, "{:?} {:?}", lean, straight);
            prop_assert!((lean.right_ddeg - straight.right_ddeg).abs() <= 2, "{:?} {:?}", lean, straight);
        }

        #[test]
        fn a_bow_tells_where_the_face_points(
            mounting in mountings(), bow in 24.0..45.0, sideways in -8.0..8.0, off in -10.0..10.0, side in -4.0..4.0,
        ) {
            let neutral = neutral(mounting, off, side);
            let bowed = [worn(off + bow, side + sideways, mounting); 125];
            prop_assert_eq!(find_turn(neutral, &bowed, 40), Ok(mounting.turn));
        }
    }

    #[test]
    fn a_bow_that_tells_nothing_is_refused() {
        let straight = Mounting::default();
        let neutral = neutral(straight, 0.0, 0.0);
        let find = |forward, right| find_turn(neutral, &[worn(forward, right, straight); 125], 40);
        assert_eq!(find(12.0, 3.0), Err(TurnError::NotFarEnough));
        assert_eq!(find(30.0, 28.0), Err(TurnError::Askew));
        let moving = [PostureSample { activity: 20, ..worn(30.0, 0.0, straight) }; 125];
        assert_eq!(find_turn(neutral, &moving, 40), Err(TurnError::Samples(CalibrationError::Moved)));
    }

    #[test]
    fn turns_have_names() {
        for turn in Turn::ALL {
            assert_eq!(Turn::parse(turn.as_str()), Some(turn));
        }
        assert_eq!(Turn::parse("up"), None);
    }
}
