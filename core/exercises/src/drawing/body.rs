//! The figure: its bones, and how a pose puts them in their places.
//!
//! A pose tells the pelvis' place and the direction of each bone; a limb may tell instead what point it reaches, and to
//! which side it bends. Seen from the side, the figure looks to the right when it stands, so its right side is near.

use super::space::{Dir, Vector, d, dz};

/// Lengths of bones, after the proportions of a grown person of 172.
pub(crate) mod length {
    pub(crate) const LUMBAR: f64 = 26.0;
    pub(crate) const THORAX: f64 = 28.0;
    pub(crate) const NECK: f64 = 19.0;
    pub(crate) const UPPER_ARM: f64 = 29.0;
    pub(crate) const FOREARM: f64 = 25.0;
    pub(crate) const HAND: f64 = 10.0;
    pub(crate) const THIGH: f64 = 42.0;
    pub(crate) const SHIN: f64 = 40.0;
    pub(crate) const FOOT: f64 = 17.0;
    /// From the middle of the trunk to a shoulder.
    pub(crate) const SHOULDER: f64 = 16.0;
    /// From the middle of the pelvis to a hip.
    pub(crate) const HIP: f64 = 8.0;
}

/// How far flesh goes from the middle of a joint.
pub(crate) mod flesh {
    pub(crate) const HEAD: f64 = 12.0;
    pub(crate) const NECK: f64 = 5.0;
    pub(crate) const SHOULDER: f64 = 5.5;
    pub(crate) const ELBOW: f64 = 4.5;
    pub(crate) const WRIST: f64 = 3.5;
    pub(crate) const FINGERS: f64 = 2.8;
    pub(crate) const HIP: f64 = 8.0;
    pub(crate) const KNEE: f64 = 6.0;
    pub(crate) const ANKLE: f64 = 4.2;
    pub(crate) const HEEL: f64 = 5.0;
    pub(crate) const TOES: f64 = 3.0;
    /// The trunk from front to back at pelvis, waist and chest.
    pub(crate) const DEPTH: [f64; 3] = [10.0, 8.5, 10.0];
    /// The trunk from the middle to a side at pelvis, waist and chest.
    pub(crate) const WIDTH: [f64; 3] = [15.0, 12.5, 15.5];
}

/// How the two long bones of a limb lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Limb {
    /// Each in its direction.
    Along(Dir, Dir),
    /// So that the wrist or ankle is at a point, the elbow or knee pointing about that way.
    Reach(Vector, Dir),
}

/// An arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Arm {
    pub(crate) limb: Limb,
    /// Where the fingers point; none: on along the forearm.
    pub(crate) hand: Option<Dir>,
}

/// A leg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Leg {
    pub(crate) limb: Limb,
    /// Where the toes point.
    pub(crate) foot: Dir,
}

/// A part of the body that something may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Head,
    Chest,
    Pelvis,
    RightElbow,
    LeftElbow,
    RightHand,
    LeftHand,
    RightKnee,
    LeftKnee,
    RightHeel,
    LeftHeel,
    RightToes,
    LeftToes,
}

/// A pose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pose {
    pub(crate) pelvis: Vector,
    /// From the left hip to the right.
    pub(crate) across_hips: Dir,
    /// From the left shoulder to the right.
    pub(crate) across_shoulders: Dir,
    pub(crate) lumbar: Dir,
    pub(crate) thorax: Dir,
    pub(crate) neck: Dir,
    pub(crate) right_arm: Arm,
    pub(crate) left_arm: Arm,
    pub(crate) right_leg: Leg,
    pub(crate) left_leg: Leg,
    /// How far the belly stands out; below 0 it is drawn in.
    pub(crate) belly: f64,
    /// What rests on the floor or on a thing. The tests hold the pose to it.
    pub(crate) rests: &'static [Part],
}

/// Towards the viewer: the right side of a figure that is seen from its right.
pub(crate) const NEAR: Dir = dz(0.0, 90.0);
/// A foot flat on the floor, its toes to the right.
pub(crate) const FLAT: Dir = d(-6.75);

