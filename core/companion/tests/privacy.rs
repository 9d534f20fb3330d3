//! What is nobody else's business stands in the encrypted database and in the export that a person asks for, and nowhere else: not in
//! the log, however talkative, not in errors, not in the texts of panics, not in files or their names.
// In a test file a failure is a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use lumbra::domain::pain::{Note, PainContext, PainScore, Place};
use lumbra::domain::screening::Answers;
use lumbra::link::{InProcessRadio, PairingPrompt, PeripheralId};
use lumbra::store::{FileKeyStore, Passphrase};
use lumbra::{Companion, WallClock};
use lumbra_protocol::Contact;
use lumbra_wearable::{Config, Device as Wearable, Lie, serve};
use support::{Label, PASSKEY, VirtualClock, World, ma, request, seconds};
use tokio::time::Instant;

const NOTE: &str = "Xylophonquark since the fall";
const SERIAL: &str = "SERIAL-7f3a9c";
const NAME: &str = "Gundula's belt";
const ADDRESS: &str = "C0:FF:EE:12:34:56";
const PLACE: &str = "lower-back";
const PROGRAMME: &str = "conventional";

/// A log that is kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn add(&self, text: impl std::fmt::Debug + std::fmt::Display) {
        writeln!(self.clone(), "{text} {text:?}").unwrap();
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

/// A clock of an app that fails in the middle of a call.
struct Breaking {
    clock: VirtualClock,
    broken: AtomicBool,
}

impl WallClock for Breaking {
    fn unix_ms(&self) -> i64 {
        self.clock.unix_ms()
    }

    fn utc_offset_s(&self) -> i32 {
        assert!(!self.broken.load(Ordering::Relaxed), "the app's clock broke");
        self.clock.utc_offset_s()
    }
}

struct BreakingPrompt;

#[async_trait]
impl PairingPrompt for BreakingPrompt {
    async fn passkey(&self, _name: Option<&str>) -> Option<u32> {
        panic!("the app's prompt broke")
    }
}

/// What of it is in these bytes, as UTF-8 or as UTF-16, in whatever case.
fn found_in(bytes: &[u8]) -> Vec<&'static str> {
    let lower = bytes.to_ascii_lowercase();
    let holds = |needle: &[u8]| lower.windows(needle.len()).any(|window| window == needle);
    let there = |marker: &&str| {
        let marker = marker.to_lowercase();
        holds(marker.as_bytes()) || holds(&marker.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
    };
    [NOTE, SERIAL, NAME, ADDRESS, PLACE, PROGRAMME].into_iter().filter(there).collect()
}

/// Every file with its name; gives how many bytes there were.
fn assert_files_show_nothing(dir: &Path) -> usize {
    let mut seen = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        assert_eq!(found_in(&bytes), Vec::<&str>::new(), "in {}", path.display());
        assert_eq!(found_in(path.file_name().unwrap().as_encoded_bytes()), Vec::<&str>::new());
        seen += bytes.len();
    }
    seen
}

async fn add_pain(companion: &Companion) -> Result<(), lumbra::Error> {
    let (score, note) = (PainScore::new(6).unwrap(), Note::new(NOTE).unwrap());
    companion.add_pain(score, PainContext::Diary, Place::LowerBack, note).await.map(|_| ())
}

fn world() -> World {
    let config = Config { serial: SERIAL.into(), ..Config::default() };
    let seed = config.seed;
    let (peripheral, wearable) = serve::spawn(Wearable::new(config), seed);
    let id = PeripheralId::new(ADDRESS);
    let radio = InProcessRadio::new(vec![(id.clone(), peripheral)]);
    World { radio, wearable, id, origin: Instant::now(), dir: tempfile::tempdir().unwrap() }
}

