//! The things around the figure, as shapes on paper.

use super::paint::{Layer, Shape, drawn, filled, ink};
use super::scene::{Block, GRIPS, Prop, SADDLE};
use super::space::{Eye, Spot, Vector, at3};

/// Twice the area of a triangle, above 0 when the corners go round one way.
fn turn(a: Spot, b: Spot, c: Spot) -> f64 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// One half of the outline around points that are sorted from left to right.
fn half(points: impl Iterator<Item = Spot>) -> Vec<Spot> {
    let mut outline: Vec<Spot> = Vec::new();
    for point in points {
        while let [.., before, last] = outline.as_slice() {
            if turn(*before, *last, point) > 0.0 {
                break;
            }
            outline.pop();
        }
        outline.push(point);
    }
    outline.pop();
    outline
}

/// The outline around points: a rope pulled tight.
fn outline(mut points: Vec<Spot>) -> Vec<Spot> {
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    let mut all = half(points.iter().copied());
    all.extend(half(points.iter().rev().copied()));
    all
}

fn block(block: &Block, eye: Eye) -> String {
    let corners = block.corners().map(|corner| eye.see(corner));
    let (mut all, mut top) = (Shape::default(), Shape::default());
    all.polygon(&outline(corners.to_vec()));
    let [_, _, _, _, high @ ..] = corners;
    top.polygon(&high);
    format!(
        r#"<path fill="{}" stroke="{}" stroke-width="0.8" d="{}"/>{}"#,
        ink::THING,
        ink::EDGE,
        all.data,
        filled(&top, ink::THING_TOP)
    )
}

fn bicycle(crank: Vector, eye: Eye) -> String {
    let to = |x: f64, y: f64| crank + at3(x, y, 0.0);
    let (back, front) = (to(-42.0, 2.0), to(58.0, 2.0));
    let (saddle, grips) = (crank + SADDLE, crank + GRIPS);
    let (seat_tube, head_tube) = (to(-10.0, 40.0), to(42.0, 44.0));
    let (mut wheels, mut frame, mut seat) = (Shape::default(), Shape::default(), Shape::default());
    for hub in [back, front] {
        wheels.disc(eye.see(hub), hub.y - 1.5);
    }
    let lines: [&[Vector]; 4] = [
        &[back, crank, head_tube, seat_tube, back],
        &[crank, seat_tube, saddle],
        &[front, head_tube, to(40.0, 60.0)],
        &[to(34.0, 66.0), grips, to(46.0, 62.0), to(40.0, 58.0)],
    ];
    for points in lines {
        frame.line(&points.iter().map(|point| eye.see(*point)).collect::<Vec<_>>());
    }
    seat.line(&[eye.see(saddle - at3(10.0, 2.0, 0.0)), eye.see(saddle + at3(10.0, -2.0, 0.0))]);
    drawn(&wheels, ink::EDGE, 3.0) + &drawn(&frame, ink::EDGE, 3.5) + &drawn(&seat, ink::EDGE, 5.0)
}

/// The layers of a thing. All but a bicycle stand behind the figure.
pub(crate) fn layers(prop: Prop, eye: Eye) -> Vec<Layer> {
    if let Prop::Bicycle(crank) = prop {
        // Between the far leg and the near one.
        return vec![Layer { nearness: -1.0, svg: bicycle(crank, eye) }];
    }
    prop.blocks().iter().map(|each| Layer { nearness: f64::NEG_INFINITY, svg: block(each, eye) }).collect()
}
