//! The virtual wearable on an air of its own.

use std::fs::File;

use lumbra_wearable::{Config, Device};
use serde_json::json;

use crate::app::App;
use crate::args::WearableCommand;
use crate::output::{Failure, Output};

pub(super) async fn run(app: &App, command: WearableCommand) -> Result<(), Failure> {
    let WearableCommand::Serve { socket, flows, seed, serial } = command;
    let config = Config { seed, serial, ..Config::default() };
    let (name, passkey) = (config.name(), config.passkey);
    let device = Device::new(config);
    let flows = flows.map(File::create).transpose()?;
    let output = app.output;
    serve_socket(output, device, seed, &socket, flows, &name, passkey).await
}

#[cfg(unix)]
async fn serve_socket(
    output: Output,
    device: Device,
    seed: u64,
    path: &std::path::Path,
    flows: Option<File>,
    name: &str,
    passkey: u32,
) -> Result<(), Failure> {
    let say = |handle| {
        hold_button_on_signal(handle);
        output.value(&json!({ "serving": path, "name": name, "passkey": format!("{passkey:06}") }), || {
            format!("serving {name}, passkey {passkey:06}, on {}", path.display())
        });
    };
    Ok(lumbra_wearable::serve::serve_socket(device, seed, path, flows, say).await?)
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

#[cfg(not(unix))]
async fn serve_socket(
    _output: Output,
    _device: Device,
    _seed: u64,
    _path: &std::path::Path,
    _flows: Option<File>,
    _name: &str,
    _passkey: u32,
) -> Result<(), Failure> {
    Err(Failure::usage("sockets need Linux or macOS"))
}
