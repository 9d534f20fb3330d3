//! The database's key and where it is kept.

use std::fmt::{self, Write as _};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::secrets::{Secret, SecretFiles, SecretName, wipe};

/// Bytes of a key.
pub const KEY_LEN: usize = 32;

/// A raw 256-bit key. It is wiped from memory when dropped and never shows in debug output.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; KEY_LEN]>);

impl Key {
    /// A new key from the operating system's randomness.
    pub fn generate() -> Result<Self, KeyStoreError> {
        let mut key = Self::from_bytes([0; KEY_LEN]);
        getrandom::fill(key.0.as_mut()).map_err(|_| KeyStoreError::NoRandomness)?;
        Ok(key)
    }

    /// A key that a key store has kept.
    pub fn from_bytes(bytes: [u8; KEY_LEN]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// As SQLCipher takes a raw key.
    pub(crate) fn literal(&self) -> Zeroizing<String> {
        let mut literal = Zeroizing::new(String::with_capacity(2 * KEY_LEN + 3));
        literal.push_str("x'");
        for byte in self.as_bytes() {
            // Writing to a string can't fail.
            let _ = write!(*literal, "{byte:02x}");
        }
        literal.push('\'');
        literal
    }

    /// The bytes, for a key store to keep.
    pub fn as_bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(..)")
    }
}

/// Why a key store failed.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// Others than the owner may read the key file.
    #[error(
        "others can read the key file {file}: run `chmod 600` on it, and erase the data if it may have been copied"
    )]
    Exposed {
        /// The file's name, without its folder.
        file: String,
    },
    /// What the key store holds is no key, or one that was wiped.
    #[error("the stored key is damaged: restore it from a backup, or erase the stored data and start anew")]
    Damaged,
    /// There is a key already; it is never overwritten.
    #[error("there is a key already: it is not replaced")]
    Exists,
    /// The operating system gave no random numbers.
    #[error("the operating system gives no random numbers: restart the computer and try again")]
    NoRandomness,
    /// The key store can't be reached: a locked device, no permission, a full disk.
    #[error("the key store can't be used ({kind}): unlock the device, check permissions and free space, and try again")]
    Unavailable {
        /// How it failed.
        kind: io::ErrorKind,
    },
    /// The key store keeps the database's key alone. Nothing can be connected that needs a secret to be kept.
    #[error("this app's key store keeps no sign-in: update the app")]
    Unsupported,
    /// A name or a secret that a key store can't take.
    #[error("{what} is out of range")]
    Unfit {
        /// What.
        what: &'static str,
    },
}

impl From<io::Error> for KeyStoreError {
    fn from(error: io::Error) -> Self {
        Self::Unavailable { kind: error.kind() }
    }
}

/// Where the key is kept: the platform's key store on phones, [`FileKeyStore`] on desktops.
pub trait KeyStore: Send + Sync {
    /// The key, or `None` when none was ever saved here or it was destroyed. A key that is there and can't
    /// be had right now is an error, never `None`.
    fn load(&self) -> Result<Option<Key>, KeyStoreError>;
    /// Keeps a key; it must be durable on return, and must not replace another.
    fn save(&self, key: &Key) -> Result<(), KeyStoreError>;
    /// Destroys the key, if there is one, and then every secret: the data can't be read by anyone from then on.
    fn destroy(&self) -> Result<(), KeyStoreError>;

    /// Keeps a secret in place of what was kept under this name. It is durable on return; cut short, the earlier one is there.
    ///
    /// A key store without secrets refuses all three with [`KeyStoreError::Unsupported`]; so do these methods unless they are written.
    fn save_secret(&self, _name: &SecretName, _secret: &Secret) -> Result<(), KeyStoreError> {
        Err(KeyStoreError::Unsupported)
    }
    /// The secret of this name, or `None` when none is kept. One that is there and can't be had right now is an error, never `None`.
    fn load_secret(&self, _name: &SecretName) -> Result<Option<Secret>, KeyStoreError> {
        Err(KeyStoreError::Unsupported)
    }
    /// Deletes a secret, if it is there.
    fn delete_secret(&self, _name: &SecretName) -> Result<(), KeyStoreError> {
        Err(KeyStoreError::Unsupported)
    }
}

/// A key in a file that only its owner may read, and each secret in one beside it.
///
/// On Unix the file is made with mode 0600, and one that others can read is refused. On Windows the rights
/// of the folder count, which in a person's profile are the person's alone.
#[derive(Clone, Debug)]
pub struct FileKeyStore {
    path: PathBuf,
}

