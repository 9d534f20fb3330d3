//! The judge can fail: each counter is met by a world that is wrong in that way, and by no other. And a seed plays the same
//! each time.

use lumbra::domain::programme::Programme;
use lumbra::store::CommandOutcome;
use lumbra_protocol::Reason;
use lumbra_wearable::{Contact, Flow, Turn};

use super::judge::{Counter, judge};
use super::log::{Answer, Entry, Evidence, What};
use super::mortal::Tamper;
use super::moves::{Act, Move, Scene, StartWish, Wish};
use super::report::{Report, coverage};
use super::{panics, play, report, shrink};

fn one(after_ms: u64, act: Act) -> Move {
    Move { after_ms, act }
}

fn person(after_ms: u64, wish: Wish) -> Move {
    one(after_ms, Act::Person { wish, gives_up_ms: None })
}

fn start() -> Move {
    let wish = StartWish {
        programme: Programme::built_in("conventional").unwrap(),
        duration_s: 600,
        grace_s: None,
        pads_dcm2: Vec::new(),
        skin_intact: true,
        pain_before: Some(4),
    };
    person(500, Wish::Start(wish))
}

fn up(after_ms: u64, by_dma: u16) -> Move {
    person(after_ms, Wish::Up { channel: 0, by_dma })
}

fn scene(moves: Vec<Move>) -> Scene {
    Scene { seed: 7, trip_ms: 15, clinician_cap_dma: Some(200), moves }
}

fn played(moves: Vec<Move>, tamper: Option<Tamper>) -> Evidence {
    play::play(&scene(moves), tamper).unwrap()
}

/// A session as it should be: begun, raised, paused and resumed, rated, stopped.
fn good() -> Evidence {
    let moves = vec![
        start(),
        up(1_000, 50),
        person(8_000, Wish::Pause),
        person(3_000, Wish::Resume),
        up(2_000, 40),
        person(6_000, Wish::StartPosture),
        person(20_000, Wish::Stop),
        person(2_000, Wish::Pain { score: 2, after: true }),
    ];
    played(moves, None)
}

/// What a world is wrong in, each once.
fn found(evidence: &Evidence) -> Vec<Counter> {
    let mut counters: Vec<Counter> = judge(evidence).violations.iter().map(|violation| violation.counter).collect();
    counters.sort();
    counters.dedup();
    counters
}

fn wrong(change: impl FnOnce(&mut Evidence)) -> Vec<Counter> {
    let mut evidence = good();
    change(&mut evidence);
    found(&evidence)
}

#[test]
fn a_good_world_passes_and_is_not_empty() {
    let evidence = good();
    assert_eq!(judge(&evidence).violations, []);
    assert_eq!(judge(&evidence).stop_round_trips, [0.5], "one trip of the two");
    let mut report = Report::default();
    report.add(1, evidence.digest(), &judge(&evidence), &coverage(&evidence));
    assert!(!report.failed());
    assert!(evidence.stimulated_ms > 30_000 && evidence.kept.posture.frames > 15, "{:?}", evidence.kept.posture);
}

#[test]
fn more_than_a_limit_is_found() {
    let more = |evidence: &mut Evidence| {
        evidence.flows.iter_mut().for_each(|flow| flow.currents_dma.iter_mut().for_each(|dma| *dma *= 8.0));
    };
    assert!(wrong(more).contains(&Counter::OverLimit));
    // The clinician's cap was lower than what was asked for.
    assert_eq!(wrong(|evidence| evidence.clinician_cap_dma = Some(30)), [Counter::OverLimit]);
    assert_eq!(wrong(|evidence| evidence.device_max_dma = 30), [Counter::OverLimit]);
}

#[test]
fn a_rise_beyond_a_cap_that_the_person_has_set_meanwhile_is_found() {
    let capped = wrong(|evidence| {
        let at_ms = 12_500;
        let index = evidence.entries.iter().position(|entry| entry.at_ms > at_ms).unwrap();
        let cap = What::Asked { op: 99, wish: Wish::OwnCap(Some(30)), targets_dma: None };
        let done = What::Answered { op: 99, answer: Answer::Done };
        evidence.entries.splice(index..index, [cap, done].map(|what| Entry { at_ms, what }));
    });
    assert_eq!(capped, [Counter::OverLimit]);
}

