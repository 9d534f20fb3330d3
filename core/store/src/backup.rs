//! An encrypted copy of everything, which a person can keep elsewhere and bring to another phone.
//!
//! The database's own key never leaves the key store: the copy is a database of its own under a passphrase, from which SQLCipher
//! derives a key with a random salt and 256,000 rounds of PBKDF2-HMAC-SHA512. Restored, it is encrypted under the key of the phone that
//! it comes to.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::files::{Files, FolderLock, KeyFit, SetAside};
use crate::key::{Key, KeyStore, create_private_dir, sync_dir_of};
use crate::schema;
use crate::store::{Store, load_or_make_key, set_up_once, silence, unlock};

/// The least characters of a passphrase. A backup leaves the phone, and whoever finds it has all the time in the world; the figure is
/// this project's choice.
pub const PASSPHRASE_MIN: usize = 12;
/// What tells a database of this project from any other: the `application_id` of the first migration.
const APPLICATION_ID: i64 = 0x4C75_6D62;

/// What a backup is encrypted with. Wiped from memory when dropped, and never in debug output.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

/// Why a text is no passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a passphrase needs {PASSPHRASE_MIN} characters at least, for example four words that have nothing to do with each other"
)]
pub struct PassphraseError;

impl Passphrase {
    /// From what the person has typed.
    pub fn new(text: String) -> Result<Self, PassphraseError> {
        let text = Zeroizing::new(text);
        if text.chars().count() < PASSPHRASE_MIN { Err(PassphraseError) } else { Ok(Self(text)) }
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Passphrase(..)")
    }
}

/// A file that is removed unless it was finished.
struct Unfinished(Option<PathBuf>);

impl Unfinished {
    fn new(path: PathBuf) -> Result<Self, StoreError> {
        remove(&path)?;
        Ok(Self(Some(path)))
    }

    fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or_else(|| Path::new(""))
    }

    /// Makes it durable under its own name.
    fn finish(mut self, name: &Path) -> Result<(), StoreError> {
        if let Some(path) = self.0.take() {
            let moved = File::open(&path)
                .and_then(|file| {
                    // As encrypted as it is, it is nobody else's.
                    #[cfg(unix)]
                    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
                    file.sync_all()
                })
                .and_then(|()| fs::rename(&path, name));
            if let Err(error) = moved {
                self.0 = Some(path);
                return Err(error.into());
            }
            sync_dir_of(name)?;
        }
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // A copy that was not finished is of no use; that it could not be removed either says nothing new.
            let _ = fs::remove_file(path);
            let _ = fs::remove_file(journal(path));
        }
    }
}

fn journal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-journal");
    name.into()
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

impl Store {
    /// Writes an encrypted copy of everything to `file`, over what is there, and tells its size in bytes. The store may be open and in
    /// use meanwhile: what is copied is how it was when this began. A copy that fails leaves what was there.
    pub fn back_up(dir: &Path, keys: &dyn KeyStore, file: &Path, passphrase: &Passphrase) -> Result<u64, StoreError> {
        let _lock = FolderLock::acquire(dir)?;
        let files = Files::new(dir);
        let key = keys.load()?.ok_or(StoreError::KeyLost)?;
        if files.key_fit(&key)? == KeyFit::DoesNot {
            return Err(StoreError::WrongKey);
        }
        set_up_once()?;
        let connection = Connection::open(files.database())?;
        unlock(&connection, &key)?;
        let part = Unfinished::new(file.with_extension("part"))?;
        copy(&connection, part.path(), &passphrase.0)?;
        let bytes = fs::metadata(part.path())?.len();
        part.finish(file)?;
        Ok(bytes)
    }

