//! Series for charts: one value a day, from the store's roll-ups, the days of the diary and the questionnaires.

use lumbra_domain::questionnaires::Form;
use lumbra_store::{Day, Store, StoreError, Wellbeing, local_day};

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
        let rolled_up = |of: &dyn Fn(&Day) -> Option<f64>| -> Result<Vec<(i32, f64)>, StoreError> {
            Ok(store.days(from, to)?.iter().filter_map(|day| Some((day.local_day, of(day)?))).collect())
        };
        let told = |of: &dyn Fn(&Wellbeing) -> Option<f64>| -> Result<Vec<(i32, f64)>, StoreError> {
            let days = store.wellbeing_between(from, to)?;
            Ok(days.iter().filter_map(|day| Some((day.local_day, of(day)?))).collect())
        };
        match self {
            Self::SleepQuality => told(&|day| day.sleep_quality.map(f64::from)),
            Self::SleepHours => told(&|day| day.sleep_min.map(|minutes| f64::from(minutes) / 60.0)),
            Self::StiffnessMinutes => told(&|day| day.stiffness_min.map(f64::from)),
            Self::Peg => store.questionnaire_days(Form::Peg.as_str(), from, to),
            Self::RolandMorris => store.questionnaire_days(Form::RolandMorris.as_str(), from, to),
            rolled => rolled_up(&|day| rolled.of(day)),
        }
    }

    fn of(self, day: &Day) -> Option<f64> {
        let minutes = |seconds: u32| f64::from(seconds) / 60.0;
        let bent_s = day.posture.slouched_s.saturating_add(day.posture.leaning_s);
        let still_s = day.posture.upright_s.saturating_add(bent_s);
        let worn = still_s > 0;
        match self {
            Self::PainMean => day.pain_mean,
            Self::StimulatedMinutes => (day.sessions > 0).then(|| minutes(day.stimulated_s)),
            Self::UprightMinutes => worn.then(|| minutes(day.posture.upright_s)),
            Self::UprightShare => worn.then(|| f64::from(day.posture.upright_s) / f64::from(still_s)),
            Self::WornMinutes => (day.posture.worn_s() > 0).then(|| minutes(day.posture.worn_s())),
            Self::Sessions => (day.sessions > 0).then(|| f64::from(day.sessions)),
            Self::SlouchedMinutes => worn.then(|| minutes(day.posture.slouched_s)),
            // Not in the roll-ups.
            Self::SleepQuality | Self::SleepHours | Self::StiffnessMinutes | Self::Peg | Self::RolandMorris => None,
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
