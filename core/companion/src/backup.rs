//! An encrypted copy of everything, the way back, and the end of everything.

use std::path::{Path, PathBuf};

use lumbra_domain::screening::{self, Answers};
use lumbra_store::{KeyStore, Passphrase, Screening, SetAside, Store};

use crate::clock::WallClock;
use crate::companion::Companion;
use crate::error::Error;

impl Companion {
    /// Writes an encrypted copy of everything to `file`, over what is there, and tells its size in bytes. What is under way goes on
    /// meanwhile.
    pub async fn back_up(&self, file: &Path, passphrase: Passphrase) -> Result<u64, Error> {
        let (dir, keys, file) = (self.dir().to_owned(), self.keys(), file.to_owned());
        blocking("making a backup", move || Store::back_up(&dir, &*keys, &file, &passphrase)).await
    }

    /// Brings everything back from a backup, with the core closed. Data that is there is an error, unless it is to be replaced; it is
    /// set aside then, and told. On any error what was there is as it was.
    ///
    /// The person may have changed since the backup was made: the screening is asked again before anything starts.
    pub async fn restore(
        dir: PathBuf,
        keys: Box<dyn KeyStore + Send>,
        clock: &dyn WallClock,
        file: &Path,
        passphrase: Passphrase,
        replace: bool,
    ) -> Result<Option<SetAside>, Error> {
        let none = Answers::default();
        let unanswered = Screening {
            at_ms: clock.unix_ms(),
            questionnaire_version: screening::VERSION,
            answers: serde_json::to_string(&none).map_err(|_| Error::Internal("answers"))?,
            outcome: "incomplete".to_owned(),
        };
        let file = file.to_owned();
        blocking("restoring a backup", move || {
            let set_aside = Store::restore(&dir, &*keys, &file, &passphrase, replace)?;
            let (mut store, _) = Store::open(&dir, &*keys)?;
            if store.latest_screening()?.is_some() {
                store.save_screening(&unanswered)?;
            }
            Ok(set_aside)
        })
        .await
    }

    /// Destroys the key and removes everything that is stored in a folder, with the core closed; for a person's explicit wish. What
    /// a wearable still remembers, and its bond in the system's settings, stay there.
    pub async fn erase(dir: PathBuf, keys: Box<dyn KeyStore + Send>) -> Result<(), Error> {
        blocking("erasing", move || Store::erase(&dir, &*keys)).await
    }
}

async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T, lumbra_store::StoreError> + Send + 'static,
) -> Result<T, Error> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| Error::Internal(what))??)
}
