//! A drawing of each exercise: where it starts, where it ends, and what moves.
//!
//! Nothing here is a picture file. [`space`] is the room and the eye; [`body`] is one figure, whose pose is given by the
//! directions of its bones; [`scene`] adds things and an arrow; [`scenes`] is the table of all exercises; [`paint`] and
//! [`things`] make shapes of them. The same exercise gives the same bytes each time.

mod body;
mod paint;
mod scene;
mod scenes;
mod space;
mod things;

use lumbra_domain::exercise::Exercise;

use self::body::Figure;
use self::paint::{Layer, Shape, drawn, filled, ink};
use self::scene::{Arrow, Prop, Scene};
use self::space::{Eye, Spot, at3};
use crate::{Language, Library};

/// A drawing of an exercise: the start on the left, the end on the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawing {
    exercise: Exercise,
    language: Language,
}

/// The drawing of an exercise, with its words for those who cannot see it in a language.
pub fn drawing(exercise: Exercise, language: Language) -> Drawing {
    Drawing { exercise, language }
}

/// Around everything, in units of the room.
const MARGIN: f64 = 9.0;
/// Between the two figures.
const GAP: f64 = 30.0;

/// What is taken up on the paper.
#[derive(Clone, Copy, Debug)]
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Frame {
    const EMPTY: Self =
        Self { left: f64::INFINITY, right: f64::NEG_INFINITY, top: f64::INFINITY, bottom: f64::NEG_INFINITY };

    fn take(&mut self, spot: Spot, around: f64) {
        self.left = self.left.min(spot.x - around);
        self.right = self.right.max(spot.x + around);
        self.top = self.top.min(spot.y - around);
        self.bottom = self.bottom.max(spot.y + around);
    }
}

fn frame(scene: &Scene, start: &Figure, end: &Figure) -> Frame {
    let (eye, mut frame) = (scene.eye, Frame::EMPTY);
    for figure in [start, end] {
        for point in [figure.pelvis, figure.waist, figure.chest, figure.head] {
            frame.take(eye.see(point), 14.0);
        }
        for side in [&figure.right, &figure.left] {
            for point in [side.elbow, side.wrist, side.fingers, side.knee, side.ankle, side.toes] {
                frame.take(eye.see(point), 6.0);
            }
        }
        match scene.held {
            scene::Held::Stick => frame.take(eye.see(scene::stick(figure).1), 2.0),
            scene::Held::Bag => frame.take(eye.see(figure.right.fingers - at3(0.0, 30.0, 0.0)), 1.0),
            scene::Held::Nothing | scene::Held::Strap => {}
        }
    }
    for prop in scene.props {
        for corner in prop.blocks().iter().flat_map(scene::Block::corners) {
            frame.take(eye.see(corner), 1.0);
        }
        if let Prop::Bicycle(crank) = prop {
            frame.take(eye.see(at3(crank.x - 74.0, 0.0, 0.0)), 1.0);
            frame.take(eye.see(at3(crank.x + 90.0, 0.0, 0.0)), 1.0);
        }
    }
    for arrow in scene.arrows {
        let (from, to, _) = ends(*arrow, scene.eye, start, end);
        frame.take(from, 4.0);
        frame.take(to, 4.0);
    }
    frame
}

/// Where an arrow begins, where it ends, and how it bends.
fn ends(arrow: Arrow, eye: Eye, start: &Figure, end: &Figure) -> (Spot, Spot, f64) {
    match arrow {
        Arrow::Follows(part, bend) => (eye.see(start.part(part).0), eye.see(end.part(part).0), bend),
        Arrow::Between(from, to, bend) => (eye.see(from), eye.see(to), bend),
    }
}

/// An arrow from one spot to another, bent to its left by a share of its length.
fn arrow((from, to, bend): (Spot, Spot, f64)) -> String {
    const HEAD: f64 = 7.0;
    let (way_x, way_y) = (to.x - from.x, to.y - from.y);
    let control = Spot { x: from.x.midpoint(to.x) + way_y * bend, y: from.y.midpoint(to.y) - way_x * bend };
    let (x, y) = (to.x - control.x, to.y - control.y);
    let length = x.hypot(y).max(0.1);
    let (x, y) = (x / length * HEAD, y / length * HEAD);
    let neck = Spot { x: to.x - x, y: to.y - y };
    let (mut shaft, mut tip) = (Shape::default(), Shape::default());
    shaft.add('M', &[from.x, from.y]);
    shaft.add('Q', &[control.x, control.y, neck.x, neck.y]);
    tip.polygon(&[
        Spot { x: neck.x - y * 0.7, y: neck.y + x * 0.7 },
        to,
        Spot { x: neck.x + y * 0.7, y: neck.y - x * 0.7 },
    ]);
    drawn(&shaft, ink::PAPER, 6.0) + &drawn(&shaft, ink::ARROW, 3.0) + &filled(&tip, ink::ARROW)
}

