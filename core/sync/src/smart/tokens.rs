//! Tokens, and the port to where they are kept.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::SmartError;
use crate::fhir::read;

/// The largest answer of a token endpoint, and the largest tokens that are kept, in bytes.
pub(super) const TOKENS_MAX: usize = 64 * 1024;

/// What a sign-in has brought: enough to go on after a restart. Wiped from memory when it is dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    pub(super) client: String,
    pub(super) token_endpoint: String,
    pub(super) revocation_endpoint: Option<String>,
    pub(super) base: String,
    pub(super) patient: String,
    pub(super) access: Zeroizing<String>,
    pub(super) refresh: Option<Zeroizing<String>>,
}

impl Tokens {
    /// The person's logical id at the server, as the sign-in told it.
    pub fn patient(&self) -> &str {
        &self.patient
    }

    /// The FHIR base that the tokens are for, and no other.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Keeps them in place of those that were kept there.
    pub async fn keep(&self, store: &dyn TokenStore) -> Result<(), SmartError> {
        Ok(store.save(&self.packed()?).await?)
    }

    fn packed(&self) -> Result<Zeroizing<Vec<u8>>, SmartError> {
        // Room from the start: a vector that grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(TOKENS_MAX));
        serde_json::to_writer(&mut *bytes, self).map_err(|_| SmartError::Store)?;
        Ok(bytes)
    }

    pub(super) fn unpacked(bytes: &[u8]) -> Result<Self, SmartError> {
        read("tokens", bytes, TOKENS_MAX).map_err(|_| SmartError::SignInNeeded)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tokens(..)")
    }
}

/// The key store failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the key store failed")]
pub struct TokenStoreError;

/// Where tokens are kept: the platform's key store, under one name. The bytes are opaque to it.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// What was saved last, if anything.
    async fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, TokenStoreError>;
    /// Replaces what is kept: afterwards the new is there, or still the old.
    async fn save(&self, bytes: &[u8]) -> Result<(), TokenStoreError>;
    /// Forgets them.
    async fn delete(&self) -> Result<(), TokenStoreError>;
}

/// What a token endpoint answers.
#[derive(Deserialize)]
pub(super) struct Granted {
    pub(super) access_token: Zeroizing<String>,
    pub(super) token_type: String,
    pub(super) refresh_token: Option<Zeroizing<String>>,
    pub(super) patient: Option<String>,
}

/// What it answers when it will not.
#[derive(Deserialize)]
pub(super) struct NotGranted {
    pub(super) error: String,
}
