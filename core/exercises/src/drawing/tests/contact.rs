//! The body rests on what it rests on, goes through nothing, and has in hand what the exercise needs.

use lumbra_domain::exercise::{Equipment, Exercise};

use super::{PARTS, Shown, each, scene};
use crate::drawing::body::{Figure, Part, flesh};
use crate::drawing::scene::{Block, CRANK, GRIPS, Held, Prop, SADDLE, pedal, stick};
use crate::drawing::space::Vector;

/// How much of a gap, or of an overlap, nobody sees.
const UNSEEN: f64 = 1.6;

/// How far the surface of a ball is from a block; below 0 it is inside.
fn gap(block: &Block, middle: Vector, radius: f64) -> f64 {
    let outside = |value: f64, low: f64, high: f64| (low - value).max(value - high);
    let ways = [
        outside(middle.x, block.low.x, block.high.x),
        outside(middle.y, block.low.y, block.high.y),
        outside(middle.z, block.low.z, block.high.z),
    ];
    let apart = ways.map(|way| way.max(0.0).powi(2)).into_iter().sum::<f64>().sqrt();
    (if apart > 0.0 { apart } else { ways.into_iter().fold(f64::NEG_INFINITY, f64::max) }) - radius
}

/// How far flesh reaches down from the trunk at pelvis, waist and chest: an oval, whichever way it is turned.
fn trunk(figure: &Figure) -> [(Vector, f64); 3] {
    let axis = (figure.chest - figure.pelvis).unit();
    let across = [figure.across_hips, (figure.across_hips + figure.across_shoulders).unit(), figure.across_shoulders];
    let middles = [figure.pelvis, figure.waist, figure.chest];
    [0, 1, 2].map(|at| {
        let across = across[at].beside(axis).unit();
        let front = axis.cross(across);
        (middles[at], (flesh::WIDTH[at] * across.y).hypot(flesh::DEPTH[at] * front.y))
    })
}

#[test]
fn nothing_goes_below_the_floor() {
    each(|Shown { figure, .. }| {
        let mut wrong = Vec::new();
        for part in PARTS.into_iter().filter(|part| !matches!(part, Part::Chest | Part::Pelvis)) {
            let (middle, radius) = figure.part(part);
            if middle.y - radius < -UNSEEN {
                wrong.push(format!("{part:?} is {:.1} below", radius - middle.y));
            }
        }
        for (middle, radius) in trunk(figure) {
            if middle.y - radius < -UNSEEN {
                wrong.push(format!("trunk is {:.1} below", radius - middle.y));
            }
        }
        wrong
    });
}

#[test]
fn what_rests_touches_something() {
    each(|Shown { pose, figure, scene, .. }| {
        assert!(!pose.rests.is_empty());
        let mut wrong = Vec::new();
        for part in pose.rests {
            let (middle, radius) = figure.part(*part);
            let mut gaps = vec![(middle.y - radius).abs()];
            for prop in scene.props {
                gaps.extend(prop.blocks().iter().map(|block| gap(block, middle, radius).abs()));
                if let Prop::Bicycle(crank) = prop {
                    gaps.push(((middle - *crank - SADDLE).length() - radius).abs());
                }
            }
            let nearest = gaps.into_iter().fold(f64::INFINITY, f64::min);
            if nearest > UNSEEN {
                wrong.push(format!("{part:?} rests on nothing: {nearest:.1}"));
            }
        }
        wrong
    });
}

#[test]
fn nothing_goes_through_a_thing() {
    each(|Shown { figure, scene, .. }| {
        let mut wrong = Vec::new();
        for prop in scene.props.iter().filter(|prop| !matches!(prop, Prop::Mat(..))) {
            for part in PARTS {
                let (middle, radius) = figure.part(part);
                let deepest = prop.blocks().iter().map(|block| gap(block, middle, radius)).fold(0.0, f64::min);
                if deepest < -UNSEEN - 1.0 {
                    wrong.push(format!("{part:?} is {:.1} inside {prop:?}", -deepest));
                }
            }
        }
        wrong
    });
}

