//! A store with one of everything in it, made once and written out anew for each input.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use lumbra_domain::programme::Programme;
use lumbra_domain::safety::SessionPlan;
use lumbra_domain::screening::{Answers, VERSION};
use lumbra_domain::units::{Seconds, SquareCentimetres};
use lumbra_store::telemetry::{ChannelSample, TelemetrySample};
use lumbra_store::{
    Calibration, Cap, CapOwner, CommandOutcome, Device, DeviceRecord, FileKeyStore, Intent, Medication, NewSession,
    PainContext, PainDetail, PainEntry, PostureChunk, PostureGap, PostureMinute, PostureSample, PostureSeconds,
    Questionnaire, RawRetention, Screening, SensorTurn, SessionEnd, SessionEvent, Settlement, Store, Wellbeing,
};
use rusqlite::Connection;

use crate::{clinic, folder};

/// 2025-06-15T12:00:00Z, in Unix milliseconds.
pub(crate) const NOON_MS: i64 = 1_749_988_800_000;
/// The wearable whose data it is.
pub(crate) const DEVICE: &str = "4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a0001";
/// The command that is settled.
pub(crate) const COMMAND: &str = "4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a0002";
/// The pain entry made before the session.
pub(crate) const PAIN: &str = "4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a0003";
/// The questionnaire that was answered.
pub(crate) const FORM: &str = "4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a0005";
/// The local day of it all.
pub(crate) const TODAY: i32 = 20_254;
/// The boot in which all of it happened.
pub(crate) const BOOT: u32 = 0x00C0_FFEE;
/// The files of the store, in the order the fuzzer counts them.
pub(crate) const FILES: [&str; 4] = ["lumbra.db", "lumbra.db-wal", "lumbra.db-key-check", "lumbra.key"];
const KEY: [u8; 32] = [0x5A; 32];

/// Files as they lie in a folder.
pub(crate) struct Template(Vec<(&'static str, Vec<u8>)>);

impl Template {
    /// Writes them into a folder, for their owner alone.
    pub(crate) fn write(&self, dir: &Path) {
        for (name, bytes) in &self.0 {
            write(&dir.join(name), bytes);
        }
    }

    /// The bytes of one of them; none where it isn't there.
    pub(crate) fn bytes(&self, name: &str) -> &[u8] {
        self.0.iter().find(|(file, _)| *file == name).map_or(&[], |(_, bytes)| bytes)
    }

    fn read(dir: &Path) -> Self {
        Self(FILES.iter().filter_map(|name| Some((*name, fs::read(dir.join(name)).ok()?))).collect())
    }
}

/// Writes a file for its owner alone.
pub(crate) fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("the folder can be written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
    }
}

/// The key's file in a folder.
pub(crate) fn keys(dir: &Path) -> FileKeyStore {
    FileKeyStore::new(dir.join("lumbra.key"))
}

/// A store that was closed: its log is empty.
pub(crate) fn closed() -> &'static Template {
    static CLOSED: OnceLock<Template> = OnceLock::new();
    CLOSED.get_or_init(|| {
        let folder = folder();
        write(&folder.path().join("lumbra.key"), &KEY);
        drop(filled(folder.path()));
        Template::read(folder.path())
    })
}

/// A store of somebody who has paired and answered the questions, and done nothing yet.
pub(crate) fn paired() -> &'static Template {
    static PAIRED: OnceLock<Template> = OnceLock::new();
    PAIRED.get_or_init(|| {
        let folder = folder();
        write(&folder.path().join("lumbra.key"), &KEY);
        let (mut store, _) = Store::open(folder.path(), &keys(folder.path())).expect("a new store opens");
        begin(&mut store).expect("all of this can be stored");
        drop(store);
        Template::read(folder.path())
    })
}

/// A store whose process was killed: what it wrote last is in the log.
pub(crate) fn killed() -> &'static Template {
    static KILLED: OnceLock<Template> = OnceLock::new();
    KILLED.get_or_init(|| {
        let folder = folder();
        write(&folder.path().join("lumbra.key"), &KEY);
        let _open = filled(folder.path());
        Template::read(folder.path())
    })
}

/// A closed store without its triggers, so that any cell can be changed; untyped, its columns take any type of value too.
pub(crate) fn unguarded(untyped: bool) -> &'static Template {
    static UNGUARDED: [OnceLock<Template>; 2] = [OnceLock::new(), OnceLock::new()];
    UNGUARDED[usize::from(untyped)].get_or_init(|| {
        let folder = folder();
        closed().write(folder.path());
        let connection = unlocked(folder.path());
        let names = |kind: &str| -> Vec<String> {
            let query = "SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite_%'";
            let mut statement = connection.prepare(query).expect("the schema can be read");
            statement.query_map([kind], |row| row.get(0)).expect("it can").flatten().collect()
        };
        for trigger in names("trigger") {
            connection.execute_batch(&format!("DROP TRIGGER {trigger}")).expect("it is there");
        }
        if untyped {
            connection
                .execute_batch(
                    "PRAGMA writable_schema = ON;
                     UPDATE sqlite_schema SET sql = replace(replace(sql, ') STRICT, WITHOUT ROWID', ') WITHOUT ROWID'), ') STRICT', ')')
                         WHERE type = 'table';
                     PRAGMA writable_schema = RESET;",
                )
                .expect("the schema can be written");
        }
        drop(connection);
        Template::read(folder.path())
    })
}

