//! From a figure to shapes on paper.
//!
//! Each limb is one shape with a rim in the colour of the paper, so that an arm before the trunk is still an arm; what is
//! nearer is painted later. Colours differ in lightness, not only in hue: they stay apart in black and white.

use std::fmt::Write as _;

use super::body::{Figure, Side, flesh};
use super::scene::{Held, Paler, Prop, Scene, pedal, stick};
use super::space::{Eye, Spot, Vector, at3};

/// The colours, each by what it is for.
pub(crate) mod ink {
    pub(crate) const PAPER: &str = "#f8f6f1";
    pub(crate) const SHIRT: &str = "#2f8096";
    pub(crate) const TROUSERS: &str = "#20405e";
    pub(crate) const SHOE: &str = "#13242f";
    pub(crate) const SKIN: &str = "#cf9468";
    pub(crate) const HAIR: &str = "#4a3428";
    pub(crate) const PALE_SHIRT: &str = "#9fc6d0";
    pub(crate) const PALE_TROUSERS: &str = "#97aabc";
    pub(crate) const PALE_SHOE: &str = "#83909a";
    pub(crate) const PALE_SKIN: &str = "#e8c9b1";
    pub(crate) const THING: &str = "#c9bda6";
    pub(crate) const THING_TOP: &str = "#ddd4c2";
    pub(crate) const EDGE: &str = "#8c8069";
    pub(crate) const ARROW: &str = "#c8460f";
}

/// A shape under way: SVG path data, and how far it reaches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    pub(crate) data: String,
}

impl Shape {
    /// One piece of path data: a letter and its figures, to a tenth.
    pub(crate) fn add(&mut self, letter: char, figures: &[f64]) {
        self.data.push(letter);
        for (at, figure) in figures.iter().enumerate() {
            let rounded = (figure * 10.0).round() / 10.0;
            // Minus zero would be written as "-0".
            let rounded = if rounded == 0.0 { 0.0 } else { rounded };
            let gap = if at > 0 && rounded >= 0.0 { " " } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(self.data, "{gap}{rounded}");
        }
    }

    /// A disc.
    pub(crate) fn disc(&mut self, at: Spot, radius: f64) {
        self.add('M', &[at.x - radius, at.y]);
        self.add('a', &[radius, radius, 0.0, 1.0, 0.0, 2.0 * radius, 0.0]);
        self.add('a', &[radius, radius, 0.0, 1.0, 0.0, -2.0 * radius, 0.0]);
        self.data.push('Z');
    }

    /// A bone with its flesh: two discs and all between them.
    pub(crate) fn bone(&mut self, from: Spot, from_radius: f64, to: Spot, to_radius: f64) {
        let (way_x, way_y) = (to.x - from.x, to.y - from.y);
        let span = way_x.hypot(way_y);
        if span <= (from_radius - to_radius).abs() + 0.1 {
            let (at, radius) = if from_radius >= to_radius { (from, from_radius) } else { (to, to_radius) };
            self.disc(at, radius);
            return;
        }
        let along = way_y.atan2(way_x);
        let lean = ((from_radius - to_radius) / span).acos();
        let rim = |at: Spot, radius: f64, angle: f64| [at.x + radius * angle.cos(), at.y + radius * angle.sin()];
        let large = |wide: bool| if wide { 1.0 } else { 0.0 };
        let wide = lean < std::f64::consts::FRAC_PI_2;
        self.add('M', &rim(from, from_radius, along + lean));
        self.add('L', &rim(to, to_radius, along + lean));
        let [x, y] = rim(to, to_radius, along - lean);
        self.add('A', &[to_radius, to_radius, 0.0, large(!wide), 0.0, x, y]);
        self.add('L', &rim(from, from_radius, along - lean));
        let [x, y] = rim(from, from_radius, along + lean);
        self.add('A', &[from_radius, from_radius, 0.0, large(wide), 0.0, x, y]);
        self.data.push('Z');
    }

    /// A polygon.
    pub(crate) fn polygon(&mut self, corners: &[Spot]) {
        for (at, corner) in corners.iter().enumerate() {
            self.add(if at == 0 { 'M' } else { 'L' }, &[corner.x, corner.y]);
        }
        self.data.push('Z');
    }

    /// A line from point to point.
    pub(crate) fn line(&mut self, points: &[Spot]) {
        for (at, point) in points.iter().enumerate() {
            self.add(if at == 0 { 'M' } else { 'L' }, &[point.x, point.y]);
        }
    }
}

/// Shapes that are painted together, and how near they are.
pub(crate) struct Layer {
    pub(crate) nearness: f64,
    pub(crate) svg: String,
}

