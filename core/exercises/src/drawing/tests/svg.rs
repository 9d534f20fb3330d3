//! The drawing as SVG: others can read it, it is small, and it works in dark, in light and without colour.

use lumbra_domain::exercise::Exercise;

use super::{PARTS, Shown, each, scene};
use crate::drawing::paint::ink;
use crate::drawing::{drawing, frame};
use crate::{Language, Library};

#[test]
fn it_is_xml_with_words_for_those_who_cannot_see_it() {
    for language in Language::ALL {
        for exercise in Exercise::ALL {
            let svg = drawing(*exercise, *language).to_svg();
            let document = roxmltree::Document::parse(&svg).unwrap();
            let root = document.root_element();
            assert_eq!(root.tag_name().name(), "svg");
            assert_eq!(root.tag_name().namespace(), Some("http://www.w3.org/2000/svg"));
            assert_eq!(root.attribute("version"), Some("1.1"));
            let text = |name: &str| {
                root.children()
                    .find(|child| child.has_tag_name((root.tag_name().namespace().unwrap(), name)))
                    .unwrap()
                    .text()
            };
            let page = Library::in_language(*language).page(*exercise);
            assert_eq!(text("title"), Some(page.name));
            let desc = text("desc").unwrap();
            assert!(desc.contains(page.set_up) && page.steps.iter().all(|step| desc.contains(step)), "{desc}");
            assert_eq!(root.children().filter(|child| child.tag_name().name() == "g").count(), 2, "two figures");
        }
    }
}

#[test]
fn it_is_small_the_same_each_time_and_has_no_figure_that_is_none() {
    for language in Language::ALL {
        for exercise in Exercise::ALL {
            let svg = drawing(*exercise, *language).to_svg();
            assert!(svg.len() < 12 * 1024, "{} is {} bytes", exercise.id(), svg.len());
            assert_eq!(svg, drawing(*exercise, *language).to_svg());
            let document = roxmltree::Document::parse(&svg).unwrap();
            for data in document.descendants().filter_map(|node| node.attribute("d")) {
                let figures = data.split(|letter: char| letter.is_ascii_alphabetic() || letter == ' ');
                for figure in figures.flat_map(|piece| piece.split_inclusive('-').collect::<Vec<_>>()) {
                    let figure = figure.trim_matches('-');
                    assert!(figure.is_empty() || figure.parse::<f64>().is_ok_and(f64::is_finite), "{data}");
                }
            }
        }
    }
}

#[test]
fn every_exercise_has_a_drawing_of_its_own() {
    let mut drawings: Vec<String> = Exercise::ALL
        .iter()
        .map(|exercise| {
            let svg = drawing(*exercise, Language::English).to_svg();
            svg.split("</desc>").nth(1).unwrap().to_owned()
        })
        .collect();
    drawings.sort();
    drawings.dedup();
    assert_eq!(drawings.len(), Exercise::ALL.len());
}

#[test]
fn the_figure_is_inside_the_picture() {
    each(|Shown { scene, figure, .. }| {
        let frame = frame(scene, &scene.start.figure(), &scene.end.figure());
        let inside = |part| {
            let (middle, radius) = figure.part(part);
            let spot = scene.eye.see(middle);
            spot.x - radius >= frame.left
                && spot.x + radius <= frame.right
                && spot.y - radius >= frame.top
                && spot.y + radius <= frame.bottom
        };
        PARTS.into_iter().filter(|part| !inside(*part)).map(|part| format!("{part:?} is cut off")).collect()
    });
}

#[test]
fn every_drawing_shows_what_moves() {
    for exercise in Exercise::ALL {
        let scene = scene(*exercise);
        assert!(!scene.arrows.is_empty(), "{}", exercise.id());
        let (start, end) = (scene.start.figure(), scene.end.figure());
        for arrow in scene.arrows {
            let (from, to, _) = crate::drawing::ends(*arrow, scene.eye, &start, &end);
            let length = (to.x - from.x).hypot(to.y - from.y);
            assert!(length > 14.0, "{}: an arrow of {length:.1} is all tip", exercise.id());
        }
    }
}

/// The relative luminance of a colour, after WCAG 2.
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn without_colour_near_far_and_paper_stay_apart() {
    for (one, other, least) in [
        (ink::SHIRT, ink::PAPER, 3.0),
        (ink::TROUSERS, ink::PAPER, 3.0),
        (ink::ARROW, ink::PAPER, 3.0),
        (ink::HAIR, ink::SKIN, 3.0),
        (ink::SHIRT, ink::PALE_SHIRT, 2.0),
        (ink::TROUSERS, ink::PALE_TROUSERS, 2.0),
        (ink::SHIRT, ink::TROUSERS, 2.0),
        (ink::PALE_SHIRT, ink::PAPER, 1.5),
        (ink::PALE_TROUSERS, ink::PAPER, 1.5),
        (ink::EDGE, ink::PAPER, 3.0),
        (ink::TROUSERS, ink::THING, 3.0),
    ] {
        let (one_light, other_light) = (luminance(one) + 0.05, luminance(other) + 0.05);
        let contrast = one_light.max(other_light) / one_light.min(other_light);
        assert!(contrast >= least, "{one} beside {other}: {contrast:.2}");
    }
}
