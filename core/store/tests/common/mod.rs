//! What the store's tests and its example share: a key in memory, and one of everything to store.
#![allow(dead_code, unreachable_pub, reason = "every test uses another part")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail like tests")]

use std::sync::Mutex;

use lumbra_store::telemetry::{ChannelSample, TelemetrySample};
use lumbra_store::{
    Acknowledged, Calibration, CalibrationQuality, Cap, CapOwner, CommandOutcome, Device, DeviceRecord, Downloaded,
    ExerciseEntry, Goal, GoalProgress, GoalStatus, Intent, Key, KeyStore, KeyStoreError, Medication, NewEntry,
    NewSession, OutboxState, PainContext, PainDetail, PainEntry, PlanRecord, PlanSource, PlanStatus, PostureChunk,
    PostureGap, PostureGoal, PostureMinute, PostureSample, PostureSeconds, PostureSettings, Questionnaire, RoundPart,
    Screening, SensorTurn, SessionEnd, SessionEvent, Settlement, Store, StoreError, SyncConnection, Waiting, Watermark,
    Wellbeing,
};
use serde_json::{Value, json};

/// 2025-06-15T12:00:00Z.
pub const NOON_MS: i64 = 1_749_988_800_000;
pub const TODAY: i32 = 20_254;
pub const BOOT: u32 = 0x00c0_ffee;

/// A key store in memory.
pub struct Keys(Mutex<Option<Key>>);

impl Keys {
    pub fn none() -> Self {
        Self(Mutex::new(None))
    }

    pub fn fixed(byte: u8) -> Self {
        Self(Mutex::new(Some(Key::from_bytes([byte; 32]))))
    }
}

impl KeyStore for Keys {
    fn load(&self) -> Result<Option<Key>, KeyStoreError> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn save(&self, key: &Key) -> Result<(), KeyStoreError> {
        *self.0.lock().unwrap() = Some(key.clone());
        Ok(())
    }

    fn destroy(&self) -> Result<(), KeyStoreError> {
        *self.0.lock().unwrap() = None;
        Ok(())
    }
}

pub fn device(id: &str) -> Device {
    Device {
        device_id: id.into(),
        model: "L1".into(),
        serial: format!("SERIAL-{id}"),
        firmware: "1.2.3".into(),
        hardware: "B".into(),
        name: format!("Lumbra {id}"),
        link_id: Some(format!("address of {id}")),
        paired_at_ms: NOON_MS - 1_000,
        last_seen_ms: NOON_MS,
        forgotten_at_ms: None,
    }
}

pub fn intent(id: &str, sequence: u16) -> Intent {
    Intent {
        command_id: id.into(),
        device_id: "one".into(),
        session_id: Some(7),
        kind: "set_intensity".into(),
        sequence,
        boot_id: Some(BOOT),
        newest_before: sequence.checked_sub(1),
        expires_ticks_ms: Some(123_456),
        detail: r#"{"target_dma":[120,80]}"#.into(),
        saved_at_ms: NOON_MS + i64::from(sequence),
    }
}

pub fn settlement(outcome: CommandOutcome) -> Settlement<'static> {
    Settlement { outcome, settled_by: "status", reason: None, at_ms: NOON_MS + 500 }
}

pub fn new_session(session_id: u32, started_at_ms: i64) -> NewSession {
    NewSession {
        device_id: "one".into(),
        boot_id: BOOT,
        session_id,
        programme: r#"{"mode":"conventional","frequency_hz":100,"pulse_width_us":100}"#.into(),
        planned_s: 1_200,
        limit_dma: 300,
        started_at_ms,
        utc_offset_s: 7_200,
        pain_before: None,
    }
}

pub fn end(ended_at_ms: i64, elapsed_s: u32, dose_uncertain: bool) -> SessionEnd<'static> {
    SessionEnd {
        ended_at_ms,
        outcome: if dose_uncertain { "not_seen" } else { "completed" },
        elapsed_s,
        max_delivered_dma: 0,
        dose_uncertain,
    }
}

