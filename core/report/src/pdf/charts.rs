//! The charts: pain, posture, sessions, adherence. Each is marks and, for who can't see them, words.

use super::letters::{Letters, Weight};
use super::mark::{Area, At, Ink, Mark, Node, Role};
use super::panel::{DATES_PT, LABEL_PT, Panel, Sample, round_scale};
use crate::buckets::{Bucket, Step, ratio};
use crate::words::{minutes, percent, tenth};

/// The period in pieces, as all charts show it.
pub(super) struct Pieces<'a> {
    pub(super) all: &'a [Bucket],
    pub(super) step: Step,
    pub(super) letters: &'a Letters,
}

/// What a chart says in words, value after value.
fn told(begin: &str, values: impl Iterator<Item = String>) -> String {
    let values: Vec<_> = values.collect();
    format!("{begin}: {}.", if values.is_empty() { "nothing".to_owned() } else { values.join("; ") })
}

impl Pieces<'_> {
    fn when(&self, piece: &Bucket) -> String {
        match self.step {
            Step::Day => crate::words::day(piece.first),
            step => format!("{} from {}", step.name(), crate::words::day(piece.first)),
        }
    }

    /// A value above its place, inside the plot.
    fn label(&self, panel: &Panel, value: &str, at: At) -> Mark {
        let run = self.letters.run(value, Weight::Bold, LABEL_PT);
        let plot = panel.plot;
        let x = (at.x - run.width_pt / 2.0).min(plot.right() - run.width_pt).max(plot.x + 2.0);
        let y = if at.y - 11.0 < plot.y { at.y + 11.0 } else { at.y - 5.0 };
        Mark::Text { at: At { x, y }, run, ink: Ink::Black }
    }

    /// Pain: the mean as a line, from lowest to highest as a band, nothing where there is nothing.
    pub(super) fn pain(&self, area: Area) -> Node {
        let plot = Area { height: area.height - DATES_PT, ..area };
        let panel = Panel::within(plot, 10.0, self.all.len());
        let mut marks = Vec::new();
        let runs = self.runs(|piece| piece.pain.is_some());
        for run in &runs {
            let edge = |value: fn(&crate::buckets::PainTally) -> u8| {
                run.iter().filter_map(move |(slot, piece)| Some((*slot, value(piece.pain.as_ref()?))))
            };
            let (high, low) = (edge(|pain| pain.highest.get()), edge(|pain| pain.lowest.get()));
            let half = panel.slot_width().min(8.0) * 0.35;
            if run.len() == 1 {
                for ((slot, high), (_, low)) in high.zip(low) {
                    let (top, bottom) = (panel.y(f64::from(high)), panel.y(f64::from(low)));
                    let band = Area { x: panel.x(slot) - half, y: top, width: 2.0 * half, height: bottom - top };
                    marks.push(Mark::Fill { area: band, ink: Ink::Light });
                }
            } else {
                let place = |(slot, score): (usize, u8)| At { x: panel.x(slot), y: panel.y(f64::from(score)) };
                let mut corners: Vec<At> = high.map(place).collect();
                let lower: Vec<At> = low.map(place).collect();
                corners.extend(lower.into_iter().rev());
                marks.push(Mark::Surface { corners, ink: Ink::Light });
            }
        }
        marks.extend(panel.scale(self.letters, &[0.0, 2.0, 4.0, 6.0, 8.0, 10.0]));
        let mean_at = |slot: usize, mean: f64| At { x: panel.x(slot), y: panel.y(mean) };
        for run in &runs {
            let points = run.iter().filter_map(|(slot, piece)| Some(mean_at(*slot, piece.pain.as_ref()?.mean())));
            let points: Vec<At> = points.collect();
            if self.all.len() <= 80 {
                let dots = points.iter().map(|at| Mark::Dot { centre: *at, radius: 1.6, ink: Ink::Blue, filled: true });
                marks.extend(dots);
            }
            marks.push(Mark::Line { points, width: 1.4, ink: Ink::Blue, dashed: false });
        }
        let means: Vec<(usize, f64)> =
            self.all.iter().enumerate().filter_map(|(slot, piece)| Some((slot, piece.pain.as_ref()?.mean()))).collect();
        let ends = [means.first(), means.last().filter(|_| means.len() > 1)];
        for (slot, mean) in ends.into_iter().flatten() {
            marks.push(self.label(&panel, &tenth(*mean), mean_at(*slot, *mean)));
        }
        marks.extend(panel.dates(self.letters, self.all, self.step));
        marks.extend(panel.legend(
            self.letters,
            &[
                (Sample::Line, format!("mean of the {}", self.step.name())),
                (Sample::Solid(Ink::Light), "from the lowest to the highest".to_owned()),
            ],
        ));
        let words = self.all.iter().filter_map(|piece| {
            let pain = piece.pain.as_ref()?;
            let (lowest, highest) = (pain.lowest.get(), pain.highest.get());
            Some(format!("{}: mean {}, {lowest} to {highest}", self.when(piece), tenth(pain.mean())))
        });
        Node::leaf(Role::Figure(told("Pain, 0 to 10", words)), marks)
    }

    /// Pieces in a row for which this holds.
    fn runs(&self, holds: impl Fn(&Bucket) -> bool) -> Vec<Vec<(usize, &Bucket)>> {
        let all: Vec<(usize, &Bucket)> = self.all.iter().enumerate().collect();
        all.split(|(_, piece)| !holds(piece)).filter(|run| !run.is_empty()).map(<[_]>::to_vec).collect()
    }

    /// Posture: shares of the time worn.
    pub(super) fn posture(&self, area: Area) -> Node {
        let plot = Area { height: area.height - DATES_PT, ..area };
        let panel = Panel::within(plot, 100.0, self.all.len());
        let mut marks = panel.scale(self.letters, &[0.0, 50.0, 100.0]);
        for (slot, piece) in self.all.iter().enumerate() {
            let posture = &piece.posture;
            let worn_s = posture.worn_s();
            if worn_s == 0 {
                continue;
            }
            let share = |seconds| 100.0 * ratio(seconds, worn_s);
            let upright = share(posture.upright_s);
            let slouched = upright + share(posture.slouched_s);
            marks.push(Mark::Fill { area: panel.bar(slot, 0.0, upright), ink: Ink::Middle });
            marks.push(Mark::Hatch { area: panel.bar(slot, upright, slouched) });
            let rest = panel.bar(slot, slouched, 100.0);
            marks.push(Mark::Fill { area: rest, ink: Ink::White });
            marks.push(Mark::Edge { area: rest, ink: Ink::Middle });
        }
        marks.extend(panel.dates(self.letters, self.all, self.step));
        let all = self.all.iter().fold((0, 0, 0, 0), |sum, piece| {
            let posture = &piece.posture;
            (sum.0 + posture.upright_s, sum.1 + posture.slouched_s, sum.2 + posture.other_s, sum.3 + posture.worn_s())
        });
        marks.extend(panel.legend(
            self.letters,
            &[
                (Sample::Outlined(Ink::White), format!("other: {}", percent(all.2, all.3))),
                (Sample::Hatched, format!("slouched: {}", percent(all.1, all.3))),
                (Sample::Solid(Ink::Middle), format!("upright: {}", percent(all.0, all.3))),
            ],
        ));
        let words = self.all.iter().filter(|piece| piece.posture.worn_s() > 0).map(|piece| {
            let worn_s = piece.posture.worn_s();
            format!(
                "{}: upright {}, slouched {}, other {}",
                self.when(piece),
                percent(piece.posture.upright_s, worn_s),
                percent(piece.posture.slouched_s, worn_s),
                percent(piece.posture.other_s, worn_s)
            )
        });
        Node::leaf(Role::Figure(told("Posture, in percent of the time worn", words)), marks)
    }

    /// Sessions: minutes above, pain before and after below.
    pub(super) fn sessions(&self, area: Area) -> Node {
        let each_pt = (area.height - DATES_PT - 10.0) / 2.0;
        let most = self.all.iter().map(|piece| minutes(piece.sessions.stimulated_s)).max().unwrap_or_default();
        let scale = round_scale(ratio(most, 1));
        let highest = scale.last().copied().unwrap_or(1.0);
        let upper = Panel::within(Area { height: each_pt, ..area }, highest, self.all.len());
        let mut marks = upper.scale(self.letters, &scale);
        for (slot, piece) in self.all.iter().enumerate() {
            let sessions = &piece.sessions;
            let sure = ratio(sessions.stimulated_s - sessions.worst_case_s, 60);
            let all = ratio(sessions.stimulated_s, 60);
            if sure > 0.0 {
                marks.push(Mark::Fill { area: upper.bar(slot, 0.0, sure), ink: Ink::Middle });
            }
            if sessions.worst_case_s > 0 {
                marks.push(Mark::Hatch { area: upper.bar(slot, sure, all) });
            }
        }
        let mut legend = vec![(Sample::Solid(Ink::Middle), format!("minutes a {}", self.step.name()))];
        if self.all.iter().any(|piece| piece.sessions.worst_case > 0) {
            legend.push((Sample::Hatched, "counted as the worse case".to_owned()));
        }
        marks.extend(upper.legend(self.letters, &legend));
        let lower = Panel::within(Area { y: area.y + each_pt + 10.0, height: each_pt, ..area }, 10.0, self.all.len());
        marks.extend(lower.scale(self.letters, &[0.0, 5.0, 10.0]));
        let radius = (lower.slot_width() * 0.3).clamp(0.7, 2.0);
        for (slot, piece) in self.all.iter().enumerate() {
            let Some((before, after)) = rated(piece) else { continue };
            let place = |score| At { x: lower.x(slot), y: lower.y(score) };
            let points = vec![place(before), place(after)];
            marks.push(Mark::Line { points, width: 0.8, ink: Ink::Black, dashed: false });
            marks.push(Mark::Dot { centre: place(before), radius, ink: Ink::Black, filled: false });
            marks.push(Mark::Dot { centre: place(after), radius, ink: Ink::Black, filled: true });
        }
        let mean = if self.step == Step::Day { "" } else { ", mean" };
        marks.extend(lower.legend(
            self.letters,
            &[(Sample::Open, format!("pain before{mean}")), (Sample::Full, format!("pain after{mean}"))],
        ));
        marks.extend(lower.dates(self.letters, self.all, self.step));
        let words = self.all.iter().filter(|piece| piece.sessions.count > 0).map(|piece| {
            let pain = rated(piece).map_or_else(String::new, |(before, after)| {
                format!(", pain {} before and {} after", tenth(before), tenth(after))
            });
            format!("{}: {} min{pain}", self.when(piece), minutes(piece.sessions.stimulated_s))
        });
        Node::leaf(Role::Figure(told("Sessions", words)), marks)
    }

    /// Adherence: sessions a week, beside the target if there is one.
    pub(super) fn adherence(&self, area: Area, weekly: Option<u32>) -> Node {
        let plot = Area { height: area.height - DATES_PT, ..area };
        let a_week = |piece: &Bucket| match self.step {
            // A week of its own: what was done in it, even where only a part of it is in the period.
            Step::Week => f64::from(piece.sessions.count),
            _ => f64::from(piece.sessions.count) * 7.0 / f64::from(piece.days.max(1)),
        };
        let most = self.all.iter().map(a_week).fold(f64::from(weekly.unwrap_or(0)), f64::max);
        let scale = round_scale(most);
        let panel = Panel::within(plot, scale.last().copied().unwrap_or(1.0), self.all.len());
        let mut marks = panel.scale(self.letters, &scale);
        for (slot, piece) in self.all.iter().enumerate().filter(|(_, piece)| piece.sessions.count > 0) {
            marks.push(Mark::Fill { area: panel.bar(slot, 0.0, a_week(piece)), ink: Ink::Middle });
        }
        let mean = if self.step == Step::Week { String::new() } else { format!(", mean of the {}", self.step.name()) };
        let mut legend = vec![(Sample::Solid(Ink::Middle), format!("sessions a week{mean}"))];
        if let Some(weekly) = weekly {
            let y = panel.y(f64::from(weekly));
            let points = vec![At { x: panel.plot.x, y }, At { x: panel.plot.right(), y }];
            marks.push(Mark::Line { points, width: 0.9, ink: Ink::Black, dashed: true });
            legend.push((Sample::Dashed, format!("target: {weekly}")));
        }
        marks.extend(panel.legend(self.letters, &legend));
        marks.extend(panel.dates(self.letters, self.all, self.step));
        let words = self.all.iter().map(|piece| format!("{}: {}", self.when(piece), tenth(a_week(piece))));
        Node::leaf(Role::Figure(told("Sessions a week", words)), marks)
    }
}

/// The means of pain before and after, where it was rated.
fn rated(piece: &Bucket) -> Option<(f64, f64)> {
    let rated = u64::from(piece.sessions.rated);
    (rated > 0).then(|| (ratio(piece.sessions.before_sum, rated), ratio(piece.sessions.after_sum, rated)))
}
