//! Programmes, what is asked for a session, and what became of a command.

use lumbra::domain::programme::MODES;
use lumbra::domain::safety::PadCheck;
use lumbra::domain::units::{Milliamps, Seconds, SquareCentimetres};
use lumbra::{Course, OutcomeName, StartRequest, built_in};

use crate::error::LumbraError;

/// A built-in programme.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ProgrammeInfo {
    /// Its name, to start it by.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What it should feel like.
    pub description: String,
    /// How long it is meant to run, in minutes.
    pub minutes: u32,
    /// The longest session, in minutes.
    pub longest_minutes: u32,
}

/// The built-in programmes.
#[uniffi::export]
pub fn programmes() -> Vec<ProgrammeInfo> {
    MODES
        .iter()
        .map(|mode| ProgrammeInfo {
            id: mode.id.to_owned(),
            title: mode.title.to_owned(),
            description: mode.description.to_owned(),
            minutes: mode.default.minutes,
            longest_minutes: mode.longest_min,
        })
        .collect()
}

/// A session as the person wants it.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct SessionRequest {
    /// The programme's name; of what is prescribed, its activity in the plan.
    pub programme: String,
    /// Stimulation time in minutes; of what is prescribed no longer than that.
    pub minutes: u32,
    /// Whether the person has looked at the skin under the pads, and it is intact.
    pub skin_intact: bool,
    /// How many sessions this pair of pads was used for.
    pub pad_uses: u16,
    /// Active area of a pad for each channel in cm², absent = channel not used; empty = every channel, with the pads
    /// that come with the wearable.
    #[uniffi(default = [])]
    pub pad_areas_cm2: Vec<Option<f64>>,
    /// How long the wearable goes on without the app, in seconds; absent = 10.
    #[uniffi(default = None)]
    pub grace_s: Option<u32>,
    /// The identity of the pain entry made just before.
    #[uniffi(default = None)]
    pub pain_before: Option<String>,
    /// Whether it is the plan's programme of this name, as it is prescribed. Refused unless the plan lets it be started at that moment.
    #[uniffi(default = false)]
    pub prescribed: bool,
}

impl TryFrom<SessionRequest> for StartRequest {
    type Error = LumbraError;

    fn try_from(request: SessionRequest) -> Result<Self, LumbraError> {
        let area = |area: Option<f64>| area.map(SquareCentimetres::from_f64).transpose();
        Ok(Self {
            course: if request.prescribed {
                Course::Prescribed(request.programme)
            } else {
                built_in(&request.programme)?.into()
            },
            duration: Seconds::new(request.minutes.saturating_mul(60)),
            grace: request.grace_s.map(Seconds::new),
            pads: request
                .pad_areas_cm2
                .into_iter()
                .map(area)
                .collect::<Result<_, _>>()
                .map_err(LumbraError::invalid)?,
            pad_check: PadCheck { skin_intact: request.skin_intact, pad_uses: request.pad_uses },
            pain_before: request.pain_before,
        })
    }
}

/// Intensities as the person gives them, one for each channel, in mA.
pub(crate) fn intensities(targets_ma: &[f64]) -> Result<Vec<Milliamps>, LumbraError> {
    targets_ma.iter().map(|target| Milliamps::from_f64(*target).map_err(LumbraError::invalid)).collect()
}

/// What became of a command. `command` is its identity in the audit.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
#[allow(missing_docs)]
pub enum CommandResult {
    /// The wearable has applied it.
    Confirmed { command: String },
    /// It was not applied; the reason is for the person.
    Rejected { command: String, reason: String },
    /// It can't be told yet: the wearable's status will, and the snapshot shows it then. Don't repeat it.
    Unknown { command: String },
}

impl From<lumbra::CommandResult> for CommandResult {
    fn from(result: lumbra::CommandResult) -> Self {
        let lumbra::CommandResult { command, outcome, reason } = result;
        match outcome {
            OutcomeName::Confirmed => Self::Confirmed { command },
            OutcomeName::Rejected => Self::Rejected { command, reason: reason.unwrap_or_default() },
            OutcomeName::Unknown => Self::Unknown { command },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_the_plan_or_of_a_built_in_programme() {
        let request = |programme: &str, prescribed| {
            StartRequest::try_from(SessionRequest {
                programme: programme.to_owned(),
                minutes: 20,
                skin_intact: true,
                pad_uses: 0,
                pad_areas_cm2: Vec::new(),
                grace_s: None,
                pain_before: None,
                prescribed,
            })
        };
        // Also where the plan has given it the name of a built-in one.
        for name in ["tens", "burst"] {
            assert_eq!(request(name, true).unwrap().course, Course::Prescribed(name.to_owned()));
        }
        assert_eq!(request("burst", false).unwrap().course, Course::Programme(built_in("burst").unwrap()));
        assert!(matches!(request("tens", false), Err(LumbraError::Invalid { .. })));
    }
}
