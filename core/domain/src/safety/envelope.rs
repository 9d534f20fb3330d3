//! What may be started, and how far it may go.

use serde::{Deserialize, Serialize};

use super::approved::{ApprovedStart, check_battery, max_rise};
use super::limits::{
    ENERGY_LOAD_OHM, MAX_CURRENT_MA, MAX_DENSITY_MA_PER_CM2, MAX_DOSE_A_DAY, MAX_ENERGY_MJ, MAX_PAD_USES,
    MAX_POWER_W_PER_CM2, MIN_PAD_AREA, MIN_PAUSE, POWER_LOAD_OHM, max_rms_ma, peak_for_energy, peak_for_rms,
    rms_for_power,
};
use super::refusal::{Amount, Limit, Refusal};
use crate::programme::Programme;
use crate::red_flags::StartPass;
use crate::screening::ScreeningPass;
use crate::units::{Hertz, Microseconds, Milliamps, Percent, Seconds, SquareCentimetres, UnixMillis};

/// What the device can do, as it says itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeviceLimits {
    /// Output channels, 1 to 4.
    pub channels: u8,
    /// Highest current of a channel.
    pub max_current: Milliamps,
    /// Smallest change of a target.
    pub current_step: Milliamps,
    /// Largest rise of one command.
    pub max_rise: Milliamps,
    /// Lowest and highest frequency.
    pub frequency: (Hertz, Hertz),
    /// Shortest and longest phase.
    pub width: (Microseconds, Microseconds),
    /// Highest charge of one phase in 0.1 uC.
    pub max_charge_duc: u16,
    /// Longest session.
    pub max_session: Seconds,
    /// Shortest and longest grace time.
    pub grace: (Seconds, Seconds),
    /// Fastest ramp up, in 0.1 mA a second.
    pub max_ramp_up_dma_per_s: u16,
}

/// Caps that people have set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// The clinician's.
    pub clinician: Option<Milliamps>,
    /// The person's own.
    pub user: Option<Milliamps>,
}

/// A session as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionPlan {
    /// Pulses and ramps.
    pub programme: Programme,
    /// Stimulation time, pauses not counted.
    pub duration: Seconds,
    /// How long the device goes on without the app.
    pub grace: Seconds,
    /// For each channel of the device the active area of one pad; `None` = channel not used.
    pub pads: Vec<Option<SquareCentimetres>>,
}

/// What the person has looked at just before a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PadCheck {
    /// The skin under the pads is intact and not irritated.
    pub skin_intact: bool,
    /// How many sessions these pads were used for.
    pub pad_uses: u16,
}

/// What was delivered before, sessions of uncertain end counted at the worse case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DoseHistory {
    /// Stimulation within the last 24 hours.
    pub last_day: Seconds,
    /// When the last session with stimulation ended.
    pub last_end: Option<UnixMillis>,
}

/// The limits of one device in one person's hands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Envelope {
    device: DeviceLimits,
    caps: Caps,
}

impl Envelope {
    /// The envelope of a device with the caps that people have set.
    pub const fn new(device: DeviceLimits, caps: Caps) -> Self {
        Self { device, caps }
    }

    /// Approves the start of a session at `now`, or names the first limit that forbids it.
    pub fn approve_start(
        &self,
        plan: &SessionPlan,
        person: &StartPass,
        pads: PadCheck,
        dose: DoseHistory,
        battery: Percent,
        now: UnixMillis,
    ) -> Result<ApprovedStart, Refusal> {
        person.screening().check_age(now)?;
        check_pads(pads)?;
        check_battery(battery)?;
        check_dose(plan, dose, now)?;
        self.approve(plan)
    }

    /// Approves anew a session that runs already, for an app that was restarted in the middle: the caps are
    /// worked out again, and nothing is sent.
    pub fn approve_running(
        &self,
        plan: &SessionPlan,
        screening: &ScreeningPass,
        now: UnixMillis,
    ) -> Result<ApprovedStart, Refusal> {
        screening.check_age(now)?;
        self.approve(plan)
    }

    fn approve(&self, plan: &SessionPlan) -> Result<ApprovedStart, Refusal> {
        self.check_programme(&plan.programme)?;
        self.check_time(plan)?;
        let channels = usize::from(self.device.channels);
        if plan.pads.len() != channels || plan.pads.iter().all(Option::is_none) {
            let asked = u32::try_from(plan.pads.iter().flatten().count()).unwrap_or(u32::MAX);
            return refuse(Limit::Channels, Amount::Count(asked), Amount::Count(u32::from(self.device.channels)));
        }
        let mut caps = Vec::with_capacity(channels);
        for (channel, pad) in plan.pads.iter().enumerate() {
            caps.push(match pad {
                None => (Milliamps::ZERO, Limit::UnusedChannel),
                Some(area) if *area < MIN_PAD_AREA => {
                    let (asked, allowed) = (Amount::Area(*area), Amount::Area(MIN_PAD_AREA));
                    return Err(Refusal { limit: Limit::PadArea, asked, allowed, channel: Some(channel) });
                }
                Some(area) => self.cap(&plan.programme, *area),
            });
        }
        Ok(ApprovedStart {
            plan: plan.clone(),
            caps,
            step: self.device.current_step,
            max_rise: max_rise(self.device.max_rise),
            clinician: self.caps.clinician,
        })
    }

    /// The least of all limits on a channel's current, and which it is.
    fn cap(&self, programme: &Programme, area: SquareCentimetres) -> (Milliamps, Limit) {
        // A value that isn't a number is no permission.
        let limits =
            self.current_limits(programme, area).map(|(ma, limit)| (if ma.is_nan() { 0.0 } else { ma }, limit));
        let (least_ma, limit) = limits
            .into_iter()
            .fold((f64::INFINITY, Limit::MaxCurrent), |least, limit| if limit.0 < least.0 { limit } else { least });
        (self.round_down(least_ma), limit)
    }

