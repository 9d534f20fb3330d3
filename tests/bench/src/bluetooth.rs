//! Over Bluetooth: the core beside a bare btleplug client, on the same adapter and the same wearable.
//!
//! The two take turns, because a machine that grows slower during the run would otherwise count against whoever
//! came last: connects alternate, and the core's session stands between two of the bare client's.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use btleplug::api::{Central, Characteristic, Manager as _, Peripheral as _, ScanFilter, WriteType};
use btleplug::platform::{Manager, Peripheral};
use clap::ValueEnum as _;
use futures::{Stream, StreamExt};
use lumbra::link::{BtleRadio, PeripheralId};
use lumbra::store::FileKeyStore;
use lumbra::{Companion, Config, Device, SystemClock};
use lumbra_protocol::{ADVERTISED_SERVICE, Endpoint, PostureFrame, Sequence, Status};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::bare::{Frames, posture};
use crate::command::Label;
use crate::report::{Case, Goal, Report, median_ms};
use crate::{BenchError, session};

const BENCH: &str = "bluetooth";
/// Samples a second that are asked for.
const RATE_HZ: u8 = lumbra::POSTURE_RATE_HZ;
/// Connects of each client.
const CONNECTS: u32 = 9;
/// Between a disconnect and the next connect: the wearable advertises again.
const REST: Duration = Duration::from_secs(2);

/// What a session has shown.
#[derive(Deserialize, Serialize)]
struct Measured {
    sets: Vec<Duration>,
    frames_per_s: f64,
    lost_frames: u64,
}

/// What is measured in a process of its own. bluetoothd sends every notification once more for each client that has ever
/// asked for it, and each of them hears all: two in one process would hold each other up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Connects of both clients in turn; pairs first, if there is no bond.
    Connects,
    /// A session of the bare client.
    Bare,
    /// A session of the core.
    Core,
}

#[derive(Deserialize, Serialize)]
struct Connects {
    core: Vec<Duration>,
    bare: Vec<Duration>,
}

pub(crate) fn run(report: &mut Report, passkey: u32, posture_seconds: u64) -> Result<(), BenchError> {
    let connects: Connects = in_own_process(Part::Connects, passkey, posture_seconds)?;
    let before: Measured = in_own_process(Part::Bare, passkey, posture_seconds)?;
    let core: Measured = in_own_process(Part::Core, passkey, posture_seconds)?;
    let after: Measured = in_own_process(Part::Bare, passkey, posture_seconds)?;

    let case = |name, unit, value, baseline_value, goal| Case {
        bench: BENCH,
        name,
        unit,
        value,
        baseline: "bare btleplug",
        baseline_value: Some(baseline_value),
        goal,
    };
    let bare_set_ms = median_ms(before.sets.into_iter().chain(after.sets).collect());
    report.case(&case("set_intensity_to_confirmed", "ms", median_ms(core.sets), bare_set_ms, Goal::AtMost(1.1)));
    let bare_frames_per_s = f64::midpoint(before.frames_per_s, after.frames_per_s);
    report.case(&case("posture_frames", "1/s", core.frames_per_s, bare_frames_per_s, Goal::AtLeast(0.95)));
    let (core_ms, bare_ms) = (median_ms(connects.core), median_ms(connects.bare));
    report.case(&case("connect_to_controllable", "ms", core_ms, bare_ms, Goal::AtMost(1.3)));
    #[allow(clippy::cast_precision_loss)] // Some hundreds.
    let (lost, bare_lost) = (core.lost_frames as f64, (before.lost_frames + after.lost_frames) as f64 / 2.0);
    report.case(&case("posture_frames_lost_and_noticed", "frames", lost, bare_lost, Goal::None));
    Ok(())
}

fn in_own_process<T: DeserializeOwned>(part: Part, passkey: u32, posture_seconds: u64) -> Result<T, BenchError> {
    let name = part.to_possible_value().ok_or(BenchError::Broken("a part without a name"))?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bluetooth", "--passkey", &passkey.to_string(), "--posture-seconds", &posture_seconds.to_string()]);
    let output = command.args(["--part", name.get_name()]).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(BenchError::Broken("a part broke off"));
    }
    serde_json::from_slice(&output.stdout).map_err(|_| BenchError::Broken("a part told nothing"))
}

/// Measures one part and prints it: in a task, as the runtime carries out what a shell asks for. The thread that waits here
/// would have to be woken for every answer.
pub(crate) async fn part(part: Part, passkey: u32, posture_seconds: u64) -> Result<(), BenchError> {
    let measuring = tokio::spawn(async move {
        Ok::<_, BenchError>(match part {
            Part::Connects => json!(connects(passkey).await?),
            Part::Bare => json!(bare(&known().await?, posture_seconds).await?),
            Part::Core => json!(core(passkey, posture_seconds).await?),
        })
    });
    println!("{}", measuring.await.map_err(|_| BenchError::Broken("a part broke off"))??);
    Ok(())
}

