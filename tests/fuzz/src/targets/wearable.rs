//! The virtual wearable under arbitrary centrals: whatever is written to its endpoints, in whatever order and pace.
//!
//! The current that truly flows never exceeds what its limits allow, nor the newest targets it has accepted, unless it falls
//! towards them; it rises by an accepted command alone; and everything it says decodes.

use arbitrary::{Arbitrary, Unstructured};
use lumbra_link::air::{Security, ToCentral, ToPeripheral};
use lumbra_protocol::{
    Capabilities, ChannelSetup, Command, ControlFrame, ElapsedTime, Endpoint, Faults, Mode, PerChannel, PostureFrame,
    Programme, Record, RecordFilter, RecordReply, RecordRequest, Response, ResultCode, Sequence, StartSession, Status,
    Ticks,
};
use lumbra_wearable::{Config, Contact, Device};
use uuid::Uuid;

use crate::{pick, wire};

/// Half an hour in all is enough for every timer of the profile.
const LONGEST_MS: u64 = 30 * 60_000;

/// What happens to the wearable.
#[derive(Debug, Arbitrary)]
enum Happening<'a> {
    Link(Link),
    Read(u8),
    Subscribe(u8, bool),
    Write { endpoint: u8, value: &'a [u8], response: bool },
    Start { session: u8, cap_dma: u16, ramp_up_dma_per_s: u8, minutes: u8, grace_s: u8 },
    Set { session: u8, targets_dma: [u16; 2] },
    Pause(u8),
    Resume(u8),
    Stop,
    KeepAlive(u8),
    Posture(u8),
    Records(u8),
    Wait { ms: u16 },
    Long { s: u8 },
    Pads { channel: bool, contact: u8 },
    Button { held_ms: u16 },
    Battery(u8),
    Fault(u8),
    Reboot,
}

#[derive(Debug, Arbitrary)]
enum Link {
    Up { mtu: u16 },
    Down,
    Secured { level: u8, bonded: bool },
}

/// Lets one central do what it likes.
pub fn run(data: &[u8]) {
    let config = Config::default();
    let limits = config.capabilities;
    let mut world = World {
        device: Device::new(config),
        limits,
        now_ms: 0,
        sequence: 0,
        allowed_dma: vec![0; usize::from(limits.channels)],
        flowed_dma: vec![0.0; usize::from(limits.channels)],
    };
    world.device.probe().record();
    let mut unstructured = Unstructured::new(data);
    if unstructured.ratio(3_u8, 4_u8).unwrap_or(false) {
        world.pair();
    }
    while !unstructured.is_empty() && world.now_ms < LONGEST_MS {
        let Ok(happening) = Happening::arbitrary(&mut unstructured) else { break };
        world.happen(&happening);
        world.judge();
    }
}

struct World {
    device: Device,
    limits: Capabilities,
    now_ms: u64,
    sequence: u16,
    /// The newest targets that were accepted.
    allowed_dma: Vec<u16>,
    flowed_dma: Vec<f64>,
}

impl World {
    fn pair(&mut self) {
        // It feels its pads once it has run for a moment.
        self.pass(100);
        self.say(ToPeripheral::Connected { peer: "phone".to_owned(), mtu: 247 });
        self.say(ToPeripheral::Secured { security: Security::Authenticated, bonded: true });
        for endpoint in [Endpoint::Status, Endpoint::ControlPoint, Endpoint::RecordData, Endpoint::RecordAccess] {
            self.say(ToPeripheral::Subscribe { id: 1, characteristic: Uuid::from_u128(endpoint.uuid()), on: true });
        }
    }

    fn say(&mut self, message: ToPeripheral) {
        self.device.input(self.now_ms, message);
    }

    fn write(&mut self, endpoint: Endpoint, value: &[u8], response: bool) {
        let characteristic = Uuid::from_u128(endpoint.uuid());
        self.say(ToPeripheral::Write { id: 7, characteristic, value: value.to_vec(), response });
    }

    fn command(&mut self, command: Command) {
        self.sequence = self.sequence.wrapping_add(1);
        if let Some(sequence) = Sequence::new(self.sequence) {
            self.write(Endpoint::ControlPoint, &ControlFrame { sequence, command }.encode(), true);
        }
    }

