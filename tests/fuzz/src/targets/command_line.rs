//! Command lines of the terminal shell: words divided by line ends, which need not be UTF-8.
//!
//! What is understood keeps to the bounds that the help names, and a refusal says something.

use std::ffi::OsString;
#[cfg(unix)]
use std::os::unix::ffi::OsStringExt as _;

use lumbra_cli::outside::{Line, command_line};

/// Parses one command line.
pub fn run(data: &[u8]) {
    let words = std::iter::once(OsString::from("lumbra")).chain(data.split(|byte| *byte == b'\n').map(word));
    match command_line(words) {
        Line::Refused(help) => assert!(!help.is_empty()),
        Line::Understood { passkey, targets_dma, pain } => {
            assert!(passkey.is_none_or(|passkey| passkey <= 999_999));
            assert!(targets_dma.len() <= 4);
            assert!(pain.is_none_or(|score| score <= 10));
        }
    }
}

#[cfg(unix)]
fn word(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn word(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// A line for each command.
pub fn seeds() -> Vec<Vec<u8>> {
    [
        "demo",
        "scan --seconds 5 --json",
        "pair Lumbra7K --passkey 271828 --seconds 20",
        "--data /tmp/x --radio socket:/tmp/w devices",
        "--radio bluetooth:hci1 --device LB1-000001 forget",
        "status",
        "screen --answer implant=no --answer pregnant=unsure --all-no --clinician-agreed",
        "screen --list",
        "calibrate",
        "start conventional --minutes 20 --pad-area 25 --channels 1,2 --grace 10 --skin-ok --pad-uses 3 --pain 6 --posture",
        "set 8 6.5",
        "set 0",
        "pause",
        "watch --seconds 5 --posture",
        "pain 4 --when after --place neck --note well",
        "pain 6 --place lower-back:left --place leg:left --quality burning --worst 8 --average 5",
        "pain edit last --score 4 --note better",
        "diary --sleep 6 --sleep-hours 7 --stiffness 20m --medication ibuprofen --heat --activity light --trigger sitting",
        "diary --day 2026-03-14 --clear medication",
        "diary show --days 14",
        "questionnaire peg --answers 6,5,4",
        "questionnaire roland-morris --answers 1,3,21 --edit last",
        "questionnaire show --days 90",
        "red-flags --answer fever=no --answer saddle=unsure --all-no --clinician-agreed",
        "red-flags --list",
        "red-flags --due",
        "history --days 14",
        "commands --days 1",
        "records --count 100",
        "cap none",
        "cap 12.5",
        "programmes",
        "wearable serve --socket /tmp/w --seed 1 --serial LB1-000002 --flows f",
        "wearable serve --adapter hci0",
        "--help",
        "help start",
        "--version",
    ]
    .map(|line| line.replace(' ', "\n").into_bytes())
    .to_vec()
}
