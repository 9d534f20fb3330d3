//! The state, its inputs and what is to be done about them.

use super::order::{CommandId, Intent, NotNow, Order, OrderKind, Outcome, Rejection, SettledBy};
use super::report::{BootId, DeviceMoment, DeviceReport, DeviceState, Moment, SessionId, Taken};
use super::session::{Session, SessionEvent};
use crate::safety::ApprovedStart;

/// A reading is shown as present for this long, in milliseconds, by the device's own clock. The device
/// reports at least once a second in a session: three reports in a row must be missing.
pub const CERTAIN_FOR_MS: u64 = 3_000;
/// The same while no session is there: the device then reports every change at once, and at least every ten
/// seconds.
pub const CERTAIN_IDLE_FOR_MS: u64 = 12_000;
/// An order that can raise is worth this long on its way, in milliseconds.
pub const VALID_FOR_MS: u64 = 3_000;
/// An order not answered within this time, in milliseconds, has an unknown outcome. Twenty times the 100 ms
/// the profile gives a device to answer.
pub const REPLY_WITHIN_MS: u64 = 2_000;
/// An order that can't raise is repeated this often, in milliseconds, until it is taken.
pub const REPEAT_MS: u64 = 500;
/// A caller waits this long for a stop, in milliseconds, before it hears "unknown"; repeating goes on.
pub(super) const STOP_WITHIN_MS: u64 = 5_000;
/// A link without a new report for this long, in milliseconds, is cut so that it can be made anew.
pub const SILENT_AFTER_MS: u64 = 8_000;
/// The same while no session is there.
pub const SILENT_IDLE_AFTER_MS: u64 = 25_000;
/// A new status is asked for when there was none for this long, in milliseconds.
pub(super) const ASK_AFTER_MS: u64 = 2_000;
/// How many milliseconds two clocks may part in a thousand: ten times what a watch crystal does.
pub(super) const DRIFT_MS: i64 = 1;

/// What happens to the therapy.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A link is up.
    Connected,
    /// The link is gone.
    LinkLost,
    /// The device tells its state.
    Report(DeviceReport),
    /// The device answers a command.
    Reply {
        /// In which boot.
        boot: BootId,
        /// The command's number.
        sequence: u16,
        /// How it was taken.
        taken: Taken,
    },
    /// The person, or the app on its own for orders that do not concern the output, wants something.
    Order {
        /// The command's identity.
        command: CommandId,
        /// What.
        order: Order,
    },
    /// An intent is safe on the disk.
    Saved(CommandId),
    /// An intent could not be saved.
    NotSaved(CommandId),
    /// Time has passed. Wanted every 250 ms while a session, an order or a stop is open, else every second.
    Tick,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Save this before anything of it is sent, then say so with [`Input::Saved`].
    Save {
        /// What to remember.
        intent: Intent,
        /// The whole order, for the audit.
        order: Order,
    },
    /// Write this to the device, now.
    Send {
        /// The command's number.
        sequence: u16,
        /// The order.
        order: Order,
        /// When the device refuses it as too late.
        expires: Option<DeviceMoment>,
    },
    /// Renew the lease of the session.
    KeepAlive {
        /// Any number.
        sequence: u16,
        /// The session.
        session: SessionId,
    },
    /// Read the device's status.
    ReadStatus,
    /// The link is open but silent: cut it, and connect anew.
    DropLink,
    /// An order was not even tried.
    Refuse {
        /// Which.
        command: CommandId,
        /// Why.
        why: NotNow,
    },
    /// What became of a command. `Unknown` by timeout may be followed by a second, final one.
    Settle {
        /// Which.
        command: CommandId,
        /// The outcome.
        outcome: Outcome,
        /// What it was told from.
        by: SettledBy,
        /// Whether nothing more will be told of it.
        last: bool,
    },
    /// A fact for the history.
    Tell(SessionEvent),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Latest {
    pub(super) report: DeviceReport,
    pub(super) connection: u32,
}

