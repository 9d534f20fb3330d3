//! The check itself, at depths that a debug build reaches in seconds.

use crate::action::{Action, Way, Wish};
use crate::bounds::{LEAST_CAP_DMA, MISTAKE_DEPTH, STOP_LINKED_MS};
use crate::mistakes::Mistake;
use crate::report;
use crate::roots::ROOTS;
use crate::rules::Rules;
use crate::search::search;
use crate::walk::walk;
use crate::world::World;
use lumbra_domain::therapy::{DeviceState, Phase};

fn play(rules: &Rules, steps: &[Action]) -> World {
    steps.iter().fold(World::new(true), |world, step| world.after(rules, *step))
}

fn phase(world: &World) -> Phase {
    world.app.therapy.view(world.app.moment(world.now_ms)).phase
}

const AT_5_MA: [Action; 5] =
    [Action::Connect, Action::Wish(Wish::Start), Action::Run(1_500), Action::Wish(Wish::Set(50)), Action::Run(1_500)];

/// Deep ones, whose search takes a release build: a shortest path of each, as `mistakes` finds it.
fn deep_mistakes() -> [(Mistake, Vec<Action>); 6] {
    let start = [Action::Connect, Action::Wish(Wish::Start)];
    let then = |first: &[Action], second: &[Action]| [first, second].concat();
    let lose = Action::Lose(Way::Down, 0);
    [
        (Mistake::RetryUnknownStart, then(&start, &[Action::Disk, lose, Action::Run(12_000)])),
        (
            Mistake::RefusalAsLost,
            then(
                &AT_5_MA,
                &[
                    Action::Wish(Wish::Set(80)),
                    Action::Disk,
                    Action::Button,
                    Action::Run(1_500),
                    Action::Wish(Wish::Start),
                    Action::Run(0),
                ],
            ),
        ),
        (
            Mistake::ForgetStop,
            then(
                &AT_5_MA,
                &[Action::Wish(Wish::Stop), lose, Action::Disk, Action::Crash, Action::Connect, Action::Run(1_500)],
            ),
        ),
        (
            Mistake::SendBeforeSave,
            then(&start, &[Action::DiskFails, Action::Run(0), Action::Wish(Wish::Set(20)), Action::Run(1_500)]),
        ),
        (Mistake::NeverExpire, then(&start, &[Action::Wait(2_500), Action::Disk, Action::Wait(2_500), Action::Run(0)])),
        (
            Mistake::JudgeByAsked,
            then(
                &AT_5_MA[..3],
                &[Action::Wish(Wish::Set(50)), Action::DiskFails, Action::Wish(Wish::Set(80)), Action::Run(0)],
            ),
        ),
    ]
}

#[test]
fn every_invariant_holds_and_everything_is_met() {
    let found = search(&Rules::new(None).unwrap(), 3, |_, _, _| {});
    let broken = found.counterexample.map(|counterexample| counterexample.broken.to_string());
    assert_eq!(broken, None);
    assert_eq!(found.coverage.missing(), Vec::<&str>::new());
    assert!(found.states > 20_000, "{}", found.states);
}

#[test]
fn two_searches_see_the_same() {
    let rules = Rules::new(None).unwrap();
    let [one, other] = [(); 2].map(|()| search(&rules, 2, |_, _, _| {}));
    assert_eq!((one.states, one.transitions, one.coverage), (other.states, other.transitions, other.coverage));
}

#[test]
fn every_mistake_is_found_and_every_invariant_is_broken_by_some() {
    let deep = deep_mistakes();
    let mut broken = Vec::new();
    for mistake in Mistake::ALL {
        let rules = Rules::new(Some(*mistake)).unwrap();
        let name = mistake.name();
        if let Some((_, path)) = deep.iter().find(|(deep, _)| deep == mistake) {
            assert_eq!(play(&Rules::new(None).unwrap(), path).ghost.broken, None, "{name}: not without the mistake");
            let world = play(&rules, path);
            broken.push(world.ghost.broken.unwrap_or_else(|| panic!("{name} does not show")).invariant.name());
            continue;
        }
        let found = search(&rules, 3, |_, _, _| {});
        let counterexample = found.counterexample.unwrap_or_else(|| panic!("{name} is not found"));
        // The path plays again, and only its last step breaks anything.
        let (mut world, _) = counterexample.root.world(&rules);
        for step in &counterexample.steps {
            assert_eq!(world.ghost.broken, None, "{name}: broken before the last step");
            world = world.after(&rules, *step);
        }
        broken.push(counterexample.broken.invariant.name());
        assert_eq!(world.ghost.broken, Some(counterexample.broken), "{name}");
    }
    broken.sort_unstable();
    broken.dedup();
    assert_eq!(broken, ["answered", "caps", "dose", "fresh", "lease", "once", "screening", "settled", "shown", "stop"]);
}

#[test]
fn a_check_that_met_nothing_or_found_something_has_failed() {
    let rules = Rules::new(None).unwrap();
    let mut nothing = search(&rules, 0, |_, _, _| {});
    assert_eq!(report::faults(&nothing, false, 1_000_000), Vec::<String>::new(), "nobody expects much of no step");
    let faults = report::faults(&nothing, true, 1_000_000);
    assert!(faults.iter().any(|fault| fault == "never met: two commands are on their way"), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.starts_with("only 11 states")), "{faults:?}");
    let found = search(&Rules::new(Some(Mistake::StopOnce)).unwrap(), MISTAKE_DEPTH, |_, _, _| {});
    let faults = report::faults(&found, true, 1_000_000);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(report::check(&found, &faults).contains("number 1 on its way to the device is lost"));
    nothing.counterexample = found.counterexample;
    assert_eq!(report::check_json(&nothing, &faults)["counterexample"]["invariant"], "stop");
}

