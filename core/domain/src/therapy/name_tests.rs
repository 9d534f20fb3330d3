//! The names in the store and in JSON, which no later version may change, and the words that people read.

use std::collections::BTreeSet;

use super::*;
use crate::units::{Degrees, Percent, Seconds};

#[test]
fn the_names_of_orders_in_the_store() {
    let nudge = DeviceOrder::SetNudge {
        enabled: true,
        threshold: Degrees::from_tenths(150),
        delay: Seconds::new(60),
        strength: Percent::saturating(50),
        lasting: None,
    };
    let upright = DeviceOrder::SetNeutral { pitch: Degrees::from_tenths(0), roll: Degrees::from_tenths(0) };
    let session = play::id(7);
    let names = [
        (play::start(7), "start"),
        (play::set_intensity(7, 50), "set_intensity"),
        (Order::Pause { session }, "pause"),
        (Order::Resume { session, approved: play::resume() }, "resume"),
        (Order::Stop, "stop"),
        (Order::ClearFaults, "clear_faults"),
        (Order::Device(DeviceOrder::StartPosture { rate_hz: 10 }), "start_posture"),
        (Order::Device(DeviceOrder::StopPosture), "stop_posture"),
        (Order::Device(upright), "set_neutral"),
        (Order::Device(nudge), "set_nudge"),
        (Order::Device(DeviceOrder::Identify), "identify"),
    ];
    for (order, name) in names {
        let kind = order.kind();
        assert_eq!(kind.as_str(), name);
        assert_eq!(OrderKind::parse(name), Some(kind));
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{name}\""));
    }
    assert_eq!(OrderKind::parse("raise"), None);
    assert_eq!(OrderKind::parse(""), None);
}

#[test]
fn the_names_of_what_an_outcome_was_told_from() {
    let names = [
        (SettledBy::Reply, "reply"),
        (SettledBy::Status, "status"),
        (SettledBy::Restart, "restart"),
        (SettledBy::Timeout, "timeout"),
        (SettledBy::App, "app"),
    ];
    for (by, name) in names {
        assert_eq!(by.as_str(), name);
    }
}

#[test]
fn the_names_of_how_a_session_ended_and_the_reasons_they_come_from() {
    use SessionOutcome::{
        Completed, DeviceRestarted, Fault, LowBattery, NotSeen, Other, PauseTooLong, Stopped, StoppedOnDevice,
    };
    let names = [
        (Completed, "completed", Some(Reason::Completed)),
        (Stopped, "stopped", Some(Reason::App)),
        (StoppedOnDevice, "stopped_on_device", Some(Reason::Button)),
        (Fault, "fault", Some(Reason::Fault)),
        (LowBattery, "low_battery", Some(Reason::LowBattery)),
        (PauseTooLong, "pause_too_long", Some(Reason::PauseTooLong)),
        (DeviceRestarted, "device_restarted", None),
        (NotSeen, "not_seen", None),
        (Other, "other", Some(Reason::Other(99))),
    ];
    for (outcome, name, reason) in names {
        assert_eq!(outcome.as_str(), name);
        if let Some(reason) = reason {
            assert_eq!(SessionOutcome::from_reason(reason), outcome);
        }
    }
    for reason in [Reason::None, Reason::PadsOff, Reason::LinkLost] {
        assert_eq!(SessionOutcome::from_reason(reason), Other, "{reason:?} ends no session");
    }
}

/// What the device refuses tells what to do, each in its own words.
#[test]
fn each_refusal_of_the_device_says_what_is_wrong_and_what_to_do() {
    use DeviceRefusal::{
        AboveCap, Expired, FaultActive, InvalidState, LowBattery, Malformed, NoContact, Other, OutOfRange,
        RiseTooLarge, Stale, UnknownCommand, WrongSession,
    };
    let words = [
        (UnknownCommand, "firmware"),
        (Malformed, "report this"),
        (OutOfRange, "smaller"),
        (InvalidState, "status"),
        (Stale, "try again"),
        (WrongSession, "stop that"),
        (Expired, "closer"),
        (LowBattery, "charge"),
        (NoContact, "press the pads on"),
        (FaultActive, "fault"),
        (AboveCap, "lower intensity"),
        (RiseTooLarge, "smaller steps"),
        (Other(99), "update the app"),
    ];
    let mut texts = BTreeSet::new();
    for (refusal, word) in words {
        let text = Rejection::Device(refusal).to_string();
        assert!(text.starts_with("the wearable refused: ") && text.contains(word), "{refusal:?}: {text}");
        texts.insert(text);
    }
    assert_eq!(texts.len(), words.len(), "no two refusals read the same");
}
