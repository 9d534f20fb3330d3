//! Insights in plain sentences. Days are watched, not tried: no sentence says why. A test reads every word of this file.

use super::change::{Against, Change, ChangeVerdict, Figures, FormChange};
use super::estimate::{Direction, Estimate};
use super::link::{Factor, Link, Verdict};
use super::measure::Measure;
use super::milestone::{Milestone, Statement};
use super::programme::{Effect, EffectVerdict};
use super::streak::Streak;
use crate::programme::{MODES, Mode};

/// What belongs under every list of links.
pub const CAVEAT: &str =
    "What goes together need not follow from the other. One person's days can show no more than that.";

const POINTS: &str = "points";

const fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Higher => "higher",
        Direction::Lower => "lower",
    }
}

/// An interval in words, such as "0.2 to 1.4 points higher" or "from 0.3 points lower to 0.2 higher".
fn range(estimate: &Estimate, unit: &str) -> String {
    let (low, high) = (estimate.low().abs(), estimate.high().abs());
    match estimate.direction() {
        Some(Direction::Higher) => format!("{low:.1} to {high:.1} {unit} higher"),
        Some(Direction::Lower) => format!("{high:.1} to {low:.1} {unit} lower"),
        None => format!("from {low:.1} {unit} lower to {high:.1} higher"),
    }
}

fn title(mode: Mode) -> &'static str {
    MODES.iter().find(|range| range.mode == mode).map_or("Your own programme", |range| range.title)
}

fn days(count: u32) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

impl Factor {
    /// Its name, for a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NotUpright => "Posture",
            Self::SleepQuality => "Sleep",
            Self::Activity => "Activity",
            Self::Stimulation => "Stimulation",
        }
    }

    const fn more(self) -> &'static str {
        match self {
            Self::NotUpright => "with more slouching and leaning",
            Self::SleepQuality => "after a better night",
            Self::Activity => "with more activity",
            Self::Stimulation => "with more stimulation",
        }
    }
}

impl Link {
    /// What can be said, in a sentence or two.
    pub fn sentence(&self) -> String {
        let when = match self.lag_days {
            0 => "the same day".to_owned(),
            1 => "the day after".to_owned(),
            later => format!("{later} days later"),
        };
        match &self.verdict {
            Verdict::NotEnoughYet { have, need } => {
                format!("Not enough yet: {have} of {need} days that have both this and pain.")
            }
            Verdict::TooAlike { have, need } => {
                format!("Nothing to compare yet: only {} of {need} were different from the others.", days(*have))
            }
            Verdict::NoClearLink { .. } => {
                format!("No clear link with your pain, up to three days later ({}).", days(self.days))
            }
            Verdict::Together { direction, split, .. } => {
                let often = match (self.factor, direction) {
                    (Factor::Stimulation, Direction::Higher) => " A session is often started when it hurts more.",
                    _ => "",
                };
                format!(
                    "On days {} your pain {when} tended to be {}: {:.1} against {:.1} ({}; {}).{often}",
                    self.factor.more(),
                    word(*direction),
                    split.pain_more,
                    split.pain_less,
                    range(&split.difference, POINTS),
                    days(self.days),
                )
            }
        }
    }
}

impl Effect {
    /// What can be said, in a sentence or two.
    pub fn sentence(&self) -> String {
        let title = title(self.mode);
        let said = match &self.verdict {
            EffectVerdict::NotEnoughYet { have, need } => {
                format!("{title}: not enough yet, {have} of {need} sessions rated before and after.")
            }
            EffectVerdict::Measured { before_mean, after_mean, change, direction: Some(direction) } => {
                let close = match direction {
                    Direction::Lower => {
                        "It may help during and shortly after a session; bad moments also tend to pass by themselves."
                    }
                    Direction::Higher => "Stop a session that hurts, and talk to a clinician if this goes on.",
                };
                format!(
                    "{title}: over {} sessions your pain was {} just after than just before, {after_mean:.1} against \
                     {before_mean:.1} ({}). {close}",
                    self.sessions,
                    word(*direction),
                    range(change, POINTS),
                )
            }
            EffectVerdict::Measured { change, direction: None, .. } => {
                format!(
                    "{title}: no clear difference between just before and just after over {} sessions ({}).",
                    self.sessions,
                    range(change, POINTS),
                )
            }
        };
        match self.left_out_uncertain {
            0 => said,
            1 => format!("{said} One session whose end was not seen is left out."),
            several => format!("{said} {several} sessions whose end was not seen are left out."),
        }
    }
}

