//! From the device: statuses, answers and posture samples.

use lumbra_domain::posture;
use lumbra_domain::programme::Mode;
use lumbra_domain::therapy::{
    BootId, ChannelReport, Contact, DeviceMoment, DeviceRefusal, DeviceReport, DeviceState, Newest, Reason, SessionId,
    Taken,
};
use lumbra_domain::units::{Degrees, Milliamps, Ohms, Percent};
use lumbra_protocol as wire;
use lumbra_store::telemetry::{ChannelSample, TelemetrySample};

/// A status in the domain's words.
pub(crate) fn report(status: &wire::Status) -> DeviceReport {
    DeviceReport {
        boot: BootId(status.boot_id),
        at: DeviceMoment(status.ticks.as_ms()),
        state: match status.state {
            wire::DeviceState::Idle => DeviceState::Idle,
            wire::DeviceState::Running => DeviceState::Running,
            wire::DeviceState::Paused => DeviceState::Paused,
            wire::DeviceState::Stopping => DeviceState::Stopping,
        },
        reason: reason(status.reason),
        session: SessionId::new(status.session_id),
        mode: status.mode.map(mode),
        elapsed_s: u32::from(status.elapsed_s),
        remaining_s: u32::from(status.remaining_s),
        lease_s: u32::from(status.lease_s),
        newest: status
            .last_sequence
            .map(|sequence| Newest { sequence: sequence.get(), taken: taken(status.last_result) }),
        faults: status.faults.0,
        faults_forbid_therapy: status.faults.forbid_therapy(),
        battery: Percent::saturating(status.battery_percent),
        channels: status.channels.as_slice().iter().copied().map(channel).collect(),
    }
}

/// An answer of the Control Point: boot, number, and how the command was taken.
pub(crate) const fn reply(response: &wire::Response) -> (BootId, u16, Taken) {
    (BootId(response.boot_id), response.sequence.get(), taken(response.result))
}

/// One posture sample in the domain's words.
pub(crate) const fn judged_sample(sample: wire::PostureSample) -> posture::PostureSample {
    posture::PostureSample {
        pitch: Degrees::from_tenths(sample.pitch_ddeg),
        roll: Degrees::from_tenths(sample.roll_ddeg),
        activity: sample.activity,
        worn: sample.flags.contains(wire::PostureFlags::WORN),
        lying: sample.flags.contains(wire::PostureFlags::LYING),
    }
}

/// A report as one sample of a session's telemetry, `t_ms` after its start.
pub(crate) fn telemetry(report: &DeviceReport, t_ms: u32) -> TelemetrySample {
    let channels = report.channels.iter().map(|channel| ChannelSample {
        target_dma: channel.target.tenths(),
        delivered_dma: channel.delivered.tenths(),
        contact: match channel.contact {
            Contact::Unknown => 0,
            Contact::Good => 1,
            Contact::Poor => 2,
            Contact::Off => 3,
        },
        impedance_ohm: channel.impedance.map(Ohms::get),
    });
    TelemetrySample { t_ms, channels: channels.collect() }
}

/// The profile's name of a record's kind.
pub(crate) const fn record_kind(kind: u8) -> &'static str {
    match kind {
        1 => "boot",
        2 => "session_started",
        3 => "session_ended",
        4 => "session_paused",
        5 => "session_resumed",
        6 => "fault",
        7 => "contact_changed",
        8 => "button",
        9 => "clock_set",
        10 => "posture_minute",
        _ => "other",
    }
}

fn channel(channel: wire::ChannelStatus) -> ChannelReport {
    ChannelReport {
        target: Milliamps::from_tenths(channel.target_dma),
        delivered: Milliamps::from_tenths(channel.delivered_dma),
        contact: match channel.contact {
            wire::Contact::Unknown => Contact::Unknown,
            wire::Contact::Good => Contact::Good,
            wire::Contact::Poor => Contact::Poor,
            wire::Contact::Off => Contact::Off,
        },
        impedance: (channel.impedance_dekaohm != u16::MAX)
            .then(|| Ohms::new(u32::from(channel.impedance_dekaohm) * 10)),
    }
}

const fn mode(mode: wire::Mode) -> Mode {
    match mode {
        wire::Mode::Conventional => Mode::Conventional,
        wire::Mode::AcupunctureLike => Mode::AcupunctureLike,
        wire::Mode::Burst => Mode::Burst,
        wire::Mode::BriefIntense => Mode::BriefIntense,
        wire::Mode::Modulated => Mode::Modulated,
        wire::Mode::Custom => Mode::Custom,
    }
}

/// Why a session is paused, stopping or over.
pub(crate) const fn reason(reason: wire::Reason) -> Reason {
    match reason {
        wire::Reason::None => Reason::None,
        wire::Reason::App => Reason::App,
        wire::Reason::Button => Reason::Button,
        wire::Reason::PadsOff => Reason::PadsOff,
        wire::Reason::LinkLost => Reason::LinkLost,
        wire::Reason::Completed => Reason::Completed,
        wire::Reason::Fault => Reason::Fault,
        wire::Reason::LowBattery => Reason::LowBattery,
        wire::Reason::PauseTooLong => Reason::PauseTooLong,
        wire::Reason::Other(code) => Reason::Other(code),
    }
}

const fn taken(result: wire::ResultCode) -> Taken {
    Taken::Refused(match result {
        wire::ResultCode::Accepted => return Taken::Accepted,
        wire::ResultCode::UnknownOpcode => DeviceRefusal::UnknownCommand,
        wire::ResultCode::Malformed => DeviceRefusal::Malformed,
        wire::ResultCode::OutOfRange => DeviceRefusal::OutOfRange,
        wire::ResultCode::InvalidState => DeviceRefusal::InvalidState,
        wire::ResultCode::StaleSequence => DeviceRefusal::Stale,
        wire::ResultCode::WrongSession => DeviceRefusal::WrongSession,
        wire::ResultCode::Expired => DeviceRefusal::Expired,
        wire::ResultCode::LowBattery => DeviceRefusal::LowBattery,
        wire::ResultCode::NoContact => DeviceRefusal::NoContact,
        wire::ResultCode::FaultActive => DeviceRefusal::FaultActive,
        wire::ResultCode::AboveCap => DeviceRefusal::AboveCap,
        wire::ResultCode::RiseTooLarge => DeviceRefusal::RiseTooLarge,
        wire::ResultCode::Other(code) => DeviceRefusal::Other(code),
    })
}
