//! The whole device: firmware, body and attribute server behind the air's messages. What a central reads and writes is in `attributes`.

mod attributes;

use std::collections::BTreeSet;

use lumbra_link::air::{Advertisement, Security, ToCentral, ToPeripheral};
use lumbra_protocol::{ADVERTISED_SERVICE, Endpoint, Faults, NudgeSettings};
use uuid::Uuid;

use self::attributes::attribute_table;
use crate::body::Body;
use crate::config::Config;
use crate::firmware::{Firmware, Lie, Memory};
use crate::probe::Probe;

const PAIRING_MODE_MS: u64 = 60_000;
const STATUS_IN_SESSION_MS: u64 = 1_000;
const STATUS_IDLE_MS: u64 = 10_000;
/// At most 20 status notifications a second.
const STATUS_SPACING_MS: u64 = 50;

/// What is told at once when it changes, as one comparable value.
type Shown = String;

/// A wearable. Pure: time comes in, messages go out. `now_ms` is any clock that never goes back; calls with
/// an earlier time count as now.
#[derive(Debug)]
pub struct Device {
    config: Config,
    body: Body,
    firmware: Firmware,
    rng: fastrand::Rng,
    now_ms: u64,
    out: Vec<ToCentral>,
    peer: Option<String>,
    security: Security,
    bond: Option<String>,
    subscribed: BTreeSet<Endpoint>,
    pairing_until_ms: Option<u64>,
    unreachable_until_ms: Option<u64>,
    status_at_ms: u64,
    shown: Shown,
    babble: Option<Babble>,
    probe: Probe,
}

/// Frames that nobody can read, again and again.
#[derive(Clone, Copy, Debug)]
struct Babble {
    every_ms: u64,
    next_ms: u64,
}

impl Device {
    /// A wearable that has just been switched on for the first time, in pairing mode.
    pub fn new(config: Config) -> Self {
        let mut rng = fastrand::Rng::with_seed(config.seed);
        let body = Body::new(config.capabilities.channels, config.seed);
        let memory = Memory::new(config.capabilities.record_capacity);
        let boot_id = rng.u32(1..);
        let firmware = Firmware::boot(config.capabilities, boot_id, f64::from(config.battery_percent), memory, 0);
        let probe = Probe::new(usize::from(config.capabilities.channels));
        let mut device = Self {
            config,
            body,
            firmware,
            rng,
            now_ms: 0,
            out: Vec::new(),
            peer: None,
            security: Security::Open,
            bond: None,
            subscribed: BTreeSet::new(),
            pairing_until_ms: Some(PAIRING_MODE_MS),
            unreachable_until_ms: None,
            status_at_ms: 0,
            shown: Shown::new(),
            babble: None,
            probe,
        };
        device.introduce();
        device
    }

    /// Says again who it is, for a front that has just come: the profile, then the advertisement.
    pub fn introduce(&mut self) {
        let profile = ToCentral::Profile { services: attribute_table(), passkey: self.config.passkey };
        self.out.push(profile);
        self.advertise();
    }

    /// What it has to say since it was last asked.
    pub fn take_output(&mut self) -> Vec<ToCentral> {
        std::mem::take(&mut self.out)
    }

    /// When it wants to be advanced at the latest.
    pub fn next_wakeup_ms(&self) -> u64 {
        let busy =
            self.firmware.in_session() || self.firmware.posture.is_streaming() || self.firmware.memory.is_reporting();
        let slice_at_ms = self.now_ms + if busy { self.firmware.slice_ms() } else { 500 };
        let slice_at_ms =
            self.babble.map_or(slice_at_ms, |babble| slice_at_ms.min(babble.next_ms.max(self.now_ms + 1)));
        // A change that only waits for its turn among the notifications is told as soon as that comes.
        let untold = self.subscribed.contains(&Endpoint::Status) && self.what_is_shown() != self.shown;
        if untold { slice_at_ms.min((self.status_at_ms + STATUS_SPACING_MS).max(self.now_ms + 1)) } else { slice_at_ms }
    }

    fn what_is_shown(&self) -> Shown {
        format!("{:?}", self.firmware.shown())
    }

    /// Lets time pass.
    pub fn advance(&mut self, now_ms: u64) {
        while self.now_ms < now_ms {
            let dt_ms = self.firmware.slice_ms().min(now_ms - self.now_ms);
            self.now_ms += dt_ms;
            self.body.advance(self.now_ms);
            self.firmware.pass(dt_ms, &mut self.body, self.now_ms);
            self.look();
            self.tell();
            self.say_nonsense();
        }
        if self.pairing_until_ms.is_some_and(|until_ms| until_ms <= self.now_ms) {
            self.pairing_until_ms = None;
            self.advertise();
        }
        if self.unreachable_until_ms.is_some_and(|until_ms| until_ms <= self.now_ms) {
            self.unreachable_until_ms = None;
            self.advertise();
        }
    }

