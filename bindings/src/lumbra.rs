//! The core, opened.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lumbra::domain::pain::{Note, PainScore, Place};
use lumbra::domain::units::Milliamps;
use lumbra::link::{BtleRadio, PeripheralId};
use lumbra::store::FileKeyStore;
use lumbra::{ClinicSignIn, Companion, Config, SystemClock};

use crate::cancel::{CancelHandle, unless_cancelled};
use crate::chart::{Chart, ChartMetric};
use crate::demo::VirtualWearable;
use crate::device::Device;
use crate::diary::{CommandEntry, DeviceInfo, ExportSummary, History, PainContext, PainEntry, RecordEntry, all};
use crate::error::LumbraError;
use crate::http::{ForeignHttp, Http};
use crate::live::Live;
use crate::observe::{self, ScanObserver, Subscription};
use crate::ports::{ForeignClock, ForeignKeys, ForeignPrompt, KeyStore, PasskeyPrompt, WallClock};
use crate::radio::{self, Radio};
use crate::runtime::Clockwork;
use crate::screening::{ScreeningAnswer, ScreeningOutcome};

/// The core, opened: finds and pairs wearables, keeps the diary. An app opens one, and shuts it down when it ends.
///
/// It is called `Companion` in Rust, which in Kotlin is a word of the language.
#[derive(uniffi::Object)]
pub struct Lumbra {
    core: Arc<Core>,
    pub(crate) clockwork: Clockwork,
    set_aside: Vec<String>,
    data_dir: String,
    /// The way to the network, where the app has brought one.
    pub(crate) http: Option<Arc<dyn lumbra::sync::http::Http>>,
    /// The sign-in that waits for the browser: the one begun last.
    pub(crate) signing_in: Mutex<Option<ClinicSignIn>>,
    _live: Live,
}

/// The open core, shared with its devices: shut down, it is closed for all of them.
pub(crate) struct Core(Mutex<Option<Companion>>);

impl Core {
    pub(crate) fn open(&self) -> Result<Companion, LumbraError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(LumbraError::Closed)
    }

    fn take(&self) -> Option<Companion> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[uniffi::export]
impl Lumbra {
    /// Opens the core in a folder of its own, which is made if it isn't there. Every absent port is the desktop's: a key
    /// file beside the data, the system's clock, Bluetooth of this machine. Without `http` all works but the way to a clinic.
    #[uniffi::constructor(default(keys = None, clock = None, radio = None, http = None))]
    pub async fn open(
        data_dir: String,
        keys: Option<Arc<dyn KeyStore>>,
        clock: Option<Arc<dyn WallClock>>,
        radio: Option<Arc<dyn Radio>>,
        http: Option<Arc<dyn Http>>,
    ) -> Result<Arc<Self>, LumbraError> {
        let dir = path(&data_dir)?;
        let config = Config {
            keys: match keys {
                Some(keys) => Box::new(ForeignKeys(keys)),
                None => Box::new(FileKeyStore::new(dir.join("lumbra.key"))),
            },
            dir,
            radio: match radio {
                Some(radio) => Arc::new(radio::over(radio)?),
                None => Arc::new(BtleRadio::new()),
            },
            clock: match clock {
                Some(clock) => Arc::new(ForeignClock(clock)),
                None => Arc::new(SystemClock),
            },
        };
        Self::open_with(config, http, Clockwork::Real).await
    }

    /// Opens the core on a virtual wearable: for a demo mode, and for tests. All else is as with a real one.
    #[uniffi::constructor(default(http = None))]
    pub async fn open_demo(
        data_dir: String,
        wearable: Arc<VirtualWearable>,
        http: Option<Arc<dyn Http>>,
    ) -> Result<Arc<Self>, LumbraError> {
        let dir = path(&data_dir)?;
        let config = Config {
            keys: Box::new(FileKeyStore::new(dir.join("lumbra.key"))),
            dir,
            radio: wearable.radio(),
            clock: wearable.clock(),
        };
        Self::open_with(config, http, wearable.clockwork.clone()).await
    }

    /// The files of a damaged database that was set aside when this was opened: tell the person. Empty when all was well.
    pub fn set_aside(&self) -> Vec<String> {
        self.set_aside.clone()
    }

    /// Where the data lies.
    pub fn data_dir(&self) -> String {
        self.data_dir.clone()
    }

