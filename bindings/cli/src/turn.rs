//! One process at a time makes a link: the machine has one to each wearable, and of two processes that share it the
//! first to end would cut it for both.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::output::Failure;

/// Longer than any command needs that does not hold the wearable: to reach it takes up to 45 s.
pub(crate) const WITHIN: Duration = Duration::from_mins(1);
/// How often a taken turn is tried for.
pub(crate) const TRY_EVERY: Duration = Duration::from_millis(100);

/// The turn. It ends when this is dropped, or with the process, however that ends.
#[derive(Debug)]
pub(crate) struct Turn(#[allow(dead_code, reason = "it is held, not read")] File);

impl Turn {
    /// Takes the turn, unless another process has it. The data folder must be there.
    pub(crate) fn try_take(dir: &Path) -> Result<Option<Self>, Failure> {
        let file = File::options().create(true).truncate(false).write(true).open(dir.join("link.lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Waits for the turn.
    pub(crate) async fn take(dir: &Path) -> Result<Self, Failure> {
        let end = Instant::now() + WITHIN;
        loop {
            if let Some(turn) = Self::try_take(dir)? {
                return Ok(turn);
            }
            if Instant::now() >= end {
                return Err(Self::taken());
            }
            tokio::time::sleep(TRY_EVERY).await;
        }
    }

    /// What a command says that has waited in vain.
    pub(crate) fn taken() -> Failure {
        Failure::told("not_now", "another `lumbra` command is using the wearable: try again when it has ended".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn there_is_one_turn_and_the_next_waits_for_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let turn = Turn::take(dir.path()).await.unwrap();
        assert!(Turn::try_take(dir.path()).unwrap().is_none());
        let path = dir.path().to_owned();
        let next = tokio::spawn(async move { Turn::take(&path).await });
        tokio::time::sleep(TRY_EVERY * 3).await;
        assert!(!next.is_finished());
        drop(turn);
        next.await.unwrap().unwrap();
    }
}
