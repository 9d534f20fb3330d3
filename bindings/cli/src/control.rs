//! One process holds the wearable; the others ask it. The way is a Unix socket in the data folder, one JSON
//! object a line, for the owner of the folder only.

use lumbra::domain::posture::{Calibrated, PostureSettings};
use lumbra::domain::units::Milliamps;
use lumbra::{Device, Error, Snapshot};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

use crate::commands::posture::settings_words;
use crate::output::Failure;
use crate::text;
use crate::turn::Turn;

/// What can be asked of whoever holds the wearable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Request {
    Status,
    Set { targets: Vec<Milliamps> },
    Pause,
    Resume,
    Stop,
    Calibrate,
    LearnTurn,
    PostureSettings { settings: PostureSettings },
}

impl Request {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Set { .. } => "set",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
            Self::Calibrate => "calibrate",
            Self::LearnTurn => "learn_turn",
            Self::PostureSettings { .. } => "posture_settings",
        }
    }

    /// Whether it makes no sense without a process that keeps the session going.
    pub(crate) const fn needs_holder(&self) -> bool {
        matches!(self, Self::Set { .. } | Self::Resume)
    }
}

/// What comes back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// A value, and its words.
    Value(Value, String),
    /// What became of a command.
    Command(Value),
    /// A failure: its kind and its words.
    Failed(String, String),
}

/// The longest request or reply, in bytes.
const LINE_MAX: u64 = 64 * 1024;

/// Reads one line and what it says; `None` when that is no such message.
pub(crate) async fn hear<T: serde::de::DeserializeOwned>(stream: impl AsyncRead + Unpin) -> std::io::Result<Option<T>> {
    let mut line = String::new();
    BufReader::new(stream).take(LINE_MAX).read_line(&mut line).await?;
    Ok(serde_json::from_str(&line).ok())
}

/// Does what is asked, with the wearable in hand.
pub(crate) async fn perform(device: &Device, request: &Request) -> Result<Reply, Error> {
    let result = match request {
        Request::Status => {
            let snapshot: Snapshot = device.snapshot().borrow().clone();
            return Ok(Reply::Value(json!(snapshot), text::status(&snapshot)));
        }
        Request::Calibrate => {
            let Calibrated { reference, quality } = device.calibrate().await?;
            let neutral = reference.neutral;
            let value = json!({
                "pitch_deg": neutral.pitch.as_f64(),
                "roll_deg": neutral.roll.as_f64(),
                "upside_down": reference.mounting.upside_down,
                "faces": reference.mounting.turn,
                "grade": quality.grade(),
                "samples": quality.samples,
                "spread_deg": quality.spread.as_f64(),
                "drift_deg": quality.drift.as_f64(),
            });
            return Ok(Reply::Value(value, text::calibrated(reference, quality)));
        }
        Request::LearnTurn => {
            let turn = device.learn_turn().await?;
            let value = json!({ "faces": turn });
            return Ok(Reply::Value(value, format!("the wearable's face points {}", text::turn(turn))));
        }
        Request::PostureSettings { settings } => {
            device.companion().set_posture_settings(*settings).await?;
            return Ok(Reply::Value(json!({ "settings": settings }), settings_words(settings)));
        }
        Request::Set { targets } => device.set_intensity(spread(targets, device)?).await?,
        Request::Pause => device.pause().await?,
        Request::Resume => device.resume().await?,
        Request::Stop => device.stop().await?,
    };
    Ok(Reply::Command(json!(result)))
}

/// One value for all channels becomes one for each; channels that the session doesn't use stay at zero.
fn spread(targets: &[Milliamps], device: &Device) -> Result<Vec<Milliamps>, Error> {
    let snapshot = device.snapshot();
    let snapshot = snapshot.borrow();
    let [target] = targets else { return Ok(targets.to_vec()) };
    if snapshot.channels.is_empty() {
        return Err(lumbra::domain::therapy::NotNow::StateNotKnown.into());
    }
    let used = |cap_ma: Option<f64>| cap_ma.is_none_or(|cap_ma| cap_ma > 0.0);
    Ok(snapshot.channels.iter().map(|channel| if used(channel.cap_ma) { *target } else { Milliamps::ZERO }).collect())
}

