//! What an app may hand over: through the library that Kotlin and Swift hear, with its ports played by the fuzzer.
//!
//! The first byte chooses between the demo wearable, on which any request may follow any other, and an app's own radio, clock and
//! key store that give whatever they like; the letter `c` stands for a plan, its exercises and a clinic, whose server answers whatever it
//! likes. Every call ends in a value or a typed error; never in the one for a mistake in the core.
//! No more current flows than the largest intensity that was asked for.

mod app;
mod clinic;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use arbitrary::{Arbitrary, Unstructured};
use lumbra_domain::safety::limits::MAX_CURRENT_MA;
use lumbra_ffi::{
    CancelHandle, ChartMetric, Contact, DemoTime, Device, Lumbra, LumbraError, PainContext, PasskeyPrompt, PortError,
    ReportPerson, ScanObserver, ScreeningAnswer, SessionRequest, VirtualWearable, screening_questions,
};
use tokio::runtime::Builder;

use self::app::{App, Ports};
use crate::{folder, pick};

#[derive(Clone, Debug, Arbitrary)]
enum Call {
    Pain { score: u8, context: u8, place: Text, note: Text },
    Screening { answers: Vec<(Text, u8)>, clinician_agreed: bool },
    AllNo,
    Cap(Option<f64>),
    History(u32),
    Chart(u8, u32),
    Records(Option<Text>, u32),
    Commands(u32),
    Export(Text),
    Forget(Option<Text>),
    Device(Option<Text>),
    Start { programme: Text, minutes: u32, pads: Vec<Option<f64>>, grace_s: Option<u32>, pad_uses: u16 },
    Begin,
    Set(Vec<f64>),
    Rise(u8),
    Pause,
    Resume,
    Stop,
    Nudge { enabled: bool, threshold_deg: f64, delay_s: u32, strength_percent: u8 },
    Calibrate,
    Fetch,
    Pads { channel: u32, contact: u8 },
    Battery(f64),
    Away { ms: u16 },
    Restart,
    Pass { ms: u16 },
    Scan,
}

/// A text: a good one now and then, or any.
#[derive(Clone, Debug, Arbitrary)]
enum Text {
    Known(u8),
    Any(String),
    Long(char, u16),
}

impl Text {
    fn text(&self) -> String {
        const KNOWN: [&str; 8] =
            ["lower-back", "conventional", "burst", "Lumbra7K", "implant", "pregnant", "LB1-000001", "modulated"];
        match self {
            Self::Known(which) => KNOWN[usize::from(which % 8)].to_owned(),
            Self::Any(text) => text.clone(),
            Self::Long(character, times) => std::iter::repeat_n(*character, usize::from(*times)).collect(),
        }
    }
}

/// Makes the calls.
pub fn run(data: &[u8]) {
    let mut unstructured = Unstructured::new(data);
    let folder = folder();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    if let Some(rest) = data.strip_prefix(b"c") {
        runtime.block_on(clinic::run(&mut Unstructured::new(rest), folder.path()));
    } else if unstructured.arbitrary::<bool>().unwrap_or(false) {
        runtime.block_on(own_ports(&mut unstructured, folder.path()));
    } else {
        runtime.block_on(demo(&mut unstructured, folder.path()));
    }
}

/// An error is one that an app can do something about.
fn typed<T>(result: Result<T, LumbraError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(LumbraError::Internal { reason }) => panic!("a mistake in the core: {reason}"),
        Err(_) => None,
    }
}

struct Digits(u32);

impl PasskeyPrompt for Digits {
    fn passkey(&self, _: Option<String>) -> Result<Option<u32>, PortError> {
        Ok(Some(self.0))
    }
}

