//! A stop: when it is sent, when it is sent again, when it is done, and what the person hears of it.

use super::play::{NOTHING, Play, identify, idle, newest, report, runs, sent, set_intensity, settled, start};
use super::*;

/// A stop of a running session, asked for at 1 s as number 2 and command 2.
fn stopping() -> Play {
    let mut play = Play::running();
    let effects = play.at(1_000).ask(Order::Stop);
    assert_eq!(sent(&effects), [2], "before anything is saved");
    assert!(matches!(effects.last(), Some(Effect::Save { intent, .. }) if intent.kind == OrderKind::Stop));
    play
}

#[test]
fn a_stop_is_repeated_every_half_second_until_it_is_taken() {
    let mut play = stopping();
    let sent_at: Vec<u64> = [1_499, 1_500, 1_750, 1_999, 2_000, 2_499, 2_500]
        .into_iter()
        .filter(|now| sent(&play.tick(*now)) == [2])
        .collect();
    assert_eq!(sent_at, [1_500, 2_000, 2_500]);
    let effects = play.reply(2, Taken::Accepted);
    assert_eq!(settled(&effects), [(2, Outcome::Confirmed, SettledBy::Reply, true)]);
    assert!(play.therapy.is_stopping(), "until the device shows it");
    assert_eq!(sent(&play.tick(10_000)), NOTHING);
}

#[test]
fn a_stop_is_sent_on_every_new_link_and_not_without_one() {
    let mut play = stopping();
    play.at(1_100).feed(Input::LinkLost);
    assert_eq!(sent(&play.tick(1_700)), NOTHING);
    assert_eq!(sent(&play.at(1_800).feed(Input::Connected)), [2]);
    assert_eq!(sent(&play.tick(2_299)), NOTHING);
    assert_eq!(sent(&play.tick(2_300)), [2]);
}

#[test]
fn who_waits_for_a_stop_hears_after_5_s_that_it_is_not_known_and_hears_it_once() {
    let unknown = |command| (command, Outcome::Unknown, SettledBy::Timeout, false);
    let mut play = stopping();
    assert_eq!(settled(&play.tick(5_999)), []);
    assert_eq!(settled(&play.tick(6_000)), [unknown(2)]);
    assert_eq!(settled(&play.tick(6_250)), []);
    assert_eq!(settled(&play.tick(20_000)), []);
    // Who asks again waits anew.
    play.ask(Order::Stop);
    assert_eq!(settled(&play.tick(24_999)), []);
    assert_eq!(settled(&play.tick(25_000)), [unknown(2), unknown(3)]);
    let done = |command| (command, Outcome::Confirmed, SettledBy::Status, true);
    assert_eq!(settled(&play.hear(newest(2, report(25_000, DeviceState::Idle)))), [done(2), done(3)]);
    assert!(!play.therapy.is_stopping());
}

/// An answer is that of the stop only if it bears its number, and says that the device has taken it.
#[test]
fn only_the_device_s_yes_to_the_stop_itself_is_taken_for_one() {
    let answers = [
        ("of the start before it", 1, Taken::Accepted),
        ("of a command never sent", 3, Taken::Accepted),
        ("a refusal", 2, Taken::Refused(DeviceRefusal::Malformed)),
        ("a refusal of another", 1, Taken::Refused(DeviceRefusal::Malformed)),
    ];
    for (what, sequence, taken) in answers {
        let mut play = stopping();
        assert_eq!(settled(&play.reply(sequence, taken)), [], "{what}");
        assert_eq!(sent(&play.tick(1_500)), [2], "{what}: the stop is repeated");
    }
}

/// An answer of an earlier life of the link can't be that of a stop which was not sent yet.
#[test]
fn a_stop_that_was_never_sent_is_not_taken() {
    let mut play = Play::running();
    play.feed(Input::LinkLost);
    assert_eq!(sent(&play.ask(Order::Stop)), NOTHING);
    assert_eq!(settled(&play.reply(2, Taken::Accepted)), []);
    assert_eq!(sent(&play.feed(Input::Connected)), [2]);
}

