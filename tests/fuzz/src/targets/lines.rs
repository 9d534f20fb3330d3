//! What comes from another process: the air over a socket, the terminal shell's control socket, and the file of bonds.
//!
//! A message that is read writes to a line that reads the same. A line that is no message, or is too long, ends the stream. The
//! central treats a peripheral as a stranger, whatever it says: what is handed out as a connection has every endpoint. A file of
//! bonds that can't be read stays as it is.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use lumbra_link::air::{ToCentral, ToPeripheral};
use lumbra_link::lines::{LinesError, carry};
use lumbra_link::{InProcessRadio, PairingPrompt, Peripheral, PeripheralId, Radio, SocketRadio};
use lumbra_protocol::Endpoint;
use lumbra_wearable::{Config, Device};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;

use crate::{folder, look};

/// Reads one stream, or one file.
pub fn run(data: &[u8]) {
    let [which, chunk, bytes @ ..] = data else { return };
    let stream = Stream { bytes: bytes.to_vec(), at: 0, chunk: usize::from(*chunk).max(1) };
    look::runtime().block_on(async move {
        match which % 5 {
            0 => central(stream).await,
            1 => wearable(stream).await,
            2 => bonds(stream.bytes).await,
            3 => {
                let heard = lumbra_cli::outside::request(stream).await;
                again(heard, async |text| lumbra_cli::outside::request(text.as_bytes()).await).await;
            }
            _ => {
                let heard = lumbra_cli::outside::reply(stream).await;
                again(heard, async |text| lumbra_cli::outside::reply(text.as_bytes()).await).await;
            }
        }
    });
}

/// What was understood and written down again is understood to be the same.
async fn again(heard: io::Result<Option<String>>, hear: impl AsyncFn(String) -> io::Result<Option<String>>) {
    if let Ok(Some(text)) = heard {
        assert_eq!(hear(text.clone()).await.expect("it can be read"), Some(text));
    }
}

/// Reads all messages of a stream, until its end or its first mistake.
async fn messages<M: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(stream: Stream) -> Vec<M> {
    let len = stream.bytes.len();
    let (incoming, mut received) = mpsc::unbounded_channel::<M>();
    let (_keep, outgoing) = mpsc::unbounded_channel::<M>();
    let ended = carry(stream, incoming, outgoing).await;
    assert!(!matches!(ended, Err(LinesError::Stream(_))), "the stream itself is sound: {ended:?}");
    let mut messages = Vec::new();
    while let Some(message) = received.recv().await {
        let line = serde_json::to_string(&message).expect("a message can be written");
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<M>(&line).expect("and read"), message);
        messages.push(message);
    }
    assert!(messages.len() <= len);
    messages
}

/// A stranger's process on the other end of the air.
async fn central(stream: Stream) {
    let said = messages::<ToCentral>(stream).await;
    let (peripheral, mut requests, say) = Peripheral::pair();
    let id = PeripheralId::new("stranger");
    let radio = InProcessRadio::new(vec![(id.clone(), peripheral)]);
    let mut found = radio.scan().await.expect("a software radio can always scan");
    // The profile and the advertisement come before anyone connects, the rest as far as the next answer whenever one is waited for.
    let mut said = said.into_iter();
    for message in said.by_ref().take(2) {
        say.send(message).expect("the radio listens");
    }
    let answering = tokio::spawn(async move {
        while let Some(request) = requests.recv().await {
            let asked = match request {
                ToPeripheral::Read { id, .. } | ToPeripheral::Write { id, .. } | ToPeripheral::Subscribe { id, .. } => {
                    Some(id)
                }
                _ => None,
            };
            let Some(asked) = asked else { continue };
            for mut message in said.by_ref() {
                let mut answers = false;
                if let ToCentral::Value { id, .. } | ToCentral::Written { id } | ToCentral::Refused { id, .. } =
                    &mut message
                {
                    answers = true;
                    // The fuzzer can't know the numbers of the requests: a small one means the one that waits.
                    if *id < 1_000 {
                        *id = asked;
                    }
                }
                if say.send(message).is_err() || answers {
                    break;
                }
            }
        }
    });
    let _ = tokio::time::timeout(Duration::from_millis(100), found.recv()).await;
    if let Ok(link) = radio.connect(&id, Some(Arc::new(Digits))).await {
        assert!(link.max_value_len() <= 512);
        for endpoint in [Endpoint::Status, Endpoint::Capabilities, Endpoint::BatteryLevel] {
            if let Ok(value) = link.read(endpoint).await {
                assert!(value.len() <= 512, "longer than an attribute can be");
            }
        }
        let _ = link.subscribe(Endpoint::Status).await;
        let _ = link.write(Endpoint::ControlPoint, &[2, 1, 0]).await;
        link.disconnect().await;
    }
    answering.abort();
}

