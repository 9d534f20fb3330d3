//! One line a case.

use std::time::Duration;

use serde_json::json;

/// What a ratio should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// The value itself, which has no baseline.
    Within(f64),
    None,
}

/// Prints cases as they are measured.
pub(crate) struct Report {
    json: bool,
}

/// One measured figure.
pub(crate) struct Case<'a> {
    pub(crate) bench: &'static str,
    pub(crate) name: &'a str,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
    pub(crate) baseline: &'static str,
    pub(crate) baseline_value: Option<f64>,
    pub(crate) goal: Goal,
}

impl Report {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn case(&mut self, case: &Case<'_>) {
        let ratio = case.baseline_value.filter(|baseline| *baseline > 0.0).map(|baseline| case.value / baseline);
        let (goal, met) = match (case.goal, ratio) {
            (Goal::AtMost(most), Some(ratio)) => (format!("at most {most} x"), Some(ratio <= most)),
            (Goal::AtLeast(least), Some(ratio)) => (format!("at least {least} x"), Some(ratio >= least)),
            (Goal::Within(most), _) => (format!("at most {most} {}", case.unit), Some(case.value <= most)),
            _ => (String::new(), None),
        };
        if self.json {
            let line = json!({
                "bench": case.bench, "case": case.name, "value": case.value, "unit": case.unit,
                "baseline": case.baseline, "baseline_value": case.baseline_value, "ratio": ratio,
                "goal": goal, "met": met,
            });
            println!("{line}");
            return;
        }
        let beside = match (case.baseline_value, ratio) {
            (Some(baseline), Some(ratio)) => {
                format!("  {}: {baseline:.3} {}  ratio {ratio:.2}", case.baseline, case.unit)
            }
            _ => String::new(),
        };
        let verdict = match met {
            Some(true) => format!("  {goal}: met"),
            Some(false) => format!("  {goal}: MISSED"),
            None => String::new(),
        };
        println!("{} {}: {:.3} {}{beside}{verdict}", case.bench, case.name, case.value, case.unit);
    }
}

/// The middle one.
pub(crate) fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
}

/// The peak of this process's memory, in MiB, where the system tells.
pub(crate) fn peak_memory_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1_024.0)
}
