use proptest::prelude::*;

use super::*;
use crate::exercise::Measure;

const FREE: Bounds = Bounds { ceiling: None, variants: true };

fn dosed(exercise: Exercise, dose: Result<Dose, super::super::dose::DoseError>) -> Dosed {
    Dosed::new(exercise, dose.unwrap()).unwrap()
}

/// Every dose on the way up, as short words.
fn way(mut from: Dosed, bounds: &Bounds) -> Vec<String> {
    let mut seen = Vec::new();
    for _ in 0..60 {
        let sets = |sets: &Sets| sets.iter().map(|count| count.to_string()).collect::<Vec<_>>().join("-");
        let dose = match from.dose() {
            Dose::Repetitions { sets: all } => sets(all),
            Dose::Holds { sets: all, hold_s } => format!("{} x {} s", sets(all), hold_s.get()),
            Dose::Minutes { minutes } => format!("{} min", minutes.get()),
        };
        seen.push(format!("{} {dose}", from.exercise().id()));
        let Some(next) = up(&from, bounds) else { return seen };
        from = next;
    }
    panic!("no end: {seen:?}");
}

#[test]
fn a_hold_grows_then_repetitions_then_sets_then_the_variant() {
    let from = dosed(Exercise::SideBridgeKnees, Dose::holds(1, 7, 8));
    assert_eq!(
        way(from, &FREE)[..8],
        [
            "side_bridge_knees 7 x 8 s",
            "side_bridge_knees 7 x 10 s",
            "side_bridge_knees 9 x 10 s",
            "side_bridge_knees 10 x 10 s",
            "side_bridge_knees 6-6 x 10 s",
            "side_bridge_knees 8-8 x 10 s",
            "side_bridge_knees 10-10 x 10 s",
            "side_bridge_feet 5 x 5 s",
        ]
    );
}

#[test]
fn a_pyramid_goes_from_6_4_2_to_10_8_6() {
    let from = dosed(Exercise::BirdDogLeg, Dose::pyramid(&[6, 4, 2], 8));
    assert_eq!(
        way(from, &FREE),
        [
            "bird_dog_leg 6-4-2 x 8 s",
            "bird_dog_leg 6-4-2 x 10 s",
            "bird_dog_leg 8-6-4 x 10 s",
            "bird_dog_leg 10-8-6 x 10 s",
            "bird_dog 6-4-2 x 5 s",
            "bird_dog 6-4-2 x 7 s",
            "bird_dog 6-4-2 x 9 s",
            "bird_dog 6-4-2 x 10 s",
            "bird_dog 8-6-4 x 10 s",
            "bird_dog 10-8-6 x 10 s",
        ]
    );
}

#[test]
fn a_ceiling_and_a_closed_ladder_end_the_way() {
    let from = dosed(Exercise::Bridge, Dose::holds(1, 6, 8));
    let ceiling = Some(dosed(Exercise::Bridge, Dose::holds(2, 8, 8)));
    assert_eq!(
        way(from, &Bounds { ceiling, ..FREE }),
        ["bridge 6 x 8 s", "bridge 8 x 8 s", "bridge 5-5 x 8 s", "bridge 7-7 x 8 s", "bridge 8-8 x 8 s"]
    );
    let last = way(from, &Bounds { variants: false, ..FREE }).pop().unwrap();
    assert_eq!(last, "bridge 10-10 x 10 s");
    assert_eq!(up(&from, &Bounds { ceiling: Some(from), variants: true }), None);
}

#[test]
fn walking_grows_by_a_fifth_and_falls_by_a_quarter() {
    let walk = |minutes| dosed(Exercise::Walking, Dose::minutes(minutes));
    assert_eq!(up(&walk(10), &FREE), Some(walk(12)));
    assert_eq!(up(&walk(29), &FREE), Some(walk(30)));
    assert_eq!(up(&walk(30), &FREE), None);
    assert_eq!(up(&walk(45), &FREE), None, "a clinician's figure above the app's own is not lowered by a step up");
    assert_eq!(down(&walk(20), &FREE), Some(walk(15)));
    assert_eq!(down(&walk(5), &FREE), None);
}

#[test]
fn a_way_down_takes_a_set_then_repetitions_then_the_hold_then_the_variant() {
    let mut at = dosed(Exercise::SingleLegBridge, Dose::holds(2, 6, 8));
    let mut seen = Vec::new();
    while let Some(next) = down(&at, &FREE) {
        assert!(at.is_harder_than(&next));
        at = next;
        seen.push(at);
    }
    assert_eq!(seen[0], dosed(Exercise::SingleLegBridge, Dose::holds(1, 6, 8)));
    assert_eq!(seen[1], dosed(Exercise::SingleLegBridge, Dose::holds(1, 4, 8)));
    assert_eq!(seen[2], dosed(Exercise::SingleLegBridge, Dose::holds(1, 4, 6)));
    assert_eq!(seen[3], dosed(Exercise::SingleLegBridge, Dose::holds(1, 4, 5)));
    assert_eq!(seen[4], dosed(Exercise::BridgeMarch, Dose::repetitions(1, 6)));
    assert_eq!(at, dosed(Exercise::Bridge, Dose::holds(1, 4, 5)));
}

pub(in crate::plan) fn any_dosed() -> impl Strategy<Value = Dosed> {
    let sets = prop_oneof![
        (1_u8..=6, 1_u8..=30).prop_map(|(sets, each)| Sets::straight(sets, each).unwrap()),
        prop::collection::vec(1_u8..=30, 1..=6).prop_map(|sets| Sets::new(&sets).unwrap()),
        (2_u8..=26).prop_map(|last| Sets::new(&[last + 4, last + 2, last]).unwrap()),
    ];
    (prop::sample::select(Exercise::ALL), sets, 1_u8..=60, 1_u8..=60).prop_map(|(exercise, sets, hold_s, minutes)| {
        let dose = match exercise.facts().measure {
            Measure::Repetitions => Dose::Repetitions { sets },
            Measure::Holds => Dose::Holds { sets, hold_s: Hold::new(hold_s).unwrap() },
            Measure::Minutes => Dose::Minutes { minutes: Minutes::new(minutes).unwrap() },
        };
        Dosed::new(exercise, dose).unwrap()
    })
}

proptest! {
    #[test]
    fn up_is_harder_and_down_is_easier_whatever_the_dose(from in any_dosed(), ceiling in any_dosed(), variants: bool) {
        let ceiling = from.is_under(&ceiling).then_some(ceiling);
        let bounds = Bounds { ceiling, variants };
        if let Some(up) = up(&from, &bounds) {
            prop_assert!(up.is_harder_than(&from), "{:?}", up);
            prop_assert!(ceiling.is_none_or(|ceiling| up.is_under(&ceiling)));
            prop_assert!(variants || up.exercise() == from.exercise());
        }
        if let Some(down) = down(&from, &bounds) {
            prop_assert!(from.is_harder_than(&down), "{:?}", down);
            prop_assert!(ceiling.is_none_or(|ceiling| down.is_under(&ceiling)));
            prop_assert!(variants || down.exercise() == from.exercise());
        }
    }
}
