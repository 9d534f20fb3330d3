//! What only an onlooker knows: the truth at the device, and which of the invariants it breaks.

use lumbra_domain::therapy::{
    BootId, CERTAIN_FOR_MS, CERTAIN_IDLE_FOR_MS, CommandId, DeviceState, Intent, Moment, OrderKind, Outcome, Phase,
    Reading, Rejection, SessionEvent, SessionId, Taken, View,
};

use crate::air::Down;
use crate::bounds::{LEAST_CAP_DMA, MAX_RISE_DMA, OPEN_MS, SLICE_MS, STOP_ALONE_MS, STOP_LINKED_MS};
use crate::device::{Command, Device, Frame, Verdict};
use crate::invariant::{Broken, Invariant};
use crate::journal::Journal;

/// One command from the wish to the last word on it.
#[derive(Clone, Debug, Hash)]
struct Record {
    command: CommandId,
    kind: OrderKind,
    sequence: u16,
    boot: Option<BootId>,
    applied: bool,
    refused: bool,
    settled: Option<Outcome>,
}

/// A session in truth, and what was told of its end.
#[derive(Clone, Debug, Hash)]
struct Truth {
    id: SessionId,
    current_ms: u64,
    told_ms: Option<u64>,
}

/// A person's stop that is not done.
#[derive(Clone, Debug, Hash)]
struct StopWish {
    since_ms: u64,
    /// Of these, in one piece and up to now, over a working link.
    linked_ms: u64,
}

/// What a step may change at the device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    state: DeviceState,
    boot: BootId,
    session: Option<SessionId>,
    target_dma: u16,
    output_dma: u16,
}

impl Before {
    pub(crate) fn of(device: &Device) -> Self {
        Self {
            state: device.state,
            boot: device.boot,
            session: device.session_id(),
            target_dma: device.target_dma,
            output_dma: device.output_dma,
        }
    }
}

/// Longer ago than any tolerance: further apart, moments are not told apart, so that states meet.
const LONG_AGO_MS: u64 = 20_000;

/// The truth.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Ghost {
    /// Whether output may rise: an accepted wish since the last interruption stands behind it.
    licence: bool,
    records: Vec<Record>,
    sessions: Vec<Truth>,
    stop: Option<StopWish>,
    /// How long a command has been open, in one piece and up to now, over a working link, in milliseconds.
    open_ms: u64,
    /// Milliseconds since the device was last idle, running, paused.
    since_ms: [u64; 3],
    /// When the newest report was true that this run of the app has had of the present boot, in device ticks.
    heard_ticks: Option<u64>,
    /// The fastest report of this run and boot, in milliseconds: the app can't know clocks better than by this.
    fastest_ms: u64,
    pub(crate) broken: Option<Broken>,
}

impl Default for Ghost {
    fn default() -> Self {
        Self {
            licence: false,
            records: Vec::new(),
            sessions: Vec::new(),
            stop: None,
            open_ms: 0,
            since_ms: [0, LONG_AGO_MS, LONG_AGO_MS],
            heard_ticks: None,
            fastest_ms: 0,
            broken: None,
        }
    }
}

impl Ghost {
    /// The first that breaks is the one to tell.
    pub(crate) fn fail(&mut self, invariant: Invariant, what: impl Into<String>) {
        self.broken.get_or_insert_with(|| Broken { invariant, what: what.into() });
    }

    // --- the person and the app ---

    pub(crate) fn stop_wished(&mut self) {
        self.stop.get_or_insert(StopWish { since_ms: 0, linked_ms: 0 });
    }

    pub(crate) fn intended(&mut self, intent: &Intent) {
        match intent.kind {
            OrderKind::Stop => self.stop_wished(),
            // The person has changed their mind: the app takes no start while it knows of a stop.
            OrderKind::Start => self.stop = None,
            _ => {}
        }
        self.records.push(Record {
            command: intent.command,
            kind: intent.kind,
            sequence: intent.sequence,
            boot: intent.boot,
            applied: false,
            refused: false,
            settled: None,
        });
    }

    /// The person's stops on which the last word is not said.
    pub(crate) fn open_stops(&self) -> usize {
        self.records.iter().filter(|record| record.kind == OrderKind::Stop && record.settled.is_none()).count()
    }

