//! A device with one channel, written from PROFILE.md alone: sections 5 (commands), 7 (sessions) and 8 (status).
//!
//! It enforces what the profile asks of a device and nothing more: it knows no clinician and no person. Battery and faults are
//! left out: to the machine they are further reasons for a refusal or an end that it meets here in other shapes.

use lumbra_domain::programme::Mode;
use lumbra_domain::therapy::{
    BootId, ChannelReport, Contact, DeviceMoment, DeviceRefusal, DeviceReport, DeviceState, Newest, Reason, SessionId,
    Taken,
};
use lumbra_domain::units::{Milliamps, Percent};

use crate::bounds::{DEVICE_CAP_DMA, DEVICE_RISE_DMA, SLICE_MS};

const STEP_DMA: u16 = 5;
const PAUSE_MAX_MS: u64 = 10 * 60 * 1_000;

/// What a Start carries beside its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Setup {
    pub(crate) cap_dma: u16,
    pub(crate) duration_ms: u64,
    pub(crate) grace_ms: u64,
    pub(crate) ramp_up_dma_per_s: u16,
    pub(crate) ramp_down_ms: u64,
}

/// A command as it stands in a frame; `expires_ms` in the device's ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Command {
    Start { session: SessionId, expires_ms: u64, setup: Setup },
    Stop,
    SetIntensity { session: SessionId, expires_ms: u64, target_dma: u16 },
    Pause { session: SessionId },
    Resume { session: SessionId, expires_ms: u64 },
}

/// A command with its number: what is compared to know a repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Frame {
    pub(crate) sequence: u16,
    pub(crate) command: Command,
}

/// How a frame was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// What is answered.
    pub(crate) taken: Taken,
    /// Whether the command was applied by this frame: a repetition is answered as before and applied no more.
    pub(crate) applied: bool,
}

#[derive(Clone, Debug, Hash)]
struct Session {
    id: SessionId,
    setup: Setup,
    elapsed_ms: u64,
    heard_ms: u64,
    paused_ms: u64,
}

/// The device.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Device {
    pub(crate) boot: BootId,
    pub(crate) ticks_ms: u64,
    pub(crate) state: DeviceState,
    pub(crate) reason: Reason,
    session: Option<Session>,
    newest: Option<(Frame, Taken)>,
    pub(crate) target_dma: u16,
    /// What the output stage gives, and with pads on what flows.
    pub(crate) output_dma: u16,
    fall_dma_a_slice: u16,
    pub(crate) contact: Contact,
    pub(crate) linked: bool,
}

impl Device {
    pub(crate) const fn boot(boot: BootId) -> Self {
        Self {
            boot,
            ticks_ms: 0,
            state: DeviceState::Idle,
            reason: Reason::None,
            session: None,
            newest: None,
            target_dma: 0,
            output_dma: 0,
            fall_dma_a_slice: 0,
            contact: Contact::Good,
            linked: false,
        }
    }

    /// The session under way, or the last one of this boot.
    pub(crate) fn session_id(&self) -> Option<SessionId> {
        self.session.as_ref().map(|session| session.id)
    }

    /// What a change of is told at once, and what an onlooker sees of an interruption.
    pub(crate) fn shown(&self) -> (DeviceState, Reason, u16, Contact, Option<(u16, Taken)>) {
        let newest = self.newest.map(|(frame, taken)| (frame.sequence, taken));
        (self.state, self.reason, self.target_dma, self.contact, newest)
    }

    /// Whether the profile asks for a status now, though nothing changed.
    pub(crate) fn report_is_due(&self) -> bool {
        let every_ms = if self.state == DeviceState::Idle { 10_000 } else { 1_000 };
        self.ticks_ms.is_multiple_of(every_ms)
    }

    // --- commands ---

    /// Section 5.2: newer numbers are judged, the newest is answered again, all others are stale; Stop always counts.
    pub(crate) fn take(&mut self, frame: Frame) -> Verdict {
        let newer = self.newest.is_none_or(|(newest, _)| {
            let ahead = frame.sequence.wrapping_sub(newest.sequence);
            ahead != 0 && ahead < 0x8000
        });
        if !newer && frame.command != Command::Stop {
            let repeated = self.newest.filter(|(newest, _)| *newest == frame);
            let taken = repeated.map_or(Taken::Refused(DeviceRefusal::Stale), |(_, taken)| taken);
            return Verdict { taken, applied: false };
        }
        let taken = match self.apply(frame.command) {
            Ok(()) => Taken::Accepted,
            Err(why) => Taken::Refused(why),
        };
        if newer {
            self.newest = Some((frame, taken));
        }
        Verdict { taken, applied: taken == Taken::Accepted }
    }

