//! Plans, what was done of them, and goals: the newest stands, the audit keeps what stood before.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a failure is a panic")]

mod common;

use std::collections::BTreeMap;

use common::{Keys, NOON_MS, TODAY, exercise, goal, goal_progress, plan};
use lumbra_store::{ExerciseEntry, GoalStatus, PlanRecord, PlanSource, PlanStatus, Store, StoreError};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), &Keys::fixed(1)).unwrap();
    (dir, store)
}

/// The audit of one thing: what was done, and what was there before.
fn audit(store: &Store, subject: &str, id: &str) -> Vec<(String, Value)> {
    let rows = store.audit(subject, id).unwrap().into_iter();
    rows.map(|row| (row.action, serde_json::from_str(&row.detail).unwrap())).collect()
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Typed {
    activities: Vec<Activity>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Activity {
    exercise: String,
    holds: u8,
    cap_ma: f64,
}

#[test]
fn what_was_received_last_is_in_force() {
    let (_dir, mut store) = store();
    assert!(store.save_plan(&plan("1", 8)).unwrap());
    assert!(!store.save_plan(&plan("1", 8)).unwrap(), "the same again");
    assert!(store.save_plan(&plan("2", 10)).unwrap());
    let other = PlanRecord { plan_id: "own".into(), source: PlanSource::Own, ..plan("1", 3) };
    store.save_plan(&other).unwrap();
    assert_eq!(store.current_plans().unwrap(), [plan("2", 10), other.clone()]);
    // The clinic goes back to the first version.
    assert!(store.save_plan(&plan("1", 8)).unwrap());
    assert_eq!(store.current_plans().unwrap(), [other.clone(), plan("1", 8)]);
    assert_eq!(store.plan_versions("back").unwrap(), [plan("2", 10), plan("1", 8)]);
    // This version of the app makes something else of the same version of the plan.
    assert!(store.save_plan(&plan("1", 9)).unwrap());
    let told = audit(&store, "plan", "back");
    assert_eq!(told.len(), 4);
    assert_eq!(told[3].1["before"], json!({ "status": "active", "document": plan("1", 8).document }));
    assert_eq!((&told[1].1["version"], &told[2].1["version"]), (&json!("2"), &json!("1")));
    // As the caller's own type.
    let typed: Vec<PlanRecord<Typed>> = store.current_plans().unwrap();
    assert_eq!(typed[1].document.activities, [Activity { exercise: "bridge".into(), holds: 9, cap_ma: 25.5 }]);
    assert!(matches!(store.current_plans::<Vec<u8>>(), Err(StoreError::Document { .. })));
    assert_eq!(store.current_plans::<Value>().unwrap().len(), 2, "and it is not taken for damage");
}

#[test]
fn a_plan_that_was_taken_back_is_not_current() {
    let (_dir, mut store) = store();
    store.save_plan(&plan("1", 8)).unwrap();
    store.save_plan(&plan("2", 10)).unwrap();
    store.set_plan_status("back", PlanStatus::OnHold, NOON_MS).unwrap();
    assert_eq!(store.current_plans::<Value>().unwrap()[0].status, PlanStatus::OnHold);
    for status in [PlanStatus::Withdrawn, PlanStatus::Withdrawn, PlanStatus::Ended] {
        store.set_plan_status("back", status, NOON_MS).unwrap();
        assert_eq!(store.current_plans::<Value>().unwrap(), [], "not its earlier version either");
        assert_eq!(store.plans::<Value>().unwrap()[0].status, status);
    }
    let told = audit(&store, "plan", "back");
    let told: Vec<_> = told[2..].iter().map(|(action, detail)| (action.as_str(), &detail["before"])).collect();
    let expected = [("on_hold", json!("active")), ("withdrawn", json!("on_hold")), ("ended", json!("withdrawn"))];
    assert!(told.iter().copied().eq(expected.iter().map(|(action, before)| (*action, before))), "{told:?}");
    // It comes again, to be followed.
    assert!(store.save_plan(&plan("2", 10)).unwrap());
    assert_eq!(store.current_plans().unwrap(), [plan("2", 10)]);
    assert!(matches!(store.set_plan_status("none", PlanStatus::Ended, 0), Err(StoreError::NotFound { .. })));
}

#[test]
fn goals_keep_their_history() {
    let (_dir, mut store) = store();
    let orphan = goal_progress("a", TODAY);
    assert!(matches!(store.save_goal_progress(&orphan), Err(StoreError::NotFound { .. })));
    store.save_goal(&goal(GoalStatus::Open)).unwrap();
    store.save_goal_progress(&goal_progress("b", TODAY + 1)).unwrap();
    store.save_goal_progress(&orphan).unwrap();
    let more = lumbra_store::GoalProgress { document: json!({ "minutes": 60 }), ..goal_progress("b", TODAY + 2) };
    store.save_goal_progress(&more).unwrap();
    assert_eq!(store.goal_progress("garden").unwrap(), [orphan, more]);
    store.save_goal(&goal(GoalStatus::Reached)).unwrap();
    assert_eq!(store.goals().unwrap(), [goal(GoalStatus::Reached)]);
    let told = audit(&store, "goal", "garden");
    assert_eq!((told[0].0.as_str(), told[1].0.as_str()), ("added", "edited"));
    assert_eq!(told[1].1["status"], "open");
    assert_eq!(audit(&store, "goal_progress", "b")[1].1["document"], json!({ "minutes": 20 }));
    let of_no_plan = lumbra_store::Goal { plan_id: Some("none".into()), ..goal(GoalStatus::Open) };
    assert!(matches!(store.save_goal(&of_no_plan), Err(StoreError::NotFound { .. })));
}

#[test]
fn an_exercise_needs_its_plan_and_is_added_once() {
    let (_dir, mut store) = store();
    assert!(matches!(store.add_exercise(&exercise("a", TODAY, 2)), Err(StoreError::NotFound { .. })));
    let free = ExerciseEntry { plan_id: None, ..exercise("a", TODAY, 2) };
    assert!(matches!(store.edit_exercise(&free), Err(StoreError::NotFound { .. })));
    store.add_exercise(&free).unwrap();
    assert!(matches!(store.add_exercise(&free), Err(StoreError::Conflict { .. })));
    assert_eq!(store.exercise("a").unwrap(), Some(free));
    assert_eq!(store.exercise::<Value>("b").unwrap(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Entries that are edited over and over, and move between days.
    #[test]
    fn edits_of_exercises_keep_what_was_there(
        edits in prop::collection::vec((0_u8..4, 0_i32..3, 0_u8..=10, "[a-z\"\\\\ä]{0,6}"), 1..20)
    ) {
        let (_dir, mut store) = store();
        store.save_plan(&plan("1", 8)).unwrap();
        let mut written: BTreeMap<String, Vec<ExerciseEntry<Value>>> = BTreeMap::new();
        for ((which, day, pain, word), at_ms) in edits.into_iter().zip(NOON_MS..) {
            let entry = ExerciseEntry {
                exercise: word,
                saved_at_ms: at_ms,
                ..exercise(&which.to_string(), TODAY + day, pain)
            };
            let earlier = written.entry(entry.entry_id.clone()).or_default();
            if earlier.is_empty() {
                store.add_exercise(&entry).unwrap();
            } else {
                store.edit_exercise(&entry).unwrap();
            }
            earlier.push(entry);
        }
        let mut newest: Vec<_> = written.values().map(|versions| versions.last().unwrap().clone()).collect();
        newest.sort_by_key(|entry| (entry.local_day, entry.saved_at_ms));
        prop_assert_eq!(store.exercises_between(TODAY, TODAY + 2).unwrap(), newest.clone());
        newest.retain(|entry| entry.local_day == TODAY + 1);
        prop_assert_eq!(store.exercises_between(TODAY + 1, TODAY + 1).unwrap(), newest);
        for (id, versions) in &written {
            let told = audit(&store, "exercise", id);
            prop_assert_eq!(told.len(), versions.len());
            prop_assert_eq!(told[0].0.as_str(), "added");
            for ((action, before), version) in told[1..].iter().zip(versions) {
                prop_assert_eq!(action.as_str(), "edited");
                let expected = json!({
                    "plan_id": version.plan_id,
                    "local_day": version.local_day,
                    "exercise": version.exercise,
                    "saved_at_ms": version.saved_at_ms,
                    "document": version.document,
                });
                prop_assert_eq!(before, &expected);
            }
        }
    }
}