/// The database, open with its key and without any guard of the store's.
pub(crate) fn unlocked(dir: &Path) -> Connection {
    let connection = Connection::open(dir.join("lumbra.db")).expect("the database opens");
    let mut key = String::new();
    for byte in KEY {
        write!(key, "{byte:02x}").expect("a text takes what is written");
    }
    connection
        .execute_batch(&format!(
            "PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'{key}'\"; PRAGMA locking_mode = EXCLUSIVE;
             PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;"
        ))
        .expect("the key fits");
    connection
}

fn filled(dir: &Path) -> Store {
    let (mut store, _) = Store::open(dir, &keys(dir)).expect("a new store opens");
    fill(&mut store).expect("all of this can be stored");
    store
}

/// A paired wearable, and answers that pass.
fn begin(store: &mut Store) -> Result<(), lumbra_store::StoreError> {
    store.save_device(&Device {
        device_id: DEVICE.into(),
        model: "Lumbra One (virtual)".into(),
        serial: "LB1-000001".into(),
        firmware: "1.0.0".into(),
        hardware: "virtual".into(),
        name: "Lumbra7K".into(),
        link_id: Some("wearable".into()),
        paired_at_ms: NOON_MS - 86_400_000,
        last_seen_ms: NOON_MS - 60_000,
        forgotten_at_ms: None,
    })?;
    store.save_screening(&Screening {
        at_ms: NOON_MS - 3_600_000,
        questionnaire_version: VERSION,
        answers: serde_json::to_string(&Answers::all_no()).expect("answers can be written"),
        outcome: "passed".into(),
    })
}

fn fill(store: &mut Store) -> Result<(), lumbra_store::StoreError> {
    begin(store)?;
    for (owner, device_id, limit_dma) in [(CapOwner::User, None, Some(400)), (CapOwner::Clinician, Some(DEVICE), None)]
    {
        store.set_cap(&Cap {
            owner,
            set_by: "user".into(),
            device_id: device_id.map(str::to_owned),
            channel: 0,
            limit_dma,
            set_at_ms: NOON_MS - 3_000_000,
        })?;
    }
    pain(store, PAIN, PainContext::BeforeSession, None)?;
    sessions(store)?;
    for (id, sequence) in [(COMMAND, 3), ("4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a0004", 4)] {
        store.save_intent(&Intent {
            command_id: id.into(),
            device_id: DEVICE.into(),
            session_id: Some(7),
            kind: "set_intensity".into(),
            sequence,
            boot_id: Some(BOOT),
            newest_before: Some(2),
            expires_ticks_ms: Some(123_456),
            detail: r#"{"targets_dma":[120,80]}"#.into(),
            saved_at_ms: NOON_MS - 1_800_000,
        })?;
    }
    let settlement = Settlement {
        outcome: CommandOutcome::Confirmed,
        settled_by: "reply",
        reason: None,
        at_ms: NOON_MS - 1_799_000,
    };
    store.settle_intent(COMMAND, settlement)?;
    diary(store)?;
    clinic::fill(store)?;
    posture(store)
}

fn diary(store: &mut Store) -> Result<(), lumbra_store::StoreError> {
    store.save_wellbeing(&Wellbeing {
        local_day: TODAY,
        saved_at_ms: NOON_MS - 900_000,
        stiffness_min: Some(20),
        sleep_quality: Some(6),
        sleep_min: Some(420),
        heat: true,
        cold: false,
        activity: Some("light".into()),
        triggers: vec!["sitting".into()],
        note: "a long drive".into(),
        medications: vec![Medication { name: "ibuprofen".into(), dose: "400 mg".into() }],
    })?;
    store.add_questionnaire(&Questionnaire {
        entry_id: FORM.into(),
        at_ms: NOON_MS - 800_000,
        utc_offset_s: 7_200,
        form: "peg".into(),
        answers: r#"{"activity":4,"enjoyment":5,"pain":6}"#.into(),
        score: 5.0,
    })?;
    store.save_red_flag_check(&Screening {
        at_ms: NOON_MS - 700_000,
        questionnaire_version: VERSION,
        answers: serde_json::to_string(&Answers::all_no()).expect("answers can be written"),
        outcome: "self_care".into(),
    })
}

