//! What the device's answers and reports settle, and the numbers that commands get.

use super::play::{NOTHING, Play, id, identify, idle, newest, report, runs, sent, set_intensity, settled, start, told};
use super::*;

/// The number of the next order.
fn next_number(play: &Play) -> Option<u16> {
    play.clone().ask(Order::Stop).into_iter().find_map(|effect| match effect {
        Effect::Save { intent, .. } => Some(intent.sequence),
        _ => None,
    })
}

#[test]
fn an_answer_settles_the_order_of_its_number_and_boot_alone() {
    let mut play = Play::idle();
    play.order(identify());
    let boot = |boot, sequence| Input::Reply { boot: BootId(boot), sequence, taken: Taken::Accepted };
    for (what, input) in [("another number", boot(1, 2)), ("another boot", boot(2, 1)), ("neither", boot(2, 2))] {
        let mut play = play.clone();
        assert_eq!(settled(&play.feed(input)), [], "{what}");
        assert_eq!(play.therapy.open_order(), Some(OrderKind::Identify), "{what}");
    }
    assert_eq!(settled(&play.feed(boot(1, 1))), [(1, Outcome::Confirmed, SettledBy::Reply, true)]);
    assert_eq!(play.therapy.open_order(), None);
}

#[test]
fn an_order_that_waits_for_the_disk_has_no_answer_yet() {
    let mut play = Play::idle();
    play.ask(identify());
    assert_eq!(settled(&play.reply(1, Taken::Accepted)), []);
    assert_eq!(sent(&play.feed(Input::Saved(CommandId(1)))), [1]);
}

#[test]
fn a_refused_start_is_told_and_leaves_no_session() {
    let mut play = Play::idle();
    play.order(start(7));
    assert_eq!(play.therapy.session().map(|session| session.id.get()), Some(7));
    let refusal = DeviceRefusal::NoContact;
    let effects = play.reply(1, Taken::Refused(refusal));
    let rejected = Outcome::Rejected(Rejection::Device(refusal));
    assert_eq!(settled(&effects), [(1, rejected, SettledBy::Reply, true)]);
    assert_eq!(told(&effects), [SessionEvent::NotBegun(id(7))]);
    assert_eq!(play.therapy.session(), None);
    assert!(!play.therapy.awaits_answer(), "a refusal changes nothing that a report would have to show");
}

/// Its session runs: that the order was refused does not end it.
#[test]
fn another_refused_order_leaves_the_session_alone() {
    let mut play = Play::running();
    play.order(set_intensity(7, 50));
    let effects = play.reply(2, Taken::Refused(DeviceRefusal::AboveCap));
    assert_eq!(told(&effects), []);
    assert_eq!(play.therapy.session().map(|session| session.id.get()), Some(7));
}

/// Within one millisecond of the device's clock, things can change.
#[test]
fn a_report_of_the_same_moment_counts_and_an_older_one_does_not() {
    let mut play = Play::running();
    play.at(1_000).hear(newest(1, runs(7, 1_000)));
    play.hear(newest(1, report(999, DeviceState::Paused)));
    assert_eq!(play.phase(), Phase::Running);
    play.hear(newest(1, report(1_000, DeviceState::Paused)));
    assert_eq!(play.phase(), Phase::Paused(Reason::None));
}

/// A number that the device has seen would be taken for a copy.
#[test]
fn numbers_go_on_after_the_newest_that_the_device_knows() {
    let knows = |sequence| {
        let mut play = Play::connected();
        play.hear(newest(sequence, idle(0)));
        play
    };
    // The app is new and counts from nothing: also where the number is more than half the circle away.
    for (known, next) in [(9, 10), (40_000, 40_001), (65_535, 1)] {
        assert_eq!(next_number(&knows(known)), Some(next), "after {known}");
    }
    // An app that counts already is moved forwards and never back.
    let mut play = knows(9);
    play.order(identify());
    play.reply(10, Taken::Accepted);
    for (known, next) in [(9, 11), (10, 11), (12, 13), (7, 13)] {
        play.hear(newest(known, idle(0)));
        assert_eq!(next_number(&play), Some(next), "after {known}");
    }
}

