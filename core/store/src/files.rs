//! The files of the store: their names, who may use them, and how damaged ones are set aside.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use crate::error::StoreError;
use crate::key::{Key, sync_dir_of, write_durably};

const DATABASE: &str = "lumbra.db";
/// SQLCipher's page size.
const PAGE_BYTES: u64 = 4_096;
const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_RETRY: Duration = Duration::from_millis(20);

/// A database that was moved out of the way: a damaged one, or one that a backup has replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// When, in Unix milliseconds; part of the files' names.
    pub at_ms: i64,
    /// The files as they are named now: the database first, then its log. They are as they were found,
    /// encrypted under the same key, and never deleted but by [`crate::Store::erase`].
    pub files: Vec<PathBuf>,
}

/// Whether the key fits the database, told without touching the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyFit {
    Fits,
    DoesNot,
    /// The key check is missing or unreadable.
    Unknown,
}

#[derive(Clone, Debug)]
pub(crate) struct Files {
    dir: PathBuf,
}

impl Files {
    pub(crate) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.dir.join(DATABASE)
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        self.dir.join(format!("{DATABASE}{suffix}"))
    }

    fn key_check(&self) -> PathBuf {
        self.beside("-key-check")
    }

    fn suspect(&self) -> PathBuf {
        self.beside("-suspect")
    }

    /// Whether there is anything a key is needed for.
    pub(crate) fn have_data(&self) -> Result<bool, StoreError> {
        // An empty file is what a first start leaves that was killed before it wrote, unless a key check
        // tells that there was a database once.
        let emptied = len(&self.database())? == Some(0) && self.key_check().try_exists()?;
        Ok(self.database_bytes()? > 0 || self.has_orphan_log()? || emptied)
    }

    /// Whether the database is gone, or too short for a single page, although there was one: SQLite would
    /// take it for a new one and write over it.
    pub(crate) fn lost_content(&self) -> Result<bool, StoreError> {
        Ok(self.have_data()? && self.database_bytes()? < PAGE_BYTES && !self.was_never_made()?)
    }

    /// Whether a first start was cut short while it wrote the first page: SQLite then undoes that from its journal, which is gone
    /// before anything else is stored.
    fn was_never_made(&self) -> Result<bool, StoreError> {
        Ok(len(&self.beside("-journal"))?.unwrap_or(0) > 0 && !self.key_check().try_exists()?)
    }

    fn has_orphan_log(&self) -> Result<bool, StoreError> {
        Ok(self.database_bytes()? == 0 && len(&self.beside("-wal"))?.unwrap_or(0) > 0)
    }

    pub(crate) fn database_bytes(&self) -> Result<u64, StoreError> {
        Ok(len(&self.database())?.unwrap_or(0))
    }

    /// Whether damage was seen in an earlier run.
    pub(crate) fn is_suspect(&self) -> Result<bool, StoreError> {
        Ok(self.suspect().try_exists()?)
    }

    /// Remembers that damage was seen. Best effort: the disk may be failing.
    pub(crate) fn mark_suspect(&self) {
        if let Err(error) = File::create(self.suspect()) {
            tracing::warn!(kind = %error.kind(), "can't remember that the database is damaged");
        }
    }

    pub(crate) fn clear_suspect(&self) -> Result<(), StoreError> {
        remove(&self.suspect())
    }

    pub(crate) fn key_fit(&self, key: &Key) -> Result<KeyFit, StoreError> {
        let mut found = Vec::new();
        match File::open(self.key_check()) {
            Ok(file) => file.take(KEY_CHECK_LEN as u64 + 1).read_to_end(&mut found)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(KeyFit::Unknown),
            Err(error) => return Err(error.into()),
        };
        Ok(if found == key_check(key) {
            KeyFit::Fits
        } else if is_key_check(&found) {
            KeyFit::DoesNot
        } else {
            KeyFit::Unknown
        })
    }

    pub(crate) fn write_key_check(&self, key: &Key) -> Result<(), StoreError> {
        Ok(write_durably(&self.key_check(), &key_check(key))?)
    }

    /// Where a backup is brought to before it takes the database's place.
    pub(crate) fn restoring(&self) -> PathBuf {
        self.beside("-restoring")
    }

    /// Renames the database and its log, which then still belong together. `why`: a word of their new names.
    pub(crate) fn set_aside(&self, why: &str) -> Result<SetAside, StoreError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut at_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let name = |at_ms: i64, suffix: &str| self.dir.join(format!("lumbra-{why}-{at_ms}.db{suffix}"));
        while name(at_ms, "").try_exists()? || name(at_ms, "-wal").try_exists()? {
            at_ms += 1;
        }
        // The database goes first: a log without a database is set aside at the next start.
        let mut files = Vec::new();
        for suffix in ["", "-wal", "-shm"] {
            let to = name(at_ms, suffix);
            match fs::rename(self.beside(suffix), &to) {
                Ok(()) => files.push(to),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        sync_dir_of(&self.database())?;
        self.clear_suspect()?;
        tracing::warn!(at_ms, why, "the database was set aside");
        Ok(SetAside { at_ms, files })
    }

    /// Removes every file of the store, those set aside too, but for the lock.
    pub(crate) fn remove_all(&self) -> Result<(), StoreError> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name: OsString = entry.file_name();
            let name = name.to_string_lossy();
            if ["lumbra.db", "lumbra-damaged-", "lumbra-replaced-"].iter().any(|begin| name.starts_with(begin)) {
                remove(&entry.path())?;
            }
        }
        sync_dir_of(&self.database())?;
        Ok(())
    }
}

