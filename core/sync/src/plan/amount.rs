//! Numbers and dates, exactly as they are meant or not at all.

use jiff::civil::Date;

use crate::fhir::codes::UCUM;
use crate::fhir::{Period, Quantity, Range};

use super::{Dates, Reason};

/// An amount in the unit `code` of UCUM, in its 10^-`places`: a whole number of them from 1 to `u16::MAX`. `None` for another unit, a
/// comparator, or a number between two steps: nothing is converted or rounded.
pub(super) fn exact(quantity: &Quantity, code: &str, places: u32) -> Option<u16> {
    let understood = quantity.comparator.is_none()
        && quantity.system.as_deref() == Some(UCUM)
        && quantity.code.as_deref() == Some(code)
        && quantity.others.is_empty();
    let units = quantity.value.as_ref().filter(|_| understood)?.in_units_of(places)?;
    u16::try_from(units).ok().filter(|units| *units > 0)
}

/// A range of such amounts, in order.
pub(super) fn span(range: &Range, code: &str, places: u32) -> Option<(u16, u16)> {
    let low = exact(range.low.as_ref()?, code, places)?;
    let high = exact(range.high.as_ref()?, code, places)?;
    (low <= high && range.others.is_empty()).then_some((low, high))
}

/// The first or last day that a date of FHIR can mean: `2026`, `2026-03`, `2026-03-01`, or a moment, of which the day counts that is
/// written there. A period's last day is the last that fits (R4, Period.end).
fn day(text: &str, last: bool) -> Option<Date> {
    let date = text.split_once('T').map_or(text, |(date, _)| date);
    let parts: Vec<&str> = date.split('-').collect();
    let number = |text: &str, digits: usize| -> Option<i16> {
        (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let month = |year: &str, month: &str| Date::new(number(year, 4)?, i8::try_from(number(month, 2)?).ok()?, 1).ok();
    match parts.as_slice() {
        [year] if date == text => {
            let first = Date::new(number(year, 4)?, 1, 1).ok()?;
            Some(if last { first.last_of_year() } else { first })
        }
        [year, of] if date == text => month(year, of).map(|first| if last { first.last_of_month() } else { first }),
        [year, of, day] => {
            let first = month(year, of)?;
            Date::new(first.year(), first.month(), i8::try_from(number(day, 2)?).ok()?).ok()
        }
        _ => None,
    }
}

/// One day, to the day.
pub(super) fn whole_day(text: &str) -> Option<Date> {
    let (first, last) = (day(text, false)?, day(text, true)?);
    (first == last).then_some(first)
}

/// The days of a period, in order.
pub(super) fn dates(period: Option<&Period>, what: &'static str) -> Result<Dates, Reason> {
    let Some(period) = period else { return Ok(Dates::default()) };
    let read = |text: &Option<String>, last| {
        text.as_deref().map(|text| day(text, last).ok_or(Reason::NotUnderstood(what))).transpose()
    };
    let dates = Dates { first: read(&period.start, false)?, last: read(&period.end, true)? };
    // What else may stand in a period, such as a reason why there is no date, is not known.
    let ordered = dates.first.zip(dates.last).is_none_or(|(first, last)| first <= last);
    if ordered && period.others.is_empty() { Ok(dates) } else { Err(Reason::NotUnderstood(what)) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_date_means_all_the_days_it_can() {
        let period = |start: &str, end: &str| {
            let (start, end) = (Some(start.to_owned()), Some(end.to_owned()));
            dates(Some(&Period { start, end, ..Period::default() }), "the period")
        };
        let both = |first, last| Ok(Dates { first: Some(first), last: Some(last) });
        assert_eq!(period("2026", "2026"), both(date(2026, 1, 1), date(2026, 12, 31)));
        assert_eq!(period("2028-02", "2028-02"), both(date(2028, 2, 1), date(2028, 2, 29)));
        let moment = period("2026-03-01T00:30:00+02:00", "2026-04-01");
        assert_eq!(moment, both(date(2026, 3, 1), date(2026, 4, 1)), "the day that is written there");
        for bad in ["", "26", "2026-13", "2026-02-30", "2026-1-1", "+026", "tomorrow", "2026-03-01-01", "T10:00"] {
            assert_eq!(period(bad, "2030"), Err(Reason::NotUnderstood("the period")), "{bad}");
        }
        assert_eq!(period("2026-03-02", "2026-03-01"), Err(Reason::NotUnderstood("the period")), "backwards");
        assert_eq!(whole_day("2026-03"), None, "a month is no day");
        assert_eq!(whole_day("2026-03-04"), Some(date(2026, 3, 4)));
    }
}
