//! Readings and clocks: what is shown as present was true lately, on whatever clock.

use super::play::{approved, left_open, linked, report};
use super::*;

/// What is sent, second by second, of an order that the device never hears.
fn sent_of(order: DeviceOrder) -> usize {
    let therapy = linked().step(Input::Report(report(1_000, DeviceState::Idle)), Moment(1_000)).0;
    let (therapy, _) = therapy.step(Input::Order { command: CommandId(1), order: Order::Device(order) }, Moment(1_000));
    let (mut therapy, effects) = therapy.step(Input::Saved(CommandId(1)), Moment(1_000));
    let sends = |effects: &[Effect]| effects.iter().filter(|effect| matches!(effect, Effect::Send { .. })).count();
    let mut sent = sends(&effects);
    for tick in 1..=40 {
        let now = Moment(1_000 + tick * 250);
        therapy = therapy.step(Input::Report(report(now.0, DeviceState::Idle)), now).0;
        let (next, effects) = therapy.step(Input::Tick, now);
        therapy = next;
        sent += sends(&effects);
    }
    sent
}

#[test]
fn an_order_that_is_lost_on_a_link_that_stays_up_is_repeated() {
    assert_eq!(sent_of(DeviceOrder::Identify), 21, "at once, and twice a second");
    let mut therapy = linked().step(Input::Report(report(1_000, DeviceState::Idle)), Moment(1_000)).0;
    let identify = Order::Device(DeviceOrder::Identify);
    therapy = therapy.step(Input::Order { command: CommandId(1), order: identify }, Moment(1_000)).0;
    therapy = therapy.step(Input::Saved(CommandId(1)), Moment(1_000)).0;
    therapy = therapy.step(Input::Tick, Moment(4_000)).0;
    assert!(therapy.has_unknown(), "the person hears that it is not known");
    let reply = Input::Reply { boot: BootId(1), sequence: 1, taken: Taken::Accepted };
    let (therapy, effects) = therapy.step(reply, Moment(4_500));
    let settled = |effect: &Effect| matches!(effect, Effect::Settle { outcome: Outcome::Confirmed, last: true, .. });
    assert!(effects.iter().any(settled) && therapy.open_order().is_none());
}

fn is_certain(therapy: &Therapy, now: u64) -> bool {
    therapy.reading(Moment(now)).certain().is_some()
}

/// Feeds a report each `every` ms of the app's clock for `for_ms`, from a device whose clock gains so many parts in
/// a million; gives the app's time at the end.
fn feed(therapy: &mut Therapy, every: u64, for_ms: u64, gains_ppm: i64, state: DeviceState) -> u64 {
    let mut now = 0;
    while now < for_ms {
        now += every;
        let signed = i64::try_from(now).unwrap();
        let at = u64::try_from(signed + signed * gains_ppm / 1_000_000).unwrap();
        *therapy = std::mem::take(therapy).step(Input::Report(report(at, state)), Moment(now)).0;
    }
    now
}

#[test]
fn clocks_that_drift_do_not_make_a_reading_old() {
    for gains_ppm in [-200, -50, 50, 200] {
        let mut therapy = linked();
        let now = feed(&mut therapy, 10_000, 7 * 24 * 3_600_000, gains_ppm, DeviceState::Idle);
        assert!(is_certain(&therapy, now), "{gains_ppm} ppm over a week");
        let mut therapy = linked();
        let now = feed(&mut therapy, 250, 3_600_000, gains_ppm, DeviceState::Running);
        assert!(is_certain(&therapy, now) && !is_certain(&therapy, now + 3_500), "{gains_ppm} ppm in a session");
    }
}

#[test]
fn a_status_that_repeats_itself_grows_old() {
    let mut therapy = linked();
    let end = feed(&mut therapy, 1_000, 60_000, 0, DeviceState::Running);
    for second in 1..600 {
        let now = end + second * 1_000;
        therapy = therapy.step(Input::Report(report(end, DeviceState::Running)), Moment(now)).0;
        assert_eq!(is_certain(&therapy, now), second <= 3, "after {second} s");
    }
}

#[test]
fn a_report_that_was_held_up_is_not_of_now() {
    let mut therapy = linked();
    let now = feed(&mut therapy, 1_000, 60_000, 0, DeviceState::Running);
    // From here on every report is five seconds late.
    for second in 6..600 {
        let late = report(now + (second - 5) * 1_000, DeviceState::Running);
        therapy = therapy.step(Input::Report(late), Moment(now + second * 1_000)).0;
        assert!(!is_certain(&therapy, now + second * 1_000), "{second} s");
    }
}

#[test]
fn a_report_that_was_overtaken_changes_nothing() {
    let mut therapy = linked();
    let now = feed(&mut therapy, 1_000, 5_000, 0, DeviceState::Paused);
    let old = report(now - 1_500, DeviceState::Running);
    let (after, effects) = therapy.clone().step(Input::Report(old), Moment(now));
    assert_eq!((after, effects), (therapy, Vec::new()));
}

