//! One task that drives a device in the runtime's time, virtual or real.

use std::sync::{Arc, Mutex, PoisonError};

use lumbra_link::air::{ToCentral, ToPeripheral};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Duration, Instant, sleep_until};

use crate::air_faults::{FaultPlan, FaultyAir};
use crate::device::Device;

type Work = Box<dyn FnOnce(&mut Device, &mut FaultyAir) + Send>;

/// A hand on a wearable that is being served: whatever a person, or fate, does to it.
#[derive(Clone, Debug)]
pub struct WearableHandle {
    work: mpsc::UnboundedSender<Work>,
    heard: Heard,
}

/// When the last message of a central arrived.
#[derive(Clone, Debug, Default)]
struct Heard(Arc<Mutex<Option<Instant>>>);

impl Heard {
    fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

impl WearableHandle {
    /// Does something to the device, now, and gives what came of it; `None` when it is not served any more.
    pub async fn with<T: Send + 'static>(&self, work: impl FnOnce(&mut Device) -> T + Send + 'static) -> Option<T> {
        let (reply, result) = oneshot::channel();
        let work: Work = Box::new(move |device, _| {
            // Nobody waits any more when the caller has gone.
            let _ = reply.send(work(device));
        });
        self.work.send(work).ok()?;
        result.await.ok()
    }

    /// How long ago the last message of a central arrived, whatever the air does to it then; `None` before the first.
    pub fn since_heard(&self) -> Option<Duration> {
        self.heard.0.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }

    /// Makes the air as bad as this from now on.
    pub fn set_faults(&self, plan: FaultPlan) {
        // A wearable that is not served any more has no air.
        let _ = self.work.send(Box::new(move |_, air| air.set_plan(plan)));
    }
}

/// The task's inside.
pub(super) struct Runner {
    device: Device,
    air: FaultyAir,
    origin: Instant,
    work: mpsc::UnboundedReceiver<Work>,
    heard: Heard,
}

/// What a runner waits for.
enum Woken {
    Message(Option<ToPeripheral>),
    Time,
}

impl Runner {
    pub(super) fn new(device: Device, seed: u64) -> (Self, WearableHandle) {
        let (work, work_in) = mpsc::unbounded_channel();
        let air = FaultyAir::new(FaultPlan::default(), seed);
        let heard = Heard::default();
        let handle = WearableHandle { work, heard: heard.clone() };
        (Self { device, air, origin: Instant::now(), work: work_in, heard }, handle)
    }

    #[cfg(unix)]
    pub(super) fn introduce(&mut self) {
        self.device.introduce();
    }

    #[cfg(unix)]
    pub(super) fn device(&mut self) -> &mut Device {
        &mut self.device
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(Instant::now().saturating_duration_since(self.origin).as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits for the next thing, lets the device take it, and gives what arrives at the central. `false`:
    /// the central's side is closed.
    pub(super) async fn turn(
        &mut self,
        messages: &mut mpsc::UnboundedReceiver<ToPeripheral>,
    ) -> (Vec<ToCentral>, bool) {
        let wake_ms = self.device.next_wakeup_ms().min(self.air.next_ms().unwrap_or(u64::MAX));
        let wake = self.origin + Duration::from_millis(wake_ms);
        let woken = tokio::select! {
                biased;
                Some(work) = self.work.recv() => {
                    let now_ms = self.now_ms();
                    self.device.advance(now_ms);
                    work(&mut self.device, &mut self.air);
                    Woken::Time
                }
                message = messages.recv() => Woken::Message(message),
                () = sleep_until(wake) => Woken::Time,
        };
        let now_ms = self.now_ms();
        let mut open = true;
        match woken {
            Woken::Message(Some(message)) => {
                self.heard.now();
                if self.air.send_down(now_ms, message) {
                    self.device.advance(now_ms);
                    self.device.cut_link();
                }
            }
            Woken::Message(None) => open = false,
            Woken::Time => {}
        }
        (self.exchange(now_ms), open)
    }

    /// Lets everything that is due arrive, on both sides.
    pub(super) fn exchange(&mut self, now_ms: u64) -> Vec<ToCentral> {
        let arrived = self.air.arrived(now_ms);
        for message in arrived.at_device {
            self.device.input(now_ms, message);
        }
        self.device.advance(now_ms);
        for message in self.device.take_output() {
            if self.air.send_up(now_ms, &message) {
                self.device.cut_link();
            }
        }
        let mut at_central = arrived.at_central;
        at_central.extend(self.air.arrived(now_ms).at_central);
        at_central
    }
}
