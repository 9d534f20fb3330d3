//! How the person's posture is watched: their settings and their goal, and a calibration as the store keeps it.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use lumbra_domain::posture::goal::Row;
use lumbra_domain::posture::{Calibrated, DayTally, Goal, Neutral, PostureSettings, RawRetention, Reference, Turn};
use lumbra_domain::units::{Degrees, Percent};
use lumbra_store::{Calibration, CalibrationQuality, Day, SensorTurn, Store, StoreError, StoreHandle};
use serde::Serialize;

use crate::companion::Companion;
use crate::engine::Ask;
use crate::error::Error;

/// How far back days are looked for when a goal is asked for the first time, in days.
const LOOK_BACK_DAYS: i32 = 28;

/// The goal, and how today goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PostureGoal {
    /// The share of the time held still to be upright, in percent.
    pub share_percent: u8,
    /// The counted days in a row that were alike.
    pub row: Row,
    /// Today's share so far, in percent; `None` while today is too short to count.
    pub today_percent: Option<u8>,
    /// What today came to so far, as the wearable judged.
    pub today: DayTally,
}

impl Companion {
    /// How the person wants their posture watched; the default, which is silent, until they have chosen.
    pub async fn posture_settings(&self) -> Result<PostureSettings, Error> {
        Ok(self.store().call(|store| settings_of(store)).await?.unwrap_or_default())
    }

    /// Keeps how the person wants their posture watched, for all wearables. It holds at once. From then on the settings say how a
    /// connected wearable nudges: it is told whenever that changes, and no command is on its way and no session there.
    pub async fn set_posture_settings(&self, settings: PostureSettings) -> Result<(), Error> {
        let stored = lumbra_store::PostureSettings {
            set_at_ms: self.clock().unix_ms(),
            settings: serde_json::to_string(&settings).map_err(|_| Error::Internal("posture settings"))?,
        };
        self.store().call(move |store| store.save_posture_settings(&stored)).await?;
        for ways in self.running() {
            // One that has just ended reads them anew when it is opened again.
            let _ = ways.asks.send(Ask::PostureSettings(settings)).await;
        }
        Ok(())
    }

    /// How long posture samples at full rate are kept; 90 days until the person has chosen.
    pub async fn raw_retention(&self) -> Result<RawRetention, Error> {
        let days = self.store().call(|store| store.raw_keep_days()).await?;
        // What a damaged or later database says must not make anything be dropped.
        Ok(RawRetention::try_from(days).unwrap_or(RawRetention::FOREVER))
    }

    /// Sets how long posture samples at full rate are kept, and drops what is too old by it; what it was judged to be is kept. Ends when
    /// that is done. It goes in small steps, between which the store does what else it is asked.
    pub async fn set_raw_retention(&self, retention: RawRetention) -> Result<(), Error> {
        let now_ms = self.clock().unix_ms();
        let stored = lumbra_store::RawRetention { set_at_ms: now_ms, keep_days: retention.days() };
        self.store().call(move |store| store.set_raw_retention(stored)).await?;
        while self.store().call(move |store| store.drop_old_posture(now_ms)).await? {}
        Ok(())
    }

    /// The daily goal, after the days that are over were taken into account. A day is over when the wearable's minutes of a later
    /// one have come, because they come in order. They are what the wearable judges by itself, app or no app: one that is worn
    /// turned or upside down takes a slouch for something else.
    pub async fn posture_goal(&self) -> Result<PostureGoal, Error> {
        let (now_ms, today) = (self.clock().unix_ms(), self.today());
        Ok(self.store().call(move |store| goal_until(store, now_ms, today)).await?)
    }

    /// Sets a goal of the person's own choice, from 30 to 90 percent. It goes on from there.
    pub async fn set_posture_goal(&self, share: Percent) -> Result<PostureGoal, Error> {
        let (now_ms, today) = (self.clock().unix_ms(), self.today());
        let date = date(today).ok_or(Error::Internal("date"))?;
        let chosen = self.store().call(move |store| {
            let before = closed_days(store, now_ms, today)?;
            match before.chosen(share, date) {
                Some(goal) => {
                    store.save_posture_goal(&stored_goal(&goal, now_ms))?;
                    goal_until(store, now_ms, today).map(Some)
                }
                None => Ok(None),
            }
        });
        chosen.await?.ok_or_else(|| Error::Invalid("a goal is a share from 30 to 90 percent".to_owned()))
    }
}

