//! The wearable as software, for an app's demo mode and for its tests: behind the same [`Lumbra`](crate::Lumbra) as the
//! real one.

use std::sync::Arc;
use std::time::Duration;

use lumbra::link::{InProcessRadio, PeripheralId, Radio};
use lumbra::{SystemClock, WallClock, noon_unix_ms};
use lumbra_wearable::serve::{self, WearableHandle};
use lumbra_wearable::{Config, Device, FaultPlan};
use tokio::time::Instant;

use crate::error::LumbraError;
use crate::live::Live;
use crate::runtime::{Clockwork, VirtualTime};
use crate::snapshot::Contact;

/// What passes at once in virtual time takes real time too: a month takes some seconds, ages would not end.
const MOST_AT_ONCE_MS: u64 = 31 * 24 * 3_600_000;

/// How time passes for a virtual wearable and for the core that uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum DemoTime {
    /// As for everyone.
    Real,
    /// Only while a call waits for something, and then as fast as the machine can: hours pass in seconds. It begins at noon of today, so
    /// that a short test never runs into the next day.
    Virtual,
}

/// A wearable in software, worn by a body in software. It takes no current and needs no Bluetooth; it speaks the
/// whole profile. What a person or fate does to it are its methods; it is opened with
/// [`Lumbra::open_demo`](crate::Lumbra::open_demo), again and again if wanted, as a real one outlives the app.
#[derive(uniffi::Object)]
pub struct VirtualWearable {
    pub(crate) clockwork: Clockwork,
    pub(crate) radio: InProcessRadio,
    handle: WearableHandle,
    name: String,
    passkey: u32,
    channels: u32,
    clock: Arc<DemoClock>,
    _live: Live,
}

/// What is true at the wearable, whatever the app believes.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
#[allow(clippy::struct_excessive_bools)] // Facts side by side.
pub struct WearableStatus {
    /// Whether somebody looks for it right now.
    pub scanned: bool,
    /// Whether it has a link.
    pub linked: bool,
    /// Whether it runs a session.
    pub in_session: bool,
    /// What flows at the pads of each channel right now, in mA.
    pub flowing_ma: Vec<f64>,
    /// The most that ever flowed there, in mA.
    pub highest_ma: Vec<f64>,
    /// Whether it is sending stored records.
    pub sending_records: bool,
    /// How many records it keeps.
    pub stored_records: u64,
    /// How often it has shown which one it is.
    pub identified: u32,
}

#[uniffi::export]
impl VirtualWearable {
    /// A new one, switched on and in reach.
    #[uniffi::constructor]
    pub fn new(time: DemoTime) -> Result<Arc<Self>, LumbraError> {
        let (clockwork, from_unix_ms) = match time {
            DemoTime::Real => (Clockwork::Real, SystemClock.unix_ms()),
            DemoTime::Virtual => (Clockwork::Virtual(VirtualTime::start()?), noon_unix_ms(&SystemClock)),
        };
        let config = Config::default();
        let (name, passkey, seed) = (config.name(), config.passkey, config.seed);
        let channels = u32::from(config.capabilities.channels);
        let runtime = clockwork.handle()?;
        let _entered = runtime.enter();
        let (peripheral, handle) = serve::spawn(Device::new(config), seed);
        let radio = InProcessRadio::new(vec![(PeripheralId::new("virtual"), peripheral)]);
        let clock = Arc::new(DemoClock { from_unix_ms, origin: Instant::now() });
        Ok(Arc::new(Self { clockwork, radio, handle, name, passkey, channels, clock, _live: Live::new() }))
    }

    /// The name it advertises.
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// The six digits on its label.
    pub fn passkey(&self) -> u32 {
        self.passkey
    }

