//! The firmware as PROFILE.md describes it, as a state machine over its own ticks.
//!
//! `control` judges commands, `output` moves currents, `posture` streams and judges posture, and `memory` keeps records. This
//! file has the state, the passage of time and the status.

mod control;
mod memory;
mod output;
mod posture;

use lumbra_protocol::{
    Capabilities, ChannelStatus, Command, Contact, DeviceState, ElapsedTime, Faults, Mode, PerChannel, Programme,
    Reason, RecordEvent, Response, ResultCode, Sequence, Status, Ticks,
};

pub(crate) use memory::{Memory, Sent};
use output::Channel;
use posture::Posture;

use crate::body::Body;
use crate::person::as_f64;
use crate::probe::{Taken, Turn};

/// A pause this long ends the session.
const PAUSE_MAX_MS: u64 = 10 * 60 * 1_000;
/// Battery below this ends a session.
const BATTERY_STOP: f64 = 10.0;
/// Battery an hour costs, in percent; output costs as much again.
const DRAIN_PER_HOUR: f64 = 4.0;

/// The session under way, or the last one.
#[derive(Clone, Debug)]
struct Session {
    id: u32,
    programme: Programme,
    duration_ms: u64,
    grace_ms: u64,
    elapsed_ms: u64,
    heard: u64,
    paused: u64,
}

/// The newest command, for repetitions and for the status.
#[derive(Clone, Debug)]
struct Newest {
    sequence: Sequence,
    opcode: u8,
    result: ResultCode,
    bytes: Vec<u8>,
}

/// What a lying device tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Every channel's current is reported as zero.
    NoCurrent,
    /// The same old status over and over.
    Frozen,
    /// Always idle.
    Idle,
}

/// The firmware.
#[derive(Clone, Debug)]
pub(crate) struct Firmware {
    capabilities: Capabilities,
    boot_id: u32,
    ticks: u64,
    state: DeviceState,
    reason: Reason,
    session: Option<Session>,
    newest: Option<Newest>,
    channels: Vec<Channel>,
    pub(crate) faults: Faults,
    pub(crate) fault_causes: Faults,
    pub(crate) battery: f64,
    pub(crate) linked: bool,
    utc_offset_s: Option<u64>,
    pub(crate) posture: Posture,
    pub(crate) memory: Memory,
    pub(crate) lie: Option<Lie>,
    frozen: Option<Status>,
    pub(crate) identified: u32,
    /// The command it has just taken.
    taken: Option<(Sequence, Command, ResultCode)>,
}

impl Firmware {
    pub(crate) fn boot(capabilities: Capabilities, boot_id: u32, battery: f64, mut memory: Memory, cause: u8) -> Self {
        memory.keep(boot_id, Ticks::from_ms(0), RecordEvent::Boot { cause });
        Self {
            capabilities,
            boot_id,
            ticks: 0,
            state: DeviceState::Idle,
            reason: Reason::None,
            session: None,
            newest: None,
            channels: (0..capabilities.channels).map(|_| Channel::default()).collect(),
            faults: Faults::default(),
            fault_causes: Faults::default(),
            battery,
            linked: false,
            utc_offset_s: None,
            posture: Posture::default(),
            memory,
            lie: None,
            frozen: None,
            identified: 0,
            taken: None,
        }
    }

    pub(crate) fn in_session(&self) -> bool {
        self.state != DeviceState::Idle
    }

    pub(crate) fn ticks(&self) -> Ticks {
        Ticks::from_ms(self.ticks)
    }

    /// Lets `dt_ms` pass, at most one slice of [`Firmware::slice_ms`].
    pub(crate) fn pass(&mut self, dt_ms: u64, body: &mut Body, body_now_ms: u64) {
        self.ticks += dt_ms;
        self.drain(dt_ms);
        self.feel_pads(body);
        self.check_faults();
        self.check_session(dt_ms);
        self.move_output(dt_ms, body);
        self.finish_stopping();
        let events = self.posture.pass(self.ticks, body, body_now_ms);
        for event in events {
            self.keep(event);
        }
    }

    /// How much time may pass at once: little while current changes, more while nothing does.
    pub(crate) fn slice_ms(&self) -> u64 {
        let moving = self.channels.iter().any(Channel::is_moving);
        if moving { 10 } else { 50 }
    }

    pub(crate) fn keep(&mut self, event: RecordEvent) {
        self.memory.keep(self.boot_id, Ticks::from_ms(self.ticks), event);
    }