/// A filled shape.
pub(crate) fn filled(shape: &Shape, colour: &str) -> String {
    format!(r#"<path fill="{colour}" d="{}"/>"#, shape.data)
}

/// A drawn line.
pub(crate) fn drawn(shape: &Shape, colour: &str, width: f64) -> String {
    format!(
        r#"<path fill="none" stroke="{colour}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round" d="{}"/>"#,
        shape.data
    )
}

/// The rim in the colour of the paper.
fn rim(shape: &Shape) -> String {
    format!(
        r#"<path stroke="{0}" stroke-width="3" stroke-linejoin="round" fill="{0}" d="{1}"/>"#,
        ink::PAPER,
        shape.data
    )
}

fn middle(points: &[Vector], eye: Eye) -> f64 {
    let count = f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX).max(1));
    points.iter().map(|point| eye.nearness(*point)).sum::<f64>() / count
}

fn arm(side: &Side, eye: Eye, shirt: &str, skin: &str) -> Layer {
    let mut sleeve = Shape::default();
    sleeve.bone(eye.see(side.shoulder), flesh::SHOULDER, eye.see(side.elbow), flesh::ELBOW);
    sleeve.bone(eye.see(side.elbow), flesh::ELBOW, eye.see(side.wrist), flesh::WRIST);
    let mut hand = Shape::default();
    hand.bone(eye.see(side.wrist), flesh::WRIST, eye.see(side.fingers), flesh::FINGERS);
    let mut all = sleeve.clone();
    all.data.push_str(&hand.data);
    Layer {
        nearness: middle(&[side.shoulder, side.elbow, side.wrist], eye),
        svg: rim(&all) + &filled(&sleeve, shirt) + &filled(&hand, skin),
    }
}

fn leg(side: &Side, eye: Eye, trousers: &str, shoe: &str) -> Layer {
    let mut cloth = Shape::default();
    cloth.bone(eye.see(side.hip), flesh::HIP, eye.see(side.knee), flesh::KNEE);
    cloth.bone(eye.see(side.knee), flesh::KNEE, eye.see(side.ankle), flesh::ANKLE);
    let mut foot = Shape::default();
    foot.bone(eye.see(side.ankle), flesh::HEEL, eye.see(side.toes), flesh::TOES);
    let mut all = cloth.clone();
    all.data.push_str(&foot.data);
    Layer {
        nearness: middle(&[side.hip, side.knee, side.ankle], eye),
        svg: rim(&all) + &filled(&foot, shoe) + &filled(&cloth, trousers),
    }
}

/// A value between those at pelvis, waist and chest, for 0 to 1.
fn between([pelvis, waist, chest]: [f64; 3], at: f64) -> f64 {
    if at < 0.5 { pelvis + (waist - pelvis) * at * 2.0 } else { waist + (chest - waist) * (at - 0.5) * 2.0 }
}

/// A round end from one side of the trunk to the other.
fn cap(shape: &mut Shape, from: Option<&Spot>, to: Option<&Spot>) {
    if let (Some(from), Some(to)) = (from, to) {
        let (way_x, way_y) = (to.x - from.x, to.y - from.y);
        let half = way_x.hypot(way_y) / 2.0;
        shape.add('A', &[half, half.min(8.0), way_y.atan2(way_x).to_degrees(), 0.0, 1.0, to.x, to.y]);
    }
}

/// The trunk: a bent line through pelvis, waist and chest, as wide at each place as an oval body seen from there.
fn trunk(figure: &Figure, eye: Eye) -> Shape {
    const PIECES: u32 = 8;
    let control = figure.waist * 2.0 - (figure.pelvis + figure.chest) * 0.5;
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for piece in 0..=PIECES {
        let at = f64::from(piece) / f64::from(PIECES);
        let rest = 1.0 - at;
        let centre = figure.pelvis * (rest * rest) + control * (2.0 * rest * at) + figure.chest * (at * at);
        let axis = ((control - figure.pelvis) * rest + (figure.chest - control) * at).unit();
        let across = (figure.across_hips * rest + figure.across_shoulders * at).beside(axis).unit();
        let front = axis.cross(across);
        let (x, y) = (axis.dot(eye.right()), axis.dot(eye.up()));
        let flat = x.hypot(y).max(0.01);
        let normal = eye.right() * (-y / flat) + eye.up() * (x / flat);
        let oval =
            (between(flesh::WIDTH, at) * normal.dot(across)).hypot(between(flesh::DEPTH, at) * normal.dot(front));
        let bump = figure.belly * (std::f64::consts::PI * (at * 1.15).min(1.0)).sin().powi(2);
        let facing = normal.dot(front);
        one.push(eye.see(centre + normal * (oval + bump * facing.max(0.0))));
        other.push(eye.see(centre - normal * (oval + bump * (-facing).max(0.0))));
    }
    let mut shape = Shape::default();
    shape.line(&one);
    cap(&mut shape, one.last(), other.last());
    other.reverse();
    for spot in &other {
        shape.add('L', &[spot.x, spot.y]);
    }
    cap(&mut shape, other.last(), one.first());
    shape.data.push('Z');
    shape
}

