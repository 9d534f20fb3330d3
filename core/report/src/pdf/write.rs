//! From marks to PDF: drawing, the tree of what they mean, outline and title. The one file that knows krilla.

use std::num::NonZeroU16;

use krilla::color::{luma, rgb};
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{Path, PathBuilder, Point, Rect, Size};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, LineCap, LineJoin, Paint, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Node as TagNode, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree,
};
use krilla::{Document, SerializeSettings};

use super::PdfError;
use super::letters::Letters;
use super::mark::{Area, At, Ink, Mark, Node, PageMarks, Role};

/// A page of A4, in points.
pub(super) const PAGE_WIDTH_PT: f32 = 595.28;
/// A page of A4, in points.
pub(super) const PAGE_HEIGHT_PT: f32 = 841.89;

const LANGUAGE: &str = "en";
/// How far apart slanted lines are, in points.
const HATCH_STEP_PT: f32 = 3.0;
/// How far a circle's control points are from its corners, for a radius of 1.
const CIRCLE: f32 = 0.552_284_8;

/// Writes pages. The same pages make the same bytes.
pub(super) fn write(title: &str, pages: &[PageMarks], letters: &Letters) -> Result<Vec<u8>, PdfError> {
    // Checked while it is written: what a reader aloud needs is there, or there is no file.
    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| PdfError::Settings)?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    document.set_metadata(
        Metadata::new().title(title.to_owned()).language(LANGUAGE.to_owned()).producer("Lumbra".to_owned()),
    );
    let size = Size::from_wh(PAGE_WIDTH_PT, PAGE_HEIGHT_PT).ok_or(PdfError::Settings)?;
    let mut tree = TagTree::new().with_lang(Some(LANGUAGE.to_owned()));
    let mut outline = Outline::new();
    for (index, nodes) in pages.iter().enumerate() {
        let mut page = document.start_page_with(PageSettings::new(size));
        let mut surface = page.surface();
        for node in nodes {
            if let (Role::Heading(text), Some(at)) = (&node.role, node.marks.iter().find_map(place)) {
                let above = Point::from_xy(at.x, (at.y - 14.0).max(0.0));
                outline.push_child(OutlineNode::new(text.clone(), XyzDestination::new(index, above)));
            }
            if let Some(group) = draw(&mut surface, node, letters) {
                tree.push(group);
            }
        }
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(tree);
    document.set_outline(outline);
    document.finish().map_err(|error| PdfError::Refused(format!("{error:?}").chars().take(200).collect()))
}

const fn place(mark: &Mark) -> Option<At> {
    match mark {
        Mark::Text { at, .. } => Some(*at),
        _ => None,
    }
}

/// Draws a node with all below it, and gives what stands for it in the tree; nothing for an ornament.
fn draw(surface: &mut Surface<'_>, node: &Node, letters: &Letters) -> Option<TagGroup> {
    let level = |level| NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
    let mut group = match &node.role {
        Role::Ornament => {
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
            draw_marks(surface, &node.marks, letters);
            surface.end_tagged();
            return None;
        }
        Role::Title => TagGroup::new(Tag::Hn(level(1), Some("Title".to_owned()))),
        Role::Heading(text) => TagGroup::new(Tag::Hn(level(2), Some(text.clone()))),
        Role::Paragraph => TagGroup::new(Tag::P),
        Role::Figure(words) => TagGroup::new(Tag::Figure(Some(words.clone()))),
        Role::Table(summary) => TagGroup::new(Tag::Table.with_summary(Some(summary.clone()))),
        Role::Row => TagGroup::new(Tag::TR),
        Role::HeadCell => TagGroup::new(Tag::TH(TableHeaderScope::Column)),
        Role::Cell => TagGroup::new(Tag::TD),
    };
    if !node.marks.is_empty() {
        let tag =
            if matches!(node.role, Role::Figure(_)) { ContentTag::Other } else { ContentTag::Span(SpanTag::empty()) };
        let identifier = surface.start_tagged(tag);
        draw_marks(surface, &node.marks, letters);
        surface.end_tagged();
        group.push(identifier);
    }
    for child in &node.children {
        if let Some(child) = draw(surface, child, letters) {
            group.push(TagNode::Group(child));
        }
    }
    Some(group)
}

