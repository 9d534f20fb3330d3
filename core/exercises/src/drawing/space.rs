//! Points and directions in the room, and how an eye sees them.
//!
//! The room has x to the right, y up from the floor and z towards the viewer. Its unit is about a centimetre: a grown
//! person stands 172 tall.

use std::ops::{Add, Mul, Sub};

/// A point in the room, or the way from one to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Vector {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) z: f64,
}

/// A point of the plane in which a side view is drawn.
pub(crate) const fn at(x: f64, y: f64) -> Vector {
    Vector { x, y, z: 0.0 }
}

/// A point anywhere in the room.
pub(crate) const fn at3(x: f64, y: f64, z: f64) -> Vector {
    Vector { x, y, z }
}

impl Vector {
    pub(crate) fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    pub(crate) fn cross(self, other: Self) -> Self {
        at3(
            self.y * other.z - self.z * other.y,
            self.z * other.x - self.x * other.z,
            self.x * other.y - self.y * other.x,
        )
    }

    pub(crate) fn length(self) -> f64 {
        self.dot(self).sqrt()
    }

    /// The same direction with length 1; something without length stays as it is.
    pub(crate) fn unit(self) -> Self {
        let length = self.length();
        if length > 0.0 { self * (1.0 / length) } else { self }
    }

    /// What is left of it at right angles to a direction of length 1.
    pub(crate) fn beside(self, direction: Self) -> Self {
        self - direction * self.dot(direction)
    }
}

impl Add for Vector {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        at3(self.x + other.x, self.y + other.y, self.z + other.z)
    }
}

impl Sub for Vector {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        at3(self.x - other.x, self.y - other.y, self.z - other.z)
    }
}

impl Mul<f64> for Vector {
    type Output = Self;
    fn mul(self, by: f64) -> Self {
        at3(self.x * by, self.y * by, self.z * by)
    }
}

/// A direction, by two angles in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Dir {
    /// In the plane of a side view: 0 to the right, 90 up, 180 to the left.
    pub(crate) plane_deg: f64,
    /// Out of that plane: 90 towards the viewer, -90 away.
    pub(crate) towards_deg: f64,
}

/// A direction in the plane of a side view.
pub(crate) const fn d(plane_deg: f64) -> Dir {
    Dir { plane_deg, towards_deg: 0.0 }
}

/// A direction out of the plane of a side view.
pub(crate) const fn dz(plane_deg: f64, towards_deg: f64) -> Dir {
    Dir { plane_deg, towards_deg }
}

impl Dir {
    pub(crate) fn unit(self) -> Vector {
        let (plane_sin, plane_cos) = self.plane_deg.to_radians().sin_cos();
        let (out_sin, out_cos) = self.towards_deg.to_radians().sin_cos();
        at3(out_cos * plane_cos, out_cos * plane_sin, out_sin)
    }
}

/// From where the room is seen. There is no perspective: bones that are parallel stay so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Eye {
    /// How far the viewer has walked to the right, in degrees; 90 looks from the right end of the room.
    pub(crate) walk_deg: f64,
    /// How far the viewer looks down, in degrees; 90 looks from the ceiling.
    pub(crate) down_deg: f64,
}

/// A point on the paper, y down as SVG has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spot {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Eye {
    /// What is to the right on the paper.
    pub(crate) fn right(self) -> Vector {
        let (sin, cos) = self.walk_deg.to_radians().sin_cos();
        at3(cos, 0.0, -sin)
    }

    /// What is up on the paper.
    pub(crate) fn up(self) -> Vector {
        let (walk_sin, walk_cos) = self.walk_deg.to_radians().sin_cos();
        let (down_sin, down_cos) = self.down_deg.to_radians().sin_cos();
        at3(-walk_sin * down_sin, down_cos, -walk_cos * down_sin)
    }

    /// Where a point is on the paper.
    pub(crate) fn see(self, point: Vector) -> Spot {
        Spot { x: point.dot(self.right()), y: -point.dot(self.up()) }
    }

    /// How near a point is to the viewer; more is nearer.
    pub(crate) fn nearness(self, point: Vector) -> f64 {
        point.dot(self.right().cross(self.up()))
    }
}
