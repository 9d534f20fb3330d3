//! The resources that are read or written: the fields that Lumbra understands, and beside them whatever else was there.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::element::{
    Annotation, CodeableConcept, Extension, Field, Identifier, Meta, Narrative, Others, Period, Quantity, Reference,
    Timing, fhir,
};
use super::raw::Raw;

fhir! {
    /// One thing of a plan.
    CarePlanActivity {
        /// The order that says what to do.
        reference: Option<Reference> = "reference",
        /// The same in place: never together with `reference` (invariant cpl-3), and not understood here.
        detail: Option<Raw> = "detail",
    }
}

fhir! {
    /// What a clinician has prescribed as a whole.
    CarePlan as "CarePlan" {
        /// Its name on the server.
        id: Option<String> = "id",
        /// What the server knows about it.
        meta: Option<Meta> = "meta",
        /// Rules that must be known to understand it.
        implicit_rules: Option<String> = "implicitRules",
        /// Resources that live inside of it.
        contained: Vec<Raw> = "contained",
        /// What changes its meaning.
        modifier_extension: Vec<Extension> = "modifierExtension",
        /// Whether it is in force.
        status: Option<String> = "status",
        /// Proposal, plan, order or option.
        intent: Option<String> = "intent",
        /// Its title for people.
        title: Option<String> = "title",
        /// Whom it is for.
        subject: Option<Reference> = "subject",
        /// From when to when.
        period: Option<Period> = "period",
        /// What it is to reach.
        goal: Vec<Reference> = "goal",
        /// What is to be done.
        activity: Vec<CarePlanActivity> = "activity",
    }
}

fhir! {
    /// One exercise or one programme of stimulation, ordered.
    ServiceRequest as "ServiceRequest" {
        /// Its name on the server.
        id: Option<String> = "id",
        /// What the server knows about it.
        meta: Option<Meta> = "meta",
        /// Rules that must be known to understand it.
        implicit_rules: Option<String> = "implicitRules",
        /// Amounts, by agreement.
        extension: Vec<Extension> = "extension",
        /// What changes its meaning.
        modifier_extension: Vec<Extension> = "modifierExtension",
        /// Whether it is in force.
        status: Option<String> = "status",
        /// Proposal, plan, order or option.
        intent: Option<String> = "intent",
        /// It is *not* to be done.
        do_not_perform: Option<bool> = "doNotPerform",
        /// What.
        code: Option<CodeableConcept> = "code",
        /// Whom it is for.
        subject: Option<Reference> = "subject",
        /// On one day or at one moment.
        occurrence_date_time: Option<String> = "occurrenceDateTime",
        /// Within a time.
        occurrence_period: Option<Period> = "occurrencePeriod",
        /// Again and again.
        occurrence_timing: Option<Timing> = "occurrenceTiming",
        /// Only when needed.
        as_needed_boolean: Option<bool> = "asNeededBoolean",
        /// Where on the body.
        body_site: Vec<CodeableConcept> = "bodySite",
        /// Words for the person.
        patient_instruction: Option<String> = "patientInstruction",
    }
}

fhir! {
    /// By when a goal is to be reached.
    GoalTarget {
        /// The date.
        due_date: Option<String> = "dueDate",
    }
}

fhir! {
    /// What a plan is to reach.
    Goal as "Goal" {
        /// Its name on the server.
        id: Option<String> = "id",
        /// What the server knows about it.
        meta: Option<Meta> = "meta",
        /// Rules that must be known to understand it.
        implicit_rules: Option<String> = "implicitRules",
        /// What changes its meaning.
        modifier_extension: Vec<Extension> = "modifierExtension",
        /// How far it has come.
        lifecycle_status: Option<String> = "lifecycleStatus",
        /// What it is.
        description: Option<CodeableConcept> = "description",
        /// Whom it is for.
        subject: Option<Reference> = "subject",
        /// By when.
        target: Vec<GoalTarget> = "target",
    }
}

fhir! {
    /// The person, as the clinic knows them.
    Patient as "Patient" {
        /// Their name on the server.
        id: Option<String> = "id",
        /// What the server knows about the resource.
        meta: Option<Meta> = "meta",
        /// Their names in the world.
        identifier: Vec<Identifier> = "identifier",
    }
}

fhir! {
    /// A name of a device.
    DeviceName {
        /// The name.
        name: Option<String> = "name",
        /// Which kind of name.
        kind: Option<String> = "type",
    }
}

fhir! {
    /// A version of something on a device.
    DeviceVersion {
        /// Of what.
        kind: Option<CodeableConcept> = "type",
        /// The version.
        value: Option<String> = "value",
    }
}

