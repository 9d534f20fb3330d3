//! The wearable on an air: in the same process, on a socket, or as a Bluetooth peripheral.

mod in_process;
mod runner;
#[cfg(unix)]
mod socket;

pub use in_process::spawn;
pub use runner::WearableHandle;
#[cfg(unix)]
pub use socket::serve_socket;
