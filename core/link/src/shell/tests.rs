use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use lumbra_protocol::Endpoint;
use tokio::runtime::Handle;
use tokio::time::sleep;
use uuid::Uuid;

use super::{ShellBluetooth, ShellCharacteristic, ShellLink, ShellRadio, ShellSink};
use crate::air::{ToCentral, ToPeripheral};
use crate::scripted::{self, PASSKEY, Types, honest, opening, play, uuid};
use crate::{Connection, Discovered, InProcessRadio, LinkError, LinkEvent, Peripheral, PeripheralId, Radio};

/// A platform whose Bluetooth is the software radio, and whose system dialog types a passkey.
struct Platform {
    radio: InProcessRadio,
    runtime: Handle,
    sink: OnceLock<ShellSink>,
    links: Mutex<HashMap<PeripheralId, Arc<dyn Connection>>>,
    types: u32,
    scans: AtomicUsize,
    slow: AtomicBool,
}

impl Platform {
    fn link(&self, id: &PeripheralId) -> Result<Arc<dyn Connection>, LinkError> {
        self.links.lock().unwrap().get(id).cloned().ok_or(LinkError::Disconnected)
    }
}

fn endpoint(characteristic: Uuid) -> Endpoint {
    Endpoint::from_uuid(characteristic.as_u128()).unwrap()
}

impl ShellBluetooth for Platform {
    fn start_scan(&self, service: Uuid) -> Result<(), LinkError> {
        assert_eq!(service, Uuid::from_u128(lumbra_protocol::ADVERTISED_SERVICE));
        self.scans.fetch_add(1, Ordering::Relaxed);
        let (id, name) = (PeripheralId::new("one"), Some("Lumbra7K".to_owned()));
        self.sink.get().unwrap().discovered(Discovered { id, name, rssi_dbm: Some(-60), bonded: None });
        Ok(())
    }

    fn stop_scan(&self) {
        self.scans.fetch_sub(1, Ordering::Relaxed);
    }

    fn connect(&self, id: &PeripheralId, pair: bool) -> Result<ShellLink, LinkError> {
        if self.slow.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(100));
        }
        let prompt = if pair { Types::the(self.types) } else { None };
        let connection: Arc<dyn Connection> = Arc::from(self.runtime.block_on(self.radio.connect(id, prompt))?);
        let mut events = connection.take_events().unwrap();
        let max_value_len = connection.max_value_len();
        self.links.lock().unwrap().insert(id.clone(), connection);
        let (sink, id) = (self.sink.get().unwrap().clone(), id.clone());
        self.runtime.spawn(async move {
            while let Some(event) = events.recv().await {
                match event {
                    LinkEvent::Value { endpoint, bytes } => sink.value(&id, uuid(endpoint), bytes),
                    LinkEvent::Disconnected => sink.disconnected(&id),
                }
            }
        });
        let characteristics = Endpoint::ALL.iter().map(|endpoint| ShellCharacteristic {
            service: Uuid::from_u128(endpoint.service()),
            uuid: uuid(*endpoint),
            access: endpoint.access(),
        });
        Ok(ShellLink { max_value_len, characteristics: characteristics.collect() })
    }

    fn disconnect(&self, id: &PeripheralId) {
        let link = self.links.lock().unwrap().remove(id);
        if let Some(link) = link {
            self.runtime.block_on(link.disconnect());
        }
    }

    fn read(&self, id: &PeripheralId, characteristic: Uuid) -> Result<Vec<u8>, LinkError> {
        self.runtime.block_on(self.link(id)?.read(endpoint(characteristic)))
    }

    fn write(&self, id: &PeripheralId, characteristic: Uuid, bytes: Vec<u8>, _: bool) -> Result<(), LinkError> {
        self.runtime.block_on(self.link(id)?.write(endpoint(characteristic), &bytes))
    }

    fn subscribe(&self, id: &PeripheralId, characteristic: Uuid) -> Result<(), LinkError> {
        self.runtime.block_on(self.link(id)?.subscribe(endpoint(characteristic)))
    }

    fn remove_bond(&self, id: &PeripheralId) -> Result<(), LinkError> {
        self.runtime.block_on(self.radio.remove_bond(id))
    }
}

fn id() -> PeripheralId {
    PeripheralId::new("one")
}

