//! Opening, using and erasing the database.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::files::{Files, FolderLock, KeyFit, SetAside};
use crate::key::{Key, KeyStore, create_private_dir};
use crate::schema;

/// How long a write waits for another process before [`StoreError::Locked`].
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Databases up to this size are checked whole at every start, which takes some 0.1 s at most; larger ones
/// when damage was seen before.
const ALWAYS_CHECKED_BYTES: u64 = 16 << 20;

/// The encrypted database, open.
///
/// Every method that changes something is durable when it returns, and has changed nothing when it fails.
/// Several processes may have the same store open.
#[derive(Debug)]
pub struct Store {
    // Fields drop in this order: the database is closed before others are let in.
    pub(crate) connection: Connection,
    /// Whether changes are made together: see [`Store::together`].
    pub(crate) together: bool,
    files: Files,
    _lock: FolderLock,
}

impl Store {
    /// Opens the store in this folder, making folder, key and database where there is nothing yet.
    ///
    /// A damaged database is set aside and a fresh one opened: show the person what [`SetAside`] tells. A key
    /// that doesn't fit or is missing is an error, and changes nothing.
    pub fn open(dir: &Path, keys: &dyn KeyStore) -> Result<(Self, Option<SetAside>), StoreError> {
        create_private_dir(dir)?;
        let mut lock = FolderLock::acquire(dir)?;
        let files = Files::new(dir);
        let key = load_or_make_key(&files, &lock, keys)?;
        let fit = files.key_fit(&key)?;
        if fit == KeyFit::DoesNot && files.have_data()? {
            return Err(StoreError::WrongKey);
        }
        let mut set_aside = None;
        if files.lost_content()? {
            set_aside = Some(move_away(&files, &lock, StoreError::Corrupt)?);
        }
        let opened = match open_checked(&files, &lock, &key) {
            // SQLCipher reads its salt from the first page as it lies in the database. A power cut may have torn that while it was
            // brought there from the log, which has it whole still: the attempt, closed, has now brought it once more.
            Err(StoreError::WrongKey) => open_checked(&files, &lock, &key),
            opened => opened,
        };
        let connection = match opened {
            // Only a key check that fits tells a damaged first page from a wrong key.
            Err(StoreError::WrongKey) if fit == KeyFit::Fits => {
                set_aside = Some(move_away(&files, &lock, StoreError::Corrupt)?);
                open_checked(&files, &lock, &key)?
            }
            Err(StoreError::Corrupt) => {
                set_aside = Some(move_away(&files, &lock, StoreError::Corrupt)?);
                open_checked(&files, &lock, &key)?
            }
            opened => opened?,
        };
        if fit != KeyFit::Fits {
            files.write_key_check(&key)?;
        }
        let alone = lock.is_alone();
        lock.share()?;
        let mut store = Self { connection, together: false, files, _lock: lock };
        if alone && let Err(error) = store.seal_left_telemetry() {
            tracing::warn!(%error, "telemetry of a session that was cut short stays unsealed");
        }
        if alone && let Err(error) = store.seal_posture() {
            tracing::warn!(%error, "posture of a stream that was cut short stays unsealed");
        }
        if alone && let Err(error) = store.recover_in_flight() {
            tracing::warn!(%error, "what was being sent when the app ended is not sent again yet");
        }
        Ok((store, set_aside))
    }

    /// Destroys the key and removes every file of the store in this folder, those set aside too. Only for a
    /// person's explicit wish. Fails with [`StoreError::Locked`] while the store is open anywhere.
    pub fn erase(dir: &Path, keys: &dyn KeyStore) -> Result<(), StoreError> {
        create_private_dir(dir)?;
        let lock = FolderLock::acquire(dir)?;
        if !lock.is_alone() {
            return Err(StoreError::Locked);
        }
        // Without the key nobody can read what a crash may leave.
        keys.destroy()?;
        Files::new(dir).remove_all()
    }

    /// The database file of the store in this folder, to tell the person where the data lies.
    pub fn database_path(dir: &Path) -> PathBuf {
        Files::new(dir).database()
    }

    /// Whether the file on the disk is encrypted: told from the file itself and the library in use.
    pub fn is_encrypted(&self) -> Result<bool, StoreError> {
        let mut head = [0; 16];
        std::fs::File::open(self.files.database())?.read_exact(&mut head)?;
        Ok(has_cipher(&self.connection)? && head != *b"SQLite format 3\0")
    }

