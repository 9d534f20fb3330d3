//! What comes from a clinic's server, or from whoever answers in its place: pages, plans, orders, goals, outcomes, capabilities.
//!
//! What is read and written reads the same; a plan is made of what there is.

/// Reads one answer, in every way.
pub fn run(data: &[u8]) {
    lumbra_sync::fhir::fuzz_bundle(data);
}

/// One of each, as a clinic writes it.
pub fn seeds() -> Vec<Vec<u8>> {
    let subject = r#""subject":{"reference":"Patient/p"}"#;
    let order = format!(
        r#"{{"resourceType":"ServiceRequest","id":"e","status":"active","intent":"order",{subject},"code":{{"coding":[{{"system":"http://lumbra.health/fhir/CodeSystem/exercises","code":"bridge"}}]}},"occurrenceTiming":{{"repeat":{{"frequency":3,"period":1.0,"periodUnit":"wk","dayOfWeek":["mon","wed"]}}}},"extension":[{{"url":"http://lumbra.health/fhir/StructureDefinition/exercise-dose","extension":[{{"url":"sets","valuePositiveInt":2}},{{"url":"hold","valueQuantity":{{"value":8.50,"system":"http://unitsofmeasure.org","code":"s"}}}}]}}]}}"#
    );
    let programme = format!(
        r#"{{"resourceType":"ServiceRequest","id":"t","status":"active","intent":"order",{subject},"extension":[{{"url":"http://lumbra.health/fhir/StructureDefinition/stimulation","extension":[{{"url":"mode","valueCode":"burst"}},{{"url":"cap","valueQuantity":{{"value":12.5,"system":"http://unitsofmeasure.org","code":"mA"}}}},{{"url":"perDay","valuePositiveInt":2}}]}}]}}"#
    );
    let plan = format!(
        r#"{{"resourceType":"CarePlan","id":"c","meta":{{"versionId":"3","lastUpdated":"2026-03-01T08:00:00.120Z"}},"status":"active","intent":"plan",{subject},"period":{{"start":"2026-03-01"}},"activity":[{{"reference":{{"reference":"ServiceRequest/e"}}}},{{"reference":{{"reference":"ServiceRequest/t"}}}}],"goal":[{{"reference":"Goal/g"}}]}}"#
    );
    let goal = format!(
        r#"{{"resourceType":"Goal","id":"g","lifecycleStatus":"active",{subject},"description":{{"text":"walk an hour"}}}}"#
    );
    let page = format!(
        r#"{{"resourceType":"Bundle","type":"searchset","link":[{{"relation":"next","url":"https://clinic.example/fhir?page=2"}}],"entry":[{{"resource":{plan}}},{{"resource":{order}}},{{"resource":{programme}}},{{"resource":{goal}}}]}}"#
    );
    let answer = r#"{"resourceType":"Bundle","type":"transaction-response","entry":[{"response":{"status":"201 Created","etag":"W/\"1\"","location":"Observation/o/_history/1"}}]}"#;
    let outcome = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","diagnostics":"no","expression":["Bundle.entry[1].resource"]}]}"#;
    let capabilities = r#"{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{"mode":"server","interaction":[{"code":"transaction"}],"resource":[{"type":"Observation","updateCreate":true,"conditionalCreate":true,"interaction":[{"code":"update"}]}]}]}"#;
    let all = [order, programme, plan, goal, page, answer.to_owned(), outcome.to_owned(), capabilities.to_owned()];
    all.into_iter().map(String::into_bytes).collect()
}
