//! What a person takes along to their clinician: the report, tables and a bundle. Made here, offline.

use std::sync::Arc;

use lumbra::report;

use crate::cancel::CancelHandle;
use crate::diary::mirror;
use crate::error::LumbraError;
use crate::lumbra::{Lumbra, path};

/// Who a report is about, as the person wants it printed. Kept nowhere.
#[derive(Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct ReportPerson {
    /// Their name.
    #[uniffi(default = None)]
    pub name: Option<String>,
    /// When they were born, in days since 1970-01-01: before that day, a number below zero.
    #[uniffi(default = None)]
    pub born_day: Option<i32>,
}

// A name is not for a log.
impl std::fmt::Debug for ReportPerson {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ReportPerson(..)")
    }
}

impl TryFrom<ReportPerson> for report::Person {
    type Error = LumbraError;

    fn try_from(person: ReportPerson) -> Result<Self, LumbraError> {
        let born = person.born_day.map(day).transpose()?;
        Ok(Self { name: person.name, born })
    }
}

fn day(number: i32) -> Result<jiff::civil::Date, LumbraError> {
    lumbra::date(number).ok_or_else(|| LumbraError::invalid("this is no day of the calendar"))
}

mirror! {
    /// What was written for a clinician.
    ReportSummary from lumbra::ReportSummary {
        /// Days on which there was something.
        days: u64,
        /// Pain entries.
        pain_entries: u64,
        /// Sessions.
        sessions: u64,
        /// Bytes of the file.
        bytes: u64,
    }
}

/// A table that was written.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct TableFile {
    /// The file's name in the folder.
    pub name: String,
    /// Rows, without its heads.
    pub rows: u64,
}

mirror! {
    /// What tables were written.
    TablesSummary from lumbra::TablesSummary {
        /// The files.
        files: Vec<TableFile> = |files: Vec<(&'static str, u64)>| {
            files.into_iter().map(|(name, rows)| TableFile { name: name.to_owned(), rows }).collect()
        },
        /// Bytes of all files.
        bytes: u64,
    }
}

#[uniffi::export]
impl Lumbra {
    /// Writes the report of a period for the clinician, as PDF of one or two pages, over what is there. Both days, in days since 1970-01-01 on
    /// the person's own calendar, belong to it; ten years at the most. It is in clear: for the person to hand over, and to keep safe.
    pub async fn write_report(
        &self,
        from_day: i32,
        to_day: i32,
        person: ReportPerson,
        file: String,
    ) -> Result<ReportSummary, LumbraError> {
        let (from, to, person, file) = (day(from_day)?, day(to_day)?, person.try_into()?, path(&file)?);
        self.run(move |companion| async move { companion.write_report(from, to, person, &file).await })
            .await
            .map(Into::into)
    }

    /// Writes everything that is known into a folder, as tables (CSV) in clear, each over what is there. What connected wearables still
    /// hold is fetched first. Cancelled, it ends the transfer.
    #[uniffi::method(default(cancel = None))]
    pub async fn export_tables(
        &self,
        folder: String,
        cancel: Option<Arc<CancelHandle>>,
    ) -> Result<TablesSummary, LumbraError> {
        let folder = path(&folder)?;
        self.run_until(cancel, |companion| async move { companion.export_tables(&folder).await }).await.map(Into::into)
    }

    /// Writes everything that is known to a file, as a bundle of FHIR R4 for a clinic's system, in clear, over what is there. What connected
    /// wearables still hold is fetched first. Cancelled, it ends the transfer and leaves no file.
    #[uniffi::method(default(cancel = None))]
    pub async fn export_bundle(
        &self,
        person: ReportPerson,
        file: String,
        cancel: Option<Arc<CancelHandle>>,
    ) -> Result<ReportSummary, LumbraError> {
        let (person, file) = (person.try_into()?, path(&file)?);
        self.run_until(cancel, |companion| async move { companion.export_bundle(person, &file).await })
            .await
            .map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::PainContext;
    use crate::demo::{DemoTime, VirtualWearable};

    #[test]
    fn what_a_clinician_is_given_is_made_on_the_phone() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
        let wearable = VirtualWearable::new(DemoTime::Virtual).unwrap();
        block_on(async {
            let lumbra = Lumbra::open_demo(at("data"), wearable, None).await.unwrap();
            lumbra.add_pain(6, PainContext::Diary, "lower-back".to_owned(), String::new()).await.unwrap();
            let ann = || ReportPerson { name: Some("Ann Example".to_owned()), born_day: Some(-3_000) };
            let today = lumbra.today().await.unwrap();

            let report = lumbra.write_report(today - 27, today, ann(), at("report.pdf")).await.unwrap();
            let pdf = read("report.pdf");
            assert_eq!((report.pain_entries, report.days, report.bytes), (1, 1, pdf.len() as u64));
            assert!(pdf.starts_with(b"%PDF-"));
            let bundle = lumbra.export_bundle(ann(), at("bundle.json"), None).await.unwrap();
            let json: serde_json::Value = serde_json::from_slice(&read("bundle.json")).unwrap();
            assert_eq!((bundle.pain_entries, &json["resourceType"]), (1, &serde_json::json!("Bundle")));
            assert!(json.to_string().contains("\"birthDate\":\"1961-10-15\""), "{json}");
            let tables = lumbra.export_tables(at("tables"), None).await.unwrap();
            let pain = tables.files.iter().find(|table| table.name == "pain.csv").unwrap();
            assert_eq!(pain.rows, 1);
            assert_eq!(String::from_utf8(read("tables/pain.csv")).unwrap().lines().count(), 2);

            for (from, to) in [(today, today - 1), (i32::MIN, today), (today, i32::MAX), (today - 4_000, today)] {
                let refused = lumbra.write_report(from, to, ReportPerson::default(), at("none.pdf")).await;
                assert!(matches!(refused, Err(LumbraError::Invalid { .. })), "{from} to {to}: {refused:?}");
            }
            let nowhere = lumbra.export_tables(at("report.pdf"), None).await;
            assert!(matches!(nowhere, Err(LumbraError::Storage { .. })), "{nowhere:?}");
            assert!(!dir.path().join("none.pdf").exists());
            assert!(!format!("{:?}", ann()).contains("Ann"));
            lumbra.shut_down().await.unwrap();
        });
    }
}
