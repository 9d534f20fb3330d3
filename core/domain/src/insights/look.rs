//! Everything at once: what a shell shows on one screen.

use std::collections::BTreeMap;

use serde::Serialize;

use super::change::{Against, Change, ChangeVerdict, FormChange, change};
use super::link::{Factor, Link, Verdict, clearest, links};
use super::measure::{PAIN, PEG, ROLAND_MORRIS, STILLNESS};
use super::milestone::{FirstAndLatest, Milestone, MilestoneInputs, Statement, milestones};
use super::programme::{Effect, EffectVerdict, ScoredSession, effects};
use super::series::{Series, number};
use super::streak::{DayMark, Streak, streak};

/// What a person's days are, as far as they are known. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// The last day that is looked at, in days since 1970-01-01 on the person's own calendar: mostly today.
    pub to_day: i32,
    /// Mean pain score of the day, 0 to 10.
    pub pain: Series,
    /// The share of the time held still that was not upright, 0 to 1.
    pub not_upright: Series,
    /// How well the night before was slept, on any scale that rises.
    pub sleep_quality: Series,
    /// How active the day was, on any scale that rises.
    pub activity: Series,
    /// Minutes of stimulation, zero on a day without a session.
    pub stimulated_min: Series,
    /// Time held still, in percent of the time worn.
    pub stillness_percent: Series,
    /// Sessions, oldest first.
    pub sessions: Vec<ScoredSession>,
    /// How the days went.
    pub marks: Marks,
    /// Forms that were filled in.
    pub forms: Forms,
    /// The longest upright stretch in seconds: before these days, and in them.
    pub longest_upright_s: Option<FirstAndLatest<u32>>,
}

/// How days went, each by its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// A session went as it was planned.
    pub session: BTreeMap<i32, DayMark>,
    /// The posture goal was reached.
    pub posture_goal: BTreeMap<i32, DayMark>,
    /// There is a pain entry.
    pub diary: BTreeMap<i32, DayMark>,
}

/// The first form of each kind and the latest; `None` while there are not two.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forms {
    /// PEG: the mean of its items, 0 to 10.
    pub peg: Option<FirstAndLatest<f64>>,
    /// PEG's item about general activity, 0 to 10.
    pub general_activity: Option<FirstAndLatest<f64>>,
    /// Roland-Morris: the statements that were ticked, of 24.
    pub roland_morris: Option<FirstAndLatest<Vec<Statement>>>,
}

/// Everything that can be said of a person's days.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Insights {
    /// Pain before and after sessions of each programme that was used.
    pub effects: Vec<Effect>,
    /// Pain beside each factor at each lag; their intervals hold all together.
    pub links: Vec<Link>,
    /// Pain of the last fourteen days against others.
    pub changes: Vec<Change>,
    /// The latest forms against the first.
    pub forms: Vec<FormChange>,
    /// Days in a row.
    pub streaks: Streaks,
    /// What the person can do again.
    pub milestones: Vec<Milestone>,
}

/// The streaks that are alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Streaks {
    /// Days with a session as planned.
    pub session: Streak,
    /// Days on which the posture goal was reached.
    pub posture_goal: Streak,
    /// Days with a pain entry.
    pub diary: Streak,
}

impl Inputs {
    /// Everything that can be said of these days.
    pub fn look(&self) -> Insights {
        let Self { to_day, forms, marks, .. } = self;
        let ticked = |statements: &[Statement]| number(statements.len());
        let form_changes = [
            forms.peg.as_ref().map(|peg| FormChange::new(PEG, peg.first, peg.latest)),
            forms
                .roland_morris
                .as_ref()
                .map(|form| FormChange::new(ROLAND_MORRIS, ticked(&form.first), ticked(&form.latest))),
        ];
        let stillness = change(&self.stillness_percent, STILLNESS, Against::Baseline, *to_day);
        Insights {
            effects: effects(&self.sessions),
            links: links(&self.pain, &Factor::ALL.map(|factor| (factor, self.series(factor)))),
            changes: [Against::Before, Against::Baseline]
                .map(|against| change(&self.pain, PAIN, against, *to_day))
                .to_vec(),
            forms: form_changes.into_iter().flatten().collect(),
            streaks: Streaks {
                session: streak(&marks.session, *to_day),
                posture_goal: streak(&marks.posture_goal, *to_day),
                diary: streak(&marks.diary, *to_day),
            },
            milestones: milestones(&MilestoneInputs {
                roland_morris: forms.roland_morris.clone(),
                general_activity: forms.general_activity.clone(),
                longest_upright_s: self.longest_upright_s.clone(),
                stillness: Some(stillness),
            }),
        }
    }

    const fn series(&self, factor: Factor) -> &Series {
        match factor {
            Factor::NotUpright => &self.not_upright,
            Factor::SleepQuality => &self.sleep_quality,
            Factor::Activity => &self.activity,
            Factor::Stimulation => &self.stimulated_min,
        }
    }
}

impl Insights {
    /// The sentences of what could be measured, the surest kind first: sessions, change, forms, what goes together, milestones.
    pub fn measured(&self) -> Vec<String> {
        let effects = self.effects.iter().filter(|effect| matches!(effect.verdict, EffectVerdict::Measured { .. }));
        let changes =
            self.changes.iter().filter(|change| !matches!(change.verdict, ChangeVerdict::NotEnoughYet { .. }));
        let links = self.clearest_links().filter(|link| matches!(link.verdict, Verdict::Together { .. }));
        let effects = effects.map(Effect::sentence).chain(changes.map(Change::sentence));
        let told = effects.chain(self.forms.iter().map(FormChange::sentence)).chain(links.map(Link::sentence));
        told.chain(self.milestones.iter().map(Milestone::sentence)).collect()
    }

    /// For each factor that the person has days of, the link to show.
    pub fn clearest_links(&self) -> impl Iterator<Item = &Link> {
        Factor::ALL.into_iter().filter_map(|factor| clearest(&self.links, factor)).filter(|link| link.days > 0)
    }
}
