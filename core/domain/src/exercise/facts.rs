//! What rules need to know of an exercise.

use serde::{Deserialize, Serialize};

use super::Exercise;

/// What the amount of an exercise is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Repetitions at the person's own pace.
    Repetitions,
    /// Repetitions, each held for some seconds.
    Holds,
    /// Minutes without a pause.
    Minutes,
}

/// How the person is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// On the back.
    Supine,
    /// On the front.
    Prone,
    /// On the side.
    Side,
    /// On hands and knees, or kneeling.
    Kneeling,
    /// On a chair.
    Sitting,
    /// On the feet.
    Standing,
}

/// What is needed beside the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Equipment {
    /// A mat or a carpet.
    Mat,
    /// A steady chair without wheels.
    Chair,
    /// A free wall.
    Wall,
    /// A broomstick.
    Stick,
    /// A weight to hold, such as a filled bag.
    Weight,
    /// A step or the lowest stair.
    Step,
    /// A strap or a long towel.
    Strap,
    /// A bicycle.
    Bicycle,
}

/// An exercise as the rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What its amount is counted in.
    pub measure: Measure,
    /// The amount is for each side of the body.
    pub each_side: bool,
    /// How the person is placed.
    pub position: Position,
    /// What is needed beside the floor.
    pub equipment: &'static [Equipment],
}

impl Exercise {
    /// What rules need to know of it.
    pub fn facts(self) -> Facts {
        use Equipment::{Bicycle, Chair, Mat, Step, Stick, Strap, Wall, Weight};
        use Measure::{Holds, Minutes, Repetitions};
        use Position::{Kneeling, Prone, Side, Sitting, Standing, Supine};
        let (measure, each_side, position, equipment): (_, _, _, &'static [Equipment]) = match self {
            Self::DiaphragmaticBreathing => (Minutes, false, Supine, &[Mat]),
            Self::PelvicTilt => (Repetitions, false, Supine, &[Mat]),
            Self::AbdominalDrawingIn | Self::Bridge | Self::CurlUp => (Holds, false, Supine, &[Mat]),
            Self::CatCamel => (Repetitions, false, Kneeling, &[Mat]),
            Self::HeelSlide
            | Self::DeadBugArms
            | Self::DeadBugLegs
            | Self::DeadBug
            | Self::BridgeMarch
            | Self::TrunkRotation => (Repetitions, true, Supine, &[Mat]),
            Self::SingleLegBridge | Self::KneeToChest | Self::FigureFourStretch => (Holds, true, Supine, &[Mat]),
            Self::BirdDogArm | Self::BirdDogLeg | Self::BirdDog | Self::HipFlexorStretch => {
                (Holds, true, Kneeling, &[Mat])
            }
            Self::SideBridgeKnees | Self::SideBridgeFeet => (Holds, true, Side, &[Mat]),
            Self::Clamshell | Self::OpenBook => (Repetitions, true, Side, &[Mat]),
            Self::WallPlank | Self::WallSquat => (Holds, false, Standing, &[Wall]),
            Self::KneePlank | Self::Plank | Self::ProneOnElbows => (Holds, false, Prone, &[Mat]),
            Self::PressUp => (Repetitions, false, Prone, &[Mat]),
            Self::ChildsPose => (Holds, false, Kneeling, &[Mat]),
            Self::HipHingeStick => (Repetitions, false, Standing, &[Stick]),
            Self::HipHingeLoaded => (Repetitions, false, Standing, &[Weight]),
            Self::SitToStand => (Repetitions, false, Sitting, &[Chair]),
            Self::StepUp => (Repetitions, true, Standing, &[Step]),
            Self::HamstringStretch => (Holds, true, Supine, &[Mat, Strap]),
            Self::Walking | Self::MovementBreak => (Minutes, false, Standing, &[]),
            Self::Cycling => (Minutes, false, Sitting, &[Bicycle]),
        };
        Facts { measure, each_side, position, equipment }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_has_what_a_back_programme_needs() {
        assert!(Exercise::ALL.len() >= 30);
        for measure in [Measure::Repetitions, Measure::Holds, Measure::Minutes] {
            assert!(Exercise::ALL.iter().any(|exercise| exercise.facts().measure == measure), "{measure:?}");
        }
    }

    #[test]
    fn what_is_done_on_the_floor_asks_for_a_mat() {
        for exercise in Exercise::ALL {
            let facts = exercise.facts();
            let floor = !matches!(facts.position, Position::Sitting | Position::Standing);
            assert_eq!(floor, facts.equipment.contains(&Equipment::Mat), "{}", exercise.id());
        }
    }
}
