//! The arguments of `report` and `export`.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;
use lumbra::report::Person;

/// Whom a file is about.
#[derive(Debug, Args)]
pub(crate) struct PersonArgs {
    /// The name to print.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The date of birth to print.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(crate) born: Option<Date>,
}

impl From<PersonArgs> for Person {
    fn from(person: PersonArgs) -> Self {
        Self { name: person.name, born: person.born }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The first day.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(crate) from: Date,
    /// The last day.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(crate) to: Date,
    /// The PDF to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) person: PersonArgs,
}

/// At least one of the three kinds of files.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["csv", "fhir", "document"]))]
pub(crate) struct ExportArgs {
    /// Write tables into this folder, a CSV file for each kind of thing.
    #[arg(long, value_name = "DIR")]
    pub(crate) csv: Option<PathBuf>,
    /// Write a bundle of FHIR R4 to this file, for a clinic's system.
    #[arg(long, value_name = "FILE")]
    pub(crate) fhir: Option<PathBuf>,
    /// Write everything to this file as one JSON document, the wearable's own records too.
    #[arg(long, value_name = "FILE")]
    pub(crate) document: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) person: PersonArgs,
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a day of the calendar, such as 2026-03-01".to_owned())
}
