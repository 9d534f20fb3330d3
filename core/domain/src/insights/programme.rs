//! Pain just before and just after sessions, for each programme.
//!
//! People begin a session when it hurts, and pain that is bad eases by itself as often as not: what follows a session is not all
//! the session's doing, and the sentence says so. Programmes are never ranked against each other.

use std::collections::BTreeMap;

use serde::Serialize;

use super::estimate::{Direction, Estimate, MISS, quantile};
use super::series::{dot, mean, number};
use crate::pain::PainScore;
use crate::programme::{MODES, Mode};

/// So many sessions with both scores it takes to say anything. Changes of single sessions spread by some 1.5 points: the mean of
/// ten is then known to about a point, half of what matters. This project's choice.
pub const SESSIONS_MIN: u32 = 10;

/// A session and the pain around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoredSession {
    /// The kind of stimulation.
    pub mode: Mode,
    /// Just before.
    pub before: Option<PainScore>,
    /// Just after.
    pub after: Option<PainScore>,
    /// How long it stimulated, in seconds.
    pub elapsed_s: u32,
    /// Whether its end was not seen, so that time and current are the worse case.
    pub uncertain: bool,
}

/// What sessions of one programme were followed by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The kind of stimulation.
    pub mode: Mode,
    /// Sessions that count. One that was stopped early counts: it may have been stopped because it hurt.
    pub sessions: u32,
    /// Sessions left out as their end was not seen: nobody knows what the score after them came after.
    pub left_out_uncertain: u32,
    /// Sessions left out for want of a score before or after.
    pub left_out_unrated: u32,
    /// What they come to.
    pub verdict: EffectVerdict,
}

/// What can be said of a programme.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum EffectVerdict {
    /// Nothing yet.
    NotEnoughYet {
        /// Sessions that count.
        have: u32,
        /// Sessions that it takes.
        need: u32,
    },
    /// The mean change.
    Measured {
        /// Mean score just before, 0 to 10.
        before_mean: f64,
        /// Mean score just after.
        after_mean: f64,
        /// After less before, in points, with the interval of 95 % for this programme alone.
        change: Estimate,
        /// Where the whole interval lies; `None` when zero is within it.
        direction: Option<Direction>,
    },
}

/// What sessions of each programme were followed by, in the order of [`MODES`], the person's own last. `sessions` is oldest first.
/// Those that never stimulated are none.
pub fn effects(sessions: &[ScoredSession]) -> Vec<Effect> {
    let place = |mode: Mode| MODES.iter().position(|range| range.mode == mode).unwrap_or(MODES.len());
    let mut by_mode: BTreeMap<usize, Vec<ScoredSession>> = BTreeMap::new();
    for session in sessions.iter().filter(|session| session.elapsed_s > 0) {
        by_mode.entry(place(session.mode)).or_default().push(*session);
    }
    by_mode.values().filter_map(|of_mode| Some(effect(of_mode.first()?.mode, of_mode))).collect()
}

fn effect(mode: Mode, sessions: &[ScoredSession]) -> Effect {
    let (seen, unseen): (Vec<ScoredSession>, Vec<ScoredSession>) =
        sessions.iter().copied().partition(|session| !session.uncertain);
    let scores: Vec<(f64, f64)> = seen
        .iter()
        .filter_map(|session| Some((f64::from(session.before?.get()), f64::from(session.after?.get()))))
        .collect();
    let count = |sessions: usize| u32::try_from(sessions).unwrap_or(u32::MAX);
    let have = count(scores.len());
    let verdict = if have < SESSIONS_MIN {
        EffectVerdict::NotEnoughYet { have, need: SESSIONS_MIN }
    } else {
        let changes: Vec<f64> = scores.iter().map(|(before, after)| after - before).collect();
        let change = mean_of(&changes);
        EffectVerdict::Measured {
            before_mean: mean(&scores.iter().map(|score| score.0).collect::<Vec<_>>()),
            after_mean: mean(&scores.iter().map(|score| score.1).collect::<Vec<_>>()),
            change,
            direction: change.direction(),
        }
    };
    Effect {
        mode,
        sessions: have,
        left_out_uncertain: count(unseen.len()),
        left_out_unrated: count(seen.len() - scores.len()),
        verdict,
    }
}

