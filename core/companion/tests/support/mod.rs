//! A core and a virtual wearable in one process, in virtual time.
#![allow(unreachable_pub, missing_docs, dead_code)] // Shared by several tests.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lumbra::domain::safety::PadCheck;
use lumbra::domain::units::{Milliamps, Seconds};
use lumbra::link::{InProcessRadio, PairingPrompt, PeripheralId};
use lumbra::store::FileKeyStore;
use lumbra::{Companion, Device, Snapshot, StartRequest, WallClock, built_in};
use lumbra_wearable::serve::{self, WearableHandle};
use lumbra_wearable::{Config, Device as Wearable};
use tokio::time::Instant;

/// Wall time that follows the runtime's virtual time.
pub struct VirtualClock {
    pub origin: Instant,
}

impl WallClock for VirtualClock {
    fn unix_ms(&self) -> i64 {
        1_767_225_600_000 + i64::try_from(self.origin.elapsed().as_millis()).unwrap()
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

pub async fn open(dir: &Path, radio: &InProcessRadio, origin: Instant) -> Companion {
    let config = lumbra::Config {
        dir: dir.to_owned(),
        keys: Box::new(FileKeyStore::new(dir.join("lumbra.key"))),
        radio: Arc::new(radio.clone()),
        clock: Arc::new(VirtualClock { origin }),
    };
    Companion::open(config).await.unwrap()
}

pub fn request(programme: &str, minutes: u32) -> StartRequest {
    StartRequest {
        programme: built_in(programme).unwrap(),
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