/// Where one side of a body has its joints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Side {
    pub(crate) shoulder: Vector,
    pub(crate) elbow: Vector,
    pub(crate) wrist: Vector,
    pub(crate) fingers: Vector,
    pub(crate) hip: Vector,
    pub(crate) knee: Vector,
    pub(crate) ankle: Vector,
    pub(crate) toes: Vector,
}

/// A pose worked out: where every joint is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) pelvis: Vector,
    pub(crate) waist: Vector,
    pub(crate) chest: Vector,
    pub(crate) head: Vector,
    /// Where the nose points.
    pub(crate) face: Vector,
    pub(crate) across_hips: Vector,
    pub(crate) across_shoulders: Vector,
    pub(crate) belly: f64,
    pub(crate) right: Side,
    pub(crate) left: Side,
}

/// The middle joint and the end of a limb.
fn limb(limb: Limb, root: Vector, upper: f64, lower: f64) -> (Vector, Vector) {
    match limb {
        Limb::Along(first, second) => {
            let middle = root + first.unit() * upper;
            (middle, middle + second.unit() * lower)
        }
        Limb::Reach(target, bend) => {
            let way = target - root;
            let (along, span) = (way.unit(), way.length().clamp((upper - lower).abs(), upper + lower));
            // The foot of the height on the line from root to target, by the theorem of Pythagoras on both halves.
            let foot = (upper * upper - lower * lower + span * span) / (2.0 * span);
            let height = (upper * upper - foot * foot).max(0.0).sqrt();
            let middle = root + along * foot + bend.unit().beside(along).unit() * height;
            (middle, root + along * span)
        }
    }
}

fn side(arm: Arm, leg: Leg, shoulder: Vector, hip: Vector) -> Side {
    let (elbow, wrist) = limb(arm.limb, shoulder, length::UPPER_ARM, length::FOREARM);
    let (knee, ankle) = limb(leg.limb, hip, length::THIGH, length::SHIN);
    let hand = arm.hand.map_or_else(|| (wrist - elbow).unit(), Dir::unit);
    Side {
        shoulder,
        elbow,
        wrist,
        fingers: wrist + hand * length::HAND,
        hip,
        knee,
        ankle,
        toes: ankle + leg.foot.unit() * length::FOOT,
    }
}

impl Pose {
    /// Works out where every joint is.
    pub(crate) fn figure(&self) -> Figure {
        let across_hips = self.across_hips.unit();
        let across_shoulders = self.across_shoulders.unit();
        let waist = self.pelvis + self.lumbar.unit() * length::LUMBAR;
        let chest = waist + self.thorax.unit() * length::THORAX;
        let neck = self.neck.unit();
        let place = |arm, leg, way: f64| {
            let shoulder = chest + across_shoulders * (length::SHOULDER * way);
            side(arm, leg, shoulder, self.pelvis + across_hips * (length::HIP * way))
        };
        Figure {
            pelvis: self.pelvis,
            waist,
            chest,
            head: chest + neck * length::NECK,
            face: neck.cross(across_shoulders).unit(),
            across_hips,
            across_shoulders,
            belly: self.belly,
            right: place(self.right_arm, self.right_leg, 1.0),
            left: place(self.left_arm, self.left_leg, -1.0),
        }
    }
}

impl Figure {
    /// Where a part is, and how far flesh goes from there.
    pub(crate) fn part(&self, part: Part) -> (Vector, f64) {
        let [pelvis, _, chest] = flesh::DEPTH;
        match part {
            Part::Head => (self.head, flesh::HEAD),
            Part::Chest => (self.chest, chest),
            Part::Pelvis => (self.pelvis, pelvis),
            Part::RightElbow => (self.right.elbow, flesh::ELBOW),
            Part::LeftElbow => (self.left.elbow, flesh::ELBOW),
            Part::RightHand => (self.right.wrist, flesh::WRIST),
            Part::LeftHand => (self.left.wrist, flesh::WRIST),
            Part::RightKnee => (self.right.knee, flesh::KNEE),
            Part::LeftKnee => (self.left.knee, flesh::KNEE),
            Part::RightHeel => (self.right.ankle, flesh::HEEL),
            Part::LeftHeel => (self.left.ankle, flesh::HEEL),
            Part::RightToes => (self.right.toes, flesh::TOES),
            Part::LeftToes => (self.left.toes, flesh::TOES),
        }
    }
}
