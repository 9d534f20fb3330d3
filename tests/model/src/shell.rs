//! What the engine does around the machine: wishes become approved orders, effects are carried out.

use lumbra_domain::safety::ApprovedStart;
use lumbra_domain::therapy::{
    CommandId, DeviceMoment, DeviceReport, Effect, Input, NotNow, Order, OrderKind, Outcome, Rejection, SessionId,
    SettledBy,
};
use lumbra_domain::units::Milliamps;

use crate::action::Wish;
use crate::air::{Down, Downward};
use crate::device::{Command, Frame, Setup};
use crate::mistakes::Mistake;
use crate::rules::{BATTERY, Rules};
use crate::world::World;

impl World {
    // --- wishes ---

    /// Every wish passes the safety envelope before it becomes an order.
    pub(crate) fn wish(&mut self, rules: &Rules, wish: Wish) {
        let order = match wish {
            Wish::Start => self.start_order(rules),
            Wish::Set(dma) => self.set_order(rules, dma),
            Wish::Pause => self.app.therapy.session().map(|session| Order::Pause { session: session.id }),
            Wish::Resume => self.approval().and_then(|(session, approved)| {
                Some(Order::Resume { session, approved: approved.approve_resume(BATTERY).ok()? })
            }),
            Wish::Stop => self.slip_stop(rules).then_some(Order::Stop),
        };
        let Some(order) = order else { return };
        // Refused by the machine it is no wish: nothing is open then.
        let fresh_before = self.app.wish_fresh;
        let commands_before = self.app.commands;
        self.app.wish_fresh |= wish != Wish::Stop;
        self.order(rules, order);
        if self.app.commands == commands_before {
            self.app.wish_fresh = fresh_before;
        } else if let Wish::Set(dma) = wish {
            self.slip_asked(rules, dma);
        }
    }

    pub(crate) fn order(&mut self, rules: &Rules, order: Order) {
        let command = CommandId(self.app.commands + 1);
        self.feed(rules, Input::Order { command, order });
    }

    fn start_order(&self, rules: &Rules) -> Option<Order> {
        self.app.therapy.reading(self.app.moment(self.now_ms)).certain()?;
        let approved = rules.approve_start(self.app.screened)?;
        Some(Order::Start { session: SessionId::new(self.app.sessions + 1)?, approved })
    }

    fn set_order(&self, rules: &Rules, dma: u16) -> Option<Order> {
        let (session, approved) = self.approval()?;
        let reported = self.app.therapy.reading(self.app.moment(self.now_ms)).certain().map(DeviceReport::targets);
        let current = self.slip_current(rules, reported);
        let since_rise = self.app.last_rise_ms.map(|rise| std::time::Duration::from_millis(self.now_ms - rise));
        let targets = approved.approve_targets(current.as_deref(), &[Milliamps::from_tenths(dma)], since_rise).ok()?;
        Some(Order::SetIntensity { session, targets })
    }

    /// The approval of the session under way.
    pub(crate) fn approval(&self) -> Option<(SessionId, &ApprovedStart)> {
        let session = self.app.therapy.session()?.id;
        match &self.app.approved {
            Some((approved_for, approved)) if *approved_for == session => Some((session, approved)),
            _ => None,
        }
    }

    /// After a restart of the app the caps of the session under way are worked out again.
    pub(crate) fn approve_again(&mut self, rules: &Rules) {
        if self.app.approved.is_none()
            && let Some(session) = self.app.therapy.session()
        {
            self.app.approved = rules.approve_running(self.app.screened).map(|approved| (session.id, approved));
        }
    }

    // --- effects ---

    /// One input through the machine, and its effects.
    pub(crate) fn feed(&mut self, rules: &Rules, input: Input) {
        let Some(input) = self.slip_input(rules, input) else { return };
        let ticked = matches!(input, Input::Tick);
        let session = self.app.therapy.session().map(|session| (session.id, session.elapsed_s));
        let now = self.app.moment(self.now_ms);
        let (therapy, effects) = std::mem::take(&mut self.app.therapy).step(input, now);
        self.app.therapy = therapy;
        // A stop is sent before it is saved: the onlooker must know it first.
        for effect in &effects {
            if let Effect::Save { intent, .. } = effect {
                self.ghost.intended(intent);
                self.app.commands = self.app.commands.max(intent.command.0);
            }
        }
        for effect in effects {
            self.carry_out(rules, effect, session, ticked);
        }
        if self.app.therapy.session().is_none() && self.app.therapy.open_order() != Some(OrderKind::Start) {
            self.app.approved = None;
        }
        self.slip_after(rules, ticked);
    }

