//! A wearable that is not what it says, through the link port: it may show and say what it likes, but nothing panics or hangs,
//! nothing grows without bound, nothing raises a current that nobody asked for, and a session ends.
// In a test file a failure is a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use lumbra::link::air::ToCentral;
use lumbra::{Error, OutcomeName, PhaseName};
use lumbra_protocol::{Endpoint, Response, ResultCode, Sequence, Status, Ticks};
use support::{Malice, highest_ma, in_session, ma, notification, seconds, true_ma, until};

/// The same status with something else in it.
fn another(value: &[u8], change: impl FnOnce(&mut Status)) -> Vec<u8> {
    let mut status = Status::decode(value).unwrap();
    change(&mut status);
    status.encode().to_vec()
}

/// What is said of the status, wherever it is said.
fn statuses(malice: &Malice, mut change: impl FnMut(Vec<u8>) -> Vec<u8> + Send + 'static) {
    malice.twist(move |of, message| {
        vec![match message {
            ToCentral::Notify { value, .. } if of == Some(Endpoint::Status) => {
                notification(Endpoint::Status, &change(value))
            }
            ToCentral::Value { id, value } if of == Some(Endpoint::Status) => {
                ToCentral::Value { id, value: change(value) }
            }
            other => other,
        }]
    });
}

#[tokio::test(start_paused = true)]
async fn another_wearable_of_the_same_name_gets_no_command() {
    let (world, malice, _companion, device) = in_session().await;
    malice.twist(|of, message| {
        vec![match message {
            ToCentral::Value { id, .. } if of == Some(Endpoint::SerialNumber) => {
                ToCentral::Value { id, value: b"LB1-666666".to_vec() }
            }
            other => other,
        }]
    });
    world.wearable.with(lumbra_wearable::Device::cut_link).await;
    until(&device, "the link lost", |snapshot| snapshot.link == lumbra::LinkState::Connecting).await;
    let written = malice.written().len();
    let shown = until(&device, "told", |snapshot| snapshot.link_problem.is_some()).await;
    // Waiting does not make it the right one, so nobody waits.
    let asked = tokio::time::Instant::now();
    assert!(matches!(device.connected(std::time::Duration::from_secs(45)).await, Err(Error::OtherDevice)), "{shown:?}");
    assert!(asked.elapsed().as_secs() < 5, "{:?}", asked.elapsed());
    assert!(matches!(shown.phase, PhaseName::Uncertain) && !shown.certain);
    seconds(15).await;
    assert_eq!(malice.written().len(), written, "what is another's gets nothing");
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
    // The right one again.
    malice.honest();
    until(&device, "the paused session", |snapshot| snapshot.phase == PhaseName::Paused).await;
    assert_eq!(device.stop().await.unwrap().outcome, OutcomeName::Confirmed);
}

#[tokio::test(start_paused = true)]
async fn one_that_never_answers_is_told_in_time_and_ends_at_zero() {
    let (world, malice, _companion, device) = in_session().await;
    // It still shows itself.
    malice.twist(|_, message| if matches!(message, ToCentral::Advertise { .. }) { vec![message] } else { vec![] });
    let began = tokio::time::Instant::now();
    let answer = device.set_intensity(ma(&[6.0, 6.0])).await.unwrap();
    assert_eq!(answer.outcome, OutcomeName::Unknown);
    assert!(began.elapsed().as_secs() < 20);
    assert!(device.snapshot().borrow().pending_unknown);
    until(&device, "not certain", |snapshot| !snapshot.certain).await;
    let stop = device.stop().await.unwrap();
    assert_eq!(stop.outcome, OutcomeName::Unknown, "nobody knows whether it arrived");
    let within_ms = device.snapshot().borrow().zero_within_ms.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(within_ms)).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
    assert!(highest_ma(&world).await <= 6.0);
    malice.honest();
    until(&device, "the end", |snapshot| snapshot.certain && snapshot.phase == PhaseName::Idle).await;
}

#[tokio::test(start_paused = true)]
async fn answers_that_come_twice_settle_a_command_once() {
    let (world, malice, companion, device) = in_session().await;
    malice.twist(|_, message| vec![message.clone(), message]);
    assert_eq!(device.set_intensity(ma(&[6.0, 6.0])).await.unwrap().outcome, OutcomeName::Confirmed);
    seconds(5).await;
    assert_eq!(true_ma(&world.wearable).await, [6.0, 6.0]);
    assert_eq!(device.stop().await.unwrap().outcome, OutcomeName::Confirmed);
    until(&device, "the end", |snapshot| snapshot.phase == PhaseName::Idle).await;
    device.stop_posture().await.unwrap();
    seconds(2).await;
    let commands = companion.commands(1).await.unwrap();
    let outcomes: Vec<_> = commands.iter().map(|command| command.outcome).collect();
    // Posture on, start, two intensities, stop, posture off.
    assert_eq!(outcomes, ["confirmed"; 6]);
    assert_eq!(device.snapshot().borrow().commands.confirmed, 6);
    let posture = device.snapshot().borrow().posture.unwrap();
    assert_eq!(companion.history(1).await.unwrap().posture_frames, posture.frames, "each frame once");
}

