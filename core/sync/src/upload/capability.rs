//! What a server can do, and what is made of it.

use serde::{Deserialize, Serialize};

use crate::fhir::CapabilityStatement;

use super::Outgoing;

/// How one resource is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteWay {
    /// PUT under our own name: as often as one likes, and still one resource.
    Upsert,
    /// POST unless the identifier is there. A fallback: many servers make duplicates of two of them at once.
    ConditionalCreate,
}

/// How several are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BundleWay {
    /// All or none.
    Transaction,
    /// Each for itself, in one request.
    Batch,
    /// Each in a request of its own.
    Single,
}

/// The ways of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ways {
    /// How one resource is written.
    pub write: WriteWay,
    /// How several are.
    pub bundle: BundleWay,
}

impl Ways {
    /// The best ways that a server offers; none when it is not R4, or can't take all that is told.
    pub fn of(statement: &CapabilityStatement) -> Option<Self> {
        // R4 and its technical corrections.
        let version = statement.fhir_version.as_deref()?;
        if version != "4.0" && !version.starts_with("4.0.") {
            return None;
        }
        let rest = statement.rest.iter().find(|rest| rest.mode.as_deref() == Some("server"))?;
        let all = |able: fn(&crate::fhir::RestResource) -> bool| {
            Outgoing::ALL.iter().all(|kind| {
                let named = |resource: &&crate::fhir::RestResource| resource.kind.as_deref() == Some(kind.name());
                rest.resource.iter().find(named).is_some_and(able)
            })
        };
        let write = if all(|resource| resource.update_create == Some(true)) {
            WriteWay::Upsert
        } else if all(|resource| resource.conditional_create == Some(true)) {
            WriteWay::ConditionalCreate
        } else {
            return None;
        };
        let can = |what| rest.interaction.iter().any(|interaction| interaction.code.as_deref() == Some(what));
        let bundle = match (can("transaction"), can("batch")) {
            (true, _) => BundleWay::Transaction,
            (false, true) => BundleWay::Batch,
            (false, false) => BundleWay::Single,
        };
        Some(Self { write, bundle })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(version: &str, resource: &str, system: &str) -> CapabilityStatement {
        let resources: Vec<String> =
            Outgoing::ALL.iter().map(|kind| format!(r#"{{"type":"{}",{resource}}}"#, kind.name())).collect();
        let json = format!(
            r#"{{"resourceType":"CapabilityStatement","fhirVersion":"{version}","rest":[{{"mode":"server",
            "interaction":[{system}],"resource":[{}]}}]}}"#,
            resources.join(",")
        );
        CapabilityStatement::read(json.as_bytes()).unwrap()
    }

    #[test]
    fn the_best_way_is_taken() {
        let ways = |write, bundle| Some(Ways { write, bundle });
        let (upsert, conditional) = (r#""updateCreate":true"#, r#""updateCreate":false,"conditionalCreate":true"#);
        let (transaction, batch) = (r#"{"code":"batch"},{"code":"transaction"}"#, r#"{"code":"batch"}"#);
        let of = |version, resource, system| Ways::of(&statement(version, resource, system));
        assert_eq!(of("4.0.1", upsert, transaction), ways(WriteWay::Upsert, BundleWay::Transaction));
        assert_eq!(of("4.0.1", conditional, batch), ways(WriteWay::ConditionalCreate, BundleWay::Batch));
        assert_eq!(of("4.0.0", upsert, ""), ways(WriteWay::Upsert, BundleWay::Single));
        assert_eq!(of("4.0.1", r#""versioning":"versioned""#, transaction), None, "neither way");
        assert_eq!(of("5.0.0", upsert, transaction), None, "another release");
        assert_eq!(of("4.3.0", upsert, transaction), None, "R4B is another release");
        let mut one_less = statement("4.0.1", upsert, transaction);
        one_less.rest[0].resource.pop();
        assert_eq!(Ways::of(&one_less), None, "a kind that it does not take");
    }
}
