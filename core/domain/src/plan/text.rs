//! Short texts with a length that is checked: ids, and a person's own words.

/// Why a text can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} has 1 to {longest} characters")]
pub struct TextError {
    /// What it was to be.
    what: &'static str,
    /// The most characters.
    longest: usize,
}

macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident, $what:literal, $longest:literal, $debug:expr;)+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Blanks around it are cut off.
            pub fn new(text: &str) -> Result<Self, TextError> {
                let text = text.trim();
                if text.is_empty() || text.chars().count() > $longest {
                    return Err(TextError { what: $what, longest: $longest });
                }
                Ok(Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let shown: fn(&str) -> &str = $debug;
                write!(formatter, concat!(stringify!($name), "({})"), shown(&self.0))
            }
        }
    )+ };
}

texts! {
    /// Names a plan, whatever its version; 1 to 80 characters.
    PlanId, "a plan's id", 80, |id| id;
    /// Names a clinic; 1 to 80 characters.
    ClinicId, "a clinic's id", 80, |id| id;
    /// Names an activity within its plan, and in later versions of it; 1 to 80 characters.
    ActivityId, "an activity's id", 80, |id| id;
    /// Names an entry of the log; 1 to 80 characters.
    EntryId, "an entry's id", 80, |id| id;
    /// What a person wants to do again, or a step on the way, in their own words; 1 to 200 characters. Kept out of logs.
    GoalText, "a goal or a step", 200, |_| "..";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_a_length_and_a_goal_does_not_show_itself() {
        assert_eq!(ActivityId::new("  bridge ").unwrap().as_str(), "bridge");
        assert_eq!(ActivityId::new("  ").unwrap_err().to_string(), "an activity's id has 1 to 80 characters");
        assert!(ActivityId::new(&"x".repeat(81)).is_err() && ActivityId::new(&"ä".repeat(80)).is_ok());
        assert!(serde_json::from_str::<PlanId>("\"\"").is_err());
        assert_eq!(format!("{:?}", GoalText::new("carry my child").unwrap()), "GoalText(..)");
        assert_eq!(format!("{:?}", EntryId::new("e1").unwrap()), "EntryId(e1)");
    }
}
