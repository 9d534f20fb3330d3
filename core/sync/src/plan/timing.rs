//! How often something is to be done.

use jiff::civil::{Time, Weekday};

use crate::fhir::Timing;

use super::amount::dates;
use super::{Every, Reason, Schedule};

const WHAT: &str = "the timing";

fn weekday(code: &str) -> Option<Weekday> {
    Some(match code {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}

/// `18:05:00`, as FHIR writes it.
fn time(text: &str) -> Option<Time> {
    let (digits, colons) = (text.bytes().filter(u8::is_ascii_digit).count(), text.matches(':').count());
    (text.len() == 8 && digits == 6 && colons == 2).then(|| text.parse().ok())?
}

/// A timing by a rule of days or weeks. Everything else that FHIR's timings can say (before meals, twelve hours after the last time,
/// abbreviations) is refused.
pub(super) fn schedule(timing: &Timing) -> Result<Schedule, Reason> {
    let bad = || Reason::NotUnderstood(WHAT);
    let repeat = timing.repeat.as_ref().filter(|_| timing.others.is_empty()).ok_or_else(bad)?;
    if !repeat.others.is_empty() {
        return Err(bad());
    }
    // R4: once, unless it says otherwise.
    let times = u16::try_from(repeat.frequency.unwrap_or(1)).ok().filter(|times| *times > 0).ok_or_else(bad)?;
    let every = match (&repeat.period, repeat.period_unit.as_deref()) {
        (Some(period), Some(unit)) => {
            let period = period.in_units_of(0).and_then(|period| u16::try_from(period).ok());
            match (period.filter(|period| *period > 0), unit) {
                (Some(period), "d") => Every::Days(period),
                (Some(period), "wk") => Every::Weeks(period),
                _ => return Err(bad()),
            }
        }
        // On named days or at named times alone: once on each.
        (None, None)
            if repeat.frequency.is_none() && !(repeat.day_of_week.is_empty() && repeat.time_of_day.is_empty()) =>
        {
            Every::Days(1)
        }
        _ => return Err(bad()),
    };
    Ok(Schedule {
        times,
        every,
        days: repeat.day_of_week.iter().map(|day| weekday(day).ok_or_else(bad)).collect::<Result<_, _>>()?,
        at: repeat.time_of_day.iter().map(|at| time(at).ok_or_else(bad)).collect::<Result<_, _>>()?,
        dates: dates(repeat.bounds_period.as_ref(), WHAT)?,
    })
}
