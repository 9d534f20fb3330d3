//! Pictures in the terminal: the live view and the charts.

use lumbra::{History, HourOfDay, PainBesidePosture, PhaseName, Snapshot};
use ratatui::backend::TestBackend;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::Line;
use ratatui::widgets::{Axis, Bar, BarChart, BarGroup, Block, Borders, Chart, Dataset, Gauge, GraphType, Paragraph};
use ratatui::{Frame, Terminal};

use crate::commands::still_s;
use crate::text;

/// Rows of the live view.
pub(crate) const LIVE_HEIGHT: u16 = 16;

/// Draws the wearable as it is.
pub(crate) fn live(frame: &mut Frame<'_>, snapshot: &Snapshot, keys: &str) {
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(3),
        Constraint::Min(3),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .split(frame.area());
    let [title, timer, middle, note, help] = rows[..] else { return };
    let color = match snapshot.phase {
        PhaseName::Running => Color::Green,
        PhaseName::Stopping | PhaseName::Uncertain => Color::Red,
        PhaseName::Paused | PhaseName::Starting => Color::Yellow,
        _ => Color::Reset,
    };
    let battery = snapshot.battery_percent.map_or(String::new(), |percent| format!("   battery {percent} %"));
    let headline = Style::new().fg(color).add_modifier(Modifier::BOLD);
    frame.render_widget(Paragraph::new(format!(" {}{battery}", text::phase(snapshot))).style(headline), title);
    draw_timer(frame, timer, snapshot);
    let [channels, figure] = Layout::horizontal([Constraint::Min(30), Constraint::Length(18)]).areas(middle);
    draw_channels(frame, channels, snapshot);
    draw_figure(frame, figure, snapshot);
    let warning = match (snapshot.certain, snapshot.age_ms) {
        (false, Some(age_ms)) => format!(" values are {} s old", age_ms / 1_000),
        (false, None) => " no values yet".to_owned(),
        (true, _) => snapshot.storage_problem.clone().unwrap_or_default(),
    };
    frame.render_widget(Paragraph::new(warning).style(Style::new().fg(Color::Red)), note);
    frame.render_widget(Paragraph::new(format!(" {keys}")).style(Style::new().add_modifier(Modifier::DIM)), help);
}

fn draw_timer(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let planned_s = snapshot.session.as_ref().map_or(0, |session| session.planned_s);
    let share = if planned_s == 0 { 0.0 } else { f64::from(snapshot.elapsed_s) / f64::from(planned_s) };
    let label = match planned_s {
        0 => "no session".to_owned(),
        _ => format!("{} of {}", text::clock(snapshot.elapsed_s), text::clock(planned_s)),
    };
    let gauge = Gauge::default()
        .block(Block::new().borders(Borders::ALL).title("time"))
        .gauge_style(Style::new().fg(if snapshot.certain { Color::Cyan } else { Color::DarkGray }))
        .ratio(share.clamp(0.0, 1.0))
        .label(label);
    frame.render_widget(gauge, area);
}

fn draw_channels(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let heights = vec![Constraint::Length(2); snapshot.channels.len()];
    let areas = Layout::vertical(heights).split(area);
    for ((index, channel), area) in snapshot.channels.iter().enumerate().zip(areas.iter()) {
        let cap_ma = channel.cap_ma.filter(|cap_ma| *cap_ma > 0.0);
        let share = cap_ma.map_or(0.0, |cap_ma| channel.delivered_ma / cap_ma);
        let cap = cap_ma.map_or_else(String::new, |cap_ma| format!(" of {cap_ma:.1}"));
        let title = format!(" channel {}   pads {}", index + 1, text::contact(channel.contact));
        let [name, bar] = Layout::vertical([Constraint::Length(1), Constraint::Length(1)]).areas(*area);
        frame.render_widget(Paragraph::new(title), name);
        let gauge = Gauge::default()
            .gauge_style(Style::new().fg(if snapshot.certain { Color::Magenta } else { Color::DarkGray }))
            .ratio(share.clamp(0.0, 1.0))
            .label(format!("{:.1} mA{cap}", channel.delivered_ma));
        frame.render_widget(gauge, bar);
    }
}

