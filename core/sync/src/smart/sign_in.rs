//! The way through the browser.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use url::Url;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::SmartError;
use super::discovery::Endpoints;
use super::tokens::{Granted, NotGranted, TOKENS_MAX, Tokens};
use crate::fhir::{is_id, read};
use crate::http::{Http, Method, Request, Response, checked};

/// What is asked for: to read the plan, to write and read what was done, and to go on while the person is away.
pub const SCOPES: &str = "launch/patient openid fhirUser offline_access patient/CarePlan.rs patient/ServiceRequest.rs \
    patient/Goal.rs patient/Procedure.cru patient/Observation.cru patient/QuestionnaireResponse.cru patient/Device.cru";

/// The app as the clinic knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id there.
    pub id: String,
    /// Where the browser comes back to.
    pub redirect: String,
}

/// A sign-in that was begun. Only what belongs to it ends it, and only once.
pub struct SignIn {
    endpoints: Endpoints,
    client: Client,
    base: String,
    state: Zeroizing<String>,
    verifier: Zeroizing<String>,
}

// The verifier is a secret until the code is changed.
impl fmt::Debug for SignIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SignIn(..)")
    }
}

impl SignIn {
    /// Begins: gives the address to open in the system's browser. `random` must come from the system's generator, fresh for each.
    pub fn begin(
        endpoints: Endpoints,
        client: Client,
        base: &str,
        random: &Zeroizing<[u8; 64]>,
    ) -> Result<(Self, String), SmartError> {
        let (state, verifier) = random.split_at(32);
        let state = Zeroizing::new(BASE64URL_NOPAD.encode(state));
        let verifier = Zeroizing::new(BASE64URL_NOPAD.encode(verifier));
        let mut address = checked(&endpoints.authorization)?;
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", &client.redirect)
            .append_pair("scope", SCOPES)
            .append_pair("state", &state)
            .append_pair("aud", base)
            .append_pair("code_challenge", &challenge(&verifier))
            .append_pair("code_challenge_method", "S256");
        let sign_in = Self { endpoints, client, base: base.to_owned(), state, verifier };
        Ok((sign_in, address.into()))
    }

    /// Ends with the address that the browser came back to. The tokens are in memory alone until they are kept with [`Tokens::keep`].
    pub async fn finish(self, http: &dyn Http, came_back: &str) -> Result<Tokens, SmartError> {
        let code = self.code(came_back)?;
        let form = form(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &self.client.redirect),
            ("client_id", &self.client.id),
            ("code_verifier", &self.verifier),
        ]);
        let granted = ask(http, &self.endpoints.token, form).await?;
        let patient = granted.patient.filter(|id| is_id(id)).ok_or(SmartError::NotUnderstood)?;
        Ok(Tokens {
            client: self.client.id.clone(),
            token_endpoint: self.endpoints.token.clone(),
            revocation_endpoint: self.endpoints.revocation.clone(),
            base: self.base.clone(),
            patient,
            access: granted.access_token,
            refresh: granted.refresh_token,
        })
    }

    /// The code, if the answer belongs to this sign-in and comes from whom it should.
    fn code(&self, came_back: &str) -> Result<Zeroizing<String>, SmartError> {
        let address = Url::parse(came_back).map_err(|_| SmartError::Foreign)?;
        let mine = Url::parse(&self.client.redirect).map_err(|_| SmartError::Foreign)?;
        let place =
            |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port(), url.path().to_owned());
        if place(&address) != place(&mine) {
            return Err(SmartError::Foreign);
        }
        // A parameter that is there twice is no parameter: which one counts would be a guess.
        let only = |name: &str| {
            let mut found = address.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
            found.next().filter(|_| found.next().is_none())
        };
        if only("state").as_deref() != Some(self.state.as_str()) {
            return Err(SmartError::Foreign);
        }
        let named = address.query_pairs().any(|(key, _)| key == "iss");
        if (named || self.endpoints.names_issuer)
            && (only("iss") != self.endpoints.issuer || self.endpoints.issuer.is_none())
        {
            return Err(SmartError::Foreign);
        }
        if address.query_pairs().any(|(key, _)| key == "error") {
            return Err(SmartError::Denied);
        }
        only("code").map(Zeroizing::new).ok_or(SmartError::NotUnderstood)
    }
}

/// RFC 7636: the verifier's hash, which may be seen.
fn challenge(verifier: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()))
}

/// A form as a request body.
pub(super) fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    // Room from the start: a text that grows leaves copies of secrets behind. No byte takes more than three.
    let room = fields.iter().map(|(name, value)| name.len() + 3 * value.len() + 2).sum();
    let mut form = Serializer::new(String::with_capacity(room));
    form.extend_pairs(fields);
    form.finish().into_bytes()
}

pub(super) fn post(endpoint: &str, form: Vec<u8>) -> Result<Request, SmartError> {
    checked(endpoint)?;
    let mut request = Request::new(Method::Post, endpoint)
        .header("Accept", "application/json")
        .body("application/x-www-form-urlencoded", form);
    request.body_max = TOKENS_MAX;
    Ok(request)
}

/// Asks a token endpoint.
pub(super) async fn ask(http: &dyn Http, endpoint: &str, form: Vec<u8>) -> Result<Granted, SmartError> {
    let response = http.send(post(endpoint, form)?).await?;
    granted(&response)
}

fn granted(response: &Response) -> Result<Granted, SmartError> {
    match response.status {
        200 => {}
        400 | 401 => {
            let error: Option<NotGranted> = read("error", &response.body, TOKENS_MAX).ok();
            return Err(match error.as_ref().map(|error| error.error.as_str()) {
                Some("invalid_grant") => SmartError::SignInNeeded,
                Some(_) => SmartError::Denied,
                None => SmartError::Busy(response.status),
            });
        }
        status => return Err(SmartError::Busy(status)),
    }
    let granted: Granted = read("tokens", &response.body, TOKENS_MAX).map_err(|_| SmartError::NotUnderstood)?;
    // A token goes into a header: anything but visible characters would be another header.
    let sound = |token: &str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let bearer = granted.token_type.eq_ignore_ascii_case("bearer");
    if bearer && sound(&granted.access_token) { Ok(granted) } else { Err(SmartError::NotUnderstood) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_form_is_encoded() {
        assert_eq!(form(&[("a", "b c&d"), ("e", "ä")]), b"a=b+c%26d&e=%C3%A4");
    }
}