struct Digits;

#[async_trait]
impl PairingPrompt for Digits {
    async fn passkey(&self, _: Option<&str>) -> Option<u32> {
        Some(271_828)
    }
}

/// The virtual wearable behind a socket.
async fn wearable(stream: Stream) {
    let mut device = Device::new(Config::default());
    for (message, now_ms) in messages::<ToPeripheral>(stream).await.into_iter().zip((0..).step_by(40)) {
        device.input(now_ms, message);
        for said in device.take_output() {
            let line = serde_json::to_string(&said).expect("a message can be written");
            assert_eq!(serde_json::from_str::<ToCentral>(&line).expect("and read"), said);
        }
        assert!(device.probe().is_zero(), "nothing flows within the first moments of a session at zero");
    }
}

async fn bonds(bytes: Vec<u8>) {
    let folder = folder();
    let file = folder.path().join("bonds.json");
    std::fs::write(&file, &bytes).expect("the folder can be written");
    let radio = SocketRadio::new(folder.path().join("wearable")).with_bonds_file(&file);
    let removed = radio.remove_bond(&PeripheralId::new("one")).await;
    let left = std::fs::read(&file).expect("the file is there");
    if removed.is_err() {
        assert_eq!(left, bytes, "a file that can't be read is left as it is");
    } else {
        assert!(
            serde_json::from_slice::<lumbra_link::Bonds>(&left)
                .is_ok_and(|bonds| !bonds.contains(&PeripheralId::new("one")))
        );
    }
}

/// Bytes that come a few at a time, and never end in a failure.
struct Stream {
    bytes: Vec<u8>,
    at: usize,
    chunk: usize,
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let len = self.chunk.min(buffer.remaining()).min(self.bytes.len() - self.at);
        buffer.put_slice(&self.bytes[self.at..self.at + len]);
        self.at += len;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What the two sides say to each other in a pairing, a request and its answer of each kind, and a file of bonds.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut device = Device::new(Config::default());
    let uuid = |endpoint: Endpoint| uuid::Uuid::from_u128(endpoint.uuid());
    let asked = [
        ToPeripheral::Connected { peer: "phone".to_owned(), mtu: 247 },
        ToPeripheral::Secured { security: lumbra_link::air::Security::Authenticated, bonded: true },
        ToPeripheral::Read { id: 1, characteristic: uuid(Endpoint::SerialNumber) },
        ToPeripheral::Subscribe { id: 2, characteristic: uuid(Endpoint::Status), on: true },
        ToPeripheral::Read { id: 3, characteristic: uuid(Endpoint::Capabilities) },
        ToPeripheral::Write {
            id: 4,
            characteristic: uuid(Endpoint::ControlPoint),
            value: vec![2, 1, 0],
            response: true,
        },
        ToPeripheral::Read { id: 5, characteristic: uuid(Endpoint::Smp) },
        ToPeripheral::Disconnected,
    ];
    let mut said = device.take_output();
    for (message, now_ms) in asked.clone().into_iter().zip((0..).step_by(40)) {
        device.input(now_ms, message);
        said.extend(device.take_output());
    }
    said.push(ToCentral::Disconnect);
    let short: Vec<ToCentral> =
        said.iter().filter(|said| !matches!(said, ToCentral::Profile { .. })).cloned().collect();
    let stream = |which: u8, lines: Vec<String>| [&[which, 60][..], lines.join("\n").as_bytes(), b"\n"].concat();
    vec![
        stream(0, said.iter().map(json).collect()),
        stream(0, short.iter().map(json).collect()),
        stream(1, asked.iter().map(json).collect()),
        stream(2, vec![r#"{"central":"0123456789abcdef","peripherals":["one","two"]}"#.to_owned()]),
        stream(3, vec![r#"{"ask":"set","targets":[8.0,6.5]}"#.to_owned()]),
        stream(3, vec![r#"{"ask":"status"}"#.to_owned()]),
        stream(4, vec![r#"{"value":[{"link":"connected"},"running"]}"#.to_owned()]),
        stream(4, vec![r#"{"failed":["not_now","there is no session"]}"#.to_owned()]),
        stream(4, vec![r#"{"command":{"outcome":"confirmed"}}"#.to_owned()]),
    ]
}

fn json(message: &impl Serialize) -> String {
    serde_json::to_string(message).expect("a message can be written")
}
