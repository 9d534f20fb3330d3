//! The small device that chance plays with: by the profile's sections 5 and 7, with one channel.

use crate::programme::Mode;
use crate::therapy::play::GRACE_MS;
use crate::therapy::*;
use crate::units::{Milliamps, Percent};

/// A device by the profile's sections 5 and 7, with one channel.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) boot: u32,
    pub(super) booted: u64,
    pub(super) state: DeviceState,
    pub(super) reason: Reason,
    pub(super) session: Option<SessionId>,
    pub(super) newest: Option<(u16, Taken)>,
    pub(super) target: u16,
    pub(super) heard: u64,
    pub(super) applied: Vec<u16>,
    pub(super) interrupted: u32,
    pub(super) rises_by: Option<u32>,
}

/// A frame on its way to the device, with how often output was interrupted when the person asked for it.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) sequence: u16,
    pub(super) order: Option<Order>,
    pub(super) session: Option<SessionId>,
    pub(super) expires: Option<DeviceMoment>,
}

impl Device {
    pub(super) fn new(boot: u32, now: u64) -> Self {
        Self {
            boot,
            booted: now,
            state: DeviceState::Idle,
            reason: Reason::None,
            session: None,
            newest: None,
            target: 0,
            heard: now,
            applied: Vec::new(),
            interrupted: 0,
            rises_by: None,
        }
    }

    fn ticks(&self, now: u64) -> u64 {
        now - self.booted
    }

    pub(super) fn interrupt(&mut self, state: DeviceState, reason: Reason) {
        self.state = state;
        self.reason = reason;
        self.target = 0;
        self.interrupted += 1;
    }

    pub(super) fn pass(&mut self, now: u64) {
        if self.state == DeviceState::Running && now - self.heard > GRACE_MS {
            self.interrupt(DeviceState::Paused, Reason::LinkLost);
        }
    }

    pub(super) fn take(&mut self, frame: &Frame, now: u64) -> Option<(u16, Taken)> {
        let Some(order) = &frame.order else {
            if frame.session == self.session {
                self.heard = now;
            }
            return None;
        };
        let newer = self.newest.is_none_or(|(newest, _)| {
            let ahead = frame.sequence.wrapping_sub(newest);
            ahead != 0 && ahead < 0x8000
        });
        if !newer && *order != Order::Stop {
            let repeated = self.newest.filter(|(newest, _)| *newest == frame.sequence);
            let taken = repeated.map_or(Taken::Refused(DeviceRefusal::Stale), |(_, taken)| taken);
            return Some((frame.sequence, taken));
        }
        let taken = self.apply(order, frame, now);
        if newer {
            self.newest = Some((frame.sequence, taken));
            assert!(!self.applied.contains(&frame.sequence), "a number was applied twice");
            self.applied.push(frame.sequence);
        }
        Some((frame.sequence, taken))
    }

    fn apply(&mut self, order: &Order, frame: &Frame, now: u64) -> Taken {
        let late = frame.expires.is_none_or(|expires| self.ticks(now) > expires.0);
        let no = |why| Taken::Refused(why);
        match order {
            Order::Stop => {
                if self.state != DeviceState::Idle {
                    self.interrupt(DeviceState::Idle, Reason::App);
                }
            }
            _ if order.kind().can_raise() && late => return no(DeviceRefusal::Expired),
            Order::Start { session, .. } => {
                if self.state != DeviceState::Idle || self.session == Some(*session) {
                    return no(DeviceRefusal::InvalidState);
                }
                self.state = DeviceState::Running;
                self.reason = Reason::None;
                self.session = Some(*session);
                self.heard = now;
            }
            _ if order.session().is_some() && order.session() != self.session => {
                return no(DeviceRefusal::WrongSession);
            }
            Order::SetIntensity { targets, .. } => {
                if self.state != DeviceState::Running {
                    return no(DeviceRefusal::InvalidState);
                }
                let target = targets.targets()[0].tenths();
                if target > self.target {
                    self.rises_by = Some(self.interrupted);
                }
                self.target = target;
                self.heard = now;
            }
            Order::Pause { .. } if self.state == DeviceState::Running => {
                self.interrupt(DeviceState::Paused, Reason::App);
            }
            Order::Resume { .. } if self.state == DeviceState::Paused => {
                self.state = DeviceState::Running;
                self.reason = Reason::None;
                self.heard = now;
            }
            Order::Pause { .. } | Order::Resume { .. } => return no(DeviceRefusal::InvalidState),
            Order::ClearFaults | Order::Device(_) => {}
        }
        Taken::Accepted
    }

    pub(super) fn report(&self, now: u64) -> DeviceReport {
        DeviceReport {
            boot: BootId(self.boot),
            at: DeviceMoment(self.ticks(now)),
            state: self.state,
            reason: self.reason,
            session: self.session,
            mode: self.session.map(|_| Mode::Conventional),
            elapsed_s: 0,
            remaining_s: 0,
            lease_s: 0,
            newest: self.newest.map(|(sequence, taken)| Newest { sequence, taken }),
            faults: 0,
            faults_forbid_therapy: false,
            battery: Percent::saturating(90),
            channels: vec![ChannelReport {
                target: Milliamps::from_tenths(self.target),
                delivered: Milliamps::from_tenths(self.target),
                contact: Contact::Good,
                impedance: None,
            }],
        }
    }
}
