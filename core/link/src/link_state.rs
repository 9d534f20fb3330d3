//! What the adapters of real radios know of one link: whether it is up, who wants which values, and its events.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lumbra_protocol::Endpoint;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::error::LinkError;
use crate::port::LinkEvent;
use crate::task;

/// What the event stream, the notifications and the operations know together of one link.
#[derive(Debug)]
pub(crate) struct LinkState {
    up: AtomicBool,
    lost: watch::Sender<bool>,
    subscribed: Mutex<BTreeSet<Endpoint>>,
    events: Mutex<Option<mpsc::UnboundedSender<LinkEvent>>>,
    receiver: Mutex<Option<mpsc::UnboundedReceiver<LinkEvent>>>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LinkState {
    pub(crate) fn new() -> Arc<Self> {
        let (events, receiver) = mpsc::unbounded_channel();
        Arc::new(Self {
            up: AtomicBool::new(false),
            lost: watch::Sender::new(false),
            subscribed: Mutex::default(),
            events: Mutex::new(Some(events)),
            receiver: Mutex::new(Some(receiver)),
        })
    }

    pub(crate) fn came_up(&self) {
        self.up.store(true, Ordering::Release);
    }

    pub(crate) fn was_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    /// The system says that the link is gone. Before it came up, that is a late word on an earlier link.
    pub(crate) fn went_down(&self) {
        if self.was_up() {
            self.close();
        }
    }

    /// Ends the link's events; more than once does nothing.
    pub(crate) fn close(&self) {
        if let Some(events) = lock(&self.events).take() {
            let _ = events.send(LinkEvent::Disconnected);
        }
        self.lost.send_replace(true);
    }

    pub(crate) async fn lost(&self) {
        // The sender is part of `self`, so waiting can't fail.
        let _ = self.lost.subscribe().wait_for(|lost| *lost).await;
    }

    pub(crate) fn is_lost(&self) -> bool {
        *self.lost.borrow()
    }

    pub(crate) fn deliver(&self, endpoint: Endpoint, bytes: Vec<u8>) {
        if lock(&self.subscribed).contains(&endpoint)
            && let Some(events) = &*lock(&self.events)
        {
            let _ = events.send(LinkEvent::Value { endpoint, bytes });
        }
    }

    /// Lets values of an endpoint through from before the peripheral's answer on, which the first value may overtake.
    pub(crate) async fn subscribing(
        &self,
        endpoint: Endpoint,
        request: impl Future<Output = Result<(), LinkError>>,
    ) -> Result<(), LinkError> {
        lock(&self.subscribed).insert(endpoint);
        let result = request.await;
        if result.is_err() {
            lock(&self.subscribed).remove(&endpoint);
        }
        result
    }

    /// The receiving end; once.
    pub(crate) fn take_events(&self) -> Option<mpsc::UnboundedReceiver<LinkEvent>> {
        lock(&self.receiver).take()
    }
}

/// A peripheral that doesn't answer within this time counts as gone silent.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// The requests of one link, one at a time: systems answer "busy" to a second one.
pub(crate) struct Requests {
    link: Arc<LinkState>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Requests {
    pub(crate) fn new(link: Arc<LinkState>) -> Self {
        Self { link, turn: Arc::default() }
    }

    /// Once begun, a request runs to its end, even when the caller gives up: the system would carry it out all the same, and
    /// stumble over the next. One that still waits for its turn is never sent.
    pub(crate) async fn run<T, F>(&self, operation: F) -> Result<T, LinkError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, LinkError>> + Send + 'static,
    {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if self.link.is_lost() {
            return Err(LinkError::Disconnected);
        }
        let link = Arc::clone(&self.link);
        // In a task, so that it does not depend on how often its caller looks: a stop may wait for its turn.
        let running = task::spawn(async move {
            let result = tokio::select! {
                result = timeout(REQUEST_TIMEOUT, operation) => result.unwrap_or(Err(LinkError::Timeout)),
                () = link.lost() => Err(LinkError::Disconnected),
            };
            drop(turn);
            result
        });
        let result = running.await.unwrap_or_else(|_| Err(LinkError::Platform("the request broke off".into())));
        if matches!(result, Err(LinkError::Disconnected)) {
            // Not every system sends the event as well.
            self.link.close();
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(byte: u8) -> LinkEvent {
        LinkEvent::Value { endpoint: Endpoint::Status, bytes: vec![byte] }
    }

    #[tokio::test]
    async fn only_what_is_subscribed_arrives_and_the_end_is_last_and_once() {
        let link = LinkState::new();
        let mut events = lock(&link.receiver).take().unwrap();
        link.deliver(Endpoint::Status, vec![1]);
        lock(&link.subscribed).insert(Endpoint::Status);
        link.deliver(Endpoint::Status, vec![2]);
        link.deliver(Endpoint::RecordData, vec![3]);
        link.close();
        link.deliver(Endpoint::Status, vec![4]);
        link.close();
        assert_eq!(events.recv().await, Some(value(2)));
        assert_eq!(events.recv().await, Some(LinkEvent::Disconnected));
        assert_eq!(events.recv().await, None);
    }

    #[tokio::test]
    async fn a_request_that_is_given_up_runs_to_its_end_and_one_that_panics_ends_alone() {
        let requests = Arc::new(Requests::new(LinkState::new()));
        let (done, seen) = tokio::sync::oneshot::channel();
        let slow = requests.run(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = done.send(());
            Ok(())
        });
        assert!(timeout(Duration::from_millis(1), slow).await.is_err());
        // The next one waits for it.
        let next = requests.run(async { Ok(seen.await) }).await;
        assert_eq!(next, Ok(Ok(())));

        // One that is kept and not looked at holds up nobody for longer than it takes.
        let mut kept = std::pin::pin!(requests.run(async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(())
        }));
        assert!(futures::poll!(kept.as_mut()).is_pending());
        let behind = timeout(Duration::from_secs(1), requests.run(async { Ok(()) })).await;
        assert_eq!(behind, Ok(Ok(())));

        let broken: Result<(), _> = requests.run(async { panic!("as a test") }).await;
        assert_eq!(broken, Err(LinkError::Platform("the request broke off".into())));
        // One that never had its turn is not begun by giving up.
        let (release, hold) = tokio::sync::oneshot::channel::<()>();
        let holding = {
            let requests = Arc::clone(&requests);
            tokio::spawn(async move { requests.run(async { Ok(hold.await) }).await })
        };
        tokio::task::yield_now().await;
        let (begun, never) = tokio::sync::oneshot::channel();
        let waiting = requests.run(async move {
            let _ = begun.send(());
            Ok(())
        });
        assert!(timeout(Duration::from_millis(1), waiting).await.is_err());
        release.send(()).unwrap();
        holding.await.unwrap().unwrap().unwrap();
        assert!(never.await.is_err());
    }

    #[tokio::test]
    async fn a_late_word_on_an_earlier_link_does_not_end_this_one() {
        let link = LinkState::new();
        link.went_down();
        assert!(!link.is_lost());
        link.came_up();
        link.went_down();
        assert!(link.is_lost());
        link.lost().await;
    }
}
