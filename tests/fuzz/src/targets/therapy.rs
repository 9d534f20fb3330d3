//! The therapy machine under arbitrary reports, answers, link events, orders and pauses.
//!
//! An order that can raise a current leaves once, after a person has given it and it was saved, with an expiry; a stop that was
//! asked for leaves at once where there is a link; nothing is settled after its last word; and no reading is shown as present
//! without a report on this link that is young enough.

use std::collections::BTreeSet;
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use lumbra_domain::programme::Programme;
use lumbra_domain::red_flags::{History, clear_to_start};
use lumbra_domain::safety::{ApprovedStart, Caps, DeviceLimits, DoseHistory, Envelope, PadCheck, SessionPlan};
use lumbra_domain::screening::{Answers, Round};
use lumbra_domain::therapy::{
    BootId, CERTAIN_IDLE_FOR_MS, ChannelReport, CommandId, Contact, DeviceMoment, DeviceOrder, DeviceRefusal,
    DeviceReport, DeviceState, Effect, Input, Moment, Newest, Order, Phase, Reading, Reason, SessionId, Taken, Therapy,
};
use lumbra_domain::units::{Hertz, Microseconds, Milliamps, Percent, Seconds, SquareCentimetres, UnixMillis};

use crate::pick;

/// A device's clock that drifts as far as the machine allows for may make a reading look younger by this, in milliseconds.
const DRIFT_MS: u64 = 500;

#[derive(Debug, Arbitrary)]
enum Happening {
    Connected,
    LinkLost,
    Report(Report),
    Reply { boot: u8, sequence: u8, taken: u8 },
    Start(u8),
    Set { session: u8, dma: u16 },
    Pause(u8),
    Resume(u8),
    Stop,
    Device(u8),
    Saved(u8),
    NotSaved(u8),
    Tick,
    Wait(u16),
    Age { at_ms: u64 },
}

/// A report; most of its numbers are small, so that they meet what the machine knows.
#[derive(Debug, Arbitrary)]
struct Report {
    boot: u8,
    at_ms: At,
    state: u8,
    reason: u8,
    session: u8,
    elapsed_s: u16,
    lease_s: u8,
    newest: Option<(u8, u8)>,
    faults: u8,
    battery: u8,
    channels: Vec<(u16, u16, u8)>,
}

/// When a report was true, on the device's clock.
#[derive(Debug, Arbitrary)]
enum At {
    /// As the app's clock goes.
    Now,
    Ago(u16),
    Any(u64),
}

/// Lets it all happen.
pub fn run(data: &[u8]) {
    let mut world = World::default();
    let mut unstructured = Unstructured::new(data);
    while !unstructured.is_empty() {
        let Ok(happening) = Happening::arbitrary(&mut unstructured) else { break };
        world.happen(happening);
        world.judge();
    }
}

#[derive(Default)]
struct World {
    therapy: Therapy,
    now_ms: u64,
    commands: u128,
    linked: bool,
    /// Ordered and not saved yet.
    unsaved: BTreeSet<CommandId>,
    /// Settled for good.
    settled: BTreeSet<CommandId>,
    /// The reports of this link, and when each came.
    heard: Vec<(DeviceReport, u64)>,
}

impl World {
    fn happen(&mut self, happening: Happening) {
        let session = |number: u8| SessionId::new(u32::from(number % 3) + 1).expect("not 0");
        match happening {
            Happening::Connected => {
                self.linked = true;
                self.heard.clear();
                self.step(Input::Connected);
            }
            Happening::LinkLost => {
                self.linked = false;
                self.heard.clear();
                self.step(Input::LinkLost);
            }
            Happening::Report(report) => {
                let report = self.report(&report);
                self.heard.push((report.clone(), self.now_ms));
                self.step(Input::Report(report));
            }
            Happening::Reply { boot, sequence, taken: how } => {
                self.step(Input::Reply { boot: BootId(boot.into()), sequence: sequence.into(), taken: taken(how) });
            }
            Happening::Start(number) => self.order(Order::Start { session: session(number), approved: approved() }),
            Happening::Set { session: number, dma } => {
                let target = Milliamps::from_tenths(dma % 200 / 5 * 5);
                let now = [Milliamps::from_tenths(target.tenths().saturating_sub(50))];
                let since = Some(Duration::from_mins(1));
                if let Ok(targets) = approved().approve_targets(Some(&now), &[target], since) {
                    self.order(Order::SetIntensity { session: session(number), targets });
                }
            }
            Happening::Pause(number) => self.order(Order::Pause { session: session(number) }),
            Happening::Resume(number) => {
                let approved = approved().approve_resume(Percent::saturating(90)).expect("the battery is full");
                self.order(Order::Resume { session: session(number), approved });
            }
            Happening::Stop => self.order(Order::Stop),
            Happening::Device(rate_hz) => self.order(match rate_hz {
                0 => Order::ClearFaults,
                1 => Order::Device(DeviceOrder::Identify),
                _ => Order::Device(DeviceOrder::StartPosture { rate_hz }),
            }),
            Happening::Saved(back) => self.step(Input::Saved(self.earlier(back))),
            Happening::NotSaved(back) => self.step(Input::NotSaved(self.earlier(back))),
            Happening::Tick => self.step(Input::Tick),
            Happening::Wait(ms) => self.now_ms += u64::from(ms),
            // The app's clock counts from when the app began, and never goes back.
            Happening::Age { at_ms } => self.now_ms = self.now_ms.max(at_ms & LONGEST_MS),
        }
    }

