//! A core and a virtual wearable in one process, in virtual time.
#![allow(unreachable_pub, missing_docs, dead_code)] // Shared by several tests.

pub mod clinic;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use lumbra::domain::safety::PadCheck;
use lumbra::domain::units::{Milliamps, Seconds};
use lumbra::link::Uuid;
use lumbra::link::air::{ToCentral, ToPeripheral};
use lumbra::link::{InProcessRadio, PairingPrompt, Peripheral, PeripheralId};
use lumbra::store::FileKeyStore;
use lumbra::{Companion, Device, Snapshot, StartRequest, WallClock, built_in};
use lumbra_protocol::Endpoint;
use lumbra_wearable::serve::{self, WearableHandle};
use lumbra_wearable::{Config, Device as Wearable};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Wall time that follows the runtime's virtual time, as wrong as somebody sets it.
pub struct VirtualClock {
    pub origin: Instant,
    pub ahead_ms: Arc<AtomicI64>,
}

impl WallClock for VirtualClock {
    fn unix_ms(&self) -> i64 {
        1_767_225_600_000
            + i64::try_from(self.origin.elapsed().as_millis()).unwrap()
            + self.ahead_ms.load(Ordering::Relaxed)
    }

    fn utc_offset_s(&self) -> i32 {
        3_600
    }
}

/// A person who reads the label, or misreads it.
pub struct Label(pub u32);

#[async_trait]
impl PairingPrompt for Label {
    async fn passkey(&self, _name: Option<&str>) -> Option<u32> {
        Some(self.0)
    }
}

pub struct World {
    pub radio: InProcessRadio,
    pub wearable: WearableHandle,
    pub id: PeripheralId,
    pub origin: Instant,
    pub dir: tempfile::TempDir,
}

pub const PASSKEY: u32 = 271_828;

impl World {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        let seed = config.seed;
        let (peripheral, wearable) = serve::spawn(Wearable::new(config), seed);
        let id = PeripheralId::new("virtual");
        let radio = InProcessRadio::new(vec![(id.clone(), peripheral)]);
        Self { radio, wearable, id, origin: Instant::now(), dir: tempfile::tempdir().unwrap() }
    }

    /// A wearable with somebody between it and the radio who may twist all that it says.
    pub fn with_malice() -> (Self, Malice) {
        let (honest, wearable) = serve::spawn(Wearable::new(Config::default()), Config::default().seed);
        let (peripheral, malice) = Malice::between(honest);
        let id = PeripheralId::new("virtual");
        let radio = InProcessRadio::new(vec![(id.clone(), peripheral)]);
        (Self { radio, wearable, id, origin: Instant::now(), dir: tempfile::tempdir().unwrap() }, malice)
    }

    /// Opens the core: as an app that is started.
    pub async fn open(&self) -> Companion {
        open(self.dir.path(), &self.radio, self.origin).await
    }

    /// A core with a paired, screened, connected wearable.
    pub async fn ready(&self) -> (Companion, Device) {
        let companion = self.open().await;
        let device = companion.pair(&self.id, Some("Lumbra7K"), Arc::new(Label(PASSKEY))).await.unwrap();
        let answers = lumbra::domain::screening::Answers::all_no().answers;
        companion.answer_screening(answers, false).await.unwrap();
        device.connected(Duration::from_secs(5)).await.unwrap();
        (companion, device)
    }
}

/// What becomes of a message of the wearable; the endpoint is the one that it is of, or that it answers a question about.
pub type Twist = Box<dyn FnMut(Option<Endpoint>, ToCentral) -> Vec<ToCentral> + Send>;

/// Somebody between the wearable and the radio: honest until told otherwise.
#[derive(Clone)]
pub struct Malice {
    twist: Arc<Mutex<Twist>>,
    say: mpsc::UnboundedSender<ToCentral>,
    written: Arc<Mutex<Vec<Endpoint>>>,
}

