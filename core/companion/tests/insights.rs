//! Insights and the history of chosen days, from a store as years of use leave it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "in a test file a failure is a panic")]
#![allow(clippy::indexing_slicing, reason = "in a test file a failure is a panic")]

use std::path::Path;
use std::sync::Arc;

use lumbra::domain::insights::{ChangeVerdict, Direction, EffectVerdict, Factor, Verdict};
use lumbra::domain::safety::SessionPlan;
use lumbra::domain::units::{Seconds, SquareCentimetres};
use lumbra::link::InProcessRadio;
use lumbra::store::{
    Device, DeviceRecord, FileKeyStore, NewSession, PainContext, PainDetail, PainEntry, PostureMinute, PostureSeconds,
    SessionEnd, Store,
};
use lumbra::{Companion, Config, Error, Insights, WallClock, built_in};

const DAY_MS: i64 = 86_400_000;
/// The first day, at two hours east of UTC.
const FIRST: i32 = 20_000;
const OFFSET_S: i32 = 7_200;
const DAYS: i32 = 60;

struct Evening;

impl WallClock for Evening {
    fn unix_ms(&self) -> i64 {
        at(FIRST + DAYS - 1, 22 * 60)
    }

    fn utc_offset_s(&self) -> i32 {
        OFFSET_S
    }
}

/// A minute of a day of the person's.
fn at(day: i32, minute: i64) -> i64 {
    i64::from(day) * DAY_MS + minute * 60_000 - i64::from(OFFSET_S) * 1_000
}