#[test]
fn a_current_that_comes_back_by_itself_is_found() {
    // In the pause.
    let back = |evidence: &mut Evidence| {
        let index = evidence.flows.iter().position(|flow| flow.at_ms > 11_000).unwrap();
        for (after, dma) in [(10, 20.0), (20, 0.0)] {
            let flow = Flow { at_ms: 11_000 + after, currents_dma: vec![dma, 0.0] };
            evidence.flows.insert(index + usize::try_from(after / 10 - 1).unwrap(), flow);
        }
    };
    assert_eq!(wrong(back), [Counter::UnexpectedRise]);
    // Asked for by nobody.
    let nobody = |evidence: &mut Evidence| {
        evidence.entries.retain(|entry| !matches!(&entry.what, What::Asked { wish: Wish::Up { by_dma: 40, .. }, .. }));
    };
    assert_eq!(wrong(nobody), [Counter::UnexpectedRise]);
    // Asked for before the pause.
    let before = |evidence: &mut Evidence| {
        let index = evidence
            .entries
            .iter()
            .position(|entry| matches!(&entry.what, What::Asked { wish: Wish::Up { by_dma: 40, .. }, .. }));
        evidence.entries[index.unwrap()].at_ms = 5_000;
    };
    assert_eq!(wrong(before), [Counter::UnexpectedRise]);
}

/// Drops every stop on its way to the radio.
fn without_stops(frame: &[u8]) -> Option<Vec<u8>> {
    (frame.first() != Some(&0x02)).then(|| frame.to_vec())
}

#[test]
fn a_stop_that_never_leaves_is_found() {
    let evidence = played(vec![start(), up(1_000, 50), person(6_000, Wish::Stop)], Some(without_stops));
    let found = found(&evidence);
    assert!(found.contains(&Counter::StopLate) && found.contains(&Counter::NeverSettled), "{found:?}");
    // The device pauses by itself when its grace time is over: no later.
    let flowed_ms = evidence.flows.iter().filter(|flow| flow.currents_dma[0] > 0.0).map(|flow| flow.at_ms).max();
    assert!((15_000..20_000).contains(&flowed_ms.unwrap()), "{flowed_ms:?}");
}

#[test]
fn a_stop_that_is_slow_on_a_bad_link_too_is_found() {
    let late = |evidence: &mut Evidence| {
        let stopped_ms = evidence.flows.last().unwrap().at_ms;
        // The link is as if it had never been up, so that only the device's grace time is asked of it.
        evidence.turns.iter_mut().for_each(|turn| turn.linked = false);
        for flow in evidence.flows.iter_mut().filter(|flow| flow.at_ms + 600 > stopped_ms) {
            flow.at_ms += 14_000;
        }
    };
    assert!(wrong(late).contains(&Counter::StopLate));
}

#[test]
fn a_link_that_is_cut_for_nothing_is_found() {
    let cut = |evidence: &mut Evidence| {
        let last = evidence.turns.pop().unwrap();
        let at_ms = evidence.entries.iter().find(|entry| entry.what == What::Over).unwrap().at_ms;
        evidence.turns.push(Turn { at_ms, linked: false, ..last });
        evidence.turns.push(Turn { at_ms: at_ms + 300, linked: true, ..last });
    };
    assert_eq!(wrong(cut), [Counter::CutForNothing]);
    // With a cause, it is none.
    for cause in [Act::Cut, Act::Away(3_000), Act::Reboot] {
        let caused = |evidence: &mut Evidence| {
            cut(evidence);
            let index = evidence.entries.iter().position(|entry| entry.what == What::Over).unwrap();
            let at_ms = evidence.entries[index].at_ms;
            evidence.entries.insert(index, Entry { at_ms, what: What::Moved(cause) });
        };
        assert_eq!(wrong(caused), []);
    }
}

