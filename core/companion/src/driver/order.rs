//! To the device: orders.

use lumbra_domain::programme::{Mode, Programme};
use lumbra_domain::safety::ApprovedStart;
use lumbra_domain::therapy::{DeviceMoment, DeviceOrder, Order, SessionId};
use lumbra_protocol as wire;

use crate::error::Error;

/// The frame of an order. The only errors are an order for more channels than the profile has, and a number
/// of 0: neither can come out of the domain.
pub(crate) fn command(
    sequence: u16,
    order: &Order,
    expires: Option<DeviceMoment>,
) -> Result<wire::ControlFrame, Error> {
    // An order that expires and was given no time is as good as expired.
    let expires = wire::Ticks::from_ms(expires.map_or(0, |moment| moment.0));
    let command = match order {
        Order::Start { session, approved } => start(*session, approved, expires)?,
        Order::SetIntensity { session, targets } => {
            let tenths: Vec<u16> = targets.targets().iter().map(|target| target.tenths()).collect();
            let targets_dma = wire::PerChannel::from_slice(&tenths).ok_or(Error::Internal("channels"))?;
            wire::Command::SetIntensity { session_id: session.get(), expires, targets_dma }
        }
        Order::Pause { session } => wire::Command::Pause { session_id: session.get() },
        Order::Resume { session, .. } => wire::Command::Resume { session_id: session.get(), expires },
        Order::Stop => wire::Command::Stop,
        Order::ClearFaults => wire::Command::ClearFaults,
        Order::Device(order) => device(*order),
    };
    frame(sequence, command)
}

/// The frame that renews a session's lease.
pub(crate) fn keep_alive(sequence: u16, session: SessionId) -> Result<wire::ControlFrame, Error> {
    frame(sequence, wire::Command::KeepAlive { session_id: session.get() })
}

/// What an order asks for, in words for the audit: no value of a person but the currents asked for.
pub(crate) fn detail(order: &Order) -> String {
    match order {
        Order::Start { approved, .. } => {
            let plan = approved.plan();
            let caps: Vec<u16> = approved.caps().iter().map(|cap| cap.tenths()).collect();
            serde_json::json!({
                "mode": plan.programme.mode(),
                "duration_s": plan.duration.get(),
                "grace_s": plan.grace.get(),
                "caps_dma": caps,
            })
            .to_string()
        }
        Order::SetIntensity { targets, .. } => {
            let tenths: Vec<u16> = targets.targets().iter().map(|target| target.tenths()).collect();
            serde_json::json!({ "targets_dma": tenths }).to_string()
        }
        Order::Device(DeviceOrder::StartPosture { rate_hz }) => serde_json::json!({ "rate_hz": rate_hz }).to_string(),
        _ => String::from("{}"),
    }
}

fn frame(sequence: u16, command: wire::Command) -> Result<wire::ControlFrame, Error> {
    let sequence = wire::Sequence::new(sequence).ok_or(Error::Internal("sequence"))?;
    Ok(wire::ControlFrame { sequence, command })
}

fn start(session: SessionId, approved: &ApprovedStart, expires: wire::Ticks) -> Result<wire::Command, Error> {
    let plan = approved.plan();
    let setups: Vec<wire::ChannelSetup> = approved
        .caps()
        .iter()
        .zip(&plan.pads)
        .map(|(cap, pad)| match pad {
            Some(area) => wire::ChannelSetup { cap_dma: cap.tenths(), pad_area_dcm2: area.tenths() },
            None => wire::ChannelSetup::default(),
        })
        .collect();
    Ok(wire::Command::Start(wire::StartSession {
        session_id: session.get(),
        expires,
        programme: programme(&plan.programme),
        duration_s: u16::try_from(plan.duration.get()).map_err(|_| Error::Internal("duration"))?,
        grace_s: u8::try_from(plan.grace.get()).map_err(|_| Error::Internal("grace"))?,
        channels: wire::PerChannel::from_slice(&setups).ok_or(Error::Internal("channels"))?,
    }))
}

fn programme(programme: &Programme) -> wire::Programme {
    let parameters = programme.parameters();
    wire::Programme {
        mode: match parameters.mode {
            Mode::Conventional => wire::Mode::Conventional,
            Mode::AcupunctureLike => wire::Mode::AcupunctureLike,
            Mode::Burst => wire::Mode::Burst,
            Mode::BriefIntense => wire::Mode::BriefIntense,
            Mode::Modulated => wire::Mode::Modulated,
            Mode::Custom => wire::Mode::Custom,
        },
        frequency_low_dhz: parameters.frequency.0.tenths(),
        frequency_high_dhz: parameters.frequency.1.tenths(),
        width_low_us: parameters.width.0.get(),
        width_high_us: parameters.width.1.get(),
        sweep_period_ds: parameters.sweep_period_ds,
        burst: parameters.trains.map(|trains| wire::Burst { rate_dhz: trains.rate.tenths(), pulses: trains.pulses }),
        ramp_up_dma_per_s: parameters.ramp_up_dma_per_s,
        ramp_down_ms: parameters.ramp_down_ms,
    }
}

fn device(order: DeviceOrder) -> wire::Command {
    match order {
        DeviceOrder::StartPosture { rate_hz } => wire::Command::StartPosture { rate_hz },
        DeviceOrder::StopPosture => wire::Command::StopPosture,
        DeviceOrder::SetNeutral { pitch, roll } => {
            wire::Command::SetNeutral { pitch_ddeg: pitch.tenths(), roll_ddeg: roll.tenths() }
        }
        DeviceOrder::SetNudge { enabled, threshold, delay, strength, lasting } => {
            wire::Command::SetNudge(wire::NudgeSettings {
                enabled,
                threshold_ddeg: u16::try_from(threshold.tenths()).unwrap_or(0),
                delay_s: u16::try_from(delay.get()).unwrap_or(u16::MAX),
                strength_percent: strength.get(),
                // None left is not for ever: a second is the least that can be said.
                for_s: lasting.map_or(0, |lasting| lasting.get().max(1)),
            })
        }
        DeviceOrder::Identify => wire::Command::Identify,
    }
}
