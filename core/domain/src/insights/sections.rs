//! What is shown on one screen: every sentence under its topic, in order, with how sure it is.

use serde::Serialize;

use super::change::ChangeVerdict;
use super::link::Verdict;
use super::look::Insights;
use super::programme::EffectVerdict;
use super::streak::Streak;
use super::wording::CAVEAT;

/// How sure a sentence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// By chance it would hardly look so.
    Sure,
    /// Not told from chance, or too little to matter.
    Unsure,
    /// There is not enough yet to tell.
    NotYet,
}

/// What a section is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Pain of the last two weeks against others.
    PainNow,
    /// Questionnaires, the latest against the first.
    Forms,
    /// What goes with pain.
    Links,
    /// Pain before and after sessions.
    Sessions,
    /// What the person can do again.
    Reached,
    /// Days in a row.
    KeptUp,
}

/// A sentence, and how sure it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// How sure.
    pub certainty: Certainty,
    /// The sentence.
    pub sentence: String,
}

/// The sentences about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What they are about.
    pub topic: Topic,
    /// At least one, in the order in which they are shown.
    pub told: Vec<Told>,
    /// What belongs under them.
    pub caveat: Option<&'static str>,
}

impl Topic {
    /// Its name, for a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::PainNow => "Pain now",
            Self::Forms => "Forms",
            Self::Links => "What goes with your pain",
            Self::Sessions => "Sessions",
            Self::Reached => "Reached",
            Self::KeptUp => "Kept up",
        }
    }
}

impl Insights {
    /// Everything that there is to show, topic by topic; a topic of which nothing is known is left out.
    pub fn sections(&self) -> Vec<Section> {
        let changes = self.changes.iter().map(|change| {
            let certainty = match change.verdict {
                ChangeVerdict::Real { .. } => Certainty::Sure,
                ChangeVerdict::NoRealChange(_) => Certainty::Unsure,
                ChangeVerdict::NotEnoughYet { .. } => Certainty::NotYet,
            };
            (certainty, change.sentence())
        });
        let forms = self.forms.iter().map(|form| {
            let certainty = if form.direction.is_some() { Certainty::Sure } else { Certainty::Unsure };
            (certainty, form.sentence())
        });
        let links = self.clearest_links().map(|link| {
            let certainty = match link.verdict {
                Verdict::Together { .. } => Certainty::Sure,
                Verdict::NoClearLink { .. } => Certainty::Unsure,
                Verdict::NotEnoughYet { .. } | Verdict::TooAlike { .. } => Certainty::NotYet,
            };
            (certainty, format!("{}: {}", link.factor.title(), link.sentence()))
        });
        let effects = self.effects.iter().map(|effect| {
            let certainty = match effect.verdict {
                EffectVerdict::Measured { direction: Some(_), .. } => Certainty::Sure,
                EffectVerdict::Measured { direction: None, .. } => Certainty::Unsure,
                EffectVerdict::NotEnoughYet { .. } => Certainty::NotYet,
            };
            (certainty, effect.sentence())
        });
        let reached = self.milestones.iter().map(|milestone| (Certainty::Sure, milestone.sentence()));
        let streaks = &self.streaks;
        let kept = [
            (&streaks.diary, "with a pain entry"),
            (&streaks.session, "with a session as planned"),
            (&streaks.posture_goal, "with the posture goal reached"),
        ];
        let kept = kept.into_iter().filter(|(streak, _)| is_a_row(streak));
        let together = self.links.iter().any(|link| matches!(link.verdict, Verdict::Together { .. }));
        let sections = [
            section(Topic::PainNow, changes, None),
            section(Topic::Forms, forms, None),
            section(Topic::Links, links, together.then_some(CAVEAT)),
            section(Topic::Sessions, effects, None),
            section(Topic::Reached, reached, None),
            section(Topic::KeptUp, kept.map(|(streak, what)| (Certainty::Sure, streak.sentence(what))), None),
        ];
        sections.into_iter().flatten().collect()
    }
}

/// One day is no row.
const fn is_a_row(streak: &Streak) -> bool {
    streak.days > 1
}

fn section(
    topic: Topic,
    told: impl Iterator<Item = (Certainty, String)>,
    caveat: Option<&'static str>,
) -> Option<Section> {
    let told: Vec<Told> = told.map(|(certainty, sentence)| Told { certainty, sentence }).collect();
    (!told.is_empty()).then_some(Section { topic, told, caveat })
}