    /// Looks for wearables until the subscription is cancelled or dropped.
    pub async fn scan(&self, observer: Arc<dyn ScanObserver>) -> Result<Arc<Subscription>, LumbraError> {
        let found = self.run(|companion| async move { companion.scan().await }).await?;
        observe::scan(&self.clockwork, found, observer)
    }

    /// Pairs with a wearable that is in pairing mode, by the id that a scan told, and keeps the link open. Cancelled, no
    /// link is left behind.
    #[uniffi::method(default(name = None, cancel = None))]
    pub async fn pair(
        &self,
        id: String,
        prompt: Arc<dyn PasskeyPrompt>,
        name: Option<String>,
        cancel: Option<Arc<CancelHandle>>,
    ) -> Result<Arc<Device>, LumbraError> {
        let prompt = Arc::new(ForeignPrompt(prompt));
        let paired = self
            .run_until(cancel, |companion| async move {
                companion.pair(&PeripheralId::new(id), name.as_deref(), prompt).await
            })
            .await?;
        Ok(self.in_hand(paired))
    }

    /// The paired wearables.
    pub async fn devices(&self) -> Result<Vec<DeviceInfo>, LumbraError> {
        self.run(|companion| async move { companion.devices().await }).await.map(all)
    }

    /// A paired wearable, by its identity, its name, or the only one there is. It is connected to from now on, whenever
    /// it is in reach; its snapshot tells.
    #[uniffi::method(default(which = None))]
    pub async fn device(&self, which: Option<String>) -> Result<Arc<Device>, LumbraError> {
        let device = self.run(|companion| async move { companion.device(which.as_deref()).await }).await?;
        Ok(self.in_hand(device))
    }

    /// The same, and waits for the link. When it does not come in time, or this is cancelled, the attempt ends too.
    #[uniffi::method(default(which = None, within_ms = 45000, cancel = None))]
    pub async fn connect(
        &self,
        which: Option<String>,
        within_ms: u64,
        cancel: Option<Arc<CancelHandle>>,
    ) -> Result<Arc<Device>, LumbraError> {
        let connected = self
            .run_until(cancel, |companion| async move {
                companion.connect_for(which.as_deref(), Duration::from_millis(within_ms)).await
            })
            .await?;
        Ok(Device::handed_over(Arc::clone(&self.core), connected, self.clockwork.clone()))
    }

    /// Forgets a wearable and its bond; the history stays. Gives a note for the person when the bond must be removed by
    /// hand, in the system's settings.
    #[uniffi::method(default(which = None))]
    pub async fn forget(&self, which: Option<String>) -> Result<Option<String>, LumbraError> {
        self.run(|companion| async move { companion.forget(which.as_deref()).await }).await
    }

    /// Keeps the answers of a screening and says what they come to. `clinician_agreed`: a clinician has agreed to
    /// stimulation in spite of an answer for which that is enough.
    #[uniffi::method(default(clinician_agreed = false))]
    pub async fn answer_screening(
        &self,
        answers: HashMap<String, ScreeningAnswer>,
        clinician_agreed: bool,
    ) -> Result<ScreeningOutcome, LumbraError> {
        let answers: BTreeMap<_, _> = answers.into_iter().map(|(id, answer)| (id, answer.into())).collect();
        self.run(|companion| async move { companion.answer_screening(answers, clinician_agreed).await })
            .await
            .map(Into::into)
    }

    /// What the newest screening comes to.
    pub async fn screening(&self) -> Result<ScreeningOutcome, LumbraError> {
        self.run(|companion| async move { companion.screening().await }).await.map(Into::into)
    }

    /// Sets the person's own cap in mA, for all wearables; nothing lifts it.
    pub async fn set_own_cap(&self, limit_ma: Option<f64>) -> Result<(), LumbraError> {
        let limit = limit_ma.map(Milliamps::from_f64).transpose().map_err(LumbraError::invalid)?;
        self.run(|companion| async move { companion.set_own_cap(limit).await }).await
    }

    /// Keeps a pain entry, 0 to 10. One made just after a session is tied to the newest session.
    #[uniffi::method(default(place = "lower-back", note = ""))]
    pub async fn add_pain(
        &self,
        score: u8,
        context: PainContext,
        place: String,
        note: String,
    ) -> Result<PainEntry, LumbraError> {
        let score = PainScore::new(score).map_err(LumbraError::invalid)?;
        let place = Place::parse(&place).map_err(LumbraError::invalid)?;
        let note = Note::new(&note).map_err(LumbraError::invalid)?;
        self.run(|companion| async move { companion.add_pain(score, context.into(), place, note).await })
            .await
            .map(Into::into)
    }

