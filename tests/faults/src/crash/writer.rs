//! The process that is interrupted: it opens the store and makes its plan's writes, closing and opening again between them, and
//! marks on standard output what it has reached. A write is acknowledged only after its call has returned.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lumbra_store::{FileKeyStore, Store};
use serde::{Deserialize, Serialize};

use super::Broken;
use super::workload::Plan;

/// What a writer is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The store's folder.
    pub(crate) dir: PathBuf,
    /// What its plan follows from.
    pub(crate) seed: u64,
    /// Which writer of this folder it is.
    pub(crate) generation: u32,
    /// How many writes; `None` = until it is killed.
    pub(crate) writes: Option<u32>,
    /// After how many writes it closes the store and opens it again.
    pub(crate) writes_a_time: u32,
    /// Whether it erases the store at the end.
    pub(crate) erase: bool,
    /// Whether it acknowledges a write before the call, as no store may: to see that a judge notices.
    pub(crate) hasty: bool,
}

/// What a writer tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It is about to open the store.
    Opening,
    /// The store is open, and migrated.
    Opened,
    /// So many of its writes have returned.
    Acknowledged(u32),
    /// It is about to close the store.
    Closing,
    /// It is about to erase the store.
    Erasing,
    /// The store is erased.
    Erased,
    /// It has done all it was to do.
    Done,
    /// It could not go on, although nobody had interrupted it.
    Failed(String),
}

/// What a mark's line begins with; other lines are a test runner's.
const SIGN: &str = "@lumbra ";

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opening => formatter.write_str("opening"),
            Self::Opened => formatter.write_str("opened"),
            Self::Acknowledged(writes) => write!(formatter, "acknowledged {writes}"),
            Self::Closing => formatter.write_str("closing"),
            Self::Erasing => formatter.write_str("erasing"),
            Self::Erased => formatter.write_str("erased"),
            Self::Done => formatter.write_str("done"),
            Self::Failed(why) => write!(formatter, "failed {}", why.replace('\n', " ")),
        }
    }
}

impl Mark {
    /// The mark that a line is, if it is one.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let told = line.strip_prefix(SIGN)?;
        Some(match told.split_once(' ').unwrap_or((told, "")) {
            ("opening", _) => Self::Opening,
            ("opened", _) => Self::Opened,
            ("acknowledged", writes) => Self::Acknowledged(writes.parse().ok()?),
            ("closing", _) => Self::Closing,
            ("erasing", _) => Self::Erasing,
            ("erased", _) => Self::Erased,
            ("done", _) => Self::Done,
            ("failed", why) => Self::Failed(why.into()),
            _ => return None,
        })
    }

    /// In one write, so that it is there whole or not at all. It begins a line whatever was written before.
    fn tell(&self) -> io::Result<()> {
        let line = format!("\n{SIGN}{self}\n");
        let mut out = io::stdout().lock();
        out.write_all(line.as_bytes())?;
        out.flush()
    }
}

/// Where the key lies, as the desktop's shell has it: beside the database.
pub(crate) fn key_file(dir: &Path) -> PathBuf {
    dir.join("lumbra.key")
}

/// Does what it is ordered to, until it is killed or done.
pub(crate) fn run(order: &Order) -> Result<(), Broken> {
    let result = write(order);
    match &result {
        Ok(()) => Mark::Done.tell()?,
        Err(error) => Mark::Failed(error.to_string()).tell()?,
    }
    result
}

fn write(order: &Order) -> Result<(), Broken> {
    let keys = FileKeyStore::new(key_file(&order.dir));
    let mut plan = Plan::new(order.seed, order.generation).zip(1_u32..).peekable();
    let is_over = |next: u32| order.writes.is_some_and(|writes| next > writes);
    while let Some((_, next)) = plan.peek()
        && !is_over(*next)
    {
        Mark::Opening.tell()?;
        let (mut store, set_aside) = Store::open(&order.dir, &keys)?;
        if set_aside.is_some() {
            return Err(Broken::SetAside);
        }
        Mark::Opened.tell()?;
        for _ in 0..order.writes_a_time.max(1) {
            let Some((op, number)) = plan.next_if(|(_, number)| !is_over(*number)) else {
                break;
            };
            if order.hasty {
                Mark::Acknowledged(number).tell()?;
            }
            op.apply(&mut store)?;
            if !order.hasty {
                Mark::Acknowledged(number).tell()?;
            }
        }
        Mark::Closing.tell()?;
    }
    if order.erase {
        Mark::Erasing.tell()?;
        Store::erase(&order.dir, &keys)?;
        Mark::Erased.tell()?;
    }
    Ok(())
}

/// A process that follows this order, its standard output for whoever starts it.
pub(crate) fn command(order: &Order) -> Result<Command, Broken> {
    let order = serde_json::to_string(order)?;
    let mut command = Command::new(std::env::current_exe()?);
    begin(&mut command, &order);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    Ok(command)
}

#[cfg(not(test))]
fn begin(command: &mut Command, order: &str) {
    command.args(["write", order]);
}

/// The tests' program has no subcommands: one of its tests is the writer.
#[cfg(test)]
fn begin(command: &mut Command, order: &str) {
    command.args(["crash::writer::tests::writer", "--exact", "--nocapture", "--test-threads=1"]);
    command.env(tests::ORDER, order);
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const ORDER: &str = "LUMBRA_FAULTS_ORDER";

    /// Not a test of its own: what the interrupted process does.
    #[test]
    fn writer() {
        if let Ok(order) = std::env::var(ORDER) {
            run(&serde_json::from_str(&order).unwrap()).unwrap();
        }
    }

    #[test]
    fn marks_come_back() {
        let marks = [
            Mark::Opening,
            Mark::Opened,
            Mark::Acknowledged(7),
            Mark::Closing,
            Mark::Erasing,
            Mark::Erased,
            Mark::Done,
            Mark::Failed("why not".into()),
        ];
        for mark in marks {
            assert_eq!(Mark::parse(&format!("{SIGN}{mark}")), Some(mark));
        }
        for other in ["", "test result: ok", "@lumbra ", "@lumbra acknowledged many"] {
            assert_eq!(Mark::parse(other), None, "{other}");
        }
    }
}
