//! Made-up reports: for tests, and to look at what comes out.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "made up here, and used in tests alone"
)]

use std::num::NonZeroU32;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use lumbra_domain::pain::PainScore;
use lumbra_domain::units::{Milliamps, Seconds, UnixMillis};

use crate::moment::Moment;
use crate::questionnaire::{Answers, Peg, Questionnaire, Statements};
use crate::report::{
    Day, Device, Note, Outcome, Pain, PainOfDay, PainWhen, Period, Person, Posture, Report, Session, SleepQuality,
    Wellbeing,
};

/// A few numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(limit.max(1))).unwrap_or_default()
    }
}

/// A score; above 10 it is 10.
pub fn score(number: u32) -> PainScore {
    PainScore::new(u8::try_from(number.min(10)).unwrap()).unwrap()
}

/// A moment on a day, an hour east of UTC.
pub fn at(date: Date, hour: i8, minute: i8) -> Moment {
    let moment = jiff::tz::offset(1).to_timestamp(date.at(hour, minute, 0, 0)).unwrap();
    Moment::new(UnixMillis::new(moment.as_millisecond()), 3_600).unwrap()
}

/// Some days up to the end of November 2025, with everything in them.
pub fn report(days: u32) -> Report {
    let to = date(2025, 11, 30);
    let from = to.saturating_sub(i64::from(days - 1).days());
    let mut report = Report::empty(Period::new(from, to, Some("Europe/Berlin".to_owned())).unwrap());
    report.person = Person { name: Some("Marta Beispiel".to_owned()), born: Some(date(1974, 5, 2)) };
    report.devices.push(Device {
        identity: "5d0c1d5e-7a2b-4c53-9d64-1f3f0c2f8a01".to_owned(),
        model: "Lumbra One".to_owned(),
        serial: "LB1-000001".to_owned(),
        firmware: "1.0.0".to_owned(),
    });
    "5d0c1d5e-7a2b-4c53-9d64-1f3f0c2f8a01".clone_into(&mut report.subject);
    report.weekly_sessions = NonZeroU32::new(3);
    let mut chance = Chance(7);
    let mut day = from;
    for index in 0..days {
        // From about 7 to about 3.
        let now = 70 - 40 * index / days;
        fill_day(&mut report, day, index, now, &mut chance);
        day = day.tomorrow().unwrap();
    }
    report.notes.push(Note { date: from, text: "Started a new job at a desk.".to_owned() });
    report.insights.push(
        "On days with more than 40 % slouched, pain on the next day was rated 0.8 higher on average (14 and 9 days)."
            .to_owned(),
    );
    report
}

fn fill_day(report: &mut Report, day: Date, index: u32, tenths: u32, chance: &mut Chance) {
    let mut scores = Vec::new();
    // A week without entries, to see a gap.
    let silent = (9..13).contains(&index);
    if !silent && chance.below(10) < 8 {
        scores.push((at(day, 20, 15), (tenths + chance.below(30) - 10) / 10, PainWhen::Diary));
    }
    let mut session = None;
    if chance.below(10) < 4 {
        let identity = format!("session-{index}");
        let (before, after) = ((tenths + 10) / 10, (tenths.saturating_sub(5) + chance.below(10)) / 10);
        scores.push((at(day, 18, 0), before, PainWhen::BeforeSession));
        let rated = chance.below(4) > 0;
        if rated {
            scores.push((at(day, 18, 40), after, PainWhen::AfterSession));
        }
        let worst_case = chance.below(9) == 0;
        let stopped = !worst_case && chance.below(5) == 0;
        report.sessions.push(Session {
            identity: identity.clone(),
            device: "5d0c1d5e-7a2b-4c53-9d64-1f3f0c2f8a01".to_owned(),
            started: at(day, 18, 5),
            ended: (!worst_case).then(|| at(day, 18, 35)),
            programme: ["Conventional", "Burst", "Acupuncture-like"][chance.below(3) as usize].to_owned(),
            planned: Seconds::new(1_800),
            stimulated: Seconds::new(if stopped { 600 + chance.below(900) } else { 1_800 }),
            worst_case,
            highest: Milliamps::from_tenths(120 + u16::try_from(chance.below(90)).unwrap()),
            limit: Milliamps::from_tenths(300),
            pain_before: Some(score(before)),
            pain_after: rated.then(|| score(after)),
            outcome: match (worst_case, stopped) {
                (true, _) => Outcome::NotSeen,
                (_, true) => Outcome::StoppedOnDevice,
                _ => Outcome::Completed,
            },
        });
        session = Some(identity);
    }
    let numbers: Vec<u32> = scores.iter().map(|(_, score, _)| (*score).min(10)).collect();
    for (at, number, when) in scores {
        report.pain.push(Pain {
            identity: format!("pain-{}", report.pain.len()),
            at,
            score: score(number),
            when,
            session: (when != PainWhen::Diary).then(|| session.clone()).flatten(),
            place: "lower-back".to_owned(),
            note: if report.pain.len() % 9 == 4 {
                "worse after two hours in the car".to_owned()
            } else {
                String::new()
            },
        });
    }
    fill_rest(report, day, index, tenths, &numbers, chance);
}

