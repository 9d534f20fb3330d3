//! What a server says about its work: bundles, outcomes, and what it can do.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::element::{CodeableConcept, Field, Meta, Others, fhir};
use super::raw::{BODY_MAX, ENTRIES_MAX, ParseError, Raw, read};

fhir! {
    /// One thing that is wrong.
    Issue {
        /// How bad: `fatal`, `error`, `warning`, `information`.
        severity: Option<String> = "severity",
        /// What kind.
        code: Option<String> = "code",
        /// In codes or words.
        details: Option<CodeableConcept> = "details",
        /// For whoever looks for the cause.
        diagnostics: Option<String> = "diagnostics",
        /// Where, as paths: older than `expression`, and still what some servers give.
        location: Vec<String> = "location",
        /// Where, as `FHIRPath`.
        expression: Vec<String> = "expression",
    }
}

fhir! {
    /// Why a server refused.
    OperationOutcome as "OperationOutcome" {
        /// What is wrong.
        issue: Vec<Issue> = "issue",
    }
}

impl OperationOutcome {
    /// Reads one.
    pub fn read(bytes: &[u8]) -> Result<Self, ParseError> {
        read("OperationOutcome", bytes, BODY_MAX)
    }

    /// The entry of a bundle that it complains about, from 0, if it names exactly one.
    pub fn entry(&self) -> Option<usize> {
        let bad = |issue: &&Issue| matches!(issue.severity.as_deref(), None | Some("error" | "fatal"));
        let mut found = None;
        for place in self.issue.iter().filter(bad).flat_map(|issue| issue.expression.iter().chain(&issue.location)) {
            let Some(index) = entry_of(place) else { continue };
            if found.is_some_and(|found| found != index) {
                return None;
            }
            found = Some(index);
        }
        found
    }

    /// The first complaint in one line of at most 300 characters, for the person and their clinic.
    pub fn says(&self) -> Option<String> {
        let words = |issue: &Issue| {
            let details = issue.details.as_ref().and_then(|details| details.text.clone());
            details.or_else(|| issue.diagnostics.clone()).or_else(|| issue.code.clone())
        };
        let line: String = self.issue.iter().find_map(words)?.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(line.chars().take(300).collect())
    }
}

/// The index in `Bundle.entry[3].resource` or `/f:Bundle/f:entry[4]`, which counts from 1.
fn entry_of(place: &str) -> Option<usize> {
    let (before, after) = place.split_once("entry[")?;
    let number: usize = after.split_once(']')?.0.parse().ok()?;
    if before.contains('/') { number.checked_sub(1) } else { Some(number) }
}

fhir! {
    /// Where more is.
    Link {
        /// Which way: `self`, `next`.
        relation: Option<String> = "relation",
        /// The address.
        url: Option<String> = "url",
    }
}

fhir! {
    /// Why an entry is in a page.
    Search {
        /// `match`, `include` or `outcome`.
        mode: Option<String> = "mode",
    }
}

fhir! {
    /// What became of an entry.
    EntryResponse {
        /// The HTTP status, with or without words after it.
        status: Option<String> = "status",
        /// Where it is now.
        location: Option<String> = "location",
        /// Its version now.
        etag: Option<String> = "etag",
        /// What the server says about it.
        outcome: Option<Raw> = "outcome",
    }
}

fhir! {
    /// One of a bundle.
    BundleEntry {
        /// Its name in the bundle.
        full_url: Option<String> = "fullUrl",
        /// The resource itself, as it came.
        resource: Option<Raw> = "resource",
        /// Why it is in a page.
        search: Option<Search> = "search",
        /// What became of it.
        response: Option<EntryResponse> = "response",
    }
}

fhir! {
    /// Several resources.
    Bundle as "Bundle" {
        /// What for: `searchset`, `transaction-response`, `batch-response`.
        kind: Option<String> = "type",
        /// Where more is.
        link: Vec<Link> = "link",
        /// The resources.
        entry: Vec<BundleEntry> = "entry",
    }
}

impl Bundle {
    /// Reads one, within the bounds.
    pub fn read(bytes: &[u8]) -> Result<Self, ParseError> {
        let bundle: Self = read("Bundle", bytes, BODY_MAX)?;
        if bundle.entry.len() > ENTRIES_MAX { Err(ParseError::TooMany) } else { Ok(bundle) }
    }

    /// The address of the next page, as the server wrote it.
    pub fn next(&self) -> Option<&str> {
        self.link.iter().find(|link| link.relation.as_deref() == Some("next"))?.url.as_deref()
    }
}

impl EntryResponse {
    /// The status as a number.
    pub fn code(&self) -> Option<u16> {
        self.status.as_deref()?.split_whitespace().next()?.parse().ok()
    }
}

fhir! {
    /// A name and type of anything: what every resource begins with.
    AnyResource {
        /// The kind.
        resource_type: Option<String> = "resourceType",
        /// Its name on the server.
        id: Option<String> = "id",
        /// What the server knows about it.
        meta: Option<Meta> = "meta",
    }
}

fhir! {
    /// Something that can be asked of a server.
    Interaction {
        /// Its name.
        code: Option<String> = "code",
    }
}

fhir! {
    /// What can be done with one kind of resource.
    RestResource {
        /// The kind.
        kind: Option<String> = "type",
        /// What can be asked.
        interaction: Vec<Interaction> = "interaction",
        /// PUT makes what is not there yet, under the name it was given.
        update_create: Option<bool> = "updateCreate",
        /// POST with `If-None-Exist` is understood.
        conditional_create: Option<bool> = "conditionalCreate",
    }
}

fhir! {
    /// How a system behaves.
    Rest {
        /// `server` or `client`.
        mode: Option<String> = "mode",
        /// What can be done with which resource.
        resource: Vec<RestResource> = "resource",
        /// What can be done with the whole.
        interaction: Vec<Interaction> = "interaction",
    }
}

fhir! {
    /// What a server can do, as it says itself.
    CapabilityStatement as "CapabilityStatement" {
        /// Of which release.
        fhir_version: Option<String> = "fhirVersion",
        /// How it behaves.
        rest: Vec<Rest> = "rest",
    }
}

impl CapabilityStatement {
    /// Reads one.
    pub fn read(bytes: &[u8]) -> Result<Self, ParseError> {
        read("CapabilityStatement", bytes, BODY_MAX)
    }
}