/// A new link can't bring what was sent on an old one.
#[test]
fn an_order_that_a_new_link_shows_as_never_arrived_is_told_as_such() {
    let mut play = Play::idle();
    play.order(identify());
    assert_eq!(settled(&play.hear(idle(500))), [], "on the same link it may still arrive");
    play.feed(Input::LinkLost);
    play.at(1_000).feed(Input::Connected);
    let lost = Outcome::Rejected(Rejection::NotDelivered);
    assert_eq!(settled(&play.hear(idle(1_000))), [(1, lost, SettledBy::Status, true)]);
    assert_eq!(play.therapy.open_order(), None);
}

#[test]
fn an_order_that_is_not_answered_is_in_doubt_after_2_s_and_the_person_hears_it_once() {
    let mut play = Play::idle();
    play.order(identify());
    assert_eq!(settled(&play.tick(1_999)), []);
    assert!(!play.therapy.has_unknown());
    let effects = play.tick(2_000);
    assert_eq!(settled(&effects), [(1, Outcome::Unknown, SettledBy::Timeout, false)]);
    assert!(effects.contains(&Effect::ReadStatus), "the status tells");
    assert!(play.therapy.has_unknown() && play.therapy.view(Moment(2_000)).unknown);
    let effects = play.tick(2_250);
    assert_eq!(settled(&effects), []);
    assert!(!effects.contains(&Effect::ReadStatus));
    assert_eq!(settled(&play.reply(1, Taken::Accepted)), [(1, Outcome::Confirmed, SettledBy::Reply, true)]);
    assert!(!play.therapy.has_unknown());
}

#[test]
fn a_lost_link_puts_an_order_in_doubt_once() {
    let mut play = Play::idle();
    play.order(identify());
    let unknown = (1, Outcome::Unknown, SettledBy::Timeout, false);
    assert_eq!(settled(&play.feed(Input::LinkLost)), [unknown]);
    let effects = play.tick(5_000);
    assert_eq!(effects, [], "it is told, and there is nobody to ask");
}

/// What can raise is never sent twice: it might be applied at a time when nobody wants it any more.
#[test]
fn an_order_that_can_raise_is_sent_once_whatever_happens() {
    let mut started = Play::idle();
    assert_eq!(sent(&started.order(start(7))), [1]);
    let mut raised = Play::running();
    assert_eq!(sent(&raised.order(set_intensity(7, 50))), [2]);
    for (what, mut play, shown) in [("start", started, idle(0)), ("set intensity", raised, newest(1, runs(7, 0)))] {
        for tick in 1..=8 {
            play.at(tick * 250).hear(DeviceReport { at: DeviceMoment(tick * 250), ..shown.clone() });
            assert_eq!(sent(&play.tick(tick * 250)), NOTHING, "{what} after {tick} ticks");
        }
        play.feed(Input::LinkLost);
        assert_eq!(sent(&play.feed(Input::Connected)), NOTHING, "{what}: on a new link");
        assert_eq!(sent(&play.tick(3_000)), NOTHING, "{what}: and later there");
    }
}

/// On a new link the status tells first what became of it.
#[test]
fn an_order_that_may_be_repeated_is_on_its_own_link_alone() {
    let mut play = Play::idle();
    play.order(identify());
    assert_eq!(sent(&play.tick(499)), NOTHING);
    assert_eq!(sent(&play.tick(500)), [1]);
    assert_eq!(sent(&play.tick(999)), NOTHING);
    assert_eq!(sent(&play.tick(1_000)), [1]);
    play.feed(Input::LinkLost);
    assert_eq!(sent(&play.tick(1_600)), NOTHING);
    play.feed(Input::Connected);
    assert_eq!(sent(&play.tick(2_500)), NOTHING);
}
