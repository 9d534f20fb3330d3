//! From a wish to an approved start.

use jiff::civil::Date;
use lumbra_domain::plan::Startable;
use lumbra_domain::programme::{MODES, Programme};
use lumbra_domain::safety::{ApprovedStart, Caps, DeviceLimits, DoseHistory, Envelope, PadCheck, SessionPlan};
use lumbra_domain::screening::Screening;
use lumbra_domain::units::{Milliamps, Percent, Seconds, SquareCentimetres, UnixMillis};
use lumbra_store::{CapOwner, Store, StoreError};

use super::restore::Started;
use crate::error::Error;
use crate::plans::prescribed;
use crate::posture::date;
use crate::screening::Person;

/// What a session is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Course {
    /// A programme as it is, such as a built-in one.
    Programme(Programme),
    /// The stimulation of this name in the plan in force, as it is prescribed. Looked up at the very start: what the clinic has taken back by
    /// then is not started.
    Prescribed(String),
}

impl From<Programme> for Course {
    fn from(programme: Programme) -> Self {
        Self::Programme(programme)
    }
}

/// A session as the person wants it.
#[derive(Clone, Debug)]
pub struct StartRequest {
    /// Pulses and ramps.
    pub course: Course,
    /// Stimulation time; of what is prescribed no longer than that.
    pub duration: Seconds,
    /// How long the wearable goes on without the app; `None` = 10 s.
    pub grace: Option<Seconds>,
    /// Active area of a pad for each channel of the device, `None` = channel not used. Empty: every channel,
    /// with pads of [`DEFAULT_PAD_AREA`].
    pub pads: Vec<Option<SquareCentimetres>>,
    /// What the person has looked at.
    pub pad_check: PadCheck,
    /// The entry in which the person rated the pain before.
    pub pain_before: Option<String>,
}

/// How long the wearable goes on without the app unless asked otherwise. This project's choice: a person who
/// turns around, with the body between phone and wearable, is heard again within it.
pub(crate) const DEFAULT_GRACE: Seconds = Seconds::new(10);

/// The pads that come with the wearable: 5 x 5 cm.
pub const DEFAULT_PAD_AREA: SquareCentimetres = SquareCentimetres::from_tenths(250);

/// A built-in programme by its id.
pub fn built_in(id: &str) -> Result<Programme, Error> {
    Programme::built_in(id).ok_or_else(|| Error::UnknownProgramme {
        asked: id.chars().take(40).collect(),
        known: MODES.map(|mode| mode.id).join(", "),
    })
}

/// What the store knows that a start depends on.
pub(super) struct Background {
    person: Person,
    caps: Caps,
    dose: DoseHistory,
    startable: Vec<Startable>,
}

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Reads what a start depends on.
pub(super) fn background(
    store: &Store,
    device_id: &str,
    now_ms: i64,
    utc_offset_s: i32,
) -> Result<Background, StoreError> {
    let person = Person::of(store)?;
    let mut caps = Caps::default();
    for cap in store.caps(device_id)? {
        let Some(limit) = cap.limit_dma.map(Milliamps::from_tenths) else { continue };
        let slot = match cap.owner {
            CapOwner::Clinician => &mut caps.clinician,
            CapOwner::User => &mut caps.user,
        };
        // One cap for all channels: the least that was set for any.
        *slot = Some(slot.map_or(limit, |least| least.min(limit)));
    }
    // A clinic's plan caps like a clinician beside the person. A clock that tells no day lifts no cap: as if all had begun.
    let today = date(lumbra_store::local_day(now_ms, utc_offset_s)).unwrap_or(Date::MAX);
    let prescriptions = prescribed(store, today)?;
    let caps = prescriptions.caps(caps);
    let stimulated_s = store.stimulated_s_since(now_ms.saturating_sub(DAY_MS))?;
    let dose = DoseHistory {
        last_day: Seconds::new(u32::try_from(stimulated_s).unwrap_or(u32::MAX)),
        last_end: store.last_session_end_ms()?.map(UnixMillis::new),
    };
    Ok(Background { person, caps, dose, startable: prescriptions.startable })
}

impl Background {
    /// Approves a start, or says why not.
    pub(super) fn approve(
        &self,
        request: &StartRequest,
        limits: DeviceLimits,
        battery: Percent,
        now_ms: i64,
    ) -> Result<ApprovedStart, Error> {
        let pads = if request.pads.is_empty() {
            vec![Some(DEFAULT_PAD_AREA); usize::from(limits.channels)]
        } else {
            request.pads.clone()
        };
        let plan = SessionPlan {
            programme: self.programme(request)?,
            duration: request.duration,
            grace: request.grace.unwrap_or(DEFAULT_GRACE),
            pads,
        };
        let envelope = Envelope::new(limits, self.caps);
        let now = UnixMillis::new(now_ms);
        let person = self.person.clear_to_start().map_err(|not_clear| Error::Screening(not_clear.advice()))?;
        Ok(envelope.approve_start(&plan, &person, request.pad_check, self.dose, battery, now)?)
    }

    fn programme(&self, request: &StartRequest) -> Result<Programme, Error> {
        let activity = match &request.course {
            Course::Programme(programme) => return Ok(*programme),
            Course::Prescribed(activity) => activity,
        };
        let found = self.startable.iter().find(|startable| startable.activity.as_str() == activity);
        let startable = found.ok_or_else(|| {
            Error::Invalid("the plan lets no such programme be started now: look at the plan again".to_owned())
        })?;
        let longest_s = startable.duration.get();
        if request.duration.get() > longest_s {
            return Err(Error::Invalid(format!(
                "the plan prescribes {} min of this programme at most",
                longest_s / 60
            )));
        }
        Ok(startable.programme)
    }

    /// Approves anew a session that runs already: a clinic that allows less is obeyed, one that allows more at the next start. A check of
    /// the red flags that has become due is asked for before the next.
    pub(super) fn approve_running(
        &self,
        started: &Started,
        limits: DeviceLimits,
        now_ms: i64,
    ) -> Result<ApprovedStart, Error> {
        let clinician = [self.caps.clinician, started.clinician_cap].into_iter().flatten().min();
        let envelope = Envelope::new(limits, Caps { clinician, ..self.caps });
        match self.person.screening() {
            Screening::Passed(pass) => Ok(envelope.approve_running(&started.plan, &pass, UnixMillis::new(now_ms))?),
            locked => Err(Error::Screening(locked.advice())),
        }
    }
}