    /// Lets the database grow to so many pages of 4 KiB, to provoke [`StoreError::DiskFull`] in tests.
    #[cfg(any(test, feature = "test-support"))]
    pub fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        let set: u32 = self.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), (), |row| row.get(0))?;
        tracing::debug!(pages = set, "the database may grow no further");
        Ok(())
    }

    /// Runs `work` in a transaction: all of it is stored, durably, or nothing. Where changes are made together, it is a part of that.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let attempt = || {
            if self.together {
                self.still_together()?;
                let part = self.connection.savepoint()?;
                let value = work(&part)?;
                part.commit()?;
                return Ok(value);
            }
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        let result = attempt();
        self.watch_for_damage(&result);
        result
    }

    /// On a full disk, and on some other failures, SQLite undoes a whole transaction by itself. What would be written after that
    /// would be stored without what it belongs to.
    pub(crate) fn still_together(&self) -> Result<(), StoreError> {
        if self.together && self.connection.is_autocommit() {
            return Err(StoreError::Undone);
        }
        Ok(())
    }

    /// Runs `work`, which only reads.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let result = work(&self.connection);
        self.watch_for_damage(&result);
        result
    }

    pub(crate) fn watch_for_damage<T>(&self, result: &Result<T, StoreError>) {
        if matches!(result, Err(StoreError::Corrupt)) {
            self.files.mark_suspect();
        }
    }
}

pub(crate) fn load_or_make_key(files: &Files, lock: &FolderLock, keys: &dyn KeyStore) -> Result<Key, StoreError> {
    if let Some(key) = keys.load()? {
        return Ok(key);
    }
    if files.have_data()? {
        return Err(StoreError::KeyLost);
    }
    if !lock.is_alone() {
        return Err(StoreError::Locked);
    }
    let key = Key::generate()?;
    keys.save(&key)?;
    Ok(key)
}

fn move_away(files: &Files, lock: &FolderLock, otherwise: StoreError) -> Result<SetAside, StoreError> {
    if lock.is_alone() { files.set_aside("damaged") } else { Err(otherwise) }
}

/// Lets SQLCipher set itself up before any database is opened. SQLite calls itself initialised before SQLCipher's own part of
/// that has run, so of the first databases that a process opens at once, one could fail.
pub(crate) fn set_up_once() -> Result<(), StoreError> {
    static SET_UP: Mutex<bool> = Mutex::new(false);
    // Whoever panicked with it has left it as it was.
    let mut set_up = SET_UP.lock().unwrap_or_else(PoisonError::into_inner);
    if !*set_up {
        Connection::open_in_memory()?;
        *set_up = true;
    }
    Ok(())
}

/// Opens, checks and migrates. [`StoreError::WrongKey`]: the first page can't be read with this key.
fn open_checked(files: &Files, lock: &FolderLock, key: &Key) -> Result<Connection, StoreError> {
    let suspect = files.is_suspect()?;
    let check_all = suspect || files.database_bytes()? <= ALWAYS_CHECKED_BYTES;
    set_up_once()?;
    let mut connection = Connection::open(files.database())?;
    unlock(&connection, key)?;
    configure(&connection)?;
    let (found, known) = (schema::version(&connection)?, schema::known(schema::MIGRATIONS));
    if found > known {
        return Err(StoreError::NewerVersion { found, known });
    }
    if check_all {
        let verdict: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
        if verdict != "ok" {
            return Err(StoreError::Corrupt);
        }
        if suspect {
            files.clear_suspect()?;
        }
    }
    if found < known {
        if !lock.is_alone() {
            return Err(StoreError::Locked);
        }
        schema::migrate(&mut connection, schema::MIGRATIONS)?;
    }
    Ok(connection)
}

pub(crate) fn unlock(connection: &Connection, key: &Key) -> Result<(), StoreError> {
    silence(connection)?;
    let statement = Zeroizing::new(format!("PRAGMA key = \"{}\"", *key.literal()));
    connection.execute_batch(&statement)?;
    connection.busy_timeout(BUSY_WAIT)?;
    match schema::version(connection) {
        Err(StoreError::Corrupt) => Err(StoreError::WrongKey),
        other => other.map(|_| ()),
    }
}

/// What holds for every connection before its key is set.
pub(crate) fn silence(connection: &Connection) -> Result<(), StoreError> {
    if !has_cipher(connection)? {
        return Err(StoreError::NotEncrypted);
    }
    // SQLCipher would write to standard error on every page it can't read. fullfsync: on Apple systems a
    // plain fsync stops at the drive's cache; set here, as closing brings the log into the database even if no page can be read.
    connection.execute_batch(
        "PRAGMA cipher_log_level = NONE;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;",
    )?;
    Ok(())
}

fn has_cipher(connection: &Connection) -> Result<bool, StoreError> {
    let mut statement = connection.prepare("PRAGMA cipher_version")?;
    let mut rows = statement.query(())?;
    Ok(rows.next()?.is_some())
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Io { kind: std::io::ErrorKind::Unsupported });
    }
    // recursive_triggers: a REPLACE must not slip past the audit's triggers.
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA recursive_triggers = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;",
    )?;
    Ok(())
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
