//! What a person writes and corrects: the newest words stand, the audit keeps all that stood before, and the days' roll-ups follow.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a failure is a panic")]

mod common;

use std::collections::BTreeMap;

use common::{Keys, NOON_MS, TODAY, a_day, more, pain, peg};
use lumbra_store::{Medication, PainDetail, PainEntry, Screening, Store, StoreError, Wellbeing};
use proptest::prelude::*;
use serde_json::Value;

const DAY_MS: i64 = 86_400_000;

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), &Keys::fixed(1)).unwrap();
    (dir, store)
}

/// What an audit entry says was there before.
fn before(store: &Store, subject: &str, id: &str) -> Vec<Value> {
    let audit = store.audit(subject, id).unwrap();
    assert_eq!(audit[0].action, "added");
    assert!(audit[1..].iter().all(|entry| entry.action == "edited"));
    audit[1..].iter().map(|entry| serde_json::from_str(&entry.detail).unwrap()).collect()
}

fn detail() -> impl Strategy<Value = PainDetail> {
    let words = || prop::collection::vec("[a-z:\"\\\\ ]{0,8}", 0..4);
    (words(), words(), prop::option::of(0_u8..=10), prop::option::of(0_u8..=10))
        .prop_map(|(sites, qualities, worst, average)| PainDetail { sites, qualities, worst, average })
}

