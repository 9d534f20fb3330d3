//! On the side, seen from the front. The figure lies on its right side with its head on the left.

use super::base::{arm, arm_to, hand_at, leg, leg_to};
use crate::drawing::body::{Part, Pose};
use crate::drawing::scene::{Arrow, Held, Paler, Prop, Scene};
use crate::drawing::space::{Eye, at, at3, d, dz};

/// From the front and well above: what comes towards the viewer is seen lower.
const ABOVE: Eye = Eye { walk_deg: 0.0, down_deg: 32.0 };

/// From the front and a little above: a lifted hip must be seen to be lifted.
const LOW: Eye = Eye { walk_deg: 0.0, down_deg: 17.0 };

#[expect(clippy::large_types_passed_by_value, reason = "it runs in the compiler alone")]
const fn sideways(eye: Eye, props: &'static [Prop], start: Pose, end: Pose, arrows: &'static [Arrow]) -> Scene {
    Scene { eye, paler: Paler::Right, props, held: Held::Nothing, start, end, arrows }
}

/// On the right side, hips and knees bent, the head on the lower arm.
const ON_SIDE: Pose = Pose {
    pelvis: at(0.0, 16.0),
    across_hips: d(-90.0),
    across_shoulders: d(-90.0),
    lumbar: d(176.0),
    thorax: d(174.0),
    neck: d(180.0),
    right_arm: arm(dz(180.0, 35.0), dz(180.0, -50.0)),
    left_arm: arm_to(at3(-30.0, 6.0, 24.0), dz(60.0, 40.0)),
    right_leg: leg(dz(-3.0, 50.0), dz(-2.0, -42.0), dz(0.0, 40.0)),
    left_leg: leg(dz(-6.0, 50.0), dz(-8.0, -42.0), dz(0.0, 40.0)),
    belly: 0.0,
    rests: &[Part::RightElbow, Part::RightKnee, Part::RightHeel],
};

pub(crate) const CLAMSHELL: Scene = sideways(
    ABOVE,
    &[Prop::Mat(-106.0, 90.0)],
    ON_SIDE,
    Pose { left_leg: leg_to(at3(57.0, 16.0, 5.0), dz(80.0, 25.0), dz(0.0, 40.0)), ..ON_SIDE },
    &[Arrow::Follows(Part::LeftKnee, -0.2)],
);

const BOOK_CLOSED: Pose = Pose {
    neck: d(178.0),
    right_arm: arm(dz(180.0, 86.0), dz(180.0, 86.0)),
    left_arm: arm(dz(-90.0, 75.0), dz(-90.0, 72.0)),
    right_leg: leg(dz(-12.0, 78.0), dz(-1.5, -14.0), dz(0.0, 70.0)),
    left_leg: leg(dz(-60.0, 76.0), dz(-8.0, -14.0), dz(0.0, 70.0)),
    ..ON_SIDE
};

pub(crate) const OPEN_BOOK: Scene = sideways(
    Eye { walk_deg: 0.0, down_deg: 50.0 },
    &[Prop::Mat(-106.0, 90.0)],
    BOOK_CLOSED,
    Pose {
        across_shoulders: dz(-90.0, 55.0),
        right_arm: arm_to(at3(-54.0, 4.0, 62.0), dz(180.0, 0.0)),
        left_arm: arm(dz(90.0, -60.0), dz(90.0, -78.0)),
        rests: &[Part::RightHand, Part::RightKnee, Part::RightHeel],
        ..BOOK_CLOSED
    },
    &[Arrow::Follows(Part::LeftHand, 0.25)],
);

/// Propped on the right forearm, the hip on the floor.
const PROPPED: Pose = Pose {
    pelvis: at(2.0, 16.0),
    lumbar: d(156.0),
    thorax: d(136.0),
    across_shoulders: d(228.0),
    neck: d(140.0),
    right_arm: arm(d(-90.0), dz(180.0, 50.0)),
    left_arm: hand_at(at3(3.0, 33.0, 5.0), d(80.0), dz(-30.0, 50.0)),
    right_leg: leg(d(-3.0), dz(0.0, -80.0), dz(0.0, -30.0)),
    left_leg: leg(d(-8.0), dz(0.0, -80.0), dz(0.0, -30.0)),
    rests: &[Part::RightElbow, Part::RightKnee],
    ..ON_SIDE
};

pub(crate) const SIDE_BRIDGE_KNEES: Scene = sideways(
    LOW,
    &[Prop::Mat(-80.0, 84.0)],
    PROPPED,
    Pose {
        pelvis: at(6.0, 29.3),
        across_hips: d(248.0),
        across_shoulders: d(248.0),
        lumbar: d(158.0),
        thorax: d(158.0),
        left_arm: hand_at(at3(10.0, 46.0, 4.0), d(80.0), dz(-30.0, 50.0)),
        neck: d(158.0),
        right_leg: leg(d(-22.0), dz(0.0, -86.0), dz(0.0, -30.0)),
        left_leg: leg(d(-22.0), dz(0.0, -86.0), dz(0.0, -30.0)),
        ..PROPPED
    },
    &[Arrow::Between(at(20.0, 36.0), at(20.0, 62.0), 0.0)],
);

const LONG: Pose = Pose {
    right_leg: leg(d(-3.0), d(-1.0), dz(10.0, 70.0)),
    left_leg: leg(d(-8.0), d(-7.0), dz(10.0, 70.0)),
    rests: &[Part::RightElbow, Part::RightHeel],
    ..PROPPED
};

pub(crate) const SIDE_BRIDGE_FEET: Scene = sideways(
    LOW,
    &[Prop::Mat(-80.0, 110.0)],
    LONG,
    Pose {
        pelvis: at(10.0, 35.4),
        across_hips: d(254.0),
        across_shoulders: d(254.0),
        lumbar: d(164.0),
        thorax: d(164.0),
        left_arm: hand_at(at3(12.0, 52.0, 4.0), d(80.0), dz(-30.0, 50.0)),
        neck: d(164.0),
        right_leg: leg(d(-16.0), d(-16.0), dz(10.0, 70.0)),
        left_leg: leg(d(-18.0), d(-18.0), dz(10.0, 70.0)),
        ..LONG
    },
    &[Arrow::Between(at(24.0, 36.0), at(24.0, 66.0), 0.0)],
);
