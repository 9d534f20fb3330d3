//! What a person takes to their clinician, beside what the store holds.
// In a test file a failure is a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::path::Path;

use lumbra::domain::safety::SessionPlan;
use lumbra::domain::units::Seconds;
use lumbra::link::InProcessRadio;
use lumbra::report::tables::{DayRow, NoteRow, PainRow, SessionRow, read};
use lumbra::report::{Outcome, Person, Report};
use lumbra::store::{
    Device, DeviceRecord, FileKeyStore, NewSession, PainContext, PainEntry, PostureMinute, PostureSeconds, SessionEnd,
    Store,
};
use lumbra::{Companion, Error, built_in};

/// 2025-12-30T00:00:00Z.
const DAY_0: i64 = 1_767_052_800_000;
const HOUR: i64 = 3_600_000;
const EAST_S: i32 = 3_600;

fn days(from: &str, to: &str) -> (jiff::civil::Date, jiff::civil::Date) {
    (from.parse().unwrap(), to.parse().unwrap())
}

fn pain(kept: &mut Store, id: &str, at_ms: i64, score: u8, context: PainContext, session: Option<i64>) {
    kept.add_pain(&PainEntry {
        entry_id: id.into(),
        at_ms,
        utc_offset_s: EAST_S,
        score,
        context,
        session,
        place: "lower-back".into(),
        note: if score == 7 { "=after the stairs".into() } else { String::new() },
        detail: lumbra::store::PainDetail::default(),
    })
    .unwrap();
}

fn begin(store: &mut Store, session_id: u32, started_at_ms: i64, pain_before: Option<&str>) -> i64 {
    let plan = SessionPlan {
        programme: built_in("conventional").unwrap(),
        duration: Seconds::new(1_200),
        grace: Seconds::new(30),
        pads: Vec::new(),
    };
    store
        .start_session(&NewSession {
            device_id: "one".into(),
            boot_id: 9,
            session_id,
            programme: serde_json::to_string(&plan).unwrap(),
            planned_s: 1_200,
            limit_dma: 300,
            started_at_ms,
            utc_offset_s: EAST_S,
            pain_before: pain_before.map(str::to_owned),
        })
        .unwrap()
}

fn end(store: &mut Store, id: i64, ended_at_ms: i64, outcome: &str, elapsed_s: u32, dose_uncertain: bool) {
    let end = SessionEnd { ended_at_ms, outcome, elapsed_s, max_delivered_dma: 125, dose_uncertain };
    store.end_session(id, end).unwrap();
}

/// Three days: one with everything, one with an end that was not seen and a start that was refused, one with posture alone.
fn lived(dir: &Path) {
    let (mut store, _) = Store::open(dir, &FileKeyStore::new(dir.join("lumbra.key"))).unwrap();
    store
        .save_device(&Device {
            device_id: "one".into(),
            model: "Lumbra One".into(),
            serial: "LB1-000042".into(),
            firmware: "1.2.3".into(),
            hardware: "A".into(),
            name: "Lumbra".into(),
            link_id: None,
            paired_at_ms: DAY_0,
            last_seen_ms: DAY_0 + 60 * HOUR,
            forgotten_at_ms: None,
        })
        .unwrap();
    pain(&mut store, "before", DAY_0 + 10 * HOUR, 7, PainContext::BeforeSession, None);
    let seen = begin(&mut store, 1, DAY_0 + 10 * HOUR + 1, Some("before"));
    end(&mut store, seen, DAY_0 + 11 * HOUR, "completed", 1_200, false);
    pain(&mut store, "after", DAY_0 + 11 * HOUR, 4, PainContext::AfterSession, Some(seen));
    // Half past midnight of the second day on the person's clock, of the first in UTC.
    pain(&mut store, "late", DAY_0 + 23 * HOUR + HOUR / 2, 2, PainContext::Diary, None);
    let unseen = begin(&mut store, 2, DAY_0 + 30 * HOUR, None);
    end(&mut store, unseen, DAY_0 + 40 * HOUR, "not_seen", 300, true);
    let refused = begin(&mut store, 3, DAY_0 + 31 * HOUR, None);
    end(&mut store, refused, DAY_0 + 31 * HOUR, "not_begun", 0, false);
    let minute = |number: u32| DeviceRecord {
        device_id: "one".into(),
        number,
        boot_id: 9,
        kind: 10,
        ticks_ms: u64::from(number) * 60_000,
        at_ms: Some(DAY_0 + 58 * HOUR + i64::from(number) * 60_000),
        payload: number.to_le_bytes().to_vec(),
        posture_minute: Some(PostureMinute {
            utc_offset_s: EAST_S,
            seconds: PostureSeconds { upright_s: 40, slouched_s: 15, leaning_s: 5, ..PostureSeconds::default() },
            mean_pitch_ddeg: 90,
            nudges: 1,
        }),
    };
    store.save_records(&(1..=30).map(minute).collect::<Vec<_>>()).unwrap();
}