#[test]
fn the_roots_are_where_their_names_say() {
    let rules = Rules::new(None).unwrap();
    let states: Vec<_> = ROOTS
        .iter()
        .map(|root| {
            let (world, _) = root.world(&rules);
            (world.device.state, world.device.output_dma, world.device.linked, world.app.therapy.has_unknown())
        })
        .collect();
    let (idle, running, paused) = (DeviceState::Idle, DeviceState::Running, DeviceState::Paused);
    let expected = [
        (idle, 0, true, false),
        (idle, 0, true, false),
        (running, 0, false, true),
        (running, 0, true, false),
        (running, 50, true, false),
        (paused, 0, true, false),
        (running, 50, true, false),
        (running, 80, true, true),
        (running, 50, false, false),
        (running, 50, true, false),
        (running, 50, true, false),
    ];
    assert_eq!(states, expected);
}

#[test]
fn the_envelope_lets_wishes_up_to_the_cap_and_no_further() {
    let rules = Rules::new(None).unwrap();
    let world = play(&rules, &AT_5_MA);
    assert_eq!((world.device.output_dma, phase(&world)), (50, Phase::Running));
    let set = |world: &World, dma| {
        world.after(&rules, Action::Wish(Wish::Set(dma))).after(&rules, Action::Run(1_500)).device.output_dma
    };
    assert_eq!(set(&world, 110), 50, "a rise of 6 mA");
    assert_eq!(set(&world, 80), LEAST_CAP_DMA);
    let at_cap = play(&rules, &[&AT_5_MA[..], &[Action::Wish(Wish::Set(80)), Action::Run(1_500)]].concat());
    assert_eq!(set(&at_cap, 110), LEAST_CAP_DMA, "above the person's own cap");
}

#[test]
fn a_stop_whose_frame_is_lost_ends_current_within_its_bound() {
    let rules = Rules::new(None).unwrap();
    let lost = [Action::Wish(Wish::Stop), Action::Lose(Way::Down, 0)];
    let mut world = play(&rules, &[&AT_5_MA[..], &lost].concat());
    assert_eq!((world.device.output_dma, phase(&world)), (50, Phase::Stopping));
    let mut took_ms = 0;
    while world.device.output_dma > 0 {
        world = world.after(&rules, Action::Run(250));
        took_ms += 250;
    }
    assert!(took_ms <= STOP_LINKED_MS, "{took_ms}");
}

#[test]
fn a_crash_loses_what_is_not_on_the_disk_and_no_more() {
    let rules = Rules::new(None).unwrap();
    let start = [Action::Connect, Action::Wish(Wish::Start)];
    let lost = play(&rules, &[&start[..], &[Action::Crash]].concat());
    assert!(lost.app.therapy.session().is_none() && lost.app.therapy.open_order().is_none());
    let kept = play(&rules, &[&start[..], &[Action::Disk, Action::Crash]].concat());
    assert!(kept.app.therapy.session().is_some() && kept.app.therapy.has_unknown());
    assert!(kept.air.down.is_empty() && kept.air.up.is_empty(), "what was on its way has died with the link");
    let settled =
        kept.after(&rules, Action::Connect).after(&rules, Action::Wait(2_500)).after(&rules, Action::Wait(2_500));
    let settled = settled.after(&rules, Action::Run(0));
    assert!(settled.app.therapy.session().is_none(), "never delivered, and too late by now");
}

#[test]
fn a_session_of_an_earlier_run_goes_on_within_its_caps() {
    let rules = Rules::new(None).unwrap();
    let steps = [Action::Crash, Action::Connect, Action::Wish(Wish::Set(80)), Action::Run(1_500)];
    let world = play(&rules, &[&AT_5_MA[..], &steps].concat());
    assert_eq!((world.device.output_dma, phase(&world)), (80, Phase::Running));
}

#[test]
fn a_screening_that_does_not_pass_starts_nothing_and_stops_what_runs() {
    let rules = Rules::new(None).unwrap();
    let world = World::new(false).after(&rules, Action::Connect).after(&rules, Action::Wish(Wish::Start));
    assert_eq!(world.after(&rules, Action::Run(1_500)).device.state, DeviceState::Idle);
    let stopped = play(&rules, &[&AT_5_MA[..], &[Action::Unfit, Action::Run(1_500)]].concat());
    assert_eq!((stopped.device.state, stopped.device.output_dma), (DeviceState::Idle, 0));
}

#[test]
fn a_random_walk_takes_the_same_paths_again_and_shortens_what_it_finds() {
    let rules = Rules::new(None).unwrap();
    let [one, other] = [(); 2].map(|()| walk(&rules, 7, 20, 20));
    assert_eq!((one.transitions, one.coverage), (other.transitions, other.coverage));
    assert_eq!(one.counterexample.map(|counterexample| counterexample.broken), None);
    let rules = Rules::new(Some(Mistake::ResumeRestores)).unwrap();
    let counterexample = walk(&rules, 7, 2_000, 60).counterexample.expect("a mistake this plain is met by chance");
    assert_eq!(counterexample.broken.invariant.name(), "fresh");
    assert!(counterexample.steps.len() <= 8, "{:?}", counterexample.steps);
}
