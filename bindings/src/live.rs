//! How many objects the foreign side holds: a leak shows as a number that grows.

use std::sync::atomic::{AtomicU64, Ordering};

static LIVE: AtomicU64 = AtomicU64::new(0);

/// Counts its owner while it lives.
pub(crate) struct Live(());

impl Live {
    pub(crate) fn new() -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many objects of the core are alive in this process: for an app's own leak check.
#[uniffi::export]
pub fn live_objects() -> u64 {
    LIVE.load(Ordering::Relaxed)
}
