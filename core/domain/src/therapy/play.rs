//! What the tests of the therapy have in common: an approved session, a device's words, and a hand that plays them to
//! the machine.

use super::*;
use crate::programme::Programme;
use crate::red_flags::{History, clear_to_start};
use crate::safety::{
    ApprovedResume, ApprovedStart, ApprovedTargets, Caps, DeviceLimits, DoseHistory, Envelope, PadCheck, SessionPlan,
};
use crate::screening::{Answers, Round};
use crate::units::{Hertz, Microseconds, Milliamps, Percent, Seconds, SquareCentimetres, UnixMillis};

/// The device's highest current.
pub(super) const CAP: Milliamps = Milliamps::from_tenths(200);
/// The grace time of [`approved`].
pub(super) const GRACE_MS: u64 = 10_000;

/// A session of one channel for 20 minutes, with 10 s of grace and a ramp down of 0.5 s.
pub(super) fn approved() -> ApprovedStart {
    let rounds = [Round::all(Answers::all_no(), UnixMillis::new(0))];
    let pass = clear_to_start(&History { rounds: &rounds, pain: &[] }).unwrap();
    let limits = DeviceLimits {
        channels: 1,
        max_current: CAP,
        current_step: Milliamps::from_tenths(5),
        max_rise: Milliamps::from_tenths(50),
        frequency: (Hertz::from_tenths(10), Hertz::from_tenths(1_500)),
        width: (Microseconds::new(40), Microseconds::new(400)),
        max_charge_duc: 400,
        max_session: Seconds::new(3_600),
        grace: (Seconds::new(2), Seconds::new(30)),
        max_ramp_up_dma_per_s: 50,
    };
    let plan = SessionPlan {
        programme: Programme::built_in("conventional").unwrap(),
        duration: Seconds::new(1_200),
        grace: Seconds::new(10),
        pads: vec![Some(SquareCentimetres::from_tenths(250))],
    };
    let check = PadCheck { skin_intact: true, pad_uses: 0 };
    let full = Percent::saturating(100);
    Envelope::new(limits, Caps::default())
        .approve_start(&plan, &pass, check, DoseHistory::default(), full, UnixMillis::new(0))
        .unwrap()
}

/// Targets that rise from zero, in 0.1 mA.
pub(super) fn targets(target_dma: u16) -> ApprovedTargets {
    approved().approve_targets(Some(&[Milliamps::ZERO]), &[Milliamps::from_tenths(target_dma)], None).unwrap()
}

pub(super) fn resume() -> ApprovedResume {
    approved().approve_resume(Percent::saturating(90)).unwrap()
}

pub(super) fn id(number: u32) -> SessionId {
    SessionId::new(number).unwrap()
}

/// The device's words at `at` on its own clock: it runs, or has just run, session 7 of its first boot.
pub(super) fn report(at: u64, state: DeviceState) -> DeviceReport {
    DeviceReport {
        boot: BootId(1),
        at: DeviceMoment(at),
        state,
        reason: Reason::None,
        session: SessionId::new(7),
        mode: None,
        elapsed_s: 0,
        remaining_s: 0,
        lease_s: 0,
        newest: None,
        faults: 0,
        faults_forbid_therapy: false,
        battery: Percent::saturating(90),
        channels: Vec::new(),
    }
}

/// The same of a device that knows of no session.
pub(super) fn idle(at: u64) -> DeviceReport {
    DeviceReport { session: None, ..report(at, DeviceState::Idle) }
}

/// The same with the newest command it has taken.
pub(super) fn newest(sequence: u16, report: DeviceReport) -> DeviceReport {
    DeviceReport { newest: Some(Newest { sequence, taken: Taken::Accepted }), ..report }
}

/// The same while it runs a session.
pub(super) fn runs(session: u32, at: u64) -> DeviceReport {
    DeviceReport { session: SessionId::new(session), ..report(at, DeviceState::Running) }
}

pub(super) fn linked() -> Therapy {
    Therapy::default().step(Input::Connected, Moment(0)).0
}

/// Our session 7 as the store gives it back after the app was killed.
pub(super) fn left_open() -> Session {
    Session {
        id: id(7),
        boot: BootId(1),
        planned_s: 60,
        grace_s: 10,
        ramp_down_ms: 500,
        begun: true,
        elapsed_s: 0,
        seen: None,
        max_delivered: Milliamps::ZERO,
        link_losses: 0,
    }
}