impl Malice {
    fn between(mut honest: Peripheral) -> (Peripheral, Self) {
        let (peripheral, mut asked, say) = Peripheral::pair();
        let twist: Twist = Box::new(|_, message| vec![message]);
        let malice = Self { twist: Arc::new(Mutex::new(twist)), say: say.clone(), written: Arc::default() };
        let between = malice.clone();
        tokio::spawn(async move {
            let mut asked_about = HashMap::new();
            loop {
                tokio::select! {
                    message = asked.recv() => {
                        let Some(message) = message else { break };
                        match &message {
                            ToPeripheral::Read { id, characteristic } | ToPeripheral::Subscribe { id, characteristic, .. } => {
                                asked_about.insert(*id, endpoint(*characteristic));
                            }
                            ToPeripheral::Write { id, characteristic, .. } => {
                                asked_about.insert(*id, endpoint(*characteristic));
                                between.written.lock().unwrap().push(endpoint(*characteristic));
                            }
                            _ => {}
                        }
                        let _ = honest.to.send(message);
                    }
                    message = honest.from.recv() => {
                        let Some(message) = message else { break };
                        let of = match &message {
                            ToCentral::Notify { characteristic, .. } => Some(endpoint(*characteristic)),
                            ToCentral::Value { id, .. } | ToCentral::Written { id } | ToCentral::Refused { id, .. } => {
                                asked_about.remove(id)
                            }
                            _ => None,
                        };
                        for said in (*between.twist.lock().unwrap())(of, message) {
                            let _ = say.send(said);
                        }
                    }
                }
            }
        });
        (peripheral, malice)
    }

    /// From now on this becomes of all that the wearable says.
    pub fn twist(&self, twist: impl FnMut(Option<Endpoint>, ToCentral) -> Vec<ToCentral> + Send + 'static) {
        *self.twist.lock().unwrap() = Box::new(twist);
    }

    pub fn honest(&self) {
        self.twist(|_, message| vec![message]);
    }

    /// Says this as if it were the wearable.
    pub fn notify(&self, endpoint: Endpoint, value: &[u8]) {
        self.say.send(notification(endpoint, value)).unwrap();
    }

    /// What was written to the wearable so far.
    pub fn written(&self) -> Vec<Endpoint> {
        self.written.lock().unwrap().clone()
    }
}

fn endpoint(characteristic: Uuid) -> Endpoint {
    Endpoint::from_uuid(characteristic.as_u128()).unwrap()
}

pub fn notification(endpoint: Endpoint, value: &[u8]) -> ToCentral {
    let indicate = endpoint.access().indicate;
    ToCentral::Notify { characteristic: Uuid::from_u128(endpoint.uuid()), value: value.to_vec(), indicate }
}

pub async fn open(dir: &Path, radio: &InProcessRadio, origin: Instant) -> Companion {
    open_by(dir, radio, VirtualClock { origin, ahead_ms: Arc::default() }).await
}

/// Opens the core with a clock that may be wrong.
pub async fn open_by(dir: &Path, radio: &InProcessRadio, clock: VirtualClock) -> Companion {
    let config = lumbra::Config {
        dir: dir.to_owned(),
        keys: Box::new(FileKeyStore::new(dir.join("lumbra.key"))),
        radio: Arc::new(radio.clone()),
        clock: Arc::new(clock),
    };
    Companion::open(config).await.unwrap()
}

pub fn request(programme: &str, minutes: u32) -> StartRequest {
    StartRequest {
        course: built_in(programme).unwrap().into(),
        duration: Seconds::new(minutes * 60),
        grace: None,
        pads: Vec::new(),
        pad_check: PadCheck { skin_intact: true, pad_uses: 3 },
        pain_before: None,
    }
}

pub fn ma(values: &[f64]) -> Vec<Milliamps> {
    values.iter().map(|value| Milliamps::from_f64(*value).unwrap()).collect()
}

/// Waits, in virtual time, until the snapshot is as wanted.
pub async fn until(device: &Device, what: &str, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let mut snapshots = device.snapshot();
    let found = tokio::time::timeout(Duration::from_mins(2), snapshots.wait_for(|snapshot| wanted(snapshot))).await;
    match found {
        Ok(Ok(snapshot)) => snapshot.clone(),
        _ => panic!("never {what}: {:#?}", *device.snapshot().borrow()),
    }
}

pub async fn seconds(count: u64) {
    tokio::time::sleep(Duration::from_secs(count)).await;
}

/// What really flows, in mA.
pub async fn true_ma(wearable: &WearableHandle) -> Vec<f64> {
    wearable.with(|device| device.probe().now_dma().iter().map(|dma| dma / 10.0).collect()).await.unwrap()
}

/// A session with 5 mA on both channels, and posture.
pub async fn in_session() -> (World, Malice, Companion, Device) {
    let (world, malice) = World::with_malice();
    let (companion, device) = world.ready().await;
    device.start_posture().await.unwrap();
    device.start(request("conventional", 20)).await.unwrap();
    device.set_intensity(ma(&[5.0, 5.0])).await.unwrap();
    seconds(7).await;
    assert_eq!(true_ma(&world.wearable).await, [5.0, 5.0]);
    (world, malice, companion, device)
}

/// The highest that flowed so far, in mA.
pub async fn highest_ma(world: &World) -> f64 {
    world.wearable.with(|device| device.probe().max_dma().iter().fold(0.0, |a: f64, b| a.max(*b)) / 10.0).await.unwrap()
}
