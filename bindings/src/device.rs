//! One wearable in a shell's hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lumbra::Handover;
use lumbra::domain::units::{Degrees, Percent, Seconds};

use crate::cancel::{CancelHandle, unless_cancelled};
use crate::diary::DeviceInfo;
use crate::error::LumbraError;
use crate::live::Live;
use crate::lumbra::Core;
use crate::observe::{self, EventObserver, SnapshotObserver, Subscription};
use crate::runtime::Clockwork;
use crate::session::{CommandResult, SessionRequest, intensities};
use crate::snapshot::{Neutral, Snapshot};

/// One wearable: takes commands, and tells how it is. A command that was taken is carried through whatever becomes of the
/// call; the snapshot tells what came of it.
#[derive(uniffi::Object)]
pub struct Device {
    core: Arc<Core>,
    wearable: lumbra::Device,
    clockwork: Clockwork,
    /// Until the shell uses the handle: one that comes just as its call is cancelled is never used, and leaves no link.
    handover: Mutex<Option<Handover>>,
    _live: Live,
}

#[uniffi::export]
impl Device {
    /// Which wearable.
    pub fn info(&self) -> DeviceInfo {
        self.used().info().clone().into()
    }

    /// How it is now.
    pub fn snapshot(&self) -> Snapshot {
        self.used().snapshot().borrow().clone().into()
    }

    /// How it is, now and from now on.
    pub fn observe(&self, observer: Arc<dyn SnapshotObserver>) -> Result<Arc<Subscription>, LumbraError> {
        self.core.open()?;
        observe::snapshots(&self.clockwork, self.used().snapshot(), observer)
    }

    /// What happens from now on.
    pub fn observe_events(&self, observer: Arc<dyn EventObserver>) -> Result<Arc<Subscription>, LumbraError> {
        self.core.open()?;
        observe::events(&self.clockwork, self.used().events(), observer)
    }

    /// Waits until there is a link on which the wearable's state is known. When there is none in time, the error is why
    /// the last attempt failed; when that is something that waiting does not heal, such as a lost bond or Bluetooth that is
    /// off, it is told at the second attempt.
    #[uniffi::method(default(within_ms = 45000, cancel = None))]
    pub async fn connected(&self, within_ms: u64, cancel: Option<Arc<CancelHandle>>) -> Result<Snapshot, LumbraError> {
        let within = Duration::from_millis(within_ms);
        self.run_until(cancel, |device| async move { device.connected(within).await }).await.map(Into::into)
    }

    /// Starts a session, at zero. Screening, dose, battery and every limit are checked first.
    pub async fn start(&self, request: SessionRequest) -> Result<CommandResult, LumbraError> {
        let request = request.try_into()?;
        self.run(|device| async move { device.start(request).await }).await.map(Into::into)
    }

    /// Sets the absolute intensity of every channel, in mA.
    pub async fn set_intensity(&self, targets_ma: Vec<f64>) -> Result<CommandResult, LumbraError> {
        let targets = intensities(&targets_ma)?;
        self.run(|device| async move { device.set_intensity(targets).await }).await.map(Into::into)
    }

    /// Ramps to zero and waits.
    pub async fn pause(&self) -> Result<CommandResult, LumbraError> {
        self.run(|device| async move { device.pause().await }).await.map(Into::into)
    }

    /// Goes on with a paused session, from zero.
    pub async fn resume(&self) -> Result<CommandResult, LumbraError> {
        self.run(|device| async move { device.resume().await }).await.map(Into::into)
    }

    /// Ramps to zero and ends the session. Overtakes everything else, and is repeated until the wearable has taken it,
    /// even when this call is cancelled; "unknown" means that it has not been confirmed yet.
    pub async fn stop(&self) -> Result<CommandResult, LumbraError> {
        self.run(|device| async move { device.stop().await }).await.map(Into::into)
    }

    /// Clears faults whose cause is gone.
    pub async fn clear_faults(&self) -> Result<CommandResult, LumbraError> {
        self.run(|device| async move { device.clear_faults().await }).await.map(Into::into)
    }