fn wellbeing() -> impl Strategy<Value = Wellbeing> {
    let minutes = || prop::option::of(0_u16..=1_440);
    let medication = ("[a-z]{1,9}", "[0-9 mg]{0,6}").prop_map(|(name, dose)| Medication { name, dose });
    let words = prop::collection::vec("[a-z-]{1,8}", 0..4);
    (
        (0_i32..3, minutes(), prop::option::of(0_u8..=10), minutes(), any::<(bool, bool)>()),
        (prop::option::of("[a-z]{1,6}"), words, "[a-zä\"]{0,9}", prop::collection::vec(medication, 0..4)),
    )
        .prop_map(
            |(
                (day, stiffness_min, sleep_quality, sleep_min, (heat, cold)),
                (activity, triggers, note, medications),
            )| {
                Wellbeing {
                    local_day: TODAY + day,
                    saved_at_ms: NOON_MS,
                    stiffness_min,
                    sleep_quality,
                    sleep_min,
                    heat,
                    cold,
                    activity,
                    triggers,
                    note,
                    medications,
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Entries that are edited over and over, and move between days.
    #[test]
    fn edits_of_pain_keep_what_was_there_and_the_days_follow(
        edits in prop::collection::vec((0_u8..4, 0_i64..3, 0_u8..=10, detail()), 1..24)
    ) {
        let (_dir, mut store) = store();
        let mut written: BTreeMap<String, Vec<PainEntry>> = BTreeMap::new();
        for (which, day, score, detail) in edits {
            let entry = PainEntry { detail, ..pain(&which.to_string(), score, NOON_MS + day * DAY_MS) };
            let earlier = written.entry(entry.entry_id.clone()).or_default();
            if earlier.is_empty() {
                store.add_pain(&entry).unwrap();
            } else {
                store.edit_pain(&entry, NOON_MS).unwrap();
            }
            earlier.push(entry);
        }
        let mut days: BTreeMap<i32, Vec<u8>> = BTreeMap::new();
        for (id, versions) in &written {
            let newest = versions.last().unwrap();
            prop_assert_eq!(store.pain(id).unwrap(), Some(newest.clone()));
            days.entry(lumbra_store::local_day(newest.at_ms, newest.utc_offset_s)).or_default().push(newest.score);
            let kept = before(&store, "pain", id);
            prop_assert_eq!(kept.len(), versions.len() - 1);
            for (old, version) in kept.iter().zip(versions) {
                prop_assert_eq!(old["score"].as_u64(), Some(version.score.into()));
                prop_assert_eq!(old["at_ms"].as_i64(), Some(version.at_ms));
                prop_assert_eq!(&old["sites"], &Value::from(version.detail.sites.clone()));
                prop_assert_eq!(&old["qualities"], &Value::from(version.detail.qualities.clone()));
                prop_assert_eq!(old["worst"].as_u64(), version.detail.worst.map(u64::from));
                prop_assert_eq!(old["average"].as_u64(), version.detail.average.map(u64::from));
            }
        }
        let rolled_up: BTreeMap<i32, (u32, Option<u8>, Option<u8>)> = store
            .days(i32::MIN, i32::MAX)
            .unwrap()
            .into_iter()
            .filter(|day| day.pain_entries > 0)
            .map(|day| (day.local_day, (day.pain_entries, day.pain_lowest, day.pain_highest)))
            .collect();
        let summed = days.into_iter().map(|(day, scores)| {
            let count = u32::try_from(scores.len()).unwrap();
            (day, (count, scores.iter().min().copied(), scores.iter().max().copied()))
        });
        prop_assert_eq!(rolled_up, summed.collect::<BTreeMap<_, _>>());
    }

    #[test]
    fn a_day_is_what_was_written_last_and_the_audit_has_the_rest(days in prop::collection::vec(wellbeing(), 1..16)) {
        let (_dir, mut store) = store();
        let mut written: BTreeMap<i32, Vec<Wellbeing>> = BTreeMap::new();
        for day in days {
            store.save_wellbeing(&day).unwrap();
            written.entry(day.local_day).or_default().push(day);
        }
        let newest: Vec<_> = written.values().map(|versions| versions.last().unwrap().clone()).collect();
        prop_assert_eq!(store.wellbeing_between(TODAY, TODAY + 3).unwrap(), newest);
        for (day, versions) in written {
            prop_assert_eq!(store.wellbeing(day).unwrap(), versions.last().cloned());
            let kept = before(&store, "wellbeing", &day.to_string());
            prop_assert_eq!(kept.len(), versions.len() - 1);
            for (old, version) in kept.iter().zip(&versions) {
                prop_assert_eq!(old["note"].as_str(), Some(version.note.as_str()));
                prop_assert_eq!(old["stiffness_min"].as_u64(), version.stiffness_min.map(u64::from));
                prop_assert_eq!(old["sleep_quality"].as_u64(), version.sleep_quality.map(u64::from));
                prop_assert_eq!(old["sleep_min"].as_u64(), version.sleep_min.map(u64::from));
                prop_assert_eq!((old["heat"].as_bool(), old["cold"].as_bool()), (Some(version.heat), Some(version.cold)));
                prop_assert_eq!(old["activity"].as_str(), version.activity.as_deref());
                prop_assert_eq!(&old["triggers"], &Value::from(version.triggers.clone()));
                let names: Vec<_> = version.medications.iter().map(|taken| taken.name.as_str()).collect();
                let kept: Vec<_> =
                    old["medications"].as_array().unwrap().iter().map(|taken| taken["name"].as_str().unwrap()).collect();
                prop_assert_eq!(kept, names);
            }
        }
    }
}

#[test]
fn a_questionnaire_can_be_corrected_and_charts_take_the_newest_of_a_day() {
    let (_dir, mut store) = store();
    store.add_questionnaire(&peg("a", NOON_MS)).unwrap();
    store.add_questionnaire(&lumbra_store::Questionnaire { score: 7.0, ..peg("b", NOON_MS + 60_000) }).unwrap();
    store.add_questionnaire(&lumbra_store::Questionnaire { form: "other".into(), ..peg("c", NOON_MS) }).unwrap();
    store.add_questionnaire(&lumbra_store::Questionnaire { score: 2.0, ..peg("d", NOON_MS + DAY_MS) }).unwrap();
    assert!(matches!(store.add_questionnaire(&peg("a", 0)), Err(StoreError::Conflict { .. })));
    assert_eq!(store.questionnaire_days("peg", TODAY, TODAY + 5).unwrap(), [(TODAY, 7.0), (TODAY + 1, 2.0)]);
    let newest_before = |before_ms| {
        let found = store.questionnaire_before("peg", before_ms).unwrap();
        found.map(|entry| entry.entry_id)
    };
    assert_eq!(newest_before(NOON_MS + 60_000).as_deref(), Some("a"));
    assert_eq!((newest_before(i64::MAX).as_deref(), newest_before(NOON_MS)), (Some("d"), None));
    store.edit_questionnaire("b", r#"{"pain":1}"#, 1.0, NOON_MS + 120_000).unwrap();
    assert_eq!(store.questionnaire("b").unwrap().unwrap().score.to_bits(), 1.0_f64.to_bits());
    let kept = before(&store, "questionnaire", "b");
    assert_eq!((kept[0]["score"].as_f64(), kept[0]["answers"]["pain"].as_u64()), (Some(7.0), Some(6)));
    assert!(matches!(store.edit_questionnaire("x", "{}", 1.0, 0), Err(StoreError::NotFound { .. })));
    assert!(matches!(store.edit_questionnaire("b", "{}", f64::NAN, 0), Err(StoreError::Invalid { .. })));
}

#[test]
fn what_no_day_and_no_score_can_be_is_refused() {
    let (_dir, mut store) = store();
    let refused = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Invalid { .. }));
    assert!(refused(store.save_wellbeing(&Wellbeing { stiffness_min: Some(1_441), ..a_day() })));
    assert!(refused(store.save_wellbeing(&Wellbeing { sleep_min: Some(1_441), ..a_day() })));
    assert!(refused(store.save_wellbeing(&Wellbeing { sleep_quality: Some(11), ..a_day() })));
    assert_eq!(store.wellbeing(TODAY).unwrap(), None);
    for detail in [PainDetail { worst: Some(11), ..more() }, PainDetail { average: Some(11), ..more() }] {
        assert!(refused(store.add_pain(&PainEntry { detail, ..pain("a", 1, 0) })));
    }
}

/// The order of telling, whatever the clock: what a check has covered is what was told before it.
#[test]
fn pain_is_counted_in_the_order_in_which_it_is_told() {
    let (_dir, mut store) = store();
    let check = Screening { at_ms: 0, questionnaire_version: 3, answers: "{}".into(), outcome: "self_care".into() };
    let told = |store: &Store, since| -> Vec<(String, u32)> {
        let told = store.pain_told_since(since, 2 * DAY_MS).unwrap();
        told.into_iter().map(|pain| (pain.entry.entry_id, pain.told)).collect()
    };
    store.add_pain(&pain("old", 3, NOON_MS - 9 * DAY_MS)).unwrap();
    store.add_pain(&pain("older", 3, NOON_MS - 10 * DAY_MS)).unwrap();
    store.add_pain(&pain("near", 3, NOON_MS - DAY_MS)).unwrap();
    store.save_red_flag_check(&check).unwrap();
    let covered = store.rounds().unwrap()[0].told;
    assert_eq!((covered, told(&store, covered)), (3, vec![]));
    // A clock that was set back.
    store.add_pain(&pain("new", 9, NOON_MS)).unwrap();
    assert_eq!(told(&store, covered), [("old".into(), 1), ("near".into(), 3), ("new".into(), 4)]);
    store.save_red_flag_check(&check).unwrap();
    assert_eq!(told(&store, 4), []);
    // Another note says nothing new, another score does.
    let near = pain("near", 3, NOON_MS - DAY_MS);
    store.edit_pain(&PainEntry { note: "better".into(), ..near.clone() }, NOON_MS).unwrap();
    assert_eq!(told(&store, 4), []);
    store.edit_pain(&PainEntry { score: 9, ..near.clone() }, NOON_MS).unwrap();
    assert_eq!(told(&store, 4), [("old".into(), 1), ("near".into(), 5), ("new".into(), 4)]);
    store.edit_pain(&PainEntry { score: 9, detail: more(), ..near }, NOON_MS).unwrap();
    assert_eq!(told(&store, 5).last().unwrap().1, 4);
    assert!(told(&store, 5).contains(&("near".into(), 6)));
}

#[test]
fn a_check_stands_among_the_screenings_and_is_none() {
    let (_dir, mut store) = store();
    let answered = |outcome: &str| Screening {
        at_ms: NOON_MS,
        questionnaire_version: 3,
        answers: "{}".into(),
        outcome: outcome.into(),
    };
    store.save_screening(&answered("passed")).unwrap();
    store.save_red_flag_check(&answered("emergency")).unwrap();
    assert_eq!(store.latest_screening().unwrap().unwrap().outcome, "passed");
    let outcomes: Vec<_> = store.rounds().unwrap().into_iter().map(|round| round.screening.outcome).collect();
    assert_eq!(outcomes, ["passed", "emergency"]);
    assert_eq!(store.audit("red_flags", "2").unwrap()[0].action, "answered");
}
