//! One life of the app: the core on its ports, the calls in flight, and those who look at what it shows.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lumbra::domain::pain::{Note, PainContext, PainScore, Place};
use lumbra::domain::red_flags;
use lumbra::domain::safety::PadCheck;
use lumbra::domain::screening::{self, Answers};
use lumbra::domain::units::{Degrees, Milliamps, Percent, Seconds, SquareCentimetres};
use lumbra::link::{InProcessRadio, PairingPrompt, PeripheralId};
use lumbra::store::{FileKeyStore, StoreHandle};
use lumbra::{Companion, Device, Error, EventKind, Snapshot, StartRequest};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::gate::Gates;
use super::log::{Answer, Identity, Log, Shown, What};
use super::mortal::{Mortal, MortalClock, MortalRadio, Tamper};
use super::moves::{StartWish, Wish};

/// No call of the core takes longer than this.
const HUNG_AFTER: Duration = Duration::from_mins(2);

/// What every life of the app begins with.
pub(crate) struct Ground<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) radio: &'a InProcessRadio,
    pub(crate) gates: &'a Gates,
    pub(crate) log: &'a Log,
    pub(crate) origin: Instant,
    pub(crate) tamper: Option<Tamper>,
}

/// The app, alive.
pub(crate) struct App {
    companion: Companion,
    device: Device,
    mortal: Mortal,
    log: Log,
    calls: Vec<JoinHandle<()>>,
    watchers: Vec<JoinHandle<()>>,
}

/// A person who reads the label.
struct Label(u32);

#[async_trait]
impl PairingPrompt for Label {
    async fn passkey(&self, _name: Option<&str>) -> Option<u32> {
        Some(self.0)
    }
}

impl App {
    /// Opens the core for the first time: the wearable is paired and the screening answered.
    pub(crate) async fn first(ground: &Ground<'_>, id: &PeripheralId, passkey: u32) -> Result<Self, Error> {
        let (companion, mortal) = open(ground).await?;
        let device = companion.pair(id, Some("Lumbra7K"), Arc::new(Label(passkey))).await?;
        companion.answer_screening(Answers::all_no().answers, false).await?;
        device.connected(Duration::from_secs(30)).await?;
        Ok(Self::with(ground, companion, device, mortal))
    }

    /// Opens the core again.
    pub(crate) async fn again(ground: &Ground<'_>) -> Result<Self, Error> {
        let (companion, mortal) = open(ground).await?;
        let device = companion.device(None).await?;
        Ok(Self::with(ground, companion, device, mortal))
    }

    fn with(ground: &Ground<'_>, companion: Companion, device: Device, mortal: Mortal) -> Self {
        let log = ground.log.clone();
        log.add(What::Opened);
        let watchers = vec![watch(&device, &log, &mortal), listen(&device, &log, &mortal)];
        Self { companion, device, mortal, log, calls: Vec::new(), watchers }
    }

    /// What is shown now.
    pub(crate) fn shown(&self) -> Snapshot {
        self.device.snapshot().borrow().clone()
    }

    /// The wearable, to wait for.
    pub(crate) const fn device(&self) -> &Device {
        &self.device
    }

    /// Its death.
    pub(crate) const fn mortal(&self) -> &Mortal {
        &self.mortal
    }

    /// Asks for something, without waiting for it. Dropped after `gives_up_ms`, if that is given.
    pub(crate) fn ask(&mut self, op: u32, wish: Wish, gives_up_ms: Option<u64>) {
        let (companion, device) = (self.companion.clone(), self.device.clone());
        let (log, mortal) = (self.log.clone(), self.mortal.clone());
        let call = tokio::spawn(async move {
            let targets = targets(&wish, &device.snapshot().borrow());
            let targets_dma = targets.as_ref().map(|targets| targets.iter().map(|target| target.tenths()).collect());
            log.add(What::Asked { op, wish: wish.clone(), targets_dma });
            let mut call = Call { op, log, mortal, answer: Answer::Gone };
            call.answer =
                timeout(HUNG_AFTER, carry_out(&companion, &device, wish, targets)).await.unwrap_or(Answer::Hung);
        });
        if let Some(ms) = gives_up_ms {
            let abort = call.abort_handle();
            tokio::spawn(async move {
                // Once for the call to be made.
                tokio::task::yield_now().await;
                if ms > 0 {
                    sleep(Duration::from_millis(ms)).await;
                }
                abort.abort();
            });
        }
        self.calls.push(call);
    }

