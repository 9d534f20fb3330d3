//! Plans, what was done of them, and what goes to a clinic and comes from there: put into the template, and read.

use lumbra_store::{
    Acknowledged, Capability, Downloaded, ExerciseEntry, Goal, GoalProgress, GoalStatus, NewEntry, PlanRecord,
    PlanSource, PlanStatus, Store, StoreError, SyncConnection, Watermark,
};
use serde_json::{Value, json};

use crate::template::{NOON_MS, TODAY};

const PLAN: &str = "4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a0006";
const EXERCISE: &str = "4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a0007";
const GOAL: &str = "4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a0008";
const ENTRY: &str = "4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a0009";
const TYPE: &str = "Observation";

/// Stores some of each.
pub(crate) fn fill(store: &mut Store) -> Result<(), StoreError> {
    store.connect(&SyncConnection {
        connection_id: "4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a000a".into(),
        base_url: "https://clinic.example/fhir".into(),
        client_id: "lumbra".into(),
        patient_id: "p1".into(),
        connected_at_ms: NOON_MS,
    })?;
    store.save_capability(Some(&Capability { statement: r#"{"transaction":true}"#.into(), read_at_ms: NOON_MS }))?;
    store.note_failed_sync(NOON_MS + 60_000, Some(-2_000))?;
    let page = [Downloaded {
        resource_type: "CarePlan".into(),
        resource_id: PLAN.into(),
        version: "1".into(),
        bytes: br#"{"resourceType":"CarePlan"}"#.to_vec(),
    }];
    let watermark = Watermark { resource_type: "CarePlan", at: "2025-06-15T12:00:00Z" };
    store.apply_page(&page, Some(watermark), NOON_MS)?;
    for (version, status) in [("1", PlanStatus::Active), ("2", PlanStatus::OnHold)] {
        store.save_plan(&PlanRecord {
            plan_id: PLAN.into(),
            version: version.into(),
            source: PlanSource::Clinic,
            status,
            received_at_ms: NOON_MS,
            document: json!({ "activities": [] }),
        })?;
    }
    store.add_exercise(&ExerciseEntry {
        entry_id: EXERCISE.into(),
        plan_id: Some(PLAN.into()),
        local_day: TODAY,
        exercise: "bridge".into(),
        saved_at_ms: NOON_MS,
        document: json!({ "pain_during": 2 }),
    })?;
    store.save_goal(&Goal {
        goal_id: GOAL.into(),
        plan_id: Some(PLAN.into()),
        status: GoalStatus::Open,
        saved_at_ms: NOON_MS,
        document: json!({ "what": "gardening" }),
    })?;
    store.save_goal_progress(&GoalProgress {
        entry_id: ENTRY.into(),
        goal_id: GOAL.into(),
        local_day: TODAY,
        saved_at_ms: NOON_MS,
        document: json!({ "minutes": 20 }),
    })?;
    for id in [ENTRY, EXERCISE, GOAL] {
        let entry = NewEntry {
            entry_id: id.into(),
            resource_type: TYPE.into(),
            resource_id: id.into(),
            bytes: br#"{"resourceType":"Observation"}"#.to_vec(),
        };
        store.queue(id, &[entry], NOON_MS)?;
    }
    store.mark_in_flight(&[ENTRY, EXERCISE])?;
    store.mark_acked(&[Acknowledged { entry_id: ENTRY, etag: Some("W/\"1\"") }], NOON_MS)?;
    store.mark_dead(&[EXERCISE], "no such patient", NOON_MS)
}

/// Calls every reading method, and gives what each told.
pub(crate) fn read(store: &Store) -> Vec<Result<(), StoreError>> {
    vec![
        store.sync_state().map(drop),
        store.watermark("CarePlan").map(drop),
        store.known_resources("CarePlan").map(drop),
        store.downloaded("CarePlan", PLAN).map(drop),
        store.all_downloaded("CarePlan").map(drop),
        store.plans::<Value>().map(drop),
        store.current_plans::<Value>().map(drop),
        store.plan_versions::<Value>(PLAN).map(drop),
        store.exercise::<Value>(EXERCISE).map(drop),
        store.exercises_between::<Value>(i32::MIN, i32::MAX).map(drop),
        store.goals::<Value>().map(drop),
        store.goal_progress::<Value>(GOAL).map(drop),
        store.next_groups(30, usize::MAX, i64::MAX, &[]).map(drop),
        store.waiting().map(drop),
        store.dead_entries().map(drop),
        store.outbox_entry(EXERCISE).map(drop),
        store.acked_etag(TYPE, ENTRY).map(drop),
    ]
}
