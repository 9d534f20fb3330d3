//! What waits to be told.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::fhir::{AnyResource, RESOURCE_MAX, read};

use super::pack::{BYTES_MAX, ENTRIES_MAX};

/// The name of an entry in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub Uuid);

/// What kind of fact, for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A session of stimulation, with what belongs to it.
    Session,
    /// A session of exercises.
    Exercise,
    /// A pain rating.
    Pain,
    /// Posture over a day or an hour.
    Posture,
    /// A questionnaire with its scores.
    Questionnaire,
    /// The wearable.
    Device,
}

/// A kind of resource that the phone may write. A plan is not among them: it is the clinic's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outgoing {
    /// A session.
    Procedure,
    /// Pain, posture, a dose, a score.
    Observation,
    /// A questionnaire.
    QuestionnaireResponse,
    /// The wearable.
    Device,
}

impl Outgoing {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Procedure, Self::Observation, Self::QuestionnaireResponse, Self::Device];

    /// Its name in FHIR.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Procedure => "Procedure",
            Self::Observation => "Observation",
            Self::QuestionnaireResponse => "QuestionnaireResponse",
            Self::Device => "Device",
        }
    }

    /// By its name in FHIR.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One resource that waits to be told.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the outbox.
    pub id: EntryId,
    /// What kind of fact.
    pub kind: Kind,
    /// What kind of resource.
    pub resource: Outgoing,
    /// Its logical id and identifier, minted on the phone.
    pub resource_id: Uuid,
    /// The JSON as it was when it was queued: every attempt sends these very bytes.
    pub bytes: Arc<[u8]>,
}

impl Entry {
    /// Freezes a resource.
    pub fn freeze(
        id: EntryId,
        kind: Kind,
        (resource, resource_id): (Outgoing, Uuid),
        value: &impl serde::Serialize,
    ) -> Result<Self, BadGroup> {
        let bytes = serde_json::to_vec(value).map_err(|_| BadGroup::NotTheResource)?;
        Ok(Self { id, kind, resource, resource_id, bytes: bytes.into() })
    }
}

// The bytes are a person's.
impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Entry({:?}, {}, {} bytes)", self.kind, self.resource.name(), self.bytes.len())
    }
}

/// Why entries are no group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadGroup {
    /// Nothing in it.
    #[error("a group without entries")]
    Empty,
    /// More than one transaction holds.
    #[error("a group can have {ENTRIES_MAX} entries at most")]
    TooMany,
    /// More than one transaction holds.
    #[error("a group can have {BYTES_MAX} bytes at most")]
    TooLarge,
    /// The bytes are not the resource that the entry names.
    #[error("an entry's bytes are not the resource that it names")]
    NotTheResource,
    /// One resource twice.
    #[error("a resource is twice in a group")]
    Twice,
}

/// Entries that are told together or not at all: a session with its observations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    id: Uuid,
    entries: Vec<Entry>,
}

impl Group {
    /// Checks that one transaction holds it, and that each entry is what it says.
    pub fn new(id: Uuid, entries: Vec<Entry>) -> Result<Self, BadGroup> {
        let group = Self { id, entries };
        if group.entries.is_empty() {
            return Err(BadGroup::Empty);
        }
        if group.entries.len() > ENTRIES_MAX {
            return Err(BadGroup::TooMany);
        }
        if group.bytes() > BYTES_MAX {
            return Err(BadGroup::TooLarge);
        }
        for (index, entry) in group.entries.iter().enumerate() {
            let any: AnyResource =
                read("resource", &entry.bytes, RESOURCE_MAX).map_err(|_| BadGroup::NotTheResource)?;
            let named = any.resource_type.as_deref() == Some(entry.resource.name());
            if !named || any.id != Some(entry.resource_id.to_string()) {
                return Err(BadGroup::NotTheResource);
            }
            if group.entries.iter().skip(index + 1).any(|other| other.resource_id == entry.resource_id) {
                return Err(BadGroup::Twice);
            }
        }
        Ok(group)
    }

    /// Its name.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// What is in it, at least one.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many bytes it takes in a transaction, with room for what is around each.
    pub fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.bytes.len() + super::pack::AROUND).sum()
    }

    /// What is in it by the names of the outbox.
    pub fn ids(&self) -> Vec<EntryId> {
        self.entries.iter().map(|entry| entry.id).collect()
    }
}

/// The server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Which entry.
    pub entry: EntryId,
    /// Its version there, opaque.
    pub etag: Option<String>,
    /// Its logical id there; another than ours only from a server that gives names of its own.
    pub server_id: Option<String>,
}

/// The server will not have it.
#[derive(Clone, PartialEq, Eq)]
pub struct Dead {
    /// Which entry.
    pub entry: EntryId,
    /// What kind of fact.
    pub kind: Kind,
    /// The HTTP status.
    pub status: u16,
    /// What the server says about it, in one line.
    pub reason: Option<String>,
    /// The whole `OperationOutcome`, as it came, if it is one.
    pub outcome: Option<String>,
}

// What a server says may quote what it was sent.
impl fmt::Debug for Dead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Dead({:?}, status {})", self.kind, self.status)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A group of observations, each longer by so many bytes.
    pub(in crate::upload) fn group(entries: usize, longer: usize) -> Group {
        let entry = || {
            let id = Uuid::new_v4();
            let words = "x".repeat(longer);
            let json = format!(r#"{{"resourceType":"Observation","id":"{id}","note":[{{"text":"{words}"}}]}}"#);
            let bytes = json.into_bytes().into();
            let id = (EntryId(Uuid::new_v4()), id);
            Entry { id: id.0, kind: Kind::Pain, resource: Outgoing::Observation, resource_id: id.1, bytes }
        };
        Group::new(Uuid::new_v4(), (0..entries).map(|_| entry()).collect()).unwrap()
    }

    #[test]
    fn a_group_is_what_one_transaction_holds() {
        let entries = |count| (0..count).flat_map(|_| group(1, 0).entries().to_vec()).collect::<Vec<_>>();
        assert_eq!(Group::new(Uuid::nil(), Vec::new()), Err(BadGroup::Empty));
        assert!(Group::new(Uuid::nil(), entries(30)).is_ok());
        assert_eq!(Group::new(Uuid::nil(), entries(31)), Err(BadGroup::TooMany));
        let large = group(1, BYTES_MAX - 2_000).entries().to_vec();
        assert_eq!(Group::new(Uuid::nil(), [large, entries(3)].concat()), Err(BadGroup::TooLarge));
        let mut wrong = entries(1);
        wrong[0].resource_id = Uuid::nil();
        assert_eq!(Group::new(Uuid::nil(), wrong), Err(BadGroup::NotTheResource));
        let mut wrong = entries(1);
        wrong[0].resource = Outgoing::Procedure;
        assert_eq!(Group::new(Uuid::nil(), wrong), Err(BadGroup::NotTheResource));
        let one = entries(1);
        assert_eq!(Group::new(Uuid::nil(), [one.clone(), one].concat()), Err(BadGroup::Twice));
        for plan in ["CarePlan", "ServiceRequest", "Goal", "Patient"] {
            assert_eq!(Outgoing::from_name(plan), None, "the phone never writes a {plan}");
        }
    }
}
