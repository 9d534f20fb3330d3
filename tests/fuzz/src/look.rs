//! Everything that can be read of a store: through its own methods, and as an app or the terminal shows it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lumbra::link::InProcessRadio;
use lumbra::{ChartMetric, Companion, Config, Error, WallClock};
use lumbra_store::{Store, StoreError};
use tokio::runtime::{Builder, Runtime};

use crate::clinic;
use crate::template::{self, BOOT, COMMAND, DEVICE, FORM, NOON_MS, PAIN, TODAY};

/// A clock that stands still.
pub(crate) struct Clock {
    pub(crate) unix_ms: i64,
    pub(crate) utc_offset_s: i32,
}

impl WallClock for Clock {
    fn unix_ms(&self) -> i64 {
        self.unix_ms
    }

    fn utc_offset_s(&self) -> i32 {
        self.utc_offset_s
    }
}

/// A single thread in virtual time: what waits takes no time.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime can be made")
}

/// Calls every reading method of the store, and gives what each failed with.
pub(crate) fn with_the_store(store: &Store) -> Vec<StoreError> {
    let (from_ms, to_ms) = (i64::MIN, i64::MAX);
    let mut results = vec![
        store.devices(true).map(drop),
        store.device(DEVICE).map(drop),
        store.device_by_serial("Lumbra One (virtual)", "LB1-000001").map(drop),
        store.device_by_link("wearable").map(drop),
        store.audit("device", DEVICE).map(drop),
        store.days(i32::MIN, i32::MAX).map(drop),
        store.open_intents(DEVICE).map(drop),
        store.command(COMMAND).map(drop),
        store.commands_between(from_ms, to_ms).map(drop),
        store.latest_screening().map(drop),
        store.caps(DEVICE).map(drop),
        store.pain(PAIN).map(drop),
        store.pain_between(from_ms, to_ms).map(drop),
        store.pain_told_since(0, i64::MAX).map(drop),
        store.wellbeing_between(i32::MIN, i32::MAX).map(drop),
        store.wellbeing(TODAY).map(drop),
        store.questionnaire(FORM).map(drop),
        store.questionnaires_between(from_ms, to_ms).map(drop),
        store.questionnaire_before("peg", to_ms).map(drop),
        store.questionnaire_days("peg", i32::MIN, i32::MAX).map(drop),
        store.rounds().map(drop),
        store.posture_between(from_ms, to_ms).map(drop),
        store.posture_counts(from_ms).map(drop),
        store.posture_counts(NOON_MS - 495_000).map(drop),
        store.raw_keep_days().map(drop),
        store.hours(i32::MIN, i32::MAX).map(drop),
        store.month_hours(i32::MIN, i32::MAX).map(drop),
        store.hours_over_months(i32::MIN, i32::MAX).map(drop),
        store.pain_and_posture(i32::MIN, i32::MAX).map(drop),
        store.latest_calibration(DEVICE).map(drop),
        store.records(DEVICE, 0, u32::MAX).map(drop),
        store.highest_record(DEVICE).map(drop),
        store.highest_contiguous_record(DEVICE, 0).map(drop),
        store.session_of(DEVICE, BOOT, 7).map(drop),
        store.open_sessions(DEVICE).map(drop),
        store.sessions_between(from_ms, to_ms).map(drop),
        store.stimulated_s_since(from_ms).map(drop),
        store.last_session_end_ms().map(drop),
        store.is_encrypted().map(|encrypted| assert!(encrypted)),
    ];
    results.extend(clinic::read(store));
    for id in 0..3 {
        results.push(store.session(id).map(drop));
        results.push(store.telemetry(id).map(drop));
        results.push(store.session_events(id).map(drop));
    }
    results.into_iter().filter_map(Result::err).collect()
}

/// Opens the core on a folder and shows all there is, as an app would; starts the wearable's engine, which takes up what was
/// left open. Gives what failed.
pub(crate) fn with_the_core(dir: &Path) -> Vec<Error> {
    runtime().block_on(async {
        let config = Config {
            dir: dir.to_owned(),
            keys: Box::new(template::keys(dir)),
            radio: Arc::new(InProcessRadio::new(Vec::new())),
            clock: Arc::new(Clock { unix_ms: NOON_MS, utc_offset_s: 7_200 }),
        };
        let companion = match Companion::open(config).await {
            Ok(companion) => companion,
            Err(error) => return vec![error],
        };
        let mut failed = Vec::new();
        for days in [1, 14, u32::MAX] {
            match companion.history(days).await {
                Ok(history) => assert!(lumbra_cli::outside::history(&history).len() < 10_000),
                Err(error) => failed.push(error),
            }
        }
        for metric in [
            ChartMetric::PainMean,
            ChartMetric::StimulatedMinutes,
            ChartMetric::UprightMinutes,
            ChartMetric::SlouchedMinutes,
        ] {
            match companion.chart(metric, 30).await {
                Ok(chart) => assert_eq!(chart.values.len(), 30),
                Err(error) => failed.push(error),
            }
        }
        let today = companion.today();
        for from_day in [today - 30, today - 3_600] {
            match companion.insights(from_day, today).await {
                Ok(insights) => assert!(lumbra_cli::outside::insights(&insights).lines().count() < 200),
                Err(error) => failed.push(error),
            }
            failed.extend(companion.history_between(from_day, today).await.err());
        }
        failed.extend(companion.commands(u32::MAX).await.err());
        failed.extend(companion.records(None, u32::MAX).await.err());
        failed.extend(companion.screening().await.err());
        failed.extend(companion.export(&dir.join("export.json")).await.err());
        match companion.device(None).await {
            Ok(device) => {
                tokio::time::sleep(Duration::from_secs(2)).await;
                let snapshot = device.snapshot().borrow().clone();
                assert!(!snapshot.certain, "nothing was heard of the wearable");
                serde_json::to_string(&snapshot).expect("a snapshot can be shown");
            }
            Err(error) => failed.push(error),
        }
        companion.close().await;
        failed
    })
}
