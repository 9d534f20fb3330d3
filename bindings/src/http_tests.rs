//! What the core holds an app's HTTP to, and what it hands over.

use std::sync::Mutex;

use lumbra::sync::http::{Http as _, HttpError as Core};

use super::*;

type Asked = (HttpMethod, String, Vec<HttpHeader>, Vec<u8>, u64, u64);

/// Notes what it was asked, and answers as it is told to.
struct Played {
    asked: Mutex<Vec<Asked>>,
    answer: Box<dyn Fn() -> Result<HttpResponse, HttpError> + Send + Sync>,
}

impl Http for Played {
    fn send(
        &self,
        method: HttpMethod,
        url: String,
        headers: Vec<HttpHeader>,
        body: Vec<u8>,
        body_max: u64,
        timeout_ms: u64,
    ) -> Result<HttpResponse, HttpError> {
        self.asked.lock().unwrap().push((method, url, headers, body, body_max, timeout_ms));
        (self.answer)()
    }
}

fn played(answer: impl Fn() -> Result<HttpResponse, HttpError> + Send + Sync + 'static) -> Arc<Played> {
    Arc::new(Played { asked: Mutex::default(), answer: Box::new(answer) })
}

fn response(status: u16, body: &[u8]) -> HttpResponse {
    let headers = vec![HttpHeader { name: "etag".to_owned(), value: "W/\"3\"".to_owned() }];
    HttpResponse { status, headers, body: body.to_vec() }
}

#[tokio::test]
async fn a_request_is_handed_over_whole_and_so_is_the_answer() {
    let app = played(|| Ok(response(302, b"{}")));
    let mut request = Request::new(Method::Put, "https://clinic.example/fhir/Observation/1")
        .header("Authorization", "Bearer t")
        .body("application/fhir+json", b"[]".to_vec());
    (request.body_max, request.timeout) = (10, Duration::from_millis(1_500));
    let answer = ForeignHttp(app.clone()).send(request).await.unwrap();
    assert_eq!((answer.status, answer.version().as_deref(), answer.body.as_slice()), (302, Some("3"), &b"{}"[..]));
    let asked = app.asked.lock().unwrap();
    let (method, url, headers, body, body_max, timeout_ms) = &asked[0];
    assert_eq!((method, url.as_str()), (&HttpMethod::Put, "https://clinic.example/fhir/Observation/1"));
    let pairs: Vec<_> = headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
    assert_eq!(pairs, [("Authorization", "Bearer t"), ("Content-Type", "application/fhir+json")]);
    assert_eq!((body.as_slice(), *body_max, *timeout_ms), (&b"[]"[..], 10, 1_500));
}

#[tokio::test]
async fn every_error_keeps_its_meaning() {
    for (told, meant) in [
        (HttpError::Unreachable, Core::Unreachable),
        (HttpError::Lost, Core::Lost),
        (HttpError::Truncated, Core::Truncated),
        (HttpError::TooLarge, Core::TooLarge),
        (HttpError::Untrusted, Core::Untrusted),
        (HttpError::Insecure, Core::Insecure),
        (HttpError::BadAddress, Core::BadAddress),
    ] {
        let app = played(move || Err(told));
        let request = Request::new(Method::Get, "https://clinic.example/");
        assert_eq!(ForeignHttp(app).send(request).await.err(), Some(meant));
    }
}

#[tokio::test]
async fn what_must_not_be_sent_never_reaches_the_app() {
    for (url, meant) in [
        ("http://clinic.example/", Core::Insecure),
        ("https://user@clinic.example/", Core::BadAddress),
        ("file:///etc/passwd", Core::BadAddress),
        ("", Core::BadAddress),
    ] {
        let app = played(|| Ok(response(200, b"")));
        let asked = ForeignHttp(app.clone()).send(Request::new(Method::Get, url)).await;
        assert_eq!((asked.err(), app.asked.lock().unwrap().len()), (Some(meant), 0), "{url}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_none() {
    for (len, fits) in [(9, true), (10, true), (11, false)] {
        let app = played(move || Ok(response(200, &vec![7; len])));
        let request = Request { body_max: 10, ..Request::new(Method::Get, "https://clinic.example/") };
        let answer = ForeignHttp(app).send(request).await.map(|answer| answer.body.len());
        assert_eq!(answer, if fits { Ok(len) } else { Err(Core::TooLarge) });
    }
}

#[tokio::test(start_paused = true)]
async fn an_app_that_panics_may_have_sent_it() {
    let app = played(|| panic!("the app's own fault"));
    assert_eq!(
        ForeignHttp(app).send(Request::new(Method::Get, "https://clinic.example/")).await.err(),
        Some(Core::Lost)
    );
}

#[test]
fn an_app_that_does_not_come_back_is_not_waited_for_forever() {
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let gone = Mutex::new(gone);
    let app = played(move || {
        // Until the test is over.
        let _ = gone.lock().unwrap().recv();
        Err(HttpError::Unreachable)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = Request { timeout: Duration::ZERO, ..Request::new(Method::Get, "https://clinic.example/") };
    let port = ForeignHttp(app);
    let answer = runtime.block_on(async {
        let sending = port.send(request);
        tokio::pin!(sending);
        // Time is set forward by hand, as it does not pass while a thread is blocked.
        assert!(futures::poll!(&mut sending).is_pending());
        tokio::time::pause();
        tokio::time::advance(GRACE + Duration::from_millis(1)).await;
        sending.await
    });
    drop(go);
    assert_eq!(answer.err(), Some(Core::Lost));
}

#[test]
fn nothing_personal_shows() {
    let header = HttpHeader { name: "Authorization".to_owned(), value: "Bearer secret".to_owned() };
    let answer = HttpResponse { status: 200, headers: vec![header.clone()], body: b"pain".to_vec() };
    for shown in [format!("{header:?}"), format!("{answer:?}")] {
        assert!(!shown.contains("secret") && !shown.contains("pain"), "{shown}");
    }
}
