//! The lease, the time at which the output is zero without the app, and clocks.

use super::heard::is_newer;
use super::play::{GRACE_MS, Play, identify, idle, left_open, newest, report, runs, start};
use super::*;

fn kept_alive(effects: &[Effect]) -> Option<(u16, u32)> {
    effects.iter().find_map(|effect| match effect {
        Effect::KeepAlive { sequence, session } => Some((*sequence, session.get())),
        _ => None,
    })
}

/// 10 s of grace: every 3.333 s.
#[test]
fn the_lease_is_renewed_at_every_third_of_the_grace_time() {
    let mut play = Play::running();
    play.at(3_300).hear(runs(7, 3_300));
    assert_eq!(kept_alive(&play.tick(3_332)), None);
    assert_eq!(kept_alive(&play.tick(3_333)), Some((1, 7)));
    play.at(6_600).hear(runs(7, 6_600));
    assert_eq!(kept_alive(&play.tick(6_665)), None);
    assert_eq!(kept_alive(&play.tick(6_666)), Some((1, 7)));
}

#[test]
fn an_hour_of_a_session_never_comes_near_the_end_of_its_lease() {
    let mut play = Play::running();
    let mut renewed_ms = 0;
    for tick in 1..=(3_600 * 4) {
        let now_ms = tick * 250;
        if now_ms % 1_000 == 0 {
            play.at(now_ms).hear(runs(7, now_ms));
        }
        if kept_alive(&play.tick(now_ms)).is_some() {
            renewed_ms = now_ms;
        }
        assert!(now_ms - renewed_ms < GRACE_MS / 2, "half of the lease is left, or output could not rise");
    }
}

/// Nothing runs on that nobody sees, and nothing that somebody wants stopped.
#[test]
fn the_lease_is_renewed_only_while_our_session_is_known_to_run() {
    let heard = |report: DeviceReport| {
        let mut play = Play::started();
        play.at(3_300).hear(report);
        play
    };
    let mut stopping = heard(newest(1, runs(7, 3_300)));
    stopping.ask(Order::Stop);
    let mut lost = heard(newest(1, runs(7, 3_300)));
    lost.feed(Input::LinkLost);
    let cases = [
        ("running", heard(newest(1, runs(7, 3_300))), Some((1, 7))),
        ("paused", heard(newest(1, report(3_300, DeviceState::Paused))), None),
        ("ending", heard(newest(1, report(3_300, DeviceState::Stopping))), None),
        ("another session", heard(runs(9, 3_300)), None),
        ("not known for lack of reports", heard(newest(1, runs(7, 0))), None),
        ("stopping", stopping, None),
        ("no link", lost, None),
        ("no session", Play::idle(), None),
    ];
    for (what, mut play, expected) in cases {
        assert_eq!(kept_alive(&play.tick(3_400)), expected, "{what}");
    }
}

/// The app may have been away for most of the lease.
#[test]
fn an_app_that_comes_back_renews_the_lease_at_once() {
    let mut play = Play::of(Therapy::restore(Some(left_open()), None));
    play.feed(Input::Connected);
    play.hear(runs(7, 0));
    assert_eq!(kept_alive(&play.tick(250)), Some((1, 7)));
    assert_eq!(kept_alive(&play.tick(500)), None, "and then as ever");
}

/// 10 s of grace and 0.5 s of ramp after the device can have heard the app last.
#[test]
fn the_output_is_zero_at_the_latest_when_grace_and_ramp_are_over() {
    let mut kept = Play::running();
    kept.at(3_300).hear(runs(7, 3_300));
    kept.tick(3_333);
    let mut lost = kept.clone();
    lost.at(5_000).feed(Input::LinkLost);
    let mut again = lost.clone();
    again.at(6_900).feed(Input::Connected);
    let killed = Play::of(Therapy::restore(Some(left_open()), None));
    let mut stopping = lost.clone();
    stopping.ask(Order::Stop);
    let uncertain = Phase::Uncertain;
    let cases = [
        ("on a silent link, which a frame of before may still be on", kept.clone(), uncertain, Some(17_500)),
        ("since the link was lost", lost, uncertain, Some(15_500)),
        ("on a new link that has not told anything", again, uncertain, Some(17_500)),
        ("since the app was killed, before it was begun anew", killed, uncertain, Some(10_500)),
        ("a stop that nobody has confirmed", stopping, Phase::Stopping, Some(15_500)),
        ("no session", Play::connected(), Phase::Connecting, None),
    ];
    for (what, mut play, phase, zero_by_ms) in cases {
        play.at(7_000);
        let view = play.therapy.view(Moment(7_000));
        assert_eq!((view.phase, view.zero_by), (phase, zero_by_ms.map(Moment)), "{what}");
    }
    // What is known needs no such bound.
    kept.at(7_000).hear(runs(7, 7_000));
    assert_eq!(kept.therapy.view(Moment(7_000)).zero_by, None);
}

