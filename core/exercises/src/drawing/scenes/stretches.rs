//! On the back: stretches and turning.

use super::base::{ON_BACK, arm, arm_to, hand_at, leg, leg_to, plain};
use crate::drawing::body::{FLAT, Part, Pose};
use crate::drawing::scene::{Arrow, Held, Paler, Prop, Scene};
use crate::drawing::space::{Eye, at, at3, d, dz};

const MAT: &[Prop] = &[Prop::Mat(-94.0, 72.0)];

pub(crate) const KNEE_TO_CHEST: Scene = plain(
    MAT,
    ON_BACK,
    Pose {
        right_leg: leg(d(126.0), d(-14.0), d(20.0)),
        right_arm: hand_at(at3(-19.0, 48.0, 12.0), dz(-60.0, 50.0), dz(-10.0, -50.0)),
        left_arm: hand_at(at3(-19.0, 48.0, 0.0), dz(-60.0, -50.0), dz(-10.0, 50.0)),
        rests: &[Part::Head, Part::Chest, Part::Pelvis, Part::LeftHeel],
        ..ON_BACK
    },
    &[Arrow::Follows(Part::RightKnee, 0.3)],
);

const ARMS_OUT: Pose = Pose {
    right_arm: arm(dz(190.0, 80.0), dz(180.0, 84.0)),
    left_arm: arm(dz(190.0, -80.0), dz(180.0, -84.0)),
    right_leg: leg_to(at3(40.0, 5.0, 6.0), d(90.0), FLAT),
    left_leg: leg_to(at3(40.0, 5.0, -6.0), d(90.0), FLAT),
    rests: &[Part::Head, Part::Chest],
    ..ON_BACK
};

pub(crate) const TRUNK_ROTATION: Scene = Scene {
    eye: Eye { walk_deg: 52.0, down_deg: 34.0 },
    paler: Paler::Left,
    props: &[Prop::Mat(-94.0, 66.0)],
    held: Held::Nothing,
    start: ARMS_OUT,
    end: Pose {
        pelvis: at3(0.0, 13.0, 0.0),
        lumbar: d(186.5),
        across_hips: dz(-90.0, 45.0),
        right_leg: leg_to(at3(42.0, 5.0, 12.0), dz(30.0, 85.0), dz(0.0, 30.0)),
        left_leg: leg_to(at3(42.0, 12.0, 0.0), dz(50.0, 75.0), dz(0.0, 30.0)),
        ..ARMS_OUT
    },
    arrows: &[Arrow::Follows(Part::LeftKnee, 0.25)],
};

const STRAPPED: Pose = Pose {
    right_arm: arm_to(at3(-34.0, 42.0, 8.0), dz(-40.0, 50.0)),
    left_arm: arm_to(at3(-34.0, 42.0, -8.0), dz(-40.0, -50.0)),
    right_leg: leg(d(96.0), d(35.0), d(125.0)),
    rests: &[Part::Head, Part::Chest, Part::Pelvis, Part::LeftHeel],
    ..ON_BACK
};

pub(crate) const HAMSTRING_STRETCH: Scene = Scene {
    held: Held::Strap,
    ..plain(
        MAT,
        STRAPPED,
        Pose { right_leg: leg(d(82.0), d(78.0), d(166.0)), ..STRAPPED },
        &[Arrow::Between(at(44.0, 74.0), at(20.0, 98.0), 0.25)],
    )
};

const CROSSED: Pose = Pose {
    right_leg: leg_to(at3(17.0, 50.0, -6.0), dz(0.0, 88.0), dz(50.0, -40.0)),
    rests: &[Part::Head, Part::Chest, Part::Pelvis, Part::LeftHeel],
    ..ON_BACK
};

pub(crate) const FIGURE_FOUR_STRETCH: Scene = Scene {
    eye: Eye { walk_deg: 58.0, down_deg: 36.0 },
    ..plain(
        MAT,
        CROSSED,
        Pose {
            left_leg: leg(d(104.0), d(8.0), d(70.0)),
            right_leg: leg_to(at3(-8.0, 55.0, -6.0), dz(0.0, 88.0), dz(70.0, -40.0)),
            right_arm: arm_to(at3(-8.0, 32.0, 2.0), dz(-60.0, 60.0)),
            left_arm: arm_to(at3(-8.0, 32.0, -18.0), dz(-60.0, -60.0)),
            rests: &[Part::Head, Part::Chest, Part::Pelvis],
            ..CROSSED
        },
        &[Arrow::Follows(Part::LeftKnee, 0.2)],
    )
};
