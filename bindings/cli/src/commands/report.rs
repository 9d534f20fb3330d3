//! What a person takes along: the report, tables, a bundle, everything.

use serde_json::{Map, Value, json};

use crate::app::App;
use crate::args::{ExportArgs, ReportArgs};
use crate::output::Failure;

pub(super) async fn report(app: &App, args: ReportArgs) -> Result<(), Failure> {
    let companion = app.open().await?;
    let written = companion.write_report(args.from, args.to, args.person.into(), &args.out).await;
    companion.close().await;
    let written = written?;
    app.output.value(&json!({ "report": written, "file": args.out }), || {
        format!(
            "{}: {} days with something, {} pain entries, {} sessions; it is in clear, keep it safe",
            args.out.display(),
            written.days,
            written.pain_entries,
            written.sessions
        )
    });
    Ok(())
}

pub(super) async fn export(app: &App, args: ExportArgs) -> Result<(), Failure> {
    let companion = app.open().await?;
    let written = write(&companion, args).await;
    companion.close().await;
    let (summary, words) = written?;
    app.output.value(&json!({ "export": summary }), || words.join("\n"));
    Ok(())
}

async fn write(companion: &lumbra::Companion, args: ExportArgs) -> Result<(Map<String, Value>, Vec<String>), Failure> {
    let (mut summary, mut words) = (Map::new(), Vec::new());
    if let Some(dir) = args.csv {
        let tables = companion.export_tables(&dir).await?;
        words.push(format!("{}: {} tables", dir.display(), tables.files.len()));
        words.extend(tables.files.iter().map(|(file, rows)| format!("  {file}: {rows} rows")));
        let rows: Map<String, Value> =
            tables.files.iter().map(|(file, rows)| ((*file).to_owned(), json!(rows))).collect();
        summary.insert("csv".to_owned(), json!({ "dir": dir, "rows": rows, "bytes": tables.bytes }));
    }
    if let Some(file) = args.fhir {
        let bundle = companion.export_bundle(args.person.into(), &file).await?;
        words.push(format!(
            "{}: a bundle of {} pain entries and {} sessions",
            file.display(),
            bundle.pain_entries,
            bundle.sessions
        ));
        summary.insert("fhir".to_owned(), json!({ "file": file, "bundle": bundle }));
    }
    if let Some(file) = args.document {
        let document = companion.export(&file).await?;
        words.push(format!("{}: everything, {} bytes", file.display(), document.bytes));
        summary.insert("document".to_owned(), json!({ "file": file, "document": document }));
    }
    words.push("these files are in clear: keep them safe".to_owned());
    Ok((summary, words))
}