#[test]
fn the_mat_is_under_all_that_rests() {
    each(|Shown { pose, figure, scene, .. }| {
        let mats = scene.props.iter().filter_map(|prop| if let Prop::Mat(a, b) = prop { Some((*a, *b)) } else { None });
        mats.flat_map(|(from, to)| {
            pose.rests.iter().map(move |part| (part, figure.part(*part).0.x)).filter(move |(_, x)| *x < from || *x > to)
        })
        .map(|(part, x)| format!("{part:?} at {x:.0} is beside the mat"))
        .collect()
    });
}

#[test]
fn the_drawing_shows_the_equipment_that_the_facts_name() {
    each(|Shown { exercise, scene, .. }| {
        let shown = |equipment: &Equipment| match equipment {
            Equipment::Mat => scene.props.iter().any(|prop| matches!(prop, Prop::Mat(..))),
            Equipment::Chair => scene.props.iter().any(|prop| matches!(prop, Prop::Chair(_))),
            Equipment::Wall => scene.props.iter().any(|prop| matches!(prop, Prop::WallAhead(_) | Prop::WallBehind(_))),
            Equipment::Step => scene.props.iter().any(|prop| matches!(prop, Prop::Step(..))),
            Equipment::Bicycle => scene.props.iter().any(|prop| matches!(prop, Prop::Bicycle(_))),
            Equipment::Stick => scene.held == Held::Stick,
            Equipment::Weight => scene.held == Held::Bag,
            Equipment::Strap => scene.held == Held::Strap,
        };
        let equipment = exercise.facts().equipment;
        let missing = equipment.iter().filter(|each| !shown(each)).map(|each| format!("{each:?} is not drawn"));
        let mut wrong: Vec<String> = missing.collect();
        // A break begins on the chair where the person sits anyway.
        let things = scene.props.len() + usize::from(scene.held != Held::Nothing);
        if things > equipment.len() && *exercise != Exercise::MovementBreak {
            wrong.push(format!("{things} things are drawn, {} are needed", equipment.len()));
        }
        wrong
    });
}

#[test]
fn feet_are_on_the_pedals_and_hands_on_the_grips() {
    let scene = scene(Exercise::Cycling);
    let Some(Prop::Bicycle(crank)) = scene.props.first() else { panic!("no bicycle") };
    for figure in [scene.start.figure(), scene.end.figure()] {
        for side in [&figure.right, &figure.left] {
            let pedal = pedal(side.ankle, side.toes) - *crank;
            let arm = pedal.x.hypot(pedal.y);
            assert!((arm - CRANK).abs() < 1.0, "the crank is {arm:.1} long");
            let grip = side.wrist - *crank - GRIPS;
            assert!(grip.x.hypot(grip.y) < 6.0, "the hand is off the grip: {grip:?}");
        }
        let (right, left) = (figure.right.ankle, figure.left.ankle);
        assert!((right.y - left.y).abs() > CRANK, "one pedal is up when the other is down");
    }
}

#[test]
fn the_stick_touches_head_back_and_pelvis_in_both_poses() {
    let scene = scene(Exercise::HipHingeStick);
    for figure in [scene.start.figure(), scene.end.figure()] {
        let (low, high) = stick(&figure);
        let along = (high - low).unit();
        let [pelvis, _, chest] = flesh::DEPTH;
        for (middle, radius) in [(figure.head, flesh::HEAD), (figure.chest, chest), (figure.pelvis, pelvis)] {
            let distance = (middle - low).beside(along).length();
            assert!((distance - radius).abs() < 3.0, "{distance:.1} {radius}");
        }
        for hand in [figure.right.wrist, figure.left.wrist] {
            let way = (hand - low).beside(along);
            assert!(way.x.hypot(way.y) < 5.0, "a hand is off the stick: {way:?}");
        }
    }
}