    /// Every limit on a channel's current: the peak in mA at which it is reached.
    pub(super) fn current_limits(&self, programme: &Programme, area: SquareCentimetres) -> [(f64, Limit); 9] {
        let width_us = f64::from(programme.longest_width().get());
        let rate_hz = programme.highest_pulse_rate_hz();
        let area_cm2 = area.as_f64();
        let power_rms_ma = rms_for_power(MAX_POWER_W_PER_CM2, POWER_LOAD_OHM, area_cm2);
        let max_charge_uc = f64::from(self.device.max_charge_duc) / 10.0;
        let none = f64::INFINITY;
        [
            (MAX_CURRENT_MA, Limit::MaxCurrent),
            (self.device.max_current.as_f64(), Limit::DeviceCurrent),
            (self.caps.clinician.map_or(none, Milliamps::as_f64), Limit::ClinicianCap),
            (self.caps.user.map_or(none, Milliamps::as_f64), Limit::UserCap),
            (max_charge_uc * 1_000.0 / width_us, Limit::ChargePerPhase),
            (peak_for_rms(MAX_DENSITY_MA_PER_CM2 * area_cm2, width_us, rate_hz), Limit::CurrentDensity),
            (peak_for_rms(power_rms_ma, width_us, rate_hz), Limit::PowerDensity),
            (peak_for_energy(MAX_ENERGY_MJ, width_us, ENERGY_LOAD_OHM), Limit::PulseEnergy),
            (peak_for_rms(max_rms_ma(rate_hz), width_us, rate_hz), Limit::RmsCurrent),
        ]
    }

    /// To the device's step, downwards; zero for what is no current.
    pub(super) fn round_down(&self, current_ma: f64) -> Milliamps {
        let tenths = (current_ma * 10.0 + 1e-6).floor();
        if !(tenths >= 0.0 && tenths <= f64::from(u16::MAX)) {
            return Milliamps::ZERO;
        }
        // In range by the check above.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let tenths = tenths as u16;
        let step = self.device.current_step.tenths().max(1);
        Milliamps::from_tenths(tenths - tenths % step)
    }

    fn check_programme(&self, programme: &Programme) -> Result<(), Refusal> {
        let parameters = programme.parameters();
        for asked in [parameters.frequency.0, parameters.frequency.1] {
            if let Some(allowed) = bound_passed(asked, self.device.frequency) {
                return refuse(Limit::Frequency, Amount::Frequency(asked), Amount::Frequency(allowed));
            }
        }
        for asked in [parameters.width.0, parameters.width.1] {
            if let Some(allowed) = bound_passed(asked, self.device.width) {
                return refuse(Limit::PulseWidth, Amount::Width(asked), Amount::Width(allowed));
            }
        }
        let (asked, allowed) = (parameters.ramp_up_dma_per_s, self.device.max_ramp_up_dma_per_s);
        if asked > allowed {
            return refuse(Limit::Ramp, Amount::RampRate(asked), Amount::RampRate(allowed));
        }
        Ok(())
    }

    fn check_time(&self, plan: &SessionPlan) -> Result<(), Refusal> {
        let longest = plan.programme.longest_session().min(self.device.max_session);
        if plan.duration > longest || plan.duration.get() == 0 {
            return refuse(Limit::SessionLength, Amount::Time(plan.duration), Amount::Time(longest));
        }
        if let Some(allowed) = bound_passed(plan.grace, self.device.grace) {
            return refuse(Limit::Grace, Amount::Time(plan.grace), Amount::Time(allowed));
        }
        Ok(())
    }
}

/// The end of a range that a value lies beyond, if it does.
fn bound_passed<T: Copy + PartialOrd>(asked: T, (lowest, highest): (T, T)) -> Option<T> {
    if asked < lowest {
        Some(lowest)
    } else if asked > highest {
        Some(highest)
    } else {
        None
    }
}

fn check_pads(pads: PadCheck) -> Result<(), Refusal> {
    if !pads.skin_intact {
        return refuse(Limit::SkinCheck, Amount::Flag(false), Amount::Flag(true));
    }
    if pads.pad_uses >= MAX_PAD_USES {
        let (asked, allowed) = (u32::from(pads.pad_uses) + 1, u32::from(MAX_PAD_USES));
        return refuse(Limit::PadUses, Amount::Count(asked), Amount::Count(allowed));
    }
    Ok(())
}

fn check_dose(plan: &SessionPlan, dose: DoseHistory, now: UnixMillis) -> Result<(), Refusal> {
    let left = MAX_DOSE_A_DAY.get().saturating_sub(dose.last_day.get());
    if plan.duration.get() > left {
        return refuse(Limit::DoseADay, Amount::Time(plan.duration), Amount::Time(Seconds::new(left)));
    }
    if let Some(last_end) = dose.last_end {
        // A clock set back makes the last end lie in the future: then the whole pause is asked for.
        let since_s = now.get().saturating_sub(last_end.get()).max(0) / 1_000;
        let since = Seconds::new(u32::try_from(since_s).unwrap_or(u32::MAX));
        if since < MIN_PAUSE {
            return refuse(Limit::Pause, Amount::Time(since), Amount::Time(MIN_PAUSE));
        }
    }
    Ok(())
}

fn refuse<T>(limit: Limit, asked: Amount, allowed: Amount) -> Result<T, Refusal> {
    Err(Refusal { limit, asked, allowed, channel: None })
}
