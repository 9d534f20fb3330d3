//! On the feet, on a chair, on a bicycle.

use super::base::{ANKLE, UPRIGHT, arm, arm_to, leg, leg_to, plain};
use crate::drawing::body::{FLAT, Part, Pose};
use crate::drawing::scene::{Arrow, Held, Prop, Scene};
use crate::drawing::space::{at, at3, d, dz};

const FEET: &[Part] = &[Part::RightHeel, Part::LeftHeel, Part::RightToes, Part::LeftToes];

const BEFORE_WALL: Pose =
    Pose { pelvis: at(-30.0, 86.8), right_arm: arm(d(-75.0), d(20.0)), left_arm: arm(d(-75.0), d(20.0)), ..UPRIGHT };

pub(crate) const WALL_PLANK: Scene = plain(
    &[Prop::WallAhead(44.0)],
    BEFORE_WALL,
    Pose {
        pelvis: at(-6.0, 83.5),
        lumbar: d(73.0),
        thorax: d(73.0),
        neck: d(75.0),
        right_arm: arm(d(-4.0), d(88.0)),
        left_arm: arm(d(-4.0), d(88.0)),
        right_leg: leg(d(-107.0), d(-107.0), FLAT),
        left_leg: leg(d(-107.0), d(-107.0), FLAT),
        rests: &[Part::RightElbow, Part::LeftElbow, Part::RightHeel, Part::LeftHeel],
        ..BEFORE_WALL
    },
    &[Arrow::Between(at(-14.0, 158.0), at(10.0, 152.0), 0.2)],
);

const WITH_STICK: Pose = Pose {
    lumbar: d(90.0),
    thorax: d(90.0),
    neck: d(88.0),
    right_arm: arm_to(at3(-12.0, 102.0, 5.0), dz(200.0, 50.0)),
    left_arm: arm_to(at3(-12.0, 154.0, -5.0), dz(40.0, -60.0)),
    ..UPRIGHT
};

pub(crate) const HIP_HINGE_STICK: Scene = Scene {
    held: Held::Stick,
    ..plain(
        &[],
        WITH_STICK,
        Pose {
            pelvis: at(-20.0, 81.0),
            lumbar: d(38.0),
            thorax: d(38.0),
            neck: d(37.0),
            right_arm: arm_to(at3(-16.0, 99.0, 5.0), dz(150.0, 50.0)),
            left_arm: arm_to(at3(25.3, 132.5, -5.0), dz(-20.0, -60.0)),
            right_leg: leg_to(at3(0.0, ANKLE, 8.0), d(0.0), FLAT),
            left_leg: leg_to(at3(0.0, ANKLE, -8.0), d(0.0), FLAT),
            ..WITH_STICK
        },
        &[Arrow::Between(at(-16.0, 92.0), at(-42.0, 88.0), 0.0)],
    )
};

pub(crate) const HIP_HINGE_LOADED: Scene = Scene {
    held: Held::Bag,
    ..plain(
        &[],
        Pose { right_arm: arm(d(-84.0), d(-80.0)), left_arm: arm(d(-84.0), d(-80.0)), ..UPRIGHT },
        Pose {
            pelvis: at(-22.0, 78.0),
            lumbar: d(36.0),
            thorax: d(34.0),
            neck: d(36.0),
            right_arm: arm(d(-92.0), d(-90.0)),
            left_arm: arm(d(-92.0), d(-90.0)),
            right_leg: leg_to(at3(0.0, ANKLE, 8.0), d(0.0), FLAT),
            left_leg: leg_to(at3(0.0, ANKLE, -8.0), d(0.0), FLAT),
            ..UPRIGHT
        },
        &[Arrow::Between(at(-14.0, 92.0), at(-40.0, 88.0), 0.0)],
    )
};

/// On a chair whose back is at -30.
const SEATED: Pose = Pose {
    pelvis: at(-10.0, 52.0),
    lumbar: d(90.0),
    thorax: d(86.0),
    right_arm: arm_to(at3(16.0, 60.0, 12.0), d(200.0)),
    left_arm: arm_to(at3(16.0, 60.0, -12.0), d(200.0)),
    right_leg: leg_to(at3(28.0, ANKLE, 8.0), d(30.0), FLAT),
    left_leg: leg_to(at3(28.0, ANKLE, -8.0), d(30.0), FLAT),
    rests: &[Part::Pelvis, Part::RightHeel, Part::LeftHeel, Part::RightToes],
    ..UPRIGHT
};

pub(crate) const SIT_TO_STAND: Scene = plain(
    &[Prop::Chair(-30.0)],
    Pose {
        lumbar: d(68.0),
        thorax: d(66.0),
        neck: d(72.0),
        right_arm: arm(d(-20.0), d(0.0)),
        left_arm: arm(d(-20.0), d(0.0)),
        ..SEATED
    },
    Pose { pelvis: at(27.0, 86.8), ..UPRIGHT },
    &[Arrow::Between(at(36.0, 128.0), at(42.0, 160.0), 0.15)],
);

