//! An HTTP transport in Rust, for the terminal shell and for tests against real servers. Each request runs on a thread for blocking work,
//! so a Tokio runtime is needed. Certificates are checked as the system does it.

use std::error::Error as _;
use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Timeout};
use zeroize::Zeroizing;

use crate::http::{Http, HttpError, Request, Response, checked};

/// The transport. Cloning shares its connections.
#[derive(Clone)]
pub struct Transport {
    agent: Agent,
    /// In place of what each request says.
    timeout: Option<Duration>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Transport(..)")
    }
}

impl Default for Transport {
    fn default() -> Self {
        Self::new()
    }
}

impl Transport {
    /// A transport without connections yet.
    pub fn new() -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // A redirect is an answer like any other.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("lumbra/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), timeout: None }
    }

    /// The same, with another time for each request until its answer is complete, whatever the request says: for a server that is slower
    /// than most, or to give up sooner.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    fn ask(&self, request: &Request) -> Result<Response, HttpError> {
        checked(&request.url)?;
        let mut built = ureq::http::Request::builder().method(request.method.name()).uri(&request.url);
        for (name, value) in &request.headers {
            built = built.header(*name, value.as_str());
        }
        let built = built.body(request.body.as_slice()).map_err(|_| HttpError::BadAddress)?;
        let built =
            self.agent.configure_request(built).timeout_global(Some(self.timeout.unwrap_or(request.timeout))).build();
        let mut answer = self.agent.run(built).map_err(|error| before_the_answer(&error))?;
        let status = answer.status().as_u16();
        let text = |value: &ureq::http::HeaderValue| value.to_str().map(str::to_owned).unwrap_or_default();
        let headers = answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let limit = u64::try_from(request.body_max).unwrap_or(u64::MAX);
        let body =
            answer.body_mut().with_config().limit(limit).read_to_vec().map_err(|error| within_the_answer(&error))?;
        Ok(Response { status, headers, body: Zeroizing::new(body) })
    }
}

#[async_trait]
impl Http for Transport {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let this = self.clone();
        // A thread that died may have sent it.
        tokio::task::spawn_blocking(move || this.ask(&request)).await.unwrap_or(Err(HttpError::Lost))
    }
}

/// What an error means that came instead of an answer. Only what is certain counts as never sent.
fn before_the_answer(error: &ureq::Error) -> HttpError {
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::ConnectProxyFailed(_)
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => HttpError::Unreachable,
        ureq::Error::BadUri(_) => HttpError::BadAddress,
        ureq::Error::RequireHttpsOnly(_) => HttpError::Insecure,
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::TlsRequired => HttpError::Untrusted,
        ureq::Error::Io(error) if of_tls(error) => HttpError::Untrusted,
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable => HttpError::Unreachable,
            _ => HttpError::Lost,
        },
        other => {
            tracing::debug!(has_cause = other.source().is_some(), "no answer came");
            HttpError::Lost
        }
    }
}

/// Whether TLS itself says so, in the clothes of an I/O error.
fn of_tls(error: &std::io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some()
}