/// A core on a store of its own, that knows the wearable. The bond is the system's; pairs if there is none yet. The link is
/// cut again, so that what is measured is a reconnect.
async fn paired(passkey: u32) -> Result<(Companion, tempfile::TempDir), BenchError> {
    let dir = tempfile::tempdir()?;
    let companion = Companion::open(Config {
        dir: dir.path().to_owned(),
        keys: Box::new(FileKeyStore::new(dir.path().join("lumbra.key"))),
        radio: Arc::new(BtleRadio::new()),
        clock: Arc::new(SystemClock),
    })
    .await?;
    let id = found(&companion).await?;
    companion.pair(&id, None, Arc::new(Label(passkey))).await?.close().await;
    Ok((companion, dir))
}

async fn connects(passkey: u32) -> Result<Connects, BenchError> {
    let (companion, _dir) = paired(passkey).await?;
    let peripheral = known().await?;
    let (mut core, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..CONNECTS {
        tokio::time::sleep(REST).await;
        let began = Instant::now();
        let device = companion.device(None).await?;
        device.connected(Duration::from_secs(30)).await?;
        core.push(began.elapsed());
        device.close().await;
        tokio::time::sleep(REST).await;
        let began = Instant::now();
        connect(&peripheral).await?;
        bare.push(began.elapsed());
        peripheral.disconnect().await?;
    }
    companion.close().await;
    Ok(Connects { core, bare })
}

/// A session of the core.
async fn core(passkey: u32, posture_seconds: u64) -> Result<Measured, BenchError> {
    let (companion, _dir) = paired(passkey).await?;
    tokio::time::sleep(REST).await;
    let device = companion.device(None).await?;
    device.connected(Duration::from_secs(30)).await?;
    session::start(&companion, &device).await?;
    let sets = session::set_intensities(&device).await?;
    session::stop(&device).await?;
    device.start_posture().await?;
    let mut kept_up = Rate::default();
    let mut snapshots = device.snapshot();
    let end = tokio::time::Instant::now() + Duration::from_secs(posture_seconds);
    while let Ok(Ok(())) = tokio::time::timeout_at(end, snapshots.changed()).await {
        kept_up.see(frames(&device).0);
    }
    let lost_frames = frames(&device).1;
    device.stop_posture().await?;
    device.close().await;
    companion.close().await;
    Ok(Measured { sets, frames_per_s: kept_up.per_second(), lost_frames })
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
async fn bare(peripheral: &Peripheral, posture_seconds: u64) -> Result<Measured, BenchError> {
    tokio::time::sleep(REST).await;
    connect(peripheral).await?;
    let mut notifications = peripheral.notifications().await?;
    let control = characteristic(peripheral, Endpoint::ControlPoint)?;
    let status = characteristic(peripheral, Endpoint::Status)?;
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
    let stream = characteristic(peripheral, Endpoint::PostureStream)?;
    peripheral.subscribe(&stream).await?;
    peripheral.write(&control, &posture(last.next(), Some(RATE_HZ)), WriteType::WithResponse).await?;
    let (frames_per_s, lost_frames) = posture_frames(&mut notifications, stream.uuid, posture_seconds).await?;
    peripheral.write(&control, &posture(last.next().next(), None), WriteType::WithResponse).await?;
    peripheral.disconnect().await?;
    Ok(Measured { sets, frames_per_s, lost_frames })
}

/// Frames a second, and how many were missing.
async fn posture_frames(
    notifications: &mut (impl Stream<Item = btleplug::api::ValueNotification> + Unpin),
    stream: Uuid,
    seconds: u64,
) -> Result<(f64, u64), BenchError> {
    let (mut count, mut expected, mut missing) = (0_u64, None, 0_u64);
    let mut kept_up = Rate::default();
    let end = tokio::time::Instant::now() + Duration::from_secs(seconds);
    while let Ok(Some(notification)) = tokio::time::timeout_at(end, notifications.next()).await {
        if notification.uuid == stream {
            let frame = PostureFrame::decode(&notification.value).map_err(lumbra::Error::from)?;
            if expected.is_none_or(|expected| frame.number >= expected) {
                missing += u64::from(frame.number - expected.unwrap_or(frame.number));
                expected = Some(frame.number + 1);
                count += 1;
                kept_up.see(count);
            }
        }
    }
    Ok((kept_up.per_second(), missing))
}

/// As far as the core's "controllable": connected, its attributes known, subscribed to answers and status.
async fn connect(peripheral: &Peripheral) -> Result<(), BenchError> {
    peripheral.connect().await?;
    peripheral.discover_services().await?;
    for endpoint in [Endpoint::ControlPoint, Endpoint::Status] {
        peripheral.subscribe(&characteristic(peripheral, endpoint)?).await?;
    }
    Ok(())
}

/// The wearable that the core has paired, as the bare client's adapter knows it.
async fn known() -> Result<Peripheral, BenchError> {
    let adapter = Manager::new().await?.adapters().await?.into_iter().next().ok_or(BenchError::Broken("no adapter"))?;
    adapter.start_scan(ScanFilter { services: vec![Uuid::from_u128(ADVERTISED_SERVICE)] }).await?;
    tokio::time::sleep(REST).await;
    adapter.stop_scan().await?;
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