async fn world() -> (ShellRadio, Arc<Platform>, scripted::Handle) {
    let (peripheral, requests, say) = Peripheral::pair();
    let handle = play(requests, say, opening(true), honest());
    let platform = Arc::new(Platform {
        radio: InProcessRadio::new(vec![(id(), peripheral)]),
        runtime: Handle::current(),
        sink: OnceLock::new(),
        links: Mutex::default(),
        types: PASSKEY,
        scans: AtomicUsize::new(0),
        slow: AtomicBool::new(false),
    });
    let (radio, sink) = ShellRadio::new(platform.clone());
    platform.sink.set(sink).unwrap();
    // On the air before anyone looks for it.
    platform.radio.scan().await.unwrap().recv().await.unwrap();
    (radio, platform, handle)
}

/// Waits for something that happens on other threads.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if what() {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("waited in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn pairs_reads_writes_and_streams() {
    let (radio, _, wearable) = world().await;
    assert_eq!(radio.connect(&id(), None).await.map(drop), Err(LinkError::NotPaired));
    let link = radio.connect(&id(), Types::the(0)).await.unwrap();
    assert_eq!(link.read(Endpoint::Status).await.unwrap(), b"Status");
    let mut events = link.take_events().unwrap();
    assert!(link.take_events().is_none());
    link.subscribe(Endpoint::Status).await.unwrap();
    link.write(Endpoint::ControlPoint, &[1, 2, 3]).await.unwrap();
    assert_eq!(link.write(Endpoint::ControlPoint, &[0; 300]).await, Err(LinkError::Refused(0x0D)));
    for byte in 0..3 {
        let notify = ToCentral::Notify { characteristic: uuid(Endpoint::Status), value: vec![byte], indicate: false };
        wearable.say.send(notify).unwrap();
        let expected = LinkEvent::Value { endpoint: Endpoint::Status, bytes: vec![byte] };
        assert_eq!(events.recv().await, Some(expected));
    }
    let written = |message: &ToPeripheral| matches!(message, ToPeripheral::Write { value, .. } if value == &[1, 2, 3]);
    assert!(wearable.heard().iter().any(written));
    assert_eq!(radio.connect(&id(), None).await.map(drop), Err(LinkError::InUse));
    link.disconnect().await;
    assert_eq!(events.recv().await, Some(LinkEvent::Disconnected));
    assert_eq!(events.recv().await, None);
    assert_eq!(link.read(Endpoint::Status).await, Err(LinkError::Disconnected));
    // The bond is there: without a prompt now.
    radio.connect(&id(), None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_link_ends_the_events_and_can_be_made_again() {
    let (radio, platform, wearable) = world().await;
    let link = radio.connect(&id(), Types::the(0)).await.unwrap();
    let mut events = link.take_events().unwrap();
    wearable.say.send(ToCentral::Disconnect).unwrap();
    assert_eq!(events.recv().await, Some(LinkEvent::Disconnected));
    drop(link);
    let link = radio.connect(&id(), None).await.unwrap();
    let mut events = link.take_events().unwrap();
    platform.sink.get().unwrap().switched_off();
    assert_eq!(events.recv().await, Some(LinkEvent::Disconnected));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_is_called_off_leaves_no_link() {
    let (radio, platform, wearable) = world().await;
    platform.slow.store(true, Ordering::Relaxed);
    let attempt = tokio::time::timeout(Duration::from_millis(30), radio.connect(&id(), Types::the(0))).await;
    assert!(attempt.is_err());
    // The shell's call makes the link all the same, and it is cut again.
    until(|| wearable.heard().iter().any(|message| matches!(message, ToPeripheral::Connected { .. }))).await;
    until(|| wearable.links() == 0).await;
    platform.slow.store(false, Ordering::Relaxed);
    radio.connect(&id(), Types::the(0)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_link_is_cut() {
    let (radio, _, wearable) = world().await;
    drop(radio.connect(&id(), Types::the(0)).await.unwrap());
    until(|| wearable.links() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_share_the_platforms_one() {
    let (radio, platform, _wearable) = world().await;
    let mut first = radio.scan().await.unwrap();
    assert_eq!(first.recv().await.unwrap().id, id());
    let second = radio.scan().await.unwrap();
    assert_eq!(platform.scans.load(Ordering::Relaxed), 1);
    drop(first);
    sleep(Duration::from_millis(20)).await;
    assert_eq!(platform.scans.load(Ordering::Relaxed), 1);
    drop(second);
    until(|| platform.scans.load(Ordering::Relaxed) == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_bond_cuts_the_link() {
    let (radio, _, _wearable) = world().await;
    let link = radio.connect(&id(), Types::the(0)).await.unwrap();
    let mut events = link.take_events().unwrap();
    radio.remove_bond(&id()).await.unwrap();
    assert_eq!(events.recv().await, Some(LinkEvent::Disconnected));
    drop(link);
    assert_eq!(radio.connect(&id(), None).await.map(drop), Err(LinkError::NotPaired));
}
