//! Bridges, lying on the back.

use super::base::{ANKLE, ON_BACK, leg, leg_to, plain};
use crate::drawing::body::{FLAT, Part, Pose};
use crate::drawing::scene::{Arrow, Prop, Scene};
use crate::drawing::space::{at, at3, d};

const MAT: &[Prop] = &[Prop::Mat(-94.0, 72.0)];

const LOW: Pose = Pose {
    right_leg: leg_to(at3(38.0, ANKLE, 8.0), d(90.0), FLAT),
    left_leg: leg_to(at3(38.0, ANKLE, -8.0), d(90.0), FLAT),
    ..ON_BACK
};

const HIGH: Pose = Pose {
    pelvis: at(-3.5, 29.5),
    lumbar: d(200.0),
    thorax: d(201.0),
    neck: d(176.0),
    rests: &[Part::Head, Part::Chest, Part::RightHeel, Part::LeftHeel],
    ..LOW
};

pub(crate) const BRIDGE: Scene = plain(MAT, LOW, HIGH, &[Arrow::Between(at(-6.0, 27.0), at(-6.0, 50.0), 0.0)]);

pub(crate) const BRIDGE_MARCH: Scene = plain(
    MAT,
    HIGH,
    Pose { right_leg: leg(d(88.0), d(-4.0), d(62.0)), rests: &[Part::Head, Part::Chest, Part::LeftHeel], ..HIGH },
    &[Arrow::Follows(Part::RightKnee, 0.3)],
);

pub(crate) const SINGLE_LEG_BRIDGE: Scene = plain(
    &[Prop::Mat(-94.0, 94.0)],
    Pose {
        right_leg: leg(d(38.0), d(36.0), d(112.0)),
        rests: &[Part::Head, Part::Chest, Part::Pelvis, Part::LeftHeel],
        ..LOW
    },
    Pose { right_leg: leg(d(22.0), d(20.0), d(100.0)), rests: &[Part::Head, Part::Chest, Part::LeftHeel], ..HIGH },
    &[Arrow::Between(at(-6.0, 27.0), at(-6.0, 50.0), 0.0)],
);
