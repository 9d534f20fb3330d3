//! What can go wrong, one variant for each thing an app can do about it.

use std::io;

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::columns::DecodeError;
use crate::key::KeyStoreError;

/// Why the store could not do what was asked. After any of these, what was stored before is as it was.
///
/// Texts and fields hold no stored values and no paths: they may be logged.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is a database and no key. A new key is never made over it.
    #[error("the key of the database is missing: restore it from a backup, or erase the stored data and start anew")]
    KeyLost,
    /// The key in the key store belongs to another database. Nothing was moved.
    #[error("the key does not fit the database: restore the right key, or erase the stored data and start anew")]
    WrongKey,
    /// The passphrase is not the one of the backup, or the file is no backup. Nothing was changed.
    #[error("this passphrase does not open this file, or it is no backup of Lumbra: nothing was changed")]
    WrongPassphrase,
    /// A backup that was damaged on its way. Nothing was changed.
    #[error("the backup is damaged: take another copy of it; nothing was changed")]
    DamagedBackup,
    /// The key store failed.
    #[error(transparent)]
    KeyStore(#[from] KeyStoreError),
    /// A newer version of the app has written the database.
    #[error("the database is of version {found} and this app knows up to {known}: update the app")]
    NewerVersion {
        /// The database's version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// Damage was found while the store was in use. Opening the store again sets the damaged files aside.
    #[error("the database is damaged: close the app and open it again; the damaged file is kept")]
    Corrupt,
    /// No space left. Nothing of the request was stored.
    #[error("the disk is full: free some space and try again; nothing was lost")]
    DiskFull,
    /// The folder or the file can't be written.
    #[error("the data folder can't be written: check its permissions and that the disk is not read-only")]
    ReadOnly,
    /// Another process holds the database.
    #[error("another program is using the data folder: close it and try again")]
    Locked,
    /// The operating system failed.
    #[error("the data folder can't be used: {kind}")]
    Io {
        /// How.
        kind: io::ErrorKind,
    },
    /// What was asked for, or what a value refers to, isn't there.
    #[error("{what} is not in the store")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
    },
    /// What is to be added is there already with other content, or can't be changed any more.
    #[error("{what} is already stored and can't be replaced")]
    Conflict {
        /// The kind of thing.
        what: &'static str,
    },
    /// A value that can't be stored.
    #[error("{what} is out of range")]
    Invalid {
        /// The value's name.
        what: &'static str,
    },
    /// A stored blob can't be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A document that was stored by another version, in a form that this one can't read.
    #[error("{what} was stored in a form that this version can't read: update the app")]
    Document {
        /// The kind of thing.
        what: &'static str,
    },
    /// What was to be stored together was undone by an earlier failure, after which something else was tried.
    #[error("nothing was stored, as something that belongs to it had failed: try again")]
    Undone,
    /// The library was built without encryption; nothing was written.
    #[error("this build can't encrypt: it must be linked with SQLCipher")]
    NotEncrypted,
    /// The store's thread has ended.
    #[error("the store is closed: open it again")]
    Closed,
    /// A mistake in this program.
    #[error("internal error {code} of the store: please report it")]
    Internal {
        /// SQLite's extended result code, or 0.
        code: i32,
    },
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            kind => Self::Io { kind },
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    // SQLite's texts can quote statements: only its codes are kept.
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => from_code(failure),
            rusqlite::Error::SqlInputError { error, .. } => from_code(error),
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound { what: "the row" },
            // A value that is not what this schema version writes.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::Corrupt,
            _ => Self::Internal { code: 0 },
        }
    }
}

fn from_code(failure: ffi::Error) -> StoreError {
    match failure.code {
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt,
        ErrorCode::DiskFull => StoreError::DiskFull,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreError::ReadOnly,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Locked,
        // The log's index could not grow.
        _ if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => StoreError::DiskFull,
        ErrorCode::CannotOpen | ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed => {
            StoreError::Io { kind: io::ErrorKind::Other }
        }
        ErrorCode::ConstraintViolation => match failure.extended_code {
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => StoreError::NotFound { what: "what this refers to" },
            ffi::SQLITE_CONSTRAINT_CHECK => StoreError::Invalid { what: "a value" },
            _ => StoreError::Conflict { what: "this entry" },
        },
        _ => StoreError::Internal { code: failure.extended_code },
    }
}
