//! What the history is told of a session, from one report to the next.

use super::play::{Play, id, idle, left_open, newest, report, runs, start, told};
use super::*;
use crate::units::Milliamps;

/// The events of session 7 when the device tells one thing after another, begun with the first.
fn events(reports: impl IntoIterator<Item = DeviceReport>) -> Vec<SessionEvent> {
    let mut play = Play::started();
    let mut at = 0;
    reports
        .into_iter()
        .flat_map(|report| {
            at += 100;
            told(&play.at(at).hear(newest(1, DeviceReport { at: DeviceMoment(at), ..report })))
        })
        .collect()
}

fn running() -> DeviceReport {
    runs(7, 0)
}

fn paused(reason: Reason) -> DeviceReport {
    DeviceReport { reason, ..report(0, DeviceState::Paused) }
}

fn pads(contacts: &[Contact]) -> DeviceReport {
    let channel = |contact: &Contact| ChannelReport {
        target: Milliamps::ZERO,
        delivered: Milliamps::ZERO,
        contact: *contact,
        impedance: None,
    };
    DeviceReport { channels: contacts.iter().map(channel).collect(), ..running() }
}

fn faults(faults: u16) -> DeviceReport {
    DeviceReport { faults, ..running() }
}

#[test]
fn each_change_is_told_once() {
    use SessionEvent::{Begun, ContactChanged, Faults, Paused, Resumed};
    let changed = |channel, contact| ContactChanged { channel, contact };
    let (good, poor, off) = (Contact::Good, Contact::Poor, Contact::Off);
    let cases = [
        ("it begins once", vec![running(), running(), running()], vec![Begun]),
        (
            "a pause and its end",
            vec![running(), paused(Reason::PadsOff), paused(Reason::PadsOff), running(), running()],
            vec![Begun, Paused(Reason::PadsOff), Resumed],
        ),
        (
            "first seen in a pause",
            vec![paused(Reason::Button), running()],
            vec![Begun, Paused(Reason::Button), Resumed],
        ),
        (
            "each channel by itself",
            vec![pads(&[good, good]), pads(&[good, poor]), pads(&[good, poor]), pads(&[off, good])],
            vec![Begun, changed(1, poor), changed(0, off), changed(1, good)],
        ),
        ("pads first seen off are no change", vec![pads(&[off]), pads(&[off])], vec![Begun]),
        (
            "faults when they come and change, not when they go",
            vec![faults(0), faults(4), faults(4), faults(6), faults(0), faults(0)],
            vec![Begun, Faults(4), Faults(6)],
        ),
        ("faults that are there at first", vec![faults(1), faults(1)], vec![Begun, Faults(1)]),
    ];
    for (what, reports, expected) in cases {
        assert_eq!(events(reports), expected, "{what}");
    }
}

/// The device was in another session before: what that did is no event of ours.
#[test]
fn what_another_session_did_is_not_told_of_ours() {
    let mut play = Play::idle();
    play.hear(DeviceReport {
        session: SessionId::new(5),
        state: DeviceState::Idle,
        faults: 4,
        ..pads(&[Contact::Off])
    });
    play.order(start(7));
    play.reply(1, Taken::Accepted);
    // A report from before the start is late: still the other session, in its pause.
    let theirs = DeviceReport { session: SessionId::new(5), faults: 4, ..paused(Reason::App) };
    play.hear(theirs);
    let ours = DeviceReport { faults: 4, ..pads(&[Contact::Good]) };
    let effects = play.hear(newest(1, ours));
    assert_eq!(told(&effects), [SessionEvent::Begun, SessionEvent::Faults(4)], "faults are those of our session");
}

