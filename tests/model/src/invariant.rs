//! What must hold in every state and on every transition, whatever the phone, the link, the device and the person do.

use std::fmt;

/// What must hold in every state and on every transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Invariant {
    /// Current, and every target asked for, stays within the least of all caps, and no wish raises by more than the largest rise.
    Caps,
    /// Nothing starts, resumes or rises without a person's command given since the last interruption.
    Fresh,
    /// After a person's stop current is zero in time, over a working link or without one.
    Stop,
    /// What is shown as present is true, or was within the time a reading is certain.
    Shown,
    /// The device applies no command twice.
    Once,
    /// The stimulation time told is never less than the time in which a session ran and current flowed; no session runs that
    /// is told as over; and current flows in none that is not on the disk.
    Dose,
    /// No session starts without a passed screening.
    Screening,
    /// A command is settled once, and truly.
    Settled,
    /// On a working link every command gets its last word in time.
    Answered,
    /// The lease is renewed only by an app that sees the session running and knows of no stop.
    Lease,
}

impl Invariant {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Caps => "caps",
            Self::Fresh => "fresh",
            Self::Stop => "stop",
            Self::Shown => "shown",
            Self::Once => "once",
            Self::Dose => "dose",
            Self::Screening => "screening",
            Self::Settled => "settled",
            Self::Answered => "answered",
            Self::Lease => "lease",
        }
    }
}

/// An invariant that does not hold, and how it shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Broken {
    pub(crate) invariant: Invariant,
    pub(crate) what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.invariant.name(), self.what)
    }
}
