//! Versioned migrations, each in one transaction.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::StoreError;

/// The migrations; the first makes version 1 out of nothing. A released one is never edited.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_base.sql"),
    include_str!("../migrations/0002_intents_are_their_own_audit.sql"),
    include_str!("../migrations/0003_open_commands_stand_apart.sql"),
    include_str!("../migrations/0004_posture_settings_and_goal.sql"),
    include_str!("../migrations/0005_rollups.sql"),
    include_str!("../migrations/0006_raw_posture_diary_and_clock.sql"),
    concat!(
        include_str!("../migrations/0007_plans_and_outbox.sql"),
        include_str!("../migrations/0007_running_hours.sql")
    ),
];

pub(crate) fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", (), |row| row.get(0))?)
}

/// The version that `migrations` lead to.
pub(crate) fn known(migrations: &[&str]) -> u32 {
    u32::try_from(migrations.len()).unwrap_or(u32::MAX)
}

/// Brings the database to the newest version. A migration that fails or is cut short leaves no trace.
pub(crate) fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<(), StoreError> {
    for (migration, target) in migrations.iter().zip(1_u32..) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if version(&transaction)? >= target {
            continue;
        }
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", target)?;
        transaction.commit()?;
        tracing::info!(version = target, "the database was brought to a new version");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes that were kept before hours were counted, of a clock that stood before 1970 among them.
    #[test]
    fn minutes_from_before_get_their_hours() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &MIGRATIONS[..4]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO devices VALUES ('one', 'm', 's', 'f', 'h', 'n', NULL, 0, 0, NULL);
                 INSERT INTO sessions (device_id, boot_id, session_id, programme, planned_s, limit_dma, started_at_ms,
                     utc_offset_s, local_day) VALUES ('one', 1, 1, '{}', 60, 100, 7200000, 7200, 0);
                 INSERT INTO posture_minutes VALUES ('one', 1, 1, -1, -5000000, 60, 0, 0, 0, 0, 0, 10, 0),
                     ('one', 2, 1, 0, 79200000, 0, 60, 0, 0, 0, 0, 30, 2), ('one', 3, 1, NULL, NULL, 60, 0, 0, 0, 0, 0, 0, 0);",
            )
            .unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        let mut hours =
            connection.prepare("SELECT local_day, local_hour, upright_s, slouched_s FROM posture_hours").unwrap();
        let hours: Vec<(i32, u8, u32, u32)> = hours
            .query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(hours, [(-1, 23, 60, 0), (0, 0, 0, 60)]);
        let day: (u32, u32, i64) = connection
            .query_row("SELECT sessions, stimulated_s, pitch_ddeg_s FROM days WHERE local_day = 0", (), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(day, (1, 60, 1_800));
    }
}
