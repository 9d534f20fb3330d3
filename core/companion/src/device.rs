//! One wearable in a shell's hand.

use std::time::Duration;

use lumbra_domain::posture::{
    CALIBRATION_MS, Calibrated, Neutral, PostureSample, Reference, Turn, calibrate, find_turn,
};
use lumbra_domain::therapy::DeviceOrder;
use lumbra_domain::units::{Degrees, Milliamps, Percent, Seconds};
use tokio::sync::{oneshot, watch};

use crate::companion::{Companion, DeviceInfo};
use crate::engine::{Answer, Ask, CommandResult, OutcomeName, StartRequest, Ways};
use crate::error::Error;
use crate::event::Events;
use crate::posture::{reference_of, stored_calibration, stored_turn};
use crate::snapshot::{LinkState, Snapshot};

/// Posture samples a second that the core asks for.
pub const POSTURE_RATE_HZ: u8 = 25;
/// How long a calibration waits for its samples.
const CALIBRATION_PATIENCE: Duration = Duration::from_secs(20);

/// One wearable. Every method may be dropped at any await: a command that was taken is carried through, and
/// the snapshot and the audit tell what became of it.
#[derive(Clone)]
pub struct Device {
    companion: Companion,
    info: DeviceInfo,
    ways: Ways,
}

impl Device {
    pub(crate) const fn new(companion: Companion, info: DeviceInfo, ways: Ways) -> Self {
        Self { companion, info, ways }
    }

    /// Which wearable.
    pub const fn info(&self) -> &DeviceInfo {
        &self.info
    }

    /// The core that it belongs to.
    pub const fn companion(&self) -> &Companion {
        &self.companion
    }

    /// How it is: the newest snapshot, and every change after it.
    pub fn snapshot(&self) -> watch::Receiver<Snapshot> {
        self.ways.snapshot.clone()
    }

    /// What happens from now on, until the wearable's engine ends.
    pub fn events(&self) -> Events {
        Events::new(self.ways.events.upgrade().map(|events| events.subscribe()))
    }

    /// Waits until there is a link on which the wearable's state is known. When there is none in time, the error is why the
    /// last attempt failed; when that is something that waiting does not heal, such as a lost bond or Bluetooth that is off,
    /// it is told at the second attempt.
    pub async fn connected(&self, within: Duration) -> Result<Snapshot, Error> {
        let mut snapshots = self.snapshot();
        let known = snapshots.wait_for(|snapshot| snapshot.link == LinkState::Connected && snapshot.certain);
        let known = async {
            tokio::select! {
                known = known => known.map(|snapshot| snapshot.clone()).map_err(|_| Error::Closed),
                error = self.ways.problem.lasting() => Err(error),
            }
        };
        match tokio::time::timeout(within, known).await {
            Ok(result) => result,
            Err(_) => Err(self.ways.problem.take().unwrap_or_else(|| lumbra_domain::therapy::NotNow::NoLink.into())),
        }
    }

    /// Starts a session, at zero. Screening, dose, battery and every limit are checked first.
    pub async fn start(&self, request: StartRequest) -> Result<CommandResult, Error> {
        self.ask(|answer| Ask::Start(Box::new(request), answer)).await
    }

    /// Sets the absolute intensity of every channel.
    pub async fn set_intensity(&self, targets: Vec<Milliamps>) -> Result<CommandResult, Error> {
        self.ask(|answer| Ask::SetIntensity(targets, answer)).await
    }

    /// Ramps to zero and waits.
    pub async fn pause(&self) -> Result<CommandResult, Error> {
        self.ask(Ask::Pause).await
    }

    /// Goes on with a paused session, from zero.
    pub async fn resume(&self) -> Result<CommandResult, Error> {
        self.ask(Ask::Resume).await
    }

    /// Ramps to zero and ends the session. Overtakes everything else, and is repeated until the wearable has
    /// taken it; "unknown" means that it has not been confirmed yet.
    pub async fn stop(&self) -> Result<CommandResult, Error> {
        let (answer, result) = oneshot::channel();
        self.ways.stops.send(answer).map_err(|_| Error::Closed)?;
        result.await.map_err(|_| Error::Closed)?
    }

    /// Clears faults whose cause is gone.
    pub async fn clear_faults(&self) -> Result<CommandResult, Error> {
        self.ask(Ask::ClearFaults).await
    }

    /// Lets the wearable blink and vibrate, to tell which one it is.
    pub async fn identify(&self) -> Result<CommandResult, Error> {
        self.order(DeviceOrder::Identify).await
    }

    /// Starts the posture stream; it is started anew after a lost link.
    pub async fn start_posture(&self) -> Result<CommandResult, Error> {
        self.order(DeviceOrder::StartPosture { rate_hz: POSTURE_RATE_HZ }).await
    }

    /// Ends the posture stream.
    pub async fn stop_posture(&self) -> Result<CommandResult, Error> {
        self.order(DeviceOrder::StopPosture).await
    }

