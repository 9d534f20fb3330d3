//! The walk through everything: a virtual wearable on a virtual body, the real core, the real store. Time is
//! virtual, so a session of twenty minutes passes in a second; what is told is read from the core, the store
//! and the probe at the pads, nothing is made up.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lumbra::domain::pain::{Note, PainContext, PainScore, Place};
use lumbra::domain::safety::PadCheck;
use lumbra::domain::screening::{Answers, QUESTIONS};
use lumbra::domain::units::{Milliamps, Seconds};
use lumbra::link::{InProcessRadio, PairingPrompt, PeripheralId};
use lumbra::store::{FileKeyStore, Store};
use lumbra::{
    Companion, Config, Device, OutcomeName, PhaseName, Snapshot, StartRequest, SystemClock, WallClock, built_in,
};
use lumbra_wearable::serve::{self, WearableHandle};
use lumbra_wearable::{Config as WearableConfig, Device as Wearable, FaultPlan};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use crate::app::App;
use crate::output::{FAULT, Failure, Output, line};
use crate::{draw, text};

const SESSION_MIN: u32 = 20;

/// Wall time that follows the virtual time. It begins so far in the past that the demo ends about now.
struct DemoClock {
    from_unix_ms: i64,
    origin: Instant,
}

impl WallClock for DemoClock {
    fn unix_ms(&self) -> i64 {
        self.from_unix_ms + i64::try_from(self.origin.elapsed().as_millis()).unwrap_or(0)
    }

    fn utc_offset_s(&self) -> i32 {
        SystemClock.utc_offset_s()
    }
}

/// The person reads the label.
struct Label(u32);

#[async_trait]
impl PairingPrompt for Label {
    async fn passkey(&self, _name: Option<&str>) -> Option<u32> {
        Some(self.0)
    }
}

/// Tells the story at a pace a person can follow; at once when nobody looks.
#[derive(Clone, Copy)]
struct Story {
    output: Output,
}

impl Story {
    fn tell(self, words: &str) {
        self.output.say(words);
        self.breathe(500);
    }

    /// The runtime's clock stands still meanwhile.
    fn breathe(self, ms: u64) {
        if self.output.is_live() {
            std::thread::sleep(Duration::from_millis(ms));
        }
    }

    /// One line that is drawn over and over.
    fn progress(self, snapshot: &Snapshot) {
        use std::io::Write;
        if !self.output.is_live() {
            return;
        }
        let planned_s = snapshot.session.as_ref().map_or(1, |session| session.planned_s.max(1));
        let done = usize::try_from(snapshot.elapsed_s * 30 / planned_s).unwrap_or(0).min(30);
        let bar = format!("{}{}", "█".repeat(done), "░".repeat(30 - done));
        let figure = snapshot.posture.and_then(|posture| posture.judged).unwrap_or("");
        let mut out = std::io::stdout().lock();
        // A closed terminal is noticed when the story goes on.
        let _ = write!(out, "\r   {bar} {}  {figure:<10}", text::line(snapshot)).and_then(|()| out.flush());
        drop(out);
        self.breathe(60);
    }

    fn end_progress(self) {
        if self.output.is_live() {
            line("");
        }
    }
}

/// Runs the demo.
pub(crate) async fn run(app: &App) -> Result<(), Failure> {
    let story = Story { output: app.output };
    let dir = app.dir.join("demo");
    let keys = FileKeyStore::new(dir.join("lumbra.key"));
    // Each demo begins anew; what it erases is the demo of before.
    if dir.exists() {
        Store::erase(&dir, &keys).map_err(lumbra::Error::from)?;
    }
    let config = WearableConfig::default();
    let (name, passkey, seed) = (config.name(), config.passkey, config.seed);
    let (peripheral, wearable) = serve::spawn(Wearable::new(config), seed);
    let id = PeripheralId::new("virtual");
    let origin = Instant::now();
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let from_unix_ms = now_ms - i64::from(SESSION_MIN + 8) * 60_000;
    let companion = Companion::open(Config {
        dir,
        keys: Box::new(keys),
        radio: Arc::new(InProcessRadio::new(vec![(id.clone(), peripheral)])),
        clock: Arc::new(DemoClock { from_unix_ms, origin }),
    })
    .await?;

    story.tell("Lumbra: a virtual wearable on a virtual back. Nothing here touches your Bluetooth or your skin.\n");
    story.tell(&format!("1. Pairing. {name} is in reach; the six digits on its label are {passkey:06}."));
    let device = companion.pair(&id, Some(&name), Arc::new(Label(passkey))).await?;
    device.connected(Duration::from_secs(10)).await?;
    story.tell(&format!("   Paired: {}, encrypted and authenticated.", device.info().model));

    let result = walk(story, &companion, &device, &wearable).await;
    let told = match result {
        Ok(()) => tell_the_end(story, &companion, &device, &wearable).await,
        Err(failure) => Err(failure),
    };
    device.close().await;
    companion.close().await;
    told
}

