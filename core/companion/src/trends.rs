//! What goes with what, and when: the hours of the day, and pain beside posture. From roll-ups alone, however many years.

use jiff::Span;
use jiff::civil::{Date, date};
use lumbra_store::{Hour, HourOverMonths, PostureSeconds, local_day};
use serde::Serialize;

use crate::companion::Companion;
use crate::error::Error;

/// The longest time that is looked at by the hour of the day: ten years.
pub const MONTHS_MAX: u32 = 120;
/// The longest time between a day's posture and the pain that is put beside it, in days.
pub const LAG_DAYS_MAX: u32 = 14;

/// How the seconds of one hour of the day were spent, on one day or on all days of some months together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HourOfDay {
    /// Upright, in seconds.
    pub upright_s: u64,
    /// Slouched forward, in seconds.
    pub slouched_s: u64,
    /// Leaning sideways or back, in seconds.
    pub leaning_s: u64,
    /// Lying, in seconds.
    pub lying_s: u64,
    /// Moving, in seconds.
    pub moving_s: u64,
    /// Not worn, in seconds.
    pub not_worn_s: u64,
    /// Nudges given.
    pub nudges: u64,
}

/// A day's posture, and the pain of that day or of one after it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PainBesidePosture {
    /// The day of the posture, in days since 1970-01-01 on the person's own calendar.
    pub local_day: i32,
    /// The share of the time held still, upright or not, that was not upright: 0 to 1.
    pub bent_share: f64,
    /// The mean pain score, 0 to 10.
    pub pain_mean: f64,
}

impl HourOfDay {
    fn add(&mut self, posture: &PostureSeconds, nudges: u32) {
        self.upright_s += u64::from(posture.upright_s);
        self.slouched_s += u64::from(posture.slouched_s);
        self.leaning_s += u64::from(posture.leaning_s);
        self.lying_s += u64::from(posture.lying_s);
        self.moving_s += u64::from(posture.moving_s);
        self.not_worn_s += u64::from(posture.not_worn_s);
        self.nudges += u64::from(nudges);
    }
}

const EPOCH: Date = date(1970, 1, 1);

/// Months since 1970-01 of a day.
fn month_of(local_day: i32) -> i32 {
    // Beyond the calendar there is nothing to show.
    let day = Span::new().try_days(local_day).and_then(|days| EPOCH.checked_add(days)).unwrap_or(EPOCH);
    (i32::from(day.year()) - 1970) * 12 + i32::from(day.month()) - 1
}

fn by_hour<'a>(rows: impl Iterator<Item = (u8, &'a PostureSeconds, u32)>) -> Vec<HourOfDay> {
    let mut hours = vec![HourOfDay::default(); 24];
    for (hour, posture, nudges) in rows {
        if let Some(slot) = hours.get_mut(usize::from(hour)) {
            slot.add(posture, nudges);
        }
    }
    hours
}

impl Companion {
    /// The person's day now, in days since 1970-01-01 on their own calendar.
    pub fn today(&self) -> i32 {
        local_day(self.clock().unix_ms(), self.clock().utc_offset_s())
    }

    /// The 24 hours of one day.
    pub async fn hours_of(&self, local_day: i32) -> Result<Vec<HourOfDay>, Error> {
        let rows: Vec<Hour> = self.store().call(move |store| store.hours(local_day, local_day)).await?;
        Ok(by_hour(rows.iter().map(|row| (row.local_hour, &row.posture, row.nudges))))
    }

    /// The 24 hours of the day over the last `months` calendar months, this one included; 1 to [`MONTHS_MAX`].
    pub async fn hours_of_months(&self, months: u32) -> Result<Vec<HourOfDay>, Error> {
        if !(1..=MONTHS_MAX).contains(&months) {
            return Err(Error::Invalid(format!("1 to {MONTHS_MAX} months can be shown: {months} were asked for")));
        }
        let last = month_of(self.today());
        let first = last - i32::try_from(months).unwrap_or(i32::MAX) + 1;
        let rows: Vec<HourOverMonths> = self.store().call(move |store| store.hours_over_months(first, last)).await?;
        Ok(by_hour(rows.iter().map(|row| (row.local_hour, &row.posture, row.nudges))))
    }

    /// The last `days` days with posture on which, or `lag_days` after which, there was pain to put beside it. `days`: 1 to
    /// [`CHART_DAYS_MAX`](crate::CHART_DAYS_MAX); `lag_days`: 0 to [`LAG_DAYS_MAX`].
    pub async fn pain_beside_posture(&self, days: u32, lag_days: u32) -> Result<Vec<PainBesidePosture>, Error> {
        if !(1..=crate::CHART_DAYS_MAX).contains(&days) || lag_days > LAG_DAYS_MAX {
            let longest = crate::CHART_DAYS_MAX;
            return Err(Error::Invalid(format!(
                "1 to {longest} days can be shown, with pain up to {LAG_DAYS_MAX} days later"
            )));
        }
        let today = self.today();
        let first = today - i32::try_from(days).unwrap_or(i32::MAX) + 1;
        let lag = i32::try_from(lag_days).unwrap_or_default();
        let found = self.store().call(move |store| store.pain_and_posture(first, today)).await?;
        let pairs = found.iter().filter(|day| day.still_s > 0).filter_map(|day| {
            let at = found.binary_search_by_key(&(day.local_day + lag), |later| later.local_day).ok()?;
            let pain = found.get(at).filter(|later| later.pain_entries > 0)?;
            Some(PainBesidePosture {
                local_day: day.local_day,
                bent_share: f64::from(day.bent_s) / f64::from(day.still_s),
                pain_mean: f64::from(pain.pain_sum) / f64::from(pain.pain_entries),
            })
        });
        Ok(pairs.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_with_its_first_day() {
        // 1970-01-31, 1970-02-01, 1969-12-31, 2024-02-29, 2024-03-01.
        let months = [30, 31, -1, 19_782, 19_783].map(month_of);
        assert_eq!(months, [0, 1, -1, 649, 650]);
        assert_eq!(month_of(i32::MAX), 0, "there is nothing there");
    }
}
