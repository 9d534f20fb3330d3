//! Tasks, boxed: the runtime compiles all it knows of tasks anew for each type of one, and twice, for both of its schedulers. For
//! those of this crate that would be some hundred KiB of an app.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// As [`tokio::spawn`].
pub(crate) fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    let future: Boxed<T> = Box::pin(future);
    tokio::spawn(future)
}

/// A future that is carried through: awaited in place, and by a task of its own when whoever awaits it gives up. One that was never
/// polled has not begun, and does not.
pub(crate) struct ToItsEnd<T: Send + 'static> {
    rest: Option<Boxed<T>>,
    begun: bool,
}

impl<T: Send + 'static> ToItsEnd<T> {
    pub(crate) fn of(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self { rest: Some(Box::pin(future)), begun: false }
    }
}

impl<T: Send + 'static> Future for ToItsEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.begun = true;
        let Some(rest) = &mut self.rest else { return Poll::Pending };
        let value = ready!(rest.as_mut().poll(context));
        self.rest = None;
        Poll::Ready(value)
    }
}

impl<T: Send + 'static> Drop for ToItsEnd<T> {
    fn drop(&mut self) {
        if let Some(rest) = self.rest.take().filter(|_| self.begun) {
            spawn_if_running(async move {
                rest.await;
            });
        }
    }
}

/// Spawns where there is a runtime. Without one the process is ending, and what was to be done ends with it.
pub(crate) fn spawn_if_running(future: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        let future: Boxed<()> = Box::pin(future);
        runtime.spawn(future);
    }
}

/// As [`tokio::task::spawn_blocking`].
pub(crate) fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let work: Box<dyn FnOnce() -> T + Send> = Box::new(work);
    tokio::task::spawn_blocking(work)
}
