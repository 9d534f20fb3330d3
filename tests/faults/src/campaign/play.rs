//! Plays a session: the whole stack in one runtime, in virtual time.

use std::path::Path;
use std::time::Duration;

use lumbra::link::{InProcessRadio, PeripheralId};
use lumbra::store::{Cap, CapOwner, FileKeyStore, Store, StoreError};
use lumbra_wearable::serve::{self, WearableHandle};
use lumbra_wearable::{Config, Contact, Device as Wearable, FaultPlan, Faults};
use tokio::time::{Instant, sleep_until, timeout};

use super::app::{App, Ground};
use super::gate::Gates;
use super::log::{Evidence, Kept, Log, What};
use super::mortal::{ORIGIN_UNIX_MS, Tamper};
use super::moves::{Act, Move, Scene, Wish};
use super::panics;

/// No session takes longer than this, in virtual time.
const LONGEST: Duration = Duration::from_hours(6);
/// Within this, a wearable that is in reach is connected: the longest wait between attempts, and some attempts.
const CONNECTED_WITHIN: Duration = Duration::from_mins(3);
/// After so long on a working link, nothing is open any more.
const SETTLED_WITHIN: Duration = Duration::from_mins(1);

/// Why a session could not be played.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlayError {
    #[error("no runtime, or no place for its data: {0}")]
    Io(#[from] std::io::Error),
    #[error("the core could not be opened: {0}")]
    Core(#[from] lumbra::Error),
    #[error("the database could not be opened: {0}")]
    Store(#[from] StoreError),
    #[error("the wearable is not served any more")]
    NoWearable,
    #[error("the session did not come to its end within six hours")]
    Endless,
    #[error("a dead app's store was not closed")]
    Undead,
}

/// Plays a scene and gives all that is known of it.
pub(crate) fn play(scene: &Scene, tamper: Option<Tamper>) -> Result<Evidence, PlayError> {
    let dir = tempfile::tempdir_in(place())?;
    let gates = Gates::default();
    let at_rest = gates.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .on_thread_park(move || at_rest.step())
        .build()?;
    drop(panics::take());
    runtime.spawn(gates.clone().keep_going());
    let played = runtime.block_on(async {
        match timeout(LONGEST, run(scene, dir.path(), &gates, tamper)).await {
            Ok(played) => played,
            Err(_) => Err(PlayError::Endless),
        }
    });
    gates.free();
    drop(runtime);
    let mut evidence = played?;
    evidence.panics = panics::take();
    evidence.kept = kept(dir.path(), evidence.end_ms)?;
    Ok(evidence)
}

/// Memory where there is a place in it: what a disk does to a store is tested elsewhere.
fn place() -> std::path::PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

async fn run(scene: &Scene, dir: &Path, gates: &Gates, tamper: Option<Tamper>) -> Result<Evidence, PlayError> {
    let config = Config { seed: scene.seed, ..Config::default() };
    let (passkey, capabilities) = (config.passkey, config.capabilities);
    let (peripheral, wearable) = serve::spawn(Wearable::new(config), scene.seed);
    let origin = Instant::now();
    let id = PeripheralId::new("virtual");
    let radio = InProcessRadio::new(vec![(id.clone(), peripheral)]);
    let log = Log::new(origin);
    set_clinician_cap(dir, scene.clinician_cap_dma)?;
    wearable.with(|device| device.probe().record()).await.ok_or(PlayError::NoWearable)?;
    let ground = Ground { dir, radio: &radio, gates, log: &log, origin, tamper };
    let app = App::first(&ground, &id, passkey).await?;
    let mut stage = Stage { ground, wearable: &wearable, app: Some(app), back_at: None, back_ms: 0, ops: 0 };
    stage.air(scene.clear_air());
    for one in &scene.moves {
        stage.make(one).await?;
    }
    stage.finish(scene).await?;
    let (flows, turns, taken, stimulated_ms) = wearable
        .with(|device| {
            let probe = device.probe();
            (probe.take_history(), probe.take_turns(), probe.take_taken(), probe.stimulated_ms())
        })
        .await
        .ok_or(PlayError::NoWearable)?;
    Ok(Evidence {
        entries: log.take(),
        flows,
        turns,
        taken,
        stimulated_ms,
        device_max_dma: capabilities.max_current_dma,
        device_max_charge_duc: capabilities.max_charge_duc,
        clinician_cap_dma: scene.clinician_cap_dma,
        trip_ms: scene.trip_ms,
        end_ms: log.now_ms(),
        kept: Kept::default(),
        panics: Vec::new(),
    })
}

/// A clinician sets the cap before the person has the app in hand.
fn set_clinician_cap(dir: &Path, limit_dma: Option<u16>) -> Result<(), StoreError> {
    if limit_dma.is_none() {
        return Ok(());
    }
    let (mut store, _) = Store::open(dir, &FileKeyStore::new(dir.join("lumbra.key")))?;
    store.set_cap(&Cap {
        owner: CapOwner::Clinician,
        set_by: "clinic".to_owned(),
        device_id: None,
        channel: 0,
        limit_dma,
        set_at_ms: ORIGIN_UNIX_MS,
    })
}

/// What the database holds.
fn kept(dir: &Path, end_ms: u64) -> Result<Kept, StoreError> {
    let (store, set_aside) = Store::open(dir, &FileKeyStore::new(dir.join("lumbra.key")))?;
    let to_ms = ORIGIN_UNIX_MS.saturating_add(i64::try_from(end_ms).unwrap_or(i64::MAX)).saturating_add(1);
    let (mut open_commands, mut records) = (0, Vec::new());
    for device in store.devices(true)? {
        let kept = store.records(&device.device_id, 0, u32::MAX)?;
        records.extend(kept.into_iter().map(|record| record.number));
        open_commands += store.open_intents(&device.device_id)?.len();
    }
    Ok(Kept {
        commands: store.commands_between(0, to_ms)?,
        open_commands,
        sessions: store.sessions_between(0, to_ms)?,
        pain: store.pain_between(0, to_ms)?,
        posture: store.posture_counts(0)?,
        records,
        stimulated_s: store.stimulated_s_since(0)?,
        set_aside: set_aside.is_some(),
    })
}

/// Everybody who has a part.
struct Stage<'a> {
    ground: Ground<'a>,
    wearable: &'a WearableHandle,
    app: Option<App>,
    /// When the person opens the app again.
    back_at: Option<Instant>,
    /// How long that takes after a death.
    back_ms: u64,
    ops: u32,
}

impl Stage<'_> {
    async fn make(&mut self, one: &Move) -> Result<(), PlayError> {
        self.wait(Duration::from_millis(one.after_ms)).await?;
        self.ground.log.add(What::Moved(one.act.clone()));
        match one.act.clone() {
            Act::Person { wish, gives_up_ms } => {
                self.ops += 1;
                if let Some(app) = &mut self.app {
                    app.ask(self.ops, wish, gives_up_ms);
                }
                // The call is made before anything else happens.
                tokio::task::yield_now().await;
            }
            Act::Air(plan) => self.air(plan),
            Act::Lie(lie) => {
                self.device(move |device| device.lie(lie)).await?;
                self.ground.log.add(What::Lying(lie));
            }
            Act::Babble(every_ms) => self.device(move |device| device.babble(every_ms)).await?,
            Act::Kill { touches, held_ms, back_ms } => {
                self.back_ms = back_ms;
                if let Some(app) = &self.app {
                    app.mortal().doom(touches, Duration::from_millis(held_ms));
                }
            }
            Act::Reopen { back_ms } => {
                if let Some(app) = self.app.take() {
                    self.close(app, back_ms).await?;
                }
            }
            Act::Cut => self.device(Wearable::cut_link).await?,
            Act::Away(ms) => self.device(move |device| device.go_out_of_reach(ms)).await?,
            Act::Reboot => self.device(Wearable::reboot).await?,
            Act::Button => self.device(|device| device.press_button(100)).await?,
            Act::Pads(channel, contact) => {
                self.device(move |device| device.body().set_contact(channel, contact)).await?;
            }
            Act::Battery(percent) => self.device(move |device| device.set_battery(percent.into())).await?,
            Act::Causes(causes) => self.device(move |device| device.set_fault_causes(causes)).await?,
            Act::Rest => {}
        }
        self.bury_if_dead().await
    }

    /// Puts everything right, and gives it time to settle; then the person stops what still runs. A wearable that babbles goes on: nothing
    /// depends on its silence.
    async fn finish(&mut self, scene: &Scene) -> Result<(), PlayError> {
        self.ground.log.add(What::Over);
        self.device(|device| {
            device.lie(None);
            device.set_fault_causes(Faults::default());
            device.body().set_contact(0, Contact::Good);
            device.body().set_contact(1, Contact::Good);
        })
        .await?;
        self.ground.log.add(What::Lying(None));
        self.air(scene.clear_air());
        if let Some(app) = &self.app {
            app.mortal().spare();
        }
        if let Some(at) = self.back_at {
            self.wait(at.saturating_duration_since(Instant::now()) + Duration::from_millis(1)).await?;
        }
        let Some(app) = &mut self.app else { return Err(PlayError::NoWearable) };
        let linked = app.device().connected(CONNECTED_WITHIN).await.is_ok();
        tokio::time::sleep(SETTLED_WITHIN).await;
        let shown = app.shown();
        let open = shown.pending.is_some() || shown.pending_unknown || shown.phase == lumbra::PhaseName::Uncertain;
        self.ground.log.add(What::Settled { linked, open });
        for wish in [Wish::Stop, Wish::FetchRecords] {
            self.ops += 1;
            app.ask(self.ops, wish, None);
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
        if let Some(app) = self.app.take() {
            app.close().await;
        }
        Ok(())
    }

    /// Lets time pass; meanwhile the app may die, and be opened again.
    async fn wait(&mut self, time: Duration) -> Result<(), PlayError> {
        let until = Instant::now() + time;
        loop {
            let back_at = self.back_at;
            tokio::select! {
                biased;
                () = death(self.app.as_ref()) => {}
                () = back(back_at) => self.open().await?,
                () = sleep_until(until) => return Ok(()),
            }
            self.bury_if_dead().await?;
        }
    }

    async fn bury_if_dead(&mut self) -> Result<(), PlayError> {
        if let Some(app) = self.app.take_if(|app| app.mortal().is_dead()) {
            let buried = app.bury().await;
            self.back_at = Some(Instant::now() + Duration::from_millis(self.back_ms));
            if !buried {
                return Err(PlayError::Undead);
            }
        }
        Ok(())
    }

    async fn close(&mut self, app: App, back_ms: u64) -> Result<(), PlayError> {
        let mortal = app.mortal().clone();
        app.close().await;
        self.back_at = Some(Instant::now() + Duration::from_millis(back_ms));
        if mortal.store_has_ended() { Ok(()) } else { Err(PlayError::Undead) }
    }

    async fn open(&mut self) -> Result<(), PlayError> {
        self.back_at = None;
        self.app = Some(App::again(&self.ground).await?);
        Ok(())
    }

    fn air(&self, plan: FaultPlan) {
        self.wearable.set_faults(plan);
        self.ground.log.add(What::Air(plan));
    }

    async fn device(&self, work: impl FnOnce(&mut Wearable) + Send + 'static) -> Result<(), PlayError> {
        self.wearable.with(work).await.ok_or(PlayError::NoWearable)
    }
}

async fn death(app: Option<&App>) {
    match app {
        Some(app) => app.mortal().died().await,
        None => std::future::pending().await,
    }
}

async fn back(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
