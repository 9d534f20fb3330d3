//! The wearable on an air: in the same process, or on a socket.

mod in_process;
mod runner;
#[cfg(unix)]
mod socket;

pub use in_process::spawn;
pub use runner::WearableHandle;
#[cfg(unix)]
pub use socket::serve_socket;
