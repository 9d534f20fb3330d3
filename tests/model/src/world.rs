//! The whole: phone, link, device and onlooker, and what each action does to them.

use std::hash::{Hash, Hasher};

use lumbra_domain::therapy::{
    BootId, Contact, DeviceState, Input, OrderKind, Outcome, Reading, Reason, Taken, Therapy,
};

use crate::action::{Action, Way, Wish};
use crate::air::{Air, Down, Downward, Up, Upward};
use crate::app::App;
use crate::bounds::{MISFORTUNES, RUNS_MS, SLICE_MS, SLOW_CONNECT_MS, WAITS_MS, WISHES_DMA};
use crate::coverage::Marks;
use crate::device::Device;
use crate::ghost::{Before, Ghost};
use crate::mistakes::Mistake;
use crate::rules::Rules;

/// How many deliveries "all arrives" is at most: a mistake may answer each refusal with a new frame.
const DELIVERIES: usize = 40;

/// One state.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) now_ms: u64,
    pub(crate) app: App,
    pub(crate) device: Device,
    pub(crate) air: Air,
    pub(crate) ghost: Ghost,
    pub(crate) misfortunes: u8,
    /// What was met on the last step: no part of the state.
    pub(crate) marks: Marks,
}

impl Hash for World {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self { now_ms, app, device, air, ghost, misfortunes, marks: _ } = self;
        now_ms.hash(hasher);
        app.hash(hasher);
        device.hash(hasher);
        air.hash(hasher);
        ghost.hash(hasher);
        misfortunes.hash(hasher);
    }
}

impl World {
    /// A phone and a device that have never met.
    pub(crate) fn new(screened: bool) -> Self {
        Self {
            now_ms: 0,
            app: App::new(screened),
            device: Device::boot(BootId(1)),
            air: Air::default(),
            ghost: Ghost::default(),
            misfortunes: MISFORTUNES,
            marks: Marks::default(),
        }
    }

    /// Everything that can happen next. What would change nothing is left out where that is plain to see.
    pub(crate) fn actions(&self) -> Vec<Action> {
        let mut actions = Vec::with_capacity(32);
        if self.ghost.broken.is_some() {
            return actions;
        }
        let misfortune = self.misfortunes > 0;
        self.wishes(&mut actions);
        if self.app.disk_is_behind() {
            actions.push(Action::Disk);
        }
        if misfortune && !self.app.unsaved.is_empty() {
            actions.push(Action::DiskFails);
        }
        for (way, count) in [(Way::Down, self.air.down.len()), (Way::Up, self.air.up.len())] {
            for index in 0..u8::try_from(count).unwrap_or(u8::MAX) {
                actions.push(Action::Deliver(way, index));
                actions.push(Action::Lose(way, index));
                if misfortune {
                    actions.push(Action::Copy(way, index));
                }
            }
        }
        if self.device.linked {
            actions.extend(RUNS_MS.map(Action::Run));
        } else {
            actions.push(Action::Connect);
        }
        actions.extend(WAITS_MS.map(Action::Wait));
        if misfortune {
            actions.extend([Action::Crash, Action::Reboot]);
            actions.push(if self.device.linked { Action::Cut } else { Action::ConnectSlowly });
            let in_session = matches!(self.device.state, DeviceState::Running | DeviceState::Paused);
            if in_session {
                actions.push(Action::Button);
            }
            if in_session && self.device.contact == Contact::Good {
                actions.push(Action::LiftPad);
            }
            if self.app.screened {
                actions.push(Action::Unfit);
            }
        }
        if self.device.contact == Contact::Off {
            actions.push(Action::PressPad);
        }
        actions
    }

    /// A stop is taken at any time; other wishes wait in the engine while a command is open.
    fn wishes(&self, actions: &mut Vec<Action>) {
        let therapy = &self.app.therapy;
        // A second press on it must be settled too; a third says nothing more.
        if self.ghost.open_stops() < 2 && !self.app.slip.stop_held {
            actions.push(Action::Wish(Wish::Stop));
        }
        if !self.device.linked || therapy.awaits_answer() {
            return;
        }
        match self.app.sees(self.now_ms) {
            _ if therapy.session().is_none() => actions.push(Action::Wish(Wish::Start)),
            Some(DeviceState::Running) => {
                actions.extend(WISHES_DMA.map(|dma| Action::Wish(Wish::Set(dma))));
                actions.push(Action::Wish(Wish::Pause));
            }
            Some(DeviceState::Paused) => actions.push(Action::Wish(Wish::Resume)),
            _ => {}
        }
    }

    /// The state after an action.
    pub(crate) fn after(&self, rules: &Rules, action: Action) -> Self {
        let mut next = self.clone();
        next.marks = Marks::default();
        next.act(rules, action);
        next
    }