async fn demo(unstructured: &mut Unstructured<'_>, dir: &Path) {
    let wearable = VirtualWearable::new(DemoTime::Virtual).expect("a demo can be made");
    let dir_text = dir.display().to_string();
    let lumbra = Lumbra::open_demo(dir_text, Arc::clone(&wearable), None).await.expect("a new folder opens");
    let prompt = Arc::new(Digits(wearable.passkey()));
    let device = typed(lumbra.pair("virtual".into(), prompt, Some(wearable.name()), None).await).expect("it pairs");
    let mut most_asked_ma = 0.0_f64;
    for _ in 0..24 {
        let Ok(call) = Call::arbitrary(unstructured) else { break };
        match &call {
            Call::Set(targets) => {
                // Rounded to tenths; what is not a number, or too large, is refused.
                most_asked_ma = targets.iter().fold(most_asked_ma, |most, target| most.max(target + 0.05));
            }
            Call::Rise(ma) => most_asked_ma = most_asked_ma.max(f64::from(*ma)),
            _ => {}
        }
        with_the_core(&lumbra, dir, &call).await;
        with_the_device(&device, &wearable, &call).await;
        let status = wearable.status().await.expect("it is served");
        for highest_ma in status.highest_ma {
            let most_ma = most_asked_ma.min(MAX_CURRENT_MA);
            assert!(highest_ma <= most_ma + 1e-6, "{highest_ma} mA flowed where {most_ma} may");
        }
        let snapshot = device.snapshot();
        assert!(snapshot.channels.iter().all(|channel| channel.target_ma.is_finite()));
    }
    typed(lumbra.shut_down().await);
}

async fn with_the_core(lumbra: &Lumbra, dir: &Path, call: &Call) {
    match call {
        Call::Pain { score, context, place, note } => {
            let context =
                [PainContext::BeforeSession, PainContext::AfterSession, PainContext::Diary][usize::from(context % 3)];
            if let Some(entry) = typed(lumbra.add_pain(*score, context, place.text(), note.text()).await) {
                assert!(entry.score <= 10);
            }
        }
        Call::Screening { answers, clinician_agreed } => {
            let answer = |which: u8| {
                [ScreeningAnswer::No, ScreeningAnswer::Yes, ScreeningAnswer::Unsure][usize::from(which % 3)]
            };
            let answers: HashMap<_, _> = answers.iter().map(|(id, which)| (id.text(), answer(*which))).collect();
            typed(lumbra.answer_screening(answers, *clinician_agreed).await);
        }
        Call::AllNo => all_no(lumbra).await,
        Call::Cap(limit_ma) => drop(typed(lumbra.set_own_cap(*limit_ma).await)),
        Call::History(days) => drop(typed(lumbra.history(*days).await)),
        Call::Chart(metric, days) => {
            let metric = [
                ChartMetric::PainMean,
                ChartMetric::StimulatedMinutes,
                ChartMetric::UprightMinutes,
                ChartMetric::SlouchedMinutes,
            ][usize::from(metric % 4)];
            typed(lumbra.chart(metric, *days).await);
        }
        Call::Records(which, count) => drop(typed(lumbra.records(which.as_ref().map(Text::text), *count).await)),
        Call::Commands(days) => {
            typed(lumbra.commands(*days).await);
            typed(lumbra.insights(*days).await);
        }
        Call::Export(name) => {
            // Within the folder, whatever the name says; empty, or with a zero byte, it goes as it is.
            let name = name.text();
            let file = if name.is_empty() || name.contains('\0') {
                name.clone()
            } else {
                dir.join(name.replace('/', "_")).display().to_string()
            };
            take_along(lumbra, file, name).await;
        }
        _ => {}
    }
}

