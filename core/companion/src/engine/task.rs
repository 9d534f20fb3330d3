//! The loop: what comes in, what goes out.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use lumbra_domain::safety::{ApprovedStart, SessionPlan};
use lumbra_domain::therapy::{
    BootId, CommandId, DeviceReport, Effect, Input, Intent, Moment, Order, OrderKind, Outcome, Session, SessionEvent,
    SessionId, Therapy,
};
use lumbra_domain::units::Milliamps;
use lumbra_link::{Connection, LinkError, LinkEvent, PeripheralId, Radio};
use lumbra_protocol::{Capabilities, Endpoint, PostureFrame, RecordReply, Response, Status, Ticks};
use lumbra_store::telemetry::TelemetrySample;
use lumbra_store::{StoreError, StoreHandle};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use super::establish::{Descriptions, Established, describe, establish};
use super::journal::Journal;
use super::posture::{Origin, PostureStream};
use super::records::{RecordFetch, Step, Timeline};
use super::start::Background;
use super::{Answer, Ask, Ways};
use crate::clock::WallClock;
use crate::driver;
use crate::error::Error;
use crate::ids;
use crate::snapshot::{LinkState, Snapshot};

/// What a task needs to know of its device and its surroundings.
pub(crate) struct Context {
    pub(crate) device_id: String,
    pub(crate) serial: String,
    pub(crate) peripheral: PeripheralId,
    pub(crate) radio: Arc<dyn Radio>,
    pub(crate) store: StoreHandle,
    pub(crate) clock: Arc<dyn WallClock>,
    /// A link that is up already, from pairing.
    pub(crate) established: Option<Established>,
}

/// Waits between attempts to connect: short at first, because a body that turned away turns back, and never
/// longer than this, because a person who stands in front of the wearable won't wait.
const RETRY_FROM: Duration = Duration::from_millis(500);
const RETRY_TO: Duration = Duration::from_secs(15);
/// Snapshots reach a shell at most this often, unless the phase changes.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);
/// Telemetry is handed to the store when so many samples have come.
const TELEMETRY_BATCH: usize = 10;
/// The wearable's records are fetched this often while it is connected.
const FETCH_EVERY: Duration = Duration::from_mins(5);

pub(super) enum Done {
    Connected(Box<Result<Established, Error>>),
    Ready(Result<Descriptions, LinkError>),
    Saved(CommandId, Result<(), StoreError>),
    Stored(Result<(), StoreError>),
    Status(Result<Vec<u8>, LinkError>),
    Wrote(&'static str, Result<(), LinkError>),
    RecordsSaved(usize, Result<(), StoreError>),
    Background(Box<(super::StartRequest, Answer)>, Result<Background, StoreError>),
    Reapprove(SessionPlan, Result<Background, StoreError>),
    Disconnected,
}

struct Link {
    connection: Arc<dyn Connection>,
    events: mpsc::UnboundedReceiver<LinkEvent>,
    capabilities: Capabilities,
    ready: bool,
}

struct Waiting {
    answer: Option<Answer>,
    unknown: bool,
}

/// The session that was approved in this run of the app, or approved anew after a restart.
struct Approved {
    session: SessionId,
    start: ApprovedStart,
}

/// One device's task. Made by [`Task::spawn`]; it ends when asked to, or when nobody can ask any more.
pub(crate) struct Task {
    context: Context,
    pub(super) journal: Journal,
    origin: Instant,
    therapy: Therapy,
    link: Option<Link>,
    connecting: bool,
    retry_at: Instant,
    retry_after: Duration,
    jobs: FuturesUnordered<BoxFuture<'static, Done>>,
    waiting: HashMap<CommandId, Waiting>,
    approved: Option<Approved>,
    /// The pain entry of the start that is about to be saved.
    pain_before: Option<String>,
    stored_plan: Option<SessionPlan>,
    last_rise: Option<Instant>,
    telemetry: Vec<TelemetrySample>,
    session_from: Instant,
    last_report: Option<DeviceReport>,
    posture: PostureStream,
    posture_rate: Option<u8>,
    records: RecordFetch,
    fetch_at: Instant,
    shown: Snapshot,
    snapshot: watch::Sender<Snapshot>,
    published: Instant,
    closing: Option<oneshot::Sender<()>>,
}

impl Task {
    /// Takes up what an earlier run left open and starts the task.
    pub(crate) async fn spawn(context: Context) -> Result<Ways, Error> {
        let device_id = context.device_id.clone();
        let now_ms = context.clock.unix_ms();
        let left = context.store.call(move |store| super::restore::left_open(store, &device_id, now_ms)).await?;
        let (snapshot, snapshot_out) = watch::channel(Snapshot::default());
        let (asks, asks_in) = mpsc::channel(16);
        let (stops, stops_in) = mpsc::unbounded_channel();
        let now = Instant::now();
        let journal = Journal {
            store: context.store.clone(),
            clock: context.clock.clone(),
            device_id: context.device_id.clone(),
        };
        let mut waiting = HashMap::new();
        if let Some(intent) = &left.intent {
            waiting.insert(intent.command, Waiting { answer: None, unknown: true });
        }
        let mut posture = PostureStream::default();
        posture.neutral = left.neutral;
        let mut task = Self {
            journal,
            origin: now,
            therapy: Therapy::restore(left.session, left.intent),
            link: None,
            connecting: false,
            retry_at: now,
            retry_after: RETRY_FROM,
            jobs: FuturesUnordered::new(),
            waiting,
            approved: None,
            pain_before: None,
            stored_plan: left.plan,
            last_rise: None,
            telemetry: Vec::new(),
            session_from: now,
            last_report: None,
            posture,
            posture_rate: None,
            records: RecordFetch::default(),
            fetch_at: now + FETCH_EVERY,
            shown: Snapshot::default(),
            snapshot,
            published: now,
            closing: None,
            context,
        };
        if left.stop_wanted {
            // A stop that an earlier run could not finish is still wanted.
            task.order(Order::Stop, None);
        }
        if let Some(established) = task.context.established.take() {
            task.connected(Ok(established));
        }
        tokio::spawn(task.run(asks_in, stops_in));
        Ok(Ways { asks, stops, snapshot: snapshot_out })
    }

