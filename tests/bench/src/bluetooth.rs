//! Over Bluetooth: the core beside a bare btleplug client, on the same adapter and the same wearable.

use std::sync::Arc;
use std::time::{Duration, Instant};

use btleplug::api::{Central, Characteristic, Manager as _, Peripheral as _, ScanFilter, WriteType};
use btleplug::platform::{Manager, Peripheral};
use futures::StreamExt;
use lumbra::link::{BtleRadio, PeripheralId};
use lumbra::store::FileKeyStore;
use lumbra::{Companion, Config, Device, SystemClock};
use lumbra_protocol::{ADVERTISED_SERVICE, Endpoint, PostureFrame, Sequence, Status};
use uuid::Uuid;

use crate::bare::{Frames, posture};
use crate::command::Label;
use crate::report::{Case, Goal, Report, median_ms};
use crate::{BenchError, session};

const BENCH: &str = "bluetooth";
/// Samples a second that are asked for.
const RATE_HZ: u8 = lumbra::POSTURE_RATE_HZ;

/// What one client has measured.
struct Measured {
    connect_ms: f64,
    set_ms: f64,
    frames_per_s: f64,
    lost_frames: u64,
}

pub(crate) async fn run(report: &mut Report, passkey: u32, posture_seconds: u64) -> Result<(), BenchError> {
    let core = core(passkey, posture_seconds).await?;
    let bare = bare(posture_seconds).await?;
    let case = |name, unit, value, baseline_value, goal| Case {
        bench: BENCH,
        name,
        unit,
        value,
        baseline: "bare btleplug",
        baseline_value: Some(baseline_value),
        goal,
    };
    report.case(&case("set_intensity_to_confirmed", "ms", core.set_ms, bare.set_ms, Goal::AtMost(1.1)));
    report.case(&case("posture_frames", "1/s", core.frames_per_s, bare.frames_per_s, Goal::AtLeast(0.95)));
    report.case(&case("connect_to_controllable", "ms", core.connect_ms, bare.connect_ms, Goal::AtMost(1.3)));
    #[allow(clippy::cast_precision_loss)] // Some hundreds.
    let (lost, bare_lost) = (core.lost_frames as f64, bare.lost_frames as f64);
    report.case(&case("posture_frames_lost_and_noticed", "frames", lost, bare_lost, Goal::None));
    Ok(())
}

