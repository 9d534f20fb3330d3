//! The Lumbra GATT profile, version 1.
//!
//! This crate is the one door between bytes on the air and typed values. The app's core, the virtual
//! wearable and, if it likes, a firmware in Rust use it; a firmware in another language follows
//! `PROFILE.md` beside this crate and runs the byte-exact cases in `tests/wire`.
//!
//! | you want | look at |
//! |---|---|
//! | which characteristic is which, and how it is protected | [`Endpoint`] |
//! | what the app asks of the device | [`Command`], carried in a [`ControlFrame`] |
//! | what the device answers | [`Response`] with a [`ResultCode`] |
//! | how the device is | [`Status`], [`Capabilities`] |
//! | posture samples | [`PostureFrame`] |
//! | what the device remembers | [`Record`], asked for with [`RecordRequest`] |
//!
//! Every frame has `decode(&[u8]) -> Result<_, DecodeError>` and `encode() -> Frame`. Decoding never
//! panics, never allocates, and refuses what it does not understand; bytes after the known end of a frame
//! are ignored, because a minor version may append fields. Numbers are little-endian. Field names end in
//! their unit: `_dma` 0.1 mA, `_us` microseconds, `_dhz` 0.1 Hz, `_ddeg` 0.1 degree, `_s`, `_ms`.
#![no_std]

mod capabilities;
mod command;
mod endpoint;
mod per_channel;
mod posture;
mod programme;
mod racp;
mod record;
mod response;
mod sequence;
mod status;
mod ticks;
mod time;
mod wire;

pub use capabilities::{Capabilities, Features, PROTOCOL_MAJOR, PROTOCOL_MINOR};
pub use command::{ChannelSetup, Command, ControlFrame, NudgeSettings, Opcode, StartSession};
pub use endpoint::{
    ADVERTISED_SERVICE, Access, ELAPSED_TIME_SERVICE, Endpoint, LOCAL_NAME_PREFIX, POSTURE_SERVICE, RECORD_SERVICE,
    Security, THERAPY_SERVICE,
};
pub use per_channel::{MAX_CHANNELS, PerChannel};
pub use posture::{POSTURE_SAMPLE_LEN, PostureFlags, PostureFrame, PostureSample};
pub use programme::{Burst, Mode, Programme};
pub use racp::{RecordFilter, RecordReply, RecordRequest, RecordResult};
pub use record::{Record, RecordEvent};
pub use response::{Response, ResultCode};
pub use sequence::Sequence;
pub use status::{ChannelStatus, Contact, DeviceState, Faults, Reason, Status};
pub use ticks::Ticks;
pub use time::ElapsedTime;
pub use wire::{DecodeError, Frame, MAX_FRAME_LEN, MIN_ATT_MTU};
