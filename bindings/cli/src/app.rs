//! Opening the core as the command line wants it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lumbra::link::{BtleRadio, Radio};
use lumbra::store::FileKeyStore;
use lumbra::{Companion, Config, Device, SystemClock};

use crate::args::{Global, RadioChoice};
use crate::control::Holder;
use crate::output::{FAULT, Failure, Output};

/// How long a command waits for the wearable.
pub(crate) const REACH_WITHIN: Duration = Duration::from_secs(45);

/// What every command needs.
pub(crate) struct App {
    pub(crate) output: Output,
    pub(crate) dir: PathBuf,
    pub(crate) device: Option<String>,
    radio: RadioChoice,
}

impl App {
    pub(crate) fn new(global: Global) -> Result<Self, Failure> {
        let dir = match global.data {
            Some(dir) => dir,
            None => dirs::data_dir()
                .ok_or_else(|| Failure::usage("this platform names no data folder: say where with --data DIR"))?
                .join("lumbra"),
        };
        Ok(Self { output: Output { json: global.json }, dir, device: global.device, radio: global.radio })
    }

    /// Opens the core. A damaged database that was set aside is told at once.
    pub(crate) async fn open(&self) -> Result<Companion, Failure> {
        let companion = Companion::open(Config {
            dir: self.dir.clone(),
            keys: Box::new(FileKeyStore::new(self.dir.join("lumbra.key"))),
            radio: self.radio()?,
            clock: Arc::new(SystemClock),
        })
        .await?;
        if let Some(set_aside) = companion.set_aside() {
            let files: Vec<_> = set_aside.files.iter().map(|file| file.display().to_string()).collect();
            eprintln!(
                "lumbra: the database was damaged. It was set aside, not deleted, and a new one was begun: {}",
                files.join(", ")
            );
        }
        Ok(companion)
    }

    /// Opens the core and reaches the wearable, for one question.
    pub(crate) async fn reach(&self) -> Result<(Companion, Device), Failure> {
        let companion = self.open().await?;
        self.reach_with(companion, None).await
    }

    /// Opens the core, takes the right to hold the wearable, and reaches it.
    pub(crate) async fn reach_and_hold(&self) -> Result<(Companion, Device), Failure> {
        let companion = self.open().await?;
        let holder = Holder::take(&self.dir).await?;
        self.reach_with(companion, Some(holder)).await
    }

    async fn reach_with(&self, companion: Companion, holder: Option<Holder>) -> Result<(Companion, Device), Failure> {
        let device = companion.device(self.device.as_deref()).await?;
        if let Some(holder) = holder {
            holder.serve(device.clone());
        }
        if let Err(error) = device.connected(REACH_WITHIN).await {
            device.close().await;
            companion.close().await;
            return Err(error.into());
        }
        Ok((companion, device))
    }

    // Elsewhere sockets are refused.
    #[cfg_attr(unix, allow(clippy::unnecessary_wraps))]
    fn radio(&self) -> Result<Arc<dyn Radio>, Failure> {
        match &self.radio {
            RadioChoice::Bluetooth => Ok(Arc::new(BtleRadio::new())),
            #[cfg(unix)]
            RadioChoice::Socket(path) => {
                let bonds = self.dir.join("virtual-bonds.json");
                Ok(Arc::new(lumbra::link::SocketRadio::new(path).with_bonds_file(bonds)))
            }
            #[cfg(not(unix))]
            RadioChoice::Socket(_) => Err(Failure::usage("sockets need Linux or macOS: use bluetooth")),
        }
    }
}

/// Logs on standard error, as `LUMBRA_LOG` says; warnings otherwise.
pub(crate) fn log() -> Result<(), Failure> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("LUMBRA_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init()
        .map_err(|_| Failure::new("fault", FAULT, "the log can't be set up"))
}
