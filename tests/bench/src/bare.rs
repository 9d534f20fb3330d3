//! What a bare client sends: the same session as the core's, as frames of the profile, with nothing around them.

use std::time::Duration;

use lumbra_protocol::{
    ChannelSetup, Command, ControlFrame, Mode, PerChannel, Programme, Sequence, StartSession, Status, Ticks,
};

use crate::BenchError;
use crate::session::{ROUNDS, SETS, lowered, rest_after, rises};

const SESSION: u32 = 0xBA5E;

/// One step of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Start,
    Raise(u16),
    /// The set of this number, as the core makes it.
    Lower(u16),
    Stop,
}

impl Step {
    pub(crate) const fn is_measured(self) -> bool {
        matches!(self, Self::Lower(_))
    }

    /// How long to wait before the next.
    pub(crate) fn rest(self) -> Duration {
        match self {
            Self::Raise(_) | Self::Start => Duration::from_millis(200),
            Self::Lower(set) => rest_after(set),
            Self::Stop => Duration::from_secs(1),
        }
    }
}

/// Numbers and times of frames.
pub(crate) struct Frames {
    sequence: Sequence,
    ticks: Ticks,
}

impl Frames {
    pub(crate) fn from_status(bytes: &[u8]) -> Result<Self, BenchError> {
        let status = Status::decode(bytes).map_err(lumbra::Error::from)?;
        Ok(Self { sequence: status.last_sequence.unwrap_or(Sequence::FIRST), ticks: status.ticks })
    }

    pub(crate) const fn now(&mut self, status: &Status) {
        self.ticks = status.ticks;
    }

    /// Start, up and down as the core goes, stop.
    pub(crate) fn steps() -> Vec<Step> {
        let mut steps = vec![Step::Start];
        for _ in 0..ROUNDS {
            steps.extend(rises().map(Step::Raise));
            steps.extend((1..=SETS).map(Step::Lower));
        }
        steps.push(Step::Stop);
        steps
    }

    pub(crate) fn encode(&mut self, step: Step) -> Result<(Sequence, Vec<u8>), BenchError> {
        self.sequence = self.sequence.next();
        let expires = self.ticks.plus_ms(10_000);
        let command = match step {
            Step::Start => Command::Start(StartSession {
                session_id: SESSION,
                expires,
                programme: Programme {
                    mode: Mode::Conventional,
                    frequency_low_dhz: 1_000,
                    frequency_high_dhz: 1_000,
                    width_low_us: 100,
                    width_high_us: 100,
                    sweep_period_ds: 0,
                    burst: None,
                    ramp_up_dma_per_s: 10,
                    ramp_down_ms: 500,
                },
                duration_s: 1_200,
                grace_s: 30,
                channels: both(ChannelSetup { cap_dma: 600, pad_area_dcm2: 250 })?,
            }),
            Step::Raise(target) => set(target, expires)?,
            Step::Lower(set_number) => set(lowered(set_number), expires)?,
            Step::Stop => Command::Stop,
        };
        let frame = ControlFrame { sequence: self.sequence, command };
        Ok((self.sequence, frame.encode().to_vec()))
    }
}

/// One posture command; the rate is `None` to end the stream.
pub(crate) fn posture(sequence: Sequence, rate_hz: Option<u8>) -> Vec<u8> {
    let command = rate_hz.map_or(Command::StopPosture, |rate_hz| Command::StartPosture { rate_hz });
    ControlFrame { sequence, command }.encode().to_vec()
}

fn set(target_dma: u16, expires: Ticks) -> Result<Command, BenchError> {
    Ok(Command::SetIntensity { session_id: SESSION, expires, targets_dma: both(target_dma)? })
}

fn both<T: Copy + Default>(value: T) -> Result<PerChannel<T>, BenchError> {
    PerChannel::from_slice(&[value; 2]).ok_or(BenchError::Broken("two channels"))
}
