//! The wearable on an air: in the same process, on a socket, or on a Bluetooth adapter.

#[cfg(target_os = "linux")]
mod bluez;
#[cfg(unix)]
mod flows;
mod in_process;
mod runner;
#[cfg(unix)]
mod socket;

#[cfg(target_os = "linux")]
pub use bluez::{AdapterError, AdapterEvent, serve_adapter};
pub use in_process::spawn;
pub use runner::WearableHandle;
#[cfg(unix)]
pub use socket::serve_socket;
