//! Groups into transactions, and a refused transaction into smaller ones.

use crate::http::{Method, Request};

use super::capability::{BundleWay, Ways, WriteWay};
use super::entry::{Entry, Group};

/// The most entries of one transaction: what servers work through in seconds.
pub const ENTRIES_MAX: usize = 30;
/// The most bytes of one transaction.
pub const BYTES_MAX: usize = 256 * 1024;
/// Room for what stands around an entry in a bundle, in bytes: addresses of up to 120 characters.
pub(super) const AROUND: usize = 512;

/// Puts whole groups together, in order, as many as the limits allow. A group alone is within them ([`Group::new`]). A resource that is
/// in two groups is in two transactions: FHIR allows it once in each.
pub fn pack(groups: Vec<Group>) -> Vec<Vec<Group>> {
    let mut packed: Vec<Vec<Group>> = Vec::new();
    let (mut entries, mut bytes) = (0, 0);
    for group in groups {
        let (more, longer) = (group.entries().len(), group.bytes());
        match packed.last_mut() {
            Some(last) if entries + more <= ENTRIES_MAX && bytes + longer <= BYTES_MAX && !share(last, &group) => {
                (entries, bytes) = (entries + more, bytes + longer);
                last.push(group);
            }
            _ => {
                (entries, bytes) = (more, longer);
                packed.push(vec![group]);
            }
        }
    }
    packed
}

fn share(groups: &[Group], other: &Group) -> bool {
    let mut there = groups.iter().flat_map(Group::entries);
    there.any(|entry| other.entries().iter().any(|another| another.resource_id == entry.resource_id))
}

/// Takes a refused transaction apart, to find what is bad in it. With the index of the entry that the server named: its group alone,
/// after the rest. Without: two halves. One group is not split; then there is nothing to take apart.
pub fn isolate(mut groups: Vec<Group>, named: Option<usize>) -> Vec<Vec<Group>> {
    if groups.len() < 2 {
        return vec![groups];
    }
    let mut after = 0;
    let suspect = named.and_then(|index| {
        groups.iter().position(|group| {
            after += group.entries().len();
            index < after
        })
    });
    if let Some(suspect) = suspect {
        let bad = groups.remove(suspect);
        return vec![groups, vec![bad]];
    }
    let rest = groups.split_off(groups.len() / 2);
    vec![groups, rest]
}

/// The name by which a server is asked whether it has an entry.
pub(crate) fn identifier(entry: &Entry) -> String {
    format!("identifier=urn:ietf:rfc:3986|urn:uuid:{}", entry.resource_id)
}

