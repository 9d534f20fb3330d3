//! The core's log, for an app's own.

use std::fmt::Write;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::thread;

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::error::{LumbraError, PortError};

/// Lines that wait for a slow sink; further ones are dropped and counted.
const QUEUE: usize = 1_024;

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, uniffi::Enum)]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something is not as it should be, and was dealt with.
    Warn,
    /// What a developer wants to know.
    Info,
    /// What helps to find a fault.
    Debug,
}

/// Takes the core's log lines, on a thread of their own, one at a time. They hold no personal data.
#[uniffi::export(foreign)]
pub trait LogSink: Send + Sync {
    /// A line; `target` is the part of the core it comes from.
    fn log(&self, level: LogLevel, target: String, line: String) -> Result<(), PortError>;
}

struct Line {
    level: LogLevel,
    target: &'static str,
    text: String,
}

/// What all threads share. The filter stands on this side: a line that nobody wants costs no call.
struct Shared {
    most: AtomicU8,
    dropped: AtomicU64,
    sink: RwLock<Option<Arc<dyn LogSink>>>,
    lines: SyncSender<Line>,
}

/// Sets where log lines go to, and which: `level` and everything graver. No sink ends it. Fails when the process has
/// another log already.
#[uniffi::export]
pub fn set_log_sink(sink: Option<Arc<dyn LogSink>>, level: LogLevel) -> Result<(), LumbraError> {
    let shared = shared().ok_or_else(|| LumbraError::internal("another log is set"))?;
    shared.most.store(if sink.is_some() { level as u8 + 1 } else { 0 }, Ordering::Relaxed);
    *shared.sink.write().unwrap_or_else(PoisonError::into_inner) = sink;
    Ok(())
}

fn shared() -> Option<&'static Arc<Shared>> {
    static SHARED: OnceLock<Option<Arc<Shared>>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| {
        let (lines, waiting) = mpsc::sync_channel::<Line>(QUEUE);
        let shared =
            Arc::new(Shared { most: AtomicU8::new(0), dropped: AtomicU64::new(0), sink: RwLock::new(None), lines });
        let told = Arc::clone(&shared);
        let telling = move || {
            while let Ok(line) = waiting.recv() {
                let sink = told.sink.read().unwrap_or_else(PoisonError::into_inner).clone();
                let Some(sink) = sink else { continue };
                let dropped = told.dropped.swap(0, Ordering::Relaxed);
                if dropped > 0 {
                    let text = format!("{dropped} lines were dropped: the sink is too slow");
                    // A sink that throws has nowhere to tell it to.
                    let _ = sink.log(LogLevel::Warn, "lumbra_ffi".to_owned(), text);
                }
                let _ = sink.log(line.level, line.target.to_owned(), line.text);
            }
        };
        thread::Builder::new().name("lumbra-log".to_owned()).spawn(telling).ok()?;
        let subscriber = tracing_subscriber::registry().with(ToSink(Arc::clone(&shared)));
        tracing::subscriber::set_global_default(subscriber).ok()?;
        Some(shared)
    });
    shared.as_ref()
}

struct ToSink(Arc<Shared>);

impl ToSink {
    fn wants(&self, metadata: &Metadata<'_>) -> Option<LogLevel> {
        let level = match *metadata.level() {
            tracing::Level::ERROR => LogLevel::Error,
            tracing::Level::WARN => LogLevel::Warn,
            tracing::Level::INFO => LogLevel::Info,
            tracing::Level::DEBUG => LogLevel::Debug,
            tracing::Level::TRACE => return None,
        };
        // Other crates' lines may hold anything, addresses of devices too.
        let ours = metadata.target().starts_with("lumbra");
        (ours && (level as u8) < self.0.most.load(Ordering::Relaxed)).then_some(level)
    }
}

impl<S: Subscriber> Layer<S> for ToSink {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Some(level) = self.wants(event.metadata()) else { return };
        let mut text = Text::default();
        event.record(&mut text);
        let line = Line { level, target: event.metadata().target(), text: text.0 };
        if self.0.lines.try_send(line).is_err() {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The message, then the fields.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match (field.name(), self.0.is_empty()) {
            ("message", _) => write!(self.0, "{value:?}"),
            (name, true) => write!(self.0, "{name}={value:?}"),
            (name, false) => write!(self.0, " {name}={value:?}"),
        };
    }
}
