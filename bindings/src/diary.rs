//! The diary and the history as records: mirrors of the core's.

use lumbra::domain::pain;

macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident from $source:path { $($(#[$field_doc:meta])* $field:ident: $type:ty $(= $make:expr)?,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, uniffi::Record)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)+ }

        impl From<$source> for $name {
            fn from(source: $source) -> Self {
                Self { $($field: mirror!(@make source, $field $(, $make)?),)+ }
            }
        }
    };
    (@make $source:ident, $field:ident) => { $source.$field.into() };
    (@make $source:ident, $field:ident, $make:expr) => { ($make)($source.$field) };
}

/// The same names on both sides, in one direction or in both.
macro_rules! same {
    ($mirror:ident from $source:ident { $($name:ident,)+ }) => {
        impl From<$source> for $mirror {
            fn from(word: $source) -> Self {
                match word { $($source::$name => Self::$name,)+ }
            }
        }
    };
    ($mirror:ident and $source:ident { $($name:ident,)+ }) => {
        $crate::diary::same!($mirror from $source { $($name,)+ });
        $crate::diary::same!($source from $mirror { $($name,)+ });
    };
}

pub(crate) use {mirror, same};

pub(crate) fn all<T: Into<U>, U>(items: Vec<T>) -> Vec<U> {
    items.into_iter().map(Into::into).collect()
}

mirror! {
    /// A paired wearable.
    DeviceInfo from lumbra::DeviceInfo {
        /// Its identity here.
        device_id: String,
        /// The name it advertises.
        name: String,
        /// Model.
        model: String,
        /// Serial number.
        serial: String,
        /// Firmware revision.
        firmware: String,
        /// When it was paired, in Unix milliseconds.
        paired_at_ms: i64,
        /// When it was last connected, in Unix milliseconds.
        last_seen_ms: i64,
    }
}

mirror! {
    /// A pain entry.
    PainEntry from lumbra::PainEntry {
        /// Its identity.
        entry_id: String,
        /// When, in Unix milliseconds.
        at_ms: i64,
        /// 0 to 10.
        score: u8,
        /// `before_session`, `after_session` or `diary`.
        context: String,
        /// Where it hurts, in one word.
        place: String,
        /// Every place with its side, such as `leg:left`.
        sites: Vec<String>,
        /// How it feels.
        qualities: Vec<String>,
        /// The worst of the last 24 hours, 0 to 10.
        worst: Option<u8>,
        /// The average of the last 24 hours, 0 to 10.
        average: Option<u8>,
        /// The person's own words.
        note: String,
    }
}

mirror! {
    /// A session in the history.
    SessionEntry from lumbra::SessionEntry {
        /// Its number in the history.
        id: i64,
        /// When it was started, in Unix milliseconds.
        started_at_ms: i64,
        /// The programme's name.
        mode: Option<String> = |mode: Option<&str>| mode.map(str::to_owned),
        /// Planned stimulation time in seconds.
        planned_s: u32,
        /// Stimulation time in seconds; the worse case when it is uncertain.
        elapsed_s: u32,
        /// How it ended; absent while it isn't known to be over.
        outcome: Option<String>,
        /// Whether time and current are the worse case, as the end was not seen.
        uncertain: bool,
        /// The highest current measured, in mA.
        max_delivered_ma: f64,
        /// The cap of the session, in mA.
        limit_ma: f64,
        /// Pain just before.
        pain_before: Option<u8>,
        /// Pain just after.
        pain_after: Option<u8>,
    }
}

mirror! {
    /// A command in the audit.
    CommandEntry from lumbra::CommandEntry {
        /// Its identity.
        command: String,
        /// What it was.
        kind: String,
        /// Which number it had on the air.
        sequence: u16,
        /// When it was given, in Unix milliseconds.
        at_ms: i64,
        /// `pending`, `confirmed`, `rejected` or `unknown`.
        outcome: String,
        /// What the outcome was told from.
        settled_by: Option<String>,
        /// Why it was rejected.
        reason: Option<String>,
    }
}

mirror! {
    /// Something the wearable remembered by itself.
    RecordEntry from lumbra::RecordEntry {
        /// Its number in the wearable's life.
        number: u32,
        /// The wearable's boot it belongs to.
        boot_id: u32,
        /// When, in milliseconds since that boot.
        ticks_ms: u64,
        /// When, in Unix milliseconds, where it can be told.
        at_ms: Option<i64>,
        /// What it is, as the profile names it.
        kind: String,
    }
}

mirror! {
    /// One day of the person's life.
    DayEntry from lumbra::DayEntry {
        /// Days since 1970-01-01 on the person's own calendar.
        local_day: i32,
        /// Sessions.
        sessions: u32,
        /// Stimulation time in seconds.
        stimulated_s: u32,
        /// Mean pain score.
        pain_mean: Option<f64>,
        /// Seconds upright, as the wearable judged.
        upright_s: u32,
        /// Seconds slouched.
        slouched_s: u32,
        /// Seconds of any other posture while worn.
        other_s: u32,
    }
}

mirror! {
    /// What there is to look back on.
    History from lumbra::History {
        /// From this moment on, in Unix milliseconds.
        from_ms: i64,
        /// Days on which there was anything, oldest first.
        days: Vec<DayEntry> = all,
        /// Sessions, oldest first.
        sessions: Vec<SessionEntry> = all,
        /// Pain entries, oldest first.
        pain: Vec<PainEntry> = all,
        /// Posture frames received.
        posture_frames: u64,
        /// Samples in them.
        posture_samples: u64,
        /// Frames known to be missing.
        posture_missing_frames: u64,
    }
}

mirror! {
    /// What an export came to.
    ExportSummary from lumbra::ExportSummary {
        /// Sessions in it.
        sessions: u64,
        /// Pain entries.
        pain_entries: u64,
        /// Commands.
        commands: u64,
        /// Records of wearables.
        records: u64,
        /// How many of these were still on a connected wearable, and were fetched for this.
        fetched: u64,
        /// Bytes of the file.
        bytes: u64,
    }
}

/// When a pain entry is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PainContext {
    /// Just before a session.
    BeforeSession,
    /// Just after a session.
    AfterSession,
    /// At any other time.
    Diary,
}

impl From<PainContext> for pain::PainContext {
    fn from(context: PainContext) -> Self {
        match context {
            PainContext::BeforeSession => Self::BeforeSession,
            PainContext::AfterSession => Self::AfterSession,
            PainContext::Diary => Self::Diary,
        }
    }
}
