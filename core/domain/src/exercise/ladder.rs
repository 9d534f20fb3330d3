//! Which exercise is the harder variant of which.

use super::Exercise;

/// Variants of one movement, each list from easy to hard. An exercise stands in one list at most. Composed from the
/// progressions of published back programmes.
pub const LADDERS: [&[Exercise]; 9] = [
    &[Exercise::PelvicTilt, Exercise::AbdominalDrawingIn],
    &[Exercise::HeelSlide, Exercise::DeadBugArms, Exercise::DeadBugLegs, Exercise::DeadBug],
    &[Exercise::BirdDogArm, Exercise::BirdDogLeg, Exercise::BirdDog],
    &[Exercise::Bridge, Exercise::BridgeMarch, Exercise::SingleLegBridge],
    &[Exercise::SideBridgeKnees, Exercise::SideBridgeFeet],
    &[Exercise::WallPlank, Exercise::KneePlank, Exercise::Plank],
    &[Exercise::HipHingeStick, Exercise::HipHingeLoaded],
    &[Exercise::SitToStand, Exercise::WallSquat],
    &[Exercise::ProneOnElbows, Exercise::PressUp],
];

impl Exercise {
    fn beside(self, step: impl Fn(usize) -> Option<usize>) -> Option<Self> {
        LADDERS.iter().find_map(|ladder| {
            let at = ladder.iter().position(|exercise| *exercise == self)?;
            ladder.get(step(at)?).copied()
        })
    }

    /// Its next harder variant, if there is one.
    pub fn harder(self) -> Option<Self> {
        self.beside(|at| at.checked_add(1))
    }

    /// Its next easier variant, if there is one.
    pub fn easier(self) -> Option<Self> {
        self.beside(|at| at.checked_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exercise_stands_on_one_ladder_at_most() {
        for exercise in Exercise::ALL {
            let rungs = LADDERS.iter().flat_map(|ladder| ladder.iter()).filter(|rung| *rung == exercise).count();
            assert!(rungs <= 1, "{} stands {rungs} times", exercise.id());
        }
    }

    #[test]
    fn easier_undoes_harder() {
        for exercise in Exercise::ALL {
            if let Some(harder) = exercise.harder() {
                assert_eq!(harder.easier(), Some(*exercise));
            }
        }
        assert_eq!(Exercise::Bridge.harder(), Some(Exercise::BridgeMarch));
        assert_eq!(Exercise::Bridge.easier(), None);
        assert_eq!(Exercise::Cycling.harder(), None);
    }
}