/// A therapy whose clock the test sets. The device's clock goes with it, unless the test says otherwise.
#[derive(Clone, Debug)]
pub(super) struct Play {
    pub(super) therapy: Therapy,
    pub(super) now_ms: u64,
    commands: u128,
}

impl Play {
    pub(super) fn of(therapy: Therapy) -> Self {
        Self { therapy, now_ms: 0, commands: 0 }
    }

    /// Linked, and nothing heard yet.
    pub(super) fn connected() -> Self {
        Self::of(linked())
    }

    /// Linked to a device that is idle.
    pub(super) fn idle() -> Self {
        let mut play = Self::connected();
        play.hear(idle(0));
        play
    }

    /// A start of session 7 was sent as number 1, and the device has accepted it. No report has shown it yet.
    pub(super) fn started() -> Self {
        let mut play = Self::idle();
        play.order(start(7));
        play.reply(1, Taken::Accepted);
        play
    }

    /// Session 7 runs, begun at 0 with command 1.
    pub(super) fn running() -> Self {
        let mut play = Self::started();
        play.hear(newest(1, runs(7, 0)));
        play
    }

    pub(super) fn at(&mut self, now_ms: u64) -> &mut Self {
        assert!(now_ms >= self.now_ms, "time goes forward");
        self.now_ms = now_ms;
        self
    }

    pub(super) fn feed(&mut self, input: Input) -> Vec<Effect> {
        let (therapy, effects) = std::mem::take(&mut self.therapy).step(input, Moment(self.now_ms));
        self.therapy = therapy;
        effects
    }

    pub(super) fn hear(&mut self, report: DeviceReport) -> Vec<Effect> {
        self.feed(Input::Report(report))
    }

    /// An answer of the first boot.
    pub(super) fn reply(&mut self, sequence: u16, taken: Taken) -> Vec<Effect> {
        self.feed(Input::Reply { boot: BootId(1), sequence, taken })
    }

    pub(super) fn tick(&mut self, now_ms: u64) -> Vec<Effect> {
        self.at(now_ms).feed(Input::Tick)
    }

    /// The effects of wanting something, before anything is saved. Commands count up from 1.
    pub(super) fn ask(&mut self, order: Order) -> Vec<Effect> {
        self.commands += 1;
        self.feed(Input::Order { command: CommandId(self.commands), order })
    }

    /// Wants something that must be possible, and saves it at once; gives the effects of that.
    pub(super) fn order(&mut self, order: Order) -> Vec<Effect> {
        let asked = self.ask(order);
        assert!(asked.iter().any(|effect| matches!(effect, Effect::Save { .. })), "refused: {asked:?}");
        self.feed(Input::Saved(CommandId(self.commands)))
    }

    /// Why the machine refuses to try an order; nothing of it stays.
    pub(super) fn refusal(&self, order: Order) -> Option<NotNow> {
        self.clone().ask(order).into_iter().find_map(|effect| match effect {
            Effect::Refuse { why, .. } => Some(why),
            _ => None,
        })
    }

    pub(super) fn phase(&self) -> Phase {
        self.therapy.view(Moment(self.now_ms)).phase
    }
}

pub(super) fn start(session: u32) -> Order {
    Order::Start { session: id(session), approved: approved() }
}

pub(super) fn set_intensity(session: u32, target_dma: u16) -> Order {
    Order::SetIntensity { session: id(session), targets: targets(target_dma) }
}

pub(super) fn identify() -> Order {
    Order::Device(DeviceOrder::Identify)
}

/// No order is sent.
pub(super) const NOTHING: [u16; 0] = [];

/// The numbers of the orders that are sent, in their order.
pub(super) fn sent(effects: &[Effect]) -> Vec<u16> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send { sequence, .. } => Some(*sequence),
            _ => None,
        })
        .collect()
}

/// What is told of commands: which, what became of it, from what, and whether that is all.
pub(super) fn settled(effects: &[Effect]) -> Vec<(u128, Outcome, SettledBy, bool)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Settle { command, outcome, by, last } => Some((command.0, *outcome, *by, *last)),
            _ => None,
        })
        .collect()
}

/// What is told for the history.
pub(super) fn told(effects: &[Effect]) -> Vec<SessionEvent> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Tell(event) => Some(*event),
            _ => None,
        })
        .collect()
}
