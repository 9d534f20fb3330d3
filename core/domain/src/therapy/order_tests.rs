//! Which orders are tried, and what becomes of them between the wish and the radio.

use super::play::{
    NOTHING, Play, approved, id, identify, idle, left_open, newest, report, resume, runs, sent, set_intensity, settled,
    start, told,
};
use super::*;

fn pause(session: u32) -> Order {
    Order::Pause { session: id(session) }
}

fn resumed(session: u32) -> Order {
    Order::Resume { session: id(session), approved: resume() }
}

/// Who asks for what does not fit the moment hears why, and nothing is sent.
#[test]
fn an_order_is_tried_only_where_it_makes_sense() {
    use NotNow::{
        NoLink, NoSession, NotPaused, NotRunning, OtherSession, SessionThere, StateNotKnown, Stopping, Unsettled,
    };
    let mut paused = Play::running();
    paused.hear(newest(1, report(0, DeviceState::Paused)));
    let mut foreign = Play::connected();
    foreign.hear(runs(9, 0));
    // Ours was answered and not shown, and the device tells of another.
    let mut in_our_place = Play::started();
    in_our_place.hear(runs(9, 0));
    let mut lost = Play::running();
    lost.feed(Input::LinkLost);
    let mut old = Play::running();
    old.at(3_001);
    let mut stopping = Play::running();
    stopping.ask(Order::Stop);
    let mut open = Play::idle();
    open.order(identify());
    let mut restored = Play::of(Therapy::restore(Some(left_open()), None));
    restored.feed(Input::Connected);
    restored.hear(idle(0));
    let cases = [
        (
            "idle",
            Play::idle(),
            vec![
                (start(8), None),
                (identify(), None),
                (Order::ClearFaults, None),
                (set_intensity(7, 50), Some(NoSession)),
                (pause(7), Some(NoSession)),
                (resumed(7), Some(NoSession)),
            ],
        ),
        (
            "running",
            Play::running(),
            vec![
                (set_intensity(7, 50), None),
                (pause(7), None),
                (identify(), None),
                (start(8), Some(SessionThere)),
                (resumed(7), Some(NotPaused)),
                (set_intensity(8, 50), Some(NoSession)),
                (pause(8), Some(NoSession)),
            ],
        ),
        (
            "paused",
            paused,
            vec![
                (resumed(7), None),
                (set_intensity(7, 50), Some(NotRunning)),
                (pause(7), Some(NotRunning)),
                (resumed(8), Some(NoSession)),
                (start(8), Some(SessionThere)),
            ],
        ),
        (
            "a session of somebody else's",
            foreign,
            vec![
                (identify(), None),
                (start(8), Some(SessionThere)),
                (set_intensity(9, 50), Some(OtherSession)),
                (resumed(9), Some(OtherSession)),
            ],
        ),
        (
            "another in our place",
            in_our_place,
            vec![(set_intensity(7, 50), Some(NoSession)), (set_intensity(9, 50), Some(NoSession))],
        ),
        ("a start not shown yet", Play::started(), vec![(start(8), Some(SessionThere)), (identify(), Some(Unsettled))]),
        ("a session of an earlier run that no report has shown", restored, vec![(start(8), Some(SessionThere))]),
        ("no link", lost, vec![(set_intensity(7, 50), Some(NoLink))]),
        ("an old reading", old, vec![(set_intensity(7, 50), Some(StateNotKnown))]),
        ("never heard", Play::connected(), vec![(identify(), Some(StateNotKnown))]),
        ("stopping", stopping, vec![(set_intensity(7, 50), Some(Stopping))]),
        ("an open order", open, vec![(identify(), Some(Unsettled))]),
    ];
    for (what, play, orders) in cases {
        for (order, expected) in orders {
            let kind = order.kind();
            assert_eq!(play.refusal(order), expected, "{what}: {kind:?}");
        }
    }
}

/// The device refuses it later than 3 s after the wish: so it isn't sent later either.
#[test]
fn an_order_that_can_raise_is_saved_in_time_or_never_sent() {
    for (saved_at, in_time) in [(3_000, true), (3_001, false)] {
        let mut play = Play::idle();
        let asked = play.ask(start(7));
        let expires = asked.iter().find_map(|effect| match effect {
            Effect::Save { intent, .. } => intent.expires,
            _ => None,
        });
        assert_eq!(expires, Some(DeviceMoment(3_000)));
        let effects = play.at(saved_at).feed(Input::Saved(CommandId(1)));
        if in_time {
            assert_eq!(sent(&effects), [1]);
        } else {
            let lost = Outcome::Rejected(Rejection::NotDelivered);
            assert_eq!(effects.len(), 1, "nothing but the outcome: {effects:?}");
            assert_eq!(settled(&effects), [(1, lost, SettledBy::App, true)]);
            assert_eq!(play.therapy.session(), None, "no session was begun");
        }
    }
    // An order that can't raise may take its time.
    let mut play = Play::idle();
    play.ask(identify());
    assert_eq!(sent(&play.at(10_000).feed(Input::Saved(CommandId(1)))), [1]);
}

