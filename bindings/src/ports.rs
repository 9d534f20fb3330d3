//! Ports that a shell may implement, each with a default for desktops. Their methods are called on threads of their own
//! and may block.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use lumbra::link::PairingPrompt;
use lumbra::store::{KEY_LEN, Key, KeyStoreError};
use zeroize::Zeroizing;

use crate::error::PortError;

/// Keeps the database's key where the platform keeps secrets: Android's Keystore, the Keychain. Without one, a file with
/// owner-only rights beside the data.
#[uniffi::export(foreign)]
pub trait KeyStore: Send + Sync {
    /// The 32 bytes, or nothing when none was ever saved. A key that is there and can't be had right now, as before the
    /// first unlock, must be an error, never nothing.
    fn load(&self) -> Result<Option<Vec<u8>>, PortError>;

    /// Keeps the key; when it returns, the key must survive a restart. Never called while there is one.
    fn save(&self, key: Vec<u8>) -> Result<(), PortError>;

    /// Destroys the key: what it encrypted is lost for good. Not an error when there is none.
    fn destroy(&self) -> Result<(), PortError>;
}

/// Tells the time of day and the person's time zone. Without one: the system's. Called by every thread, often: it must
/// answer at once.
#[uniffi::export(foreign)]
pub trait WallClock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn unix_ms(&self) -> Result<i64, PortError>;

    /// The person's offset from UTC at this moment, in seconds, east positive.
    fn utc_offset_s(&self) -> Result<i32, PortError>;
}

/// Asks the person for the digits on the wearable's label.
#[uniffi::export(foreign)]
pub trait PasskeyPrompt: Send + Sync {
    /// The six digits, 0 to 999999; nothing cancels the pairing. May wait for the person.
    fn passkey(&self, name: Option<String>) -> Result<Option<u32>, PortError>;
}

pub(crate) struct ForeignKeys(pub(crate) Arc<dyn KeyStore>);

impl lumbra::store::KeyStore for ForeignKeys {
    fn load(&self) -> Result<Option<Key>, KeyStoreError> {
        let Some(bytes) = self.0.load().map_err(unavailable)?.map(Zeroizing::new) else { return Ok(None) };
        let bytes: [u8; KEY_LEN] = bytes.as_slice().try_into().map_err(|_| KeyStoreError::Damaged)?;
        Ok(Some(Key::from_bytes(bytes)))
    }

    fn save(&self, key: &Key) -> Result<(), KeyStoreError> {
        self.0.save(key.as_bytes().to_vec()).map_err(unavailable)
    }

    fn destroy(&self) -> Result<(), KeyStoreError> {
        self.0.destroy().map_err(unavailable)
    }
}

fn unavailable(error: PortError) -> KeyStoreError {
    tracing::warn!(%error, "the app's key store failed");
    KeyStoreError::Unavailable { kind: io::ErrorKind::Other }
}

pub(crate) struct ForeignClock(pub(crate) Arc<dyn WallClock>);

impl lumbra::WallClock for ForeignClock {
    fn unix_ms(&self) -> i64 {
        self.0.unix_ms().unwrap_or_else(|error| {
            tracing::warn!(%error, "the app's clock failed: the system's is used");
            lumbra::SystemClock.unix_ms()
        })
    }

    fn utc_offset_s(&self) -> i32 {
        self.0.utc_offset_s().unwrap_or_else(|error| {
            tracing::warn!(%error, "the app's clock failed: the system's is used");
            lumbra::SystemClock.utc_offset_s()
        })
    }
}

pub(crate) struct ForeignPrompt(pub(crate) Arc<dyn PasskeyPrompt>);

#[async_trait]
impl PairingPrompt for ForeignPrompt {
    async fn passkey(&self, name: Option<&str>) -> Option<u32> {
        let (prompt, name) = (Arc::clone(&self.0), name.map(str::to_owned));
        // The person takes their time: a thread of its own.
        let asked = tokio::task::spawn_blocking(move || prompt.passkey(name)).await;
        match asked {
            Ok(Ok(passkey)) => passkey,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the app's passkey prompt failed: not paired");
                None
            }
            Err(_) => None,
        }
    }
}
