//! Series for charts: one value a day, from the store's roll-ups, the days of the diary and the questionnaires.

use lumbra_domain::questionnaires::Form;
use lumbra_store::{DayFigure, DayPart, Store, StoreError, Wellbeing, local_day};

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
    /// How well the person slept in the night to the day, 0 to 10.
    SleepQuality,
    /// How long the person slept in the night to the day, in hours.
    SleepHours,
    /// Morning stiffness, in minutes.
    StiffnessMinutes,
    /// PEG, 0 to 10: the newest of the day.
    Peg,
    /// Roland-Morris, 0 to 24: the newest of the day.
    RolandMorris,
}

impl ChartMetric {
    /// A value a day, for each day from `from` to `to` that has one.
    fn read(self, store: &Store, from: i32, to: i32) -> Result<Vec<(i32, f64)>, StoreError> {
        const fn minutes(day: &DayPart) -> f64 {
            day.part as f64 / 60.0
        }
        const fn count(day: &DayPart) -> f64 {
            day.part as f64
        }
        const fn share(day: &DayPart) -> f64 {
            day.part as f64 / day.whole as f64
        }
        let rolled_up = |figure: DayFigure, value: fn(&DayPart) -> f64| -> Result<Vec<(i32, f64)>, StoreError> {
            Ok(store.day_parts(figure, from, to)?.iter().map(|day| (day.local_day, value(day))).collect())
        };
        let told = |of: &dyn Fn(&Wellbeing) -> Option<f64>| -> Result<Vec<(i32, f64)>, StoreError> {
            let days = store.wellbeing_between(from, to)?;
            Ok(days.iter().filter_map(|day| Some((day.local_day, of(day)?))).collect())
        };
        match self {
            Self::PainMean => rolled_up(DayFigure::Pain, share),
            Self::StimulatedMinutes => rolled_up(DayFigure::Stimulated, minutes),
            Self::UprightMinutes => rolled_up(DayFigure::Upright, minutes),
            Self::UprightShare => rolled_up(DayFigure::Upright, share),
            Self::WornMinutes => rolled_up(DayFigure::Worn, minutes),
            Self::Sessions => rolled_up(DayFigure::Sessions, count),
            Self::SlouchedMinutes => rolled_up(DayFigure::Slouched, minutes),
            Self::SleepQuality => told(&|day| day.sleep_quality.map(f64::from)),
            Self::SleepHours => told(&|day| day.sleep_min.map(|minutes| f64::from(minutes) / 60.0)),
            Self::StiffnessMinutes => told(&|day| day.stiffness_min.map(f64::from)),
            Self::Peg => store.questionnaire_days(Form::Peg.as_str(), from, to),
            Self::RolandMorris => store.questionnaire_days(Form::RolandMorris.as_str(), from, to),
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
        let found = self.store().call(move |store| metric.read(store, first_day, today.saturating_add(1))).await?;
        let mut values = vec![f64::NAN; usize::try_from(days).unwrap_or_default()];
        for (local_day, value) in found {
            let slot = local_day.checked_sub(first_day).and_then(|after| values.get_mut(usize::try_from(after).ok()?));
            if let Some(slot) = slot {
                *slot = value;
            }
        }
        Ok(Chart { first_day, values })
    }
}