/// Posture, questionnaires and wellbeing of a day.
fn fill_rest(report: &mut Report, day: Date, index: u32, tenths: u32, numbers: &[u32], chance: &mut Chance) {
    let worn = chance.below(10) > 0 && !(20..22).contains(&index);
    let slouched_s = 3_600 * (2 + chance.below(4)) * tenths / 60;
    let posture = if worn {
        Posture {
            upright_s: 20_000 - slouched_s / 2,
            slouched_s,
            leaning_s: chance.below(2_000),
            lying_s: chance.below(3_000),
            moving_s: 2_000 + chance.below(4_000),
            not_worn_s: 10_000,
        }
    } else {
        Posture::default()
    };
    report.days.push(Day {
        date: day,
        posture,
        nudges: chance.below(9),
        pain: NonZeroU32::new(u32::try_from(numbers.len()).unwrap()).map(|entries| PainOfDay {
            entries,
            score_sum: numbers.iter().sum(),
            lowest: score(*numbers.iter().min().unwrap()),
            highest: score(*numbers.iter().max().unwrap()),
        }),
    });
    if index % 7 == 2 {
        let third = |add: u32| score((tenths + add) / 10);
        let peg = Peg { pain: third(0), enjoyment: third(8), activity: third(4) };
        let identity = format!("peg-{index}");
        report.questionnaires.push(Questionnaire { identity, at: at(day, 9, 0), answers: Answers::Peg(peg) });
    }
    if index % 14 == 3 {
        let ticked = Statements::ticked(1..=u8::try_from(tenths / 5).unwrap()).unwrap();
        let identity = format!("rm-{index}");
        report.questionnaires.push(Questionnaire {
            identity,
            at: at(day, 9, 10),
            answers: Answers::RolandMorris(ticked),
        });
    }
    if chance.below(3) > 0 {
        report.wellbeing.push(Wellbeing {
            date: day,
            sleep: SleepQuality::new(u8::try_from(4 + chance.below(5)).unwrap()),
            stiffness_min: (chance.below(2) == 0).then(|| u16::try_from(10 + chance.below(50)).unwrap()),
            medication: if chance.below(3) == 0 { "Ibuprofen 400 mg".to_owned() } else { String::new() },
        });
    }
}

/// Names and notes that are long, and of many scripts.
pub fn hostile() -> Report {
    let mut report = report(28);
    report.person.name =
        Some(format!("Dr. Ελένη Παπαδοπούλου-Ščerbákova Михайлівна 李小龍 {}", "von Ungewöhnlich-".repeat(20)));
    report.period.zone = Some("America/Argentina/ComodRivadavia".to_owned());
    report.devices = vec![report.devices[0].clone(); 9];
    for device in &mut report.devices {
        device.model = "A model with a name that goes on and on and on".repeat(3);
    }
    for (index, pain) in report.pain.iter_mut().enumerate() {
        pain.note = match index % 4 {
            0 => "Ουσιαστικά καλύτερα μετά τον περίπατο · Значно краще після прогулянки · Žluťoučký kůň".to_owned(),
            1 => "Donaudampfschifffahrtsgesellschaftskapitän".repeat(45),
            2 => "عنوان \u{202e}reversed\u{202c} 李 \u{0} \u{1f600} tab\tand\nline".to_owned(),
            _ => "word ".repeat(400),
        };
    }
    for day in &mut report.wellbeing {
        day.medication = format!("{}{}", "Παρακεταμόλη ".repeat(30), day.date);
    }
    for session in &mut report.sessions {
        "A programme of the person's own with a name too long for any column".clone_into(&mut session.programme);
        session.highest = Milliamps::from_tenths(u16::MAX);
        session.stimulated = Seconds::new(u32::MAX);
    }
    report.insights = vec!["An insight that has a lot to tell and does not come to an end. ".repeat(12); 9];
    report.notes = vec![Note { date: date(2025, 11, 30), text: "\n\n\u{200b}".to_owned() }; 40];
    report
}

/// What every kind of export is tried on.
pub fn all() -> Vec<(&'static str, Report)> {
    let empty = Report::empty(Period::new(date(2025, 11, 3), date(2025, 11, 30), None).unwrap());
    vec![
        ("empty", empty),
        ("one_day", report(1)),
        ("four_weeks", report(28)),
        ("half_a_year", report(180)),
        ("five_years", report(1_826)),
        ("hostile", hostile()),
    ]
}
