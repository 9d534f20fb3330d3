//! CSV of everything: one table a kind of thing, for spreadsheets and for programs.
//!
//! RFC 4180 in UTF-8, with a row of heads. Text that a spreadsheet would run as a formula has an apostrophe in front; [`read`] takes
//! it away again, and gives the very rows that were written.

mod rows;
#[cfg(test)]
mod tests;
mod text;

use csv::{ReaderBuilder, Terminator, WriterBuilder};
use jiff::civil::Date;
use lumbra_domain::plan::Entry;

use crate::moment::Moment;
use crate::report::{Posture, Report};

pub use rows::{
    CommandRow, DayRow, DeviceRow, ExerciseRow, NoteRow, PainRow, PostureHourRow, QuestionnaireRow, Row, SessionRow,
    WellbeingRow,
};
pub use text::Text;

/// An hour of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostureHour {
    /// The day.
    pub date: Date,
    /// The hour, 0 to 23.
    pub hour: u8,
    /// Posture.
    pub posture: Posture,
    /// Nudges given.
    pub nudges: u32,
}

/// A command that was given to a wearable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its identity.
    pub identity: String,
    /// When.
    pub at: Moment,
    /// What it was.
    pub kind: String,
    /// Which number it had on the air.
    pub sequence: u16,
    /// What became of it.
    pub outcome: String,
    /// What that was told from.
    pub settled_by: Option<String>,
    /// Why it was rejected.
    pub reason: Option<String>,
}

/// What was told of an exercise of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// The plan, by its identity there.
    pub plan: Option<String>,
    /// The exercise of the library; empty where the plan that held it is not known any more.
    pub exercise: String,
    /// What was told.
    pub entry: Entry,
}

/// What tables hold beside what a report is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Every hour with posture.
    pub hours: Vec<PostureHour>,
    /// Every command.
    pub commands: Vec<Command>,
    /// Everything that was told of exercises, also of plans that are over.
    pub exercises: Vec<Exercise>,
}

/// A table as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The file's name.
    pub file: &'static str,
    /// How many rows, the heads not among them.
    pub rows: usize,
    /// The file's content.
    pub csv: Vec<u8>,
}

/// Why a table can't be written or read.
#[derive(Debug, thiserror::Error)]
#[error("the table {file} can't be written or read: {why}")]
pub struct TableError {
    /// The file's name.
    pub file: &'static str,
    /// Why, in the words of the CSV library.
    pub why: String,
}

/// All tables, those without rows too: their heads tell what there could be.
pub fn tables(report: &Report, beside: &Beside) -> Result<Vec<Table>, TableError> {
    Ok(vec![
        written::<DeviceRow, _>(&report.devices, DeviceRow::HEADS)?,
        written::<DayRow, _>(&report.days, DayRow::HEADS)?,
        written::<SessionRow, _>(&report.sessions, SessionRow::HEADS)?,
        written::<PainRow, _>(&report.pain, PainRow::HEADS)?,
        written::<WellbeingRow, _>(&report.wellbeing, WellbeingRow::HEADS)?,
        written::<QuestionnaireRow, _>(&report.questionnaires, QuestionnaireRow::HEADS)?,
        written::<PostureHourRow, _>(&beside.hours, PostureHourRow::HEADS)?,
        written::<ExerciseRow, _>(&beside.exercises, ExerciseRow::HEADS)?,
        written::<CommandRow, _>(&beside.commands, CommandRow::HEADS)?,
        written::<NoteRow, _>(&report.notes, NoteRow::HEADS)?,
    ])
}

fn written<R: Row + for<'a> From<&'a T>, T>(things: &[T], heads: &[&str]) -> Result<Table, TableError> {
    let failed = |why: String| TableError { file: R::FILE, why };
    // The heads are written by hand: a table without rows has them too.
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).has_headers(false).from_writer(Vec::new());
    writer.write_record(heads).map_err(|error| failed(error.to_string()))?;
    for thing in things {
        writer.serialize(R::from(thing)).map_err(|error| failed(error.to_string()))?;
    }
    let csv = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    Ok(Table { file: R::FILE, rows: things.len(), csv })
}

/// Reads the rows of a table.
pub fn read<R: Row>(csv: &[u8]) -> Result<Vec<R>, TableError> {
    let rows = ReaderBuilder::new().from_reader(csv).into_deserialize();
    rows.map(|row| row.map_err(|error| TableError { file: R::FILE, why: error.to_string() })).collect()
}