    /// When and how the wearable nudges. The threshold is 5 to 60 degrees, the delay 1 to 600 s. Where the person has chosen
    /// settings of posture ([`Companion::set_posture_settings`]), these say so instead as soon as they change what it is to do.
    pub async fn set_nudge(
        &self,
        enabled: bool,
        threshold: Degrees,
        delay: Seconds,
        strength: Percent,
    ) -> Result<CommandResult, Error> {
        if !(50..=600).contains(&threshold.tenths()) || !(1..=600).contains(&delay.get()) {
            return Err(Error::Invalid("a nudge needs 5 to 60 degrees and 1 to 600 s".to_owned()));
        }
        self.order(DeviceOrder::SetNudge { enabled, threshold, delay, strength, lasting: None }).await
    }

    /// Learns what upright is for this person, who must sit or stand upright and keep still for five
    /// seconds. Starts the posture stream if it isn't running. Where the sensor's face points is taken to be as before.
    pub async fn calibrate(&self) -> Result<Calibrated, Error> {
        let (samples, interval_ms) = self.posture_samples().await?;
        let turn = self.known().await?.map_or(Turn::Ahead, |reference| reference.mounting.turn);
        let found = calibrate(&samples, interval_ms, turn).map_err(|error| Error::Calibration(error.to_string()))?;
        let Neutral { pitch, roll } = found.reference.neutral;
        confirmed(self.order(DeviceOrder::SetNeutral { pitch, roll }).await?)?;
        let at_ms = self.companion.clock().unix_ms();
        let stored = stored_calibration(self.info.device_id.clone(), at_ms, &found);
        self.companion.store().call(move |store| store.save_calibration(&stored)).await?;
        self.ways.asks.send(Ask::Reference(found.reference)).await.map_err(|_| Error::Closed)?;
        Ok(found)
    }

    /// Learns where the sensor's face points, which an upright person doesn't tell: they must hold a bow of some 30 degrees
    /// for five seconds. Upright must have been learned before.
    pub async fn learn_turn(&self) -> Result<Turn, Error> {
        let calibrated = self.calibration().await?.ok_or_else(|| {
            Error::Calibration("upright isn't known yet: calibrate upright first, then bow".to_owned())
        })?;
        let neutral = reference_of(&calibrated).neutral;
        let (samples, interval_ms) = self.posture_samples().await?;
        let turn = find_turn(neutral, &samples, interval_ms).map_err(|error| Error::Calibration(error.to_string()))?;
        let at_ms = self.companion.clock().unix_ms();
        let stored = lumbra_store::Calibration { at_ms, turn: stored_turn(turn), ..calibrated };
        self.companion.store().call(move |store| store.save_calibration(&stored)).await?;
        self.ways.asks.send(Ask::Reference(Reference::new(neutral, turn))).await.map_err(|_| Error::Closed)?;
        Ok(turn)
    }

    /// Five seconds of posture from now on, and the time between samples in milliseconds.
    async fn posture_samples(&self) -> Result<(Vec<PostureSample>, u32), Error> {
        let streams = self.ways.snapshot.borrow().posture.is_some();
        if !streams {
            confirmed(self.start_posture().await?)?;
        }
        let count = CALIBRATION_MS.div_ceil(1_000 / u32::from(POSTURE_RATE_HZ));
        let (reply, collected) = oneshot::channel();
        let count = usize::try_from(count).map_err(|_| Error::Internal("calibration"))?;
        self.ways.asks.send(Ask::Collect(count, reply)).await.map_err(|_| Error::Closed)?;
        tokio::time::timeout(CALIBRATION_PATIENCE, collected)
            .await
            .map_err(|_| {
                Error::Calibration("no posture came from the wearable: check the link, and try again".to_owned())
            })?
            .map_err(|_| Error::Closed)
    }

    async fn calibration(&self) -> Result<Option<lumbra_store::Calibration>, Error> {
        let device_id = self.info.device_id.clone();
        Ok(self.companion.store().call(move |store| store.latest_calibration(&device_id)).await?)
    }

    async fn known(&self) -> Result<Option<Reference>, Error> {
        Ok(self.calibration().await?.as_ref().map(reference_of))
    }

    /// Fetches what the wearable has stored; gives how many records came. They are safe here before they
    /// are deleted there. Dropped in the middle, it ends the transfer, unless someone else waits for it.
    pub async fn fetch_records(&self) -> Result<u32, Error> {
        self.ways.fetch_records().await
    }

    /// Cuts the link and ends this wearable's engine. A session that runs is left to the wearable, which
    /// pauses it after its grace time.
    pub async fn close(self) {
        self.companion.close_engine(&self.info.device_id).await;
    }

    async fn order(&self, order: DeviceOrder) -> Result<CommandResult, Error> {
        self.ask(|answer| Ask::Device(order, answer)).await
    }

    async fn ask(&self, ask: impl FnOnce(Answer) -> Ask) -> Result<CommandResult, Error> {
        let (answer, result) = oneshot::channel();
        self.ways.asks.send(ask(answer)).await.map_err(|_| Error::Closed)?;
        result.await.map_err(|_| Error::Closed)?
    }
}

fn confirmed(result: CommandResult) -> Result<(), Error> {
    match (result.outcome, result.reason) {
        (OutcomeName::Confirmed, _) => Ok(()),
        (_, Some(reason)) => Err(Error::Calibration(reason)),
        (_, None) => Err(lumbra_domain::therapy::NotNow::Unsettled.into()),
    }
}
