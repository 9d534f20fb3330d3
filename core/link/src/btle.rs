//! The radio of the machine: Bluetooth Low Energy through btleplug on Linux, macOS, Windows, Android, iOS.
//!
//! How each platform comes to an authenticated link:
//!
//! | platform | who asks for the passkey | without a prompt and without a bond |
//! |---|---|---|
//! | Linux | our own agent, through the prompt | [`LinkError::NotPaired`], nothing is sent |
//! | Android, iOS, macOS, Windows | the system's dialog; the prompt only says that pairing is wanted | the system may show its dialog, as it alone knows of bonds; then [`LinkError::NotPaired`] |
//!
//! btleplug knows no bonds outside Linux, so there [`Radio::remove_bond`] is [`LinkError::Unsupported`]: the
//! person removes the wearable in the system's settings.

mod connect;
mod connection;
mod fault;
mod session;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{Mutex, mpsc};

use crate::error::LinkError;
use crate::port::{Connection, Discovered, PairingPrompt, PeripheralId, Radio};
use crate::task;
use session::Session;

/// Scan results that wait for the caller; what doesn't fit is reported at its next advertisement.
const SCAN_QUEUE: usize = 16;

/// The machine's first Bluetooth adapter, or the one that was chosen. Nothing is opened before the first use; clones
/// share everything. Must be used within one tokio runtime.
#[derive(Clone, Default)]
pub struct BtleRadio {
    adapter: Option<String>,
    session: Arc<Mutex<Option<Arc<Session>>>>,
}

impl std::fmt::Debug for BtleRadio {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("BtleRadio(..)")
    }
}

impl BtleRadio {
    /// The radio; whether there is an adapter shows at the first use.
    pub fn new() -> Self {
        Self::default()
    }

    /// The radio over the adapter of this name, such as `hci0` on Linux. One that isn't there is
    /// [`LinkError::NoAdapter`] at the first use. Elsewhere systems have one adapter and no names for it.
    pub fn on_adapter(name: impl Into<String>) -> Self {
        Self { adapter: Some(name.into()), ..Self::default() }
    }

    /// The adapter with its one event stream. Opened anew when there was none, or when its stream ended.
    async fn session(&self) -> Result<Arc<Session>, LinkError> {
        let mut slot = self.session.lock().await;
        if let Some(session) = slot.as_ref().filter(|session| session.is_alive()) {
            return Ok(Arc::clone(session));
        }
        #[cfg(target_os = "android")]
        android::check()?;
        let session = Session::open(self.adapter.as_deref()).await?;
        *slot = Some(Arc::clone(&session));
        Ok(session)
    }
}

#[async_trait]
impl Radio for BtleRadio {
    async fn scan(&self) -> Result<mpsc::Receiver<Discovered>, LinkError> {
        let session = self.session().await?;
        session.check_power().await?;
        let scanning = session.start_scan().await?;
        let (found, receiver) = mpsc::channel(SCAN_QUEUE);
        task::spawn(async move {
            tokio::select! {
                () = session.report(&found) => {}
                () = found.closed() => {}
            }
            drop(scanning);
        });
        Ok(receiver)
    }

    async fn connect(
        &self,
        id: &PeripheralId,
        prompt: Option<Arc<dyn PairingPrompt>>,
    ) -> Result<Box<dyn Connection>, LinkError> {
        let session = self.session().await?;
        Ok(Box::new(connect::connect(session, id, prompt).await?))
    }

    async fn remove_bond(&self, id: &PeripheralId) -> Result<(), LinkError> {
        #[cfg(target_os = "linux")]
        {
            let session = self.session().await?;
            session.bluez.remove(id).await
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = id;
            Err(LinkError::Unsupported("remove the wearable in the system's Bluetooth settings"))
        }
    }
}

/// Android's start-up call. btleplug panics without it, so the radio asks for it first.
#[cfg(target_os = "android")]
pub mod android {
    use std::sync::atomic::{AtomicBool, Ordering};

    use crate::error::LinkError;

    static INITIALISED: AtomicBool = AtomicBool::new(false);

    /// Must run once before the radio is used, on a thread whose context class loader is the app's: from
    /// an `external fun` of the shell, not from a thread that Rust has made.
    pub fn init(env: &mut jni::Env<'_>) -> Result<(), LinkError> {
        btleplug::platform::init(env).map_err(|_| LinkError::NotInitialised)?;
        INITIALISED.store(true, Ordering::Release);
        Ok(())
    }

    pub(super) fn check() -> Result<(), LinkError> {
        if INITIALISED.load(Ordering::Acquire) { Ok(()) } else { Err(LinkError::NotInitialised) }
    }
}