fn len(path: &Path) -> Result<Option<u64>, StoreError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

const KEY_CHECK_LEN: usize = 24;

/// A hash of the key, which tells nothing of a random 256-bit key, and a checksum that tells a damaged file
/// from another key.
fn key_check(key: &Key) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(b"lumbra key check 1");
    hash.update(key.as_bytes());
    let mut check: Vec<u8> = hash.finalize().iter().take(16).copied().collect();
    check.extend(checksum(&check));
    check
}

fn is_key_check(bytes: &[u8]) -> bool {
    bytes.len() == KEY_CHECK_LEN && bytes.split_at_checked(16).is_some_and(|(hash, sum)| checksum(hash) == sum)
}

fn checksum(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).iter().take(8).copied().collect()
}

/// Who uses the folder: many may share it, and whoever makes, upgrades, sets aside or erases a database must
/// be alone. The system lets go of the lock when a process dies.
#[derive(Debug)]
pub(crate) struct FolderLock {
    file: File,
    alone: bool,
}

impl FolderLock {
    /// Alone if nobody else is here, else shared with the others.
    pub(crate) fn acquire(dir: &Path) -> Result<Self, StoreError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(dir.join("lumbra.lock"))?;
        let alone = wait_for(|| match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => file.try_lock_shared().map(|()| false),
            Err(error) => Err(error),
        })?;
        Ok(Self { file, alone })
    }

    pub(crate) const fn is_alone(&self) -> bool {
        self.alone
    }

    /// Lets others in.
    pub(crate) fn share(&mut self) -> Result<(), StoreError> {
        if self.alone {
            // Not every system can turn one lock into the other.
            self.file.unlock()?;
            wait_for(|| self.file.try_lock_shared())?;
            self.alone = false;
        }
        Ok(())
    }
}

fn wait_for<T>(mut attempt: impl FnMut() -> Result<T, TryLockError>) -> Result<T, StoreError> {
    let mut left = LOCK_WAIT;
    loop {
        match attempt() {
            Ok(value) => return Ok(value),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Err(TryLockError::WouldBlock) => {
                left = left.checked_sub(LOCK_RETRY).ok_or(StoreError::Locked)?;
                thread::sleep(LOCK_RETRY);
            }
        }
    }
}
