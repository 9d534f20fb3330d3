//! A year with everything that makes days hard: two zones, both changes of daylight saving, a leap day, a wearable that restarts,
//! and a phone whose clock somebody sets wrong for a week. What the store tells of each day is compared with what truly was.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a failure is a panic")]

mod common;

use std::collections::BTreeMap;

use common::{Keys, NOON_MS, chunk, device, end, new_session, pain, record};
use jiff::Timestamp;
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use lumbra_domain::clock::Mark;
use lumbra_store::{DeviceRecord, PostureMinute, PostureSeconds, Store};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// The wearable's life so far when the year begins, and the time between its restarts.
const BOOT_MS: i64 = 23 * 24 * HOUR_MS + 11 * HOUR_MS;

/// The year as it was, and the phone's wrong idea of a part of it.
struct Year {
    begin_ms: i64,
    moved_ms: i64,
    end_ms: i64,
    wrong: std::ops::Range<i64>,
    wrong_by_ms: i64,
    zones: [TimeZone; 2],
}

impl Year {
    /// The whole year, or only a month and a half around the wrong week.
    fn new(wrong_by_ms: i64, whole: bool) -> Self {
        let zones = ["Europe/Berlin", "America/New_York"].map(|name| TimeZone::get(name).unwrap());
        let ms = |zone: &TimeZone, at: DateTime| zone.to_timestamp(at).unwrap().as_millisecond();
        Self {
            begin_ms: ms(&zones[0], if whole { date(2028, 1, 1) } else { date(2028, 3, 1) }.at(0, 0, 0, 0)),
            moved_ms: ms(&zones[0], date(2028, 7, 1).at(15, 0, 0, 0)),
            end_ms: if whole {
                ms(&zones[1], date(2029, 1, 1).at(0, 0, 0, 0))
            } else {
                ms(&zones[0], date(2028, 4, 16).at(0, 0, 0, 0))
            },
            // Both its ends are between two meetings of phone and wearable, and daylight saving begins within it.
            wrong: ms(&zones[0], date(2028, 3, 22).at(12, 30, 0, 0))..ms(&zones[0], date(2028, 3, 29).at(9, 40, 0, 0)),
            wrong_by_ms,
            zones,
        }
    }

    fn zone(&self, at_ms: i64) -> &TimeZone {
        &self.zones[usize::from(at_ms >= self.moved_ms)]
    }

    fn lived(&self, at_ms: i64) -> (i32, u8) {
        let at = self.zone(at_ms).to_datetime(Timestamp::from_millisecond(at_ms).unwrap());
        let day = at.date().since(date(1970, 1, 1)).unwrap().get_days();
        (day, u8::try_from(at.hour()).unwrap())
    }

    /// What the phone tells: its clock, and the offset from UTC that it holds to be right.
    fn phone(&self, at_ms: i64) -> (i64, i32) {
        let wall_ms = if self.wrong.contains(&at_ms) { at_ms + self.wrong_by_ms } else { at_ms };
        (wall_ms, self.zone(at_ms).to_offset(Timestamp::from_millisecond(wall_ms).unwrap()).seconds())
    }

    /// Boot and ticks of the wearable, whose crystal runs 40 ppm fast.
    fn wearable(&self, at_ms: i64) -> (u32, u64) {
        let since_ms = at_ms - self.begin_ms;
        let ticks_ms = since_ms % BOOT_MS;
        (u32::try_from(since_ms / BOOT_MS).unwrap() + 1, u64::try_from(ticks_ms + ticks_ms / 25_000).unwrap())
    }

