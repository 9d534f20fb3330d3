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
use crate::turn::Turn;

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
            keys: Box::new(self.keys()),
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

    /// Where the database's key lies.
    pub(crate) fn keys(&self) -> FileKeyStore {
        FileKeyStore::new(self.dir.join("lumbra.key"))
    }

    /// Opens the core, takes the right to hold the wearable, and reaches it.
    pub(crate) async fn reach_and_hold(&self) -> Result<(Companion, Device), Failure> {
        let companion = self.open().await?;
        let holder = Holder::take(&self.dir).await?;
        // A command that was there before must end first: it would cut the link.
        let turn = Turn::take(&self.dir).await?;
        let device = companion.device(self.device.as_deref()).await?;
        holder.serve(device.clone(), turn);
        match self.connected(device).await {
            Ok(device) => Ok((companion, device)),
            Err(failure) => {
                companion.close().await;
                Err(failure)
            }
        }
    }

    /// Reaches the wearable, in this process's turn.
    pub(crate) async fn reach(&self, companion: &Companion, _turn: &Turn) -> Result<Device, Failure> {
        self.connected(companion.device(self.device.as_deref()).await?).await
    }

    async fn connected(&self, device: Device) -> Result<Device, Failure> {
        if let Err(error) = device.connected(REACH_WITHIN).await {
            device.close().await;
            return Err(error.into());
        }
        Ok(device)
    }

    // Elsewhere sockets are refused.
    #[cfg_attr(unix, allow(clippy::unnecessary_wraps))]
    fn radio(&self) -> Result<Arc<dyn Radio>, Failure> {
        match &self.radio {
            RadioChoice::Bluetooth(None) => Ok(Arc::new(BtleRadio::new())),
            RadioChoice::Bluetooth(Some(adapter)) => Ok(Arc::new(BtleRadio::on_adapter(adapter))),
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
