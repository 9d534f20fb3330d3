//! The main job, end to end, in virtual time: pair, stimulate, log, whatever goes wrong on the way.
// In a test file a failure is a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use lumbra::domain::safety::Limit;
use lumbra::domain::screening::{Answer, Answers};
use lumbra::domain::therapy::NotNow;
use lumbra::domain::units::Milliamps;
use lumbra::link::LinkError;
use lumbra::{Error, OutcomeName, PhaseName};
use lumbra_protocol::Contact;
use lumbra_wearable::Config;
use support::{Label, PASSKEY, World, ma, request, seconds, true_ma, until};

#[tokio::test(start_paused = true)]
async fn events_end_with_the_engine_whoever_holds_the_device() {
    let (companion, device) = World::new().ready().await;
    let mut events = device.events();
    companion.close().await;
    let end = async { while events.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_mins(1), end).await.unwrap();
    assert_eq!(device.events().next().await, None, "and there are none later");
}

/// Each waits for a report that shows the one before, which the profile promises within 100 ms; a stop waits for nothing.
#[tokio::test(start_paused = true)]
async fn commands_in_a_row_do_not_wait_longer_than_the_profile_allows() {
    let world = World::new();
    let (_companion, device) = world.ready().await;
    seconds(2).await;
    for _ in 0..6 {
        let asked = tokio::time::Instant::now();
        assert_eq!(device.identify().await.unwrap().outcome, OutcomeName::Confirmed);
        assert!(asked.elapsed() <= Duration::from_millis(100), "{:?}", asked.elapsed());
    }
    device.start(request("conventional", 20)).await.unwrap();
    device.set_intensity(ma(&[4.0, 4.0])).await.unwrap();
    let asked = tokio::time::Instant::now();
    assert_eq!(device.stop().await.unwrap().outcome, OutcomeName::Confirmed);
    assert_eq!(asked.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_session_runs_from_zero_to_zero_and_is_in_the_history() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    let started = device.start(request("conventional", 20)).await.unwrap();
    assert_eq!(started.outcome, OutcomeName::Confirmed);
    until(&device, "running", |snapshot| snapshot.phase == PhaseName::Running).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0], "a session starts at zero");

    for step in [5.0, 10.0, 12.0] {
        let set = device.set_intensity(ma(&[step, step])).await.unwrap();
        assert_eq!(set.outcome, OutcomeName::Confirmed);
        seconds(6).await;
    }
    assert_eq!(true_ma(&world.wearable).await, [12.0, 12.0]);
    let shown = until(&device, "12 mA shown", |snapshot| snapshot.channels[0].delivered_ma > 11.9).await;
    assert!(shown.certain);

    until_over(&device, 20 * 60).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
    let history = companion.history(1).await.unwrap();
    assert_eq!(history.sessions.len(), 1);
    let session = &history.sessions[0];
    assert_eq!(session.outcome.as_deref(), Some("completed"));
    assert_eq!((session.elapsed_s, session.uncertain), (1_200, false));
    assert!((session.max_delivered_ma - 12.0).abs() < 0.11, "{session:?}");
    let commands = companion.commands(1).await.unwrap();
    assert!(commands.iter().all(|command| command.outcome == "confirmed"), "{commands:?}");
    device.fetch_records().await.unwrap();
    assert_eq!(world.wearable.with(|device| device.stored_records()).await, Some(0), "acknowledged and deleted");
}

async fn until_over(device: &lumbra::Device, within_s: u64) {
    let mut snapshots = device.snapshot();
    let over = snapshots.wait_for(|snapshot| snapshot.phase == PhaseName::Idle && snapshot.session.is_none());
    tokio::time::timeout(Duration::from_secs(within_s), over).await.expect("over in time").unwrap();
}

