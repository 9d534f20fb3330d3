//! Ports that a shell may implement, each with a default for desktops. Their methods are called on threads of their own
//! and may block.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use lumbra::link::PairingPrompt;
use lumbra::store::{KEY_LEN, Key, KeyStoreError, Secret, SecretName};
use zeroize::Zeroizing;

use crate::error::PortError;

/// Keeps the database's key, and named secrets beside it, where the platform keeps secrets: Android's Keystore, the Keychain. Without one,
/// files with owner-only rights beside the data. One port for both: who erases the key erases the secrets with it.
#[uniffi::export(foreign)]
pub trait KeyStore: Send + Sync {
    /// The 32 bytes, or nothing when none was ever saved. A key that is there and can't be had right now, as before the
    /// first unlock, must be an error, never nothing.
    fn load(&self) -> Result<Option<Vec<u8>>, PortError>;

    /// Keeps the key; when it returns, the key must survive a restart. Never called while there is one.
    fn save(&self, key: Vec<u8>) -> Result<(), PortError>;

    /// Destroys the key, and then every secret: what the key encrypted is lost for good. Not an error when there is none.
    fn destroy(&self) -> Result<(), PortError>;

    /// Keeps a secret of up to 16 KiB, such as the sign-in at a clinic, in place of what was kept under this name; when it returns, it must
    /// survive a restart, and cut short, the earlier one must be there. A name has up to 64 of the characters a to z, 0 to 9 and `-`.
    /// A key store that keeps the key alone throws [`PortError::Unsupported`] here and in the other two: no clinic can be connected then.
    fn save_secret(&self, name: String, secret: Vec<u8>) -> Result<(), PortError>;

    /// The secret of this name, or nothing when none is kept. One that is there and can't be had right now must be an error, never nothing.
    fn load_secret(&self, name: String) -> Result<Option<Vec<u8>>, PortError>;

    /// Deletes a secret. Not an error when there is none.
    fn delete_secret(&self, name: String) -> Result<(), PortError>;
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

    fn save_secret(&self, name: &SecretName, secret: &Secret) -> Result<(), KeyStoreError> {
        self.0.save_secret(name.as_str().to_owned(), secret.as_bytes().to_vec()).map_err(unavailable)
    }

    fn load_secret(&self, name: &SecretName) -> Result<Option<Secret>, KeyStoreError> {
        let found = self.0.load_secret(name.as_str().to_owned()).map_err(unavailable)?;
        // What is no secret was kept by nobody: it is damaged.
        found.map(Secret::new).transpose().map_err(|_| KeyStoreError::Damaged)
    }

    fn delete_secret(&self, name: &SecretName) -> Result<(), KeyStoreError> {
        self.0.delete_secret(name.as_str().to_owned()).map_err(unavailable)
    }
}

fn unavailable(error: PortError) -> KeyStoreError {
    if let PortError::Unsupported { .. } = error {
        return KeyStoreError::Unsupported;
    }
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
