//! The devices a person has paired.

use rusqlite::{OptionalExtension, Row, params};
use serde_json::json;

use crate::audit;
use crate::error::StoreError;
use crate::store::Store;

/// A paired device. Model and serial together say which it is; its address on the link may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id here: a UUID of the caller's.
    pub device_id: String,
    /// Its model.
    pub model: String,
    /// Its serial number.
    pub serial: String,
    /// Its firmware's version.
    pub firmware: String,
    /// Its hardware's version.
    pub hardware: String,
    /// The name it is shown by.
    pub name: String,
    /// The platform's address or identifier of it, as last seen; no two devices share one.
    pub link_id: Option<String>,
    /// When it was paired, in Unix milliseconds.
    pub paired_at_ms: i64,
    /// When it was last seen, in Unix milliseconds.
    pub last_seen_ms: i64,
    /// When the person had it forgotten, in Unix milliseconds. Its history stays.
    pub forgotten_at_ms: Option<i64>,
}

const COLUMNS: &str = "device_id, model, serial, firmware, hardware, name, link_id, paired_at_ms, last_seen_ms, \
                       forgotten_at_ms";

fn device(row: &Row<'_>) -> rusqlite::Result<Device> {
    Ok(Device {
        device_id: row.get(0)?,
        model: row.get(1)?,
        serial: row.get(2)?,
        firmware: row.get(3)?,
        hardware: row.get(4)?,
        name: row.get(5)?,
        link_id: row.get(6)?,
        paired_at_ms: row.get(7)?,
        last_seen_ms: row.get(8)?,
        forgotten_at_ms: row.get(9)?,
    })
}

impl Store {
    /// Adds a device, or replaces what is known of the one with this id. An address that another device had
    /// is taken from it. [`StoreError::Conflict`]: model and serial belong to another id, or this id to
    /// another model and serial; two devices are never mixed.
    pub fn save_device(&mut self, device: &Device) -> Result<(), StoreError> {
        self.write(|transaction| {
            let known = transaction
                .query_row("SELECT model, serial FROM devices WHERE device_id = ?", [&device.device_id], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
                })
                .optional()?;
            if let Some((model, serial)) = &known
                && (*model != device.model || *serial != device.serial)
            {
                return Err(StoreError::Conflict { what: "this device" });
            }
            transaction.execute(
                "UPDATE devices SET link_id = NULL WHERE link_id = ? AND device_id <> ?",
                params![device.link_id, device.device_id],
            )?;
            transaction.execute(
                &format!(
                    "INSERT INTO devices ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                     ON CONFLICT (device_id) DO UPDATE SET firmware = excluded.firmware,
                         hardware = excluded.hardware, name = excluded.name, link_id = excluded.link_id,
                         paired_at_ms = excluded.paired_at_ms, last_seen_ms = excluded.last_seen_ms,
                         forgotten_at_ms = excluded.forgotten_at_ms"
                ),
                params![
                    device.device_id,
                    device.model,
                    device.serial,
                    device.firmware,
                    device.hardware,
                    device.name,
                    device.link_id,
                    device.paired_at_ms,
                    device.last_seen_ms,
                    device.forgotten_at_ms,
                ],
            )?;
            let action = if known.is_some() { "updated" } else { "added" };
            let detail = json!({ "firmware": device.firmware, "hardware": device.hardware });
            audit::append(transaction, device.last_seen_ms, ("device", &device.device_id), action, &detail)
        })
    }

    /// Notes that a device was seen, and at which address.
    pub fn device_seen(&mut self, device_id: &str, link_id: &str, at_ms: i64) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE devices SET link_id = NULL WHERE link_id = ? AND device_id <> ?",
                [link_id, device_id],
            )?;
            let seen = transaction.execute(
                "UPDATE devices SET link_id = ?, last_seen_ms = MAX(last_seen_ms, ?) WHERE device_id = ?",
                params![link_id, at_ms, device_id],
            )?;
            found(seen)
        })
    }

    /// Forgets a device: it keeps its history and loses its address.
    pub fn forget_device(&mut self, device_id: &str, at_ms: i64) -> Result<(), StoreError> {
        self.write(|transaction| {
            let forgotten = transaction.execute(
                "UPDATE devices SET forgotten_at_ms = ?, link_id = NULL WHERE device_id = ?",
                params![at_ms, device_id],
            )?;
            found(forgotten)?;
            audit::append(transaction, at_ms, ("device", device_id), "forgotten", &json!({}))
        })
    }

    /// The devices, the last seen first; with `forgotten` those too that were forgotten.
    pub fn devices(&self, forgotten: bool) -> Result<Vec<Device>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare(&format!(
                "SELECT {COLUMNS} FROM devices WHERE ? OR forgotten_at_ms IS NULL ORDER BY last_seen_ms DESC"
            ))?;
            Ok(statement.query_map([forgotten], device)?.collect::<Result<_, _>>()?)
        })
    }

    /// The device with this id, forgotten or not.
    pub fn device(&self, device_id: &str) -> Result<Option<Device>, StoreError> {
        self.one_device("device_id = ?", &[device_id])
    }

    /// The device of this model and serial, forgotten or not.
    pub fn device_by_serial(&self, model: &str, serial: &str) -> Result<Option<Device>, StoreError> {
        self.one_device("model = ? AND serial = ?", &[model, serial])
    }

    /// The device last seen at this address. Addresses change hands: check the serial after connecting.
    pub fn device_by_link(&self, link_id: &str) -> Result<Option<Device>, StoreError> {
        self.one_device("link_id = ?", &[link_id])
    }

    fn one_device(&self, condition: &str, values: &[&str]) -> Result<Option<Device>, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM devices WHERE {condition}");
        self.read(|connection| {
            Ok(connection.query_row(&query, rusqlite::params_from_iter(values), device).optional()?)
        })
    }
}

fn found(rows: usize) -> Result<(), StoreError> {
    if rows == 0 {
        return Err(StoreError::NotFound { what: "this device" });
    }
    Ok(())
}