/// Writes one of what a person takes along, by the length of the name. The days are in its letters, so that kept inputs stay what they are.
async fn take_along(lumbra: &Lumbra, file: String, name: String) {
    let number = |skipped: usize| {
        name.bytes().skip(skipped).take(4).fold(0_i32, |all, byte| all.wrapping_mul(256).wrapping_add(byte.into()))
    };
    let (from, to, born_day) = (number(0), number(4), (name.len() > 20).then(|| number(8)));
    let (length, cancel) = (name.len(), Some(CancelHandle::new()));
    let person = ReportPerson { name: Some(name), born_day };
    match length % 4 {
        0 => drop(typed(lumbra.export(file, cancel).await)),
        1 => drop(typed(lumbra.export_tables(file, cancel).await)),
        2 => drop(typed(lumbra.export_bundle(person, file, cancel).await)),
        _ => {
            let today = lumbra.today().await.unwrap_or_default();
            let (from, to) = if from % 2 == 0 { (from, to) } else { (today.saturating_sub(to % 4_000), today) };
            typed(lumbra.write_report(from, to, person, file).await);
        }
    }
}

async fn all_no(lumbra: &Lumbra) {
    let answers = screening_questions().into_iter().map(|question| (question.id, ScreeningAnswer::No)).collect();
    typed(lumbra.answer_screening(answers, false).await);
}

async fn with_the_device(device: &Device, wearable: &VirtualWearable, call: &Call) {
    match call {
        Call::Start { programme, minutes, pads, grace_s, pad_uses } => {
            let request = SessionRequest {
                programme: programme.text(),
                minutes: *minutes,
                skin_intact: true,
                pad_uses: *pad_uses,
                pad_areas_cm2: pads.iter().copied().take(8).collect(),
                grace_s: *grace_s,
                pain_before: None,
                // By what is there already, so that kept inputs stay what they are.
                prescribed: *pad_uses % 3 == 2,
            };
            typed(device.start(request).await);
        }
        Call::Begin => {
            let request = SessionRequest {
                programme: "conventional".to_owned(),
                minutes: 20,
                skin_intact: true,
                pad_uses: 0,
                pad_areas_cm2: Vec::new(),
                grace_s: None,
                pain_before: None,
                prescribed: false,
            };
            typed(device.start(request).await);
        }
        Call::Set(targets) => drop(typed(device.set_intensity(targets.iter().copied().take(8).collect()).await)),
        Call::Rise(ma) => drop(typed(device.set_intensity(vec![f64::from(*ma); 2]).await)),
        Call::Pause => drop(typed(device.pause().await)),
        Call::Resume => drop(typed(device.resume().await)),
        Call::Stop => drop(typed(device.stop().await)),
        Call::Nudge { enabled, threshold_deg, delay_s, strength_percent } => {
            typed(device.set_nudge(*enabled, *threshold_deg, *delay_s, *strength_percent).await);
        }
        Call::Calibrate => drop(typed(device.calibrate(None).await)),
        Call::Fetch => drop(typed(device.fetch_records(None).await)),
        Call::Pads { channel, contact } => {
            let contact = [Contact::Good, Contact::Poor, Contact::Off, Contact::Unknown][usize::from(contact % 4)];
            typed(wearable.set_contact(*channel, contact).await);
        }
        Call::Battery(percent) => drop(typed(wearable.set_battery(*percent).await)),
        Call::Away { ms } => drop(typed(wearable.go_out_of_reach((*ms).into()).await)),
        Call::Restart => drop(typed(wearable.restart().await)),
        Call::Pass { ms } => drop(typed(wearable.pass_time(u64::from(*ms) % 20_000).await)),
        _ => {}
    }
}