/// One bundle of these groups, for a server of these ways. The entries' bytes are put in as they are.
pub fn bundle(base: &str, ways: Ways, groups: &[Group]) -> Request {
    let kind = if ways.bundle == BundleWay::Transaction { "transaction" } else { "batch" };
    let mut body = format!(r#"{{"resourceType":"Bundle","type":"{kind}","entry":["#).into_bytes();
    for (index, entry) in groups.iter().flat_map(Group::entries).enumerate() {
        let (resource, id) = (entry.resource.name(), entry.resource_id);
        let comma = if index == 0 { "" } else { "," };
        // The place it would have under our name: what refers to it inside the bundle is found by it, whatever name it gets.
        body.extend(format!(r#"{comma}{{"fullUrl":"{base}/{resource}/{id}","resource":"#).bytes());
        body.extend(entry.bytes.iter());
        let request = match ways.write {
            WriteWay::Upsert => format!(r#"{{"method":"PUT","url":"{resource}/{id}"}}"#),
            WriteWay::ConditionalCreate => {
                format!(r#"{{"method":"POST","url":"{resource}","ifNoneExist":"{}"}}"#, identifier(entry))
            }
        };
        body.extend(format!(r#","request":{request}}}"#).bytes());
    }
    body.extend(b"]}");
    asks(Request::new(Method::Post, base).body(FHIR_JSON, body))
}

/// One entry in a request of its own.
pub fn single(base: &str, write: WriteWay, entry: &Entry) -> Request {
    let (resource, id) = (entry.resource.name(), entry.resource_id);
    let request = match write {
        WriteWay::Upsert => Request::new(Method::Put, format!("{base}/{resource}/{id}")),
        WriteWay::ConditionalCreate => {
            Request::new(Method::Post, format!("{base}/{resource}")).header("If-None-Exist", identifier(entry))
        }
    };
    asks(request.body(FHIR_JSON, entry.bytes.to_vec()))
}

pub(crate) const FHIR_JSON: &str = "application/fhir+json";

/// Asks for no more of an answer than is needed.
fn asks(request: Request) -> Request {
    request.header("Accept", FHIR_JSON).header("Prefer", "return=minimal")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::super::entry::tests::group;
    use super::*;

    fn ids(packed: &[Vec<Group>]) -> Vec<Uuid> {
        packed.iter().flatten().map(Group::id).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_group_is_sent_once_whole_in_order_and_within_the_limits(
            sizes in proptest::collection::vec((1_usize..=30, 0_usize..4_000), 0..40),
        ) {
            let groups: Vec<Group> = sizes.iter().map(|(entries, bytes)| group(*entries, *bytes)).collect();
            let packed = pack(groups.clone());
            prop_assert_eq!(ids(&packed), groups.iter().map(Group::id).collect::<Vec<_>>());
            let ways = Ways { write: WriteWay::Upsert, bundle: BundleWay::Transaction };
            for one in &packed {
                prop_assert!(one.iter().map(|group| group.entries().len()).sum::<usize>() <= ENTRIES_MAX);
                prop_assert!(bundle("https://clinic.example/fhir", ways, one).body.len() <= BYTES_MAX);
            }
            for pair in packed.windows(2) {
                let together: Vec<&Group> = pair[0].iter().chain(pair[1].first()).collect();
                let entries: usize = together.iter().map(|group| group.entries().len()).sum();
                let bytes: usize = together.iter().map(|group| group.bytes()).sum();
                prop_assert!(entries > ENTRIES_MAX || bytes > BYTES_MAX, "there was room for one more");
            }
        }

        #[test]
        fn taking_apart_loses_nothing_and_ends(count in 1_usize..12, named in proptest::option::of(0_usize..40)) {
            let groups: Vec<Group> = (0..count).map(|_| group(2, 0)).collect();
            let parts = isolate(groups.clone(), named);
            let mut before: Vec<Uuid> = groups.iter().map(Group::id).collect();
            let mut after = ids(&parts);
            before.sort();
            after.sort();
            prop_assert_eq!(before, after);
            prop_assert!(parts.iter().all(|part| !part.is_empty() && (part.len() < count || count == 1)));
            if let Some(named) = named.filter(|named| *named < count * 2 && count > 1) {
                prop_assert_eq!(parts[1][0].id(), groups[named / 2].id());
            }
        }
    }

    #[test]
    fn a_resource_is_in_a_transaction_once() {
        let one = group(2, 0);
        let again = Group::new(Uuid::nil(), one.entries().get(1..).unwrap_or_default().to_vec()).unwrap();
        let packed = pack(vec![one, group(1, 0), again]);
        assert_eq!(packed.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn a_bundle_holds_the_very_bytes() {
        let groups = [group(2, 10), group(1, 0)];
        for (write, method) in [(WriteWay::Upsert, "PUT"), (WriteWay::ConditionalCreate, "POST")] {
            let request = bundle("https://clinic.example/fhir", Ways { write, bundle: BundleWay::Batch }, &groups);
            let body = String::from_utf8(request.body.to_vec()).unwrap();
            let parsed: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!((parsed["type"].as_str(), parsed["entry"].as_array().map(Vec::len)), (Some("batch"), Some(3)));
            for (index, entry) in groups.iter().flat_map(Group::entries).enumerate() {
                assert!(body.contains(std::str::from_utf8(&entry.bytes).unwrap()));
                let asked = &parsed["entry"][index]["request"];
                assert_eq!(asked["method"], method);
                assert_eq!(asked["ifNoneExist"].is_string(), write == WriteWay::ConditionalCreate);
            }
        }
    }
}