    async fn run(mut self, mut asks: mpsc::Receiver<Ask>, mut stops: mpsc::UnboundedReceiver<Answer>) {
        loop {
            self.connect_when_due();
            self.publish();
            let wake = self.next_wake();
            let may_ask = self.takes_orders();
            tokio::select! {
                biased;
                stop = stops.recv() => match stop {
                    Some(answer) => self.order(Order::Stop, Some(answer)),
                    None => break,
                },
                event = next_event(&mut self.link) => self.link_event(event),
                Some(done) = self.jobs.next(), if !self.jobs.is_empty() => self.done(done),
                ask = asks.recv(), if may_ask => match ask {
                    Some(ask) => self.ask(ask),
                    None => break,
                },
                () = sleep_until(wake) => self.step(Input::Tick),
            }
            if self.closing.is_some() {
                break;
            }
        }
        self.end().await;
    }

    /// Hands everything to the store, and cuts the link. A running session is left to the device's own grace
    /// time, as it would be if the app had died.
    async fn end(mut self) {
        self.flush_telemetry();
        self.flush_posture();
        if let Some(link) = self.link.take() {
            link.connection.disconnect().await;
        }
        while let Some(done) = self.jobs.next().await {
            if let Done::Stored(Err(error)) = done {
                tracing::error!(%error, "the last values could not be stored");
            }
        }
        if let Some(closing) = self.closing.take() {
            // Nobody waits any more when the asker has gone.
            let _ = closing.send(());
        }
    }

    // --- time ---

    pub(super) fn now(&self) -> Moment {
        let ms = Instant::now().saturating_duration_since(self.origin).as_millis();
        Moment(u64::try_from(ms).unwrap_or(u64::MAX))
    }

    fn next_wake(&self) -> Instant {
        let busy = self.therapy.session().is_some()
            || self.therapy.open_order().is_some()
            || self.therapy.is_stopping()
            || self.posture_rate.is_some();
        let tick = Instant::now() + Duration::from_millis(if busy { 250 } else { 1_000 });
        let retry = if self.link.is_none() && !self.connecting { self.retry_at } else { tick };
        tick.min(retry)
    }

    /// Orders are taken one after the other: the next when the one before is answered, or known to be
    /// unknown (it is refused then, and told why).
    fn takes_orders(&self) -> bool {
        !self.therapy.awaits_answer() || self.therapy.has_unknown()
    }

    // --- the link ---

