//! What can happen next, and in words.

use std::fmt;

/// What a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wish {
    Start,
    /// In 0.1 mA.
    Set(u16),
    Pause,
    Resume,
    Stop,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    Down,
    Up,
}

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Wish(Wish),
    /// Everything handed to the store is safe.
    Disk,
    /// The oldest command handed to the store can't be saved.
    DiskFails,
    /// By its place among what is on its way, oldest first.
    Deliver(Way, u8),
    Lose(Way, u8),
    /// It arrives, and a second copy stays on its way.
    Copy(Way, u8),
    /// Time with a network that delivers everything, in milliseconds; 0 = until nothing is on its way.
    Run(u16),
    /// Time in which nothing is delivered, in milliseconds.
    Wait(u16),
    Cut,
    Connect,
    /// The link is made, and the status it begins with is old when the app gets to see it.
    ConnectSlowly,
    /// The app dies and is started again.
    Crash,
    Reboot,
    Button,
    LiftPad,
    PressPad,
    /// The screening is answered anew and does not pass.
    Unfit,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = |way: &Way| match way {
            Way::Down => "to the device",
            Way::Up => "to the app",
        };
        match self {
            Self::Wish(Wish::Start) => write!(formatter, "the person asks for a start"),
            Self::Wish(Wish::Set(dma)) => {
                write!(formatter, "the person asks for {}.{} mA", dma / 10, dma % 10)
            }
            Self::Wish(Wish::Pause) => write!(formatter, "the person asks for a pause"),
            Self::Wish(Wish::Resume) => write!(formatter, "the person asks to go on"),
            Self::Wish(Wish::Stop) => write!(formatter, "the person asks for a stop"),
            Self::Disk => write!(formatter, "the disk has saved everything"),
            Self::DiskFails => write!(formatter, "the disk fails to save the oldest command"),
            Self::Deliver(to, index) => write!(formatter, "number {} on its way {} arrives", index + 1, way(to)),
            Self::Lose(to, index) => write!(formatter, "number {} on its way {} is lost", index + 1, way(to)),
            Self::Copy(to, index) => {
                write!(formatter, "number {} on its way {} arrives, and a copy stays on its way", index + 1, way(to))
            }
            Self::Run(0) => write!(formatter, "all that is on its way arrives"),
            Self::Run(ms) => write!(formatter, "{ms} ms pass on a working link"),
            Self::Wait(ms) => write!(formatter, "{ms} ms pass, and nothing arrives"),
            Self::Cut => write!(formatter, "the link is cut"),
            Self::Connect => write!(formatter, "the link is made"),
            Self::ConnectSlowly => write!(formatter, "the link is made, with a status that is old by then"),
            Self::Crash => write!(formatter, "the app dies and is started again"),
            Self::Reboot => write!(formatter, "the device restarts"),
            Self::Button => write!(formatter, "the button on the device is pressed"),
            Self::LiftPad => write!(formatter, "a pad comes off"),
            Self::PressPad => write!(formatter, "the pad is pressed on again"),
            Self::Unfit => write!(formatter, "the screening is answered anew and does not pass"),
        }
    }
}