    fn soon(&self) -> Ticks {
        Ticks::from_ms(self.now_ms + 3_000)
    }

    fn happen(&mut self, happening: &Happening<'_>) {
        let session_id = |session: u8| u32::from(session % 4);
        match *happening {
            Happening::Link(Link::Up { mtu }) => self.say(ToPeripheral::Connected { peer: "phone".to_owned(), mtu }),
            Happening::Link(Link::Down) => self.say(ToPeripheral::Disconnected),
            Happening::Link(Link::Secured { level, bonded }) => {
                let security = [Security::Open, Security::Encrypted, Security::Authenticated][usize::from(level % 3)];
                self.say(ToPeripheral::Secured { security, bonded });
            }
            Happening::Read(which) => self.say(ToPeripheral::Read { id: 3, characteristic: characteristic(which) }),
            Happening::Subscribe(which, on) => {
                self.say(ToPeripheral::Subscribe { id: 4, characteristic: characteristic(which), on });
            }
            Happening::Write { endpoint, value, response } => {
                let characteristic = characteristic(endpoint);
                self.say(ToPeripheral::Write { id: 5, characteristic, value: value.to_vec(), response });
            }
            Happening::Start { session, cap_dma, ramp_up_dma_per_s, minutes, grace_s } => {
                self.start(session_id(session), cap_dma % 700, ramp_up_dma_per_s, minutes, grace_s);
            }
            Happening::Set { session, targets_dma } => {
                let (session_id, expires) = (session_id(session), self.soon());
                let targets_dma = PerChannel::from_slice(&targets_dma.map(|dma| dma % 700 / 5 * 5)).expect("two");
                self.command(Command::SetIntensity { session_id, expires, targets_dma });
            }
            Happening::Pause(session) => self.command(Command::Pause { session_id: session_id(session) }),
            Happening::Resume(session) => {
                self.command(Command::Resume { session_id: session_id(session), expires: self.soon() });
            }
            Happening::Stop => self.command(Command::Stop),
            Happening::KeepAlive(session) => self.command(Command::KeepAlive { session_id: session_id(session) }),
            Happening::Posture(rate_hz) => self.command(Command::StartPosture { rate_hz }),
            Happening::Records(number) => {
                let filter = RecordFilter::UpTo(number.into());
                let request = [RecordRequest::Report(filter), RecordRequest::Delete(filter), RecordRequest::Abort]
                    [usize::from(number % 3)];
                self.write(Endpoint::RecordAccess, &request.encode(), true);
            }
            Happening::Wait { ms } => self.pass(u64::from(ms)),
            Happening::Long { s } => self.pass(u64::from(s) * 1_000),
            Happening::Pads { channel, contact } => {
                let contact = [Contact::Good, Contact::Poor, Contact::Off, Contact::Unknown][usize::from(contact % 4)];
                self.device.body().set_contact(usize::from(channel), contact);
            }
            Happening::Button { held_ms } => self.device.press_button(held_ms.into()),
            Happening::Battery(percent) => self.device.set_battery(percent.into()),
            Happening::Fault(bits) => self.device.set_fault_causes(Faults(bits.into())),
            Happening::Reboot => self.device.reboot(),
        }
    }

    fn start(&mut self, session_id: u32, cap_dma: u16, ramp_up_dma_per_s: u8, minutes: u8, grace_s: u8) {
        let programme = Programme {
            mode: Mode::Conventional,
            frequency_low_dhz: 1_000,
            frequency_high_dhz: 1_000,
            width_low_us: 100,
            width_high_us: 100,
            sweep_period_ds: 0,
            burst: None,
            ramp_up_dma_per_s: u16::from(ramp_up_dma_per_s),
            ramp_down_ms: 1_000,
        };
        let channel = ChannelSetup { cap_dma, pad_area_dcm2: 250 };
        self.command(Command::Start(StartSession {
            session_id,
            expires: self.soon(),
            programme,
            duration_s: u16::from(minutes % 60) * 60,
            grace_s,
            channels: PerChannel::from_slice(&[channel, channel]).expect("two"),
        }));
    }

