//! What is on a page, before it is PDF: marks with their places, and what they mean to somebody who can't see them.
//!
//! Places are in points of 1/72 inch from the page's upper left corner, x to the right and y down.

use super::letters::Run;

/// A place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct At {
    pub(super) x: f32,
    pub(super) y: f32,
}

/// A rectangle; its sides are never negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Area {
    pub(super) const fn right(self) -> f32 {
        self.x + self.width
    }

    pub(super) const fn bottom(self) -> f32 {
        self.y + self.height
    }
}

/// The few inks. All are grey but one, and that one is as dark as a dark grey: a copy in black and white loses nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Black,
    /// Headings and the line of the mean.
    Blue,
    Dark,
    Middle,
    Light,
    Pale,
    White,
}

/// Something to be seen.
#[derive(Clone, Debug)]
pub(super) enum Mark {
    /// Letters; the place is the left end of the base line.
    Text { at: At, run: Run, ink: Ink },
    /// A rectangle, filled.
    Fill { area: Area, ink: Ink },
    /// A rectangle with an edge and slanted lines.
    Hatch { area: Area },
    /// A rectangle's edge.
    Edge { area: Area, ink: Ink },
    /// A surface with corners, filled.
    Surface { corners: Vec<At>, ink: Ink },
    /// A line with corners; dashed or not.
    Line { points: Vec<At>, width: f32, ink: Ink, dashed: bool },
    /// A small circle, filled with an ink.
    Dot { centre: At, radius: f32, ink: Ink, filled: bool },
}

/// What marks mean.
#[derive(Clone, Debug)]
pub(super) enum Role {
    /// The title of the whole.
    Title,
    /// A heading.
    Heading(String),
    /// A paragraph.
    Paragraph,
    /// A picture, and what it shows in words.
    Figure(String),
    /// A table: its children are rows.
    Table(String),
    /// A row of a table: its children are cells.
    Row,
    /// A cell that tells what its column holds.
    HeadCell,
    /// A cell.
    Cell,
    /// Nothing: lines between parts, and numbers of pages.
    Ornament,
}

/// Marks that belong together, and what they mean.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) role: Role,
    pub(super) marks: Vec<Mark>,
    pub(super) children: Vec<Node>,
}

impl Node {
    pub(super) const fn leaf(role: Role, marks: Vec<Mark>) -> Self {
        Self { role, marks, children: Vec::new() }
    }

    pub(super) const fn branch(role: Role, children: Vec<Self>) -> Self {
        Self { role, marks: Vec::new(), children }
    }
}

/// One page.
pub(super) type PageMarks = Vec<Node>;