    /// Keeps minutes, worn upright, that nobody was there to fetch, up to now. Before its start it knows no time: what would lie there is
    /// told as of the start.
    pub(crate) fn remember(&mut self, minutes: u32) {
        for ago in (0..minutes).rev() {
            let ticks = Ticks::from_ms(self.ticks.saturating_sub(u64::from(ago) * 60_000));
            let minute = RecordEvent::PostureMinute {
                upright_s: 60,
                slouched_s: 0,
                leaning_s: 0,
                lying_s: 0,
                moving_s: 0,
                not_worn_s: 0,
                mean_pitch_ddeg: 0,
                nudges: 0,
            };
            self.memory.keep(self.boot_id, ticks, minute);
        }
    }

    fn drain(&mut self, dt_ms: u64) {
        let output = if self.channels.iter().any(|channel| channel.output_dma > 0.0) { 2.0 } else { 1.0 };
        self.battery = (self.battery - DRAIN_PER_HOUR * output * as_f64(dt_ms) / 3_600_000.0).max(0.0);
    }

    fn feel_pads(&mut self, body: &Body) {
        let mut off = false;
        let mut changed = Vec::new();
        for (index, channel) in self.channels.iter_mut().enumerate() {
            let contact = body.contact(index);
            if contact != channel.contact {
                changed.push((index, contact));
                channel.contact = contact;
            }
            off |= channel.used() && contact == Contact::Off;
        }
        if let Some(session_id) = self.session.as_ref().filter(|_| self.in_session()).map(|session| session.id) {
            for (index, contact) in changed {
                let channel = u8::try_from(index).unwrap_or(u8::MAX);
                self.keep(RecordEvent::ContactChanged { session_id, channel, contact });
            }
        }
        if off && self.in_session() {
            self.cut_output();
            if self.state == DeviceState::Running {
                self.pause(Reason::PadsOff);
            }
        }
    }

    fn check_faults(&mut self) {
        let fresh = self.fault_causes.without(self.faults);
        if !fresh.is_empty() {
            self.faults = self.faults.with(fresh);
            let faults = self.faults;
            self.keep(RecordEvent::Fault { faults });
        }
        if self.faults.forbid_therapy() {
            if self.faults.contains(Faults::OVER_CURRENT) {
                self.cut_output();
            }
            self.stop(Reason::Fault);
        }
        if self.battery < BATTERY_STOP {
            self.stop(Reason::LowBattery);
        }
    }

    fn check_session(&mut self, dt_ms: u64) {
        let (state, ticks) = (self.state, self.ticks);
        let Some(session) = &mut self.session else { return };
        match state {
            DeviceState::Running => {
                session.elapsed_ms = (session.elapsed_ms + dt_ms).min(session.duration_ms);
                if session.elapsed_ms >= session.duration_ms {
                    self.stop(Reason::Completed);
                } else if ticks.saturating_sub(session.heard) > session.grace_ms {
                    self.pause(Reason::LinkLost);
                }
            }
            DeviceState::Paused if ticks.saturating_sub(session.paused) >= PAUSE_MAX_MS => {
                self.stop(Reason::PauseTooLong);
            }
            DeviceState::Paused | DeviceState::Stopping | DeviceState::Idle => {}
        }
    }

    fn finish_stopping(&mut self) {
        if self.state != DeviceState::Stopping || self.channels.iter().any(|channel| channel.output_dma > 0.0) {
            return;
        }
        self.state = DeviceState::Idle;
        let reason = self.reason;
        if let Some(session) = &self.session {
            let max: Vec<u16> = self.channels.iter().map(|channel| ceil_u16(channel.max_dma)).collect();
            if let Some(max_delivered_dma) = PerChannel::from_slice(&max) {
                let (session_id, elapsed_s) = (session.id, ceil_s(session.elapsed_ms));
                self.keep(RecordEvent::SessionEnded { session_id, reason, elapsed_s, max_delivered_dma });
            }
        }
    }

    fn pause(&mut self, reason: Reason) {
        self.state = DeviceState::Paused;
        self.reason = reason;
        self.ramp_to_zero();
        let ticks = self.ticks;
        if let Some(session) = &mut self.session {
            session.paused = ticks;
            let session_id = session.id;
            self.keep(RecordEvent::SessionPaused { session_id, reason });
        }
    }

    pub(crate) fn stop(&mut self, reason: Reason) {
        if matches!(self.state, DeviceState::Running | DeviceState::Paused) {
            self.state = DeviceState::Stopping;
            self.reason = reason;
            self.ramp_to_zero();
        }
    }

    pub(crate) fn press_button(&mut self) {
        self.keep(RecordEvent::Button);
        self.stop(Reason::Button);
    }

    fn lease_left_ms(&self) -> Option<u64> {
        let session = self.session.as_ref().filter(|_| self.state == DeviceState::Running)?;
        Some(session.grace_ms.saturating_sub(self.ticks.saturating_sub(session.heard)))
    }

    /// Whether output may rise: the link is up and the app was heard lately.
    fn may_rise(&self) -> bool {
        let grace_ms = self.session.as_ref().map_or(0, |session| session.grace_ms);
        self.linked && self.lease_left_ms().is_some_and(|left_ms| left_ms * 2 >= grace_ms)
    }