    /// The phone is away over each restart of the wearable but the first, for some hours.
    fn meet(&self, at_ms: i64) -> bool {
        let ticks_ms = (at_ms - self.begin_ms) % BOOT_MS;
        self.wearable(at_ms).0 == 1 || (5 * HOUR_MS..BOOT_MS - 7 * HOUR_MS).contains(&ticks_ms)
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Truth {
    upright_s: u32,
    slouched_s: u32,
    sessions: u32,
    pain: Vec<u8>,
}

/// Plays the year: the wearable judges a minute in every thirty, and tells what it remembers when the two meet, every three hours; the
/// person has a session and rates pain twice, every day.
fn live(year: &Year, store: &mut Store) -> (BTreeMap<i32, Truth>, BTreeMap<(i32, u8), u32>) {
    let (mut days, mut hours) = (BTreeMap::<i32, Truth>::new(), BTreeMap::<(i32, u8), u32>::new());
    let mut remembered: Vec<(i64, DeviceRecord)> = Vec::new();
    let mut number = 0;
    let mut at_ms = year.begin_ms;
    while at_ms < year.end_ms {
        let (wall_ms, utc_offset_s) = year.phone(at_ms);
        let (boot, ticks_ms) = year.wearable(at_ms);
        if at_ms == year.begin_ms || at_ms == year.moved_ms {
            store.save_zone(wall_ms, year.zone(at_ms).iana_name().unwrap()).unwrap();
        }
        let minute_of_day = (at_ms - year.begin_ms) / MINUTE_MS % 1_440;
        // Never at the full hour, where a crystal's drift would decide about the day.
        if (at_ms - year.begin_ms) % (30 * MINUTE_MS) == 10 * MINUTE_MS {
            number += 1;
            let slouched_s = number * 7 % 61;
            let seconds = PostureSeconds { upright_s: 60 - slouched_s, slouched_s, ..PostureSeconds::default() };
            let record = DeviceRecord {
                boot_id: boot,
                ticks_ms,
                payload: number.to_le_bytes().to_vec(),
                posture_minute: Some(PostureMinute { utc_offset_s, seconds, mean_pitch_ddeg: 0, nudges: 0 }),
                ..record(number)
            };
            remembered.push((at_ms, record));
            let (day, hour) = year.lived(at_ms);
            let truth = days.entry(day).or_default();
            truth.upright_s += 60 - slouched_s;
            truth.slouched_s += slouched_s;
            *hours.entry((day, hour)).or_default() += 60;
        }
        // 12:45 and 9:50 in winter's Berlin: just after the clock is set, and just after it is set back.
        if minute_of_day == 765 || minute_of_day == 530 {
            let pain_now = u8::try_from(number % 11).unwrap();
            let entry = lumbra_store::PainEntry { utc_offset_s, ..pain(&format!("{at_ms}"), pain_now, wall_ms) };
            store.add_pain(&entry).unwrap();
            days.entry(year.lived(at_ms).0).or_default().pain.push(pain_now);
        }
        if minute_of_day == 20 * 60 {
            let session = lumbra_store::NewSession { utc_offset_s, ..new_session(number, wall_ms) };
            let id = store.start_session(&session).unwrap();
            store.end_session(id, end(wall_ms + 1_200_000, 1_200, false)).unwrap();
            days.entry(year.lived(at_ms).0).or_default().sessions += 1;
        }
        if (minute_of_day % 180 == 65 && year.meet(at_ms)) || at_ms + 5 * MINUTE_MS == year.end_ms {
            store.note_clock("one", Mark { boot, ticks_ms, wall_ms }).unwrap();
            let told: Vec<_> = remembered
                .drain(..)
                .map(|(then_ms, record)| DeviceRecord {
                    at_ms: (record.boot_id == boot).then(|| wall_ms - (at_ms - then_ms)),
                    ..record
                })
                .collect();
            store.save_records(&told).unwrap();
        }
        at_ms += 5 * MINUTE_MS;
    }
    (days, hours)
}

#[test]
fn a_day_is_what_was_lived_although_the_clock_was_wrong_for_a_week() {
    let cases = [(9 * 24 * HOUR_MS, true), (0, false), (-400 * 24 * HOUR_MS, false), (-90 * MINUTE_MS, false)];
    for (wrong_by_ms, whole) in cases {
        let year = Year::new(wrong_by_ms, whole);
        let dir = tempfile::tempdir().unwrap();
        let (mut store, _) = Store::open(dir.path(), &Keys::fixed(1)).unwrap();
        store.save_device(&device("one")).unwrap();
        let (days, hours) = live(&year, &mut store);
        assert_eq!(days.len(), if whole { 366 } else { 46 });
        let found = store.days(i32::MIN, i32::MAX).unwrap();
        for (day, truth) in &days {
            let told = found.iter().find(|told| told.local_day == *day).copied().unwrap_or_default();
            let pain_sum: u32 = truth.pain.iter().copied().map(u32::from).sum();
            let told =
                (told.posture.upright_s, told.posture.slouched_s, told.sessions, told.pain_entries, told.pain_mean);
            let truth_mean = Some(f64::from(pain_sum) / 2.0);
            assert_eq!(
                told,
                (truth.upright_s, truth.slouched_s, truth.sessions, 2, truth_mean),
                "{day}: {wrong_by_ms}"
            );
        }
        assert_eq!(found.len(), days.len(), "nothing is left where the clock stood");
        let told: BTreeMap<_, _> = store
            .hours(i32::MIN, i32::MAX)
            .unwrap()
            .into_iter()
            .map(|hour| ((hour.local_day, hour.local_hour), hour.posture.worn_s()))
            .collect();
        let differ: Vec<_> = hours.iter().filter(|(hour, worn_s)| told.get(*hour) != Some(*worn_s)).take(9).collect();
        assert!(differ.is_empty() && told.len() == hours.len(), "{wrong_by_ms}: {differ:?}");
        let months: u32 = store.month_hours(i32::MIN, i32::MAX).unwrap().iter().map(|hour| hour.posture.worn_s()).sum();
        assert_eq!(months, hours.values().sum::<u32>());
        let years: u32 = store.hours_over_months(0, 1_200).unwrap().iter().map(|hour| hour.posture.worn_s()).sum();
        assert_eq!(years, months);
        let corrected = store.audit("clock", "one").unwrap();
        assert_eq!(corrected.len(), usize::from(wrong_by_ms != 0), "said once, and only when something was wrong");
    }
}

#[test]
fn samples_are_dated_anew_and_a_clock_that_is_only_set_once_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path(), &Keys::fixed(1)).unwrap();
    store.save_device(&device("one")).unwrap();
    let wrong_ms = 5 * 24 * HOUR_MS;
    // Its ticks begin then.
    let noon_ms = NOON_MS + 3 * 365 * 24 * HOUR_MS;
    let mark = |at_ms: i64, ahead_ms| Mark {
        boot: common::BOOT,
        ticks_ms: u64::try_from(at_ms - noon_ms).unwrap(),
        wall_ms: at_ms + ahead_ms,
    };
    store.note_clock("one", mark(noon_ms, 0)).unwrap();
    store.note_clock("one", mark(noon_ms + HOUR_MS, wrong_ms)).unwrap();
    let told = lumbra_store::PostureChunk {
        first_ticks_ms: u64::try_from(2 * HOUR_MS).unwrap(),
        first_at_ms: noon_ms + 2 * HOUR_MS + wrong_ms,
        ..chunk(0)
    };
    store.append_posture(&[told], &[]).unwrap();
    let at = |store: &Store| store.posture_between(0, i64::MAX).unwrap()[0].first_at_ms;
    assert_eq!(at(&store), noon_ms + 2 * HOUR_MS + wrong_ms);
    assert!(store.audit("clock", "one").unwrap().is_empty());
    store.note_clock("one", mark(noon_ms + 3 * HOUR_MS, 0)).unwrap();
    assert_eq!(at(&store), noon_ms + 2 * HOUR_MS);
    assert_eq!(store.audit("clock", "one").unwrap().len(), 1);
}
