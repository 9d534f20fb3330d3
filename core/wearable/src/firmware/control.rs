//! Commands: judged in the order PROFILE.md gives, applied or refused, answered once.

use lumbra_protocol::{
    Command, Contact, ControlFrame, DecodeError, DeviceState, Opcode, PerChannel, Reason, RecordEvent, Response,
    ResultCode, Sequence, StartSession, Ticks,
};

use super::{Firmware, Newest, Session};

/// ATT error of a write that is no command at all.
pub(crate) const NOT_A_COMMAND: u8 = 0x80;

/// Battery below this does not start or resume.
const BATTERY_START: f64 = 20.0;

impl Firmware {
    /// Takes a frame; gives the answer, if there is one, or an ATT error.
    pub(crate) fn command(&mut self, bytes: &[u8]) -> Result<Option<Response>, u8> {
        let [opcode, low, high, ..] = *bytes else { return Err(NOT_A_COMMAND) };
        let sequence = Sequence::new(u16::from_le_bytes([low, high])).ok_or(NOT_A_COMMAND)?;
        let command = match ControlFrame::decode(bytes) {
            Ok(frame) => frame.command,
            Err(error) => {
                let known = Opcode::from_wire(opcode).is_some() || error == DecodeError::Truncated;
                let result = if known { ResultCode::Malformed } else { ResultCode::UnknownOpcode };
                return Ok(Some(self.answer(opcode, sequence, result)));
            }
        };
        if let Command::KeepAlive { session_id } = command {
            self.heard(session_id);
            return Ok(None);
        }
        let newer = self.newest.as_ref().is_none_or(|newest| sequence.is_newer_than(newest.sequence));
        if !newer && command != Command::Stop {
            let repeated = self.newest.as_ref().filter(|newest| newest.sequence == sequence && newest.bytes == bytes);
            let result = repeated.map_or(ResultCode::StaleSequence, |newest| newest.result);
            return Ok(Some(self.answer(opcode, sequence, result)));
        }
        let result = match self.apply(command) {
            Ok(()) => ResultCode::Accepted,
            Err(refusal) => refusal,
        };
        self.taken = Some((sequence, command, result));
        if newer {
            self.newest = Some(Newest { sequence, opcode, result, bytes: bytes.to_vec() });
        }
        Ok(Some(self.answer(opcode, sequence, result)))
    }

    fn heard(&mut self, session_id: u32) {
        let ticks = self.ticks;
        if let Some(session) = self.session.as_mut().filter(|session| session.id == session_id) {
            session.heard = ticks;
        }
    }

    fn apply(&mut self, command: Command) -> Result<(), ResultCode> {
        match command {
            Command::Start(start) => self.start(&start),
            Command::Stop => {
                self.stop(Reason::App);
                Ok(())
            }
            Command::SetIntensity { session_id, expires, targets_dma } => {
                self.set_intensity(session_id, expires, targets_dma)
            }
            Command::Pause { session_id } => {
                self.check_state(DeviceState::Running)?;
                self.check_session_id(session_id)?;
                self.pause(Reason::App);
                Ok(())
            }
            Command::Resume { session_id, expires } => self.resume(session_id, expires),
            Command::ClearFaults => self.clear_faults(),
            Command::StartPosture { rate_hz } => {
                if rate_hz > self.capabilities.max_posture_rate_hz {
                    return Err(ResultCode::OutOfRange);
                }
                self.posture.start(self.ticks, rate_hz);
                Ok(())
            }
            Command::StopPosture => {
                self.posture.stop();
                Ok(())
            }
            Command::SetNeutral { pitch_ddeg, roll_ddeg } => {
                self.posture.neutral = Some((pitch_ddeg, roll_ddeg));
                Ok(())
            }
            Command::SetNudge(nudge) => {
                self.posture.set_nudge(nudge, self.ticks);
                Ok(())
            }
            Command::Identify => {
                self.identified += 1;
                Ok(())
            }
            // Taken before sequence numbers are looked at.
            Command::KeepAlive { .. } => Ok(()),
        }
    }

    fn start(&mut self, start: &StartSession) -> Result<(), ResultCode> {
        self.check_state(DeviceState::Idle)?;
        if self.session.as_ref().is_some_and(|last| last.id == start.session_id) {
            return Err(ResultCode::WrongSession);
        }
        self.check_time(start.expires)?;
        self.check_ranges(start)?;
        self.check_fit(|index| start.channels.as_slice().get(index).is_some_and(|channel| channel.cap_dma > 0))?;
        for (channel, setup) in self.channels.iter_mut().zip(start.channels.as_slice()) {
            channel.cap_dma = setup.cap_dma;
            channel.target_dma = 0;
            channel.max_dma = 0.0;
        }
        self.session = Some(Session {
            id: start.session_id,
            programme: start.programme,
            duration_ms: u64::from(start.duration_s) * 1_000,
            grace_ms: u64::from(start.grace_s) * 1_000,
            elapsed_ms: 0,
            heard: self.ticks,
            paused: 0,
        });
        self.state = DeviceState::Running;
        self.reason = Reason::None;
        self.keep(RecordEvent::SessionStarted {
            session_id: start.session_id,
            mode: start.programme.mode,
            duration_s: start.duration_s,
        });
        Ok(())
    }