    /// A command that was refused before anything was sent.
    pub(crate) fn not_intended(&mut self, command: CommandId) {
        self.records.retain(|record| record.command != command);
    }

    pub(crate) fn command_of(&self, frame: &Frame) -> Option<CommandId> {
        self.records.iter().rev().find(|record| record.sequence == frame.sequence).map(|record| record.command)
    }

    /// What leaves the app.
    pub(crate) fn sent(&mut self, frame: &Frame, screened: bool) {
        match frame.command {
            Command::Start { .. } if !screened => self.fail(Invariant::Screening, "a start leaves the app unscreened"),
            Command::Start { setup, .. } if setup.cap_dma > LEAST_CAP_DMA => {
                self.fail(Invariant::Caps, format!("a start with a cap of {} x 0.1 mA leaves the app", setup.cap_dma));
            }
            Command::SetIntensity { target_dma, .. } if target_dma > LEAST_CAP_DMA => {
                self.fail(Invariant::Caps, format!("a target of {target_dma} x 0.1 mA leaves the app"));
            }
            _ => {}
        }
    }

    pub(crate) fn kept_alive(&mut self, device: &Device, stopping: bool) {
        if stopping {
            self.fail(Invariant::Lease, "a keep-alive is sent while the app knows of a stop");
        }
        let fits = self
            .heard_ticks
            .is_some_and(|heard| device.ticks_ms - heard <= CERTAIN_FOR_MS + self.clock_error_ms(device));
        if !fits {
            self.fail(Invariant::Lease, "a keep-alive is sent by an app that does not see the device");
        }
    }

    /// A report reaches the app.
    pub(crate) fn heard(&mut self, boot: BootId, at_ticks: u64, device: &Device) {
        if boot != device.boot {
            return;
        }
        let trip_ms = device.ticks_ms.saturating_sub(at_ticks);
        self.fastest_ms = if self.heard_ticks.is_some() { self.fastest_ms.min(trip_ms) } else { trip_ms };
        self.heard_ticks = self.heard_ticks.max(Some(at_ticks));
    }

    /// A word on a command. Tells whether it ends the person's last stop.
    pub(crate) fn settled(&mut self, command: CommandId, outcome: Outcome, last: bool, device: &Device) -> bool {
        let Some(record) = self.records.iter_mut().find(|record| record.command == command) else {
            self.fail(Invariant::Settled, "a command nobody gave, or one settled before, is settled");
            return false;
        };
        let lie = match outcome {
            _ if record.settled.is_some() => Some("a command is settled after its last word"),
            Outcome::Confirmed if record.kind == OrderKind::Stop => {
                let over = matches!(device.state, DeviceState::Idle | DeviceState::Stopping);
                (!over).then_some("a stop is confirmed, and the session is there")
            }
            Outcome::Confirmed => (!record.applied).then_some("a command is confirmed that was not applied"),
            Outcome::Rejected(Rejection::DeviceRestarted) => {
                (record.boot == Some(device.boot)).then_some("the device is said to have restarted, and has not")
            }
            Outcome::Rejected(Rejection::Device(_)) if !record.refused => {
                Some("a command is said to be refused, and was not")
            }
            Outcome::Rejected(_) => record.applied.then_some("a command is rejected that was applied"),
            Outcome::Unknown => None,
        };
        if last {
            record.settled = Some(outcome);
        }
        let stopped = record.kind == OrderKind::Stop && last && outcome == Outcome::Confirmed;
        if let Some(lie) = lie {
            self.fail(Invariant::Settled, lie);
        }
        if stopped {
            self.stop = None;
        }
        stopped
    }

    pub(crate) fn told(&mut self, event: SessionEvent) {
        let (id, told_s) = match event {
            SessionEvent::Ended(end) => (end.id, end.elapsed_s),
            SessionEvent::NotBegun(id) => (id, 0),
            _ => return,
        };
        self.tell_dose(id, told_s);
    }

    /// So much is told of a session for good. The app can't count what is shorter than its idea of the device's clock.
    pub(crate) fn tell_dose(&mut self, id: SessionId, told_s: u32) {
        let counted_ms = u64::from(told_s) * 1_000 + self.fastest_ms;
        if let Some(truth) = self.truth(id) {
            truth.told_ms = Some(counted_ms);
        }
    }