    /// Brings everything back from a backup, as it was when that was made. With the store closed everywhere, or it is
    /// [`StoreError::Locked`]. Data that is there already is [`StoreError::Conflict`], unless it is to be replaced: then it is set aside,
    /// encrypted as it was, and told. On any error what was there is as it was.
    pub fn restore(
        dir: &Path,
        keys: &dyn KeyStore,
        file: &Path,
        passphrase: &Passphrase,
        replace: bool,
    ) -> Result<Option<SetAside>, StoreError> {
        create_private_dir(dir)?;
        let lock = FolderLock::acquire(dir)?;
        if !lock.is_alone() {
            return Err(StoreError::Locked);
        }
        let files = Files::new(dir);
        let have_data = files.have_data()?;
        if have_data && !replace {
            return Err(StoreError::Conflict { what: "the data that is there" });
        }
        let backup = open_backup(file, passphrase)?;
        let key = match load_or_make_key(&files, &lock, keys) {
            // What is there can't be read without it, and is kept for when it is found.
            Err(StoreError::KeyLost) => {
                let key = Key::generate()?;
                keys.save(&key)?;
                key
            }
            other => other?,
        };
        let part = Unfinished::new(files.restoring())?;
        copy(&backup, part.path(), &key.literal())?;
        drop(backup);
        let set_aside = if have_data { Some(files.set_aside("replaced")?) } else { None };
        files.write_key_check(&key)?;
        part.finish(&files.database())?;
        Ok(set_aside)
    }
}

/// Opens a backup to read it, and looks whether it is whole.
fn open_backup(file: &Path, passphrase: &Passphrase) -> Result<Connection, StoreError> {
    // SQLite would make a file that isn't there.
    File::open(file)?;
    set_up_once()?;
    // Nothing is written to it; but what is attached to a connection is opened as its own database is, and the copy is to be made.
    let connection = Connection::open(file)?;
    silence(&connection)?;
    connection.pragma_update(None, "key", passphrase.0.as_str())?;
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), (), |row| row.get::<_, i64>(0));
    let found = match pragma("user_version") {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            return Err(StoreError::WrongPassphrase);
        }
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            return Err(StoreError::DamagedBackup);
        }
        found => u32::try_from(found?).unwrap_or(u32::MAX),
    };
    if pragma("application_id")? != APPLICATION_ID || found == 0 {
        return Err(StoreError::WrongPassphrase);
    }
    let known = schema::known(schema::MIGRATIONS);
    if found > known {
        return Err(StoreError::NewerVersion { found, known });
    }
    match is_whole(&connection) {
        Ok(true) => Ok(connection),
        Ok(false) | Err(StoreError::Corrupt) => Err(StoreError::DamagedBackup),
        Err(error) => Err(error),
    }
}

fn is_whole(connection: &Connection) -> Result<bool, StoreError> {
    let damaged = connection.prepare("PRAGMA cipher_integrity_check")?.exists(())?;
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
    Ok(!damaged && verdict == "ok")
}

/// Copies a database to a new file under another key: one moment of it, whole.
fn copy(connection: &Connection, to: &Path, key: &str) -> Result<(), StoreError> {
    let to = to.to_str().ok_or(StoreError::Invalid { what: "the file's name" })?;
    connection.execute("ATTACH DATABASE ? AS copy KEY ?", [to, key])?;
    let copied = (|| {
        let transaction = connection.unchecked_transaction()?;
        let (version, application): (u32, i64) = (
            transaction.query_row("PRAGMA main.user_version", (), |row| row.get(0))?,
            transaction.query_row("PRAGMA main.application_id", (), |row| row.get(0))?,
        );
        transaction.query_row("SELECT sqlcipher_export('copy')", (), |_| Ok(()))?;
        transaction.execute_batch(&format!(
            "PRAGMA copy.user_version = {version}; PRAGMA copy.application_id = {application};"
        ))?;
        transaction.commit()
    })();
    // The copy is of no use when that has failed, and is removed.
    let detached = connection.execute("DETACH DATABASE copy", ());
    copied?;
    detached?;
    Ok(())
}
