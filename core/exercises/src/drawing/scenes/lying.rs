//! On the back: breathing, the pelvis, the abdomen, and the family of the dead bug.

use super::base::{ON_BACK, arm, arm_to, hand_at, leg, leg_to, plain};
use crate::drawing::body::{Part, Pose};
use crate::drawing::scene::{Arrow, Prop, Scene};
use crate::drawing::space::{at, at3, d, dz};

const MAT: &[Prop] = &[Prop::Mat(-94.0, 72.0)];
const LONG_MAT: &[Prop] = &[Prop::Mat(-94.0, 94.0)];

const BREATHE_OUT: Pose = Pose {
    right_arm: hand_at(at3(-24.0, 22.0, 8.0), dz(-60.0, 60.0), dz(4.0, -40.0)),
    left_arm: hand_at(at3(-42.0, 23.0, -8.0), dz(-40.0, -70.0), dz(0.0, 50.0)),
    ..ON_BACK
};

pub(crate) const DIAPHRAGMATIC_BREATHING: Scene = plain(
    MAT,
    BREATHE_OUT,
    Pose { belly: 8.0, right_arm: hand_at(at3(-24.0, 30.0, 8.0), dz(-60.0, 60.0), dz(4.0, -40.0)), ..BREATHE_OUT },
    &[Arrow::Between(at(-19.0, 36.0), at(-19.0, 56.0), 0.0)],
);

/// Arms over the chest: the gap under the waist must be seen.
const ARMS_CROSSED: Pose = Pose {
    right_arm: hand_at(at3(-46.0, 23.5, -2.0), dz(0.0, 60.0), dz(180.0, -40.0)),
    left_arm: hand_at(at3(-46.0, 23.5, 2.0), dz(0.0, -60.0), dz(180.0, 40.0)),
    ..ON_BACK
};

pub(crate) const PELVIC_TILT: Scene = plain(
    MAT,
    Pose { lumbar: d(165.0), thorax: d(193.0), ..ARMS_CROSSED },
    Pose { pelvis: at(1.0, 11.4), lumbar: d(189.0), thorax: d(176.0), ..ARMS_CROSSED },
    &[Arrow::Between(at(4.0, 28.0), at(-24.0, 34.0), 0.3)],
);

pub(crate) const ABDOMINAL_DRAWING_IN: Scene = plain(
    MAT,
    Pose { belly: 5.0, ..ON_BACK },
    Pose { belly: -5.0, ..ON_BACK },
    &[Arrow::Between(at(-22.0, 50.0), at(-22.0, 27.0), 0.0)],
);

pub(crate) const HEEL_SLIDE: Scene = plain(
    LONG_MAT,
    ON_BACK,
    Pose { right_leg: leg_to(at3(79.0, 5.0, 8.0), d(90.0), d(72.0)), ..ON_BACK },
    &[Arrow::Between(at3(62.0, 10.0, 8.0), at3(88.0, 10.0, 8.0), 0.0)],
);

const TABLE_TOP: Pose = Pose {
    right_arm: arm(d(91.0), d(89.0)),
    left_arm: arm(d(88.0), d(88.0)),
    right_leg: leg(d(86.0), d(2.0), d(65.0)),
    left_leg: leg(d(84.0), d(2.0), d(65.0)),
    rests: &[Part::Head, Part::Chest, Part::Pelvis],
    ..ON_BACK
};

pub(crate) const DEAD_BUG_ARMS: Scene = plain(
    &[Prop::Mat(-130.0, 72.0)],
    TABLE_TOP,
    Pose { left_arm: arm(d(156.0), d(160.0)), ..TABLE_TOP },
    &[Arrow::Follows(Part::LeftHand, 0.3)],
);

pub(crate) const DEAD_BUG_LEGS: Scene = plain(
    LONG_MAT,
    TABLE_TOP,
    Pose { right_leg: leg(d(16.0), d(3.0), d(75.0)), ..TABLE_TOP },
    &[Arrow::Follows(Part::RightHeel, -0.15)],
);

pub(crate) const DEAD_BUG: Scene = plain(
    &[Prop::Mat(-130.0, 94.0)],
    TABLE_TOP,
    Pose { left_arm: arm(d(156.0), d(160.0)), right_leg: leg(d(16.0), d(3.0), d(75.0)), ..TABLE_TOP },
    &[Arrow::Follows(Part::RightHeel, -0.15), Arrow::Follows(Part::LeftHand, 0.3)],
);

const CURLED: Pose = Pose {
    right_arm: arm_to(at3(-8.0, 4.0, 9.0), dz(0.0, 80.0)),
    left_arm: arm_to(at3(-8.0, 4.0, -9.0), dz(0.0, -80.0)),
    left_leg: leg_to(at3(80.0, 5.0, -8.0), d(90.0), d(72.0)),
    ..ON_BACK
};

pub(crate) const CURL_UP: Scene = plain(
    LONG_MAT,
    CURLED,
    Pose { thorax: d(162.0), neck: d(154.0), rests: &[Part::Pelvis, Part::RightHeel], ..CURLED },
    &[Arrow::Between(at(-88.0, 28.0), at(-76.0, 44.0), 0.2)],
);
