//! Named secrets, such as the tokens of a connection: they stay in the key store and are never in the database, which a backup
//! takes to other phones.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::key::{KeyStoreError, create_private_dir, exposed, sync_dir_of, write_durably};

/// The most bytes of a secret. Tokens have some hundred to a few thousand; the figure is this project's choice.
pub const SECRET_MAX: usize = 16 << 10;
/// The most characters of a secret's name.
const NAME_MAX: usize = 64;
/// The most bytes that are overwritten before a file is removed. Ours are never longer.
const WIPE_MAX: u64 = 1 << 20;

/// What a secret is kept under: 1 to 64 of the characters a to z, 0 to 9 and `-`, so that any key store can take it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretName(String);

impl SecretName {
    /// A name. [`KeyStoreError::Unfit`]: it is too long, empty, or has other characters.
    pub fn new(name: &str) -> Result<Self, KeyStoreError> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(fits) {
            return Err(KeyStoreError::Unfit { what: "the name of a secret" });
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is kept secret. It is wiped from memory when dropped and never shows in debug output.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A secret of 1 to [`SECRET_MAX`] bytes; others are [`KeyStoreError::Unfit`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, KeyStoreError> {
        let bytes = Zeroizing::new(bytes);
        if bytes.is_empty() || bytes.len() > SECRET_MAX {
            return Err(KeyStoreError::Unfit { what: "the length of a secret" });
        }
        Ok(Self(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// Secrets in files beside the key's, for their owner alone. All their names begin with the key's.
pub(crate) struct SecretFiles<'a> {
    key: &'a Path,
}

/// Who writes a secret does so alone: two who made the same unfinished file would finish each other's.
static WRITING: Mutex<()> = Mutex::new(());

impl<'a> SecretFiles<'a> {
    pub(crate) const fn beside(key: &'a Path) -> Self {
        Self { key }
    }

    fn beginning(&self) -> OsString {
        let mut beginning = self.key.file_name().unwrap_or_default().to_owned();
        beginning.push(".secret-");
        beginning
    }

    /// The file of a secret, or one on its way there or from there.
    fn path(&self, name: &SecretName, ending: &str) -> PathBuf {
        let mut file = self.beginning();
        file.push(format!("{}.{ending}", name.as_str()));
        self.key.with_file_name(file)
    }

    pub(crate) fn load(&self, name: &SecretName) -> Result<Option<Secret>, KeyStoreError> {
        let path = self.path(name, "bin");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if exposed(&file)? {
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(KeyStoreError::Exposed { file });
        }
        // With room for all of it: a vector that grows leaves copies behind. One byte more shows a file that is too long.
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_MAX + 1));
        file.take(SECRET_MAX as u64 + 1).read_to_end(&mut bytes)?;
        Secret::new(std::mem::take(&mut *bytes)).map(Some).map_err(|_| KeyStoreError::Damaged)
    }

    pub(crate) fn save(&self, name: &SecretName, secret: &Secret) -> Result<(), KeyStoreError> {
        let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dir) = self.key.parent() {
            create_private_dir(dir)?;
        }
        write_durably(&self.path(name, "bin"), secret.as_bytes())?;
        Ok(())
    }

    pub(crate) fn delete(&self, name: &SecretName) -> Result<(), KeyStoreError> {
        let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let (path, gone) = (self.path(name, "bin"), self.path(name, "gone"));
        // Renamed before it is wiped: a power cut must not leave half a secret under its name.
        match fs::rename(&path, &gone) {
            Ok(()) => sync_dir_of(&path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        wipe(&gone)?;
        wipe(&self.path(name, "new"))?;
        Ok(())
    }

    pub(crate) fn delete_all(&self) -> Result<(), KeyStoreError> {
        let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = match self.key.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir,
            _ => Path::new("."),
        };
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let beginning = self.beginning();
        for entry in entries {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(beginning.as_encoded_bytes()) {
                wipe(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// Overwrites a file with zeros and removes it; nothing where it isn't there.
pub(crate) fn wipe(path: &Path) -> io::Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    // Flash may keep the old bytes all the same; on a spinning disk this is the end of them.
    let len = usize::try_from(file.metadata()?.len().min(WIPE_MAX)).unwrap_or_default();
    file.write_all(&vec![0; len])?;
    file.sync_all()?;
    drop(file);
    fs::remove_file(path)?;
    sync_dir_of(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{FileKeyStore, Key, KeyStore};

    fn name(text: &str) -> SecretName {
        SecretName::new(text).unwrap()
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.into()).unwrap()
    }

    fn loaded(keys: &FileKeyStore, text: &str) -> Option<Vec<u8>> {
        keys.load_secret(&name(text)).unwrap().map(|secret| secret.as_bytes().to_vec())
    }

    fn files(dir: &Path) -> Vec<String> {
        let mut files: Vec<_> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        files
    }

    #[test]
    fn secrets_are_kept_replaced_and_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let keys = FileKeyStore::new(dir.path().join("deep/lumbra.key"));
        assert_eq!(loaded(&keys, "tokens"), None);
        keys.delete_secret(&name("tokens")).unwrap();
        keys.save_secret(&name("tokens"), &secret("first")).unwrap();
        keys.save_secret(&name("tokens-2"), &secret("other")).unwrap();
        keys.save_secret(&name("tokens"), &secret("second, longer")).unwrap();
        assert_eq!(loaded(&keys, "tokens").unwrap(), b"second, longer");
        assert_eq!(loaded(&keys, "tokens-2").unwrap(), b"other");
        assert!(keys.load().unwrap().is_none(), "a secret is no key");
        keys.delete_secret(&name("tokens")).unwrap();
        assert_eq!((loaded(&keys, "tokens"), loaded(&keys, "tokens-2").is_some()), (None, true));
        assert_eq!(files(&dir.path().join("deep")), ["lumbra.key.secret-tokens-2.bin"]);
    }

    #[test]
    fn destroying_the_key_destroys_the_secrets() {
        let dir = tempfile::tempdir().unwrap();
        let keys = FileKeyStore::new(dir.path().join("lumbra.key"));
        keys.save(&Key::generate().unwrap()).unwrap();
        keys.save_secret(&name("tokens"), &secret("kept")).unwrap();
        // What deletions and savings that were cut short leave.
        fs::write(dir.path().join("lumbra.key.secret-other.gone"), "left").unwrap();
        fs::write(dir.path().join("lumbra.key.secret-other.new"), "left").unwrap();
        fs::write(dir.path().join("lumbra.keys"), "somebody else's").unwrap();
        let mut held = File::open(dir.path().join("lumbra.key.secret-tokens.bin")).unwrap();
        keys.destroy().unwrap();
        assert_eq!(files(dir.path()), ["lumbra.keys"]);
        let mut seen = Vec::new();
        held.read_to_end(&mut seen).unwrap();
        assert_eq!(seen, [0; 4], "wiped, not only its name removed");
        // Without a key too: an erasure that was cut short is done again.
        keys.save_secret(&name("tokens"), &secret("kept")).unwrap();
        keys.destroy().unwrap();
        assert_eq!(files(dir.path()), ["lumbra.keys"]);
    }

    #[test]
    fn a_deletion_cut_short_leaves_nothing_under_the_name() {
        let dir = tempfile::tempdir().unwrap();
        let keys = FileKeyStore::new(dir.path().join("lumbra.key"));
        fs::write(dir.path().join("lumbra.key.secret-tokens.gone"), "half wiped").unwrap();
        assert_eq!(loaded(&keys, "tokens"), None);
        keys.delete_secret(&name("tokens")).unwrap();
        assert_eq!(files(dir.path()), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let keys = FileKeyStore::new(dir.path().join("lumbra.key"));
        keys.save_secret(&name("tokens"), &secret("kept")).unwrap();
        let path = dir.path().join("lumbra.key.secret-tokens.bin");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(keys.load_secret(&name("tokens")), Err(KeyStoreError::Exposed { .. })));
    }

    #[test]
    fn what_fits_nowhere_is_refused() {
        for text in ["", "Tokens", "a/b", "..", "a.b", "a_b", "ä", &"a".repeat(65)] {
            assert!(matches!(SecretName::new(text), Err(KeyStoreError::Unfit { .. })), "{text}");
        }
        assert_eq!(name(&"a-0".repeat(21)).as_str().len(), 63);
        assert!(Secret::new(Vec::new()).is_err() && Secret::new(vec![1; SECRET_MAX + 1]).is_err());
        assert_eq!(format!("{:?}", secret("hidden")), "Secret(..)");
        let dir = tempfile::tempdir().unwrap();
        let keys = FileKeyStore::new(dir.path().join("lumbra.key"));
        keys.save_secret(&name("tokens"), &Secret::new(vec![7; SECRET_MAX]).unwrap()).unwrap();
        assert_eq!(loaded(&keys, "tokens").unwrap().len(), SECRET_MAX);
        for len in [0, SECRET_MAX + 1] {
            fs::write(dir.path().join("lumbra.key.secret-tokens.bin"), vec![7; len]).unwrap();
            assert!(matches!(keys.load_secret(&name("tokens")), Err(KeyStoreError::Damaged)), "{len}");
        }
    }

    #[test]
    fn a_key_store_without_secrets_says_so() {
        struct KeyAlone;
        impl KeyStore for KeyAlone {
            fn load(&self) -> Result<Option<Key>, KeyStoreError> {
                Ok(None)
            }
            fn save(&self, _: &Key) -> Result<(), KeyStoreError> {
                Ok(())
            }
            fn destroy(&self) -> Result<(), KeyStoreError> {
                Ok(())
            }
        }
        let unsupported = |result: Result<(), KeyStoreError>| matches!(result, Err(KeyStoreError::Unsupported));
        assert!(unsupported(KeyAlone.save_secret(&name("tokens"), &secret("kept"))));
        assert!(unsupported(KeyAlone.load_secret(&name("tokens")).map(drop)));
        assert!(unsupported(KeyAlone.delete_secret(&name("tokens"))));
    }
}