    /// Lets the wearable blink and vibrate, to tell which one it is.
    pub async fn identify(&self) -> Result<CommandResult, LumbraError> {
        self.run(|device| async move { device.identify().await }).await.map(Into::into)
    }

    /// Starts the posture stream; it is started anew after a lost link.
    pub async fn start_posture(&self) -> Result<CommandResult, LumbraError> {
        self.run(|device| async move { device.start_posture().await }).await.map(Into::into)
    }

    /// Ends the posture stream.
    pub async fn stop_posture(&self) -> Result<CommandResult, LumbraError> {
        self.run(|device| async move { device.stop_posture().await }).await.map(Into::into)
    }

    /// When and how the wearable nudges: from 5 to 60 degrees off upright, held for 1 to 600 s, with this strength in
    /// percent.
    pub async fn set_nudge(
        &self,
        enabled: bool,
        threshold_deg: f64,
        delay_s: u32,
        strength_percent: u8,
    ) -> Result<CommandResult, LumbraError> {
        let threshold = Degrees::from_f64(threshold_deg).map_err(LumbraError::invalid)?;
        let strength = Percent::new(strength_percent).map_err(LumbraError::invalid)?;
        let delay = Seconds::new(delay_s);
        self.run(|device| async move { device.set_nudge(enabled, threshold, delay, strength).await })
            .await
            .map(Into::into)
    }

    /// Learns what upright is for this person, who must sit or stand upright and keep still for five seconds.
    #[uniffi::method(default(cancel = None))]
    pub async fn calibrate(&self, cancel: Option<Arc<CancelHandle>>) -> Result<Neutral, LumbraError> {
        let calibrated = self.run_until(cancel, |device| async move { device.calibrate().await }).await?;
        Ok(calibrated.reference.neutral.into())
    }

    /// Fetches what the wearable has stored; gives how many records came. They are safe here before they are deleted
    /// there. Cancelled, it ends the transfer.
    #[uniffi::method(default(cancel = None))]
    pub async fn fetch_records(&self, cancel: Option<Arc<CancelHandle>>) -> Result<u32, LumbraError> {
        self.run_until(cancel, |device| async move { device.fetch_records().await }).await
    }

    /// Cuts the link and ends this wearable's engine; the core no longer looks for it. A session that runs is left to the
    /// wearable, which pauses it after its grace time.
    pub async fn disconnect(&self) -> Result<(), LumbraError> {
        self.core.open()?;
        let device = self.used().clone();
        self.clockwork.run_to_end(async move { device.close().await }).await
    }
}

impl Device {
    pub(crate) fn new(core: Arc<Core>, device: lumbra::Device, clockwork: Clockwork) -> Arc<Self> {
        Arc::new(Self { core, wearable: device, clockwork, handover: Mutex::default(), _live: Live::new() })
    }

    pub(crate) fn handed_over(core: Arc<Core>, handover: Handover, clockwork: Clockwork) -> Arc<Self> {
        let wearable = handover.device().clone();
        Arc::new(Self { core, wearable, clockwork, handover: Mutex::new(Some(handover)), _live: Live::new() })
    }

    /// The wearable, which somebody uses: it stays connected from now on.
    fn used(&self) -> &lumbra::Device {
        if let Some(handover) = self.handover.lock().unwrap_or_else(PoisonError::into_inner).take() {
            handover.take();
        }
        &self.wearable
    }

    pub(crate) async fn run<T, F>(&self, work: impl FnOnce(lumbra::Device) -> F) -> Result<T, LumbraError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, lumbra::Error>> + Send + 'static,
    {
        self.run_until(None, work).await
    }

    async fn run_until<T, F>(
        &self,
        cancel: Option<Arc<CancelHandle>>,
        work: impl FnOnce(lumbra::Device) -> F,
    ) -> Result<T, LumbraError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, lumbra::Error>> + Send + 'static,
    {
        self.core.open()?;
        self.clockwork.run(unless_cancelled(cancel, work(self.used().clone()))).await
    }
}
