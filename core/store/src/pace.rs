//! When a store's thread goes on, and whether at all: for tests that must play the same each time, or that kill the
//! process around the store. Without the feature `test-support` nothing of it is left.

#[cfg(any(test, feature = "test-support"))]
use std::{cell::RefCell, fmt::Debug, sync::Arc};

/// Whoever says when.
#[cfg(any(test, feature = "test-support"))]
pub trait Pace: Debug + Send + Sync {
    /// Called by whoever asks the store for something, before it is queued.
    fn asked(&self);

    /// Called on the store's thread before each piece of work; `false`: the process is dead, and nothing of what was
    /// asked is done any more.
    fn goes_on(&self) -> bool;

    /// Called on the store's thread when a piece of work is done and its answer has left.
    fn done(&self);

    /// Called when the store is closed.
    fn ended(&self);
}

#[cfg(any(test, feature = "test-support"))]
thread_local! {
    static PACE: RefCell<Option<Arc<dyn Pace>>> = const { RefCell::new(None) };
}

/// Sets the pace of the stores that this thread moves to their own from now on.
#[cfg(any(test, feature = "test-support"))]
pub(crate) fn set(pace: Option<Arc<dyn Pace>>) {
    PACE.set(pace);
}

/// The pace of one store.
#[derive(Clone, Debug)]
pub(crate) struct Paced(#[cfg(any(test, feature = "test-support"))] Option<Arc<dyn Pace>>);

#[cfg(any(test, feature = "test-support"))]
impl Paced {
    pub(crate) fn here() -> Self {
        Self(PACE.with_borrow(Clone::clone))
    }

    pub(crate) const fn is_set(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn asked(&self) {
        self.0.iter().for_each(|pace| pace.asked());
    }

    pub(crate) fn goes_on(&self) -> bool {
        self.0.as_ref().is_none_or(|pace| pace.goes_on())
    }

    pub(crate) fn done(&self) {
        self.0.iter().for_each(|pace| pace.done());
    }

    pub(crate) fn ended(&self) {
        self.0.iter().for_each(|pace| pace.ended());
    }
}

#[cfg(not(any(test, feature = "test-support")))]
#[expect(clippy::unused_self, reason = "the methods of the paced one")]
impl Paced {
    pub(crate) const fn here() -> Self {
        Self()
    }

    pub(crate) const fn is_set(&self) -> bool {
        false
    }

    pub(crate) const fn asked(&self) {}

    pub(crate) const fn goes_on(&self) -> bool {
        true
    }

    pub(crate) const fn done(&self) {}

    pub(crate) const fn ended(&self) {}
}