async fn ready() -> (tempfile::TempDir, Companion) {
    let dir = tempfile::tempdir().unwrap();
    lived(dir.path());
    let radio = InProcessRadio::new(Vec::new());
    let companion = support::open(dir.path(), &radio, tokio::time::Instant::now()).await;
    (dir, companion)
}

async fn report(companion: &Companion, from: &str, to: &str) -> Report {
    let (from, to) = days(from, to);
    companion.report(from, to).await.unwrap()
}

#[tokio::test]
async fn a_report_is_what_the_store_holds() {
    let (_dir, companion) = ready().await;
    let report = report(&companion, "2025-12-30", "2026-01-01").await;
    assert_eq!(report.days.len(), 3);
    let first = report.days[0].pain.unwrap();
    assert_eq!((first.entries.get(), first.score_sum, first.lowest.get(), first.highest.get()), (2, 11, 4, 7));
    assert_eq!(report.days[1].pain.unwrap().score_sum, 2, "half past midnight is the next day");
    let posture = report.days[2].posture;
    assert_eq!(
        (posture.upright_s, posture.slouched_s, posture.leaning_s, report.days[2].nudges),
        (1_200, 450, 150, 30)
    );
    assert_eq!(report.pain.len(), 3);
    assert_eq!(report.devices.len(), 1);
    assert_eq!(report.devices[0].serial, "LB1-000042");

    assert_eq!(report.sessions.len(), 2, "a start that was refused is no session");
    let (seen, unseen) = (&report.sessions[0], &report.sessions[1]);
    assert_eq!((seen.pain_before.unwrap().get(), seen.pain_after.unwrap().get()), (7, 4));
    assert_eq!((seen.stimulated.get(), seen.worst_case, seen.outcome), (1_200, false, Outcome::Completed));
    assert_eq!(seen.programme, "Conventional");
    assert_eq!((seen.highest.tenths(), seen.limit.tenths()), (125, 300));
    assert_eq!(
        (unseen.stimulated.get(), unseen.worst_case, unseen.ended),
        (1_200, true, None),
        "as planned: the worse case"
    );
    assert_eq!(report.pain[1].session.as_deref(), Some(seen.identity.as_str()));
}

#[tokio::test]
async fn a_shorter_period_holds_its_own_days_alone() {
    let (_dir, companion) = ready().await;
    let report = report(&companion, "2025-12-31", "2025-12-31").await;
    assert_eq!((report.days.len(), report.pain.len(), report.sessions.len()), (1, 1, 1));
    assert_eq!(report.pain[0].identity, "late");
    for (from, to, words) in
        [("2026-01-02", "2026-01-01", "exchange the two dates"), ("2001-01-01", "2026-01-01", "3660 days at most")]
    {
        let (from, to) = days(from, to);
        match companion.report(from, to).await {
            Err(Error::Invalid(why)) => assert!(why.contains(words), "{why}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn files_are_there_whole_and_hold_the_rows() {
    let (dir, companion) = ready().await;
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let (from, to) = days("2025-12-01", "2026-01-01");
    let person = Person { name: Some("Marta Beispiel".to_owned()), born: None };
    let written = companion.write_report(from, to, person.clone(), &out.join("report.pdf")).await.unwrap();
    assert_eq!((written.days, written.pain_entries, written.sessions), (3, 3, 2));
    let pdf = std::fs::read(out.join("report.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-") && u64::try_from(pdf.len()) == Ok(written.bytes));

    let tables = companion.export_tables(&out.join("tables")).await.unwrap();
    assert_eq!(tables.files.len(), 10);
    let csv = |file: &str| std::fs::read(out.join("tables").join(file)).unwrap();
    let all: Vec<PainRow> = read(&csv("pain.csv")).unwrap();
    assert_eq!(all.iter().map(|row| row.score).collect::<Vec<_>>(), [7, 4, 2]);
    assert_eq!(all[0].note.0, "=after the stairs");
    assert_eq!(read::<SessionRow>(&csv("sessions.csv")).unwrap().len(), 2);
    assert_eq!(read::<DayRow>(&csv("days.csv")).unwrap().len(), 3);
    assert_eq!(read::<NoteRow>(&csv("notes.csv")).unwrap(), []);

    let bundle = companion.export_bundle(person.clone(), &out.join("bundle.json")).await.unwrap();
    assert_eq!((bundle.pain_entries, bundle.sessions), (3, 2));
    let first = std::fs::read(out.join("bundle.json")).unwrap();
    companion.export_bundle(person, &out.join("bundle.json")).await.unwrap();
    assert_eq!(std::fs::read(out.join("bundle.json")).unwrap(), first, "the same names, and the same bytes");

    let left = |dir: &Path| std::fs::read_dir(dir).unwrap().count();
    assert_eq!((left(&out), left(&out.join("tables"))), (3, 10), "nothing half written is left");
    let nowhere = companion.write_report(from, to, Person::default(), &out.join("no/such/report.pdf")).await;
    assert!(matches!(nowhere, Err(Error::Export(std::io::ErrorKind::NotFound))));
}
