//! Readings and clocks: what is shown as present was true lately, on whatever clock.

use super::*;
use crate::units::Percent;

fn report(at: u64, state: DeviceState) -> DeviceReport {
    DeviceReport {
        boot: BootId(1),
        at: DeviceMoment(at),
        state,
        reason: Reason::None,
        session: SessionId::new(7),
        mode: None,
        elapsed_s: 0,
        remaining_s: 0,
        lease_s: 0,
        newest: None,
        faults: 0,
        faults_forbid_therapy: false,
        battery: Percent::saturating(90),
        channels: Vec::new(),
    }
}

fn linked() -> Therapy {
    Therapy::default().step(Input::Connected, Moment(0)).0
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
