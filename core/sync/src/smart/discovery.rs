//! What a server says about signing in.

use serde::{Deserialize, Serialize};

use super::SmartError;
use crate::fhir::read;
use crate::http::{Http, Method, Request, checked};

/// The largest configuration that is read, in bytes.
const CONFIGURATION_MAX: usize = 256 * 1024;

/// Where to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Where the browser goes.
    pub authorization: String,
    /// Where a code is changed for tokens.
    pub token: String,
    /// Where tokens are ended, if the server has that.
    pub revocation: Option<String>,
    /// Who answers in the browser, if the server says so.
    pub issuer: Option<String>,
    /// The answer in the browser names who gives it (RFC 9207).
    pub names_issuer: bool,
}

#[derive(Deserialize)]
struct Configuration {
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    issuer: Option<String>,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Reads `/.well-known/smart-configuration` below a FHIR base. SMART demands PKCE with S256: a server that does not name it is refused.
pub async fn discover(http: &dyn Http, base: &str) -> Result<Endpoints, SmartError> {
    let mut request = Request::new(Method::Get, format!("{base}/.well-known/smart-configuration"))
        .header("Accept", "application/json");
    request.body_max = CONFIGURATION_MAX;
    checked(&request.url)?;
    let response = http.send(request).await?;
    match response.status {
        200 => {}
        404 | 410 => return Err(SmartError::Unsupported),
        status => return Err(SmartError::Busy(status)),
    }
    let read: Configuration =
        read("configuration", &response.body, CONFIGURATION_MAX).map_err(|_| SmartError::NotUnderstood)?;
    if !read.code_challenge_methods_supported.iter().any(|method| method == "S256") {
        return Err(SmartError::Unsupported);
    }
    let needed = |endpoint: Option<String>| {
        let endpoint = endpoint.ok_or(SmartError::Unsupported)?;
        checked(&endpoint).map_err(SmartError::Http)?;
        Ok::<_, SmartError>(endpoint)
    };
    Ok(Endpoints {
        authorization: needed(read.authorization_endpoint)?,
        token: needed(read.token_endpoint)?,
        revocation: read.revocation_endpoint.map(Some).map(needed).transpose()?,
        issuer: read.issuer,
        names_issuer: read.authorization_response_iss_parameter_supported,
    })
}
