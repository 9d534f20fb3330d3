//! A session in which intensities can be set over and over: raised, then measured while it is only lowered, because a rise
//! has its rate and a fall has none; and that some times.

use std::time::{Duration, Instant};

use lumbra::domain::safety::PadCheck;
use lumbra::domain::screening::Answers;
use lumbra::domain::units::{Milliamps, Seconds};
use lumbra::{Companion, Device, OutcomeName, PhaseName, StartRequest, built_in};

use crate::BenchError;

/// How often the session is raised and lowered. A tap's time is a matter of chance on a link that speaks once in an
/// interval, so that a median of few says little.
pub(crate) const ROUNDS: u16 = 3;
/// How many intensities are set in a round.
pub(crate) const SETS: u16 = 30;
/// Where they start from, in 0.1 mA: each is one step of 0.5 mA lower.
const FROM_DMA: u16 = 200;
const RISE_DMA: u16 = 50;
/// How much one intensity is lower than the one before.
const FALL_DMA: u16 = 5;
/// A guard against a hang.
const IDLE_WITHIN: Duration = Duration::from_secs(30);

/// Starts a session.
pub(crate) async fn start(companion: &Companion, device: &Device) -> Result<(), BenchError> {
    companion.answer_screening(Answers::all_no().answers, false).await?;
    let request = StartRequest {
        course: built_in("conventional")?.into(),
        duration: Seconds::new(1_200),
        grace: None,
        pads: Vec::new(),
        pad_check: PadCheck { skin_intact: true, pad_uses: 0 },
        pain_before: None,
    };
    confirmed(device.start(request).await?.outcome)
}

/// The rises of a round: to the last one from zero, or from the end of the round before.
pub(crate) fn rises() -> impl Iterator<Item = u16> {
    (RISE_DMA..=FROM_DMA).step_by(usize::from(RISE_DMA))
}

/// Sets intensities and gives how long each took to its confirmation.
pub(crate) async fn set_intensities(device: &Device) -> Result<Vec<Duration>, BenchError> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        for target in rises() {
            confirmed(device.set_intensity(both(target)).await?.outcome)?;
            tokio::time::sleep(Duration::from_millis(1_200)).await;
        }
        for set in 1..=SETS {
            let began = Instant::now();
            confirmed(device.set_intensity(both(lowered(set))).await?.outcome)?;
            times.push(began.elapsed());
            tokio::time::sleep(rest_after(set)).await;
        }
    }
    Ok(times)
}

/// The intensity of this set, the first being 1.
pub(crate) const fn lowered(set: u16) -> u16 {
    FROM_DMA - set * FALL_DMA
}

/// How long to wait after this set. A link speaks once in a connection interval, and a confirmation arrives with it: with
/// one rest for all, every tap would fall on the same moment of the interval, and a client that needs a moment longer
/// would miss the next event always or never. People tap at any moment: over all sets, the taps cover 30 ms evenly.
pub(crate) fn rest_after(set: u16) -> Duration {
    const { assert!(SETS == 30, "one set for each of 30 ms") }
    Duration::from_millis(120 + u64::from(set * 7 % 30))
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
