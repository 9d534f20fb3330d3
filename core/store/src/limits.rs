//! Who may use the device, and up to what: screenings and caps.

use rusqlite::{OptionalExtension, Row, params};
use serde_json::json;

use crate::audit;
use crate::convert::stored_as_text;
use crate::error::StoreError;
use crate::store::Store;

/// The answers to the screening questions, and where they lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screening {
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// The version of the questionnaire.
    pub questionnaire_version: u32,
    /// The answers, as JSON.
    pub answers: String,
    /// The outcome, such as `cleared`.
    pub outcome: String,
}

stored_as_text! {
    /// Whose cap it is.
    CapOwner {
        /// The person's own.
        User = "user",
        /// A clinician's.
        Clinician = "clinician",
    }
}

/// A highest current for a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Whose it is.
    pub owner: CapOwner,
    /// Who set it: a name or an id.
    pub set_by: String,
    /// The device it is for; `None` = any.
    pub device_id: Option<String>,
    /// The channel, from 0.
    pub channel: u8,
    /// The highest current in 0.1 mA; `None` takes the cap away.
    pub limit_dma: Option<u16>,
    /// When it was set, in Unix milliseconds.
    pub set_at_ms: i64,
}

stored_as_text! {
    /// What was asked in one go.
    RoundPart {
        /// Every question of the screening.
        All = "all",
        /// Its red flags alone.
        RedFlags = "red_flags",
    }
}

/// One time that questions were answered, among all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// What was asked.
    pub part: RoundPart,
    /// The newest pain that was told by then: [`crate::ToldPain::told`].
    pub told: u32,
    /// The answers.
    pub screening: Screening,
}

impl Store {
    /// Adds a screening; earlier ones are kept.
    pub fn save_screening(&mut self, screening: &Screening) -> Result<(), StoreError> {
        self.save_round(RoundPart::All, "screening", screening)
    }

    /// Adds a check of the red flags; earlier ones are kept.
    pub fn save_red_flag_check(&mut self, check: &Screening) -> Result<(), StoreError> {
        self.save_round(RoundPart::RedFlags, "red_flags", check)
    }

    fn save_round(&mut self, part: RoundPart, subject: &str, screening: &Screening) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO screenings (at_ms, questionnaire_version, answers, outcome, part, told)
                 VALUES (?, ?, ?, ?, ?, (SELECT COALESCE(MAX(told), 0) FROM pain))",
                params![screening.at_ms, screening.questionnaire_version, screening.answers, screening.outcome, part],
            )?;
            let id = transaction.last_insert_rowid().to_string();
            let detail = json!({ "outcome": screening.outcome });
            audit::append(transaction, screening.at_ms, (subject, &id), "answered", &detail)
        })
    }

    /// The screening saved last; checks of the red flags are none.
    pub fn latest_screening(&self) -> Result<Option<Screening>, StoreError> {
        self.read(|connection| {
            let rest = "WHERE part = 'all' ORDER BY id DESC LIMIT 1";
            Ok(connection.query_row(&format!("SELECT {ROUND} FROM screenings {rest}"), (), round).optional()?)
        })
        .map(|found| found.map(|round| round.screening))
    }

    /// Every screening and every check of the red flags, in the order in which they were saved.
    pub fn rounds(&self) -> Result<Vec<Round>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("SELECT {ROUND} FROM screenings ORDER BY id"))?;
            Ok(statement.query_map((), round)?.collect::<Result<_, _>>()?)
        })
    }

    /// Sets a cap, or takes it away. It replaces the cap of the same owner for the same device and channel;
    /// earlier ones are kept for the audit.
    pub fn set_cap(&mut self, cap: &Cap) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO caps (owner, set_by, device_id, channel, limit_dma, set_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
                params![cap.owner, cap.set_by, cap.device_id, cap.channel, cap.limit_dma, cap.set_at_ms],
            )?;
            let subject_id = format!("{}/{}", cap.device_id.as_deref().unwrap_or("any"), cap.channel);
            let detail = json!({ "owner": cap.owner.as_str(), "set_by": cap.set_by, "limit_dma": cap.limit_dma });
            audit::append(transaction, cap.set_at_ms, ("cap", &subject_id), "set", &detail)
        })
    }

    /// The caps in force for a device, those for any device among them. Where several name one channel, the
    /// lowest counts.
    pub fn caps(&self, device_id: &str) -> Result<Vec<Cap>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare(
                "SELECT owner, set_by, device_id, channel, limit_dma, set_at_ms FROM caps
                 WHERE id IN (SELECT MAX(id) FROM caps GROUP BY owner, device_id, channel)
                     AND limit_dma IS NOT NULL AND (device_id IS NULL OR device_id = ?) ORDER BY channel, id",
            )?;
            let rows = statement.query_map([device_id], |row| {
                Ok(Cap {
                    owner: row.get(0)?,
                    set_by: row.get(1)?,
                    device_id: row.get(2)?,
                    channel: row.get(3)?,
                    limit_dma: row.get(4)?,
                    set_at_ms: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

const ROUND: &str = "at_ms, questionnaire_version, answers, outcome, part, told";

fn round(row: &Row<'_>) -> rusqlite::Result<Round> {
    Ok(Round {
        screening: Screening {
            at_ms: row.get(0)?,
            questionnaire_version: row.get(1)?,
            answers: row.get(2)?,
            outcome: row.get(3)?,
        },
        part: row.get(4)?,
        told: row.get(5)?,
    })
}
