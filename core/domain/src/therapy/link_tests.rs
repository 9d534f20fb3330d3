//! The link: when it is asked, when it is given up, and what is told of its loss.

use super::play::{Play, identify, idle, left_open, newest, runs, set_intensity, start, told};
use super::*;

fn drops(effects: &[Effect]) -> bool {
    effects.contains(&Effect::DropLink)
}

fn asks(effects: &[Effect]) -> bool {
    effects.contains(&Effect::ReadStatus)
}

/// Linked to a device that runs a session of somebody else's.
fn foreign() -> Play {
    let mut play = Play::connected();
    play.hear(runs(9, 0));
    play
}

/// Whatever is open by itself is enough: a person waits for what becomes of it.
#[test]
fn a_silent_link_is_cut_after_8_s_while_anything_is_open_and_after_25_s_else() {
    let mut order = Play::idle();
    order.order(identify());
    let mut stop = foreign();
    stop.ask(Order::Stop);
    let cases = [
        ("a session", Play::running(), 8_000),
        ("an order", order, 8_000),
        ("a stop", stop, 8_000),
        ("a device never heard", Play::connected(), 8_000),
        ("nothing", Play::idle(), 25_000),
    ];
    for (open, play, limit_ms) in cases {
        assert!(!drops(&play.clone().tick(limit_ms - 1)), "{open}: too early");
        assert_eq!(play.clone().tick(limit_ms).last(), Some(&Effect::DropLink), "{open}: and nothing after it");
    }
}

/// At rest a device tells its state every ten seconds: that it was silent before it was asked for something cuts no link.
#[test]
fn a_device_at_rest_has_the_whole_time_to_answer() {
    let give = |play: &mut Play, what: &str| match what {
        "a start" => play.order(start(7)),
        "an identify" => play.order(identify()),
        _ => play.ask(Order::Stop),
    };
    for at_ms in [0, 4_000, 7_999, 8_000, 10_000, 11_999] {
        for what in ["a start", "an identify", "a stop"] {
            let mut play = Play::idle();
            play.at(at_ms);
            // It is being saved: nothing is on the air, and a tick comes between.
            let mut saving = play.clone();
            saving.ask(identify());
            assert!(!drops(&saving.tick(at_ms)), "{what} at {at_ms}: while it is saved");
            give(&mut play, what);
            assert!(!drops(&play.clone().tick(at_ms)), "{what} at {at_ms}: at once");
            assert!(!drops(&play.clone().tick(at_ms + 7_999)), "{what} at {at_ms}: too early");
            assert!(drops(&play.clone().tick(at_ms + 8_000)), "{what} at {at_ms}: it is silent");
            // Its answer is here, and the status that shows it is not.
            play.at(at_ms + 100).reply(1, Taken::Accepted);
            assert!(!drops(&play.clone().tick(at_ms + 200)), "{what} at {at_ms}: answered");
            // Once heard, it is silent from then on.
            play.at(at_ms + 500).hear(newest(1, runs(7, at_ms + 500)));
            assert!(!drops(&play.clone().tick(at_ms + 8_499)), "{what} at {at_ms}: heard");
            // What is asked in a session gives a silent link no more time.
            if what == "a start" {
                play.at(at_ms + 3_400);
                play.order(set_intensity(7, 10));
                assert!(drops(&play.tick(at_ms + 8_500)), "{what} at {at_ms}: silent in the session");
            }
        }
    }
}

/// What was heard on an earlier link does not count against a new one.
#[test]
fn a_new_link_has_the_whole_time_to_be_heard() {
    let mut play = Play::running();
    play.at(1_000).feed(Input::LinkLost);
    assert!(!drops(&play.tick(15_000)), "there is nothing to cut");
    play.at(20_000).feed(Input::Connected);
    assert!(!drops(&play.clone().tick(27_999)));
    assert!(drops(&play.tick(28_000)));
}

#[test]
fn a_late_status_is_asked_for_every_2_s_and_not_before() {
    let mut play = Play::running();
    let asked: Vec<u64> = (1..=31).map(|tick| tick * 250 - 1).filter(|now| asks(&play.tick(*now))).collect();
    // Ticks come at 249, 499, .. ms: each question comes with the first that is 2 s after the last.
    assert_eq!(asked, [2_249, 4_249, 6_249]);

    let mut play = Play::running();
    let asked: Vec<u64> =
        [1_999, 2_000, 3_999, 4_000, 5_999, 6_000].into_iter().filter(|now| asks(&play.tick(*now))).collect();
    assert_eq!(asked, [2_000, 4_000, 6_000]);
}

#[test]
fn a_device_that_is_heard_or_that_is_idle_is_not_asked() {
    let mut play = Play::running();
    for second in 1..20 {
        play.at(second * 1_000).hear(runs(7, second * 1_000));
        assert!(!asks(&play.tick(second * 1_000 + 500)), "{second} s");
    }
    let mut play = Play::idle();
    for second in 1..25 {
        assert!(!asks(&play.tick(second * 1_000)), "{second} s");
    }
}

#[test]
fn the_history_has_the_loss_and_the_return_of_the_link_in_a_session_alone() {
    let mut play = Play::running();
    assert_eq!(told(&play.at(1_000).feed(Input::LinkLost)), [SessionEvent::LinkLost]);
    assert_eq!(play.therapy.session().map(|session| session.link_losses), Some(1));
    assert_eq!(told(&play.feed(Input::LinkLost)), [], "it is lost once");
    assert_eq!(told(&play.at(2_000).feed(Input::Connected)), [SessionEvent::LinkBack]);

    let mut play = Play::idle();
    assert_eq!(told(&play.feed(Input::LinkLost)), [], "no session, nothing to tell");
    assert_eq!(told(&play.feed(Input::Connected)), []);

    let mut restarted = Play::of(Therapy::restore(Some(left_open()), None));
    assert_eq!(told(&restarted.feed(Input::Connected)), [], "the app's own restart lost no link");
}

#[test]
fn the_link_is_known() {
    let mut play = Play::of(Therapy::default());
    assert!(!play.therapy.is_linked());
    play.feed(Input::Connected);
    assert!(play.therapy.is_linked());
    play.feed(Input::LinkLost);
    assert!(!play.therapy.is_linked());
}

#[test]
fn a_session_of_somebody_else_is_told_apart() {
    let is_foreign = |play: &Play| play.therapy.view(Moment(play.now_ms)).foreign_session;
    let mut other = Play::running();
    other.hear(runs(9, 0));
    let mut over = foreign();
    over.hear(DeviceReport { session: SessionId::new(9), ..idle(0) });
    let cases = [
        ("never heard", Play::connected(), false),
        ("idle", Play::idle(), false),
        ("ours", Play::running(), false),
        ("not ours", foreign(), true),
        ("another in place of ours", other, true),
        ("not ours, and over", over, false),
    ];
    for (what, play, expected) in cases {
        assert_eq!(is_foreign(&play), expected, "{what}");
    }
}
