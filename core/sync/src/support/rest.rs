//! FHIR, as the server speaks it.
//!
//! What it makes of a resource is told by words in it: `BAD` is refused with 422, `CLASH` with 409, `POISON` breaks it (500).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::clinic::{BASE, Held, State};
use crate::http::{Method, Request, Response};
use crate::upload::{BundleWay, Outgoing, WriteWay};

fn answer_json(status: u16, body: &Value) -> Response {
    let headers = vec![("Content-Type".to_owned(), "application/fhir+json".to_owned())];
    Response { status, headers, body: body.to_string().into_bytes().into() }
}

fn outcome(status: u16, words: &str, place: Option<String>) -> Response {
    let mut issue = json!({"severity": "error", "code": "invalid", "diagnostics": words});
    if let Some(place) = place {
        issue["expression"] = json!([place]);
    }
    answer_json(status, &json!({"resourceType": "OperationOutcome", "issue": [issue]}))
}

/// Writes a resource; the same again is a new version.
pub(super) fn store(state: &mut State, kind: &str, id: &str, resource: &Value) -> u64 {
    let key = (kind.to_owned(), id.to_owned());
    let version = state.resources.get(&key).map_or(0, |held| held.version) + 1;
    let updated = state.now - state.manners.stamp_early;
    let mut body = resource.clone();
    body["id"] = json!(id);
    body["meta"] = json!({"versionId": version.to_string(), "lastUpdated": updated.to_string()});
    state.resources.insert(key, Held { body, version, updated, gone: false });
    version
}

/// What it has against a resource.
fn against(resource: &Value) -> Option<u16> {
    let text = resource.to_string();
    [("BAD", 422), ("CLASH", 409), ("POISON", 500)]
        .iter()
        .find(|(word, _)| text.contains(word))
        .map(|(_, status)| *status)
}

fn by_identifier(state: &State, kind: &str, query: &str) -> Vec<String> {
    let wanted = query.split(['=', '&']).nth(1).unwrap_or_default().replace("%7C", "|");
    let wanted = wanted.rsplit('|').next().unwrap_or_default().to_owned();
    let of = state.resources.iter().filter(|((of, _), held)| of == kind && !held.gone);
    let is = |held: &Held| held.body["identifier"].to_string().contains(&format!("\"{wanted}\""));
    of.filter(|(_, held)| is(held)).map(|((_, id), _)| id.clone()).collect()
}

/// Carries out one write: status, id, version.
fn write(state: &mut State, method: &str, url: &str, if_none: Option<&str>, resource: &Value) -> (u16, String, u64) {
    let (kind, id) = url.split_once('/').map_or((url, None), |(kind, id)| (kind, Some(id)));
    assert!(Outgoing::from_name(kind).is_some(), "the phone has written a {kind}");
    assert_eq!(resource["resourceType"], kind);
    match (method, id, state.manners.write) {
        ("PUT", Some(id), WriteWay::Upsert) => {
            assert_eq!(resource["id"], id);
            let version = store(state, kind, id, resource);
            (if version == 1 { 201 } else { 200 }, id.to_owned(), version)
        }
        ("POST", None, WriteWay::ConditionalCreate) => {
            let found = by_identifier(state, kind, if_none.expect("no create without a condition"));
            if let [id] = found.as_slice() {
                return (200, id.clone(), 1);
            }
            if found.len() > 1 {
                return (412, String::new(), 0);
            }
            state.named += 1;
            let id = format!("{}", state.named);
            store(state, kind, &id, resource);
            (201, id, 1)
        }
        (method, ..) => panic!("the server has not offered a {method} of this kind"),
    }
}

fn told(kind: &str, (status, id, version): &(u16, String, u64)) -> Value {
    json!({"response": {
        "status": format!("{status} OK"), "etag": format!("W/\"{version}\""),
        "location": format!("{kind}/{id}/_history/{version}"),
    }})
}

fn bundle(state: &mut State, request: &Request) -> Response {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let entries = body["entry"].as_array().unwrap();
    assert!(entries.len() <= 30 && request.body.len() <= 256 * 1024, "more than one transaction may have");
    let transaction = match body["type"].as_str().unwrap() {
        "transaction" if state.manners.bundle == BundleWay::Transaction => true,
        "batch" if state.manners.bundle == BundleWay::Batch => false,
        kind => panic!("the server has not offered a {kind}"),
    };
    if transaction
        && let Some((index, status)) =
            entries.iter().enumerate().find_map(|(index, entry)| Some((index, against(&entry["resource"])?)))
    {
        let place = state.manners.names_entry.then(|| format!("Bundle.entry[{index}].resource"));
        return outcome(status, "this unit is not known", place);
    }
    let mut answers = Vec::new();
    for entry in entries {
        let resource = &entry["resource"];
        if let Some(status) = against(resource) {
            let outcome: Value = serde_json::from_slice(&outcome(status, "this unit is not known", None).body).unwrap();
            answers.push(json!({"response": {"status": status.to_string(), "outcome": outcome}}));
            continue;
        }
        let ask = &entry["request"];
        let (method, url) = (ask["method"].as_str().unwrap(), ask["url"].as_str().unwrap());
        let done = write(state, method, url, ask["ifNoneExist"].as_str(), resource);
        answers.push(told(resource["resourceType"].as_str().unwrap(), &done));
    }
    let kind = if transaction { "transaction-response" } else { "batch-response" };
    answer_json(200, &json!({"resourceType": "Bundle", "type": kind, "entry": answers}))
}

