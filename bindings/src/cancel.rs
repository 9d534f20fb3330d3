//! What ends everything long.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;

use crate::error::LumbraError;
use crate::live::Live;

/// Ends the calls it was given to, at once: they fail with [`LumbraError::Cancelled`]. Made by the shell, once for
/// each task; cancelling twice, or after the end, does nothing.
#[derive(uniffi::Object)]
pub struct CancelHandle {
    cancelled: watch::Sender<bool>,
    _live: Live,
}

#[uniffi::export]
impl CancelHandle {
    /// One that is not cancelled yet.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { cancelled: watch::Sender::new(false), _live: Live::new() })
    }

    /// Cancels.
    pub fn cancel(&self) {
        self.cancelled.send_replace(true);
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        *self.cancelled.borrow()
    }
}

/// Runs a future until it ends or is cancelled, whichever comes first.
pub(crate) async fn unless_cancelled<T>(
    cancel: Option<Arc<CancelHandle>>,
    future: impl Future<Output = Result<T, lumbra::Error>>,
) -> Result<T, LumbraError> {
    let Some(cancel) = cancel else { return Ok(future.await?) };
    let mut cancelled = cancel.cancelled.subscribe();
    tokio::select! {
        biased;
        _ = cancelled.wait_for(|cancelled| *cancelled) => Err(LumbraError::Cancelled),
        result = future => Ok(result?),
    }
}
