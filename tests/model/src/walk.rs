//! Far beyond the search's depth, by chance: long random paths through the same states, judged the same way. A path that breaks
//! something is shortened before it is told.

use std::time::Instant;

use crate::action::Action;
use crate::coverage::Coverage;
use crate::invariant::Broken;
use crate::roots::{ROOTS, Root};
use crate::rules::Rules;
use crate::search::{Counterexample, Found};
use crate::world::World;

/// Misfortunes of a path: more than a search can afford.
const MISFORTUNES: u8 = 8;

/// Takes `walks` paths of up to `depth` steps each. The same seed takes the same paths.
pub(crate) fn walk(rules: &Rules, seed: u64, walks: u32, depth: u32) -> Found {
    let began = Instant::now();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut coverage = Coverage::default();
    let mut transitions = 0;
    let mut counterexample = None;
    for _ in 0..walks {
        let Some(root) = ROOTS.get(random.usize(..ROOTS.len())) else { continue };
        let mut world = begin(root, rules);
        let mut steps = Vec::new();
        for _ in 0..depth {
            let Some(action) = random.choice(world.actions()) else { break };
            world = world.after(rules, action);
            steps.push(action);
            transitions += 1;
            coverage.count(world.marks);
        }
        if let Some(broken) = world.ghost.broken {
            counterexample = Some(shortened(rules, root, steps, broken));
            break;
        }
    }
    // States are not told apart here.
    Found { states: 0, transitions, depth, coverage, counterexample, took: began.elapsed() }
}

fn begin(root: &'static Root, rules: &Rules) -> World {
    let (mut world, _) = root.world(rules);
    world.misfortunes = MISFORTUNES;
    world
}

/// What a path breaks. Steps that are not possible where they stand are left out.
fn broken_by(rules: &Rules, root: &'static Root, steps: &[Action]) -> Option<Broken> {
    let mut world = begin(root, rules);
    for step in steps {
        if world.actions().contains(step) {
            world = world.after(rules, *step);
        }
    }
    world.ghost.broken
}

/// Leaves out every step without which the path still breaks something.
fn shortened(rules: &Rules, root: &'static Root, mut steps: Vec<Action>, mut broken: Broken) -> Counterexample {
    let mut index = steps.len();
    while index > 0 {
        index -= 1;
        let mut without = steps.clone();
        without.remove(index);
        if let Some(still_broken) = broken_by(rules, root, &without) {
            (steps, broken) = (without, still_broken);
        }
    }
    Counterexample { root, past: root.first(usize::MAX), steps, broken }
}