#[tokio::test(start_paused = true)]
async fn pads_that_lift_pause_the_session_and_nothing_restores_it() {
    let world = World::new();
    let (_companion, device) = world.ready().await;
    device.start(request("burst", 20)).await.unwrap();
    device.set_intensity(ma(&[5.0, 5.0])).await.unwrap();
    seconds(6).await;
    world.wearable.with(|device| device.body().set_contact(1, Contact::Off)).await;
    let paused = until(&device, "paused", |snapshot| snapshot.phase == PhaseName::Paused).await;
    assert_eq!(paused.reason, Some("pads_off"));
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
    world.wearable.with(|device| device.body().set_contact(1, Contact::Good)).await;
    seconds(30).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0], "pads back on restore nothing");
    assert!(matches!(device.set_intensity(ma(&[5.0, 5.0])).await, Err(Error::NotNow(NotNow::NotRunning))));
    device.resume().await.unwrap();
    seconds(10).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0], "a resume begins at zero");
    assert_eq!(device.set_intensity(ma(&[3.0, 0.0])).await.unwrap().outcome, OutcomeName::Confirmed);
}

#[tokio::test(start_paused = true)]
async fn a_screening_that_no_longer_passes_stops_the_session() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    device.start(request("conventional", 20)).await.unwrap();
    device.set_intensity(ma(&[5.0, 5.0])).await.unwrap();
    seconds(6).await;
    let mut answers = Answers::all_no().answers;
    answers.insert("saddle".to_owned(), Answer::Yes);
    companion.answer_screening(answers, false).await.unwrap();
    until_over(&device, 10).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
    assert!(matches!(device.resume().await, Err(Error::NotNow(NotNow::NoSession))));
    assert!(matches!(device.start(request("conventional", 20)).await, Err(Error::Screening(_))));
    assert_eq!(companion.history(1).await.unwrap().sessions[0].outcome.as_deref(), Some("stopped"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_link_is_survived_and_a_long_silence_pauses() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    device.start(request("conventional", 20)).await.unwrap();
    device.set_intensity(ma(&[5.0, 5.0])).await.unwrap();
    seconds(6).await;
    // Short: back within the grace time, and the session goes on as it was.
    world.wearable.with(|device| device.go_out_of_reach(3_000)).await;
    until(&device, "uncertain", |snapshot| snapshot.phase == PhaseName::Uncertain && !snapshot.certain).await;
    until(&device, "running again", |snapshot| snapshot.phase == PhaseName::Running && snapshot.certain).await;
    assert_eq!(true_ma(&world.wearable).await, [5.0, 5.0]);
    // Long: the wearable pauses by itself, and stays at zero when the link is back.
    world.wearable.with(|device| device.go_out_of_reach(40_000)).await;
    seconds(12).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0], "zero within the grace time");
    let paused = until(&device, "paused", |snapshot| snapshot.phase == PhaseName::Paused).await;
    assert_eq!(paused.reason, Some("link_lost"));
    seconds(20).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
    assert_eq!(device.stop().await.unwrap().outcome, OutcomeName::Confirmed);
    until_over(&device, 60).await;
    let history = companion.history(1).await.unwrap();
    assert_eq!(history.sessions[0].outcome.as_deref(), Some("stopped"));
}

#[tokio::test(start_paused = true)]
async fn a_command_whose_answer_is_lost_is_unknown_and_then_settled() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    device.start(request("conventional", 20)).await.unwrap();
    until(&device, "running", |snapshot| snapshot.phase == PhaseName::Running).await;
    world.wearable.set_faults(lumbra_wearable::FaultPlan { lose_per_mille: 1_000, ..Default::default() });
    let set = device.set_intensity(ma(&[4.0, 4.0])).await.unwrap();
    assert_eq!(set.outcome, OutcomeName::Unknown);
    assert!(matches!(device.set_intensity(ma(&[4.0, 4.0])).await, Err(Error::Refused(_) | Error::NotNow(_))));
    world.wearable.set_faults(lumbra_wearable::FaultPlan::default());
    let settled = until(&device, "settled", |snapshot| snapshot.commands.unknown_settled == 1).await;
    assert!(!settled.pending_unknown);
    seconds(5).await;
    let commands = companion.commands(1).await.unwrap();
    let set = commands.iter().find(|command| command.kind == "set_intensity").unwrap();
    assert!(matches!(set.outcome, "confirmed" | "rejected"), "{set:?}");
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0], "it never arrived, and is not sent again");
}

