//! On hands and knees, and kneeling.

use super::base::{ANKLE, ON_ALL_FOURS, arm, arm_to, hand_at, leg, leg_to, plain};
use crate::drawing::body::{FLAT, Part, Pose};
use crate::drawing::scene::{Arrow, Prop, Scene};
use crate::drawing::space::{at, at3, d};

const MAT: &[Prop] = &[Prop::Mat(-94.0, 60.0)];
const LONG_MAT: &[Prop] = &[Prop::Mat(-130.0, 60.0)];

pub(crate) const CAT_CAMEL: Scene = plain(
    MAT,
    Pose { pelvis: at(-26.0, 48.0), lumbar: d(38.0), thorax: d(-14.0), neck: d(-52.0), ..ON_ALL_FOURS },
    Pose { lumbar: d(-8.0), thorax: d(26.0), neck: d(34.0), ..ON_ALL_FOURS },
    &[Arrow::Between(at(-2.0, 98.0), at(-2.0, 76.0), 0.0)],
);

const ARM_OUT: Pose =
    Pose { left_arm: arm(d(12.0), d(8.0)), rests: &[Part::RightHand, Part::RightKnee, Part::LeftKnee], ..ON_ALL_FOURS };

pub(crate) const BIRD_DOG_ARM: Scene = plain(MAT, ON_ALL_FOURS, ARM_OUT, &[Arrow::Follows(Part::LeftHand, -0.25)]);

pub(crate) const BIRD_DOG_LEG: Scene = plain(
    LONG_MAT,
    ON_ALL_FOURS,
    Pose {
        right_leg: leg(d(182.0), d(179.0), d(262.0)),
        rests: &[Part::RightHand, Part::LeftHand, Part::LeftKnee],
        ..ON_ALL_FOURS
    },
    &[Arrow::Follows(Part::RightHeel, 0.2)],
);

pub(crate) const BIRD_DOG: Scene = plain(
    LONG_MAT,
    ON_ALL_FOURS,
    Pose {
        left_arm: arm(d(12.0), d(8.0)),
        right_leg: leg(d(182.0), d(179.0), d(262.0)),
        rests: &[Part::RightHand, Part::LeftKnee],
        ..ON_ALL_FOURS
    },
    &[Arrow::Follows(Part::RightHeel, 0.2), Arrow::Follows(Part::LeftHand, -0.25)],
);

pub(crate) const CHILDS_POSE: Scene = plain(
    MAT,
    ON_ALL_FOURS,
    Pose {
        pelvis: at(-62.0, 25.0),
        lumbar: d(16.0),
        thorax: d(-27.0),
        neck: d(-14.0),
        right_arm: hand_at(at3(38.0, 4.0, 16.0), d(60.0), d(-5.0)),
        left_arm: hand_at(at3(38.0, 4.0, -16.0), d(60.0), d(-5.0)),
        right_leg: leg(d(-26.0), d(177.0), d(197.0)),
        left_leg: leg(d(-26.0), d(177.0), d(197.0)),
        ..ON_ALL_FOURS
    },
    &[Arrow::Between(at(-38.0, 66.0), at(-70.0, 50.0), 0.2)],
);

const HALF_KNEELING: Pose = Pose {
    pelvis: at(-6.0, 48.0),
    lumbar: d(92.0),
    thorax: d(88.0),
    neck: d(86.0),
    right_arm: arm_to(at3(2.0, 58.0, 17.0), d(190.0)),
    left_arm: arm_to(at3(2.0, 58.0, -17.0), d(190.0)),
    right_leg: leg(d(-90.0), d(177.0), d(197.0)),
    left_leg: leg_to(at3(34.0, ANKLE, -8.0), d(40.0), FLAT),
    rests: &[Part::RightKnee, Part::LeftHeel, Part::LeftToes],
    ..ON_ALL_FOURS
};

pub(crate) const HIP_FLEXOR_STRETCH: Scene = plain(
    &[Prop::Mat(-84.0, 66.0)],
    HALF_KNEELING,
    Pose {
        pelvis: at(14.4, 42.7),
        lumbar: d(91.0),
        right_arm: arm_to(at3(24.0, 52.0, 17.0), d(190.0)),
        left_arm: arm_to(at3(24.0, 52.0, -17.0), d(190.0)),
        right_leg: leg(d(-119.0), d(177.0), d(197.0)),
        ..HALF_KNEELING
    },
    &[Arrow::Between(at(12.0, 66.0), at(36.0, 62.0), 0.0)],
);
