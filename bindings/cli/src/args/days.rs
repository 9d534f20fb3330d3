//! Days of the calendar on the command line.

use clap::Args;
use jiff::civil::Date;
pub(crate) use lumbra::date as date_of;
use lumbra::day_number;

use crate::output::Failure;

/// The days from one to another.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct DaysChoice {
    /// The first day, such as 2026-01-31.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(crate) from: Option<Date>,
    /// The last day [default: today].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(crate) to: Option<Date>,
}

impl DaysChoice {
    /// Whether any day was named.
    pub(crate) const fn is_named(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// The first day and the last, in days since 1970-01-01. Without a last day it is `now`, which is today, without a first one there are `days`
    /// days in all.
    pub(crate) fn between(&self, now: i32, days: i32) -> Result<(i32, i32), Failure> {
        let to_day = self.to.map_or(now, day_number);
        let from_day = self.from.map_or(to_day.saturating_sub(days - 1), day_number);
        if from_day <= to_day {
            return Ok((from_day, to_day));
        }
        let last = self.to.map_or_else(|| "today".to_owned(), |to| to.to_string());
        let first = self.from.map_or_else(String::new, |from| from.to_string());
        Err(Failure::usage(format!("--from {first} is after the last day, {last}: swap them, or leave one out")))
    }
}

fn day(text: &str) -> Result<Date, String> {
    let written = text.len() == "YYYY-MM-DD".len() && text.starts_with(|first: char| first.is_ascii_digit());
    let read = Date::strptime("%Y-%m-%d", text).ok().filter(|_| written);
    read.ok_or_else(|| "write a day of the calendar as YYYY-MM-DD, such as 2026-01-31".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(from: Option<&str>, to: Option<&str>) -> DaysChoice {
        let day = |text: &str| day(text).unwrap();
        DaysChoice { from: from.map(day), to: to.map(day) }
    }

    #[test]
    fn days_are_read_as_they_are_written() {
        for text in
            ["2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "2026-01-01T00:00", "yesterday", "", "+026-01-01"]
        {
            assert!(day(text).unwrap_err().contains("YYYY-MM-DD"), "{text}");
        }
        assert_eq!(day("2024-02-29").map(day_number), Ok(19_782));
        assert_eq!(date_of(19_782).map(|date| date.to_string()).as_deref(), Some("2024-02-29"));
        assert_eq!(date_of(i32::MAX), None);
    }

    #[test]
    fn what_is_left_out_follows_from_today() {
        let between = |from, to| named(from, to).between(20_000, 90).ok();
        assert_eq!(between(None, None), Some((19_911, 20_000)));
        assert_eq!(between(Some("2024-10-01"), None), Some((19_997, 20_000)));
        assert_eq!(between(None, Some("1970-01-01")), Some((-89, 0)));
        assert_eq!(between(Some("1970-01-02"), Some("1970-01-02")), Some((1, 1)));
        let failure = named(Some("2026-02-01"), Some("2026-01-01")).between(20_000, 90).unwrap_err();
        assert!(failure.message.contains("--from 2026-02-01 is after the last day, 2026-01-01"), "{}", failure.message);
    }
}
