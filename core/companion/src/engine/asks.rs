//! What is asked of the task: every wish passes the safety envelope before it becomes an order.

use lumbra_domain::safety::ApprovedStart;
use lumbra_domain::therapy::{CommandId, DeviceOrder, DeviceReport, Input, NotNow, Order, SessionId};
use lumbra_domain::units::Milliamps;
use lumbra_store::StoreError;
use tokio::time::Instant;

use super::restore::Started;
use super::start::{Background, background};
use super::task::{Approved, Done, Task, Waiting};
use super::{Answer, Ask, StartRequest};
use crate::driver;
use crate::error::Error;
use crate::ids;

impl Task {
    pub(super) fn ask(&mut self, ask: Ask) {
        match ask {
            Ask::Start(request, answer) => self.start(*request, answer),
            Ask::SetIntensity(targets, answer) => self.set_intensity(&targets, answer),
            Ask::Pause(answer) => match self.session_id() {
                Ok(session) => self.order(Order::Pause { session }, Some(answer)),
                Err(error) => refuse(answer, error),
            },
            Ask::Resume(answer) => self.resume(answer),
            Ask::ClearFaults(answer) => self.order(Order::ClearFaults, Some(answer)),
            Ask::Device(order, answer) => self.order(Order::Device(order), Some(answer)),
            Ask::Collect(count, reply) => self.posture.collect(count, reply),
            Ask::OwnCap(limit) => self.own_cap_changed(limit),
            Ask::Reference(reference) => self.posture.set_reference(reference),
            Ask::PostureSettings(settings) => {
                self.posture.choose(settings);
                self.nudges.chosen();
            }
            Ask::FetchRecords(reply) => self.fetch_records(Some(reply)),
            Ask::AbortFetch => {
                let step = self.records.abort();
                self.record_step(step);
            }
            Ask::Close(reply) => self.closing = Some(reply),
        }
    }

    pub(super) fn order(&mut self, order: Order, answer: Option<Answer>) {
        match ids::new_command() {
            Ok(command) => self.order_as(command, order, answer),
            Err(error) => {
                if let Some(answer) = answer {
                    refuse(answer, error);
                }
            }
        }
    }

    pub(super) fn order_as(&mut self, command: CommandId, order: Order, answer: Option<Answer>) {
        if let Order::Device(device) = order {
            match device {
                DeviceOrder::StartPosture { rate_hz } => self.posture_rate = Some(rate_hz),
                DeviceOrder::StopPosture => {
                    self.posture_rate = None;
                    self.end_posture();
                }
                _ => {}
            }
        }
        self.waiting.insert(command, Waiting { answer, unknown: false });
        self.step(Input::Order { command, order });
    }

    pub(super) fn session_id(&self) -> Result<SessionId, Error> {
        match self.therapy.session() {
            Some(session) => Ok(session.id),
            None if self.therapy.view(self.now()).foreign_session => Err(NotNow::OtherSession.into()),
            None => Err(NotNow::NoSession.into()),
        }
    }

    /// The approval of the session under way, which every new intensity must pass.
    pub(super) fn approval(&self) -> Result<(SessionId, &ApprovedStart), Error> {
        let session = self.session_id()?;
        match &self.approved {
            Some(approved) if approved.session == session => Ok((session, &approved.start)),
            _ => Err(NotNow::OtherSession.into()),
        }
    }

    pub(super) fn set_intensity(&mut self, asked: &[Milliamps], answer: Answer) {
        let current = self.therapy.reading(self.now()).certain().map(DeviceReport::targets);
        let since_last_rise = self.last_rise.map(|last| Instant::now().saturating_duration_since(last));
        let order = self.approval().and_then(|(session, approved)| {
            let targets = approved.approve_targets(current.as_deref(), asked, since_last_rise)?;
            Ok(Order::SetIntensity { session, targets })
        });
        match order {
            Ok(order) => self.order(order, Some(answer)),
            Err(error) => refuse(answer, error),
        }
    }

