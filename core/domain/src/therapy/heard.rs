//! What the device says: answers, reports, and what they settle.

use super::machine::{Clock, DRIFT_MS, Effect, Latest, Pending, Stop, Therapy};
use super::order::{Intent, OrderKind, Outcome, SettledBy};
use super::report::{BootId, DeviceMoment, DeviceRefusal, DeviceReport, DeviceState, Moment, Newest, Taken};
use super::session::{SessionEvent, SessionOutcome};
use super::settle::{outcome_of, settle};
use super::time::signed;

impl Therapy {
    pub(super) fn reply(&mut self, boot: BootId, sequence: u16, taken: Taken, now: Moment, effects: &mut Vec<Effect>) {
        let taken_stop =
            |stop: &&mut Stop| stop.sent.is_some() && stop.sequence == sequence && taken == Taken::Accepted;
        if let Some(stop) = self.stop.as_mut().filter(taken_stop) {
            stop.taken = true;
            settle_stop(stop, Outcome::Confirmed, SettledBy::Reply, effects);
        }
        let is_answered = |pending: &mut Pending| {
            pending.sent.is_some() && pending.intent.sequence == sequence && pending.intent.boot == Some(boot)
        };
        if taken == Taken::Refused(DeviceRefusal::Stale) && self.pending.as_mut().is_some_and(is_answered) {
            // A newer command came first. What became of this one before that, only the status tells: the answer may
            // be to a repetition.
            self.ask_status(now, effects);
            return;
        }
        let answered = self.pending.take_if(is_answered);
        if let Some(Pending { intent, .. }) = answered {
            self.unshown = Some(sequence).filter(|_| taken == Taken::Accepted);
            self.settle_pending(&intent, outcome_of(taken), SettledBy::Reply, effects);
        }
    }

    pub(super) fn report(&mut self, report: DeviceReport, now: Moment, effects: &mut Vec<Effect>) {
        let Some(connection) = self.link else { return };
        let before = self.latest.take();
        let goes_back = |before: &&Latest| before.report.boot == report.boot && report.at < before.report.at;
        if let Some(earlier) = before.as_ref().filter(goes_back) {
            if earlier.connection == connection {
                // Overtaken on its way: it tells of the past.
                self.latest = before;
                return;
            }
            // Nothing overtakes from one link to the next, and the ticks of a boot never go back: what was told before was
            // not true. Believed, it would make everything that follows look old.
            self.clock = None;
        }
        self.set_clock(&report, now);
        self.roused = None;
        let newest = report.newest.map(|newest| newest.sequence);
        let rebooted = before.as_ref().is_some_and(|before| before.report.boot != report.boot);
        self.unshown.take_if(|unshown| rebooted || newest.is_some_and(|newest| !is_newer(*unshown, newest)));
        let newer = |newest: &Newest| is_newer(newest.sequence, self.sequence) || self.sequence == 0;
        if let Some(newest) = report.newest.filter(newer) {
            self.sequence = newest.sequence;
        }
        let settled = self.pending.take_if(|pending| {
            pending
                .sent
                .is_some_and(|sent| settle(&pending.intent, &report, sent.connection != Some(connection)).is_some())
        });
        if let Some(Pending { intent, sent, .. }) = settled {
            let reconnected = sent.is_some_and(|sent| sent.connection != Some(connection));
            if let Some((outcome, by)) = settle(&intent, &report, reconnected) {
                self.settle_pending(&intent, outcome, by, effects);
            }
        }
        self.observe(before.as_ref().map(|before| &before.report), &report, now, effects);
        self.check_stop(&report, effects);
        self.latest = Some(Latest { report, connection });
    }

