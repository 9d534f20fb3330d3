//! The store on a thread of its own, for async callers.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;

use crate::error::StoreError;
use crate::pace::Paced;
use crate::store::Store;

enum Message {
    Work(Box<dyn FnOnce(&mut Store) + Send>),
    Close(oneshot::Sender<()>),
}

/// A way to a [`Store`] that lives on its own thread; clones lead to the same one. When the last is dropped
/// the thread finishes what was asked and closes the store, and that is waited for: SQLCipher is torn down when the process
/// ends, and must not be in use then.
#[derive(Clone, Debug)]
pub struct StoreHandle {
    thread: Arc<StoreThread>,
    pace: Paced,
}

#[derive(Debug)]
struct StoreThread {
    /// Dropped, it tells the thread to end.
    sender: Option<mpsc::Sender<Message>>,
    running: Option<JoinHandle<()>>,
}

impl Drop for StoreThread {
    fn drop(&mut self) {
        self.sender = None;
        // The last handle may have been part of the last piece of work.
        if let Some(running) = self.running.take().filter(|running| running.thread().id() != thread::current().id()) {
            // It ends without a panic, or has told of one.
            let _ = running.join();
        }
    }
}

impl StoreHandle {
    /// Moves a store to a thread of its own.
    pub fn spawn(store: Store) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel();
        let pace = Paced::here();
        let paced = pace.clone();
        let running = thread::Builder::new().name("lumbra-store".into()).spawn(move || {
            run(store, &receiver, &paced);
            paced.ended();
        })?;
        // Whoever sets the pace may be the one that would wait.
        let running = (!pace.is_set()).then_some(running);
        Ok(Self { thread: Arc::new(StoreThread { sender: Some(sender), running }), pace })
    }

    /// Sets the pace of the stores that this thread moves to their own from now on.
    #[cfg(any(test, feature = "test-support"))]
    pub fn set_pace(pace: Option<std::sync::Arc<dyn crate::pace::Pace>>) {
        crate::pace::set(pace);
    }

    /// Runs `work` on the store's thread, after what was asked before.
    ///
    /// It is queued at the call, not at the first poll, and is done even when the future is dropped. A panic
    /// in `work` becomes [`StoreError::Internal`], its transaction is rolled back and the store goes on.
    pub fn call<T, F>(&self, work: F) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work = move |store: &mut Store| {
            // A transaction in flight is rolled back when it is dropped: the store is sound after a panic.
            let result = catch_unwind(AssertUnwindSafe(|| work(store)));
            // Nobody waits any more when the caller has dropped the future.
            let _ = reply.send(result.unwrap_or(Err(StoreError::Internal { code: 0 })));
        };
        self.pace.asked();
        // When the thread is gone the reply's sender is dropped with the message, and the answer tells.
        self.send(Message::Work(Box::new(work)));
        async move { wait(answer).await.unwrap_or(Err(StoreError::Closed)) }
    }

    fn send(&self, message: Message) {
        if let Some(sender) = &self.thread.sender {
            // An error tells that the thread is gone: the message is dropped.
            drop(sender.send(message));
        }
    }

    /// Finishes what was asked before and closes the store, for all clones.
    pub async fn close(self) {
        let (done, closed) = oneshot::channel();
        self.pace.asked();
        self.send(Message::Close(done));
        // An error tells that it was closed already.
        let _ = wait(closed).await;
    }
}

/// Waits for the store's thread, while a paused clock stands still.
async fn wait<T>(answer: oneshot::Receiver<T>) -> Option<T> {
    let _held = HeldClock::begin_where_it_can_be_paused();
    answer.await.ok()
}

/// Virtual time does not run on while the disk works: tokio's paused clock stands still while one of its blocking tasks runs, and
/// this one runs until it is dropped.
struct HeldClock {
    _let_go: mpsc::Sender<()>,
}

impl HeldClock {
    /// Nothing, where the clock can't be paused: tokio pauses that of a single-threaded runtime only. Waking a thread for
    /// nothing would lie on the way of every command.
    fn begin_where_it_can_be_paused() -> Option<Self> {
        let runtime = Handle::try_current().ok()?;
        (runtime.runtime_flavor() == RuntimeFlavor::CurrentThread).then(|| Self::begin(&runtime))
    }

    fn begin(runtime: &Handle) -> Self {
        let (let_go, held) = mpsc::channel::<()>();
        runtime.spawn_blocking(move || {
            // An error is the sign to end.
            let _ = held.recv();
        });
        Self { _let_go: let_go }
    }
}

fn run(mut store: Store, receiver: &mpsc::Receiver<Message>, pace: &Paced) {
    while let Ok(message) = receiver.recv() {
        if !pace.goes_on() {
            return;
        }
        match message {
            Message::Work(work) => work(&mut store),
            Message::Close(done) => {
                drop(store);
                let _ = done.send(());
                return;
            }
        }
        pace.done();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::FileKeyStore;

    fn spawn(dir: &std::path::Path) -> StoreHandle {
        let keys = FileKeyStore::new(dir.join("key"));
        StoreHandle::spawn(Store::open(dir, &keys).unwrap().0).unwrap()
    }

    #[tokio::test]
    async fn calls_are_answered_in_order_until_closed() {
        let dir = tempfile::tempdir().unwrap();
        let handle = spawn(dir.path());
        let first = handle.call(|store| store.devices(true));
        let second = handle.call(|store| store.is_encrypted());
        assert!(second.await.unwrap());
        assert!(first.await.unwrap().is_empty());
        let other = handle.clone();
        handle.close().await;
        assert!(matches!(other.call(|store| store.devices(true)).await, Err(StoreError::Closed)));
        other.close().await;
        Store::erase(dir.path(), &FileKeyStore::new(dir.path().join("key"))).unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_store_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let handle = spawn(dir.path());
        let panicked = handle.call(|_| -> Result<(), _> { panic!("as a test") }).await;
        assert!(matches!(panicked, Err(StoreError::Internal { .. })));
        assert!(handle.call(|store| store.is_encrypted()).await.unwrap());
    }

    #[test]
    fn the_last_handle_takes_the_open_store_along() {
        let dir = tempfile::tempdir().unwrap();
        let handle = spawn(dir.path());
        let other = handle.clone();
        let (done, seen) = std::sync::mpsc::channel();
        drop(handle.call(move |store| {
            thread::sleep(std::time::Duration::from_millis(50));
            let _ = done.send(store.is_encrypted().unwrap());
            Ok(())
        }));
        drop(handle);
        drop(other);
        assert_eq!(seen.try_recv(), Ok(true), "what was asked is done");
        Store::erase(dir.path(), &FileKeyStore::new(dir.path().join("key"))).unwrap();
    }

    #[tokio::test]
    async fn work_is_done_even_when_nobody_waits() {
        let dir = tempfile::tempdir().unwrap();
        let handle = spawn(dir.path());
        let (done, seen) = oneshot::channel();
        drop(handle.call(move |_| {
            let _ = done.send(());
            Ok(())
        }));
        seen.await.unwrap();
    }
}
