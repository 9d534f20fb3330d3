//! The device answers and behaves as PROFILE.md says; each test names its section.

use super::*;
use crate::bounds::{GRACE_S, PLANNED_S, RAMP_DOWN_MS, RAMP_UP_DMA_PER_S, USER_CAP_DMA};

const GRACE_MS: u64 = GRACE_S as u64 * 1_000;

fn id(number: u32) -> SessionId {
    SessionId::new(number).unwrap()
}

fn start(session: u32) -> Command {
    let setup = Setup {
        cap_dma: USER_CAP_DMA,
        duration_ms: u64::from(PLANNED_S) * 1_000,
        grace_ms: GRACE_MS,
        ramp_up_dma_per_s: RAMP_UP_DMA_PER_S,
        ramp_down_ms: u64::from(RAMP_DOWN_MS),
    };
    Command::Start { session: id(session), expires_ms: 3_000, setup }
}

const fn set(session: SessionId, expires_ms: u64, target_dma: u16) -> Command {
    Command::SetIntensity { session, expires_ms, target_dma }
}

fn give(device: &mut Device, sequence: u16, command: Command) -> Result<(), DeviceRefusal> {
    match device.take(Frame { sequence, command }).taken {
        Taken::Accepted => Ok(()),
        Taken::Refused(why) => Err(why),
    }
}

fn pass(device: &mut Device, ms: u64) {
    for _ in 0..ms / SLICE_MS {
        device.pass();
    }
}

/// A session at 5 mA, its newest command number 2.
fn running() -> Device {
    let mut device = Device::boot(BootId(1));
    device.linked = true;
    assert_eq!(give(&mut device, 1, start(7)), Ok(()));
    assert_eq!((device.state, device.output_dma), (DeviceState::Running, 0));
    assert_eq!(give(&mut device, 2, set(id(7), 3_000, 50)), Ok(()));
    pass(&mut device, 1_500);
    assert_eq!(device.output_dma, 50);
    device
}

#[test]
fn numbers_are_taken_once_and_in_order_as_5_2_says() {
    let mut device = running();
    let frame = Frame { sequence: 2, command: set(id(7), 3_000, 50) };
    assert_eq!(
        device.take(frame),
        Verdict { taken: Taken::Accepted, applied: false },
        "the same bytes: the kept result"
    );
    let stale = Err(DeviceRefusal::Stale);
    assert_eq!(give(&mut device, 2, set(id(7), 3_000, 45)), stale, "the same number, other bytes");
    assert_eq!(give(&mut device, 1, start(7)), stale);
    assert_eq!(give(&mut device, 32_770, Command::Pause { session: id(7) }), stale, "half the circle ahead is behind");
    assert_eq!(device.target_dma, 50);
    // A refusal is kept as the newest, and answered again.
    let other = Command::Pause { session: id(8) };
    assert_eq!(give(&mut device, 3, other), Err(DeviceRefusal::WrongSession));
    assert_eq!(give(&mut device, 3, other), Err(DeviceRefusal::WrongSession));
    assert_eq!(give(&mut device, 1, Command::Stop), Ok(()), "a stop is obeyed whatever its number");
    assert_eq!(device.state, DeviceState::Stopping);
    assert_eq!(device.report().newest.map(|newest| newest.sequence), Some(3), "and becomes the newest only if newer");
}

#[test]
fn commands_are_refused_in_the_order_of_5_1() {
    let mut device = running();
    assert_eq!(give(&mut device, 3, start(8)), Err(DeviceRefusal::InvalidState));
    assert_eq!(give(&mut device, 4, set(id(8), 0, 200)), Err(DeviceRefusal::WrongSession), "before the expiry");
    assert_eq!(give(&mut device, 5, set(id(7), 0, 201)), Err(DeviceRefusal::Expired), "before the ranges");
    assert_eq!(give(&mut device, 6, set(id(7), 9_000, 51)), Err(DeviceRefusal::OutOfRange));
    assert_eq!(give(&mut device, 7, set(id(7), 9_000, USER_CAP_DMA + 5)), Err(DeviceRefusal::AboveCap));
    let resume = Command::Resume { session: id(7), expires_ms: 9_000 };
    assert_eq!(give(&mut device, 8, resume), Err(DeviceRefusal::InvalidState));
    assert_eq!(give(&mut device, 9, Command::Pause { session: id(7) }), Ok(()));
    assert_eq!(give(&mut device, 10, set(id(7), 9_000, 20)), Err(DeviceRefusal::InvalidState));
    device.lift_pad();
    assert_eq!(give(&mut device, 11, resume), Err(DeviceRefusal::NoContact));
    device.press_pad();
    assert_eq!(give(&mut device, 12, resume), Ok(()));
    assert_eq!(give(&mut device, 13, Command::Stop), Ok(()));
    pass(&mut device, SLICE_MS);
    assert_eq!(give(&mut device, 14, start(7)), Err(DeviceRefusal::WrongSession), "the id of the last session");
    assert_eq!(give(&mut device, 15, start(8)), Ok(()));
}

