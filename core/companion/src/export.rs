//! A person's own copy of everything: one JSON file that any program can read.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use lumbra_domain::posture::PostureSettings;
use serde::Serialize;

use crate::companion::{Companion, DeviceInfo};
use crate::diary::{CommandEntry, History, RecordEntry};
use crate::error::Error;
use crate::posture::PostureGoal;
use crate::questionnaires::QuestionnaireEntry;
use crate::screening::RoundEntry;
use crate::snapshot::LinkState;
use crate::wellbeing::WellbeingEntry;

/// Ten years: everything there can be.
const ALL_DAYS: u32 = 3_660;
const ALL_RECORDS: u32 = 1_000_000;

/// What an export came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ExportSummary {
    /// Sessions in it.
    pub sessions: u64,
    /// Pain entries.
    pub pain_entries: u64,
    /// Commands.
    pub commands: u64,
    /// Records of wearables.
    pub records: u64,
    /// How many of these were still on a connected wearable, and were fetched for this.
    pub fetched: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

#[derive(Serialize)]
struct Document {
    format: &'static str,
    written_at_ms: i64,
    devices: Vec<Exported>,
    history: History,
    commands: Vec<CommandEntry>,
    wellbeing: Vec<WellbeingEntry>,
    questionnaires: Vec<QuestionnaireEntry>,
    screenings: Vec<RoundEntry>,
    /// Every version of every plan, and what was done of them, as they are kept.
    plans: Vec<serde_json::Value>,
    exercises: Vec<serde_json::Value>,
    /// The person's goals, given up or not.
    goals: Vec<serde_json::Value>,
    posture_settings: PostureSettings,
    posture_goal: PostureGoal,
}

#[derive(Serialize)]
struct Exported {
    #[serde(flatten)]
    device: DeviceInfo,
    records: Vec<RecordEntry>,
}

/// A file that is there whole, or not at all.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After success it has another name, and there is nothing to remove.
        let _ = fs::remove_file(&self.0);
    }
}

impl Companion {
    /// Fetches what connected wearables still hold, and gives how many records came.
    pub(crate) async fn fetch_from_connected(&self) -> Result<u64, Error> {
        let mut fetched = 0;
        for device in self.running() {
            if device.snapshot.borrow().link == LinkState::Connected {
                fetched += u64::from(device.fetch_records().await?);
            }
        }
        Ok(fetched)
    }

    /// Writes everything that is known to `file`, in clear: it is for the person to keep safe. What connected wearables still
    /// hold is fetched first. Dropped in the middle, it ends the transfer at the wearable and leaves no file.
    pub async fn export(&self, file: &Path) -> Result<ExportSummary, Error> {
        let unfinished = Unfinished(file.with_extension("part"));
        let fetched = self.fetch_from_connected().await?;
        let mut devices = Vec::new();
        for device in self.devices().await? {
            let records = self.records(Some(&device.device_id), ALL_RECORDS).await?;
            devices.push(Exported { device, records });
        }
        let (plans, exercises) = self.all_plans().await?;
        let document = Document {
            plans,
            exercises,
            goals: self.all_goals().await?,
            format: "lumbra-export-1",
            written_at_ms: self.clock().unix_ms(),
            devices,
            history: self.history(ALL_DAYS).await?,
            commands: self.commands(ALL_DAYS).await?,
            wellbeing: self.all_wellbeing().await?,
            questionnaires: self.questionnaires(None, ALL_DAYS).await?,
            screenings: self.rounds().await?,
            posture_settings: self.posture_settings().await?,
            posture_goal: self.posture_goal().await?,
        };
        let count = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
        let mut summary = ExportSummary {
            sessions: count(document.history.sessions.len()),
            pain_entries: count(document.history.pain.len()),
            commands: count(document.commands.len()),
            records: document.devices.iter().map(|device| count(device.records.len())).sum(),
            fetched,
            bytes: 0,
        };
        let file = file.to_owned();
        let written = tokio::task::spawn_blocking(move || write(&document, &unfinished, &file));
        summary.bytes = written.await.map_err(|_| Error::Internal("writing the export"))??;
        Ok(summary)
    }
}

fn write(document: &Document, unfinished: &Unfinished, file: &Path) -> Result<u64, Error> {
    let json = serde_json::to_vec_pretty(document).map_err(|_| Error::Internal("export"))?;
    write_as(unfinished, file, &json)
}

/// Writes a file that is there whole, or not at all; gives its length in bytes.
pub(crate) fn write_whole(file: &Path, bytes: &[u8]) -> Result<u64, Error> {
    // Beside it under a name of its own: `days.csv` and `days.json` must not meet in one.
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    write_as(&Unfinished(file.with_file_name(name)), file, bytes)
}

fn write_as(unfinished: &Unfinished, file: &Path, bytes: &[u8]) -> Result<u64, Error> {
    let written = (|| {
        let mut part = File::create(&unfinished.0)?;
        part.write_all(bytes)?;
        part.sync_all()?;
        fs::rename(&unfinished.0, file)
    })();
    match written {
        Ok(()) => Ok(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
        Err(error) => Err(Error::Export(error.kind())),
    }
}
