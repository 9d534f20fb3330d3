//! Posture from the sensor to the person: judged, nudged, reminded, and never in the way of therapy.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "in a test file a failure is a panic")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use lumbra::domain::pain::{Note, PainContext, PainScore, Place};
use lumbra::domain::posture::{BreakAfter, Mode, PostureSettings, Sensitivity, SlouchDelay, Turn};
use lumbra::domain::units::Percent;
use lumbra::{Companion, Device, Error, EventKind, Events, History, OutcomeName};
use lumbra_wearable::{NudgeSettings, Person, Stretch, Truth};
use support::{Label, PASSKEY, VirtualClock, World, ma, open_by, request, seconds, until};

/// What the wearable nudges with, as it was told.
async fn told(world: &World) -> Option<NudgeSettings> {
    world.wearable.with(|device| device.nudge_settings()).await.unwrap()
}

async fn nudges(world: &World) -> u32 {
    world.wearable.with(|device| device.nudges()).await.unwrap()
}

async fn hold(world: &World, truth: Truth) {
    world.wearable.with(move |device| device.body().set_day(&[Stretch { ms: 60_000, truth }])).await;
}

fn training() -> PostureSettings {
    PostureSettings {
        mode: Mode::Training,
        delay: SlouchDelay::from_seconds(20).unwrap(),
        // The virtual clock begins at one in the night.
        quiet: "05:00-06:00".parse().ok(),
        ..PostureSettings::default()
    }
}

/// Calibrated, with the stream running.
async fn ready(world: &World) -> (Companion, Device) {
    let (companion, device) = world.ready().await;
    hold(world, Truth::Upright).await;
    device.calibrate().await.unwrap();
    (companion, device)
}

/// What happens within a time, but for what has to do with the link.
async fn heard(events: &mut Events, within_s: u64) -> Vec<EventKind> {
    let end = tokio::time::Instant::now() + Duration::from_secs(within_s);
    let mut heard = Vec::new();
    while let Ok(Some(event)) = tokio::time::timeout_at(end, events.next()).await {
        if !matches!(event.kind, EventKind::Connected | EventKind::Disconnected) {
            heard.push(event.kind);
        }
    }
    heard
}

#[tokio::test(start_paused = true)]
async fn in_training_the_wearable_nudges_and_the_app_tells() {
    let world = World::new();
    let (companion, device) = ready(&world).await;
    assert_eq!(told(&world).await, None, "until the person chooses, nothing is told");
    companion.set_posture_settings(training()).await.unwrap();
    seconds(3).await;
    let nudge = told(&world).await.unwrap();
    assert_eq!((nudge.enabled, nudge.threshold_ddeg, nudge.delay_s, nudge.strength_percent), (true, 150, 20, 50));
    // From one in the night to five, less what has passed.
    assert!((4 * 3_600 - 60..=4 * 3_600).contains(&nudge.for_s), "{}", nudge.for_s);
    let mut events = device.events();
    hold(&world, Truth::Slouched).await;
    let came = heard(&mut events, 50).await;
    assert_eq!(came, [EventKind::SlouchCounts, EventKind::Nudge, EventKind::Nudge]);
    assert_eq!(nudges(&world).await, 2);
}

#[tokio::test(start_paused = true)]
async fn tracking_is_silent_and_is_told_to_the_wearable_too() {
    let world = World::new();
    let (companion, device) = ready(&world).await;
    companion.set_posture_settings(training()).await.unwrap();
    seconds(3).await;
    let tracking = PostureSettings { mode: Mode::Tracking, sensitivity: Sensitivity::High, ..training() };
    companion.set_posture_settings(tracking).await.unwrap();
    seconds(3).await;
    let nudge = told(&world).await.unwrap();
    assert_eq!((nudge.enabled, nudge.threshold_ddeg), (false, 100));
    let mut events = device.events();
    hold(&world, Truth::Slouched).await;
    assert_eq!(heard(&mut events, 100).await, [EventKind::SlouchCounts]);
    assert_eq!(nudges(&world).await, 0);
}

