//! What the app asks of the device: the frames written to the Control Point.

use crate::per_channel::{MAX_CHANNELS, PerChannel};
use crate::programme::Programme;
use crate::sequence::Sequence;
use crate::ticks::Ticks;
use crate::wire::{DecodeError, Frame, Reader};

/// The first byte of a control frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Opcode {
    /// Start a session at zero.
    Start,
    /// Ramp to zero and end the session.
    Stop,
    /// New absolute targets.
    SetIntensity,
    /// Ramp to zero and wait.
    Pause,
    /// Go on from zero.
    Resume,
    /// Clear latched faults.
    ClearFaults,
    /// Renew the lease of a running session.
    KeepAlive,
    /// Send posture samples.
    StartPosture,
    /// Send no more posture samples.
    StopPosture,
    /// What upright is for this person.
    SetNeutral,
    /// When and how to nudge.
    SetNudge,
    /// Show which device this is.
    Identify,
}

impl Opcode {
    /// As it stands on the wire.
    pub const fn to_wire(self) -> u8 {
        match self {
            Self::Start => 0x01,
            Self::Stop => 0x02,
            Self::SetIntensity => 0x03,
            Self::Pause => 0x04,
            Self::Resume => 0x05,
            Self::ClearFaults => 0x06,
            Self::KeepAlive => 0x07,
            Self::StartPosture => 0x20,
            Self::StopPosture => 0x21,
            Self::SetNeutral => 0x22,
            Self::SetNudge => 0x23,
            Self::Identify => 0x30,
        }
    }

    /// From the wire.
    pub const fn from_wire(byte: u8) -> Option<Self> {
        Some(match byte {
            0x01 => Self::Start,
            0x02 => Self::Stop,
            0x03 => Self::SetIntensity,
            0x04 => Self::Pause,
            0x05 => Self::Resume,
            0x06 => Self::ClearFaults,
            0x07 => Self::KeepAlive,
            0x20 => Self::StartPosture,
            0x21 => Self::StopPosture,
            0x22 => Self::SetNeutral,
            0x23 => Self::SetNudge,
            0x30 => Self::Identify,
            _ => return None,
        })
    }
}

/// One channel of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ChannelSetup {
    /// The most this channel may be driven with during this session, in 0.1 mA; 0 = channel not used.
    pub cap_dma: u16,
    /// Active area of one pad in 0.1 cm2; 0 = channel not used.
    pub pad_area_dcm2: u16,
}

/// What a session is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StartSession {
    /// The app's number for the session, not 0, never used before with this device.
    pub session_id: u32,
    /// The device refuses the command when its clock is past this.
    pub expires: Ticks,
    /// Pulses and ramps.
    pub programme: Programme,
    /// Stimulation time in seconds, pauses not counted.
    pub duration_s: u16,
    /// How long the device goes on without hearing from the app, in seconds.
    pub grace_s: u8,
    /// Every channel of the device.
    pub channels: PerChannel<ChannelSetup>,
}

/// When and how the wearable nudges a slouching person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NudgeSettings {
    /// Nudge at all.
    pub enabled: bool,
    /// How far from neutral counts as slouching, in 0.1 degree, 50 to 600.
    pub threshold_ddeg: u16,
    /// How long it must last, in seconds, 1 to 600.
    pub delay_s: u16,
    /// Strength of the vibration in percent, 0 to 100.
    pub strength_percent: u8,
    /// For how long, in seconds, from when it is taken; 0 = until told otherwise. Since version 1.1: a device of 1.0 ignores it,
    /// and an app of 1.0 does not send it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_zero"))]
    pub for_s: u32,
}

