//! The parts that resources are made of, and the macro that declares them.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::raw::{Decimal, Raw};

/// Fields that are not in our structs, in the order they came: kept, never understood.
pub type Others = Vec<(String, Raw)>;

/// How a field is written, and whether at all: FHIR has neither empty lists nor nulls.
pub(crate) trait Field {
    fn is_absent(&self) -> bool;
}

impl<T> Field for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Field for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

/// Declares a struct of FHIR once: its fields with their names there. Serde's own `flatten` would keep unknown fields too, but it
/// passes them through a buffer that turns `1.50` into 1.5; this reads and writes them as they are.
///
/// Each field is an `Option` or a `Vec`, absent when it is not there. A field that is there twice is an error: which one counts would
/// be a guess. With `as "Name"` the struct is a resource: it reads nothing but its own `resourceType`, and writes it first.
macro_rules! fhir {
    ($(#[$doc:meta])* $name:ident $(as $resource:literal)? {
        $($(#[$field_doc:meta])* $field:ident: $type:ty = $json:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
            /// What else was there.
            pub others: Others,
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                $(map.serialize_entry("resourceType", $resource)?;)?
                $(if !Field::is_absent(&self.$field) {
                    map.serialize_entry($json, &self.$field)?;
                })*
                for (name, value) in &self.others {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Reads;
                impl<'de> Visitor<'de> for Reads {
                    type Value = $name;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str(stringify!($name))
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        let mut read = $name::default();
                        let mut seen: Vec<&'static str> = Vec::new();
                        let mut once = |field: &'static str| -> Result<(), A::Error> {
                            if seen.contains(&field) {
                                return Err(serde::de::Error::duplicate_field(field));
                            }
                            seen.push(field);
                            Ok(())
                        };
                        while let Some(key) = map.next_key::<String>()? {
                            match key.as_str() {
                                $("resourceType" => {
                                    once("resourceType")?;
                                    if map.next_value::<String>()? != $resource {
                                        return Err(serde::de::Error::custom("another resource"));
                                    }
                                })?
                                $($json => {
                                    once($json)?;
                                    read.$field = map.next_value()?;
                                })*
                                _ => read.others.push((key, map.next_value()?)),
                            }
                        }
                        $(if once("resourceType").is_ok() && !$resource.is_empty() {
                            return Err(serde::de::Error::missing_field("resourceType"));
                        })?
                        Ok(read)
                    }
                }
                deserializer.deserialize_map(Reads)
            }
        }
    };
}
pub(crate) use fhir;

fhir! {
    /// What a server knows about a resource.
    Meta {
        /// Its version there.
        version_id: Option<String> = "versionId",
        /// When it last changed, by the server's clock.
        last_updated: Option<String> = "lastUpdated",
    }
}

fhir! {
    /// A code and the system it is of.
    Coding {
        /// The system's name.
        system: Option<String> = "system",
        /// The code.
        code: Option<String> = "code",
        /// The system's words for it.
        display: Option<String> = "display",
    }
}

fhir! {
    /// A meaning: as codes, in words, or both.
    CodeableConcept {
        /// The same meaning in one or more systems.
        coding: Vec<Coding> = "coding",
        /// In words.
        text: Option<String> = "text",
    }
}

fhir! {
    /// A name in the world.
    Identifier {
        /// Who gives such names.
        system: Option<String> = "system",
        /// The name.
        value: Option<String> = "value",
    }
}

fhir! {
    /// Another resource.
    Reference {
        /// Where it is.
        reference: Option<String> = "reference",
        /// Its name in the world, for where the place is not known.
        identifier: Option<Box<Identifier>> = "identifier",
    }
}

fhir! {
    /// From a date or moment to another, both inside.
    Period {
        /// The first.
        start: Option<String> = "start",
        /// The last.
        end: Option<String> = "end",
    }
}

fhir! {
    /// An amount in a unit.
    Quantity {
        /// How many.
        value: Option<Decimal> = "value",
        /// The value is not this, but below or above it.
        comparator: Option<String> = "comparator",
        /// The unit for people.
        unit: Option<String> = "unit",
        /// The system of the unit's code.
        system: Option<String> = "system",
        /// The unit as a code.
        code: Option<String> = "code",
    }
}

fhir! {
    /// From an amount to another, both inside.
    Range {
        /// The least.
        low: Option<Quantity> = "low",
        /// The most.
        high: Option<Quantity> = "high",
    }
}

fhir! {
    /// What FHIR has no place for, by agreement: the URL says whose.
    Extension {
        /// Which agreement.
        url: Option<String> = "url",
        /// Parts, in place of a value.
        extension: Vec<Extension> = "extension",
        /// A code.
        value_code: Option<String> = "valueCode",
        /// An amount.
        value_quantity: Option<Quantity> = "valueQuantity",
        /// A range of amounts.
        value_range: Option<Range> = "valueRange",
        /// A whole number from 1.
        value_positive_int: Option<u32> = "valuePositiveInt",
    }
}

fhir! {
    /// How often.
    Repeat {
        /// Within which dates.
        bounds_period: Option<Period> = "boundsPeriod",
        /// How many times in a period.
        frequency: Option<u32> = "frequency",
        /// How long a period is.
        period: Option<Decimal> = "period",
        /// In which unit the period is counted.
        period_unit: Option<String> = "periodUnit",
        /// On which days of the week.
        day_of_week: Vec<String> = "dayOfWeek",
        /// At which times of day.
        time_of_day: Vec<String> = "timeOfDay",
    }
}

fhir! {
    /// When something is to be done.
    Timing {
        /// By a rule.
        repeat: Option<Repeat> = "repeat",
    }
}

fhir! {
    /// Somebody's words.
    Annotation {
        /// The words.
        text: Option<String> = "text",
    }
}

fhir! {
    /// What a resource says, for people whose program knows no more.
    Narrative {
        /// Where the words come from.
        status: Option<String> = "status",
        /// The words as XHTML.
        div: Option<String> = "div",
    }
}