/// Whether somebody slouched much on a day: as good as by chance, and the same each time.
fn slouched(day: i32) -> i64 {
    let mut mixed = u64::from(day.unsigned_abs()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^= mixed >> 29;
    i64::from(mixed.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 63 == 1)
}

fn pain(store: &mut Store, entry_id: &str, at_ms: i64, felt: i64, context: PainContext, session: Option<i64>) {
    let entry = PainEntry {
        entry_id: entry_id.to_owned(),
        at_ms,
        utc_offset_s: OFFSET_S,
        score: u8::try_from(felt.clamp(0, 10)).unwrap(),
        context,
        session,
        place: "lower-back".into(),
        note: String::new(),
        detail: PainDetail::default(),
    };
    store.add_pain(&entry).unwrap();
}

/// Sixty days: three points more pain on the day after much slouching, three less in the second half; a session every third day,
/// a point and a half less after it.
fn fill(dir: &Path) {
    let (mut store, _) = Store::open(dir, &FileKeyStore::new(dir.join("lumbra.key"))).unwrap();
    store
        .save_device(&Device {
            device_id: "one".into(),
            model: "L1".into(),
            serial: "1".into(),
            firmware: "1".into(),
            hardware: "1".into(),
            name: "one".into(),
            link_id: None,
            paired_at_ms: 0,
            last_seen_ms: 0,
            forgotten_at_ms: None,
        })
        .unwrap();
    let plan = SessionPlan {
        programme: built_in("conventional").unwrap(),
        duration: Seconds::new(1_200),
        grace: Seconds::new(10),
        pads: vec![Some(SquareCentimetres::from_tenths(250))],
    };
    let programme = serde_json::to_string(&plan).unwrap();
    let mut number = 0;
    for index in 0..DAYS {
        let day = FIRST + index;
        let level = if index < 30 { 6 } else { 3 };
        pain(
            &mut store,
            &format!("diary-{day}"),
            at(day, 20 * 60),
            level + 3 * slouched(day - 1),
            PainContext::Diary,
            None,
        );
        let records: Vec<_> = (0..70)
            .map(|minute| {
                number += 1;
                let slouched = minute < 20 + 30 * slouched(day);
                let seconds = if slouched {
                    PostureSeconds { slouched_s: 60, ..Default::default() }
                } else {
                    PostureSeconds { upright_s: 60, ..Default::default() }
                };
                DeviceRecord {
                    device_id: "one".into(),
                    number,
                    boot_id: 1,
                    kind: 10,
                    ticks_ms: 0,
                    at_ms: Some(at(day, 10 * 60 + minute)),
                    payload: Vec::new(),
                    posture_minute: Some(PostureMinute {
                        utc_offset_s: OFFSET_S,
                        seconds,
                        mean_pitch_ddeg: 0,
                        nudges: 0,
                    }),
                }
            })
            .collect();
        store.save_records(&records).unwrap();
        if index % 3 == 0 {
            session(&mut store, day, &programme);
        }
    }
}

/// Ten minutes after midnight, which is the day before in UTC. The end of every tenth was not seen.
fn session(store: &mut Store, day: i32, programme: &str) {
    let before = format!("before-{day}");
    pain(store, &before, at(day, 9), 6, PainContext::BeforeSession, None);
    let id = store
        .start_session(&NewSession {
            device_id: "one".into(),
            boot_id: 1,
            session_id: day.unsigned_abs(),
            programme: programme.to_owned(),
            planned_s: 1_200,
            limit_dma: 300,
            started_at_ms: at(day, 10),
            utc_offset_s: OFFSET_S,
            pain_before: Some(before),
        })
        .unwrap();
    store
        .end_session(
            id,
            SessionEnd {
                ended_at_ms: at(day, 31),
                outcome: "completed",
                elapsed_s: 1_200,
                max_delivered_dma: 100,
                dose_uncertain: (day - FIRST) % 30 == 0,
            },
        )
        .unwrap();
    pain(store, &format!("after-{day}"), at(day, 32), 4 + i64::from(day % 2), PainContext::AfterSession, Some(id));
}

async fn open(dir: &Path) -> Companion {
    Companion::open(Config {
        dir: dir.to_owned(),
        keys: Box::new(FileKeyStore::new(dir.join("lumbra.key"))),
        radio: Arc::new(InProcessRadio::new(Vec::new())),
        clock: Arc::new(Evening),
    })
    .await
    .unwrap()
}

async fn looked_at(from_day: i32, to_day: i32) -> Result<Insights, Error> {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let companion = open(dir.path()).await;
    let insights = companion.insights(from_day, to_day).await;
    companion.close().await;
    insights
}

#[tokio::test]
async fn sixty_days_say_what_was_put_into_them() {
    let found = looked_at(FIRST, FIRST + DAYS - 1).await.unwrap().found;

    let effect = found.effects[0];
    assert_eq!((effect.sessions, effect.left_out_uncertain, effect.left_out_unrated), (18, 2, 0));
    let EffectVerdict::Measured { change, direction, .. } = effect.verdict else { panic!("measured") };
    assert!((change.value() + 1.5).abs() < 0.2 && direction == Some(Direction::Lower), "{change:?}");

    let posture: Vec<_> = found.links.iter().filter(|link| link.factor == Factor::NotUpright).collect();
    assert!(matches!(posture[1].verdict, Verdict::Together { direction: Direction::Higher, .. }), "{posture:?}");
    let unknown = found.links.iter().filter(|link| matches!(link.factor, Factor::SleepQuality | Factor::Activity));
    assert!(unknown.map(|link| link.days).eq([0; 8]));

    let ChangeVerdict::Real { direction, figures } = found.changes[1].verdict else { panic!("real") };
    assert_eq!(direction, Direction::Lower);
    // Three points, give or take how many days of each two weeks came after much slouching.
    assert!((figures.difference.value() + 3.0).abs() < 1.5, "{figures:?}");
    assert!(matches!(found.changes[0].verdict, ChangeVerdict::NoRealChange(_)));

    assert_eq!((found.streaks.diary.days, found.streaks.diary.forgiven), (60, 0));
    assert!(found.streaks.session.days <= 1, "two missed days end it");
    serde_json::to_string(&found).unwrap();
}

#[tokio::test]
async fn days_are_those_that_were_asked_for() {
    let found = looked_at(FIRST, FIRST + 26).await.unwrap().found;
    assert_eq!(found.effects[0].sessions, 8);
    assert!(matches!(found.links[0].verdict, Verdict::NotEnoughYet { have: 27, .. }));
    // Days that have not come yet are not missed.
    assert_eq!(looked_at(FIRST, FIRST + DAYS + 20).await.unwrap().found.streaks.diary.days, 60);
    for (from_day, to_day) in [(FIRST, FIRST - 1), (i32::MIN, i32::MAX)] {
        assert!(matches!(looked_at(from_day, to_day).await, Err(Error::Invalid(_))));
    }
}

#[tokio::test]
async fn the_history_of_chosen_days_is_that_of_the_person_s_own_days() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let companion = open(dir.path()).await;
    let history = companion.history_between(FIRST + 3, FIRST + 5).await.unwrap();
    assert_eq!(history.days.iter().map(|day| day.local_day).collect::<Vec<_>>(), [FIRST + 3, FIRST + 4, FIRST + 5]);
    // The session begins after midnight of the third day here, and before it in UTC; the next is on the sixth.
    assert_eq!((history.sessions.len(), history.pain.len()), (1, 5));
    assert_eq!(history.sessions[0].started_at_ms, at(FIRST + 3, 10));
    assert_eq!(history.from_ms, at(FIRST + 3, 0));
    assert!(matches!(companion.history_between(5, 4).await, Err(Error::Invalid(_))));
    companion.close().await;
}
