use jiff::civil::date;

use super::super::log::StopReason;
use super::super::text::ActivityId;
use super::*;
use crate::pain::PainScore;

fn bridge(sets: u8, repetitions: u8, hold_s: u8) -> Dosed {
    Dosed::new(Exercise::Bridge, Dose::holds(sets, repetitions, hold_s).unwrap()).unwrap()
}

fn change(from: Dosed, to: To, reason: Reason) -> Change {
    Change { activity: ActivityId::new("a").unwrap(), on: date(2026, 6, 1), from, to, reason }
}

fn score(score: u8) -> PainScore {
    PainScore::new(score).unwrap()
}

#[test]
fn each_change_says_what_was_seen_and_what_follows() {
    let up = Reason::WithinLimit { sessions: 3 };
    let march = Dosed::new(Exercise::BridgeMarch, Dose::repetitions(1, 6).unwrap()).unwrap();
    let during = Bad::During { worst: score(6), limit: score(5) };
    let morning = Bad::Morning { before: score(2), morning: score(4) };
    let flare = Bad::Flare { before: score(7), worst: score(7) };
    let from = bridge(1, 6, 10);
    let to = |sets, repetitions, hold_s| To::Dosed(bridge(sets, repetitions, hold_s));
    for (to, reason, sentence) in [
        (to(1, 8, 10), up, "Bridge: 6 repetitions of 10 s, 3 times in a row without worse pain: now 8 repetitions."),
        (
            to(2, 4, 10),
            up,
            "Bridge: 6 repetitions of 10 s, 3 times in a row without worse pain: now 2 sets of 4 repetitions.",
        ),
        (
            To::Dosed(march),
            up,
            "Bridge: 6 repetitions of 10 s, 3 times in a row without worse pain: now Bridge march, 6 repetitions.",
        ),
        (
            to(1, 6, 8),
            Reason::BadSession(during),
            "Bridge: pain of 6 during it, above the limit of 5: one step back, to holds of 8 s.",
        ),
        (
            to(1, 6, 8),
            Reason::BadSession(flare),
            "Bridge: pain of 7 already before it: one step back, to holds of 8 s.",
        ),
        (to(1, 6, 8), Reason::BadSession(Bad::Stopped), "Bridge: stopped for pain: one step back, to holds of 8 s."),
        (
            To::Paused,
            Reason::SecondBad(morning),
            "Bridge: pain of 4 on the next morning, 2 before the session, the second bad session in a row: paused. Talk to a clinician before you go on with what is paused.",
        ),
        (
            to(1, 4, 10),
            Reason::Break { days: 14 },
            "Bridge: not done for 14 days: begin again lower, with 4 repetitions.",
        ),
        (to(1, 6, 10), Reason::Agreed, "Bridge: a clinician has agreed: go on, with 6 repetitions of 10 s."),
    ] {
        assert_eq!(change(from, to, reason).sentence(), sentence);
    }
    let numb = change(from, To::Paused, Reason::Alarm(StopReason::NumbOrWeak)).sentence();
    assert!(numb.contains("red-flag questions now") && numb.contains("emergency care at once"), "{numb}");
}

#[test]
fn what_belongs_together_is_said_once() {
    let morning = Reason::BadSession(Bad::Morning { before: score(2), morning: score(4) });
    let other = Dosed::new(Exercise::CatCamel, Dose::repetitions(1, 8).unwrap()).unwrap();
    let less = Dosed::new(Exercise::CatCamel, Dose::repetitions(1, 6).unwrap()).unwrap();
    let up = change(bridge(1, 6, 8), To::Dosed(bridge(1, 6, 10)), Reason::WithinLimit { sessions: 3 });
    let changes = [
        change(bridge(1, 6, 10), To::Dosed(bridge(1, 6, 8)), morning),
        up.clone(),
        change(other, To::Dosed(less), morning),
        up.clone(),
    ];
    let told: Vec<String> = digest(&changes).into_iter().map(|(_, sentence)| sentence).collect();
    let together = "Pain of 4 on the next morning, 2 before the session: one step back: Bridge (holds of 8 s), Cat camel (6 repetitions).";
    assert_eq!(told, [together.to_owned(), up.sentence(), up.sentence()]);
}

#[test]
fn doses_are_said_as_people_say_them() {
    let words = |dose: Result<Dose, super::super::dose::DoseError>| dose.unwrap().words();
    assert_eq!(words(Dose::repetitions(1, 1)), "1 repetition");
    assert_eq!(words(Dose::repetitions(3, 10)), "3 sets of 10 repetitions");
    assert_eq!(words(Dose::pyramid(&[6, 4, 2], 8)), "sets of 6-4-2 repetitions of 8 s");
    assert_eq!(words(Dose::minutes(20)), "20 minutes");
    assert_eq!(name(Exercise::SitToStand), "Sit to stand");
}

/// Words of a claim that nothing here can hold: what follows a session is not known to follow from it.
#[test]
fn no_sentence_claims_a_cause_or_a_cure() {
    let found = [
        Reassess::NoStepUp { weeks: 4 },
        Reassess::PegNoBetter { first: 5.0, latest: 5.0, weeks: 6 },
        Reassess::Paused { exercises: 1 },
        Reassess::SeldomDone { percent: 40, weeks: 4 },
    ];
    let mut sentences: Vec<String> = found.iter().map(Reassess::sentence).collect();
    sentences.extend([EVIDENCE, CONTACT].map(str::to_owned));
    sentences.extend(Stage::ALL.map(|stage| Review::Advance(stage).sentence()));
    sentences.push(Review::Back(Stage::Calm).sentence());
    for sentence in sentences {
        for word in ["cause", "cure", "heal", "treat", "because", "guarantee"] {
            assert!(!sentence.to_lowercase().contains(word), "{sentence}");
        }
    }
}