    fn connect_when_due(&mut self) {
        if self.link.is_some() || self.connecting || Instant::now() < self.retry_at {
            return;
        }
        self.connecting = true;
        self.shown.link = LinkState::Connecting;
        let radio = self.context.radio.clone();
        let (peripheral, serial) = (self.context.peripheral.clone(), self.context.serial.clone());
        self.job(async move { Done::Connected(Box::new(establish(&*radio, &peripheral, None, Some(&serial)).await)) });
    }

    fn connected(&mut self, result: Result<Established, Error>) {
        self.connecting = false;
        match result {
            Ok(established) => {
                self.shown.link = LinkState::Connected;
                self.shown.link_problem = None;
                self.shown.records_fetched = false;
                self.retry_after = RETRY_FROM;
                let Established { connection, events, capabilities, report, .. } = established;
                self.link = Some(Link { connection: connection.clone(), events, capabilities, ready: false });
                self.step(Input::Connected);
                self.report(report);
                self.approve_again();
                let since_2000_s = self.unix_ms() / 1_000 - 946_684_800;
                self.job(async move { Done::Ready(settle_down(&*connection, since_2000_s).await) });
            }
            Err(error) => {
                tracing::debug!(kind = error.kind(), "no link");
                self.shown.link_problem = Some(error.to_string());
                self.retry_at = Instant::now() + self.retry_after;
                self.retry_after = (self.retry_after * 2).min(RETRY_TO);
            }
        }
    }

    fn link_event(&mut self, event: Option<LinkEvent>) {
        match event {
            Some(LinkEvent::Value { endpoint, bytes }) => self.value(endpoint, &bytes),
            Some(LinkEvent::Disconnected) | None => {
                if self.link.take().is_none() {
                    return;
                }
                self.shown.link = LinkState::Connecting;
                self.shown.link_losses += 1;
                self.shown.records_fetched = false;
                self.records.link_lost();
                self.retry_at = Instant::now();
                self.retry_after = RETRY_FROM;
                self.step(Input::LinkLost);
            }
        }
    }

    fn value(&mut self, endpoint: Endpoint, bytes: &[u8]) {
        let outcome = match endpoint {
            Endpoint::Status => Status::decode(bytes).map(|status| self.report(driver::report(&status))),
            Endpoint::ControlPoint => Response::decode(bytes).map(|response| {
                let (boot, sequence, taken) = driver::reply(&response);
                self.step(Input::Reply { boot, sequence, taken });
            }),
            Endpoint::PostureStream => PostureFrame::decode(bytes).map(|frame| self.posture_frame(&frame)),
            Endpoint::RecordData => {
                let timeline = self.timeline();
                let step = self.records.record(bytes, &self.context.device_id, timeline);
                self.record_step(step);
                Ok(())
            }
            Endpoint::RecordAccess => RecordReply::decode(bytes).map(|reply| {
                let was_running = self.records.is_running();
                let step = self.records.reply(reply);
                self.record_step(step);
                self.shown.records_fetched |= was_running && !self.records.is_running();
            }),
            _ => Ok(()),
        };
        if let Err(error) = outcome {
            // A frame that can't be read changes nothing: silence, if it lasts, is noticed by itself.
            tracing::warn!(endpoint = endpoint.name(), %error, "an unreadable frame was dropped");
        }
    }

    fn ready(&mut self, result: Result<Descriptions, LinkError>) {
        match result {
            Ok(descriptions) => {
                if let Some(link) = &mut self.link {
                    link.ready = true;
                }
                self.save_descriptions(descriptions);
                if let Some(rate_hz) = self.posture_rate.take() {
                    self.order(Order::Device(lumbra_domain::therapy::DeviceOrder::StartPosture { rate_hz }), None);
                }
                self.fetch_records(None);
            }
            Err(error) => {
                tracing::debug!(%error, "the link did not settle");
                self.drop_link();
            }
        }
    }

    fn drop_link(&mut self) {
        if let Some(link) = &self.link {
            let connection = link.connection.clone();
            // `Disconnected` follows on the link's own events.
            self.job(async move {
                connection.disconnect().await;
                Done::Disconnected
            });
        }
    }

    // --- therapy ---

    fn report(&mut self, report: DeviceReport) {
        self.step(Input::Report(report.clone()));
        if self.therapy.session().is_some_and(|session| report.session == Some(session.id)) {
            self.sample(&report);
        }
        self.last_report = Some(report);
    }

