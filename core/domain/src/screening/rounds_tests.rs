//! Screenings and checks in a row.

use proptest::prelude::*;

use super::*;

const NOW: UnixMillis = UnixMillis::new(1_000_000_000_000);

/// No to everything, but for one question.
fn round(part: Part, but: &[(&str, Answer)], clinician_agreed: bool) -> Round {
    let mut answers = Answers { clinician_agreed, ..Answers::all_no() };
    answers.answers.retain(|id, _| {
        part == Part::All || QUESTIONS.iter().any(|question| question.id == id && question.flag.is_some())
    });
    for (id, answer) in but {
        answers.answers.insert((*id).to_owned(), *answer);
    }
    Round { at: NOW, part, answers, told: 0 }
}

fn all(but: &[(&str, Answer)], agreed: bool) -> Round {
    round(Part::All, but, agreed)
}

fn check(but: &[(&str, Answer)], agreed: bool) -> Round {
    round(Part::RedFlags, but, agreed)
}

fn locked(route: Route, because: &[&'static str]) -> Screening {
    Screening::Locked { route, because: because.to_vec() }
}

const YES: Answer = Answer::Yes;

#[test]
fn an_emergency_stays_until_a_check_clears_it_and_a_clinician_has_agreed() {
    for emergency in [all(&[("saddle", YES)], true), check(&[("saddle", Answer::Unsure)], true)] {
        let first = [all(&[], false), emergency];
        assert_eq!(judge(&first), locked(Route::Emergency, &["saddle"]));
        let then = |more: &[Round]| judge(&[first.as_slice(), more].concat());
        assert_eq!(then(&[check(&[], false)]), locked(Route::AskClinician, &["saddle"]));
        assert_eq!(then(&[all(&[], false)]), locked(Route::AskClinician, &["saddle"]));
        assert!(matches!(then(&[check(&[], true)]), Screening::Passed(_)));
        assert!(matches!(then(&[all(&[], true)]), Screening::Passed(_)));
        assert!(matches!(then(&[all(&[], true), all(&[], false)]), Screening::Passed(_)), "it is over for good");
        assert!(matches!(then(&[check(&[], false), check(&[], true)]), Screening::Passed(_)));
        // Consent without answers, and answers that leave one red flag open.
        let consent = Round { answers: Answers { clinician_agreed: true, ..Answers::default() }, ..check(&[], true) };
        assert_eq!(then(&[consent]), locked(Route::Emergency, &["saddle"]));
        let mut open = check(&[], true);
        open.answers.answers.remove("fever");
        assert_eq!(then(&[open]), locked(Route::Emergency, &["saddle"]));
        // Another emergency begins anew.
        assert_eq!(then(&[check(&[], true), check(&[("sexual", YES)], true)]), locked(Route::Emergency, &["sexual"]));
    }
}

#[test]
fn an_emergency_of_an_earlier_version_is_not_forgotten() {
    let old = Answers { version: 2, answers: [(RETIRED_EMERGENCY.to_owned(), YES)].into(), clinician_agreed: false };
    let old = Round::all(old, NOW);
    assert_eq!(judge(std::slice::from_ref(&old)), locked(Route::Emergency, &[RETIRED_EMERGENCY]));
    let then = |round| judge(&[old.clone(), round]);
    assert_eq!(then(all(&[], false)), locked(Route::AskClinician, &[RETIRED_EMERGENCY]));
    assert!(matches!(then(all(&[], true)), Screening::Passed(_)));
}

#[test]
fn a_check_answers_the_red_flags_alone() {
    let pregnant = all(&[("pregnancy", YES)], true);
    // What is not asked in a check counts for nothing in it.
    let said = [pregnant.clone(), check(&[("pregnancy", Answer::No), ("implant", YES)], false)];
    assert!(matches!(judge(&said), Screening::Passed(_)));
    // Consent to one thing is no consent to another.
    assert_eq!(judge(&[pregnant, check(&[("fever", YES)], false)]), locked(Route::AskClinician, &["fever"]));
    assert_eq!(
        judge(&[all(&[("heart", YES)], false), check(&[("fever", YES)], true)]),
        locked(Route::AskClinician, &["heart"])
    );
    // It goes when a complete check says so, not by half a one.
    let fever = [all(&[("fever", YES)], false)];
    assert!(matches!(judge(&[fever[0].clone(), check(&[], false)]), Screening::Passed(_)));
    let mut half = check(&[], false);
    half.answers.answers.remove("saddle");
    assert_eq!(judge(&[fever[0].clone(), half]), locked(Route::AskClinician, &["fever"]));
    let mut half = check(&[("fever", YES)], false);
    half.answers.answers.remove("saddle");
    assert_eq!(judge(&[all(&[], false), half]), locked(Route::AskClinician, &["fever"]));
}

#[test]
fn a_whole_screening_begins_anew() {
    let rounds = [all(&[("implant", YES)], false), check(&[("undiagnosed", YES)], true), all(&[], false)];
    assert!(matches!(judge(&rounds), Screening::Passed(_)));
    assert_eq!(judge(&rounds[..2]), locked(Route::Stop, &["implant", "undiagnosed"]));
    assert!(matches!(judge(&[]), Screening::Incomplete(open) if open.len() == QUESTIONS.len()));
    let Screening::Passed(pass) = judge(&[Round { at: UnixMillis::new(5), ..all(&[], false) }, check(&[], false)])
    else {
        panic!("passed")
    };
    assert_eq!(pass.answered_at, UnixMillis::new(5), "a check does not make a screening younger");
}

proptest! {
    /// Rounds by chance. The newest emergency locks unless a later round with all red flags answered has a clinician's consent.
    #[test]
    fn an_emergency_is_never_lost(
        rounds in prop::collection::vec((any::<bool>(), 0_u8..4, any::<bool>(), any::<bool>()), 1..12)
    ) {
        let mut uncleared = false;
        let rounds: Vec<_> = rounds
            .into_iter()
            .map(|(whole, emergency, complete, agreed)| {
                let part = if whole { Part::All } else { Part::RedFlags };
                let but: &[_] = if emergency == 0 { &[("leg_weakness", Answer::Unsure)] } else { &[] };
                let mut round = round(part, but, agreed);
                if !complete {
                    round.answers.answers.remove("infection");
                }
                match (emergency == 0, complete && agreed) {
                    (true, _) => uncleared = true,
                    (false, true) => uncleared = false,
                    (false, false) => {}
                }
                round
            })
            .collect();
        let found = judge(&rounds);
        let locked = matches!(&found, Screening::Locked { because, .. } if because.contains(&"leg_weakness"));
        prop_assert_eq!(locked, uncleared);
        prop_assert!(!(uncleared && matches!(found, Screening::Passed(_))));
    }
}
