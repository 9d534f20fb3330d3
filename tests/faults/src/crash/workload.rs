//! What an interrupted process writes: a stream of writes that follows from a seed, so that whoever judges the store afterwards
//! knows each of them without being told.

use lumbra_store::telemetry::{ChannelSample, TelemetrySample};
use lumbra_store::{
    Calibration, Cap, CapOwner, CommandOutcome, Device, DeviceRecord, Intent, NewSession, PainContext, PainDetail,
    PainEntry, PostureChunk, PostureGap, PostureMinute, PostureSample, PostureSeconds, Screening, SensorTurn,
    SessionEnd, SessionEvent, Settlement, Store, StoreError,
};

use super::sending::{Letters, Sending};

/// The device that all of it is about.
pub(crate) const DEVICE: &str = "0f6b7a52-9a63-4d0c-8f0e-5b1c5d7e2a90";

/// 2025-06-15T12:00:00Z, in Unix milliseconds: the first write's time.
const START_MS: i64 = 1_749_988_800_000;

/// A session on the device: its boot, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionName {
    /// The device's boot: one for each generation of writers.
    pub(crate) boot_id: u32,
    /// The session's number.
    pub(crate) number: u32,
}

/// One call of the store that changes something.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// Saves the device, first or again.
    Device(Box<Device>),
    /// Saves a screening.
    Screening(Screening),
    /// Sets a cap.
    Cap(Cap),
    /// Saves a calibration.
    Calibration(Calibration),
    /// Adds a pain entry, to a session when there is one.
    AddPain(PainEntry, Option<SessionName>),
    /// Gives a pain entry another score and note.
    EditPain { entry_id: String, score: u8, note: String, at_ms: i64 },
    /// Begins a session.
    Start(Box<NewSession>),
    /// Adds an event to a session.
    Event(SessionName, SessionEvent),
    /// Adds telemetry to a session; `elapsed_s` of stimulation so far.
    Telemetry { session: SessionName, elapsed_s: u32, samples: Vec<TelemetrySample> },
    /// Ends a session.
    End { session: SessionName, ended_at_ms: i64, elapsed_s: u32, dose_uncertain: bool },
    /// Saves a command.
    Save(Box<Intent>),
    /// Marks a command as unknown.
    MarkUnknown { command_id: String, at_ms: i64 },
    /// Settles a command.
    Settle { command_id: String, outcome: CommandOutcome, at_ms: i64 },
    /// Adds posture samples, and a gap among them.
    Posture(Vec<PostureChunk>, Vec<PostureGap>),
    /// Adds records of the device, all or none.
    Records(Vec<DeviceRecord>),
    /// Changes what goes to a clinic.
    Sending(Sending),
}

/// How a session with this end is told.
pub(crate) const fn end_outcome(dose_uncertain: bool) -> &'static str {
    if dose_uncertain { "not_seen" } else { "completed" }
}

/// What a command's outcome is told from, in every one of these.
pub(crate) const SETTLED_BY: &str = "status";

/// Why a command is unknown.
pub(crate) const UNKNOWN_REASON: &str = "link_lost";

