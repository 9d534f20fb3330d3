//! A file of what really flowed, for an oracle that stands outside.

use std::fs::File;
use std::io::Write;

use super::runner::Runner;

/// Appends every change of the true current as a line `{"at_ms": .., "currents_ma": [..]}`, with `at_ms` counted
/// from the start.
pub(super) struct FlowLog(Option<File>);

impl FlowLog {
    /// Without a file nothing is recorded.
    pub(super) fn new(file: Option<File>, runner: &mut Runner) -> Self {
        if file.is_some() {
            runner.device().probe().record();
        }
        Self(file)
    }

    /// Writes down what changed since the last call.
    pub(super) fn write(&mut self, runner: &mut Runner) -> std::io::Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        for change in runner.device().probe().take_history() {
            let currents: Vec<f64> = change.currents_dma.iter().map(|dma| dma / 10.0).collect();
            // In one piece, for whoever reads along.
            let line = format!("{{\"at_ms\": {}, \"currents_ma\": {currents:?}}}\n", change.at_ms);
            file.write_all(line.as_bytes())?;
        }
        Ok(())
    }
}
