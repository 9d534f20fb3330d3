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
