//! The languages there are, and which one a person gets.

/// A language of the library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English: what a person gets whose language is not here.
    #[default]
    English,
    /// German; the person is addressed with "Sie".
    German,
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::English, Self::German];

    /// Its BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language for a tag of BCP 47, or for a locale as POSIX writes it (`de_AT.UTF-8`): the one of the same primary
    /// subtag, whatever region or script follows and however it is capitalised. English for any other, and for what is no tag.
    ///
    /// ```
    /// use lumbra_exercises::Language;
    ///
    /// assert_eq!(Language::for_tag("de-AT"), Language::German);
    /// assert_eq!(Language::for_tag("fr"), Language::English);
    /// ```
    pub fn for_tag(tag: &str) -> Self {
        Self::exactly(tag).unwrap_or_default()
    }

    /// As [`for_tag`](Self::for_tag), but nothing for a language that is not here: for a shell that asks to choose one.
    pub fn exactly(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.', '@']).next()?;
        Self::ALL.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_region_or_script_does_not_matter_and_the_unknown_are_english() {
        for (tag, language) in [
            ("de", Some(Language::German)),
            ("de-AT", Some(Language::German)),
            ("DE-ch", Some(Language::German)),
            ("de-Latn-DE-1996", Some(Language::German)),
            ("de_AT.UTF-8", Some(Language::German)),
            ("en-GB", Some(Language::English)),
            ("den", None),
            ("d", None),
            ("nds", None),
            ("fr-CH", None),
            ("C.UTF-8", None),
            ("", None),
        ] {
            assert_eq!(Language::exactly(tag), language, "{tag}");
            assert_eq!(Language::for_tag(tag), language.unwrap_or(Language::English), "{tag}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_a_language(tag in ".*", region in "[A-Z]{2}") {
            let _ = Language::for_tag(&tag);
            for language in Language::ALL {
                prop_assert_eq!(Language::exactly(&format!("{}-{region}", language.tag())), Some(*language));
            }
        }
    }
}