#[tokio::test(start_paused = true)]
async fn quiet_hours_hold_with_the_app_far_away_and_end_by_themselves() {
    let world = World::new();
    let (companion, device) = ready(&world).await;
    let settings = PostureSettings { quiet: "01:05-01:20".parse().ok(), ..training() };
    companion.set_posture_settings(settings).await.unwrap();
    seconds(3).await;
    hold(&world, Truth::Slouched).await;
    seconds(60).await;
    let before = nudges(&world).await;
    assert!(before >= 2, "{before}");
    // Out of reach from before the quiet hours on until they are nearly over.
    world.wearable.with(|device| device.go_out_of_reach(15 * 60_000)).await;
    let clock = || world.origin.elapsed();
    tokio::time::sleep(Duration::from_mins(5).saturating_sub(clock())).await;
    let at_the_beginning = nudges(&world).await;
    assert!(at_the_beginning > before, "the wearable nudges by itself");
    tokio::time::sleep(Duration::from_mins(20).saturating_sub(clock())).await;
    assert_eq!(nudges(&world).await, at_the_beginning);
    until(&device, "there again", |snapshot| snapshot.link == lumbra::LinkState::Connected && snapshot.certain).await;
    seconds(120).await;
    assert!(nudges(&world).await > at_the_beginning, "the quiet hours are over");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_told_while_a_session_is_there() {
    let world = World::new();
    let (companion, device) = ready(&world).await;
    device.start(request("conventional", 20)).await.unwrap();
    companion.set_posture_settings(training()).await.unwrap();
    for step in 1..20_u32 {
        device.set_intensity(ma(&[0.5 * f64::from(step), 0.0])).await.unwrap();
        seconds(3).await;
        assert_eq!(told(&world).await, None);
    }
    device.pause().await.unwrap();
    seconds(5).await;
    assert_eq!(told(&world).await, None);
    device.stop().await.unwrap();
    until(&device, "over", |snapshot| snapshot.session.is_none()).await;
    seconds(5).await;
    assert!(told(&world).await.unwrap().enabled);
    let commands = companion.commands(1).await.unwrap();
    assert_eq!(commands.iter().filter(|command| command.kind == "set_nudge").count(), 1);
    assert!(commands.iter().all(|command| command.outcome == "confirmed"), "{commands:#?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_told_while_a_command_is_open() {
    let world = World::new();
    let (companion, device) = ready(&world).await;
    world.wearable.set_faults(lumbra_wearable::FaultPlan { lose_per_mille: 1_000, ..Default::default() });
    let identify = tokio::spawn({
        let device = device.clone();
        async move { device.identify().await }
    });
    seconds(1).await;
    companion.set_posture_settings(training()).await.unwrap();
    seconds(8).await;
    assert!(identify.is_finished(), "its asker has heard that it isn't known");
    let given = async || {
        let commands = companion.commands(1).await.unwrap();
        commands.into_iter().map(|command| command.kind).filter(|kind| kind == "set_nudge").count()
    };
    assert_eq!(given().await, 0, "the command before is open still");
    world.wearable.set_faults(lumbra_wearable::FaultPlan::default());
    seconds(60).await;
    assert_eq!(given().await, 1);
    assert!(told(&world).await.unwrap().enabled);
}

#[tokio::test(start_paused = true)]
async fn a_stop_overtakes_what_the_wearable_is_told_and_a_start_waits_for_its_answer_at_the_most() {
    let world = World::new();
    let (companion, device) = ready(&world).await;
    let slow = lumbra_wearable::FaultPlan { delay_per_mille: 1_000, delay_max_ms: 150, ..Default::default() };
    world.wearable.set_faults(slow);
    let being_told =
        async || until(&device, "being told", |snapshot| snapshot.pending == Some("set_nudge")).await.pending_unknown;
    companion.set_posture_settings(training()).await.unwrap();
    assert!(!being_told().await);
    let began = tokio::time::Instant::now();
    assert_eq!(device.stop().await.unwrap().outcome, OutcomeName::Confirmed);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    // Whatever became of it: it is told in the end.
    seconds(90).await;
    assert!(told(&world).await.unwrap().enabled);

    companion.set_posture_settings(PostureSettings { mode: Mode::Tracking, ..training() }).await.unwrap();
    assert!(!being_told().await);
    let began = tokio::time::Instant::now();
    assert_eq!(device.start(request("conventional", 20)).await.unwrap().outcome, OutcomeName::Confirmed);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(!told(&world).await.unwrap().enabled);
}

#[tokio::test(start_paused = true)]
async fn the_wearable_is_told_once_and_anew_after_a_restart() {
    let world = World::new();
    let (companion, device) = ready(&world).await;
    companion.set_posture_settings(training()).await.unwrap();
    seconds(600).await;
    let count = async || {
        let commands = companion.commands(1).await.unwrap();
        commands.iter().filter(|command| command.kind == "set_nudge").count()
    };
    assert_eq!(count().await, 1);
    world.wearable.with(lumbra_wearable::Device::reboot).await;
    seconds(1).await;
    until(&device, "there again", |snapshot| snapshot.link == lumbra::LinkState::Connected && snapshot.certain).await;
    seconds(10).await;
    assert_eq!(count().await, 2);
    assert!(told(&world).await.unwrap().enabled);
}

#[tokio::test(start_paused = true)]
async fn settings_outlive_the_app() {
    let world = World::new();
    let (companion, _device) = ready(&world).await;
    assert_eq!(companion.posture_settings().await.unwrap(), PostureSettings::default());
    companion.set_posture_settings(training()).await.unwrap();
    assert_eq!(companion.set_posture_goal(Percent::saturating(65)).await.unwrap().share_percent, 65);
    assert!(matches!(companion.set_posture_goal(Percent::saturating(95)).await, Err(Error::Invalid(_))));
    let copy = world.dir.path().join("copy.json");
    companion.export(&copy).await.unwrap();
    let copy: serde_json::Value = serde_json::from_slice(&std::fs::read(copy).unwrap()).unwrap();
    assert_eq!(
        (&copy["posture_settings"]["mode"], &copy["posture_goal"]["share_percent"]),
        (&"training".into(), &65.into())
    );
    companion.close().await;
    world.wearable.with(lumbra_wearable::Device::reboot).await;
    let companion = world.open().await;
    assert_eq!(companion.posture_settings().await.unwrap(), training());
    assert_eq!(companion.posture_goal().await.unwrap().share_percent, 65);
    companion.connect(None, Duration::from_secs(30)).await.unwrap();
    seconds(10).await;
    assert!(told(&world).await.unwrap().enabled, "the next run tells the wearable");
}

#[tokio::test(start_paused = true)]
async fn a_break_is_reminded_of_after_long_stillness() {
    let world = World::new();
    let (companion, device) = ready(&world).await;
    let settings = PostureSettings { breaks: BreakAfter::from_minutes(30).ok(), mode: Mode::Tracking, ..training() };
    companion.set_posture_settings(settings).await.unwrap();
    let mut events = device.events();
    assert_eq!(heard(&mut events, 29 * 60).await, []);
    assert_eq!(heard(&mut events, 2 * 60).await, [EventKind::TakeABreak { held_s: 1_800 }]);
    // Up and about for a while: the time begins anew.
    heard(&mut events, 20 * 60).await;
    hold(&world, Truth::Walking).await;
    heard(&mut events, 90).await;
    hold(&world, Truth::Upright).await;
    assert_eq!(heard(&mut events, 29 * 60).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_turned_sensor_is_understood_after_a_bow_and_does_not_nudge_by_itself() {
    let world = World::new();
    let turned = Person { turned_deg: 90, ..Person::default() };
    world.wearable.with(move |device| device.body().set_person(turned)).await;
    let (companion, device) = world.ready().await;
    hold(&world, Truth::Upright).await;
    assert!(matches!(device.learn_turn().await, Err(Error::Calibration(_))), "upright comes first");
    let found = device.calibrate().await.unwrap();
    assert_eq!(found.reference.mounting.turn, Turn::Ahead, "nobody can tell yet");
    assert!(found.quality.samples >= 125 && found.quality.spread.tenths() < 20);
    hold(&world, Truth::Slouched).await;
    let judged = |what: &'static str| {
        until(&device, what, move |snapshot| snapshot.posture.is_some_and(|posture| posture.judged == Some(what)))
    };
    judged("leaning").await;
    assert_eq!(device.learn_turn().await.unwrap(), Turn::Left);
    judged("slouched").await;
    companion.set_posture_settings(training()).await.unwrap();
    seconds(5).await;
    assert!(!told(&world).await.unwrap().enabled, "its own rules would nudge the wrong posture");
    // Known to the next run, and to the next calibration.
    hold(&world, Truth::Upright).await;
    judged("upright").await;
    assert_eq!(device.calibrate().await.unwrap().reference.mounting.turn, Turn::Left);
}

/// Somebody sets the phone's clock nine days ahead, and back an hour later.
#[tokio::test(start_paused = true)]
async fn what_was_lived_while_the_clock_was_wrong_is_found_on_the_day_it_was_lived() {
    let world = World::new();
    let ahead_ms = Arc::new(AtomicI64::new(0));
    let clock = VirtualClock { origin: world.origin, ahead_ms: ahead_ms.clone() };
    let companion = open_by(world.dir.path(), &world.radio, clock).await;
    let device = companion.pair(&world.id, Some("Lumbra7K"), Arc::new(Label(PASSKEY))).await.unwrap();
    hold(&world, Truth::Upright).await;
    device.connected(Duration::from_secs(5)).await.unwrap();
    device.calibrate().await.unwrap();
    let today = companion.today();
    seconds(1_800).await;
    ahead_ms.store(9 * 24 * 3_600_000, Ordering::Relaxed);
    let place = Place::LowerBack;
    companion.add_pain(PainScore::new(7).unwrap(), PainContext::Diary, place, Note::default()).await.unwrap();
    seconds(3_600).await;
    let days = |history: History| {
        history.days.iter().map(|day| (day.local_day - today, day.upright_s / 60)).collect::<Vec<_>>()
    };
    let wrong = days(companion.history(20).await.unwrap());
    assert!(wrong.iter().any(|(day, minutes)| *day == 9 && *minutes > 50), "{wrong:?}");
    ahead_ms.store(0, Ordering::Relaxed);
    seconds(600).await;
    let history = companion.history(20).await.unwrap();
    assert_eq!(history.days.iter().map(|day| (day.local_day, day.pain_mean)).collect::<Vec<_>>(), [(today, Some(7.0))]);
    assert_eq!(history.pain.len(), 1);
    let minutes = days(history)[0].1;
    assert!((95..=100).contains(&minutes), "{minutes}");
}
