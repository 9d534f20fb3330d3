//! The search: breadth first, level by level, on all cores, so that the first counterexample is a shortest one, and the same
//! one on every run.
//!
//! Own code, because what there is does not fit. `stateright` 0.31 (MIT, kept up) is near: but its threads keep queues of their
//! own and race for what they find, so that with more than one neither the shortest path nor the same one is sure; its
//! invariants see states and not transitions; it queues the states of the last level, most of all, each with its whole path, and
//! leaves them unjudged, where here they are judged, counted and dropped; and an HTTP server comes into the build with it.
//!
//! A state is known by 64 bits of its hash. With n states, two of them share a hash with a probability below n^2 / 2^65:
//! for twenty million one in 90,000. Then one state would not be followed up; no false alarm can come of it.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::time::{Duration, Instant};

use foldhash::quality::FixedState;

use crate::action::Action;
use crate::coverage::{Coverage, Marks};
use crate::invariant::Broken;
use crate::roots::{ROOTS, Root};
use crate::rules::Rules;
use crate::world::World;

/// States that are expanded between two merges, for each core.
const BATCH: usize = 4_096;

/// A way to a broken invariant.
#[derive(Debug)]
pub(crate) struct Counterexample {
    pub(crate) root: &'static Root,
    /// The steps to the root.
    pub(crate) past: Vec<Action>,
    /// The steps after it.
    pub(crate) steps: Vec<Action>,
    pub(crate) broken: Broken,
}

/// What a search has seen.
#[derive(Debug)]
pub(crate) struct Found {
    /// Distinct states; 0 where they are not told apart.
    pub(crate) states: usize,
    /// Transitions, to known states too.
    pub(crate) transitions: usize,
    /// Steps after a root.
    pub(crate) depth: u32,
    pub(crate) coverage: Coverage,
    pub(crate) counterexample: Option<Counterexample>,
    pub(crate) took: Duration,
}

/// How a state was first reached.
#[derive(Clone, Copy)]
struct Node {
    parent: u32,
    action: Action,
}

struct Successor {
    hash: u64,
    node: Node,
    marks: Marks,
    /// Absent on the last level.
    world: Option<Box<World>>,
    broken: Option<Broken>,
}

/// A number that is a hash already.
#[derive(Clone, Copy, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

type Seen = HashSet<u64, BuildHasherDefault<AsItIs>>;

/// How often it is told how far the search is.
const TOLD_EVERY: Duration = Duration::from_secs(5);

/// Explores every path of up to `depth` steps from every root. `progress` hears of each level, and from time to time within
/// one: its depth, the states seen so far, and the time taken.
pub(crate) fn search(rules: &Rules, depth: u32, mut progress: impl FnMut(u32, usize, Duration)) -> Found {
    let began = Instant::now();
    let mut told = began;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut seen = Seen::default();
    let mut nodes: Vec<Node> = Vec::new();
    let mut found = Found {
        states: 0,
        transitions: 0,
        depth: 0,
        coverage: Coverage::default(),
        counterexample: None,
        took: Duration::ZERO,
    };
    let mut level: Vec<(u32, Box<World>)> = Vec::new();
    for (root, index) in ROOTS.iter().zip(0_u32..) {
        let (world, taken) = root.world(rules);
        // The parent of a root is itself; its action is never looked at.
        nodes.push(Node { parent: index, action: Action::Connect });
        if let Some(broken) = world.ghost.broken.clone() {
            let counterexample = Counterexample { root, past: root.first(taken), steps: Vec::new(), broken };
            found.counterexample.get_or_insert(counterexample);
        }
        if seen.insert(hash_of(&world)) {
            found.coverage.count(world.marks);
            level.push((index, Box::new(world)));
        }
    }
    while found.counterexample.is_none() && found.depth < depth && !level.is_empty() {
        found.depth += 1;
        let last = found.depth == depth;
        let mut next = Vec::new();
        for batch in level.chunks(BATCH * threads) {
            let parts: Vec<(usize, Vec<Successor>)> = std::thread::scope(|scope| {
                let seen = &seen;
                let workers: Vec<_> = batch
                    .chunks(batch.len().div_ceil(threads))
                    .map(|part| scope.spawn(move || expand(rules, part, seen, last)))
                    .collect();
                workers
                    .into_iter()
                    .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                    .collect()
            });
            found.transitions += parts.iter().map(|(transitions, _)| transitions).sum::<usize>();
            for successor in parts.into_iter().flat_map(|(_, successors)| successors) {
                if !seen.insert(successor.hash) {
                    continue;
                }
                found.coverage.count(successor.marks);
                if let Some(broken) = successor.broken
                    && found.counterexample.is_none()
                {
                    found.counterexample = trace(&nodes, successor.node, broken);
                }
                if let Some(world) = successor.world {
                    next.push((u32::try_from(nodes.len()).unwrap_or(u32::MAX), world));
                    nodes.push(successor.node);
                }
            }
            if found.counterexample.is_some() {
                break;
            }
            if told.elapsed() >= TOLD_EVERY {
                told = Instant::now();
                progress(found.depth, seen.len(), began.elapsed());
            }
        }
        level = next;
        told = Instant::now();
        progress(found.depth, seen.len(), began.elapsed());
    }
    found.states = seen.len();
    found.took = began.elapsed();
    found
}

/// The steps out of these states: how many, and those that lead to states not seen on earlier levels.
fn expand(rules: &Rules, part: &[(u32, Box<World>)], seen: &Seen, last: bool) -> (usize, Vec<Successor>) {
    let mut transitions = 0;
    let mut successors = Vec::new();
    for (parent, world) in part {
        for action in world.actions() {
            let next = world.after(rules, action);
            let hash = hash_of(&next);
            transitions += 1;
            if seen.contains(&hash) {
                continue;
            }
            let broken = next.ghost.broken.clone();
            successors.push(Successor {
                hash,
                node: Node { parent: *parent, action },
                marks: next.marks,
                world: (!last && broken.is_none()).then(|| Box::new(next)),
                broken,
            });
        }
    }
    (transitions, successors)
}

/// Always the same for the same state.
fn hash_of(world: &World) -> u64 {
    FixedState::with_seed(0).hash_one(world)
}

fn trace(nodes: &[Node], end: Node, broken: Broken) -> Option<Counterexample> {
    let mut steps = vec![end.action];
    let mut index = end.parent;
    while usize::try_from(index).is_ok_and(|index| index >= ROOTS.len()) {
        let node = nodes.get(usize::try_from(index).ok()?)?;
        steps.push(node.action);
        index = node.parent;
    }
    steps.reverse();
    let root = ROOTS.get(usize::try_from(index).ok()?)?;
    Some(Counterexample { root, past: root.first(usize::MAX), steps, broken })
}