/// The core, on a store of its own. The bond is the system's.
async fn core(passkey: u32, posture_seconds: u64) -> Result<Measured, BenchError> {
    let dir = tempfile::tempdir()?;
    let companion = Companion::open(Config {
        dir: dir.path().to_owned(),
        keys: Box::new(FileKeyStore::new(dir.path().join("lumbra.key"))),
        radio: Arc::new(BtleRadio::new()),
        clock: Arc::new(SystemClock::default()),
    })
    .await?;
    let id = found(&companion).await?;
    // Pairs if there is no bond yet; then the link is cut, so that what is measured is a reconnect.
    companion.pair(&id, None, Arc::new(Label(passkey))).await?.close().await;
    let mut connects = Vec::new();
    let mut device = None;
    for _ in 0..3 {
        if let Some(device) = device.take() {
            Device::close(device).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let began = Instant::now();
        let opened = companion.device(None).await?;
        opened.connected(Duration::from_secs(30)).await?;
        connects.push(began.elapsed());
        device = Some(opened);
    }
    let device = device.ok_or(BenchError::Broken("no device"))?;
    session::start(&companion, &device).await?;
    let sets = session::lower(&device).await?;
    session::stop(&device).await?;
    device.start_posture().await?;
    let mut kept_up = Rate::default();
    let mut snapshots = device.snapshot();
    let end = tokio::time::Instant::now() + Duration::from_secs(posture_seconds);
    while let Ok(Ok(())) = tokio::time::timeout_at(end, snapshots.changed()).await {
        kept_up.see(frames(&device).0);
    }
    let (frames_per_s, lost_frames) = (kept_up.per_second(), frames(&device).1);
    device.stop_posture().await?;
    device.close().await;
    companion.close().await;
    Ok(Measured { connect_ms: median_ms(connects), set_ms: median_ms(sets), frames_per_s, lost_frames })
}

async fn found(companion: &Companion) -> Result<PeripheralId, BenchError> {
    let mut scan = companion.scan().await?;
    let first = tokio::time::timeout(Duration::from_secs(20), scan.recv()).await;
    Ok(first.ok().flatten().ok_or(BenchError::Broken("no wearable in reach"))?.id)
}

fn frames(device: &Device) -> (u64, u64) {
    device.snapshot().borrow().posture.map_or((0, 0), |posture| (posture.frames, posture.lost_frames))
}

/// A bare client: connect, discover, subscribe, write, listen; nothing checked, nothing stored.
async fn bare(posture_seconds: u64) -> Result<Measured, BenchError> {
    let manager = Manager::new().await?;
    let adapter = manager.adapters().await?.into_iter().next().ok_or(BenchError::Broken("no adapter"))?;
    adapter.start_scan(ScanFilter { services: vec![Uuid::from_u128(ADVERTISED_SERVICE)] }).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let peripheral = first(&adapter).await?;
    adapter.stop_scan().await?;
    let mut connects = Vec::new();
    for round in 0..3 {
        if round > 0 {
            peripheral.disconnect().await?;
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        let began = Instant::now();
        peripheral.connect().await?;
        peripheral.discover_services().await?;
        for endpoint in [Endpoint::ControlPoint, Endpoint::Status] {
            peripheral.subscribe(&characteristic(&peripheral, endpoint)?).await?;
        }
        connects.push(began.elapsed());
    }
    let mut notifications = peripheral.notifications().await?;
    let control = characteristic(&peripheral, Endpoint::ControlPoint)?;
    let status = characteristic(&peripheral, Endpoint::Status)?;
    let mut frames = Frames::from_status(&peripheral.read(&status).await?)?;
    let mut sets = Vec::new();
    let mut last = Sequence::FIRST;
    for step in Frames::steps() {
        let (sequence, bytes) = frames.encode(step)?;
        last = sequence;
        let began = Instant::now();
        peripheral.write(&control, &bytes, WriteType::WithResponse).await?;
        loop {
            let notification = notifications.next().await.ok_or(BenchError::Broken("the bare link was lost"))?;
            if notification.uuid == status.uuid {
                let told = Status::decode(&notification.value).map_err(lumbra::Error::from)?;
                frames.now(&told);
                if told.last_sequence == Some(sequence) {
                    break;
                }
            }
        }
        if step.is_measured() {
            sets.push(began.elapsed());
        }
        tokio::time::sleep(step.rest()).await;
    }
    let stream = characteristic(&peripheral, Endpoint::PostureStream)?;
    peripheral.subscribe(&stream).await?;
    peripheral.write(&control, &posture(last.next(), Some(RATE_HZ)), WriteType::WithResponse).await?;
    let (mut count, mut expected, mut missing) = (0_u64, 0_u32, 0_u64);
    let mut kept_up = Rate::default();
    let end = tokio::time::Instant::now() + Duration::from_secs(posture_seconds);
    while let Ok(Some(notification)) = tokio::time::timeout_at(end, notifications.next()).await {
        if notification.uuid == stream.uuid {
            let frame = PostureFrame::decode(&notification.value).map_err(lumbra::Error::from)?;
            if frame.number >= expected {
                missing += u64::from(frame.number - expected);
                expected = frame.number + 1;
                count += 1;
                kept_up.see(count);
            }
        }
    }
    let frames_per_s = kept_up.per_second();
    peripheral.write(&control, &posture(last.next().next(), None), WriteType::WithResponse).await?;
    peripheral.disconnect().await?;
    Ok(Measured { connect_ms: median_ms(connects), set_ms: median_ms(sets), frames_per_s, lost_frames: missing })
}

async fn first(adapter: &btleplug::platform::Adapter) -> Result<Peripheral, BenchError> {
    for peripheral in adapter.peripherals().await? {
        let services = peripheral.properties().await?.map(|properties| properties.services).unwrap_or_default();
        if services.contains(&Uuid::from_u128(ADVERTISED_SERVICE)) {
            return Ok(peripheral);
        }
    }
    Err(BenchError::Broken("no wearable in reach"))
}

fn characteristic(peripheral: &Peripheral, endpoint: Endpoint) -> Result<Characteristic, BenchError> {
    let uuid = Uuid::from_u128(endpoint.uuid());
    let found = peripheral.characteristics().into_iter().find(|characteristic| characteristic.uuid == uuid);
    found.ok_or(BenchError::Broken("an endpoint is missing"))
}

/// Frames a second, from the first that was seen to the last.
#[derive(Default)]
struct Rate {
    first: Option<(u64, Instant)>,
    last: Option<(u64, Instant)>,
}

impl Rate {
    fn see(&mut self, count: u64) {
        if count > 0 && self.last.is_none_or(|(last, _)| last != count) {
            let now = (count, Instant::now());
            self.first.get_or_insert(now);
            self.last = Some(now);
        }
    }

    #[allow(clippy::cast_precision_loss)] // Some hundreds.
    fn per_second(&self) -> f64 {
        match (self.first, self.last) {
            (Some((first, from)), Some((last, to))) if last > first => {
                (last - first) as f64 / to.duration_since(from).as_secs_f64()
            }
            _ => 0.0,
        }
    }
}
