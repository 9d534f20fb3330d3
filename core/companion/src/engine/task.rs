//! The loop: what comes in, and whose turn it is. What follows from it is in `linking`, `effects`, `asks` and `streams`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use lumbra_domain::safety::ApprovedStart;
use lumbra_domain::therapy::{CommandId, DeviceReport, Input, Moment, Order, SessionId, Therapy};
use lumbra_link::{Connection, LinkError, LinkEvent, PeripheralId, Radio};
use lumbra_protocol::{Capabilities, Endpoint};
use lumbra_store::telemetry::TelemetrySample;
use lumbra_store::{StoreError, StoreHandle};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use super::establish::{Descriptions, Established, Recall};
use super::journal::Journal;
use super::nudging::Nudges;
use super::pace::Pace;
use super::posture::PostureStream;
use super::records::RecordFetch;
use super::restore::Started;
use super::start::Background;
use super::streams::FETCH_EVERY;
use super::{Answer, Ask, LinkProblem, Ways};
use crate::clock::WallClock;
use crate::error::Error;
use crate::event::{DeviceEvent, EVENT_QUEUE};
use crate::snapshot::{LinkState, Snapshot};

/// What a task needs to know of its device and its surroundings.
pub(crate) struct Context {
    pub(crate) device_id: String,
    pub(crate) serial: String,
    pub(crate) peripheral: PeripheralId,
    pub(crate) radio: Arc<dyn Radio>,
    pub(crate) store: StoreHandle,
    pub(crate) clock: Arc<dyn WallClock>,
    pub(crate) recall: Arc<Recall>,
    /// A link that is up already, from pairing.
    pub(crate) established: Option<Established>,
}

/// Waits between attempts to connect: short at first, because a body that turned away turns back, and never
/// longer than this, because a person who stands in front of the wearable won't wait.
pub(super) const RETRY_FROM: Duration = Duration::from_millis(500);
pub(super) const RETRY_TO: Duration = Duration::from_secs(15);
/// Snapshots reach a shell at most this often, unless the phase changes.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);

pub(super) enum Done {
    Connected(Box<Result<Established, Error>>),
    Ready(Result<Descriptions, LinkError>),
    Saved(CommandId, Result<(), StoreError>),
    Stored(Result<(), StoreError>),
    Status(Result<Vec<u8>, LinkError>),
    Wrote(&'static str, Result<(), LinkError>),
    RecordsSaved(usize, Result<(), StoreError>),
    Background(Box<(super::StartRequest, Answer)>, Result<Background, StoreError>),
    Reapprove(Started, Result<Background, StoreError>),
    Disconnected,
}

pub(super) struct Link {
    pub(super) connection: Arc<dyn Connection>,
    pub(super) events: mpsc::UnboundedReceiver<LinkEvent>,
    pub(super) capabilities: Capabilities,
    pub(super) ready: bool,
}

pub(super) struct Waiting {
    pub(super) answer: Option<Answer>,
    pub(super) unknown: bool,
}

/// The session that was approved in this run of the app, or approved anew after a restart.
pub(super) struct Approved {
    pub(super) session: SessionId,
    pub(super) start: ApprovedStart,
}

/// One device's task. Made by [`Task::spawn`]; it ends when asked to, or when nobody can ask any more.
pub(crate) struct Task {
    pub(super) context: Context,
    pub(super) journal: Journal,
    pub(super) origin: Instant,
    pub(super) therapy: Therapy,
    pub(super) link: Option<Link>,
    /// While a link is being made: dropped, it calls the attempt off.
    pub(super) connecting: Option<oneshot::Sender<()>>,
    pub(super) retry_at: Instant,
    pub(super) retry_after: Duration,
    pub(super) jobs: FuturesUnordered<BoxFuture<'static, Done>>,
    pub(super) waiting: HashMap<CommandId, Waiting>,
    pub(super) approved: Option<Approved>,
    /// The pain entry of the start that is about to be saved.
    pub(super) pain_before: Option<String>,
    pub(super) started: Option<Started>,
    pub(super) last_rise: Option<Instant>,
    pub(super) telemetry: Vec<TelemetrySample>,
    pub(super) session_from: Instant,
    pub(super) last_report: Option<DeviceReport>,
    pub(super) posture: PostureStream,
    pub(super) posture_rate: Option<u8>,
    pub(super) posture_pace: Pace,
    pub(super) telemetry_pace: Pace,
    pub(super) nudges: Nudges,
    pub(super) records: RecordFetch,
    /// How often caps are being worked out anew: the last one counts.
    pub(super) approving_again: usize,
    /// The approval does not know of the newest caps, but of the person's own when that was lowered.
    pub(super) caps_changed: bool,
    /// Starts whose background is being read.
    pub(super) starting: usize,
    /// Of these, the ones that were read before the caps changed.
    pub(super) outdated: usize,
    pub(super) fetch_at: Instant,
    pub(super) shown: Snapshot,
    pub(super) snapshot: watch::Sender<Snapshot>,
    pub(super) events: broadcast::Sender<DeviceEvent>,
    pub(super) problem: LinkProblem,
    published: Instant,
    /// When the rules were last told what time it is.
    ticked: Instant,
    pub(super) closing: Option<oneshot::Sender<()>>,
}

impl Task {
    /// Takes up what an earlier run left open and starts the task.
    pub(crate) async fn spawn(context: Context) -> Result<Ways, Error> {
        let device_id = context.device_id.clone();
        let now_ms = context.clock.unix_ms();
        let left = context.store.call(move |store| super::restore::left_open(store, &device_id, now_ms)).await?;
        let (snapshot, snapshot_out) = watch::channel(Snapshot::default());
        let (events, _) = broadcast::channel(EVENT_QUEUE);
        let events_out = events.downgrade();
        let problem = LinkProblem::default();
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
        let posture = PostureStream::new(left.reference, left.posture);
        let mut task = Self {
            journal,
            // A link that is up already was made before this.
            origin: context.established.as_ref().map_or(now, |established| established.read.min(now)),
            therapy: Therapy::restore(left.session, left.intent),
            link: None,
            connecting: None,
            approving_again: 0,
            caps_changed: false,
            starting: 0,
            outdated: 0,
            retry_at: now,
            retry_after: RETRY_FROM,
            jobs: FuturesUnordered::new(),
            waiting,
            approved: None,
            pain_before: None,
            started: left.started,
            last_rise: None,
            telemetry: Vec::new(),
            session_from: now,
            last_report: None,
            posture,
            posture_rate: None,
            posture_pace: Pace::default(),
            telemetry_pace: Pace::default(),
            nudges: Nudges::default(),
            records: RecordFetch::default(),
            fetch_at: now + FETCH_EVERY,
            shown: Snapshot::default(),
            snapshot,
            events,
            problem: problem.clone(),
            published: now,
            ticked: now,
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
        Ok(Ways { asks, stops, snapshot: snapshot_out, events: events_out, problem })
    }

    async fn run(mut self, mut asks: mpsc::Receiver<Ask>, mut stops: mpsc::UnboundedReceiver<Answer>) {
        loop {
            self.connect_when_due();
            self.fetch_when_due();
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
                () = sleep_until(wake) => self.tick(),
            }
            if self.closing.is_some() {
                break;
            }
        }
        self.end().await;
    }

