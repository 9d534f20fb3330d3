use proptest::prelude::*;

use super::*;
use crate::posture::mounting::Turn;
use crate::posture::sample::{Neutral, degrees};

fn sample(pitch_ddeg: i16, roll_ddeg: i16) -> PostureSample {
    PostureSample {
        pitch: Degrees::from_tenths(pitch_ddeg),
        roll: Degrees::from_tenths(roll_ddeg),
        activity: 0,
        worn: true,
        lying: false,
    }
}

fn reference() -> Reference {
    Reference::new(Neutral { pitch: degrees(50), roll: degrees(-10) }, Turn::Ahead)
}

/// What a judge that has known nothing else says of a sample.
fn first(sample: PostureSample) -> Posture {
    Judge::default().take(sample, 0, reference(), Sensitivity::Medium)
}

/// Goes on for a while with one sample, at 25 a second from `from_ms` on.
fn hold(judge: &mut Judge, sample: PostureSample, from_ms: u64, for_ms: u64) -> Vec<Posture> {
    (0..for_ms / 40).map(|step| judge.take(sample, from_ms + step * 40, reference(), Sensitivity::Medium)).collect()
}

#[test]
fn each_posture_is_told_from_the_others() {
    assert_eq!(first(sample(50, -10)), Posture::Upright);
    assert_eq!(first(sample(200, -10)), Posture::Upright);
    assert_eq!(first(sample(201, -10)), Posture::Slouched);
    assert_eq!(first(sample(50, 141)), Posture::Leaning);
    assert_eq!(first(sample(50, -161)), Posture::Leaning);
    assert_eq!(first(sample(-101, -10)), Posture::Leaning);
    assert_eq!(first(PostureSample { lying: true, ..sample(900, 0) }), Posture::Lying);
    assert_eq!(first(PostureSample { activity: 9, ..sample(300, 0) }), Posture::Moving);
    assert_eq!(first(PostureSample { worn: false, lying: true, activity: 50, ..sample(0, 0) }), Posture::NotWorn);
}

#[test]
fn a_more_sensitive_judge_takes_less_for_a_slouch() {
    let slouched = |level, pitch| Judge::default().take(sample(pitch, -10), 0, reference(), level) == Posture::Slouched;
    for (level, first_slouch) in [(Sensitivity::High, 151), (Sensitivity::Medium, 201), (Sensitivity::Low, 251)] {
        assert!(slouched(level, first_slouch) && !slouched(level, first_slouch - 1), "{level:?}");
    }
}

#[test]
fn the_way_back_takes_less_lean() {
    let mut judge = Judge::default();
    hold(&mut judge, sample(250, -10), 0, 1_000);
    assert_eq!(hold(&mut judge, sample(185, -10), 1_000, 20_000).last(), Some(&Posture::Slouched));
    assert_eq!(hold(&mut judge, sample(179, -10), 21_000, 20_000).last(), Some(&Posture::Upright));
    assert_eq!(hold(&mut judge, sample(199, -10), 41_000, 20_000).last(), Some(&Posture::Upright));
}

#[test]
fn a_new_posture_must_last_a_moment() {
    let mut judge = Judge::default();
    hold(&mut judge, sample(50, -10), 0, 2_000);
    let after = hold(&mut judge, sample(400, -10), 2_000, 4_000);
    let turned = after.iter().position(|posture| *posture == Posture::Slouched).unwrap() * 40;
    assert!((600..2_000).contains(&turned), "{turned} ms");
    // A glance down that is over at once is none.
    let mut judge = Judge::default();
    hold(&mut judge, sample(50, -10), 0, 2_000);
    let mut seen = hold(&mut judge, sample(350, -10), 2_000, 480);
    seen.extend(hold(&mut judge, sample(50, -10), 2_480, 3_000));
    assert!(seen.iter().all(|posture| *posture == Posture::Upright), "{seen:?}");
}

#[test]
fn getting_up_is_not_taken_for_a_slouch_that_was() {
    let mut judge = Judge::default();
    hold(&mut judge, PostureSample { lying: true, ..sample(850, 0) }, 0, 3_000);
    let seen = hold(&mut judge, sample(50, -10), 3_000, 3_000);
    assert!(seen.iter().all(|posture| matches!(posture, Posture::Lying | Posture::Upright)), "{seen:?}");
}

#[test]
fn after_a_gap_the_first_sample_counts() {
    let mut judge = Judge::default();
    hold(&mut judge, sample(50, -10), 0, 2_000);
    assert_eq!(judge.take(sample(400, -10), 2_000 + GAP_MS, reference(), Sensitivity::Medium), Posture::Slouched);
}

