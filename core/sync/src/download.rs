//! What is asked of the clinic, and how far it was read. Pure; the engine sends.
//!
//! The watermark is the largest `meta.lastUpdated` that was seen, by the server's clock and as the server wrote it: the phone's clock is
//! not asked. A search begins [`OVERLAP`] before it, since servers stamp a resource before it can be found; what comes twice replaces
//! itself. The ledger keeps the watermark together with the last page, never before.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::fhir::{Incoming, is_id};
use crate::http::{HttpError, Method, Request, checked};
use crate::upload::FHIR_JSON;

/// How far before the watermark a search begins: Helios stamps before it commits, so this covers half a minute of delay, the longest
/// transaction that servers allow and clocks of a server's nodes that differ, with room to spare.
pub const OVERLAP: SignedDuration = SignedDuration::from_mins(5);
/// How many resources of a page are asked for.
pub const COUNT: usize = 50;
/// The most pages of one search: a server that never ends is not followed for ever.
pub const PAGES_MAX: usize = 200;
/// How often it is looked for what is gone, by the server's clock.
pub const SWEEP_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// The larger of two moments, both as they were written. One that is no moment loses.
pub fn later(one: Option<String>, other: Option<String>) -> Option<String> {
    let moment = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    match (moment(&one), moment(&other)) {
        (Some(first), Some(second)) if second > first => other,
        (Some(_), _) => one,
        (None, Some(_)) => other,
        (None, None) => None,
    }
}

/// A stamp as far as it may count: a stamp ahead of the server's own clock would hide every change until that moment comes.
pub fn not_ahead(stamp: Option<String>, server: Option<Timestamp>) -> Option<String> {
    let ahead = |stamp: &String, server: Timestamp| stamp.parse::<Timestamp>().is_ok_and(|stamp| stamp > server);
    match (stamp, server) {
        (Some(stamp), Some(server)) if ahead(&stamp, server) => Some(server.to_string()),
        (stamp, _) => stamp,
    }
}

/// Where a search begins that goes on from this watermark.
fn begin(watermark: &str) -> Option<String> {
    let from = watermark.parse::<Timestamp>().ok()?.checked_sub(OVERLAP).ok()?;
    // To the millisecond, downwards: some servers read no more digits.
    let from = Timestamp::from_millisecond(from.as_millisecond() - 1).ok()?;
    Some(format!("{from:.3}"))
}

/// The search for what has changed, from its first page.
pub fn changes(base: &str, kind: Incoming, patient: &str, watermark: Option<&str>) -> String {
    let since = watermark.and_then(begin).map(|from| format!("&_lastUpdated=ge{from}")).unwrap_or_default();
    format!("{base}/{kind}?patient={patient}{since}&_sort=_lastUpdated&_count={COUNT}")
}

/// The search for all ids there are.
pub fn ids(base: &str, kind: Incoming, patient: &str) -> String {
    format!("{base}/{kind}?patient={patient}&_elements=id&_count={COUNT}")
}

/// One resource by its id; with a version, only if it is another by now.
pub fn one(base: &str, kind: Incoming, id: &str, version: Option<&str>) -> Request {
    let request = read(&format!("{base}/{kind}/{id}"));
    // A version is the server's text: one that is no FHIR id could end the header and begin another.
    match version.filter(|version| is_id(version)) {
        Some(version) => request.header("If-None-Match", format!("W/\"{version}\"")),
        None => request,
    }
}

/// A request that reads, past every cache: HAPI keeps searches for a minute.
pub fn read(url: &str) -> Request {
    Request::new(Method::Get, url).header("Accept", FHIR_JSON).header("Cache-Control", "no-cache")
}

/// Whether a page's address may be followed: it is on the same origin as the base. The token goes nowhere else.
pub fn may_follow(base: &Url, next: &str) -> Result<(), HttpError> {
    let next = checked(next)?;
    if next.origin() == base.origin() { Ok(()) } else { Err(HttpError::BadAddress) }
}

