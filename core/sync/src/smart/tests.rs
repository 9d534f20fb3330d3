//! The sign-in, against the clinic in memory.

use std::sync::Arc;

use url::Url;
use zeroize::Zeroizing;

use super::*;
use crate::http::{Http, HttpError, Request, Response};
use crate::support::{Clinic, Fault, MemoryTokens};

const BASE: &str = "https://clinic.example/fhir";

fn client() -> Client {
    Client { id: "lumbra".to_owned(), redirect: "health.lumbra:/signed-in".to_owned() }
}

fn begin(endpoints: &Endpoints, seed: u8) -> (SignIn, Url) {
    let (sign_in, address) = SignIn::begin(endpoints.clone(), client(), BASE, &Zeroizing::new([seed; 64])).unwrap();
    (sign_in, Url::parse(&address).unwrap())
}

fn parameter(address: &Url, name: &str) -> String {
    address.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

async fn endpoints(clinic: &Clinic) -> Endpoints {
    discover(clinic, BASE).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_brings_tokens_that_are_kept() {
    let (clinic, store) = (Arc::new(Clinic::default()), Arc::new(MemoryTokens::default()));
    let (sign_in, address) = begin(&endpoints(&clinic).await, 1);
    assert_eq!(address.as_str().split('?').next(), Some("https://clinic.example/auth/authorize"));
    let expected =
        [("response_type", "code"), ("client_id", "lumbra"), ("aud", BASE), ("code_challenge_method", "S256")];
    for (name, value) in expected {
        assert_eq!(parameter(&address, name), value);
    }
    for scope in ["launch/patient", "offline_access", "patient/CarePlan.rs", "patient/Procedure.cru"] {
        assert!(parameter(&address, "scope").split(' ').any(|one| one == scope), "{scope}");
    }
    assert!(!parameter(&address, "scope").contains("CarePlan.c"), "no scope to write a plan");
    let state = parameter(&address, "state");
    let back = format!("health.lumbra:/signed-in?code=good&state={state}&iss=https%3A%2F%2Fclinic.example");
    let tokens = sign_in.finish(&*clinic, &back).await.unwrap();
    assert_eq!(store.text(), None);
    tokens.keep(&*store).await.unwrap();
    assert_eq!((tokens.patient(), tokens.base()), ("ann", BASE));
    let kept = store.text().unwrap();
    assert!(kept.contains("refresh-1") && !format!("{tokens:?}").contains("refresh"));
    let access = Access::new(clinic.clone(), store.clone());
    assert_eq!(access.bearer(BASE).await.unwrap().header(), "Bearer access-1");
    assert!(!format!("{:?} {access:?}", access.bearer(BASE).await).contains("access-1"));
    assert_eq!(access.revoke().await, Ok(true));
    assert_eq!((store.text(), access.bearer(BASE).await.err()), (None, Some(SmartError::SignInNeeded)));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_belong_to_the_sign_in_is_refused_before_anything_is_asked() {
    let clinic = Clinic::default();
    let endpoints = endpoints(&clinic).await;
    let state = parameter(&begin(&endpoints, 1).1, "state");
    let other = parameter(&begin(&endpoints, 2).1, "state");
    assert_ne!(state, other);
    let cases = [
        (format!("health.lumbra:/signed-in?code=good&state={other}"), SmartError::Foreign),
        ("health.lumbra:/signed-in?code=good".to_owned(), SmartError::Foreign),
        (format!("health.lumbra:/signed-in?code=good&state={state}&state={state}"), SmartError::Foreign),
        (format!("health.lumbra:/elsewhere?code=good&state={state}"), SmartError::Foreign),
        (format!("https://evil.example/signed-in?code=good&state={state}"), SmartError::Foreign),
        (
            format!("health.lumbra:/signed-in?code=good&state={state}&iss=https%3A%2F%2Fevil.example"),
            SmartError::Foreign,
        ),
        (format!("health.lumbra:/signed-in?error=access_denied&state={state}"), SmartError::Denied),
        (format!("health.lumbra:/signed-in?state={state}"), SmartError::NotUnderstood),
        (format!("health.lumbra:/signed-in?code=a&code=b&state={state}"), SmartError::NotUnderstood),
        ("not an address".to_owned(), SmartError::Foreign),
    ];
    let before = clinic.requests();
    for (back, error) in cases {
        let (sign_in, _) = begin(&endpoints, 1);
        assert_eq!(sign_in.finish(&clinic, &back).await.err(), Some(error), "{back}");
    }
    let mut strict = endpoints.clone();
    strict.names_issuer = true;
    let (sign_in, _) = begin(&strict, 1);
    let back = format!("health.lumbra:/signed-in?code=good&state={state}");
    assert_eq!(sign_in.finish(&clinic, &back).await.err(), Some(SmartError::Foreign), "no issuer");
    assert_eq!(clinic.requests(), before);
}

#[tokio::test(start_paused = true)]
async fn tokens_that_can_not_be_kept_or_used_are_not_given() {
    let clinic = Clinic::default();
    let endpoints = endpoints(&clinic).await;
    let back = |address: &Url| format!("health.lumbra:/signed-in?code=good&state={}", parameter(address, "state"));
    let broken = MemoryTokens::default();
    broken.set_broken(true);
    let (sign_in, address) = begin(&endpoints, 1);
    let tokens = sign_in.finish(&clinic, &back(&address)).await.unwrap();
    assert_eq!(tokens.keep(&broken).await, Err(SmartError::Store));
    let answers = [
        (200, r#"{"access_token":"a","token_type":"Bearer"}"#, SmartError::NotUnderstood),
        (200, r#"{"access_token":"a\r\nHost: evil","token_type":"Bearer","patient":"ann"}"#, SmartError::NotUnderstood),
        (200, r#"{"access_token":"","token_type":"Bearer","patient":"ann"}"#, SmartError::NotUnderstood),
        (200, r#"{"access_token":"a","token_type":"mac","patient":"ann"}"#, SmartError::NotUnderstood),
        (200, r#"{"access_token":"a","token_type":"Bearer","patient":"../ann"}"#, SmartError::NotUnderstood),
        (200, "<html>", SmartError::NotUnderstood),
        (400, r#"{"error":"invalid_grant"}"#, SmartError::SignInNeeded),
        (400, r#"{"error":"invalid_client"}"#, SmartError::Denied),
        (503, "", SmartError::Busy(503)),
        (302, "", SmartError::Busy(302)),
    ];
    for (status, body, error) in answers {
        let (sign_in, address) = begin(&endpoints, 1);
        clinic.fault(0, Fault::Answer(status, Vec::new(), body.to_owned()));
        assert_eq!(sign_in.finish(&clinic, &back(&address)).await.err(), Some(error), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_without_what_is_needed_is_refused() {
    let good = r#""authorization_endpoint":"https://a.example/","token_endpoint":"https://a.example/""#;
    let cases = [
        (404, String::new(), SmartError::Unsupported),
        (500, String::new(), SmartError::Busy(500)),
        (200, "<html>".to_owned(), SmartError::NotUnderstood),
        (200, format!("{{{good}}}"), SmartError::Unsupported),
        (200, format!(r#"{{{good},"code_challenge_methods_supported":["plain"]}}"#), SmartError::Unsupported),
        (200, r#"{"code_challenge_methods_supported":["S256"]}"#.to_owned(), SmartError::Unsupported),
        (
            200,
            r#"{"authorization_endpoint":"http://a.example/","token_endpoint":"https://a.example/","code_challenge_methods_supported":["S256"]}"#
                .to_owned(),
            SmartError::Http(HttpError::Insecure),
        ),
    ];
    for (status, body, error) in cases {
        let clinic = Clinic::default();
        clinic.fault(0, Fault::Answer(status, Vec::new(), body.clone()));
        assert_eq!(discover(&clinic, BASE).await.err(), Some(error), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn many_who_are_refused_at_once_make_one_refresh() {
    let clinic = Arc::new(Clinic::default());
    let access = Arc::new(Access::new(clinic.clone(), Arc::new(clinic.sign_in())));
    let old = access.bearer(BASE).await.unwrap();
    clinic.expire();
    let (one, two, three) = tokio::join!(access.renew(&old), access.renew(&old), access.renew(&old));
    for bearer in [one, two, three] {
        assert_eq!(bearer.unwrap().header(), "Bearer access-2");
    }
    assert_eq!(clinic.refreshes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_ends_here_even_if_the_server_does_not_answer() {
    let clinic = Arc::new(Clinic::default());
    let store = Arc::new(clinic.sign_in());
    let access = Access::new(clinic.clone(), store.clone());
    clinic.fault(0, Fault::Before(HttpError::Unreachable));
    assert_eq!(access.revoke().await, Ok(false));
    assert_eq!(store.text(), None);
    assert_eq!(access.revoke().await, Ok(true), "there is nothing to end");
}

/// A server that answers a refresh with somebody else's tokens.
struct Swapped;

#[async_trait::async_trait]
impl Http for Swapped {
    async fn send(&self, _: Request) -> Result<Response, HttpError> {
        let body = br#"{"access_token":"b","token_type":"bearer","refresh_token":"c","patient":"bob"}"#.to_vec();
        Ok(Response { status: 200, body: body.into(), ..Response::default() })
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_of_another_person_are_not_taken() {
    let clinic = Clinic::default();
    let store = Arc::new(clinic.sign_in());
    let access = Access::new(Arc::new(Swapped), store.clone());
    let old = access.bearer(BASE).await.unwrap();
    assert_eq!(access.renew(&old).await.err(), Some(SmartError::Foreign));
    assert!(store.text().unwrap().contains("refresh-1"));
}
