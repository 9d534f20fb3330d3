//! What the state machine wants done, and what becomes of commands.

use lumbra_domain::therapy::{
    BootId, CommandId, DeviceReport, Effect, Input, Intent, Moment, Order, OrderKind, Outcome, SessionEvent, SessionId,
};
use lumbra_protocol::Endpoint;
use tokio::time::Instant;

use super::task::{Approved, Done, Task};
use crate::driver;
use crate::error::Error;
use crate::event::{DeviceEvent, EventKind};
use crate::ids;

impl Task {
    /// Takes a report that was true at a moment, or after it.
    pub(super) fn report(&mut self, report: DeviceReport, then: Moment) {
        self.step_at(Input::Report(report.clone()), then);
        if self.therapy.session().is_some_and(|session| report.session == Some(session.id)) {
            self.sample(&report);
        }
        self.last_report = Some(report);
    }

    /// One input through the state machine, and its effects.
    pub(super) fn step(&mut self, input: Input) {
        self.step_at(input, self.now());
    }

    fn step_at(&mut self, input: Input, now: Moment) {
        let session_before = self.therapy.session().map(|session| (session.id, session.boot, session.elapsed_s));
        let (therapy, effects) = std::mem::take(&mut self.therapy).step(input, now);
        self.therapy = therapy;
        for effect in effects {
            self.carry_out(effect, session_before);
        }
        if self.therapy.session().is_none() && self.therapy.open_order() != Some(OrderKind::Start) {
            self.approved = None;
        }
    }

    pub(super) fn carry_out(&mut self, effect: Effect, session_before: Option<(SessionId, BootId, u32)>) {
        match effect {
            Effect::Save { intent, order } => self.save(&intent, &order),
            Effect::Send { sequence, order, expires } => {
                if matches!(&order, Order::SetIntensity { targets, .. } if targets.rises()) {
                    self.last_rise = Some(Instant::now());
                }
                self.send(driver::command(sequence, &order, expires));
            }
            Effect::KeepAlive { sequence, session } => self.send(driver::keep_alive(sequence, session)),
            Effect::ReadStatus => {
                if let Some(link) = &self.link {
                    let connection = link.connection.clone();
                    self.job(async move { Done::Status(connection.read(Endpoint::Status).await) });
                }
            }
            Effect::DropLink => self.drop_link(),
            Effect::Refuse { command, why } => {
                self.answer(command, Err(why.into()));
                self.nudges.settled(command, None);
                self.waiting.remove(&command);
            }
            Effect::Settle { command, outcome, by, last } => {
                self.count(command, outcome, last);
                self.nudges.settled(command, Some(outcome));
                let stored = self.journal.settle(ids::command_text(command), outcome, by, last);
                self.store_job(stored);
                let reason = match outcome {
                    Outcome::Rejected(rejection) => Some(rejection.to_string()),
                    Outcome::Confirmed | Outcome::Unknown => None,
                };
                let command_text = ids::command_text(command);
                self.answer(
                    command,
                    Ok(super::CommandResult { command: command_text, outcome: outcome.into(), reason }),
                );
                if last {
                    self.waiting.remove(&command);
                }
            }
            Effect::Tell(event) => {
                if let Some(kind) = EventKind::of(event) {
                    self.happened(kind);
                }
                let session = self.therapy.session().map(|session| (session.id, session.boot, session.elapsed_s));
                if let Some((id, boot, elapsed_s)) = session.or(session_before) {
                    let telemetry = std::mem::take(&mut self.telemetry);
                    let stored = self.journal.tell(id, boot, event, telemetry, elapsed_s);
                    self.store_job(stored);
                }
                if matches!(event, SessionEvent::Ended(_)) {
                    self.last_rise = None;
                    self.fetch_at = Instant::now();
                }
            }
        }
    }

    /// Tells whoever listens.
    pub(super) fn happened(&self, kind: EventKind) {
        // Nobody may be listening.
        let _ = self.events.send(DeviceEvent { at_ms: self.unix_ms(), kind });
    }

    pub(super) fn save(&mut self, intent: &Intent, order: &Order) {
        let command = intent.command;
        let start = match order {
            Order::Start { session, approved } => {
                self.session_from = Instant::now();
                self.approved = Some(Approved { session: *session, start: approved.clone() });
                Some(super::restore::session_start(approved, self.pain_before.take()))
            }
            _ => None,
        };
        let saved = self.journal.save(intent, order, start);
        self.job(async move { Done::Saved(command, saved.await) });
    }

    pub(super) fn send(&mut self, frame: Result<lumbra_protocol::ControlFrame, Error>) {
        let Some(link) = &self.link else { return };
        match frame {
            Ok(frame) => {
                let connection = link.connection.clone();
                let bytes = frame.encode();
                self.job(async move { Done::Wrote("control", connection.write(Endpoint::ControlPoint, &bytes).await) });
            }
            // Cannot come out of the domain; whoever waits hears "unknown", and the status settles it.
            Err(error) => tracing::error!(%error, "an order could not be encoded"),
        }
    }

    pub(super) fn count(&mut self, command: CommandId, outcome: Outcome, last: bool) {
        let was_unknown = self.waiting.get(&command).is_some_and(|waiting| waiting.unknown);
        let counts = &mut self.shown.commands;
        match (outcome, last) {
            (Outcome::Confirmed, _) => counts.confirmed += 1,
            (Outcome::Rejected(_), _) => counts.rejected += 1,
            (Outcome::Unknown, false) => counts.unknown += 1,
            (Outcome::Unknown, true) if !was_unknown => counts.unknown += 1,
            (Outcome::Unknown, true) => {}
        }
        if last && was_unknown && outcome != Outcome::Unknown {
            counts.unknown = counts.unknown.saturating_sub(1);
            counts.unknown_settled += 1;
        }
        if let Some(waiting) = self.waiting.get_mut(&command) {
            waiting.unknown |= outcome == Outcome::Unknown;
        }
    }

    pub(super) fn answer(&mut self, command: CommandId, result: Result<super::CommandResult, Error>) {
        if let Some(answer) = self.waiting.get_mut(&command).and_then(|waiting| waiting.answer.take()) {
            // Nobody waits any more when the caller has gone; the snapshot and the store tell all the same.
            let _ = answer.send(result);
        }
    }
}