    /// The history of the last `days` days.
    pub async fn history(&self, days: u32) -> Result<History, LumbraError> {
        self.run(|companion| async move { companion.history(days).await }).await.map(Into::into)
    }

    /// The newest `count` records that were fetched from a wearable, oldest first.
    pub async fn records(&self, which: Option<String>, count: u32) -> Result<Vec<RecordEntry>, LumbraError> {
        self.run(|companion| async move { companion.records(which.as_deref(), count).await }).await.map(all)
    }

    /// Every command of the last `days` days with its outcome, oldest first.
    pub async fn commands(&self, days: u32) -> Result<Vec<CommandEntry>, LumbraError> {
        self.run(|companion| async move { companion.commands(days).await }).await.map(all)
    }

    /// The last `days` days of a metric, a value a day.
    pub async fn chart(&self, metric: ChartMetric, days: u32) -> Result<Chart, LumbraError> {
        self.run(|companion| async move { companion.chart(metric.into(), days).await }).await.map(Into::into)
    }

    /// Writes everything that is known to a file, in clear, for the person to keep. What connected wearables still hold is
    /// fetched first. Cancelled, it ends the transfer and leaves no file.
    #[uniffi::method(default(cancel = None))]
    pub async fn export(&self, file: String, cancel: Option<Arc<CancelHandle>>) -> Result<ExportSummary, LumbraError> {
        let file = path(&file)?;
        self.run_until(cancel, |companion| async move { companion.export(&file).await }).await.map(Into::into)
    }

    /// Closes every link and the data; what was asked before is done first. A session that runs is left to the wearable,
    /// which pauses it after its grace time. Everything fails as closed afterwards; shutting down again does nothing.
    pub async fn shut_down(&self) -> Result<(), LumbraError> {
        let Some(companion) = self.core.take() else { return Ok(()) };
        self.clockwork.run_to_end(async move { companion.close().await }).await
    }
}

impl Lumbra {
    async fn open_with(
        config: Config,
        http: Option<Arc<dyn Http>>,
        clockwork: Clockwork,
    ) -> Result<Arc<Self>, LumbraError> {
        let data_dir = config.dir.display().to_string();
        let companion = clockwork.run(async move { Ok(Companion::open(config).await?) }).await?;
        let set_aside = companion
            .set_aside()
            .map_or_else(Vec::new, |set_aside| set_aside.files.iter().map(|file| file.display().to_string()).collect());
        let core = Arc::new(Core(Mutex::new(Some(companion))));
        let http = http.map(|http| Arc::new(ForeignHttp(http)) as Arc<dyn lumbra::sync::http::Http>);
        let signing_in = Mutex::default();
        Ok(Arc::new(Self { core, clockwork, set_aside, data_dir, http, signing_in, _live: Live::new() }))
    }

    /// Does something with the open core; dropped in the middle, it is dropped there too.
    pub(crate) async fn run<T, F>(&self, work: impl FnOnce(Companion) -> F) -> Result<T, LumbraError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, lumbra::Error>> + Send + 'static,
    {
        self.run_until(None, work).await
    }

    /// The same, until it is cancelled.
    pub(crate) async fn run_until<T, F>(
        &self,
        cancel: Option<Arc<CancelHandle>>,
        work: impl FnOnce(Companion) -> F,
    ) -> Result<T, LumbraError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, lumbra::Error>> + Send + 'static,
    {
        let work = work(self.core.open()?);
        self.clockwork.run(unless_cancelled(cancel, work)).await
    }

    fn in_hand(&self, device: lumbra::Device) -> Arc<Device> {
        Device::new(Arc::clone(&self.core), device, self.clockwork.clone())
    }
}

impl Drop for Lumbra {
    fn drop(&mut self) {
        let Some(companion) = self.core.take() else { return };
        // A handle that was left to the garbage collector: links are cut and the data is closed all the same.
        self.clockwork.finish(async move { companion.close().await });
    }
}

pub(crate) fn path(text: &str) -> Result<PathBuf, LumbraError> {
    // An empty path would mean the folder the process happens to be in; no system takes a zero byte.
    if text.is_empty() || text.contains('\0') {
        return Err(LumbraError::invalid("a path is needed, without zero bytes in it"));
    }
    Ok(PathBuf::from(text))
}
