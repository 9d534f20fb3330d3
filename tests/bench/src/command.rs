//! Over the in-process link: the core's own share of a command's time, and a session's memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lumbra::link::{InProcessRadio, LinkEvent, PairingPrompt, PeripheralId, Radio};
use lumbra::store::FileKeyStore;
use lumbra::{Companion, Config, SystemClock};
use lumbra_protocol::{Endpoint, Status};
use lumbra_wearable::serve;

use crate::bare::Frames;
use crate::report::{Case, Goal, Report, median_ms, peak_memory_mib};
use crate::{BenchError, session};

pub(crate) struct Label(pub(crate) u32);

#[async_trait]
impl PairingPrompt for Label {
    async fn passkey(&self, _name: Option<&str>) -> Option<u32> {
        Some(self.0)
    }
}

pub(crate) async fn run(report: &mut Report) -> Result<(), BenchError> {
    let bare = bare().await?;
    let config = lumbra_wearable::Config::default();
    let passkey = config.passkey;
    let (peripheral, _wearable) = serve::spawn(lumbra_wearable::Device::new(config), 1);
    let id = PeripheralId::new("virtual");
    let dir = tempfile::tempdir()?;
    let companion = Companion::open(Config {
        dir: dir.path().to_owned(),
        keys: Box::new(FileKeyStore::new(dir.path().join("lumbra.key"))),
        radio: Arc::new(InProcessRadio::new(vec![(id.clone(), peripheral)])),
        clock: Arc::new(SystemClock),
    })
    .await?;
    let device = companion.pair(&id, None, Arc::new(Label(passkey))).await?;
    device.connected(Duration::from_secs(5)).await?;
    session::start(&companion, &device).await?;
    let times = session::set_intensities(&device).await?;
    session::stop(&device).await?;
    device.close().await;
    companion.close().await;
    report.case(&Case {
        bench: "command",
        name: "set_intensity_to_confirmed",
        unit: "ms",
        value: median_ms(times),
        baseline: "bare write and status notification on the same link",
        baseline_value: Some(median_ms(bare)),
        goal: Goal::AtMost(1.1),
    });
    if let Some(peak) = peak_memory_mib() {
        report.case(&Case {
            bench: "command",
            name: "peak_memory_of_a_session",
            unit: "MiB",
            value: peak,
            baseline: "",
            baseline_value: None,
            goal: Goal::None,
        });
    }
    Ok(())
}

/// The same on the bare link: write, then wait for the status that names the command.
async fn bare() -> Result<Vec<Duration>, BenchError> {
    let config = lumbra_wearable::Config::default();
    let passkey = config.passkey;
    let (peripheral, _wearable) = serve::spawn(lumbra_wearable::Device::new(config), 1);
    let id = PeripheralId::new("virtual");
    let radio = InProcessRadio::new(vec![(id.clone(), peripheral)]);
    let link = radio.connect(&id, Some(Arc::new(Label(passkey)))).await.map_err(lumbra::Error::from)?;
    let mut events = link.take_events().ok_or(BenchError::Broken("no events"))?;
    let status = link.read(Endpoint::Status).await.map_err(lumbra::Error::from)?;
    let mut frames = Frames::from_status(&status)?;
    for endpoint in [Endpoint::ControlPoint, Endpoint::Status] {
        link.subscribe(endpoint).await.map_err(lumbra::Error::from)?;
    }
    let mut times = Vec::new();
    for step in Frames::steps() {
        let (sequence, bytes) = frames.encode(step)?;
        let began = Instant::now();
        link.write(Endpoint::ControlPoint, &bytes).await.map_err(lumbra::Error::from)?;
        loop {
            match events.recv().await {
                Some(LinkEvent::Value { endpoint: Endpoint::Status, bytes }) => {
                    let status = Status::decode(&bytes).map_err(lumbra::Error::from)?;
                    frames.now(&status);
                    if status.last_sequence == Some(sequence) {
                        break;
                    }
                }
                Some(LinkEvent::Value { .. }) => {}
                Some(LinkEvent::Disconnected) | None => return Err(BenchError::Broken("the bare link was lost")),
            }
        }
        if step.is_measured() {
            times.push(began.elapsed());
        }
        tokio::time::sleep(step.rest()).await;
    }
    link.disconnect().await;
    Ok(times)
}
