//! Every set of answers, and pain by chance against rules written down in another way.

use proptest::prelude::*;

use super::*;
use crate::diary::{PainReport, Sides, Sites};
use crate::pain::PainScore;
use crate::screening::{self, Part, Round, Screening};
use crate::units::UnixMillis;

const DAY_MS: i64 = 24 * 3_600 * 1_000;
const NOW_MS: i64 = 1_750_000_000_000;

fn rank(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::SelfCare { .. } => 0,
        Outcome::ClinicianSoon { .. } => 1,
        Outcome::Incomplete(_) => 2,
        Outcome::Emergency { .. } => 3,
    }
}

fn ids() -> Vec<&'static str> {
    questions().map(|question| question.id).collect()
}

/// Answers with yes where the bit of the question is set.
fn answers(yes: u32) -> Answers {
    let mut answers = Answers { version: VERSION, ..Answers::default() };
    for (index, id) in ids().into_iter().enumerate() {
        answers.answers.insert(id.to_owned(), if yes >> index & 1 == 1 { Answer::Yes } else { Answer::No });
    }
    answers
}

fn emergencies() -> u32 {
    let bits = questions().enumerate().filter(|(_, question)| question.route == Route::Emergency);
    bits.map(|(index, _)| 1 << index).sum()
}

/// All 32,768 sets of yes and no, calm and worse, each beside the set with one flag more.
#[test]
fn more_flags_never_lead_lower_and_an_emergency_never_anywhere_else() {
    let (count, emergencies) = (ids().len(), emergencies());
    assert_eq!((count, emergencies.count_ones()), (15, 5));
    for worse in [false, true] {
        let ranks: Vec<u8> = (0..1_u32 << count).map(|yes| rank(&judge(&answers(yes), worse))).collect();
        for yes in 0..1_u32 << count {
            let here = ranks[yes as usize];
            assert_eq!(here == 3, yes & emergencies != 0, "{yes:b}");
            for flag in 0..count {
                assert!(here <= ranks[(yes | 1 << flag) as usize], "{yes:b} with {flag}");
            }
        }
    }
    for yes in 0..1_u32 << count {
        assert!(rank(&judge(&answers(yes), false)) <= rank(&judge(&answers(yes), true)), "{yes:b}");
    }
}

#[test]
fn each_question_leads_where_the_table_says() {
    for question in questions() {
        let one = |answer| {
            let mut answers = answers(0);
            answers.answers.insert(question.id.to_owned(), answer);
            answers
        };
        let because = vec![question.id];
        for answer in [Answer::Yes, Answer::Unsure] {
            let (calm, worse) = (judge(&one(answer), false), judge(&one(answer), true));
            match question.route {
                Route::Emergency => {
                    assert_eq!((&calm, &worse), (&Outcome::Emergency { because: because.clone() }, &calm));
                }
                Route::Stop => {
                    assert_eq!((&calm, &worse), (&Outcome::ClinicianSoon { because: because.clone() }, &calm));
                }
                _ => {
                    assert_eq!(calm, Outcome::SelfCare { because: because.clone() });
                    assert_eq!(worse, Outcome::ClinicianSoon { because: because.clone() });
                }
            }
        }
        let mut open = answers(0);
        open.answers.remove(question.id);
        assert_eq!(judge(&open, false), Outcome::Incomplete(because));
        assert!(question.flag.is_some_and(|flag| !flag.source.is_empty()));
    }
    assert_eq!(judge(&answers(0), true), Outcome::SelfCare { because: Vec::new() });
    let old = Answers { version: VERSION - 1, ..answers(0) };
    assert_eq!(judge(&old, false), Outcome::Incomplete(ids()), "answers to other questions count for nothing");
}

