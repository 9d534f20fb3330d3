//! What time brings: repeating, doubting, renewing the lease; and how old a reading is.

use super::machine::{
    ASK_AFTER_MS, CERTAIN_FOR_MS, CERTAIN_IDLE_FOR_MS, Effect, Pending, REPEAT_MS, REPLY_WITHIN_MS, SILENT_AFTER_MS,
    SILENT_IDLE_AFTER_MS, STOP_WITHIN_MS, Therapy,
};
use super::order::{OrderKind, Outcome, SettledBy};
use super::report::{DeviceState, Moment};
use super::session::Session;
use super::view::Reading;

impl Therapy {
    pub(super) fn tick(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.tick_pending(now, effects);
        self.tick_stop(now, effects);
        if self.link.is_none() {
            return;
        }
        let busy = self.is_busy();
        let silent_ms = self.silent_ms(now);
        if silent_ms >= if busy { SILENT_AFTER_MS } else { SILENT_IDLE_AFTER_MS } {
            effects.push(Effect::DropLink);
            return;
        }
        let asked_lately = self.asked_status.is_some_and(|asked| now.since_ms(asked) < ASK_AFTER_MS);
        if busy && silent_ms >= ASK_AFTER_MS && !asked_lately {
            self.ask_status(now, effects);
        }
        self.keep_alive(now, effects);
    }

    fn tick_pending(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let linked = self.link.is_some();
        let Some(sent) = self.pending.as_ref().and_then(|pending| pending.sent) else {
            return;
        };
        if !sent.unknown && now.since_ms(sent.at) >= REPLY_WITHIN_MS {
            self.doubt_pending(effects);
            if linked {
                self.ask_status(now, effects);
            }
        }
        let link = self.link;
        let Some(Pending { intent, order: Some(order), sent: Some(sent) }) = &mut self.pending else {
            return;
        };
        let repeat = intent.kind.may_repeat() && link.is_some() && sent.connection == link;
        if repeat && now.since_ms(sent.last_at) >= REPEAT_MS {
            sent.last_at = now;
            effects.push(Effect::Send { sequence: intent.sequence, order: order.clone(), expires: None });
        }
    }

    fn tick_stop(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let link = self.link;
        let Some(stop) = &mut self.stop else { return };
        if !stop.told && now.since_ms(stop.asked) >= STOP_WITHIN_MS {
            stop.told = true;
            for command in &stop.commands {
                let outcome = Outcome::Unknown;
                effects.push(Effect::Settle { command: *command, outcome, by: SettledBy::Timeout, last: false });
            }
        }
        let due = stop.sent.is_none_or(|(at, connection)| Some(connection) != link || now.since_ms(at) >= REPEAT_MS);
        if due && !stop.taken {
            self.send_stop(now, effects);
        }
    }

    /// The lease is renewed only while the device is known to run this session, so that nothing runs on
    /// that nobody sees.
    fn keep_alive(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let Some(session) = self.session.as_ref().filter(|_| self.stop.is_none()) else {
            return;
        };
        let runs = self
            .reading(now)
            .certain()
            .is_some_and(|report| report.session == Some(session.id) && report.state == DeviceState::Running);
        let every_ms = u64::from(session.grace_s) * 1_000 / 3;
        let due = self.kept_alive.is_none_or(|kept| now.since_ms(kept) >= every_ms);
        if runs && due {
            effects.push(Effect::KeepAlive { sequence: self.sequence.max(1), session: session.id });
            self.kept_alive = Some(now);
        }
    }

    // --- what is known ---

    /// The device's values, and whether they are of now.
    pub fn reading(&self, now: Moment) -> Reading<'_> {
        let Some(latest) = &self.latest else {
            return Reading::None;
        };
        let age_ms = self.device_now(now).map_or(u64::MAX, |device_now| device_now.saturating_sub(latest.report.at.0));
        let certain_for_ms = if latest.report.in_session() { CERTAIN_FOR_MS } else { CERTAIN_IDLE_FOR_MS };
        if self.link == Some(latest.connection) && age_ms <= certain_for_ms {
            Reading::Now(&latest.report)
        } else {
            Reading::Old { report: &latest.report, age_ms }
        }
    }

    /// The device's clock, at the earliest it can be.
    pub(super) fn device_now(&self, now: Moment) -> Option<u64> {
        self.clock.and_then(|clock| u64::try_from(signed(now.0) - clock.offset_ms).ok())
    }

    /// How long nothing was heard that had to be: on this link, and since the device was roused from its rest.
    fn silent_ms(&self, now: Moment) -> u64 {
        let linked_ms = now.since_ms(self.roused.map_or(self.linked_at, |roused| roused.max(self.linked_at)));
        match self.reading(now) {
            Reading::Now(report) | Reading::Old { report, .. } => {
                let age_ms = self.device_now(now).map_or(u64::MAX, |device| device.saturating_sub(report.at.0));
                age_ms.min(linked_ms)
            }
            Reading::None => linked_ms,
        }
    }

    /// When the device is at zero, should it hear nothing more. On a link that is up a frame of before may reach it even now;
    /// an earlier run of the app was last heard before this one began.
    pub(super) fn zero_by(&self, session: &Session, now: Moment) -> Moment {
        let heard = if self.is_linked() { now } else { self.lost_at.unwrap_or_default() };
        let within_ms = u64::from(session.grace_s) * 1_000 + u64::from(session.ramp_down_ms);
        Moment(heard.0.saturating_add(within_ms))
    }

    /// Whether there is a link.
    pub const fn is_linked(&self) -> bool {
        self.link.is_some()
    }

    /// Whether a stop was asked for and is not done.
    pub const fn is_stopping(&self) -> bool {
        self.stop.is_some()
    }

    /// The session under way, or possibly under way.
    pub const fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The order that is open, if any.
    pub fn open_order(&self) -> Option<OrderKind> {
        self.pending.as_ref().map(|pending| pending.intent.kind)
    }

    /// Whether the device has yet to answer an order, or to show what came of it: the next order is judged
    /// by a state that has the last one in it.
    pub fn awaits_answer(&self) -> bool {
        self.pending.is_some() || self.unshown.is_some()
    }

    /// Whether the open order's outcome is unknown.
    pub fn has_unknown(&self) -> bool {
        self.pending.as_ref().and_then(|pending| pending.sent).is_some_and(|sent| sent.unknown)
    }

    pub(super) fn runs_foreign_session(&self) -> bool {
        self.latest.as_ref().is_some_and(|latest| {
            let ours = self.session.as_ref().map(|session| session.id);
            latest.report.in_session() && latest.report.session != ours
        })
    }
}

pub(super) fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
