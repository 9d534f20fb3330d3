//! All that a store holds, as one value: read from a database, or reckoned from the writes that were acknowledged. That the two
//! are equal is what the kills and the power cuts judge by: nothing lost, nothing half-written, the audit in order.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use lumbra_store::telemetry::TelemetrySample;
use lumbra_store::{
    Calibration, Cap, Command, CommandOutcome, Device, DeviceRecord, PainContext, PainEntry, PostureChunk,
    PostureCounts, Screening, Session, SessionEvent, Store,
};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::Broken;
use super::sending::{Sending, Sent};
use super::workload::{DEVICE, Op, SETTLED_BY, SessionName, UNKNOWN_REASON, end_outcome};

/// A row of the audit, with its detail as it means.
#[derive(Clone, Debug, PartialEq)]
struct AuditRow {
    at_ms: i64,
    subject: String,
    subject_id: String,
    action: String,
    detail: Value,
}

/// A session with what belongs to it.
#[derive(Clone, Debug, PartialEq)]
struct WholeSession {
    session: Session,
    telemetry: Vec<TelemetrySample>,
    events: Vec<SessionEvent>,
}

/// All that a store holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Picture {
    devices: BTreeMap<String, Device>,
    screening: Option<Screening>,
    /// By channel, owner and device.
    caps: BTreeMap<(u8, &'static str, Option<String>), Cap>,
    calibration: Option<Calibration>,
    pain: BTreeMap<String, PainEntry>,
    sessions: BTreeMap<i64, WholeSession>,
    commands: BTreeMap<String, Command>,
    /// The device's open commands, oldest first.
    open_commands: Vec<String>,
    /// By boot and first tick.
    chunks: BTreeMap<(String, u32, u64), PostureChunk>,
    counts: PostureCounts,
    /// By number and boot.
    records: BTreeMap<(u32, u32), DeviceRecord>,
    /// By number and boot: seconds upright.
    minutes: BTreeMap<(u32, u32), u32>,
    sent: Sent,
    audit: Vec<AuditRow>,
}

/// Opens the database beside the store, for what its methods don't show.
pub(crate) fn open_raw(database: &Path, key: &[u8]) -> rusqlite::Result<Connection> {
    let connection = Connection::open(database)?;
    let mut hex = String::new();
    for byte in key {
        // Writing to a string can't fail.
        let _ = write!(hex, "{byte:02x}");
    }
    connection.execute_batch(&format!("PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'{hex}'\""))?;
    Ok(connection)
}

impl Picture {
    /// Reads a store through its own methods, and beside them through SQLite: its audit, and whether its pages, its indexes and
    /// its references are sound.
    pub(crate) fn read(store: &Store, raw: &Connection) -> Result<Self, Broken> {
        let mut sessions = BTreeMap::new();
        for session in store.sessions_between(i64::MIN, i64::MAX)? {
            let (telemetry, events) = (store.telemetry(session.id)?, store.session_events(session.id)?);
            sessions.insert(session.id, WholeSession { session, telemetry, events });
        }
        let commands = store.commands_between(i64::MIN, i64::MAX)?.into_iter();
        let open_commands = store.open_intents(DEVICE)?.into_iter().map(|open| open.intent.command_id);
        let caps = store.caps(DEVICE)?.into_iter().map(|cap| (cap_key(&cap), cap));
        let records = store.records(DEVICE, 0, u32::MAX)?.into_iter();
        let chunks = store.posture_between(i64::MIN, i64::MAX)?.into_iter();
        Ok(Self {
            devices: store.devices(true)?.into_iter().map(|device| (device.device_id.clone(), device)).collect(),
            screening: store.latest_screening()?,
            caps: caps.collect(),
            calibration: store.latest_calibration(DEVICE)?,
            pain: store
                .pain_between(i64::MIN, i64::MAX)?
                .into_iter()
                .map(|entry| (entry.entry_id.clone(), entry))
                .collect(),
            sessions,
            commands: commands.map(|command| (command.intent.command_id.clone(), command)).collect(),
            open_commands: open_commands.collect(),
            chunks: chunks.map(|chunk| (chunk_key(&chunk), chunk)).collect(),
            counts: store.posture_counts(i64::MIN)?,
            records: records.map(|record| ((record.number, record.boot_id), record)).collect(),
            minutes: read_minutes(raw)?,
            sent: Sent::read(store, raw)?,
            audit: read_audit(raw)?,
        })
    }