#[test]
fn extreme_angles_do_not_overflow() {
    for neutral in [i16::MIN, 0, i16::MAX] {
        let neutral = Neutral { pitch: Degrees::from_tenths(neutral), roll: Degrees::from_tenths(neutral) };
        for turn in Turn::ALL {
            let reference = Reference::new(neutral, turn);
            for angle in [i16::MIN, i16::MAX] {
                let lean = reference.lean(sample(angle, -angle.max(-i16::MAX)));
                assert!(lean.forward_ddeg.abs() <= 1_800 && lean.right_ddeg.abs() <= 1_800);
            }
        }
    }
}

#[test]
fn names_are_read_back() {
    for level in Sensitivity::ALL {
        assert_eq!(Sensitivity::parse(level.as_str()), Some(level));
    }
    assert_eq!(Sensitivity::parse("extreme"), None);
    assert_eq!(Posture::ALL.iter().filter(|posture| posture.is_held()).count(), 3);
}

fn any_sample() -> impl Strategy<Value = PostureSample> {
    (-600_i16..600, -600_i16..600, 0_u8..30, prop::bool::weighted(0.9), prop::bool::weighted(0.1))
        .prop_map(|(pitch, roll, activity, worn, lying)| PostureSample { activity, worn, lying, ..sample(pitch, roll) })
}

fn levels() -> impl Strategy<Value = Sensitivity> {
    prop::sample::select(Sensitivity::ALL.to_vec())
}

proptest! {
    /// A held posture is judged as its first sample alone: neither the filter nor the moment it must last change what it is.
    #[test]
    fn a_steady_posture_is_judged_as_it_is(held in any_sample(), level in levels(), steps in prop::collection::vec(1_u64..1_500, 1..60)) {
        let alone = Judge::default().take(held, 0, reference(), level);
        let (mut judge, mut at_ms) = (Judge::default(), 0);
        for step in steps {
            prop_assert_eq!(judge.take(held, at_ms, reference(), level), alone);
            at_ms += step;
        }
    }

    /// Whatever was before: once a posture outside the band is held, it is judged as it is.
    #[test]
    fn the_past_is_forgotten(past in prop::collection::vec(any_sample(), 0..50), held in any_sample(), level in levels()) {
        let (mut judge, mut at_ms) = (Judge::default(), 0);
        for sample in past {
            judge.take(sample, at_ms, reference(), level);
            at_ms += 40;
        }
        let lean = reference().lean(held);
        let slouch = i32::from(level.slouch().tenths());
        let in_band = |value: i32, edge: i32, band: i32| (edge - band..=edge).contains(&value);
        prop_assume!(!in_band(lean.forward_ddeg, slouch, HYSTERESIS_DDEG) && !in_band(-lean.forward_ddeg, LEAN_DDEG, HYSTERESIS_DDEG));
        prop_assume!(!in_band(lean.right_ddeg.abs(), LEAN_DDEG, HYSTERESIS_DDEG));
        prop_assume!(!in_band(i32::from(held.activity), i32::from(MOVING_ABOVE), i32::from(MOVING_HYSTERESIS)));
        let alone = Judge::default().take(held, 0, reference(), level);
        for _ in 0..375 {
            judge.take(held, at_ms, reference(), level);
            at_ms += 40;
        }
        prop_assert_eq!(judge.judged(), Some(alone));
    }

    /// Inside the band a judgement stays what it was, however the lean wanders there.
    #[test]
    fn inside_the_band_nothing_flickers(
        level in levels(), slouched: bool, within in prop::collection::vec((1_i32..=HYSTERESIS_DDEG, -100_i32..100), 1..400),
    ) {
        let edge = i32::from(level.slouch().tenths());
        let pitch = |lean: i32| i16::try_from(50 + lean).unwrap();
        let mut judge = Judge::default();
        let begin = if slouched { edge + 50 } else { 0 };
        for step in 0..200 {
            judge.take(sample(pitch(begin), -10), step * 40, reference(), level);
        }
        let before = judge.judged();
        for (index, (below, roll)) in within.into_iter().enumerate() {
            let at_ms = 8_000 + u64::try_from(index).unwrap() * 40;
            let inside = sample(pitch(edge - HYSTERESIS_DDEG + below), i16::try_from(roll - 10).unwrap());
            prop_assert_eq!(Some(judge.take(inside, at_ms, reference(), level)), before);
        }
    }

    /// A device that is off the body, or a body that lies, is taken for neither sitting nor standing once it has lasted.
    #[test]
    fn off_the_body_is_no_held_posture(past in prop::collection::vec(any_sample(), 0..50), off in any_sample(), lying: bool) {
        let off = PostureSample { worn: lying, lying: true, ..off };
        let (mut judge, mut at_ms) = (Judge::default(), 0);
        for sample in past {
            judge.take(sample, at_ms, reference(), Sensitivity::Medium);
            at_ms += 40;
        }
        let until_ms = at_ms + SETTLE_MS;
        while at_ms <= until_ms {
            judge.take(off, at_ms, reference(), Sensitivity::Medium);
            at_ms += 40;
        }
        prop_assert_eq!(judge.judged(), Some(if lying { Posture::Lying } else { Posture::NotWorn }));
    }
}
