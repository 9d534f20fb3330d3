//! The design mistakes carried out: hooks around the machine's inputs and effects, each of which does nothing unless its
//! mistake is under test.

use lumbra_domain::therapy::{
    CommandId, DeviceMoment, DeviceReport, DeviceState, Input, Order, OrderKind, Outcome, Rejection, SessionEnd,
    SessionEvent, SessionId, SessionOutcome, Taken, VALID_FOR_MS,
};
use lumbra_domain::units::Milliamps;

use crate::air::{Down, Downward};
use crate::bounds::GRACE_S;
use crate::device::{Command, Frame};
use crate::mistakes::Mistake;
use crate::rules::Rules;
use crate::world::World;

impl World {
    // --- wishes ---

    /// Whether a stop is passed on now.
    pub(crate) fn slip_stop(&mut self, rules: &Rules) -> bool {
        let held = rules.has(Mistake::QueueStop) && self.app.therapy.awaits_answer();
        if held {
            self.ghost.stop_wished();
            self.app.slip.stop_held = true;
        }
        !held
    }

    /// The person's intensity has become an order.
    pub(crate) fn slip_asked(&mut self, rules: &Rules, dma: u16) {
        let remembers = [Mistake::RestoreAfterReconnect, Mistake::ResumeRestores, Mistake::JudgeByAsked];
        if remembers.into_iter().any(|mistake| rules.has(mistake)) {
            self.app.slip.asked_dma = Some(dma);
        }
    }

    /// What a new intensity is judged against.
    pub(crate) fn slip_current(&self, rules: &Rules, reported: Option<Vec<Milliamps>>) -> Option<Vec<Milliamps>> {
        match self.app.slip.asked_dma.filter(|_| rules.has(Mistake::JudgeByAsked)) {
            Some(asked) => Some(vec![Milliamps::from_tenths(asked)]),
            None => reported,
        }
    }

    // --- inputs ---

    /// What the machine gets to see, if anything.
    pub(crate) fn slip_input(&mut self, rules: &Rules, input: Input) -> Option<Input> {
        let Some(mistake) = rules.mistake else { return Some(input) };
        match (mistake, input) {
            (Mistake::RefusalAsLost, Input::Reply { sequence, taken: Taken::Refused(_), .. })
                if self.app.slip.raise.is_some_and(|raise| number_of(raise) == Some(sequence)) =>
            {
                self.send_raise_again(None);
                None
            }
            (Mistake::InvertedStop, Input::Report(report)) if self.app.therapy.is_stopping() && report.in_session() => {
                Some(Input::Report(DeviceReport { state: DeviceState::Idle, ..report }))
            }
            (Mistake::ReuseNumbers, Input::Report(report)) if self.app.slip.restarted => {
                let newest = report.newest.filter(|newest| self.app.slip.ours.contains(&newest.sequence));
                Some(Input::Report(DeviceReport { newest, ..report }))
            }
            (Mistake::StaleAfterReconnect, Input::Report(report)) => {
                self.app.slip.known = Some((report.clone(), self.now_ms));
                Some(Input::Report(report))
            }
            (_, input) => Some(input),
        }
    }

    /// The first report of a connection.
    pub(crate) fn slip_first_report(&self, rules: &Rules, report: DeviceReport) -> DeviceReport {
        match &self.app.slip.known {
            // What an open order waits for is never made up: that would be another mistake.
            Some((known, known_ms)) if rules.has(Mistake::StaleAfterReconnect) && !self.app.therapy.awaits_answer() => {
                let at = DeviceMoment(known.at.0 + (self.now_ms - known_ms));
                DeviceReport { at, ..known.clone() }
            }
            _ => report,
        }
    }

    /// Just before the machine hears of it.
    pub(crate) fn slip_link_lost(&mut self, rules: &Rules) {
        if !rules.has(Mistake::EndAtLinkLoss) {
            return;
        }
        let Some(session) = self.app.therapy.session().filter(|session| session.begun) else { return };
        let end = SessionEnd {
            id: session.id,
            outcome: SessionOutcome::NotSeen,
            elapsed_s: session.elapsed_s,
            max_delivered: session.max_delivered,
            uncertain: false,
        };
        self.app.journal.tell(Some(end.id), SessionEvent::Ended(end), end.elapsed_s);
        self.ghost.told(SessionEvent::Ended(end));
    }

    // --- effects ---

    /// Whether a frame is sent at all.
    pub(crate) fn slip_send(&mut self, rules: &Rules, frame: Frame) -> bool {
        if !rules.has(Mistake::StopOnce) || frame.command != Command::Stop {
            return true;
        }
        self.app.slip.stop_sent.replace(frame.sequence) != Some(frame.sequence)
    }

    /// A frame was sent.
    pub(crate) fn slip_sent(&mut self, rules: &Rules, down: Down, frame: Frame) {
        let Some(mistake) = rules.mistake else { return };
        let slip = &mut self.app.slip;
        let can_raise =
            matches!(frame.command, Command::Start { .. } | Command::SetIntensity { .. } | Command::Resume { .. });
        match mistake {
            Mistake::RepeatAsKeepAlive | Mistake::RetryUnknownStart | Mistake::RefusalAsLost => {
                slip.number = slip.number.max(frame.sequence);
                if can_raise {
                    slip.raise = Some(down);
                }
            }
            Mistake::ReuseNumbers if !slip.ours.contains(&frame.sequence) => slip.ours.push(frame.sequence),
            Mistake::ConfirmOnWrite if frame.command != Command::Stop => {
                let (boot, sequence) = (self.device.boot, frame.sequence);
                self.feed(rules, Input::Reply { boot, sequence, taken: Taken::Accepted });
            }
            _ => {}
        }
    }

