//! Roll-ups against the minutes, sessions and entries they are made of, summed here by brute force.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a failure is a panic")]

mod common;

use std::collections::BTreeMap;

use common::{Keys, NOON_MS, device, end, new_session, pain, record};
use jiff::civil::date;
use jiff::tz::TimeZone;
use lumbra_store::{DeviceRecord, PostureMinute, PostureSeconds, Store};
use proptest::prelude::*;

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path(), &Keys::fixed(1)).unwrap();
    store.save_device(&device("one")).unwrap();
    (dir, store)
}

/// A minute with so many seconds slouched, and the rest upright.
fn minute(number: u32, at_ms: i64, utc_offset_s: i32, slouched_s: u32) -> DeviceRecord {
    let seconds = PostureSeconds { upright_s: 60 - slouched_s, slouched_s, ..PostureSeconds::default() };
    let nudges = u8::from(slouched_s > 30);
    DeviceRecord {
        at_ms: Some(at_ms),
        ticks_ms: u64::from(number),
        payload: number.to_le_bytes().to_vec(),
        posture_minute: Some(PostureMinute { utc_offset_s, seconds, mean_pitch_ddeg: -40, nudges }),
        ..record(number)
    }
}

type Sums<K> = BTreeMap<K, (u32, u32, u32)>;

fn add<K: Ord>(sums: &mut Sums<K>, key: K, (upright_s, slouched_s, nudges): (u32, u32, u32)) {
    let sum = sums.entry(key).or_default();
    *sum = (sum.0 + upright_s, sum.1 + slouched_s, sum.2 + nudges);
}

/// Of days, of hours, and of hours over months.
type RollUps = (Sums<i32>, Sums<(i32, u8)>, Sums<(i32, u8)>);

