//! Posture comes back as it was handed over, whether it waits or is sealed, however it was cut, and whatever came in between.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a failure is a panic")]

mod common;

use std::path::Path;

use common::{BOOT, Keys, NOON_MS, device, fill};
use lumbra_store::{PostureChunk, PostureCounts, PostureSample, RawRetention, Store, StoreError};
use proptest::prelude::*;

const DAY_MS: i64 = 86_400_000;

fn open(dir: &Path) -> Store {
    Store::open(dir, &Keys::fixed(1)).unwrap().0
}

fn empty() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    for id in ["one", "two"] {
        store.save_device(&device(id)).unwrap();
    }
    (dir, store)
}

/// Twenty seconds at 25 Hz, the `number`th of a stream.
fn seconds(number: u32) -> PostureChunk {
    part("one", BOOT, u64::from(number) * 20_000, NOON_MS + i64::from(number) * 20_000, 500, 3)
}

/// As many samples, with so much noise.
fn part(device_id: &str, boot_id: u32, ticks_ms: u64, at_ms: i64, samples: usize, noise: u16) -> PostureChunk {
    let mut chance = ticks_ms.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut random = || {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        i16::try_from(chance % u64::from(noise.max(1))).unwrap_or_default()
    };
    PostureChunk {
        device_id: device_id.into(),
        boot_id,
        first_frame: u32::try_from(ticks_ms / 400).unwrap_or(u32::MAX),
        frame_count: u32::try_from(samples).unwrap() / 10 + 1,
        first_ticks_ms: ticks_ms,
        first_at_ms: at_ms,
        utc_offset_s: 7_200,
        interval_ms: 40,
        samples: (0..samples)
            .map(|_| PostureSample { pitch_ddeg: 60 + random(), roll_ddeg: -20 - random(), activity: 3, flags: 1 })
            .collect(),
    }
}

/// What a store must hold: in the order in which it tells.
#[derive(Default)]
struct Model(Vec<PostureChunk>);

impl Model {
    fn add(&mut self, chunks: &[PostureChunk]) {
        self.0.extend_from_slice(chunks);
        self.0.sort_by_key(|one| (one.first_at_ms, one.device_id.clone(), one.boot_id, one.first_ticks_ms));
    }

    fn knows(&self, chunk: &PostureChunk) -> bool {
        let key = |one: &PostureChunk| (one.device_id.clone(), one.boot_id, one.first_ticks_ms);
        self.0.iter().any(|one| key(one) == key(chunk))
    }

    fn check(&self, store: &Store, from_ms: i64, to_ms: i64) {
        let window = |from: i64, to: i64| -> Vec<_> {
            self.0.iter().filter(|chunk| (from..to).contains(&chunk.first_at_ms)).cloned().collect()
        };
        assert_eq!(store.posture_between(from_ms, to_ms).unwrap(), window(from_ms, to_ms));
        let counted = window(from_ms, i64::MAX);
        let counts = store.posture_counts(from_ms).unwrap();
        let frames = counted.iter().map(|chunk| u64::from(chunk.frame_count)).sum();
        let samples = counted.iter().map(|chunk| chunk.samples.len() as u64).sum();
        assert_eq!(counts, PostureCounts { frames, samples, ..PostureCounts::default() });
    }
}

