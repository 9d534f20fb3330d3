//! What an earlier run of the app left open, and what the device's records correct.

use lumbra_domain::clock::Mark;
use lumbra_domain::posture::{PostureSettings, Reference};
use lumbra_domain::safety::{ApprovedStart, SessionPlan};
use lumbra_domain::therapy::{BootId, DeviceMoment, Intent, OrderKind, Session, SessionId, SessionOutcome};
use lumbra_domain::units::Milliamps;
use lumbra_store::{Command, CommandOutcome, DeviceRecord, SessionEnd, Settlement, Store, StoreError};
use serde::{Deserialize, Serialize};

use super::establish::Descriptions;
use super::journal::{NOT_BEGUN, SessionStart};
use super::records::EndedThere;
use crate::ids::parse_command;
use crate::posture::{reference_of, settings_of};

/// A session as it was started. It is kept with the session, so that an app that is restarted in the middle obeys the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Started {
    #[serde(flatten)]
    pub(super) plan: SessionPlan,
    /// The clinician's cap then; absent also where an earlier version of the app has kept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) clinician_cap: Option<Milliamps>,
}

impl From<&ApprovedStart> for Started {
    fn from(approved: &ApprovedStart) -> Self {
        Self { plan: approved.plan().clone(), clinician_cap: approved.clinician_cap() }
    }
}

/// What is open from an earlier run.
#[derive(Default)]
pub(super) struct Left {
    pub(super) session: Option<Session>,
    pub(super) started: Option<Started>,
    pub(super) intent: Option<Intent>,
    pub(super) stop_wanted: bool,
    pub(super) reference: Option<Reference>,
    pub(super) posture: Option<PostureSettings>,
}

/// Reads what is open. Of several open sessions only the newest can still be there: the others are ended as
/// not seen, at their worse case, until the device's records tell more. Of several open orders the newest
/// alone can be told from the device's status.
pub(super) fn left_open(store: &mut Store, device_id: &str, now_ms: i64) -> Result<Left, StoreError> {
    let mut left = Left {
        reference: store.latest_calibration(device_id)?.as_ref().map(reference_of),
        posture: settings_of(store)?,
        ..Left::default()
    };
    let mut sessions = store.open_sessions(device_id)?;
    if let Some(newest) = sessions.pop() {
        left.started = serde_json::from_str(&newest.start.programme).ok();
        left.session = restored(store, &newest, left.started.as_ref().map(|started| &started.plan))?;
    }
    for older in sessions {
        let end = SessionEnd {
            ended_at_ms: now_ms,
            outcome: SessionOutcome::NotSeen.as_str(),
            elapsed_s: older.start.planned_s.max(older.elapsed_s),
            max_delivered_dma: older.max_delivered_dma,
            dose_uncertain: true,
        };
        store.end_session(older.id, end)?;
    }
    let mut open = store.open_intents(device_id)?;
    left.stop_wanted = open.iter().any(|command| command.intent.kind == OrderKind::Stop.as_str());
    let newest = open.iter().rposition(|command| command.intent.kind != OrderKind::Stop.as_str());
    if let Some(newest) = newest {
        left.intent = intent(&open.remove(newest));
    }
    for command in open {
        let settlement = Settlement {
            outcome: CommandOutcome::Unknown,
            settled_by: "restart",
            reason: Some("the app was restarted, and a newer command has followed"),
            at_ms: now_ms,
        };
        store.settle_intent(&command.intent.command_id, settlement)?;
    }
    Ok(left)
}

fn restored(
    store: &Store,
    row: &lumbra_store::Session,
    plan: Option<&SessionPlan>,
) -> Result<Option<Session>, StoreError> {
    let begun = row.elapsed_s > 0 || store.session_events(row.id)?.iter().any(|event| event.kind == "begun");
    Ok(SessionId::new(row.start.session_id).map(|id| Session {
        id,
        boot: BootId(row.start.boot_id),
        planned_s: row.start.planned_s,
        grace_s: plan.map_or(super::start::DEFAULT_GRACE.get(), |plan| plan.grace.get()),
        ramp_down_ms: plan.map_or(0, |plan| plan.programme.ramp_down_ms()),
        begun,
        elapsed_s: row.elapsed_s,
        seen: None,
        max_delivered: Milliamps::from_tenths(row.max_delivered_dma),
        link_losses: 0,
    }))
}

fn intent(command: &Command) -> Option<Intent> {
    let stored = &command.intent;
    Some(Intent {
        command: parse_command(&stored.command_id)?,
        kind: OrderKind::parse(&stored.kind)?,
        session: stored.session_id.and_then(SessionId::new),
        sequence: stored.sequence,
        boot: stored.boot_id.map(BootId),
        newest_before: stored.newest_before,
        expires: stored.expires_ticks_ms.map(DeviceMoment),
    })
}

/// What is stored of a session when it is started.
pub(super) fn session_start(approved: &ApprovedStart, pain_before: Option<String>) -> SessionStart {
    let plan = approved.plan();
    let limit = approved.caps().into_iter().max().unwrap_or(Milliamps::ZERO);
    SessionStart {
        plan: serde_json::to_string(&Started::from(approved)).unwrap_or_default(),
        planned_s: plan.duration.get(),
        limit_dma: limit.tenths(),
        pain_before,
    }
}

/// Saves records, and lets them correct the sessions whose end was not seen here. `mark`: what the phone's clock tells at a tick
/// of the device, by which records of other times are dated.
pub(super) fn save_records(
    store: &mut Store,
    (device_id, mark): (&str, Option<Mark>),
    records: &[DeviceRecord],
    ended: &[EndedThere],
    now_ms: i64,
) -> Result<(), StoreError> {
    if let Some(mark) = mark {
        store.note_clock(device_id, mark)?;
    }
    store.save_records(records)?;
    for end in ended {
        let Some(row) = store.session_of(&end.device_id, end.boot_id, end.session_id)? else { continue };
        let not_begun = row.outcome.as_deref() == Some(NOT_BEGUN);
        if row.ended_at_ms.is_none() || !(row.dose_uncertain || not_begun) {
            continue;
        }
        let correction = SessionEnd {
            ended_at_ms: end.at_ms.or(row.ended_at_ms).unwrap_or(now_ms),
            outcome: end.outcome.as_str(),
            elapsed_s: end.elapsed_s,
            max_delivered_dma: end.max_delivered_dma,
            dose_uncertain: false,
        };
        store.end_session(row.id, correction)?;
    }
    Ok(())
}

/// Keeps what the device says of itself, and where it was found.
pub(super) fn save_descriptions(
    store: &mut Store,
    device_id: &str,
    link_id: &str,
    descriptions: Descriptions,
    at_ms: i64,
) -> Result<(), StoreError> {
    if let Some(mut device) = store.device(device_id)? {
        let told = (descriptions.firmware, descriptions.hardware);
        if (&device.firmware, &device.hardware) != (&told.0, &told.1) {
            (device.firmware, device.hardware) = told;
            store.save_device(&device)?;
        }
    }
    store.device_seen(device_id, link_id, at_ms)
}
