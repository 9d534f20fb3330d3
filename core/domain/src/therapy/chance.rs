//! The machine against chance: a small device of the test's own behind a network that loses, repeats and delays,
//! an app that is killed, a device that restarts. What must hold is checked at every step, at the device.

mod device;

use std::time::Duration;

use proptest::prelude::*;

use self::device::{Device, Frame};
use super::play::{CAP, approved};
use super::*;
use crate::safety::ApprovedStart;
use crate::units::{Milliamps, Percent};

#[derive(Clone, Debug)]
enum Move {
    Pass(u16),
    Start,
    Set(u16),
    Pause,
    Resume,
    Stop,
    Button,
    CutLink,
    Connect,
    DeviceReboot,
    AppRestart,
    Network { lose: bool, twice: bool, delay_ms: u16 },
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        6 => (50_u16..3_000).prop_map(Move::Pass),
        2 => Just(Move::Start),
        5 => (0_u16..50).prop_map(|steps| Move::Set(steps * 5)),
        1 => Just(Move::Pause),
        2 => Just(Move::Resume),
        1 => Just(Move::Stop),
        1 => Just(Move::Button),
        1 => Just(Move::CutLink),
        2 => Just(Move::Connect),
        1 => Just(Move::DeviceReboot),
        1 => Just(Move::AppRestart),
        2 => (any::<bool>(), any::<bool>(), 0_u16..2_500)
            .prop_map(|(lose, twice, delay_ms)| Move::Network { lose, twice, delay_ms }),
    ];
    proptest::collection::vec(one, 1..60)
}

enum Arrives {
    Down(Frame),
    Report(DeviceReport),
    Reply(u32, u16, Taken),
}

struct World {
    now: u64,
    therapy: Therapy,
    device: Device,
    linked: bool,
    air: Vec<(u64, u32, Arrives)>,
    link: u32,
    lose: bool,
    twice: bool,
    delay_ms: u64,
    approved: ApprovedStart,
    intents: Vec<Intent>,
    settled: Vec<CommandId>,
    asked: u128,
    next_session: u32,
    boots: u32,
    last_report: u64,
    /// When a frame was lost, or late, last.
    bad_at: Option<u64>,
    shown_false_since: Option<u64>,
}

impl World {
    fn new() -> Self {
        Self {
            now: 1_000,
            therapy: Therapy::default(),
            device: Device::new(1, 0),
            linked: false,
            air: Vec::new(),
            link: 0,
            lose: false,
            twice: false,
            delay_ms: 0,
            approved: approved(),
            intents: Vec::new(),
            settled: Vec::new(),
            asked: 0,
            next_session: 0,
            boots: 1,
            last_report: 0,
            bad_at: None,
            shown_false_since: None,
        }
    }

    fn fly(&mut self, make: impl Fn() -> Arrives) {
        if self.lose || self.delay_ms > 0 {
            self.bad_at = Some(self.now);
        }
        if self.lose {
            return;
        }
        for _ in 0..if self.twice { 2 } else { 1 } {
            self.air.push((self.now + self.delay_ms, self.link, make()));
        }
    }

    fn feed(&mut self, input: Input) {
        let (therapy, effects) = std::mem::take(&mut self.therapy).step(input, Moment(self.now));
        self.therapy = therapy;
        for effect in effects {
            match effect {
                Effect::Save { intent, .. } => {
                    let command = intent.command;
                    self.intents.push(intent);
                    self.feed(Input::Saved(command));
                }
                Effect::Send { sequence, order, expires } => {
                    assert!(self.linked, "nothing is sent without a link");
                    let frame = Frame { sequence, session: order.session(), order: Some(order), expires };
                    self.fly(|| Arrives::Down(frame.clone()));
                }
                Effect::KeepAlive { sequence, session } => {
                    let frame = Frame { sequence, order: None, session: Some(session), expires: None };
                    self.fly(|| Arrives::Down(frame.clone()));
                }
                Effect::ReadStatus if self.linked => {
                    let report = self.device.report(self.now);
                    self.fly(|| Arrives::Report(report.clone()));
                }
                Effect::DropLink => {
                    let bad = self.bad_at.is_some_and(|bad_at| self.now - bad_at <= SILENT_IDLE_AFTER_MS);
                    assert!(bad, "a link that is good was cut at {} ms", self.now);
                    self.cut();
                }
                Effect::Settle { command, last: true, .. } => {
                    assert!(!self.settled.contains(&command), "a command was settled twice");
                    self.settled.push(command);
                }
                _ => {}
            }
        }
    }

    fn cut(&mut self) {
        if std::mem::take(&mut self.linked) {
            // What is on its way dies with its link.
            self.air.clear();
            self.feed(Input::LinkLost);
        }
    }

    fn connect(&mut self) {
        if !self.linked {
            self.linked = true;
            self.link += 1;
            self.feed(Input::Connected);
            let report = self.device.report(self.now);
            self.feed(Input::Report(report));
        }
    }

    fn report(&mut self) {
        self.last_report = self.now;
        if self.linked {
            let report = self.device.report(self.now);
            self.fly(|| Arrives::Report(report.clone()));
        }
    }

    fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while self.now < end {
            self.now += 50;
            self.device.pass(self.now);
            let now = self.now;
            let (due, later): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.air).into_iter().partition(|one| one.0 <= now);
            self.air = later;
            for (_, link, arrives) in due {
                if !self.linked || link != self.link {
                    continue;
                }
                match arrives {
                    Arrives::Down(frame) => {
                        let before = self.device.report(self.now);
                        if let Some((sequence, taken)) = self.device.take(&frame, self.now) {
                            let boot = self.device.boot;
                            self.fly(|| Arrives::Reply(boot, sequence, taken));
                        }
                        if self.device.report(self.now) != before {
                            self.report();
                        }
                    }
                    Arrives::Report(report) => self.feed(Input::Report(report)),
                    Arrives::Reply(boot, sequence, taken) => {
                        self.feed(Input::Reply { boot: BootId(boot), sequence, taken });
                    }
                }
            }
            // As PROFILE.md has it: at rest seldom.
            let every_ms = if self.device.state == DeviceState::Idle { 10_000 } else { 1_000 };
            if self.now - self.last_report >= every_ms {
                self.report();
            }
            if self.now.is_multiple_of(250) {
                self.feed(Input::Tick);
            }
            self.check();
        }
    }

    fn order(&mut self, order: Order) {
        self.asked += 1;
        self.feed(Input::Order { command: CommandId(self.asked), order });
    }

    fn play(&mut self, step: &Move) {
        let session = self.therapy.session().map(|session| session.id);
        match step {
            Move::Pass(ms) => self.pass(u64::from(*ms) / 50 * 50),
            Move::Start => {
                self.next_session += 1;
                let session = SessionId::new(self.next_session).unwrap();
                let approved = self.approved.clone();
                self.order(Order::Start { session, approved });
            }
            Move::Set(tenths) => {
                let current = self.therapy.reading(Moment(self.now)).certain().map(DeviceReport::targets);
                let asked = [Milliamps::from_tenths(*tenths)];
                let since = Some(Duration::from_secs(2));
                if let (Some(session), Ok(targets)) =
                    (session, self.approved.approve_targets(current.as_deref(), &asked, since))
                {
                    self.order(Order::SetIntensity { session, targets });
                }
            }
            Move::Pause => {
                if let Some(session) = session {
                    self.order(Order::Pause { session });
                }
            }
            Move::Resume => {
                if let Some(session) = session {
                    let approved = self.approved.approve_resume(Percent::saturating(90)).unwrap();
                    self.order(Order::Resume { session, approved });
                }
            }
            Move::Stop => self.order(Order::Stop),
            Move::Button => {
                if self.device.state != DeviceState::Idle {
                    self.device.interrupt(DeviceState::Idle, Reason::Button);
                    self.report();
                }
            }
            Move::CutLink => self.cut(),
            Move::Connect => self.connect(),
            Move::DeviceReboot => {
                self.boots += 1;
                self.device = Device::new(self.boots, self.now);
                self.cut();
            }
            Move::AppRestart => {
                self.cut();
                let open = self.intents.iter().rev().find(|intent| !self.settled.contains(&intent.command)).cloned();
                let open = open.filter(|intent| intent.kind != OrderKind::Stop);
                let session = self.therapy.session().cloned().map(|session| Session { seen: None, ..session });
                self.therapy = Therapy::restore(session, open);
            }
            Move::Network { lose, twice, delay_ms } => {
                (self.lose, self.twice, self.delay_ms) = (*lose, *twice, u64::from(*delay_ms));
            }
        }
        self.check();
    }

    fn check(&mut self) {
        assert!(self.device.target <= CAP.tenths(), "above the cap");
        assert!(self.device.state == DeviceState::Running || self.device.target == 0, "output while not running");
        // What is shown as certain was true at most so long ago.
        let view = self.therapy.view(Moment(self.now));
        let shown_running = view.phase == Phase::Running;
        let wrong = shown_running && self.device.state != DeviceState::Running;
        self.shown_false_since = if wrong { self.shown_false_since.or(Some(self.now)) } else { None };
        if let Some(since) = self.shown_false_since {
            assert!(self.now - since <= CERTAIN_FOR_MS + 2_500 + 50, "shown as running for too long");
        }
        if self.therapy.is_stopping() {
            assert_eq!(view.phase, Phase::Stopping, "a stop is shown until it is done");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(moves in moves()) {
        let mut world = World::new();
        world.connect();
        world.pass(1_000);
        for step in &moves {
            world.play(step);
        }
        // With a working network again, everything is settled, and a stop stops.
        world.play(&Move::Network { lose: false, twice: false, delay_ms: 0 });
        for _ in 0..4 {
            // A silent link is cut by the machine itself: the engine would connect anew.
            world.connect();
            world.pass(2_000);
        }
        prop_assert!(!world.therapy.awaits_answer(), "an order stays open: {:?}", world.therapy);
        world.order(Order::Stop);
        world.pass(2_000);
        prop_assert_eq!(world.device.state, DeviceState::Idle);
        prop_assert!(!world.therapy.is_stopping() && world.therapy.session().is_none());
        let open: Vec<_> = world.intents.iter().filter(|intent| !world.settled.contains(&intent.command)).collect();
        let restarted = moves.iter().any(|step| matches!(step, Move::AppRestart));
        prop_assert!(open.is_empty() || restarted, "never settled: {open:?}");
    }

    /// Nobody asks for anything after an interruption: nothing rises.
    #[test]
    fn nothing_restores_an_intensity(
        how in prop_oneof![Just(Move::Pause), Just(Move::Button), Just(Move::DeviceReboot), Just(Move::CutLink)],
        then in proptest::collection::vec(
            prop_oneof![Just(Move::Connect), Just(Move::CutLink), Just(Move::AppRestart), (1_000_u16..20_000).prop_map(Move::Pass)],
            1..12,
        ),
    ) {
        let mut world = World::new();
        world.connect();
        for step in [Move::Start, Move::Pass(1_500), Move::Set(50), Move::Pass(1_500)] {
            world.play(&step);
        }
        prop_assert_eq!(world.device.target, 50);
        world.play(&how);
        // The grace time, and some more.
        world.play(&Move::Pass(11_500));
        prop_assert_eq!(world.device.target, 0);
        for step in &then {
            world.play(step);
            prop_assert_eq!(world.device.target, 0);
        }
    }
}
