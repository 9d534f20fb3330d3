//! Tokens while syncing: renewed once, by one, and never lost.

use super::*;
use crate::http::HttpError;
use crate::smart::SmartError;
use crate::support::Fault;

fn stale() -> (Arc<Clinic>, Phone) {
    let clinic = Arc::new(Clinic::default());
    prescribe(&clinic);
    let phone = Phone::signed_in(&clinic);
    phone.ledger.queue(&session());
    clinic.expire();
    (clinic, phone)
}

#[tokio::test(start_paused = true)]
async fn a_stale_token_is_renewed_once() {
    let (clinic, phone) = stale();
    assert_eq!(phone.sync.run(PLAIN).await.outcome, Outcome::Done);
    assert_eq!((clinic.refreshes(), settled(&clinic, &[&phone.ledger])), (1, 4));
    let kept = phone.tokens.text().unwrap();
    assert!(kept.contains("refresh-2") && kept.contains("access-2") && !kept.contains("refresh-1"), "{kept}");
    // After a restart it goes on with what was kept.
    let again = Phone::new(&clinic, &phone.ledger, &phone.tokens);
    clinic.expire();
    assert_eq!(again.sync.run(PLAIN).await.outcome, Outcome::Done);
    assert_eq!(clinic.refreshes(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_stays_refused_ends_the_run() {
    let (clinic, phone) = stale();
    // The first request, the renewal, and the same request with the new token.
    clinic.fault(2, Fault::Answer(401, Vec::new(), String::new()));
    assert_eq!(phone.sync.run(PLAIN).await.outcome, Outcome::SignIn(SmartError::SignInNeeded));
    assert_eq!(clinic.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_new_token_that_can_not_be_kept_is_not_used() {
    let (clinic, phone) = stale();
    phone.tokens.set_broken(true);
    assert_eq!(phone.sync.run(PLAIN).await.outcome, Outcome::SignIn(SmartError::Store));
    assert_eq!(clinic.requests(), 2, "nothing was asked with it");
    assert_eq!(phone.tokens.text().map(|kept| kept.contains("refresh-1")), Some(true));
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_is_cut_is_tried_again_or_told() {
    // Not carried out: the old refresh token is still good.
    for fault in [Fault::Before(HttpError::Unreachable), Fault::Answer(503, Vec::new(), String::new())] {
        let (clinic, phone) = stale();
        clinic.fault(1, fault);
        assert!(matches!(phone.sync.run(PLAIN).await.outcome, Outcome::Later(_)));
        until(&phone, Outcome::Done).await;
        assert_eq!(settled(&clinic, &[&phone.ledger]), 4);
    }
    // Carried out, and the answer lost: the server takes the old one no more. The person must sign in; nothing that waits is lost.
    for fault in [Fault::After(HttpError::Lost), Fault::Half] {
        let (clinic, phone) = stale();
        clinic.fault(1, fault);
        assert!(matches!(phone.sync.run(PLAIN).await.outcome, Outcome::Later(_)));
        until(&phone, Outcome::SignIn(SmartError::SignInNeeded)).await;
        assert_eq!(phone.tokens.text(), None, "it is not asked with again");
        let requests = clinic.requests();
        phone.sync.run(ASKED).await;
        assert_eq!(clinic.requests(), requests);
        let again = Phone::new(&clinic, &phone.ledger, &Arc::new(clinic.sign_in()));
        until(&again, Outcome::Done).await;
        assert_eq!(settled(&clinic, &[&phone.ledger]), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn the_phone_may_die_at_any_moment_of_a_rotation() {
    // Ten milliseconds apart: before the refresh, while it is under way, after it was kept.
    for step in 0..12 {
        let (clinic, phone) = stale();
        let _ = tokio::time::timeout(Duration::from_millis(step * 10 + 5), phone.sync.run(PLAIN)).await;
        let again = Phone::new(&clinic, &phone.ledger, &phone.tokens);
        until(&again, Outcome::Done).await;
        assert_eq!(settled(&clinic, &[&phone.ledger]), 4, "died after {step}");
        assert_eq!(clinic.refreshes(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_for_one_server_are_never_sent_to_another() {
    let clinic = Arc::new(Clinic::default());
    let ledger = Arc::new(MemoryLedger::connected("https://clinic.example/other", "ann"));
    let phone = Phone::new(&clinic, &ledger, &Arc::new(clinic.sign_in()));
    assert_eq!(phone.sync.run(PLAIN).await.outcome, Outcome::SignIn(SmartError::SignInNeeded));
    assert_eq!(clinic.requests(), 0);
}
