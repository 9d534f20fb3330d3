//! Text in a cell that no spreadsheet takes for a formula, and that comes back as it was.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Stands in front of text that would be a formula, and in front of text that begins with it. One is taken away when it is read.
const GUARD: char = '\'';

/// Somebody's own words, or a name from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Text(pub String);

impl Text {
    /// From text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As it stands in a cell.
    pub fn guarded(&self) -> String {
        if self.0.starts_with(GUARD) || begins_a_formula(&self.0) {
            format!("{GUARD}{}", self.0)
        } else {
            self.0.clone()
        }
    }

    /// From a cell.
    pub fn from_guarded(cell: &str) -> Self {
        Self(cell.strip_prefix(GUARD).unwrap_or(cell).to_owned())
    }
}

/// Whether a spreadsheet may take it for a formula: it begins with a sign that starts one, wide forms of these among them, perhaps
/// after something that doesn't show.
fn begins_a_formula(text: &str) -> bool {
    let hidden = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let starts = ['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠', '−'];
    text.starts_with(['\t', '\r', '\n']) || text.trim_start_matches(hidden).starts_with(starts)
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.guarded())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_guarded(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_guarded_and_plain_words_are_not() {
        for formula in
            ["=1+1", "+49 30 1", "-2", "@sum", "\t=1", "\u{200b}=1", "＝1", "\n", "'quoted", "  =HYPERLINK(\"x\")"]
        {
            assert!(Text::new(formula).guarded().starts_with(GUARD), "{formula:?}");
        }
        for plain in ["", "worse after sitting", "5 - 6", "a=b", "LB1-000001"] {
            assert_eq!(Text::new(plain).guarded(), plain);
        }
    }

    proptest! {
        #[test]
        fn text_comes_back(text in "(?s)['=+@\\-\\t ]{0,3}.{0,30}") {
            prop_assert_eq!(Text::from_guarded(&Text::new(&text).guarded()).0, text);
        }
    }
}
