//! What a history screen asks over one and five years, from the call to points that can be drawn. The first time after opening the
//! store is cold: SQLite's cache is empty then; that of the system is not.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lumbra::link::InProcessRadio;
use lumbra::store::FileKeyStore;
use lumbra::{ChartMetric, Companion, Config, WallClock};

use crate::report::{Case, Goal, Report, median_ms};
use crate::seed::END;
use crate::{BenchError, besides, seed};

/// A frame of a display of 120 Hz.
const FRAME_MS: f64 = 8.3;
const WARM_MS: f64 = 1.0;
/// For each point drawn, five years may cost so much more than one.
const FIVE_YEARS_AT_MOST: f64 = 1.5;
const COLD: usize = 7;
const WARM: usize = 101;
const YEARS: u16 = 5;

/// The last evening of the seeded years.
struct LastEvening;

impl WallClock for LastEvening {
    fn unix_ms(&self) -> i64 {
        let seconds = jiff::tz::TimeZone::UTC.to_timestamp(END.at(0, 0, 0, 0)).map_or(0, jiff::Timestamp::as_second);
        seconds * 1_000 - 4 * 3_600_000
    }

    fn utc_offset_s(&self) -> i32 {
        3_600
    }
}

#[derive(Clone, Copy)]
enum Question {
    Day,
    Chart(&'static str, ChartMetric),
    HourOfDay,
    PainBesidePosture,
}

const QUESTIONS: [Question; 7] = [
    Question::Day,
    Question::Chart("posture", ChartMetric::UprightShare),
    Question::Chart("worn", ChartMetric::WornMinutes),
    Question::Chart("pain", ChartMetric::PainMean),
    Question::Chart("sessions", ChartMetric::Sessions),
    Question::HourOfDay,
    Question::PainBesidePosture,
];

impl Question {
    const fn name(self) -> &'static str {
        match self {
            Self::Day => "hours_of_a_day",
            Self::Chart(name, _) => name,
            Self::HourOfDay => "hour_of_day",
            Self::PainBesidePosture => "pain_beside_posture",
        }
    }

    /// Asks, and gives how many points there are to draw.
    async fn ask(self, companion: &Companion, days: u32) -> Result<usize, BenchError> {
        Ok(match self {
            Self::Day => companion.hours_of(companion.today()).await?.len(),
            Self::Chart(_, metric) => companion.chart(metric, days).await?.values.len(),
            Self::HourOfDay => companion.hours_of_months(days.div_ceil(31)).await?.len(),
            Self::PainBesidePosture => companion.pain_beside_posture(days, 1).await?.len(),
        })
    }
}

pub(crate) async fn open(dir: &Path) -> Result<Companion, BenchError> {
    Ok(Companion::open(Config {
        dir: dir.to_owned(),
        keys: Box::new(FileKeyStore::new(dir.join("lumbra.key"))),
        radio: Arc::new(InProcessRadio::new(Vec::new())),
        clock: Arc::new(LastEvening),
    })
    .await?)
}

pub(crate) async fn run(report: &mut Report, raw_days: u32) -> Result<(), BenchError> {
    let dir = tempfile::tempdir()?;
    let made = seed::run(dir.path(), YEARS, 1, raw_days)?;
    eprintln!("{}", serde_json::to_string(&made).unwrap_or_default());
    for question in QUESTIONS {
        let mut a_point = Vec::new();
        for (span, days) in [("month", 31), ("year", 365), ("five_years", 5 * 365)] {
            let (mut cold, mut points) = (Vec::new(), 0);
            for _ in 0..COLD {
                let companion = open(dir.path()).await?;
                let began = Instant::now();
                points = question.ask(&companion, days).await?;
                cold.push(began.elapsed());
                companion.close().await;
            }
            let companion = open(dir.path()).await?;
            let mut warm = Vec::new();
            for _ in 0..WARM {
                let began = Instant::now();
                question.ask(&companion, days).await?;
                warm.push(began.elapsed());
            }
            companion.close().await;
            let name = format!("{}_{span}", question.name());
            figure(report, &format!("{name}_cold"), median_ms(cold), FRAME_MS);
            let warm_ms = median_ms(warm);
            figure(report, &format!("{name}_warm"), warm_ms, WARM_MS);
            a_point.push(warm_ms / f64::from(u32::try_from(points.max(1)).unwrap_or(u32::MAX)));
            if matches!(question, Question::Day) {
                break;
            }
        }
        if let [_, year, five_years] = a_point[..] {
            report.case(&Case {
                bench: "history",
                name: &format!("{}_a_point", question.name()),
                unit: "ms",
                value: five_years,
                baseline: "a point of one year",
                baseline_value: Some(year),
                goal: Goal::AtMost(FIVE_YEARS_AT_MOST),
            });
        }
    }
    opening(report, dir.path()).await?;
    if raw_days > 0 {
        besides::run(report, dir.path(), raw_days)?;
    }
    Ok(())
}

fn figure(report: &mut Report, name: &str, value: f64, goal: f64) {
    report.case(&Case {
        bench: "history",
        name,
        unit: "ms",
        value,
        baseline: "",
        baseline_value: None,
        goal: Goal::Within(goal),
    });
}

/// Opening five years and answering the first screen, beside opening an empty store and the same.
async fn opening(report: &mut Report, years: &Path) -> Result<(), BenchError> {
    let empty = tempfile::tempdir()?;
    open(empty.path()).await?.close().await;
    let (mut full, mut none): (Vec<Duration>, Vec<Duration>) = (Vec::new(), Vec::new());
    // By turns, as the machine is not always equally fast.
    for _ in 0..2 * COLD {
        for (dir, times) in [(years, &mut full), (empty.path(), &mut none)] {
            let began = Instant::now();
            let companion = open(dir).await?;
            companion.devices().await?;
            companion.chart(ChartMetric::UprightShare, 14).await?;
            companion.chart(ChartMetric::PainMean, 14).await?;
            times.push(began.elapsed());
            companion.close().await;
        }
    }
    report.case(&Case {
        bench: "history",
        name: "open_and_first_screen",
        unit: "ms",
        value: median_ms(full),
        baseline: "an empty store",
        baseline_value: Some(median_ms(none)),
        goal: Goal::AtMost(3.0),
    });
    Ok(())
}
