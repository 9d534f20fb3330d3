//! The radio port and its adapters.

pub mod air;
mod att;
mod bonds;
mod central;
mod error;
mod in_process;
pub mod lines;
mod port;
#[cfg(unix)]
mod socket;
mod table;

pub use bonds::Bonds;
pub use error::LinkError;
pub use in_process::{InProcessRadio, Peripheral};
pub use port::{Connection, Discovered, LinkEvent, PairingPrompt, PeripheralId, Radio};
#[cfg(unix)]
pub use socket::SocketRadio;
