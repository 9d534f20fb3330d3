//! Values of the caller's, kept as JSON: the store knows the columns beside them and not what is in them.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::StoreError;

/// A value as it is kept. One that can't be JSON, such as a map whose keys are no texts, is [`StoreError::Invalid`].
pub(crate) fn written<T: Serialize>(document: &T, what: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(document).map_err(|_| StoreError::Invalid { what })
}

/// A value that was kept. The error holds nothing of it.
pub(crate) fn read<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Document { what })
}

/// What was kept, for the audit: as JSON, not as text in it.
pub(crate) fn before(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}