    /// Takes what a central does.
    pub fn input(&mut self, now_ms: u64, message: ToPeripheral) {
        self.advance(now_ms);
        match message {
            ToPeripheral::Connected { peer, mtu } => self.connected(peer, mtu),
            ToPeripheral::Disconnected => self.disconnected(),
            ToPeripheral::Secured { security, bonded } => self.secured(security, bonded),
            ToPeripheral::Read { id, characteristic } => {
                let answer = self.find(characteristic).and_then(|endpoint| self.read(endpoint));
                self.answer(id, answer.map(Some));
            }
            ToPeripheral::Write { id, characteristic, value, response } => {
                let outcome = self.find(characteristic).and_then(|endpoint| self.write(endpoint, &value, id, response));
                if let Some(error) = outcome.err().filter(|_| response) {
                    self.answer(id, Err(error));
                }
            }
            ToPeripheral::Subscribe { id, characteristic, on } => {
                let outcome = self.find(characteristic).and_then(|endpoint| self.subscribe(endpoint, on));
                self.answer(id, outcome.map(|()| None));
            }
        }
        self.look();
        self.tell();
    }

    fn look(&mut self) {
        self.probe.look(self.now_ms, self.peer.is_some(), &self.firmware);
    }

    // --- what a person, or a test, does to it ---

    /// The body that wears it.
    pub fn body(&mut self) -> &mut Body {
        &mut self.body
    }

    /// What really flowed.
    pub fn probe(&mut self) -> &mut Probe {
        &mut self.probe
    }

    /// Presses the button: a session stops. Held for 3 s with no session: pairing mode.
    pub fn press_button(&mut self, held_ms: u64) {
        if self.firmware.in_session() {
            self.firmware.press_button();
        } else if held_ms >= 3_000 {
            self.pairing_until_ms = Some(self.now_ms + PAIRING_MODE_MS);
            self.advertise();
        }
        self.look();
        self.tell();
    }

    /// Restarts: output is zero at once, the session is gone, records and settings stay.
    pub fn reboot(&mut self) {
        let mut memory = self.firmware.memory.clone();
        memory.link_lost();
        let posture = self.firmware.posture.settings();
        let boot_id = self.rng.u32(1..);
        let battery = self.firmware.battery;
        self.cut_link();
        self.firmware = Firmware::boot(self.config.capabilities, boot_id, battery, memory, 1);
        self.firmware.posture = posture;
        self.look();
    }

    /// Cuts the link.
    pub fn cut_link(&mut self) {
        if self.peer.is_some() {
            self.out.push(ToCentral::Disconnect);
            self.disconnected();
            self.look();
        }
    }

    /// Goes out of reach for a time.
    pub fn go_out_of_reach(&mut self, for_ms: u64) {
        self.unreachable_until_ms = Some(self.now_ms.saturating_add(for_ms));
        self.cut_link();
        self.advertise();
    }

    /// Sets the battery, in percent.
    pub fn set_battery(&mut self, percent: f64) {
        self.firmware.battery = percent.clamp(0.0, 100.0);
    }

    /// Causes faults, or takes their causes away; what is latched stays until it is cleared.
    pub fn set_fault_causes(&mut self, causes: Faults) {
        self.firmware.fault_causes = causes;
    }

    /// Lies in its status from now on, or tells the truth.
    pub fn lie(&mut self, lie: Option<Lie>) {
        self.firmware.lie = lie;
    }

    /// Says something that nobody can read where its status is told, each `every_ms` from now on, as firmware that is out of its mind would;
    /// `None`: no more.
    pub fn babble(&mut self, every_ms: Option<u64>) {
        self.babble = every_ms.map(|every_ms| Babble { every_ms: every_ms.max(1), next_ms: self.now_ms });
    }

    /// Forgets its bond, as after a reset.
    pub fn forget_bond(&mut self) {
        self.bond = None;
        self.cut_link();
    }

    /// Lets it remember so many minutes of wearing that nobody has fetched, as after some time without the phone.
    pub fn remember(&mut self, minutes: u32) {
        self.firmware.remember(minutes);
    }

    /// How many records it keeps.
    pub fn stored_records(&self) -> usize {
        self.firmware.memory.len()
    }

    /// Whether it has a link.
    pub const fn is_linked(&self) -> bool {
        self.peer.is_some()
    }

    /// Whether it is sending stored records.
    pub const fn is_reporting(&self) -> bool {
        self.firmware.memory.is_reporting()
    }

