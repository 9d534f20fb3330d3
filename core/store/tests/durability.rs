//! What was acknowledged is there after the process was killed.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail like tests")]

mod common;

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Keys, device, intent, new_session, samples};
use lumbra_store::Store;

const DIR: &str = "LUMBRA_STORE_KILLED_DIR";
const ROUND: &str = "LUMBRA_STORE_KILLED_ROUND";

/// Not a test of its own: what the killed process does. It writes until it is killed.
#[test]
fn killed_process() {
    let (Ok(dir), Ok(round)) = (std::env::var(DIR), std::env::var(ROUND)) else {
        return;
    };
    let (mut store, set_aside) = Store::open(Path::new(&dir), &Keys::fixed(1)).unwrap();
    assert_eq!(set_aside, None);
    store.save_device(&device("one")).unwrap();
    let session = store.start_session(&new_session(round.parse().unwrap(), 0)).unwrap();
    let mut out = std::io::stdout();
    for number in 0_u16.. {
        store.save_intent(&intent(&format!("{round}/{number}"), number)).unwrap();
        store.append_telemetry(session, number.into(), &samples(number.into(), 1)).unwrap();
        writeln!(out, "\nsaved {round}/{number}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn acknowledged_writes_survive_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = HashSet::new();
    for round in 1..=8_u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["killed_process", "--exact", "--nocapture", "--test-threads=1"])
            .env(DIR, dir.path())
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut in_round = 0;
        while let Some(Ok(line)) = lines.next() {
            if let Some(id) = line.strip_prefix("saved ") {
                acknowledged.insert(id.to_owned());
                in_round += 1;
                if in_round == 5 * round {
                    child.kill().unwrap();
                }
            }
        }
        child.wait().unwrap();
        assert!(in_round >= 5 * round, "the process wrote until it was killed");

        let (store, set_aside) = Store::open(dir.path(), &Keys::fixed(1)).unwrap();
        assert_eq!(set_aside, None);
        let kept: HashSet<_> =
            store.open_intents("one").unwrap().into_iter().map(|open| open.intent.command_id).collect();
        let lost: Vec<_> = acknowledged.difference(&kept).collect();
        assert!(lost.is_empty(), "{lost:?}");
        let session = store.session_of("one", common::BOOT, round).unwrap().unwrap();
        let telemetry = store.telemetry(session.id).unwrap();
        assert!(telemetry.len() >= in_round as usize);
        assert_eq!(telemetry, samples(0, u32::try_from(telemetry.len()).unwrap()));
        assert_eq!(session.ended_at_ms, None);
    }
}