async fn walk(story: Story, companion: &Companion, device: &Device, wearable: &WearableHandle) -> Result<(), Failure> {
    story.tell(&format!("2. Screening: {} questions that must be answered before any current flows.", QUESTIONS.len()));
    let screening = companion.answer_screening(Answers::all_no().answers, false).await?;
    story.tell(&format!("   {}", screening.advice()));

    story.tell("3. Calibration: sit upright and keep still for five seconds.");
    let neutral = device.calibrate().await?.reference.neutral;
    story.tell(&format!("   Upright is a sensor pitch of {}.", neutral.pitch));

    story.tell("4. Pain before: 6 of 10. A session of twenty minutes, conventional, starts at zero.");
    let before = companion.add_pain(score(6)?, PainContext::BeforeSession, Place::LowerBack, Note::default()).await?;
    let programme = built_in("conventional")?;
    let request = StartRequest {
        course: programme.into(),
        duration: Seconds::new(SESSION_MIN * 60),
        grace: None,
        pads: Vec::new(),
        pad_check: PadCheck { skin_intact: true, pad_uses: 3 },
        pain_before: Some(before.entry_id),
    };
    confirmed(device.start(request).await?.outcome)?;
    if let Err(error) = device.set_intensity(both(40)?).await {
        story.tell(&format!("   Asked for 40 mA at once, the envelope says: {error}."));
    }
    raise(story, device).await?;
    play(story, device, 4 * 60).await?;

    story.tell("5. A pad lifts. The wearable cuts its output and pauses; putting it back restores nothing.");
    wearable.with(|device| device.body().set_contact(1, lumbra_wearable::Contact::Off)).await;
    until(device, |snapshot| snapshot.phase == PhaseName::Paused).await?;
    let phase = text::phase(&device.snapshot().borrow());
    story.tell(&format!("   {phase}; at the pads {} mA.", flowing(wearable).await));
    wearable.with(|device| device.body().set_contact(1, lumbra_wearable::Contact::Good)).await;
    sleep(Duration::from_secs(5)).await;
    confirmed(device.resume().await?.outcome)?;
    story.tell(&format!("   Resumed by hand, from zero: at the pads {} mA.", flowing(wearable).await));
    raise(story, device).await?;
    play(story, device, 9 * 60).await?;

    story.tell("6. The body turns between phone and wearable: the link is lost for four seconds.");
    wearable.with(|device| device.go_out_of_reach(4_000)).await;
    until(device, |snapshot| snapshot.phase == PhaseName::Uncertain).await?;
    story.tell(&format!("   The app says: {}.", text::phase(&device.snapshot().borrow())));
    until(device, |snapshot| snapshot.phase == PhaseName::Running && snapshot.certain).await?;
    story.tell("   Back within the grace time: the session goes on as it was, nothing was restored.");
    play(story, device, 13 * 60).await?;

    story.tell("7. A command's answer is lost on the way.");
    wearable.set_faults(FaultPlan { lose_per_mille: 1_000, ..FaultPlan::default() });
    let lost = device.set_intensity(both(13)?).await?;
    wearable.with(|device| device.go_out_of_reach(2_000)).await;
    wearable.set_faults(FaultPlan::default());
    story.tell(&format!("   The app says: {:?}. It is not repeated; the wearable's status will tell.", lost.outcome));
    let settled = until(device, |snapshot| !snapshot.pending_unknown && snapshot.commands.unknown_settled > 0).await?;
    story.tell(&format!("   Settled: {} command was unknown, and is not any more.", settled.commands.unknown_settled));
    play(story, device, SESSION_MIN * 60).await?;
    until(device, |snapshot| snapshot.phase == PhaseName::Idle && snapshot.session.is_none()).await?;
    story.tell(&format!(
        "8. The wearable has ended the session by its own timer; at the pads {} mA.",
        flowing(wearable).await
    ));
    device.stop_posture().await?;
    device.fetch_records().await?;
    let kept = companion.records(None, 1_000).await?.len();
    let left = wearable.with(|device| device.stored_records()).await.unwrap_or_default();
    story.tell(&format!("   Its own {kept} records were fetched, stored, and only then deleted there: {left} left."));
    companion.add_pain(score(4)?, PainContext::AfterSession, Place::LowerBack, Note::default()).await?;
    story.tell("   Pain after: 4 of 10. TENS may help during and shortly after a session; Lumbra claims no more.\n");
    Ok(())
}