    fn observe(
        &mut self,
        before: Option<&DeviceReport>,
        report: &DeviceReport,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        // Not when it arrived: what the device did while it was on its way must count, should nothing more be heard.
        let age_ms = self.device_now(now).map_or(0, |device_now| device_now.saturating_sub(report.at.0));
        let may_begin = self.awaits_answer();
        let Some(session) = &mut self.session else { return };
        if session.boot != report.boot {
            let event = if session.begun {
                SessionEvent::Ended(session.unseen_end(SessionOutcome::DeviceRestarted, now))
            } else {
                SessionEvent::NotBegun(session.id)
            };
            effects.push(Effect::Tell(event));
            self.session = None;
            return;
        }
        let (events, over) = session.observe(before, report, Moment(now.0.saturating_sub(age_ms)), now);
        effects.extend(events.into_iter().map(Effect::Tell));
        if over {
            self.session = None;
        } else if !session.begun && !may_begin && report.session != Some(session.id) {
            effects.push(Effect::Tell(SessionEvent::NotBegun(session.id)));
            self.session = None;
        }
    }

    /// A stop is over when the device is at zero or on its way, and nothing that could still arrive can
    /// change that.
    fn check_stop(&mut self, report: &DeviceReport, effects: &mut Vec<Effect>) {
        // A command that was answered is still to be shown: a report may be older than the answer.
        let may_still_start =
            self.unshown.is_some() || self.pending.as_ref().is_some_and(|pending| pending.intent.kind.can_raise());
        let Some(stop) = &mut self.stop else { return };
        let at_zero = matches!(report.state, DeviceState::Idle | DeviceState::Stopping);
        let seen = report.newest.is_some_and(|newest| newest.sequence == stop.sequence);
        if at_zero && (seen || stop.taken || !may_still_start) {
            settle_stop(stop, Outcome::Confirmed, SettledBy::Status, effects);
            self.stop = None;
        } else if !at_zero && seen {
            // The device says that it took the stop and that it has not stopped: insist.
            stop.taken = false;
        }
    }

    fn set_clock(&mut self, report: &DeviceReport, now: Moment) {
        let offset_ms = signed(now.0) - signed(report.at.0);
        self.clock = match self.clock {
            Some(clock) if clock.boot == report.boot => {
                let seconds = report.at.0.saturating_sub(clock.drifted.0) / 1_000;
                let drift_ms = signed(seconds).saturating_mul(DRIFT_MS);
                Some(Clock {
                    offset_ms: clock.offset_ms.saturating_add(drift_ms).min(offset_ms),
                    drifted: DeviceMoment(clock.drifted.0.saturating_add(seconds * 1_000)),
                    ..clock
                })
            }
            _ => Some(Clock { boot: report.boot, offset_ms, drifted: report.at }),
        };
    }

    // --- settling ---

    fn settle_pending(&mut self, intent: &Intent, outcome: Outcome, by: SettledBy, effects: &mut Vec<Effect>) {
        effects.push(Effect::Settle { command: intent.command, outcome, by, last: true });
        let not_begun = intent.kind == OrderKind::Start && matches!(outcome, Outcome::Rejected(_));
        let ended = self.session.take_if(|session| not_begun && Some(session.id) == intent.session && !session.begun);
        if let Some(session) = ended {
            effects.push(Effect::Tell(SessionEvent::NotBegun(session.id)));
        }
    }

    /// The answer of an order that was sent may be lost: say so, once.
    pub(super) fn doubt_pending(&mut self, effects: &mut Vec<Effect>) {
        let Some(pending) = &mut self.pending else { return };
        let Some(sent) = &mut pending.sent else { return };
        if !sent.unknown {
            sent.unknown = true;
            effects.push(Effect::Settle {
                command: pending.intent.command,
                outcome: Outcome::Unknown,
                by: SettledBy::Timeout,
                last: false,
            });
        }
    }
}

fn settle_stop(stop: &mut Stop, outcome: Outcome, by: SettledBy, effects: &mut Vec<Effect>) {
    for command in stop.commands.drain(..) {
        effects.push(Effect::Settle { command, outcome, by, last: true });
    }
}

/// Whether a number comes after another within half the circle of 65,536.
pub(super) const fn is_newer(number: u16, than: u16) -> bool {
    let ahead = number.wrapping_sub(than);
    ahead != 0 && ahead < 0x8000
}