/// Two clocks may part by 1 ms in 1 s of the device's time, and by no more.
#[test]
fn a_clock_is_given_the_drift_of_the_device_s_own_time_and_no_more() {
    let mut play = Play::connected();
    play.hear(report(0, DeviceState::Running));
    let mut age_ms = |at: u64| {
        // Every report is five seconds on its way from now on.
        play.at(at + 5_000).hear(report(at, DeviceState::Running));
        match play.therapy.reading(Moment(play.now_ms)) {
            Reading::Old { age_ms, .. } => Some(age_ms),
            Reading::None | Reading::Now(_) => None,
        }
    };
    // What the drift may explain of the five seconds is 1 ms for each full second.
    assert_eq!(age_ms(100_000), Some(4_900));
    assert_eq!(age_ms(200_000), Some(4_800));
    assert_eq!(age_ms(200_999), Some(4_800));
    assert_eq!(age_ms(201_000), Some(4_799));
}

/// Its clock begins at zero again: what was known of the old one would make every report an hour old.
#[test]
fn a_device_that_restarts_brings_a_clock_of_its_own() {
    let mut play = Play::connected();
    play.at(3_600_000).hear(report(3_600_000, DeviceState::Idle));
    play.at(3_605_000).hear(DeviceReport { boot: BootId(2), ..idle(10) });
    assert_eq!(play.phase(), Phase::Idle);
    assert!(play.therapy.reading(Moment(3_617_000)).certain().is_some());
    assert_eq!(play.therapy.reading(Moment(3_617_001)).certain(), None);
}

#[test]
fn numbers_go_round_and_half_the_circle_is_ahead() {
    let cases = [
        (1, 0, true),
        (0, 1, false),
        (5, 5, false),
        (0x7FFF, 0, true),
        (0x8000, 0, false),
        (0x8001, 0, false),
        (0, 0xFFFF, true),
        (0xFFFF, 0, false),
        (100, 65_000, true),
    ];
    for (number, than, newer) in cases {
        assert_eq!(is_newer(number, than), newer, "{number} after {than}");
    }
}

/// A reading is of any age, or of now.
#[test]
fn a_reading_keeps_its_values_when_it_grows_old() {
    let mut play = Play::connected();
    let battery = |play: &Play| play.therapy.reading(Moment(play.now_ms)).report().map(|report| report.battery.get());
    assert_eq!(battery(&play), None);
    play.hear(runs(7, 0));
    assert_eq!(battery(&play), Some(90));
    assert!(play.therapy.reading(Moment(3_000)).certain().is_some());
    play.at(3_001);
    assert_eq!(battery(&play), Some(90));
    assert_eq!(play.therapy.reading(Moment(3_001)).certain(), None);
}

#[test]
fn a_start_on_its_way_is_shown_as_such_and_nothing_else_is() {
    let mut play = Play::idle();
    assert_eq!(play.phase(), Phase::Idle);
    let mut other = play.clone();
    other.order(identify());
    assert_eq!(other.phase(), Phase::Idle, "another order starts nothing");
    play.order(start(7));
    assert_eq!(play.phase(), Phase::Starting);
    play.reply(1, Taken::Refused(DeviceRefusal::NoContact));
    play.hear(idle(0));
    assert_eq!(play.phase(), Phase::Idle);
}