    /// Renews the lease, if it names the session.
    pub(crate) fn keep_alive(&mut self, named: SessionId) {
        let ticks_ms = self.ticks_ms;
        if let Some(session) = self.session.as_mut().filter(|session| session.id == named) {
            session.heard_ms = ticks_ms;
        }
    }

    /// The checks in the profile's order: state, session, expiry, ranges, contact, cap, rise.
    fn apply(&mut self, command: Command) -> Result<(), DeviceRefusal> {
        match command {
            Command::Start { session, expires_ms, setup } => {
                self.check_state(DeviceState::Idle)?;
                if self.session_id() == Some(session) {
                    return Err(DeviceRefusal::WrongSession);
                }
                self.check_time(expires_ms)?;
                if setup.cap_dma == 0 || setup.cap_dma > DEVICE_CAP_DMA {
                    return Err(DeviceRefusal::OutOfRange);
                }
                self.check_contact()?;
                let heard_ms = self.ticks_ms;
                self.session = Some(Session { id: session, setup, elapsed_ms: 0, heard_ms, paused_ms: 0 });
                (self.state, self.reason) = (DeviceState::Running, Reason::None);
            }
            Command::Stop => self.stop(Reason::App),
            Command::SetIntensity { session, expires_ms, target_dma } => {
                self.check_state(DeviceState::Running)?;
                self.check_session(session)?;
                self.check_time(expires_ms)?;
                if !target_dma.is_multiple_of(STEP_DMA) {
                    return Err(DeviceRefusal::OutOfRange);
                }
                if target_dma > 0 {
                    self.check_contact()?;
                }
                if target_dma > self.session.as_ref().map_or(0, |session| session.setup.cap_dma) {
                    return Err(DeviceRefusal::AboveCap);
                }
                if target_dma.saturating_sub(self.target_dma) > DEVICE_RISE_DMA {
                    return Err(DeviceRefusal::RiseTooLarge);
                }
                self.aim(target_dma);
                self.keep_alive(session);
            }
            Command::Pause { session } => {
                self.check_state(DeviceState::Running)?;
                self.check_session(session)?;
                self.pause(Reason::App);
                self.keep_alive(session);
            }
            Command::Resume { session, expires_ms } => {
                self.check_state(DeviceState::Paused)?;
                self.check_session(session)?;
                self.check_time(expires_ms)?;
                self.check_contact()?;
                (self.state, self.reason) = (DeviceState::Running, Reason::None);
                self.keep_alive(session);
            }
        }
        Ok(())
    }

    fn check_state(&self, wanted: DeviceState) -> Result<(), DeviceRefusal> {
        if self.state == wanted { Ok(()) } else { Err(DeviceRefusal::InvalidState) }
    }

    fn check_session(&self, named: SessionId) -> Result<(), DeviceRefusal> {
        if self.session_id() == Some(named) { Ok(()) } else { Err(DeviceRefusal::WrongSession) }
    }

    const fn check_time(&self, expires_ms: u64) -> Result<(), DeviceRefusal> {
        if self.ticks_ms > expires_ms { Err(DeviceRefusal::Expired) } else { Ok(()) }
    }

    fn check_contact(&self) -> Result<(), DeviceRefusal> {
        if matches!(self.contact, Contact::Off | Contact::Unknown) { Err(DeviceRefusal::NoContact) } else { Ok(()) }
    }

    // --- what happens by itself ---

    /// One slice of time.
    pub(crate) fn pass(&mut self) {
        self.ticks_ms += SLICE_MS;
        let ticks_ms = self.ticks_ms;
        let Some(session) = &mut self.session else { return };
        match self.state {
            DeviceState::Running => {
                session.elapsed_ms = (session.elapsed_ms + SLICE_MS).min(session.setup.duration_ms);
                if session.elapsed_ms == session.setup.duration_ms {
                    self.stop(Reason::Completed);
                } else if ticks_ms - session.heard_ms > session.setup.grace_ms {
                    self.pause(Reason::LinkLost);
                }
            }
            DeviceState::Paused if ticks_ms - session.paused_ms >= PAUSE_MAX_MS => self.stop(Reason::PauseTooLong),
            DeviceState::Idle | DeviceState::Paused | DeviceState::Stopping => {}
        }
        self.move_output();
        if self.state == DeviceState::Stopping && self.output_dma == 0 {
            self.state = DeviceState::Idle;
        }
    }