    /// The app dies: what was not on the disk was never written. A stop that was not is forgotten with it, and only the
    /// person can ask again; all else must be known.
    pub(crate) fn app_died(&mut self, disk: &Journal) {
        self.heard_ticks = None;
        for truth in &mut self.sessions {
            if disk.has_session(truth.id) {
                truth.told_ms = None;
            }
        }
        for record in &mut self.records {
            if disk.has_open(record.command) {
                record.settled = None;
            } else if record.settled.is_none() {
                // No disk knows it, so nobody will settle it.
                record.settled = Some(Outcome::Unknown);
            }
        }
        if disk.open.iter().all(|intent| intent.kind != OrderKind::Stop) {
            self.stop = None;
        }
    }

    // --- the device ---

    /// A frame was taken.
    pub(crate) fn taken(&mut self, down: &Down, frame: &Frame, verdict: Verdict, before: Before) {
        let record = self.records.iter_mut().find(|record| Some(record.command) == down.command);
        if matches!(verdict.taken, Taken::Refused(_)) {
            if let Some(record) = record {
                record.refused = true;
            }
            return;
        }
        if !verdict.applied {
            return;
        }
        let fault = match (&record, frame.command) {
            (_, Command::Stop) => None,
            (None, _) => Some((Invariant::Once, "a command is applied that nobody waits for")),
            (Some(record), _) if record.applied => Some((Invariant::Once, "a command is applied twice")),
            (Some(record), _) if matches!(record.settled, Some(Outcome::Rejected(_))) => {
                Some((Invariant::Settled, "a command is applied that was settled as rejected"))
            }
            _ => None,
        };
        if let Some(record) = record {
            record.applied = true;
        }
        if let Some((invariant, what)) = fault {
            self.fail(invariant, what);
        }
        match frame.command {
            Command::SetIntensity { target_dma, .. } if target_dma > before.target_dma => {
                if target_dma - before.target_dma > MAX_RISE_DMA {
                    self.fail(
                        Invariant::Caps,
                        format!("a wish raises from {} to {target_dma} x 0.1 mA", before.target_dma),
                    );
                }
                if down.fresh {
                    self.licence = true;
                } else {
                    self.fail(Invariant::Fresh, "an intensity is raised by no wish since the last interruption");
                }
            }
            Command::Start { .. } | Command::Resume { .. } if !down.fresh => {
                self.fail(Invariant::Fresh, "a session starts or resumes by no wish since the last interruption");
            }
            _ => {}
        }
    }

    /// Something happened at the device. Tells whether it interrupted output.
    pub(crate) fn happened(&mut self, before: Before, device: &Device) -> bool {
        let left = |state| before.state == state && device.state != state;
        let interrupted = before.boot != device.boot
            || before.session != device.session_id()
            || left(DeviceState::Running)
            || left(DeviceState::Paused) && device.state == DeviceState::Stopping;
        if interrupted {
            self.licence = false;
        }
        if before.boot != device.boot {
            self.heard_ticks = None;
        }
        self.note_state(device);
        if device.output_dma > before.output_dma && !self.licence {
            self.fail(Invariant::Fresh, "current rises by no wish since the last interruption");
        }
        if device.output_dma > LEAST_CAP_DMA {
            self.fail(Invariant::Caps, format!("{} x 0.1 mA flow", device.output_dma));
        }
        interrupted
    }

    /// A slice of time has passed. `working` = over a link that delivers; `open` = the app has a command that is open.
    pub(crate) fn passed(&mut self, before: Before, device: &Device, working: bool, open: bool, disk: &Journal) {
        self.open_ms = if working && open { self.open_ms + SLICE_MS } else { 0 };
        if self.open_ms > OPEN_MS {
            self.fail(Invariant::Answered, format!("a command is open for {} ms on a working link", self.open_ms));
        }
        for since_ms in &mut self.since_ms {
            *since_ms = (*since_ms + SLICE_MS).min(LONG_AGO_MS);
        }
        self.note_state(device);
        // The ramp to zero behind a session is no stimulation time: section 7.2 of the profile.
        if before.state == DeviceState::Running
            && before.output_dma.max(device.output_dma) > 0
            && let Some(id) = device.session_id()
        {
            let unknown = self.truth(id).is_some_and(|truth| {
                truth.current_ms += SLICE_MS;
                truth.told_ms.is_none() && !disk.has_session(id)
            });
            if unknown {
                self.fail(Invariant::Dose, "current flows in a session that no disk knows");
            }
        }
        if let Some(stop) = &mut self.stop {
            stop.since_ms += SLICE_MS;
            stop.linked_ms = if working { stop.linked_ms + SLICE_MS } else { 0 };
            let late = if stop.since_ms > STOP_ALONE_MS {
                Some(format!("current flows {} ms after a person's stop", stop.since_ms))
            } else if stop.linked_ms > STOP_LINKED_MS {
                Some(format!("current flows {} ms after a person's stop on a working link", stop.linked_ms))
            } else {
                None
            };
            if let Some(late) = late.filter(|_| device.output_dma > 0) {
                self.fail(Invariant::Stop, late);
            }
        }
    }

