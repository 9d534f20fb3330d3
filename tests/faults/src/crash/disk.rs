//! A disk that syncs only when it is told to, and what a power cut leaves of it.
//!
//! # What is assumed
//! - What was written to a file before it was last synced is there. `fsync` of a file does not make its name durable, `fsync` of its
//!   folder does; a folder's own name needs its parent to be synced.
//! - Of a file's later writes and changes of length each may be there, or not, or in part: some of its sectors of 512 bytes,
//!   and one of them may hold anything. Files don't wait for one another.
//! - Names that were made, removed or changed since their folder was last synced may be as they were before or after, each on
//!   its own; a rename is done whole or not at all.
//! - A write that is cut short damages no byte outside itself. SQLite assumes this too ("powersafe overwrite").
//!
//! That is less than file systems give. ext4 and APFS keep the order in which names change, and ext4's `fsync` of a file makes the
//! names made before it durable as well; F2FS, Android's other one, does so for the file's own name alone. What holds here holds
//! there.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use super::Broken;
use super::inode::{Change, Cut, Damage, Fate, Inode};
use super::recording::Event;
use super::setup::write_private;

/// The log's index, which is never needed after a crash and so is not recorded.
const INDEX_ENDING: &str = "-shm";

/// Everything below a folder, by its path there. A folder has no content.
pub(crate) type Files = BTreeMap<String, Option<Vec<u8>>>;

#[derive(Clone, Copy, Debug)]
enum Node {
    Folder,
    File(usize),
}

#[derive(Clone, Debug)]
enum NameChange {
    Made { path: String, node: Node },
    Removed { path: String },
    Renamed { from: String, to: String, node: Node },
}

#[derive(Clone, Debug)]
enum Target {
    Folder(String),
    File(usize),
}

type Names = BTreeMap<String, Node>;

/// The disk under one folder.
#[derive(Debug)]
pub(crate) struct Disk<'a> {
    inodes: Vec<Inode<'a>>,
    /// As a process sees them.
    names: Names,
    durable_names: Names,
    pending_names: Vec<(usize, NameChange)>,
    open: HashMap<i32, Target>,
    time: usize,
}

/// The folder that a name is in; `""` is the one all is below.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

impl NameChange {
    fn folder(&self) -> &str {
        match self {
            Self::Made { path, .. } | Self::Removed { path } | Self::Renamed { to: path, .. } => parent(path),
        }
    }

    fn apply(&self, names: &mut Names) {
        match self {
            Self::Made { path, node } => {
                names.insert(path.clone(), *node);
            }
            Self::Removed { path } => {
                names.remove(path);
            }
            Self::Renamed { from, to, node } => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
        }
    }
}

impl<'a> Disk<'a> {
    /// A disk that has these files, synced.
    pub(crate) fn with(files: &Files) -> Self {
        let mut disk = Self {
            inodes: Vec::new(),
            names: Names::new(),
            durable_names: Names::new(),
            pending_names: Vec::new(),
            open: HashMap::new(),
            time: 0,
        };
        for (path, content) in files {
            let node = match content {
                None => Node::Folder,
                Some(content) => {
                    disk.inodes.push(Inode { durable: content.clone(), pending: Vec::new() });
                    Node::File(disk.inodes.len() - 1)
                }
            };
            disk.names.insert(path.clone(), node);
        }
        disk.durable_names = disk.names.clone();
        disk
    }

    /// Does what a process has done.
    pub(crate) fn play(&mut self, event: Event<'a>) -> Result<(), Broken> {
        self.time += 1;
        match event {
            Event::Open { fd, path, emptied } => {
                let target = self.open(path, emptied);
                self.open.insert(fd, target);
            }
            Event::Close { fd } => {
                self.open.remove(&fd);
            }
            Event::Write { fd, offset, bytes } => self.change(fd, Change::Write { offset, bytes })?,
            Event::Truncate { fd, len } => self.change(fd, Change::Truncate { len })?,
            Event::Sync { fd } => match self.open.get(&fd).cloned() {
                Some(Target::Folder(folder)) => self.sync_names(&folder),
                Some(Target::File(id)) => {
                    if let Some(inode) = self.inodes.get_mut(id) {
                        inode.sync();
                    }
                }
                None => return Err(Broken::Recording("a file is synced that was never opened".into())),
            },
            Event::Unlink { path } => self.rename(NameChange::Removed { path: path.into() }),
            Event::Mkdir { path } => self.rename(NameChange::Made { path: path.into(), node: Node::Folder }),
            Event::Rename { from, to } => match self.names.get(from).copied() {
                Some(node) if parent(from) == parent(to) => {
                    self.rename(NameChange::Renamed { from: from.into(), to: to.into(), node });
                }
                _ => return Err(Broken::Recording(format!("{from} becomes {to}"))),
            },
        }
        Ok(())
    }

