use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn what_is_out_of_range_is_refused_by_name() {
    assert_eq!(Dose::repetitions(0, 5), Err(DoseError::Sets));
    assert_eq!(Dose::repetitions(7, 5), Err(DoseError::Sets));
    assert_eq!(Dose::repetitions(1, 31), Err(DoseError::Repetitions));
    assert_eq!(Dose::pyramid(&[6, 4, 0], 8), Err(DoseError::Repetitions));
    assert_eq!(Dose::holds(1, 5, 61), Err(DoseError::Hold));
    assert_eq!(Dose::minutes(0), Err(DoseError::Minutes));
    let error = Dosed::new(Exercise::Walking, Dose::repetitions(1, 5).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "walking is counted in minutes");
}

#[test]
fn time_is_reckoned_by_hand() {
    let seconds = |dose: Dose, exercise| dose.seconds(exercise);
    // 20 s to get ready, 10 holds of 10 s with 3 s after each.
    assert_eq!(seconds(Dose::holds(1, 10, 10).unwrap(), Exercise::AbdominalDrawingIn), 150);
    // 12 holds of 8 s on each side with 3 s after each, and two rests of 30 s.
    assert_eq!(seconds(Dose::pyramid(&[6, 4, 2], 8).unwrap(), Exercise::BirdDog), 20 + 24 * 11 + 60);
    assert_eq!(seconds(Dose::repetitions(2, 10).unwrap(), Exercise::SitToStand), 20 + 80 + 30);
    assert_eq!(seconds(Dose::minutes(20).unwrap(), Exercise::Walking), 1_220);
}

#[test]
fn a_pyramid_falls_from_set_to_set() {
    let pyramid = |sets: &[u8]| Sets::new(sets).unwrap().is_pyramid();
    assert!(pyramid(&[6, 4, 2]) && pyramid(&[3, 2]));
    assert!(!pyramid(&[6]) && !pyramid(&[6, 6]) && !pyramid(&[2, 4]) && !pyramid(&[6, 4, 4]));
}

#[test]
fn a_ceiling_bounds_every_number_and_the_variant() {
    let bridge = |sets, reps, hold_s| Dosed::new(Exercise::Bridge, Dose::holds(sets, reps, hold_s).unwrap()).unwrap();
    let march = Dosed::new(Exercise::BridgeMarch, Dose::repetitions(1, 6).unwrap()).unwrap();
    let ceiling = bridge(2, 8, 10);
    assert!(bridge(2, 8, 10).is_under(&ceiling) && bridge(1, 8, 5).is_under(&ceiling));
    assert!(!bridge(3, 2, 5).is_under(&ceiling) && !bridge(1, 9, 5).is_under(&ceiling));
    assert!(!bridge(1, 1, 11).is_under(&ceiling) && !march.is_under(&ceiling));
    assert!(bridge(6, 30, 60).is_under(&march), "an easier variant");
    assert!(march.is_harder_than(&bridge(6, 30, 60)) && !bridge(1, 1, 1).is_harder_than(&march));
}

#[test]
fn what_is_no_dose_is_not_read() {
    let good = json!({"exercise": "bird_dog", "dose": {"measure": "holds", "sets": [6, 4, 2], "hold_s": 8}});
    let read = serde_json::from_value::<Dosed>(good.clone()).unwrap();
    assert_eq!(read.dose(), &Dose::pyramid(&[6, 4, 2], 8).unwrap());
    assert_eq!(serde_json::to_value(read).unwrap(), good);
    for bad in [
        json!({"exercise": "bird_dog", "dose": {"measure": "holds", "sets": [], "hold_s": 8}}),
        json!({"exercise": "bird_dog", "dose": {"measure": "holds", "sets": [6, 0], "hold_s": 8}}),
        json!({"exercise": "bird_dog", "dose": {"measure": "holds", "sets": [1, 1, 1, 1, 1, 1, 1], "hold_s": 8}}),
        json!({"exercise": "bird_dog", "dose": {"measure": "holds", "sets": [6], "hold_s": 0}}),
        json!({"exercise": "bird_dog", "dose": {"measure": "holds", "sets": [6]}}),
        json!({"exercise": "bird_dog", "dose": {"measure": "minutes", "minutes": 5}}),
        json!({"exercise": "walking", "dose": {"measure": "minutes", "minutes": 61}}),
        json!({"exercise": "headstand", "dose": {"measure": "minutes", "minutes": 6}}),
    ] {
        assert!(serde_json::from_value::<Dosed>(bad.clone()).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn any_numbers_are_a_dose_in_range_or_an_error(sets in prop::collection::vec(any::<u8>(), 0..9), hold_s: u8) {
        let fits = (1..=6).contains(&sets.len())
            && sets.iter().all(|count| (1..=30).contains(count))
            && (1..=60).contains(&hold_s);
        let dose = Dose::pyramid(&sets, hold_s);
        prop_assert_eq!(dose.is_ok(), fits);
        if let Ok(dose) = dose {
            let text = serde_json::to_string(&dose).unwrap();
            prop_assert_eq!(serde_json::from_str::<Dose>(&text).unwrap(), dose);
            prop_assert!(dose.within(&dose));
        }
    }
}
