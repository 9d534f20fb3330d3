//! The table of all drawings. Each pose is data: where the pelvis is, and where each bone points or reaches.
//!
//! A pose starts from one of [`base`] and names what differs. To change a drawing, change its figures here, run the tests of
//! this crate, and look at it: `cargo run -p lumbra-exercises --example gallery -- OUT_DIR`.

mod base;
mod bridges;
mod kneeling;
mod lying;
mod prone;
mod sideways;
mod standing;
mod stretches;

use lumbra_domain::exercise::Exercise;

use super::scene::Scene;

/// What the drawing of an exercise shows.
pub(crate) fn scene(exercise: Exercise) -> Scene {
    match exercise {
        Exercise::DiaphragmaticBreathing => lying::DIAPHRAGMATIC_BREATHING,
        Exercise::PelvicTilt => lying::PELVIC_TILT,
        Exercise::AbdominalDrawingIn => lying::ABDOMINAL_DRAWING_IN,
        Exercise::CatCamel => kneeling::CAT_CAMEL,
        Exercise::HeelSlide => lying::HEEL_SLIDE,
        Exercise::DeadBugArms => lying::DEAD_BUG_ARMS,
        Exercise::DeadBugLegs => lying::DEAD_BUG_LEGS,
        Exercise::DeadBug => lying::DEAD_BUG,
        Exercise::BirdDogArm => kneeling::BIRD_DOG_ARM,
        Exercise::BirdDogLeg => kneeling::BIRD_DOG_LEG,
        Exercise::BirdDog => kneeling::BIRD_DOG,
        Exercise::Bridge => bridges::BRIDGE,
        Exercise::BridgeMarch => bridges::BRIDGE_MARCH,
        Exercise::SingleLegBridge => bridges::SINGLE_LEG_BRIDGE,
        Exercise::SideBridgeKnees => sideways::SIDE_BRIDGE_KNEES,
        Exercise::SideBridgeFeet => sideways::SIDE_BRIDGE_FEET,
        Exercise::CurlUp => lying::CURL_UP,
        Exercise::WallPlank => standing::WALL_PLANK,
        Exercise::KneePlank => prone::KNEE_PLANK,
        Exercise::Plank => prone::PLANK,
        Exercise::HipHingeStick => standing::HIP_HINGE_STICK,
        Exercise::HipHingeLoaded => standing::HIP_HINGE_LOADED,
        Exercise::SitToStand => standing::SIT_TO_STAND,
        Exercise::WallSquat => standing::WALL_SQUAT,
        Exercise::StepUp => standing::STEP_UP,
        Exercise::Clamshell => sideways::CLAMSHELL,
        Exercise::ProneOnElbows => prone::PRONE_ON_ELBOWS,
        Exercise::PressUp => prone::PRESS_UP,
        Exercise::KneeToChest => stretches::KNEE_TO_CHEST,
        Exercise::TrunkRotation => stretches::TRUNK_ROTATION,
        Exercise::OpenBook => sideways::OPEN_BOOK,
        Exercise::ChildsPose => kneeling::CHILDS_POSE,
        Exercise::HamstringStretch => stretches::HAMSTRING_STRETCH,
        Exercise::HipFlexorStretch => kneeling::HIP_FLEXOR_STRETCH,
        Exercise::FigureFourStretch => stretches::FIGURE_FOUR_STRETCH,
        Exercise::Walking => standing::WALKING,
        Exercise::Cycling => standing::CYCLING,
        Exercise::MovementBreak => standing::MOVEMENT_BREAK,
    }
}
