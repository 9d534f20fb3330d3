//! The snapshot as a record: a mirror of [`lumbra::Snapshot`], field by field.

use lumbra::domain::therapy;

/// Everything about one wearable at one moment. A shell shows it and computes nothing.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
#[allow(clippy::struct_excessive_bools)] // As in the core: facts side by side.
pub struct Snapshot {
    /// The radio link.
    pub link: LinkState,
    /// Why the link can't be made, in words for the person.
    pub link_problem: Option<String>,
    /// How things are.
    pub phase: Phase,
    /// Why the session waits or ended, where there is something to tell.
    pub reason: Option<String>,
    /// Whether the values below are of now. When false they are old: show them as such, or not at all.
    pub certain: bool,
    /// How old the values are, in milliseconds; absent when nothing was ever read.
    pub age_ms: Option<u64>,
    /// While a session may be running and how it is can't be told, a stop that is not confirmed included: in how many
    /// milliseconds the wearable is at zero at the latest, by its own rules.
    pub zero_within_ms: Option<u64>,
    /// Every channel.
    pub channels: Vec<ChannelSnapshot>,
    /// Stimulation time so far, in seconds.
    pub elapsed_s: u32,
    /// Stimulation time left, in seconds.
    pub remaining_s: u32,
    /// Battery in percent.
    pub battery_percent: Option<u8>,
    /// Latched faults, as the profile numbers them.
    pub faults: u16,
    /// The session under way, or possibly under way.
    pub session: Option<SessionSnapshot>,
    /// Whether the wearable runs a session that wasn't started here.
    pub foreign_session: bool,
    /// The command on its way.
    pub pending: Option<String>,
    /// Whether that command's outcome is unknown.
    pub pending_unknown: bool,
    /// Posture, while its stream runs.
    pub posture: Option<PostureSnapshot>,
    /// What became of the commands since the core was opened.
    pub commands: CommandCounts,
    /// How often a link was lost since then.
    pub link_losses: u32,
    /// Whether the wearable's stored records have been fetched since the link was made.
    pub records_fetched: bool,
    /// A failure of the store that the person must know of.
    pub storage_problem: Option<String>,
}

/// The radio link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LinkState {
    /// Nobody asked for a link.
    Closed,
    /// Looking for the wearable.
    Connecting,
    /// There is a link.
    Connected,
}

/// How things are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Phase {
    /// No link, nothing running as far as is known.
    Disconnected,
    /// A link, and no state yet.
    Connecting,
    /// Ready.
    Idle,
    /// A start is on its way.
    Starting,
    /// A session runs.
    Running,
    /// A session waits at zero.
    Paused,
    /// A stop is under way.
    Stopping,
    /// A session may be running; how it is can't be told right now.
    Uncertain,
}

/// How pads sit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Contact {
    /// Not measured.
    Unknown,
    /// Good.
    Good,
    /// Dry or partly lifted.
    Poor,
    /// Off.
    Off,
}

/// One channel.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct ChannelSnapshot {
    /// What was asked for, in mA.
    pub target_ma: f64,
    /// What flowed, measured, in mA.
    pub delivered_ma: f64,
    /// The most it may be driven with in this session, in mA.
    pub cap_ma: Option<f64>,
    /// How the pads sit.
    pub contact: Contact,
    /// Impedance in ohm.
    pub impedance_ohm: Option<u32>,
}

/// The session.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct SessionSnapshot {
    /// Its number.
    pub id: u32,
    /// Whether the wearable has begun it.
    pub begun: bool,
    /// The programme's name.
    pub mode: Option<String>,
    /// Planned stimulation time in seconds.
    pub planned_s: u32,
    /// The highest cap of any channel, in mA.
    pub limit_ma: Option<f64>,
    /// The highest current measured so far, in mA.
    pub max_delivered_ma: f64,
    /// How often the link was lost in it.
    pub link_losses: u32,
}

/// Posture, now.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct PostureSnapshot {
    /// Forward lean of the sensor in degrees.
    pub pitch_deg: f64,
    /// Sideways lean of the sensor in degrees.
    pub roll_deg: f64,
    /// How the person sits or stands; absent before calibration.
    pub judged: Option<String>,
    /// Samples received since the core was opened.
    pub samples: u64,
    /// Frames received.
    pub frames: u64,
    /// Frames that are missing.
    pub lost_frames: u64,
}

/// What became of commands.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CommandCounts {
    /// Applied.
    pub confirmed: u32,
    /// Not applied.
    pub rejected: u32,
    /// Unknown at first, and told from the wearable's status later.
    pub unknown_settled: u32,
    /// Unknown still, or for good.
    pub unknown: u32,
}