impl Change {
    /// What can be said, in a sentence.
    pub fn sentence(&self) -> String {
        let Measure { title, unit, .. } = self.measure;
        let against = match self.against {
            Against::Baseline => "the first two weeks",
            Against::Before => "the two weeks before",
        };
        let means = |figures: &Figures| format!("{:.1} against {:.1}", figures.now_mean, figures.then_mean);
        match &self.verdict {
            ChangeVerdict::NotEnoughYet { have, need } => {
                format!("Against {against}: not enough yet, {have} of the {need} days with a figure that it takes.")
            }
            ChangeVerdict::NoRealChange(figures) => format!(
                "Against {against}: no sure change of your {title} that is large enough to matter, {} ({}).",
                means(figures),
                range(&figures.difference, unit),
            ),
            ChangeVerdict::Real { direction, figures } => format!(
                "Against {against}: your {title} is {}, {} ({}). That is enough to matter.",
                word(*direction),
                means(figures),
                range(&figures.difference, unit),
            ),
        }
    }
}

impl FormChange {
    /// What can be said, in a sentence.
    pub fn sentence(&self) -> String {
        let Self { measure: Measure { title, highest, .. }, first, latest, direction } = self;
        match direction {
            Some(direction) => format!(
                "Your {title} is {}: {latest:.1} against {first:.1} on your first form, of {highest:.0}. That is enough to matter.",
                word(*direction)
            ),
            None => format!(
                "Your {title} is {latest:.1} against {first:.1} on your first form, of {highest:.0}: not far enough apart to matter."
            ),
        }
    }
}

impl Streak {
    /// How it stands, in a sentence; `what` is what was done, such as "with a pain entry".
    pub fn sentence(&self, what: &str) -> String {
        match self.forgiven {
            0 => format!("{} in a row {what}.", days(self.days)),
            1 => format!("{} {what}, with a day off that counts as rest.", days(self.days)),
            several => format!("{} {what}, with {several} days off that count as rest.", days(self.days)),
        }
    }
}

fn quoted(statements: &[Statement]) -> String {
    statements.iter().map(|statement| format!("\"{}\"", statement.text)).collect::<Vec<_>>().join(", ")
}