    /// What the store holds after this write.
    pub(crate) fn apply(&mut self, op: &Op) {
        match op {
            Op::Device(device) => {
                let action = if self.devices.contains_key(&device.device_id) { "updated" } else { "added" };
                let detail = json!({ "firmware": device.firmware, "hardware": device.hardware });
                self.told(device.last_seen_ms, ("device", &device.device_id), action, detail);
                self.devices.insert(device.device_id.clone(), Device::clone(device));
            }
            Op::Screening(screening) => {
                // The row's id, which counts the rounds there were: checks of the red flags stand among the screenings.
                let is_round = |row: &&AuditRow| matches!(row.subject.as_str(), "screening" | "red_flags");
                let id = self.audit.iter().filter(is_round).count() + 1;
                let detail = json!({ "outcome": screening.outcome });
                self.told(screening.at_ms, ("screening", &id.to_string()), "answered", detail);
                self.screening = Some(screening.clone());
            }
            Op::Cap(cap) => {
                let id = format!("{}/{}", cap.device_id.as_deref().unwrap_or("any"), cap.channel);
                let detail = json!({ "owner": cap.owner.as_str(), "set_by": cap.set_by, "limit_dma": cap.limit_dma });
                self.told(cap.set_at_ms, ("cap", &id), "set", detail);
                self.caps.insert(cap_key(cap), cap.clone());
            }
            Op::Calibration(calibration) => {
                self.told(calibration.at_ms, ("calibration", &calibration.device_id), "set", json!({}));
                self.calibration = Some(calibration.clone());
            }
            Op::AddPain(entry, session) => self.add_pain(entry, *session),
            Op::EditPain { entry_id, score, note, at_ms } => self.edit_pain(entry_id, *score, note, *at_ms),
            Op::Start(start) => {
                let id = self.sessions.keys().next_back().copied().unwrap_or(0) + 1;
                let detail = json!({ "planned_s": start.planned_s, "limit_dma": start.limit_dma });
                self.told(start.started_at_ms, ("session", &id.to_string()), "started", detail);
                let session = Session {
                    id,
                    start: start.as_ref().clone(),
                    ended_at_ms: None,
                    outcome: None,
                    elapsed_s: 0,
                    max_delivered_dma: 0,
                    dose_uncertain: false,
                    pain_after: None,
                };
                self.sessions.insert(id, WholeSession { session, telemetry: Vec::new(), events: Vec::new() });
            }
            Op::Event(name, event) => {
                if let Some(whole) = self.session(*name) {
                    whole.events.push(event.clone());
                }
            }
            Op::Telemetry { session, elapsed_s, samples } => {
                if let Some(whole) = self.session(*session) {
                    let highest = samples.iter().flat_map(|sample| &sample.channels).map(|one| one.delivered_dma).max();
                    whole.session.elapsed_s = whole.session.elapsed_s.max(*elapsed_s);
                    whole.session.max_delivered_dma = whole.session.max_delivered_dma.max(highest.unwrap_or(0));
                    whole.telemetry.extend_from_slice(samples);
                }
            }
            Op::End { session, ended_at_ms, elapsed_s, dose_uncertain } => {
                self.end(*session, *ended_at_ms, *elapsed_s, *dose_uncertain);
            }
            Op::Save(intent) => {
                self.open_commands.push(intent.command_id.clone());
                let command = Command {
                    intent: intent.as_ref().clone(),
                    outcome: CommandOutcome::Pending,
                    settled_by: None,
                    reason: None,
                    settled_at_ms: None,
                };
                self.commands.insert(intent.command_id.clone(), command);
            }
            Op::MarkUnknown { command_id, at_ms } => {
                let detail = json!({ "by": SETTLED_BY, "reason": UNKNOWN_REASON, "final": false });
                self.told(*at_ms, ("command", command_id), "unknown", detail);
                self.outcome(command_id, CommandOutcome::Unknown, Some(UNKNOWN_REASON), None);
            }
            Op::Settle { command_id, outcome, at_ms } => {
                self.open_commands.retain(|open| open != command_id);
                self.outcome(command_id, *outcome, None, Some(*at_ms));
            }
            Op::Posture(chunks, gaps) => {
                for chunk in chunks {
                    self.counts.frames += u64::from(chunk.frame_count);
                    self.counts.samples += chunk.samples.len() as u64;
                    self.chunks.insert(chunk_key(chunk), chunk.clone());
                }
                for gap in gaps {
                    self.counts.gaps += 1;
                    self.counts.missing_frames += u64::from(gap.to_frame - gap.from_frame + 1);
                }
            }
            Op::Records(records) => {
                for record in records {
                    let key = (record.number, record.boot_id);
                    if let Some(minute) = record.posture_minute {
                        self.minutes.insert(key, minute.seconds.upright_s);
                    }
                    self.records.insert(key, DeviceRecord { posture_minute: None, ..record.clone() });
                }
            }
            Op::Sending(sending) => self.sending(sending),
        }
    }