const AT_WALL: Pose = Pose {
    pelvis: at(0.0, 77.0),
    lumbar: d(90.0),
    thorax: d(90.0),
    neck: d(91.0),
    right_arm: arm(d(-88.0), d(-86.0)),
    left_arm: arm(d(-88.0), d(-86.0)),
    right_leg: leg_to(at3(34.0, ANKLE, 8.0), d(30.0), FLAT),
    left_leg: leg_to(at3(34.0, ANKLE, -8.0), d(30.0), FLAT),
    rests: &[Part::Pelvis, Part::Chest, Part::RightHeel, Part::LeftHeel],
    ..UPRIGHT
};

pub(crate) const WALL_SQUAT: Scene = plain(
    &[Prop::WallBehind(-10.5)],
    AT_WALL,
    Pose { pelvis: at(0.0, 53.0), ..AT_WALL },
    &[Arrow::Between(at(26.0, 112.0), at(26.0, 84.0), 0.0)],
);

pub(crate) const STEP_UP: Scene = plain(
    &[Prop::Step(8.0, 18.0)],
    Pose {
        pelvis: at(0.0, 85.5),
        lumbar: d(86.0),
        thorax: d(84.0),
        right_leg: leg_to(at3(22.0, 18.0 + ANKLE, 8.0), d(30.0), FLAT),
        left_leg: leg_to(at3(-12.0, ANKLE, -8.0), d(20.0), FLAT),
        right_arm: arm(d(-105.0), d(-80.0)),
        left_arm: arm(d(-75.0), d(-50.0)),
        ..UPRIGHT
    },
    Pose { pelvis: at(26.0, 104.8), rests: FEET, ..UPRIGHT },
    &[Arrow::Between(at(24.0, 120.0), at(38.0, 142.0), 0.15)],
);

const STRIDE: Pose = Pose {
    pelvis: at(0.0, 82.0),
    lumbar: d(89.0),
    right_arm: arm(d(-118.0), d(-100.0)),
    left_arm: arm(d(-66.0), d(-42.0)),
    right_leg: leg_to(at3(30.0, ANKLE + 1.0, 8.0), d(10.0), d(16.0)),
    left_leg: leg_to(at3(-28.0, 12.0, -8.0), d(0.0), d(-38.0)),
    rests: &[Part::RightHeel, Part::LeftToes],
    ..UPRIGHT
};

pub(crate) const WALKING: Scene = plain(
    &[],
    STRIDE,
    Pose {
        right_arm: arm(d(-66.0), d(-42.0)),
        left_arm: arm(d(-118.0), d(-100.0)),
        right_leg: leg_to(at3(-28.0, 12.0, 8.0), d(0.0), d(-38.0)),
        left_leg: leg_to(at3(30.0, ANKLE + 1.0, -8.0), d(10.0), d(16.0)),
        rests: &[Part::LeftHeel, Part::RightToes],
        ..STRIDE
    },
    &[Arrow::Between(at(22.0, 128.0), at(46.0, 128.0), 0.0)],
);

/// The middle of the crank; saddle and grips follow from it.
const BICYCLE: &[Prop] = &[Prop::Bicycle(at3(0.0, 28.0, 0.0))];

const RIDING: Pose = Pose {
    pelvis: at(-14.0, 93.0),
    lumbar: d(64.0),
    thorax: d(54.0),
    neck: d(66.0),
    right_arm: arm_to(at3(37.0, 96.0, 14.0), d(-120.0)),
    left_arm: arm_to(at3(37.0, 96.0, -14.0), d(-120.0)),
    right_leg: leg_to(at3(-8.0, 19.5, 8.0), d(10.0), FLAT),
    left_leg: leg_to(at3(-8.0, 52.5, -8.0), d(10.0), d(-30.0)),
    rests: &[Part::Pelvis],
    ..UPRIGHT
};

pub(crate) const CYCLING: Scene = plain(
    BICYCLE,
    RIDING,
    Pose {
        right_leg: leg_to(at3(-8.0, 52.5, 8.0), d(10.0), d(-30.0)),
        left_leg: leg_to(at3(-8.0, 19.5, -8.0), d(10.0), FLAT),
        ..RIDING
    },
    &[Arrow::Between(at(20.0, 46.0), at(20.0, 14.0), 0.5)],
);

pub(crate) const MOVEMENT_BREAK: Scene = plain(
    &[Prop::Chair(-30.0)],
    SEATED,
    Pose { pelvis: at(27.0, 86.8), right_arm: arm(d(108.0), d(99.0)), left_arm: arm(d(64.0), d(74.0)), ..UPRIGHT },
    &[Arrow::Between(at(34.0, 124.0), at(40.0, 160.0), 0.15)],
);
