//! The device against PROFILE.md, from outside: messages in, messages and true currents out.
// In a test file a failure is a panic; currents in these tests are whole numbers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::float_cmp)]

use lumbra_link::air::{Security, ToCentral, ToPeripheral};
use lumbra_protocol::{
    ChannelSetup, Command, ControlFrame, DeviceState, Endpoint, PerChannel, PostureFrame, Programme, Reason, Record,
    RecordEvent, RecordFilter, RecordRequest, Response, ResultCode, Sequence, StartSession, Status, Ticks,
};
use lumbra_wearable::{Config, Contact, Device, Faults};
use proptest::prelude::*;
use uuid::Uuid;

const SESSION: u32 = 77;
const GRACE_S: u8 = 5;

/// A central with a bonded, authenticated link and all subscriptions.
struct Bench {
    device: Device,
    now: u64,
    sequence: Sequence,
    heard: Vec<ToCentral>,
}

impl Bench {
    fn new() -> Self {
        let device = Device::new(Config::default());
        let mut bench = Self { device, now: 0, sequence: Sequence::FIRST, heard: Vec::new() };
        bench.connect();
        // The pads are measured once a second.
        bench.pass(1_000);
        bench
    }

    fn connect(&mut self) {
        self.say(ToPeripheral::Connected { peer: "phone".into(), mtu: 247 });
        self.say(ToPeripheral::Secured { security: Security::Authenticated, bonded: true });
        for endpoint in Endpoint::ALL.iter().filter(|endpoint| endpoint.is_required()) {
            self.say(ToPeripheral::Subscribe { id: 1, characteristic: uuid(*endpoint), on: true });
        }
    }

    fn say(&mut self, message: ToPeripheral) {
        self.device.input(self.now, message);
        self.heard.extend(self.device.take_output());
    }

    fn pass(&mut self, ms: u64) {
        self.now += ms;
        self.device.advance(self.now);
        self.heard.extend(self.device.take_output());
    }

    fn write(&mut self, endpoint: Endpoint, value: &[u8]) {
        self.heard.clear();
        self.say(ToPeripheral::Write { id: 9, characteristic: uuid(endpoint), value: value.to_vec(), response: true });
    }

    fn raw(&mut self, frame: &[u8]) -> Option<ResultCode> {
        self.write(Endpoint::ControlPoint, frame);
        self.notified(Endpoint::ControlPoint).first().map(|bytes| Response::decode(bytes).unwrap().result)
    }

    fn numbered(&mut self, sequence: Sequence, command: Command) -> Option<ResultCode> {
        self.raw(&ControlFrame { sequence, command }.encode())
    }

    fn command(&mut self, command: Command) -> ResultCode {
        self.sequence = self.sequence.next();
        self.numbered(self.sequence, command).expect("each command is answered")
    }

    fn keep_alive(&mut self, session_id: u32) {
        assert_eq!(self.numbered(Sequence::FIRST, Command::KeepAlive { session_id }), None, "never answered");
    }

    fn soon(&self) -> Ticks {
        Ticks::from_ms(self.now + 3_000)
    }

    fn start(&mut self) -> ResultCode {
        let start = start(SESSION, Ticks::MAX);
        self.command(Command::Start(start))
    }

    fn set(&mut self, dma: u16) -> ResultCode {
        let expires = self.soon();
        self.command(Command::SetIntensity { session_id: SESSION, expires, targets_dma: both(dma) })
    }

    /// A running session at 5 mA.
    fn running() -> Self {
        let mut bench = Self::new();
        assert_eq!(bench.start(), ResultCode::Accepted);
        assert_eq!(bench.set(50), ResultCode::Accepted);
        for _ in 0..6 {
            bench.keep_alive(SESSION);
            bench.pass(1_000);
        }
        bench.keep_alive(SESSION);
        assert_eq!(bench.flowing(), 50.0);
        bench
    }

    fn notified(&self, endpoint: Endpoint) -> Vec<Vec<u8>> {
        let of = |message: &ToCentral| match message {
            ToCentral::Notify { characteristic, value, .. } if *characteristic == uuid(endpoint) => Some(value.clone()),
            _ => None,
        };
        self.heard.iter().filter_map(of).collect()
    }

