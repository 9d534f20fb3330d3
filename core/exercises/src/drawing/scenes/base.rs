//! Poses that others start from, and short words to write them with.

use crate::drawing::body::{Arm, FLAT, Leg, Limb, NEAR, Part, Pose};
use crate::drawing::scene::{Arrow, Held, Paler, Prop, SIDE, Scene};
use crate::drawing::space::{Dir, Vector, at, at3, d, dz};

/// An arm by the directions of its bones.
pub(super) const fn arm(upper: Dir, fore: Dir) -> Arm {
    Arm { limb: Limb::Along(upper, fore), hand: None }
}

/// An arm whose wrist is at a point.
pub(super) const fn arm_to(wrist: Vector, elbow: Dir) -> Arm {
    Arm { limb: Limb::Reach(wrist, elbow), hand: None }
}

/// An arm whose wrist is at a point, and where its fingers point.
pub(super) const fn hand_at(wrist: Vector, elbow: Dir, fingers: Dir) -> Arm {
    Arm { limb: Limb::Reach(wrist, elbow), hand: Some(fingers) }
}

/// A leg by the directions of its bones.
pub(super) const fn leg(thigh: Dir, shin: Dir, foot: Dir) -> Leg {
    Leg { limb: Limb::Along(thigh, shin), foot }
}

/// A leg whose ankle is at a point.
pub(super) const fn leg_to(ankle: Vector, knee: Dir, foot: Dir) -> Leg {
    Leg { limb: Limb::Reach(ankle, knee), foot }
}

/// How high an ankle is above what the foot stands on.
pub(super) const ANKLE: f64 = 5.0;

/// On the back, knees bent, feet flat, arms beside the body; the head is on the left.
pub(super) const ON_BACK: Pose = Pose {
    pelvis: at(0.0, 10.0),
    across_hips: NEAR,
    across_shoulders: NEAR,
    lumbar: d(180.0),
    thorax: d(179.0),
    neck: d(176.0),
    right_arm: arm(d(-12.0), d(-3.0)),
    left_arm: arm(d(-12.0), d(-3.0)),
    right_leg: leg_to(at3(44.0, ANKLE, 8.0), d(90.0), FLAT),
    left_leg: leg_to(at3(44.0, ANKLE, -8.0), d(90.0), FLAT),
    belly: 0.0,
    rests: &[Part::Head, Part::Chest, Part::Pelvis, Part::RightHeel, Part::LeftHeel],
};

/// On hands and knees; the head is on the right.
pub(super) const ON_ALL_FOURS: Pose = Pose {
    pelvis: at(-28.0, 48.0),
    across_hips: NEAR,
    across_shoulders: NEAR,
    lumbar: d(11.0),
    thorax: d(9.0),
    neck: d(-8.0),
    right_arm: hand_at(at3(26.0, 4.0, 16.0), d(200.0), d(-5.0)),
    left_arm: hand_at(at3(26.0, 4.0, -16.0), d(200.0), d(-5.0)),
    right_leg: leg(d(-90.0), d(177.0), d(197.0)),
    left_leg: leg(d(-90.0), d(177.0), d(197.0)),
    belly: 0.0,
    rests: &[Part::RightHand, Part::LeftHand, Part::RightKnee, Part::LeftKnee],
};

/// On the front, flat, elbows beside the ribs; the head is on the right.
pub(super) const ON_FRONT: Pose = Pose {
    pelvis: at(-22.0, 10.0),
    across_hips: NEAR,
    across_shoulders: NEAR,
    lumbar: d(0.0),
    thorax: d(2.0),
    neck: d(16.0),
    right_arm: arm(dz(202.0, 50.0), dz(-2.0, 0.0)),
    left_arm: arm(dz(202.0, -50.0), dz(-2.0, 0.0)),
    right_leg: leg(d(185.5), d(177.0), d(197.0)),
    left_leg: leg(d(185.5), d(177.0), d(197.0)),
    belly: 0.0,
    rests: &[Part::Chest, Part::Pelvis, Part::RightKnee, Part::LeftKnee],
};

/// On the feet, upright.
pub(super) const UPRIGHT: Pose = Pose {
    pelvis: at(0.0, 86.8),
    across_hips: NEAR,
    across_shoulders: NEAR,
    lumbar: d(92.0),
    thorax: d(88.5),
    neck: d(86.0),
    right_arm: arm(d(-95.0), d(-84.0)),
    left_arm: arm(d(-95.0), d(-84.0)),
    right_leg: leg(d(-90.0), d(-91.0), FLAT),
    left_leg: leg(d(-90.0), d(-91.0), FLAT),
    belly: 0.0,
    rests: &[Part::RightHeel, Part::LeftHeel, Part::RightToes, Part::LeftToes],
};

/// Seen from the side, the left limbs paler, with nothing in the hands.
#[expect(clippy::large_types_passed_by_value, reason = "it runs in the compiler alone")]
pub(super) const fn plain(props: &'static [Prop], start: Pose, end: Pose, arrows: &'static [Arrow]) -> Scene {
    Scene { eye: SIDE, paler: Paler::Left, props, held: Held::Nothing, start, end, arrows }
}