#[cfg(unix)]
pub(crate) use unix::{Holder, ask};

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use lumbra::Device;
    use tokio::io::AsyncWriteExt;
    use tokio::net::{UnixListener, UnixStream};

    use super::{Failure, Reply, Request, Turn, hear, perform};

    const HELD: &str =
        "another `lumbra start` or `lumbra watch` holds the wearable: end it first, or use `lumbra status`";

    fn path(dir: &Path) -> PathBuf {
        dir.join("control.sock")
    }

    /// Asks the process that holds the wearable; `None` when there is none.
    pub(crate) async fn ask(dir: &Path, request: &Request) -> Result<Option<Reply>, Failure> {
        let Ok(mut stream) = UnixStream::connect(path(dir)).await else { return Ok(None) };
        let mut line = serde_json::to_string(request).map_err(|_| Failure::usage("this can't be asked"))?;
        line.push('\n');
        stream.write_all(line.as_bytes()).await?;
        match hear(stream).await? {
            Some(reply) => Ok(Some(reply)),
            None => Err(Failure::told(
                "link",
                "the process that holds the wearable ended before it answered: look at `lumbra status`".into(),
            )),
        }
    }

    /// The right to hold the wearable. Taken before the link is made, so that no other process makes, and then
    /// ends, the same link beside this one.
    pub(crate) struct Holder(UnixListener);

    impl Holder {
        /// Takes the right, if no other process has it.
        pub(crate) async fn take(dir: &Path) -> Result<Self, Failure> {
            let path = path(dir);
            if UnixStream::connect(&path).await.is_ok() {
                return Err(Failure::told("not_now", HELD.to_owned()));
            }
            // What is left there is of a process that has died.
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
            let listener = UnixListener::bind(&path)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
            Ok(Self(listener))
        }

        /// Answers other processes until the program ends, and has the turn as long.
        pub(crate) fn serve(self, device: Device, turn: Turn) {
            tokio::spawn(async move {
                let _turn = turn;
                // A listener that fails leaves the wearable in hand; others hear that nobody answers.
                while let Ok((stream, _)) = self.0.accept().await {
                    tokio::spawn(answer(stream, device.clone()));
                }
                std::future::pending::<()>().await;
            });
        }
    }

    async fn answer(stream: UnixStream, device: Device) {
        let (read, mut write) = stream.into_split();
        let Ok(heard) = hear(read).await else { return };
        let reply = match heard {
            Some(request) => match perform(&device, &request).await {
                Ok(reply) => reply,
                Err(error) => Reply::Failed(error.kind().to_owned(), error.to_string()),
            },
            None => Reply::Failed("invalid".to_owned(), "this isn't a request of this version of lumbra".to_owned()),
        };
        let mut line = serde_json::to_string(&reply).unwrap_or_default();
        line.push('\n');
        // An asker that has gone doesn't need the answer.
        let _ = write.write_all(line.as_bytes()).await;
    }
}

#[cfg(not(unix))]
pub(crate) async fn ask(_dir: &std::path::Path, _request: &Request) -> Result<Option<Reply>, Failure> {
    Ok(None)
}

/// Where there are no Unix sockets, nobody else can ask.
#[cfg(not(unix))]
pub(crate) struct Holder;

#[cfg(not(unix))]
impl Holder {
    pub(crate) async fn take(_dir: &std::path::Path) -> Result<Self, Failure> {
        Ok(Self)
    }

    pub(crate) fn serve(self, _device: Device, turn: Turn) {
        tokio::spawn(async move {
            let _turn = turn;
            std::future::pending::<()>().await;
        });
    }
}