    /// One input through the state machine, and its effects.
    pub(super) fn step(&mut self, input: Input) {
        let now = self.now();
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

    fn carry_out(&mut self, effect: Effect, session_before: Option<(SessionId, BootId, u32)>) {
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
                self.waiting.remove(&command);
            }
            Effect::Settle { command, outcome, by, last } => {
                self.count(command, outcome, last);
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
        if Instant::now() >= self.fetch_at && self.link.as_ref().is_some_and(|link| link.ready) {
            self.fetch_records(None);
        }
    }

    fn save(&mut self, intent: &Intent, order: &Order) {
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

    fn send(&mut self, frame: Result<lumbra_protocol::ControlFrame, Error>) {
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

    fn count(&mut self, command: CommandId, outcome: Outcome, last: bool) {
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

    fn answer(&mut self, command: CommandId, result: Result<super::CommandResult, Error>) {
        if let Some(answer) = self.waiting.get_mut(&command).and_then(|waiting| waiting.answer.take()) {
            // Nobody waits any more when the caller has gone; the snapshot and the store tell all the same.
            let _ = answer.send(result);
        }
    }

    // --- what is asked ---

    fn ask(&mut self, ask: Ask) {
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
            Ask::Neutral(neutral) => self.posture.neutral = Some(neutral),
            Ask::FetchRecords(reply) => self.fetch_records(Some(reply)),
            Ask::Close(reply) => self.closing = Some(reply),
        }
    }

    pub(super) fn order(&mut self, order: Order, answer: Option<Answer>) {
        let command = match ids::new_command() {
            Ok(command) => command,
            Err(error) => {
                if let Some(answer) = answer {
                    refuse(answer, error);
                }
                return;
            }
        };
        if let Order::Device(device) = order {
            match device {
                lumbra_domain::therapy::DeviceOrder::StartPosture { rate_hz } => {
                    self.posture_rate = Some(rate_hz);
                    self.posture.restart();
                }
                lumbra_domain::therapy::DeviceOrder::StopPosture => {
                    self.posture_rate = None;
                    self.flush_posture();
                }
                _ => {}
            }
        }
        self.waiting.insert(command, Waiting { answer, unknown: false });
        self.step(Input::Order { command, order });
    }

    fn session_id(&self) -> Result<SessionId, Error> {
        match self.therapy.session() {
            Some(session) => Ok(session.id),
            None if self.therapy.view(self.now()).foreign_session => {
                Err(lumbra_domain::therapy::NotNow::OtherSession.into())
            }
            None => Err(lumbra_domain::therapy::NotNow::NoSession.into()),
        }
    }

    /// The approval of the session under way, which every new intensity must pass.
    fn approval(&self) -> Result<(SessionId, &ApprovedStart), Error> {
        let session = self.session_id()?;
        match &self.approved {
            Some(approved) if approved.session == session => Ok((session, &approved.start)),
            _ => Err(lumbra_domain::therapy::NotNow::OtherSession.into()),
        }
    }

    fn set_intensity(&mut self, asked: &[Milliamps], answer: Answer) {
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

    fn resume(&mut self, answer: Answer) {
        let battery = self.last_report.as_ref().map(|report| report.battery).unwrap_or_default();
        let order = self
            .approval()
            .and_then(|(session, approved)| Ok(Order::Resume { session, approved: approved.approve_resume(battery)? }));
        match order {
            Ok(order) => self.order(order, Some(answer)),
            Err(error) => refuse(answer, error),
        }
    }

    fn start(&mut self, request: super::StartRequest, answer: Answer) {
        // Told before the questions about screening and dose: there is nothing to approve.
        if self.therapy.session().is_some() {
            refuse(answer, lumbra_domain::therapy::NotNow::SessionThere.into());
            return;
        }
        if self.link.is_none() {
            refuse(answer, lumbra_domain::therapy::NotNow::NoLink.into());
            return;
        }
        let device_id = self.context.device_id.clone();
        let now_ms = self.unix_ms();
        let background = self.journal.store.call(move |store| super::start::background(store, &device_id, now_ms));
        self.job(async move { Done::Background(Box::new((request, answer)), background.await) });
    }

    fn start_with(
        &mut self,
        request: &super::StartRequest,
        answer: Answer,
        background: Result<Background, StoreError>,
    ) {
        let approved = background.map_err(Error::from).and_then(|background| {
            let link = self.link.as_ref().ok_or(lumbra_domain::therapy::NotNow::NoLink)?;
            let report =
                self.therapy.reading(self.now()).certain().ok_or(lumbra_domain::therapy::NotNow::StateNotKnown)?;
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
    fn approve_again(&mut self) {
        if self.approved.is_some() || self.therapy.session().is_none() {
            return;
        }
        let Some(plan) = self.stored_plan.clone() else { return };
        let device_id = self.context.device_id.clone();
        let now_ms = self.unix_ms();
        let background = self.journal.store.call(move |store| super::start::background(store, &device_id, now_ms));
        self.job(async move { Done::Reapprove(plan, background.await) });
    }

    fn approved_again(&mut self, plan: &SessionPlan, background: Result<Background, StoreError>) {
        let (Some(link), Some(session)) = (&self.link, self.therapy.session()) else { return };
        let limits = driver::device_limits(&link.capabilities);
        let approved = background
            .map_err(Error::from)
            .and_then(|background| background.approve_running(plan, limits, self.unix_ms()));
        match approved {
            Ok(start) => self.approved = Some(Approved { session: session.id, start }),
            Err(error) => tracing::warn!(kind = error.kind(), "the running session can only be paused or stopped"),
        }
    }

    // --- finished jobs ---

    fn done(&mut self, done: Done) {
        match done {
            Done::Connected(result) => self.connected(*result),
            Done::Ready(result) => self.ready(result),
            Done::Saved(command, Ok(())) => self.step(Input::Saved(command)),
            Done::Saved(command, Err(error)) => {
                self.store_failed(&error);
                // A stop has been sent all the same, and is answered by what becomes of it.
                if !self.therapy.is_stopping() {
                    self.answer(command, Err(error.into()));
                }
                self.step(Input::NotSaved(command));
            }
            Done::Stored(result) => self.stored(result),
            Done::Status(Ok(bytes)) => self.value(Endpoint::Status, &bytes),
            Done::Status(Err(error)) => tracing::debug!(%error, "the status could not be read"),
            Done::Wrote(what, Err(error)) => tracing::debug!(what, %error, "a write failed"),
            Done::RecordsSaved(count, result) => {
                let was_running = self.records.is_running();
                if let Err(error) = &result {
                    self.store_failed(error);
                }
                let step = self.records.saved(count, result.map_err(Error::from));
                self.record_step(step);
                self.shown.records_fetched |= was_running && !self.records.is_running();
            }
            Done::Background(asked, background) => {
                let (request, answer) = *asked;
                self.start_with(&request, answer, background);
            }
            Done::Reapprove(plan, background) => self.approved_again(&plan, background),
            Done::Wrote(_, Ok(())) | Done::Disconnected => {}
        }
    }

    fn stored(&mut self, result: Result<(), StoreError>) {
        match result {
            Ok(()) => self.shown.storage_problem = None,
            Err(error) => self.store_failed(&error),
        }
    }

    fn store_failed(&mut self, error: &StoreError) {
        tracing::error!(%error, "the store failed");
        self.shown.storage_problem = Some(error.to_string());
    }

    // --- telemetry, posture, records ---

    fn sample(&mut self, report: &DeviceReport) {
        let t_ms = Instant::now().saturating_duration_since(self.session_from).as_millis();
        self.telemetry.push(driver::telemetry(report, u32::try_from(t_ms).unwrap_or(u32::MAX)));
        if self.telemetry.len() >= TELEMETRY_BATCH {
            self.flush_telemetry();
        }
    }

    fn flush_telemetry(&mut self) {
        let Some(Session { id, boot, elapsed_s, .. }) = self.therapy.session() else { return };
        if self.telemetry.is_empty() {
            return;
        }
        let samples = std::mem::take(&mut self.telemetry);
        let stored = self.journal.telemetry(*id, *boot, *elapsed_s, samples);
        self.store_job(stored);
    }

    fn posture_frame(&mut self, frame: &PostureFrame) {
        let origin = Origin {
            device_id: &self.context.device_id,
            boot_id: self.last_report.as_ref().map_or(0, |report| report.boot.0),
            now_unix_ms: self.context.clock.unix_ms(),
            utc_offset_s: self.context.clock.utc_offset_s(),
        };
        if let Some((chunks, gaps)) = self.posture.take(frame, &origin) {
            let stored = self.journal.store.call(move |store| store.append_posture(&chunks, &gaps));
            self.store_job(stored);
        }
    }

    fn flush_posture(&mut self) {
        if let Some((chunks, gaps)) = self.posture.flush() {
            let stored = self.journal.store.call(move |store| store.append_posture(&chunks, &gaps));
            self.store_job(stored);
        }
    }

    fn fetch_records(&mut self, waiting: Option<oneshot::Sender<Result<u32, Error>>>) {
        self.fetch_at = Instant::now() + FETCH_EVERY;
        if self.link.as_ref().is_none_or(|link| !link.ready) {
            if let Some(waiting) = waiting {
                // Nobody waits any more when the asker has gone.
                let _ = waiting.send(Err(lumbra_domain::therapy::NotNow::NoLink.into()));
            }
            return;
        }
        let step = self.records.begin(waiting);
        self.record_step(step);
    }

    fn record_step(&mut self, step: Option<Step>) {
        match step {
            None => {}
            Some(Step::Request(request)) => {
                let Some(link) = &self.link else { return };
                let connection = link.connection.clone();
                let bytes = request.encode();
                self.job(async move { Done::Wrote("records", connection.write(Endpoint::RecordAccess, &bytes).await) });
            }
            Some(Step::Save(records, ended)) => {
                let count = records.len();
                let now_ms = self.unix_ms();
                let saved =
                    self.journal.store.call(move |store| super::restore::save_records(store, &records, &ended, now_ms));
                self.job(async move { Done::RecordsSaved(count, saved.await) });
            }
        }
    }

    fn timeline(&self) -> Option<Timeline> {
        let report = self.last_report.as_ref()?;
        Some(Timeline {
            boot_id: report.boot.0,
            ticks: Ticks::from_ms(report.at.0),
            at_unix_ms: self.unix_ms(),
            utc_offset_s: self.context.clock.utc_offset_s(),
        })
    }

    fn save_descriptions(&mut self, descriptions: Descriptions) {
        let device_id = self.context.device_id.clone();
        let link_id = self.context.peripheral.as_str().to_owned();
        let at_ms = self.unix_ms();
        let stored = self
            .journal
            .store
            .call(move |store| super::restore::save_descriptions(store, &device_id, &link_id, descriptions, at_ms));
        self.store_job(stored);
    }

    // --- small things ---

    fn unix_ms(&self) -> i64 {
        self.context.clock.unix_ms()
    }

    fn job(&mut self, work: impl Future<Output = Done> + Send + 'static) {
        self.jobs.push(Box::pin(work));
    }

    fn store_job(&mut self, stored: impl Future<Output = Result<(), StoreError>> + Send + 'static) {
        self.job(async move { Done::Stored(stored.await) });
    }

    fn publish(&mut self) {
        let caps_ma: Vec<f64> = match &self.approved {
            Some(approved) => approved.start.caps().iter().map(|cap| cap.as_f64()).collect(),
            None => Vec::new(),
        };
        let now = self.now();
        self.shown.show(&self.therapy, &caps_ma, now);
        self.shown.posture = self.posture.snapshot();
        let due = self.published.elapsed() >= PUBLISH_EVERY;
        let shown = &self.shown;
        self.snapshot.send_if_modified(|published| {
            let turned =
                published.phase != shown.phase || published.link != shown.link || published.certain != shown.certain;
            let send = *published != *shown && (turned || due);
            if send {
                published.clone_from(shown);
            }
            send
        });
        if due {
            self.published = Instant::now();
        }
    }
}

fn refuse(answer: Answer, error: Error) {
    // Nobody waits any more when the caller has gone.
    let _ = answer.send(Err(error));
}

async fn next_event(link: &mut Option<Link>) -> Option<LinkEvent> {
    match link {
        Some(link) => link.events.recv().await,
        None => std::future::pending().await,
    }
}

/// What a link needs beside control: the other streams, the time, and who the device is.
async fn settle_down(connection: &dyn Connection, since_2000_s: i64) -> Result<Descriptions, LinkError> {
    for endpoint in [Endpoint::PostureStream, Endpoint::RecordData, Endpoint::RecordAccess] {
        connection.subscribe(endpoint).await?;
    }
    if let Ok(seconds) = u64::try_from(since_2000_s) {
        let time = lumbra_protocol::ElapsedTime::Utc { seconds, source: 0 };
        // A clock that can't be set costs the records their wall time, nothing else.
        if let Err(error) = connection.write(Endpoint::CurrentElapsedTime, &time.encode()).await {
            tracing::debug!(%error, "the wearable's clock could not be set");
        }
    }
    describe(connection).await
}
