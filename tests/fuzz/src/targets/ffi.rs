//! What an app may hand over: through the library that Kotlin and Swift hear, with its ports played by the fuzzer.
//!
//! The first byte chooses between the demo wearable, on which any request may follow any other, and an app's own radio, clock and
//! key store that give whatever they like. Every call ends in a value or a typed error; never in the one for a mistake in the core.
//! No more current flows than the largest intensity that was asked for.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arbitrary::{Arbitrary, Unstructured};
use lumbra_domain::safety::limits::MAX_CURRENT_MA;
use lumbra_ffi::{
    CancelHandle, ChartMetric, Contact, DemoTime, Device, Discovered, KeyStore, Lumbra, LumbraError, PainContext,
    PasskeyPrompt, PortError, Radio, RadioCharacteristic, RadioError, RadioLink, RadioSink, ScanObserver,
    ScreeningAnswer, SessionRequest, VirtualWearable, WallClock, screening_questions,
};
use lumbra_link::air::{Security, ToCentral, ToPeripheral};
use lumbra_protocol::Endpoint;
use tokio::runtime::Builder;
use uuid::Uuid;

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
    if unstructured.arbitrary::<bool>().unwrap_or(false) {
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
    let lumbra = Lumbra::open_demo(dir_text, Arc::clone(&wearable)).await.expect("a new folder opens");
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
        Call::Commands(days) => drop(typed(lumbra.commands(*days).await)),
        Call::Export(name) => {
            // Within the folder, whatever the name says; empty, or with a zero byte, it goes as it is.
            let name = name.text();
            let file = if name.is_empty() || name.contains('\0') {
                name
            } else {
                dir.join(name.replace('/', "_")).display().to_string()
            };
            typed(lumbra.export(file, Some(CancelHandle::new())).await);
        }
        _ => {}
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

/// What an app's ports give.
#[derive(Clone, Debug, Arbitrary)]
struct Ports {
    key: Option<Vec<u8>>,
    key_fails: bool,
    unix_ms: Option<i64>,
    utc_offset_s: Option<i32>,
    max_value_len: u32,
    /// Makes some characteristics strange: which, and how.
    strange: Vec<(u8, u8)>,
    service: Text,
    values: Vec<(u8, Vec<u8>)>,
    id: Text,
}

/// All ports at once, played by one app.
struct App {
    ports: Ports,
    sink: Mutex<Option<Arc<RadioSink>>>,
}

async fn own_ports(unstructured: &mut Unstructured<'_>, dir: &Path) {
    let Ok(ports) = Ports::arbitrary(unstructured) else { return };
    let id = ports.id.text();
    let has_key = ports.key.as_ref().is_none_or(|key| key.len() == 32) && !ports.key_fails;
    let app = Arc::new(App { ports, sink: Mutex::default() });
    let (keys, clock, radio) = (Arc::clone(&app), Arc::clone(&app), Arc::clone(&app));
    let opened = Lumbra::open(dir.display().to_string(), Some(keys), Some(clock), Some(radio)).await;
    let Some(lumbra) = typed(opened) else {
        assert!(!has_key, "a key of 32 bytes opens a new folder");
        return;
    };
    assert!(has_key, "only a key of 32 bytes opens a folder");
    let scanned = typed(lumbra.scan(Arc::clone(&app) as Arc<dyn ScanObserver>).await);
    let paired = typed(lumbra.pair(id.clone(), Arc::new(Digits(1_000_001)), Some(id.clone()), None).await);
    for _ in 0..12 {
        let Ok(call) = Call::arbitrary(unstructured) else { break };
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

impl App {
    /// Tells the core something of the radio's own accord.
    fn say(&self, id: &str, unstructured: &mut Unstructured<'_>) {
        let Some(sink) = self.sink.lock().unwrap_or_else(PoisonError::into_inner).clone() else { return };
        let (Ok(which), Ok(value)) = (unstructured.arbitrary::<u8>(), unstructured.arbitrary::<Vec<u8>>()) else {
            return;
        };
        let endpoint = Endpoint::ALL.get(usize::from(which % 32));
        let characteristic = endpoint.map_or_else(
            || String::from_utf8_lossy(&value).into_owned(),
            |endpoint| Uuid::from_u128(endpoint.uuid()).to_string(),
        );
        match which / 32 {
            0..=4 => {
                // A name of a characteristic that is none is refused.
                drop(sink.value(id.to_owned(), characteristic, value));
            }
            5 => sink.discovered(Discovered {
                id: characteristic,
                name: Some(String::from_utf8_lossy(&value).into_owned()),
                rssi_dbm: Some(i16::MIN),
                bonded: None,
            }),
            6 => sink.disconnected(id.to_owned()),
            _ => sink.switched_off(),
        }
    }

    /// The value that the fuzzer has for a characteristic, or that of an honest wearable.
    fn value_of(&self, characteristic: &str) -> Option<Vec<u8>> {
        let characteristic = Uuid::parse_str(characteristic).ok()?;
        let at = Endpoint::ALL.iter().position(|endpoint| endpoint.uuid() == characteristic.as_u128())?;
        let own = self.ports.values.iter().find(|(which, _)| usize::from(*which) == at);
        own.map(|(_, value)| value.clone()).or_else(|| honest(characteristic))
    }
}

fn honest(characteristic: Uuid) -> Option<Vec<u8>> {
    let mut device = lumbra_wearable::Device::new(lumbra_wearable::Config::default());
    device.input(1_000, ToPeripheral::Connected { peer: "phone".to_owned(), mtu: 247 });
    device.input(1_000, ToPeripheral::Secured { security: Security::Authenticated, bonded: true });
    device.input(1_000, ToPeripheral::Read { id: 1, characteristic });
    device.take_output().into_iter().find_map(|said| match said {
        ToCentral::Value { value, .. } => Some(value),
        _ => None,
    })
}

impl KeyStore for App {
    fn load(&self) -> Result<Option<Vec<u8>>, PortError> {
        if self.ports.key_fails {
            return Err(PortError::Failed { reason: String::new() });
        }
        Ok(self.ports.key.clone())
    }

    fn save(&self, key: Vec<u8>) -> Result<(), PortError> {
        assert_eq!(key.len(), 32);
        Ok(())
    }

    fn destroy(&self) -> Result<(), PortError> {
        Ok(())
    }
}

impl WallClock for App {
    fn unix_ms(&self) -> Result<i64, PortError> {
        self.ports.unix_ms.ok_or(PortError::Unavailable { reason: String::new() })
    }

    fn utc_offset_s(&self) -> Result<i32, PortError> {
        self.ports.utc_offset_s.ok_or(PortError::Unavailable { reason: String::new() })
    }
}

impl ScanObserver for App {
    fn on_discovered(&self, _: Discovered) -> Result<(), PortError> {
        Err(PortError::Failed { reason: "thrown".to_owned() })
    }

    fn on_ended(&self) -> Result<(), PortError> {
        Ok(())
    }
}

impl Radio for App {
    fn attach(&self, sink: Arc<RadioSink>) -> Result<(), RadioError> {
        *self.sink.lock().unwrap_or_else(PoisonError::into_inner) = Some(sink);
        Ok(())
    }

    fn start_scan(&self, _: String) -> Result<(), RadioError> {
        Ok(())
    }

    fn stop_scan(&self) -> Result<(), RadioError> {
        Ok(())
    }

    fn connect(&self, _: String, _: bool) -> Result<RadioLink, RadioError> {
        let mut characteristics: Vec<RadioCharacteristic> = Endpoint::ALL
            .iter()
            .map(|endpoint| {
                let access = endpoint.access();
                RadioCharacteristic {
                    service: Uuid::from_u128(endpoint.service()).to_string(),
                    uuid: Uuid::from_u128(endpoint.uuid()).to_string(),
                    read: access.read,
                    write: access.write,
                    write_without_response: access.write_without_response,
                    notify: access.notify,
                    indicate: access.indicate,
                }
            })
            .collect();
        for (which, how) in self.ports.strange.iter().take(4) {
            let at = usize::from(*which) % characteristics.len().max(1);
            match how % 4 {
                0 => drop(characteristics.remove(at)),
                1 => characteristics.push(characteristics[at].clone()),
                2 => characteristics[at].service = self.ports.service.text(),
                _ => characteristics[at].notify = false,
            }
        }
        Ok(RadioLink { max_value_len: self.ports.max_value_len, characteristics })
    }

    fn disconnect(&self, _: String) -> Result<(), RadioError> {
        Ok(())
    }

    fn read(&self, _: String, characteristic: String) -> Result<Vec<u8>, RadioError> {
        self.value_of(&characteristic).ok_or(RadioError::Refused { att_error: 2 })
    }

    fn write(&self, _: String, _: String, value: Vec<u8>, _: bool) -> Result<(), RadioError> {
        assert!(value.len() <= 244);
        Ok(())
    }

    fn subscribe(&self, _: String, _: String) -> Result<(), RadioError> {
        Ok(())
    }

    fn remove_bond(&self, _: String) -> Result<(), RadioError> {
        Err(RadioError::Unsupported)
    }
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
    seeds
}