#[test]
fn an_emergency_that_nobody_has_looked_at_leads_to_a_clinician() {
    let check = |yes, agreed| Round {
        part: Part::RedFlags,
        answers: Answers { clinician_agreed: agreed, ..answers(yes) },
        ..whole(0)
    };
    let soon = |because: &[&'static str]| Outcome::ClinicianSoon { because: because.to_vec() };
    let first = ids()[0];
    assert_eq!(judge_newest(&[], false), Outcome::Incomplete(ids()));
    assert_eq!(judge_newest(&[whole(0), check(0, false)], false), Outcome::SelfCare { because: vec![] });
    let told = [whole(0), check(1, true)];
    assert_eq!(judge_newest(&told, false), Outcome::Emergency { because: vec![first] });
    let then = |round| judge_newest(&[told.as_slice(), &[round]].concat(), false);
    assert_eq!(then(check(0, false)), soon(&[first]));
    assert_eq!(then(check(1 << 14, false)), soon(&[first, ids()[14]]));
    assert_eq!(then(check(0, true)), Outcome::SelfCare { because: vec![] });
}

#[test]
fn every_advice_says_what_to_do() {
    assert!(judge(&answers(1), false).advice().starts_with("Go to emergency care now"));
    for outcome in [judge(&answers(0), false), judge(&answers(1 << 14), false), judge(&answers(3 << 13), false)] {
        assert!(outcome.advice().contains("go to emergency care at once"), "{outcome:?}");
    }
    assert!(judge(&Answers::default(), false).advice().contains("bladder_bowel"));
}

fn whole(told: u32) -> Round {
    Round { told, ..Round::all(Answers::all_no(), UnixMillis::new(NOW_MS)) }
}

fn point(days_ago: i64, told: u32, score: u8) -> PainPoint {
    let report = PainReport::new(PainScore::new(score).unwrap(), Sites::parse(["lower-back"]).unwrap());
    PainPoint::new(UnixMillis::new(NOW_MS - days_ago * DAY_MS), told, &report)
}

fn why(rounds: &[Round], pain: &[PainPoint]) -> Option<Why> {
    due(&History { rounds, pain })
}

#[test]
fn nothing_starts_before_the_first_check() {
    assert_eq!(why(&[], &[]), Some(Why::NeverChecked));
    let history = History { rounds: &[], pain: &[] };
    assert!(matches!(clear_to_start(&history), Err(NotClear::Screening(Screening::Incomplete(_)))));
    let rounds = [whole(0)];
    assert!(clear_to_start(&History { rounds: &rounds, pain: &[] }).is_ok());
    // A check alone is no screening.
    let checks = [Round { part: Part::RedFlags, ..whole(0) }];
    assert_eq!(why(&checks, &[]), None);
    assert!(clear_to_start(&History { rounds: &checks, pain: &[] }).is_err());
}

#[test]
fn a_jump_is_three_points_above_the_median_and_seven_or_more() {
    let usual = [point(5, 1, 2), point(4, 2, 4), point(3, 3, 4)];
    let with = |score| [usual.as_slice(), &[point(0, 4, score)]].concat();
    assert_eq!(why(&[whole(3)], &with(7)), Some(Why::PainJump));
    assert_eq!(why(&[whole(3)], &with(6)), None, "not severe");
    let higher = [point(5, 1, 5), point(4, 2, 5), point(3, 3, 5), point(0, 4, 7)];
    assert_eq!(why(&[whole(3)], &higher), None, "two points");
    // An even number of days: the median is 4.5.
    let even = |score| [point(4, 1, 4), point(3, 2, 5), point(0, 3, score)];
    assert_eq!((why(&[whole(2)], &even(7)), why(&[whole(2)], &even(8))), (None, Some(Why::PainJump)));
    assert_eq!(why(&[whole(0)], &[point(0, 1, 10)]), None, "nothing to compare with");
    // Older than two weeks: the newest of them.
    assert_eq!(why(&[whole(0)], &[point(30, 1, 9), point(20, 2, 2), point(0, 3, 7)]), Some(Why::PainJump));
}

#[test]
fn a_check_covers_what_was_told_before_it_whatever_the_clock_says() {
    let pain = [point(5, 1, 2), point(0, 2, 9)];
    assert_eq!(why(&[whole(1)], &pain), Some(Why::PainJump));
    assert_eq!(why(&[whole(2)], &pain), None);
    let long_ago = Round { at: UnixMillis::new(0), part: Part::RedFlags, ..whole(2) };
    assert_eq!(why(&[whole(0), long_ago], &pain), None);
    // An entry of before that is raised afterwards is told anew.
    assert_eq!(why(&[whole(2)], &[point(5, 1, 2), point(1, 3, 9)]), Some(Why::PainJump));
    // The bad days after a check are not asked about again, unless it gets worse still.
    let and_then = |days_ago, score| [point(20, 1, 2), point(19, 2, 2), point(9, 3, 8), point(days_ago, 4, score)];
    assert_eq!(why(&[whole(3)], &and_then(6, 8)), None);
    assert_eq!(why(&[whole(3)], &and_then(6, 9)), Some(Why::PainJump));
}

#[test]
fn a_leg_it_was_not_in_and_numbness_are_asked_about() {
    let at = |days_ago, told, words: &[&str], numb| {
        let sites = Sites::parse(words.iter().copied()).unwrap();
        let qualities = if numb { vec![crate::diary::Quality::Numb] } else { Vec::new() };
        let report = PainReport::new(PainScore::new(4).unwrap(), sites).with_qualities(qualities);
        PainPoint::new(UnixMillis::new(NOW_MS - days_ago * DAY_MS), told, &report)
    };
    let leg = |before: &[&str], now: &[&str]| why(&[whole(1)], &[at(3, 1, before, false), at(0, 2, now, false)]);
    for (before, now, expected) in [
        (&["lower-back"][..], &["leg"][..], Some(Why::NewLeg)),
        (&["lower-back"], &["lower-back", "foot:left"], Some(Why::NewLeg)),
        (&["leg:left"], &["leg:left"], None),
        (&["leg:left"], &["foot:left"], None),
        (&["leg:left"], &["leg:both"], Some(Why::NewLeg)),
        (&["leg"], &["leg:right"], None),
        (&["leg"], &["leg:both"], Some(Why::NewLeg)),
        (&["leg:both"], &["leg"], None),
        (&["leg:left"], &["hip:right", "neck"], None),
    ] {
        assert_eq!(leg(before, now), expected, "{before:?} then {now:?}");
    }
    assert_eq!(why(&[whole(0)], &[at(0, 1, &["leg:left"], false)]), None, "nothing to compare with");
    assert_eq!(why(&[whole(0)], &[at(0, 1, &["lower-back"], true)]), Some(Why::Numbness));
    assert_eq!(why(&[whole(1)], &[at(1, 1, &["lower-back"], true), at(0, 2, &["lower-back"], true)]), None);
    let both = Sides { left: true, right: true, middle: false };
    assert_eq!(at(0, 1, &["leg:left", "foot:right"], false).legs, Some(both));
}

/// The jump as one would tell it to a person, with fractions.
fn is_jump_in_words(pain: &[PainPoint], point: &PainPoint) -> bool {
    let earlier: Vec<_> = pain.iter().filter(|other| other.told < point.told).collect();
    let recent: Vec<_> =
        earlier.iter().filter(|other| point.at.get() - other.at.get() <= 14 * DAY_MS).copied().collect();
    let compared = if recent.is_empty() { earlier.last().copied().into_iter().collect() } else { recent };
    let mut scores: Vec<f64> = compared.iter().map(|point| f64::from(point.score.get())).collect();
    scores.sort_by(f64::total_cmp);
    let median = match scores.len() {
        0 => return false,
        odd if odd % 2 == 1 => scores[odd / 2],
        even => f64::midpoint(scores[even / 2 - 1], scores[even / 2]),
    };
    point.score.get() >= 7 && f64::from(point.score.get()) - median >= 3.0
}

proptest! {
    /// Entries as the days bring them, and a check in the middle of which nothing was as bad.
    #[test]
    fn every_jump_since_the_check_is_asked_about(
        days in prop::collection::vec((0_i64..9, 0_u8..=10), 1..30),
        checked in any::<prop::sample::Index>(),
    ) {
        let mut at_day = -400;
        let pain: Vec<_> = (1_u32..)
            .zip(&days)
            .map(|(told, (after, score))| {
                at_day += after;
                point(-at_day, told, *score)
            })
            .collect();
        let checked = u32::try_from(checked.index(pain.len())).unwrap();
        let found = why(&[whole(checked)], &pain);
        let expected = pain.iter().filter(|point| point.told > checked).any(|point| {
            let covered = pain.iter().any(|other| {
                other.told <= checked && other.score >= point.score && point.at.get() - other.at.get() <= 3 * DAY_MS
            });
            is_jump_in_words(&pain, point) && !covered
        });
        prop_assert_eq!(found == Some(Why::PainJump), expected);
    }

    /// Whatever is answered: an emergency locks, and the check leads nowhere lower than the screening with the same answers.
    #[test]
    fn no_answers_lead_below_an_emergency(
        given in prop::collection::vec(prop::option::of(0_u8..3), 15),
        agreed in any::<bool>(),
        worse in any::<bool>(),
    ) {
        let mut answers = Answers { version: VERSION, clinician_agreed: agreed, ..Answers::default() };
        for (id, which) in ids().into_iter().zip(&given) {
            if let Some(which) = which {
                let answer = [Answer::No, Answer::Yes, Answer::Unsure][usize::from(*which)];
                answers.answers.insert(id.to_owned(), answer);
            }
        }
        let emergency = questions().any(|question| {
            question.route == Route::Emergency && answers.answers.get(question.id).is_some_and(|answer| *answer != Answer::No)
        });
        prop_assert_eq!(matches!(judge(&answers, worse), Outcome::Emergency { .. }), emergency);
        let check = Round { part: Part::RedFlags, answers: answers.clone(), ..whole(0) };
        let rounds = [whole(0), check];
        let locked = screening::judge(&rounds);
        let urgent = matches!(&locked, Screening::Locked { route: Route::Emergency, .. });
        prop_assert_eq!(urgent, emergency);
        // Any flag locks as it would in a screening, unless it is one that a clinician may agree to and has.
        let lifted = |question: &Question| question.route == Route::AskClinician && agreed;
        let flagged = questions()
            .filter(|question| answers.answers.get(question.id).is_some_and(|answer| *answer != Answer::No))
            .any(|question| !lifted(question));
        prop_assert_eq!(clear_to_start(&History { rounds: &rounds, pain: &[] }).is_err(), flagged);
    }
}
