//! What is printed, and how the program ends.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use lumbra::{CommandResult, Error, OutcomeName};
use serde::Serialize;
use serde_json::json;

/// Where and how to print.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

/// A failure with its exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    code: u8,
}

pub(crate) const FAULT: u8 = 1;
pub(crate) const USAGE: u8 = 2;
const REFUSED: u8 = 3;
pub(crate) const UNREACHABLE: u8 = 4;
const STORE: u8 = 5;
const REJECTED: u8 = 6;
const UNKNOWN: u8 = 7;

impl Failure {
    pub(crate) fn new(kind: &'static str, code: u8, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), code }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new("usage", USAGE, message)
    }

    /// A failure told by another process of this program.
    pub(crate) fn told(kind: &str, message: String) -> Self {
        const KINDS: [(&str, u8); 8] = [
            ("refused", REFUSED),
            ("not_now", REFUSED),
            ("screening", REFUSED),
            ("link", UNREACHABLE),
            ("store", STORE),
            ("disk_full", STORE),
            ("invalid", USAGE),
            ("calibration", REFUSED),
        ];
        let (kind, code) = KINDS.into_iter().find(|(known, _)| *known == kind).unwrap_or(("fault", FAULT));
        Self::new(kind, code, message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Refused(_) | Error::NotNow(_) | Error::Screening(_) | Error::Calibration(_) => REFUSED,
            Error::Link(_)
            | Error::NoSuchDevice
            | Error::OtherVersion(_)
            | Error::OtherDevice
            | Error::LinkTooNarrow(_)
            | Error::Garbled(_) => UNREACHABLE,
            Error::Store(_) => STORE,
            Error::UnknownProgramme { .. } | Error::Invalid(_) => USAGE,
            _ => FAULT,
        };
        Self::new(error.kind(), code, error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new("io", FAULT, format!("input or output failed ({})", error.kind()))
    }
}

/// Prints a line at once.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that has gone away (a closed pipe) is no fault of ours.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

impl Output {
    /// Prints a value as JSON, or its plain words.
    pub(crate) fn value(self, value: &impl Serialize, plain: impl FnOnce() -> String) {
        if self.json {
            line(&serde_json::to_string(value).unwrap_or_default());
        } else {
            line(plain().trim_end());
        }
    }

    /// Prints words when people read along, nothing when JSON is wanted.
    pub(crate) fn say(self, words: &str) {
        if !self.json {
            line(words);
        }
    }

    /// Whether a person looks at a terminal.
    pub(crate) fn is_live(self) -> bool {
        !self.json && std::io::stdout().is_terminal()
    }

    /// Prints what became of a command; rejected and unknown are failures.
    pub(crate) fn command(self, what: &str, result: &CommandResult) -> Result<(), Failure> {
        if self.json {
            line(&json!({ "command": what, "result": result }).to_string());
        }
        match result.outcome {
            OutcomeName::Confirmed => {
                self.say(&format!("{what}: confirmed by the wearable"));
                Ok(())
            }
            OutcomeName::Rejected => Err(self.told(Failure::new(
                "rejected",
                REJECTED,
                result.reason.clone().unwrap_or_else(|| "the wearable refused".into()),
            ))),
            OutcomeName::Unknown => Err(self.told(Failure::new(
                "unknown",
                UNKNOWN,
                "it can't be told yet whether the wearable has taken the command: look at `lumbra status`",
            ))),
        }
    }

    /// The failure's JSON has been printed already.
    fn told(self, failure: Failure) -> Failure {
        if self.json { Failure { message: String::new(), ..failure } } else { failure }
    }

    /// Prints a failure and gives its exit code.
    pub(crate) fn fail(self, failure: &Failure) -> ExitCode {
        if self.json {
            if !failure.message.is_empty() {
                line(&json!({ "error": { "kind": failure.kind, "message": failure.message } }).to_string());
            }
        } else {
            let mut err = std::io::stderr().lock();
            // As above.
            let _ = writeln!(err, "lumbra: {}", failure.message);
        }
        ExitCode::from(failure.code)
    }
}