fn draw_marks(surface: &mut Surface<'_>, marks: &[Mark], letters: &Letters) {
    for mark in marks {
        match mark {
            Mark::Text { at, run, ink } => {
                fill_with(surface, *ink);
                let font = letters.font(run.weight).clone();
                surface.draw_glyphs(point(*at), &run.glyphs, font, &run.text, run.size_pt, false);
            }
            Mark::Fill { area, ink } => {
                fill_with(surface, *ink);
                draw_path(surface, rectangle(*area));
            }
            Mark::Edge { area, ink } => {
                stroke_with(surface, *ink, 0.6, false);
                draw_path(surface, rectangle(*area));
            }
            Mark::Hatch { area } => hatch(surface, *area),
            Mark::Surface { corners, ink } => {
                fill_with(surface, *ink);
                draw_path(surface, polygon(corners, true));
            }
            Mark::Line { points, width, ink, dashed } => {
                stroke_with(surface, *ink, *width, *dashed);
                draw_path(surface, polygon(points, false));
            }
            Mark::Dot { centre, radius, ink, filled } => {
                if *filled {
                    fill_with(surface, *ink);
                } else {
                    stroke_with(surface, *ink, 0.8, false);
                    surface.set_fill(Some(solid(Ink::White)));
                }
                draw_path(surface, circle(*centre, *radius));
            }
        }
    }
}

/// White with slanted lines, which no copier turns into a plain grey.
fn hatch(surface: &mut Surface<'_>, area: Area) {
    fill_with(surface, Ink::White);
    draw_path(surface, rectangle(area));
    let Some(clip) = rectangle(area) else { return };
    surface.push_clip_path(&clip, &FillRule::NonZero);
    stroke_with(surface, Ink::Black, 0.6, false);
    let mut lines = PathBuilder::new();
    // Aligned to the page, so that neighbours go on where this one ends.
    let mut at = ((area.x - area.bottom()) / HATCH_STEP_PT).floor() * HATCH_STEP_PT;
    while at < area.right() - area.y {
        lines.move_to(at + area.bottom(), area.bottom());
        lines.line_to(at + area.y, area.y);
        at += HATCH_STEP_PT;
    }
    draw_path(surface, lines.finish());
    surface.pop();
    stroke_with(surface, Ink::Black, 0.5, false);
    draw_path(surface, rectangle(area));
}

fn draw_path(surface: &mut Surface<'_>, path: Option<Path>) {
    // A path without any extent is nothing to be seen.
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

fn point(at: At) -> Point {
    Point::from_xy(at.x, at.y)
}

fn rectangle(area: Area) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(area.x, area.y, area.width, area.height)?);
    path.finish()
}

fn polygon(points: &[At], closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    let (first, rest) = points.split_first()?;
    path.move_to(first.x, first.y);
    for point in rest {
        path.line_to(point.x, point.y);
    }
    if closed {
        path.close();
    }
    path.finish()
}

fn circle(centre: At, radius: f32) -> Option<Path> {
    let (x, y, handle) = (centre.x, centre.y, radius * CIRCLE);
    let mut path = PathBuilder::new();
    path.move_to(x + radius, y);
    path.cubic_to(x + radius, y + handle, x + handle, y + radius, x, y + radius);
    path.cubic_to(x - handle, y + radius, x - radius, y + handle, x - radius, y);
    path.cubic_to(x - radius, y - handle, x - handle, y - radius, x, y - radius);
    path.cubic_to(x + handle, y - radius, x + radius, y - handle, x + radius, y);
    path.close();
    path.finish()
}

fn paint(ink: Ink) -> Paint {
    match ink {
        Ink::Black => luma::Color::new(0x14).into(),
        Ink::Blue => rgb::Color::new(0x16, 0x3a, 0x70).into(),
        Ink::Dark => luma::Color::new(0x50).into(),
        Ink::Middle => luma::Color::new(0x80).into(),
        Ink::Light => luma::Color::new(0xc0).into(),
        Ink::Pale => luma::Color::new(0xe2).into(),
        Ink::White => luma::Color::white().into(),
    }
}

fn solid(ink: Ink) -> Fill {
    Fill { paint: paint(ink), ..Fill::default() }
}

fn fill_with(surface: &mut Surface<'_>, ink: Ink) {
    surface.set_stroke(None);
    surface.set_fill(Some(solid(ink)));
}

fn stroke_with(surface: &mut Surface<'_>, ink: Ink, width: f32, dashed: bool) {
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke {
        paint: paint(ink),
        width,
        line_cap: LineCap::Butt,
        line_join: LineJoin::Round,
        dash: dashed.then(|| StrokeDash { array: vec![3.0, 2.0], offset: 0.0 }),
        ..Stroke::default()
    }));
}
