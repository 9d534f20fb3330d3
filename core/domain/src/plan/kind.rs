//! What an exercise is for in a session, and how far the app takes it by itself.

use serde::{Deserialize, Serialize};

use super::dose::{Dose, Dosed};
use crate::exercise::{Exercise, Measure};

/// What an exercise is for. The order is that of a session: what warms up first, what tires last but the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Breathing and gentle movement.
    WarmUp,
    /// Holding the trunk still while something moves.
    Stabilisation,
    /// Strength of hips and legs.
    Strength,
    /// Stretches and end positions.
    Stretch,
    /// Walking, cycling, moving.
    Endurance,
}

impl Kind {
    /// Of an exercise.
    pub const fn of(exercise: Exercise) -> Self {
        match exercise {
            Exercise::DiaphragmaticBreathing | Exercise::PelvicTilt | Exercise::CatCamel | Exercise::TrunkRotation => {
                Self::WarmUp
            }
            Exercise::AbdominalDrawingIn
            | Exercise::HeelSlide
            | Exercise::DeadBugArms
            | Exercise::DeadBugLegs
            | Exercise::DeadBug
            | Exercise::BirdDogArm
            | Exercise::BirdDogLeg
            | Exercise::BirdDog
            | Exercise::SideBridgeKnees
            | Exercise::SideBridgeFeet
            | Exercise::CurlUp
            | Exercise::WallPlank
            | Exercise::KneePlank
            | Exercise::Plank => Self::Stabilisation,
            Exercise::Bridge
            | Exercise::BridgeMarch
            | Exercise::SingleLegBridge
            | Exercise::HipHingeStick
            | Exercise::HipHingeLoaded
            | Exercise::SitToStand
            | Exercise::WallSquat
            | Exercise::StepUp
            | Exercise::Clamshell => Self::Strength,
            Exercise::ProneOnElbows
            | Exercise::PressUp
            | Exercise::KneeToChest
            | Exercise::OpenBook
            | Exercise::ChildsPose
            | Exercise::HamstringStretch
            | Exercise::HipFlexorStretch
            | Exercise::FigureFourStretch => Self::Stretch,
            Exercise::Walking | Exercise::Cycling | Exercise::MovementBreak => Self::Endurance,
        }
    }
}

/// Whether the app leaves its dose alone: nothing is gained by breathing for longer, and no pain asks for less of it.
pub(super) const fn is_fixed(exercise: Exercise) -> bool {
    matches!(exercise, Exercise::DiaphragmaticBreathing | Exercise::MovementBreak)
}

/// Whether a bad morning makes it shorter but never pauses it: staying active is what guidelines on back pain ask for. What hurts
/// more while it is done pauses it like any other.
pub(super) const fn stays_in_flares(exercise: Exercise) -> bool {
    matches!(exercise, Exercise::Walking)
}

/// How far the app takes an exercise by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Top {
    /// Longest hold, in seconds.
    pub(super) hold_s: u8,
    /// By so much a hold grows, in seconds.
    pub(super) hold_step_s: u8,
    /// Most repetitions in a set.
    pub(super) repetitions: u8,
    /// Most sets.
    pub(super) sets: u8,
    /// Most minutes.
    pub(super) minutes: u8,
}

impl Top {
    /// Holds of 10 s at most, 10 of them, and the pyramid 10-8-6 are the figures of published stabilisation programmes. 30 s
    /// for a stretch and the rest are this project's choice.
    pub(super) fn of(exercise: Exercise) -> Self {
        let minutes = match exercise {
            Exercise::Walking | Exercise::Cycling => 30,
            _ => 5,
        };
        match Kind::of(exercise) {
            Kind::Stretch => {
                let repetitions = if matches!(exercise, Exercise::PressUp | Exercise::OpenBook) { 10 } else { 3 };
                Self { hold_s: 30, hold_step_s: 5, repetitions, sets: 1, minutes }
            }
            Kind::WarmUp => Self { hold_s: 10, hold_step_s: 2, repetitions: 10, sets: 1, minutes },
            Kind::Stabilisation => {
                // What is only moved, not held, has its harder variant before a second set.
                let moved = exercise.facts().measure == Measure::Repetitions && exercise.harder().is_some();
                Self { hold_s: 10, hold_step_s: 2, repetitions: 10, sets: if moved { 1 } else { 2 }, minutes }
            }
            Kind::Strength | Kind::Endurance => {
                let repetitions = match exercise.facts().measure {
                    Measure::Holds => 10,
                    Measure::Repetitions | Measure::Minutes => 12,
                };
                Self { hold_s: 10, hold_step_s: 2, repetitions, sets: 2, minutes }
            }
        }
    }
}

/// The dose at which an exercise is begun after an easier one, or gone back to: low, and in the shape of the one before, so that
/// a pyramid stays a pyramid. `None` never comes of the numbers here.
pub(super) fn low(exercise: Exercise, like: Dose) -> Option<Dosed> {
    let pyramid = matches!(like, Dose::Holds { sets, .. } if sets.is_pyramid());
    let dose = match exercise.facts().measure {
        Measure::Holds if Kind::of(exercise) == Kind::Stretch => Dose::holds(1, 2, 15),
        Measure::Holds if pyramid => Dose::pyramid(&[6, 4, 2], 5),
        Measure::Holds => Dose::holds(1, 5, 5),
        Measure::Repetitions => Dose::repetitions(1, 6),
        Measure::Minutes => Dose::minutes(least_minutes(exercise)),
    };
    Dosed::new(exercise, dose.ok()?).ok()
}

/// Below this the app does not go, in minutes.
pub(super) const fn least_minutes(exercise: Exercise) -> u8 {
    match exercise {
        Exercise::Walking | Exercise::Cycling => 5,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exercise_can_be_begun_low_and_short() {
        for exercise in Exercise::ALL {
            for like in [Dose::pyramid(&[6, 4, 2], 8), Dose::holds(1, 5, 5), Dose::minutes(5)] {
                let low = low(*exercise, like.unwrap()).unwrap();
                assert!(low.seconds() <= 6 * 60, "{} takes {} s", exercise.id(), low.seconds());
            }
        }
    }

    #[test]
    fn a_session_begins_with_breathing_and_ends_with_walking() {
        assert_eq!(Kind::of(Exercise::DiaphragmaticBreathing), Kind::WarmUp);
        assert!(Kind::WarmUp < Kind::Stabilisation && Kind::Stabilisation < Kind::Strength);
        assert!(Kind::Strength < Kind::Stretch && Kind::Stretch < Kind::of(Exercise::Walking));
    }
}
