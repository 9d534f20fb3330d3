//! What this program takes from outside, parsed and printed without a terminal, a wearable or a socket: for the fuzzing of it
//! (`tests/fuzz`).

use std::ffi::OsString;
use std::io;

use lumbra::{History, Insights};
use tokio::io::AsyncRead;

use crate::args::{Cli, Command};
use crate::control::{self, Reply, Request};
use crate::{commands, draw, text};

/// What a command line comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// It is understood; these are the numbers in it that have bounds.
    Understood {
        /// The passkey to pair with.
        passkey: Option<u32>,
        /// Absolute intensities to set, in 0.1 mA.
        targets_dma: Vec<u16>,
        /// A pain score.
        pain: Option<u8>,
    },
    /// It is not: what is printed instead.
    Refused(String),
}

/// Parses a command line; the first word is the program's name.
pub fn command_line(words: impl IntoIterator<Item = OsString>) -> Line {
    let cli = match Cli::read(words) {
        Ok(cli) => cli,
        Err(error) => return Line::Refused(error.to_string()),
    };
    let mut understood = (None, Vec::new(), None);
    match cli.command {
        Some(Command::Pair { passkey, .. }) => understood.0 = passkey,
        Some(Command::Set { targets }) => understood.1 = targets.iter().map(|target| target.tenths()).collect(),
        Some(Command::Pain(pain)) => understood.2 = pain.score.map(lumbra::domain::pain::PainScore::get),
        Some(Command::Start(start)) => understood.2 = start.pain.map(lumbra::domain::pain::PainScore::get),
        _ => {}
    }
    let (passkey, targets_dma, pain) = understood;
    Line::Understood { passkey, targets_dma, pain }
}

/// Reads what another process asks of the one that holds the wearable, and writes it down again; `None` when it is no request.
pub async fn request(stream: impl AsyncRead + Unpin) -> io::Result<Option<String>> {
    Ok(control::hear::<Request>(stream).await?.and_then(|request| serde_json::to_string(&request).ok()))
}

/// Reads what the process that holds the wearable answers, and writes it down again; `None` when it is no answer.
pub async fn reply(stream: impl AsyncRead + Unpin) -> io::Result<Option<String>> {
    Ok(control::hear::<Reply>(stream).await?.and_then(|reply| serde_json::to_string(&reply).ok()))
}

/// A history as `lumbra history` prints it.
pub fn history(history: &History) -> Vec<String> {
    let mut lines = draw::history(history, 78);
    lines.extend(history.sessions.iter().map(text::session));
    lines.extend(history.pain.iter().map(|entry| text::moment(entry.at_ms)));
    lines
}

/// Insights as `lumbra insights` prints them.
pub fn insights(insights: &Insights) -> String {
    commands::insights_words("these days", insights)
}
