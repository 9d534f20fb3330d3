//! The least that the bindings' dependencies come to: each is used once, as the core uses it.

use std::sync::OnceLock;

use btleplug::api::{Central, Manager as _, Peripheral as _, ScanFilter};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use sha2::Digest;
use tokio::runtime::Runtime;
use tracing_subscriber::layer::SubscriberExt;

uniffi::setup_scaffolding!();

#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum Failure {
    #[error("{reason}")]
    Failed { reason: String },
}

fn failed(error: impl ToString) -> Failure {
    Failure::Failed { reason: error.to_string() }
}

#[derive(Serialize, Deserialize, uniffi::Record)]
pub struct Found {
    pub name: String,
    pub values: Vec<u8>,
}

#[uniffi::export(foreign)]
pub trait Observer: Send + Sync {
    fn on_found(&self, found: Found);
}

fn runtime() -> Result<&'static Runtime, Failure> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    RUNTIME
        .get_or_init(|| tokio::runtime::Builder::new_multi_thread().enable_all().build().ok())
        .as_ref()
        .ok_or_else(|| failed("no threads"))
}

#[uniffi::export]
pub async fn scan(observer: std::sync::Arc<dyn Observer>) -> Result<(), Failure> {
    let scanning = runtime()?.spawn(async move {
        let manager = btleplug::platform::Manager::new().await.map_err(failed)?;
        let adapter = manager.adapters().await.map_err(failed)?.into_iter().next().ok_or_else(|| failed("none"))?;
        let mut events = adapter.events().await.map_err(failed)?;
        adapter.start_scan(ScanFilter::default()).await.map_err(failed)?;
        while let Some(event) = events.next().await {
            tracing::debug!(?event, "seen");
            for peripheral in adapter.peripherals().await.map_err(failed)? {
                peripheral.connect().await.map_err(failed)?;
                peripheral.discover_services().await.map_err(failed)?;
                for characteristic in peripheral.characteristics() {
                    let values = peripheral.read(&characteristic).await.map_err(failed)?;
                    observer.on_found(Found { name: uuid::Uuid::new_v4().to_string(), values });
                }
                peripheral.disconnect().await.map_err(failed)?;
            }
        }
        Ok(())
    });
    scanning.await.map_err(failed)?
}

#[cfg(target_os = "linux")]
#[uniffi::export]
pub async fn agent() -> Result<(), Failure> {
    let asking = runtime()?.spawn(async {
        let bus = zbus::Connection::system().await.map_err(failed)?;
        bus.call_method(Some("org.bluez"), "/", Some("org.freedesktop.DBus.Peer"), "Ping", &()).await.map_err(failed)?;
        Ok(())
    });
    asking.await.map_err(failed)?
}

#[uniffi::export]
pub fn keep(file: String, found: Found) -> Result<Vec<Found>, Failure> {
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(None::<Quiet>));
    let database = rusqlite::Connection::open(file).map_err(failed)?;
    database.execute_batch("CREATE TABLE IF NOT EXISTS found (at TEXT, json TEXT, digest BLOB)").map_err(failed)?;
    let json = serde_json::to_string(&found).map_err(failed)?;
    let digest = sha2::Sha256::digest(json.as_bytes());
    let now = jiff::ZonedDateTime::now().to_string();
    database.execute("INSERT INTO found VALUES (?1, ?2, ?3)", (now, json, digest.as_slice())).map_err(failed)?;
    let mut all = database.prepare_cached("SELECT json FROM found").map_err(failed)?;
    let rows = all.query_map((), |row| row.get::<_, String>(0)).map_err(failed)?;
    rows.map(|row| serde_json::from_str(&row.map_err(failed)?).map_err(failed)).collect()
}

struct Quiet;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Quiet {}
