//! Names, references and words of resources.

pub(super) use lumbra_domain::text::plain;
use lumbra_domain::text::xhtml;
use uuid::Uuid;

use super::codes::URIS;
use super::resources::{CodeableConcept, Head, Identifier, Narrative, Reference};

/// The space that names are made in, drawn once for all time.
const SPACE: Uuid = Uuid::from_u128(0x6998_bf96_20ba_40b0_a8f1_5130_c727_0216);

/// A resource's name: made of what it is and of the record's own identity, the same at each export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name(Uuid);

impl Name {
    pub(super) fn new(kind: &str, parts: &[&str]) -> Self {
        // Lengths in front: no two lists of parts make the same bytes.
        let mut bytes = Vec::new();
        for part in [kind].iter().chain(parts) {
            bytes.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        Self(Uuid::new_v5(&SPACE, &bytes))
    }

    pub(super) const fn uuid(self) -> Uuid {
        self.0
    }

    pub(super) fn url(self) -> String {
        format!("urn:uuid:{}", self.0)
    }

    pub(super) fn reference(self) -> Reference {
        Reference { reference: self.url() }
    }

    pub(super) fn identifier(self) -> Identifier {
        Identifier { system: URIS, value: self.url() }
    }

    pub(super) fn id(self) -> String {
        self.0.to_string()
    }

    pub(super) fn head(self, says: &str) -> Head {
        Head { id: self.id(), text: narrative(says), identifier: vec![self.identifier()] }
    }
}

/// Words as XHTML: FHIR wants some in each narrative.
pub(super) fn narrative(says: &str) -> Narrative {
    let says = plain(says).unwrap_or_else(|| "-".to_owned());
    Narrative { status: "generated", div: xhtml(&says) }
}

/// A meaning in words alone.
pub(super) fn words(text: &str) -> Option<CodeableConcept> {
    plain(text).map(|text| CodeableConcept { coding: Vec::new(), text: Some(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_each_time_and_never_shared() {
        // Frozen: a clinic's system knows resources by it.
        assert_eq!(Name::new("pain", &["a"]).id(), "d689af38-a5f9-524e-9ffe-f81aebe91ed8");
        assert_ne!(Name::new("pain", &["ab", "c"]), Name::new("pain", &["a", "bc"]));
        assert_ne!(Name::new("pain", &["a"]), Name::new("session", &["a"]));
    }

    #[test]
    fn a_narrative_is_never_empty() {
        assert!(narrative("a<b").div.ends_with(">a&lt;b</div>") && narrative("\u{7}").div.ends_with(">-</div>"));
    }
}
