//! What must hold of every report, and what the printed text says.

use std::num::NonZeroU32;
use std::process::Command;

use proptest::prelude::*;

use super::letters::Letters;
use super::mark::{At, Mark, Node, Role};
use super::page::MARGIN_PT;
use super::sections::pages;
use super::write::{PAGE_HEIGHT_PT, PAGE_WIDTH_PT};
use crate::report::Report;
use crate::{pdf, sample};

/// Every text, in reading order, and every place.
fn gather(nodes: &[Node], texts: &mut Vec<String>, places: &mut Vec<At>) {
    for node in nodes {
        for mark in &node.marks {
            match mark {
                Mark::Text { at, run, .. } => {
                    texts.push(run.text.clone());
                    places.extend([*at, At { x: at.x + run.width_pt, y: at.y }]);
                }
                Mark::Fill { area, .. } | Mark::Hatch { area } | Mark::Edge { area, .. } => {
                    places.extend([At { x: area.x, y: area.y }, At { x: area.right(), y: area.bottom() }]);
                }
                Mark::Surface { corners: points, .. } | Mark::Line { points, .. } => places.extend(points),
                Mark::Dot { centre, .. } => places.push(*centre),
            }
        }
        gather(&node.children, texts, places);
    }
}

fn laid_out(report: &Report) -> Vec<String> {
    let pages = pages(report, &Letters::new().unwrap());
    assert!((1..=2).contains(&pages.len()));
    let mut texts = Vec::new();
    for page in &pages {
        let mut places = Vec::new();
        gather(page, &mut texts, &mut places);
        for At { x, y } in places {
            assert!((MARGIN_PT - 1.0..=PAGE_WIDTH_PT - MARGIN_PT + 1.0).contains(&x), "x {x}");
            assert!((20.0..=PAGE_HEIGHT_PT - 20.0).contains(&y), "y {y}");
        }
        // What flows must end above the foot, which is the last node.
        let (_, flowing) = page.split_last().unwrap();
        let mut below = Vec::new();
        gather(flowing, &mut Vec::new(), &mut below);
        assert!(below.iter().all(|at| at.y <= PAGE_HEIGHT_PT - 40.0), "something runs into the foot");
    }
    texts
}

#[test]
fn every_report_fits_on_two_pages_and_inside_their_margins() {
    for (name, report) in sample::all() {
        let texts = laid_out(&report);
        assert!(texts.len() > 8, "{name}");
    }
}

#[test]
fn the_same_report_makes_the_same_bytes() {
    for (name, report) in sample::all() {
        let bytes = pdf(&report).unwrap();
        assert!(bytes.starts_with(b"%PDF-1.7"), "{name}");
        assert_eq!(bytes, pdf(&report).unwrap(), "{name}");
        assert!(bytes.len() < 200_000, "{name} has {} bytes", bytes.len());
    }
}

#[test]
fn an_empty_report_says_nothing_false() {
    let text = laid_out(&sample::all()[0].1).join("\n");
    for said in [
        "0 of 28 days with data.",
        "No pain entries in this period.",
        "No sessions in this period.",
        "The wearable told no posture in this period.",
        "No questionnaires were answered in this period.",
        "Name not given",
        "Wearable: none.",
    ] {
        assert!(text.contains(said), "{said}");
    }
    for false_words in ["mean", "Adherence", "0 %", "* and"] {
        assert!(!text.contains(false_words), "{false_words}");
    }
}

/// The numbers of the summary, worked out anew from the rows.
#[test]
fn the_printed_numbers_are_those_of_the_rows() {
    let mut report = sample::report(28);
    report.sessions[3].worst_case = true;
    let text = laid_out(&report).join(" ");
    let scores: Vec<u32> = report.pain.iter().map(|pain| u32::from(pain.score.get())).collect();
    let (entries, sum) = (scores.len(), scores.iter().sum::<u32>());
    let tenths = (f64::from(sum) / f64::from(u32::try_from(entries).unwrap()) * 10.0).round() / 10.0;
    assert!(text.contains(&format!("Pain: {entries} entries on ")), "{text}");
    assert!(text.contains(&format!("mean {tenths:.1} of 10, lowest {}", scores.iter().min().unwrap())), "{text}");
    let seconds: u32 = report.sessions.iter().map(|session| session.stimulated.get()).sum();
    let worst = report.sessions.iter().filter(|session| session.worst_case).count();
    let minutes = (seconds + 30) / 60;
    let told = if worst > 0 { format!(", {worst} of them counted as the worse case") } else { String::new() };
    let line = format!("{} sessions, {minutes} min in all{told}.", report.sessions.len());
    assert!(text.contains(&line), "{line} in {text}");
    let rated = report.sessions.iter().filter(|session| session.pain_before.is_some() && session.pain_after.is_some());
    assert!(text.contains(&format!("rated before and after {} sessions", rated.count())));
    let newest = report.sessions.last().unwrap();
    assert!(text.contains(&newest.started.local().strftime("%Y-%m-%d %H:%M").to_string()));
    assert!(text.contains("may help during and shortly after a session"));
    assert!(
        text.contains("* and slanted lines")
            && text.contains(&format!("{}* ", crate::words::minutes(u64::from(report.sessions[3].stimulated.get()))))
    );
}