    fn sending(&mut self, sending: &Sending) {
        let anew = self.sent.apply(sending);
        match sending {
            Sending::Connect(connection) if anew => {
                let detail = json!({ "base_url": connection.base_url });
                let subject = ("connection", connection.connection_id.as_str());
                self.told(connection.connected_at_ms, subject, "connected", detail);
            }
            Sending::Tell(pain, _) => self.add_pain(pain, None),
            Sending::Refused { group_id, count, at_ms, .. } => {
                self.told(*at_ms, ("outbox", group_id), "dead", json!({ "entries": count }));
            }
            Sending::Connect(_) | Sending::Send { .. } | Sending::Arrived { .. } => {}
        }
    }

    /// In which parts another picture differs, for people.
    pub(crate) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let parts = [
            ("devices", self.devices == other.devices),
            ("screening", self.screening == other.screening),
            ("caps", self.caps == other.caps),
            ("calibration", self.calibration == other.calibration),
            ("pain", self.pain == other.pain),
            ("sessions", self.sessions == other.sessions),
            ("commands", self.commands == other.commands && self.open_commands == other.open_commands),
            ("posture", self.chunks == other.chunks && self.counts == other.counts),
            ("records", self.records == other.records && self.minutes == other.minutes),
            ("outbox", self.sent == other.sent),
            ("audit", self.audit == other.audit),
        ];
        parts.into_iter().filter(|(_, same)| !same).map(|(part, _)| part).collect()
    }

    fn told(&mut self, at_ms: i64, (subject, subject_id): (&str, &str), action: &str, detail: Value) {
        let (subject, subject_id, action) = (subject.into(), subject_id.into(), action.into());
        self.audit.push(AuditRow { at_ms, subject, subject_id, action, detail });
    }

    fn session(&mut self, name: SessionName) -> Option<&mut WholeSession> {
        self.sessions.values_mut().find(|whole| {
            let start = &whole.session.start;
            start.device_id == DEVICE && start.boot_id == name.boot_id && start.session_id == name.number
        })
    }

    fn add_pain(&mut self, entry: &PainEntry, session: Option<SessionName>) {
        let mut entry = entry.clone();
        if let Some(whole) = session.and_then(|name| self.session(name)) {
            entry.session = Some(whole.session.id);
            // The earliest is shown.
            if entry.context == PainContext::AfterSession && whole.session.pain_after.is_none() {
                whole.session.pain_after = Some(entry.entry_id.clone());
            }
        }
        self.told(entry.at_ms, ("pain", &entry.entry_id), "added", json!({}));
        self.pain.insert(entry.entry_id.clone(), entry);
    }

    fn edit_pain(&mut self, entry_id: &str, score: u8, note: &str, at_ms: i64) {
        let Some(entry) = self.pain.get_mut(entry_id) else {
            return;
        };
        let before = json!({
            "at_ms": entry.at_ms,
            "utc_offset_s": entry.utc_offset_s,
            "score": entry.score,
            "context": entry.context.as_str(),
            "session": entry.session,
            "place": entry.place,
            "note": entry.note,
            "sites": entry.detail.sites,
            "qualities": entry.detail.qualities,
            "worst": entry.detail.worst,
            "average": entry.detail.average,
        });
        entry.score = score;
        note.clone_into(&mut entry.note);
        self.told(at_ms, ("pain", entry_id), "edited", before);
    }

    fn end(&mut self, name: SessionName, ended_at_ms: i64, elapsed_s: u32, dose_uncertain: bool) {
        let Some(whole) = self.session(name) else {
            return;
        };
        let session = &mut whole.session;
        let outcome = end_outcome(dose_uncertain);
        let detail = json!({
            "outcome": outcome,
            "elapsed_s": elapsed_s,
            "max_delivered_dma": 0,
            "dose_uncertain": dose_uncertain,
            "outcome_before": session.outcome,
        });
        session.ended_at_ms = Some(ended_at_ms);
        session.outcome = Some(outcome.into());
        session.elapsed_s = elapsed_s;
        session.dose_uncertain = dose_uncertain;
        let id = session.id.to_string();
        self.told(ended_at_ms, ("session", &id), "ended", detail);
    }

    fn outcome(&mut self, command_id: &str, outcome: CommandOutcome, reason: Option<&str>, settled_at_ms: Option<i64>) {
        if let Some(command) = self.commands.get_mut(command_id) {
            command.outcome = outcome;
            command.settled_by = Some(SETTLED_BY.into());
            command.reason = reason.map(Into::into);
            command.settled_at_ms = settled_at_ms;
        }
    }
}