    /// Section 7.1: down always, up only while the app was heard lately over a link that is up.
    fn move_output(&mut self) {
        let Some(session) = &self.session else { return };
        if self.output_dma > self.target_dma {
            self.output_dma = self.output_dma.saturating_sub(self.fall_dma_a_slice).max(self.target_dma);
        } else {
            let left_ms = session.setup.grace_ms.saturating_sub(self.ticks_ms - session.heard_ms);
            let may_rise = self.linked && left_ms * 2 >= session.setup.grace_ms;
            let rise_dma = u64::from(session.setup.ramp_up_dma_per_s) * SLICE_MS / 1_000;
            if may_rise {
                let rise_dma = u16::try_from(rise_dma).unwrap_or(u16::MAX);
                self.output_dma = self.output_dma.saturating_add(rise_dma).min(self.target_dma);
            }
        }
    }

    fn aim(&mut self, target_dma: u16) {
        let fall = u64::from(self.output_dma.saturating_sub(target_dma));
        let ramp_down_ms = self.session.as_ref().map_or(0, |session| session.setup.ramp_down_ms).max(SLICE_MS);
        self.fall_dma_a_slice = u16::try_from((fall * SLICE_MS).div_ceil(ramp_down_ms)).unwrap_or(u16::MAX);
        self.target_dma = target_dma;
    }

    fn pause(&mut self, reason: Reason) {
        (self.state, self.reason) = (DeviceState::Paused, reason);
        self.aim(0);
        if let Some(session) = &mut self.session {
            session.paused_ms = self.ticks_ms;
        }
    }

    fn stop(&mut self, reason: Reason) {
        if matches!(self.state, DeviceState::Running | DeviceState::Paused) {
            (self.state, self.reason) = (DeviceState::Stopping, reason);
            self.aim(0);
        }
    }

    pub(crate) fn press_button(&mut self) {
        self.stop(Reason::Button);
    }

    /// A pad comes off: output is cut at once.
    pub(crate) fn lift_pad(&mut self) {
        self.contact = Contact::Off;
        if self.state == DeviceState::Running {
            self.pause(Reason::PadsOff);
        }
        (self.target_dma, self.output_dma) = (0, 0);
    }

    pub(crate) const fn press_pad(&mut self) {
        self.contact = Contact::Good;
    }

    // --- status ---

    pub(crate) fn report(&self) -> DeviceReport {
        let (elapsed_ms, left_ms, lease_ms) = self.session.as_ref().map_or((0, 0, 0), |session| {
            let left_ms = session.setup.duration_ms - session.elapsed_ms;
            let lease_ms = session.setup.grace_ms.saturating_sub(self.ticks_ms - session.heard_ms);
            (
                session.elapsed_ms,
                if self.state == DeviceState::Idle { 0 } else { left_ms },
                if self.state == DeviceState::Running { lease_ms } else { 0 },
            )
        });
        let seconds = |ms: u64| u32::try_from(ms.div_ceil(1_000)).unwrap_or(u32::MAX);
        DeviceReport {
            boot: self.boot,
            at: DeviceMoment(self.ticks_ms),
            state: self.state,
            reason: self.reason,
            session: self.session_id(),
            mode: self.session.as_ref().map(|_| Mode::Conventional),
            elapsed_s: seconds(elapsed_ms),
            remaining_s: seconds(left_ms),
            lease_s: seconds(lease_ms),
            newest: self.newest.map(|(frame, taken)| Newest { sequence: frame.sequence, taken }),
            faults: 0,
            faults_forbid_therapy: false,
            battery: Percent::saturating(90),
            channels: vec![ChannelReport {
                target: Milliamps::from_tenths(self.target_dma),
                delivered: Milliamps::from_tenths(self.output_dma),
                contact: self.contact,
                impedance: None,
            }],
        }
    }
}

#[cfg(test)]
mod tests;
