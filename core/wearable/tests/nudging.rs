//! When the wearable nudges by itself, whatever the person does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "in a test file a failure is a panic")]

use lumbra_link::air::{Security, ToPeripheral};
use lumbra_protocol::{Command, ControlFrame, Endpoint, NudgeSettings, Sequence};
use lumbra_wearable::{Config, Device, Person, Stretch, Truth};
use proptest::prelude::*;

const TRAINING: NudgeSettings =
    NudgeSettings { enabled: true, threshold_ddeg: 150, delay_s: 20, strength_percent: 60, for_s: 0 };

/// A wearable on a person with this day, told where upright is.
fn worn(day: &[Stretch]) -> Device {
    let mut device = Device::new(Config::default());
    device.body().set_day(day);
    device.body().set_person(Person::default());
    device.input(0, ToPeripheral::Connected { peer: "phone".into(), mtu: 247 });
    device.input(0, ToPeripheral::Secured { security: Security::Authenticated, bonded: true });
    tell(&mut device, 0, 1, Command::SetNeutral { pitch_ddeg: 62, roll_ddeg: -14 });
    device
}

fn tell(device: &mut Device, now_ms: u64, sequence: u16, command: Command) {
    let frame = ControlFrame { sequence: Sequence::new(sequence).unwrap(), command };
    let characteristic = uuid::Uuid::from_u128(Endpoint::ControlPoint.uuid());
    device.input(now_ms, ToPeripheral::Write { id: 1, characteristic, value: frame.encode().to_vec(), response: true });
}

/// When it nudged, in seconds, until `until_s`.
fn nudged(device: &mut Device, from_s: u64, until_s: u64) -> Vec<u64> {
    let mut moments = Vec::new();
    for second in from_s + 1..=until_s {
        let before = device.nudges();
        device.advance(second * 1_000);
        assert!(device.nudges() - before <= 1, "two nudges within a second");
        if device.nudges() > before {
            moments.push(second);
        }
    }
    moments
}

const fn stretch(seconds: u64, truth: Truth) -> Stretch {
    Stretch { ms: seconds * 1_000, truth }
}

#[test]
fn it_stops_by_itself_when_its_time_is_over() {
    let mut device = worn(&[stretch(3_600, Truth::Slouched)]);
    tell(&mut device, 0, 2, Command::SetNudge(NudgeSettings { for_s: 70, ..TRAINING }));
    // The app is away.
    device.cut_link();
    // It judges at the beginning of each second, the first included.
    assert_eq!(nudged(&mut device, 0, 600), [19, 39, 59]);
    assert!(!device.nudge_settings().unwrap().enabled);
}

#[test]
fn what_is_to_end_does_not_outlive_a_reboot_and_what_is_not_does() {
    for (for_s, expected) in [(3_600, false), (0, true)] {
        let mut device = worn(&[stretch(3_600, Truth::Slouched)]);
        tell(&mut device, 0, 2, Command::SetNudge(NudgeSettings { for_s, ..TRAINING }));
        device.reboot();
        assert_eq!(device.nudge_settings().unwrap().enabled, expected);
        assert_eq!(!nudged(&mut device, 0, 100).is_empty(), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn it_nudges_only_who_slouches_and_never_more_often_than_the_delay(
        day in prop::collection::vec(
            (1_u64..180, prop::sample::select(vec![
                Truth::Upright, Truth::Slouched, Truth::Slouched, Truth::Leaning, Truth::Walking, Truth::Lying, Truth::NotWorn,
            ])),
            1..10,
        ),
        delay_s in 1_u16..120, for_s in prop_oneof![Just(0_u32), 1_u32..600], enabled: bool,
    ) {
        let day: Vec<_> = day.into_iter().map(|(seconds, truth)| stretch(seconds, truth)).collect();
        let mut device = worn(&day);
        // The first second is judged at its beginning, the next ones a second later each.
        device.advance(1);
        tell(&mut device, 1, 2, Command::SetNudge(NudgeSettings { enabled, delay_s, for_s, ..TRAINING }));
        let moments = nudged(&mut device, 0, 900);
        prop_assert!(enabled || moments.is_empty());
        for second in &moments {
            let truth = device.body().truth(second * 1_000);
            prop_assert_eq!(truth, Truth::Slouched, "at {} s", second);
            prop_assert!(for_s == 0 || *second <= u64::from(for_s), "at {} s", second);
        }
        prop_assert!(moments.windows(2).all(|pair| pair[1] - pair[0] >= u64::from(delay_s)), "{:?}", moments);
    }
}