/// The mean of changes with its interval of 95 %. When a session's change is like that of the one before it, they are worth fewer
/// sessions than they are.
pub(super) fn mean_of(changes: &[f64]) -> Estimate {
    let (count, value) = (number(changes.len()), mean(changes));
    let left: Vec<f64> = changes.iter().map(|change| change - value).collect();
    let squares = dot(&left, &left);
    let next = left.get(1..).unwrap_or_default();
    let raw = if squares > 0.0 { dot(&left, next) / squares } else { 0.0 };
    // The usual estimate from so few is too low by about (1 + 4r)/n.
    let alike = ((count * raw + 1.0) / (count - 4.0)).clamp(0.0, 0.9);
    let worth = count * (1.0 - alike) / (1.0 + alike);
    // Scores are whole numbers: when all changes are the same, each may still be off by half a point.
    let variance = (squares / (count - 1.0)).max(1.0 / 12.0);
    Estimate::around(value, quantile(MISS, worth - 1.0) * (variance / worth).sqrt(), (-10.0, 10.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(mode: Mode, before: u8, after: u8) -> ScoredSession {
        let score = |score| Some(PainScore::new(score).unwrap());
        ScoredSession { mode, before: score(before), after: score(after), elapsed_s: 1_200, uncertain: false }
    }

    #[test]
    fn nine_sessions_say_nothing_and_ten_do() {
        let mut sessions: Vec<_> = (0..9).map(|index| session(Mode::Burst, 6, 3 + index % 2)).collect();
        assert_eq!(effects(&sessions)[0].verdict, EffectVerdict::NotEnoughYet { have: 9, need: 10 });
        sessions.push(session(Mode::Burst, 6, 4));
        let [effect] = effects(&sessions)[..] else { panic!("one programme") };
        let EffectVerdict::Measured { before_mean, after_mean, change, direction } = effect.verdict else {
            panic!("measured")
        };
        assert!((before_mean - 6.0).abs() < 1e-9 && (after_mean - 3.5).abs() < 1e-9);
        assert!((change.value() + 2.5).abs() < 1e-9 && direction == Some(Direction::Lower));
        // By hand: deviations of half a point, s = 0.527; they swing, so likeness counts as none. t(9) = 2.262.
        assert!((change.high() - change.value() - 2.262 * 0.527 / 10_f64.sqrt()).abs() < 1e-3);
    }

    #[test]
    fn what_is_uncertain_unrated_or_never_flowed_is_left_out_and_told() {
        let plain = session(Mode::Conventional, 6, 4);
        let sessions = [
            plain,
            ScoredSession { uncertain: true, ..plain },
            ScoredSession { after: None, ..plain },
            ScoredSession { before: None, ..plain },
            ScoredSession { elapsed_s: 0, ..plain },
            session(Mode::Custom, 5, 5),
        ];
        let found = effects(&sessions);
        assert_eq!(found.iter().map(|effect| effect.mode).collect::<Vec<_>>(), [Mode::Conventional, Mode::Custom]);
        assert_eq!((found[0].sessions, found[0].left_out_uncertain, found[0].left_out_unrated), (1, 1, 2));
        assert!(effects(&[]).is_empty());
    }

    #[test]
    fn changes_that_are_all_the_same_are_not_known_for_sure() {
        let sessions: Vec<_> = (0..10).map(|_| session(Mode::Burst, 6, 4)).collect();
        let EffectVerdict::Measured { change, .. } = effects(&sessions)[0].verdict else { panic!("measured") };
        assert!(change.low() < -2.1 && change.high() > -1.9);
    }
}