    /// Closes it properly, when all calls have come back.
    pub(crate) async fn close(self) {
        for call in self.calls {
            // One that was dropped has said so itself.
            let _ = call.await;
        }
        self.companion.close().await;
        for watcher in self.watchers {
            let _ = watcher.await;
        }
        // A death that was to come may have come meanwhile.
        self.log.add(if self.mortal.is_dead() { What::Killed } else { What::Closed });
    }

    /// What is left of a dead app goes. `false`: its store does not end.
    pub(crate) async fn bury(self) -> bool {
        self.log.add(What::Killed);
        if let Some((held, held_for)) = self.mortal.poke() {
            tokio::spawn(async move {
                sleep(held_for).await;
                drop(held);
            });
        }
        for watcher in &self.watchers {
            watcher.abort();
        }
        // The engine falls at the next port that it touches.
        let mut snapshot = self.device.snapshot();
        let gone = async { while snapshot.changed().await.is_ok() {} };
        let gone = timeout(HUNG_AFTER, gone).await.is_ok();
        for call in &self.calls {
            call.abort();
        }
        for task in self.calls.into_iter().chain(self.watchers) {
            // It was aborted, or has fallen by itself.
            let _ = task.await;
        }
        drop((self.device, self.companion));
        gone && self.mortal.store_has_ended()
    }
}

/// A call in flight: it answers, or is gone.
struct Call {
    op: u32,
    log: Log,
    mortal: Mortal,
    answer: Answer,
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.mortal.is_dead() {
            // Whatever is left of a dead app, it says nothing more.
            return;
        }
        let answer = std::mem::replace(&mut self.answer, Answer::Gone);
        self.log.add(What::Answered { op: self.op, answer });
    }
}

async fn open(ground: &Ground<'_>) -> Result<(Companion, Mortal), Error> {
    let gate = ground.gates.another();
    let mortal = Mortal::new(gate.clone());
    StoreHandle::set_pace(Some(gate));
    let companion = Companion::open(lumbra::Config {
        dir: ground.dir.to_owned(),
        keys: Box::new(FileKeyStore::new(ground.dir.join("lumbra.key"))),
        radio: Arc::new(MortalRadio { mortal: mortal.clone(), radio: ground.radio.clone(), tamper: ground.tamper }),
        clock: Arc::new(MortalClock { mortal: mortal.clone(), origin: ground.origin }),
    })
    .await?;
    Ok((companion, mortal))
}

/// Writes down whatever is shown.
fn watch(device: &Device, log: &Log, mortal: &Mortal) -> JoinHandle<()> {
    let (mut snapshots, log, mortal) = (device.snapshot(), log.clone(), mortal.clone());
    tokio::spawn(async move {
        let mut before = None;
        loop {
            let shown = Shown::from(&*snapshots.borrow_and_update());
            if mortal.is_dead() {
                return;
            }
            if before.as_ref() != Some(&shown) {
                log.add(What::Shown(shown.clone()));
                before = Some(shown);
            }
            if snapshots.changed().await.is_err() {
                return;
            }
        }
    })
}

/// Writes down the session events that are told.
fn listen(device: &Device, log: &Log, mortal: &Mortal) -> JoinHandle<()> {
    let (mut events, log, mortal) = (device.events(), log.clone(), mortal.clone());
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            if mortal.is_dead() {
                return;
            }
            log.add(What::Told(match event.kind {
                EventKind::SessionBegun => "begun",
                EventKind::SessionPaused { .. } => "paused",
                EventKind::SessionResumed => "resumed",
                EventKind::SessionEnded { .. } => "ended",
                EventKind::SessionNotBegun => "not_begun",
                _ => continue,
            }));
        }
    })
}

