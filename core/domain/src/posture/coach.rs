//! The coach: when a slouch counts, when it is nudged, and when a break is due.
//!
//! Two nudge alike, by one set of settings. The wearable does it by itself, app or no app, once it was told how: that is
//! [`Nudging`], what it is to be told at a time of day. The coach does it for what the app sees live: its effects are what a
//! shell shows while the wearable vibrates. Both keep at least the delay between two nudges, and neither nudges a body
//! that isn't slouched, so none that lies or moves, and no device that isn't worn.

use jiff::civil::DateTime;

use super::breaks::Breaks;
use super::judge::Posture;
use super::mounting::Reference;
use super::sample::GAP_MS;
use super::settings::{Mode, PostureSettings, SlouchDelay};
use crate::units::{Degrees, Percent};

/// What the wearable is to be told about nudging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nudging {
    /// Not to.
    Off {
        /// What is a slouch all the same: it judges its minutes with it.
        threshold: Degrees,
    },
    /// To nudge.
    On {
        /// Beyond this forward lean.
        threshold: Degrees,
        /// When it has lasted so long, and again each time it has.
        delay: SlouchDelay,
        /// How strongly.
        strength: Percent,
        /// For so long from now on, in seconds: until the quiet hours, which it does not know. `None` = until told otherwise.
        for_s: Option<u32>,
    },
}

impl Nudging {
    /// What holds at this local time. Without a calibration, or with a sensor whose mounting the device's own rules would
    /// misread, it nudges nobody.
    pub fn at(settings: &PostureSettings, reference: Option<Reference>, local: DateTime) -> Self {
        let threshold = settings.sensitivity.slouch();
        let suits = reference.is_some_and(|reference| reference.mounting.suits_the_device());
        let quiet = settings.quiet.is_some_and(|quiet| quiet.contains(local.time()));
        if settings.mode == Mode::Tracking || quiet || !suits {
            return Self::Off { threshold };
        }
        Self::On {
            threshold,
            delay: settings.delay,
            strength: settings.strength,
            for_s: settings.quiet.map(|quiet| quiet.begins_in_s(local)),
        }
    }
}

