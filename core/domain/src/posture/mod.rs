//! Posture: what upright is for this person, how they hold themselves, and what is said about it.
//!
//! | you want | look at |
//! |---|---|
//! | what the sensor says | [`PostureSample`] |
//! | what upright is, and how well that is known | [`calibrate`] |
//! | how the sensor sits on the body, and what can't be told of it | [`mounting`] |
//! | smoothing | [`filter`] |
//! | one of six postures | [`judge`], [`Judge`] |
//! | what the person has chosen | [`PostureSettings`] |
//! | nudges, and when a slouch counts | [`coach`], [`Coach`] |
//! | when nothing makes itself heard | [`QuietHours`] |
//! | reminders of a break | [`breaks`] |
//! | the daily goal | [`goal`], [`Goal`] |
//! | what was lost on the way | [`FrameCounter`] |
//! | how long samples at full rate are kept | [`RawRetention`] |
//!
//! The way of a sample: [`Reference::lean`] makes the sensor's angles a lean of the body, [`Judge::take`] smooths and judges it,
//! [`Coach::step`] says what follows. A time is either of a clock that never goes back, for how long something lasted,
//! or the person's own local one, for quiet hours and days; neither is ever read here.

pub mod breaks;
mod calibration;
pub mod coach;
pub mod filter;
mod frames;
pub mod goal;
pub mod judge;
pub mod mounting;
mod quiet;
mod retention;
mod sample;
mod settings;

pub use breaks::{BreakAfter, BreakError};
pub use calibration::{
    CALIBRATION_DRIFT_DDEG, CALIBRATION_MS, CALIBRATION_SPREAD_DDEG, CALIBRATION_TILT_DDEG, Calibrated,
    CalibrationError, Grade, Quality, calibrate,
};
pub use coach::{Coach, CoachEffect, Heard, Nudging};
pub use frames::{FrameCounter, FrameOrder};
pub use goal::{DayTally, Goal, GoalChange};
pub use judge::{Judge, Posture, Sensitivity};
pub use mounting::{Mounting, Reference, Turn, TurnError, find_turn};
pub use quiet::{QuietError, QuietHours};
pub use retention::{RawRetention, RetentionError};
pub use sample::{GAP_MS, MOVING_ABOVE, Neutral, PostureSample};
pub use settings::{DelayError, Mode, PostureSettings, SlouchDelay};
