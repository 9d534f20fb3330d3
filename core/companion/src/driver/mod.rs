//! The one place where the profile's frames become the domain's words, and back.
//!
//! Pure functions: a frame in, a value out. Everything the engine knows of the device has come through
//! here, and everything it asks of the device leaves through here.

mod capabilities;
mod order;
mod report;

pub(crate) use capabilities::device_limits;
pub(crate) use order::{command, detail, keep_alive};
pub(crate) use report::{judged_sample, reason, record_kind, reply, report, telemetry};
