//! The HTTP port: one request, one answer. On a phone the shell implements it (`URLSession`, `OkHttp`); the terminal shell and the tests use
//! the transport behind the feature `transport`.
//!
//! An implementation promises:
//! - it follows no redirect: a 3xx is an answer like any other, so a token goes nowhere else;
//! - it never sends anything unprotected except to this machine itself (`http` with a loopback host);
//! - it reads no more than [`Request::body_max`] bytes, and a body that ends early is [`HttpError::Truncated`], never a shorter answer;
//! - it says [`HttpError::Unreachable`] only when it is certain that the request did not reach the server;
//! - it retries nothing, caches nothing, keeps no cookies and logs nothing of a request but its method.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use url::Url;
use zeroize::Zeroizing;

use crate::fhir::BODY_MAX;

/// How long a request may take, unless it says otherwise: a transaction of thirty entries takes a clinic's small server some seconds.
pub const TIMEOUT: Duration = Duration::from_mins(1);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// To read.
    Get,
    /// To add, or to do several things at once.
    Post,
    /// To put under a name that is known.
    Put,
}

impl Method {
    /// Its name in HTTP.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// A request. Its debug form tells neither headers nor body nor where it goes: there are tokens and a person's data in them.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub method: Method,
    /// Where.
    pub url: String,
    /// Names and values of headers.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    /// What is sent.
    pub body: Zeroizing<Vec<u8>>,
    /// The most bytes of an answer.
    pub body_max: usize,
    /// How long it may take until the answer is complete.
    pub timeout: Duration,
}

impl Request {
    /// A request without a body, for JSON.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        let body = Zeroizing::default();
        Self { method, url: url.into(), headers: Vec::new(), body, body_max: BODY_MAX, timeout: TIMEOUT }
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, Zeroizing::new(value.into())));
        self
    }

    /// With a body of this type.
    #[must_use]
    pub fn body(mut self, kind: &str, body: Vec<u8>) -> Self {
        self.body = Zeroizing::new(body);
        self.header("Content-Type", kind)
    }

    /// The first header of this name, whatever its case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(there, _)| there.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (..), {} bytes", self.method.name(), self.body.len())
    }
}

/// An answer. Its debug form tells the status alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names and values of headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

impl Response {
    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(there, _)| there.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The server's clock, to the second.
    pub fn date(&self) -> Option<Timestamp> {
        http_date(self.header("Date")?)
    }

    /// How long the server asks to be left alone, at most a day. A date counts from the server's own clock, never from the phone's.
    pub fn retry_after(&self) -> Option<Duration> {
        const MOST: u64 = 86_400;
        let text = self.header("Retry-After")?.trim();
        if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
            return Some(Duration::from_secs(text.parse().unwrap_or(MOST).min(MOST)));
        }
        let seconds = http_date(text)?.as_second().saturating_sub(self.date()?.as_second());
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0).min(MOST)))
    }

    /// The version in an `ETag`, without `W/` and quotes.
    pub fn version(&self) -> Option<String> {
        self.header("ETag").map(bare_etag)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "status {}, {} bytes", self.status, self.body.len())
    }
}

/// A version without `W/` and quotes: opaque, for comparing and for asking again.
pub(crate) fn bare_etag(text: &str) -> String {
    text.trim().trim_start_matches("W/").trim_matches('"').to_owned()
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HttpError {
    /// The request did not reach the server: nothing has happened there.
    #[error("the server can't be reached")]
    Unreachable,
    /// It took too long, or the connection was lost: the server may have done it.
    #[error("no answer came; what was asked may have been done")]
    Lost,
    /// The answer began and did not end: the server may have done it.
    #[error("the answer was cut short; what was asked may have been done")]
    Truncated,
    /// The answer is longer than it may be: the server may have done it.
    #[error("the answer is too long")]
    TooLarge,
    /// The server did not prove who it is.
    #[error("the server did not prove who it is")]
    Untrusted,
    /// The address is not https.
    #[error("the address is not protected: https is required")]
    Insecure,
    /// The address is not one.
    #[error("the address is not a web address")]
    BadAddress,
}

/// The port.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends a request and waits for the whole answer.
    async fn send(&self, request: Request) -> Result<Response, HttpError>;
}