    // --- every state ---

    /// What the app shows against the truth, and what was told against what flowed.
    pub(crate) fn judge(&mut self, view: &View<'_>, now: Moment, device: &Device) {
        let error_ms = self.clock_error_ms(device);
        let [idle, running, paused] = self.since_ms;
        let (shown, since_ms, certain_ms) = match view.phase {
            Phase::Running => ("running", running, CERTAIN_FOR_MS),
            Phase::Paused(_) => ("paused", paused, CERTAIN_FOR_MS),
            Phase::Idle | Phase::Starting => ("idle", idle, CERTAIN_IDLE_FOR_MS),
            Phase::Disconnected | Phase::Connecting | Phase::Stopping | Phase::Uncertain => ("", 0, 0),
        };
        if since_ms > certain_ms + error_ms {
            self.fail(Invariant::Shown, format!("shown as {shown}, and was so {since_ms} ms ago"));
        }
        if let Reading::Now(report) = view.reading {
            let certain_ms = if report.in_session() { CERTAIN_FOR_MS } else { CERTAIN_IDLE_FOR_MS };
            let true_ticks = if report.boot == device.boot { report.at.0 } else { 0 };
            let age_ms = device.ticks_ms.saturating_sub(true_ticks);
            if age_ms > certain_ms + error_ms {
                self.fail(Invariant::Shown, format!("values are shown as certain that are {age_ms} ms old"));
            }
        }
        if let (Some(zero_by), Some(session)) = (view.zero_by, view.session) {
            let told_ms = now.since_ms(zero_by);
            if told_ms > SLICE_MS && device.output_dma > 0 && device.session_id() == Some(session.id) {
                self.fail(Invariant::Shown, format!("told to be at zero for {told_ms} ms, and current flows"));
            }
        }
        let short = self.sessions.iter().find_map(|truth| {
            truth.told_ms.filter(|told_ms| *told_ms < truth.current_ms).map(|told_ms| (told_ms, truth.current_ms))
        });
        let over = self.sessions.iter().any(|truth| truth.told_ms.is_some() && device.session_id() == Some(truth.id));
        if over && device.state == DeviceState::Running {
            self.fail(Invariant::Dose, "a session runs that is told as over");
        }
        if let Some((told_ms, flowed_ms)) = short {
            self.fail(
                Invariant::Dose,
                format!("current flowed {flowed_ms} ms in a session of which {told_ms} ms are told"),
            );
        }
    }

    /// Forgets commands on which everything is said and of which nothing is on its way.
    pub(crate) fn tidy(&mut self, on_its_way: impl Fn(CommandId) -> bool) {
        self.records.retain(|record| record.settled.is_none() || on_its_way(record.command));
    }

    const fn note_state(&mut self, device: &Device) {
        let [idle, running, paused] = &mut self.since_ms;
        match device.state {
            // On its way to zero the device counts as idle already.
            DeviceState::Idle | DeviceState::Stopping => *idle = 0,
            DeviceState::Running => *running = 0,
            DeviceState::Paused => *paused = 0,
        }
    }

    /// How far the app's idea of the device's clock may be off: the fastest trip, a slice, and what it grants to drift.
    const fn clock_error_ms(&self, device: &Device) -> u64 {
        self.fastest_ms + SLICE_MS + device.ticks_ms / 1_000
    }

    fn truth(&mut self, id: SessionId) -> Option<&mut Truth> {
        if self.sessions.iter().all(|truth| truth.id != id) {
            self.sessions.push(Truth { id, current_ms: 0, told_ms: None });
        }
        self.sessions.iter_mut().find(|truth| truth.id == id)
    }
}
