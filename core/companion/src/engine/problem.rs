//! Why there is no link: the snapshot has it in words, this has it by kind.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::error::Error;

/// So many attempts in a row must end for a reason that waiting does not heal: a weak link can look like one once.
const LASTS_FROM: u64 = 2;

/// Why the last attempt to connect failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkProblem {
    known: Arc<Mutex<Known>>,
    failed: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Known {
    error: Option<Error>,
    failures: u64,
    /// How many failures there had been when the last one that waiting may heal was met, or a link.
    healing: u64,
}

impl LinkProblem {
    /// There is a link.
    pub(super) fn clear(&self) {
        let mut known = self.known();
        known.error = None;
        known.healing = known.failures;
    }

    /// An attempt has failed.
    pub(super) fn set(&self, error: Error) {
        let mut known = self.known();
        known.failures += 1;
        if !error.lasts() {
            known.healing = known.failures;
        }
        known.error = Some(error);
        drop(known);
        self.failed.notify_waiters();
    }

    /// Takes it: the next attempt sets it anew.
    pub(crate) fn take(&self) -> Option<Error> {
        self.known().error.take()
    }

    /// Waits until it is clear from the attempts that fail from now on that somebody has to do something.
    pub(crate) async fn lasting(&self) -> Error {
        let from = self.known().failures;
        loop {
            // Made before the look: what is told meanwhile wakes it.
            let failed = self.failed.notified();
            if let Some(error) = self.take_lasting(from) {
                return error;
            }
            failed.await;
        }
    }

    fn take_lasting(&self, from: u64) -> Option<Error> {
        let mut known = self.known();
        let lasts = known.failures >= known.healing.max(from) + LASTS_FROM;
        if lasts { known.error.take() } else { None }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Each part is whole, whatever panicked beside it.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use lumbra_link::LinkError;

    use super::*;

    #[tokio::test]
    async fn what_waiting_does_not_heal_is_told_at_the_second_time_and_the_rest_never() {
        use LinkError::{BondLost, Disconnected, NotFound, RadioOff};
        let cases: [(&[LinkError], Option<LinkError>); 7] = [
            (&[], None),
            (&[BondLost], None),
            (&[BondLost, BondLost], Some(BondLost)),
            (&[BondLost, RadioOff], Some(RadioOff)),
            (&[BondLost, Disconnected, BondLost], None),
            (&[Disconnected, BondLost, BondLost], Some(BondLost)),
            (&[NotFound, NotFound, NotFound], None),
        ];
        for (failures, expected) in cases {
            let problem = LinkProblem::default();
            // What was before the wait may be healed by now.
            problem.set(BondLost.into());
            problem.set(BondLost.into());
            let mut wait = Box::pin(problem.lasting());
            assert!(futures::poll!(&mut wait).is_pending());
            for failure in failures {
                problem.set(failure.clone().into());
            }
            let told = match futures::poll!(&mut wait) {
                std::task::Poll::Ready(Error::Link(told)) => Some(told),
                std::task::Poll::Ready(_) | std::task::Poll::Pending => None,
            };
            assert_eq!(told, expected, "{failures:?}");
        }
    }
}
