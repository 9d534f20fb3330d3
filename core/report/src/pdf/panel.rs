//! The frame of a chart: its scale, its grid, and the dates below it.

use super::letters::{Letters, Weight};
use super::mark::{Area, At, Ink, Mark};
use crate::buckets::{Bucket, Step};
use crate::words;

/// Letters in charts, in points.
pub(super) const LABEL_PT: f32 = 7.5;
/// Room for the numbers of a scale, left of it, in points.
pub(super) const SCALE_PT: f32 = 22.0;
/// Room for what a chart says about its marks, right of it, in points.
pub(super) const LEGEND_PT: f32 = 104.0;
/// Room for dates below a chart, in points.
pub(super) const DATES_PT: f32 = 12.0;
/// How far apart the left ends of dates are at least, in points.
const BETWEEN_DATES_PT: f32 = 42.0;

/// A number of things as a length.
pub(super) fn length(number: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a chart has far fewer pieces than 2^24")]
    let length = number as f32;
    length
}

/// A value as a length.
pub(super) fn narrow(value: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "points of a page")]
    let narrow = value as f32;
    narrow
}

/// Where values and pieces are in a chart.
pub(super) struct Panel {
    /// Where marks go.
    pub(super) plot: Area,
    /// The value at its upper edge; 0 is at the lower.
    pub(super) highest: f64,
    /// How many pieces stand side by side.
    pub(super) slots: usize,
}

impl Panel {
    /// In an area, less the room for scale and legend.
    pub(super) fn within(area: Area, highest: f64, slots: usize) -> Self {
        let plot = Area { x: area.x + SCALE_PT, width: area.width - SCALE_PT - LEGEND_PT, ..area };
        Self { plot, highest, slots }
    }

    pub(super) fn slot_width(&self) -> f32 {
        self.plot.width / length(self.slots.max(1))
    }

    /// The middle of a piece.
    pub(super) fn x(&self, slot: usize) -> f32 {
        self.plot.x + (length(slot) + 0.5) * self.slot_width()
    }

    pub(super) fn y(&self, value: f64) -> f32 {
        let share = if self.highest > 0.0 { (value / self.highest).clamp(0.0, 1.0) } else { 0.0 };
        self.plot.bottom() - narrow(share) * self.plot.height
    }

    /// A bar of a piece, from one value up to another.
    pub(super) fn bar(&self, slot: usize, from: f64, to: f64) -> Area {
        let width = (self.slot_width() * 0.7).clamp(0.8, 22.0);
        let (top, bottom) = (self.y(to), self.y(from));
        Area { x: self.x(slot) - width / 2.0, y: top, width, height: (bottom - top).max(0.0) }
    }

    /// Lines across at these values, and the numbers left of them.
    pub(super) fn scale(&self, letters: &Letters, values: &[f64]) -> Vec<Mark> {
        let mut marks = Vec::new();
        for value in values {
            let y = self.y(*value);
            let (ink, width) = if *value == 0.0 { (Ink::Dark, 0.7) } else { (Ink::Pale, 0.5) };
            let points = vec![At { x: self.plot.x, y }, At { x: self.plot.right(), y }];
            marks.push(Mark::Line { points, width, ink, dashed: false });
            let run = letters.run(&short(*value), Weight::Regular, LABEL_PT);
            let at = At { x: self.plot.x - 4.0 - run.width_pt, y: y + LABEL_PT * 0.36 };
            marks.push(Mark::Text { at, run, ink: Ink::Black });
        }
        marks
    }

    /// Dates below, as many as there is room for, each at the beginning of its piece.
    pub(super) fn dates(&self, letters: &Letters, pieces: &[Bucket], step: Step) -> Vec<Mark> {
        let mut marks = Vec::new();
        let mut free_from = self.plot.x;
        for (slot, piece) in pieces.iter().enumerate() {
            let x = self.plot.x + length(slot) * self.slot_width();
            let text = match step {
                Step::Day | Step::Week => words::short_day(piece.first),
                Step::Month => piece.first.strftime("%b %Y").to_string(),
                Step::Year => piece.first.year().to_string(),
            };
            let run = letters.run(&text, Weight::Regular, LABEL_PT);
            if x < free_from || x + run.width_pt > self.plot.right() + 8.0 {
                continue;
            }
            free_from = x + BETWEEN_DATES_PT.max(run.width_pt + 6.0);
            let tick = vec![At { x, y: self.plot.bottom() }, At { x, y: self.plot.bottom() + 2.5 }];
            marks.push(Mark::Line { points: tick, width: 0.6, ink: Ink::Dark, dashed: false });
            marks.push(Mark::Text { at: At { x, y: self.plot.bottom() + 10.0 }, run, ink: Ink::Black });
        }
        marks
    }

