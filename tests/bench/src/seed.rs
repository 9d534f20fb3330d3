//! A person's years, made up from a seed: what history is measured on.
//!
//! The wearable is worn on nine days of ten, ten hours with gaps, and tells a minute of posture for each. There are pain entries
//! on most days, sessions on some with a score before and mostly one after, journeys to other zones, and a new wearable halfway. Of the
//! newest days there are raw samples too, at 25 Hz, that say the same as the minutes. Slouching makes the next day's pain worse, and pain
//! gets less over the years: who looks at a chart of it sees something.

mod backlog;

use std::path::Path;
use std::time::Instant;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use lumbra::domain::safety::SessionPlan;
use lumbra::domain::units::Seconds;
use lumbra::store::{
    Device, DeviceRecord, FileKeyStore, NewSession, PainContext, PainDetail, PainEntry, PostureMinute, PostureSeconds,
    SessionEnd, Store,
};

use crate::BenchError;
use crate::raw::{Body, Minute};

pub(crate) use backlog::{DAYS, PAIN_ENTRIES, SESSIONS, run as backlog};

/// The day after the last one.
pub(crate) const END: Date = date(2026, 1, 1);
const HOME: &str = "Europe/Berlin";
const ABROAD: [&str; 3] = ["America/New_York", "Asia/Tokyo", "Europe/London"];
const FIRST_HOUR: i64 = 8;
const HOURS_WORN: i64 = 10;

/// What was made.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub(crate) struct Seeded {
    days: u32,
    minutes: u32,
    raw_samples: u64,
    pain_entries: u32,
    sessions: u32,
}

struct Life {
    chance: fastrand::Rng,
    store: Store,
    made: Seeded,
    device: usize,
    record: u32,
    /// Makes the raw samples; apart, so that all else is the same without.
    body: Body,
    /// How much of the day before was slouched, 0 to 1.
    slouched: f64,
}

/// Fills an empty store in this folder; with raw samples of so many of the newest days.
pub(crate) fn run(dir: &Path, years: u16, seed: u64, raw_days: u32) -> Result<Seeded, BenchError> {
    let mut life = Life::begin(dir, seed)?;
    let begin = END.checked_sub(jiff::Span::new().years(years)).map_err(|_| BenchError::Broken("that many years"))?;
    let days =
        u32::try_from(begin.until(END).map_err(|_| BenchError::Broken("the calendar"))?.get_days()).unwrap_or_default();
    let timer = Instant::now();
    let (mut day, mut zone) = (begin, HOME);
    let mut back_home = begin;
    life.new_device(start_of(day, zone)?)?;
    life.store.save_zone(start_of(day, zone)?, zone)?;
    for done in 0..days {
        if done == days / 2 {
            life.new_device(start_of(day, zone)?)?;
        }
        let away = zone != HOME;
        if away && day >= back_home {
            zone = HOME;
            life.store.save_zone(start_of(day, zone)?, zone)?;
        } else if !away && life.chance.u32(..120) == 0 {
            zone = ABROAD.get(life.chance.usize(..ABROAD.len())).copied().unwrap_or(HOME);
            back_home = day.saturating_add(jiff::Span::new().days(14));
            life.store.save_zone(start_of(day, zone)?, zone)?;
        }
        let with_raw = days - done <= raw_days;
        life.day(day, zone, f64::from(done) / f64::from(days), with_raw)?;
        day = day.tomorrow().map_err(|_| BenchError::Broken("the calendar"))?;
        if done % 50 == 0 || with_raw {
            eprint!("\r{:>3} % of {years} years, {:.0} s", done * 100 / days, timer.elapsed().as_secs_f64());
        }
    }
    eprintln!("\r100 % of {years} years, {:.0} s", timer.elapsed().as_secs_f64());
    life.made.days = days;
    Ok(life.made)
}

fn start_of(day: Date, zone: &str) -> Result<i64, BenchError> {
    moment(day, zone, 0)
}

/// The moment so many minutes after the day's midnight on the person's clock.
fn moment(day: Date, zone: &str, minute: i64) -> Result<i64, BenchError> {
    let zone = TimeZone::get(zone).map_err(|_| BenchError::Broken("this system knows no time zones"))?;
    let civil = day.at(0, 0, 0, 0).saturating_add(jiff::Span::new().minutes(minute));
    zone.to_timestamp(civil).map(jiff::Timestamp::as_millisecond).map_err(|_| BenchError::Broken("the calendar"))
}

