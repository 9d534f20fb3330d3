//! FHIR R4, as far as Lumbra speaks it.
//!
//! | direction | resources |
//! |---|---|
//! | in | `CarePlan`, `ServiceRequest`, `Goal`, `Patient`, `Device`, `Bundle`, `OperationOutcome`, `CapabilityStatement` |
//! | out | `Procedure`, `Observation`, `QuestionnaireResponse`, `Device` ([`build`]) |
//!
//! The structs are picked by hand: a complete model of R4 adds more than ten megabytes to an app. They hold what is understood; every
//! other field stays in `others` as the bytes it came in, and is written again. Decimals keep their digits. What is read is bounded in
//! size, depth and number, and no bytes can make it panic: the fuzzer's door is [`fuzz_bundle`].

pub mod build;
pub mod codes;
mod done;
mod element;
mod raw;
mod resources;
mod rest;
#[cfg(test)]
mod tests;

use std::fmt;

pub use element::{
    Annotation, CodeableConcept, Coding, Extension, Identifier, Meta, Narrative, Others, Period, Quantity, Range,
    Reference, Repeat, Timing,
};
pub use raw::{BODY_MAX, DEPTH_MAX, Decimal, ENTRIES_MAX, ParseError, RESOURCE_MAX, Raw};
pub use resources::{
    Answer, CarePlan, CarePlanActivity, Component, Device, DeviceName, DeviceVersion, Goal, GoalTarget, Item,
    Observation, Patient, Procedure, QuestionnaireResponse, ServiceRequest,
};
pub use rest::{
    AnyResource, Bundle, BundleEntry, CapabilityStatement, EntryResponse, Interaction, Issue, Link, OperationOutcome,
    Rest, RestResource, Search,
};

pub(crate) use raw::read;

/// The most characters of a logical id, by FHIR.
const ID_MAX: usize = 64;

/// Whether a text can be a logical id: it then needs no escape in a path either.
pub fn is_id(id: &str) -> bool {
    (1..=ID_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        // As a step of a path these would mean something else.
        && id != "." && id != ".."
}

/// A kind of resource that the clinic owns and the phone only reads. There is no way to write one: see
/// [`Outgoing`](crate::upload::Outgoing) for what can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Incoming {
    /// A plan.
    CarePlan,
    /// One exercise or programme of it.
    ServiceRequest,
    /// What it is to reach.
    Goal,
}

impl Incoming {
    /// All of them. Orders and goals before the plan that refers to them.
    pub const ALL: [Self; 3] = [Self::ServiceRequest, Self::Goal, Self::CarePlan];

    /// Its name in FHIR.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CarePlan => "CarePlan",
            Self::ServiceRequest => "ServiceRequest",
            Self::Goal => "Goal",
        }
    }

    /// By its name in FHIR.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Incoming {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A resource of the clinic as it came, with what is needed to keep it.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Which kind.
    pub kind: Incoming,
    /// Its logical id on the server.
    pub id: String,
    /// Its version there, opaque; the `ETag` of it.
    pub version: Option<String>,
    /// `meta.lastUpdated`, as the server wrote it.
    pub last_updated: Option<String>,
    /// The JSON, byte by byte as it came.
    pub bytes: Vec<u8>,
}

// It is a person's plan.
impl fmt::Debug for Fetched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Fetched({}, {} bytes)", self.kind, self.bytes.len())
    }
}

impl Fetched {
    /// From the bytes of one resource. `Ok(None)` when it is of a kind that the phone does not keep.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, ParseError> {
        let any: AnyResource = read("resource", bytes, RESOURCE_MAX)?;
        let bad = ParseError::Malformed { what: "resource", line: 0, column: 0 };
        let Some(kind) = Incoming::from_name(any.resource_type.as_deref().ok_or_else(|| bad.clone())?) else {
            return Ok(None);
        };
        let id = any.id.filter(|id| is_id(id)).ok_or(bad)?;
        let meta = any.meta.unwrap_or_default();
        let (version, last_updated) = (meta.version_id, meta.last_updated);
        Ok(Some(Self { kind, id, version, last_updated, bytes: bytes.to_vec() }))
    }
}

/// Feeds bytes to every reader of this crate, as a page, a plan, an answer and a resource: for a fuzzer. It panics when what was read
/// does not read the same when it is written again.
#[doc(hidden)]
pub fn fuzz_bundle(bytes: &[u8]) {
    fn again<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq>(value: &T) {
        let written = serde_json::to_vec(value).unwrap_or_default();
        let back: Option<T> = read("written", &written, usize::MAX).ok();
        assert!(back.as_ref() == Some(value), "what was read and written reads differently");
    }
    let mut resources = vec![bytes.to_vec()];
    if let Ok(bundle) = Bundle::read(bytes) {
        again(&bundle);
        resources.extend(bundle.entry.iter().filter_map(|entry| Some(entry.resource.as_ref()?.as_str().into())));
    }
    let _ = OperationOutcome::read(bytes).map(|outcome| (again(&outcome), outcome.entry(), outcome.says()));
    let _ = CapabilityStatement::read(bytes).map(|statement| crate::upload::Ways::of(&statement));
    let fetched: Vec<Fetched> = resources.iter().filter_map(|bytes| Fetched::read(bytes).ok().flatten()).collect();
    for one in &fetched {
        let _ = read::<CarePlan>("CarePlan", &one.bytes, RESOURCE_MAX).map(|plan| again(&plan));
        let _ = read::<ServiceRequest>("ServiceRequest", &one.bytes, RESOURCE_MAX).map(|order| again(&order));
        let _ = read::<Goal>("Goal", &one.bytes, RESOURCE_MAX).map(|goal| again(&goal));
    }
    let read = crate::plan::read(&fetched, "p");
    assert!(read.plans.len() <= fetched.len(), "a plan out of nothing");
}