    /// Takes a step.
    pub(crate) fn act(&mut self, rules: &Rules, action: Action) {
        let misfortune = matches!(
            action,
            Action::DiskFails
                | Action::Copy(..)
                | Action::Cut
                | Action::ConnectSlowly
                | Action::Crash
                | Action::Reboot
                | Action::Button
                | Action::LiftPad
                | Action::Unfit
        );
        if misfortune {
            self.misfortunes = self.misfortunes.saturating_sub(1);
        }
        match action {
            Action::Wish(wish) => self.wish(rules, wish),
            Action::Disk => self.save_all(rules),
            Action::DiskFails => self.fail_to_save(rules),
            Action::Deliver(Way::Down, index) => {
                if let Some(down) = self.air.take_down(usize::from(index)) {
                    self.arrive_down(down);
                }
            }
            Action::Deliver(Way::Up, index) => {
                if let Some(up) = self.air.take_up(usize::from(index)) {
                    self.arrive_up(rules, up);
                }
            }
            Action::Lose(Way::Down, index) => drop(self.air.take_down(usize::from(index))),
            Action::Lose(Way::Up, index) => drop(self.air.take_up(usize::from(index))),
            Action::Copy(Way::Down, index) => {
                if let Some(down) = self.air.copy_down(usize::from(index)) {
                    self.arrive_down(down);
                }
            }
            Action::Copy(Way::Up, index) => {
                if let Some(up) = self.air.copy_up(usize::from(index)) {
                    self.arrive_up(rules, up);
                }
            }
            Action::Run(ms) => self.run(rules, u64::from(ms)),
            Action::Wait(ms) => {
                for _ in 0..u64::from(ms) / SLICE_MS {
                    self.slice(rules, false);
                }
            }
            Action::Cut => self.cut(rules),
            Action::Connect => self.connect(rules, 0),
            Action::ConnectSlowly => self.connect(rules, SLOW_CONNECT_MS),
            Action::Crash => self.crash(rules),
            Action::Reboot => {
                let before = Before::of(&self.device);
                let was_linked = self.device.linked;
                self.device = Device::boot(BootId(self.device.boot.0 + 1));
                self.observe(before);
                self.device.linked = was_linked;
                self.cut(rules);
            }
            Action::Button => self.at_device(Device::press_button),
            Action::LiftPad => self.at_device(Device::lift_pad),
            Action::PressPad => self.at_device(Device::press_pad),
            Action::Unfit => {
                self.app.screened = false;
                // The engine stops every session then.
                self.wish(rules, Wish::Stop);
            }
        }
        self.judge();
        let Self { ghost, air, app, .. } = self;
        ghost.tidy(|command| air.down.iter().any(|down| down.command == Some(command)) || app.disk.has_open(command));
        self.mark();
    }

    // --- time ---

    fn run(&mut self, rules: &Rules, ms: u64) {
        self.deliver_all(rules);
        for _ in 0..ms / SLICE_MS {
            self.slice(rules, true);
        }
    }

    fn slice(&mut self, rules: &Rules, working: bool) {
        self.now_ms += SLICE_MS;
        let before = Before::of(&self.device);
        let shown = self.device.shown();
        self.device.pass();
        self.observe(before);
        self.air.age(self.now_ms);
        if self.device.shown() != shown || self.device.report_is_due() {
            self.send_report();
        }
        if working {
            self.deliver_all(rules);
        }
        if self.app.tick_is_due(self.now_ms) {
            self.feed(rules, Input::Tick);
        }
        if working {
            self.deliver_all(rules);
        }
        let open = self.app.therapy.awaits_answer() || self.app.therapy.is_stopping();
        self.ghost.passed(before, &self.device, working && self.device.linked, open, &self.app.disk);
        self.judge();
    }

    /// All that is on its way arrives, in order, and what follows from it, until nothing is left.
    fn deliver_all(&mut self, rules: &Rules) {
        for _ in 0..DELIVERIES {
            if self.app.disk_is_behind() {
                self.save_all(rules);
            }
            if let Some(down) = self.air.take_down(0) {
                self.arrive_down(down);
            } else if let Some(up) = self.air.take_up(0) {
                self.arrive_up(rules, up);
            } else {
                return;
            }
        }
    }

    // --- the disk ---

    fn save_all(&mut self, rules: &Rules) {
        self.app.disk = self.app.journal.clone();
        for command in std::mem::take(&mut self.app.unsaved) {
            self.feed(rules, Input::Saved(command));
        }
    }

    fn fail_to_save(&mut self, rules: &Rules) {
        if self.app.unsaved.is_empty() {
            return;
        }
        let command = self.app.unsaved.remove(0);
        self.app.journal.forget(command);
        self.feed(rules, Input::NotSaved(command));
    }

    // --- the link ---