/// One thing that is done to a store.
#[derive(Clone, Debug)]
enum Step {
    /// So many appends of one chunk each, going on from the last.
    Stream {
        count: usize,
        samples: usize,
        noise: u16,
        second: bool,
    },
    /// Many chunks in one append.
    Backlog {
        count: usize,
        samples: usize,
    },
    /// Both clocks move on, one of them perhaps back.
    Jump {
        ticks_ms: i64,
        at_ms: i64,
    },
    Boot,
    Seal,
    Open,
    /// An append that is known already, with one that is new.
    Again(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1_usize..40, 1_usize..700, prop_oneof![Just(1_u16), Just(4), Just(30_000)], any::<bool>())
            .prop_map(|(count, samples, noise, second)| Step::Stream { count, samples, noise, second }),
        2 => (1_usize..90, 1_usize..700).prop_map(|(count, samples)| Step::Backlog { count, samples }),
        2 => (-3_000_000_i64..3_000_000, -3_000_000_i64..3_000_000)
            .prop_map(|(ticks_ms, at_ms)| Step::Jump { ticks_ms, at_ms }),
        1 => Just(Step::Boot),
        2 => Just(Step::Seal),
        2 => Just(Step::Open),
        1 => any::<prop::sample::Index>().prop_map(Step::Again),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn sealing_changes_nothing_that_can_be_read(
        steps in prop::collection::vec(step(), 1..14),
        windows in prop::collection::vec((-200_000_i64..9_000_000, 0_i64..2_000_000), 1..6),
    ) {
        let (dir, mut store) = empty();
        // For good: made-up clocks must not make anything old.
        store.set_raw_retention(RawRetention { set_at_ms: 0, keep_days: None }).unwrap();
        let mut model = Model::default();
        let (mut boot, mut ticks_ms, mut at_ms) = (BOOT, 5_000_000_i64, NOON_MS);
        for step in steps {
            let mut next = |samples: usize, noise, second: bool| {
                let device = if second { "two" } else { "one" };
                let chunk = part(device, boot, ticks_ms.cast_unsigned(), at_ms, samples, noise);
                let lasts_ms = i64::try_from(samples).unwrap() * 40;
                ticks_ms += lasts_ms;
                at_ms += lasts_ms;
                chunk
            };
            match step {
                Step::Stream { count, samples, noise, second } => {
                    for number in 0..count {
                        let chunk = next(samples, noise, second && number % 2 == 1);
                        if !model.knows(&chunk) {
                            store.append_posture(std::slice::from_ref(&chunk), &[]).unwrap();
                            model.add(&[chunk]);
                        }
                    }
                }
                Step::Backlog { count, samples } => {
                    let mut chunks: Vec<_> = (0..count).map(|_| next(samples, 4, false)).collect();
                    chunks.retain(|chunk| !model.knows(chunk));
                    store.append_posture(&chunks, &[]).unwrap();
                    model.add(&chunks);
                }
                Step::Jump { ticks_ms: ticks, at_ms: at } => {
                    ticks_ms = (ticks_ms + ticks).max(0);
                    at_ms += at;
                }
                Step::Boot => (boot, ticks_ms) = (boot + 1, 0),
                Step::Seal => store.seal_posture().unwrap(),
                Step::Open => {
                    drop(store);
                    store = open(dir.path());
                }
                Step::Again(which) => {
                    if let Some(known) = (!model.0.is_empty()).then(|| model.0[which.index(model.0.len())].clone()) {
                        let new = next(40, 4, false);
                        let refused = store.append_posture(&[new, known], &[]);
                        prop_assert!(matches!(refused, Err(StoreError::Conflict { .. })), "it was taken again");
                    }
                }
            }
        }
        model.check(&store, i64::MIN, i64::MAX);
        for (from, lasts_ms) in windows {
            model.check(&store, NOON_MS + from, NOON_MS + from + lasts_ms);
        }
        store.seal_posture().unwrap();
        model.check(&store, i64::MIN, i64::MAX);
    }
}

#[test]
fn what_is_of_nobody_or_empty_is_refused() {
    let (_dir, mut store) = empty();
    let nobody = PostureChunk { device_id: "nobody".into(), ..seconds(0) };
    assert!(matches!(store.append_posture(&[seconds(1), nobody], &[]), Err(StoreError::NotFound { .. })));
    let nothing = PostureChunk { samples: Vec::new(), ..seconds(0) };
    assert!(matches!(store.append_posture(&[seconds(1), nothing], &[]), Err(StoreError::Invalid { .. })));
    assert!(matches!(store.append_posture(&[seconds(1), seconds(1)], &[]), Err(StoreError::Conflict { .. })));
    assert_eq!(store.posture_between(i64::MIN, i64::MAX).unwrap(), []);
}

#[test]
fn an_hour_is_small() {
    let (dir, mut store) = empty();
    (0..180).for_each(|number| store.append_posture(&[seconds(number)], &[]).unwrap());
    drop(store);
    let before = std::fs::metadata(Store::database_path(dir.path())).unwrap().len();
    let mut store = open(dir.path());
    (180..360).for_each(|number| store.append_posture(&[seconds(number)], &[]).unwrap());
    drop(store);
    let grown = std::fs::metadata(Store::database_path(dir.path())).unwrap().len() - before;
    // 90,000 samples of two times log2(3) bits.
    assert!(grown < 90_000, "{grown} bytes");
}

