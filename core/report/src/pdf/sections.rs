//! What stands in the report, in the order in which a clinician reads.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::charts::Pieces;
use super::letters::{Letters, Weight};
use super::mark::{Node, PageMarks};
use super::page::{Flow, LINE_PT};
use super::scores::scores;
use super::table::{self, ROW_PT};
use crate::buckets::{Step, buckets, ratio};
use crate::report::{Report, Session};
use crate::words::{self, Totals, WORDING};

/// How many medications, insights and notes are told at most; the rest is counted.
const MEDICATIONS_MAX: usize = 4;
const INSIGHTS_MAX: usize = 3;
const NOTES_MAX: usize = 5;
/// How many sessions the table holds at most.
const ROWS_MAX: usize = 14;

pub(super) const TITLE: &str = "Back pain and posture report";

/// The pages of a report.
pub(super) fn pages(report: &Report, letters: &Letters) -> Vec<PageMarks> {
    let totals = Totals::of(report);
    let step = Step::for_days(report.period.days());
    let all = buckets(report, step);
    let pieces = Pieces { all: &all, step, letters };
    let mut flow = Flow::new(letters);
    head(&mut flow, report);
    flow.heading("In short", 60.0);
    for sentence in words::summary(report, &totals) {
        flow.paragraph(&sentence, Weight::Regular, 3);
    }
    flow.paragraph(WORDING, Weight::Regular, 2);

    flow.heading("Pain, as rated from 0 (none) to 10 (worst imaginable)", 140.0);
    match totals.pain {
        Some(_) => flow.figure(132.0, |area| pieces.pain(area)),
        None => flow.paragraph("No pain entries in this period.", Weight::Regular, 1),
    }
    flow.heading("Posture, in percent of the time the wearable was worn", 100.0);
    if totals.posture.worn_s() > 0 {
        flow.figure(90.0, |area| pieces.posture(area));
    } else {
        flow.paragraph("The wearable told no posture in this period.", Weight::Regular, 1);
    }
    flow.heading("Sessions of stimulation, and pain just before and after", 160.0);
    if totals.sessions.count > 0 {
        flow.figure(152.0, |area| pieces.sessions(area));
    } else {
        flow.paragraph("No sessions in this period.", Weight::Regular, 1);
    }
    adherence(&mut flow, report, &totals);
    questionnaires(&mut flow, report);
    wellbeing(&mut flow, report);
    insights(&mut flow, report);
    notes(&mut flow, report);
    last_sessions(&mut flow, report, &totals);
    let born = report.person.born.map_or_else(String::new, |born| format!(", born {}", words::day(born)));
    let name = report.person.name.as_deref().unwrap_or("Name not given");
    flow.finish(&format!("{name}{born}. Made on the person's own device by Lumbra, which is not a medical device."))
}

fn span(report: &Report) -> String {
    if report.period.from() == report.period.to() {
        return words::day(report.period.from());
    }
    format!("{} – {}", words::day(report.period.from()), words::day(report.period.to()))
}

fn head(flow: &mut Flow<'_>, report: &Report) {
    flow.title(TITLE, &span(report));
    let name = report.person.name.as_deref().unwrap_or("Name not given");
    let born = report.person.born.map_or_else(String::new, |born| format!(", born {}", words::day(born)));
    flow.paragraph(&format!("{name}{born}"), Weight::Bold, 2);
    let zone = report.period.zone.as_deref().map_or_else(String::new, |zone| format!(" Time zone: {zone}."));
    let devices: Vec<_> = report
        .devices
        .iter()
        .map(|device| format!("{}, serial {}, firmware {}", device.model, device.serial, device.firmware))
        .collect();
    let devices = if devices.is_empty() { "none".to_owned() } else { devices.join("; ") };
    flow.paragraph(&format!("Wearable: {devices}.{zone}"), Weight::Regular, 2);
}

