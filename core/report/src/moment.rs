//! A moment on the person's own clock.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use lumbra_domain::units::UnixMillis;

/// A moment, and how far the person's clock was from UTC then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    at: Timestamp,
    offset: Offset,
}

const OFFSET_MAX_S: i32 = 14 * 3_600;

impl Moment {
    /// From wall time and the person's offset from UTC in seconds, east positive. `None` beyond the years -9999 to 9999. An offset that
    /// no place has, more than 14 hours, counts as none.
    pub fn new(at: UnixMillis, utc_offset_s: i32) -> Option<Self> {
        let at = Timestamp::from_millisecond(at.get()).ok()?;
        let placed = (-OFFSET_MAX_S..=OFFSET_MAX_S).contains(&utc_offset_s);
        let offset = Offset::from_seconds(utc_offset_s).ok().filter(|_| placed);
        Some(Self { at, offset: offset.unwrap_or(Offset::UTC) })
    }

    /// Wall time.
    pub fn unix(self) -> UnixMillis {
        UnixMillis::new(self.at.as_millisecond())
    }

    /// The person's offset from UTC in seconds, east positive.
    pub fn utc_offset_s(self) -> i32 {
        self.offset.seconds()
    }

    /// Date and time of day on the person's clock.
    pub fn local(self) -> DateTime {
        self.offset.to_datetime(self.at)
    }

    /// The day on the person's clock.
    pub fn date(self) -> Date {
        self.local().date()
    }

    /// With date, time to the millisecond and offset, as ISO 8601, RFC 3339 and FHIR want it: `2026-03-01T18:05:09.000+01:00`. Offsets of
    /// whole minutes only: a rest of seconds is left out of offset and time alike.
    pub fn iso(self) -> String {
        let minutes = self.offset.seconds() / 60;
        let whole = Offset::from_seconds(minutes * 60).unwrap_or(Offset::UTC);
        let local = whole.to_datetime(self.at);
        let sign = if minutes < 0 { '-' } else { '+' };
        let (hours, rest) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
        format!("{}{sign}{hours:02}:{rest:02}", local.strftime("%Y-%m-%dT%H:%M:%S.%3f"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_on_the_persons_clock() {
        let moment = |ms, offset_s| Moment::new(UnixMillis::new(ms), offset_s).unwrap();
        assert_eq!(moment(0, 3_600).iso(), "1970-01-01T01:00:00.000+01:00");
        assert_eq!(moment(1, -(3 * 3_600 + 1_800)).iso(), "1969-12-31T20:30:00.001-03:30");
        assert_eq!(moment(0, 3_600).date(), jiff::civil::date(1970, 1, 1));
        assert_eq!(moment(0, 75).iso(), "1970-01-01T00:01:00.000+00:01", "the same moment without odd seconds");
        assert_eq!((moment(0, i32::MAX).utc_offset_s(), moment(0, 50_401).utc_offset_s()), (0, 0));
        assert_eq!(Moment::new(UnixMillis::new(i64::MAX), 0), None);
    }
}
