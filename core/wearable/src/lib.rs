//! The wearable as software: firmware, a body that wears it, and faults on demand.
//!
//! It shares the protocol and the air's messages with the app, and nothing else: what the app believes and what
//! this device does are two people's reading of PROFILE.md, so a mistake in one can't cancel out in the other.
//!
//! | you want | look at |
//! |---|---|
//! | the device as a pure state machine, time as an argument | [`Device`] |
//! | a body: skin, sweat, pads that lift | [`Body`] |
//! | a day of postures, and who lives it | [`Person`], [`Stretch`] |
//! | what really flowed through the skin | [`Probe`] |
//! | a bad air | [`FaultPlan`] |
//! | the device in this process, or on a socket | [`serve`] |
//!
//! ```
//! use lumbra_wearable::{Config, Device};
//!
//! let mut device = Device::new(Config::default());
//! device.advance(60_000); // A minute passes at once.
//! assert!(device.probe().is_zero());
//! ```

mod air_faults;
mod body;
mod config;
mod device;
mod firmware;
mod person;
mod probe;
pub mod serve;

pub use air_faults::{Arrived, FaultPlan, FaultyAir};
pub use body::Body;
pub use config::Config;
pub use device::Device;
pub use firmware::Lie;
pub use lumbra_protocol::{Contact, Faults, NudgeSettings};
pub use person::{DESK_DAY, MIXED_DAY, Person, Stretch, Truth};
pub use probe::{Flow, Probe, Taken, Turn};
