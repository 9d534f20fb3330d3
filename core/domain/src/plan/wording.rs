//! Changes of a plan in plain sentences. They say what was seen and what follows; none says why a body did as it did.

use jiff::civil::Date;

use super::adherence::Week;
use super::change::{Change, Reason, To, Variable};
use super::dose::{Dose, Dosed, Sets};
use super::goal::Goal;
use super::log::StopReason;
use super::reassess::Reassess;
use super::staged::{Review, Stage};
use super::verdict::Bad;
use crate::exercise::Exercise;

/// Where the limits of pain come from: belongs under every plan.
pub const EVIDENCE: &str = "How much pain during exercise is acceptable was studied with painful tendons, not with backs: it is a guide, not a proof.";

/// What to do when an exercise is paused.
pub const CONTACT: &str = "Talk to a clinician before you go on with what is paused.";

/// An exercise in words, from its name: "Bird dog leg".
pub fn name(exercise: Exercise) -> String {
    capitalised(&exercise.id().replace('_', " "))
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn counted(count: u8, one: &str, several: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {several}") }
}

fn sets(sets: Sets) -> String {
    let first = sets.iter().next().unwrap_or_default();
    let list = || sets.iter().map(|count| count.to_string()).collect::<Vec<_>>().join("-");
    match sets.count() {
        1 => counted(first, "repetition", "repetitions"),
        count if sets.iter().all(|set| set == first) => {
            format!("{count} sets of {}", counted(first, "repetition", "repetitions"))
        }
        _ => format!("sets of {} repetitions", list()),
    }
}

impl Dose {
    /// In words, such as "8 repetitions of 10 s" or "sets of 6-4-2 repetitions of 8 s".
    pub fn words(&self) -> String {
        match self {
            Self::Repetitions { sets: all } => sets(*all),
            Self::Holds { sets: all, hold_s } => format!("{} of {} s", sets(*all), hold_s.get()),
            Self::Minutes { minutes } => counted(minutes.get(), "minute", "minutes"),
        }
    }

    /// The one thing that a step has changed.
    fn part(self, variable: Variable) -> String {
        match (self, variable) {
            (Self::Holds { hold_s, .. }, Variable::Hold) => format!("holds of {} s", hold_s.get()),
            (
                Self::Holds { sets: all, .. } | Self::Repetitions { sets: all },
                Variable::Repetitions | Variable::Sets,
            ) => sets(all),
            _ => self.words(),
        }
    }
}

impl Dosed {
    /// In words, such as "Bridge, 8 repetitions of 10 s".
    pub fn words(&self) -> String {
        format!("{}, {}", name(self.exercise()), self.dose().words())
    }
}

fn bad(bad: Bad) -> String {
    match bad {
        Bad::During { worst, limit } => {
            format!("pain of {} during it, above the limit of {}", worst.get(), limit.get())
        }
        Bad::Flare { before, .. } => format!("pain of {} already before it", before.get()),
        Bad::Stopped => "stopped for pain".to_owned(),
        Bad::Morning { before, morning } => {
            format!("pain of {} on the next morning, {} before the session", morning.get(), before.get())
        }
    }
}

fn alarm(reason: StopReason) -> &'static str {
    match reason {
        StopReason::NumbOrWeak => {
            "numbness, weakness or pain down a leg (answer the red-flag questions now; with trouble of bladder, bowel or saddle area go to emergency care at once)"
        }
        StopReason::Unwell => {
            "dizzy, short of breath or pain in the chest (call emergency care if it does not pass within minutes)"
        }
        StopReason::Pain | StopReason::Tired | StopReason::NoTime | StopReason::Other => "a sign of danger",
    }
}

impl Reason {
    /// What was seen, such as "pain of 6 during it, above the limit of 5".
    fn seen(self) -> String {
        match self {
            Self::WithinLimit { sessions } => format!("{sessions} times in a row without worse pain"),
            Self::BadSession(reason) => bad(reason),
            Self::SecondBad(reason @ Bad::Flare { .. }) => format!("{}, and so for two weeks", bad(reason)),
            Self::SecondBad(reason) => format!("{}, the second bad session in a row", bad(reason)),
            Self::Alarm(reason) => alarm(reason).to_owned(),
            Self::Break { days } => format!("not done for {days} days"),
            Self::Agreed => "a clinician has agreed".to_owned(),
        }
    }

    /// What follows, and the word before how much.
    const fn follows(self) -> (&'static str, &'static str) {
        match self {
            Self::WithinLimit { .. } => ("now", ""),
            Self::BadSession(_) => ("one step back", ", to"),
            Self::SecondBad(_) | Self::Alarm(_) => ("paused", ""),
            Self::Break { .. } => ("begin again lower", ", with"),
            Self::Agreed => ("go on", ", with"),
        }
    }
}

