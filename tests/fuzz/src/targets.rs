//! The targets: each feeds one way in.

pub mod blobs;
pub mod cells;
pub mod command_line;
pub mod engine;
pub mod ffi;
pub mod fhir;
pub mod files;
pub mod frames;
pub mod lines;
pub mod therapy;
pub mod wearable;