    fn pass(&mut self, ms: u64) {
        self.now_ms = self.now_ms.saturating_add(ms);
        self.device.advance(self.now_ms);
    }

    /// All that flowed since the last time is no more than was allowed then, or less than a moment before.
    fn judge(&mut self) {
        for flow in self.device.probe().take_history() {
            for (channel, now_dma) in flow.currents_dma.iter().enumerate() {
                let most_dma = f64::from(self.allowed_dma[channel]).max(self.flowed_dma[channel]);
                assert!(*now_dma <= most_dma + 1e-6, "channel {channel}: {now_dma} where {most_dma} was allowed");
                assert!(*now_dma <= f64::from(self.limits.max_current_dma), "beyond the limit");
            }
            self.flowed_dma = flow.currents_dma;
        }
        for taken in self.device.probe().take_taken().into_iter().filter(|taken| taken.result == ResultCode::Accepted) {
            match taken.command {
                Command::SetIntensity { targets_dma, .. } => self.allowed_dma = targets_dma.as_slice().to_vec(),
                Command::Start(_) | Command::Stop | Command::Pause { .. } | Command::Resume { .. } => {
                    self.allowed_dma.fill(0);
                }
                _ => {}
            }
        }
        for message in self.device.take_output() {
            if let ToCentral::Notify { characteristic, value, .. } = message {
                decodes(Endpoint::from_uuid(characteristic.as_u128()), &value);
            }
        }
    }
}

fn characteristic(which: u8) -> Uuid {
    let endpoint = Endpoint::ALL.get(usize::from(which) % (Endpoint::ALL.len() + 1));
    Uuid::from_u128(endpoint.map_or(1, |endpoint| endpoint.uuid()))
}

fn decodes(endpoint: Option<Endpoint>, value: &[u8]) {
    let understood = match endpoint {
        Some(Endpoint::Status) => Status::decode(value).is_ok(),
        Some(Endpoint::ControlPoint) => Response::decode(value).is_ok(),
        Some(Endpoint::PostureStream) => PostureFrame::decode(value).is_ok(),
        Some(Endpoint::RecordData) => Record::decode(value).is_ok(),
        Some(Endpoint::RecordAccess) => RecordReply::decode(value).is_ok(),
        Some(Endpoint::CurrentElapsedTime) => ElapsedTime::decode(value).is_ok(),
        _ => true,
    };
    assert!(understood, "{endpoint:?} has said {value:?}");
}

/// A session with rises, a pause, pads that come off and a stop; a fetch of records; posture.
pub fn seeds() -> Vec<Vec<u8>> {
    let happening = |kind: u32, rest: &[u8]| [&pick(kind, 19)[..], rest].concat();
    let start = happening(4, &[1, 200, 0, 50, 20, 10]);
    let set = |dma: u8| happening(5, &[1, dma, 0, dma, 0]);
    let wait = |s: u8| happening(13, &[s]);
    let paired = [0];
    let session = [&paired[..], &start, &set(50), &wait(2), &set(100), &wait(3), &set(20), &wait(2)].concat();
    let mut seeds = vec![
        [&session[..], &happening(6, &[1]), &wait(2), &happening(7, &[1]), &set(30), &wait(1), &happening(8, &[])]
            .concat(),
        [&session[..], &happening(14, &[0, 2]), &wait(9), &happening(15, &[0, 16]), &wait(3)].concat(),
        [&session[..], &happening(9, &[1]), &wait(60), &happening(18, &[]), &wait(3)].concat(),
        [&session[..], &happening(17, &[2]), &happening(16, &[5]), &wait(30)].concat(),
        [&paired[..], &happening(10, &[25]), &wait(100), &happening(11, &[3]), &happening(11, &[4]), &wait(9)].concat(),
        [&[3][..], &happening(0, &[0, 0, 0, 0, 247, 0]), &happening(1, &[2]), &wait(70)].concat(),
    ];
    seeds.extend(["command", "record_access_request", "elapsed_time"].into_iter().flat_map(wire::frames).map(
        |frame| {
            let endpoint = [1, 5, 12][frame.len() % 3];
            [&paired[..], &happening(3, &[endpoint]), &frame].concat()
        },
    ));
    seeds
}
