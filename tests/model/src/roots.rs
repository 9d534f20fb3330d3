//! Where paths begin: not only at a first meeting, but in the middle of things, so that few steps go far. Each root is
//! reached by steps of its own, on the same machine, and they belong to every counterexample.

use crate::action::Action::{Connect, Crash, Cut, Deliver, Disk, Lose, Run, Wait, Wish as Wishes};
use crate::action::Way::{Down, Up};
use crate::action::{Action, Wish};
use crate::bounds::MISFORTUNES;
use crate::rules::Rules;
use crate::world::World;

/// A place to begin.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) name: &'static str,
    screened: bool,
    /// From a phone and a device that have never met.
    pub(crate) steps: &'static [&'static [Action]],
}

const START: &[Action] = &[Connect, Wishes(Wish::Start), Run(1_500)];
const RAISE: &[Action] = &[Wishes(Wish::Set(50)), Run(1_500)];

/// All roots.
pub(crate) const ROOTS: &[Root] = &[
    Root { name: "linked, no session", screened: true, steps: &[&[Connect]] },
    Root { name: "linked, no session, and the screening does not pass", screened: false, steps: &[&[Connect]] },
    Root {
        name: "a start is taken, its answer is lost, and so is the link",
        screened: true,
        steps: &[&[Connect, Wishes(Wish::Start), Disk, Deliver(Down, 0), Cut]],
    },
    Root { name: "a session runs at zero", screened: true, steps: &[START] },
    Root { name: "a session runs at 5 mA", screened: true, steps: &[START, RAISE] },
    Root {
        name: "a session at 5 mA is paused",
        screened: true,
        steps: &[START, RAISE, &[Wishes(Wish::Pause), Run(1_500)]],
    },
    Root {
        name: "a rise to 8 mA is on its way",
        screened: true,
        steps: &[START, RAISE, &[Wishes(Wish::Set(80)), Disk]],
    },
    Root {
        name: "a rise to 8 mA is taken, and its answer is lost and missed",
        screened: true,
        steps: &[START, RAISE, &[Wishes(Wish::Set(80)), Disk, Deliver(Down, 0), Lose(Up, 0), Wait(2_500)]],
    },
    Root { name: "the link is lost at 5 mA", screened: true, steps: &[START, RAISE, &[Cut]] },
    Root { name: "the app was restarted at 5 mA", screened: true, steps: &[START, RAISE, &[Crash, Connect]] },
    Root {
        name: "a stop at 5 mA is lost on its way",
        screened: true,
        steps: &[START, RAISE, &[Wishes(Wish::Stop), Lose(Down, 0)]],
    },
];

impl Root {
    /// The state in which it begins, and how many of its steps lead there: all, unless one breaks an invariant.
    pub(crate) fn world(&self, rules: &Rules) -> (World, usize) {
        let mut world = World::new(self.screened);
        let mut taken = 0;
        for step in self.steps.iter().copied().flatten() {
            if world.ghost.broken.is_some() {
                break;
            }
            world = world.after(rules, *step);
            taken += 1;
        }
        // A root's past costs its paths nothing.
        world.misfortunes = MISFORTUNES;
        (world, taken)
    }

    /// The first so many of its steps.
    pub(crate) fn first(&self, count: usize) -> Vec<Action> {
        self.steps.iter().copied().flatten().copied().take(count).collect()
    }
}