    fn check_ranges(&self, start: &StartSession) -> Result<(), ResultCode> {
        let can = &self.capabilities;
        let programme = &start.programme;
        let frequency = can.min_frequency_dhz..=can.max_frequency_dhz;
        let width = can.min_width_us..=can.max_width_us;
        let trains_fit = programme.burst.is_none_or(|burst| {
            u32::from(burst.pulses) * u32::from(burst.rate_dhz) < u32::from(programme.frequency_low_dhz)
        });
        let caps_fit = start.channels.as_slice().iter().all(|channel| {
            // 0.1 mA x us = 0.0001 uC = 0.001 x 0.1 uC
            let charge_fits = u64::from(channel.cap_dma) * u64::from(programme.width_high_us)
                <= u64::from(can.max_charge_duc) * 1_000;
            channel.cap_dma <= can.max_current_dma && (channel.cap_dma == 0 || channel.pad_area_dcm2 > 0) && charge_fits
        });
        let fits = frequency.contains(&programme.frequency_low_dhz)
            && frequency.contains(&programme.frequency_high_dhz)
            && width.contains(&programme.width_low_us)
            && width.contains(&programme.width_high_us)
            && trains_fit
            && programme.ramp_up_dma_per_s <= can.max_ramp_up_dma_per_s
            && start.duration_s <= can.max_session_s
            && (can.min_grace_s..=can.max_grace_s).contains(&start.grace_s)
            && start.channels.count() == can.channels
            && start.channels.as_slice().iter().any(|channel| channel.cap_dma > 0)
            && caps_fit;
        if fits { Ok(()) } else { Err(ResultCode::OutOfRange) }
    }

    fn set_intensity(&mut self, session_id: u32, expires: Ticks, targets: PerChannel<u16>) -> Result<(), ResultCode> {
        self.check_state(DeviceState::Running)?;
        self.check_session_id(session_id)?;
        self.check_time(expires)?;
        let step = self.capabilities.current_step_dma;
        if targets.count() != self.capabilities.channels || targets.as_slice().iter().any(|dma| dma % step != 0) {
            return Err(ResultCode::OutOfRange);
        }
        let pairs = || self.channels.iter().zip(targets.as_slice());
        if pairs().any(|(channel, target)| *target > 0 && matches!(channel.contact, Contact::Off | Contact::Unknown)) {
            return Err(ResultCode::NoContact);
        }
        if pairs().any(|(channel, target)| *target > channel.cap_dma) {
            return Err(ResultCode::AboveCap);
        }
        let max_rise = self.capabilities.max_rise_dma;
        if pairs().any(|(channel, target)| target.saturating_sub(channel.target_dma) > max_rise) {
            return Err(ResultCode::RiseTooLarge);
        }
        let ramp_down_ms = self.session.as_ref().map_or(0, |session| session.programme.ramp_down_ms);
        for (channel, target) in self.channels.iter_mut().zip(targets.as_slice()) {
            channel.aim(*target, ramp_down_ms);
        }
        self.heard(session_id);
        Ok(())
    }

    fn resume(&mut self, session_id: u32, expires: Ticks) -> Result<(), ResultCode> {
        self.check_state(DeviceState::Paused)?;
        self.check_session_id(session_id)?;
        self.check_time(expires)?;
        let used: Vec<bool> = self.channels.iter().map(super::Channel::used).collect();
        self.check_fit(|index| used.get(index).copied().unwrap_or(false))?;
        self.state = DeviceState::Running;
        self.reason = Reason::None;
        self.heard(session_id);
        self.keep(RecordEvent::SessionResumed { session_id });
        Ok(())
    }

    fn clear_faults(&mut self) -> Result<(), ResultCode> {
        let left = self.faults.without(self.faults.without(self.fault_causes));
        let cleared = left != self.faults || self.faults.is_empty();
        self.faults = left;
        if cleared { Ok(()) } else { Err(ResultCode::InvalidState) }
    }

    fn check_state(&self, wanted: DeviceState) -> Result<(), ResultCode> {
        if self.state == wanted { Ok(()) } else { Err(ResultCode::InvalidState) }
    }

    fn check_session_id(&self, session_id: u32) -> Result<(), ResultCode> {
        match &self.session {
            Some(session) if session.id == session_id => Ok(()),
            _ => Err(ResultCode::WrongSession),
        }
    }

    fn check_time(&self, expires: Ticks) -> Result<(), ResultCode> {
        if self.ticks() > expires { Err(ResultCode::Expired) } else { Ok(()) }
    }

    /// Battery, faults and pads, in this order.
    fn check_fit(&self, used: impl Fn(usize) -> bool) -> Result<(), ResultCode> {
        if self.battery < BATTERY_START {
            return Err(ResultCode::LowBattery);
        }
        if self.faults.forbid_therapy() {
            return Err(ResultCode::FaultActive);
        }
        let no_contact = |(index, channel): (usize, &super::Channel)| {
            used(index) && matches!(channel.contact, Contact::Off | Contact::Unknown)
        };
        if self.channels.iter().enumerate().any(no_contact) { Err(ResultCode::NoContact) } else { Ok(()) }
    }
}