/// An address that may be asked: https, or http to this machine itself; without user and password, of plain characters only, so that
/// every reader of addresses takes it for the same one.
pub fn checked(address: &str) -> Result<Url, HttpError> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\\\"<>^`{}".contains(&byte);
    if !address.bytes().all(plain) {
        return Err(HttpError::BadAddress);
    }
    let url = Url::parse(address).map_err(|_| HttpError::BadAddress)?;
    // An empty user, `https://@host/`, leaves no trace in what was parsed.
    let authority = address.split(['/', '?', '#']).nth(2).unwrap_or_default();
    if authority.contains('@') {
        return Err(HttpError::BadAddress);
    }
    let host = url.host().ok_or(HttpError::BadAddress)?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback(&host) => Ok(url),
        "http" => Err(HttpError::Insecure),
        _ => Err(HttpError::BadAddress),
    }
}

fn loopback(host: &url::Host<&str>) -> bool {
    match host {
        url::Host::Domain(name) => *name == "localhost",
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_protected_addresses_are_asked() {
        let cases = [
            ("https://clinic.example/fhir", Ok(())),
            ("http://127.0.0.1:8080/fhir", Ok(())),
            ("http://[::1]/fhir", Ok(())),
            ("http://localhost/fhir", Ok(())),
            ("https://clinic.example/fhir?to=a@b", Ok(())),
            ("http://clinic.example/fhir", Err(HttpError::Insecure)),
            ("http://localhost.evil.example/", Err(HttpError::Insecure)),
            ("https://user@clinic.example/", Err(HttpError::BadAddress)),
            ("https://@clinic.example/", Err(HttpError::BadAddress)),
            ("https://clinic.example\\@evil.example/", Err(HttpError::BadAddress)),
            ("https://clinic.example/\n", Err(HttpError::BadAddress)),
            ("https://clinic.example/ä", Err(HttpError::BadAddress)),
            ("file:///etc/passwd", Err(HttpError::BadAddress)),
            ("javascript:alert(1)", Err(HttpError::BadAddress)),
            ("/fhir", Err(HttpError::BadAddress)),
        ];
        for (address, expected) in cases {
            assert_eq!(checked(address).map(|_| ()), expected, "{address}");
        }
    }

    #[test]
    fn a_date_to_wait_for_counts_from_the_servers_clock() {
        let response = |headers: &[(&str, &str)]| Response {
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..Response::default()
        };
        let date = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");
        let wait = |headers: &[(&str, &str)]| response(headers).retry_after().map(|wait| wait.as_secs());
        assert_eq!(wait(&[("retry-after", "120")]), Some(120));
        assert_eq!(wait(&[("Retry-After", "99999999999999999999999")]), Some(86_400));
        assert_eq!(wait(&[("retry-after", "Wed, 21 Oct 2015 07:29:30 GMT"), date]), Some(90));
        assert_eq!(wait(&[("retry-after", "Wed, 21 Oct 2015 07:27:00 GMT"), date]), Some(0), "gone by");
        assert_eq!(wait(&[("retry-after", "Wed, 21 Oct 2015 07:29:30 GMT")]), None, "no clock of the server's");
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(response(&[("etag", "W/\"7\"")]).version(), Some("7".to_owned()));
    }

    #[test]
    fn nothing_personal_is_told() {
        let request = Request::new(Method::Get, "https://clinic.example/Patient/ann")
            .header("Authorization", "Bearer secret")
            .body("application/json", b"pain".to_vec());
        let response = Response { status: 200, body: b"pain".to_vec().into(), ..Response::default() };
        for told in [format!("{request:?}"), format!("{response:?}")] {
            assert!(!told.contains("secret") && !told.contains("ann") && !told.contains("pain"), "{told}");
        }
    }
}
