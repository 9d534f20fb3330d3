//! What a person's own days say about their pain, and how surely: what moves together, what has changed, what sessions were
//! followed by, and what has been kept up.
//!
//! One person's days are few, and each is like the one before it. So nothing is said here without its interval, every minimum of
//! days is stated, and what is not sure is told as such. Nothing here says why: days are watched, not tried. Series and scores
//! come in as plain values, already read from wherever they are kept.
//!
//! | you want | look at |
//! |---|---|
//! | everything at once | [`Inputs::look`] |
//! | pain before and after sessions of each programme | [`effects`] |
//! | pain beside posture, sleep, activity and stimulation | [`links`] |
//! | whether these two weeks differ from those | [`change`] |
//! | from when on a difference matters | [`Measure`] |
//! | days in a row | [`streak`] |
//! | what the person can do again | [`milestones`] |
//! | plain sentences for all of these | their `sentence` methods |
//! | a screen of them | [`Insights::sections`] |
//!
//! # What the intervals hold
//!
//! The tests (`trials`) make up people by the thousand, with seeds that stay the same, and count. An interval that says 95 %
//! must hold what is true for at least 93 % of them, and at most 5 % of people with no link at all may be told of one.
//!
//! | what | of people made up with days that are alike by 0 to 0.8 |
//! |---|---|
//! | the interval of a correlation, or of more against less, holds nothing where there is nothing | 95.5 to 98.2 % |
//! | that of a change of two weeks | 95.5 to 99.9 % |
//! | that of a programme holds the true change | 94.0 to 96.8 % |
//! | told of some link of sixteen, where there is none | 0.4 to 2.8 % |
//! | told of a true link of 0.7 over 60 days, 0.6 over 90, 0.45 over 180, 0.35 over 365 | 87, 97, 99, 100 % |
//! | told of a fall of pain by 3 points, of 4 points | 76, 82 % |
//!
//! What they cannot hold: a level that wanders by itself for weeks looks like a change, and is one, whatever was done meanwhile.
//! Single days that are mostly noise can hide such a level, and then fewer of the intervals of a change hold. A sudden fall makes
//! days look more alike than they are: some are told late, which is the lesser mistake.
//! A link of two things that both follow a third is a link all the same. Two things that both drift over the months are not taken
//! for linked: see [`links`].

mod change;
mod estimate;
mod link;
mod look;
mod measure;
mod milestone;
mod programme;
mod sections;
mod series;
mod streak;
#[cfg(test)]
mod trials;
mod wording;

pub use change::{Against, COUNTED_MIN, Change, ChangeVerdict, Figures, FormChange, STRETCH_DAYS, change};
pub use estimate::{Direction, Estimate};
pub use link::{EACH_SIDE_MIN, Factor, LAG_DAYS_LONGEST, Link, PAIRED_MIN, Split, Verdict, clearest, links};
pub use look::{Forms, Inputs, Insights, Marks, Streaks};
pub use measure::{Measure, PAIN, PEG, PEG_GENERAL_ACTIVITY, ROLAND_MORRIS, STILLNESS};
pub use milestone::{FirstAndLatest, LONGER_BY_S, Milestone, MilestoneInputs, Statement, milestones};
pub use programme::{Effect, EffectVerdict, SESSIONS_MIN, ScoredSession, effects};
pub use sections::{Certainty, Section, Told, Topic};
pub use series::Series;
pub use streak::{DayMark, FORGIVEN_EVERY_DAYS, Streak, streak};
pub use wording::CAVEAT;