#[test]
fn an_order_that_stopped_making_sense_while_it_was_saved_is_not_sent() {
    let lost = Outcome::Rejected(Rejection::NotDelivered);
    let mut play = Play::running();
    play.ask(set_intensity(7, 50));
    play.hear(newest(1, report(0, DeviceState::Paused)));
    let effects = play.feed(Input::Saved(CommandId(2)));
    assert_eq!(sent(&effects), NOTHING);
    assert_eq!(settled(&effects), [(2, lost, SettledBy::App, true)]);
}

/// A word about another command concerns neither the one being saved nor the one on its way.
#[test]
fn what_the_disk_says_concerns_the_command_it_names_and_concerns_it_once() {
    let mut play = Play::idle();
    play.ask(identify());
    assert_eq!(play.feed(Input::Saved(CommandId(9))), []);
    assert_eq!(play.feed(Input::NotSaved(CommandId(9))), []);
    assert_eq!(sent(&play.feed(Input::Saved(CommandId(1)))), [1]);
    assert_eq!(play.feed(Input::Saved(CommandId(1))), [], "it is sent once");
    assert_eq!(play.feed(Input::NotSaved(CommandId(1))), [], "it is on its way");
    assert_eq!(play.therapy.open_order(), Some(OrderKind::Identify));

    let mut play = Play::idle();
    play.ask(identify());
    let refused = Effect::Refuse { command: CommandId(1), why: NotNow::NotSaved };
    assert_eq!(play.feed(Input::NotSaved(CommandId(1))), [refused]);
    assert!(!play.therapy.awaits_answer());
}

/// A killed app left a pause on its way, as number 20.
#[test]
fn what_an_earlier_run_left_open_is_in_the_way_until_the_device_tells() {
    let intent = Intent {
        command: CommandId(90),
        kind: OrderKind::Pause,
        session: SessionId::new(7),
        sequence: 20,
        boot: Some(BootId(1)),
        newest_before: Some(19),
        expires: None,
    };
    let mut play = Play::of(Therapy::restore(Some(left_open()), Some(intent)));
    assert_eq!(play.therapy.open_order(), Some(OrderKind::Pause));
    assert!(play.therapy.has_unknown() && play.therapy.awaits_answer());
    play.feed(Input::Connected);
    assert_eq!(sent(&play.tick(1_000)), NOTHING, "it is not sent again");
    // A stop is never in the way of itself: it has the next number, for the device has seen this one, perhaps.
    assert_eq!(sent(&play.clone().ask(Order::Stop)), [21]);
    let effects = play.hear(newest(20, report(1_000, DeviceState::Paused)));
    assert_eq!(settled(&effects), [(90, Outcome::Confirmed, SettledBy::Status, true)]);
    assert_eq!(told(&effects), [SessionEvent::Paused(Reason::None)]);
    assert!(!play.therapy.awaits_answer());
}

/// All of them: a kind that raises and is repeated would be applied when nobody wants it.
#[test]
fn what_can_raise_expires_and_is_not_repeated() {
    use OrderKind::{
        ClearFaults, Identify, Pause, Resume, SetIntensity, SetNeutral, SetNudge, Start, StartPosture, Stop,
        StopPosture,
    };
    for kind in [Start, SetIntensity, Resume] {
        assert!(kind.can_raise() && !kind.may_repeat(), "{kind:?}");
    }
    for kind in [Pause, Stop, ClearFaults, StartPosture, StopPosture, SetNeutral, SetNudge, Identify] {
        assert!(kind.may_repeat() && !kind.can_raise(), "{kind:?}");
    }
    let expires = |play: &Play, order: Order| {
        play.clone().ask(order).into_iter().find_map(|effect| match effect {
            Effect::Save { intent, .. } => Some(intent.expires),
            _ => None,
        })
    };
    let mut paused = Play::running();
    paused.hear(newest(1, report(0, DeviceState::Paused)));
    let at_3_s = Some(Some(DeviceMoment(3_000)));
    assert_eq!(expires(&Play::idle(), start(7)), at_3_s);
    assert_eq!(expires(&Play::running(), set_intensity(7, 50)), at_3_s);
    assert_eq!(expires(&paused, resumed(7)), at_3_s);
    assert_eq!(expires(&Play::running(), pause(7)), Some(None));
    assert_eq!(expires(&Play::running(), Order::Stop), Some(None));
    assert_eq!(expires(&Play::idle(), identify()), Some(None));
}

#[test]
fn an_order_names_the_session_it_is_meant_for() {
    let of_seven = [Order::Start { session: id(7), approved: approved() }, set_intensity(7, 50), pause(7), resumed(7)];
    for order in of_seven {
        assert_eq!(order.session().map(SessionId::get), Some(7), "{:?}", order.kind());
    }
    for order in [Order::Stop, Order::ClearFaults, identify()] {
        assert_eq!(order.session(), None, "{:?}", order.kind());
    }
    assert_eq!(SessionId::new(0), None, "0 names no session");
    assert_eq!(id(u32::MAX).get(), u32::MAX);
}
