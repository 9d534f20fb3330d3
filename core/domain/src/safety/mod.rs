//! The safety envelope: the only code that clamps or refuses.
//!
//! An [`Envelope`] knows the device's limits and the caps of the clinician and the person. It turns a
//! [`SessionPlan`] into an [`ApprovedStart`], and that turns asked intensities into [`ApprovedTargets`].
//! Neither can be made anywhere else, and an order that can raise a current cannot be made without one: what
//! reaches the radio has passed here. A refusal names the limit, what was asked and what is allowed.
//!
//! The figures stand in [`limits`], each with its source.

mod approved;
mod envelope;
pub mod limits;
mod refusal;

#[cfg(test)]
mod figure_tests;
#[cfg(test)]
mod tests;

pub use approved::{ApprovedResume, ApprovedStart, ApprovedTargets};
pub use envelope::{Caps, DeviceLimits, DoseHistory, Envelope, PadCheck, SessionPlan};
pub use refusal::{Amount, Limit, Refusal};