#[test]
fn what_is_shown_and_not_so_is_found() {
    let currents = wrong(|evidence| {
        for entry in &mut evidence.entries {
            if let What::Shown(shown) = &mut entry.what {
                shown.channels_dma.iter_mut().for_each(|(_, delivered)| *delivered += 20.0);
            }
        }
    });
    assert_eq!(currents, [Counter::ShownWrong]);
    // Whatever happened is shown ten seconds late.
    let late = wrong(|evidence| {
        for entry in evidence.entries.iter_mut().filter(|entry| matches!(entry.what, What::Shown(_))) {
            entry.at_ms += 10_000;
        }
        evidence.entries.sort_by_key(|entry| entry.at_ms);
    });
    assert!(late.contains(&Counter::ShownWrong), "{late:?}");
}

#[test]
fn a_stop_that_is_said_to_be_done_while_current_flows_is_found() {
    let wrong = wrong(|evidence| {
        let last = evidence.flows.pop().unwrap();
        evidence.flows.push(Flow { at_ms: last.at_ms + 2_000, ..last });
    });
    assert_eq!(wrong, [Counter::StopLate, Counter::ShownWrong]);
}

#[test]
fn what_is_not_kept_is_found() {
    assert_eq!(wrong(|evidence| drop(evidence.kept.pain.pop())), [Counter::LostAcknowledged]);
    assert_eq!(wrong(|evidence| evidence.kept.pain[1].score += 1), [Counter::LostAcknowledged]);
    assert_eq!(wrong(|evidence| drop(evidence.kept.commands.remove(2))), [Counter::LostAcknowledged]);
    assert_eq!(wrong(|evidence| evidence.kept.sessions.clear()), [Counter::LostAcknowledged]);
    assert_eq!(wrong(|evidence| evidence.kept.sessions[0].outcome = None), [Counter::LostAcknowledged]);
    assert_eq!(wrong(|evidence| evidence.kept.posture.frames -= 1), [Counter::LostAcknowledged]);
    assert_eq!(wrong(|evidence| evidence.kept.records.retain(|number| *number != 2)), [Counter::LostAcknowledged]);
    assert_eq!(wrong(|evidence| evidence.kept.set_aside = true), [Counter::LostAcknowledged]);
    assert_eq!(wrong(|evidence| evidence.kept.open_commands = 1), [Counter::NeverSettled]);
}

#[test]
fn commands_that_are_kept_otherwise_than_they_were_are_found() {
    let is_raise = |kept: &lumbra::store::Command| kept.intent.kind == "set_intensity";
    let rejected = wrong(|evidence| {
        evidence.kept.commands.iter_mut().find(|kept| is_raise(kept)).unwrap().outcome = CommandOutcome::Rejected;
    });
    assert_eq!(rejected, [Counter::LostAcknowledged]);
    // Confirmed, and the device never took it.
    let never = wrong(|evidence| evidence.taken.retain(|taken| taken.sequence.get() != 3));
    assert_eq!(never, [Counter::LostAcknowledged]);
    let twice = wrong(|evidence| {
        let again = *evidence.taken.iter().find(|taken| taken.sequence.get() == 3).unwrap();
        evidence.taken.push(again);
    });
    assert_eq!(twice, [Counter::LostAcknowledged]);
}

#[test]
fn a_dose_that_is_counted_too_low_is_found() {
    assert_eq!(wrong(|evidence| evidence.kept.sessions[0].elapsed_s = 5), [Counter::DoseUndercounted]);
    assert_eq!(wrong(|evidence| evidence.kept.stimulated_s = 5), [Counter::DoseUndercounted]);
}

#[test]
fn a_call_that_hangs_is_found() {
    let hung = wrong(|evidence| {
        for entry in &mut evidence.entries {
            if let What::Answered { op: 1, answer } = &mut entry.what {
                *answer = Answer::Hung;
            }
        }
    });
    assert_eq!(hung, [Counter::Hangs]);
}

#[test]
fn a_panic_in_a_task_is_heard_and_a_death_is_none() {
    panics::listen();
    drop(panics::take());
    let evidence = played(vec![start(), one(1_000, Act::Kill { touches: 0, held_ms: 0, back_ms: 500 })], None);
    assert_eq!(evidence.panics, Vec::<String>::new());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let broken = runtime.block_on(async { tokio::spawn(async { panic!("as a test") }).await.is_err() });
    let heard = panics::take();
    assert!(broken && heard.len() == 1 && heard[0].contains("as a test"), "{heard:?}");
    assert_eq!(wrong(|evidence| evidence.panics = heard), [Counter::Panics]);
}

