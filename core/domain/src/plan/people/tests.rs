use super::*;

fn of(stories: &[Story], name: &str) -> String {
    let story = stories.iter().find(|story| story.name == name).unwrap();
    story.lines.iter().map(|line| format!("{} {}", line.on, line.text)).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_same_seed_gives_the_same_weeks_and_another_gives_others() {
    let stories = twelve_weeks(1).unwrap();
    assert_eq!(stories.len(), 10);
    assert_eq!(stories, twelve_weeks(1).unwrap());
    assert_ne!(stories, twelve_weeks(2).unwrap());
}

/// What must be true of each kind of person, whatever the dice.
#[test]
fn each_person_is_told_what_fits_them() {
    for seed in 0..3 {
        let stories = twelve_weeks(seed * 100).unwrap();
        let (ada, eva, gia) = (of(&stories, "Ada"), of(&stories, "Eva"), of(&stories, "Gia"));
        assert!(ada.contains("On to the next stage: Strengthen"), "{ada}");
        assert!(ada.matches("times in a row").count() > 10, "{ada}");
        assert!(!eva.contains("On to the next stage: Keep"), "{eva}");
        assert!(gia.contains("ot done for 14 days"), "{gia}");
        let jon = of(&stories, "Jon");
        assert!(jon.contains("umbness") && jon.contains("linician has agreed"), "{jon}");
        let ines = of(&stories, "Ines");
        // What a step up from the prescribed stretch, or from the ceiling, would begin with.
        assert!(!ines.contains("Hamstring stretch: 3 repetitions of 20 s,"), "{ines}");
        assert!(!ines.contains("Bird dog leg: sets of 8-6-4 repetitions of 10 s,"), "{ines}");
        assert!(ines.contains("At the end: Bird dog leg") || ines.contains("At the end: Bird dog arm"), "{ines}");
    }
}