impl Life {
    /// Nothing has happened yet, in an empty store in this folder.
    fn begin(dir: &Path, seed: u64) -> Result<Self, BenchError> {
        let keys = FileKeyStore::new(dir.join("lumbra.key"));
        let (store, _) = Store::open(dir, &keys)?;
        if !store.devices(true)?.is_empty() {
            return Err(BenchError::Broken("the folder holds a store already: name an empty one"));
        }
        Ok(Self {
            chance: fastrand::Rng::with_seed(seed),
            store,
            made: Seeded::default(),
            device: 0,
            record: 0,
            body: Body::new(seed),
            slouched: 0.4,
        })
    }

    fn device_id(&self) -> String {
        format!("device-{}", self.device)
    }

    fn new_device(&mut self, at_ms: i64) -> Result<(), BenchError> {
        self.device += 1;
        self.record = 0;
        let device_id = self.device_id();
        Ok(self.store.save_device(&Device {
            model: "Lumbra One".into(),
            serial: format!("LB1-{:06}", self.device),
            firmware: "1.0.0".into(),
            hardware: "A".into(),
            name: "Lumbra".into(),
            link_id: None,
            paired_at_ms: at_ms,
            last_seen_ms: at_ms,
            forgotten_at_ms: None,
            device_id,
        })?)
    }

    fn day(&mut self, day: Date, zone: &str, through: f64, with_raw: bool) -> Result<(), BenchError> {
        let offset_s = offset_s(day, zone)?;
        // From 6 to 3 over the years, a point up after a day bent over, and what a day brings.
        let pain = 6.0 - 3.0 * through + 2.0 * (self.slouched - 0.4) + self.chance.f64() * 2.0 - 1.0;
        if self.chance.u32(..100) < 85 {
            self.pain(day, zone, offset_s, 20 * 60, (PainContext::Diary, None), pain)?;
        }
        if self.chance.u32(..100) < 45 {
            self.session(day, zone, offset_s, pain)?;
        }
        if self.chance.u32(..10) > 0 {
            self.posture(day, zone, offset_s, through, with_raw)?;
        }
        Ok(())
    }

