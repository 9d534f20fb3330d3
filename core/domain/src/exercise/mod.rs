//! The exercises of a back programme: which there are, what their amount is counted in, what is easier and what is harder.
//!
//! [`Exercise`] names them all; [`facts`](Exercise::facts) tells of one what rules need. What is said and shown to a person
//! stands in the crate `lumbra-exercises`, in each language for each exercise: here are no texts.

mod facts;
mod ladder;

pub use facts::{Equipment, Facts, Measure, Position};
pub use ladder::LADDERS;

use serde::{Deserialize, Serialize};

/// Declares the exercises once: the variant and its stable name in stores, scripts and plans.
macro_rules! exercises {
    ($($(#[$doc:meta])* $variant:ident = $id:literal,)+) => {
        /// An exercise of the library.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Exercise {
            $($(#[$doc])* $variant,)+
        }

        impl Exercise {
            /// All of them, in the order a person leafs through them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in stores, plans and scripts; it never changes.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }
        }
    };
}

exercises! {
    /// Slow breathing into the belly.
    DiaphragmaticBreathing = "diaphragmatic_breathing",
    /// Tilting the pelvis, lying on the back.
    PelvicTilt = "pelvic_tilt",
    /// Drawing the lower abdomen in and holding it.
    AbdominalDrawingIn = "abdominal_drawing_in",
    /// Rounding and hollowing the back on hands and knees.
    CatCamel = "cat_camel",
    /// Sliding one heel away and back, lying on the back.
    HeelSlide = "heel_slide",
    /// Opposite arms move, the legs stay up.
    DeadBugArms = "dead_bug_arms",
    /// One leg after the other moves, the arms stay up.
    DeadBugLegs = "dead_bug_legs",
    /// Opposite arm and leg move away together.
    DeadBug = "dead_bug",
    /// On hands and knees, one arm forward.
    BirdDogArm = "bird_dog_arm",
    /// On hands and knees, one leg back.
    BirdDogLeg = "bird_dog_leg",
    /// On hands and knees, opposite arm and leg.
    BirdDog = "bird_dog",
    /// Lifting the hips, lying on the back.
    Bridge = "bridge",
    /// The bridge, lifting one foot after the other.
    BridgeMarch = "bridge_march",
    /// The bridge on one leg.
    SingleLegBridge = "single_leg_bridge",
    /// Side bridge on the knees.
    SideBridgeKnees = "side_bridge_knees",
    /// Side bridge on the feet.
    SideBridgeFeet = "side_bridge_feet",
    /// Modified curl-up: head and shoulders alone, hands under the low back.
    CurlUp = "curl_up",
    /// Plank against a wall.
    WallPlank = "wall_plank",
    /// Plank on the knees.
    KneePlank = "knee_plank",
    /// Plank on forearms and feet.
    Plank = "plank",
    /// Bending at the hips along a stick.
    HipHingeStick = "hip_hinge_stick",
    /// Bending at the hips with a weight.
    HipHingeLoaded = "hip_hinge_loaded",
    /// Standing up from a chair and sitting down.
    SitToStand = "sit_to_stand",
    /// Sliding down a wall and up again.
    WallSquat = "wall_squat",
    /// Stepping up and down.
    StepUp = "step_up",
    /// Opening the upper knee, lying on the side.
    Clamshell = "clamshell",
    /// Lying on the front, propped on the elbows.
    ProneOnElbows = "prone_on_elbows",
    /// Pressing the chest up, hips on the floor.
    PressUp = "press_up",
    /// One knee to the chest.
    KneeToChest = "knee_to_chest",
    /// Both knees from side to side, lying on the back.
    TrunkRotation = "trunk_rotation",
    /// Opening the upper arm to the back, lying on the side.
    OpenBook = "open_book",
    /// Sitting back on the heels, arms forward.
    ChildsPose = "childs_pose",
    /// Stretching the back of the thigh.
    HamstringStretch = "hamstring_stretch",
    /// Stretching the front of the hip.
    HipFlexorStretch = "hip_flexor_stretch",
    /// Stretching the buttock, one ankle over the other knee.
    FigureFourStretch = "figure_four_stretch",
    /// Walking.
    Walking = "walking",
    /// Cycling, outdoors or on a stand.
    Cycling = "cycling",
    /// Standing up and moving for a moment.
    MovementBreak = "movement_break",
}

impl Exercise {
    /// The exercise of that name, if there is one.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|exercise| exercise.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_found_again_and_those_of_serde() {
        let names: BTreeSet<_> = Exercise::ALL.iter().map(|exercise| exercise.id()).collect();
        assert_eq!(names.len(), Exercise::ALL.len());
        for exercise in Exercise::ALL {
            assert_eq!(Exercise::from_id(exercise.id()), Some(*exercise));
            assert_eq!(serde_json::to_value(exercise).unwrap(), exercise.id());
        }
        assert_eq!(Exercise::from_id("headstand"), None);
    }
}
