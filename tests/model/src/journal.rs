//! What the phone keeps: open sessions and open commands, as the engine's store has them, and how they are taken up again.

use lumbra_domain::therapy::{BootId, CommandId, Intent, OrderKind, Session, SessionEvent, SessionId};
use lumbra_domain::units::Milliamps;

use crate::bounds::{GRACE_S, PLANNED_S, RAMP_DOWN_MS};

/// A session without an end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    pub(crate) id: SessionId,
    boot: BootId,
    begun: bool,
    elapsed_s: u32,
}

/// Open sessions and open commands, oldest first. Cloned to become what is safe on the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Journal {
    pub(crate) rows: Vec<Row>,
    pub(crate) open: Vec<Intent>,
}

/// What an earlier run left, in the engine's reading.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) session: Option<Session>,
    pub(crate) intent: Option<Intent>,
    pub(crate) stop_wanted: bool,
    /// Sessions ended as not seen, at the worst case in seconds.
    pub(crate) given_up: Vec<(SessionId, u32)>,
    /// Commands settled as unknown for good.
    pub(crate) settled: Vec<CommandId>,
}

impl Journal {
    pub(crate) fn save(&mut self, intent: &Intent) {
        self.open.push(intent.clone());
        if let (OrderKind::Start, Some(id), Some(boot)) = (intent.kind, intent.session, intent.boot) {
            self.rows.push(Row { id, boot, begun: false, elapsed_s: 0 });
        }
    }

    /// A command that could not be saved leaves nothing behind, nor does the session it would have begun.
    pub(crate) fn forget(&mut self, command: CommandId) {
        if let Some(index) = self.open.iter().position(|intent| intent.command == command) {
            let intent = self.open.remove(index);
            if intent.kind == OrderKind::Start {
                self.rows.retain(|row| Some(row.id) != intent.session);
            }
        }
    }

    pub(crate) fn settle(&mut self, command: CommandId) {
        self.open.retain(|intent| intent.command != command);
    }

    pub(crate) fn has_open(&self, command: CommandId) -> bool {
        self.open.iter().any(|intent| intent.command == command)
    }

    pub(crate) fn has_session(&self, id: SessionId) -> bool {
        self.rows.iter().any(|row| row.id == id)
    }

    /// A fact of the session `id`, with the stimulation time seen so far.
    pub(crate) fn tell(&mut self, id: Option<SessionId>, event: SessionEvent, elapsed_s: u32) {
        match event {
            SessionEvent::Ended(end) => self.rows.retain(|row| row.id != end.id),
            SessionEvent::NotBegun(id) => self.rows.retain(|row| row.id != id),
            _ => {
                if let Some(row) = self.rows.iter_mut().find(|row| Some(row.id) == id) {
                    row.begun |= event == SessionEvent::Begun;
                    row.elapsed_s = row.elapsed_s.max(elapsed_s);
                }
            }
        }
    }

    /// Takes up what is open, as the engine's `left_open` does: the newest session and the newest order that is no stop
    /// can still be told from the device; the others are closed here at the worst case.
    pub(crate) fn left_open(&mut self) -> Left {
        let newest = self.rows.pop();
        let given_up = self.rows.drain(..).map(|row| (row.id, PLANNED_S.max(row.elapsed_s))).collect();
        let session = newest.as_ref().map(|row| Session {
            id: row.id,
            boot: row.boot,
            planned_s: PLANNED_S,
            grace_s: GRACE_S,
            ramp_down_ms: u32::from(RAMP_DOWN_MS),
            begun: row.begun || row.elapsed_s > 0,
            elapsed_s: row.elapsed_s,
            seen: None,
            max_delivered: Milliamps::ZERO,
            link_losses: 0,
        });
        self.rows.extend(newest);
        let stop_wanted = self.open.iter().any(|intent| intent.kind == OrderKind::Stop);
        let newest = self.open.iter().rposition(|intent| intent.kind != OrderKind::Stop);
        let intent = newest.map(|newest| self.open.remove(newest));
        let settled = self.open.drain(..).map(|intent| intent.command).collect();
        self.open.extend(intent.clone());
        Left { session, intent, stop_wanted, given_up, settled }
    }
}
