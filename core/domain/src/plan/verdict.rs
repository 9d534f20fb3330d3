//! What a day of an exercise comes to: good, bad, or nothing that counts.
//!
//! A day counts as one session, however often the exercise was done on it, and its worst counts. Good is only what is known to be
//! good: a session without the worst pain, without the pain before it, or without an answer on the next morning neither counts
//! nor breaks a row. An answer on one exercise of a day goes for all of that day.

use serde::{Deserialize, Serialize};

use super::activity::PainLimits;
use super::dose::Dosed;
use super::log::{Difficulty, Done, Entry, Event, SkipReason, StopReason};
use crate::pain::PainScore;

/// What hurts before it is begun may hurt so many points more during it and still be no answer to it: what the scale repeats by
/// itself.
const FLARE_RISE: u8 = 1;

/// What is known of a whole day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Morning {
    /// Pain before the first exercise of the day that has it.
    pub(super) before: Option<PainScore>,
    /// Pain on the morning after: the worst that was told.
    pub(super) after: Option<PainScore>,
}

impl Morning {
    /// Of all that was done on a day, oldest first. `over`: whether the next morning has come.
    pub(super) fn of<'a>(done: impl Iterator<Item = &'a Done> + Clone, over: bool) -> Self {
        Self {
            before: done.clone().find_map(|done| done.pain_before),
            after: done.filter_map(|done| done.next_morning).max().filter(|_| over),
        }
    }
}

/// What makes a session a bad one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bad {
    /// It hurt more than is acceptable.
    During {
        /// The worst.
        worst: PainScore,
        /// What is acceptable.
        limit: PainScore,
    },
    /// It hurt more than is acceptable, and about as much before it was begun: a bad day, whatever was done on it.
    Flare {
        /// Pain just before.
        before: PainScore,
        /// The worst.
        worst: PainScore,
    },
    /// It was stopped because it hurt.
    Stopped,
    /// The next morning was worse than before the session: by enough, or by a little for the third time in a row.
    Morning {
        /// Before the session.
        before: PainScore,
        /// On the next morning.
        morning: PainScore,
    },
}

/// What a day of an exercise comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Within the limit, done in full, and known to be so.
    Good,
    /// Neither.
    Uncounted,
    /// The next morning was a little worse: the third in a row is bad.
    Slight(Bad),
    /// A skip for pain, or something else that a row does not go on after.
    Breaks,
    /// Too much.
    Bad(Bad),
}

/// Judges the entries of one activity on one day, oldest first. `asked` is what was to be done. A sign of danger is more than a
/// verdict on one exercise, and is looked for elsewhere.
pub(super) fn judge(entries: &[&Entry], asked: &Dosed, limits: PainLimits, day: Morning) -> Verdict {
    let done: Vec<&Done> = entries.iter().filter_map(|entry| entry.done()).collect();
    let worst = done.iter().filter_map(|done| done.worst_during).max();
    if let Some(worst) = worst.filter(|worst| *worst > limits.during()) {
        let limit = limits.during();
        let before = done.iter().find_map(|done| done.pain_before).or(day.before);
        return Verdict::Bad(match before {
            Some(before) if before >= limit && worst.get() <= before.get().saturating_add(FLARE_RISE) => {
                Bad::Flare { before, worst }
            }
            _ => Bad::During { worst, limit },
        });
    }
    if done.iter().any(|done| done.stopped == Some(StopReason::Pain)) {
        return Verdict::Bad(Bad::Stopped);
    }
    if done.is_empty() {
        let for_pain = |entry: &&Entry| entry.event == Event::Skipped { reason: SkipReason::Pain };
        return if entries.iter().any(for_pain) { Verdict::Breaks } else { Verdict::Uncounted };
    }
    if let (Some(before), Some(morning)) = (day.before, day.after)
        && morning > before
    {
        let bad = Bad::Morning { before, morning };
        let enough = morning.get() - before.get() >= limits.morning_rise();
        return if enough { Verdict::Bad(bad) } else { Verdict::Slight(bad) };
    }
    let known = day.before.is_some() && day.after.is_some() && done.iter().all(|done| done.worst_during.is_some());
    let in_full =
        done.iter().all(|done| done.stopped.is_none()) && done.iter().any(|done| !is_less(&done.dosed, asked));
    let was_hard = done.iter().any(|done| done.difficulty == Some(Difficulty::Hard));
    if known && in_full && !was_hard { Verdict::Good } else { Verdict::Uncounted }
}

