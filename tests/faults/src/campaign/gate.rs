//! The store's thread in step with the runtime's: without it a session would play differently each time.
//!
//! tokio's paused clock stands still while the store works, but other tasks of the same moment go on, and which of them
//! come before the store's answer would be a race. So the store works only when the runtime has nothing else to do, one
//! piece at a time, and the runtime waits for it. A dead app's store does no more of what was asked.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lumbra_store::Pace;
use tokio::sync::Notify;

/// A store that has not ended by this time, in real time, never will.
const PATIENCE: Duration = Duration::from_secs(20);

#[expect(clippy::struct_excessive_bools, reason = "independent facts, set by both threads")]
#[derive(Debug, Default)]
struct State {
    asked: u64,
    done: u64,
    permit: bool,
    dead: bool,
    free: bool,
    ended: bool,
}

impl State {
    fn has_work(&self) -> bool {
        self.asked != self.done && !self.dead && !self.free && !self.ended
    }
}

/// The gate of one store.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    turned: Condvar,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Numbers and flags are whole, whatever panicked beside them.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        condition: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'a, State> {
        self.turned.wait_timeout_while(state, PATIENCE, condition).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Lets one piece of work through, if any is there, and waits for it. Tells whether more is there.
    fn step(&self) -> bool {
        let mut state = self.lock();
        if !state.has_work() {
            return false;
        }
        state.permit = true;
        let done = state.done;
        self.turned.notify_all();
        self.wait(state, |state| state.done == done && !state.ended).has_work()
    }

    /// Nothing of what was asked is done any more.
    pub(crate) fn die(&self) {
        self.lock().dead = true;
        self.turned.notify_all();
    }

    /// Everything goes through from now on.
    fn free(&self) {
        self.lock().free = true;
        self.turned.notify_all();
    }

    /// Waits, in real time, until the store is closed; tells whether it is.
    pub(crate) fn wait_ended(&self) -> bool {
        let state = self.lock();
        self.wait(state, |state| !state.ended).ended
    }
}

impl Pace for Gate {
    fn asked(&self) {
        self.lock().asked += 1;
    }

    fn goes_on(&self) -> bool {
        let state = self.lock();
        let mut state = self.wait(state, |state| !state.permit && !state.free && !state.dead);
        state.permit = false;
        !state.dead
    }

    fn done(&self) {
        self.lock().done += 1;
        self.turned.notify_all();
    }

    fn ended(&self) {
        self.lock().ended = true;
        self.turned.notify_all();
    }
}

/// The gates of all stores of one runtime.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gates {
    all: Arc<Mutex<Vec<Arc<Gate>>>>,
    more: Arc<Notify>,
}

impl Gates {
    fn all(&self) -> Vec<Arc<Gate>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A gate for the store that is opened next.
    pub(crate) fn another(&self) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&gate));
        gate
    }

    /// The runtime has nothing else to do.
    pub(crate) fn step(&self) {
        // Every gate, not only those up to the first that has more.
        if self.all().iter().filter(|gate| gate.step()).count() > 0 {
            self.more.notify_one();
        }
    }

    /// Keeps the runtime going while a store has work. Nobody may wait for the piece that was let through, and then its end
    /// wakes nothing: the runtime would sleep, in real time, beside a store that waits for its next permit.
    pub(crate) async fn keep_going(self) {
        loop {
            self.more.notified().await;
        }
    }

    /// The runtime ends.
    pub(crate) fn free(&self) {
        self.all().iter().for_each(|gate| gate.free());
    }
}