    fn status(&mut self) -> Status {
        self.heard.clear();
        self.say(ToPeripheral::Read { id: 5, characteristic: uuid(Endpoint::Status) });
        match &self.heard[0] {
            ToCentral::Value { value, .. } => Status::decode(value).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// What really flows on the first channel, in 0.1 mA.
    fn flowing(&mut self) -> f64 {
        self.device.probe().now_dma()[0]
    }

    fn records(&mut self) -> Vec<Record> {
        self.write(Endpoint::RecordAccess, &RecordRequest::Report(RecordFilter::All).encode());
        self.pass(500);
        self.notified(Endpoint::RecordData).iter().map(|bytes| Record::decode(bytes).unwrap()).collect()
    }
}

fn uuid(endpoint: Endpoint) -> Uuid {
    Uuid::from_u128(endpoint.uuid())
}

fn both<T: Copy + Default>(value: T) -> PerChannel<T> {
    PerChannel::from_slice(&[value; 2]).unwrap()
}

fn start(session_id: u32, expires: Ticks) -> StartSession {
    StartSession {
        session_id,
        expires,
        programme: Programme {
            mode: lumbra_protocol::Mode::Conventional,
            frequency_low_dhz: 1_000,
            frequency_high_dhz: 1_000,
            width_low_us: 100,
            width_high_us: 100,
            sweep_period_ds: 0,
            burst: None,
            ramp_up_dma_per_s: 10,
            ramp_down_ms: 500,
        },
        duration_s: 600,
        grace_s: GRACE_S,
        channels: both(ChannelSetup { cap_dma: 200, pad_area_dcm2: 250 }),
    }
}

#[test]
fn every_result_has_its_cause() {
    let mut bench = Bench::new();
    assert_eq!(bench.raw(&[0x99, 1, 0]), Some(ResultCode::UnknownOpcode));
    assert_eq!(bench.raw(&[0x04, 1, 0, 7]), Some(ResultCode::Malformed));
    assert_eq!(bench.set(5), ResultCode::InvalidState);
    bench.pass(1_000);
    assert_eq!(bench.command(Command::Start(start(SESSION, Ticks::from_ms(0)))), ResultCode::Expired);
    let long = StartSession { duration_s: 3_601, ..start(SESSION, Ticks::MAX) };
    assert_eq!(bench.command(Command::Start(long)), ResultCode::OutOfRange);
    bench.device.set_battery(19.0);
    assert_eq!(bench.start(), ResultCode::LowBattery);
    bench.device.set_battery(90.0);
    bench.device.set_fault_causes(Faults::OUTPUT_STAGE);
    bench.pass(100);
    assert_eq!(bench.start(), ResultCode::FaultActive);
    assert_eq!(bench.command(Command::ClearFaults), ResultCode::InvalidState, "its cause is still there");
    bench.device.set_fault_causes(Faults::default());
    assert_eq!(bench.command(Command::ClearFaults), ResultCode::Accepted);
    bench.device.body().set_contact(1, Contact::Off);
    bench.pass(100);
    assert_eq!(bench.start(), ResultCode::NoContact);
    bench.device.body().set_contact(1, Contact::Good);
    bench.pass(100);
    assert_eq!(bench.start(), ResultCode::Accepted);
    assert_eq!(bench.start(), ResultCode::InvalidState, "a second start");
    assert_eq!(bench.command(Command::Pause { session_id: 5 }), ResultCode::WrongSession);
    assert_eq!(bench.set(205), ResultCode::AboveCap);
    assert_eq!(bench.set(55), ResultCode::RiseTooLarge);
    assert_eq!(bench.set(7), ResultCode::OutOfRange, "not a multiple of the step");
    assert_eq!(bench.device.targets_dma(), [0, 0], "refusals change nothing");
    assert_eq!(bench.command(Command::Stop), ResultCode::Accepted);
    bench.pass(1_000);
    assert_eq!(bench.start(), ResultCode::WrongSession, "the id of the last session");
}

#[test]
fn a_repetition_is_answered_and_not_applied_and_an_old_number_is_stale() {
    let mut bench = Bench::running();
    let expires = bench.soon();
    let frame = |sequence, dma| {
        let command = Command::SetIntensity { session_id: SESSION, expires, targets_dma: both(dma) };
        ControlFrame { sequence, command }.encode()
    };
    let mine = bench.sequence.next();
    assert_eq!(bench.raw(&frame(mine, 20)), Some(ResultCode::Accepted));
    assert_eq!(bench.raw(&frame(mine, 20)), Some(ResultCode::Accepted), "answered again");
    assert_eq!(bench.raw(&frame(mine, 25)), Some(ResultCode::StaleSequence), "not the same bytes");
    assert_eq!(bench.raw(&frame(bench.sequence, 25)), Some(ResultCode::StaleSequence));
    assert_eq!(bench.device.targets_dma(), [20, 20]);
    assert_eq!(bench.numbered(Sequence::FIRST, Command::Stop), Some(ResultCode::Accepted), "no stop is too old");
    let status = bench.status();
    assert_eq!((status.state, status.last_sequence), (DeviceState::Stopping, Some(mine)));
}

#[test]
fn what_is_no_command_at_all_is_an_att_error() {
    let mut bench = Bench::new();
    for frame in [&[][..], &[2], &[2, 0], &[2, 0, 0]] {
        bench.write(Endpoint::ControlPoint, frame);
        assert_eq!(bench.heard, [ToCentral::Refused { id: 9, att_error: 0x80 }]);
    }
}

#[test]
fn output_ramps_up_slowly_down_in_time_and_a_resume_begins_at_zero() {
    let mut bench = Bench::new();
    bench.start();
    bench.set(50);
    bench.pass(1_000);
    assert!((9.0..=11.0).contains(&bench.flowing()), "1 mA a second");
    bench.command(Command::Pause { session_id: SESSION });
    bench.pass(510);
    assert_eq!(bench.flowing(), 0.0);
    let expires = bench.soon();
    assert_eq!(bench.command(Command::Resume { session_id: SESSION, expires }), ResultCode::Accepted);
    bench.pass(2_000);
    assert_eq!(bench.flowing(), 0.0);
}

#[test]
fn a_second_reason_to_go_to_zero_does_not_make_the_way_longer() {
    let mut bench = Bench::running();
    assert_eq!(bench.command(Command::Pause { session_id: SESSION }), ResultCode::Accepted);
    bench.pass(400);
    assert!(bench.flowing() > 5.0);
    bench.device.press_button(100);
    bench.pass(100);
    assert_eq!(bench.flowing(), 0.0, "within the ramp that began with the pause");
}

#[test]
fn each_end_of_a_session_has_its_reason_and_its_record() {
    type End = (Reason, fn(&mut Bench));
    let ends: [End; 5] = [
        (Reason::App, |bench| assert_eq!(bench.command(Command::Stop), ResultCode::Accepted)),
        (Reason::Button, |bench| bench.device.press_button(100)),
        (Reason::Fault, |bench| bench.device.set_fault_causes(Faults::OVER_TEMPERATURE)),
        (Reason::LowBattery, |bench| bench.device.set_battery(9.0)),
        (Reason::Completed, |bench| {
            for _ in 0..600 {
                bench.keep_alive(SESSION);
                bench.pass(1_000);
            }
        }),
    ];
    for (reason, end) in ends {
        let mut bench = Bench::running();
        end(&mut bench);
        bench.pass(1_000);
        let status = bench.status();
        assert_eq!((status.state, status.reason, bench.flowing()), (DeviceState::Idle, reason, 0.0));
        let ended = bench.records().into_iter().find_map(|record| match record.event {
            RecordEvent::SessionEnded { reason, max_delivered_dma, .. } => Some((reason, max_delivered_dma)),
            _ => None,
        });
        assert_eq!(ended, Some((reason, both(50))));
    }
}

#[test]
fn a_lifted_pad_cuts_every_channel_at_once_and_restores_nothing() {
    let mut bench = Bench::running();
    bench.device.body().set_contact(0, Contact::Off);
    bench.pass(60);
    assert_eq!(bench.device.probe().now_dma(), [0.0, 0.0]);
    assert_eq!((bench.status().state, bench.status().reason), (DeviceState::Paused, Reason::PadsOff));
    bench.device.body().set_contact(0, Contact::Good);
    bench.pass(5_000);
    assert_eq!(bench.flowing(), 0.0);
}

#[test]
fn silence_pauses_whether_the_link_is_open_or_not() {
    for cut in [false, true] {
        let mut bench = Bench::running();
        if cut {
            bench.say(ToPeripheral::Disconnected);
        }
        bench.pass(4_000);
        assert_eq!(bench.flowing(), 50.0, "goes on within its grace time");
        bench.pass(1_700);
        assert_eq!(bench.flowing(), 0.0, "cut: {cut}");
        if cut {
            bench.connect();
        }
        assert_eq!((bench.status().state, bench.status().reason), (DeviceState::Paused, Reason::LinkLost));
        bench.pass(10 * 60 * 1_000);
        assert_eq!((bench.status().state, bench.status().reason), (DeviceState::Idle, Reason::PauseTooLong));
    }
}

#[test]
fn nothing_rises_while_nobody_is_heard() {
    let mut bench = Bench::new();
    bench.start();
    bench.set(50);
    bench.pass(1_000);
    bench.say(ToPeripheral::Disconnected);
    let at_loss = bench.flowing();
    bench.pass(3_000);
    assert_eq!(bench.flowing(), at_loss);
}

#[test]
fn only_an_authenticated_link_reaches_what_is_protected() {
    let mut device = Device::new(Config::default());
    device.input(0, ToPeripheral::Connected { peer: "stranger".into(), mtu: 247 });
    for endpoint in Endpoint::ALL.iter().filter(|endpoint| endpoint.is_required()) {
        device.take_output();
        let (access, characteristic) = (endpoint.access(), uuid(*endpoint));
        let message = if access.read {
            ToPeripheral::Read { id: 1, characteristic }
        } else if access.write {
            ToPeripheral::Write { id: 1, characteristic, value: vec![2, 1, 0], response: true }
        } else {
            ToPeripheral::Subscribe { id: 1, characteristic, on: true }
        };
        device.input(0, message);
        let refused = device.take_output().contains(&ToCentral::Refused { id: 1, att_error: 0x05 });
        let protected = endpoint.security() == lumbra_protocol::Security::Authenticated;
        assert_eq!(refused, protected, "{}", endpoint.name());
    }
    device.input(0, ToPeripheral::Secured { security: Security::Encrypted, bonded: true });
    assert!(device.take_output().contains(&ToCentral::Disconnect), "Just Works is refused");
}

#[test]
fn one_bond_and_strangers_only_in_pairing_mode() {
    let mut bench = Bench::new();
    bench.say(ToPeripheral::Disconnected);
    for pressed in [false, true] {
        if pressed {
            bench.device.press_button(3_000);
        }
        bench.heard.clear();
        bench.say(ToPeripheral::Connected { peer: "other".into(), mtu: 247 });
        bench.say(ToPeripheral::Secured { security: Security::Authenticated, bonded: true });
        assert_eq!(bench.heard.contains(&ToCentral::Disconnect), !pressed);
    }
}

#[test]
fn records_survive_a_reboot_and_are_kept_until_they_are_deleted() {
    let mut bench = Bench::running();
    bench.device.reboot();
    assert_eq!(bench.flowing(), 0.0);
    bench.connect();
    bench.pass(100);
    let records = bench.records();
    assert!(records.windows(2).all(|pair| pair[0].number < pair[1].number));
    assert_eq!(records.iter().filter(|record| matches!(record.event, RecordEvent::Boot { .. })).count(), 2);
    assert_eq!(bench.records(), records, "asked again, told again");
    let last = records.last().unwrap().number;
    bench.write(Endpoint::RecordAccess, &RecordRequest::Delete(RecordFilter::UpTo(last)).encode());
    assert!(bench.records().is_empty());
}

#[test]
fn posture_frames_are_numbered_and_fill_the_link() {
    let mut bench = Bench::new();
    assert_eq!(bench.command(Command::StartPosture { rate_hz: 51 }), ResultCode::OutOfRange);
    assert_eq!(bench.command(Command::StartPosture { rate_hz: 50 }), ResultCode::Accepted);
    (0..100).for_each(|_| bench.pass(100));
    let frames = bench.notified(Endpoint::PostureStream);
    assert!(frames.len() >= 13, "{}", frames.len());
    for (number, bytes) in (0_u32..).zip(&frames) {
        let frame = PostureFrame::decode(bytes).unwrap();
        assert_eq!((frame.number, frame.samples().len()), (number, 38));
    }
    bench.command(Command::StopPosture);
    bench.pass(5 * 60_000);
    let minute = |record: &Record| matches!(record.event, RecordEvent::PostureMinute { .. });
    assert!(bench.records().iter().filter(|record| minute(record)).count() >= 5, "judged with no stream at all");
}

#[derive(Clone, Debug)]
enum Move {
    Pass(u16),
    Start,
    Set(u16),
    Pause,
    Resume,
    Stop,
    KeepAlive,
    Contact(usize, bool),
    Link,
    Button,
    Reboot,
    Garbage(Vec<u8>),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        5 => (1_u16..4_000).prop_map(Move::Pass),
        2 => Just(Move::Start),
        6 => (0_u16..45).prop_map(|steps| Move::Set(steps * 5)),
        1 => Just(Move::Pause),
        2 => Just(Move::Resume),
        1 => Just(Move::Stop),
        4 => Just(Move::KeepAlive),
        1 => (0_usize..2, any::<bool>()).prop_map(|(channel, good)| Move::Contact(channel, good)),
        1 => Just(Move::Link),
        1 => Just(Move::Button),
        1 => Just(Move::Reboot),
        1 => proptest::collection::vec(any::<u8>(), 0..60).prop_map(Move::Garbage),
    ];
    proptest::collection::vec(one, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// Whatever is done to it: no current above cap or target, none without a session that runs or ramps down,
    /// and none that rises without a Set Intensity accepted since the last interruption.
    #[test]
    fn whatever_is_done_to_it(moves in moves()) {
        let mut bench = Bench::new();
        let mut session = SESSION;
        let mut allowed = 0.0_f64;
        for step in moves {
            let expires = bench.soon();
            let before = bench.flowing();
            match step {
                Move::Pass(ms) => bench.pass(u64::from(ms)),
                Move::Start => {
                    if bench.command(Command::Start(start(session + 1, expires))) == ResultCode::Accepted {
                        session += 1;
                    }
                }
                Move::Set(dma) => {
                    let set = Command::SetIntensity { session_id: session, expires, targets_dma: both(dma) };
                    if bench.command(set) == ResultCode::Accepted {
                        prop_assert!(dma <= 200);
                        allowed = f64::from(dma);
                    }
                }
                Move::Pause => {
                    bench.command(Command::Pause { session_id: session });
                }
                Move::Resume => {
                    bench.command(Command::Resume { session_id: session, expires });
                }
                Move::Stop => prop_assert_eq!(bench.command(Command::Stop), ResultCode::Accepted),
                Move::KeepAlive => bench.keep_alive(session),
                Move::Contact(channel, good) => {
                    let contact = if good { Contact::Good } else { Contact::Off };
                    bench.device.body().set_contact(channel, contact);
                }
                Move::Link => {
                    bench.say(ToPeripheral::Disconnected);
                    bench.pass(2_000);
                    bench.connect();
                }
                Move::Button => bench.device.press_button(100),
                Move::Reboot => {
                    bench.device.reboot();
                    bench.pass(100);
                    bench.connect();
                }
                Move::Garbage(bytes) => bench.write(Endpoint::ControlPoint, &bytes),
            }
            if bench.device.targets_dma() == [0, 0] {
                allowed = allowed.min(bench.flowing());
            }
            let flowing = bench.flowing();
            prop_assert!(flowing <= 200.0 && flowing <= allowed.max(before) + 1e-9, "{flowing} above {allowed}");
            prop_assert!(bench.device.in_session() || flowing == 0.0, "output without a session");
        }
        bench.device.press_button(100);
        bench.pass(1_000);
        prop_assert_eq!(bench.flowing(), 0.0, "the button always works");
    }
}