fn adherence(flow: &mut Flow<'_>, report: &Report, totals: &Totals) {
    let weekly = report.weekly_sessions.map(std::num::NonZeroU32::get);
    if totals.sessions.count == 0 && weekly.is_none() {
        return;
    }
    flow.heading("Adherence", 86.0);
    let step = if report.period.days() <= 371 { Step::Week } else { Step::for_days(report.period.days()) };
    let days = u64::from(report.period.days());
    let a_week = if days < 7 {
        words::count(u64::from(totals.sessions.count), "session", "sessions")
    } else {
        format!("{} sessions a week on average", words::tenth(ratio(u64::from(totals.sessions.count) * 7, days)))
    };
    let sentence = match weekly {
        None => format!("No weekly target was set. {a_week}."),
        Some(target) => {
            let weeks = buckets(report, Step::Week);
            let whole = weeks.iter().filter(|week| week.days == 7);
            let met = whole.clone().filter(|week| week.sessions.count >= target).count();
            match u64::try_from(whole.count()).unwrap_or_default() {
                0 => format!("Target: {target} a week. No whole week, Monday to Sunday, is in this period; {a_week}."),
                weeks => format!(
                    "Target: {target} a week. Met in {met} of {}; {a_week}.",
                    words::count(weeks, "whole week", "whole weeks")
                ),
            }
        }
    };
    flow.paragraph(&sentence, Weight::Regular, 1);
    let all = buckets(report, step);
    let letters = flow.letters;
    flow.figure(62.0, |area| Pieces { all: &all, step, letters }.adherence(area, weekly));
}

fn questionnaires(flow: &mut Flow<'_>, report: &Report) {
    let scores = scores(report);
    let answered: Vec<_> = scores.iter().filter(|scores| !scores.is_empty()).collect();
    if answered.is_empty() {
        flow.heading("Questionnaires", LINE_PT);
        flow.paragraph("No questionnaires were answered in this period.", Weight::Regular, 1);
        return;
    }
    flow.heading("Questionnaires", 130.0);
    for scores in &answered {
        flow.paragraph(&scores.line(), Weight::Regular, 1);
    }
    let letters = flow.letters;
    let charts: Vec<_> =
        answered.iter().map(|scores| move |area| -> Node { scores.chart(area, &report.period, letters) }).collect();
    let charts: Vec<&dyn Fn(super::mark::Area) -> Node> = charts.iter().map(|chart| chart as _).collect();
    flow.figures(98.0, &charts);
}

fn wellbeing(flow: &mut Flow<'_>, report: &Report) {
    let days: Vec<_> = report.wellbeing.iter().filter(|day| report.period.contains(day.date)).collect();
    if days.is_empty() {
        flow.heading("Medication and sleep", LINE_PT);
        flow.paragraph("No entries on medication, sleep or stiffness in this period.", Weight::Regular, 1);
        return;
    }
    flow.heading("Medication and sleep", 40.0);
    let mut taken: BTreeMap<&str, (u64, Date, Date)> = BTreeMap::new();
    for day in days.iter().filter(|day| !day.medication.trim().is_empty()) {
        let entry = taken.entry(day.medication.trim()).or_insert((0, day.date, day.date));
        *entry = (entry.0 + 1, entry.1.min(day.date), entry.2.max(day.date));
    }
    let mut taken: Vec<_> = taken.into_iter().collect();
    // The most frequent first; as many times, by name.
    taken.sort_by_key(|(_, (count, ..))| std::cmp::Reverse(*count));
    for (what, (count, first, last)) in taken.iter().take(MEDICATIONS_MAX) {
        let what: String = what.chars().take(300).collect();
        let when = if first == last {
            format!("on {}", words::day(*first))
        } else {
            let days = words::count(*count, "day", "days");
            format!("on {days}, {} to {}", words::day(*first), words::day(*last))
        };
        flow.paragraph(&format!("Medication {when}: {what}"), Weight::Regular, 1);
    }
    match taken.len() {
        0 => flow.paragraph("No medication was noted.", Weight::Regular, 1),
        known if known > MEDICATIONS_MAX => {
            flow.paragraph(&format!("And {} others.", known - MEDICATIONS_MAX), Weight::Regular, 1);
        }
        _ => {}
    }
    let sleep: Vec<u64> = days.iter().filter_map(|day| day.sleep).map(|sleep| u64::from(sleep.get())).collect();
    let stiff: Vec<u64> = days.iter().filter_map(|day| day.stiffness_min).map(u64::from).collect();
    let range = |values: &[u64]| {
        let (lowest, highest) = (values.iter().min().copied().unwrap_or(0), values.iter().max().copied().unwrap_or(0));
        let count = u64::try_from(values.len()).unwrap_or_default();
        let mean = words::tenth(ratio(values.iter().sum(), count));
        (words::count(count, "day", "days"), mean, lowest, highest)
    };
    let sleep = if sleep.is_empty() {
        "Sleep was not rated.".to_owned()
    } else {
        let (days, mean, lowest, highest) = range(&sleep);
        format!("Sleep, 0 (very bad) to 10 (very good): rated on {days}, mean {mean}, {lowest} to {highest}.")
    };
    let stiff = if stiff.is_empty() {
        "Morning stiffness was not noted.".to_owned()
    } else {
        let (days, mean, lowest, highest) = range(&stiff);
        format!("Morning stiffness: noted on {days}, mean {mean} min, {lowest} to {highest} min.")
    };
    flow.paragraph(&format!("{sleep} {stiff}"), Weight::Regular, 2);
}