/// What an error means that came while an answer was read.
fn within_the_answer(error: &ureq::Error) -> HttpError {
    match error {
        ureq::Error::BodyExceedsLimit(_) => HttpError::TooLarge,
        _ => HttpError::Truncated,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::http::Method;

    /// A server on this machine that answers one connection with these bytes, and gives what it was asked.
    fn server(answer: &'static [u8], linger: Duration) -> (String, std::thread::JoinHandle<String>) {
        server_after(Duration::ZERO, answer, linger)
    }

    /// The same, some time after it was asked.
    fn server_after(
        late: Duration,
        answer: &'static [u8],
        linger: Duration,
    ) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            let mut buffer = [0; 1_024];
            while !asked.windows(4).any(|four| four == b"\r\n\r\n") {
                match stream.read(&mut buffer) {
                    Ok(read) if read > 0 => asked.extend(&buffer[..read]),
                    _ => break,
                }
            }
            std::thread::sleep(late);
            let _ = stream.write_all(answer);
            std::thread::sleep(linger);
            String::from_utf8_lossy(&asked).into_owned()
        });
        (address, served)
    }

    async fn ask(
        answer: &'static [u8],
        shape: impl FnOnce(Request) -> Request,
    ) -> (Result<Response, HttpError>, String) {
        let (address, served) = server(answer, Duration::from_millis(0));
        let request =
            shape(Request::new(Method::Get, format!("http://{address}/fhir")).header("Authorization", "Bearer t"));
        let answer = Transport::new().send(request).await;
        (answer, served.join().unwrap())
    }

    #[tokio::test]
    async fn an_answer_comes_whole() {
        let (answer, asked) =
            ask(b"HTTP/1.1 422 No\r\nETag: W/\"3\"\r\nContent-Length: 2\r\n\r\n{}", |request| request).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.version().as_deref(), answer.body.as_slice()), (422, Some("3"), &b"{}"[..]));
        assert!(
            asked.starts_with("GET /fhir HTTP/1.1\r\n") && asked.to_lowercase().contains("authorization: bearer t")
        );
        let (answer, asked) = ask(b"HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n", |request| {
            Request { method: Method::Put, ..request }.body("application/fhir+json", b"{}".to_vec())
        })
        .await;
        assert_eq!(answer.unwrap().status, 201);
        assert!(asked.starts_with("PUT /fhir") && asked.to_lowercase().contains("content-length: 2"), "{asked}");
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        for status in ["301 Moved", "302 Found", "307 Elsewhere", "308 Elsewhere"] {
            let answer = format!("HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
            let (answer, _) = ask(answer.leak().as_bytes(), |request| request).await;
            assert!((300..400).contains(&answer.unwrap().status));
        }
    }

    #[tokio::test]
    async fn what_is_missing_or_too_much_is_an_error() {
        let cases: [(&[u8], HttpError); 6] = [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":1}", HttpError::Truncated),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n", HttpError::Truncated),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901", HttpError::TooLarge),
            (b"HTTP/1.1 200 OK\r\n\r\n12345678901", HttpError::TooLarge),
            (b"", HttpError::Lost),
            (b"HTTP/1.1 200", HttpError::Lost),
        ];
        for (bytes, error) in cases {
            let (answer, _) = ask(bytes, |request| Request { body_max: 10, ..request }).await;
            assert_eq!(answer.err(), Some(error), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[tokio::test]
    async fn what_was_not_sent_is_told_apart_from_what_was() {
        let get = |url: String| Request { timeout: Duration::from_millis(300), ..Request::new(Method::Get, url) };
        let transport = Transport::new();
        // A port that nobody listens on any more.
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(transport.send(get(format!("http://{free}/"))).await.err(), Some(HttpError::Unreachable));
        let (address, served) = server(b"", Duration::from_secs(1));
        assert_eq!(
            transport.send(get(format!("http://{address}/"))).await.err(),
            Some(HttpError::Lost),
            "no answer in time"
        );
        served.join().unwrap();
        // The transport's own patience counts, whatever a request says, in both directions.
        for (own_ms, of_request_ms, answered) in [(100, 60_000, false), (60_000, 100, true)] {
            let late = Duration::from_millis(400);
            let (address, served) = server_after(late, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Duration::ZERO);
            let request =
                Request { timeout: Duration::from_millis(of_request_ms), ..get(format!("http://{address}/")) };
            let answer = transport.clone().with_timeout(Duration::from_millis(own_ms)).send(request).await;
            assert_eq!(answer.map(|answer| answer.status).ok(), answered.then_some(200), "{own_ms} ms");
            served.join().unwrap();
        }
        assert_eq!(transport.send(get("http://clinic.example/".to_owned())).await.err(), Some(HttpError::Insecure));
        // It speaks, but not TLS: it says so at once.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n").unwrap();
            // Until the other side gives up: closing before would tell it less.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let patient = Request { timeout: Duration::from_secs(20), ..get(format!("https://{address}/")) };
        assert_eq!(transport.send(patient).await.err(), Some(HttpError::Untrusted));
        served.join().unwrap();
    }
}
