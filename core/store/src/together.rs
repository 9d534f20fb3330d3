//! Several changes as one: a fact and what tells the clinic of it are stored together or not at all.

use rusqlite::{Connection, Transaction};

use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// Makes all changes of `work` one: they are durable when this returns, or none of them was made.
    ///
    /// Inside, a method that has returned is part of the whole and not durable yet; one that has failed has changed nothing of it, and
    /// `work` may go on unless it gives the error back. A panic undoes everything. One may stand in another.
    ///
    /// ```
    /// # fn main() -> Result<(), lumbra_store::StoreError> {
    /// # let dir = std::env::temp_dir().join(format!("lumbra-together-example-{}", std::process::id()));
    /// # use lumbra_store::{FileKeyStore, PostureGoal, RawRetention, Store};
    /// # let keys = FileKeyStore::new(dir.join("lumbra.key"));
    /// # let (mut store, _) = Store::open(&dir, &keys)?;
    /// store.together(|store| {
    ///     store.set_raw_retention(RawRetention { set_at_ms: 1_750_000_000_000, keep_days: None })?;
    ///     store.set_raw_retention(RawRetention { set_at_ms: 1_750_000_000_001, keep_days: Some(90) })
    /// })?;
    /// # drop(store);
    /// # Store::erase(&dir, &keys)?;
    /// # std::fs::remove_dir_all(&dir)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn together<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let result = Whole::begin(self).and_then(|whole| {
            let value = work(&mut *whole.store)?;
            whole.finish()?;
            Ok(value)
        });
        self.watch_for_damage(&result);
        result
    }
}

/// Changes that are undone when this is dropped before it was finished.
struct Whole<'a> {
    store: &'a mut Store,
    /// Whether it stands in another.
    inner: bool,
    finished: bool,
}

impl<'a> Whole<'a> {
    fn begin(store: &'a mut Store) -> Result<Self, StoreError> {
        let inner = store.together;
        store.still_together()?;
        store.connection.execute_batch(if inner { "SAVEPOINT whole" } else { "BEGIN IMMEDIATE" })?;
        store.together = true;
        Ok(Self { store, inner, finished: false })
    }

    fn finish(mut self) -> Result<(), StoreError> {
        self.store.still_together()?;
        self.store.connection.execute_batch(if self.inner { "RELEASE whole" } else { "COMMIT" })?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Whole<'_> {
    fn drop(&mut self) {
        if !self.finished {
            let undo = if self.inner { "ROLLBACK TO whole; RELEASE whole" } else { "ROLLBACK" };
            // It fails where SQLite has undone all of it already.
            let _ = self.store.connection.execute_batch(undo);
        }
        self.store.together = self.inner;
    }
}

/// What several queries of one reading method see: one moment, also while others write.
pub(crate) fn moment(connection: &Connection) -> Result<Option<Transaction<'_>>, StoreError> {
    // In changes that are made together it is so already.
    Ok(if connection.is_autocommit() { Some(connection.unchecked_transaction()?) } else { None })
}

#[cfg(test)]
#[path = "together_tests.rs"]
mod tests;
