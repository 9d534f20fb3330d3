//! Days on the person's own calendar, reckoned without a zone.

use jiff::SignedDuration;
use jiff::civil::Date;

/// So many days later, or earlier; the calendar's end at the most.
pub(super) fn plus_days(date: Date, days: u16) -> Date {
    date.saturating_add(SignedDuration::from_hours(24 * i64::from(days)))
}

/// So many days earlier; the calendar's begin at the least.
pub(super) fn minus_days(date: Date, days: u16) -> Date {
    date.saturating_sub(SignedDuration::from_hours(24 * i64::from(days)))
}

/// Days from one date to another; negative when that lies before.
pub(super) fn days_from(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}

/// The Monday of a date's week.
pub(super) fn monday_of(date: Date) -> Date {
    minus_days(date, u16::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_counted_across_months_and_at_the_ends_of_the_calendar() {
        assert_eq!(plus_days(date(2026, 2, 27), 3), date(2026, 3, 2));
        assert_eq!(minus_days(date(2026, 3, 2), 3), date(2026, 2, 27));
        assert_eq!(days_from(date(2026, 2, 27), date(2026, 3, 2)), 3);
        assert_eq!(days_from(date(2026, 3, 2), date(2026, 2, 27)), -3);
        assert_eq!(monday_of(date(2026, 6, 7)), date(2026, 6, 1));
        assert_eq!(plus_days(Date::MAX, 9), Date::MAX);
        assert_eq!(minus_days(Date::MIN, 9), Date::MIN);
    }
}
