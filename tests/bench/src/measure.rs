//! What the system counts of this process: processor time, bytes written, memory. Linux tells; elsewhere there is nothing to read.

use std::fs;

/// Bytes written so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written {
    /// Handed to the system by calls.
    pub(crate) by_calls: u64,
    /// Brought to a disk, in its blocks.
    pub(crate) to_disk: u64,
}

impl Written {
    pub(crate) fn so_far() -> Self {
        let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
        let of = |name: &str| {
            let line = io.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| value.trim().parse().ok()).unwrap_or_default()
        };
        Self { by_calls: of("wchar:"), to_disk: of("write_bytes:") }
    }

    pub(crate) const fn since(self, before: Self) -> Self {
        Self {
            by_calls: self.by_calls.saturating_sub(before.by_calls),
            to_disk: self.to_disk.saturating_sub(before.to_disk),
        }
    }
}

/// Processor time of this thread so far, in nanoseconds.
pub(crate) fn processor_ns() -> u64 {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split_whitespace().next().and_then(|value| value.parse().ok()).unwrap_or_default()
}

/// Memory of this process now, in MiB, and its peak since [`forget_peak`] or the beginning.
pub(crate) fn memory_mib() -> Option<(f64, f64)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let of = |name: &str| -> Option<f64> {
        let line = status.lines().find(|line| line.starts_with(name))?;
        Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1_024.0)
    };
    Some((of("VmRSS:")?, of("VmHWM:")?))
}

/// Begins to count the peak anew, where the system lets a process do so.
pub(crate) fn forget_peak() {
    // Where it does not, the peak is that of the whole run: worse, never better.
    let _ = fs::write("/proc/self/clear_refs", "5");
}
