//! When a check is asked for, and the pass that a start needs.
//!
//! The figures are chosen here: three points and a score of 7 are what the numeric rating scale calls a severe pain that has
//! clearly changed, and two weeks are long enough for a median of a person's usual days.

use crate::diary::{PainReport, Quality, Sides};
use crate::pain::{PainScore, Place};
use crate::screening::{self, Round, Screening, ScreeningPass};
use crate::units::UnixMillis;

/// From this score on pain can jump.
pub const JUMP_SCORE: u8 = 7;
/// So many points above the median of the days before are a jump.
pub const JUMP_POINTS: u8 = 3;
/// What pain is compared with: so many days before it. Without any entry there, the newest one before them.
pub const LOOK_BACK_DAYS: u8 = 14;
/// For so many days the pain that a check has covered is no jump again, unless it goes higher still: a person who is asked
/// the same thing at each entry of a bad week stops reading.
pub const COVERED_DAYS: u8 = 3;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// What matters here of a pain entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PainPoint {
    /// When it was felt.
    pub at: UnixMillis,
    /// The order in which the app was told, entries and their edits counted alike. No clock decides what a check has covered.
    pub told: u32,
    /// The score.
    pub score: PainScore,
    /// The sides on which it goes to a leg or foot; `None` when it doesn't.
    pub legs: Option<Sides>,
    /// Whether something is numb.
    pub numb: bool,
}

impl PainPoint {
    /// Of an entry.
    pub fn new(at: UnixMillis, told: u32, report: &PainReport) -> Self {
        let mut legs: Option<Sides> = None;
        for sides in [Place::Leg, Place::Foot].into_iter().filter_map(|place| report.sites().sides(place)) {
            let known = legs.unwrap_or_default();
            legs = Some(Sides { left: known.left || sides.left, right: known.right || sides.right, middle: false });
        }
        Self { at, told, score: report.score(), legs, numb: report.qualities().contains(&Quality::Numb) }
    }
}

/// What has been answered and told, for [`due`] and [`clear_to_start`].
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// Screenings and checks, oldest first: all of them.
    pub rounds: &'a [Round],
    /// Pain entries, in any order: those told since the newest complete round, and what was felt before them, as far back as
    /// there is something to compare with.
    pub pain: &'a [PainPoint],
}

/// Why a check is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// There was none yet.
    NeverChecked,
    /// Pain has jumped.
    PainJump,
    /// Pain has gone to a leg that it wasn't in.
    NewLeg,
    /// Something has become numb.
    Numbness,
}

impl Why {
    /// As a word, in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverChecked => "never_checked",
            Self::PainJump => "pain_jump",
            Self::NewLeg => "new_leg",
            Self::Numbness => "numbness",
        }
    }

    /// What to tell the person.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NeverChecked => "Answer the red-flag questions before the first session.",
            Self::PainJump => {
                "Your pain is much worse than in the last two weeks: answer the red-flag questions before the next session."
            }
            Self::NewLeg => {
                "Your pain has gone to a leg it wasn't in: answer the red-flag questions before the next session."
            }
            Self::Numbness => "You have told of numbness: answer the red-flag questions before the next session.",
        }
    }
}

/// Whether a check is due, and why.
pub fn due(history: &History<'_>) -> Option<Why> {
    let Some(checked) = history.rounds.iter().rev().find(|round| round.answers_red_flags()) else {
        return Some(Why::NeverChecked);
    };
    let mut new: Vec<&PainPoint> = history.pain.iter().filter(|point| point.told > checked.told).collect();
    new.sort_by_key(|point| point.told);
    new.into_iter().find_map(|point| {
        let before = before(history.pain, point);
        if jumps(point, &before, checked.told) {
            Some(Why::PainJump)
        } else if is_new_leg(point, &before) {
            Some(Why::NewLeg)
        } else {
            (point.numb && before.iter().all(|earlier| !earlier.numb)).then_some(Why::Numbness)
        }
    })
}

/// What a pain is compared with.
fn before<'a>(pain: &'a [PainPoint], point: &PainPoint) -> Vec<&'a PainPoint> {
    let is_before = |earlier: &&PainPoint| (earlier.at, earlier.told) < (point.at, point.told);
    let recent: Vec<_> =
        pain.iter().filter(is_before).filter(|earlier| within(earlier, point, LOOK_BACK_DAYS)).collect();
    if recent.is_empty() {
        return pain.iter().filter(is_before).max_by_key(|earlier| (earlier.at, earlier.told)).into_iter().collect();
    }
    recent
}

fn within(earlier: &PainPoint, point: &PainPoint, days: u8) -> bool {
    point.at.get().saturating_sub(earlier.at.get()) <= i64::from(days) * DAY_MS
}

fn jumps(point: &PainPoint, before: &[&PainPoint], covered: u32) -> bool {
    let Some(median_doubled) = median_doubled(before) else { return false };
    let is_jump = point.score.get() >= JUMP_SCORE
        && u16::from(point.score.get()) * 2 >= median_doubled + u16::from(JUMP_POINTS) * 2;
    let was_as_high = before
        .iter()
        .any(|earlier| earlier.told <= covered && within(earlier, point, COVERED_DAYS) && earlier.score >= point.score);
    is_jump && !was_as_high
}

/// Twice the median, so that it is a whole number.
fn median_doubled(points: &[&PainPoint]) -> Option<u16> {
    let mut scores: Vec<u16> = points.iter().map(|point| u16::from(point.score.get())).collect();
    scores.sort_unstable();
    let upper = scores.get(scores.len() / 2)?;
    let lower = scores.get(scores.len().checked_sub(1)? / 2)?;
    Some(lower + upper)
}

/// Pain in a leg, where there was none in it before. Nothing to compare with is nothing new: a screening asks about both legs.
fn is_new_leg(point: &PainPoint, before: &[&PainPoint]) -> bool {
    let Some(legs) = point.legs else { return false };
    let known: Vec<Sides> = before.iter().filter_map(|earlier| earlier.legs).collect();
    if before.is_empty() || known.is_empty() {
        return !before.is_empty();
    }
    let new_left = legs.left && !known.iter().any(|sides| sides.left);
    let new_right = legs.right && !known.iter().any(|sides| sides.right);
    // A leg of which the side was not said may be either of them, but not both.
    if known.iter().any(|sides| sides.are_unsaid()) { new_left && new_right } else { new_left || new_right }
}

/// Proof that screening and red flags allow a start. Made by [`clear_to_start`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartPass(ScreeningPass);

impl StartPass {
    /// The screening in it, which is enough for a session that runs already.
    pub const fn screening(&self) -> &ScreeningPass {
        &self.0
    }
}

/// Why there is no [`StartPass`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotClear {
    /// The screening does not pass.
    Screening(Screening),
    /// A check is due.
    Due(Why),
}

impl NotClear {
    /// What to tell the person.
    pub fn advice(&self) -> String {
        match self {
            Self::Screening(screening) => screening.advice(),
            Self::Due(why) => why.advice().to_owned(),
        }
    }
}

/// Whether a session may be started, as far as the person is concerned.
pub fn clear_to_start(history: &History<'_>) -> Result<StartPass, NotClear> {
    match screening::judge(history.rounds) {
        Screening::Passed(pass) => match due(history) {
            Some(why) => Err(NotClear::Due(why)),
            None => Ok(StartPass(pass)),
        },
        locked => Err(NotClear::Screening(locked)),
    }
}