    /// The engine reads the status first and tells the machine of it when the link is settled, so many milliseconds later.
    fn connect(&mut self, rules: &Rules, settling_ms: u64) {
        self.device.linked = true;
        let report = self.device.report();
        for _ in 0..settling_ms / SLICE_MS {
            self.slice(rules, false);
        }
        // Nothing was subscribed until now.
        self.air.clear();
        self.app.slip.stop_sent = None;
        self.feed(rules, Input::Connected);
        self.ghost.heard(report.boot, report.at.0, &self.device);
        let shown = self.slip_first_report(rules, report);
        self.feed(rules, Input::Report(shown));
        self.approve_again(rules);
    }

    pub(crate) fn cut(&mut self, rules: &Rules) {
        if !self.device.linked {
            return;
        }
        self.device.linked = false;
        self.air.clear();
        self.slip_link_lost(rules);
        self.feed(rules, Input::LinkLost);
    }

    fn crash(&mut self, rules: &Rules) {
        self.device.linked = false;
        self.air.clear();
        self.ghost.app_died(&self.app.disk);
        let mut journal = self.app.disk.clone();
        let left = journal.left_open();
        for (session, told_s) in left.given_up {
            self.ghost.tell_dose(session, told_s);
        }
        for command in left.settled {
            self.ghost.settled(command, Outcome::Unknown, true, &self.device);
        }
        let therapy = Therapy::restore(left.session, left.intent);
        let mut app = App::run(therapy, journal, self.now_ms, self.app.screened);
        (app.commands, app.sessions) = (self.app.commands, self.app.sessions);
        app.slip.restarted = true;
        self.app = app;
        if left.stop_wanted && !rules.has(Mistake::ForgetStop) {
            self.order(rules, lumbra_domain::therapy::Order::Stop);
        }
    }

    fn arrive_down(&mut self, down: Down) {
        let (before, shown) = (Before::of(&self.device), self.device.shown());
        match down.what {
            Downward::KeepAlive(session) => self.device.keep_alive(session),
            Downward::Command(frame) => {
                let verdict = self.device.take(frame);
                if matches!(verdict.taken, Taken::Refused(_)) {
                    self.marks.refused = true;
                }
                self.ghost.taken(&down, &frame, verdict, before);
                let (boot, sequence) = (self.device.boot, frame.sequence);
                let what = Upward::Reply { boot, sequence, taken: verdict.taken };
                self.air.send_up(Up { sent_ms: self.now_ms, what });
            }
        }
        self.observe(before);
        if self.device.shown() != shown {
            self.send_report();
        }
    }

    fn arrive_up(&mut self, rules: &Rules, up: Up) {
        match up.what {
            Upward::Report(report) => {
                self.ghost.heard(report.boot, report.at.0, &self.device);
                self.feed(rules, Input::Report(*report));
            }
            Upward::Reply { boot, sequence, taken } => self.feed(rules, Input::Reply { boot, sequence, taken }),
        }
    }

    pub(crate) fn send_report(&mut self) {
        if self.device.linked {
            let what = Upward::Report(Box::new(self.device.report()));
            self.air.send_up(Up { sent_ms: self.now_ms, what });
        }
    }

    // --- the device ---

    fn at_device(&mut self, change: fn(&mut Device)) {
        let (before, shown) = (Before::of(&self.device), self.device.shown());
        change(&mut self.device);
        self.observe(before);
        if self.device.shown() != shown {
            self.send_report();
        }
    }

    /// Looks at what a step did to the device.
    fn observe(&mut self, before: Before) {
        if self.ghost.happened(before, &self.device) {
            self.interrupted();
        }
    }

    /// What was wished for before this is not fresh any more.
    pub(crate) fn interrupted(&mut self) {
        self.air.interrupt();
        self.app.wish_fresh = false;
    }

    fn judge(&mut self) {
        let now = self.app.moment(self.now_ms);
        let view = self.app.therapy.view(now);
        self.ghost.judge(&view, now, &self.device);
    }

    // --- coverage ---

    fn mark(&mut self) {
        let therapy = &self.app.therapy;
        let marks = &mut self.marks;
        marks.ran = self.device.state == DeviceState::Running;
        marks.flowed = self.device.output_dma > 0;
        marks.stop_open = therapy.is_stopping();
        marks.unknown = therapy.has_unknown();
        marks.two_commands = self.air.has_two_commands();
        marks.unsaved = !self.app.unsaved.is_empty();
        marks.lease_over = self.device.reason == Reason::LinkLost;
        marks.completed = self.device.reason == Reason::Completed;
        marks.uncertain = matches!(therapy.reading(self.app.moment(self.now_ms)), Reading::Old { .. });
        marks.restored = therapy.session().is_some_and(|session| session.seen.is_none())
            || therapy.open_order().is_some_and(|kind| kind != OrderKind::Stop) && self.app.origin_ms > 0;
    }
}
