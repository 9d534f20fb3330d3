//! What was downloaded from the clinic's server: byte by byte as it came, and up to where.

use std::fmt;

use rusqlite::{OptionalExtension, Row, params};

use crate::error::StoreError;
use crate::store::Store;

/// A resource as it came from the server. Debug output does not show its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// Its type, such as `CarePlan`.
    pub resource_type: String,
    /// Its id on the server.
    pub resource_id: String,
    /// The server's version of it, as it came: only whether two are the same can be told.
    pub version: String,
    /// The resource, with all that this version of the app does not understand.
    pub bytes: Vec<u8>,
}

/// A resource that is known, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id on the server.
    pub resource_id: String,
    /// The server's version of it.
    pub version: String,
}

/// Up to where a type was downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermark<'a> {
    /// The type.
    pub resource_type: &'a str,
    /// A moment of the server's clock, in the server's own writing.
    pub at: &'a str,
}

impl fmt::Debug for Downloaded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Downloaded")
            .field("resource_type", &self.resource_type)
            .field("resource_id", &self.resource_id)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

const COLUMNS: &str = "resource_type, resource_id, version, bytes";

fn downloaded(row: &Row<'_>) -> rusqlite::Result<Downloaded> {
    Ok(Downloaded { resource_type: row.get(0)?, resource_id: row.get(1)?, version: row.get(2)?, bytes: row.get(3)? })
}

impl Store {
    /// Keeps a page of what was downloaded at `at_ms`, a Unix time in milliseconds, in place of what was known of the same resources;
    /// with the last page, up to where that is. In [`Store::together`] with what is made of it, all is stored or nothing.
    /// [`StoreError::NotFound`]: there is no connection.
    pub fn apply_page(
        &mut self,
        resources: &[Downloaded],
        watermark: Option<Watermark<'_>>,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            for Downloaded { resource_type, resource_id, version, bytes } in resources {
                transaction
                    .prepare_cached(
                        "INSERT INTO downloads (resource_type, resource_id, version, received_at_ms, bytes) VALUES (?, ?, ?, ?, ?)
                         ON CONFLICT DO UPDATE SET version = excluded.version, received_at_ms = excluded.received_at_ms,
                             gone_at_ms = NULL, bytes = excluded.bytes",
                    )?
                    .execute(params![resource_type, resource_id, version, at_ms, bytes])?;
            }
            if let Some(Watermark { resource_type, at }) = watermark {
                transaction
                    .prepare_cached(
                        "INSERT INTO sync_watermarks (resource_type, watermark) VALUES (?, ?)
                         ON CONFLICT DO UPDATE SET watermark = excluded.watermark",
                    )?
                    .execute([resource_type, at])?;
            }
            Ok(())
        })
    }

    /// Up to where a type was downloaded: [`Watermark::at`].
    pub fn watermark(&self, resource_type: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            let query = "SELECT watermark FROM sync_watermarks WHERE resource_type = ?";
            let found = connection.prepare_cached(query)?.query_row([resource_type], |row| row.get(0));
            Ok(found.optional()?)
        })
    }

    /// What is known of a type and not gone, by its ids: to be compared with what the server still has.
    pub fn known_resources(&self, resource_type: &str) -> Result<Vec<Known>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT resource_id, version FROM downloads WHERE resource_type = ? AND gone_at_ms IS NULL ORDER BY resource_id",
            )?;
            let rows = statement
                .query_map([resource_type], |row| Ok(Known { resource_id: row.get(0)?, version: row.get(1)? }))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Notes that the server has these resources of a type no more. What was known of them is kept; a page that has one brings it back.
    pub fn mark_gone(
        &mut self,
        resource_type: &str,
        resource_ids: &[impl AsRef<str>],
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let update = "UPDATE downloads SET gone_at_ms = ?
                      WHERE resource_type = ? AND resource_id = ? AND gone_at_ms IS NULL";
        self.write(|transaction| {
            for resource_id in resource_ids {
                transaction.prepare_cached(update)?.execute(params![at_ms, resource_type, resource_id.as_ref()])?;
            }
            Ok(())
        })
    }

    /// One resource, unless it is gone.
    pub fn downloaded(&self, resource_type: &str, resource_id: &str) -> Result<Option<Downloaded>, StoreError> {
        self.read(|connection| {
            let query = format!(
                "SELECT {COLUMNS} FROM downloads WHERE resource_type = ? AND resource_id = ? AND gone_at_ms IS NULL"
            );
            let mut statement = connection.prepare_cached(&query)?;
            Ok(statement.query_row([resource_type, resource_id], downloaded).optional()?)
        })
    }

    /// All resources of a type that are not gone, by their ids.
    pub fn all_downloaded(&self, resource_type: &str) -> Result<Vec<Downloaded>, StoreError> {
        self.read(|connection| {
            let query = format!(
                "SELECT {COLUMNS} FROM downloads WHERE resource_type = ? AND gone_at_ms IS NULL ORDER BY resource_id"
            );
            let mut statement = connection.prepare_cached(&query)?;
            Ok(statement.query_map([resource_type], downloaded)?.collect::<Result<_, _>>()?)
        })
    }
}
