//! Smoothing: the lean and the movement without the sensor's noise, breathing and single knocks.
//!
//! An exponential filter: a step is followed to 63 % within the time constant, whatever the rate and however regularly
//! samples come. It needs no window, so it is the same after a second as after a day, and a steady input comes out as it
//! went in. After a gap it begins anew: what was between is not known, and must not be drawn as a line.

use super::mounting::Lean;
use super::sample::{GAP_MS, degrees};

/// The time constant, in milliseconds. This project's choice: long enough that noise of two degrees stays within half a
/// degree at 25 samples a second, short enough that a slouch is seen within a second or two.
pub const TIME_CONSTANT_MS: u64 = 800;

/// What the filter gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Smooth {
    /// The lean of the body from upright.
    pub lean: Lean,
    /// How much it moves, in 1/64 g.
    pub activity: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct State {
    forward_ddeg: f64,
    right_ddeg: f64,
    activity: f64,
    at_ms: u64,
}

/// The filter's memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Filter {
    state: Option<State>,
}

impl Filter {
    /// Takes what was at `at_ms`, in milliseconds of any clock that does not go back, and gives it smoothed.
    pub fn take(&mut self, raw: Smooth, at_ms: u64) -> Smooth {
        let target = State {
            forward_ddeg: raw.lean.forward_ddeg.into(),
            right_ddeg: raw.lean.right_ddeg.into(),
            activity: raw.activity.into(),
            at_ms,
        };
        let state = match self.state {
            Some(before) if at_ms.saturating_sub(before.at_ms) <= GAP_MS => before.towards(target),
            _ => target,
        };
        self.state = Some(state);
        state.rounded()
    }
}

impl State {
    fn towards(self, target: Self) -> Self {
        // Within the gap: exact.
        let passed_ms = f64::from(u32::try_from(target.at_ms.saturating_sub(self.at_ms)).unwrap_or(u32::MAX));
        let constant_ms = f64::from(u32::try_from(TIME_CONSTANT_MS).unwrap_or(u32::MAX));
        let share = 1.0 - (-passed_ms / constant_ms).exp();
        let angle = |from: f64, to: f64| {
            // The short way round.
            let way = (to - from + 1_800.0).rem_euclid(3_600.0) - 1_800.0;
            (from + share * way + 1_800.0).rem_euclid(3_600.0) - 1_800.0
        };
        Self {
            forward_ddeg: angle(self.forward_ddeg, target.forward_ddeg),
            right_ddeg: angle(self.right_ddeg, target.right_ddeg),
            activity: self.activity + share * (target.activity - self.activity),
            at_ms: target.at_ms.max(self.at_ms),
        }
    }

    fn rounded(self) -> Smooth {
        Smooth {
            lean: Lean { forward_ddeg: whole(self.forward_ddeg), right_ddeg: whole(self.right_ddeg) },
            activity: u8::try_from(whole(self.activity)).unwrap_or(u8::MAX),
        }
    }
}

fn whole(value: f64) -> i32 {
    #[allow(clippy::cast_possible_truncation, reason = "an angle or an activity: a few thousand at the most")]
    let whole = value.round() as i32;
    // Nothing but tenths of a degree, and less: what a sample holds.
    i32::from(degrees(whole).tenths())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn smooth(forward_ddeg: i32, activity: u8) -> Smooth {
        Smooth { lean: Lean { forward_ddeg, right_ddeg: -forward_ddeg }, activity }
    }

    #[test]
    fn a_step_is_followed_within_the_time_constant_at_any_rate() {
        for interval_ms in [20, 40, 100, 400, 800] {
            let mut filter = Filter::default();
            filter.take(smooth(0, 0), 0);
            let mut out = smooth(0, 0);
            for at_ms in (interval_ms..=TIME_CONSTANT_MS).step_by(usize::try_from(interval_ms).unwrap()) {
                out = filter.take(smooth(1_000, 100), at_ms);
            }
            assert_eq!((out.lean.forward_ddeg, out.activity), (632, 63), "every {interval_ms} ms");
        }
    }

    #[test]
    fn a_knock_is_not_a_posture() {
        let mut filter = Filter::default();
        for index in 0..50 {
            filter.take(smooth(0, 0), index * 40);
        }
        let knocked = filter.take(smooth(900, 0), 2_000);
        assert!(knocked.lean.forward_ddeg < 50, "{knocked:?}");
    }

    #[test]
    fn a_gap_is_not_bridged() {
        let mut filter = Filter::default();
        filter.take(smooth(0, 0), 0);
        assert_eq!(filter.take(smooth(500, 0), GAP_MS + 1), smooth(500, 0));
    }

    #[test]
    fn a_repeated_moment_changes_nothing() {
        let mut filter = Filter::default();
        filter.take(smooth(100, 4), 1_000);
        assert_eq!(filter.take(smooth(900, 90), 1_000), smooth(100, 4));
        assert_eq!(filter.take(smooth(900, 90), 10), smooth(100, 4));
    }

    proptest! {
        #[test]
        fn a_steady_input_comes_out_as_it_went_in(
            forward in -1_799_i32..1_800, right in -1_799_i32..1_800, activity: u8, steps in prop::collection::vec(1_u64..2_000, 1..100),
        ) {
            let raw = Smooth { lean: Lean { forward_ddeg: forward, right_ddeg: right }, activity };
            let (mut filter, mut at_ms) = (Filter::default(), 0);
            for step in steps {
                at_ms += step;
                prop_assert_eq!(filter.take(raw, at_ms), raw);
            }
        }

        #[test]
        fn what_comes_out_lies_between_what_went_in(
            inputs in prop::collection::vec((-600_i32..600, any::<u8>(), 1_u64..3_000), 1..100),
        ) {
            let least = inputs.iter().map(|(forward, ..)| *forward).min().unwrap();
            let most = inputs.iter().map(|(forward, ..)| *forward).max().unwrap();
            let (mut filter, mut at_ms) = (Filter::default(), 0);
            for (forward, activity, step) in inputs {
                at_ms += step;
                let out = filter.take(smooth(forward, activity), at_ms).lean.forward_ddeg;
                prop_assert!((least..=most).contains(&out), "{} not in {}..={}", out, least, most);
            }
        }
    }
}
