//! The virtual wearable on an air of its own.

use std::fs::File;
use std::path::Path;

use lumbra_wearable::{Config, Device};
use serde_json::json;

use crate::app::App;
use crate::args::WearableCommand;
use crate::output::{Failure, Output};

/// What is served, and how it is told.
struct Wearable {
    output: Output,
    device: Device,
    seed: u64,
    flows: Option<File>,
    name: String,
    passkey: u32,
}

pub(super) async fn run(app: &App, command: WearableCommand) -> Result<(), Failure> {
    let WearableCommand::Serve { on, flows, seed, serial } = command;
    let config = Config { seed, serial, ..Config::default() };
    let wearable = Wearable {
        output: app.output,
        seed,
        name: config.name(),
        passkey: config.passkey,
        device: Device::new(config),
        flows: flows.map(File::create).transpose()?,
    };
    match (on.socket, on.adapter) {
        (Some(path), _) => wearable.on_socket(&path).await,
        (None, Some(adapter)) => wearable.on_adapter(&adapter).await,
        (None, None) => Err(Failure::usage("say where to serve: --socket PATH or --adapter NAME")),
    }
}

#[cfg(unix)]
impl Wearable {
    async fn on_socket(self, path: &Path) -> Result<(), Failure> {
        let Self { output, device, seed, flows, name, passkey } = self;
        let say = |handle| {
            hold_button_on_signal(handle);
            output.value(&json!({ "serving": path, "name": name, "passkey": format!("{passkey:06}") }), || {
                format!("serving {name}, passkey {passkey:06}, on {}", path.display())
            });
        };
        Ok(lumbra_wearable::serve::serve_socket(device, seed, path, flows, say).await?)
    }
}

#[cfg(not(unix))]
impl Wearable {
    async fn on_socket(self, _path: &Path) -> Result<(), Failure> {
        Err(Failure::usage("sockets need Linux or macOS"))
    }
}

#[cfg(target_os = "linux")]
impl Wearable {
    async fn on_adapter(self, adapter: &str) -> Result<(), Failure> {
        use lumbra_wearable::serve::{AdapterEvent, serve_adapter};
        use tokio::signal::unix::{SignalKind, signal};

        let Self { output, device, seed, flows, name, passkey: _ } = self;
        let tell = |event| match event {
            AdapterEvent::Serving(handle) => {
                hold_button_on_signal(handle);
                output.value(&json!({ "serving": adapter, "name": name }), || {
                    format!("serving {name} on {adapter}; the passkey is shown here when somebody pairs")
                });
            }
            AdapterEvent::Passkey(passkey) => {
                output.value(&json!({ "passkey": format!("{passkey:06}") }), || format!("passkey {passkey:06}"));
            }
            _ => {}
        };
        let mut terminate = signal(SignalKind::terminate())?;
        let ended = async {
            tokio::select! {
                // Without the signal's handler the program ends at once, as it would anyway.
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        };
        serve_adapter(device, seed, adapter, flows, tell, ended).await.map_err(failure)
    }
}

#[cfg(target_os = "linux")]
#[allow(clippy::needless_pass_by_value)] // As `map_err` gives it.
fn failure(error: lumbra_wearable::serve::AdapterError) -> Failure {
    use crate::output::{FAULT, UNREACHABLE};
    use lumbra_wearable::serve::AdapterError as E;

    let (kind, code) = match &error {
        E::NoService | E::NoAdapter { .. } | E::NotAPeripheral(_) => ("no_adapter", UNREACHABLE),
        E::Off(_) => ("bluetooth_off", UNREACHABLE),
        E::NoPermission => ("no_permission", UNREACHABLE),
        E::AdvertisementsTaken | E::Timeout => ("adapter_busy", UNREACHABLE),
        _ => ("fault", FAULT),
    };
    Failure::new(kind, code, error.to_string())
}

#[cfg(not(target_os = "linux"))]
impl Wearable {
    async fn on_adapter(self, _adapter: &str) -> Result<(), Failure> {
        Err(Failure::usage("a peripheral on an adapter needs Linux and its bluetoothd: use --socket PATH here"))
    }
}

/// SIGUSR1 holds the wearable's button for three seconds: pairing mode, or the end of a session.
#[cfg(unix)]
fn hold_button_on_signal(handle: lumbra_wearable::serve::WearableHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut presses) = signal(SignalKind::user_defined1()) else { return };
    tokio::spawn(async move {
        while presses.recv().await.is_some() {
            handle.with(|device| device.press_button(3_000)).await;
        }
    });
}
