//! Series for charts: one value a day, worked out from the store's roll-ups.

use lumbra_store::{DayFigure, DayPart, local_day};

use crate::companion::Companion;
use crate::error::Error;

/// The longest chart: ten years.
pub const CHART_DAYS_MAX: u32 = 3_660;

/// What a chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartMetric {
    /// Mean pain score of the day, 0 to 10.
    PainMean,
    /// Stimulation time, in minutes; the worse case where an end was not seen.
    StimulatedMinutes,
    /// Time upright, in minutes.
    UprightMinutes,
    /// Time slouched, in minutes.
    SlouchedMinutes,
    /// The share of the time held still, upright or not, that was upright, 0 to 1.
    UprightShare,
    /// Time worn, in minutes.
    WornMinutes,
    /// Sessions begun.
    Sessions,
}

impl ChartMetric {
    /// What is asked of the store, and how a day's part of a whole becomes a value.
    const fn figure(self) -> (DayFigure, fn(&DayPart) -> f64) {
        const fn minutes(day: &DayPart) -> f64 {
            day.part as f64 / 60.0
        }
        const fn count(day: &DayPart) -> f64 {
            day.part as f64
        }
        const fn share(day: &DayPart) -> f64 {
            day.part as f64 / day.whole as f64
        }
        match self {
            Self::PainMean => (DayFigure::Pain, share),
            Self::StimulatedMinutes => (DayFigure::Stimulated, minutes),
            Self::UprightMinutes => (DayFigure::Upright, minutes),
            Self::UprightShare => (DayFigure::Upright, share),
            Self::WornMinutes => (DayFigure::Worn, minutes),
            Self::Sessions => (DayFigure::Sessions, count),
            Self::SlouchedMinutes => (DayFigure::Slouched, minutes),
        }
    }
}

/// One value for each day, the last is today.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// The first day, in days since 1970-01-01 on the person's own calendar.
    pub first_day: i32,
    /// A value a day; not a number where there is nothing to show, which is not zero.
    pub values: Vec<f64>,
}

impl Companion {
    /// The last `days` days of a metric, 1 to [`CHART_DAYS_MAX`].
    pub async fn chart(&self, metric: ChartMetric, days: u32) -> Result<Chart, Error> {
        if !(1..=CHART_DAYS_MAX).contains(&days) {
            return Err(Error::Invalid(format!("a chart has 1 to {CHART_DAYS_MAX} days: {days} were asked for")));
        }
        let today = local_day(self.clock().unix_ms(), self.clock().utc_offset_s());
        // A clock may say anything, up to the last day there is.
        let first_day = today.saturating_sub(i32::try_from(days).unwrap_or(i32::MAX) - 1);
        let (figure, value) = metric.figure();
        let found = self.store().call(move |store| store.day_parts(figure, first_day, today.saturating_add(1))).await?;
        let mut values = vec![f64::NAN; usize::try_from(days).unwrap_or_default()];
        for day in &found {
            let slot =
                day.local_day.checked_sub(first_day).and_then(|after| values.get_mut(usize::try_from(after).ok()?));
            if let Some(slot) = slot {
                *slot = value(day);
            }
        }
        Ok(Chart { first_day, values })
    }
}
