//! What a report for a clinician costs over five years: from the call to the file's bytes, beside reading the same rows; and the memory.

use std::fs;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use lumbra::Companion;
use lumbra::report::{Report as Filled, fhir, pdf, tables};

use crate::report::{Case, Goal, Report, median_ms, peak_memory_mib};
use crate::{BenchError, history, seed};

const YEARS: u16 = 5;
const TIMES: usize = 9;
/// What a person waits for without wondering.
const WELL_UNDER_A_SECOND_MS: f64 = 500.0;

pub(crate) async fn run(report: &mut Report) -> Result<(), BenchError> {
    let dir = tempfile::tempdir()?;
    let made = seed::run(dir.path(), YEARS, 1, 0)?;
    eprintln!("{}", serde_json::to_string(&made).unwrap_or_default());
    let companion = history::open(dir.path()).await?;
    let to = seed::END.yesterday().map_err(|_| BenchError::Broken("the calendar"))?;
    let from = to.saturating_sub(jiff::Span::new().years(YEARS));
    let (rows, filled) = reading(&companion, from, to).await?;
    // Before the first PDF: what it has taken once, the process keeps.
    let before = forget_peak();
    let pdf_ms = made_in(|| pdf(&filled).map(|bytes| bytes.len()).ok())?;
    let peak = peak_memory_mib();
    let plain = Case {
        bench: "report",
        name: "",
        unit: "ms",
        value: 0.0,
        baseline: "reading the same rows",
        baseline_value: Some(rows),
        goal: Goal::None,
    };
    report.case(&Case {
        name: "rows_and_pdf_five_years",
        value: rows + pdf_ms,
        baseline: "",
        baseline_value: None,
        goal: Goal::Within(WELL_UNDER_A_SECOND_MS),
        ..plain
    });
    report.case(&Case { name: "pdf_five_years", value: pdf_ms, ..plain });
    if let (Some(before), Some(peak)) = (before, peak) {
        report.case(&Case {
            name: "pdf_five_years_peak_memory",
            unit: "MiB",
            value: peak,
            baseline: "before it",
            baseline_value: Some(before),
            ..plain
        });
    }
    let tables = || tables::tables(&filled, &tables::Beside::default()).map(|tables| tables.len()).ok();
    report.case(&Case { name: "tables_five_years", value: made_in(tables)?, ..plain });
    let bundle = || fhir::bundle(&filled).map(|bundle| bundle.json.len()).ok();
    report.case(&Case { name: "bundle_five_years", value: made_in(bundle)?, ..plain });
    companion.close().await;
    Ok(())
}

/// How long it takes to read the rows, in milliseconds, and what they fill.
async fn reading(companion: &Companion, from: Date, to: Date) -> Result<(f64, Filled), BenchError> {
    let mut times = Vec::new();
    let mut filled = companion.report(from, to).await?;
    for _ in 0..TIMES {
        let began = Instant::now();
        filled = companion.report(from, to).await?;
        times.push(began.elapsed());
    }
    Ok((median_ms(times), filled))
}

/// How long it takes to make something, in milliseconds.
fn made_in(make: impl Fn() -> Option<usize>) -> Result<f64, BenchError> {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..TIMES {
        let began = Instant::now();
        make().filter(|length| *length > 0).ok_or(BenchError::Broken("a report could not be made"))?;
        times.push(began.elapsed());
    }
    Ok(median_ms(times))
}

/// Lets the system measure the peak anew; gives the memory in use now, in MiB, where the system does that.
fn forget_peak() -> Option<f64> {
    fs::write("/proc/self/clear_refs", "5").ok()?;
    peak_memory_mib()
}