impl Op {
    /// Makes the call. When it returns, the store has promised to keep it.
    pub(crate) fn apply(&self, store: &mut Store) -> Result<(), StoreError> {
        match self {
            Self::Device(device) => store.save_device(device),
            Self::Screening(screening) => store.save_screening(screening),
            Self::Cap(cap) => store.set_cap(cap),
            Self::Calibration(calibration) => store.save_calibration(calibration),
            Self::AddPain(entry, session) => {
                let session = session.map(|name| id_of(store, name)).transpose()?;
                store.add_pain(&PainEntry { session, ..entry.clone() })
            }
            Self::EditPain { entry_id, score, note, at_ms } => {
                let before = store.pain(entry_id)?.ok_or(StoreError::NotFound { what: "the entry to edit" })?;
                store.edit_pain(&PainEntry { score: *score, note: note.clone(), ..before }, *at_ms)
            }
            Self::Start(start) => store.start_session(start).map(|_| ()),
            Self::Event(session, event) => store.add_session_event(id_of(store, *session)?, event),
            Self::Telemetry { session, elapsed_s, samples } => {
                store.append_telemetry(id_of(store, *session)?, *elapsed_s, samples)
            }
            Self::End { session, ended_at_ms, elapsed_s, dose_uncertain } => {
                let end = SessionEnd {
                    ended_at_ms: *ended_at_ms,
                    outcome: end_outcome(*dose_uncertain),
                    elapsed_s: *elapsed_s,
                    max_delivered_dma: 0,
                    dose_uncertain: *dose_uncertain,
                };
                store.end_session(id_of(store, *session)?, end)
            }
            Self::Save(intent) => store.save_intent(intent),
            Self::MarkUnknown { command_id, at_ms } => {
                store.mark_unknown(command_id, SETTLED_BY, Some(UNKNOWN_REASON), *at_ms)
            }
            Self::Settle { command_id, outcome, at_ms } => {
                let settled = Settlement { outcome: *outcome, settled_by: SETTLED_BY, reason: None, at_ms: *at_ms };
                store.settle_intent(command_id, settled)
            }
            Self::Posture(chunks, gaps) => store.append_posture(chunks, gaps),
            Self::Records(records) => store.save_records(records).map(|_| ()),
            Self::Sending(sending) => sending.apply(store),
        }
    }
}

fn id_of(store: &Store, name: SessionName) -> Result<i64, StoreError> {
    let session = store.session_of(DEVICE, name.boot_id, name.number)?;
    session.map(|session| session.id).ok_or(StoreError::NotFound { what: "the session to write to" })
}

/// The writes of one process, without end. A folder sees several processes one after the other: each is a generation, and what
/// it writes collides with nothing of the others.
#[derive(Debug)]
pub(crate) struct Plan {
    random: fastrand::Rng,
    generation: u32,
    count: u32,
    session: Option<(SessionName, u32)>,
    sessions: u32,
    open_commands: Vec<String>,
    entries: Vec<String>,
    records: u32,
    frames: u32,
    letters: Letters,
}