    pub(crate) fn set_clock(&mut self, utc_s: u64) {
        self.utc_offset_s = Some(utc_s.saturating_sub(self.ticks / 1_000));
        self.keep(RecordEvent::ClockSet { utc_s });
    }

    pub(crate) fn clock(&self) -> ElapsedTime {
        match self.utc_offset_s {
            Some(offset_s) => ElapsedTime::Utc { seconds: offset_s + self.ticks / 1_000, source: 0 },
            None => ElapsedTime::Ticks { ms: self.ticks },
        }
    }

    /// The status, true or as the lie has it.
    pub(crate) fn status(&mut self) -> Status {
        let mut status = self.true_status();
        match self.lie {
            None => self.frozen = None,
            Some(Lie::Frozen) => status = *self.frozen.get_or_insert(status),
            Some(Lie::NoCurrent) => {
                status.channels = status.channels.map(|channel| ChannelStatus { delivered_dma: 0, ..channel });
            }
            Some(Lie::Idle) => {
                status.state = DeviceState::Idle;
                status.channels =
                    status.channels.map(|channel| ChannelStatus { target_dma: 0, delivered_dma: 0, ..channel });
            }
        }
        status
    }

    fn true_status(&self) -> Status {
        let channels: Vec<ChannelStatus> = self.channels.iter().map(Channel::status).collect();
        let session = self.session.as_ref();
        let left_ms =
            session.filter(|_| self.in_session()).map_or(0, |session| session.duration_ms - session.elapsed_ms);
        Status {
            boot_id: self.boot_id,
            ticks: self.ticks(),
            state: self.state,
            reason: self.reason,
            session_id: session.map_or(0, |session| session.id),
            mode: session.map(|session| session.programme.mode),
            elapsed_s: session.map_or(0, |session| ceil_s(session.elapsed_ms)),
            remaining_s: ceil_s(left_ms),
            lease_s: self.lease_left_ms().map_or(0, |ms| u8::try_from(ms.div_ceil(1_000)).unwrap_or(u8::MAX)),
            last_sequence: self.newest.as_ref().map(|newest| newest.sequence),
            last_opcode: self.newest.as_ref().map_or(0, |newest| newest.opcode),
            last_result: self.newest.as_ref().map_or(ResultCode::Accepted, |newest| newest.result),
            faults: self.faults,
            battery_percent: self.battery_percent(),
            channels: PerChannel::from_slice(&channels).unwrap_or(PerChannel::one(ChannelStatus::default())),
        }
    }

    pub(crate) fn battery_percent(&self) -> u8 {
        u8::try_from(ceil_u16(self.battery)).unwrap_or(100).min(100)
    }

    fn mode(&self) -> Option<Mode> {
        self.session.as_ref().map(|session| session.programme.mode)
    }

    fn answer(&self, opcode: u8, sequence: Sequence, result: ResultCode) -> Response {
        Response { opcode, sequence, result, boot_id: self.boot_id, ticks: self.ticks() }
    }

    /// Changes of what this gives are told at once.
    pub(crate) fn shown(&self) -> impl PartialEq + Clone + std::fmt::Debug + use<> {
        let channels: Vec<_> = self.channels.iter().map(|channel| (channel.target_dma, channel.contact)).collect();
        let newest = self.newest.as_ref().map(|newest| newest.sequence);
        (self.state, self.reason, channels, self.faults, newest, self.mode())
    }

    /// How things are with the session.
    pub(crate) fn turn(&self, at_ms: u64, linked: bool) -> Turn {
        let session_id = self.session.as_ref().map_or(0, |session| session.id);
        Turn { at_ms, boot_id: self.boot_id, state: self.state, reason: self.reason, session_id, linked }
    }

    /// The command it has just taken, if the last frame was one.
    pub(crate) fn take_taken(&mut self, at_ms: u64) -> Option<Taken> {
        let (sequence, command, result) = self.taken.take()?;
        Some(Taken { at_ms, boot_id: self.boot_id, sequence, command, result })
    }

    /// What really flows, in 0.1 mA.
    pub(crate) fn true_currents_dma(&self) -> Vec<f64> {
        self.channels.iter().map(|channel| channel.delivered_dma).collect()
    }

    pub(crate) fn targets_dma(&self) -> Vec<u16> {
        self.channels.iter().map(|channel| channel.target_dma).collect()
    }
}

fn ceil_s(ms: u64) -> u16 {
    u16::try_from(ms.div_ceil(1_000)).unwrap_or(u16::MAX)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Clamped before.
fn ceil_u16(value: f64) -> u16 {
    value.ceil().clamp(0.0, f64::from(u16::MAX)) as u16
}
