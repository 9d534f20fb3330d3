//! The parts of FHIR R4 that are written, as types: what can't be in R4 can't be written.
//!
//! Only the elements that are used are here. Lists that are empty and values that aren't known are left out, as FHIR asks.

use serde::Serialize;
use serde_json::value::RawValue;

/// A number with the digits it has: `12.50` stays `12.50`.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Decimal(Box<RawValue>);

impl Decimal {
    /// From a whole number of the unit's tenths (`places` 1), hundredths (2), or of the unit itself (0).
    pub(super) fn new(value: u64, places: u32) -> Result<Self, serde_json::Error> {
        let parts = 10_u64.saturating_pow(places).max(1);
        let (whole, rest) = (value / parts, value % parts);
        let width = usize::try_from(places).unwrap_or_default();
        let text = if places == 0 { whole.to_string() } else { format!("{whole}.{rest:0width$}") };
        RawValue::from_string(text).map(Self)
    }
}

/// A code and the system it is of.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Coding {
    pub(super) system: &'static str,
    pub(super) code: &'static str,
}

/// A meaning: as codes, in words, or both.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct CodeableConcept {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) coding: Vec<Coding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
}

/// Another resource of the bundle.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Reference {
    pub(super) reference: String,
}

/// A resource's name in the world.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Identifier {
    pub(super) system: &'static str,
    pub(super) value: String,
}

/// What a resource says, for people whose program knows no more.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Narrative {
    pub(super) status: &'static str,
    pub(super) div: String,
}

/// An amount in a unit.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Quantity {
    pub(super) value: Decimal,
    pub(super) unit: &'static str,
    pub(super) system: &'static str,
    pub(super) code: &'static str,
}

/// From a moment to another.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Period {
    pub(super) start: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<String>,
}

/// Somebody's words.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Annotation {
    pub(super) text: String,
}

/// One value, under the name of its type.
#[derive(Clone, Debug, Serialize)]
pub(super) enum Value {
    /// A whole number.
    #[serde(rename = "valueInteger")]
    Integer(u32),
    /// An amount.
    #[serde(rename = "valueQuantity")]
    Quantity(Quantity),
    /// Yes or no.
    #[serde(rename = "valueBoolean")]
    Boolean(bool),
}

/// A part of an observation.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Component {
    pub(super) code: CodeableConcept,
    #[serde(flatten)]
    pub(super) value: Value,
}

/// A name of a person.
#[derive(Clone, Debug, Serialize)]
pub(super) struct HumanName {
    pub(super) text: String,
}

/// A name of a device.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeviceName {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

/// A version of something on a device.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DeviceVersion {
    #[serde(rename = "type")]
    pub(super) kind: CodeableConcept,
    pub(super) value: String,
}

/// An answer to one question.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) link_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<&'static str>,
    pub(super) answer: Vec<Value>,
}

/// What every resource begins with.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Head {
    pub(super) id: String,
    pub(super) text: Narrative,
    pub(super) identifier: Vec<Identifier>,
}

/// The person.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Patient {
    #[serde(flatten)]
    pub(super) head: Head,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) name: Vec<HumanName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) birth_date: Option<String>,
}

/// A wearable.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Device {
    #[serde(flatten)]
    pub(super) head: Head,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) serial_number: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "deviceName")]
    pub(super) names: Vec<DeviceName>,
    #[serde(rename = "type")]
    pub(super) kind: CodeableConcept,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) version: Vec<DeviceVersion>,
    pub(super) patient: Reference,
}

/// Something that was observed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Observation {
    #[serde(flatten)]
    pub(super) head: Head,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) part_of: Vec<Reference>,
    pub(super) status: &'static str,
    pub(super) category: Vec<CodeableConcept>,
    pub(super) code: CodeableConcept,
    pub(super) subject: Reference,
    pub(super) effective_date_time: String,
    pub(super) performer: Vec<Reference>,
    #[serde(flatten)]
    pub(super) value: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) note: Vec<Annotation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body_site: Option<CodeableConcept>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) derived_from: Vec<Reference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) component: Vec<Component>,
}

/// Something that was done.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Procedure {
    #[serde(flatten)]
    pub(super) head: Head,
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_reason: Option<CodeableConcept>,
    pub(super) code: CodeableConcept,
    pub(super) subject: Reference,
    pub(super) performed_period: Period,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) note: Vec<Annotation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) used_reference: Vec<Reference>,
}

/// A questionnaire that was answered. Its identifier is one, not a list.
#[derive(Clone, Debug, Serialize)]
pub(super) struct QuestionnaireResponse {
    pub(super) id: String,
    pub(super) text: Narrative,
    pub(super) identifier: Identifier,
    pub(super) status: &'static str,
    pub(super) subject: Reference,
    pub(super) authored: String,
    pub(super) item: Vec<Item>,
}

/// What somebody took.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MedicationStatement {
    #[serde(flatten)]
    pub(super) head: Head,
    pub(super) status: &'static str,
    pub(super) medication_codeable_concept: CodeableConcept,
    pub(super) subject: Reference,
    pub(super) effective_date_time: String,
}

/// Any of them.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "resourceType")]
pub(super) enum Resource {
    /// The person.
    Patient(Patient),
    /// A wearable.
    Device(Device),
    /// Something that was observed.
    Observation(Box<Observation>),
    /// Something that was done.
    Procedure(Box<Procedure>),
    /// A questionnaire that was answered.
    QuestionnaireResponse(QuestionnaireResponse),
    /// What somebody took.
    MedicationStatement(MedicationStatement),
}

/// A resource in a bundle.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) full_url: String,
    pub(super) resource: Resource,
}

/// A bundle.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundle {
    pub(super) resource_type: &'static str,
    pub(super) identifier: Identifier,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) entry: Vec<Entry>,
}