/// Whether it is time to look for what is gone, by the server's clock alone.
pub fn sweep_due(swept: Option<&str>, now: Option<Timestamp>) -> bool {
    let (last, now) = (swept.and_then(|swept| swept.parse::<Timestamp>().ok()), now);
    match (last, now) {
        (Some(last), Some(now)) => now.duration_since(last) >= SWEEP_EVERY || now < last,
        (None, _) => true,
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_search_goes_on_before_where_the_last_one_ended() {
        let base = "https://clinic.example/fhir";
        assert_eq!(
            changes(base, Incoming::CarePlan, "p", None),
            "https://clinic.example/fhir/CarePlan?patient=p&_sort=_lastUpdated&_count=50"
        );
        // Of any offset; a plus sign would be read as a blank.
        assert_eq!(
            changes(base, Incoming::Goal, "p", Some("2026-03-01T12:00:00.5+02:00")),
            "https://clinic.example/fhir/Goal?patient=p&_lastUpdated=ge2026-03-01T09:55:00.499Z&_sort=_lastUpdated&_count=50"
        );
        assert!(!changes(base, Incoming::Goal, "p", Some("lately")).contains("_lastUpdated=ge"), "all, then");
    }

    #[test]
    fn the_watermark_is_the_larger_moment_whatever_the_offset() {
        let later = |one: &str, other: &str| later(Some(one.to_owned()), Some(other.to_owned())).unwrap_or_default();
        let (noon, before) = ("2026-03-01T12:00:00Z", "2026-03-01T13:59:59+02:00");
        assert_eq!(later(noon, before), noon);
        assert_eq!(later(before, noon), noon);
        assert_eq!(later("soon", noon), noon);
        assert_eq!(later(noon, "soon"), noon);
        assert_eq!(later("soon", "late"), "");
    }

    #[test]
    fn a_stamp_ahead_of_the_server_counts_as_now() {
        let now = "2026-03-01T12:00:00Z".parse::<Timestamp>().ok();
        let capped = |stamp: &str, now| not_ahead(Some(stamp.to_owned()), now).unwrap_or_default();
        assert_eq!(capped("2099-01-01T00:00:00Z", now), "2026-03-01T12:00:00Z");
        assert_eq!(capped("2026-03-01T13:59:59.5+02:00", now), "2026-03-01T13:59:59.5+02:00");
        assert_eq!(capped("2099-01-01T00:00:00Z", None), "2099-01-01T00:00:00Z");
    }

    #[test]
    fn a_version_is_no_way_into_a_header() {
        let header = |version| {
            let request = one("https://clinic.example/fhir", Incoming::Goal, "a", Some(version));
            request.get("If-None-Match").map(str::to_owned)
        };
        assert_eq!(header("b-1.2"), Some("W/\"b-1.2\"".to_owned()));
        for bad in ["", "1\r\nAuthorization: x", "1\"", "1 2", "é"] {
            assert_eq!(header(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_page_elsewhere_is_not_followed() {
        let base = Url::parse("https://clinic.example/fhir").unwrap();
        for good in ["https://clinic.example/fhir?_getpages=1", "https://clinic.example:443/other?page=2"] {
            assert_eq!(may_follow(&base, good), Ok(()), "{good}");
        }
        for bad in [
            "http://clinic.example/fhir?page=2",
            "https://clinic.example:8443/fhir?page=2",
            "https://evil.example/fhir?page=2",
            "https://clinic.example.evil.example/",
            "https://clinic.example@evil.example/",
            "https://evil.example\\@clinic.example/",
            "//evil.example/",
            "fhir?page=2",
        ] {
            assert!(may_follow(&base, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sweeps_go_by_the_servers_clock() {
        let at = |text: &str| text.parse::<Timestamp>().ok();
        let swept = Some("2026-03-01T12:00:00Z");
        assert!(sweep_due(None, None));
        assert!(!sweep_due(swept, None), "no clock, no sweep");
        assert!(!sweep_due(swept, at("2026-03-02T11:59:59Z")));
        assert!(sweep_due(swept, at("2026-03-02T12:00:00Z")));
        assert!(sweep_due(swept, at("2026-02-01T12:00:00Z")), "a clock that was set back");
    }

    proptest! {
        #[test]
        fn no_moment_breaks_a_search(text in "\\PC{0,30}", at in any::<i64>()) {
            let _ = changes("b", Incoming::Goal, "p", Some(&text));
            if let Ok(at) = Timestamp::from_millisecond(at) {
                let _ = changes("b", Incoming::Goal, "p", Some(&at.to_string()));
            }
            prop_assert!(later(Some(text.clone()), None).is_none_or(|kept| kept == text));
        }
    }
}
