//! Copies to keep, the way back, and the end of everything.

use std::sync::Arc;

use lumbra::store::{FileKeyStore, Passphrase};
use lumbra::{Companion, SystemClock};

use crate::error::LumbraError;
use crate::lumbra::{Lumbra, path};
use crate::ports::{ForeignClock, ForeignKeys, KeyStore, WallClock};
use crate::runtime::Clockwork;

#[uniffi::export]
impl Lumbra {
    /// Writes an encrypted copy of everything to a file, over what is there, and tells its size in bytes. The passphrase has twelve
    /// characters at least; without it nobody can read the copy, and nobody can recover it. What is under way goes on meanwhile.
    pub async fn back_up(&self, file: String, passphrase: String) -> Result<u64, LumbraError> {
        let (file, passphrase) = (path(&file)?, words(passphrase)?);
        self.run(|companion| async move { companion.back_up(&file, passphrase).await }).await
    }
}

/// Brings everything back from a backup, into a folder in which no core is open. Data that is there is an error, unless it is to be
/// replaced; it is set aside then, and these are its files. On any error what was there is as it was. The screening is asked again.
#[uniffi::export(default(replace = false, keys = None, clock = None))]
pub async fn restore_backup(
    data_dir: String,
    file: String,
    passphrase: String,
    replace: bool,
    keys: Option<Arc<dyn KeyStore>>,
    clock: Option<Arc<dyn WallClock>>,
) -> Result<Vec<String>, LumbraError> {
    let (dir, file, passphrase) = (path(&data_dir)?, path(&file)?, words(passphrase)?);
    let restored = Clockwork::Real.run(async move {
        let key_file = FileKeyStore::new(dir.join("lumbra.key"));
        let keys: Box<dyn lumbra::store::KeyStore + Send> = match keys {
            Some(keys) => Box::new(ForeignKeys(keys)),
            None => Box::new(key_file),
        };
        let clock: Box<dyn lumbra::WallClock> = match clock {
            Some(clock) => Box::new(ForeignClock(clock)),
            None => Box::new(SystemClock),
        };
        Ok(Companion::restore(dir, keys, &*clock, &file, passphrase, replace).await?)
    });
    let files = restored.await?.map(|set_aside| set_aside.files).unwrap_or_default();
    Ok(files.iter().map(|file| file.display().to_string()).collect())
}

/// Destroys the key and removes everything that is stored in a folder in which no core is open: only for a person's explicit wish. What
/// a wearable still remembers, and its bond in the system's settings, stay there.
#[uniffi::export(default(keys = None))]
pub async fn erase_data(data_dir: String, keys: Option<Arc<dyn KeyStore>>) -> Result<(), LumbraError> {
    let dir = path(&data_dir)?;
    let erased = Clockwork::Real.run(async move {
        let keys: Box<dyn lumbra::store::KeyStore + Send> = match keys {
            Some(keys) => Box::new(ForeignKeys(keys)),
            None => Box::new(FileKeyStore::new(dir.join("lumbra.key"))),
        };
        Ok(Companion::erase(dir, keys).await?)
    });
    erased.await
}

fn words(passphrase: String) -> Result<Passphrase, LumbraError> {
    Passphrase::new(passphrase).map_err(LumbraError::invalid)
}