    fn carry_out(&mut self, rules: &Rules, effect: Effect, session: Option<(SessionId, u32)>, ticked: bool) {
        match effect {
            Effect::Save { intent, order } => {
                self.app.journal.save(&intent);
                if let Order::Start { session, approved } = order {
                    self.app.sessions = self.app.sessions.max(session.get());
                    self.app.approved = Some((session, approved.into()));
                }
                self.app.unsaved.push(intent.command);
                if rules.has(Mistake::SendBeforeSave) {
                    self.feed(rules, Input::Saved(intent.command));
                }
            }
            Effect::Send { sequence, order, expires } => {
                self.marks.repeated |= ticked;
                self.send(rules, sequence, &order, expires);
            }
            Effect::KeepAlive { session, .. } => self.slip_keep_alive(rules, session),
            Effect::ReadStatus if rules.has(Mistake::NeverAsk) => {}
            Effect::ReadStatus => self.send_report(),
            Effect::DropLink => {
                self.marks.dropped = true;
                self.cut(rules);
            }
            Effect::Refuse { command, why } => {
                self.marks.not_saved |= why == NotNow::NotSaved;
                self.ghost.not_intended(command);
            }
            Effect::Settle { command, outcome, by, last } => {
                self.marks.doubted |= by == SettledBy::Timeout;
                self.marks.overtaken |= by == SettledBy::App && outcome == Outcome::Rejected(Rejection::Overtaken);
                self.marks.too_late |= by == SettledBy::App && outcome == Outcome::Rejected(Rejection::NotDelivered);
                if self.slip_settle(rules, command, outcome, last) {
                    self.settle(command, outcome, last);
                }
            }
            Effect::Tell(event) => {
                let event = Self::slip_event(rules, event, session);
                let now = self.app.therapy.session().map(|session| (session.id, session.elapsed_s));
                let (id, elapsed_s) = now.or(session).unzip();
                self.app.journal.tell(id, event, elapsed_s.unwrap_or_default());
                self.ghost.told(event);
            }
        }
    }

    pub(crate) fn settle(&mut self, command: CommandId, outcome: Outcome, last: bool) {
        if self.ghost.settled(command, outcome, last, &self.device) {
            // The person has been told that it is over: nothing wished for before may begin again.
            self.interrupted();
        }
        if last {
            self.app.journal.settle(command);
        }
    }

    fn send(&mut self, rules: &Rules, sequence: u16, order: &Order, expires: Option<DeviceMoment>) {
        if matches!(order, Order::SetIntensity { targets, .. } if targets.rises()) {
            self.app.last_rise_ms = Some(self.now_ms);
        }
        let Some(frame) = frame(rules, sequence, order, expires) else { return };
        if !self.device.linked || !self.slip_send(rules, frame) {
            return;
        }
        self.ghost.sent(&frame, self.app.screened);
        let command = self.ghost.command_of(&frame);
        let fresh = order.kind().can_raise() && self.app.wish_fresh;
        let down = Down { sent_ms: self.now_ms, what: Downward::Command(frame), command, fresh };
        self.air.send_down(down);
        self.slip_sent(rules, down, frame);
    }

    pub(crate) fn keep_alive(&mut self, session: SessionId) {
        self.ghost.kept_alive(&self.device, self.app.therapy.is_stopping());
        let what = Downward::KeepAlive(session);
        self.air.send_down(Down { sent_ms: self.now_ms, what, command: None, fresh: false });
    }
}

/// An order as it goes on the air. Orders that do not concern output are not modelled.
fn frame(rules: &Rules, sequence: u16, order: &Order, expires: Option<DeviceMoment>) -> Option<Frame> {
    // What can raise and does not say until when is refused by every device.
    let mut expires_ms = expires.map_or(0, |expires| expires.0);
    if rules.has(Mistake::NeverExpire) {
        expires_ms = u64::MAX;
    }
    let command = match order {
        Order::Start { session, approved } => {
            let plan = approved.plan();
            let parameters = plan.programme.parameters();
            let setup = Setup {
                cap_dma: approved.caps().first().map_or(0, |cap| cap.tenths()),
                duration_ms: u64::from(plan.duration.get()) * 1_000,
                grace_ms: u64::from(plan.grace.get()) * 1_000,
                ramp_up_dma_per_s: parameters.ramp_up_dma_per_s,
                ramp_down_ms: u64::from(parameters.ramp_down_ms),
            };
            Command::Start { session: *session, expires_ms, setup }
        }
        Order::SetIntensity { session, targets } => {
            let target_dma = targets.targets().first().map_or(0, |target| target.tenths());
            Command::SetIntensity { session: *session, expires_ms, target_dma }
        }
        Order::Pause { session } => Command::Pause { session: *session },
        Order::Resume { session, .. } => Command::Resume { session: *session, expires_ms },
        Order::Stop => Command::Stop,
        Order::ClearFaults | Order::Device(_) => return None,
    };
    Some(Frame { sequence, command })
}
