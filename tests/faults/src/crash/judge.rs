//! Opens a store that was interrupted, and says what became of what it had promised.

use std::fmt;
use std::fs;
use std::path::Path;

use lumbra_store::{FileKeyStore, KeyStoreError, Store, StoreError};

use super::Broken;
use super::picture::{Picture, open_raw};
use super::workload::Plan;
use super::writer::key_file;

/// What was promised to be in a store: what was there before, and a writer's acknowledged writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Promise<'a> {
    /// What was there before the writer began.
    pub(crate) before: &'a Picture,
    /// What the writer's plan follows from.
    pub(crate) seed: u64,
    /// Which writer of this folder it was.
    pub(crate) generation: u32,
    /// So many writes were acknowledged.
    pub(crate) acknowledged: u32,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// All of it is there, whole, and nothing else but perhaps the one write that was under way.
    Kept {
        /// What there is.
        found: Box<Picture>,
        /// Whether the write under way is there.
        under_way: bool,
    },
    /// It is as it was so many acknowledged writes ago.
    Lost(u32),
    /// It is as it never was: something is half-written. In which parts it differs from what was promised.
    HalfWritten(Vec<&'static str>),
    /// It doesn't open, or was set aside, or can't be read.
    Unreadable(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept { .. } => formatter.write_str("all is kept"),
            Self::Lost(writes) => write!(formatter, "{writes} acknowledged writes are lost"),
            Self::HalfWritten(parts) => write!(formatter, "something is half-written: {}", parts.join(", ")),
            Self::Unreadable(why) => write!(formatter, "it can't be read: {why}"),
        }
    }
}

impl Promise<'_> {
    /// Opens the store in this folder and compares.
    pub(crate) fn judge(&self, dir: &Path) -> Verdict {
        match look(dir) {
            Ok(found) => self.compare(found),
            Err(error) => Verdict::Unreadable(error.to_string()),
        }
    }

    /// While it is erased a store is whole, or can't be opened for want of its key, or is gone. Erasing it again then does it.
    pub(crate) fn judge_while_erasing(&self, dir: &Path) -> Verdict {
        match look(dir) {
            Ok(found) if found == Picture::default() => Verdict::Kept { found: Box::new(found), under_way: true },
            Ok(_) => self.judge(dir),
            Err(Broken::Store(
                StoreError::KeyLost | StoreError::WrongKey | StoreError::KeyStore(KeyStoreError::Damaged),
            )) => match Store::erase(dir, &FileKeyStore::new(key_file(dir))) {
                Ok(()) => after_erasing(dir),
                Err(error) => Verdict::Unreadable(format!("it can't be erased: {error}")),
            },
            Err(error) => Verdict::Unreadable(error.to_string()),
        }
    }

    fn compare(&self, found: Picture) -> Verdict {
        let mut plan = Plan::new(self.seed, self.generation);
        let mut promised = self.before.clone();
        for op in plan.by_ref().take(self.acknowledged as usize) {
            promised.apply(&op);
        }
        if promised == found {
            return Verdict::Kept { found: Box::new(found), under_way: false };
        }
        let differences = promised.differences(&found);
        if let Some(under_way) = plan.next() {
            promised.apply(&under_way);
            if promised == found {
                return Verdict::Kept { found: Box::new(found), under_way: true };
            }
        }
        match self.writes_there(&found) {
            Some(writes) => Verdict::Lost(self.acknowledged - writes),
            None => Verdict::HalfWritten(differences),
        }
    }

    /// After how many writes, fewer than were acknowledged, the store was as it is found.
    fn writes_there(&self, found: &Picture) -> Option<u32> {
        let mut picture = self.before.clone();
        let plan = Plan::new(self.seed, self.generation);
        for (op, number) in plan.zip(0..self.acknowledged) {
            if picture == *found {
                return Some(number);
            }
            picture.apply(&op);
        }
        None
    }
}

/// Once it is erased, nothing of a store is left, and a new one can be made in its place.
pub(crate) fn after_erasing(dir: &Path) -> Verdict {
    let left: Vec<String> = match fs::read_dir(dir) {
        Ok(entries) => entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect(),
        Err(error) => return Verdict::Unreadable(error.to_string()),
    };
    if left.iter().any(|name| name != "lumbra.lock" && !name.ends_with("-shm")) {
        return Verdict::Unreadable(format!("erased, and there is still {}", left.join(", ")));
    }
    match look(dir) {
        Ok(found) if found == Picture::default() => Verdict::Kept { found: Box::new(found), under_way: false },
        Ok(_) => Verdict::Unreadable("erased, and its content is still there".into()),
        Err(error) => Verdict::Unreadable(error.to_string()),
    }
}

/// What is in this folder's store.
pub(crate) fn look(dir: &Path) -> Result<Picture, Broken> {
    let (store, set_aside) = Store::open(dir, &FileKeyStore::new(key_file(dir)))?;
    if set_aside.is_some() {
        return Err(Broken::SetAside);
    }
    let raw = open_raw(&Store::database_path(dir), &fs::read(key_file(dir))?)?;
    let found = Picture::read(&store, &raw)?;
    // The store is the last to close, as in an app: it brings the log into the database.
    drop(raw);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store with this generation's first writes, and what is in it.
    fn written(dir: &Path, writes: usize) -> Picture {
        let (mut store, _) = Store::open(dir, &FileKeyStore::new(key_file(dir))).unwrap();
        for op in Plan::new(1, 1).take(writes) {
            op.apply(&mut store).unwrap();
        }
        drop(store);
        look(dir).unwrap()
    }

    fn promise(before: &Picture, acknowledged: u32) -> Promise<'_> {
        Promise { before, seed: 1, generation: 1, acknowledged }
    }

    #[test]
    fn what_is_reckoned_is_what_is_stored() {
        let (dir, empty) = (tempfile::tempdir().unwrap(), Picture::default());
        let found = written(dir.path(), 400);
        let mut reckoned = Picture::default();
        for op in Plan::new(1, 1).take(400) {
            reckoned.apply(&op);
        }
        assert_eq!(reckoned.differences(&found), Vec::<&str>::new());
        assert!(matches!(promise(&empty, 400).judge(dir.path()), Verdict::Kept { under_way: false, .. }));
        // The write under way may be there.
        assert!(matches!(promise(&empty, 399).judge(dir.path()), Verdict::Kept { under_way: true, .. }));
    }

    #[test]
    fn losses_are_noticed() {
        let (dir, empty) = (tempfile::tempdir().unwrap(), Picture::default());
        written(dir.path(), 40);
        assert!(matches!(promise(&empty, 43).judge(dir.path()), Verdict::Lost(3)));
        // More than was ever asked for is as wrong.
        assert!(matches!(promise(&empty, 30).judge(dir.path()), Verdict::HalfWritten(_)));
        // An entry of the plan that is there without the one before it.
        let other = tempfile::tempdir().unwrap();
        let (mut store, _) = Store::open(other.path(), &FileKeyStore::new(key_file(other.path()))).unwrap();
        for (op, number) in Plan::new(1, 1).take(40).zip(1..) {
            if number != 40 - 1 {
                // What needed the missing one fails, as it must.
                let _ = op.apply(&mut store);
            }
        }
        drop(store);
        assert!(matches!(promise(&empty, 40).judge(other.path()), Verdict::HalfWritten(_)));
        fs::write(Store::database_path(other.path()), [1; 5_000]).unwrap();
        assert!(matches!(promise(&empty, 40).judge(other.path()), Verdict::Unreadable(_)));
    }
}