async fn own_ports(unstructured: &mut Unstructured<'_>, dir: &Path) {
    let Ok(ports) = Ports::arbitrary(unstructured) else { return };
    let id = ports.id.text();
    let has_key = ports.key.as_ref().is_none_or(|key| key.len() == 32) && !ports.key_fails;
    let app = Arc::new(App { ports, sink: Mutex::default() });
    let (keys, clock, radio) = (Arc::clone(&app), Arc::clone(&app), Arc::clone(&app));
    let opened = Lumbra::open(dir.display().to_string(), Some(keys), Some(clock), Some(radio), None).await;
    let Some(lumbra) = typed(opened) else {
        assert!(!has_key, "a key of 32 bytes opens a new folder");
        return;
    };
    assert!(has_key, "only a key of 32 bytes opens a folder");
    let scanned = typed(lumbra.scan(Arc::clone(&app) as Arc<dyn ScanObserver>).await);
    let paired = typed(lumbra.pair(id.clone(), Arc::new(Digits(1_000_001)), Some(id.clone()), None).await);
    let mut exported = false;
    for _ in 0..12 {
        let Ok(call) = Call::arbitrary(unstructured) else { break };
        if matches!(call, Call::Export(_)) && std::mem::replace(&mut exported, true) {
            // Each asks the wearable first for what it remembers, for 10 s where the radio says nothing: several add up to a hang that is none.
            continue;
        }
        app.say(&id, unstructured);
        with_the_core(&lumbra, dir, &call).await;
        match &call {
            Call::Forget(which) => drop(typed(lumbra.forget(which.as_ref().map(Text::text)).await)),
            Call::Device(which) => drop(typed(lumbra.connect(which.as_ref().map(Text::text), 1, None).await)),
            Call::AllNo => drop(typed(lumbra.devices().await)),
            _ => {}
        }
        if let Some(device) = &paired {
            let snapshot = device.snapshot();
            assert!(snapshot.channels.len() <= 4);
        }
    }
    drop(scanned);
    typed(lumbra.shut_down().await);
}

/// A session with rises on the demo wearable, each other call once, and ports of an app that are as they should be.
pub fn seeds() -> Vec<Vec<u8>> {
    let call = |kind: u32, rest: &[u8]| [&pick(kind, 27)[..], rest].concat();
    let pass = |ms: u16| call(25, &ms.to_le_bytes());
    let session =
        [&[0][..], &call(2, &[]), &call(12, &[]), &call(14, &[5]), &pass(3_000), &call(14, &[9]), &pass(2_000)]
            .concat();
    let mut seeds = vec![
        [&session[..], &call(15, &[]), &call(16, &[]), &call(14, &[3]), &call(17, &[]), &pass(9_000), &call(20, &[])]
            .concat(),
        [
            &session[..],
            &call(24, &[]),
            &pass(9_000),
            &call(19, &[]),
            &call(4, &[14, 0, 0, 0]),
            &call(5, &[0, 14, 0, 0, 0]),
        ]
        .concat(),
        [&session[..], &call(23, &[0, 90]), &call(17, &[]), &call(7, &[1, 0, 0, 0]), &call(6, &[0, 9, 0, 0, 0])]
            .concat(),
    ];
    for value in [f64::NAN, f64::INFINITY, -0.0, 1e300, 6_553.5, 12.34] {
        let bits = value.to_bits().to_le_bytes();
        seeds.push(
            [
                &[0][..],
                &call(3, &[&[1][..], &bits].concat()),
                &call(22, &bits),
                &call(18, &[&[1][..], &bits, &[9, 0, 0, 0, 50]].concat()),
            ]
            .concat(),
        );
        seeds.push([&session[..], &call(13, &[&[1][..], &bits, &[1], &bits, &[0]].concat()), &pass(5_000)].concat());
    }
    for edge in [0_i64, i64::MAX, i64::MIN, 185_542_587_100_801_000, 1_749_988_800_000] {
        let ports = [&[1][..], &[0, 0, 1], &edge.to_le_bytes(), &[1, 0, 0, 0, 0, 244, 0, 0, 0, 0]].concat();
        seeds.push(
            [
                &ports[..],
                &pick(0, 3),
                &[0, 0],
                &pick(0, 3),
                &[0],
                &call(4, &[14, 0, 0, 0]),
                &[0, 0],
                &call(5, &[0, 30, 0, 0, 0]),
            ]
            .concat(),
        );
    }
    seeds.extend(clinic::seeds());
    seeds
}
