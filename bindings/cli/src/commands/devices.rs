//! Finding, pairing, listing and forgetting wearables.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lumbra::Companion;
use lumbra::link::{Discovered, PairingPrompt};
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use crate::app::{App, REACH_WITHIN};
use crate::output::Failure;
use crate::turn::Turn;

pub(super) async fn scan(app: &App, seconds: u64) -> Result<(), Failure> {
    let companion = app.open().await?;
    let mut found = companion.scan().await?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut seen = BTreeMap::new();
    while let Ok(Some(discovered)) = timeout_at(end, found.recv()).await {
        let known = seen.insert(discovered.id.clone(), discovered.clone());
        if known.is_none_or(|known| known.name != discovered.name) {
            app.output.value(&described(&discovered), || words(&discovered));
        }
    }
    drop(found);
    companion.close().await;
    if seen.is_empty() {
        app.output
            .say("no wearable in reach: bring it closer, check that it is on, and hold its button for 3 s to pair");
    }
    Ok(())
}

fn described(discovered: &Discovered) -> serde_json::Value {
    json!({
        "name": discovered.name,
        "rssi_dbm": discovered.rssi_dbm,
        "bonded": discovered.bonded,
    })
}

fn words(discovered: &Discovered) -> String {
    let name = discovered.name.as_deref().unwrap_or("(no name)");
    let signal = discovered.rssi_dbm.map_or_else(String::new, |rssi| format!("  {rssi} dBm"));
    let bonded = if discovered.bonded == Some(true) { "  paired" } else { "" };
    format!("{name}{signal}{bonded}")
}

pub(super) async fn pair(app: &App, name: Option<&str>, passkey: Option<u32>, seconds: u64) -> Result<(), Failure> {
    let companion = app.open().await?;
    let result = pair_with(app, &companion, name, passkey, seconds).await;
    companion.close().await;
    result
}

async fn pair_with(
    app: &App,
    companion: &Companion,
    name: Option<&str>,
    passkey: Option<u32>,
    seconds: u64,
) -> Result<(), Failure> {
    let mut found = companion.scan().await?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let wanted = loop {
        match timeout_at(end, found.recv()).await {
            Ok(Some(discovered)) if name.is_none() || discovered.name.as_deref() == name => break discovered,
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return Err(lumbra::Error::Link(lumbra::link::LinkError::NotFound).into()),
        }
    };
    drop(found);
    app.output.say(&format!("found {}", words(&wanted)));
    let _turn = Turn::take(&app.dir).await?;
    let device = companion.pair(&wanted.id, wanted.name.as_deref(), Arc::new(Label(passkey))).await?;
    device.connected(REACH_WITHIN).await?;
    app.output.value(&json!({ "paired": device.info() }), || format!("paired with {}", device.info().name));
    Ok(())
}

/// The passkey as it was given, or as it is typed now.
struct Label(Option<u32>);

#[async_trait]
impl PairingPrompt for Label {
    async fn passkey(&self, name: Option<&str>) -> Option<u32> {
        if self.0.is_some() {
            return self.0;
        }
        let question = format!("The six digits on the label of {}: ", name.unwrap_or("the wearable"));
        // A person takes their time: not on a thread that others wait for.
        tokio::task::spawn_blocking(move || ask(&question)?.parse().ok()).await.ok().flatten()
    }
}

/// Asks on the terminal; `None` at its end.
pub(super) fn ask(question: &str) -> Option<String> {
    let mut out = std::io::stderr().lock();
    out.write_all(question.as_bytes()).and_then(|()| out.flush()).ok()?;
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim().to_owned())
}

pub(super) async fn list(app: &App) -> Result<(), Failure> {
    let companion = app.open().await?;
    let devices = companion.devices().await?;
    companion.close().await;
    app.output.value(&json!({ "devices": devices }), || {
        if devices.is_empty() {
            return "no wearable is paired: `lumbra pair` pairs one".to_owned();
        }
        let lines = devices.iter().map(|device| {
            let seen = crate::text::moment(device.last_seen_ms);
            format!(
                "{}  {}  serial {}  firmware {}  last seen {seen}",
                device.name, device.model, device.serial, device.firmware
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

pub(super) async fn forget(app: &App) -> Result<(), Failure> {
    let companion = app.open().await?;
    let by_hand = companion.forget(app.device.as_deref()).await;
    companion.close().await;
    let by_hand = by_hand?;
    app.output.value(&json!({ "forgotten": true, "by_hand": by_hand }), || {
        by_hand.clone().unwrap_or_else(|| "forgotten; its history stays".to_owned())
    });
    Ok(())
}
