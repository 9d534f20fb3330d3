//! Scores of questionnaires over time, with the change that matters.

use super::letters::{Letters, Weight};
use super::mark::{Area, At, Ink, Mark, Node, Role};
use super::panel::{DATES_PT, LABEL_PT, SCALE_PT, length, narrow};
use crate::questionnaire::{Answers, STATEMENTS};
use crate::report::{Period, Report};
use crate::words;

/// One questionnaire's scores: its name, its scale, and what was answered.
pub(super) struct Scores {
    pub(super) title: &'static str,
    /// What is marked as a change that matters.
    change: &'static str,
    highest: f64,
    step: f64,
    answered: Vec<(jiff::civil::Date, Answers)>,
}

/// Both questionnaires, whether they were answered or not.
pub(super) fn scores(report: &Report) -> [Scores; 2] {
    let of = |wanted: fn(&Answers) -> bool| {
        let all = report.questionnaires.iter().map(|answered| (answered.at.date(), answered.answers));
        all.filter(|(date, answers)| report.period.contains(*date) && wanted(answers)).collect()
    };
    [
        Scores {
            title: "PEG (pain, enjoyment, activity), 0 to 10, higher is worse",
            change: "30 % less than first",
            highest: 10.0,
            step: 2.0,
            answered: of(|answers| matches!(answers, Answers::Peg(_))),
        },
        Scores {
            title: "Roland-Morris (disability), 0 to 24, higher is worse",
            change: "3 points less than first",
            highest: f64::from(STATEMENTS),
            step: 6.0,
            answered: of(|answers| matches!(answers, Answers::RolandMorris(_))),
        },
    ]
}

impl Scores {
    /// What was scored, in one line.
    pub(super) fn line(&self) -> String {
        match (self.answered.first(), self.answered.last()) {
            (Some((date, only)), Some(_)) if self.answered.len() == 1 => {
                format!("{}: {} on {}.", only.name(), score(*only), words::day(*date))
            }
            (Some((from, first)), Some((to, last))) => format!(
                "{}: {} on {}, {} on {}, answered {} times.",
                first.name(),
                score(*first),
                words::day(*from),
                score(*last),
                words::day(*to),
                self.answered.len()
            ),
            _ => String::new(),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.answered.is_empty()
    }

    /// The chart. The first line of `area` is its title.
    pub(super) fn chart(&self, area: Area, period: &Period, letters: &Letters) -> Node {
        let mut marks = vec![Mark::Text {
            at: At { x: area.x, y: area.y + 7.0 },
            run: letters.fitting(self.title, Weight::Bold, LABEL_PT, area.width),
            ink: Ink::Black,
        }];
        let plot = Area {
            x: area.x + SCALE_PT,
            y: area.y + 14.0,
            width: area.width - SCALE_PT - 12.0,
            height: area.height - 14.0 - DATES_PT,
        };
        let y = |value: f64| plot.bottom() - narrow(value / self.highest) * plot.height;
        let mut value = 0.0;
        while value <= self.highest {
            let (ink, width) = if value == 0.0 { (Ink::Dark, 0.7) } else { (Ink::Pale, 0.5) };
            let points = vec![At { x: plot.x, y: y(value) }, At { x: plot.right(), y: y(value) }];
            marks.push(Mark::Line { points, width, ink, dashed: false });
            let run = letters.run(&value.to_string(), Weight::Regular, LABEL_PT);
            let at = At { x: plot.x - 4.0 - run.width_pt, y: y(value) + LABEL_PT * 0.36 };
            marks.push(Mark::Text { at, run, ink: Ink::Black });
            value += self.step;
        }
        let days = length(usize::try_from(period.days()).unwrap_or(1));
        let x = |date: jiff::civil::Date| {
            let since = period.from().until(date).map_or(0, |span| span.get_days());
            plot.x + (length(usize::try_from(since).unwrap_or_default()) + 0.5) / days * plot.width
        };
        if let Some(improved) = self.answered.first().and_then(|(_, first)| first.improved()) {
            let points = vec![At { x: plot.x, y: y(improved) }, At { x: plot.right(), y: y(improved) }];
            marks.push(Mark::Line { points, width: 0.9, ink: Ink::Black, dashed: true });
            // Its sample and its words stand between the dates, where no line of scores can run through them.
            let run = letters.run(self.change, Weight::Regular, LABEL_PT);
            let left = plot.x + (plot.width - run.width_pt) / 2.0 + 7.0;
            let below = plot.bottom() + 10.0;
            let sample = vec![At { x: left - 15.0, y: below - 2.5 }, At { x: left - 3.0, y: below - 2.5 }];
            marks.push(Mark::Line { points: sample, width: 0.9, ink: Ink::Black, dashed: true });
            marks.push(Mark::Text { at: At { x: left, y: below }, run, ink: Ink::Black });
        }
        let points: Vec<At> =
            self.answered.iter().map(|(date, answers)| At { x: x(*date), y: y(answers.score()) }).collect();
        marks.push(Mark::Line { points: points.clone(), width: 1.2, ink: Ink::Blue, dashed: false });
        if points.len() <= 40 {
            let dots = points.iter().map(|at| Mark::Dot { centre: *at, radius: 2.0, ink: Ink::Blue, filled: true });
            marks.extend(dots);
        }
        for end in
            [self.answered.first(), self.answered.last().filter(|_| self.answered.len() > 1)].into_iter().flatten()
        {
            let run = letters.run(&score(end.1), Weight::Bold, LABEL_PT);
            let left = (x(end.0) - run.width_pt / 2.0).clamp(plot.x, plot.right() - run.width_pt);
            let at = At { x: left, y: (y(end.1.score()) - 5.0).max(plot.y + 5.0) };
            marks.push(Mark::Text { at, run, ink: Ink::Black });
        }
        let (first, last) = (words::day(period.from()), words::day(period.to()));
        let below = plot.bottom() + 10.0;
        marks.push(Mark::Text {
            at: At { x: plot.x, y: below },
            run: letters.run(&first, Weight::Regular, LABEL_PT),
            ink: Ink::Black,
        });
        let run = letters.run(&last, Weight::Regular, LABEL_PT);
        marks.push(Mark::Text { at: At { x: plot.right() - run.width_pt, y: below }, run, ink: Ink::Black });
        let told: Vec<_> =
            self.answered.iter().map(|(date, answers)| format!("{}: {}", words::day(*date), score(*answers))).collect();
        Node::leaf(Role::Figure(format!("{}. {}.", self.title, told.join("; "))), marks)
    }
}

/// A score as it is printed.
fn score(answers: Answers) -> String {
    match answers {
        Answers::Peg(_) => words::tenth(answers.score()),
        Answers::RolandMorris(statements) => statements.score().to_string(),
    }
}
