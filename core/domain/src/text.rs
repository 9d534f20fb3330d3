//! Text that leaves the phone for a clinic's system: as FHIR allows it, and as XHTML. It is the same in a bundle that a person takes along and
//! in what is told to a clinic's server.

/// Text as FHIR R4 allows it in a `string`: without control characters and characters that XML has not, without blanks around it. `None` when
/// nothing is left that could be seen.
pub fn plain(text: &str) -> Option<String> {
    let allowed = |character: &char| {
        matches!(character, '\t' | '\n' | '\r')
            || !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}')
    };
    let kept: String = text.chars().filter(allowed).collect();
    let kept = kept.trim();
    let seen =
        |character: char| !character.is_whitespace() && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{feff}');
    kept.chars().any(seen).then(|| kept.to_owned())
}

/// Plain text as the XHTML of a FHIR `Narrative`.
pub fn xhtml(plain: &str) -> String {
    let escaped = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{escaped}</div>")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_fit_for_xml() {
        assert_eq!(plain(" a\u{0}\u{1b}b\n "), Some("ab".to_owned()));
        assert_eq!(plain("\u{200b} \u{7}"), None);
        assert!(xhtml("a<b & c>").ends_with(">a&lt;b &amp; c&gt;</div>"));
    }

    proptest! {
        #[test]
        fn what_is_plain_stays_so_and_breaks_out_of_no_element(text in any::<String>()) {
            let Some(once) = plain(&text) else { return Ok(()) };
            prop_assert_eq!(plain(&once), Some(once.clone()));
            prop_assert!(once.chars().all(|one| !one.is_control() || matches!(one, '\t' | '\n' | '\r')));
            let div = xhtml(&once);
            prop_assert_eq!((div.matches('<').count(), div.matches('>').count()), (2, 2));
        }
    }
}