/// One figure with its things, the farthest first.
fn panel(scene: &Scene, figure: &Figure) -> String {
    let mut layers: Vec<Layer> = scene.props.iter().flat_map(|prop| things::layers(*prop, scene.eye)).collect();
    layers.extend(paint::figure(scene, figure));
    layers.sort_by(|a, b| a.nearness.total_cmp(&b.nearness));
    layers.into_iter().map(|layer| layer.svg).collect()
}

/// The line of the floor, where no mat shows it and the eye is low enough for the floor to be a line.
fn floor(scene: &Scene, frame: &Frame) -> String {
    let mat = scene.props.iter().any(|prop| matches!(prop, Prop::Mat(..)));
    if mat || scene.eye.down_deg > 12.0 {
        return String::new();
    }
    // A near foot stands on the line.
    let y = scene.eye.see(at3(0.0, 0.0, body::length::HIP)).y;
    let mut line = Shape::default();
    line.line(&[Spot { x: frame.left, y }, Spot { x: frame.right, y }]);
    drawn(&line, ink::EDGE, 1.2)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Drawing {
    /// What it shows, in a few words.
    pub fn title(&self) -> &'static str {
        Library::in_language(self.language).page(self.exercise).name
    }

    /// What is to be seen, for those who cannot see it: the set-up and the steps.
    pub fn description(&self) -> String {
        let page = Library::in_language(self.language).page(self.exercise);
        let mut text = String::from(page.set_up);
        for step in page.steps {
            text.push(' ');
            text.push_str(step);
        }
        text
    }

    /// The drawing as SVG 1.1, below 12 kB. It brings its own light ground, so that it can stand on a dark page; its colours
    /// differ in lightness, so that it can be printed in black and white.
    pub fn to_svg(&self) -> String {
        let scene = scenes::scene(self.exercise);
        let (start, end) = (scene.start.figure(), scene.end.figure());
        let frame = frame(&scene, &start, &end);
        let (width, height) = (frame.right - frame.left, frame.bottom - frame.top);
        let (full_width, full_height) = (2.0 * width + GAP + 2.0 * MARGIN, height + 2.0 * MARGIN);
        let arrows: String = scene.arrows.iter().map(|each| arrow(ends(*each, scene.eye, &start, &end))).collect();
        let place = |number: f64| (number * width + number * GAP + MARGIN - frame.left, MARGIN - frame.top);
        let ((start_x, y), (end_x, _)) = (place(0.0), place(1.0));
        let middle = Spot { x: MARGIN + width + GAP / 2.0, y: MARGIN + height / 2.0 };
        let mut next = Shape::default();
        next.line(&[
            Spot { x: middle.x - 4.0, y: middle.y - 9.0 },
            Spot { x: middle.x + 4.0, y: middle.y },
            Spot { x: middle.x - 4.0, y: middle.y + 9.0 },
        ]);
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="{full_width:.0}" height="{full_height:.0}" viewBox="0 0 {full_width:.1} {full_height:.1}" xml:lang="{language}"><title>{title}</title><desc>{desc}</desc><rect width="100%" height="100%" rx="10" fill="{paper}"/><g transform="translate({start_x:.1} {y:.1})">{floor}{first}{arrows}</g>{next}<g transform="translate({end_x:.1} {y:.1})">{floor}{second}</g></svg>"#,
            language = self.language.tag(),
            title = escaped(self.title()),
            desc = escaped(&self.description()),
            paper = ink::PAPER,
            floor = floor(&scene, &frame),
            first = panel(&scene, &start),
            next = drawn(&next, ink::EDGE, 3.0),
            second = panel(&scene, &end),
        )
    }
}

#[cfg(test)]
mod tests;
