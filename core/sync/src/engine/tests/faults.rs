//! Every request cut in every way; every moment of a crash.

use super::*;
use crate::http::HttpError;
use crate::support::{Fault, MemoryTokens};
use crate::upload::{BundleWay, WriteWay};

fn answer(status: u16) -> Fault {
    Fault::Answer(status, Vec::new(), String::new())
}

fn ways_to_fail() -> Vec<(&'static str, Fault)> {
    let html = || ("Content-Type", "text/html".to_owned());
    let mut ways = vec![
        ("unreachable", Fault::Before(HttpError::Unreachable)),
        ("timed out before", Fault::Before(HttpError::Lost)),
        ("timed out after", Fault::After(HttpError::Lost)),
        ("cut short", Fault::After(HttpError::Truncated)),
        ("too long", Fault::After(HttpError::TooLarge)),
        ("half a body", Fault::Half),
        ("not who it says", Fault::Before(HttpError::Untrusted)),
        ("busy until", Fault::Answer(429, vec![("Retry-After", "90".to_owned())], String::new())),
        ("a sign-in page", Fault::Answer(200, vec![html()], "<html>welcome</html>".to_owned())),
        ("sent elsewhere", Fault::Answer(302, vec![("Location", "https://evil.example/".to_owned())], String::new())),
    ];
    ways.extend([401, 408, 409, 412, 429, 500, 502, 503, 504].map(|status| ("status", answer(status))));
    ways
}

/// A phone with something of everything to do.
fn story(manners: Manners) -> (Arc<Clinic>, Phone) {
    let clinic = Arc::new(Clinic::new(manners));
    prescribe(&clinic);
    let phone = Phone::signed_in(&clinic);
    for group in [session(), pain("one"), session(), pain("two")] {
        phone.ledger.queue(&group);
    }
    (clinic, phone)
}

async fn requests(manners: Manners) -> usize {
    let (clinic, phone) = story(manners);
    assert_eq!(until(&phone, Outcome::Done).await, [Outcome::Done]);
    clinic.requests()
}

async fn end(clinic: &Clinic, phone: &Phone, what: &str) {
    until(phone, Outcome::Done).await;
    assert_eq!(settled(clinic, &[&phone.ledger]), 10, "{what}");
    assert_eq!(phone.ledger.resources().len(), 4, "{what}");
    let state = phone.sync.state();
    assert_eq!((state.waiting, state.phase, state.refused.len()), (0, Phase::Idle, 0), "{what}");
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_one_request_each_fact_arrives_once() {
    for bundle in [BundleWay::Transaction, BundleWay::Batch, BundleWay::Single] {
        for write in [WriteWay::Upsert, WriteWay::ConditionalCreate] {
            let manners = Manners { write, bundle, ..Manners::default() };
            let count = requests(manners).await;
            assert!(count >= 8, "{count}");
            for at in 0..count {
                for (name, fault) in ways_to_fail() {
                    let (clinic, phone) = story(manners);
                    clinic.fault(at, fault);
                    end(&clinic, &phone, &format!("{name} at {at}")).await;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_faults_in_a_row_change_nothing() {
    let manners = Manners::default();
    let count = requests(manners).await;
    for at in 0..count {
        for (name, fault) in ways_to_fail() {
            let (clinic, phone) = story(manners);
            clinic.fault(at, Fault::After(HttpError::Lost));
            clinic.fault(at + 1, fault);
            end(&clinic, &phone, &format!("{name} after {at}")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_phone_may_die_at_any_moment() {
    let (clinic, phone) = story(Manners::default());
    let began = tokio::time::Instant::now();
    until(&phone, Outcome::Done).await;
    let steps = u64::try_from(began.elapsed().as_millis()).unwrap() / 10 + 1;
    assert!(steps > 15, "{steps} moments; the story of {} requests", clinic.requests());
    for step in 0..steps {
        let (clinic, phone) = story(Manners::default());
        let cut = tokio::time::timeout(Duration::from_millis(step * 10 + 5), phone.sync.run(PLAIN)).await;
        if cut.is_err() {
            assert_eq!(phone.sync.state().phase, Phase::Idle, "nobody is at it");
        }
        // The same phone, after a restart.
        let again = Phone::new(&clinic, &phone.ledger, &phone.tokens);
        end(&clinic, &again, &format!("died after {step}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_at_any_moment_loses_nothing() {
    let (_, phone) = story(Manners::default());
    until(&phone, Outcome::Done).await;
    let calls = phone.ledger.calls();
    for call in 0..calls {
        let (clinic, phone) = story(Manners::default());
        phone.ledger.fail_after(Some(call));
        let report = phone.sync.run(PLAIN).await;
        phone.ledger.fail_after(None);
        // Only the last calls, for what is shown, don't end it.
        assert!(report.outcome == Outcome::Ledger || call + 2 >= calls, "{call}: {:?}", report.outcome);
        end(&clinic, &phone, &format!("full at {call}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_phones_at_once_do_not_mind_each_other() {
    let (clinic, one) = story(Manners::default());
    let other = Phone::signed_in(&clinic);
    (0..5).for_each(|_| other.ledger.queue(&session()));
    clinic.fault(3, Fault::After(HttpError::Lost));
    clinic.fault(9, Fault::After(HttpError::Truncated));
    clinic.fault(12, answer(503));
    tokio::join!(until(&one, Outcome::Done), until(&other, Outcome::Done));
    assert_eq!(settled(&clinic, &[&one.ledger, &other.ledger]), 10 + 20);
}

#[tokio::test(start_paused = true)]
async fn one_run_at_a_time() {
    let (clinic, phone) = story(Manners::default());
    let (first, second) = tokio::join!(phone.sync.run(PLAIN), phone.sync.run(ASKED));
    assert_eq!((first.outcome, second.outcome), (Outcome::Done, Outcome::AlreadyRunning));
    assert_eq!(settled(&clinic, &[&phone.ledger]), 10);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_where_no_clinic_is_connected() {
    let clinic = Arc::new(Clinic::default());
    let phone = Phone::new(&clinic, &Arc::default(), &Arc::new(MemoryTokens::default()));
    assert_eq!(phone.sync.run(ASKED).await.outcome, Outcome::NotConnected);
    assert_eq!(clinic.requests(), 0);
}
