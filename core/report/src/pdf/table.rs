//! The table of the last sessions.

use super::letters::{Letters, Weight};
use super::mark::{At, Ink, Mark, Node, Role};
use super::page::{TEXT_PT, WIDTH_PT};
use crate::report::Session;
use crate::words;

/// From one row to the next, in points.
pub(super) const ROW_PT: f32 = 12.0;
const SIZE_PT: f32 = TEXT_PT - 1.0;
const GAP_PT: f32 = 6.0;

/// Head, left end in points from the margin, and whether its values are numbers, which stand at the right end.
const COLUMNS: [(&str, f32, bool); 8] = [
    ("Started", 0.0, false),
    ("Programme", 84.0, false),
    ("Plan, min", 178.0, true),
    ("Done, min", 226.0, true),
    ("Highest, mA", 274.0, true),
    ("Pain before", 330.0, true),
    ("Pain after", 384.0, true),
    ("Ended", 436.0, false),
];

/// Draws the head and a row for each session, below one another from `at` on.
pub(super) fn sessions(at: At, sessions: &[&Session], letters: &Letters) -> Node {
    let mut rows = vec![row(at, &COLUMNS.map(|(head, ..)| head.to_owned()), &Role::HeadCell, letters)];
    let mut y = at.y;
    for session in sessions {
        y += ROW_PT;
        rows.push(row(At { y, ..at }, &cells(session), &Role::Cell, letters));
    }
    Node::branch(Role::Table("The last sessions, newest first".to_owned()), rows)
}

fn cells(session: &Session) -> [String; 8] {
    let score =
        |score: Option<lumbra_domain::pain::PainScore>| score.map_or("–".to_owned(), |score| score.get().to_string());
    let star = if session.worst_case { "*" } else { "" };
    [
        session.started.local().strftime("%Y-%m-%d %H:%M").to_string(),
        session.programme.clone(),
        words::minutes(session.planned.get().into()).to_string(),
        format!("{}{star}", words::minutes(session.stimulated.get().into())),
        words::current(session.highest),
        score(session.pain_before),
        score(session.pain_after),
        session.outcome.words().to_owned(),
    ]
}

fn row(at: At, cells: &[String; 8], role: &Role, letters: &Letters) -> Node {
    let weight = if matches!(role, Role::HeadCell) { Weight::Bold } else { Weight::Regular };
    let ends = COLUMNS.iter().skip(1).map(|(_, left, _)| *left).chain([WIDTH_PT + GAP_PT]);
    let mut nodes = Vec::new();
    for ((text, (_, left, number)), end) in cells.iter().zip(COLUMNS).zip(ends) {
        let width = end - left - GAP_PT;
        let run = letters.fitting(text, weight, SIZE_PT, width);
        let x = at.x + if number { end - GAP_PT - 4.0 - run.width_pt } else { left };
        let x = x.max(at.x + left);
        nodes.push(Node::leaf(role.clone(), vec![Mark::Text { at: At { x, y: at.y + 9.0 }, run, ink: Ink::Black }]));
    }
    Node::branch(Role::Row, nodes)
}
