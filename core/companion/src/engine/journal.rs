//! What the engine writes down. Every call is queued on the store's thread when it is made, in order.

use std::future::Future;
use std::sync::Arc;

use lumbra_domain::therapy::{BootId, Intent, Order, Outcome, SessionEvent, SessionId, SettledBy};
use lumbra_store::telemetry::TelemetrySample;
use lumbra_store::{
    CommandOutcome, NewSession, SessionEnd as StoredEnd, SessionEvent as StoredEvent, Settlement, Store, StoreError,
    StoreHandle,
};

use crate::clock::WallClock;
use crate::driver;
use crate::ids::command_text;
use crate::snapshot::reason_name;

/// The store, as one device's engine sees it.
#[derive(Clone)]
pub(super) struct Journal {
    pub(super) store: StoreHandle,
    pub(super) clock: Arc<dyn WallClock>,
    pub(super) device_id: String,
}

/// What is stored of a session when it is started.
pub(super) struct SessionStart {
    pub(super) plan: String,
    pub(super) planned_s: u32,
    pub(super) limit_dma: u16,
    pub(super) pain_before: Option<String>,
}

type Stored = Result<(), StoreError>;

impl Journal {
    /// Saves an intent, and with a start the session it begins.
    pub(super) fn save(
        &self,
        intent: &Intent,
        order: &Order,
        start: Option<SessionStart>,
    ) -> impl Future<Output = Stored> + Send + use<> {
        let saved_at_ms = self.clock.unix_ms();
        let stored = lumbra_store::Intent {
            command_id: command_text(intent.command),
            device_id: self.device_id.clone(),
            session_id: intent.session.map(SessionId::get),
            kind: intent.kind.as_str().to_owned(),
            sequence: intent.sequence,
            boot_id: intent.boot.map(|boot| boot.0),
            newest_before: intent.newest_before,
            expires_ticks_ms: intent.expires.map(|expires| expires.0),
            detail: driver::detail(order),
            saved_at_ms,
        };
        let session = start.zip(intent.session).zip(intent.boot).map(|((start, session), boot)| NewSession {
            device_id: self.device_id.clone(),
            boot_id: boot.0,
            session_id: session.get(),
            programme: start.plan,
            planned_s: start.planned_s,
            limit_dma: start.limit_dma,
            started_at_ms: saved_at_ms,
            utc_offset_s: self.clock.utc_offset_s(),
            pain_before: start.pain_before,
        });
        self.store.call(move |store| {
            store.save_intent(&stored)?;
            if let Some(session) = session {
                store.start_session(&session)?;
            }
            Ok(())
        })
    }

    /// Writes down what became of a command; `last` = nothing more will be told of it.
    pub(super) fn settle(
        &self,
        intent: String,
        outcome: Outcome,
        by: SettledBy,
        last: bool,
    ) -> impl Future<Output = Stored> + Send + use<> {
        let at_ms = self.clock.unix_ms();
        self.store.call(move |store| {
            let reason = match outcome {
                Outcome::Rejected(rejection) => Some(rejection.to_string()),
                Outcome::Confirmed | Outcome::Unknown => None,
            };
            if !last {
                return store.mark_unknown(&intent, by.as_str(), reason.as_deref(), at_ms);
            }
            let outcome = match outcome {
                Outcome::Confirmed => CommandOutcome::Confirmed,
                Outcome::Rejected(_) => CommandOutcome::Rejected,
                Outcome::Unknown => CommandOutcome::Unknown,
            };
            let settlement = Settlement { outcome, settled_by: by.as_str(), reason: reason.as_deref(), at_ms };
            store.settle_intent(&intent, settlement)
        })
    }

    /// Writes down a fact of a session, after the telemetry that came before it.
    pub(super) fn tell(
        &self,
        session: SessionId,
        boot: BootId,
        event: SessionEvent,
        telemetry: Vec<TelemetrySample>,
        elapsed_s: u32,
    ) -> impl Future<Output = Stored> + Send + use<> {
        let at_ms = self.clock.unix_ms();
        let device_id = self.device_id.clone();
        self.store.call(move |store| {
            let Some(row) = store.session_of(&device_id, boot.0, session.get())? else { return Ok(()) };
            if !telemetry.is_empty() {
                store.append_telemetry(row.id, elapsed_s, &telemetry)?;
            }
            write_event(store, row.id, event, at_ms)
        })
    }

    /// Appends telemetry to a session.
    pub(super) fn telemetry(
        &self,
        session: SessionId,
        boot: BootId,
        elapsed_s: u32,
        telemetry: Vec<TelemetrySample>,
    ) -> impl Future<Output = Stored> + Send + use<> {
        let device_id = self.device_id.clone();
        self.store.call(move |store| {
            let Some(row) = store.session_of(&device_id, boot.0, session.get())? else { return Ok(()) };
            store.append_telemetry(row.id, elapsed_s, &telemetry)
        })
    }
}

fn write_event(store: &mut Store, row: i64, event: SessionEvent, at_ms: i64) -> Stored {
    let (kind, detail) = match event {
        SessionEvent::Begun => ("begun", "{}".to_owned()),
        SessionEvent::Paused(reason) => ("paused", serde_json::json!({ "reason": reason_name(reason) }).to_string()),
        SessionEvent::Resumed => ("resumed", "{}".to_owned()),
        SessionEvent::ContactChanged { channel, contact } => {
            ("contact_changed", serde_json::json!({ "channel": channel, "contact": contact }).to_string())
        }
        SessionEvent::Faults(faults) => ("faults", serde_json::json!({ "faults": faults }).to_string()),
        SessionEvent::LinkLost => ("link_lost", "{}".to_owned()),
        SessionEvent::LinkBack => ("link_back", "{}".to_owned()),
        SessionEvent::Ended(end) => {
            return store.end_session(
                row,
                StoredEnd {
                    ended_at_ms: at_ms,
                    outcome: end.outcome.as_str(),
                    elapsed_s: end.elapsed_s,
                    max_delivered_dma: end.max_delivered.tenths(),
                    dose_uncertain: end.uncertain,
                },
            );
        }
        SessionEvent::NotBegun(_) => {
            return store.end_session(
                row,
                StoredEnd {
                    ended_at_ms: at_ms,
                    outcome: NOT_BEGUN,
                    elapsed_s: 0,
                    max_delivered_dma: 0,
                    dose_uncertain: false,
                },
            );
        }
    };
    store.add_session_event(row, &StoredEvent { at_ms, kind: kind.to_owned(), detail })
}

/// The outcome of a session whose start never took effect. Not a session to the person.
pub(crate) const NOT_BEGUN: &str = "not_begun";
