//! Wall time, as a port: the core's rules never look at a clock by themselves.

use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time of day and the person's offset from UTC.
pub trait WallClock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn unix_ms(&self) -> i64;

    /// The person's offset from UTC in seconds, east positive.
    fn utc_offset_s(&self) -> i32;

    /// The zone the person is in, by its IANA name; absent where nobody can tell.
    fn zone(&self) -> Option<String> {
        None
    }
}

/// The system's clock and its time zone, with the zone's own rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl WallClock for SystemClock {
    fn unix_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        i64::try_from(since).unwrap_or(i64::MAX)
    }

    fn utc_offset_s(&self) -> i32 {
        jiff::ZonedDateTime::now().offset().seconds()
    }

    fn zone(&self) -> Option<String> {
        jiff::tz::TimeZone::system().iana_name().map(str::to_owned)
    }
}

/// Noon of the day that a clock shows, in Unix milliseconds: where virtual time begins, so that no day ends in the minutes that are
/// played in it.
pub fn noon_unix_ms(clock: &impl WallClock) -> i64 {
    const DAY_MS: i64 = 24 * 3_600 * 1_000;
    let offset_ms = i64::from(clock.utc_offset_s()) * 1_000;
    let day = clock.unix_ms().saturating_add(offset_ms).div_euclid(DAY_MS);
    day.saturating_mul(DAY_MS).saturating_add(DAY_MS / 2).saturating_sub(offset_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shown(i64, i32);

    impl WallClock for Shown {
        fn unix_ms(&self) -> i64 {
            self.0
        }

        fn utc_offset_s(&self) -> i32 {
            self.1
        }
    }

    #[test]
    fn noon_is_of_the_day_where_the_person_is() {
        // 2026-01-01, 23:59:59.999 and 00:00 in UTC.
        let (begin, end) = (1_767_225_600_000, 1_767_311_999_999);
        let noon = begin + 12 * 3_600_000;
        for at in [begin, noon, end] {
            assert_eq!(noon_unix_ms(&Shown(at, 0)), noon);
        }
        // An hour east the next day has begun at 23:00, eleven hours west the one before lasts until 11:00.
        assert_eq!(noon_unix_ms(&Shown(end, 3_600)), noon + 23 * 3_600_000);
        assert_eq!(noon_unix_ms(&Shown(begin, -39_600)), noon - 13 * 3_600_000);
        for at in [i64::MIN, i64::MAX] {
            noon_unix_ms(&Shown(at, 50_400));
        }
    }
}