/// A device that was a year ahead for once is not taken for silent for a year.
#[test]
fn ticks_that_were_too_far_ahead_are_forgotten_with_the_link() {
    let mut therapy = linked();
    let now = feed(&mut therapy, 1_000, 5_000, 0, DeviceState::Running);
    let step = |therapy: Therapy, input, now| therapy.step(input, Moment(now)).0;
    let mut therapy = step(therapy, Input::Report(report(now + 31_536_000_000, DeviceState::Running)), now);
    // On this link all that follows looks overtaken; and so the link counts as silent.
    let mut dropped = None;
    for tick in 1..120 {
        let now = now + tick * 250;
        let (next, effects) =
            step(therapy, Input::Report(report(now, DeviceState::Running)), now).step(Input::Tick, Moment(now));
        therapy = next;
        if effects.contains(&Effect::DropLink) {
            dropped = Some(now);
            break;
        }
        assert!(!is_certain(&therapy, now) || tick <= 12, "{tick}");
    }
    let now = dropped.unwrap() + 500;
    let therapy = step(step(therapy, Input::LinkLost, now), Input::Connected, now);
    let therapy = step(therapy, Input::Report(report(now, DeviceState::Running)), now);
    assert!(is_certain(&therapy, now + 3_000) && !is_certain(&therapy, now + 3_001));
}

/// Its expiry and its session belong to the boot it was given in.
#[test]
fn a_command_that_was_saved_across_a_restart_of_the_device_is_not_sent() {
    let now = Moment(1_000);
    let step = |therapy: Therapy, input| therapy.step(input, now).0;
    let therapy = step(linked(), Input::Report(report(60_000, DeviceState::Idle)));
    let order = Order::Device(DeviceOrder::Identify);
    let therapy = step(therapy, Input::Order { command: CommandId(1), order });
    let therapy = step(step(therapy, Input::LinkLost), Input::Connected);
    let rebooted = DeviceReport { boot: BootId(2), ..report(10, DeviceState::Idle) };
    let (therapy, effects) = step(therapy, Input::Report(rebooted)).step(Input::Saved(CommandId(1)), now);
    let outcome = Outcome::Rejected(Rejection::NotDelivered);
    assert_eq!(effects, [Effect::Settle { command: CommandId(1), outcome, by: SettledBy::App, last: true }]);
    assert_eq!(therapy.open_order(), None);
}

/// A repeated or copied frame may come after the command was applied and overtaken: then the refusal is the copy's.
#[test]
fn a_stale_answer_leaves_a_command_to_the_status() {
    let now = Moment(1_000);
    let step = |therapy: Therapy, input| therapy.step(input, now).0;
    let command = CommandId(1);
    let therapy = step(linked(), Input::Report(report(1_000, DeviceState::Idle)));
    let therapy = step(therapy, Input::Order { command, order: Order::Device(DeviceOrder::Identify) });
    let therapy = step(therapy, Input::Saved(command));
    let taken = Taken::Refused(DeviceRefusal::Stale);
    let (therapy, effects) = therapy.step(Input::Reply { boot: BootId(1), sequence: 1, taken }, now);
    assert_eq!(effects, [Effect::ReadStatus]);
    let newest = Some(Newest { sequence: 2, taken: Taken::Accepted });
    let (_, effects) = therapy.step(Input::Report(DeviceReport { newest, ..report(1_100, DeviceState::Idle) }), now);
    let outcome = Outcome::Unknown;
    assert_eq!(effects, [Effect::Settle { command, outcome, by: SettledBy::Status, last: true }]);
}

/// What the device did while its last report was on its way counts too.
#[test]
fn an_end_nobody_saw_counts_from_when_the_last_report_was_true() {
    let step = |therapy: Therapy, input, now| therapy.step(input, Moment(now)).0;
    let running = |at, elapsed_s| Input::Report(DeviceReport { elapsed_s, ..report(at, DeviceState::Running) });
    let therapy = step(Therapy::restore(Some(left_open()), None), Input::Connected, 0);
    let therapy = step(therapy, running(10_000, 10), 1_000);
    // Two seconds late.
    let therapy = step(therapy, running(12_000, 12), 5_000);
    let therapy = step(step(therapy, Input::LinkLost, 5_500), Input::Connected, 6_000);
    let rebooted = DeviceReport { boot: BootId(2), session: None, ..report(10, DeviceState::Idle) };
    let (_, effects) = therapy.step(Input::Report(rebooted), Moment(6_000));
    let ended = effects.into_iter().find_map(|effect| match effect {
        Effect::Tell(SessionEvent::Ended(end)) => Some((end.elapsed_s, end.uncertain)),
        _ => None,
    });
    assert_eq!(ended, Some((15, true)));
}

/// A start that the device has answered, and whose effect no report has shown yet.
fn started() -> Therapy {
    let now = Moment(1_000);
    let step = |therapy: Therapy, input| therapy.step(input, now).0;
    let idle = DeviceReport { session: None, ..report(1_000, DeviceState::Idle) };
    let therapy = step(linked(), Input::Report(idle));
    let order = Order::Start { session: SessionId::new(7).unwrap(), approved: approved() };
    let therapy = step(therapy, Input::Order { command: CommandId(1), order });
    let therapy = step(therapy, Input::Saved(CommandId(1)));
    step(therapy, Input::Reply { boot: BootId(1), sequence: 1, taken: Taken::Accepted })
}

/// A status may have been read before the start, and come after its answer.
#[test]
fn a_status_from_before_a_start_does_not_end_it() {
    let before = DeviceReport { session: None, ..report(1_100, DeviceState::Idle) };
    let (therapy, effects) = started().step(Input::Report(before), Moment(1_200));
    assert_eq!(effects, []);
    assert_eq!(therapy.session().map(|session| session.id), SessionId::new(7));
}

#[test]
fn a_status_from_before_a_start_does_not_end_the_stop_after_it() {
    let (therapy, _) = started().step(Input::Order { command: CommandId(2), order: Order::Stop }, Moment(1_150));
    let before = DeviceReport { session: None, ..report(1_100, DeviceState::Idle) };
    let (therapy, effects) = therapy.step(Input::Report(before), Moment(1_200));
    assert_eq!(effects, []);
    assert!(therapy.is_stopping());
}
