//! The therapy session as a pure state machine.
//!
//! [`Therapy::step`] takes the state, one [`Input`] and the time, and gives the new state and what is to be
//! done about it, as [`Effect`]s. It knows no radio, no database and no clock: the engine feeds it, and the
//! model check explores it.
//!
//! What holds, whatever comes in and in whatever order:
//!
//! - An order that can raise a current carries the safety envelope's approval, is sent once at most, expires
//!   on the device, and is only sent while the device's state is known.
//! - At most one order is open. An order whose outcome is unknown blocks every other, but a stop.
//! - A stop is sent at once, without waiting for the disk, and again every [`REPEAT_MS`] and on each new
//!   connection, until the device has taken it.
//! - Nothing restores an intensity: no input but a person's order leads to an order that can raise.
//! - A reading older than [`CERTAIN_FOR_MS`] by the device's own clock is shown as old, never as present.

mod heard;
mod machine;
mod order;
mod report;
mod session;
mod settle;
mod time;
mod view;

#[cfg(test)]
mod chance;
#[cfg(test)]
mod heard_tests;
#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod name_tests;
#[cfg(test)]
mod order_tests;
#[cfg(test)]
mod play;
#[cfg(test)]
mod session_tests;
#[cfg(test)]
mod stop_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod time_tests;

pub use machine::{
    CERTAIN_FOR_MS, CERTAIN_IDLE_FOR_MS, Effect, Input, REPEAT_MS, REPLY_WITHIN_MS, SILENT_AFTER_MS,
    SILENT_IDLE_AFTER_MS, Therapy, VALID_FOR_MS,
};
pub use order::{CommandId, DeviceOrder, Intent, NotNow, Order, OrderKind, Outcome, Rejection, SettledBy};
pub use report::{
    BootId, ChannelReport, Contact, DeviceMoment, DeviceRefusal, DeviceReport, DeviceState, Moment, Newest, Reason,
    SessionId, Taken,
};
pub use session::{Session, SessionEnd, SessionEvent, SessionOutcome};
pub use settle::settle;
pub use view::{Phase, Reading, View};