    fn pain(
        &mut self,
        day: Date,
        zone: &str,
        utc_offset_s: i32,
        minute: i64,
        (context, session): (PainContext, Option<i64>),
        score: f64,
    ) -> Result<String, BenchError> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10")]
        let score = score.round().clamp(0.0, 10.0) as u8;
        self.made.pain_entries += 1;
        let entry_id = format!("pain-{}", self.made.pain_entries);
        self.store.add_pain(&PainEntry {
            entry_id: entry_id.clone(),
            at_ms: moment(day, zone, minute)?,
            utc_offset_s,
            score,
            context,
            session,
            place: "low back".into(),
            note: String::new(),
            detail: PainDetail::default(),
        })?;
        Ok(entry_id)
    }

    fn session(&mut self, day: Date, zone: &str, utc_offset_s: i32, pain: f64) -> Result<(), BenchError> {
        let minute = 18 * 60 + self.chance.i64(0..60);
        let before = self.pain(day, zone, utc_offset_s, minute - 1, (PainContext::BeforeSession, None), pain + 0.5)?;
        let id = self.stimulated(day, zone, utc_offset_s, minute, Some(before))?;
        if self.chance.u32(..5) > 0 {
            let after = pain - 0.5 - self.chance.f64();
            self.pain(day, zone, utc_offset_s, minute + 25, (PainContext::AfterSession, Some(id)), after)?;
        }
        Ok(())
    }

    /// A session that is over; gives its number in the store.
    fn stimulated(
        &mut self,
        day: Date,
        zone: &str,
        utc_offset_s: i32,
        minute: i64,
        pain_before: Option<String>,
    ) -> Result<i64, BenchError> {
        let started_at_ms = moment(day, zone, minute)?;
        self.made.sessions += 1;
        let id = self.store.start_session(&NewSession {
            device_id: self.device_id(),
            boot_id: 1,
            session_id: self.made.sessions,
            programme: plan()?,
            planned_s: 1_200,
            limit_dma: 600,
            started_at_ms,
            utc_offset_s,
            pain_before,
        })?;
        let elapsed_s = if self.chance.u32(..10) == 0 { self.chance.u32(60..1_200) } else { 1_200 };
        self.store.end_session(
            id,
            SessionEnd {
                ended_at_ms: started_at_ms + i64::from(elapsed_s) * 1_000,
                outcome: if elapsed_s == 1_200 { "completed" } else { "stopped" },
                elapsed_s,
                max_delivered_dma: self.chance.u16(80..250),
                dose_uncertain: self.chance.u32(..50) == 0,
            },
        )?;
        Ok(id)
    }

    /// The minutes of a day, in the device's words and in one batch, as they come in the evening.
    fn posture(
        &mut self,
        day: Date,
        zone: &str,
        utc_offset_s: i32,
        through: f64,
        with_raw: bool,
    ) -> Result<(), BenchError> {
        let habit = (0.5 - 0.25 * through + self.chance.f64() * 0.3 - 0.15).clamp(0.05, 0.95);
        let first = moment(day, zone, FIRST_HOUR * 60)?;
        let (mut records, mut raw) = (Vec::new(), Vec::new());
        let (mut slouched, mut still) = (0, 0);
        let (mut off_until, mut lying_until, mut moving_until) = (0, 0, 0);
        for minute in 0..HOURS_WORN * 60 {
            if self.chance.u32(..240) == 0 {
                off_until = minute + self.chance.i64(10..40);
            }
            if self.chance.u32(..300) == 0 {
                lying_until = minute + self.chance.i64(10..40);
            }
            if self.chance.u32(..40) == 0 {
                moving_until = minute + self.chance.i64(2..10);
            }
            // Worse in the afternoon.
            let bent = (habit * (0.7 + 0.6 * f64::from(u32::try_from(minute).unwrap_or(0)) / 600.0)).min(1.0);
            let mut seconds = PostureSeconds::default();
            let spent = if minute < off_until {
                seconds.not_worn_s = 60;
                Minute::NotWorn
            } else if minute < lying_until {
                seconds.lying_s = 60;
                Minute::Lying
            } else if minute < moving_until {
                seconds.moving_s = 60;
                Minute::Moving
            } else {
                seconds.slouched_s = if self.chance.f64() < bent { 60 } else { 0 };
                seconds.leaning_s = if self.chance.u32(..20) == 0 { 60 - seconds.slouched_s } else { 0 };
                seconds.upright_s = 60 - seconds.slouched_s - seconds.leaning_s;
                slouched += seconds.slouched_s;
                still += 60;
                match (seconds.slouched_s, seconds.leaning_s) {
                    (60, _) => Minute::Slouched,
                    (_, 60) => Minute::Leaning,
                    _ => Minute::Upright,
                }
            };
            self.record += 1;
            if with_raw {
                let (ticks_ms, at_ms) = (u64::from(self.record) * 60_000, first + minute * 60_000);
                raw.extend(self.body.minute(spent, &self.device_id(), ticks_ms, at_ms, utc_offset_s));
                // An hour in one hand-over, as a backlog comes.
                if minute % 60 == 59 {
                    self.made.raw_samples += raw.iter().map(|part| part.samples.len() as u64).sum::<u64>();
                    self.store.append_posture(&raw, &[])?;
                    raw.clear();
                }
            }
            records.push(DeviceRecord {
                device_id: self.device_id(),
                number: self.record,
                boot_id: 1,
                kind: 10,
                ticks_ms: u64::from(self.record) * 60_000,
                at_ms: Some(first + minute * 60_000),
                payload: self.record.to_le_bytes().to_vec(),
                posture_minute: Some(PostureMinute {
                    utc_offset_s,
                    seconds,
                    mean_pitch_ddeg: if seconds.slouched_s > 0 { 240 } else { 60 },
                    nudges: u8::from(seconds.slouched_s > 0 && self.chance.u32(..10) == 0),
                }),
            });
        }
        self.made.minutes += u32::try_from(records.len()).unwrap_or_default();
        self.slouched = f64::from(slouched) / f64::from(still.max(1));
        self.store.save_records(&records)?;
        Ok(())
    }
}

/// The plan of every session, as the core keeps it.
fn plan() -> Result<String, BenchError> {
    let plan = SessionPlan {
        programme: lumbra::built_in("conventional").map_err(|_| BenchError::Broken("the built-in programme"))?,
        duration: Seconds::new(1_200),
        grace: Seconds::new(30),
        pads: vec![Some(lumbra::DEFAULT_PAD_AREA)],
    };
    serde_json::to_string(&plan).map_err(|_| BenchError::Broken("a session plan"))
}

fn offset_s(day: Date, zone: &str) -> Result<i32, BenchError> {
    let noon = moment(day, zone, 12 * 60)?;
    let zone = TimeZone::get(zone).map_err(|_| BenchError::Broken("this system knows no time zones"))?;
    let at = jiff::Timestamp::from_millisecond(noon).map_err(|_| BenchError::Broken("the calendar"))?;
    Ok(zone.to_offset(at).seconds())
}