/// A day's chunk, so many days before noon.
fn day_before(days: u32) -> PostureChunk {
    let at_ms = NOON_MS - i64::from(days) * DAY_MS;
    part("one", BOOT + 1_000 - days, 1_000, at_ms, 15_000, 3)
}

#[test]
fn raw_samples_are_kept_as_long_as_was_chosen_and_stay_counted() {
    let (_dir, mut store) = empty();
    fill(&mut store).unwrap();
    let roll_ups = |store: &Store| (store.days(0, i32::MAX).unwrap(), store.hours(0, i32::MAX).unwrap());
    let (before, at_first) = (roll_ups(&store), store.posture_counts(i64::MIN).unwrap());
    // Handed over newest first, as nothing is old by then, and with a year's end that is too old by default.
    for days in 1..=300 {
        store.append_posture(&[day_before(days)], &[]).unwrap();
    }
    let counted = store.posture_counts(i64::MIN).unwrap();
    assert_eq!(counted.samples - at_first.samples, 300 * 15_000);
    let oldest = |store: &Store| (NOON_MS - store.posture_between(i64::MIN, i64::MAX).unwrap()[0].first_at_ms) / DAY_MS;
    assert_eq!((store.raw_keep_days().unwrap(), oldest(&store)), (Some(90), 300));

    // Step by step, and only what is too old.
    let mut steps = 0;
    while store.drop_old_posture(NOON_MS).unwrap() {
        steps += 1;
    }
    assert!(steps > 1, "each step is small");
    assert_eq!(oldest(&store), 90);
    assert!(!store.drop_old_posture(NOON_MS).unwrap());

    store.set_raw_retention(RawRetention { set_at_ms: 7, keep_days: None }).unwrap();
    assert!(!store.drop_old_posture(NOON_MS + 9_000 * DAY_MS).unwrap());
    assert_eq!((store.raw_keep_days().unwrap(), oldest(&store)), (None, 90));
    let too_short = store.set_raw_retention(RawRetention { set_at_ms: 8, keep_days: Some(29) });
    assert!(matches!(too_short, Err(StoreError::Invalid { .. })));
    store.set_raw_retention(RawRetention { set_at_ms: 9, keep_days: Some(30) }).unwrap();
    while store.drop_old_posture(NOON_MS).unwrap() {}
    assert_eq!((store.raw_keep_days().unwrap(), oldest(&store)), (Some(30), 30));

    // What was counted stays so, to the day; and nothing else has changed.
    assert_eq!(store.posture_counts(i64::MIN).unwrap(), counted);
    let since_day_200 = store.posture_counts(NOON_MS - 200 * DAY_MS).unwrap();
    assert_eq!(since_day_200.samples - at_first.samples, 200 * 15_000);
    assert_eq!(roll_ups(&store), before);
    let audit: Vec<_> = (1..=2).map(|id| store.audit("raw_retention", &id.to_string()).unwrap().remove(0)).collect();
    assert_eq!((audit[0].at_ms, audit[0].detail.as_str()), (7, r#"{"keep_days":null}"#));
    assert_eq!((audit[1].at_ms, audit[1].detail.as_str()), (9, r#"{"keep_days":30}"#));
}

#[test]
fn sealing_drops_what_is_too_old_and_uses_its_space() {
    let (dir, mut store) = empty();
    for days in (100..140).rev() {
        store.append_posture(&[day_before(days)], &[]).unwrap();
    }
    drop(store);
    let before = std::fs::metadata(Store::database_path(dir.path())).unwrap().len();
    let mut store = open(dir.path());
    for days in (1..20).rev() {
        store.append_posture(&[day_before(days)], &[]).unwrap();
    }
    let kept = store.posture_between(i64::MIN, i64::MAX).unwrap();
    assert!((19..19 + 6).contains(&kept.len()), "what was too old is gone but for less than a step: {}", kept.len());
    drop(store);
    let after = std::fs::metadata(Store::database_path(dir.path())).unwrap().len();
    assert!(after <= before + 64 * 1_024, "{before} bytes became {after}");
}
