//! The HTTP port: the way to a clinic as an app brings it, with the system's trust store, proxies and certificates. A mirror of
//! `lumbra::sync::http::Http`, which holds the app to what it promises as far as that can be seen from here.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lumbra::sync::http::{self, Method, Request, Response, checked};
use zeroize::Zeroizing;

/// So long after its time an answer is still waited for: an app ends a request a little late, never not at all.
const GRACE: Duration = Duration::from_secs(5);

/// HTTP as an app brings it, for the way to the person's clinic. A call may block until the answer is complete; each is made on a thread
/// of its own, one at a time for one exchange.
///
/// An app follows no redirect: a status of 300 to 399 is an answer like any other. It retries nothing, caches nothing, keeps no cookies,
/// adds no credentials of its own, and writes nothing of a request or an answer into a log: there are tokens and a person's data in both.
/// Only `https` comes here, or `http` to this device itself.
#[uniffi::export(foreign)]
pub trait Http: Send + Sync {
    /// Sends a request and gives the answer, whatever its status. `body` is empty for none. An answer of more than `body_max` bytes is
    /// [`HttpError::TooLarge`], and one that ends early [`HttpError::Truncated`]: never a shorter answer. It must be complete within
    /// `timeout_ms`, or is [`HttpError::Lost`].
    fn send(
        &self,
        method: HttpMethod,
        url: String,
        headers: Vec<HttpHeader>,
        body: Vec<u8>,
        body_max: u64,
        timeout_ms: u64,
    ) -> Result<HttpResponse, HttpError>;
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum HttpMethod {
    /// To read.
    Get,
    /// To add.
    Post,
    /// To put under a name that is known.
    Put,
}

/// A header. There may be a token in it: its debug form tells the name alone.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct HttpHeader {
    /// Its name, in any case.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl fmt::Debug for HttpHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ..", self.name)
    }
}

/// An answer. Its debug form tells the status alone.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers, each as it came.
    pub headers: Vec<HttpHeader>,
    /// The body; empty for none.
    pub body: Vec<u8>,
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "status {}, {} bytes", self.status, self.body.len())
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HttpError {
    /// The request did not reach the server, and that is certain: no network, no such host, no connection.
    #[error("the server can't be reached")]
    Unreachable,
    /// It took too long, or the connection was lost: the server may have done what was asked. Whatever is not certain is this.
    #[error("no answer came")]
    Lost,
    /// The answer began and did not end.
    #[error("the answer was cut short")]
    Truncated,
    /// The answer is longer than it may be.
    #[error("the answer is too long")]
    TooLarge,
    /// The server did not prove who it is.
    #[error("the server did not prove who it is")]
    Untrusted,
    /// The system refuses to send this unprotected.
    #[error("the address is not protected")]
    Insecure,
    /// The system takes the address for none.
    #[error("the address is not a web address")]
    BadAddress,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HttpError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        // Nobody knows whether it was sent.
        Self::Lost
    }
}

impl From<HttpError> for http::HttpError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Unreachable => Self::Unreachable,
            HttpError::Lost => Self::Lost,
            HttpError::Truncated => Self::Truncated,
            HttpError::TooLarge => Self::TooLarge,
            HttpError::Untrusted => Self::Untrusted,
            HttpError::Insecure => Self::Insecure,
            HttpError::BadAddress => Self::BadAddress,
        }
    }
}

/// An app's HTTP as the core calls it.
pub(crate) struct ForeignHttp(pub(crate) Arc<dyn Http>);

#[async_trait]
impl http::Http for ForeignHttp {
    async fn send(&self, request: Request) -> Result<Response, http::HttpError> {
        // Not left to the app: a token that went out unprotected once is gone.
        checked(&request.url)?;
        let (port, body_max) = (Arc::clone(&self.0), request.body_max);
        let patience = request.timeout.saturating_add(GRACE);
        let asked = tokio::task::spawn_blocking(move || ask(&*port, &request));
        // An app that does not come back may have sent it.
        let Ok(Ok(answer)) = tokio::time::timeout(patience, asked).await else { return Err(http::HttpError::Lost) };
        let answer = answer.inspect_err(|error| tracing::debug!(%error, "no answer came"))?;
        let HttpResponse { status, headers, body } = answer;
        let body = Zeroizing::new(body);
        if body.len() > body_max {
            return Err(http::HttpError::TooLarge);
        }
        let headers = headers.into_iter().map(|header| (header.name, header.value)).collect();
        Ok(Response { status, headers, body })
    }
}

fn ask(port: &dyn Http, request: &Request) -> Result<HttpResponse, http::HttpError> {
    let method = match request.method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
    };
    let header = |(name, value): &(&str, Zeroizing<String>)| HttpHeader {
        name: (*name).to_owned(),
        value: value.as_str().to_owned(),
    };
    let headers = request.headers.iter().map(header).collect();
    let body_max = u64::try_from(request.body_max).unwrap_or(u64::MAX);
    let timeout_ms = u64::try_from(request.timeout.as_millis()).unwrap_or(u64::MAX);
    Ok(port.send(method, request.url.clone(), headers, request.body.to_vec(), body_max, timeout_ms)?)
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