#[tokio::test(start_paused = true)]
async fn nothing_personal_is_written_anywhere_else() {
    let told = Kept::default();
    let log = told.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
    tracing::subscriber::set_global_default(subscriber.with_writer(move || log.clone()).finish()).unwrap();
    let panics = told.clone();
    let as_before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        writeln!(panics.clone(), "{panic}").unwrap();
        as_before(panic);
    }));

    let world = world();
    let clock = Arc::new(Breaking {
        clock: VirtualClock { origin: world.origin, ahead_ms: Arc::default() },
        broken: AtomicBool::new(false),
    });
    let companion = Companion::open(lumbra::Config {
        dir: world.dir.path().to_owned(),
        keys: Box::new(FileKeyStore::new(world.dir.path().join("lumbra.key"))),
        radio: Arc::new(world.radio.clone()),
        clock: Arc::clone(&clock) as Arc<dyn WallClock>,
    })
    .await
    .unwrap();

    // Pairing that fails, that panics in the app's code, and that succeeds.
    told.add(companion.pair(&world.id, Some(NAME), Arc::new(Label(PASSKEY + 1))).await.err().unwrap());
    let (core, id) = (companion.clone(), world.id.clone());
    let paired = tokio::spawn(async move { core.pair(&id, Some(NAME), Arc::new(BreakingPrompt)).await.map(|_| ()) });
    match paired.await {
        Ok(refused) => told.add(refused.unwrap_err()),
        Err(panicked) => told.add(panicked),
    }
    let device = companion.pair(&world.id, Some(NAME), Arc::new(Label(PASSKEY))).await.unwrap();
    companion.answer_screening(Answers::all_no().answers, false).await.unwrap();
    device.connected(Duration::from_secs(5)).await.unwrap();

    // A session with everything going wrong, and pain beside it; once the app's clock breaks in the middle.
    add_pain(&companion).await.unwrap();
    clock.broken.store(true, Ordering::Relaxed);
    let core = companion.clone();
    told.add(tokio::spawn(async move { add_pain(&core).await }).await.unwrap_err());
    clock.broken.store(false, Ordering::Relaxed);
    device.start(request(PROGRAMME, 20)).await.unwrap();
    device.set_intensity(ma(&[5.0, 5.0])).await.unwrap();
    told.add(device.set_intensity(ma(&[59.0, 59.0])).await.unwrap_err());
    seconds(6).await;
    world.wearable.with(|device| device.go_out_of_reach(40_000)).await;
    seconds(90).await;
    world.wearable.with(|device| device.body().set_contact(1, Contact::Off)).await;
    world.wearable.with(|device| device.lie(Some(Lie::Frozen))).await;
    seconds(30).await;
    world.wearable.with(Wearable::reboot).await;
    seconds(30).await;
    told.add(companion.device(Some("no such")).await.err().unwrap());

    // A backup is as mute as the database.
    let words = Passphrase::new("kettle orbit velvet eleven".to_owned()).unwrap();
    companion.back_up(&world.dir.path().join("backup"), words).await.unwrap();
    assert!(assert_files_show_nothing(world.dir.path()) > 50_000, "the files hold the data");
    // What is looked for can be found: in the export, which is for the person, in clear.
    let own_copy = tempfile::tempdir().unwrap();
    let file = own_copy.path().join("export.json");
    companion.export(&file).await.unwrap();
    assert_eq!(found_in(&fs::read(&file).unwrap()), [NOTE, SERIAL, NAME, PLACE, PROGRAMME]);
    companion.close().await;
    assert!(assert_files_show_nothing(world.dir.path()) > 50_000);

    // A store that can't be opened tells no more.
    fs::write(world.dir.path().join("lumbra.key"), [7; 32]).unwrap();
    let reopened = Companion::open(lumbra::Config {
        dir: world.dir.path().to_owned(),
        keys: Box::new(FileKeyStore::new(world.dir.path().join("lumbra.key"))),
        radio: Arc::new(world.radio.clone()),
        clock,
    });
    told.add(reopened.await.err().unwrap());

    let text = told.bytes();
    let said = String::from_utf8_lossy(&text);
    for expected in ["DEBUG", "the app's clock broke", "the app's prompt broke"] {
        assert!(said.contains(expected), "{expected} was caught:\n{said}");
    }
    assert_eq!(found_in(&text), Vec::<&str>::new(), "in what was told:\n{said}");
}
