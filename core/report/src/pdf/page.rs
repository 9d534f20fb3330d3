//! The flow of a report down its pages: two at most, so that somebody reads it.

use super::letters::{Letters, Run, Weight};
use super::mark::{Area, At, Ink, Mark, Node, PageMarks, Role};
use super::write::{PAGE_HEIGHT_PT, PAGE_WIDTH_PT};

/// Left and right, in points.
pub(super) const MARGIN_PT: f32 = 42.0;
const TOP_PT: f32 = 38.0;
const BOTTOM_PT: f32 = PAGE_HEIGHT_PT - 44.0;
/// Between the margins, in points.
pub(super) const WIDTH_PT: f32 = PAGE_WIDTH_PT - 2.0 * MARGIN_PT;
const PAGES_MAX: usize = 2;

/// Letters of the text, in points.
pub(super) const TEXT_PT: f32 = 9.0;
/// From one line of text to the next, in points.
pub(super) const LINE_PT: f32 = 11.6;
const HEADING_PT: f32 = 10.5;
const FIGURE_GAP_PT: f32 = 4.0;
/// What a heading takes, with the room around it, in points.
const HEADING_TAKES_PT: f32 = 24.0;

/// Pages on their way.
pub(super) struct Flow<'a> {
    pub(super) letters: &'a Letters,
    pages: Vec<PageMarks>,
    /// Where the next thing begins on the last page.
    y: f32,
}

impl<'a> Flow<'a> {
    pub(super) fn new(letters: &'a Letters) -> Self {
        Self { letters, pages: vec![Vec::new()], y: TOP_PT }
    }

    /// How much room is left on this page, in points.
    pub(super) fn room_pt(&self) -> f32 {
        BOTTOM_PT - self.y
    }

    /// Goes on with a new page unless this one has so much room, or is the last that there can be.
    pub(super) fn need(&mut self, height_pt: f32) {
        if self.room_pt() < height_pt && self.pages.len() < PAGES_MAX {
            self.pages.push(Vec::new());
            self.y = TOP_PT;
        }
    }

    fn push(&mut self, node: Node) {
        if let Some(page) = self.pages.last_mut() {
            page.push(node);
        }
    }

    pub(super) fn space(&mut self, height_pt: f32) {
        self.y += height_pt;
    }

    /// The title of the whole, and words at the right of it.
    pub(super) fn title(&mut self, text: &str, beside: &str) {
        let run = self.letters.run(text, Weight::Bold, 17.0);
        let y = self.y + 15.0;
        self.push(Node::leaf(Role::Title, vec![Mark::Text { at: At { x: MARGIN_PT, y }, run, ink: Ink::Blue }]));
        let run = self.letters.run(beside, Weight::Bold, 11.0);
        let at = At { x: MARGIN_PT + WIDTH_PT - run.width_pt, y };
        self.push(Node::leaf(Role::Paragraph, vec![Mark::Text { at, run, ink: Ink::Black }]));
        self.y += 24.0;
    }

    /// A heading, on the same page as so much after it.
    pub(super) fn heading(&mut self, text: &str, after_pt: f32) {
        self.need(HEADING_TAKES_PT + after_pt);
        self.y += 6.0;
        let line = vec![At { x: MARGIN_PT, y: self.y }, At { x: MARGIN_PT + WIDTH_PT, y: self.y }];
        let line = Mark::Line { points: line, width: 0.5, ink: Ink::Light, dashed: false };
        self.push(Node::leaf(Role::Ornament, vec![line]));
        let run = self.letters.run(text, Weight::Bold, HEADING_PT);
        let at = At { x: MARGIN_PT, y: self.y + 12.5 };
        self.push(Node::leaf(Role::Heading(text.to_owned()), vec![Mark::Text { at, run, ink: Ink::Blue }]));
        self.y += HEADING_TAKES_PT - 6.0;
    }

    /// A paragraph on so many lines at most.
    pub(super) fn paragraph(&mut self, text: &str, weight: Weight, most: usize) {
        self.paragraph_of(text, weight, TEXT_PT, most);
    }

    /// The same in small letters.
    pub(super) fn small(&mut self, text: &str, most: usize) {
        self.paragraph_of(text, Weight::Regular, 8.0, most);
    }

    fn paragraph_of(&mut self, text: &str, weight: Weight, size_pt: f32, most: usize) {
        let lines = self.letters.lines(text, weight, size_pt, WIDTH_PT, most);
        self.lines(lines, LINE_PT * size_pt / TEXT_PT);
    }

    fn lines(&mut self, lines: Vec<Run>, line_pt: f32) {
        if lines.is_empty() {
            return;
        }
        let mut marks = Vec::new();
        for run in lines {
            marks.push(Mark::Text { at: At { x: MARGIN_PT, y: self.y + line_pt * 0.78 }, run, ink: Ink::Black });
            self.y += line_pt;
        }
        self.push(Node::leaf(Role::Paragraph, marks));
    }

    /// A picture of this height.
    pub(super) fn figure(&mut self, height_pt: f32, draw: impl FnOnce(Area) -> Node) {
        // The topmost number of a scale stands half above it.
        self.y += FIGURE_GAP_PT;
        let area = Area { x: MARGIN_PT, y: self.y, width: WIDTH_PT, height: height_pt };
        let node = draw(area);
        self.push(node);
        self.y += height_pt + FIGURE_GAP_PT;
    }

    /// Pictures side by side.
    pub(super) fn figures(&mut self, height_pt: f32, draw: &[&dyn Fn(Area) -> Node]) {
        self.y += FIGURE_GAP_PT;
        let width = WIDTH_PT / super::panel::length(draw.len().max(1));
        for (index, draw) in draw.iter().enumerate() {
            let x = MARGIN_PT + super::panel::length(index) * width;
            let node = draw(Area { x, y: self.y, width: width - 8.0, height: height_pt });
            self.push(node);
        }
        self.y += height_pt + FIGURE_GAP_PT;
    }

    /// Adds a node that has its places already, and how high it is.
    pub(super) fn placed(&mut self, height_pt: f32, draw: impl FnOnce(At) -> Node) {
        let node = draw(At { x: MARGIN_PT, y: self.y });
        self.push(node);
        self.y += height_pt;
    }

    /// The pages, each with its number and with words at its foot.
    pub(super) fn finish(mut self, foot: &str) -> Vec<PageMarks> {
        let count = self.pages.len();
        for (index, page) in self.pages.iter_mut().enumerate() {
            let y = PAGE_HEIGHT_PT - 24.0;
            let number = self.letters.run(&format!("page {} of {count}", index + 1), Weight::Regular, 7.5);
            let right = At { x: MARGIN_PT + WIDTH_PT - number.width_pt, y };
            let foot = self.letters.fitting(foot, Weight::Regular, 7.5, WIDTH_PT - 60.0);
            page.push(Node::leaf(
                Role::Ornament,
                vec![
                    Mark::Text { at: At { x: MARGIN_PT, y }, run: foot, ink: Ink::Dark },
                    Mark::Text { at: right, run: number, ink: Ink::Dark },
                ],
            ));
        }
        self.pages
    }
}
