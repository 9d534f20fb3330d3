//! What a software central remembers of its pairings.

use std::collections::BTreeSet;
#[cfg(unix)]
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::LinkError;
use crate::port::PeripheralId;
use crate::task;

/// The bonds of a software central, as data to keep between runs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bonds {
    /// How this central calls itself: the same towards every peripheral as long as any bond lasts.
    central: String,
    peripherals: BTreeSet<PeripheralId>,
}

impl Bonds {
    /// A new central without any bond.
    pub fn new() -> Self {
        Self { central: Uuid::new_v4().simple().to_string(), peripherals: BTreeSet::new() }
    }

    /// Whether there is a bond with this peripheral.
    pub fn contains(&self, id: &PeripheralId) -> bool {
        self.peripherals.contains(id)
    }

    pub(crate) fn central(&self) -> &str {
        &self.central
    }

    pub(crate) fn add(&mut self, id: PeripheralId) {
        self.peripherals.insert(id);
    }

    pub(crate) fn remove(&mut self, id: &PeripheralId) -> bool {
        self.peripherals.remove(id)
    }
}

impl Default for Bonds {
    fn default() -> Self {
        Self::new()
    }
}

// The central's name is all that a software bond is made of: it stays out of logs.
impl std::fmt::Debug for Bonds {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Bonds({})", self.peripherals.len())
    }
}

/// Where bonds are kept.
#[derive(Clone, Debug)]
pub(crate) enum BondBook {
    Memory(Arc<Mutex<Bonds>>),
    #[cfg(unix)]
    File(PathBuf),
}

impl BondBook {
    pub(crate) fn in_memory(bonds: Bonds) -> Self {
        Self::Memory(Arc::new(Mutex::new(bonds)))
    }

    /// All bonds as they are now.
    pub(crate) async fn load(&self) -> Result<Bonds, LinkError> {
        self.change(|bonds| bonds.clone()).await
    }

    /// Reads, changes and keeps the bonds.
    pub(crate) async fn change<R: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Bonds) -> R + Send + 'static,
    ) -> Result<R, LinkError> {
        match self {
            Self::Memory(bonds) => Ok(change(&mut bonds.lock().unwrap_or_else(PoisonError::into_inner))),
            #[cfg(unix)]
            Self::File(path) => {
                let path = path.clone();
                task::spawn_blocking(move || file::change(&path, change))
                    .await
                    .map_err(|_| LinkError::Platform("the task that keeps the bonds was stopped".into()))?
            }
        }
    }
}

#[cfg(unix)]
mod file {
    use std::fs;
    use std::io::{ErrorKind, Write};
    use std::path::Path;

    use super::Bonds;
    use crate::error::LinkError;

    pub(super) fn change<R>(path: &Path, change: impl FnOnce(&mut Bonds) -> R) -> Result<R, LinkError> {
        let (before, mut bonds) = match fs::read(path) {
            Ok(bytes) => {
                // Never written over: a person may want to look at it first.
                let bonds: Bonds = serde_json::from_slice(&bytes)
                    .map_err(|_| fault("the file of bonds is damaged: move it away, then pair again"))?;
                (Some(bonds.clone()), bonds)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => (None, Bonds::new()),
            Err(error) => return Err(io("read", &error)),
        };
        let result = change(&mut bonds);
        if before.as_ref() != Some(&bonds) {
            save(path, &bonds).map_err(|error| io("write", &error))?;
        }
        Ok(result)
    }

    /// Replaces the file in one step; a temporary file is the owner's alone from its first byte.
    fn save(path: &Path, bonds: &Bonds) -> std::io::Result<()> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, bonds)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }

    fn io(what: &str, error: &std::io::Error) -> LinkError {
        fault(&format!("can't {what} the file of bonds ({})", error.kind()))
    }

    fn fault(text: &str) -> LinkError {
        LinkError::Platform(text.to_owned())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_file_keeps_the_central_and_its_bonds_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/bonds.json");
        let id = PeripheralId::new("one");
        let first = BondBook::File(path.clone());
        let before = first.load().await.unwrap();
        let added = id.clone();
        first.change(move |bonds| bonds.add(added)).await.unwrap();

        let after = BondBook::File(path.clone()).load().await.unwrap();
        assert_eq!(after.central(), before.central());
        assert!(after.contains(&id) && !before.contains(&id));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_damaged_file_is_reported_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bonds.json");
        std::fs::write(&path, b"{\"central\":").unwrap();
        let book = BondBook::File(path.clone());
        let result = book.change(|bonds| bonds.add(PeripheralId::new("one"))).await;
        assert!(matches!(result, Err(LinkError::Platform(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"{\"central\":");
    }

    #[test]
    fn two_centrals_differ_and_stay_out_of_debug_output() {
        let bonds = Bonds::new();
        assert_ne!(bonds, Bonds::new());
        assert!(!format!("{bonds:?}").contains(bonds.central()));
    }
}