/// A figure for each posture.
pub(crate) fn figure(judged: Option<&str>) -> [&'static str; 4] {
    match judged {
        Some("upright") => ["   O  ", "  /|\\ ", "   |  ", "  / \\ "],
        Some("slouched") => ["    O ", "  _/  ", "  |\\  ", "  / \\ "],
        Some("leaning") => ["    O ", "  \\/  ", "  /   ", " / \\  "],
        Some("lying") => ["      ", "      ", " O--|<", "======"],
        Some("moving") => ["   O/ ", "  /|  ", "   |  ", " _/ \\_"],
        Some("not_worn") => ["      ", " not  ", " worn ", "      "],
        _ => ["   ?  ", "  /|\\ ", "   |  ", "  / \\ "],
    }
}

fn draw_figure(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let judged = snapshot.posture.and_then(|posture| posture.judged);
    let title = match (snapshot.posture, judged) {
        (None, _) => "posture: off",
        (Some(_), None) => "not calibrated",
        (Some(_), Some(judged)) => judged,
    };
    let lines: Vec<Line<'_>> = match snapshot.posture {
        Some(_) => figure(judged).into_iter().map(Line::from).collect(),
        None => Vec::new(),
    };
    frame.render_widget(Paragraph::new(lines).centered().block(Block::new().borders(Borders::ALL).title(title)), area);
}

/// Draws the history's charts, as lines of text.
pub(crate) fn history(history: &History, width: u16) -> Vec<String> {
    let mut lines = Vec::new();
    if !history.pain.is_empty() {
        lines.push("Pain, 0 to 10".to_owned());
        lines.extend(picture(width, 9, |frame| draw_pain(frame, history)));
    }
    if history.days.iter().any(|day| day.stimulated_s > 0) {
        lines.push("Minutes of stimulation a day".to_owned());
        lines.extend(picture(width, 8, |frame| {
            draw_bars(frame, history, |day| u64::from(day.stimulated_s.div_ceil(60)));
        }));
    }
    if history.days.iter().any(|day| day.upright_s > 0 || day.slouched_s > 0) {
        lines.push("Share of sitting and standing upright a day, in percent".to_owned());
        lines.extend(picture(width, 8, |frame| {
            draw_bars(frame, history, |day| {
                let (upright_s, slouched_s) = (u64::from(day.upright_s), u64::from(day.slouched_s));
                upright_s * 100 / (upright_s + slouched_s).max(1)
            });
        }));
    }
    lines
}

fn draw_pain(frame: &mut Frame<'_>, history: &History) {
    const HOUR_MS: f64 = 3_600_000.0;
    let hours = |at_ms: i64| -> f64 {
        // Hours since the first entry: small numbers, exact enough for a chart.
        let since = at_ms.saturating_sub(history.pain.first().map_or(at_ms, |first| first.at_ms));
        i32::try_from(since / 1_000).map_or(0.0, |seconds| f64::from(seconds) * 1_000.0 / HOUR_MS)
    };
    let points: Vec<(f64, f64)> =
        history.pain.iter().map(|entry| (hours(entry.at_ms), f64::from(entry.score))).collect();
    let last = points.last().map_or(1.0, |point| point.0).max(0.01);
    let label = |entry: Option<&lumbra::PainEntry>| entry.map_or_else(String::new, |entry| text::moment(entry.at_ms));
    let dataset = Dataset::default().marker(Marker::Braille).graph_type(GraphType::Line).data(&points);
    let chart = Chart::new(vec![dataset])
        .x_axis(Axis::default().bounds([0.0, last]).labels([label(history.pain.first()), label(history.pain.last())]))
        .y_axis(Axis::default().bounds([0.0, 10.0]).labels(["0", "5", "10"]));
    frame.render_widget(chart, frame.area());
}