#[tokio::test(start_paused = true)]
async fn a_link_is_made_through_an_air_that_delays() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    device.close().await;
    world.wearable.set_faults(lumbra_wearable::FaultPlan {
        delay_per_mille: 1_000,
        delay_max_ms: 200,
        ..lumbra_wearable::FaultPlan::default()
    });
    companion.connect(None, Duration::from_secs(45)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stop_arrives_through_a_bad_air() {
    let world = World::new();
    let (_companion, device) = world.ready().await;
    device.start(request("conventional", 20)).await.unwrap();
    device.set_intensity(ma(&[5.0, 5.0])).await.unwrap();
    seconds(6).await;
    let plan = lumbra_wearable::FaultPlan {
        lose_per_mille: 600,
        repeat_per_mille: 300,
        delay_per_mille: 300,
        delay_max_ms: 400,
        ..Default::default()
    };
    world.wearable.set_faults(plan);
    let stopped = device.stop().await.unwrap();
    assert!(matches!(stopped.outcome, OutcomeName::Confirmed | OutcomeName::Unknown));
    seconds(15).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
}

#[tokio::test(start_paused = true)]
async fn a_restarted_app_shows_the_session_as_it_is_on_the_device() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    device.start(request("conventional", 20)).await.unwrap();
    device.set_intensity(ma(&[5.0, 5.0])).await.unwrap();
    seconds(6).await;
    device.close().await;
    companion.close().await;
    seconds(2).await;
    let companion = world.open().await;
    let device = companion.device(None).await.unwrap();
    let shown = until(&device, "the running session", |snapshot| snapshot.phase == PhaseName::Running).await;
    assert!(shown.session.is_some() && !shown.foreign_session);
    assert!((shown.channels[0].delivered_ma - 5.0).abs() < 0.01);
    seconds(2).await;
    assert_eq!(device.set_intensity(ma(&[6.0, 5.0])).await.unwrap().outcome, OutcomeName::Confirmed);
    assert_eq!(device.stop().await.unwrap().outcome, OutcomeName::Confirmed);
    until_over(&device, 60).await;
    let history = companion.history(1).await.unwrap();
    assert_eq!(history.sessions.len(), 1);
    assert_eq!(history.sessions[0].outcome.as_deref(), Some("stopped"));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_restarts_ends_the_session_as_uncertain() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    device.start(request("conventional", 20)).await.unwrap();
    seconds(10).await;
    world.wearable.with(lumbra_wearable::Device::reboot).await;
    until_over(&device, 60).await;
    let history = companion.history(1).await.unwrap();
    let session = &history.sessions[0];
    assert_eq!(session.outcome.as_deref(), Some("device_restarted"));
    assert!(session.uncertain && session.elapsed_s >= 10, "{session:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_out_of_the_envelope_is_refused_by_name_and_changes_nothing() {
    let world = World::new();
    let (_companion, device) = world.ready().await;
    let mut unscreened_long = request("conventional", 20);
    unscreened_long.duration = lumbra::domain::units::Seconds::new(3_601);
    let Err(Error::Refused(refusal)) = device.start(unscreened_long).await else { panic!("refused") };
    assert_eq!(refusal.limit, Limit::SessionLength);
    device.start(request("conventional", 20)).await.unwrap();
    assert!(matches!(device.start(request("burst", 20)).await, Err(Error::NotNow(NotNow::SessionThere))));
    let Err(Error::Refused(refusal)) = device.set_intensity(ma(&[20.0, 0.0])).await else { panic!("refused") };
    assert_eq!(refusal.limit, Limit::Rise);
    let Err(Error::Refused(refusal)) = device.set_intensity(ma(&[99.0, 0.0])).await else { panic!("refused") };
    assert_eq!(refusal.limit, Limit::DeviceCurrent.min_of(Limit::MaxCurrent));
    assert!(matches!(device.set_intensity(ma(&[1.0])).await, Err(Error::Refused(_))));
    seconds(3).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
}

trait Either {
    fn min_of(self, other: Limit) -> Limit;
}

impl Either for Limit {
    /// Two limits of the same height: the first in the envelope's list is named.
    fn min_of(self, other: Limit) -> Limit {
        other
    }
}

#[tokio::test(start_paused = true)]
async fn a_cap_that_is_lowered_in_a_session_holds_at_once() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    device.start(request("conventional", 20)).await.unwrap();
    device.set_intensity(ma(&[5.0, 5.0])).await.unwrap();
    seconds(6).await;
    let cap = Milliamps::from_f64(6.0).unwrap();
    companion.set_own_cap(Some(cap)).await.unwrap();
    let Err(Error::Refused(refusal)) = device.set_intensity(ma(&[6.5, 5.0])).await else { panic!("refused") };
    assert_eq!(refusal.limit, Limit::UserCap);
    assert_eq!(device.set_intensity(ma(&[6.0, 5.0])).await.unwrap().outcome, OutcomeName::Confirmed);
    // Set while there is no link: it holds when there is one again.
    world.wearable.with(|device| device.go_out_of_reach(3_000)).await;
    until(&device, "uncertain", |snapshot| snapshot.phase == PhaseName::Uncertain).await;
    companion.set_own_cap(Some(Milliamps::from_f64(5.5).unwrap())).await.unwrap();
    until(&device, "running again", |snapshot| snapshot.phase == PhaseName::Running && snapshot.certain).await;
    seconds(2).await;
    assert!(matches!(device.set_intensity(ma(&[6.0, 6.0])).await, Err(Error::Refused(_))));
    assert_eq!(true_ma(&world.wearable).await, [6.0, 5.0], "what flows is left as it is");
    companion.set_own_cap(None).await.unwrap();
    assert_eq!(device.set_intensity(ma(&[6.5, 6.0])).await.unwrap().outcome, OutcomeName::Confirmed);
    // Lifted while there is no link.
    seconds(2).await;
    companion.set_own_cap(Some(Milliamps::from_f64(6.5).unwrap())).await.unwrap();
    world.wearable.with(|device| device.go_out_of_reach(3_000)).await;
    until(&device, "uncertain", |snapshot| snapshot.phase == PhaseName::Uncertain).await;
    companion.set_own_cap(None).await.unwrap();
    until(&device, "running again", |snapshot| snapshot.phase == PhaseName::Running && snapshot.certain).await;
    seconds(2).await;
    assert_eq!(device.set_intensity(ma(&[7.0, 6.0])).await.unwrap().outcome, OutcomeName::Confirmed);
    // Two changes at once: the last one counts.
    companion.set_own_cap(Some(Milliamps::from_f64(9.0).unwrap())).await.unwrap();
    companion.set_own_cap(Some(Milliamps::from_f64(7.3).unwrap())).await.unwrap();
    seconds(2).await;
    let Err(Error::Refused(refusal)) = device.set_intensity(ma(&[7.5, 6.0])).await else { panic!("refused") };
    assert_eq!(refusal.allowed, lumbra::domain::safety::Amount::Current(Milliamps::from_f64(7.0).unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_whose_end_is_lost_comes_back_and_the_next_one_works() {
    let world = World::new();
    let (_companion, device) = world.ready().await;
    seconds(2).await;
    world.wearable.with(|device| device.press_button(10)).await;
    world.wearable.set_faults(lumbra_wearable::FaultPlan { lose_per_mille: 1_000, ..Default::default() });
    let fetched = tokio::time::timeout(Duration::from_secs(15), device.fetch_records()).await.unwrap();
    assert!(matches!(fetched, Err(Error::Link(_))), "{fetched:?}");
    world.wearable.set_faults(lumbra_wearable::FaultPlan::default());
    device.fetch_records().await.unwrap();
    assert_eq!(world.wearable.with(|device| device.stored_records()).await, Some(0));
}

/// The status that shows the stop comes after the start was sent, and before the wearable has taken it.
#[tokio::test(start_paused = true)]
async fn a_start_right_after_a_stop_is_not_taken_for_overtaken() {
    let world = World::new();
    let (_companion, device) = world.ready().await;
    seconds(5).await;
    world.wearable.set_faults(lumbra_wearable::FaultPlan { trip_ms: 30, ..Default::default() });
    let (other, waited) = (device.clone(), device.clone());
    let identified = tokio::spawn(async move { other.identify().await });
    tokio::time::sleep(Duration::from_millis(15)).await;
    let stopped = tokio::spawn(async move { waited.stop().await });
    tokio::task::yield_now().await;
    let started = device.start(request("conventional", 20)).await.unwrap();
    assert_eq!(started.outcome, OutcomeName::Confirmed, "{started:?}");
    assert_eq!(identified.await.unwrap().unwrap().outcome, OutcomeName::Confirmed);
    assert_eq!(stopped.await.unwrap().unwrap().outcome, OutcomeName::Confirmed);
    until(&device, "running", |snapshot| snapshot.phase == PhaseName::Running && snapshot.session.is_some()).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_screening_nothing_starts() {
    let world = World::new();
    let companion = world.open().await;
    let device = companion.pair(&world.id, None, Arc::new(Label(PASSKEY))).await.unwrap();
    device.connected(Duration::from_secs(5)).await.unwrap();
    assert!(matches!(device.start(request("conventional", 20)).await, Err(Error::Screening(_))));
    let answers = std::collections::BTreeMap::from([("implant".to_owned(), lumbra::domain::screening::Answer::Yes)]);
    companion.answer_screening(answers, true).await.unwrap();
    let Err(Error::Screening(advice)) = device.start(request("conventional", 20)).await else { panic!("locked") };
    assert!(advice.contains("implant"));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_passkey_and_a_newer_device_are_told_apart() {
    let world = World::new();
    let companion = world.open().await;
    let wrong = companion.pair(&world.id, None, Arc::new(Label(1))).await;
    assert!(matches!(wrong.err(), Some(Error::Link(LinkError::PairingFailed))));
    assert!(companion.devices().await.unwrap().is_empty());

    let mut config = Config::default();
    config.capabilities.major = 2;
    let newer = World::with(config);
    let companion = newer.open().await;
    let refused = companion.pair(&newer.id, None, Arc::new(Label(PASSKEY))).await;
    assert!(matches!(refused.err(), Some(Error::OtherVersion(2))));
}

#[tokio::test(start_paused = true)]
async fn posture_is_calibrated_judged_counted_and_stored() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    let neutral = device.calibrate().await.unwrap().reference.neutral;
    assert!((neutral.pitch.as_f64() - 6.2).abs() < 1.0, "{neutral:?}");
    let shown =
        until(&device, "upright", |snapshot| snapshot.posture.is_some_and(|posture| posture.judged == Some("upright")))
            .await;
    assert!(shown.posture.unwrap().samples > 100);
    until(&device, "slouched", |snapshot| snapshot.posture.is_some_and(|posture| posture.judged == Some("slouched")))
        .await;
    device.stop_posture().await.unwrap();
    let posture = device.snapshot().borrow().posture.unwrap();
    assert_eq!(posture.lost_frames, 0);
    seconds(1).await;
    let history = companion.history(1).await.unwrap();
    assert_eq!((history.posture_frames, history.posture_samples), (posture.frames, posture.samples));
}

#[tokio::test(start_paused = true)]
async fn posture_is_kept_when_the_link_is_lost_not_only_when_it_is_back() {
    let world = World::new();
    let (companion, device) = world.ready().await;
    device.start_posture().await.unwrap();
    seconds(4).await;
    world.wearable.with(|device| device.go_out_of_reach(60_000)).await;
    until(&device, "the link lost", |snapshot| snapshot.link == lumbra::LinkState::Connecting).await;
    seconds(1).await;
    let shown = device.snapshot().borrow().posture.unwrap();
    assert!(shown.frames >= 3, "{shown:?}");
    assert_eq!(companion.history(1).await.unwrap().posture_frames, shown.frames);
}

#[tokio::test(start_paused = true)]
async fn a_lying_status_never_raises_anything_and_a_frozen_one_is_shown_as_old() {
    let world = World::new();
    let (_companion, device) = world.ready().await;
    device.start(request("conventional", 20)).await.unwrap();
    device.set_intensity(ma(&[5.0, 5.0])).await.unwrap();
    seconds(6).await;
    world.wearable.with(|device| device.lie(Some(lumbra_wearable::Lie::Frozen))).await;
    let shown = until(&device, "not certain", |snapshot| !snapshot.certain).await;
    assert_eq!(shown.phase, PhaseName::Uncertain);
    assert!(matches!(
        device.set_intensity(ma(&[6.0, 5.0])).await,
        Err(Error::NotNow(NotNow::StateNotKnown | NotNow::NoLink) | Error::Refused(_))
    ));
    seconds(15).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0], "nobody renews the lease of what nobody sees");
}