#[test]
fn a_session_that_cannot_be_played_fails_the_campaign() {
    let mut report = Report::default();
    let verdict = super::Verdict {
        violations: vec![super::Violation { counter: Counter::Unplayable, at_ms: 0, what: String::new() }],
        ..super::Verdict::default()
    };
    report.add(1, 0, &verdict, &report::Coverage::default());
    assert!(report.failed());
}

#[test]
fn a_killed_app_does_nothing_more_and_comes_back_to_what_it_had_acknowledged() {
    let moves = vec![
        start(),
        up(1_000, 50),
        person(3_000, Wish::Pain { score: 9, after: false }),
        person(0, Wish::StartPosture),
        one(4_000, Act::Kill { touches: 0, held_ms: 0, back_ms: 60_000 }),
    ];
    let evidence = played(moves, None);
    assert_eq!(found(&evidence), []);
    let killed = evidence.entries.iter().find(|entry| entry.what == What::Killed).unwrap().at_ms;
    let until = evidence.entries.iter().filter(|entry| entry.at_ms > killed && matches!(entry.what, What::Shown(_)));
    assert_eq!(until.map(|entry| entry.at_ms).min(), Some(killed + 60_000), "nothing is shown by the dead");
    assert_eq!(evidence.kept.posture.frames, 0, "what had not been flushed is not");
    assert!(evidence.kept.pain.iter().any(|kept| kept.score == 9));
    let paused = evidence.turns.iter().any(|turn| turn.reason == Reason::LinkLost);
    assert!(paused, "the device was left to its grace time");
}

#[test]
fn a_seed_plays_the_same_each_time() {
    let mut digests = std::collections::BTreeSet::new();
    for seed in 100..116 {
        let scene = Scene::of(seed);
        let (first, second) = (play::play(&scene, None).unwrap(), play::play(&scene, None).unwrap());
        assert_eq!(first.trace(), second.trace(), "seed {seed}");
        assert_eq!(first.digest(), second.digest(), "seed {seed}");
        digests.insert(first.digest());
    }
    assert_eq!(digests.len(), 16, "and each seed differently");
}

#[test]
fn random_sessions_meet_what_they_are_for() {
    let mut report = Report::default();
    for seed in 1..=60 {
        let evidence = play::play(&Scene::of(seed), None).unwrap();
        let verdict = judge(&evidence);
        assert_eq!(verdict.violations, [], "seed {seed}");
        report.add(seed, evidence.digest(), &verdict, &coverage(&evidence));
    }
    assert!(!report.failed() && !report.misses_something(), "{report:?}");
}

#[test]
fn a_failing_session_is_shrunk_to_what_makes_it_fail() {
    let moves: Vec<Move> = (0..40).map(|index| one(10, Act::Away(index))).collect();
    let has = |moves: &[Move], index| moves.iter().any(|one| one.act == Act::Away(index));
    let shortest = shrink::shrink(&moves, 200, |moves| has(moves, 7) && has(moves, 31));
    assert_eq!(shortest, [one(80, Act::Away(7)), one(240, Act::Away(31))], "and each when it was");
    let tired = shrink::shrink(&moves, 0, |_| true);
    assert_eq!(tired, moves);
}

#[test]
fn moves_do_what_they_say() {
    let moves = vec![
        start(),
        up(1_000, 50),
        one(7_000, Act::Pads(0, Contact::Off)),
        one(2_000, Act::Pads(0, Contact::Good)),
        person(1_000, Wish::Resume),
        up(1_500, 30),
        one(5_000, Act::Button),
        one(5_000, Act::Reboot),
        one(20_000, Act::Reopen { back_ms: 100 }),
    ];
    let evidence = played(moves, None);
    assert_eq!(found(&evidence), []);
    for reason in [Reason::PadsOff, Reason::Button] {
        assert!(evidence.turns.iter().any(|turn| turn.reason == reason), "{reason:?}");
    }
    let mut boots: Vec<u32> = evidence.turns.iter().map(|turn| turn.boot_id).collect();
    boots.dedup();
    assert_eq!(boots.len(), 2);
}