    fn open(&mut self, path: &str, emptied: bool) -> Target {
        match self.names.get(path) {
            _ if path.is_empty() => Target::Folder(String::new()),
            Some(Node::Folder) => Target::Folder(path.into()),
            Some(Node::File(id)) => {
                let id = *id;
                if emptied && let Some(inode) = self.inodes.get_mut(id) {
                    inode.pending.push((self.time, Change::Truncate { len: 0 }));
                }
                Target::File(id)
            }
            None => {
                self.inodes.push(Inode::default());
                let id = self.inodes.len() - 1;
                self.rename(NameChange::Made { path: path.into(), node: Node::File(id) });
                Target::File(id)
            }
        }
    }

    fn change(&mut self, fd: i32, change: Change<'a>) -> Result<(), Broken> {
        let inode = match self.open.get(&fd) {
            Some(Target::File(id)) => self.inodes.get_mut(*id),
            _ => None,
        };
        let inode = inode.ok_or_else(|| Broken::Recording("a file is written that was never opened".into()))?;
        inode.pending.push((self.time, change));
        Ok(())
    }

    fn rename(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.pending_names.push((self.time, change));
    }

    fn sync_names(&mut self, folder: &str) {
        let (synced, left) = self.pending_names.drain(..).partition(|(_, change)| change.folder() == folder);
        self.pending_names = left;
        let synced: Vec<(usize, NameChange)> = synced;
        for (_, change) in synced {
            change.apply(&mut self.durable_names);
        }
    }

    /// The disk as a process sees it, or as it is after everything was written back.
    pub(crate) fn whole(&self) -> Files {
        self.survive(Cut::AllKept, &mut fastrand::Rng::with_seed(0), &mut Damage::default())
    }

    /// A disk that could be there when the power is cut now.
    pub(crate) fn cut(&self, random: &mut fastrand::Rng, damage: &mut Damage) -> Files {
        let cut = match random.u8(..8) {
            0 => Cut::AllKept,
            1 => Cut::AllDropped,
            2 | 3 => {
                let written = self.inodes.iter().flat_map(|inode| &inode.pending).map(|(time, _)| *time);
                let moments: Vec<usize> = written.chain(self.pending_names.iter().map(|(time, _)| *time)).collect();
                Cut::Until(random.choice(moments).unwrap_or(0))
            }
            _ => Cut::Each(random.choice([0.1, 0.5, 0.9]).unwrap_or(0.5)),
        };
        self.survive(cut, random, damage)
    }

    fn survive(&self, cut: Cut, random: &mut fastrand::Rng, damage: &mut Damage) -> Files {
        let mut names = self.durable_names.clone();
        for (time, change) in &self.pending_names {
            if cut.fate(*time, random) == Fate::Kept {
                change.apply(&mut names);
            } else {
                damage.dropped_names += 1;
            }
        }
        let mut files = Files::new();
        // A folder comes before what is in it.
        for (path, node) in names {
            let folder = parent(&path);
            if folder.is_empty() || files.contains_key(folder) {
                let content = match node {
                    Node::Folder => None,
                    Node::File(id) => self.inodes.get(id).map(|inode| inode.survive(cut, random, damage)),
                };
                files.insert(path, content);
            }
        }
        files
    }
}

/// Reads everything below a folder, but for what is not recorded.
pub(crate) fn read(root: &Path) -> Result<Files, Broken> {
    let mut files = Files::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if entry.file_type()?.is_dir() {
                folders.push(path.clone());
                files.insert(path, None);
            } else if !path.ends_with(INDEX_ENDING) {
                files.insert(path, Some(fs::read(entry.path())?));
            }
        }
    }
    Ok(files)
}

