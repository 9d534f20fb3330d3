//! Where the core runs: a small runtime of its own in real time, or a single thread in virtual time.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinHandle};

use crate::error::LumbraError;

/// Radio, store and engines are mostly waiting; a blocking call has threads of its own.
const WORKERS: usize = 2;

/// A clock to run by.
#[derive(Clone)]
pub(crate) enum Clockwork {
    /// The system's time, on the runtime that all share.
    Real,
    /// Time that passes only while something is awaited.
    Virtual(Arc<VirtualTime>),
}

impl Clockwork {
    /// Runs a future there. Dropped in the middle, it drops the future there too; a panic becomes an error.
    pub(crate) async fn run<T, F>(&self, future: F) -> Result<T, LumbraError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, LumbraError>> + Send + 'static,
    {
        let (done, result) = oneshot::channel();
        let task = self.passing(Box::pin(async move {
            // Nobody waits any more when the caller has gone.
            let _ = done.send(future.await);
        }))?;
        let _cut = CutOnDrop(task.abort_handle());
        match result.await {
            Ok(result) => result,
            Err(_) => Err(ended(task).await),
        }
    }

    /// Runs a future there to its end, even when nobody waits for it any more.
    pub(crate) async fn run_to_end(
        &self,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), LumbraError> {
        self.passing(Box::pin(future))?.await.map_err(|_| LumbraError::internal("a panic"))
    }

    /// The same, with nobody who waits.
    pub(crate) fn finish(&self, future: impl Future<Output = ()> + Send + 'static) {
        // Without threads there is nothing that could run, or be finished.
        drop(self.passing(Box::pin(future)));
    }

    /// Spawns; time passes as long as the future is there, however it ends. Boxed, because the runtime compiles all it knows of tasks
    /// anew for each type of one: a megabyte for those of this crate.
    fn passing(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) -> Result<JoinHandle<()>, LumbraError> {
        let time = match self {
            Self::Real => None,
            Self::Virtual(time) => Some(Arc::clone(time)),
        };
        Ok(self.handle()?.spawn(async move {
            // Let go from the clock's own thread, which is at work then: from any other, time could jump before there is
            // anything to wait for.
            let _passing = time.as_ref().map(Passing::begin);
            future.await;
        }))
    }

    /// Starts something that runs on by itself until it is aborted.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> Result<AbortHandle, LumbraError> {
        let future: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(future);
        Ok(self.handle()?.spawn(future).abort_handle())
    }

    pub(crate) fn handle(&self) -> Result<Handle, LumbraError> {
        match self {
            Self::Real => real(),
            Self::Virtual(time) => Ok(time.handle.clone()),
        }
    }
}

/// Why a task ended without a result.
async fn ended(task: JoinHandle<()>) -> LumbraError {
    match task.await {
        Err(error) if error.is_panic() => LumbraError::internal("a panic"),
        _ => LumbraError::Closed,
    }
}

struct CutOnDrop(AbortHandle);

impl Drop for CutOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn real() -> Result<Handle, LumbraError> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(WORKERS).thread_name("lumbra").enable_all();
        crate::platform::prepare_threads(&mut builder);
        builder.build().ok()
    });
    runtime.as_ref().map(|runtime| runtime.handle().clone()).ok_or_else(|| LumbraError::internal("no threads"))
}

/// A thread with a clock that jumps to the next thing to do, as long as somebody waits for something.
pub(crate) struct VirtualTime {
    handle: Handle,
    /// How many calls are under way, and what holds the clock while there are none.
    under_way: Mutex<(usize, Option<mpsc::Sender<()>>)>,
    _end: oneshot::Sender<()>,
}

impl VirtualTime {
    pub(crate) fn start() -> Result<Arc<Self>, LumbraError> {
        let (end, ended) = oneshot::channel::<()>();
        let (ready, handle) = mpsc::channel();
        thread::Builder::new()
            .name("lumbra-virtual".to_owned())
            .spawn(move || {
                let Ok(runtime) = Builder::new_current_thread().enable_all().start_paused(true).build() else { return };
                if ready.send(runtime.handle().clone()).is_ok() {
                    // Ends, with everything on it, when the last owner of this clock is gone.
                    let _ = runtime.block_on(ended);
                }
                runtime.shutdown_background();
            })
            .map_err(|_| LumbraError::internal("no threads"))?;
        let handle = handle.recv().map_err(|_| LumbraError::internal("no threads"))?;
        let time = Self { handle, under_way: Mutex::new((0, None)), _end: end };
        time.hold(&mut time.under_way.lock().unwrap_or_else(PoisonError::into_inner).1);
        Ok(Arc::new(time))
    }

    /// The runtime's clock does not jump while one of its blocking tasks runs: this one runs until it is let go.
    fn hold(&self, holder: &mut Option<mpsc::Sender<()>>) {
        let (sender, receiver) = mpsc::channel::<()>();
        *holder = Some(sender);
        self.handle.spawn_blocking(move || {
            // An error is the sign to let go.
            let _ = receiver.recv();
        });
    }
}

struct Passing(Arc<VirtualTime>);

impl Passing {
    fn begin(time: &Arc<VirtualTime>) -> Self {
        let mut under_way = time.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.0 += 1;
        under_way.1 = None;
        drop(under_way);
        Self(Arc::clone(time))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        let mut under_way = self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.0 = under_way.0.saturating_sub(1);
        if under_way.0 == 0 {
            self.0.hold(&mut under_way.1);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use futures::executor::block_on;
    use tokio::time::{Instant, sleep};

    use super::*;

    /// Time that ran on between two calls, or before one has begun, would reach a timer that lies far ahead.
    #[test]
    fn virtual_time_passes_only_within_calls() {
        let clockwork = Clockwork::Virtual(VirtualTime::start().unwrap());
        clockwork
            .spawn(async {
                loop {
                    sleep(Duration::from_hours(1)).await;
                }
            })
            .unwrap();
        let now = || block_on(clockwork.run(async { Ok(Instant::now()) })).unwrap();
        let began = now();
        for _ in 0..5_000 {
            block_on(clockwork.run(async {
                sleep(Duration::from_millis(1)).await;
                Ok(())
            }))
            .unwrap();
        }
        // A timer is up to a millisecond late.
        assert!(now() - began <= Duration::from_secs(10), "{:?}", now() - began);
    }
}
