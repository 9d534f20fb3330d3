//! On the front: planks and extension.

use super::base::{ON_FRONT, arm, hand_at, leg, leg_to, plain};
use crate::drawing::body::{Part, Pose};
use crate::drawing::scene::{Arrow, Prop, Scene};
use crate::drawing::space::{at, at3, d};

const MAT: &[Prop] = &[Prop::Mat(-130.0, 84.0)];

const ON_ELBOWS: Pose = Pose {
    lumbar: d(15.0),
    thorax: d(37.0),
    neck: d(46.0),
    right_arm: arm(d(-92.0), d(-1.0)),
    left_arm: arm(d(-92.0), d(-1.0)),
    rests: &[Part::Pelvis, Part::RightElbow, Part::LeftElbow, Part::RightHand, Part::RightKnee, Part::LeftKnee],
    ..ON_FRONT
};

pub(crate) const PRONE_ON_ELBOWS: Scene =
    plain(MAT, ON_FRONT, ON_ELBOWS, &[Arrow::Between(at(52.0, 24.0), at(46.0, 50.0), -0.25)]);

const HANDS_UNDER_SHOULDERS: Pose = Pose {
    right_arm: hand_at(at3(16.0, 4.0, 18.0), d(130.0), d(-5.0)),
    left_arm: hand_at(at3(16.0, 4.0, -18.0), d(130.0), d(-5.0)),
    neck: d(6.0),
    ..ON_FRONT
};

pub(crate) const PRESS_UP: Scene = plain(
    MAT,
    HANDS_UNDER_SHOULDERS,
    Pose {
        lumbar: d(30.0),
        thorax: d(66.0),
        neck: d(72.0),
        rests: &[Part::Pelvis, Part::RightHand, Part::LeftHand, Part::RightKnee, Part::LeftKnee],
        ..HANDS_UNDER_SHOULDERS
    },
    &[Arrow::Between(at(46.0, 28.0), at(30.0, 66.0), -0.25)],
);

pub(crate) const KNEE_PLANK: Scene = plain(
    MAT,
    ON_ELBOWS,
    Pose {
        pelvis: at(-26.0, 18.5),
        lumbar: d(17.0),
        thorax: d(17.0),
        neck: d(12.0),
        right_leg: leg(d(197.0), d(176.5), d(197.0)),
        left_leg: leg(d(197.0), d(176.5), d(197.0)),
        rests: &[Part::RightElbow, Part::LeftElbow, Part::RightHand, Part::RightKnee, Part::LeftKnee],
        ..ON_ELBOWS
    },
    &[Arrow::Between(at(-30.0, 26.0), at(-30.0, 48.0), 0.0)],
);

const TOES_TUCKED: Pose = Pose {
    right_leg: leg_to(at3(-102.0, 19.5, 8.0), d(-90.0), d(-79.0)),
    left_leg: leg_to(at3(-102.0, 19.5, -8.0), d(-90.0), d(-79.0)),
    ..ON_ELBOWS
};

pub(crate) const PLANK: Scene = plain(
    MAT,
    TOES_TUCKED,
    Pose {
        pelvis: at(-27.5, 28.4),
        lumbar: d(6.0),
        thorax: d(6.0),
        neck: d(4.0),
        right_leg: leg(d(186.0), d(186.0), d(-77.0)),
        left_leg: leg(d(186.0), d(186.0), d(-77.0)),
        rests: &[Part::RightElbow, Part::LeftElbow, Part::RightHand, Part::RightToes, Part::LeftToes],
        ..TOES_TUCKED
    },
    &[Arrow::Between(at(-28.0, 26.0), at(-28.0, 52.0), 0.0)],
);
