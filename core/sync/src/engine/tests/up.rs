//! What was done, on its way up.

use super::*;
use crate::fhir::Incoming;
use crate::http::HttpError;
use crate::support::Fault;
use crate::upload::BundleWay;

fn phone_with(manners: Manners, groups: &[Group]) -> (Arc<Clinic>, Phone) {
    let clinic = Arc::new(Clinic::new(manners));
    let phone = Phone::signed_in(&clinic);
    for group in groups {
        phone.ledger.queue(group);
    }
    (clinic, phone)
}

fn dead(phone: &Phone) -> usize {
    phone.ledger.queued().iter().filter(|(_, status)| matches!(status, Status::Dead(_))).count()
}

fn posts(clinic: &Clinic) -> usize {
    clinic.take_log().iter().filter(|line| line.starts_with("POST") || line.starts_with("PUT")).count()
}

#[tokio::test(start_paused = true)]
async fn a_bad_resource_goes_dead_with_what_the_server_says_and_the_queue_goes_on() {
    for names_entry in [true, false] {
        for bundle in [BundleWay::Transaction, BundleWay::Batch, BundleWay::Single] {
            for place in 0..5 {
                let mut groups: Vec<Group> = (0..5).map(|_| session()).collect();
                groups[place] = pain("BAD");
                let (clinic, phone) = phone_with(Manners { bundle, names_entry, ..Manners::default() }, &groups);
                let report = phone.sync.run(PLAIN).await;
                assert_eq!((report.outcome, report.acked, report.dead), (Outcome::Done, 16, 1));
                assert_eq!(settled(&clinic, &[&phone.ledger]), 16);
                let refused = phone.sync.state().refused;
                assert_eq!(refused.len(), 1);
                assert_eq!(refused[0].what, RefusedWhat::Fact(Kind::Pain, 422));
                assert_eq!(refused[0].reason.as_deref(), Some("this unit is not known"));
                // It stays told, and is not sent again.
                clinic.take_log();
                until(&phone, Outcome::Done).await;
                assert_eq!((posts(&clinic), phone.sync.state().refused.len()), (0, 1));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_is_refused_as_a_whole() {
    let mut entries = session().entries().to_vec();
    entries.push(rated("BAD", None));
    let bad = Group::new(Uuid::new_v4(), entries).unwrap();
    let (clinic, phone) = phone_with(Manners::default(), &[session(), bad, session()]);
    until(&phone, Outcome::Done).await;
    assert_eq!((settled(&clinic, &[&phone.ledger]), dead(&phone)), (8, 5));
}

#[tokio::test(start_paused = true)]
async fn every_status_that_refuses_takes_the_bad_one_alone() {
    for status in [400, 403, 404, 410, 413, 415, 422] {
        let (clinic, phone) = phone_with(Manners::default(), &[pain("one"), pain("two"), pain("three")]);
        until(&phone, Outcome::Done).await;
        assert_eq!(settled(&clinic, &[&phone.ledger]), 3);
        // Then one more that is refused whatever is done, by a server that tells nothing.
        phone.ledger.queue(&pain("four"));
        tokio::time::sleep(SPACING).await;
        let searches = 3;
        clinic.fault(searches, Fault::Answer(status, Vec::new(), "no".to_owned()));
        assert_eq!(phone.sync.run(PLAIN).await.dead, 1, "{status}");
        assert_eq!(settled(&clinic, &[&phone.ledger]), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrongly_named_entry_costs_only_a_request() {
    // The outcome names the first entry; the bad one is the last.
    let (clinic, phone) = phone_with(Manners::default(), &[pain("one"), pain("two"), pain("BAD")]);
    let wrong =
        r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","expression":["Bundle.entry[0]"]}]}"#;
    // Three searches, three sweeps, the capabilities; then the transaction.
    clinic.fault(7, Fault::Answer(422, Vec::new(), wrong.to_owned()));
    until(&phone, Outcome::Done).await;
    assert_eq!((settled(&clinic, &[&phone.ledger]), dead(&phone)), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_named_entry_is_found_at_once_and_an_unnamed_one_by_halves() {
    for (names_entry, wanted) in [(true, 3), (false, 7)] {
        let groups: Vec<Group> = (0..8).map(|number| pain(if number == 5 { "BAD" } else { "good" })).collect();
        let (clinic, phone) = phone_with(Manners { names_entry, ..Manners::default() }, &groups);
        assert_eq!(phone.sync.run(PLAIN).await.acked, 7);
        // All eight; then the rest and the bad one, or four, four, two, one, one and two.
        assert_eq!(posts(&clinic), wanted);
        assert_eq!(settled(&clinic, &[&phone.ledger]), 7);
    }
}

#[tokio::test(start_paused = true)]
async fn what_clashes_waits_and_the_others_go_on() {
    let groups = [session(), pain("CLASH"), session()];
    for bundle in [BundleWay::Transaction, BundleWay::Batch, BundleWay::Single] {
        let (clinic, phone) = phone_with(Manners { bundle, ..Manners::default() }, &groups);
        let report = phone.sync.run(PLAIN).await;
        assert_eq!((report.outcome, report.acked, report.dead), (Outcome::Partly, 8, 0));
        assert_eq!((phone.sync.state().waiting, clinic.held("Procedure").len()), (1, 2));
        assert!(phone.ledger.last_good().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_conflict_with_what_is_there_already_is_an_acknowledgement() {
    // The answer was lost, and the server calls the second time a conflict.
    for status in [409, 412] {
        let (clinic, phone) = phone_with(Manners::default(), &[session()]);
        clinic.fault(7, Fault::After(HttpError::Lost));
        assert!(matches!(phone.sync.run(PLAIN).await.outcome, Outcome::Later(_)));
        clinic.fault(3, Fault::Answer(status, Vec::new(), String::new()));
        until(&phone, Outcome::Done).await;
        assert_eq!(settled(&clinic, &[&phone.ledger]), 4);
        assert!(
            clinic.held("Observation").iter().all(|(_, version, _)| *version == 1),
            "it was read, not written again"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_breaks_the_server_does_not_hold_up_the_others_for_ever() {
    let groups = [session(), pain("POISON"), session(), session()];
    let (clinic, phone) = phone_with(Manners::default(), &groups);
    // A transaction with it in it breaks; after some runs the groups go one by one.
    let manners = Manners { bundle: BundleWay::Transaction, ..Manners::default() };
    clinic.set_manners(manners);
    let seen = until(&phone, Outcome::Partly).await;
    assert!(seen.len() <= 8, "{seen:?}");
    assert_eq!((phone.sync.state().waiting, clinic.held("Procedure").len(), dead(&phone)), (1, 3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_years_backlog_goes_in_few_transactions() {
    let groups: Vec<Group> = (0..365).map(|_| session()).collect();
    let (clinic, phone) = phone_with(Manners::default(), &groups);
    let report = phone.sync.run(PLAIN).await;
    assert_eq!((report.outcome, report.acked), (Outcome::Done, 1_460));
    assert_eq!(settled(&clinic, &[&phone.ledger]), 1_460);
    // Seven sessions of four fit into thirty entries.
    assert_eq!(posts(&clinic), 365_usize.div_ceil(7));
}

#[tokio::test(start_paused = true)]
async fn the_backlog_waits_for_a_network_that_costs_nothing_or_for_the_person() {
    for hints in [Hints { metered: true, ..PLAIN }, Hints { battery_low: true, ..PLAIN }] {
        let (clinic, phone) = phone_with(Manners::default(), &[session()]);
        prescribe(&clinic);
        let report = phone.sync.run(hints).await;
        assert_eq!((report.outcome, report.applied, report.acked), (Outcome::Held, 4, 0));
        assert_eq!((posts(&clinic), phone.sync.state().waiting), (0, 1));
        let report = phone.sync.run(Hints { user_asked: true, ..hints }).await;
        assert_eq!((report.outcome, report.acked), (Outcome::Done, 4));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_to_wait_is_left_alone_even_if_the_person_asks() {
    let (clinic, phone) = phone_with(Manners::default(), &[pain("one")]);
    let busy = |seconds: &str| Fault::Answer(429, vec![("Retry-After", seconds.to_owned())], String::new());
    clinic.fault(7, busy("600"));
    assert_eq!(phone.sync.run(ASKED).await.outcome, Outcome::Later(Why::Status(429)));
    let before = clinic.requests();
    tokio::time::sleep(Duration::from_secs(599)).await;
    assert!(matches!(phone.sync.run(ASKED).await.outcome, Outcome::TooSoon(_)));
    assert_eq!(clinic.requests(), before);
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(phone.sync.run(PLAIN).await.outcome, Outcome::Done);
    // A pause of our own is over when the person asks.
    phone.ledger.queue(&pain("two"));
    assert!(matches!(phone.sync.run(PLAIN).await.outcome, Outcome::TooSoon(_)));
    assert_eq!(phone.sync.run(ASKED).await.outcome, Outcome::Done);
}

/// A phone wakes an app anew for each exchange in the background: what one process has learnt the next goes by.
#[tokio::test(start_paused = true)]
async fn a_restarted_app_goes_on_waiting() {
    let (clinic, mut phone) = phone_with(Manners::default(), &[pain("one")]);
    let mut waits = Vec::new();
    for _ in 0..4 {
        clinic.fault(0, Fault::Before(HttpError::Unreachable));
        assert_eq!(phone.sync.run(PLAIN).await.outcome, Outcome::Later(Why::NoAnswer(HttpError::Unreachable)));
        phone = phone.restarted(&clinic);
        let Outcome::TooSoon(wait) = phone.sync.run(PLAIN).await.outcome else { panic!("it is too soon") };
        assert_eq!(phone.sync.state().waiting, 1, "what waits is told all the same");
        waits.push(wait.as_secs_f64());
        tokio::time::sleep(wait).await;
        phone = phone.restarted(&clinic);
    }
    assert!(waits.windows(2).all(|pair| pair[0] * 1.5 < pair[1]), "{waits:?}");
    assert_eq!(phone.sync.run(PLAIN).await.outcome, Outcome::Done);
    phone = phone.restarted(&clinic);
    assert!(matches!(phone.sync.run(PLAIN).await.outcome, Outcome::TooSoon(wait) if wait <= SPACING));
    // The person is heard, and a clock that was set back keeps nobody waiting.
    assert_eq!(phone.sync.run(ASKED).await.outcome, Outcome::Done);
    let earlier = Phone::new(&clinic, &phone.ledger, &phone.tokens);
    assert_eq!(earlier.sync.run(PLAIN).await.outcome, Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn waits_grow_while_nobody_answers() {
    let (clinic, phone) = phone_with(Manners::default(), &[pain("one")]);
    let mut waits = Vec::new();
    for _ in 0..9 {
        clinic.fault(0, Fault::Before(HttpError::Unreachable));
        assert_eq!(phone.sync.run(PLAIN).await.outcome, Outcome::Later(Why::NoAnswer(HttpError::Unreachable)));
        let Outcome::TooSoon(wait) = phone.sync.run(PLAIN).await.outcome else { panic!("it is too soon") };
        waits.push(wait.as_secs_f64());
        tokio::time::sleep(wait).await;
    }
    assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]) && waits[0] < 31.0 && waits[8] <= 3_600.0, "{waits:?}");
    let next = phone.sync.state().next_try.unwrap();
    assert!(next.to_string().starts_with("2026-03-01T"), "by the phone's clock");
    assert_eq!(phone.sync.run(PLAIN).await.outcome, Outcome::Done);
    assert!(phone.ledger.last_good().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_can_not_take_names_is_told_as_such() {
    let (clinic, phone) = phone_with(Manners::default(), &[pain("one")]);
    prescribe(&clinic);
    let poor = r#"{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{"mode":"server"}]}"#;
    // Three searches over two pages at most, three sweeps, then the capabilities.
    let plans = clinic.requests();
    assert_eq!(plans, 0);
    clinic.fault(6, Fault::Answer(200, Vec::new(), poor.to_owned()));
    let searches: Vec<&str> = Incoming::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(searches.len() * 2, 6);
    assert_eq!(phone.sync.run(PLAIN).await.outcome, Outcome::Unsupported);
    assert_eq!(phone.ledger.resources().len(), 4, "plans come all the same");
    assert_eq!(until(&phone, Outcome::Done).await.len(), 2, "and it is asked again");
}