#[cfg(feature = "serde")]
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Command {
    /// Start a session; every channel begins with target 0.
    Start(StartSession),
    /// Ramp to zero and end whatever session there is.
    Stop,
    /// New absolute targets.
    SetIntensity {
        /// The session they are meant for.
        session_id: u32,
        /// The device refuses the command when its clock is past this.
        expires: Ticks,
        /// Targets of all channels, in 0.1 mA.
        targets_dma: PerChannel<u16>,
    },
    /// Ramp to zero, targets become 0, the session waits.
    Pause {
        /// The session meant.
        session_id: u32,
    },
    /// Go on with a paused session; every channel begins with target 0.
    Resume {
        /// The session meant.
        session_id: u32,
        /// The device refuses the command when its clock is past this.
        expires: Ticks,
    },
    /// Clear latched faults whose cause is gone.
    ClearFaults,
    /// The app is there and in charge of this session.
    KeepAlive {
        /// The session meant.
        session_id: u32,
    },
    /// Send posture samples.
    StartPosture {
        /// Samples a second, 1 to the device's highest.
        rate_hz: u8,
    },
    /// Send no more posture samples.
    StopPosture,
    /// The orientation of the sensor when the person is upright.
    SetNeutral {
        /// Forward lean in 0.1 degree, -1,800 to 1,800.
        pitch_ddeg: i16,
        /// Sideways lean in 0.1 degree, -1,800 to 1,800.
        roll_ddeg: i16,
    },
    /// When and how to nudge.
    SetNudge(NudgeSettings),
    /// Blink and vibrate.
    Identify,
}

impl Command {
    /// The opcode it is carried with.
    pub const fn opcode(&self) -> Opcode {
        match self {
            Self::Start(_) => Opcode::Start,
            Self::Stop => Opcode::Stop,
            Self::SetIntensity { .. } => Opcode::SetIntensity,
            Self::Pause { .. } => Opcode::Pause,
            Self::Resume { .. } => Opcode::Resume,
            Self::ClearFaults => Opcode::ClearFaults,
            Self::KeepAlive { .. } => Opcode::KeepAlive,
            Self::StartPosture { .. } => Opcode::StartPosture,
            Self::StopPosture => Opcode::StopPosture,
            Self::SetNeutral { .. } => Opcode::SetNeutral,
            Self::SetNudge(_) => Opcode::SetNudge,
            Self::Identify => Opcode::Identify,
        }
    }
}

/// A command with its number, as written to the Control Point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ControlFrame {
    /// The command's number.
    pub sequence: Sequence,
    /// The command.
    pub command: Command,
}

impl ControlFrame {
    /// To bytes.
    pub fn encode(&self) -> Frame {
        let frame = Frame::new().u8(self.command.opcode().to_wire()).u16(self.sequence.get());
        match self.command {
            Command::Start(start) => {
                let frame = frame.u32(start.session_id).u48(start.expires.as_ms());
                let frame = start.programme.write(frame);
                let frame = frame.u16(start.duration_s).u8(start.grace_s).u8(start.channels.count());
                start
                    .channels
                    .as_slice()
                    .iter()
                    .fold(frame, |frame, channel| frame.u16(channel.cap_dma).u16(channel.pad_area_dcm2))
            }
            Command::SetIntensity { session_id, expires, targets_dma } => {
                let frame = frame.u32(session_id).u48(expires.as_ms()).u8(targets_dma.count());
                targets_dma.as_slice().iter().fold(frame, |frame, target| frame.u16(*target))
            }
            Command::Pause { session_id } | Command::KeepAlive { session_id } => frame.u32(session_id),
            Command::Resume { session_id, expires } => frame.u32(session_id).u48(expires.as_ms()),
            Command::StartPosture { rate_hz } => frame.u8(rate_hz),
            Command::SetNeutral { pitch_ddeg, roll_ddeg } => frame.i16(pitch_ddeg).i16(roll_ddeg),
            Command::SetNudge(nudge) => {
                let frame = frame
                    .u8(u8::from(nudge.enabled))
                    .u16(nudge.threshold_ddeg)
                    .u16(nudge.delay_s)
                    .u8(nudge.strength_percent);
                if nudge.for_s == 0 { frame } else { frame.u32(nudge.for_s) }
            }
            Command::Stop | Command::ClearFaults | Command::StopPosture | Command::Identify => frame,
        }
    }