    fn earlier(&self, back: u8) -> CommandId {
        CommandId(self.commands.saturating_sub(u128::from(back % 4)))
    }

    fn order(&mut self, order: Order) {
        self.commands += 1;
        let command = CommandId(self.commands);
        self.unsaved.insert(command);
        let is_stop = order == Order::Stop;
        let effects = self.step_with(Input::Order { command, order });
        if is_stop && self.linked {
            assert!(effects.iter().any(is_stop_sent), "a stop leaves at once");
        }
    }

    fn step(&mut self, input: Input) {
        self.step_with(input);
    }

    fn step_with(&mut self, input: Input) -> Vec<Effect> {
        let saved = if let Input::Saved(command) = &input { Some(*command) } else { None };
        let (therapy, effects) = std::mem::take(&mut self.therapy).step(input, Moment(self.now_ms));
        self.therapy = therapy;
        for effect in &effects {
            match effect {
                Effect::Send { order, expires, .. } => {
                    assert!(self.linked, "nothing is sent without a link");
                    if order.kind().can_raise() {
                        let given = saved.is_some_and(|command| self.unsaved.contains(&command));
                        assert!(given, "{order:?} was sent, and nobody has given it");
                        assert!(expires.is_some(), "{order:?} never expires");
                    }
                }
                Effect::Settle { command, last, .. } => {
                    assert!(!self.settled.contains(command), "settled after the last word");
                    if *last {
                        self.settled.insert(*command);
                    }
                }
                Effect::Refuse { command, .. } => {
                    assert!(self.settled.insert(*command), "refused after the last word");
                }
                _ => {}
            }
        }
        if let Some(command) = saved {
            self.unsaved.remove(&command);
        }
        effects
    }

    fn report(&self, report: &Report) -> DeviceReport {
        let session = SessionId::new(u32::from(report.session % 4));
        let idle = session.is_none();
        DeviceReport {
            boot: BootId(u32::from(report.boot % 3)),
            at: DeviceMoment(match report.at_ms {
                At::Now => self.now_ms & MAX_TICKS_MS,
                At::Ago(ms) => self.now_ms.saturating_sub(ms.into()) & MAX_TICKS_MS,
                At::Any(ms) => ms & MAX_TICKS_MS,
            }),
            // A frame with a state that no session goes with is not decoded.
            state: match report.state % 4 {
                1 if !idle => DeviceState::Running,
                2 if !idle => DeviceState::Paused,
                3 if !idle => DeviceState::Stopping,
                _ => DeviceState::Idle,
            },
            reason: match report.reason % 6 {
                0 => Reason::None,
                1 => Reason::App,
                2 => Reason::PadsOff,
                3 => Reason::LinkLost,
                4 => Reason::Completed,
                _ => Reason::Other(report.reason),
            },
            session,
            mode: None,
            elapsed_s: report.elapsed_s.into(),
            remaining_s: 0,
            lease_s: report.lease_s.into(),
            newest: report
                .newest
                .map(|(sequence, how)| Newest { sequence: u16::from(sequence).max(1), taken: taken(how) }),
            faults: report.faults.into(),
            faults_forbid_therapy: report.faults > 8,
            battery: Percent::saturating(report.battery),
            channels: report
                .channels
                .iter()
                .take(4)
                .map(|(target, delivered, contact)| ChannelReport {
                    target: Milliamps::from_tenths(*target),
                    delivered: Milliamps::from_tenths(*delivered),
                    contact: [Contact::Unknown, Contact::Good, Contact::Poor, Contact::Off][usize::from(contact % 4)],
                    impedance: None,
                })
                .collect(),
        }
    }