#[test]
fn a_target_is_judged_by_whole_weeks() {
    let mut report = sample::report(28);
    let weeks = crate::buckets::buckets(&report, crate::buckets::Step::Week);
    for (target, met) in [(1, weeks.iter().filter(|week| week.sessions.count >= 1).count()), (50, 0)] {
        report.weekly_sessions = NonZeroU32::new(target);
        let text = laid_out(&report).join(" ");
        assert!(text.contains(&format!("Target: {target} a week. Met in {met} of 4 whole weeks")), "{text}");
    }
    report.weekly_sessions = None;
    assert!(laid_out(&report).join(" ").contains("No weekly target was set."));
}

#[test]
fn pictures_are_told_in_words() {
    let pages = pages(&sample::report(28), &Letters::new().unwrap());
    let told: Vec<_> = pages
        .iter()
        .flatten()
        .filter_map(|node| match &node.role {
            Role::Figure(words) => Some(words.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(told.len(), 6);
    assert!(told[0].starts_with("Pain, 0 to 10: 3 Nov 2025: mean "), "{}", told[0]);
}

/// The text of the file itself, by a program that had no part in making it; where poppler isn't installed, there is nothing to ask.
#[test]
fn the_text_can_be_found_in_the_file() {
    if Command::new("pdftotext").arg("-v").output().is_err() {
        eprintln!("pdftotext isn't here: not asked");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, report) in sample::all() {
        let file = dir.path().join(name);
        std::fs::write(&file, pdf(&report).unwrap()).unwrap();
        let output = Command::new("pdftotext").args(["-raw", "-enc", "UTF-8"]).arg(&file).arg("-").output().unwrap();
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        let text = squeezed(&String::from_utf8(output.stdout).unwrap());
        for line in laid_out(&report) {
            assert!(text.contains(&squeezed(&line)), "{name}: {line}");
        }
    }
}

/// The same by a reader of PDF in Rust, which also tells whether the file is tagged.
#[test]
fn the_file_is_read_by_others() {
    let report = sample::report(28);
    let file = lopdf::Document::load_mem(&pdf(&report).unwrap()).unwrap();
    let pages: Vec<u32> = file.get_pages().keys().copied().collect();
    assert_eq!(pages, [1, 2]);
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let text = squeezed(&file.extract_text(&pages).unwrap());
    for line in laid_out(&report) {
        assert!(text.contains(&squeezed(&line)), "{line}");
    }
    let catalog = file.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"en");
    assert!(catalog.get(b"MarkInfo").unwrap().as_dict().unwrap().get(b"Marked").unwrap().as_bool().unwrap());
    for part in [&b"StructTreeRoot"[..], b"Outlines", b"Metadata"] {
        assert!(catalog.has(part), "{}", String::from_utf8_lossy(part));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_text_and_no_length_of_time_breaks_a_report(
        days in 1_u32..900,
        name in "\\PC{0,60}|.{0,60}",
        note in "\\PC{0,200}|(?s).{0,200}",
        weekly in 0_u32..2_000_000,
        lost in 0_usize..4,
    ) {
        let mut report = sample::report(days);
        report.person.name = Some(name.clone());
        report.weekly_sessions = NonZeroU32::new(weekly);
        for pain in &mut report.pain {
            pain.note.clone_from(&note);
        }
        for day in &mut report.wellbeing {
            day.medication.clone_from(&name);
        }
        report.insights = vec![note.clone(); 5];
        match lost {
            1 => report.sessions.clear(),
            2 => report.days.clear(),
            3 => report.questionnaires.clear(),
            _ => {}
        }
        laid_out(&report);
        prop_assert!(pdf(&report).is_ok());
    }
}
