//! The sign-in server: tokens that go stale, and refresh tokens that are good for one use.

use std::collections::BTreeMap;

use serde_json::json;

use super::clinic::State;
use crate::http::{Request, Response};

/// What was given out.
#[derive(Debug, Default)]
pub(super) struct Issued {
    number: usize,
    access: Vec<String>,
    refresh: Vec<String>,
    pub(super) refreshes: usize,
}

impl Issued {
    pub(super) fn issue(&mut self) -> (String, String) {
        self.number += 1;
        let (access, refresh) = (format!("access-{}", self.number), format!("refresh-{}", self.number));
        self.access.push(access.clone());
        self.refresh.push(refresh.clone());
        (access, refresh)
    }

    pub(super) fn takes(&self, header: Option<&str>) -> bool {
        header
            .and_then(|header| header.strip_prefix("Bearer "))
            .is_some_and(|token| self.access.iter().any(|one| one == token))
    }

    pub(super) fn expire(&mut self) {
        self.access.clear();
    }

    pub(super) fn end(&mut self) {
        self.access.clear();
        self.refresh.clear();
    }
}

fn answer_json(status: u16, body: &serde_json::Value) -> Response {
    Response { status, headers: Vec::new(), body: body.to_string().into_bytes().into() }
}

pub(super) fn configuration() -> Response {
    answer_json(
        200,
        &json!({
            "authorization_endpoint": "https://clinic.example/auth/authorize",
            "token_endpoint": "https://clinic.example/auth/token",
            "revocation_endpoint": "https://clinic.example/auth/revoke",
            "issuer": "https://clinic.example",
            "code_challenge_methods_supported": ["S256"],
            "capabilities": ["launch-standalone", "client-public"],
        }),
    )
}

pub(super) fn answer(state: &mut State, endpoint: &str, request: &Request) -> Response {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&request.body).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let tokens = &mut state.tokens;
    if endpoint == "revoke" {
        tokens.refresh.retain(|one| one != field("token"));
        tokens.access.clear();
        return Response { status: 200, ..Response::default() };
    }
    let denied = answer_json(400, &json!({"error": "invalid_grant"}));
    match field("grant_type") {
        "authorization_code" if field("code") == "good" && field("code_verifier").len() == 43 => {}
        "refresh_token" => {
            let Some(at) = tokens.refresh.iter().position(|one| one == field("refresh_token")) else { return denied };
            tokens.refresh.remove(at);
            tokens.refreshes += 1;
        }
        _ => return denied,
    }
    let (access, refresh) = tokens.issue();
    answer_json(
        200,
        &json!({"access_token": access, "token_type": "Bearer", "expires_in": 300, "refresh_token": refresh, "patient": "ann"}),
    )
}
