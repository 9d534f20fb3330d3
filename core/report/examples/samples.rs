//! Writes made-up reports into a folder, to be looked at and to be checked by other programs:
//! `cargo run -p lumbra-report --features test-support --example samples -- DIR`.

use std::error::Error;
use std::path::PathBuf;

use lumbra_report::{fhir, pdf, sample, tables};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = PathBuf::from(std::env::args_os().nth(1).ok_or("name a folder")?);
    std::fs::create_dir_all(&dir)?;
    for (name, report) in sample::all() {
        std::fs::write(dir.join(format!("{name}.pdf")), pdf(&report)?)?;
        std::fs::write(dir.join(format!("{name}.json")), fhir::bundle(&report)?.json)?;
        let csv = dir.join(name);
        std::fs::create_dir_all(&csv)?;
        for table in tables::tables(&report, &tables::Beside::default())? {
            std::fs::write(csv.join(table.file), table.csv)?;
        }
    }
    Ok(())
}