#[test]
fn a_command_expires_when_its_ticks_are_past_as_5_3_says() {
    let mut device = running();
    assert_eq!(device.ticks_ms, 1_500);
    assert_eq!(give(&mut device, 3, set(id(7), 1_500, 45)), Ok(()));
    assert_eq!(give(&mut device, 4, set(id(7), 1_499, 50)), Err(DeviceRefusal::Expired));
}

const PAUSED: DeviceState = DeviceState::Paused;
const STOPPING: DeviceState = DeviceState::Stopping;

/// What is done, and the state and the reason that follow.
type Interruption = (fn(&mut Device), DeviceState, Reason);

#[test]
fn every_interruption_of_7_leaves_targets_at_zero_and_nothing_but_a_set_raises_them() {
    let interruptions: [Interruption; 4] = [
        (|device| assert_eq!(give(device, 3, Command::Pause { session: id(7) }), Ok(())), PAUSED, Reason::App),
        (Device::lift_pad, PAUSED, Reason::PadsOff),
        (Device::press_button, STOPPING, Reason::Button),
        (|device| assert_eq!(give(device, 3, Command::Stop), Ok(())), STOPPING, Reason::App),
    ];
    for (interrupt, state, reason) in interruptions {
        let mut device = running();
        interrupt(&mut device);
        assert_eq!((device.state, device.reason, device.target_dma), (state, reason, 0));
        let cut = reason == Reason::PadsOff;
        assert_eq!(device.output_dma, if cut { 0 } else { 50 }, "{reason:?}: a ramp, and a cut for a lifted pad");
        pass(&mut device, u64::from(RAMP_DOWN_MS));
        assert_eq!(device.output_dma, 0);
        device.press_pad();
        let resume = Command::Resume { session: id(7), expires_ms: 9_000 };
        if give(&mut device, 4, resume).is_ok() {
            pass(&mut device, 2_000);
            assert_eq!((device.state, device.output_dma), (DeviceState::Running, 0));
        }
    }
}

#[test]
fn the_lease_of_7_3_runs_out_and_is_renewed_by_what_names_the_session() {
    let mut device = running();
    pass(&mut device, GRACE_MS - 1_500);
    assert_eq!(device.state, DeviceState::Running, "the last command was at 0 ms");
    let mut kept = device.clone();
    device.keep_alive(id(8));
    assert_eq!(give(&mut device, 3, set(id(7), 0, 20)), Err(DeviceRefusal::Expired), "what is refused renews nothing");
    pass(&mut device, SLICE_MS);
    assert_eq!((device.state, device.reason), (DeviceState::Paused, Reason::LinkLost));
    kept.keep_alive(id(7));
    pass(&mut kept, GRACE_MS);
    assert_eq!(kept.state, DeviceState::Running);
}

#[test]
fn output_does_not_rise_without_a_link_or_late_in_the_lease_as_7_1_says() {
    let mut device = running();
    assert_eq!(give(&mut device, 3, set(id(7), 9_000, 80)), Ok(()));
    device.linked = false;
    pass(&mut device, 1_000);
    assert_eq!(device.output_dma, 50, "a ramp in progress holds");
    device.linked = true;
    pass(&mut device, SLICE_MS);
    assert_eq!(device.output_dma, 60, "and goes on when the app is heard");
    device.linked = false;
    pass(&mut device, GRACE_MS / 2);
    device.linked = true;
    pass(&mut device, SLICE_MS);
    assert_eq!(device.output_dma, 60, "less than half of the lease is left");
}

#[test]
fn time_counts_only_while_running_and_ends_the_session_as_7_2_says() {
    let mut device = running();
    assert_eq!(give(&mut device, 3, Command::Pause { session: id(7) }), Ok(()));
    pass(&mut device, 5_000);
    let report = device.report();
    assert_eq!((report.elapsed_s, report.remaining_s, report.lease_s), (2, 29, 0), "1.5 s ran, rounded up");
    assert_eq!(give(&mut device, 4, Command::Resume { session: id(7), expires_ms: 9_000 }), Ok(()));
    for _ in 0..u64::from(PLANNED_S) * 1_000 / SLICE_MS {
        device.keep_alive(id(7));
        device.pass();
    }
    let report = device.report();
    assert_eq!((report.state, report.reason), (DeviceState::Idle, Reason::Completed));
    assert_eq!((report.elapsed_s, report.remaining_s, report.session), (PLANNED_S, 0, Some(id(7))));
}

#[test]
fn a_pause_of_ten_minutes_ends_the_session() {
    let mut device = running();
    device.lift_pad();
    pass(&mut device, PAUSE_MAX_MS - SLICE_MS);
    assert_eq!(device.state, DeviceState::Paused);
    pass(&mut device, 2 * SLICE_MS);
    assert_eq!((device.state, device.reason), (DeviceState::Idle, Reason::PauseTooLong));
}

#[test]
fn a_reboot_forgets_the_session_and_the_newest_command() {
    let report = Device::boot(BootId(2)).report();
    assert_eq!((report.state, report.session, report.newest), (DeviceState::Idle, None, None));
    assert_eq!((report.boot, report.at), (BootId(2), DeviceMoment(0)));
}
