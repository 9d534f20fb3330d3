//! The radio port and its adapters: how bytes reach a wearable, and nothing of what they mean.
//!
//! Start with [`Radio`] and [`Connection`]: they are all that the engine above knows of Bluetooth. A radio
//! scans, connects and forgets bonds; a connection reads, writes and subscribes by logical
//! [`Endpoint`](lumbra_protocol::Endpoint), and ends with one [`LinkEvent::Disconnected`]. A connection that
//! is handed out is encrypted, authenticated, discovered, and known to have every endpoint the profile
//! requires.
//!
//! | radio | reaches | bonds |
//! |---|---|---|
//! | [`BtleRadio`] | real wearables, through btleplug on five platforms | the system's |
//! | [`ShellRadio`] | real wearables, through the Bluetooth that a shell brings | the system's |
//! | [`InProcessRadio`] | software wearables in this process, in virtual time too | its own, see [`Bonds`] |
//! | [`SocketRadio`] | a software wearable in another process, over a Unix socket | a file of its owner |
//!
//! The two software radios share one central (`central.rs`), which treats its peripherals as strangers:
//! [`air`] has the messages, [`lines`] carries them over a stream. On Linux, `bluez.rs` adds the pairing
//! agent and the removal of bonds that btleplug lacks.
//!
//! ```
//! use std::time::Duration;
//! use lumbra_link::{InProcessRadio, LinkError, Peripheral, PeripheralId, Radio};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! // `requests` and `answers` are served by whoever plays the wearable; here, nobody does.
//! let (peripheral, requests, answers) = Peripheral::pair();
//! let id = PeripheralId::new("demo");
//! let radio = InProcessRadio::new(vec![(id.clone(), peripheral)]);
//! assert_eq!(radio.connect(&id, None).await.err(), Some(LinkError::NotFound));
//! # drop((requests, answers));
//! # }
//! ```
//!
//! To add a radio, implement the two traits and keep the promises written at them; send the attribute table
//! through `table::resolve`, which is the one place that knows what a wearable must have.

pub mod air;
mod att;
#[cfg(target_os = "linux")]
mod bluez;
mod bonds;
mod btle;
mod central;
mod error;
mod in_process;
pub mod lines;
mod link_state;
mod port;
mod proof;
#[cfg(test)]
mod scripted;
mod shell;
#[cfg(unix)]
mod socket;
mod table;
mod task;

pub use bonds::Bonds;
pub use btle::BtleRadio;
#[cfg(target_os = "android")]
pub use btle::android;
pub use error::LinkError;
pub use in_process::{InProcessRadio, Peripheral};
pub use port::{Connection, Discovered, LinkEvent, PairingPrompt, PeripheralId, Radio};
pub use shell::{ShellBluetooth, ShellCharacteristic, ShellLink, ShellRadio, ShellSink};
#[cfg(unix)]
pub use socket::SocketRadio;
/// How adapters name characteristics, and what a characteristic allows.
pub use {lumbra_protocol::Access, uuid::Uuid};