/// The targets that a wish comes to, by what is shown.
fn targets(wish: &Wish, shown: &Snapshot) -> Option<Vec<Milliamps>> {
    let now_dma =
        || shown.channels.iter().map(|channel| Milliamps::from_f64(channel.target_ma).map_or(0, Milliamps::tenths));
    let targets_dma: Vec<u16> = match wish {
        Wish::Up { channel, by_dma } => now_dma()
            .enumerate()
            .map(|(index, now)| if index == *channel { now.saturating_add(*by_dma) } else { now })
            .collect(),
        Wish::Down { by_dma } => now_dma().map(|now| now.saturating_sub(*by_dma) / 5 * 5).collect(),
        Wish::Exactly(targets_dma) => targets_dma.clone(),
        _ => return None,
    };
    Some(targets_dma.into_iter().map(Milliamps::from_tenths).collect())
}

async fn carry_out(companion: &Companion, device: &Device, wish: Wish, targets: Option<Vec<Milliamps>>) -> Answer {
    let command = match wish {
        Wish::Start(wish) => start(companion, device, wish).await,
        Wish::Up { .. } | Wish::Down { .. } | Wish::Exactly(_) => {
            device.set_intensity(targets.unwrap_or_default()).await
        }
        Wish::Pause => device.pause().await,
        Wish::Resume => device.resume().await,
        Wish::Stop => device.stop().await,
        Wish::StartPosture => device.start_posture().await,
        Wish::StopPosture => device.stop_posture().await,
        Wish::Identify => device.identify().await,
        Wish::ClearFaults => device.clear_faults().await,
        Wish::Nudge => {
            device.set_nudge(true, Degrees::from_tenths(150), Seconds::new(30), Percent::saturating(40)).await
        }
        Wish::Pain { score, after } => {
            let context = if after { PainContext::AfterSession } else { PainContext::Diary };
            return match pain(companion, score, context).await {
                Ok(entry_id) => Answer::Pain(Identity(entry_id)),
                Err(error) => Answer::Not(error.kind()),
            };
        }
        Wish::FetchRecords => return done(device.fetch_records().await),
        Wish::OwnCap(cap_dma) => return done(companion.set_own_cap(cap_dma.map(Milliamps::from_tenths)).await),
        Wish::Calibrate => return done(device.calibrate().await),
        Wish::Screening { passes } => {
            let mut answers = Answers::all_no().answers;
            if !passes {
                answers.insert("saddle".to_owned(), screening::Answer::Yes);
            }
            // A clinician has looked since the emergency of before, where there was one.
            return done(companion.answer_screening(answers, passes).await);
        }
    };
    match command {
        Ok(result) => Answer::Command { outcome: result.outcome, command: Identity(result.command) },
        Err(error) => Answer::Not(error.kind()),
    }
}

fn done<T>(result: Result<T, Error>) -> Answer {
    result.map_or_else(|error| Answer::Not(error.kind()), |_| Answer::Done)
}

async fn pain(companion: &Companion, score: u8, context: PainContext) -> Result<String, Error> {
    let invalid = |error: lumbra::domain::pain::PainError| Error::Invalid(error.to_string());
    let score = PainScore::new(score).map_err(invalid)?;
    Ok(companion.add_pain(score, context, Place::LowerBack, Note::default()).await?.entry_id)
}

async fn start(companion: &Companion, device: &Device, wish: StartWish) -> Result<lumbra::CommandResult, Error> {
    let pain_before = match wish.pain_before {
        Some(score) => Some(pain(companion, score, PainContext::BeforeSession).await?),
        None => None,
    };
    // Pain by chance jumps now and then; this person has no other sign of anything.
    if companion.red_flags_due().await?.is_some() {
        let answers = red_flags::questions().map(|question| (question.id.to_owned(), screening::Answer::No)).collect();
        companion.red_flag_check(answers, false).await?;
    }
    let pads = wish.pads_dcm2.into_iter().map(|area| area.map(SquareCentimetres::from_tenths)).collect();
    let request = StartRequest {
        course: wish.programme.into(),
        duration: Seconds::new(wish.duration_s),
        grace: wish.grace_s.map(Seconds::new),
        pads,
        pad_check: PadCheck { skin_intact: wish.skin_intact, pad_uses: 3 },
        pain_before,
    };
    device.start(request).await
}