fn pain(
    store: &mut Store,
    id: &str,
    context: PainContext,
    session: Option<i64>,
) -> Result<(), lumbra_store::StoreError> {
    store.add_pain(&PainEntry {
        entry_id: id.into(),
        at_ms: NOON_MS - 2_000_000,
        utc_offset_s: 7_200,
        score: 6,
        context,
        session,
        place: "lower-back".into(),
        note: "after sitting".into(),
        detail: PainDetail {
            sites: vec!["lower-back:left".into(), "leg:left".into()],
            qualities: vec!["burning".into()],
            worst: Some(8),
            average: Some(5),
        },
    })
}

fn sessions(store: &mut Store) -> Result<(), lumbra_store::StoreError> {
    let plan = SessionPlan {
        programme: Programme::built_in("conventional").expect("it is built in"),
        duration: Seconds::new(1_200),
        grace: Seconds::new(10),
        pads: vec![Some(SquareCentimetres::from_tenths(250)); 2],
    };
    // The first is over and sealed; the second is open, as a crash leaves it.
    for session_id in [7, 8] {
        let id = store.start_session(&NewSession {
            device_id: DEVICE.into(),
            boot_id: BOOT,
            session_id,
            programme: serde_json::to_string(&plan).expect("a plan can be written"),
            planned_s: 1_200,
            limit_dma: 300,
            started_at_ms: NOON_MS - 1_900_000 + i64::from(session_id) * 60_000,
            utc_offset_s: 7_200,
            pain_before: (session_id == 7).then(|| PAIN.into()),
        })?;
        let sample = |second: u32| TelemetrySample {
            t_ms: second * 1_000,
            channels: vec![
                ChannelSample {
                    target_dma: 120,
                    delivered_dma: 119,
                    contact: 1,
                    impedance_ohm: Some(900 + second)
                };
                2
            ],
        };
        store.append_telemetry(id, 9, &(0..9).map(sample).collect::<Vec<_>>())?;
        let event = SessionEvent { at_ms: NOON_MS, kind: "paused".into(), detail: r#"{"reason":"button"}"#.into() };
        store.add_session_event(id, &event)?;
        if session_id == 7 {
            store.end_session(
                id,
                SessionEnd {
                    ended_at_ms: NOON_MS - 900_000,
                    outcome: "completed",
                    elapsed_s: 500,
                    max_delivered_dma: 119,
                    dose_uncertain: false,
                },
            )?;
            pain(store, "4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a0005", PainContext::AfterSession, Some(id))?;
        }
    }
    Ok(())
}

fn posture(store: &mut Store) -> Result<(), lumbra_store::StoreError> {
    let chunk = |number: u32| PostureChunk {
        device_id: DEVICE.into(),
        boot_id: BOOT,
        first_frame: number * 5,
        frame_count: 2,
        first_ticks_ms: 1_000 + u64::from(number) * 5_000,
        first_at_ms: NOON_MS - 500_000 + i64::from(number) * 5_000,
        utc_offset_s: 7_200,
        interval_ms: 40,
        samples: (0..50_i16)
            .map(|at| PostureSample { pitch_ddeg: at, roll_ddeg: -at, activity: 3, flags: 1 })
            .collect(),
    };
    let gap =
        PostureGap { device_id: DEVICE.into(), boot_id: BOOT, from_frame: 2, to_frame: 4, at_ms: NOON_MS - 400_000 };
    // A chunk of two parts, and one that waits.
    store.append_posture(&[chunk(0), chunk(1)], &[gap])?;
    store.seal_posture()?;
    store.append_posture(&[chunk(2)], &[])?;
    store.set_raw_retention(RawRetention { set_at_ms: NOON_MS - 700_000, keep_days: Some(30) })?;
    store.save_calibration(&Calibration {
        device_id: DEVICE.into(),
        at_ms: NOON_MS - 600_000,
        neutral_pitch_ddeg: 20,
        neutral_roll_ddeg: -5,
        turn: SensorTurn::Ahead,
        quality: None,
    })?;
    let seconds =
        PostureSeconds { upright_s: 30, slouched_s: 20, leaning_s: 4, lying_s: 3, moving_s: 2, not_worn_s: 1 };
    let minute = PostureMinute { utc_offset_s: 7_200, seconds, mean_pitch_ddeg: 15, nudges: 1 };
    let records: Vec<DeviceRecord> = (1..=4)
        .map(|number| DeviceRecord {
            device_id: DEVICE.into(),
            number,
            boot_id: BOOT,
            kind: if number == 4 { 10 } else { 8 },
            ticks_ms: u64::from(number) * 1_000,
            at_ms: Some(NOON_MS - 300_000),
            payload: vec![30, 20, 4, 3, 2, 1, 15, 0, 1],
            posture_minute: (number == 4).then_some(minute),
        })
        .collect();
    store.save_records(&records).map(drop)
}