pub fn samples(from_s: u32, count: u32) -> Vec<TelemetrySample> {
    (from_s..from_s + count)
        .map(|second| TelemetrySample {
            t_ms: second * 1_000,
            channels: vec![
                ChannelSample {
                    target_dma: 120,
                    delivered_dma: 118 + u16::try_from(second % 3).unwrap(),
                    contact: 1,
                    impedance_ohm: Some(1_000 + second),
                },
                ChannelSample::default(),
            ],
        })
        .collect()
}

pub fn pain(id: &str, score: u8, at_ms: i64) -> PainEntry {
    PainEntry {
        entry_id: id.into(),
        at_ms,
        utc_offset_s: 7_200,
        score,
        context: PainContext::Diary,
        session: None,
        place: "low back".into(),
        note: "after gardening".into(),
        detail: PainDetail::default(),
    }
}

pub fn chunk(first_frame: u32) -> PostureChunk {
    PostureChunk {
        device_id: "one".into(),
        boot_id: BOOT,
        first_frame,
        frame_count: 10,
        first_ticks_ms: 1_000 + u64::from(first_frame) * 400,
        first_at_ms: NOON_MS + i64::from(first_frame) * 400,
        utc_offset_s: 7_200,
        interval_ms: 40,
        samples: (0..100)
            .map(|index: i16| PostureSample { pitch_ddeg: 50 + index % 7, roll_ddeg: -index, activity: 3, flags: 1 })
            .collect(),
    }
}

pub fn record(number: u32) -> DeviceRecord {
    DeviceRecord {
        device_id: "one".into(),
        number,
        boot_id: BOOT,
        kind: 10,
        ticks_ms: u64::from(number) * 60_000,
        at_ms: Some(NOON_MS + i64::from(number) * 60_000),
        payload: vec![10, u8::try_from(number % 256).unwrap()],
        posture_minute: Some(PostureMinute {
            utc_offset_s: 7_200,
            seconds: PostureSeconds { upright_s: 40, slouched_s: 20, ..PostureSeconds::default() },
            mean_pitch_ddeg: 95,
            nudges: 1,
        }),
    }
}

pub const QUALITY: CalibrationQuality = CalibrationQuality { sample_count: 125, spread_ddeg: 7, drift_ddeg: 3 };

pub const GOAL: PostureGoal = PostureGoal {
    set_at_ms: NOON_MS,
    share_percent: 55,
    met_days: 0,
    missed_days: 1,
    grown_day: Some(TODAY - 3),
    closed_day: Some(TODAY - 1),
};

