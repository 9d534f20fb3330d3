//! What an answer means for what was sent.

use std::time::Duration;

use crate::fhir::{Bundle, EntryResponse, OperationOutcome};
use crate::http::{HttpError, Response, bare_etag};

use super::entry::{Ack, Dead, Entry, Group};

/// What becomes of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The server has it.
    Acked(Ack),
    /// The server will not have it.
    Refused(Dead),
    /// Another time.
    Later,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was worked through; an entry's fate each, in order.
    Done(Vec<Fate>),
    /// It was refused as a whole: nothing was kept. With the entry that the server named, if it did.
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the server says.
        outcome: Option<OperationOutcome>,
        /// The same as it came.
        text: Option<String>,
    },
    /// Something of it stands against what is there (409), or there is more than was thought (412).
    Conflict {
        /// The HTTP status.
        status: u16,
    },
    /// The token is not taken: a new one, and once more.
    Unauthorised,
    /// The server is busy or broken, or no answer came. It may have been done; the same again is harmless.
    Later {
        /// How long the server asks to be left alone.
        after: Option<Duration>,
        /// Why.
        why: Why,
    },
}

/// Why something must wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Why {
    /// No answer.
    #[error("{0}")]
    NoAnswer(#[from] HttpError),
    /// A status that asks to wait, or tells that the server is broken.
    #[error("the server answers with status {0}")]
    Status(u16),
    /// A redirect, which is never followed: often the sign-in page of a strange network.
    #[error("the server, or a network on the way, sends elsewhere (status {0})")]
    Redirect(u16),
    /// An answer that is none in FHIR.
    #[error("the answer is not understood")]
    NotUnderstood,
}

/// What a status means before the body is looked at.
fn by_status(response: &Response) -> Option<Verdict> {
    let status = response.status;
    let after = response.retry_after();
    Some(match status {
        200..=299 => return None,
        401 => Verdict::Unauthorised,
        409 | 412 => Verdict::Conflict { status },
        300..=399 => Verdict::Later { after: None, why: Why::Redirect(status) },
        // 425: too early, in the sense of TLS.
        408 | 425 | 429 | 500..=599 => Verdict::Later { after, why: Why::Status(status) },
        400..=499 => {
            let outcome = OperationOutcome::read(&response.body).ok();
            let text = outcome.as_ref().and_then(|_| String::from_utf8(response.body.to_vec()).ok());
            Verdict::Refused { status, outcome, text }
        }
        _ => Verdict::Later { after: None, why: Why::NotUnderstood },
    })
}

/// What the answer to a bundle of these groups means.
pub fn judge(answer: &Result<Response, HttpError>, groups: &[Group]) -> Verdict {
    let response = match answer {
        Ok(response) => response,
        Err(error) => return Verdict::Later { after: None, why: Why::NoAnswer(*error) },
    };
    if let Some(verdict) = by_status(response) {
        return verdict;
    }
    let later = Verdict::Later { after: None, why: Why::NotUnderstood };
    let Ok(bundle) = Bundle::read(&response.body) else { return later };
    let entries: Vec<&Entry> = groups.iter().flat_map(Group::entries).collect();
    let kind = matches!(bundle.kind.as_deref(), Some("transaction-response" | "batch-response"));
    if !kind || bundle.entry.len() != entries.len() {
        return later;
    }
    let told = bundle.entry.iter().map(|entry| entry.response.clone().unwrap_or_default());
    Verdict::Done(told.zip(entries).map(|(told, entry)| fate(&told, entry)).collect())
}

/// What the answer to one entry in a request of its own means.
pub fn judge_single(answer: &Result<Response, HttpError>, entry: &Entry) -> Verdict {
    let response = match answer {
        Ok(response) => response,
        Err(error) => return Verdict::Later { after: None, why: Why::NoAnswer(*error) },
    };
    by_status(response).unwrap_or_else(|| {
        // A network's sign-in page answers 200 to anything; a FHIR server names a version or sends FHIR back.
        let etag = response.version();
        let fhir = response.header("Content-Type").is_some_and(|kind| kind.contains("fhir+json"));
        if etag.is_none() && !fhir {
            return Verdict::Later { after: None, why: Why::NotUnderstood };
        }
        let server_id = response.header("Location").and_then(|place| id_of(place, entry));
        Verdict::Done(vec![Fate::Acked(Ack { entry: entry.id, etag, server_id })])
    })
}

