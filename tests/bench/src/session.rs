//! A session in which intensities can be set over and over: raised once, then only lowered, because a rise has
//! its rate and a fall has none.

use std::time::{Duration, Instant};

use lumbra::domain::safety::PadCheck;
use lumbra::domain::screening::Answers;
use lumbra::domain::units::{Milliamps, Seconds};
use lumbra::{Companion, Device, OutcomeName, PhaseName, StartRequest, built_in};

use crate::BenchError;

/// How many intensities are set.
pub(crate) const SETS: u16 = 30;
/// Where they start from, in 0.1 mA: each is one step of 0.5 mA lower.
pub(crate) const FROM_DMA: u16 = 200;
const RISE_DMA: u16 = 50;
/// A guard against a hang.
const IDLE_WITHIN: Duration = Duration::from_secs(30);

/// Starts a session and raises it.
pub(crate) async fn start(companion: &Companion, device: &Device) -> Result<(), BenchError> {
    companion.answer_screening(Answers::all_no().answers, false).await?;
    let request = StartRequest {
        programme: built_in("conventional")?,
        duration: Seconds::new(1_200),
        grace: None,
        pads: Vec::new(),
        pad_check: PadCheck { skin_intact: true, pad_uses: 0 },
        pain_before: None,
    };
    confirmed(device.start(request).await?.outcome)?;
    for target in (RISE_DMA..=FROM_DMA).step_by(usize::from(RISE_DMA)) {
        confirmed(device.set_intensity(both(target)).await?.outcome)?;
        tokio::time::sleep(Duration::from_millis(1_200)).await;
    }
    Ok(())
}

/// Sets intensities and gives how long each took to its confirmation.
pub(crate) async fn lower(device: &Device) -> Result<Vec<Duration>, BenchError> {
    let mut times = Vec::new();
    for set in 1..=SETS {
        let began = Instant::now();
        confirmed(device.set_intensity(both(FROM_DMA - set * 5)).await?.outcome)?;
        times.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(120)).await;
    }
    Ok(times)
}

/// Stops it, and waits until the wearable is idle: nothing else is begun before.
pub(crate) async fn stop(device: &Device) -> Result<(), BenchError> {
    confirmed(device.stop().await?.outcome)?;
    let mut snapshots = device.snapshot();
    let idle = snapshots.wait_for(|snapshot| snapshot.phase == PhaseName::Idle);
    match tokio::time::timeout(IDLE_WITHIN, idle).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err(BenchError::Broken("the wearable did not become idle")),
    }
}

fn both(dma: u16) -> Vec<Milliamps> {
    vec![Milliamps::from_tenths(dma); 2]
}

fn confirmed(outcome: OutcomeName) -> Result<(), BenchError> {
    if outcome == OutcomeName::Confirmed { Ok(()) } else { Err(BenchError::Broken("a command was not confirmed")) }
}
