//! What makes a drawing one that a person can trust: bones that keep their length, joints that bend as joints do, a body that
//! rests on what it rests on; and SVG that others can read.

mod anatomy;
mod contact;
mod svg;

use lumbra_domain::exercise::Exercise;

use super::body::{Figure, Part, Pose};
use super::scene::Scene;
use super::scenes::scene;

const PARTS: [Part; 13] = [
    Part::Head,
    Part::Chest,
    Part::Pelvis,
    Part::RightElbow,
    Part::LeftElbow,
    Part::RightHand,
    Part::LeftHand,
    Part::RightKnee,
    Part::LeftKnee,
    Part::RightHeel,
    Part::LeftHeel,
    Part::RightToes,
    Part::LeftToes,
];

/// One of the two poses of an exercise, worked out.
struct Shown {
    /// Which exercise, and whether it is its start or its end.
    what: String,
    exercise: Exercise,
    scene: Scene,
    pose: Pose,
    figure: Figure,
}

/// Every pose there is.
fn all() -> impl Iterator<Item = Shown> {
    Exercise::ALL.iter().flat_map(|exercise| {
        let scene = scene(*exercise);
        [("start", scene.start), ("end", scene.end)].map(|(which, pose)| Shown {
            what: format!("{} {which}", exercise.id()),
            exercise: *exercise,
            scene,
            pose,
            figure: pose.figure(),
        })
    })
}

/// Runs a check on every pose, and tells all that fail, not only the first.
fn each(check: impl Fn(&Shown) -> Vec<String>) {
    let wrong: Vec<String> = all()
        .flat_map(|shown| check(&shown).into_iter().map(move |wrong| format!("{}: {wrong}", shown.what)))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