fn fate(told: &EntryResponse, entry: &Entry) -> Fate {
    let Some(status) = told.code() else { return Fate::Later };
    match status {
        200..=299 => Fate::Acked(Ack {
            entry: entry.id,
            etag: told.etag.as_deref().map(bare_etag),
            server_id: told.location.as_deref().and_then(|place| id_of(place, entry)),
        }),
        401 | 408 | 409 | 412 | 425 | 429 => Fate::Later,
        400..=499 => {
            let text = told.outcome.as_ref().map(|outcome| outcome.as_str().to_owned());
            let outcome = text.as_deref().and_then(|text| OperationOutcome::read(text.as_bytes()).ok());
            Fate::Refused(dead(entry, status, outcome.as_ref(), text))
        }
        _ => Fate::Later,
    }
}

/// An entry that is refused, with what the server says about it.
pub(crate) fn dead(entry: &Entry, status: u16, outcome: Option<&OperationOutcome>, text: Option<String>) -> Dead {
    Dead { entry: entry.id, kind: entry.kind, status, reason: outcome.and_then(OperationOutcome::says), outcome: text }
}

/// The logical id in `Observation/abc/_history/1`, with or without the server before it.
fn id_of(place: &str, entry: &Entry) -> Option<String> {
    let after = place.rsplit_once(&format!("{}/", entry.resource.name()))?.1;
    let id = after.split('/').next()?;
    crate::fhir::is_id(id).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::group;
    use super::*;

    fn answer(status: u16, body: &str) -> Response {
        Response { status, body: body.as_bytes().to_vec().into(), ..Response::default() }
    }

    #[test]
    fn every_status_has_its_meaning() {
        let groups = [group(1, 0)];
        let is = |status, body: &str| judge(&Ok(answer(status, body)), &groups);
        assert_eq!(is(401, ""), Verdict::Unauthorised);
        for status in [408, 425, 429, 500, 502, 503, 504, 599] {
            assert_eq!(is(status, ""), Verdict::Later { after: None, why: Why::Status(status) });
        }
        for status in [409, 412] {
            assert_eq!(is(status, ""), Verdict::Conflict { status });
        }
        for status in [301, 302, 303, 307, 308, 304] {
            assert_eq!(is(status, ""), Verdict::Later { after: None, why: Why::Redirect(status) });
        }
        for status in [400, 403, 404, 405, 410, 413, 415, 422, 451] {
            assert_eq!(is(status, "<html>"), Verdict::Refused { status, outcome: None, text: None });
        }
        for status in [0, 100, 199, 600, u16::MAX] {
            assert_eq!(is(status, ""), Verdict::Later { after: None, why: Why::NotUnderstood });
        }
        for error in [HttpError::Unreachable, HttpError::Lost, HttpError::Truncated, HttpError::TooLarge] {
            assert_eq!(judge(&Err(error), &groups), Verdict::Later { after: None, why: Why::NoAnswer(error) });
        }
    }

    #[test]
    fn only_a_whole_answer_in_fhir_acknowledges() {
        let groups = [group(2, 0)];
        let answered = |body: &str| judge(&Ok(answer(200, body)), &groups);
        let later = Verdict::Later { after: None, why: Why::NotUnderstood };
        let bundle =
            |kind: &str, entries: &str| format!(r#"{{"resourceType":"Bundle","type":"{kind}","entry":[{entries}]}}"#);
        let made = r#"{"response":{"status":"201 Created","etag":"W/\"3\"","location":"Observation/abc/_history/3"}}"#;
        for body in ["", "<html>sign in</html>", "{}", &bundle("transaction-response", made)] {
            assert_eq!(answered(body), later, "{body}");
        }
        assert_eq!(answered(&bundle("searchset", &[made, made].join(","))), later);
        let refused = r#"{"response":{"status":"422","outcome":{"resourceType":"OperationOutcome",
            "issue":[{"severity":"error","code":"invalid","diagnostics":"no  such\n unit"}]}}}"#;
        let Verdict::Done(fates) = answered(&bundle("batch-response", &[made, refused].join(","))) else {
            panic!("it was worked through")
        };
        let ack = Ack { entry: groups[0].ids()[0], etag: Some("3".to_owned()), server_id: Some("abc".to_owned()) };
        assert_eq!(fates[0], Fate::Acked(ack));
        let Fate::Refused(dead) = &fates[1] else { panic!("it was refused") };
        assert_eq!((dead.status, dead.reason.as_deref()), (422, Some("no such unit")));
        for status in ["409", "412", "500", "", "soon"] {
            let told = format!(r#"{{"response":{{"status":"{status}"}}}}"#);
            let Verdict::Done(fates) = answered(&bundle("batch-response", &[made, &told].join(","))) else {
                panic!("it was worked through")
            };
            assert_eq!(fates[1], Fate::Later, "{status}");
        }
    }

    #[test]
    fn a_page_that_answers_anything_acknowledges_nothing() {
        let group = group(1, 0);
        let portal = judge_single(&Ok(answer(200, "<html>sign in</html>")), &group.entries()[0]);
        assert_eq!(portal, Verdict::Later { after: None, why: Why::NotUnderstood });
    }
}