/// What upright is for this person.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Neutral {
    /// Forward lean of the sensor in degrees.
    pub pitch_deg: f64,
    /// Sideways lean of the sensor in degrees.
    pub roll_deg: f64,
}

impl From<lumbra::domain::posture::Neutral> for Neutral {
    fn from(neutral: lumbra::domain::posture::Neutral) -> Self {
        Self { pitch_deg: neutral.pitch.as_f64(), roll_deg: neutral.roll.as_f64() }
    }
}

impl From<lumbra::LinkState> for LinkState {
    fn from(link: lumbra::LinkState) -> Self {
        match link {
            lumbra::LinkState::Closed => Self::Closed,
            lumbra::LinkState::Connecting => Self::Connecting,
            lumbra::LinkState::Connected => Self::Connected,
        }
    }
}

impl From<lumbra::PhaseName> for Phase {
    fn from(phase: lumbra::PhaseName) -> Self {
        match phase {
            lumbra::PhaseName::Disconnected => Self::Disconnected,
            lumbra::PhaseName::Connecting => Self::Connecting,
            lumbra::PhaseName::Idle => Self::Idle,
            lumbra::PhaseName::Starting => Self::Starting,
            lumbra::PhaseName::Running => Self::Running,
            lumbra::PhaseName::Paused => Self::Paused,
            lumbra::PhaseName::Stopping => Self::Stopping,
            lumbra::PhaseName::Uncertain => Self::Uncertain,
        }
    }
}

impl From<therapy::Contact> for Contact {
    fn from(contact: therapy::Contact) -> Self {
        match contact {
            therapy::Contact::Unknown => Self::Unknown,
            therapy::Contact::Good => Self::Good,
            therapy::Contact::Poor => Self::Poor,
            therapy::Contact::Off => Self::Off,
        }
    }
}

impl From<lumbra::ChannelSnapshot> for ChannelSnapshot {
    fn from(channel: lumbra::ChannelSnapshot) -> Self {
        Self {
            target_ma: channel.target_ma,
            delivered_ma: channel.delivered_ma,
            cap_ma: channel.cap_ma,
            contact: channel.contact.into(),
            impedance_ohm: channel.impedance_ohm,
        }
    }
}

impl From<lumbra::SessionSnapshot> for SessionSnapshot {
    fn from(session: lumbra::SessionSnapshot) -> Self {
        Self {
            id: session.id,
            begun: session.begun,
            mode: session.mode.map(str::to_owned),
            planned_s: session.planned_s,
            limit_ma: session.limit_ma,
            max_delivered_ma: session.max_delivered_ma,
            link_losses: session.link_losses,
        }
    }
}

impl From<lumbra::PostureSnapshot> for PostureSnapshot {
    fn from(posture: lumbra::PostureSnapshot) -> Self {
        Self {
            pitch_deg: posture.pitch_deg,
            roll_deg: posture.roll_deg,
            judged: posture.judged.map(str::to_owned),
            samples: posture.samples,
            frames: posture.frames,
            lost_frames: posture.lost_frames,
        }
    }
}

impl From<lumbra::CommandCounts> for CommandCounts {
    fn from(counts: lumbra::CommandCounts) -> Self {
        Self {
            confirmed: counts.confirmed,
            rejected: counts.rejected,
            unknown_settled: counts.unknown_settled,
            unknown: counts.unknown,
        }
    }
}

impl From<lumbra::Snapshot> for Snapshot {
    fn from(snapshot: lumbra::Snapshot) -> Self {
        Self {
            link: snapshot.link.into(),
            link_problem: snapshot.link_problem,
            phase: snapshot.phase.into(),
            reason: snapshot.reason.map(str::to_owned),
            certain: snapshot.certain,
            age_ms: snapshot.age_ms,
            zero_within_ms: snapshot.zero_within_ms,
            channels: snapshot.channels.into_iter().map(Into::into).collect(),
            elapsed_s: snapshot.elapsed_s,
            remaining_s: snapshot.remaining_s,
            battery_percent: snapshot.battery_percent,
            faults: snapshot.faults,
            session: snapshot.session.map(Into::into),
            foreign_session: snapshot.foreign_session,
            pending: snapshot.pending.map(str::to_owned),
            pending_unknown: snapshot.pending_unknown,
            posture: snapshot.posture.map(Into::into),
            commands: snapshot.commands.into(),
            link_losses: snapshot.link_losses,
            records_fetched: snapshot.records_fetched,
            storage_problem: snapshot.storage_problem,
        }
    }
}
