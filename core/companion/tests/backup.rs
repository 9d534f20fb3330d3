//! A person's data on its way to another phone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test file a failure is a panic")]

mod support;

use lumbra::domain::pain::{Note, PainContext, PainScore, Place};
use lumbra::domain::screening::Screening;
use lumbra::store::{FileKeyStore, Passphrase, StoreError};
use lumbra::{Companion, Error, SystemClock};
use support::{World, open, request, seconds};

fn words() -> Passphrase {
    Passphrase::new("kettle orbit velvet eleven".to_owned()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_new_phone_knows_everything_and_asks_the_screening_again() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    let away = tempfile::tempdir().unwrap();
    let file = away.path().join("copy");
    let score = PainScore::new(6).unwrap();
    companion.add_pain(score, PainContext::Diary, Place::LowerBack, Note::default()).await.unwrap();
    // A session goes on meanwhile.
    device.start(request("conventional", 20)).await.unwrap();
    assert!(companion.back_up(&file, words()).await.unwrap() > 10_000);
    seconds(5).await;
    assert!(device.snapshot().borrow().session.is_some());
    device.stop().await.unwrap();
    companion.close().await;

    let other = tempfile::tempdir().unwrap();
    let keys = || Box::new(FileKeyStore::new(other.path().join("lumbra.key")));
    let restore = |replace| Companion::restore(other.path().to_owned(), keys(), &SystemClock, &file, words(), replace);
    assert!(restore(false).await.unwrap().is_none());
    let restored = open(other.path(), &world.radio, world.origin).await;
    assert_eq!(restored.history(2).await.unwrap().pain.len(), 1);
    assert_eq!(restored.devices().await.unwrap().len(), 1);
    assert!(!matches!(restored.screening().await.unwrap(), Screening::Passed(_)), "the person may have changed since");
    assert!(matches!(restore(true).await, Err(Error::Store(StoreError::Locked))));
    restored.close().await;

    assert!(matches!(restore(false).await, Err(Error::Store(StoreError::Conflict { .. }))));
    Companion::erase(other.path().to_owned(), keys()).await.unwrap();
    let left: Vec<_> = std::fs::read_dir(other.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["lumbra.lock"]);
}
