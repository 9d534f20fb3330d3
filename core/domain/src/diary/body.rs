//! The body map: places, and which side of each.
//!
//! A place that is named twice is named once, with both sides: "leg:left" and "leg:right" are "leg:both". So no list of
//! places can contradict itself.

use std::collections::BTreeMap;

use super::DiaryError;
use super::words::words;
use crate::pain::Place;

words! {
    /// A side, as a person names it. Left is the person's own left.
    Side, "side" {
        /// The left.
        Left = "left";
        /// The right.
        Right = "right";
        /// Left and right.
        Both = "both";
        /// The middle, such as the spine itself.
        Middle = "middle";
    }
}

/// The sides of one place on which it hurts. None of them: the person has not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sides {
    /// On the left.
    pub left: bool,
    /// On the right.
    pub right: bool,
    /// In the middle.
    pub middle: bool,
}

impl Sides {
    /// Whether the person has said nothing of sides.
    pub const fn are_unsaid(self) -> bool {
        !(self.left || self.right || self.middle)
    }

    fn add(&mut self, side: Side) {
        self.left |= matches!(side, Side::Left | Side::Both);
        self.right |= matches!(side, Side::Right | Side::Both);
        self.middle |= side == Side::Middle;
    }

    /// As few words as say it.
    fn words(self) -> impl Iterator<Item = Side> {
        let pair = match (self.left, self.right) {
            (true, true) => Some(Side::Both),
            (true, false) => Some(Side::Left),
            (false, true) => Some(Side::Right),
            (false, false) => None,
        };
        pair.into_iter().chain(self.middle.then_some(Side::Middle))
    }
}

/// Where it hurts: at least one place, each with its sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sites(BTreeMap<Place, Sides>);

impl Sites {
    /// One place, of which no side is said.
    pub fn one(place: Place) -> Self {
        Self(BTreeMap::from([(place, Sides::default())]))
    }

    /// From words such as `lower-back` or `leg:left`.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, DiaryError> {
        let mut sites = BTreeMap::<Place, Sides>::new();
        for word in words {
            let (place, side) = match word.split_once(':') {
                Some((place, side)) => (place, Some(Side::parse(side)?)),
                None => (word, None),
            };
            let place = Place::parse(place)?;
            if side == Some(Side::Middle) && is_paired(place) {
                return Err(DiaryError::NoMiddle(place));
            }
            let said = sites.entry(place).or_default();
            if let Some(side) = side {
                said.add(side);
            }
        }
        if sites.is_empty() { Err(DiaryError::NoPlace) } else { Ok(Self(sites)) }
    }

    /// The words that [`Sites::parse`] reads, from the head down.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (place, sides) in &self.0 {
            if sides.are_unsaid() {
                words.push(place.as_str().to_owned());
            }
            words.extend(sides.words().map(|side| format!("{}:{}", place.as_str(), side.as_str())));
        }
        words
    }

    /// The place that stands for all, where there is room for one: the highest on the body.
    pub fn main(&self) -> Place {
        self.0.keys().next().copied().unwrap_or(Place::Other)
    }

    /// The places, from the head down.
    pub fn places(&self) -> impl Iterator<Item = (Place, Sides)> + '_ {
        self.0.iter().map(|(place, sides)| (*place, *sides))
    }

    /// The sides of a place, if it hurts there.
    pub fn sides(&self, place: Place) -> Option<Sides> {
        self.0.get(&place).copied()
    }
}

/// Whether a body has two of it and nothing between.
const fn is_paired(place: Place) -> bool {
    matches!(place, Place::Shoulder | Place::Arm | Place::Hip | Place::Leg | Place::Foot)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_sides_of_a_place_are_both() {
        let sites = Sites::parse(["leg:right", "lower-back:middle", "leg:left", "lower-back", "neck"]).unwrap();
        assert_eq!(sites.words(), ["neck", "lower-back:middle", "leg:both"]);
        assert_eq!(sites.main(), Place::Neck);
        assert_eq!(sites.sides(Place::Hip), None);
    }

    #[test]
    fn what_cannot_be_is_answered_with_what_can() {
        let told = |words: &[&str]| Sites::parse(words.iter().copied()).unwrap_err().to_string();
        assert!(told(&[]).contains("leg:left"));
        assert!(told(&["leg:middle"]).contains("leg has no middle: say left, right or both"));
        assert!(told(&["knee"]).contains("lower-back"));
        assert!(told(&["leg:up"]).contains("left, right, both, middle"));
    }

    #[test]
    fn the_first_words_for_places_are_still_read() {
        for word in ["neck", "upper-back", "middle-back", "lower-back", "hip", "leg", "other"] {
            assert_eq!(Sites::parse([word]).unwrap().words(), [word]);
        }
    }

    proptest! {
        #[test]
        fn words_say_what_they_were_read_from(
            picked in prop::collection::vec((0..Place::ALL.len(), prop::option::of(0..Side::ALL.len())), 1..12)
        ) {
            let words: Vec<String> = picked
                .into_iter()
                .map(|(place, side)| match side {
                    Some(side) => format!("{}:{}", Place::ALL[place].as_str(), Side::ALL[side].as_str()),
                    None => Place::ALL[place].as_str().to_owned(),
                })
                .collect();
            if let Ok(sites) = Sites::parse(words.iter().map(String::as_str)) {
                let again = sites.words();
                prop_assert_eq!(&Sites::parse(again.iter().map(String::as_str)).unwrap(), &sites);
            } else {
                let paired = ["shoulder:middle", "arm:middle", "hip:middle", "leg:middle", "foot:middle"];
                prop_assert!(words.iter().any(|word| paired.contains(&word.as_str())));
            }
        }
    }
}