    pub(super) fn resume(&mut self, answer: Answer) {
        let battery = self.last_report.as_ref().map(|report| report.battery).unwrap_or_default();
        let order = self
            .approval()
            .and_then(|(session, approved)| Ok(Order::Resume { session, approved: approved.approve_resume(battery)? }));
        match order {
            Ok(order) => self.order(order, Some(answer)),
            Err(error) => refuse(answer, error),
        }
    }

    pub(super) fn start(&mut self, request: StartRequest, answer: Answer) {
        // Told before the questions about screening and dose: there is nothing to approve.
        if self.therapy.session().is_some() {
            refuse(answer, NotNow::SessionThere.into());
            return;
        }
        if self.link.is_none() {
            refuse(answer, NotNow::NoLink.into());
            return;
        }
        let device_id = self.context.device_id.clone();
        let (now_ms, offset_s) = (self.unix_ms(), self.context.clock.utc_offset_s());
        let read = self.journal.store.call(move |store| background(store, &device_id, now_ms, offset_s));
        self.starting += 1;
        self.job(async move { Done::Background(Box::new((request, answer)), read.await) });
    }

    /// The person has set another cap: it holds for the session under way too. Nothing is asked of the wearable; a lower cap
    /// holds at once, and what more a higher one allows is worked out anew, before the next order.
    fn own_cap_changed(&mut self, limit: Option<Milliamps>) {
        self.outdated = self.starting;
        if let Some(mut approved) = self.approved.take() {
            self.started = Some(Started::from(&approved.start));
            if let Some(limit) = limit {
                approved.start = approved.start.lowered_to(limit);
            }
            self.approved = Some(approved);
        }
        self.caps_changed = true;
        self.work_caps_out();
    }

    pub(super) fn start_with(
        &mut self,
        request: &StartRequest,
        answer: Answer,
        background: Result<Background, StoreError>,
    ) {
        let approved = background.map_err(Error::from).and_then(|background| {
            let link = self.link.as_ref().ok_or(NotNow::NoLink)?;
            let report = self.therapy.reading(self.now()).certain().ok_or(NotNow::StateNotKnown)?;
            let limits = driver::device_limits(&link.capabilities);
            background.approve(request, limits, report.battery, self.unix_ms())
        });
        match approved.and_then(|approved| Ok((approved, ids::new_session()?))) {
            Ok((approved, session)) => {
                self.pain_before.clone_from(&request.pain_before);
                self.order(Order::Start { session, approved }, Some(answer));
            }
            Err(error) => refuse(answer, error),
        }
    }

    /// After a restart of the app in the middle of a session: works its caps out again, so that the person
    /// can go on with it.
    pub(super) fn approve_again(&mut self) {
        if self.approved.is_none() || self.caps_changed {
            self.work_caps_out();
        }
    }

    fn work_caps_out(&mut self) {
        if self.therapy.session().is_none() {
            return;
        }
        let Some(started) = self.started.clone() else { return };
        let device_id = self.context.device_id.clone();
        let (now_ms, offset_s) = (self.unix_ms(), self.context.clock.utc_offset_s());
        let read = self.journal.store.call(move |store| background(store, &device_id, now_ms, offset_s));
        self.approving_again += 1;
        self.job(async move { Done::Reapprove(started, read.await) });
    }

    pub(super) fn approved_again(&mut self, started: &Started, background: Result<Background, StoreError>) {
        self.approving_again = self.approving_again.saturating_sub(1);
        if self.approving_again > 0 {
            // The caps have changed since, and are being read once more.
            return;
        }
        let (Some(link), Some(session)) = (&self.link, self.therapy.session()) else { return };
        let limits = driver::device_limits(&link.capabilities);
        let approved = background
            .map_err(Error::from)
            .and_then(|background| background.approve_running(started, limits, self.unix_ms()));
        match approved {
            Ok(start) => {
                self.approved = Some(Approved { session: session.id, start });
                self.caps_changed = false;
            }
            Err(error) => tracing::warn!(kind = error.kind(), "the running session can only be paused or stopped"),
        }
    }
}

fn refuse(answer: Answer, error: Error) {
    // Nobody waits any more when the caller has gone.
    let _ = answer.send(Err(error));
}