/// How the app's clock and the device's go together: the smallest difference seen is that of the report
/// that travelled fastest, so the device is never thought to be earlier than it is by more than that trip. The
/// difference may grow with the device's own time, by [`DRIFT_MS`] in a thousand, because clocks drift; a
/// device that repeats itself gains nothing by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Clock {
    pub(super) boot: BootId,
    pub(super) offset_ms: i64,
    /// Up to when the drift is accounted for.
    pub(super) drifted: DeviceMoment,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pending {
    pub(super) intent: Intent,
    /// Absent for an order of an earlier run of the app.
    pub(super) order: Option<Order>,
    pub(super) sent: Option<Sent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sent {
    pub(super) at: Moment,
    pub(super) last_at: Moment,
    pub(super) connection: Option<u32>,
    pub(super) unknown: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stop {
    pub(super) commands: Vec<CommandId>,
    pub(super) sequence: u16,
    pub(super) asked: Moment,
    pub(super) sent: Option<(Moment, u32)>,
    pub(super) taken: bool,
    pub(super) told: bool,
}

/// The state. See the module's page for what holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Therapy {
    pub(super) session: Option<Session>,
    pub(super) link: Option<u32>,
    pub(super) connections: u32,
    pub(super) linked_at: Moment,
    pub(super) lost_at: Option<Moment>,
    pub(super) latest: Option<Latest>,
    pub(super) clock: Option<Clock>,
    pub(super) sequence: u16,
    pub(super) pending: Option<Pending>,
    /// A command the device has answered, and whose effect no report has shown yet.
    pub(super) unshown: Option<u16>,
    pub(super) stop: Option<Stop>,
    pub(super) kept_alive: Option<Moment>,
    pub(super) asked_status: Option<Moment>,
    /// When a device at rest was asked for something, until it is heard: what it was silent for until then is no fault of the link.
    pub(super) roused: Option<Moment>,
}

impl Therapy {
    /// Takes up what an earlier run of the app left open: its session, and its newest order whose outcome
    /// is not known. Both are settled by the device's first report.
    pub fn restore(session: Option<Session>, open: Option<Intent>) -> Self {
        let sequence = open.as_ref().map_or(0, |intent| intent.sequence);
        let pending = open.map(|intent| Pending {
            intent,
            order: None,
            sent: Some(Sent { at: Moment(0), last_at: Moment(0), connection: None, unknown: true }),
        });
        Self { session, sequence, pending, ..Self::default() }
    }

    /// The state after `input` at `now`, and what is to be done.
    #[must_use]
    pub fn step(mut self, input: Input, now: Moment) -> (Self, Vec<Effect>) {
        let mut effects = Vec::new();
        match input {
            Input::Connected => self.connected(now, &mut effects),
            Input::LinkLost => self.link_lost(now, &mut effects),
            Input::Report(report) => self.report(report, now, &mut effects),
            Input::Reply { boot, sequence, taken } => self.reply(boot, sequence, taken, now, &mut effects),
            Input::Order { command, order: Order::Stop } => self.order_stop(command, now, &mut effects),
            Input::Order { command, order } => self.order(command, order, now, &mut effects),
            Input::Saved(command) => self.saved(command, now, &mut effects),
            Input::NotSaved(command) => {
                if self.pending.take_if(|pending| pending.is_unsent(command)).is_some() {
                    effects.push(Effect::Refuse { command, why: NotNow::NotSaved });
                }
            }
            Input::Tick => self.tick(now, &mut effects),
        }
        (self, effects)
    }

    // --- what the person wants ---

    fn order(&mut self, command: CommandId, order: Order, now: Moment, effects: &mut Vec<Effect>) {
        let unsettled = self.awaits_answer().then_some(NotNow::Unsettled);
        if let Some(why) = self.allows(&order, now).err().or(unsettled) {
            effects.push(Effect::Refuse { command, why });
            return;
        }
        let intent = self.intent(command, order.kind(), order.session(), now);
        effects.push(Effect::Save { intent: intent.clone(), order: order.clone() });
        self.pending = Some(Pending { intent, order: Some(order), sent: None });
    }

    fn order_stop(&mut self, command: CommandId, now: Moment, effects: &mut Vec<Effect>) {
        if let Some(unsent) = self.pending.take_if(|pending| pending.sent.is_none()) {
            let command = unsent.intent.command;
            let outcome = Outcome::Rejected(Rejection::Overtaken);
            effects.push(Effect::Settle { command, outcome, by: SettledBy::App, last: true });
        }
        if self.link.is_none() && self.session.is_none() && self.pending.is_none() {
            effects.push(Effect::Refuse { command, why: NotNow::NoLink });
            return;
        }
        self.rouse(now);
        let intent = self.intent(command, OrderKind::Stop, None, now);
        let stop = self.stop.get_or_insert_with(|| Stop {
            commands: Vec::new(),
            sequence: intent.sequence,
            asked: now,
            sent: None,
            taken: false,
            told: false,
        });
        stop.commands.push(command);
        stop.told = false;
        stop.asked = now;
        // Sent before it is saved: a stop waits for nothing.
        self.send_stop(now, effects);
        effects.push(Effect::Save { intent, order: Order::Stop });
    }

    fn intent(&mut self, command: CommandId, kind: OrderKind, session: Option<SessionId>, now: Moment) -> Intent {
        self.sequence = self.sequence.wrapping_add(1).max(1);
        let report = self.latest.as_ref().map(|latest| &latest.report);
        Intent {
            command,
            kind,
            session,
            sequence: self.sequence,
            boot: report.map(|report| report.boot),
            newest_before: report.and_then(|report| report.newest).map(|newest| newest.sequence),
            expires: self.device_now(now).filter(|_| kind.can_raise()).map(|now| DeviceMoment(now + VALID_FOR_MS)),
        }
    }

    /// Whether an order makes sense in the state the device is known to be in.
    fn allows(&self, order: &Order, now: Moment) -> Result<(), NotNow> {
        if self.stop.is_some() {
            return Err(NotNow::Stopping);
        }
        if self.link.is_none() {
            return Err(NotNow::NoLink);
        }
        let Some(report) = self.reading(now).certain() else {
            return Err(NotNow::StateNotKnown);
        };
        let in_session = |id: SessionId| match &self.session {
            Some(session) if session.id == id && report.session == Some(id) && report.in_session() => Ok(()),
            None if report.in_session() => Err(NotNow::OtherSession),
            _ => Err(NotNow::NoSession),
        };
        match order {
            Order::Start { .. } if self.session.is_some() || report.in_session() => Err(NotNow::SessionThere),
            Order::SetIntensity { session, .. } | Order::Pause { session } => {
                in_session(*session)?;
                if report.state == DeviceState::Running { Ok(()) } else { Err(NotNow::NotRunning) }
            }
            Order::Resume { session, .. } => {
                in_session(*session)?;
                if report.state == DeviceState::Paused { Ok(()) } else { Err(NotNow::NotPaused) }
            }
            Order::Start { .. } | Order::Stop | Order::ClearFaults | Order::Device(_) => Ok(()),
        }
    }

    fn saved(&mut self, command: CommandId, now: Moment, effects: &mut Vec<Effect>) {
        let Some(mut pending) = self.pending.take_if(|pending| pending.is_unsent(command)) else {
            return;
        };
        let Some(order) = pending.order.clone() else { return };
        // The world may have changed while the disk was busy: what is not right any more is not sent.
        let in_time = match pending.intent.expires {
            Some(expires) => self.device_now(now).is_some_and(|now| now <= expires.0),
            None => true,
        };
        // Its expiry is in the ticks of the boot it was given in, and so is all that is known of its effect.
        let same_boot = pending.intent.boot == self.latest.as_ref().map(|latest| latest.report.boot);
        if !same_boot || !in_time || self.allows(&order, now).is_err() {
            let outcome = Outcome::Rejected(Rejection::NotDelivered);
            effects.push(Effect::Settle { command, outcome, by: SettledBy::App, last: true });
            return;
        }
        self.rouse(now);
        if let (Order::Start { session, approved }, Some(boot)) = (&order, pending.intent.boot) {
            self.session = Some(Session::planned(*session, boot, approved, now));
            self.kept_alive = Some(now);
        }
        pending.sent = Some(Sent { at: now, last_at: now, connection: self.link, unknown: false });
        effects.push(Effect::Send { sequence: pending.intent.sequence, order, expires: pending.intent.expires });
        self.pending = Some(pending);
    }

    // --- the link ---

    fn connected(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.connections = self.connections.wrapping_add(1);
        self.link = Some(self.connections);
        self.linked_at = now;
        self.roused = None;
        let was_lost = self.lost_at.take().is_some();
        self.send_stop(now, effects);
        if was_lost && self.session.is_some() {
            effects.push(Effect::Tell(SessionEvent::LinkBack));
        }
        self.ask_status(now, effects);
    }

    fn link_lost(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if self.link.take().is_none() {
            return;
        }
        self.lost_at = Some(now);
        self.unshown = None;
        if let Some(session) = &mut self.session {
            session.link_losses = session.link_losses.saturating_add(1);
            effects.push(Effect::Tell(SessionEvent::LinkLost));
        }
        self.doubt_pending(effects);
    }

    /// Something is asked of the device now. At rest it tells its state seldom: it has the whole time to answer.
    fn rouse(&mut self, now: Moment) {
        if !self.is_busy() {
            self.roused = Some(now);
        }
    }

    /// Whether the device has something to tell soon: what is asked for and not sent yet does not count.
    pub(super) fn is_busy(&self) -> bool {
        let sent = self.pending.as_ref().is_some_and(|pending| pending.sent.is_some());
        self.session.is_some() || sent || self.stop.is_some() || self.latest.is_none()
    }

    pub(super) fn ask_status(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.asked_status = Some(now);
        effects.push(Effect::ReadStatus);
    }

    pub(super) fn send_stop(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if let (Some(stop), Some(connection)) = (&mut self.stop, self.link) {
            stop.sent = Some((now, connection));
            effects.push(Effect::Send { sequence: stop.sequence, order: Order::Stop, expires: None });
        }
    }
}

impl Pending {
    fn is_unsent(&self, command: CommandId) -> bool {
        self.sent.is_none() && self.intent.command == command
    }
}

impl Session {
    fn planned(id: SessionId, boot: BootId, approved: &ApprovedStart, now: Moment) -> Self {
        let plan = approved.plan();
        Self {
            id,
            boot,
            planned_s: plan.duration.get(),
            grace_s: plan.grace.get(),
            ramp_down_ms: plan.programme.ramp_down_ms(),
            begun: false,
            elapsed_s: 0,
            seen: Some(now),
            max_delivered: crate::units::Milliamps::ZERO,
            link_losses: 0,
        }
    }
}
