//! Approvals: what has passed the envelope. Their fields are private and only the envelope makes them.

use std::time::Duration;

use super::envelope::SessionPlan;
use super::limits::{MAX_RISE_DMA, MIN_BATTERY, MIN_RISE_INTERVAL_MS};
use super::refusal::{Amount, Limit, Refusal};
use crate::units::{Milliamps, Percent};

/// A session that may be started, and the caps that hold in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ApprovedStart {
    pub(super) plan: SessionPlan,
    pub(super) caps: Vec<(Milliamps, Limit)>,
    pub(super) step: Milliamps,
    pub(super) max_rise: Milliamps,
    pub(super) clinician: Option<Milliamps>,
}

/// Targets that may be sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ApprovedTargets {
    targets: Vec<Milliamps>,
    rises: bool,
}

/// A paused session that may be resumed, from zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ApprovedResume {
    _private: (),
}

impl ApprovedStart {
    /// What was approved.
    pub const fn plan(&self) -> &SessionPlan {
        &self.plan
    }

    /// The cap of each channel, 0 for those that aren't used.
    pub fn caps(&self) -> Vec<Milliamps> {
        self.caps.iter().map(|(cap, _)| *cap).collect()
    }

    /// The limit that makes each channel's cap.
    pub fn binding_limits(&self) -> Vec<Limit> {
        self.caps.iter().map(|(_, limit)| *limit).collect()
    }

    /// The clinician's cap that it was approved under. A session keeps it: what a clinic allows later is for the next start.
    pub const fn clinician_cap(&self) -> Option<Milliamps> {
        self.clinician
    }

    /// The smallest change of a target.
    pub const fn step(&self) -> Milliamps {
        self.step
    }

    /// The same after the person has lowered their own cap to this. One that is higher changes nothing: only the envelope
    /// can allow more.
    #[must_use]
    pub fn lowered_to(mut self, own_cap: Milliamps) -> Self {
        let own_cap = Milliamps::from_tenths(own_cap.tenths() - own_cap.tenths() % self.step.tenths().max(1));
        for cap in self.caps.iter_mut().filter(|(cap, _)| own_cap < *cap) {
            *cap = (own_cap, Limit::UserCap);
        }
        self
    }

    /// Approves absolute targets for all channels. `current` are the targets the device is known to have
    /// now, `None` if they aren't known: then only zero is allowed. `since_last_rise` is the time since a
    /// rise was last sent. A fall is allowed at once and by any amount, to zero always, to any other value if it is
    /// a multiple of the step within the cap. All channels pass or none: a rise that is refused takes a fall asked
    /// with it along.
    pub fn approve_targets(
        &self,
        current: Option<&[Milliamps]>,
        asked: &[Milliamps],
        since_last_rise: Option<Duration>,
    ) -> Result<ApprovedTargets, Refusal> {
        let count = |targets: &[Milliamps]| Amount::Count(u32::try_from(targets.len()).unwrap_or(u32::MAX));
        if asked.len() != self.caps.len() || current.is_some_and(|current| current.len() != asked.len()) {
            let allowed = Amount::Count(u32::try_from(self.caps.len()).unwrap_or(u32::MAX));
            return Err(Refusal { limit: Limit::Channels, asked: count(asked), allowed, channel: None });
        }
        let mut rises = false;
        for (channel, (target, (cap, binding))) in asked.iter().zip(&self.caps).enumerate() {
            let refuse = |limit, allowed| {
                Err(Refusal { limit, asked: Amount::Current(*target), allowed, channel: Some(channel) })
            };
            if *target == Milliamps::ZERO {
                continue;
            }
            let Some(now) = current.and_then(|current| current.get(channel)) else {
                return refuse(Limit::UnknownCurrent, Amount::Current(Milliamps::ZERO));
            };
            if self.plan.pads.get(channel).is_none_or(Option::is_none) {
                return refuse(Limit::UnusedChannel, Amount::Current(Milliamps::ZERO));
            }
            if target > cap {
                return refuse(*binding, Amount::Current(*cap));
            }
            if target.tenths() % self.step.tenths().max(1) != 0 {
                return refuse(Limit::CurrentStep, Amount::Current(self.step));
            }
            let rise = target.saturating_sub(*now);
            if rise > self.max_rise {
                return refuse(
                    Limit::Rise,
                    Amount::Current(Milliamps::from_tenths(now.tenths().saturating_add(self.max_rise.tenths()))),
                );
            }
            rises |= rise > Milliamps::ZERO;
        }
        let since_ms = since_last_rise.map(|since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        if let Some(since_ms) = since_ms.filter(|since_ms| rises && *since_ms < MIN_RISE_INTERVAL_MS) {
            return Err(Refusal {
                limit: Limit::RiseRate,
                asked: Amount::Millis(since_ms),
                allowed: Amount::Millis(MIN_RISE_INTERVAL_MS),
                channel: None,
            });
        }
        Ok(ApprovedTargets { targets: asked.to_vec(), rises })
    }

    /// Approves going on with this session after a pause, from zero.
    pub fn approve_resume(&self, battery: Percent) -> Result<ApprovedResume, Refusal> {
        check_battery(battery)?;
        Ok(ApprovedResume { _private: () })
    }
}

impl ApprovedTargets {
    /// The targets of all channels.
    pub fn targets(&self) -> &[Milliamps] {
        &self.targets
    }

    /// Whether any channel rises.
    pub const fn rises(&self) -> bool {
        self.rises
    }
}

pub(super) fn check_battery(battery: Percent) -> Result<(), Refusal> {
    if battery < MIN_BATTERY {
        return Err(Refusal {
            limit: Limit::Battery,
            asked: Amount::Share(battery),
            allowed: Amount::Share(MIN_BATTERY),
            channel: None,
        });
    }
    Ok(())
}

/// The largest rise of one command for a device.
pub(super) fn max_rise(device: Milliamps) -> Milliamps {
    device.min(Milliamps::from_tenths(MAX_RISE_DMA))
}