/// Puts files below a folder that has none.
pub(crate) fn write(files: &Files, root: &Path) -> Result<(), Broken> {
    for (path, content) in files {
        match content {
            None => fs::create_dir(root.join(path))?,
            Some(content) => write_private(&root.join(path), content)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: Event<'_> = Event::Open { fd: 3, path: "file", emptied: false };

    fn played(events: &[Event<'static>]) -> Disk<'static> {
        let mut disk = Disk::with(&Files::new());
        for event in events {
            disk.play(*event).unwrap();
        }
        disk
    }

    fn write_at(offset: usize, bytes: &'static [u8]) -> Event<'static> {
        Event::Write { fd: 3, offset, bytes }
    }

    /// What the file holds after many cuts.
    fn outcomes(disk: &Disk<'_>) -> Vec<Option<Vec<u8>>> {
        let mut random = fastrand::Rng::with_seed(7);
        let mut seen: Vec<Option<Vec<u8>>> = Vec::new();
        for _ in 0..400 {
            let files = disk.cut(&mut random, &mut Damage::default());
            seen.push(files.get("file").cloned().flatten());
        }
        seen.sort();
        seen.dedup();
        seen
    }

    #[test]
    fn what_is_synced_with_its_name_is_there() {
        let folder = [Event::Open { fd: 4, path: "", emptied: false }, Event::Sync { fd: 4 }];
        let events = [FILE, write_at(0, b"kept"), Event::Sync { fd: 3 }, folder[0], folder[1]];
        assert_eq!(outcomes(&played(&events)), [Some(b"kept".to_vec())]);
        // Without the folder, the name may be gone.
        assert_eq!(outcomes(&played(&events[..3])), [None, Some(b"kept".to_vec())]);
    }

    #[test]
    fn what_is_not_synced_may_be_anything_between() {
        let base = Files::from([("file".to_owned(), Some(vec![1; 1_024]))]);
        let mut disk = Disk::with(&base);
        disk.play(FILE).unwrap();
        disk.play(write_at(0, &[2; 1_024])).unwrap();
        let seen = outcomes(&disk);
        let halves = |low: u8, high: u8| Some([[low; 512], [high; 512]].concat());
        for expected in [halves(1, 1), halves(2, 2), halves(2, 1), halves(1, 2)] {
            assert!(seen.contains(&expected));
        }
        assert!(seen.len() > 10, "there is garbage too");
        assert!(seen.iter().all(|content| content.as_ref().unwrap().len() == 1_024));
        // A later write may be there without an earlier one.
        let disk = played(&[FILE, write_at(0, b"a"), write_at(1, b"b")]);
        assert!(outcomes(&disk).contains(&Some(vec![0, b'b'])));
        assert!(outcomes(&disk).contains(&Some(vec![b'a'])));
    }

    #[test]
    fn a_rename_is_done_or_not() {
        let base = Files::from([("file".to_owned(), Some(b"old".to_vec())), ("new".to_owned(), Some(b"new".to_vec()))]);
        let mut disk = Disk::with(&base);
        disk.play(Event::Rename { from: "new", to: "file" }).unwrap();
        assert_eq!(outcomes(&disk), [Some(b"new".to_vec()), Some(b"old".to_vec())]);
        assert_eq!(disk.whole().len(), 1);
    }

    #[test]
    fn what_is_in_a_folder_goes_with_it() {
        let inside = Event::Open { fd: 3, path: "folder/file", emptied: false };
        let synced = Event::Open { fd: 4, path: "folder", emptied: false };
        let disk =
            played(&[Event::Mkdir { path: "folder" }, inside, Event::Sync { fd: 3 }, synced, Event::Sync { fd: 4 }]);
        let mut random = fastrand::Rng::with_seed(1);
        let seen: Vec<usize> = (0..50).map(|_| disk.cut(&mut random, &mut Damage::default()).len()).collect();
        assert!(seen.contains(&0) && seen.contains(&2) && !seen.contains(&1), "{seen:?}");
    }

    #[test]
    fn a_recording_that_cannot_be_is_refused() {
        let mut disk = Disk::with(&Files::new());
        assert!(disk.play(write_at(0, b"x")).is_err());
        assert!(disk.play(Event::Sync { fd: 9 }).is_err());
        assert!(disk.play(Event::Rename { from: "nothing", to: "file" }).is_err());
    }
}