impl Plan {
    /// The writes of this generation.
    pub(crate) fn new(seed: u64, generation: u32) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let apart = random.u64(..);
        Self {
            random: fastrand::Rng::with_seed(apart ^ u64::from(generation)),
            generation,
            count: 0,
            session: None,
            sessions: 0,
            open_commands: Vec::new(),
            entries: Vec::new(),
            records: 0,
            frames: 0,
            letters: Letters::default(),
        }
    }

    fn now_ms(&self) -> i64 {
        START_MS + i64::from(self.generation) * 100_000_000 + i64::from(self.count) * 1_000
    }

    fn id(&self, kind: &str) -> String {
        format!("{kind}-{}-{}", self.generation, self.count)
    }

    fn note(&mut self) -> String {
        // Mostly within a page; sometimes over several.
        let words = if self.random.u8(..12) == 0 { 3_000 } else { 30 };
        "ache ".repeat(self.random.usize(..words))
    }

    fn device(&self) -> Op {
        Op::Device(Box::new(Device {
            device_id: DEVICE.into(),
            model: "L1".into(),
            serial: "L1-000777".into(),
            firmware: format!("1.0.{}", self.generation),
            hardware: "B".into(),
            name: "Lumbra".into(),
            link_id: Some("the address".into()),
            paired_at_ms: START_MS,
            last_seen_ms: self.now_ms(),
            forgotten_at_ms: None,
        }))
    }

    fn pain(&mut self, context: PainContext) -> PainEntry {
        let entry_id = self.id("pain");
        self.entries.push(entry_id.clone());
        PainEntry {
            entry_id,
            at_ms: self.now_ms(),
            utc_offset_s: 7_200,
            score: self.random.u8(..=10),
            context,
            session: None,
            place: "low back".into(),
            note: self.note(),
            detail: PainDetail {
                sites: vec!["lower-back:left".into(), "leg:left".into()],
                qualities: vec!["burning".into()],
                worst: Some(10),
                average: None,
            },
        }
    }

    fn add_pain(&mut self) -> Op {
        Op::AddPain(self.pain(PainContext::Diary), None)
    }

    fn edit_pain(&mut self) -> Op {
        match self.random.choice(&self.entries).cloned() {
            Some(entry_id) => {
                Op::EditPain { entry_id, score: self.random.u8(..=10), note: self.note(), at_ms: self.now_ms() }
            }
            None => self.add_pain(),
        }
    }

    fn tell(&mut self) -> Op {
        let pain = self.pain(PainContext::Diary);
        Op::Sending(self.letters.tell(pain, &mut self.random))
    }

    fn send(&mut self) -> Op {
        let at_ms = self.now_ms();
        self.letters.send(at_ms, &mut self.random).map_or_else(|| self.tell(), Op::Sending)
    }

    fn session_step(&mut self) -> Op {
        let Some((session, elapsed_s)) = self.session else {
            return self.start();
        };
        match self.random.u8(..10) {
            0 => {
                self.session = None;
                let dose_uncertain = self.random.bool();
                Op::End { session, ended_at_ms: self.now_ms(), elapsed_s, dose_uncertain }
            }
            1 | 2 => {
                let detail = format!(r#"{{"at":{}}}"#, self.count);
                Op::Event(session, SessionEvent { at_ms: self.now_ms(), kind: "pads_off".into(), detail })
            }
            _ => {
                let count = self.random.u32(1..20);
                self.session = Some((session, elapsed_s + count));
                let samples = (elapsed_s..elapsed_s + count).map(|second| self.sample(second)).collect();
                Op::Telemetry { session, elapsed_s: elapsed_s + count, samples }
            }
        }
    }

    fn start(&mut self) -> Op {
        self.sessions += 1;
        let name = SessionName { boot_id: self.generation, number: self.sessions };
        self.session = Some((name, 0));
        Op::Start(Box::new(NewSession {
            device_id: DEVICE.into(),
            boot_id: name.boot_id,
            session_id: name.number,
            programme: r#"{"frequency_hz":100,"pulse_width_us":100}"#.into(),
            planned_s: 1_200,
            limit_dma: 300,
            started_at_ms: self.now_ms(),
            utc_offset_s: 7_200,
            pain_before: None,
        }))
    }

    fn sample(&mut self, second: u32) -> TelemetrySample {
        let channel = ChannelSample {
            target_dma: 120,
            delivered_dma: self.random.u16(100..=120),
            contact: 1,
            impedance_ohm: Some(self.random.u32(800..1_200)),
        };
        TelemetrySample { t_ms: second * 1_000, channels: vec![channel; 2] }
    }

    fn save(&mut self) -> Op {
        let command_id = self.id("command");
        self.open_commands.push(command_id.clone());
        let sequence = u16::try_from(self.count & 0xffff).unwrap_or_default();
        Op::Save(Box::new(Intent {
            command_id,
            device_id: DEVICE.into(),
            session_id: self.session.map(|(session, _)| session.number),
            kind: "set_intensity".into(),
            sequence,
            boot_id: Some(self.generation),
            newest_before: sequence.checked_sub(1),
            expires_ticks_ms: Some(self.random.u64(..1 << 40)),
            detail: format!(r#"{{"target_dma":[{},80]}}"#, self.random.u16(..300)),
            saved_at_ms: self.now_ms(),
        }))
    }

    fn settle(&mut self) -> Op {
        if self.open_commands.is_empty() {
            return self.save();
        }
        let at = self.random.usize(..self.open_commands.len());
        let at_ms = self.now_ms();
        if self.random.u8(..3) == 0
            && let Some(command_id) = self.open_commands.get(at).cloned()
        {
            return Op::MarkUnknown { command_id, at_ms };
        }
        let outcomes = [CommandOutcome::Confirmed, CommandOutcome::Rejected, CommandOutcome::Unknown];
        let outcome = self.random.choice(outcomes).unwrap_or(CommandOutcome::Confirmed);
        Op::Settle { command_id: self.open_commands.swap_remove(at), outcome, at_ms }
    }

    fn posture(&mut self) -> Op {
        let first_frame = self.frames;
        self.frames += 20;
        let chunk = PostureChunk {
            device_id: DEVICE.into(),
            boot_id: self.generation,
            first_frame,
            frame_count: 10,
            first_ticks_ms: u64::from(first_frame) * 400,
            first_at_ms: self.now_ms(),
            utc_offset_s: 7_200,
            interval_ms: 40,
            samples: (0..100)
                .map(|_| PostureSample {
                    pitch_ddeg: self.random.i16(-900..900),
                    roll_ddeg: self.random.i16(-900..900),
                    activity: self.random.u8(..),
                    flags: 1,
                })
                .collect(),
        };
        let gap = PostureGap {
            device_id: DEVICE.into(),
            boot_id: self.generation,
            from_frame: first_frame + 10,
            to_frame: first_frame + 19,
            at_ms: self.now_ms(),
        };
        Op::Posture(vec![chunk], vec![gap])
    }

    /// Mostly a handful; rarely more than the database's cache holds, so that a part is written before the commit.
    fn records(&mut self) -> Op {
        let (count, payload_len) = match self.random.u8(..40) {
            0 => (700, 3_500),
            1..=3 => (100, 3_500),
            _ => (self.random.u32(1..12), 40),
        };
        let first = self.records + 1;
        self.records += count;
        Op::Records((first..first + count).map(|number| self.record(number, payload_len)).collect())
    }

    fn record(&mut self, number: u32, payload_len: usize) -> DeviceRecord {
        let first = self.random.u8(..);
        let seconds = PostureSeconds { upright_s: self.random.u32(..=60), ..PostureSeconds::default() };
        DeviceRecord {
            device_id: DEVICE.into(),
            number,
            boot_id: self.generation,
            kind: 10,
            ticks_ms: u64::from(number) * 60_000,
            at_ms: Some(self.now_ms()),
            payload: (0..payload_len).map(|at| first.wrapping_add(at.to_le_bytes()[0])).collect(),
            posture_minute: Some(PostureMinute { utc_offset_s: 7_200, seconds, mean_pitch_ddeg: 95, nudges: 1 }),
        }
    }

    fn rare(&mut self) -> Op {
        let at_ms = self.now_ms();
        match self.random.u8(..4) {
            0 => Op::Screening(Screening {
                at_ms,
                questionnaire_version: 1,
                answers: format!(r#"{{"count":{}}}"#, self.count),
                outcome: "cleared".into(),
            }),
            1 => Op::Cap(Cap {
                owner: CapOwner::User,
                set_by: "the person".into(),
                device_id: Some(DEVICE.into()),
                channel: self.random.u8(..2),
                limit_dma: Some(self.random.u16(50..300)),
                set_at_ms: at_ms,
            }),
            2 => Op::Calibration(Calibration {
                device_id: DEVICE.into(),
                at_ms,
                neutral_pitch_ddeg: self.random.i16(-99..99),
                neutral_roll_ddeg: self.random.i16(-99..99),
                turn: SensorTurn::Ahead,
                quality: None,
            }),
            _ => {
                let context = if self.session.is_some() { PainContext::AfterSession } else { PainContext::Diary };
                let session = self.session.map(|(session, _)| session);
                Op::AddPain(self.pain(context), session)
            }
        }
    }
}

impl Iterator for Plan {
    type Item = Op;

    fn next(&mut self) -> Option<Op> {
        self.count += 1;
        Some(match (self.count, self.random.u8(..23)) {
            (1, _) => self.device(),
            (2, _) => Op::Sending(Letters::connect(START_MS)),
            (_, 0..=2) => self.add_pain(),
            (_, 3) => self.edit_pain(),
            (_, 4..=8) => self.session_step(),
            (_, 9..=11) => self.save(),
            (_, 12..=14) => self.settle(),
            (_, 15 | 16) => self.posture(),
            (_, 17 | 18) => self.records(),
            (_, 19 | 20) => self.tell(),
            (_, 21) => self.send(),
            _ => self.rare(),
        })
    }
}