    /// How long ago the core was last heard at the wearable, in ns: for a measurement of the way there.
    pub fn since_heard_ns(&self) -> Result<Option<u64>, LumbraError> {
        let runtime = self.clockwork.handle()?;
        let _entered = runtime.enter();
        let ago = self.handle.since_heard();
        Ok(ago.map(|ago| u64::try_from(ago.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// What is true at the wearable right now.
    pub async fn status(&self) -> Result<WearableStatus, LumbraError> {
        let radio = self.radio.clone();
        self.with(move |device| {
            let ma = |dma: &[f64]| dma.iter().map(|dma| dma / 10.0).collect();
            WearableStatus {
                scanned: radio.scanning() > 0,
                linked: device.is_linked(),
                in_session: device.in_session(),
                flowing_ma: ma(device.probe().now_dma()),
                highest_ma: ma(device.probe().max_dma()),
                sending_records: device.is_reporting(),
                stored_records: u64::try_from(device.stored_records()).unwrap_or(u64::MAX),
                identified: device.identified(),
            }
        })
        .await
    }

    /// Presses its button: a session stops. Held for 3 s without one, it gets ready for pairing.
    pub async fn press_button(&self, held_ms: u64) -> Result<(), LumbraError> {
        self.with(move |device| device.press_button(held_ms)).await
    }

    /// Lets the pads of a channel, counted from 0, sit otherwise.
    pub async fn set_contact(&self, channel: u32, contact: Contact) -> Result<(), LumbraError> {
        let contact = match contact {
            Contact::Good => lumbra_wearable::Contact::Good,
            Contact::Poor => lumbra_wearable::Contact::Poor,
            Contact::Off => lumbra_wearable::Contact::Off,
            Contact::Unknown => return Err(LumbraError::invalid("pads sit well, poorly, or are off")),
        };
        if channel >= self.channels {
            return Err(LumbraError::invalid(format!("it has {} channels, counted from 0", self.channels)));
        }
        let channel = usize::try_from(channel).unwrap_or(usize::MAX);
        self.with(move |device| device.body().set_contact(channel, contact)).await
    }

    /// Takes it out of reach for a time; its link breaks.
    pub async fn go_out_of_reach(&self, for_ms: u64) -> Result<(), LumbraError> {
        self.with(move |device| device.go_out_of_reach(for_ms)).await
    }

    /// Makes the air lose this share of all messages, in thousandths, and delay all others by up to so many
    /// milliseconds, from now on.
    pub async fn disturb(&self, lose_per_mille: u16, delay_max_ms: u64) -> Result<(), LumbraError> {
        let delay_per_mille = if delay_max_ms > 0 { 1_000 } else { 0 };
        self.handle.set_faults(FaultPlan { lose_per_mille, delay_per_mille, delay_max_ms, ..FaultPlan::default() });
        // Set when the next thing is done to the wearable.
        self.with(|_| ()).await
    }

    /// Restarts it: the output is zero at once, the session is gone, records and settings stay.
    pub async fn restart(&self) -> Result<(), LumbraError> {
        self.with(Device::reboot).await
    }

    /// Sets its battery, in percent.
    pub async fn set_battery(&self, percent: f64) -> Result<(), LumbraError> {
        self.with(move |device| device.set_battery(percent)).await
    }

    /// Lets it forget the phone, as a factory reset does.
    pub async fn forget_bond(&self) -> Result<(), LumbraError> {
        self.with(Device::forget_bond).await
    }

    /// Lets it remember so many minutes of wearing that nobody has fetched, a month at most, as after some time without the phone.
    pub async fn remember(&self, minutes: u32) -> Result<(), LumbraError> {
        if u64::from(minutes) * 60_000 > MOST_AT_ONCE_MS {
            return Err(LumbraError::invalid("at most 31 days are remembered at once"));
        }
        self.with(move |device| device.remember(minutes)).await
    }

    /// Lets time pass, a month at most.
    pub async fn pass_time(&self, ms: u64) -> Result<(), LumbraError> {
        if ms > MOST_AT_ONCE_MS {
            return Err(LumbraError::invalid("at most 31 days pass at once"));
        }
        self.clockwork
            .run(async move {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Ok(())
            })
            .await
    }
}

impl VirtualWearable {
    pub(crate) fn radio(&self) -> Arc<dyn Radio> {
        Arc::new(self.radio.clone())
    }

    pub(crate) fn clock(&self) -> Arc<dyn WallClock> {
        self.clock.clone()
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Device) -> T + Send + 'static,
    ) -> Result<T, LumbraError> {
        let handle = self.handle.clone();
        self.clockwork.run(async move { handle.with(work).await.ok_or(LumbraError::Closed) }).await
    }
}

/// Wall time that follows the wearable's.
struct DemoClock {
    from_unix_ms: i64,
    origin: Instant,
}

impl WallClock for DemoClock {
    fn unix_ms(&self) -> i64 {
        self.from_unix_ms + i64::try_from(self.origin.elapsed().as_millis()).unwrap_or(0)
    }

    fn utc_offset_s(&self) -> i32 {
        SystemClock.utc_offset_s()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    #[test]
    fn what_nobody_has_fetched_is_remembered() {
        let wearable = VirtualWearable::new(DemoTime::Virtual).unwrap();
        block_on(async {
            let before = wearable.status().await.unwrap().stored_records;
            wearable.remember(480).await.unwrap();
            assert_eq!(wearable.status().await.unwrap().stored_records, before + 480);
            assert!(matches!(wearable.remember(u32::MAX).await, Err(LumbraError::Invalid { .. })));
        });
    }

    /// Each of these once overflowed, or would not have ended.
    #[test]
    fn ages_are_refused_or_survived() {
        let wearable = VirtualWearable::new(DemoTime::Virtual).unwrap();
        block_on(async {
            for ms in [MOST_AT_ONCE_MS + 1, u64::MAX - 1, u64::MAX] {
                assert!(matches!(wearable.pass_time(ms).await, Err(LumbraError::Invalid { .. })), "{ms}");
                wearable.press_button(ms).await.unwrap();
                wearable.go_out_of_reach(ms).await.unwrap();
                wearable.disturb(0, ms).await.unwrap();
                wearable.pass_time(1_000).await.unwrap();
                assert!(!wearable.status().await.unwrap().linked, "{ms}");
            }
        });
    }
}