impl Change {
    /// What it is now: the one thing that has changed, or all of it when the exercise has.
    fn now(&self) -> String {
        match (&self.to, self.variable()) {
            (To::Paused, _) => String::new(),
            (To::Dosed(to), None) => to.dose().words(),
            (To::Dosed(to), Some(Variable::Variant)) => to.words(),
            (To::Dosed(to), Some(variable)) => to.dose().part(variable),
        }
    }

    /// What has changed and why, in a sentence or two.
    pub fn sentence(&self) -> String {
        let (exercise, seen, (follows, with)) = (name(self.exercise()), self.reason.seen(), self.reason.follows());
        match (&self.to, &self.reason) {
            (To::Paused, _) => format!("{exercise}: {seen}: {follows}. {CONTACT}"),
            (_, Reason::WithinLimit { .. }) => {
                format!("{exercise}: {}, {seen}: {follows} {}.", self.from.dose().words(), self.now())
            }
            _ => format!("{exercise}: {seen}: {follows}{with} {}.", self.now()),
        }
    }
}

/// Changes in few sentences, each with its day: what was seen on one day and led to the same stands together. In the order in
/// which they are given.
pub fn digest(changes: &[Change]) -> Vec<(Date, String)> {
    let mut groups: Vec<(Date, String, Vec<&Change>)> = Vec::new();
    for change in changes {
        let key = format!("{}: {}", change.reason.seen(), change.reason.follows().0);
        let is_up = matches!(change.reason, Reason::WithinLimit { .. });
        match groups.iter_mut().find(|(on, known, _)| !is_up && *on == change.on && *known == key) {
            Some((_, _, together)) => together.push(change),
            None => groups.push((change.on, key, vec![change])),
        }
    }
    groups.into_iter().map(|(on, key, together)| (on, together_sentence(&key, &together))).collect()
}

fn together_sentence(key: &str, together: &[&Change]) -> String {
    if let [alone] = together {
        return alone.sentence();
    }
    let each = |change: &&Change| match &change.to {
        To::Paused => name(change.exercise()),
        To::Dosed(_) => format!("{} ({})", name(change.exercise()), change.now()),
    };
    let list = together.iter().map(each).collect::<Vec<_>>().join(", ");
    let is_paused = together.iter().any(|change| change.to == To::Paused);
    let contact = if is_paused { format!(" {CONTACT}") } else { String::new() };
    format!("{}: {list}.{contact}", capitalised(key))
}

impl Week {
    /// How the week went, in a sentence.
    pub fn sentence(&self) -> String {
        match self.percent() {
            None => format!("Week from {}: nothing was due.", self.monday),
            Some(percent) => format!("Week from {}: {} of {} done ({percent} %).", self.monday, self.done, self.due),
        }
    }
}

impl Goal {
    /// How far it is, in a sentence.
    pub fn sentence(&self) -> String {
        let (reached, all) = (self.reached(), self.steps().len());
        match self.next() {
            None => format!("\"{}\": reached.", self.text().as_str()),
            Some(next) => {
                format!("\"{}\": {reached} of {all} steps reached; next: {}.", self.text().as_str(), next.text.as_str())
            }
        }
    }
}

impl Reassess {
    /// Why to look at the plan anew, in a sentence or two.
    pub fn sentence(&self) -> String {
        const LOOK: &str = "Look at the plan again with a clinician.";
        match self {
            Self::NoStepUp { weeks } => format!("No exercise has gone up for {weeks} weeks. {LOOK}"),
            Self::PegNoBetter { first, latest, weeks } => format!(
                "After {weeks} weeks the pain is not clearly less in the way: PEG {latest:.1}, at first {first:.1}. {LOOK}"
            ),
            Self::Paused { exercises } => {
                format!("{} paused. {LOOK}", counted(*exercises, "exercise is", "exercises are"))
            }
            Self::SeldomDone { percent, weeks } => format!(
                "Over {weeks} weeks {percent} % of what was due was done: the plan may ask for too much. Make it smaller, or talk about it with a clinician."
            ),
        }
    }
}

impl Stage {
    /// Its name, for a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Calm => "Calm",
            Self::Restore => "Restore",
            Self::Strengthen => "Strengthen",
            Self::Keep => "Keep",
        }
    }
}

impl Review {
    /// What the review of a stage comes to, in a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Stay(why) => format!("Stay in this stage: {}.", why.words()),
            Self::Advance(to) => format!("On to the next stage: {}.", to.title()),
            Self::Back(to) => format!("Two weeks with too many bad days: back to the stage before, {}.", to.title()),
        }
    }
}

#[cfg(test)]
#[path = "wording_tests.rs"]
mod tests;