pub fn settings() -> PostureSettings {
    PostureSettings { set_at_ms: NOON_MS, settings: r#"{"mode":"training"}"#.into() }
}

/// What a pain entry may say beside its score.
pub fn more() -> PainDetail {
    PainDetail {
        sites: vec!["lower-back:left".into(), "leg:left".into()],
        qualities: vec!["burning".into()],
        worst: Some(8),
        average: Some(5),
    }
}

pub fn a_day() -> Wellbeing {
    Wellbeing {
        local_day: TODAY,
        saved_at_ms: NOON_MS,
        stiffness_min: Some(20),
        sleep_quality: Some(6),
        sleep_min: Some(420),
        heat: true,
        cold: false,
        activity: Some("light".into()),
        triggers: vec!["sitting".into()],
        note: "a long drive".into(),
        medications: vec![Medication { name: "ibuprofen".into(), dose: "400 mg".into() }],
    }
}

pub fn peg(id: &str, at_ms: i64) -> Questionnaire {
    Questionnaire {
        entry_id: id.into(),
        at_ms,
        utc_offset_s: 7_200,
        form: "peg".into(),
        answers: r#"{"activity":4,"enjoyment":5,"pain":6}"#.into(),
        score: 5.0,
    }
}

pub fn connection() -> SyncConnection {
    SyncConnection {
        connection_id: "connection".into(),
        base_url: "https://clinic.example/fhir".into(),
        client_id: "lumbra".into(),
        patient_id: "patient-7".into(),
        connected_at_ms: NOON_MS,
    }
}

pub fn care_plan(version: &str) -> Downloaded {
    Downloaded {
        resource_type: "CarePlan".into(),
        resource_id: "back".into(),
        version: version.into(),
        bytes: br#"{"resourceType":"CarePlan", "x-unknown":1.50}"#.to_vec(),
    }
}

pub fn plan(version: &str, holds: u8) -> PlanRecord<Value> {
    PlanRecord {
        plan_id: "back".into(),
        version: version.into(),
        source: PlanSource::Clinic,
        status: PlanStatus::Active,
        received_at_ms: NOON_MS + 100,
        document: json!({ "activities": [{ "exercise": "bridge", "holds": holds, "cap_ma": 25.5 }] }),
    }
}

pub fn exercise(entry_id: &str, local_day: i32, pain: u8) -> ExerciseEntry<Value> {
    ExerciseEntry {
        entry_id: entry_id.into(),
        plan_id: Some("back".into()),
        local_day,
        exercise: "bridge".into(),
        saved_at_ms: NOON_MS + 200,
        document: json!({ "sets": [6, 4, 2], "pain_during": pain, "note": "gardening next" }),
    }
}

pub fn goal(status: GoalStatus) -> Goal<Value> {
    Goal {
        goal_id: "garden".into(),
        plan_id: None,
        status,
        saved_at_ms: NOON_MS + 300,
        document: json!({ "what": "gardening for an hour" }),
    }
}

pub fn goal_progress(entry_id: &str, local_day: i32) -> GoalProgress<Value> {
    GoalProgress {
        entry_id: entry_id.into(),
        goal_id: "garden".into(),
        local_day,
        saved_at_ms: NOON_MS + 400,
        document: json!({ "minutes": 20 }),
    }
}

pub fn observation(entry_id: &str) -> NewEntry {
    NewEntry {
        entry_id: entry_id.into(),
        resource_type: "Observation".into(),
        resource_id: entry_id.into(),
        bytes: format!(r#"{{"resourceType":"Observation","id":"{entry_id}","note":"gardening"}}"#).into_bytes(),
    }
}

/// Stores what is kept since version 7: a plan with what was done of it, and a connection with what goes over it.
pub fn fill_plans_and_outbox(store: &mut Store) -> Result<(), StoreError> {
    store.connect(&connection())?;
    store.together(|store| {
        let at = "2025-06-15T12:00:00.25Z";
        store.apply_page(&[care_plan("2")], Some(Watermark { resource_type: "CarePlan", at }), NOON_MS)?;
        store.save_plan(&plan("1", 8))?;
        store.save_plan(&plan("2", 10))
    })?;
    store.add_exercise(&exercise("done", TODAY, 2))?;
    store.save_goal(&goal(GoalStatus::Open))?;
    store.save_goal_progress(&goal_progress("some", TODAY))?;
    for group in ["arrived", "refused", "waiting"] {
        store.queue(group, &[observation(group), observation(&format!("{group}-2"))], NOON_MS)?;
    }
    store.mark_in_flight(&["arrived", "refused"])?;
    let arrived = |entry_id| Acknowledged { entry_id, etag: Some("W/\"1\"") };
    store.mark_acked(&[arrived("arrived"), arrived("arrived-2")], NOON_MS + 500)?;
    store.mark_dead(&["refused-2"], "gardening is no diagnosis", NOON_MS + 600)
}

/// Reads back what [`fill_plans_and_outbox`] has stored.
fn check_plans_and_outbox(store: &Store) {
    assert_eq!(store.sync_state().unwrap().unwrap().connection, connection());
    assert_eq!(store.watermark("CarePlan").unwrap().as_deref(), Some("2025-06-15T12:00:00.25Z"));
    assert_eq!(store.downloaded("CarePlan", "back").unwrap(), Some(care_plan("2")));
    assert_eq!(store.current_plans().unwrap(), [plan("2", 10)]);
    assert_eq!(store.plan_versions("back").unwrap(), [plan("1", 8), plan("2", 10)]);
    assert_eq!(store.exercises_between(TODAY, TODAY).unwrap(), [exercise("done", TODAY, 2)]);
    assert_eq!(store.goals().unwrap(), [goal(GoalStatus::Open)]);
    assert_eq!(store.goal_progress("garden").unwrap(), [goal_progress("some", TODAY)]);
    let Waiting { pending, in_flight, dead, .. } = store.waiting().unwrap();
    assert_eq!((pending, in_flight, dead), (2, 0, 2));
    let groups = store.next_groups(30, usize::MAX, NOON_MS, &[]).unwrap();
    assert_eq!((groups.len(), groups[0].group_id.as_str()), (1, "waiting"));
    assert_eq!(groups[0].entries[1].bytes, observation("waiting-2").bytes);
    let arrived = store.outbox_entry("arrived").unwrap().unwrap();
    assert_eq!((arrived.state, arrived.etag.as_deref()), (OutboxState::Acked, Some("W/\"1\"")));
    let reasons: Vec<_> = store.dead_entries().unwrap().into_iter().map(|entry| entry.reason).collect();
    assert_eq!(reasons, [None, Some("gardening is no diagnosis".into())]);
}

/// Stores one of everything, and gives the session's id.
pub fn fill(store: &mut Store) -> Result<i64, StoreError> {
    store.save_device(&device("one"))?;
    store.save_screening(&Screening {
        at_ms: NOON_MS,
        questionnaire_version: 1,
        answers: r#"{"pacemaker":false}"#.into(),
        outcome: "cleared".into(),
    })?;
    store.set_cap(&Cap {
        owner: CapOwner::Clinician,
        set_by: "Dr Example".into(),
        device_id: None,
        channel: 0,
        limit_dma: Some(250),
        set_at_ms: NOON_MS,
    })?;
    store.save_calibration(&Calibration {
        device_id: "one".into(),
        at_ms: NOON_MS,
        neutral_pitch_ddeg: 53,
        neutral_roll_ddeg: -12,
        turn: SensorTurn::Behind,
        quality: Some(QUALITY),
    })?;
    store.save_posture_settings(&settings())?;
    store.save_posture_goal(&GOAL)?;
    store.add_pain(&pain("before", 6, NOON_MS - 60_000))?;
    let session = store.start_session(&NewSession { pain_before: Some("before".into()), ..new_session(7, NOON_MS) })?;
    store.save_intent(&intent("command", 1))?;
    store.settle_intent("command", settlement(CommandOutcome::Confirmed))?;
    store.save_intent(&intent("open", 2))?;
    store.add_session_event(
        session,
        &SessionEvent { at_ms: NOON_MS + 5_000, kind: "pads_off".into(), detail: r#"{"channel":1}"#.into() },
    )?;
    store.append_telemetry(session, 10, &samples(0, 10))?;
    store.append_telemetry(session, 20, &samples(10, 10))?;
    store.end_session(session, end(NOON_MS + 1_200_000, 1_200, false))?;
    store.edit_pain(
        &PainEntry {
            context: PainContext::BeforeSession,
            session: Some(session),
            ..pain("before", 7, NOON_MS - 60_000)
        },
        NOON_MS + 1_000,
    )?;
    store.add_pain(&PainEntry {
        context: PainContext::AfterSession,
        session: Some(session),
        detail: more(),
        ..pain("after", 3, NOON_MS + 1_300_000)
    })?;
    store.save_wellbeing(&a_day())?;
    store.add_questionnaire(&peg("peg", NOON_MS))?;
    store.save_red_flag_check(&Screening {
        at_ms: NOON_MS + 1_400_000,
        questionnaire_version: 3,
        answers: r#"{"saddle":"no"}"#.into(),
        outcome: "self_care".into(),
    })?;
    store.append_posture(
        &[chunk(0), chunk(20)],
        &[PostureGap { device_id: "one".into(), boot_id: BOOT, from_frame: 10, to_frame: 19, at_ms: NOON_MS + 8_000 }],
    )?;
    store.save_records(&[record(1), record(2)])?;
    fill_plans_and_outbox(store)?;
    Ok(session)
}

/// Reads back what [`fill`] has stored.
pub fn check_filled(store: &Store) {
    assert_eq!(store.devices(false).unwrap(), [device("one")]);
    assert_eq!(store.latest_screening().unwrap().unwrap().outcome, "cleared");
    assert_eq!(store.caps("one").unwrap()[0].limit_dma, Some(250));
    let calibration = store.latest_calibration("one").unwrap().unwrap();
    assert_eq!((calibration.neutral_pitch_ddeg, calibration.neutral_roll_ddeg), (53, -12));
    // Kept since version 4: an earlier database has none of it, and a sensor was taken to face ahead.
    let since_4 = (store.latest_posture_settings().unwrap(), store.latest_posture_goal().unwrap());
    if since_4 == (None, None) {
        assert_eq!((calibration.turn, calibration.quality), (SensorTurn::Ahead, None));
    } else {
        assert_eq!((calibration.turn, calibration.quality), (SensorTurn::Behind, Some(QUALITY)));
        assert_eq!(since_4, (Some(settings()), Some(GOAL)));
    }
    let sessions = store.sessions_between(NOON_MS, NOON_MS + 1).unwrap();
    let [session] = sessions.as_slice() else {
        panic!("one session");
    };
    assert_eq!(session.start.pain_before.as_deref(), Some("before"));
    assert_eq!(session.pain_after.as_deref(), Some("after"));
    assert_eq!(session.outcome.as_deref(), Some("completed"));
    assert_eq!((session.elapsed_s, session.max_delivered_dma), (1_200, 120));
    assert_eq!(store.telemetry(session.id).unwrap(), samples(0, 20));
    assert_eq!(store.session_events(session.id).unwrap()[0].kind, "pads_off");
    let command = store.command("command").unwrap().unwrap();
    assert_eq!((command.intent, command.outcome), (intent("command", 1), CommandOutcome::Confirmed));
    let audit = store.audit("command", "command").unwrap();
    let audit: Vec<_> = audit.iter().map(|entry| (entry.action.as_str(), entry.at_ms)).collect();
    assert_eq!(audit, [("saved", NOON_MS + 1), ("confirmed", NOON_MS + 500)]);
    assert_eq!(store.open_intents("one").unwrap()[0].intent, intent("open", 2));
    let scores: Vec<_> = store.pain_between(0, i64::MAX).unwrap().iter().map(|entry| entry.score).collect();
    assert_eq!(scores, [7, 3]);
    assert!(store.audit("pain", "before").unwrap()[1].detail.contains(r#""score":6"#));
    assert_eq!(store.posture_between(0, i64::MAX).unwrap(), [chunk(0), chunk(20)]);
    let counts = store.posture_counts(0).unwrap();
    assert_eq!((counts.frames, counts.samples, counts.gaps, counts.missing_frames), (20, 200, 1, 10));
    assert_eq!(store.highest_contiguous_record("one", 0).unwrap(), 2);
    // Kept since version 6.
    let since_6 = store.wellbeing(TODAY).unwrap().is_some();
    let after = &store.pain_between(0, i64::MAX).unwrap()[1];
    assert_eq!(after.detail, if since_6 { more() } else { PainDetail::default() });
    let rounds = store.rounds().unwrap();
    assert_eq!((rounds.len(), rounds[0].part), (if since_6 { 2 } else { 1 }, RoundPart::All));
    if since_6 {
        assert_eq!(store.wellbeing_between(TODAY, TODAY).unwrap(), [a_day()]);
        assert_eq!(store.questionnaires_between(0, i64::MAX).unwrap(), [peg("peg", NOON_MS)]);
        assert_eq!((rounds[1].part, rounds[1].told), (RoundPart::RedFlags, 3));
    }
    if store.sync_state().unwrap().is_some() {
        check_plans_and_outbox(store);
    }
    let days = store.days(TODAY, TODAY).unwrap();
    assert_eq!((days[0].stimulated_s, days[0].pain_mean, days[0].posture.upright_s), (1_200, Some(5.0), 80));
}