#[test]
fn a_session_ends_as_the_device_says_with_what_was_measured() {
    let channel = |delivered_dma| ChannelReport {
        target: Milliamps::from_tenths(90),
        delivered: Milliamps::from_tenths(delivered_dma),
        contact: Contact::Good,
        impedance: None,
    };
    let at = |elapsed_s, delivered: [u16; 2]| DeviceReport {
        elapsed_s,
        channels: delivered.map(channel).to_vec(),
        ..running()
    };
    let over = DeviceReport { elapsed_s: 30, reason: Reason::Button, ..report(0, DeviceState::Idle) };
    let end = SessionEnd {
        id: id(7),
        outcome: SessionOutcome::StoppedOnDevice,
        elapsed_s: 30,
        max_delivered: Milliamps::from_tenths(85),
        uncertain: false,
    };
    assert_eq!(
        events([at(10, [10, 85]), at(20, [40, 20]), over, idle(0)]),
        [SessionEvent::Begun, SessionEvent::Ended(end)],
        "and it ends once"
    );
}

/// Another session on the device can only have begun when ours was over; of that, nobody saw anything.
#[test]
fn a_session_that_another_has_taken_the_place_of_ended_unseen() {
    let mut play = Play::running();
    play.at(5_000);
    let effects = play.hear(newest(1, runs(9, 5_000)));
    let end = SessionEnd {
        id: id(7),
        outcome: SessionOutcome::NotSeen,
        elapsed_s: 5,
        max_delivered: Milliamps::ZERO,
        uncertain: true,
    };
    assert_eq!(told(&effects), [SessionEvent::Ended(end)]);
    assert_eq!(play.therapy.session(), None);
}

/// It may have been told before the start was taken, or by a device that knows of none.
#[test]
fn no_end_is_made_up_from_a_report_that_does_not_show_one() {
    let mut not_begun = Play::started();
    assert_eq!(told(&not_begun.hear(runs(5, 0))), []);
    assert_eq!(not_begun.therapy.session().map(|session| session.id), Some(id(7)));
    let mut begun = Play::running();
    assert_eq!(told(&begun.hear(newest(1, DeviceReport { session: None, ..running() }))), []);
    assert_eq!(begun.therapy.session().map(|session| session.id), Some(id(7)));
}

#[test]
fn a_start_that_never_arrived_is_told_as_no_session() {
    let mut play = Play::started();
    assert_eq!(told(&play.hear(newest(1, idle(100)))), [SessionEvent::NotBegun(id(7))]);
    assert_eq!(play.therapy.session(), None);
}

#[test]
fn a_restart_of_the_device_ends_a_session_and_counts_the_worse_case() {
    let rebooted = DeviceReport { boot: BootId(2), ..idle(0) };
    let ended = |session: Session| {
        let mut play = Play::of(Therapy::restore(Some(session), None));
        play.feed(Input::Connected);
        told(&play.hear(rebooted.clone()))
    };
    let end = |elapsed_s| {
        let outcome = SessionOutcome::DeviceRestarted;
        SessionEvent::Ended(SessionEnd {
            id: id(7),
            outcome,
            elapsed_s,
            max_delivered: Milliamps::ZERO,
            uncertain: true,
        })
    };
    // When it was seen last, nobody knows: all of the minute that was planned.
    assert_eq!(ended(left_open()), [end(60)]);
    assert_eq!(ended(Session { elapsed_s: 70, ..left_open() }), [end(70)], "never less than the device has told");
    assert_eq!(ended(Session { begun: false, ..left_open() }), [SessionEvent::NotBegun(id(7))]);
}

#[test]
fn the_targets_of_all_channels_are_told_in_their_order() {
    let channel = |target_dma| ChannelReport {
        target: Milliamps::from_tenths(target_dma),
        delivered: Milliamps::ZERO,
        contact: Contact::Good,
        impedance: None,
    };
    let report = DeviceReport { channels: vec![channel(50), channel(0), channel(120)], ..running() };
    assert_eq!(report.targets(), [50, 0, 120].map(Milliamps::from_tenths));
    assert_eq!(running().targets(), []);
}
