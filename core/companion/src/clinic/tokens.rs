//! A clinic's tokens in the platform's key store, beside the database's key and never in the database.

use std::io::ErrorKind;
use std::sync::Arc;

use async_trait::async_trait;
use lumbra_store::{KeyStore, KeyStoreError, Secret, SecretName, StoreError};
use lumbra_sync::smart::{TokenStore, TokenStoreError};
use zeroize::Zeroizing;

/// The tokens of one connection: under a name that holds its id, so that no token goes to another server.
pub(super) struct KeptTokens {
    keys: Arc<dyn KeyStore + Send>,
    name: SecretName,
}

impl KeptTokens {
    pub(super) fn of(keys: Arc<dyn KeyStore + Send>, connection_id: &str) -> Result<Self, TokenStoreError> {
        let name = SecretName::new(&format!("clinic-{connection_id}")).map_err(|_| TokenStoreError)?;
        Ok(Self { keys, name })
    }

    /// Whether tokens could be kept: the key store says why not.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        let (keys, name) = (self.keys.clone(), self.name.clone());
        let looked = tokio::task::spawn_blocking(move || keys.load_secret(&name).map(drop)).await;
        // A key store that panics can't be used either.
        Ok(looked.unwrap_or(Err(KeyStoreError::Unavailable { kind: ErrorKind::Other }))?)
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn KeyStore, &SecretName) -> Result<T, KeyStoreError> + Send + 'static,
    ) -> Result<T, TokenStoreError> {
        let (keys, name) = (self.keys.clone(), self.name.clone());
        // A key store may ask the person, or wait for the disk.
        let done = tokio::task::spawn_blocking(move || work(&*keys, &name)).await.map_err(|_| TokenStoreError)?;
        done.map_err(|error| {
            tracing::warn!(%error, "the key store failed with the tokens of the clinic");
            TokenStoreError
        })
    }
}

#[async_trait]
impl TokenStore for KeptTokens {
    async fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, TokenStoreError> {
        let secret = self.with(|keys, name| keys.load_secret(name)).await?;
        Ok(secret.map(|secret| Zeroizing::new(secret.as_bytes().to_vec())))
    }

    async fn save(&self, bytes: &[u8]) -> Result<(), TokenStoreError> {
        let secret = Secret::new(bytes.to_vec()).map_err(|_| TokenStoreError)?;
        self.with(move |keys, name| keys.save_secret(name, &secret)).await
    }

    async fn delete(&self) -> Result<(), TokenStoreError> {
        self.with(|keys, name| keys.delete_secret(name)).await
    }
}