fn insights(flow: &mut Flow<'_>, report: &Report) {
    if report.insights.is_empty() {
        return;
    }
    flow.heading("Found in the person's own data (things that went together; no cause is shown)", 26.0);
    for insight in report.insights.iter().take(INSIGHTS_MAX) {
        flow.paragraph(insight, Weight::Regular, 2);
    }
}

fn notes(flow: &mut Flow<'_>, report: &Report) {
    let of_pain = report.pain.iter().map(|pain| (pain.at.date(), Some(pain.score.get()), pain.note.as_str()));
    let others = report.notes.iter().map(|note| (note.date, None, note.text.as_str()));
    let said = |text: &str| text.chars().any(|character| flow.letters.shows(character));
    let mut notes: Vec<_> =
        of_pain.chain(others).filter(|(date, _, text)| report.period.contains(*date) && said(text)).collect();
    if notes.is_empty() {
        return;
    }
    notes.sort_by_key(|(date, ..)| std::cmp::Reverse(*date));
    flow.heading("The person's own words, newest first", 26.0);
    for (date, pain, text) in notes.iter().take(NOTES_MAX) {
        // A long note is cut by the line; the whole stands in the tables that go with it.
        let text: String = text.trim().chars().take(400).collect();
        let pain = pain.map_or_else(String::new, |pain| format!(", pain {pain}"));
        flow.paragraph(&format!("{}{pain}: {text}", words::day(*date)), Weight::Regular, 2);
    }
    if notes.len() > NOTES_MAX {
        flow.small(&format!("And {} more.", notes.len() - NOTES_MAX), 1);
    }
}

fn last_sessions(flow: &mut Flow<'_>, report: &Report, totals: &Totals) {
    let caveats = caveats(totals);
    let caveats_pt = 24.0 + LINE_PT * 0.9 * 2.0 * super::panel::length(caveats.len());
    let mut newest: Vec<&Session> =
        report.sessions.iter().filter(|session| report.period.contains(session.started.date())).collect();
    newest.sort_by_key(|session| std::cmp::Reverse(session.started));
    if !newest.is_empty() {
        flow.heading("The last sessions", 5.0 * ROW_PT + caveats_pt);
        let room = (flow.room_pt() - caveats_pt - 16.0) / ROW_PT;
        let rows = (1..ROWS_MAX).take_while(|rows| super::panel::length(*rows + 1) <= room).count().min(newest.len());
        let shown = newest.get(..rows).unwrap_or(&newest);
        let letters = flow.letters;
        let height_pt = super::panel::length(shown.len() + 1) * ROW_PT + 2.0;
        flow.placed(height_pt, |at| table::sessions(at, shown, letters));
        if newest.len() > shown.len() {
            flow.small(&format!("{} of {} sessions.", shown.len(), newest.len()), 1);
        }
    }
    flow.heading("What to keep in mind", caveats_pt - 24.0);
    for caveat in caveats {
        flow.small(&caveat, 2);
    }
    flow.space(0.0);
}

/// What the figures are not.
fn caveats(totals: &Totals) -> Vec<String> {
    let mut caveats = Vec::new();
    if totals.sessions.worst_case > 0 {
        caveats.push(
            "* and slanted lines: the end of the session was not seen, so the time is the longest it can have been. What was really \
             delivered may be less."
                .to_owned(),
        );
    }
    caveats.push(
        "Pain, sleep and questionnaires are the person's own ratings. A day without an entry is not a day without pain."
            .to_owned(),
    );
    caveats.push(
        "Posture is judged by one sensor on the back, only while it is worn. Currents are measured by the wearable, peak of a pulse. \
         Nothing here is an examination or a diagnosis."
            .to_owned(),
    );
    caveats
}