/// Each sign is enough by itself: the device names the stop, it has answered it, or nothing can start any more.
#[test]
fn a_stop_is_done_when_the_device_is_at_zero_and_nothing_can_change_that() {
    // A start that was answered and not shown yet, and a stop after it as number 2.
    let mut open = Play::started();
    open.ask(Order::Stop);
    let mut taken = open.clone();
    taken.reply(2, Taken::Accepted);
    // A start that is still on its way.
    let mut on_its_way = Play::idle();
    on_its_way.order(start(7));
    on_its_way.ask(Order::Stop);
    let over = |play: &Play, report: DeviceReport| {
        let mut play = play.clone();
        play.hear(report);
        !play.therapy.is_stopping()
    };
    let zero = [DeviceState::Idle, DeviceState::Stopping];
    let output = [DeviceState::Running, DeviceState::Paused];
    for state in zero {
        assert!(over(&open, newest(2, report(100, state))), "{state:?}: the device names the stop");
        assert!(over(&on_its_way, newest(2, report(100, state))), "{state:?}: so nothing before it can start");
        assert!(over(&stopping(), newest(1, report(100, state))), "{state:?}: nothing can start");
    }
    assert!(over(&taken, idle(100)), "the device has answered it");
    assert!(!over(&open, idle(100)), "a report from before the start");
    assert!(!over(&on_its_way, idle(100)), "the start may still arrive");
    for state in output {
        assert!(!over(&open, newest(2, report(100, state))), "{state:?}");
        assert!(!over(&taken, newest(2, report(100, state))), "{state:?}");
        assert!(!over(&stopping(), newest(1, report(100, state))), "{state:?}");
    }
}

/// A yes is believed until the device itself says that it has not stopped.
#[test]
fn a_stop_is_insisted_on_when_the_device_took_it_and_goes_on() {
    let mut taken = stopping();
    taken.reply(2, Taken::Accepted);
    let mut older = taken.clone();
    older.hear(newest(1, runs(7, 1_100)));
    assert_eq!(sent(&older.tick(1_600)), NOTHING, "a report from before the answer");
    taken.hear(newest(2, runs(7, 1_100)));
    assert_eq!(sent(&taken.tick(1_600)), [2]);
}

#[test]
fn a_stop_is_refused_only_where_there_is_nothing_to_stop_and_no_way_to_send_it() {
    let mut lost = Play::running();
    lost.feed(Input::LinkLost);
    let mut doubted = Play::idle();
    doubted.order(identify());
    doubted.feed(Input::LinkLost);
    let mut foreign = Play::connected();
    foreign.hear(runs(9, 0));
    let cases = [
        ("no link, no session", Play::of(Therapy::default()), Some(NotNow::NoLink)),
        ("no link, a session", lost, None),
        ("no link, an order that may have arrived", doubted, None),
        ("a link, and nothing known", Play::connected(), None),
        ("a link, and an idle device", Play::idle(), None),
        ("a session of somebody else's", foreign, None),
    ];
    for (what, play, refusal) in cases {
        assert_eq!(play.refusal(Order::Stop), refusal, "{what}");
        let mut play = play;
        play.ask(Order::Stop);
        assert_eq!(play.therapy.is_stopping(), refusal.is_none(), "{what}");
    }
}

/// It was never sent: it never will be.
#[test]
fn a_stop_takes_the_place_of_an_order_that_is_being_saved() {
    let mut play = Play::running();
    play.ask(set_intensity(7, 50));
    let effects = play.ask(Order::Stop);
    let overtaken = Outcome::Rejected(Rejection::Overtaken);
    assert_eq!(settled(&effects), [(2, overtaken, SettledBy::App, true)]);
    assert_eq!(sent(&effects), [3]);
    assert_eq!(play.feed(Input::Saved(CommandId(2))), []);
}