fn cap_key(cap: &Cap) -> (u8, &'static str, Option<String>) {
    (cap.channel, cap.owner.as_str(), cap.device_id.clone())
}

fn chunk_key(chunk: &PostureChunk) -> (String, u32, u64) {
    (chunk.device_id.clone(), chunk.boot_id, chunk.first_ticks_ms)
}

fn read_minutes(raw: &Connection) -> Result<BTreeMap<(u32, u32), u32>, Broken> {
    let mut statement =
        raw.prepare("SELECT record_number, boot_id, upright_s FROM posture_minutes WHERE device_id = ?")?;
    let rows = statement.query_map([DEVICE], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read_audit(raw: &Connection) -> Result<Vec<AuditRow>, Broken> {
    // What the log is about to write over need not be sound yet: it goes into the database first.
    raw.query_row("PRAGMA wal_checkpoint", (), |_| Ok(()))?;
    for check in ["PRAGMA integrity_check", "PRAGMA foreign_key_check", "PRAGMA cipher_integrity_check"] {
        let mut statement = raw.prepare(check)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let verdict: String = row.get(0)?;
            if verdict != "ok" {
                return Err(Broken::Unsound { check, verdict });
            }
        }
    }
    let mut statement = raw.prepare("SELECT at_ms, subject, subject_id, action, detail FROM audit ORDER BY id")?;
    let mut rows = statement.query(())?;
    let mut audit = Vec::new();
    while let Some(row) = rows.next()? {
        let detail: String = row.get(4)?;
        audit.push(AuditRow {
            at_ms: row.get(0)?,
            subject: row.get(1)?,
            subject_id: row.get(2)?,
            action: row.get(3)?,
            detail: serde_json::from_str(&detail)?,
        });
    }
    Ok(audit)
}
