//! The companion core: one engine for each wearable, and the facade that shells stand on.
//!
//! Start at [`Companion::open`]. It gives wearables ([`Companion::pair`], [`Companion::device`]), the diary
//! ([`Companion::add_pain_report`], [`Companion::save_wellbeing`], [`Companion::answer_questionnaire`], [`Companion::history`]), what
//! that says ([`Companion::insights`]), the screening and its red flags ([`Companion::answer_screening`],
//! [`Companion::red_flag_check`]), the exercises of a plan ([`Companion::exercises_today`]), what is to be reached
//! ([`Companion::goals`]) and how posture is watched ([`Companion::set_posture_settings`], [`Companion::posture_goal`]). With a clinic it exchanges plans for what was done
//! ([`Companion::clinic`]). What a person takes along, it writes: a report for their clinician ([`Companion::write_report`]), tables and a
//! bundle for a clinic ([`Companion::export_tables`], [`Companion::export_bundle`]), everything as one document ([`Companion::export`]),
//! and an encrypted copy for another phone ([`Companion::back_up`]). A [`Device`] takes commands and tells how it is by a [`Snapshot`] in
//! a watch channel: the latest wins, and a shell shows it as it is.
//!
//! # The way of a command
//! 1. The shell calls a [`Device`] method. The device's task (the `engine` module) asks the safety envelope of
//!    `lumbra_domain` for an approval; a refusal comes back as [`Error::Refused`] and nothing has happened.
//! 2. The therapy state machine of `lumbra_domain` turns the order into effects. The intent is saved first, then the
//!    frame leaves (the `driver` module is the one place where the domain's words become the profile's
//!    frames, and back). A stop does not wait for the disk.
//! 3. The device's answer, or its status, settles it: [`OutcomeName::Confirmed`], [`OutcomeName::Rejected`]
//!    or [`OutcomeName::Unknown`]. An unknown one survives a crash, blocks every order but a stop, and is settled by the device's
//!    status as soon as there is one.
//!
//! # What holds
//! One task owns a device's state; no lock is held across an await. Every method of [`Device`] may be dropped
//! at any await. Nothing here raises a current by itself.

mod backup;
mod chart;
mod clinic;
mod clock;
mod companion;
mod device;
mod diary;
mod driver;
mod engine;
mod error;
mod event;
mod export;
mod goals;
mod ids;
mod insights;
mod pain;
mod plans;
mod posture;
mod questionnaires;
mod reporting;
mod screening;
mod snapshot;
mod trends;
mod wellbeing;

pub use chart::{CHART_DAYS_MAX, Chart, ChartMetric};
pub use clinic::{Clinic, ClinicSignIn, ClinicStatus, ClinicSync, PlanProblem, RefusedFact};
pub use clock::{SystemClock, WallClock, noon_unix_ms};
pub use companion::{Companion, Config, DeviceInfo, Handover};
pub use device::{Device, POSTURE_RATE_HZ};
pub use diary::{CommandEntry, DayEntry, History, RecordEntry, SessionEntry};
pub use engine::{CommandResult, Course, DEFAULT_PAD_AREA, OutcomeName, StartRequest, built_in};
pub use error::Error;
pub use event::{DeviceEvent, EventKind, Events};
pub use export::ExportSummary;
pub use goals::{ClinicGoal, Goals, OwnGoal};
pub use insights::Insights;
pub use lumbra_domain as domain;
pub use lumbra_exercises as exercises;
pub use lumbra_link as link;
pub use lumbra_report as report;
pub use lumbra_store as store;
pub use lumbra_sync as sync;
pub use pain::PainEntry;
pub use plans::{ExerciseDone, ExerciseKept, ExercisesToday, PlanView};
pub use posture::{PostureGoal, date, day_number};
pub use questionnaires::QuestionnaireEntry;
pub use reporting::{REPORT_DAYS_MAX, ReportSummary, TablesSummary};
pub use screening::{RedFlagCheck, RoundEntry, screening_name};
pub use snapshot::{ChannelSnapshot, CommandCounts, LinkState, PhaseName, PostureSnapshot, SessionSnapshot, Snapshot};
pub use trends::{HourOfDay, LAG_DAYS_MAX, MONTHS_MAX, PainBesidePosture};
pub use wellbeing::{DiaryDay, MedicationEntry, WellbeingEntry};

/// The major version of the Lumbra GATT profile that this core speaks.
pub const PROFILE_VERSION: u8 = lumbra_protocol::PROTOCOL_MAJOR;