    /// From bytes. A device that can't decode a frame but can read its first three bytes answers with
    /// them and [`crate::ResultCode::Malformed`] or [`crate::ResultCode::UnknownOpcode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let opcode = Opcode::from_wire(reader.u8()?).ok_or(DecodeError::Invalid("opcode"))?;
        let sequence = Sequence::new(reader.u16()?).ok_or(DecodeError::Invalid("sequence"))?;
        let command = match opcode {
            Opcode::Start => Command::Start(StartSession {
                session_id: session_id(&mut reader)?,
                expires: Ticks::from_ms(reader.u48()?),
                programme: Programme::read(&mut reader)?,
                duration_s: nonzero_u16(&mut reader, "duration")?,
                grace_s: reader.u8()?,
                channels: per_channel(&mut reader, |reader| {
                    Ok(ChannelSetup { cap_dma: reader.u16()?, pad_area_dcm2: reader.u16()? })
                })?,
            }),
            Opcode::Stop => Command::Stop,
            Opcode::SetIntensity => Command::SetIntensity {
                session_id: session_id(&mut reader)?,
                expires: Ticks::from_ms(reader.u48()?),
                targets_dma: per_channel(&mut reader, Reader::u16)?,
            },
            Opcode::Pause => Command::Pause { session_id: session_id(&mut reader)? },
            Opcode::Resume => {
                Command::Resume { session_id: session_id(&mut reader)?, expires: Ticks::from_ms(reader.u48()?) }
            }
            Opcode::ClearFaults => Command::ClearFaults,
            Opcode::KeepAlive => Command::KeepAlive { session_id: session_id(&mut reader)? },
            Opcode::StartPosture => match reader.u8()? {
                0 => return Err(DecodeError::Invalid("rate")),
                rate_hz => Command::StartPosture { rate_hz },
            },
            Opcode::StopPosture => Command::StopPosture,
            Opcode::SetNeutral => {
                Command::SetNeutral { pitch_ddeg: angle(&mut reader, "pitch")?, roll_ddeg: angle(&mut reader, "roll")? }
            }
            Opcode::SetNudge => Command::SetNudge(nudge(&mut reader)?),
            Opcode::Identify => Command::Identify,
        };
        Ok(Self { sequence, command })
    }
}

fn session_id(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
    match reader.u32()? {
        0 => Err(DecodeError::Invalid("session_id")),
        id => Ok(id),
    }
}

fn nonzero_u16(reader: &mut Reader<'_>, field: &'static str) -> Result<u16, DecodeError> {
    match reader.u16()? {
        0 => Err(DecodeError::Invalid(field)),
        value => Ok(value),
    }
}

fn angle(reader: &mut Reader<'_>, field: &'static str) -> Result<i16, DecodeError> {
    match reader.i16()? {
        angle @ -1_800..=1_800 => Ok(angle),
        _ => Err(DecodeError::Invalid(field)),
    }
}

fn nudge(reader: &mut Reader<'_>) -> Result<NudgeSettings, DecodeError> {
    let enabled = match reader.u8()? {
        0 => false,
        1 => true,
        _ => return Err(DecodeError::Invalid("enabled")),
    };
    let (threshold_ddeg, delay_s, strength_percent) = (reader.u16()?, reader.u16()?, reader.u8()?);
    if !(50..=600).contains(&threshold_ddeg) {
        return Err(DecodeError::Invalid("threshold"));
    }
    if !(1..=600).contains(&delay_s) {
        return Err(DecodeError::Invalid("delay"));
    }
    if strength_percent > 100 {
        return Err(DecodeError::Invalid("strength"));
    }
    // An app of version 1.0 ends here.
    let for_s = if reader.is_at_end() { 0 } else { reader.u32()? };
    Ok(NudgeSettings { enabled, threshold_ddeg, delay_s, strength_percent, for_s })
}

pub(crate) fn per_channel<'a, T: Copy + Default>(
    reader: &mut Reader<'a>,
    read: impl Fn(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<PerChannel<T>, DecodeError> {
    let count = usize::from(reader.u8()?);
    let mut items = [T::default(); MAX_CHANNELS];
    for slot in items.get_mut(..count).ok_or(DecodeError::Invalid("channel count"))? {
        *slot = read(reader)?;
    }
    items.get(..count).and_then(PerChannel::from_slice).ok_or(DecodeError::Invalid("channel count"))
}