/// What is held, painted over the figure or between its limbs.
fn held(held: Held, figure: &Figure, eye: Eye) -> Option<Layer> {
    let front = |svg| Some(Layer { nearness: 60.0, svg });
    match held {
        Held::Nothing => None,
        Held::Stick => {
            let (low, high) = stick(figure);
            let mut shape = Shape::default();
            shape.line(&[eye.see(low), eye.see(high)]);
            // Between the trunk and the near hand.
            Some(Layer { nearness: 0.1, svg: drawn(&shape, ink::EDGE, 4.0) })
        }
        Held::Bag => {
            let hand = (figure.right.fingers + figure.left.fingers) * 0.5;
            let corner = |x: f64, y: f64| eye.see(hand + at3(x, y, 0.0));
            let (mut bag, mut grip) = (Shape::default(), Shape::default());
            bag.polygon(&[corner(-10.0, -8.0), corner(10.0, -8.0), corner(13.0, -30.0), corner(-13.0, -30.0)]);
            grip.line(&[corner(-6.0, -8.0), corner(-4.0, 2.0), corner(4.0, 2.0), corner(6.0, -8.0)]);
            front(drawn(&grip, ink::EDGE, 2.5) + &filled(&bag, ink::EDGE))
        }
        Held::Strap => {
            let sole = (figure.right.ankle + figure.right.toes) * 0.5;
            let down = (figure.right.ankle - figure.right.knee).unit() * 5.5;
            let mut shape = Shape::default();
            shape.line(&[figure.right.fingers, sole + down, figure.left.fingers].map(|point| eye.see(point)));
            front(drawn(&shape, ink::EDGE, 2.5))
        }
    }
}

/// The crank's half that carries a foot.
fn crank(side: &Side, middle: Vector, eye: Eye) -> Shape {
    let mut shape = Shape::default();
    let pedal = pedal(side.ankle, side.toes);
    let out = at3(0.0, 0.0, side.hip.z);
    shape.line(&[
        eye.see(middle + out),
        eye.see(pedal),
        eye.see(pedal + at3(7.0, 0.0, 0.0)),
        eye.see(pedal - at3(7.0, 0.0, 0.0)),
    ]);
    shape
}

fn head(figure: &Figure, eye: Eye) -> Layer {
    let mut neck = Shape::default();
    neck.bone(eye.see(figure.chest), flesh::NECK + 1.0, eye.see(figure.head), flesh::NECK);
    let mut hair = Shape::default();
    hair.disc(eye.see(figure.head), flesh::HEAD);
    let mut face = Shape::default();
    face.disc(eye.see(figure.head + figure.face * 3.0), flesh::HEAD - 3.0);
    let nose = figure.head + figure.face * (flesh::HEAD - 1.0);
    face.bone(eye.see(nose), 2.6, eye.see(nose + figure.face * 2.5), 1.6);
    let mut all = neck.clone();
    all.data.push_str(&hair.data);
    let away = eye.nearness(figure.face) < -0.4;
    let (hair, face) = (filled(&hair, ink::HAIR), filled(&face, ink::SKIN));
    let order = if away { face + &hair } else { hair + &face };
    Layer { nearness: middle(&[figure.chest, figure.head], eye), svg: rim(&all) + &filled(&neck, ink::SKIN) + &order }
}

/// The layers of a figure with what it holds, not yet in order.
pub(crate) fn figure(scene: &Scene, figure: &Figure) -> Vec<Layer> {
    let eye = scene.eye;
    let strong = [ink::SHIRT, ink::SKIN, ink::TROUSERS, ink::SHOE];
    let pale = [ink::PALE_SHIRT, ink::PALE_SKIN, ink::PALE_TROUSERS, ink::PALE_SHOE];
    let (right, left) = if scene.paler == Paler::Left { (strong, pale) } else { (pale, strong) };
    let body = trunk(figure, eye);
    let mut layers = vec![
        Layer { nearness: middle(&[figure.pelvis, figure.chest], eye), svg: rim(&body) + &filled(&body, ink::SHIRT) },
        head(figure, eye),
    ];
    for (side, [shirt, skin, trousers, shoe]) in [(&figure.right, right), (&figure.left, left)] {
        layers.push(arm(side, eye, shirt, skin));
        layers.push(leg(side, eye, trousers, shoe));
    }
    layers.extend(held(scene.held, figure, eye));
    for prop in scene.props {
        if let Prop::Bicycle(middle) = prop {
            for (side, nearness) in [(&figure.left, -0.2), (&figure.right, 0.2)] {
                layers.push(Layer { nearness, svg: drawn(&crank(side, *middle, eye), ink::EDGE, 3.0) });
            }
        }
    }
    layers
}
