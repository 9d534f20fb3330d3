//! Judging: from samples to one of six postures.
//!
//! The order is the profile's own (section 9 of PROFILE.md), so that app and device agree: not worn, else lying, else moving,
//! else by the lean. What the app adds is smoothing ([`Filter`]), the mounting ([`Reference`]), and three things that keep a
//! posture at an edge from flickering: the way back takes less lean than the way there, the same for movement, and a new posture
//! must last a moment before it counts.

use serde::{Deserialize, Serialize};

use super::filter::{Filter, Smooth};
use super::mounting::{Lean, Reference};
use super::sample::{GAP_MS, MOVING_ABOVE, PostureSample};
use crate::units::Degrees;

/// Lean to a side or back beyond this is not upright, in 0.1 degree; the profile's own figure. It is the same at every
/// [`Sensitivity`], because the device judges with it whatever it is told.
pub const LEAN_DDEG: i32 = 150;
/// Going back to upright takes this much less, in 0.1 degree. This project's choice: four times the noise that is
/// left after smoothing.
pub const HYSTERESIS_DDEG: i32 = 20;
/// Movement is over when the activity is this much below [`MOVING_ABOVE`], in 1/64 g. This project's choice: between two
/// steps of a slow walk it falls by less.
pub const MOVING_HYSTERESIS: u8 = 2;
/// A new posture counts when it has lasted this long, in milliseconds. This project's choice: with the filter's, the
/// whole delay stays below two seconds.
pub const SETTLE_MS: u64 = 600;

/// How the person sits, stands or lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Posture {
    /// Upright.
    Upright,
    /// Slouched forward.
    Slouched,
    /// Leaning sideways or back.
    Leaning,
    /// Lying.
    Lying,
    /// Moving.
    Moving,
    /// The device is not worn.
    NotWorn,
}

impl Posture {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Upright, Self::Slouched, Self::Leaning, Self::Lying, Self::Moving, Self::NotWorn];

    /// As it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upright => "upright",
            Self::Slouched => "slouched",
            Self::Leaning => "leaning",
            Self::Lying => "lying",
            Self::Moving => "moving",
            Self::NotWorn => "not_worn",
        }
    }

    /// Whether the body is held still, sitting or standing: what a movement break interrupts.
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Upright | Self::Slouched | Self::Leaning)
    }
}

/// How soon a forward lean is a slouch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Late: for a beginner, or work that needs some lean.
    Low,
    /// The profile's own figure.
    #[default]
    Medium,
    /// Soon.
    High,
}

impl Sensitivity {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The forward lean beyond which it is a slouch. Medium is what PROFILE.md has a device judge with when it is told nothing;
    /// the others are this project's choice, a third to either side: 10 degrees is still twice what breathing and
    /// swaying do.
    pub const fn slouch(self) -> Degrees {
        Degrees::from_tenths(match self {
            Self::Low => 200,
            Self::Medium => 150,
            Self::High => 100,
        })
    }

    /// As it stands in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// From the store.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

/// The judge's memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Judge {
    filter: Filter,
    judged: Option<Posture>,
    /// What it may become, and since when it has looked so, in milliseconds.
    next: Option<(Posture, u64)>,
    newest_ms: Option<u64>,
}

impl Judge {
    /// What was judged last; nothing before the first sample, nor after [`Judge::restart`].
    pub const fn judged(&self) -> Option<Posture> {
        self.judged
    }

    /// Forgets everything: another stream begins, or upright is another from now on.
    pub fn restart(&mut self) {
        *self = Self::default();
    }

    /// Judges a sample taken at `at_ms`, in milliseconds of the stream's own clock, which does not go back.
    pub fn take(&mut self, sample: PostureSample, at_ms: u64, reference: Reference, level: Sensitivity) -> Posture {
        if self.newest_ms.is_some_and(|newest_ms| at_ms.saturating_sub(newest_ms) > GAP_MS) {
            self.restart();
        }
        self.newest_ms = Some(at_ms);
        let seen = self.look(sample, at_ms, reference, level);
        let judged = match (self.judged, self.next) {
            (None, _) => seen,
            (Some(judged), _) if judged == seen => judged,
            (Some(judged), Some((next, since_ms))) if next == seen => {
                if at_ms.saturating_sub(since_ms) < SETTLE_MS {
                    return judged;
                }
                seen
            }
            (Some(judged), _) => {
                self.next = Some((seen, at_ms));
                return judged;
            }
        };
        self.next = None;
        self.judged = Some(judged);
        judged
    }

    /// What this moment looks like, beside what was judged before.
    fn look(&mut self, sample: PostureSample, at_ms: u64, reference: Reference, level: Sensitivity) -> Posture {
        if !sample.worn || sample.lying {
            // The angles of a body that lies, or of a device on a table, are no lean to go on from: to the filter they are a gap.
            return if sample.worn { Posture::Lying } else { Posture::NotWorn };
        }
        let raw = Smooth { lean: reference.lean(sample), activity: sample.activity };
        classify(self.filter.take(raw, at_ms), level, self.judged)
    }
}

/// The rules for a body that sits, stands or walks; `before` is what was judged last.
fn classify(smooth: Smooth, level: Sensitivity, before: Option<Posture>) -> Posture {
    let less = |posture, by| if before == Some(posture) { by } else { 0 };
    if i32::from(smooth.activity) > i32::from(MOVING_ABOVE) - less(Posture::Moving, i32::from(MOVING_HYSTERESIS)) {
        return Posture::Moving;
    }
    let Lean { forward_ddeg, right_ddeg } = smooth.lean;
    let slouch_ddeg = i32::from(level.slouch().tenths()) - less(Posture::Slouched, HYSTERESIS_DDEG);
    let lean_ddeg = LEAN_DDEG - less(Posture::Leaning, HYSTERESIS_DDEG);
    if forward_ddeg > slouch_ddeg {
        Posture::Slouched
    } else if right_ddeg.abs() > lean_ddeg || -forward_ddeg > lean_ddeg {
        Posture::Leaning
    } else {
        Posture::Upright
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