fn metadata(state: &State) -> Response {
    let able = match state.manners.write {
        WriteWay::Upsert => json!({"updateCreate": true}),
        WriteWay::ConditionalCreate => json!({"updateCreate": false, "conditionalCreate": true}),
    };
    let resource = |kind: &Outgoing| {
        let mut resource = able.clone();
        resource["type"] = json!(kind.name());
        resource
    };
    let resources: Vec<Value> = Outgoing::ALL.iter().map(resource).collect();
    let can: &[&str] = match state.manners.bundle {
        BundleWay::Transaction => &["transaction", "batch"],
        BundleWay::Batch => &["batch"],
        BundleWay::Single => &[],
    };
    let can: Vec<Value> = can.iter().map(|code| json!({"code": code})).collect();
    let rest = json!([{"mode": "server", "resource": resources, "interaction": can}]);
    answer_json(200, &json!({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest}))
}

/// A page of results, and the way to the next.
fn page(state: &State, number: usize) -> Response {
    let results = &state.pages[number / 1_000];
    let size = state.manners.page;
    let from = (number % 1_000) * size;
    let entries: Vec<Value> = results.iter().skip(from).take(size).map(|one| json!({"resource": one})).collect();
    let mut bundle = json!({"resourceType": "Bundle", "type": "searchset", "entry": entries});
    if from + size < results.len() {
        bundle["link"] = json!([{"relation": "next", "url": format!("{BASE}?page={}", number + 1)}]);
    }
    answer_json(200, &bundle)
}

fn search(state: &mut State, kind: &str, query: &str) -> Response {
    if query.starts_with("identifier=") {
        let found: Vec<Value> = by_identifier(state, kind, query)
            .into_iter()
            .map(|id| json!({"resource": {"resourceType": kind, "id": id}}))
            .collect();
        return answer_json(200, &json!({"resourceType": "Bundle", "type": "searchset", "entry": found}));
    }
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let patient = format!("Patient/{}", parameter("patient").unwrap());
    let since: Option<Timestamp> =
        parameter("_lastUpdated").map(|since| since.strip_prefix("ge").unwrap().parse().unwrap());
    let mut found: Vec<&Held> = state
        .resources
        .iter()
        .filter(|((of, _), held)| of == kind && !held.gone && held.body["subject"]["reference"] == patient.as_str())
        .map(|(_, held)| held)
        // What was stamped can't be found at once.
        .filter(|held| held.updated + state.manners.stamp_early <= state.now)
        .filter(|held| since.is_none_or(|since| held.updated >= since))
        .collect();
    found.sort_by_key(|held| held.updated);
    let only_ids = parameter("_elements") == Some("id");
    let shown = |held: &&Held| {
        if only_ids { json!({"resourceType": kind, "id": held.body["id"]}) } else { held.body.clone() }
    };
    let found: Vec<Value> = found.iter().map(shown).collect();
    state.pages.push(found);
    page(state, (state.pages.len() - 1) * 1_000)
}

fn read(state: &State, kind: &str, id: &str, if_other: Option<&str>) -> Response {
    match state.resources.get(&(kind.to_owned(), id.to_owned())) {
        None => outcome(404, "not known", None),
        Some(held) if held.gone => outcome(410, "deleted", None),
        Some(held) if if_other == Some(&format!("W/\"{}\"", held.version)) => {
            Response { status: 304, ..Response::default() }
        }
        Some(held) => {
            let mut answer = answer_json(200, &held.body);
            answer.headers.push(("ETag".to_owned(), format!("W/\"{}\"", held.version)));
            answer
        }
    }
}

pub(super) fn answer(state: &mut State, request: &Request, path: &str) -> Response {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let path = path.trim_start_matches('/');
    match (request.method, path.split_once('/')) {
        (Method::Get, None) if path == "metadata" => metadata(state),
        (Method::Get, None) if path.is_empty() => {
            let number = query.strip_prefix("page=").and_then(|number| number.parse().ok());
            page(state, number.expect("a page that was offered"))
        }
        (Method::Get, None) => search(state, path, query),
        (Method::Get, Some((kind, id))) => read(state, kind, id, request.get("If-None-Match")),
        (Method::Post, None) if path.is_empty() => bundle(state, request),
        (Method::Post | Method::Put, _) => {
            let resource: Value = serde_json::from_slice(&request.body).unwrap();
            if let Some(status) = against(&resource) {
                return outcome(status, "this unit is not known", None);
            }
            let (status, id, version) =
                write(state, request.method.name(), path, request.get("If-None-Exist"), &resource);
            let mut answer = answer_json(status, &json!({}));
            answer.headers.push(("ETag".to_owned(), format!("W/\"{version}\"")));
            let kind = resource["resourceType"].as_str().unwrap();
            answer.headers.push(("Location".to_owned(), format!("{BASE}/{kind}/{id}/_history/{version}")));
            answer
        }
    }
}
