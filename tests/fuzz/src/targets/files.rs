//! The files of a store, changed from outside: cut, flipped, replaced or gone, each alone or together.
//!
//! Opening gives a store, or an error that changes nothing. Nothing of a database is ever lost to the opening: what can't be
//! used is set aside as it was found. No new key is made over data. A key that no longer fits opens nothing.

use std::fs;
use std::path::Path;

use arbitrary::{Arbitrary, Unstructured};
use lumbra_store::{Store, StoreError};

use crate::template::{self, FILES, PAIN, Template};
use crate::{folder, look, pick};

#[derive(Debug, Arbitrary)]
enum Change<'a> {
    Flip { file: u8, at: u32, mask: u8 },
    Cut { file: u8, len: u16 },
    Replace { file: u8, bytes: &'a [u8] },
    Append { file: u8, bytes: &'a [u8] },
    Remove { file: u8 },
    Overwrite { file: u8, at: u32, bytes: &'a [u8] },
    Swap { file: u8, page: u8, with: u8 },
    Suspect,
}

/// Changes the files, then opens the store.
pub fn run(data: &[u8]) {
    let mut unstructured = Unstructured::new(data);
    let whole = if unstructured.arbitrary().unwrap_or(false) { template::killed() } else { template::closed() };
    let folder = folder();
    let dir = folder.path();
    whole.write(dir);
    for _ in 0..6 {
        let Ok(change) = Change::arbitrary(&mut unstructured) else { break };
        apply(dir, &change);
    }
    let found: Vec<Option<Vec<u8>>> = FILES.iter().map(|name| fs::read(dir.join(name)).ok()).collect();
    let [database, log, _, key] = [&found[0], &found[1], &found[2], &found[3]];
    let opened = Store::open(dir, &template::keys(dir));
    if let Some(key) = key {
        assert_eq!(fs::read(dir.join("lumbra.key")).expect("a key is never removed"), *key, "nor changed");
    }
    let set_aside = match &opened {
        Ok((_, set_aside)) => set_aside.clone(),
        Err(error) => {
            // SQLite may tidy up its log on the way; the database itself is as it was found, or whole again.
            assert!(database.is_none() || dir.join("lumbra.db").exists(), "{error}: the database is gone");
            None
        }
    };
    if key.as_deref() != Some(whole.bytes("lumbra.key")) && database.as_deref().is_some_and(|found| !found.is_empty()) {
        // Too short for a page it can't be read with any key, and is set aside; unless the key check says that the key is wrong.
        assert!(opened.is_err() || set_aside.is_some(), "another key, or none, opens nothing");
        assert!(key.is_some() || !dir.join("lumbra.key").exists(), "no new key over old data");
    }
    if let (Some(aside), Some(database)) = (&set_aside, database) {
        let kept = aside.files.iter().any(|file| fs::read(file).is_ok_and(|kept| kept.len() >= database.len()));
        let has_log = log.as_deref().is_some_and(|log| !log.is_empty());
        assert!(kept || database.is_empty() || has_log, "what was set aside is all that was found");
    }
    judge(whole, &found, &opened);
    if let Ok((store, _)) = opened {
        drop(look::with_the_store(&store));
        drop(store);
        drop(look::with_the_core(dir));
    }
}

/// What was not touched is all there.
fn judge(
    whole: &Template,
    found: &[Option<Vec<u8>>],
    opened: &Result<(Store, Option<lumbra_store::SetAside>), StoreError>,
) {
    let untouched = |name: &str, found: &Option<Vec<u8>>| found.as_deref().unwrap_or_default() == whole.bytes(name);
    // A key check that can't be read, or that is gone, is written anew.
    let needed = [0, 1, 3].iter().all(|at| untouched(FILES[*at], &found[*at]));
    let check_fits = found[2].as_deref().is_none_or(|check| check == whole.bytes(FILES[2]));
    if needed && check_fits {
        let (store, set_aside) = opened.as_ref().expect("nothing was damaged");
        assert!(set_aside.is_none(), "nothing was damaged");
        assert!(store.pain(PAIN).expect("it can be read").is_some(), "all of it is there");
    }
}

fn apply(dir: &Path, change: &Change<'_>) {
    let path = |file: u8| dir.join(FILES[usize::from(file) % FILES.len()]);
    let edit = |file: u8, edit: &dyn Fn(&mut Vec<u8>)| {
        if let Ok(mut bytes) = fs::read(path(file)) {
            edit(&mut bytes);
            template::write(&path(file), &bytes);
        }
    };
    let place = |at: u32, bytes: &[u8]| usize::try_from(at).unwrap_or(0) % bytes.len().max(1);
    match change {
        Change::Flip { file, at, mask } => edit(*file, &|bytes| {
            let at = place(*at, bytes);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= mask;
            }
        }),
        Change::Cut { file, len } => edit(*file, &|bytes| bytes.truncate(usize::from(*len) * 4)),
        Change::Replace { file, bytes } => template::write(&path(*file), bytes),
        Change::Append { file, bytes } => edit(*file, &|all| all.extend_from_slice(bytes)),
        Change::Remove { file } => drop(fs::remove_file(path(*file))),
        Change::Overwrite { file, at, bytes } => edit(*file, &|all| {
            let at = place(*at, all);
            for (slot, byte) in all.iter_mut().skip(at).zip(*bytes) {
                *slot = *byte;
            }
        }),
        Change::Swap { file, page, with } => edit(*file, &|all| {
            let (one, other) = (usize::from(*page) * 4_096, usize::from(*with) * 4_096);
            if one.max(other) + 4_096 <= all.len() && one != other {
                let kept = all[one..one + 4_096].to_vec();
                all.copy_within(other..other + 4_096, one);
                all[other..other + 4_096].copy_from_slice(&kept);
            }
        }),
        Change::Suspect => template::write(&dir.join("lumbra.db-suspect"), b""),
    }
}

/// Each file, changed in each way.
pub fn seeds() -> Vec<Vec<u8>> {
    let change = |kind: u32, rest: &[u8]| [&pick(kind, 8)[..], rest].concat();
    let mut seeds = vec![vec![0], vec![1]];
    for killed in 0..2_u8 {
        for file in 0..4_u8 {
            seeds.push([&[killed][..], &change(0, &[file, 20, 0, 0, 0, 1])].concat());
            seeds.push([&[killed][..], &change(0, &[file, 0, 0x28, 0, 0, 0x80])].concat());
            seeds.push([&[killed][..], &change(1, &[file, 3, 0])].concat());
            seeds.push([&[killed][..], &change(1, &[file, 0, 0x12])].concat());
            seeds.push([&[killed][..], &change(4, &[file])].concat());
            seeds.push([&[killed][..], &change(6, &[file, 1, 2]), &change(7, &[])].concat());
            seeds.push([&[killed][..], &change(2, &[file]), b"SQLite format 3\0"].concat());
        }
    }
    seeds
}