/// Has a step of what is too old dropped, which nobody waits for: the rest goes as new samples are sealed.
pub(crate) fn drop_some_old(store: &StoreHandle, now_ms: i64) {
    drop(store.call(move |store| {
        if let Err(error) = store.drop_old_posture(now_ms) {
            tracing::warn!(%error, "raw samples that are too old stay for now");
        }
        Ok(())
    }));
}

/// What the person has chosen, if they ever have. Settings that a later version wrote, and this one can't read, are as good as
/// none: silent.
pub(crate) fn settings_of(store: &Store) -> Result<Option<PostureSettings>, StoreError> {
    let stored = store.latest_posture_settings()?;
    Ok(stored.map(|stored| {
        serde_json::from_str(&stored.settings).unwrap_or_else(|_| {
            tracing::warn!("the settings of posture can't be read: the default holds");
            PostureSettings::default()
        })
    }))
}

/// The person's own time of day.
pub(crate) fn local_time(unix_ms: i64, utc_offset_s: i32) -> DateTime {
    // A clock that tells no real time has quiet hours at no real time either.
    let moment = Timestamp::from_millisecond(unix_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    Offset::from_seconds(utc_offset_s).unwrap_or(Offset::UTC).to_datetime(moment)
}

/// A calibration on its way to the store.
pub(crate) fn stored_calibration(device_id: String, at_ms: i64, calibrated: &Calibrated) -> Calibration {
    let Calibrated { reference: Reference { neutral, mounting }, quality } = *calibrated;
    Calibration {
        device_id,
        at_ms,
        neutral_pitch_ddeg: neutral.pitch.tenths(),
        neutral_roll_ddeg: neutral.roll.tenths(),
        turn: stored_turn(mounting.turn),
        quality: Some(CalibrationQuality {
            sample_count: quality.samples,
            spread_ddeg: quality.spread.tenths(),
            drift_ddeg: quality.drift.tenths(),
        }),
    }
}

/// What a stored calibration tells of the person.
pub(crate) fn reference_of(calibration: &Calibration) -> Reference {
    let neutral = Neutral {
        pitch: Degrees::from_tenths(calibration.neutral_pitch_ddeg),
        roll: Degrees::from_tenths(calibration.neutral_roll_ddeg),
    };
    let turn = match calibration.turn {
        SensorTurn::Ahead => Turn::Ahead,
        SensorTurn::Left => Turn::Left,
        SensorTurn::Behind => Turn::Behind,
        SensorTurn::Right => Turn::Right,
    };
    Reference::new(neutral, turn)
}

/// Where a sensor's face points, as the store keeps it.
pub(crate) const fn stored_turn(turn: Turn) -> SensorTurn {
    match turn {
        Turn::Ahead => SensorTurn::Ahead,
        Turn::Left => SensorTurn::Left,
        Turn::Behind => SensorTurn::Behind,
        Turn::Right => SensorTurn::Right,
    }
}

fn goal_until(store: &mut Store, now_ms: i64, today: i32) -> Result<PostureGoal, StoreError> {
    let goal = closed_days(store, now_ms, today)?;
    let tally = store.days(today, today)?.first().map(tally).unwrap_or_default();
    Ok(PostureGoal {
        share_percent: goal.share().get(),
        row: goal.row(),
        today_percent: tally.upright().map(Percent::get),
        today: tally,
    })
}

/// The share of the goal as it stands, without taking days into account.
pub(crate) fn goal_of_today(store: &Store) -> Result<Percent, StoreError> {
    Ok(store.latest_posture_goal()?.map_or_else(Goal::default, |stored| goal_of(&stored)).share())
}

/// Takes the days that are over into account, and keeps what the goal is then.
fn closed_days(store: &mut Store, now_ms: i64, today: i32) -> Result<Goal, StoreError> {
    let before = store.latest_posture_goal()?.map_or_else(Goal::default, |stored| goal_of(&stored));
    let from_day = before.closed().map_or(today - LOOK_BACK_DAYS, |closed| day_number(closed) + 1);
    let mut days: Vec<_> = store.days(from_day, today)?;
    days.retain(|day| worn_s(day) > 0);
    // The newest may still grow.
    days.pop();
    let over = days.iter().filter_map(|day| Some((date(day.local_day)?, tally(day))));
    let goal = over.fold(before, |goal, (day, tally)| goal.close(day, &tally).0);
    if goal != before {
        store.save_posture_goal(&stored_goal(&goal, now_ms))?;
    }
    Ok(goal)
}

fn worn_s(day: &Day) -> u32 {
    let posture = &day.posture;
    posture.upright_s + posture.slouched_s + posture.leaning_s + posture.lying_s + posture.moving_s
}

pub(crate) const fn tally(day: &Day) -> DayTally {
    let posture = &day.posture;
    DayTally { upright_s: posture.upright_s, slouched_s: posture.slouched_s, leaning_s: posture.leaning_s }
}

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// The date of a day as shells and the store count it: days since 1970-01-01. `None` beyond the calendar.
pub fn date(local_day: i32) -> Option<Date> {
    EPOCH.checked_add(Span::new().try_days(local_day).ok()?).ok()
}

/// A day as shells and the store count it: days since 1970-01-01.
pub fn day_number(date: Date) -> i32 {
    (date - EPOCH).get_days()
}

fn goal_of(stored: &lumbra_store::PostureGoal) -> Goal {
    let row = match (stored.met_days, stored.missed_days) {
        (0, 0) => Row::None,
        (0, missed) => Row::Missed(missed),
        (met, _) => Row::Met(met),
    };
    let share = Percent::saturating(stored.share_percent);
    Goal::restore(share, row, stored.grown_day.and_then(date), stored.closed_day.and_then(date))
}

fn stored_goal(goal: &Goal, now_ms: i64) -> lumbra_store::PostureGoal {
    let (met_days, missed_days) = match goal.row() {
        Row::None => (0, 0),
        Row::Met(days) => (days, 0),
        Row::Missed(days) => (0, days),
    };
    lumbra_store::PostureGoal {
        set_at_ms: now_ms,
        share_percent: goal.share().get(),
        met_days,
        missed_days,
        grown_day: goal.grown_on().map(day_number),
        closed_day: goal.closed().map(day_number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_is_the_person_s_own() {
        // 2026-01-01T00:30:00Z.
        let time = |offset_s| local_time(1_767_227_400_000, offset_s).to_string();
        assert_eq!(time(0), "2026-01-01T00:30:00");
        assert_eq!(time(-3_600), "2025-12-31T23:30:00");
        assert_eq!(time(5 * 3_600 + 1_800), "2026-01-01T06:00:00");
        assert_eq!(local_time(i64::MAX, i32::MAX).to_string(), "1970-01-01T00:00:00");
    }

    #[test]
    fn a_goal_comes_back_from_the_store() {
        for row in [Row::None, Row::Met(2), Row::Missed(1)] {
            let goal = Goal::restore(Percent::saturating(65), row, date(20_254), date(20_260));
            assert_eq!(goal_of(&stored_goal(&goal, 1)), goal);
        }
        assert_eq!(date(20_254).map(|date| date.to_string()).as_deref(), Some("2025-06-15"));
        assert_eq!(date(i32::MAX), None);
    }

    /// A store whose wearable has kept so many minutes of one posture on each of some days, the first of them first.
    fn store_with(days: &[(i32, u32, bool)]) -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let keys = lumbra_store::FileKeyStore::new(dir.path().join("lumbra.key"));
        let (mut store, _) = Store::open(dir.path(), &keys).unwrap();
        store
            .save_device(&lumbra_store::Device {
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
        keep(&mut store, days);
        (dir, store)
    }

    fn keep(store: &mut Store, days: &[(i32, u32, bool)]) {
        for (day, minutes, upright) in days {
            let from = store.highest_record("one").unwrap().unwrap_or(0);
            let records: Vec<_> = (1..=*minutes)
                .map(|minute| lumbra_store::DeviceRecord {
                    device_id: "one".into(),
                    number: from + minute,
                    boot_id: 1,
                    kind: 10,
                    ticks_ms: 0,
                    at_ms: Some(i64::from(*day) * 86_400_000 + i64::from(minute * 60_000)),
                    payload: Vec::new(),
                    posture_minute: Some(lumbra_store::PostureMinute {
                        utc_offset_s: 0,
                        seconds: if *upright {
                            lumbra_store::PostureSeconds { upright_s: 60, ..Default::default() }
                        } else {
                            lumbra_store::PostureSeconds { slouched_s: 60, ..Default::default() }
                        },
                        mean_pitch_ddeg: 0,
                        nudges: 0,
                    }),
                })
                .collect();
            store.save_records(&records).unwrap();
        }
    }

    #[test]
    fn a_day_is_taken_into_account_once_when_a_later_one_has_come() {
        let (_dir, mut store) = store_with(&[(100, 70, true), (101, 70, true), (102, 20, false), (104, 70, true)]);
        // The newest day may still grow, and a day of twenty minutes does not count.
        let goal = goal_until(&mut store, 0, 104).unwrap();
        assert_eq!((goal.share_percent, goal.row, goal.today_percent), (50, Row::Met(2), Some(100)));
        assert_eq!(goal_until(&mut store, 0, 105).unwrap().row, Row::Met(2), "asked again, the same");
        keep(&mut store, &[(105, 70, false)]);
        let goal = goal_until(&mut store, 0, 105).unwrap();
        assert_eq!((goal.share_percent, goal.row, goal.today_percent), (55, Row::None, Some(0)));
        keep(&mut store, &[(106, 70, false), (107, 1, true)]);
        let goal = goal_until(&mut store, 0, 107).unwrap();
        assert_eq!((goal.share_percent, goal.row, goal.today_percent), (50, Row::None, None));
    }

    /// Samples of a minute, on so many days before today.
    fn raw(days_before: i64) -> lumbra_store::PostureChunk {
        lumbra_store::PostureChunk {
            device_id: "one".into(),
            boot_id: 1,
            first_frame: 0,
            frame_count: 150,
            first_ticks_ms: 1_000 + (200 - days_before).unsigned_abs() * 86_400_000,
            first_at_ms: crate::WallClock::unix_ms(&crate::clock::SystemClock) - days_before * 86_400_000,
            utc_offset_s: 0,
            interval_ms: 40,
            samples: vec![lumbra_store::PostureSample::default(); 15_000],
        }
    }

    #[tokio::test]
    async fn raw_samples_are_kept_as_long_as_was_chosen() {
        let (dir, mut store) = store_with(&[(1, 70, true)]);
        (25..145).rev().for_each(|days| store.append_posture(&[raw(days)], &[]).unwrap());
        drop(store);
        let open = async || {
            Companion::open(crate::Config {
                dir: dir.path().to_owned(),
                keys: Box::new(lumbra_store::FileKeyStore::new(dir.path().join("lumbra.key"))),
                radio: std::sync::Arc::new(lumbra_link::InProcessRadio::new(Vec::new())),
                clock: std::sync::Arc::new(crate::clock::SystemClock),
            })
            .await
            .unwrap()
        };
        let kept = async |companion: &Companion| {
            companion.store().call(|store| Ok(store.posture_between(i64::MIN, i64::MAX)?.len())).await.unwrap()
        };
        let companion = open().await;
        assert_eq!(companion.raw_retention().await.unwrap(), RawRetention::default());
        assert!(kept(&companion).await <= 66, "opening dropped what is too old");
        companion.set_raw_retention("30".parse().unwrap()).await.unwrap();
        assert_eq!((companion.raw_retention().await.unwrap().days(), kept(&companion).await), (Some(30), 5));
        companion.set_raw_retention(RawRetention::FOREVER).await.unwrap();
        companion.close().await;
        let companion = open().await;
        assert_eq!((companion.raw_retention().await.unwrap(), kept(&companion).await), (RawRetention::FOREVER, 5));
        companion.close().await;
    }

    #[test]
    fn settings_that_cannot_be_read_are_silent() {
        let (_dir, mut store) = store_with(&[]);
        assert_eq!(settings_of(&store).unwrap(), None);
        let mut save = |settings: &str| {
            store
                .save_posture_settings(&lumbra_store::PostureSettings { set_at_ms: 0, settings: settings.to_owned() })
                .unwrap();
            settings_of(&store).unwrap().unwrap()
        };
        assert_eq!(save(r#"{"mode":"shouting"}"#), PostureSettings::default());
        // What an earlier version did not know yet is as by default.
        let training = save(r#"{"mode":"training","louder":true}"#);
        assert_eq!(training, PostureSettings { mode: lumbra_domain::posture::Mode::Training, ..Default::default() });
    }
}