/// What the coach hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What was judged.
    pub posture: Posture,
    /// When, in milliseconds of a clock that does not go back.
    pub at_ms: u64,
    /// The same by the person's own clock.
    pub local: DateTime,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoachEffect {
    /// This slouch has lasted: it counts. Once for each.
    SlouchCounts,
    /// The person is nudged to sit up.
    Nudge,
    /// The person is reminded of a break.
    TakeABreak {
        /// For how long the body was held still, in milliseconds.
        held_ms: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slouch {
    since_ms: u64,
    counted: bool,
}

/// The coach's memory of what it has heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coach {
    slouch: Option<Slouch>,
    nudged_ms: Option<u64>,
    newest_ms: Option<u64>,
    breaks: Breaks,
}

impl Coach {
    /// The state after what was heard, and what is to be done about it.
    #[must_use]
    pub fn step(mut self, settings: &PostureSettings, heard: Heard) -> (Self, Vec<CoachEffect>) {
        let Heard { posture, at_ms, local } = heard;
        let quiet = settings.quiet.is_some_and(|quiet| quiet.contains(local.time()));
        let mut effects = Vec::new();
        if self.newest_ms.replace(at_ms).is_some_and(|newest_ms| at_ms.saturating_sub(newest_ms) > GAP_MS) {
            // Nobody knows whether it lasted.
            self.slouch = None;
        }
        if posture == Posture::Slouched {
            self.slouched(settings, at_ms, quiet, &mut effects);
        } else {
            self.slouch = None;
        }
        let held_ms = settings.breaks.map_or(0, super::breaks::BreakAfter::ms);
        if self.breaks.take(posture, at_ms, settings.breaks, quiet) {
            effects.push(CoachEffect::TakeABreak { held_ms });
        }
        (self, effects)
    }

    /// Another stream begins, with a clock of its own. What lasted until now is not known to have lasted.
    pub fn restart(&mut self) {
        *self = Self::default();
    }

    fn slouched(&mut self, settings: &PostureSettings, at_ms: u64, quiet: bool, effects: &mut Vec<CoachEffect>) {
        let slouch = self.slouch.get_or_insert(Slouch { since_ms: at_ms, counted: false });
        let delay_ms = settings.delay.ms();
        if at_ms.saturating_sub(slouch.since_ms) < delay_ms {
            return;
        }
        if !slouch.counted {
            slouch.counted = true;
            effects.push(CoachEffect::SlouchCounts);
        }
        let rested = self.nudged_ms.is_none_or(|nudged_ms| at_ms.saturating_sub(nudged_ms) >= delay_ms);
        if settings.mode == Mode::Training && !quiet && rested {
            self.nudged_ms = Some(at_ms);
            effects.push(CoachEffect::Nudge);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    use super::*;
    use crate::posture::breaks::BreakAfter;
    use crate::posture::judge::Sensitivity;
    use crate::posture::mounting::Turn;
    use crate::posture::sample::{Neutral, degrees};

    fn training() -> PostureSettings {
        PostureSettings {
            mode: Mode::Training,
            delay: SlouchDelay::from_seconds(60).unwrap(),
            breaks: BreakAfter::from_minutes(30).ok(),
            ..PostureSettings::default()
        }
    }

    fn at(hour: i8, minute: i8) -> DateTime {
        date(2026, 6, 1).at(hour, minute, 0, 0)
    }

    /// Hears one posture every second from `from_s` on; gives what came, and when.
    fn hold(
        coach: &mut Coach,
        settings: &PostureSettings,
        posture: Posture,
        from_s: u64,
        for_s: u64,
    ) -> Vec<(u64, CoachEffect)> {
        let mut all = Vec::new();
        for second in from_s..from_s + for_s {
            let local = at(9, 0) + jiff::Span::new().seconds(i64::try_from(second).unwrap());
            let (next, effects) = coach.step(settings, Heard { posture, at_ms: second * 1_000, local });
            *coach = next;
            all.extend(effects.into_iter().map(|effect| (second, effect)));
        }
        all
    }

    #[test]
    fn a_slouch_counts_once_and_is_nudged_until_it_is_over() {
        let mut coach = Coach::default();
        let came = hold(&mut coach, &training(), Posture::Slouched, 0, 150);
        assert_eq!(came, [(60, CoachEffect::SlouchCounts), (60, CoachEffect::Nudge), (120, CoachEffect::Nudge)]);
        assert_eq!(hold(&mut coach, &training(), Posture::Upright, 150, 10), []);
        // Sat up for a moment: the time begins anew.
        let came = hold(&mut coach, &training(), Posture::Slouched, 160, 61);
        assert_eq!(came, [(220, CoachEffect::SlouchCounts), (220, CoachEffect::Nudge)]);
    }

    #[test]
    fn tracking_counts_in_silence() {
        let settings = PostureSettings { mode: Mode::Tracking, ..training() };
        let came = hold(&mut Coach::default(), &settings, Posture::Slouched, 0, 600);
        assert_eq!(came, [(60, CoachEffect::SlouchCounts)]);
    }

    #[test]
    fn a_gap_ends_a_slouch_that_nobody_saw_last() {
        let mut coach = Coach::default();
        hold(&mut coach, &training(), Posture::Slouched, 0, 59);
        assert_eq!(hold(&mut coach, &training(), Posture::Slouched, 62, 60), []);
    }

    #[test]
    fn a_break_is_reminded_of_in_either_mode() {
        for mode in Mode::ALL {
            let settings = PostureSettings { mode, ..training() };
            let came = hold(&mut Coach::default(), &settings, Posture::Upright, 0, 1_900);
            assert_eq!(came, [(1_800, CoachEffect::TakeABreak { held_ms: 1_800_000 })]);
        }
    }

    #[test]
    fn the_wearable_is_armed_only_when_all_is_well() {
        let reference = |pitch, turn| Reference::new(Neutral { pitch: degrees(pitch), roll: degrees(0) }, turn);
        let straight = reference(60, Turn::Ahead);
        let off = Nudging::Off { threshold: degrees(150) };
        let Nudging::On { threshold, delay, for_s, .. } = Nudging::at(&training(), Some(straight), at(21, 30)) else {
            panic!("not armed");
        };
        assert_eq!((threshold, delay.seconds(), for_s), (degrees(150), 60, Some(30 * 60)));
        assert_eq!(Nudging::at(&training(), Some(straight), at(22, 0)), off);
        assert_eq!(Nudging::at(&training(), Some(straight), at(6, 59)), off);
        assert_eq!(Nudging::at(&training(), None, at(12, 0)), off);
        assert_eq!(Nudging::at(&training(), Some(reference(1_750, Turn::Ahead)), at(12, 0)), off);
        assert_eq!(Nudging::at(&training(), Some(reference(60, Turn::Left)), at(12, 0)), off);
        let silent = PostureSettings { mode: Mode::Tracking, ..training() };
        assert_eq!(Nudging::at(&silent, Some(straight), at(12, 0)), off);
        let always = PostureSettings { quiet: None, ..training() };
        assert!(matches!(Nudging::at(&always, Some(straight), at(3, 0)), Nudging::On { for_s: None, .. }));
    }

    fn settings() -> impl Strategy<Value = PostureSettings> {
        let quiet = prop::option::of((0_u16..1_440, 1_u16..1_440)).prop_map(|quiet| {
            quiet.and_then(|(from, length)| {
                super::super::quiet::QuietHours::from_minutes(from, (from + length) % 1_440).ok()
            })
        });
        (
            prop::sample::select(Mode::ALL.to_vec()),
            prop::sample::select(Sensitivity::ALL.to_vec()),
            10_u16..=600,
            quiet,
            prop::option::of(30_u8..=60),
        )
            .prop_map(|(mode, sensitivity, delay, quiet, breaks)| PostureSettings {
                mode,
                sensitivity,
                delay: SlouchDelay::from_seconds(delay).unwrap(),
                strength: Percent::saturating(50),
                quiet,
                breaks: breaks.and_then(|minutes| BreakAfter::from_minutes(minutes).ok()),
            })
    }

    proptest! {
        /// A few hours of anything, with gaps and clocks that are changed.
        #[test]
        fn nudges_and_reminders_keep_every_rule(
            settings in settings(), begin in 0_i64..86_400,
            stretches in prop::collection::vec(
                (prop::sample::select(Posture::ALL.to_vec()), 1_u64..2_400, 0_u64..120, prop::sample::select(vec![0_i64, 0, 0, 3_600, -3_600])),
                1..12,
            ),
        ) {
            let (mut coach, mut at_ms, mut shift_s) = (Coach::default(), 0_u64, begin);
            let (mut last_nudge, mut last_break, mut slouched_since): (Option<u64>, Option<u64>, Option<u64>) = (None, None, None);
            for (posture, seconds, gap_s, clock_s) in stretches {
                at_ms += gap_s * 1_000;
                shift_s += clock_s;
                if gap_s * 1_000 + 1_000 > GAP_MS {
                    slouched_since = None;
                }
                for _ in 0..seconds {
                    at_ms += 1_000;
                    let local = date(2026, 3, 28).at(0, 0, 0, 0)
                        + jiff::Span::new().seconds(i64::try_from(at_ms / 1_000).unwrap() + shift_s);
                    let (next, effects) = coach.step(&settings, Heard { posture, at_ms, local });
                    coach = next;
                    slouched_since = if posture == Posture::Slouched { slouched_since.or(Some(at_ms)) } else { None };
                    let quiet = settings.quiet.is_some_and(|quiet| quiet.contains(local.time()));
                    for effect in effects {
                        match effect {
                            CoachEffect::Nudge => {
                                prop_assert!(settings.mode == Mode::Training && !quiet);
                                // So neither lying, nor moving, nor off the body.
                                prop_assert_eq!(posture, Posture::Slouched);
                                prop_assert!(at_ms - slouched_since.unwrap() >= settings.delay.ms());
                                prop_assert!(last_nudge.is_none_or(|last| at_ms - last >= settings.delay.ms()));
                                last_nudge = Some(at_ms);
                            }
                            CoachEffect::TakeABreak { .. } => {
                                let after_ms = settings.breaks.unwrap().ms();
                                prop_assert!(!quiet && posture.is_held());
                                prop_assert!(at_ms - last_break.unwrap_or(0) >= after_ms);
                                last_break = Some(at_ms);
                            }
                            CoachEffect::SlouchCounts => prop_assert_eq!(posture, Posture::Slouched),
                        }
                    }
                }
            }
        }

        #[test]
        fn the_wearable_is_never_armed_into_quiet_hours_nor_in_tracking_mode(settings in settings(), minute in 0_i16..1_440) {
            let reference = Reference::new(Neutral { pitch: degrees(60), roll: degrees(0) }, Turn::Ahead);
            let time = time(i8::try_from(minute / 60).unwrap(), i8::try_from(minute % 60).unwrap(), 30, 0);
            let local = date(2026, 6, 1).to_datetime(time);
            if let Nudging::On { for_s, .. } = Nudging::at(&settings, Some(reference), local) {
                prop_assert_eq!(settings.mode, Mode::Training);
                prop_assert_eq!(for_s.is_some(), settings.quiet.is_some());
                for after_s in (0..for_s.unwrap_or(86_400).max(1)).step_by(300) {
                    let then = local + jiff::Span::new().seconds(after_s);
                    prop_assert!(!settings.quiet.is_some_and(|quiet| quiet.contains(then.time())));
                }
            }
        }
    }
}