    /// How often it has shown which one it is.
    pub fn identified(&self) -> u32 {
        self.firmware.identified
    }

    /// How often it has nudged.
    pub fn nudges(&self) -> u32 {
        self.firmware.posture.nudges
    }

    /// How it nudges, as it was told and as far as that still holds.
    pub fn nudge_settings(&self) -> Option<NudgeSettings> {
        self.firmware.posture.nudge()
    }

    /// Whether a session is there and not over.
    pub fn in_session(&self) -> bool {
        self.firmware.in_session()
    }

    /// The targets of all channels, in 0.1 mA.
    pub fn targets_dma(&self) -> Vec<u16> {
        self.firmware.targets_dma()
    }

    /// Its own time, in milliseconds of the clock it is driven with.
    pub const fn now_ms(&self) -> u64 {
        self.now_ms
    }

    // --- the link ---

    fn connected(&mut self, peer: String, mtu: u16) {
        if self.unreachable_until_ms.is_some() || self.peer.is_some() {
            self.out.push(ToCentral::Disconnect);
            return;
        }
        self.peer = Some(peer);
        self.security = Security::Open;
        self.firmware.posture.set_capacity(usize::from(mtu.saturating_sub(3)));
        self.firmware.linked = true;
    }

    fn disconnected(&mut self) {
        self.peer = None;
        self.security = Security::Open;
        self.subscribed.clear();
        self.firmware.linked = false;
        self.firmware.posture.stop();
        self.firmware.memory.link_lost();
        self.advertise();
    }

    fn secured(&mut self, security: Security, bonded: bool) {
        let Some(peer) = self.peer.clone() else { return };
        let known = self.bond.as_ref() == Some(&peer);
        if security < Security::Authenticated || !(known || self.pairing_until_ms.is_some()) {
            // Just Works, or a stranger while no bond is accepted.
            self.cut_link();
            return;
        }
        self.security = security;
        if bonded && !known {
            self.bond = Some(peer);
            self.pairing_until_ms = None;
            self.advertise();
        }
    }

    fn advertise(&mut self) {
        let advertisement = Advertisement {
            name: self.config.name(),
            service: Uuid::from_u128(ADVERTISED_SERVICE),
            pairing: self.pairing_until_ms.is_some(),
        };
        let reachable = self.unreachable_until_ms.is_none() && self.peer.is_none();
        self.out.push(ToCentral::Advertise { advertisement: reachable.then_some(advertisement) });
    }

    // --- what it says ---

    fn answer(&mut self, id: u32, result: Result<Option<Vec<u8>>, u8>) {
        self.out.push(match result {
            Ok(Some(value)) => ToCentral::Value { id, value },
            Ok(None) => ToCentral::Written { id },
            Err(att_error) => ToCentral::Refused { id, att_error },
        });
    }

    fn notify(&mut self, endpoint: Endpoint, value: &[u8]) {
        if self.subscribed.contains(&endpoint) {
            self.out.push(ToCentral::Notify {
                characteristic: Uuid::from_u128(endpoint.uuid()),
                value: value.to_vec(),
                indicate: endpoint.access().indicate,
            });
        }
    }

    fn say_nonsense(&mut self) {
        let Some(babble) = self.babble.as_mut().filter(|babble| babble.next_ms <= self.now_ms) else { return };
        babble.next_ms = self.now_ms + babble.every_ms;
        self.notify(Endpoint::Status, b"no status");
    }

    /// Sends what is due: the status when it changed or is old, posture frames, records.
    fn tell(&mut self) {
        if self.subscribed.is_empty() {
            return;
        }
        let shown = self.what_is_shown();
        let old_after_ms = if self.firmware.in_session() { STATUS_IN_SESSION_MS } else { STATUS_IDLE_MS };
        let since_ms = self.now_ms.saturating_sub(self.status_at_ms);
        let changed = shown != self.shown && (since_ms >= STATUS_SPACING_MS || self.shown.is_empty());
        if self.subscribed.contains(&Endpoint::Status) && (changed || since_ms >= old_after_ms) {
            let status = self.firmware.status().encode();
            self.notify(Endpoint::Status, &status);
            self.shown = shown;
            self.status_at_ms = self.now_ms;
        }
        for frame in self.firmware.posture.take_frames() {
            self.notify(Endpoint::PostureStream, &frame.encode());
        }
        for sent in self.firmware.memory.report() {
            match sent {
                crate::firmware::Sent::Record(record) => self.notify(Endpoint::RecordData, &record.encode()),
                crate::firmware::Sent::Reply(reply) => self.notify(Endpoint::RecordAccess, &reply.encode()),
            }
        }
    }
}