    /// The lease falls due.
    pub(crate) fn slip_keep_alive(&mut self, rules: &Rules, session: SessionId) {
        match rules.mistake {
            Some(Mistake::RepeatAsKeepAlive) if self.app.slip.raise.is_some() => self.send_raise_again(None),
            Some(Mistake::BlindKeepAlive) => {}
            _ => self.keep_alive(session),
        }
    }

    /// Whether a word on a command is passed on.
    pub(crate) fn slip_settle(&mut self, rules: &Rules, command: CommandId, outcome: Outcome, last: bool) -> bool {
        match rules.mistake {
            Some(Mistake::SilenceAsFailure) if outcome == Outcome::Unknown && !last => {
                self.app.slip.failed = Some(command);
                self.settle(command, Outcome::Rejected(Rejection::NotDelivered), true);
                false
            }
            Some(Mistake::SilenceAsFailure) => self.app.slip.failed != Some(command),
            Some(Mistake::RetryUnknownStart) if outcome == Outcome::Unknown && !last => {
                if self.app.therapy.open_order() == Some(OrderKind::Start) {
                    self.app.sessions += 1;
                    self.send_raise_again(SessionId::new(self.app.sessions));
                }
                true
            }
            Some(Mistake::ResumeRestores) if outcome == Outcome::Confirmed => {
                let resumed = self.app.journal.open.iter().find(|intent| intent.command == command);
                if resumed.is_some_and(|intent| intent.kind == OrderKind::Resume) {
                    self.app.slip.restore_dma = self.app.slip.asked_dma;
                }
                true
            }
            _ => true,
        }
    }

    /// What is told of a session.
    pub(crate) fn slip_event(rules: &Rules, event: SessionEvent, session: Option<(SessionId, u32)>) -> SessionEvent {
        match (event, session) {
            (SessionEvent::Ended(end), Some((id, seen_s))) if rules.has(Mistake::DoseAsSeen) && id == end.id => {
                let elapsed_s = if end.uncertain { seen_s } else { end.elapsed_s };
                SessionEvent::Ended(SessionEnd { elapsed_s, ..end })
            }
            _ => event,
        }
    }

    /// After each input.
    pub(crate) fn slip_after(&mut self, rules: &Rules, ticked: bool) {
        match rules.mistake {
            Some(Mistake::QueueStop) if self.app.slip.stop_held && !self.app.therapy.awaits_answer() => {
                self.app.slip.stop_held = false;
                self.order(rules, Order::Stop);
            }
            Some(Mistake::RestoreAfterReconnect) if !self.device.linked => {
                self.app.slip.restore_dma = self.app.slip.asked_dma;
            }
            Some(Mistake::RestoreAfterReconnect | Mistake::ResumeRestores) => self.restore(rules),
            Some(Mistake::BlindKeepAlive) if ticked && self.device.linked => {
                let every_ms = u64::from(GRACE_S) * 1_000 / 3;
                let due = self.app.slip.kept_alive_ms.is_none_or(|kept| self.now_ms - kept >= every_ms);
                if let Some(session) = self.app.therapy.session().map(|session| session.id).filter(|_| due) {
                    self.app.slip.kept_alive_ms = Some(self.now_ms);
                    self.keep_alive(session);
                }
            }
            _ => {}
        }
    }

    /// Sets the former intensity as soon as the session is seen running without it.
    fn restore(&mut self, rules: &Rules) {
        let Some(dma) = self.app.slip.restore_dma else { return };
        if self.app.therapy.awaits_answer() || self.app.sees(self.now_ms) != Some(DeviceState::Running) {
            return;
        }
        self.app.slip.restore_dma = None;
        let now = self.app.moment(self.now_ms);
        let current = self.app.therapy.reading(now).certain().map(DeviceReport::targets);
        let wanted = [Milliamps::from_tenths(dma)];
        let order = self.approval().and_then(|(session, approved)| {
            let targets = approved.approve_targets(current.as_deref(), &wanted, None).ok()?;
            targets.rises().then_some(Order::SetIntensity { session, targets })
        });
        if let Some(order) = order {
            self.app.wish_fresh = false;
            self.order(rules, order);
        }
    }

    /// Sends the newest frame that can raise once more, under a new number and with new validity.
    fn send_raise_again(&mut self, as_session: Option<SessionId>) {
        let Some(Down { what: Downward::Command(frame), command, fresh, .. }) = self.app.slip.raise else { return };
        if !self.device.linked {
            return;
        }
        let expires_ms = self.device.ticks_ms + VALID_FOR_MS;
        let command_again = match frame.command {
            Command::Start { session, setup, .. } => {
                Command::Start { session: as_session.unwrap_or(session), expires_ms, setup }
            }
            Command::SetIntensity { session, target_dma, .. } => {
                Command::SetIntensity { session, expires_ms, target_dma }
            }
            Command::Resume { session, .. } => Command::Resume { session, expires_ms },
            other => other,
        };
        self.app.slip.number += 1;
        let frame = Frame { sequence: self.app.slip.number, command: command_again };
        let fresh = fresh && self.app.wish_fresh;
        let down = Down { sent_ms: self.now_ms, what: Downward::Command(frame), command, fresh };
        self.app.slip.raise = Some(down);
        self.air.send_down(down);
    }
}

const fn number_of(down: Down) -> Option<u16> {
    match down.what {
        Downward::Command(frame) => Some(frame.sequence),
        Downward::KeepAlive(_) => None,
    }
}
