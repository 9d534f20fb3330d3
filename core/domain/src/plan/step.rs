//! One step up or down: always one variable.
//!
//! Up: the hold grows, then the repetitions, then the sets (a pyramid grows by two in each set instead), then comes the harder
//! variant at a low dose. A set more comes with fewer repetitions in each, so that all together grow by little. Down, where no
//! earlier dose is known to go back to: a set less, then fewer repetitions, then a shorter hold, then the easier variant.

use super::dose::{Dose, Dosed, Hold, Minutes, Sets};
use super::kind::{Kind, Top, is_fixed, least_minutes, low};
use crate::exercise::Exercise;

/// How far an activity may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Never past this.
    pub(super) ceiling: Option<Dosed>,
    /// Whether a harder or easier variant may take the place of the exercise.
    pub(super) variants: bool,
}

/// By so much the repetitions of a set grow and fall.
const REPETITIONS_STEP: i8 = 2;
/// Fewer repetitions in a set than this are not worth a way down.
const REPETITIONS_LEAST: u8 = 4;
/// A shorter hold than this is not worth a way down, in seconds; a stretch takes longer to be one.
const HOLD_LEAST_S: u8 = 5;
const STRETCH_LEAST_S: u8 = 10;
/// The same for a pyramid: its last set.
const PYRAMID_LAST_LEAST: u8 = 2;

impl Top {
    /// No further than a ceiling of the same exercise.
    fn under(self, ceiling: &Dosed, exercise: Exercise) -> Self {
        let of_sets = |sets: &Sets| Self {
            repetitions: self.repetitions.min(sets.most()),
            sets: self.sets.min(sets.count()),
            ..self
        };
        match ceiling.dose() {
            _ if ceiling.exercise() != exercise => self,
            Dose::Minutes { minutes } => Self { minutes: self.minutes.min(minutes.get()), ..self },
            Dose::Repetitions { sets } => of_sets(sets),
            Dose::Holds { sets, hold_s } => Self { hold_s: self.hold_s.min(hold_s.get()), ..of_sets(sets) },
        }
    }
}

/// The next dose up, if the bounds leave one.
pub(super) fn up(from: &Dosed, bounds: &Bounds) -> Option<Dosed> {
    let exercise = from.exercise();
    if is_fixed(exercise) {
        return None;
    }
    let allowed = |dosed: &Dosed| bounds.ceiling.is_none_or(|ceiling| dosed.is_under(&ceiling));
    let top = bounds.ceiling.map_or(Top::of(exercise), |ceiling| Top::of(exercise).under(&ceiling, exercise));
    let same =
        ways_up(from, top).into_iter().flatten().filter_map(|dose| Dosed::new(exercise, dose).ok()).find(allowed);
    same.or_else(|| {
        let harder = exercise.harder().filter(|_| bounds.variants)?;
        low(harder, *from.dose()).filter(allowed)
    })
}

/// Every way to do more of the same exercise, in the order in which they are tried.
fn ways_up(from: &Dosed, top: Top) -> [Option<Dose>; 3] {
    match *from.dose() {
        Dose::Minutes { minutes } => {
            let now = minutes.get();
            // A fifth more, a minute at least.
            let more = now.saturating_add((now / 5).max(1)).min(top.minutes);
            let grown = Minutes::new(more).ok().filter(|grown| *grown > minutes);
            [grown.map(|minutes| Dose::Minutes { minutes }), None, None]
        }
        Dose::Repetitions { sets } => {
            let dose = |sets| Dose::Repetitions { sets };
            [more_repetitions(sets, top).map(dose), more_sets(sets, top).map(dose), None]
        }
        Dose::Holds { sets, hold_s } => {
            let longer = hold_s.get().saturating_add(top.hold_step_s).min(top.hold_s);
            let hold = Hold::new(longer).ok().filter(|longer| *longer > hold_s);
            let dose = |sets| Dose::Holds { sets, hold_s };
            [
                hold.map(|hold_s| Dose::Holds { sets, hold_s }),
                more_repetitions(sets, top).map(dose),
                more_sets(sets, top).map(dose),
            ]
        }
    }
}

fn more_repetitions(sets: Sets, top: Top) -> Option<Sets> {
    let room = i8::try_from(top.repetitions.saturating_sub(sets.most())).unwrap_or(0);
    // A pyramid's step is whole or none: 10-8-6 is its last.
    let by = if sets.is_pyramid() { REPETITIONS_STEP } else { REPETITIONS_STEP.min(room) };
    if by <= 0 || by > room { None } else { sets.shifted(by) }
}

fn more_sets(sets: Sets, top: Top) -> Option<Sets> {
    let (count, total) = (sets.count(), sets.total());
    if sets.is_pyramid() || count >= top.sets {
        return None;
    }
    let each = total / (u16::from(count) + 1) + 1;
    Sets::straight(count + 1, u8::try_from(each).ok()?).ok()
}

/// The next dose down, if there is one.
pub(super) fn down(from: &Dosed, bounds: &Bounds) -> Option<Dosed> {
    let exercise = from.exercise();
    if is_fixed(exercise) {
        return None;
    }
    let same = less(from).and_then(|dose| Dosed::new(exercise, dose).ok());
    same.or_else(|| easier(exercise, *from.dose(), bounds))
}

fn easier(exercise: Exercise, like: Dose, bounds: &Bounds) -> Option<Dosed> {
    low(exercise.easier().filter(|_| bounds.variants)?, like)
}

fn less(from: &Dosed) -> Option<Dose> {
    let top = Top::of(from.exercise());
    match *from.dose() {
        Dose::Minutes { minutes } => {
            let now = minutes.get();
            // A quarter less, a minute at least.
            let less = now.saturating_sub((now / 4).max(1)).max(least_minutes(from.exercise()));
            Minutes::new(less).ok().filter(|less| *less < minutes).map(|minutes| Dose::Minutes { minutes })
        }
        Dose::Repetitions { sets } => fewer(sets).map(|sets| Dose::Repetitions { sets }),
        Dose::Holds { sets, hold_s } => fewer(sets).map(|sets| Dose::Holds { sets, hold_s }).or_else(|| {
            let is_stretch = Kind::of(from.exercise()) == Kind::Stretch;
            let least_s = if is_stretch { STRETCH_LEAST_S } else { HOLD_LEAST_S };
            let shorter = hold_s.get().saturating_sub(top.hold_step_s).max(least_s);
            Hold::new(shorter).ok().filter(|shorter| *shorter < hold_s).map(|hold_s| Dose::Holds { sets, hold_s })
        }),
    }
}

fn fewer(sets: Sets) -> Option<Sets> {
    if sets.is_pyramid() {
        let last = sets.iter().last().unwrap_or_default();
        return sets.shifted(-REPETITIONS_STEP).filter(|_| last > PYRAMID_LAST_LEAST);
    }
    if sets.count() > 1 {
        let shorter: Vec<u8> = sets.iter().take(usize::from(sets.count()) - 1).collect();
        return Sets::new(&shorter).ok();
    }
    let by = REPETITIONS_STEP.min(i8::try_from(sets.most().saturating_sub(REPETITIONS_LEAST)).unwrap_or(0));
    if by <= 0 { None } else { sets.shifted(-by) }
}

#[cfg(test)]
#[path = "step_tests.rs"]
pub(super) mod tests;
