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
