//! Pain as the person rates it.

use serde::{Deserialize, Serialize};

/// Why something is not a pain entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PainError {
    /// Not on the scale.
    #[error("a pain score is a whole number from 0 (no pain) to 10 (worst pain you can imagine)")]
    OffScale,
    /// A note that is too long.
    #[error("a note can be {NOTE_MAX} characters at most: shorten it")]
    NoteTooLong,
    /// An unknown place.
    #[error("unknown place: choose one of {}", Place::names())]
    UnknownPlace,
}

/// The longest note, in characters.
pub const NOTE_MAX: usize = 2_000;

/// Pain now on the numeric rating scale, 0 to 10 (LOINC 72514-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct PainScore(u8);

impl PainScore {
    /// The worst pain there is on the scale.
    pub const WORST: Self = Self(10);

    /// From 0 to 10.
    pub const fn new(score: u8) -> Result<Self, PainError> {
        if score <= 10 { Ok(Self(score)) } else { Err(PainError::OffScale) }
    }

    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether this is down from `before` by at least 30 %, the usual mark of a change that matters.
    pub const fn is_meaningfully_below(self, before: Self) -> bool {
        before.0 > 0 && (before.0.saturating_sub(self.0) as u16) * 10 >= before.0 as u16 * 3
    }
}

impl TryFrom<u8> for PainScore {
    type Error = PainError;

    fn try_from(score: u8) -> Result<Self, PainError> {
        Self::new(score)
    }
}

impl From<PainScore> for u8 {
    fn from(score: PainScore) -> Self {
        score.0
    }
}

macro_rules! places {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+) => {
        /// Where it hurts. [`crate::diary::Sites`] says on which side, and takes several.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Place {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Place {
            /// All of them, from the head down.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As it stands in the store and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// From its name.
            pub fn parse(name: &str) -> Result<Self, PainError> {
                match name { $($name => Ok(Self::$variant),)+ _ => Err(PainError::UnknownPlace) }
            }

            fn names() -> String {
                [$($name),+].join(", ")
            }
        }
    };
}

places! {
    /// Neck.
    Neck = "neck";
    /// Shoulder or shoulder blade.
    Shoulder = "shoulder";
    /// Arm or hand.
    Arm = "arm";
    /// Upper back.
    UpperBack = "upper-back";
    /// Middle of the back.
    MiddleBack = "middle-back";
    /// Lower back.
    LowerBack = "lower-back";
    /// Buttock or hip.
    Hip = "hip";
    /// Down a leg.
    Leg = "leg";
    /// Foot or ankle.
    Foot = "foot";
    /// Elsewhere.
    Other = "other";
}

/// When a pain entry was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PainContext {
    /// Just before a session.
    BeforeSession,
    /// Just after a session.
    AfterSession,
    /// At any other time.
    Diary,
}

impl PainContext {
    /// As it stands in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BeforeSession => "before_session",
            Self::AfterSession => "after_session",
            Self::Diary => "diary",
        }
    }
}

/// A person's own words. Kept out of logs.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Note(String);

impl Note {
    /// At most [`NOTE_MAX`] characters.
    pub fn new(text: &str) -> Result<Self, PainError> {
        if text.chars().count() > NOTE_MAX { Err(PainError::NoteTooLong) } else { Ok(Self(text.trim().to_owned())) }
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Note {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Note(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_at_ten() {
        assert!(PainScore::new(10).is_ok());
        assert_eq!(PainScore::new(11), Err(PainError::OffScale));
    }

    #[test]
    fn a_third_less_matters_a_fifth_does_not() {
        let score = |number| PainScore::new(number).unwrap();
        assert!(score(4).is_meaningfully_below(score(6)));
        assert!(!score(4).is_meaningfully_below(score(5)));
        assert!(!score(0).is_meaningfully_below(score(0)));
        assert!(score(7).is_meaningfully_below(score(10)), "exactly 30 %");
    }

    #[test]
    fn a_note_does_not_show_itself_in_logs() {
        let note = Note::new("since the fall on the stairs").unwrap();
        assert_eq!(format!("{note:?}"), "Note(..)");
        assert!(Note::new(&"x".repeat(NOTE_MAX + 1)).is_err());
    }

    #[test]
    fn a_wrong_place_is_answered_with_the_right_ones() {
        assert_eq!(Place::parse("lower-back"), Ok(Place::LowerBack));
        assert!(Place::parse("knee").unwrap_err().to_string().contains("lower-back"));
    }
}