fn draw_bars(frame: &mut Frame<'_>, history: &History, value: impl Fn(&lumbra::DayEntry) -> u64) {
    let fits = usize::from(frame.area().width / 6);
    let days = history.days.iter().rev().take(fits).rev();
    let bars: Vec<Bar<'_>> =
        days.map(|day| Bar::default().value(value(day)).label(Line::from(text::day(day.local_day)))).collect();
    let chart = BarChart::default().data(BarGroup::default().bars(&bars)).bar_width(5).bar_gap(1);
    frame.render_widget(chart, frame.area());
}

/// Draws the share of time upright of each of the 24 hours; an hour without any is empty.
pub(crate) fn hours(hours: &[HourOfDay], width: u16) -> Vec<String> {
    picture(width, 10, |frame| {
        let bars: Vec<Bar<'_>> = hours
            .iter()
            .zip(0_u8..)
            .map(|(hour, of_day)| {
                let share = hour.upright_s.saturating_mul(100) / still_s(hour).max(1);
                Bar::default().value(share).label(Line::from(format!("{of_day:>2}")))
            })
            .collect();
        let chart = BarChart::default().data(BarGroup::default().bars(&bars)).bar_width(2).bar_gap(1).max(100);
        frame.render_widget(chart, frame.area());
    })
}

/// Draws a point a day.
pub(crate) fn pain_beside_posture(pairs: &[PainBesidePosture], width: u16) -> Vec<String> {
    picture(width, 14, |frame| {
        let points: Vec<(f64, f64)> = pairs.iter().map(|pair| (pair.bent_share * 100.0, pair.pain_mean)).collect();
        let dataset = Dataset::default().marker(Marker::Dot).graph_type(GraphType::Scatter).data(&points);
        let chart = Chart::new(vec![dataset])
            .x_axis(Axis::default().bounds([0.0, 100.0]).labels(["0 %", "50 %", "100 %"]))
            .y_axis(Axis::default().bounds([0.0, 10.0]).labels(["0", "5", "10"]));
        frame.render_widget(chart, frame.area());
    })
}

/// Draws into text.
pub(crate) fn picture(width: u16, height: u16, draw: impl FnOnce(&mut Frame<'_>)) -> Vec<String> {
    // This backend is memory: nothing in it can fail.
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(draw);
    let buffer = terminal.backend().buffer();
    (0..height)
        .map(|row| {
            let cells = (0..width).filter_map(|column| buffer.cell((column, row)));
            cells.map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use lumbra::{DayEntry, History, PainEntry};

    /// What a damaged database can hold.
    #[test]
    fn a_history_at_the_ends_of_all_numbers_is_drawn() {
        let day = DayEntry {
            local_day: i32::MAX,
            sessions: u32::MAX,
            stimulated_s: u32::MAX,
            pain_mean: Some(f64::MAX),
            upright_s: u32::MAX,
            slouched_s: u32::MAX,
            other_s: u32::MAX,
        };
        let pain = |at_ms| PainEntry {
            entry_id: String::new(),
            at_ms,
            score: 255,
            context: "diary",
            place: String::new(),
            sites: Vec::new(),
            qualities: Vec::new(),
            worst: Some(255),
            average: None,
            note: String::new(),
        };
        let history = History {
            from_ms: i64::MIN,
            days: vec![day],
            sessions: Vec::new(),
            pain: vec![pain(i64::MIN), pain(i64::MAX)],
            posture_frames: 0,
            posture_samples: 0,
            posture_missing_frames: 0,
        };
        let lines = super::history(&history, 78);
        assert_eq!(lines.len(), 3 + 9 + 8 + 8, "a heading and a picture for each");
    }
}