async fn tell_the_end(
    story: Story,
    companion: &Companion,
    device: &Device,
    wearable: &WearableHandle,
) -> Result<(), Failure> {
    let history = companion.history(1).await?;
    let session =
        history.sessions.last().ok_or_else(|| Failure::new("fault", FAULT, "the session is not in the history"))?;
    let snapshot = device.snapshot().borrow().clone();
    let true_max_ma = wearable
        .with(|device| device.probe().max_dma().iter().copied().fold(0.0, f64::max) / 10.0)
        .await
        .unwrap_or_default();
    let completed = session.outcome.as_deref() == Some("completed");
    let posture = snapshot.posture.unwrap_or_default();
    let result = json!({
        "paired": companion.devices().await?.iter().any(|paired| paired.device_id == device.info().device_id),
        "session": {
            "outcome": session.outcome,
            "elapsed_s": session.elapsed_s,
            "max_delivered_ma": session.max_delivered_ma,
            "max_at_the_pads_ma": true_max_ma,
            "limit_ma": session.limit_ma,
        },
        "link_losses_survived": if completed { snapshot.link_losses } else { 0 },
        "commands": snapshot.commands,
        "pain": { "before": session.pain_before, "after": session.pain_after },
        "posture": {
            "samples": history.posture_samples,
            "frames": history.posture_frames,
            "lost_frames": posture.lost_frames,
        },
        "database": {
            "path": companion.database_path(),
            "encrypted": companion.is_encrypted().await?,
        },
    });
    story.output.value(&result, || {
        let mut lines = vec!["The history".to_owned(), format!("  {}", text::session(session))];
        lines.extend(draw::history(&history, 78).into_iter().map(|line| format!("  {line}")));
        lines.push(format!(
            "Posture: {} samples in {} frames, {} lost. Commands: {} confirmed, {} rejected, {} unknown and settled.",
            history.posture_samples,
            history.posture_frames,
            posture.lost_frames,
            snapshot.commands.confirmed,
            snapshot.commands.rejected,
            snapshot.commands.unknown_settled,
        ));
        lines.push(format!("The data, encrypted: {}", companion.database_path().display()));
        lines.push(
            "\nNext: `lumbra --help`, or a wearable of your own: `lumbra wearable serve --socket /tmp/wearable`"
                .to_owned(),
        );
        lines.join("\n")
    });
    Ok(())
}

/// Up to 12 mA, in steps that can be felt.
async fn raise(story: Story, device: &Device) -> Result<(), Failure> {
    for step in [4, 8, 12] {
        confirmed(device.set_intensity(both(step)?).await?.outcome)?;
        sleep(Duration::from_secs(5)).await;
        story.progress(&device.snapshot().borrow());
    }
    Ok(())
}

/// Lets the session run until so many seconds of it have passed, or it is over.
async fn play(story: Story, device: &Device, elapsed_s: u32) -> Result<(), Failure> {
    loop {
        let snapshot = device.snapshot().borrow().clone();
        story.progress(&snapshot);
        match snapshot.phase {
            PhaseName::Running if snapshot.elapsed_s < elapsed_s => sleep(Duration::from_secs(10)).await,
            _ => break,
        }
    }
    story.end_progress();
    Ok(())
}

async fn until(device: &Device, wanted: impl Fn(&Snapshot) -> bool) -> Result<Snapshot, Failure> {
    let mut snapshots = device.snapshot();
    match timeout(Duration::from_mins(1), snapshots.wait_for(|snapshot| wanted(snapshot))).await {
        Ok(Ok(snapshot)) => Ok(snapshot.clone()),
        Ok(Err(_)) => Err(lumbra::Error::Closed.into()),
        Err(_) => Err(Failure::new("fault", FAULT, "the demo did not go as it should: please report this")),
    }
}

/// What flows at the pads, in mA.
async fn flowing(wearable: &WearableHandle) -> String {
    let currents = wearable.with(|device| device.probe().now_dma().to_vec()).await.unwrap_or_default();
    currents.iter().map(|dma| format!("{:.1}", dma / 10.0)).collect::<Vec<_>>().join(" and ")
}

fn both(ma: u16) -> Result<Vec<Milliamps>, Failure> {
    let target = Milliamps::from_f64(f64::from(ma)).map_err(|error| Failure::usage(error.to_string()))?;
    Ok(vec![target; 2])
}

fn score(score: u8) -> Result<PainScore, Failure> {
    PainScore::new(score).map_err(|error| Failure::usage(error.to_string()))
}

fn confirmed(outcome: OutcomeName) -> Result<(), Failure> {
    match outcome {
        OutcomeName::Confirmed => Ok(()),
        _ => Err(Failure::new("fault", FAULT, "the demo did not go as it should: please report this")),
    }
}