#[tokio::test(start_paused = true)]
async fn frames_that_lie_about_their_length_change_nothing() {
    for keep in [0, 1, 13, 30, 31, 37] {
        let (world, malice, _companion, device) = in_session().await;
        malice.twist(move |_, message| {
            vec![match message {
                ToCentral::Notify { characteristic, value, indicate } => {
                    ToCentral::Notify { characteristic, value: value.into_iter().take(keep).collect(), indicate }
                }
                other => other,
            }]
        });
        let result = device.set_intensity(ma(&[6.0, 6.0])).await;
        assert!(result.is_ok_and(|result| result.outcome != OutcomeName::Rejected), "{keep} bytes");
        seconds(20).await;
        let shown = device.snapshot().borrow().clone();
        let certain_ma = shown.channels.iter().map(|channel| channel.delivered_ma).collect::<Vec<_>>();
        assert!(!shown.certain || certain_ma == true_ma(&world.wearable).await, "{keep} bytes: {shown:?}");
        malice.honest();
        assert_eq!(device.stop().await.unwrap().outcome, OutcomeName::Confirmed, "{keep} bytes");
        seconds(10).await;
        assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
        assert!(highest_ma(&world).await <= 6.0);
    }
    // Appended bytes are of a later minor version: the rest counts.
    let (world, malice, _companion, device) = in_session().await;
    malice.twist(|_, message| {
        vec![match message {
            ToCentral::Notify { characteristic, mut value, indicate } => {
                value.resize(244, 0xFF);
                ToCentral::Notify { characteristic, value, indicate }
            }
            other => other,
        }]
    });
    assert_eq!(device.set_intensity(ma(&[6.0, 6.0])).await.unwrap().outcome, OutcomeName::Confirmed);
    assert_eq!(device.stop().await.unwrap().outcome, OutcomeName::Confirmed);
    seconds(10).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
}

#[tokio::test(start_paused = true)]
async fn a_status_that_lies_about_its_time_is_not_shown_as_fresh() {
    let (world, malice, _companion, device) = in_session().await;
    // Each a minute older than the one before.
    let mut back_ms = 0;
    statuses(&malice, move |value| {
        back_ms += 60_000;
        another(&value, |status| status.ticks = Ticks::from_ms(status.ticks.as_ms().saturating_sub(back_ms)))
    });
    let shown = until(&device, "not certain", |snapshot| !snapshot.certain).await;
    assert_eq!(shown.phase, PhaseName::Uncertain);
    assert!(device.set_intensity(ma(&[6.0, 5.0])).await.is_err());
    seconds(20).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0], "nobody renews the lease of what nobody sees");

    // A year ahead, once, and honest again: what is true now is older than what was said before.
    let (world, malice, _companion, device) = in_session().await;
    let mut once = true;
    statuses(&malice, move |value| {
        let ahead_ms = if std::mem::take(&mut once) { 31_536_000_000 } else { 0 };
        another(&value, |status| status.ticks = Ticks::from_ms(status.ticks.as_ms() + ahead_ms))
    });
    until(&device, "not certain", |snapshot| !snapshot.certain).await;
    until(&device, "certain on the next link", |snapshot| snapshot.certain).await;
    assert_eq!(device.stop().await.unwrap().outcome, OutcomeName::Confirmed);
    seconds(10).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
    assert!(highest_ma(&world).await <= 5.0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_another_command_settles_none() {
    let (world, malice, _companion, device) = in_session().await;
    malice.twist(|of, message| match message {
        ToCentral::Notify { value, .. } if of == Some(Endpoint::ControlPoint) => {
            let mut response = Response::decode(&value).unwrap();
            let lies = [1, 7, 0x7FFF, 0xFFFE].map(|by: u16| {
                let number = response.sequence.get().wrapping_add(by);
                response.result = ResultCode::StaleSequence;
                Response { sequence: Sequence::new(number).unwrap_or(response.sequence.next()), ..response }
            });
            lies.iter().map(|lie| notification(Endpoint::ControlPoint, &lie.encode())).collect()
        }
        // Nor does a status tell of it.
        ToCentral::Notify { .. } | ToCentral::Value { .. } if of == Some(Endpoint::Status) => vec![],
        other => vec![other],
    });
    assert_eq!(device.set_intensity(ma(&[6.0, 6.0])).await.unwrap().outcome, OutcomeName::Unknown);
    malice.honest();
    until(&device, "settled", |snapshot| !snapshot.pending_unknown && snapshot.certain).await;
    assert_eq!(device.stop().await.unwrap().outcome, OutcomeName::Confirmed);
    seconds(10).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0]);
}

/// What time brings is due whatever else comes: the lease is renewed, what is not answered is told, what is silent is cut.
#[tokio::test(start_paused = true)]
async fn frames_without_a_pause_put_off_nothing_that_time_brings() {
    let (world, malice, _companion, device) = in_session().await;
    let chatter = {
        let malice = malice.clone();
        tokio::spawn(async move {
            loop {
                malice.notify(Endpoint::Status, b"no status");
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
    };
    seconds(30).await;
    assert_eq!(device.snapshot().borrow().phase, PhaseName::Running, "the lease was renewed");
    assert_eq!(true_ma(&world.wearable).await, [5.0, 5.0]);
    // And now nothing is answered.
    malice.twist(|_, message| if matches!(message, ToCentral::Advertise { .. }) { vec![message] } else { vec![] });
    let began = tokio::time::Instant::now();
    assert_eq!(device.set_intensity(ma(&[6.0, 6.0])).await.unwrap().outcome, OutcomeName::Unknown);
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    until(&device, "the silent link cut", |snapshot| snapshot.link_losses == 1).await;
    chatter.abort();
}