    fn tick(&mut self) {
        self.ticked = Instant::now();
        self.step(Input::Tick);
        let step = self.records.tick();
        self.record_step(step);
        // A tick comes when nothing else waits: what the person wants comes first.
        self.nudge_when_due();
    }

    /// Hands everything to the store, and cuts the link. A running session is left to the device's own grace
    /// time, as it would be if the app had died.
    pub(super) async fn end(mut self) {
        self.flush_telemetry();
        self.end_posture();
        self.connecting = None;
        self.publish_the_end();
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
        self.moment(Instant::now())
    }

    pub(super) fn moment(&self, at: Instant) -> Moment {
        let ms = at.saturating_duration_since(self.origin).as_millis();
        Moment(u64::try_from(ms).unwrap_or(u64::MAX))
    }

    pub(super) fn next_wake(&self) -> Instant {
        let busy = self.therapy.session().is_some()
            || self.therapy.open_order().is_some()
            || self.therapy.is_stopping()
            || self.posture_rate.is_some();
        // From the last one: from now, frames that keep coming would put it off for ever, and with it all that time brings.
        let tick = self.ticked + Duration::from_millis(if busy { 250 } else { 1_000 });
        let retry = if self.link.is_none() && self.connecting.is_none() { self.retry_at } else { tick };
        tick.min(retry)
    }

    /// Orders are taken one after the other: the next when the one before is answered, or known to be
    /// unknown (it is refused then, and told why). A session of the run before is approved anew first, or it would look
    /// like someone else's.
    pub(super) fn takes_orders(&self) -> bool {
        self.approving_again == 0 && (!self.therapy.awaits_answer() || self.therapy.has_unknown())
    }

    // --- finished jobs ---

    pub(super) fn done(&mut self, done: Done) {
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
                self.starting = self.starting.saturating_sub(1);
                match self.outdated.checked_sub(1) {
                    Some(outdated) => {
                        self.outdated = outdated;
                        self.start(request, answer);
                    }
                    None => self.start_with(&request, answer, background),
                }
            }
            Done::Reapprove(started, background) => self.approved_again(&started, background),
            Done::Wrote(_, Ok(())) | Done::Disconnected => {}
        }
    }

    pub(super) fn stored(&mut self, result: Result<(), StoreError>) {
        match result {
            Ok(()) => self.shown.storage_problem = None,
            Err(error) => self.store_failed(&error),
        }
    }

    pub(super) fn store_failed(&mut self, error: &StoreError) {
        tracing::error!(%error, "the store failed");
        self.shown.storage_problem = Some(error.to_string());
    }

    // --- small things ---

    pub(super) fn unix_ms(&self) -> i64 {
        self.context.clock.unix_ms()
    }

    pub(super) fn job(&mut self, work: impl Future<Output = Done> + Send + 'static) {
        self.jobs.push(Box::pin(work));
    }

    pub(super) fn store_job(&mut self, stored: impl Future<Output = Result<(), StoreError>> + Send + 'static) {
        self.job(async move { Done::Stored(stored.await) });
    }

    pub(super) fn publish(&mut self) {
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

    /// The last snapshot stays with whoever holds it: it must not look like news. What a lost link means for the
    /// session is for the next run to write down.
    fn publish_the_end(&mut self) {
        let now = self.now();
        (self.therapy, _) = std::mem::take(&mut self.therapy).step(Input::LinkLost, now);
        self.shown.link = LinkState::Closed;
        self.shown.show(&self.therapy, &[], now);
        self.shown.posture = None;
        self.snapshot.send_replace(self.shown.clone());
    }
}

async fn next_event(link: &mut Option<Link>) -> Option<LinkEvent> {
    match link {
        Some(link) => link.events.recv().await,
        None => std::future::pending().await,
    }
}