impl FileKeyStore {
    /// The key in this file. Its folder is made when a key is saved.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl KeyStore for FileKeyStore {
    fn load(&self) -> Result<Option<Key>, KeyStoreError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if exposed(&file)? {
            let name = self.path.file_name().unwrap_or_default();
            return Err(KeyStoreError::Exposed { file: name.to_string_lossy().into_owned() });
        }
        // One byte more than a key shows a file that is too long.
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_LEN + 1));
        file.take(KEY_LEN as u64 + 1).read_to_end(&mut bytes)?;
        let bytes: [u8; KEY_LEN] = bytes.as_slice().try_into().map_err(|_| KeyStoreError::Damaged)?;
        // All zeros is a key that was being destroyed: what it encrypted, anybody could read.
        if bytes == [0; KEY_LEN] {
            return Err(KeyStoreError::Damaged);
        }
        Ok(Some(Key::from_bytes(bytes)))
    }

    fn save(&self, key: &Key) -> Result<(), KeyStoreError> {
        if self.path.try_exists()? {
            return Err(KeyStoreError::Exists);
        }
        if let Some(dir) = self.path.parent() {
            create_private_dir(dir)?;
        }
        write_durably(&self.path, key.as_bytes())?;
        Ok(())
    }

    fn destroy(&self) -> Result<(), KeyStoreError> {
        wipe(&self.path)?;
        SecretFiles::beside(&self.path).delete_all()
    }

    fn save_secret(&self, name: &SecretName, secret: &Secret) -> Result<(), KeyStoreError> {
        SecretFiles::beside(&self.path).save(name, secret)
    }

    fn load_secret(&self, name: &SecretName) -> Result<Option<Secret>, KeyStoreError> {
        SecretFiles::beside(&self.path).load(name)
    }

    fn delete_secret(&self, name: &SecretName) -> Result<(), KeyStoreError> {
        SecretFiles::beside(&self.path).delete(name)
    }
}

#[cfg(unix)]
pub(crate) fn exposed(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the Unix version can fail")]
pub(crate) fn exposed(_file: &File) -> io::Result<bool> {
    Ok(false)
}

/// Makes a folder, and those above it, that only its owner may enter.
pub(crate) fn create_private_dir(dir: &Path) -> io::Result<()> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.is_dir();
    let made: Vec<&Path> = dir.ancestors().take_while(is_missing).collect();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)?;
    // A folder whose name a power cut takes away is gone with all that was synced in it.
    for folder in made {
        match sync_dir_of(folder) {
            // Whoever may add names to a folder need not be allowed to read it, and only what can be read can be synced.
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Writes a small file for its owner alone: it is there whole and durable, or not at all.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&new, path)?;
    sync_dir_of(path)
}

/// Makes the names in a file's folder durable.
pub(crate) fn sync_dir_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        // Windows can't open folders; its file system logs names itself.
        Some(dir) if cfg!(unix) => {
            let here = dir.as_os_str().is_empty();
            File::open(if here { Path::new(".") } else { dir })?.sync_all()
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_and_destroyed() {
        let dir = tempfile::tempdir().unwrap();
        let keys = FileKeyStore::new(dir.path().join("deep/key"));
        assert!(keys.load().unwrap().is_none());
        let key = Key::generate().unwrap();
        keys.save(&key).unwrap();
        assert_eq!(keys.load().unwrap().unwrap().as_bytes(), key.as_bytes());
        assert!(matches!(keys.save(&key), Err(KeyStoreError::Exists)));
        keys.destroy().unwrap();
        keys.destroy().unwrap();
        assert!(keys.load().unwrap().is_none());
    }

    #[test]
    fn keys_differ_and_do_not_show() {
        let key = Key::generate().unwrap();
        assert_ne!(key.as_bytes(), Key::generate().unwrap().as_bytes());
        assert_eq!(format!("{key:?}"), "Key(..)");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let keys = FileKeyStore::new(&path);
        keys.save(&Key::generate().unwrap()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = keys.load().unwrap_err();
            assert!(matches!(&error, KeyStoreError::Exposed { file } if file == "key"));
            assert!(error.to_string().contains("chmod 600"));
        }
    }

    #[test]
    fn a_wiped_key_is_no_key() {
        // What a power cut leaves that falls between the wiping of a key and its file's removal.
        let dir = tempfile::tempdir().unwrap();
        let keys = FileKeyStore::new(dir.path().join("key"));
        write_durably(&dir.path().join("key"), &[0; KEY_LEN]).unwrap();
        assert!(matches!(keys.load(), Err(KeyStoreError::Damaged)));
        keys.destroy().unwrap();
        assert!(keys.load().unwrap().is_none());
    }

    #[test]
    fn a_damaged_file_is_no_key() {
        let dir = tempfile::tempdir().unwrap();
        for len in [0, 1, KEY_LEN - 1, KEY_LEN + 1, 10_000] {
            let path = dir.path().join(len.to_string());
            write_durably(&path, &vec![7; len]).unwrap();
            assert!(matches!(FileKeyStore::new(path).load(), Err(KeyStoreError::Damaged)));
        }
    }
}