impl Milestone {
    /// What is reached, in a sentence or two.
    pub fn sentence(&self) -> String {
        match self {
            Self::NoLongerTicked { statements, new } => {
                let but = if new.is_empty() { String::new() } else { format!(" New since then: {}.", quoted(new)) };
                format!("No longer true for you since your first form: {}.{but}", quoted(statements))
            }
            Self::GeneralActivity { first, latest } => {
                format!("Pain is less in the way of your general activity: {latest:.0} of 10, at first {first:.0}.")
            }
            Self::LongestUpright { longest_s, before_s } => format!(
                "Your longest upright stretch so far: {} minutes, before that {}.",
                longest_s / 60,
                before_s / 60
            ),
            Self::LessStillness { then_percent, now_percent } => format!(
                "You hold still for {now_percent:.0} percent of the time worn, in the first two weeks {then_percent:.0}."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insights::link::Split;
    use crate::insights::measure::{PAIN, PEG, ROLAND_MORRIS};

    /// Beginnings of words, and words, that claim a cause or more than is known.
    const BANNED: [&str; 30] = [
        "cause",
        "causing",
        "cure",
        "curing",
        "heal",
        "prove",
        "proof",
        "proving",
        "treat",
        "because",
        "thanks",
        "thank",
        "due to",
        "leads",
        "led to",
        "reduce",
        "reducing",
        "reduction",
        "reliev",
        "relief",
        "improve",
        "improving",
        "effective",
        "fixes",
        "works",
        "guarantee",
        "makes",
        "made",
        "so that",
        "therefore",
    ];

    fn claims(text: &str) -> Vec<&'static str> {
        let text = text.to_lowercase();
        let begins = |at: usize| !text[..at].ends_with(|letter: char| letter.is_alphabetic());
        BANNED.into_iter().filter(|banned| text.match_indices(banned).any(|(at, _)| begins(at))).collect()
    }

    fn estimate(value: f64, half: f64) -> Estimate {
        Estimate::around(value, half, (-10.0, 10.0))
    }

    fn split(value: f64) -> Split {
        Split { days_more: 40, days_less: 44, pain_more: 4.5 + value, pain_less: 4.5, difference: estimate(value, 0.6) }
    }

    fn link(factor: Factor, lag_days: u8, verdict: Verdict) -> Link {
        Link { factor, lag_days, days: 84, verdict }
    }

    fn all() -> Vec<String> {
        let mut all = vec![CAVEAT.to_owned()];
        let correlation = estimate(0.4, 0.2);
        for factor in Factor::ALL {
            all.push(factor.title().to_owned());
            for lag in 0..=3 {
                for (direction, value) in [(Direction::Higher, 0.9), (Direction::Lower, -0.9)] {
                    all.push(
                        link(factor, lag, Verdict::Together { direction, correlation, split: split(value) }).sentence(),
                    );
                }
                all.push(link(factor, lag, Verdict::NoClearLink { correlation, split: split(0.1) }).sentence());
                all.push(link(factor, lag, Verdict::NotEnoughYet { have: 12, need: 28 }).sentence());
                all.push(link(factor, lag, Verdict::TooAlike { have: 1, need: 7 }).sentence());
            }
        }
        for mode in MODES.iter().map(|range| range.mode).chain([Mode::Custom]) {
            for (value, left_out_uncertain) in [(-1.2, 0), (0.1, 1), (1.2, 2)] {
                let change = estimate(value, 0.4);
                let direction = change.direction();
                let verdict = EffectVerdict::Measured { before_mean: 5.0, after_mean: 5.0 + value, change, direction };
                let effect = Effect { mode, sessions: 24, left_out_uncertain, left_out_unrated: 3, verdict };
                all.push(effect.sentence());
                all.push(Effect { verdict: EffectVerdict::NotEnoughYet { have: 3, need: 10 }, ..effect }.sentence());
            }
        }
        for measure in [PAIN, PEG, ROLAND_MORRIS] {
            for against in [Against::Baseline, Against::Before] {
                let figures = Figures { then_mean: 6.0, now_mean: 3.4, difference: estimate(-2.6, 0.8) };
                for verdict in [
                    ChangeVerdict::NotEnoughYet { have: 3, need: 7 },
                    ChangeVerdict::NoRealChange(figures),
                    ChangeVerdict::Real { direction: Direction::Lower, figures },
                ] {
                    all.push(Change { measure, against, verdict }.sentence());
                }
            }
            all.extend(
                [(9.0, 3.0), (3.0, 9.0), (9.0, 8.9)]
                    .map(|(first, latest)| FormChange::new(measure, first, latest).sentence()),
            );
        }
        all.extend(
            [0, 1, 2].map(|forgiven| Streak { days: 9, forgiven, since_day: Some(3) }.sentence("with a pain entry")),
        );
        let statements = vec![Statement { id: "1".into(), text: "I stay at home".into() }];
        all.extend(
            [
                Milestone::NoLongerTicked { statements: statements.clone(), new: statements.clone() },
                Milestone::NoLongerTicked { statements, new: Vec::new() },
                Milestone::GeneralActivity { first: 6.0, latest: 3.0 },
                Milestone::LongestUpright { longest_s: 4_000, before_s: 1_800 },
                Milestone::LessStillness { then_percent: 80.0, now_percent: 66.0 },
            ]
            .map(|milestone| milestone.sentence()),
        );
        all
    }

    #[test]
    fn the_scan_finds_what_it_looks_for() {
        assert_eq!(claims("TENS cures back pain."), ["cure"]);
        assert_eq!(claims("Slouching causes pain because of gravity"), ["cause", "because"]);
        assert!(claims("Secure, unproven, a sheaf").is_empty(), "only where a word begins");
    }

    #[test]
    fn no_sentence_claims_a_cause() {
        for sentence in all() {
            assert_eq!(claims(&sentence), Vec::<&str>::new(), "{sentence}");
            assert!(sentence.len() < 260, "{sentence}");
        }
    }

    /// What a sentence that nobody thought of above would be made of: every word of this file before its tests.
    #[test]
    fn no_template_claims_a_cause() {
        let (templates, tests) = include_str!("wording.rs").split_once("#[cfg(test)]").unwrap();
        assert!(templates.contains("tended to be") && tests.contains("cures"));
        assert_eq!(claims(templates), Vec::<&str>::new());
    }

    #[test]
    fn nothing_stronger_is_said_of_stimulation() {
        let help: Vec<_> = all().into_iter().filter(|sentence| sentence.contains("help")).collect();
        assert!(!help.is_empty());
        assert!(help.iter().all(|sentence| sentence.contains("may help during and shortly after a session")));
    }

    #[test]
    fn sentences_read_as_meant() {
        let verdict =
            Verdict::Together { direction: Direction::Higher, correlation: estimate(0.4, 0.2), split: split(0.9) };
        assert_eq!(
            link(Factor::NotUpright, 1, verdict).sentence(),
            "On days with more slouching and leaning your pain the day after tended to be higher: 5.4 against 4.5 \
             (0.3 to 1.5 points higher; 84 days)."
        );
        let verdict =
            Verdict::Together { direction: Direction::Lower, correlation: estimate(-0.4, 0.2), split: split(-0.9) };
        assert!(
            link(Factor::SleepQuality, 0, verdict)
                .sentence()
                .starts_with("On days after a better night your pain the same day")
        );
        assert_eq!(range(&estimate(0.1, 0.4), "points"), "from 0.3 points lower to 0.5 higher");
        assert_eq!(range(&estimate(-1.0, 0.4), "points"), "0.6 to 1.4 points lower");
    }
}
