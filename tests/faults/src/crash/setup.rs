//! Folders to try in, and what is put into them: the frozen databases of earlier schema versions, to interrupt their migrations.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use lumbra_store::Store;
use tempfile::TempDir;

use super::Broken;
use super::judge::look;
use super::picture::Picture;
use super::writer::key_file;

/// The key they were all made under.
const KEY: [u8; 32] = [0x42; 32];

/// A database of an earlier version, and what is in it when nothing interrupts its migration.
#[derive(Clone, Debug)]
pub(crate) struct Frozen {
    file: PathBuf,
    /// What is in it.
    pub(crate) picture: Picture,
}

impl Frozen {
    /// All there are.
    pub(crate) fn all() -> Result<Vec<Self>, Broken> {
        let mut files = Vec::new();
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/store/tests/frozen"))? {
            files.push(entry?.path());
        }
        files.sort();
        files.into_iter().map(Self::thaw).collect()
    }

    fn thaw(file: PathBuf) -> Result<Self, Broken> {
        let dir = tempfile::tempdir()?;
        let mut frozen = Self { file, picture: Picture::default() };
        frozen.put(dir.path())?;
        frozen.picture = look(dir.path())?;
        if frozen.picture == Picture::default() {
            return Err(Broken::Setup("a frozen database is empty"));
        }
        Ok(frozen)
    }

    /// Puts it and its key into a folder, as an app that was updated finds them.
    pub(crate) fn put(&self, dir: &Path) -> Result<(), Broken> {
        fs::create_dir_all(dir)?;
        fs::copy(&self.file, Store::database_path(dir))?;
        write_private(&key_file(dir), &KEY)
    }
}

/// A folder in memory where there is one, else on the disk.
pub(crate) fn in_memory() -> Result<TempDir, Broken> {
    let memory = Path::new("/dev/shm");
    Ok(if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? })
}

/// Writes a file that only its owner may read: the store refuses a key that others could.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Broken> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(path)?.write_all(bytes)?)
}