/// All three roll-ups as they stand, empty rows left out.
fn rolled_up(store: &Store) -> RollUps {
    let of = |posture: PostureSeconds, nudges| (posture.upright_s, posture.slouched_s, nudges);
    let days = store.days(i32::MIN, i32::MAX).unwrap().into_iter();
    let hours = store.hours(i32::MIN, i32::MAX).unwrap().into_iter();
    let months = store.month_hours(i32::MIN, i32::MAX).unwrap().into_iter();
    (
        days.filter(|day| day.posture.worn_s() > 0).map(|day| (day.local_day, of(day.posture, day.nudges))).collect(),
        hours.map(|hour| ((hour.local_day, hour.local_hour), of(hour.posture, hour.nudges))).collect(),
        months.map(|hour| ((hour.month, hour.local_hour), of(hour.posture, hour.nudges))).collect(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Late, repeated, in any order and in any batches: the same.
    #[test]
    fn the_order_in_which_minutes_come_changes_nothing(
        minutes in prop::collection::vec((0_i64..200 * 1_440, 0_u32..=60, -43_200_i32..43_200), 1..60),
        order in prop::collection::vec((any::<prop::sample::Index>(), 1_usize..9), 1..120),
    ) {
        let (_dir, mut store) = store();
        let records: Vec<_> = minutes
            .iter()
            .zip(1..)
            .map(|((at_min, slouched_s, offset_s), number)| minute(number, at_min * 60_000, *offset_s, *slouched_s))
            .collect();
        let mut rest: Vec<_> = records.iter().collect();
        for (index, batch) in order {
            let from = index.index(records.len());
            let to = (from + batch).min(records.len());
            store.save_records(&records[from..to]).unwrap();
        }
        rest.reverse();
        for record in rest {
            store.save_records(std::slice::from_ref(record)).unwrap();
        }
        let (mut days, mut hours, mut months) = (Sums::new(), Sums::new(), Sums::new());
        for (at_min, slouched_s, offset_s) in minutes {
            let local_s = at_min * 60 + i64::from(offset_s);
            let zoned = date(1970, 1, 1).at(0, 0, 0, 0) + jiff::SignedDuration::from_secs(local_s);
            let day = i32::try_from(local_s.div_euclid(86_400)).unwrap();
            let hour = u8::try_from(zoned.hour()).unwrap();
            let month = (i32::from(zoned.year()) - 1970) * 12 + i32::from(zoned.month()) - 1;
            let sum = (60 - slouched_s, slouched_s, u32::from(slouched_s > 30));
            add(&mut days, day, sum);
            add(&mut hours, (day, hour), sum);
            add(&mut months, (month, hour), sum);
        }
        // Over any months, whole years among them.
        for (from, to) in [(-1, 12), (0, 5), (0, 11), (3, 11), (2, 8), (5, 6), (1, 23), (6, 6)] {
            let mut expected = Sums::new();
            for ((_, hour), sum) in months.iter().filter(|((month, _), _)| (from..=to).contains(month)) {
                add(&mut expected, *hour, *sum);
            }
            let found = store.hours_over_months(from, to).unwrap().into_iter();
            let found: Sums<u8> = found
                .map(|hour| (hour.local_hour, (hour.posture.upright_s, hour.posture.slouched_s, hour.nudges)))
                .filter(|(_, sum)| *sum != (0, 0, 0))
                .collect();
            prop_assert_eq!(found, expected, "months {} to {}", from, to);
        }
        prop_assert_eq!(rolled_up(&store), (days, hours, months));
    }

    /// Sessions and pain entries that come, are corrected and move to another day.
    #[test]
    fn days_follow_every_change_of_sessions_and_pain(
        sessions in prop::collection::vec((0_i64..5, 0_u32..1_500, 0_u8..4), 0..12),
        scores in prop::collection::vec((0_i64..5, 0_u8..=10, prop::option::of((0_i64..5, 0_u8..=10))), 0..12),
    ) {
        let (_dir, mut store) = store();
        let day_ms = 86_400_000;
        let mut expected: BTreeMap<i64, (u32, u32, u32, Vec<u8>)> = BTreeMap::new();
        for ((day, elapsed_s, how), number) in sessions.iter().zip(1..) {
            let started_at_ms = NOON_MS + day * day_ms + i64::from(number);
            let id = store.start_session(&new_session(number, started_at_ms)).unwrap();
            let sum = expected.entry(*day).or_default();
            match how {
                0 => *sum = (sum.0 + 1, sum.1 + 1, sum.2 + 1_200, std::mem::take(&mut sum.3)),
                1 => {
                    store.end_session(id, end(started_at_ms + 1, *elapsed_s, true)).unwrap();
                    *sum = (sum.0 + 1, sum.1 + 1, sum.2 + (*elapsed_s).max(1_200), std::mem::take(&mut sum.3));
                }
                2 => {
                    store.append_telemetry(id, *elapsed_s, &[]).unwrap();
                    store.end_session(id, end(started_at_ms + 1, 7, true)).unwrap();
                    // The device's record tells more.
                    store.end_session(id, end(started_at_ms + 1, *elapsed_s, false)).unwrap();
                    *sum = (sum.0 + 1, sum.1, sum.2 + elapsed_s, std::mem::take(&mut sum.3));
                }
                _ => {
                    let refused = lumbra_store::SessionEnd { outcome: "not_begun", ..end(started_at_ms, 0, false) };
                    store.end_session(id, refused).unwrap();
                }
            }
        }
        for ((day, score, edit), number) in scores.iter().zip(0..) {
            let entry = pain(&format!("{number}"), *score, NOON_MS + day * day_ms);
            store.add_pain(&entry).unwrap();
            let (day, score) = edit.unwrap_or((*day, *score));
            let entry = pain(&format!("{number}"), score, NOON_MS + day * day_ms);
            store.edit_pain(&entry, NOON_MS).unwrap();
            expected.entry(day).or_default().3.push(score);
        }
        let today = i64::from(common::TODAY);
        let found: BTreeMap<_, _> =
            store.days(i32::MIN, i32::MAX).unwrap().into_iter().map(|day| (i64::from(day.local_day) - today, day)).collect();
        for (day, (begun, uncertain, stimulated_s, scores)) in expected {
            let found = found.get(&day).copied().unwrap_or_default();
            prop_assert_eq!((found.sessions, found.uncertain_sessions, found.stimulated_s), (begun, uncertain, stimulated_s));
            prop_assert_eq!(found.pain_lowest, scores.iter().min().copied());
            prop_assert_eq!(found.pain_highest, scores.iter().max().copied());
            let mean = scores.iter().map(|score| f64::from(*score)).sum::<f64>() / f64::from(found.pain_entries.max(1));
            prop_assert_eq!(found.pain_mean, (!scores.is_empty()).then_some(mean));
        }
    }
}

/// A leap year, half of it in Berlin and half in New York, both with daylight saving; the device tells it all a year later, when
/// the person's offset is another.
#[test]
fn a_day_is_the_day_the_person_lived() {
    let (_dir, mut store) = store();
    let start_of = |zone: &TimeZone, civil| zone.to_timestamp(civil).unwrap().as_millisecond();
    let (berlin, new_york) = (TimeZone::get("Europe/Berlin").unwrap(), TimeZone::get("America/New_York").unwrap());
    let begin = start_of(&berlin, date(2028, 1, 1).at(0, 0, 0, 0));
    let moved = start_of(&berlin, date(2028, 7, 1).at(15, 0, 0, 0));
    let end_ms = start_of(&new_york, date(2029, 1, 1).at(0, 0, 0, 0));
    store.save_zone(begin, "Europe/Berlin").unwrap();
    store.save_zone(moved, "America/New_York").unwrap();
    store.save_zone(moved + 1, "America/New_York").unwrap();

    let (mut days, mut hours) = (Sums::new(), Sums::new());
    let mut records = Vec::new();
    let mut at_ms = begin;
    while at_ms < end_ms {
        let number = u32::try_from(records.len()).unwrap() + 1;
        let slouched_s = number * 7 % 61;
        records.push(minute(number, at_ms, 12_345, slouched_s));
        let zone = if at_ms < moved { &berlin } else { &new_york };
        let lived = zone.to_datetime(jiff::Timestamp::from_millisecond(at_ms).unwrap());
        let day = lived.date().since(date(1970, 1, 1)).unwrap().get_days();
        let sum = (60 - slouched_s, slouched_s, u32::from(slouched_s > 30));
        add(&mut days, day, sum);
        add(&mut hours, (day, u8::try_from(lived.hour()).unwrap()), sum);
        at_ms += 20 * 60_000;
    }
    records.iter().rev().collect::<Vec<_>>().chunks(500).for_each(|batch| {
        let batch: Vec<_> = batch.iter().map(|record| (*record).clone()).collect();
        store.save_records(&batch).unwrap();
    });
    let found = rolled_up(&store);
    assert_eq!((found.0.len(), found.0), (366, days));
    assert_eq!(found.1, hours);
    // 26 March and 29 October in Berlin's rules: 23 and, after the move, 25 hours of New York's 5 November.
    let worn_h = |month, day: i8| {
        let day = date(2028, month, day).since(date(1970, 1, 1)).unwrap().get_days();
        store.days(day, day).unwrap()[0].posture.worn_s() / 180
    };
    assert_eq!((worn_h(3, 25), worn_h(3, 26), worn_h(2, 29), worn_h(11, 5)), (24, 23, 24, 25));
}
