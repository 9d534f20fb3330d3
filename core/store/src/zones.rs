//! Where the person lived when: it makes the day and the hour that a moment counts for.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, params};

use crate::convert::{local_day, local_hour};
use crate::error::StoreError;
use crate::store::Store;

/// The zones of a person's life as far as they are known, oldest first.
pub(crate) struct Zones(Vec<(i64, Option<TimeZone>)>);

impl Zones {
    pub(crate) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached("SELECT since_ms, zone FROM zones ORDER BY since_ms")?;
        let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        let known = rows.map(|row| row.map(|(since_ms, name)| (since_ms, TimeZone::get(&name).ok())));
        Ok(Self(known.collect::<Result<_, _>>()?))
    }

    /// The person's day and hour at a moment. What comes before the first zone that is known counts as lived in that one;
    /// without any, or where this system doesn't know the zone, `utc_offset_s` counts.
    pub(crate) fn lived(&self, at_ms: i64, utc_offset_s: i32) -> (i32, u8) {
        let before = self.0.partition_point(|(since_ms, _)| *since_ms <= at_ms);
        let zone = self.0.get(before.saturating_sub(1)).and_then(|(_, zone)| zone.as_ref());
        let offset_s = match (zone, Timestamp::from_millisecond(at_ms)) {
            (Some(zone), Ok(at)) => zone.to_offset(at).seconds(),
            _ => utc_offset_s,
        };
        (local_day(at_ms, offset_s), local_hour(at_ms, offset_s))
    }
}

impl Store {
    /// Notes that the person lives in this zone, an IANA name, from `since_ms` on. Nothing is written when that is known.
    pub fn save_zone(&mut self, since_ms: i64, zone: &str) -> Result<(), StoreError> {
        let known: Option<String> = self.read(|connection| {
            let newest = "SELECT zone FROM zones WHERE since_ms <= ? ORDER BY since_ms DESC LIMIT 1";
            Ok(connection.query_row(newest, [since_ms], |row| row.get(0)).optional()?)
        })?;
        if known.as_deref() == Some(zone) {
            return Ok(());
        }
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO zones (since_ms, zone) VALUES (?, ?) ON CONFLICT DO UPDATE SET zone = excluded.zone",
                params![since_ms, zone],
            )?;
            Ok(())
        })
    }
}