    fn judge(&self) {
        let view = self.therapy.view(Moment(self.now_ms));
        if let Reading::Now(report) = view.reading {
            assert!(self.linked, "present without a link");
            let came_ms = self.heard.iter().rev().find(|(heard, _)| heard == report).map(|(_, at_ms)| *at_ms);
            let came_ms = came_ms.expect("present without a report on this link");
            let age_ms = self.now_ms - came_ms;
            assert!(age_ms <= CERTAIN_IDLE_FOR_MS + DRIFT_MS, "present after {age_ms} ms");
        }
        if matches!(view.phase, Phase::Running | Phase::Paused(_) | Phase::Idle) {
            assert!(view.reading.certain().is_some(), "{:?} from an old reading", view.phase);
        }
        if self.therapy.is_stopping() {
            assert_eq!(view.phase, Phase::Stopping);
        }
    }
}

/// Some hundred years: no app runs longer.
const LONGEST_MS: u64 = (1 << 42) - 1;
/// A device's clock has 48 bits on the air.
const MAX_TICKS_MS: u64 = (1 << 48) - 1;

fn is_stop_sent(effect: &Effect) -> bool {
    matches!(effect, Effect::Send { order: Order::Stop, .. })
}

fn taken(how: u8) -> Taken {
    match how % 4 {
        0 | 1 => Taken::Accepted,
        2 => Taken::Refused(DeviceRefusal::Stale),
        _ => Taken::Refused(DeviceRefusal::Other(how)),
    }
}

fn approved() -> ApprovedStart {
    let rounds = [Round::all(Answers::all_no(), UnixMillis::new(0))];
    let pass = clear_to_start(&History { rounds: &rounds, pain: &[] }).expect("answered with no throughout");
    let limits = DeviceLimits {
        channels: 1,
        max_current: Milliamps::from_tenths(200),
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
        programme: Programme::built_in("conventional").expect("it is built in"),
        duration: Seconds::new(1_200),
        grace: Seconds::new(10),
        pads: vec![Some(SquareCentimetres::from_tenths(250))],
    };
    Envelope::new(limits, Caps::default())
        .approve_start(
            &plan,
            &pass,
            PadCheck { skin_intact: true, pad_uses: 0 },
            DoseHistory::default(),
            Percent::saturating(100),
            UnixMillis::new(0),
        )
        .expect("it is within every limit")
}

/// A session that is begun, raised, paused, resumed and stopped; a link that is lost in the middle; ages that pass.
pub fn seeds() -> Vec<Vec<u8>> {
    let happening = |kind: u32, rest: &[u8]| [&pick(kind, 15)[..], rest].concat();
    let report = |state: u8, session: u8, newest: u8| {
        let numbers = [&[1][..], &pick(0, 3), &[state, 0, session, 1, 0, 9, 1, newest, 0, 0, 90]].concat();
        happening(2, &[&numbers[..], &[1, 100, 0, 90, 0, 1, 0]].concat())
    };
    let (connected, saved, tick) = (happening(0, &[]), happening(10, &[0]), happening(12, &[]));
    let wait = |ms: u16| happening(13, &ms.to_le_bytes());
    let begun = [&connected[..], &report(0, 0, 0), &happening(4, &[0]), &saved, &wait(100), &report(1, 1, 1)].concat();
    let raised = [&begun[..], &happening(5, &[0, 50, 0]), &saved, &wait(100), &report(1, 1, 2), &tick].concat();
    vec![
        [&raised[..], &happening(6, &[0]), &saved, &report(2, 1, 3), &happening(7, &[0]), &saved, &report(1, 1, 4)]
            .concat(),
        [&raised[..], &happening(8, &[]), &wait(500), &tick, &report(3, 1, 3), &wait(900), &report(0, 1, 3)].concat(),
        [&raised[..], &happening(1, &[]), &wait(9_000), &tick, &connected, &report(2, 1, 2)].concat(),
        [&raised[..], &happening(14, &u64::MAX.to_le_bytes()), &tick, &report(1, 1, 2)].concat(),
        [&begun[..], &happening(5, &[0, 50, 0]), &saved, &wait(2_500), &tick, &happening(3, &[1, 2, 0]), &tick]
            .concat(),
        [&connected[..], &report(0, 0, 0), &happening(9, &[25]), &saved, &wait(500), &tick, &happening(11, &[0])]
            .concat(),
    ]
}
