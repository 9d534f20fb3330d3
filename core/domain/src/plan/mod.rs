//! Exercise plans: what is to be done, what was done, and what follows from it.
//!
//! A [`Plan`] is what was prescribed; a [`Log`] is what was done. Everything else is worked out from the two anew each time, by
//! pure functions, so that a plan's state can't drift from its log: the same log gives the same state, in whatever order it was
//! told. Every change is data, a [`Change`] with its [`Reason`], and a sentence.
//!
//! | you want | look at |
//! |---|---|
//! | how much of an exercise | [`Dose`], [`Dosed`] |
//! | how often | [`Schedule`] |
//! | the plan of a clinic, or one's own | [`Plan`], [`staged`] |
//! | which of several counts | [`in_force`] |
//! | what was done, skipped, or agreed by a clinician | [`Log`], [`Entry`] |
//! | where each exercise stands, and every change so far | [`state`] |
//! | what to do today | [`session`] |
//! | whether exercises may be offered at all | [`clear_to_exercise`] |
//! | how much of what was due was done | [`adherence`] |
//! | when to look at the plan anew | [`reassess`] |
//! | what the person wants to do again | [`Goal`] |
//! | which stimulation programmes may be started, and the cap | [`prescriptions`] |
//! | all of that at work on ten made-up people | [`people`] |
//!
//! # What is safe here
//! No exercise is offered without an [`ExercisePass`], past a ceiling, or while it is paused. Nothing gets harder after a bad day,
//! nothing on an answer that was not given, and never by two steps on one day. `chance_tests` tries all of it on plans and logs made
//! up by chance.
//!
//! # What the rules rest on
//! That some pain during an exercise is acceptable when it is gone by the next morning comes from studies of tendon pain, not of
//! backs. Holds of 10 s, the pyramids and the length of a programme are those of published stabilisation programmes. The rest is
//! this project's choice, and each figure says so where it stands.

mod activity;
mod adherence;
mod calendar;
mod change;
mod clearance;
mod dose;
mod goal;
mod in_force;
mod kind;
mod log;
pub mod people;
mod prescribed;
mod prescriptions;
mod progress;
mod reassess;
mod schedule;
mod session;
pub mod staged;
mod step;
mod text;
mod track;
mod verdict;
mod wording;

#[cfg(test)]
mod chance_tests;

pub use activity::{Activity, ExerciseActivity, PainLimits, Prescription, Progression, What};
pub use adherence::{WEEKS_MAX, Week, adherence};
pub use change::{Change, Reason, To, Variable};
pub use clearance::{ALSO_WITHOUT_CLINIC, ExercisePass, NotNow, clear_to_exercise};
pub use dose::{
    Dose, DoseError, Dosed, HOLD_MAX_S, HOLD_PAUSE_S, Hold, MINUTES_MAX, Minutes, READY_S, REPETITION_S,
    REPETITIONS_MAX, SET_REST_S, SETS_MAX, Sets,
};
pub use goal::{Goal, GoalError, GoalStep, STEPS_MAX};
pub use in_force::in_force;
pub use kind::Kind;
pub use log::{Difficulty, Done, Entry, Event, Log, SkipReason, StopReason};
pub use prescribed::{ACTIVITIES_MAX, Plan, PlanError, PlanParts, SESSION_MAX_S, Source, Status};
pub use prescriptions::{Prescriptions, Startable, prescriptions};
pub use progress::{
    BREAK_DAYS, BREAK_STEPS_MAX, FLARE_DAYS, GOOD_IN_ROW, Pause, SLIGHT_IN_ROW, STEP_EVERY_DAYS, Standing, State,
    UP_AT_ONCE, state,
};
pub use reassess::{PEG_WEEKS, Reassess, SELDOM_PERCENT, STALL_WEEKS, reassess};
pub use schedule::{Every, Schedule, ScheduleError, Weekdays};
pub use session::{Item, LeftOut, Out, Session, session};
pub use text::{ActivityId, ClinicId, EntryId, GoalText, PlanId, TextError};
pub use verdict::Bad;
pub use wording::{CONTACT, EVIDENCE, digest, name};
