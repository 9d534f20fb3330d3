//! The link: what is on its way, in both directions, until it arrives, is lost or is too old.
//!
//! What is on its way dies with its link: a GATT write or notification belongs to one connection. Within a connection the
//! adversary may lose, delay, copy and reorder as it likes, which is more than a radio does.

use lumbra_domain::therapy::{BootId, CommandId, DeviceReport, SessionId, Taken};

use crate::bounds::{DOWN_AGE_MS, DOWN_AT_ONCE, UP_AGE_MS, UP_AT_ONCE};
use crate::device::Frame;

/// What goes to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Downward {
    Command(Frame),
    KeepAlive(SessionId),
}

/// A frame on its way to the device, and what only an onlooker knows of it.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Down {
    pub(crate) sent_ms: u64,
    pub(crate) what: Downward,
    /// The person's command behind it.
    pub(crate) command: Option<CommandId>,
    /// Whether the person asked for it after the last interruption of output.
    pub(crate) fresh: bool,
}

/// What goes to the app.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Upward {
    Report(Box<DeviceReport>),
    Reply { boot: BootId, sequence: u16, taken: Taken },
}

/// A value on its way to the app.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Up {
    pub(crate) sent_ms: u64,
    pub(crate) what: Upward,
}

/// All that is on its way, oldest first.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Air {
    pub(crate) down: Vec<Down>,
    pub(crate) up: Vec<Up>,
}

impl Air {
    /// The same frame sent again takes the older one's place: two copies are the business of [`Air::copy_down`].
    pub(crate) fn send_down(&mut self, down: Down) {
        self.down.retain(|older| older.what != down.what);
        if self.down.len() == DOWN_AT_ONCE {
            self.down.remove(0);
        }
        self.down.push(down);
    }

    /// A new report takes the place of one of the same tick: the profile allows 20 a second. And it makes the second last
    /// one lost: two can overtake each other, and a third says nothing more.
    pub(crate) fn send_up(&mut self, up: Up) {
        if let Upward::Report(report) = &up.what {
            self.up.retain(|older| match &older.what {
                Upward::Report(older) => (older.boot, older.at) != (report.boot, report.at),
                Upward::Reply { .. } => true,
            });
            let is_report = |up: &Up| matches!(up.what, Upward::Report(_));
            if self.up.iter().filter(|older| is_report(older)).count() >= 2
                && let Some(oldest) = self.up.iter().position(is_report)
            {
                self.up.remove(oldest);
            }
        }
        if self.up.len() == UP_AT_ONCE {
            self.up.remove(0);
        }
        self.up.push(up);
    }

    pub(crate) fn take_down(&mut self, index: usize) -> Option<Down> {
        (index < self.down.len()).then(|| self.down.remove(index))
    }

    pub(crate) fn take_up(&mut self, index: usize) -> Option<Up> {
        (index < self.up.len()).then(|| self.up.remove(index))
    }

    /// One copy arrives, the other stays on its way.
    pub(crate) fn copy_down(&self, index: usize) -> Option<Down> {
        self.down.get(index).copied()
    }

    pub(crate) fn copy_up(&self, index: usize) -> Option<Up> {
        self.up.get(index).cloned()
    }

    /// What is too old is lost.
    pub(crate) fn age(&mut self, now_ms: u64) {
        self.down.retain(|down| now_ms - down.sent_ms <= DOWN_AGE_MS);
        self.up.retain(|up| now_ms - up.sent_ms <= UP_AGE_MS);
    }

    pub(crate) fn clear(&mut self) {
        self.down.clear();
        self.up.clear();
    }

    /// Whether two different commands are on their way to the device.
    pub(crate) fn has_two_commands(&self) -> bool {
        self.down.iter().filter(|down| matches!(down.what, Downward::Command(_))).count() >= 2
    }

    /// An interruption: what was asked for before it is not fresh any more.
    pub(crate) fn interrupt(&mut self) {
        for down in &mut self.down {
            down.fresh = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use lumbra_domain::therapy::DeviceMoment;

    use super::*;
    use crate::device::{Command, Device};

    fn down(sent_ms: u64, sequence: u16) -> Down {
        let what = Downward::Command(Frame { sequence, command: Command::Stop });
        Down { sent_ms, what, command: None, fresh: true }
    }

    fn report(sent_ms: u64, at: u64) -> Up {
        let report = DeviceReport { at: DeviceMoment(at), ..Device::boot(BootId(1)).report() };
        Up { sent_ms, what: Upward::Report(Box::new(report)) }
    }

    fn reply(sent_ms: u64, sequence: u16) -> Up {
        Up { sent_ms, what: Upward::Reply { boot: BootId(1), sequence, taken: Taken::Accepted } }
    }

    #[test]
    fn what_is_too_old_or_too_many_is_lost() {
        let mut air = Air::default();
        for sequence in 1..=4 {
            air.send_down(down(0, sequence));
        }
        assert_eq!(air.down.len(), DOWN_AT_ONCE);
        assert!(air.has_two_commands());
        air.send_down(down(250, 4));
        air.send_up(reply(0, 1));
        air.age(UP_AGE_MS);
        assert_eq!((air.down.len(), air.up.len()), (DOWN_AT_ONCE, 1), "the same frame sent again is one frame");
        air.age(UP_AGE_MS + 1);
        assert_eq!((air.down.len(), air.up.len()), (DOWN_AT_ONCE, 0));
        air.age(DOWN_AGE_MS + 1);
        assert_eq!(air.down.len(), 1, "the one sent again is younger");
    }

    #[test]
    fn two_reports_of_different_ticks_can_overtake_each_other() {
        let mut air = Air::default();
        air.send_up(report(0, 10));
        air.send_up(report(0, 10));
        assert_eq!(air.up.len(), 1, "of one tick there is one");
        air.send_up(reply(0, 1));
        air.send_up(report(0, 20));
        air.send_up(report(0, 30));
        let kinds: Vec<_> = air.up.iter().map(|up| matches!(up.what, Upward::Report(_))).collect();
        assert_eq!(kinds, [false, true, true], "the oldest report has given way");
        assert!(air.copy_up(0).is_some() && air.take_up(2).is_some() && air.take_up(2).is_none());
    }
}
