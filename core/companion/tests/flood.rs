//! A wearable that floods the app, through the link port. Alone in its process, whose memory it measures.
// In a test file a failure is a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use lumbra::Companion;
use lumbra::link::air::ToCentral;
use lumbra_protocol::{
    Endpoint, PostureFrame, PostureSample, Record, RecordEvent, RecordReply, RecordResult, Response, ResultCode,
    Sequence, Status, Ticks,
};
use support::{Malice, highest_ma, in_session, seconds, true_ma};

/// Resident memory of this process, in KiB.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The n-th frame of a flood: all that an app listens to, each with something new in it.
fn flood(malice: &Malice, n: u32, status: &Status) {
    let ticks = Ticks::from_ms(status.ticks.as_ms() + u64::from(n));
    match n % 5 {
        0 => malice.notify(
            Endpoint::Status,
            &Status { ticks, battery_percent: u8::try_from(n % 100).unwrap(), ..*status }.encode(),
        ),
        1 => {
            let samples = [PostureSample { activity: n.to_le_bytes()[0], ..PostureSample::default() }; 38];
            // Each after a gap, and in no time at all.
            let frame = PostureFrame::new(n * 2, ticks, 40, &samples).unwrap();
            malice.notify(Endpoint::PostureStream, &frame.encode());
        }
        2 => {
            let sequence = Sequence::new(u16::try_from(n % 0xFFFF).unwrap() | 1).unwrap();
            let response = Response { opcode: 3, sequence, result: ResultCode::Accepted, boot_id: n, ticks };
            malice.notify(Endpoint::ControlPoint, &response.encode());
        }
        3 => {
            let record = Record { number: n, boot_id: n, ticks, event: RecordEvent::Button };
            malice.notify(Endpoint::RecordData, &record.encode());
        }
        _ => {
            let reply =
                RecordReply::Done { request: u8::try_from(n % 3).unwrap(), result: RecordResult::NoRecordsFound };
            malice.notify(Endpoint::RecordAccess, &reply.encode());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_fills_neither_memory_nor_disk_and_a_stop_gets_through() {
    let (world, malice, companion, device) = in_session().await;
    let status = Arc::new(Mutex::new(None));
    let newest = status.clone();
    malice.twist(move |of, message| {
        if let (Some(Endpoint::Status), ToCentral::Notify { value, .. }) = (of, &message) {
            *newest.lock().unwrap() = Status::decode(value).ok();
        }
        vec![message]
    });
    seconds(2).await;
    let status = status.lock().unwrap().unwrap();
    let before_kib = resident_kib();
    let disk = |companion: &Companion| std::fs::metadata(companion.database_path()).unwrap().len();
    let before = disk(&companion);
    // More than the fastest radio of the profile carries, for three minutes.
    let mut n = 0;
    for _ in 0..1_800 {
        for _ in 0..140 {
            n += 1;
            flood(&malice, n, &status);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (grown_kib, written_kib) = (resident_kib().saturating_sub(before_kib), (disk(&companion) - before) / 1_024);
    let began = tokio::time::Instant::now();
    let stop = device.stop().await.unwrap();
    assert!(began.elapsed().as_millis() < 2_000, "{:?}", began.elapsed());
    seconds(10).await;
    assert_eq!(true_ma(&world.wearable).await, [0.0, 0.0], "{stop:?}");
    assert!(highest_ma(&world).await <= 5.0);
    // All that was said is some 20 MiB.
    assert!(grown_kib < 8_192, "{grown_kib} KiB of memory");
    assert!(written_kib < 2_048, "{written_kib} KiB of disk");
}