    /// Words right of the plot, line after line, each with a sample of what it is about in front.
    pub(super) fn legend(&self, letters: &Letters, entries: &[(Sample, String)]) -> Vec<Mark> {
        let x = self.plot.right() + 8.0;
        let mut y = self.plot.y + 7.0;
        let mut marks = Vec::new();
        for (sample, words) in entries {
            let swatch = Area { x, y: y - 6.0, width: 9.0, height: 7.0 };
            let line = |dashed, ink, width| {
                let points = vec![At { x, y: y - 2.5 }, At { x: x + 9.0, y: y - 2.5 }];
                Mark::Line { points, width, ink, dashed }
            };
            let dot =
                |filled| Mark::Dot { centre: At { x: x + 4.5, y: y - 2.5 }, radius: 2.0, ink: Ink::Black, filled };
            match sample {
                Sample::Solid(ink) => marks.push(Mark::Fill { area: swatch, ink: *ink }),
                Sample::Outlined(ink) => {
                    marks.push(Mark::Fill { area: swatch, ink: *ink });
                    marks.push(Mark::Edge { area: swatch, ink: Ink::Black });
                }
                Sample::Hatched => marks.push(Mark::Hatch { area: swatch }),
                Sample::Line => marks.push(line(false, Ink::Blue, 1.4)),
                Sample::Dashed => marks.push(line(true, Ink::Black, 0.9)),
                Sample::Open => marks.push(dot(false)),
                Sample::Full => marks.push(dot(true)),
            }
            for run in letters.lines(words, Weight::Regular, LABEL_PT, LEGEND_PT - 21.0, 2) {
                marks.push(Mark::Text { at: At { x: x + 13.0, y }, run, ink: Ink::Black });
                y += LABEL_PT + 2.0;
            }
            y += 2.0;
        }
        marks
    }
}

/// A sample of a mark, in a legend.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sample {
    Solid(Ink),
    Outlined(Ink),
    Hatched,
    Line,
    Dashed,
    Open,
    Full,
}

/// A number of a scale, short enough for the room left of it.
fn short(value: f64) -> String {
    if value < 10_000.0 {
        value.to_string()
    } else {
        // Nothing that is so much can be right, and it must still be readable.
        format!("{value:.0e}")
    }
}

/// A scale from 0 to no less than this value, with round numbers: 2 to 4 above zero.
pub(super) fn round_scale(highest: f64) -> Vec<f64> {
    let highest = if highest.is_finite() { highest.max(1.0) } else { 1.0 };
    let mut step = 1.0;
    let factors = [2.0, 2.5, 2.0];
    let mut grow = factors.into_iter().cycle();
    while step * 4.0 < highest {
        step *= grow.next().unwrap_or(2.0);
    }
    // Each of 1, 2, 5, 10 ... is a whole number: there is nothing to be rounded.
    let mut values = vec![0.0];
    let mut value = step;
    while value - step < highest && values.len() < 5 {
        values.push(value);
        value += step;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_high_enough() {
        for (highest, expected) in [
            (0.0, vec![0.0, 1.0]),
            (3.0, vec![0.0, 1.0, 2.0, 3.0]),
            (20.0, vec![0.0, 5.0, 10.0, 15.0, 20.0]),
            (61.0, vec![0.0, 20.0, 40.0, 60.0, 80.0]),
            (f64::NAN, vec![0.0, 1.0]),
        ] {
            assert_eq!(round_scale(highest), expected, "{highest}");
        }
        assert!(round_scale(1e12).last().is_some_and(|last| *last >= 1e12));
    }
}
