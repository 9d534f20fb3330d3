//! The whole core over a radio that garbles: an honest wearable in software, and a party in the middle that changes, cuts,
//! repeats and makes up what comes from it, between the platform's Bluetooth and the core.
//!
//! Whatever the core is told, no more current flows than a person has asked for, and none before they did; the core answers to
//! the end; and what it has kept can be read.

mod middle;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use lumbra::domain::safety::PadCheck;
use lumbra::domain::units::{Milliamps, Seconds};
use lumbra::link::{ShellBluetooth, ShellRadio};
use lumbra::{Companion, Config, StartRequest, built_in};
use lumbra_protocol::Endpoint;

use self::middle::{Garbling, Middle, State};
use crate::look::Clock;
use crate::template::NOON_MS;
use crate::{folder, look, pick, template, wire};

/// All that may pass in one input, in steps of [`STEP_MS`].
const LONGEST_MS: u64 = 40_000;
const STEP_MS: u64 = 100;

#[derive(Debug, Arbitrary)]
enum Happening<'a> {
    Garble { endpoint: u8, how: How<'a> },
    Say { endpoint: u8, bytes: &'a [u8] },
    Wait { ms: u16 },
    Ask(Ask),
    LinkLost,
    SwitchedOff,
    Button,
    Pads { contact: u8 },
    Reboot,
}

/// What is done to the next value of an endpoint.
#[derive(Debug, Arbitrary)]
enum How<'a> {
    Flip { at: u8, mask: u8 },
    Put { at: u8, bytes: &'a [u8] },
    Cut { len: u8 },
    Append { bytes: &'a [u8] },
    Replace { bytes: &'a [u8] },
    Repeat,
    Lose,
    Refuse { att_error: u8 },
}

#[derive(Debug, Arbitrary)]
enum Ask {
    Start,
    Set { tenths: u8, other: u8 },
    Pause,
    Resume,
    Stop,
    Records,
    Posture,
    Calibrate,
    Nudge,
    Clear,
}

/// Plays one input.
pub fn run(data: &[u8]) {
    let mut unstructured = Unstructured::new(data);
    let folder = folder();
    let busy = unstructured.arbitrary().unwrap_or(false);
    // What an earlier run has left open is taken up; but who has just had a session can't begin another.
    if busy { template::closed() } else { template::paired() }.write(folder.path());
    let (max_value_len, missing) = (unstructured.arbitrary().unwrap_or(244), unstructured.arbitrary().unwrap_or(255));
    let middle = Arc::new(Middle { max_value_len, missing, state: Mutex::new(State::new()) });
    look::runtime().block_on(async {
        let (radio, sink) = ShellRadio::new(Arc::clone(&middle) as Arc<dyn ShellBluetooth>);
        middle.lock().sink = Some(sink);
        let config = Config {
            dir: folder.path().to_owned(),
            keys: Box::new(template::keys(folder.path())),
            radio: Arc::new(radio),
            clock: Arc::new(Clock { unix_ms: NOON_MS, utc_offset_s: 7_200 }),
        };
        let companion = Companion::open(config).await.expect("the template opens");
        let device = companion.device(None).await.expect("it is paired");
        pass(&middle, 500).await;
        while !unstructured.is_empty() && middle.lock().now_ms < LONGEST_MS {
            let Ok(happening) = Happening::arbitrary(&mut unstructured) else { break };
            happen(&middle, &device, happening).await;
        }
        pass(&middle, 1_000).await;
        let snapshot = device.snapshot().borrow().clone();
        serde_json::to_string(&snapshot).expect("a snapshot can be shown");
        companion.history(14).await.expect("what was kept can be read");
        companion.records(None, 1_000).await.expect("records too");
        companion.close().await;
    });
}

async fn pass(middle: &Arc<Middle>, ms: u64) {
    let mut left_ms = ms;
    while left_ms > 0 {
        let step_ms = left_ms.min(STEP_MS);
        tokio::time::sleep(Duration::from_millis(step_ms)).await;
        middle.advance(step_ms);
        left_ms -= step_ms;
    }
    middle.judge();
}

async fn happen(middle: &Arc<Middle>, device: &lumbra::Device, happening: Happening<'_>) {
    match happening {
        Happening::Garble { endpoint, how } => {
            middle.lock().plan.push_back((endpoint_of(endpoint), Garbling::of(&how)));
        }
        Happening::Say { endpoint, bytes } => middle.say(endpoint_of(endpoint), bytes.to_vec()),
        Happening::Wait { ms } => pass(middle, u64::from(ms) % 4_000 + 1).await,
        Happening::Ask(ask) => {
            ask_for(middle, device, &ask);
            pass(middle, 200).await;
        }
        Happening::LinkLost => {
            middle.lock().device.cut_link();
            middle.deliver();
            pass(middle, 300).await;
        }
        Happening::SwitchedOff => {
            let sink = middle.lock().sink.clone();
            if let Some(sink) = sink {
                sink.switched_off();
            }
            pass(middle, 300).await;
        }
        Happening::Button => middle.lock().device.press_button(100),
        Happening::Pads { contact } => {
            use lumbra_wearable::Contact;
            let contact = [Contact::Good, Contact::Poor, Contact::Off][usize::from(contact % 3)];
            middle.lock().device.body().set_contact(0, contact);
        }
        Happening::Reboot => {
            middle.lock().device.reboot();
            middle.deliver();
        }
    }
}

/// Asks as a shell would, and waits for no answer: the air may have lost the question.
fn ask_for(middle: &Arc<Middle>, device: &lumbra::Device, ask: &Ask) {
    let device = device.clone();
    match *ask {
        Ask::Start => {
            let request = StartRequest {
                course: built_in("conventional").expect("it is built in").into(),
                duration: Seconds::new(600),
                grace: None,
                pads: Vec::new(),
                pad_check: PadCheck { skin_intact: true, pad_uses: 1 },
                pain_before: None,
            };
            tokio::spawn(async move { drop(device.start(request).await) });
        }
        Ask::Set { tenths, other } => {
            let targets = [tenths, other].map(|tenths| u16::from(tenths) / 5 * 5);
            middle.lock().asked(targets);
            let targets = targets.map(Milliamps::from_tenths).to_vec();
            tokio::spawn(async move { drop(device.set_intensity(targets).await) });
        }
        Ask::Pause => drop(tokio::spawn(async move { drop(device.pause().await) })),
        Ask::Resume => drop(tokio::spawn(async move { drop(device.resume().await) })),
        Ask::Stop => drop(tokio::spawn(async move { drop(device.stop().await) })),
        Ask::Records => drop(tokio::spawn(async move { drop(device.fetch_records().await) })),
        Ask::Posture => drop(tokio::spawn(async move { drop(device.start_posture().await) })),
        Ask::Calibrate => drop(tokio::spawn(async move { drop(device.calibrate().await) })),
        Ask::Nudge => drop(tokio::spawn(async move { drop(device.identify().await) })),
        Ask::Clear => drop(tokio::spawn(async move { drop(device.clear_faults().await) })),
    }
}

fn endpoint_of(which: u8) -> Endpoint {
    Endpoint::ALL[usize::from(which) % Endpoint::ALL.len()]
}

/// A session with its posture and its records, each endpoint garbled in each way, and every frame of `tests/wire` said out of turn.
pub fn seeds() -> Vec<Vec<u8>> {
    let happening = |kind: u32, rest: &[u8]| [&pick(kind, 9)[..], rest].concat();
    let ask = |what: u32, rest: &[u8]| happening(3, &[&pick(what, 10)[..], rest].concat());
    let wait = |ms: u16| happening(2, &ms.to_le_bytes());
    let link = [0, 244, 255];
    let session =
        [&ask(0, &[])[..], &wait(300), &ask(1, &[50, 40]), &wait(1_500), &ask(1, &[100, 40]), &wait(900)].concat();
    let mut seeds = vec![
        [
            &link[..],
            &session,
            &ask(2, &[]),
            &wait(400),
            &ask(3, &[]),
            &ask(4, &[]),
            &wait(2_000),
            &ask(5, &[]),
            &wait(900),
        ]
        .concat(),
        [&link[..], &ask(6, &[]), &wait(3_000), &ask(7, &[]), &wait(3_900), &wait(3_900), &ask(8, &[])].concat(),
        [&link[..], &session, &happening(4, &[]), &wait(2_000), &happening(8, &[]), &wait(2_000), &ask(5, &[])]
            .concat(),
        [&link[..], &session, &happening(7, &[2]), &wait(1_000), &happening(6, &[]), &wait(2_000), &ask(9, &[])]
            .concat(),
    ];
    for (endpoint, file) in [(1, "response"), (2, "status"), (3, "posture"), (4, "record"), (5, "record_access_reply")]
    {
        for frame in wire::frames(file).into_iter().take(6) {
            let replace = [&[endpoint][..], &pick(4, 8), &frame].concat();
            seeds.push([&link[..], &session, &ask(6, &[]), &ask(5, &[]), &wait(300), &happening(0, &replace)].concat());
        }
        for how in [
            [&pick(0, 8)[..], &[4, 0x80]].concat(),
            [&pick(2, 8)[..], &[5]].concat(),
            pick(5, 8).to_vec(),
            pick(6, 8).to_vec(),
        ] {
            let garble = happening(0, &[&[endpoint][..], &how].concat());
            seeds.push([&link[..], &ask(6, &[]), &garble, &session, &garble, &ask(5, &[]), &wait(3_000)].concat());
        }
    }
    seeds
}
