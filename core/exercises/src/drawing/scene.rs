//! What one drawing shows: two poses, the things around them, and what moves.

use super::body::{Figure, Part, Pose};
use super::space::{Eye, Vector, at3};

/// How high a chair's seat is.
pub(crate) const SEAT: f64 = 42.0;
/// How thick a mat is; its top is the floor of the figure.
pub(crate) const MAT: f64 = 2.5;
/// How far things reach towards the viewer and away.
pub(crate) const REACH: f64 = 26.0;

/// A thing that stays where it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Prop {
    /// A mat from one x to another.
    Mat(f64, f64),
    /// A wall to the right of x.
    WallAhead(f64),
    /// A wall to the left of x.
    WallBehind(f64),
    /// A chair whose back is at x, looking to the right.
    Chair(f64),
    /// A step from x on, and how high it is.
    Step(f64, f64),
    /// A bicycle, by the middle of its crank.
    Bicycle(Vector),
}

/// A thing that goes with the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// Nothing.
    Nothing,
    /// A stick along the back, from the pelvis to the head.
    Stick,
    /// A bag in both hands.
    Bag,
    /// A strap from the hands around the right foot.
    Strap,
}

/// Whose limbs are paler, because they are farther away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paler {
    Left,
    Right,
}

/// What shows where the movement goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Arrow {
    /// From where a part starts to where it ends; bent to its left by that share of its length.
    Follows(Part, f64),
    /// From one point to another, bent likewise.
    Between(Vector, Vector, f64),
}

/// What one drawing shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scene {
    pub(crate) eye: Eye,
    pub(crate) paler: Paler,
    pub(crate) props: &'static [Prop],
    pub(crate) held: Held,
    pub(crate) start: Pose,
    pub(crate) end: Pose,
    /// One for each part that moves by itself.
    pub(crate) arrows: &'static [Arrow],
}

/// From the side, and a little from above.
pub(crate) const SIDE: Eye = Eye { walk_deg: 0.0, down_deg: 8.0 };

/// A box along the axes of the room, by two corners.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Block {
    pub(crate) low: Vector,
    pub(crate) high: Vector,
}

const fn block(low: Vector, high: Vector) -> Block {
    Block { low, high }
}

impl Block {
    /// Its corners: the four at the bottom, then the four at the top.
    pub(crate) fn corners(&self) -> [Vector; 8] {
        let (low, high) = (self.low, self.high);
        let corner = |right: bool, up: bool, near: bool| {
            at3(if right { high.x } else { low.x }, if up { high.y } else { low.y }, if near { high.z } else { low.z })
        };
        [
            corner(false, false, false),
            corner(true, false, false),
            corner(true, false, true),
            corner(false, false, true),
            corner(false, true, false),
            corner(true, true, false),
            corner(true, true, true),
            corner(false, true, true),
        ]
    }
}

impl Prop {
    /// The blocks it is made of, the farthest first. A bicycle has none.
    pub(crate) fn blocks(self) -> Vec<Block> {
        match self {
            Self::Mat(from, to) => vec![block(at3(from, -MAT, -REACH), at3(to, 0.0, REACH))],
            Self::WallAhead(x) => vec![block(at3(x, 0.0, -REACH), at3(x + 6.0, 184.0, REACH))],
            Self::WallBehind(x) => vec![block(at3(x - 6.0, 0.0, -REACH), at3(x, 184.0, REACH))],
            Self::Step(x, high) => vec![block(at3(x, 0.0, -REACH), at3(x + 48.0, high, REACH))],
            Self::Chair(x) => {
                let post = |x: f64, z: f64, high: f64| block(at3(x, 0.0, z - 1.5), at3(x + 3.5, high, z + 1.5));
                vec![
                    post(x, -18.0, 88.0),
                    post(x + 34.5, -18.0, SEAT),
                    block(at3(x, 60.0, -18.0), at3(x + 3.5, 88.0, 18.0)),
                    block(at3(x, SEAT - 4.0, -20.0), at3(x + 38.0, SEAT, 20.0)),
                    post(x, 18.0, 88.0),
                    post(x + 34.5, 18.0, SEAT),
                ]
            }
            Self::Bicycle(_) => Vec::new(),
        }
    }
}

/// Where the saddle of a bicycle is, from the middle of its crank.
pub(crate) const SADDLE: Vector = at3(-14.0, 54.0, 0.0);
/// Where the grips are.
pub(crate) const GRIPS: Vector = at3(40.0, 66.0, 0.0);
/// How long a crank is.
#[cfg(test)]
pub(crate) const CRANK: f64 = 15.0;

/// Where the pedal under a foot is.
pub(crate) fn pedal(ankle: Vector, toes: Vector) -> Vector {
    (ankle + toes) * 0.5 - at3(0.0, 5.5, 0.0)
}

/// The ends of a stick along the back.
pub(crate) fn stick(figure: &Figure) -> (Vector, Vector) {
    let up = (figure.chest - figure.pelvis).unit();
    // Its back is where the right hand of "across" and "up" points.
    let back = figure.across_shoulders.cross(up).unit() * 12.5;
    (figure.pelvis + back - up * 14.0, figure.chest + back + up * 38.0)
}
