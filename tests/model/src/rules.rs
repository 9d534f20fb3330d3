//! What stays the same on every path: the plan, the envelope, the screenings, and the mistake under test, if any.

use std::sync::Arc;

use lumbra_domain::programme::{Mode, Parameters, Programme};
use lumbra_domain::red_flags::{History, NotClear, StartPass, clear_to_start};
use lumbra_domain::safety::{ApprovedStart, Caps, DeviceLimits, DoseHistory, Envelope, PadCheck, SessionPlan};
use lumbra_domain::screening::{Answer, Answers, Round};
use lumbra_domain::units::{Hertz, Microseconds, Milliamps, Percent, Seconds, SquareCentimetres, UnixMillis};

use crate::bounds::{
    CLINICIAN_CAP_DMA, DEVICE_CAP_DMA, DEVICE_RISE_DMA, GRACE_S, PLANNED_S, RAMP_DOWN_MS, RAMP_UP_DMA_PER_S,
    USER_CAP_DMA,
};
use crate::mistakes::Mistake;

/// Why there is nothing to check.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RulesError {
    /// The modelled programme is refused.
    #[error("the modelled programme is refused: {0}")]
    Programme(#[from] lumbra_domain::programme::ProgrammeError),
    /// The envelope refuses the modelled session.
    #[error("the envelope refuses the modelled session: {0}")]
    Refused(#[from] lumbra_domain::safety::Refusal),
    /// A screening does not come out as meant.
    #[error("the modelled screenings do not come out as passed and as locked")]
    Screening,
}

/// The same on every path.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) mistake: Option<Mistake>,
    envelope: Envelope,
    plan: SessionPlan,
    passed: StartPass,
    locked: Result<StartPass, NotClear>,
}

/// The battery never changes: it is a reason for refusals that are the envelope's own tests.
pub(crate) const BATTERY: Percent = Percent::saturating(90);
const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);

impl Rules {
    pub(crate) fn new(mistake: Option<Mistake>) -> Result<Self, RulesError> {
        let programme = Programme::new(Parameters {
            mode: Mode::Custom,
            frequency: (Hertz::from_tenths(1_000), Hertz::from_tenths(1_000)),
            width: (Microseconds::new(100), Microseconds::new(100)),
            sweep_period_ds: 0,
            trains: None,
            ramp_up_dma_per_s: RAMP_UP_DMA_PER_S,
            ramp_down_ms: RAMP_DOWN_MS,
        })?;
        let device = DeviceLimits {
            channels: 1,
            max_current: Milliamps::from_tenths(DEVICE_CAP_DMA),
            current_step: Milliamps::from_tenths(5),
            max_rise: Milliamps::from_tenths(DEVICE_RISE_DMA),
            frequency: (Hertz::from_tenths(10), Hertz::from_tenths(1_500)),
            width: (Microseconds::new(40), Microseconds::new(400)),
            max_charge_duc: 400,
            max_session: Seconds::new(3_600),
            grace: (Seconds::new(2), Seconds::new(30)),
            max_ramp_up_dma_per_s: 50,
        };
        let user = (mistake != Some(Mistake::ForgetUserCap)).then_some(Milliamps::from_tenths(USER_CAP_DMA));
        let caps = Caps { clinician: Some(Milliamps::from_tenths(CLINICIAN_CAP_DMA)), user };
        let plan = SessionPlan {
            programme,
            duration: Seconds::new(PLANNED_S),
            grace: Seconds::new(GRACE_S),
            pads: vec![Some(SquareCentimetres::from_tenths(250))],
        };
        let answered = |answers| clear_to_start(&History { rounds: &[Round::all(answers, NOW)], pain: &[] });
        let passed = answered(Answers::all_no()).map_err(|_| RulesError::Screening)?;
        let mut answers = Answers::all_no();
        answers.answers.insert("implant".to_owned(), Answer::Yes);
        let locked = answered(answers);
        if locked.is_ok() {
            return Err(RulesError::Screening);
        }
        let rules = Self { mistake, envelope: Envelope::new(device, caps), plan, passed, locked };
        rules.try_start(&rules.passed)?;
        Ok(rules)
    }

    pub(crate) fn has(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// The pass, if the newest screening gives one.
    fn pass(&self, screened: bool) -> Option<&StartPass> {
        if screened || self.has(Mistake::IgnoreScreening) {
            return Some(&self.passed);
        }
        self.locked.as_ref().ok()
    }

    fn try_start(&self, pass: &StartPass) -> Result<ApprovedStart, lumbra_domain::safety::Refusal> {
        let looked_at = PadCheck { skin_intact: true, pad_uses: 0 };
        // As if the pause between two sessions had passed: what comes then is more than what comes without a second.
        self.envelope.approve_start(&self.plan, pass, looked_at, DoseHistory::default(), BATTERY, NOW)
    }

    /// The envelope's word on a start.
    pub(crate) fn approve_start(&self, screened: bool) -> Option<ApprovedStart> {
        self.try_start(self.pass(screened)?).ok()
    }

    /// The envelope's word on a session of an earlier run.
    pub(crate) fn approve_running(&self, screened: bool) -> Option<Arc<ApprovedStart>> {
        self.envelope.approve_running(&self.plan, self.pass(screened)?.screening(), NOW).ok().map(Arc::new)
    }
}