fhir! {
    /// A wearable.
    Device as "Device" {
        /// Its name on the server.
        id: Option<String> = "id",
        /// What the server knows about it.
        meta: Option<Meta> = "meta",
        /// What it says, for people.
        text: Option<Narrative> = "text",
        /// Its names in the world.
        identifier: Vec<Identifier> = "identifier",
        /// Its serial number.
        serial_number: Option<String> = "serialNumber",
        /// Its names for people.
        device_name: Vec<DeviceName> = "deviceName",
        /// What kind of device.
        kind: Option<CodeableConcept> = "type",
        /// Of its firmware.
        version: Vec<DeviceVersion> = "version",
        /// Who wears it.
        patient: Option<Reference> = "patient",
    }
}

fhir! {
    /// Something that was done: a session of TENS or of an exercise.
    Procedure as "Procedure" {
        /// Its name on the server.
        id: Option<String> = "id",
        /// What the server knows about it.
        meta: Option<Meta> = "meta",
        /// What it says, for people.
        text: Option<Narrative> = "text",
        /// Its names in the world.
        identifier: Vec<Identifier> = "identifier",
        /// The order it fulfils.
        based_on: Vec<Reference> = "basedOn",
        /// How it ended.
        status: Option<String> = "status",
        /// Why it ended so.
        status_reason: Option<CodeableConcept> = "statusReason",
        /// What was done.
        code: Option<CodeableConcept> = "code",
        /// To whom.
        subject: Option<Reference> = "subject",
        /// From when to when.
        performed_period: Option<Period> = "performedPeriod",
        /// Words about it.
        note: Vec<Annotation> = "note",
        /// With which device.
        used_reference: Vec<Reference> = "usedReference",
    }
}

fhir! {
    /// A part of an observation.
    Component {
        /// Of what.
        code: Option<CodeableConcept> = "code",
        /// An amount.
        value_quantity: Option<Quantity> = "valueQuantity",
        /// A whole number.
        value_integer: Option<i32> = "valueInteger",
        /// Yes or no.
        value_boolean: Option<bool> = "valueBoolean",
    }
}

fhir! {
    /// Something that was observed: pain, posture, a dose, a score.
    Observation as "Observation" {
        /// Its name on the server.
        id: Option<String> = "id",
        /// What the server knows about it.
        meta: Option<Meta> = "meta",
        /// What it says, for people.
        text: Option<Narrative> = "text",
        /// Its names in the world.
        identifier: Vec<Identifier> = "identifier",
        /// What it is a part of.
        part_of: Vec<Reference> = "partOf",
        /// Whether it is final.
        status: Option<String> = "status",
        /// What kind.
        category: Vec<CodeableConcept> = "category",
        /// What was observed.
        code: Option<CodeableConcept> = "code",
        /// Of whom.
        subject: Option<Reference> = "subject",
        /// When.
        effective_date_time: Option<String> = "effectiveDateTime",
        /// By whom.
        performer: Vec<Reference> = "performer",
        /// An amount.
        value_quantity: Option<Quantity> = "valueQuantity",
        /// A whole number.
        value_integer: Option<i32> = "valueInteger",
        /// Words about it.
        note: Vec<Annotation> = "note",
        /// Where on the body.
        body_site: Option<CodeableConcept> = "bodySite",
        /// From which answers.
        derived_from: Vec<Reference> = "derivedFrom",
        /// Its parts.
        component: Vec<Component> = "component",
    }
}

fhir! {
    /// One answer.
    Answer {
        /// A whole number.
        value_integer: Option<i32> = "valueInteger",
        /// Yes or no.
        value_boolean: Option<bool> = "valueBoolean",
    }
}

fhir! {
    /// One question and what was answered.
    Item {
        /// Its number in the questionnaire.
        link_id: Option<String> = "linkId",
        /// Its words.
        text: Option<String> = "text",
        /// The answers.
        answer: Vec<Answer> = "answer",
    }
}

fhir! {
    /// A questionnaire that was answered.
    QuestionnaireResponse as "QuestionnaireResponse" {
        /// Its name on the server.
        id: Option<String> = "id",
        /// What the server knows about it.
        meta: Option<Meta> = "meta",
        /// What it says, for people.
        text: Option<Narrative> = "text",
        /// Its name in the world: one, not a list.
        identifier: Option<Identifier> = "identifier",
        /// Whether it is complete.
        status: Option<String> = "status",
        /// Who answered.
        subject: Option<Reference> = "subject",
        /// When.
        authored: Option<String> = "authored",
        /// What.
        item: Vec<Item> = "item",
    }
}
