//! The body map in text: a person seen from behind, so that left is left, with the highest score at each place.

use lumbra::PainEntry;
use lumbra::domain::diary::Sides;
use lumbra::domain::pain::Place;

/// The rows from the head down: the back, and what is beside it in pairs.
const ROWS: &[(Option<Place>, Option<Place>, &str)] = &[
    (Some(Place::Neck), None, "neck"),
    (Some(Place::UpperBack), Some(Place::Shoulder), "upper back, shoulders"),
    (Some(Place::MiddleBack), Some(Place::Arm), "middle back, arms"),
    (Some(Place::LowerBack), None, "lower back"),
    (None, Some(Place::Hip), "hips"),
    (None, Some(Place::Leg), "legs"),
    (None, Some(Place::Foot), "feet"),
];

/// The map of these entries; nothing when none of them has a place on it.
pub(crate) fn map<'a>(entries: &(impl Iterator<Item = &'a PainEntry> + Clone)) -> Vec<String> {
    let worst = |place: Place, on: fn(Sides) -> bool| {
        let scores = entries.clone().filter_map(|entry| {
            let sides = entry.report().ok()?.sites().sides(place)?;
            on(sides).then_some(entry.score)
        });
        scores.max()
    };
    let cell = |place: Option<Place>, on: fn(Sides) -> bool| match place {
        Some(place) => worst(place, on).map_or_else(|| " .".to_owned(), |score| format!("{score:>2}")),
        None => "  ".to_owned(),
    };
    // Of what is paired, a side that was not said may be either; of the back it is the middle.
    let rows: Vec<String> = ROWS
        .iter()
        .map(|(back, paired, name)| {
            let wide = back.is_some();
            let (left, right) = (
                cell(*paired, |sides| sides.left || sides.are_unsaid()),
                cell(*paired, |sides| sides.right || sides.are_unsaid()),
            );
            let line = if wide {
                format!(
                    "{left}  {}{}{}  {right}",
                    cell(*back, |sides| sides.left),
                    cell(*back, |sides| sides.middle || sides.are_unsaid()),
                    cell(*back, |sides| sides.right)
                )
            } else {
                format!("    {left}  {right}    ")
            };
            format!("  {line}   {name}")
        })
        .collect();
    let hurts = entries.clone().any(|entry| {
        entry.report().is_ok_and(|report| report.sites().places().any(|(place, _)| place != Place::Other))
    });
    if !hurts {
        return Vec::new();
    }
    let head = ["  left  ( )  right   seen from behind: the highest score at each place".to_owned()];
    head.into_iter().chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(score: u8, sites: &[&str]) -> PainEntry {
        PainEntry {
            entry_id: String::new(),
            at_ms: 0,
            score,
            context: "diary",
            place: "other".to_owned(),
            sites: sites.iter().map(|word| (*word).to_owned()).collect(),
            qualities: Vec::new(),
            worst: None,
            average: None,
            note: String::new(),
        }
    }

    #[test]
    fn the_highest_score_stands_at_its_place_and_side() {
        let entries = [entry(4, &["lower-back:left", "leg"]), entry(10, &["leg:right"]), entry(3, &["neck"])];
        let shown = map(&entries.iter());
        let cells = |name: &str| -> Vec<&str> {
            let line = shown.iter().find_map(|line| line.strip_suffix(name)).unwrap();
            line.split_whitespace().collect()
        };
        assert_eq!(cells("   neck"), [".", "3", "."]);
        assert_eq!(cells("   lower back"), ["4", ".", "."]);
        assert_eq!(cells("   legs"), ["4", "10"]);
        assert_eq!(cells("   upper back, shoulders"), ["."; 5]);
        assert!(map(&[entry(5, &["other"])].iter()).is_empty());
    }
}