/// Less than asked, or an exercise that can't be compared with it.
fn is_less(done: &Dosed, asked: &Dosed) -> bool {
    let as_much = done.exercise() == asked.exercise() && !asked.is_harder_than(done);
    !(as_much || done.is_harder_than(asked))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::exercise::Exercise;
    use crate::plan::dose::Dose;
    use crate::plan::text::{ActivityId, EntryId};

    fn score(score: u8) -> Option<PainScore> {
        PainScore::new(score).ok()
    }

    fn dosed(repetitions: u8) -> Dosed {
        Dosed::new(Exercise::Bridge, Dose::holds(1, repetitions, 8).unwrap()).unwrap()
    }

    fn good() -> Done {
        Done {
            dosed: dosed(6),
            pain_before: score(3),
            worst_during: score(5),
            next_morning: score(3),
            difficulty: None,
            stopped: None,
        }
    }

    fn verdict(done: &[Done]) -> Verdict {
        let entry = |event| Entry {
            id: EntryId::new("e").unwrap(),
            edit: 0,
            activity: ActivityId::new("a").unwrap(),
            at: date(2026, 6, 1).at(9, 0, 0, 0),
            event,
        };
        let entries: Vec<Entry> = done.iter().map(|done| entry(Event::Done(*done))).collect();
        let entries: Vec<&Entry> = entries.iter().collect();
        judge(&entries, &dosed(6), PainLimits::default(), Morning::of(done.iter(), true))
    }

    #[test]
    fn five_is_within_the_limit_and_six_is_not() {
        assert_eq!(verdict(&[good()]), Verdict::Good);
        assert!(matches!(verdict(&[Done { worst_during: score(6), ..good() }]), Verdict::Bad(Bad::During { .. })));
        let flare = |worst| verdict(&[Done { pain_before: score(6), worst_during: score(worst), ..good() }]);
        assert!(matches!(flare(7), Verdict::Bad(Bad::Flare { .. })));
        assert!(matches!(flare(8), Verdict::Bad(Bad::During { .. })));
    }

    #[test]
    fn what_is_not_known_is_never_good() {
        for done in [
            Done { next_morning: None, ..good() },
            Done { pain_before: None, ..good() },
            Done { worst_during: None, ..good() },
            Done { dosed: dosed(5), ..good() },
            Done { stopped: Some(StopReason::NoTime), ..good() },
            Done { difficulty: Some(Difficulty::Hard), ..good() },
        ] {
            assert_eq!(verdict(&[done]), Verdict::Uncounted, "{done:?}");
        }
        assert_eq!(verdict(&[Done { dosed: dosed(9), ..good() }]), Verdict::Good, "more than asked");
    }

    #[test]
    fn a_morning_is_a_little_worse_or_worse() {
        assert!(matches!(verdict(&[Done { next_morning: score(4), ..good() }]), Verdict::Slight(_)));
        assert!(matches!(verdict(&[Done { next_morning: score(5), ..good() }]), Verdict::Bad(Bad::Morning { .. })));
        assert_eq!(verdict(&[Done { next_morning: score(1), ..good() }]), Verdict::Good);
    }

    #[test]
    fn the_worst_of_a_day_counts() {
        let stopped = Done { stopped: Some(StopReason::Pain), ..good() };
        assert_eq!(verdict(&[good(), stopped]), Verdict::Bad(Bad::Stopped));
        let unanswered = Done { pain_before: None, next_morning: None, ..good() };
        assert_eq!(verdict(&[good(), unanswered]), Verdict::Good, "an answer goes for the day");
    }
}
