//! Holding a wearable: shown live, its lease renewed by the engine, and open to other processes' wishes.

use std::time::Duration;

use lumbra::domain::units::Milliamps;
use lumbra::{Device, DeviceEvent, OutcomeName, PhaseName, Snapshot};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::{TerminalOptions, Viewport};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::app::App;
use crate::output::Failure;
use crate::{draw, text};

/// When to end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// When the session is over. An interrupt stops it first.
    SessionOver,
    /// At this moment, or at an interrupt, which leaves a session to the wearable.
    Time(Option<Instant>),
}

/// How often a log line is printed while nothing changes.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// How often a JSON line is printed while values change.
const JSON_EVERY: Duration = Duration::from_secs(1);
/// What an arrow key raises or lowers.
const KEY_STEP: Milliamps = Milliamps::from_tenths(10);

/// Shows the wearable until it is time.
pub(crate) async fn hold(app: &App, device: &Device, until: Until) -> Result<(), Failure> {
    let mut screen = Screen::open(app, until)?;
    let mut snapshots = device.snapshot();
    let mut events = device.events();
    let mut seen_session = false;
    let mut stopping = false;
    let mut interrupts = std::pin::pin!(interrupt());
    let (answers, mut answered) = mpsc::unbounded_channel::<String>();
    loop {
        let snapshot = snapshots.borrow_and_update().clone();
        screen.show(&snapshot);
        seen_session |= snapshot.session.is_some();
        let over = seen_session && snapshot.session.is_none() && snapshot.phase == PhaseName::Idle;
        if until == Until::SessionOver && over {
            return Ok(());
        }
        if matches!(until, Until::Time(Some(end)) if Instant::now() >= end) {
            return Ok(());
        }
        tokio::select! {
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return Err(lumbra::Error::Closed.into());
                }
            }
            result = &mut interrupts, if !stopping => {
                result?;
                if until != Until::SessionOver {
                    return Ok(());
                }
                stopping = true;
                wish(device, Wish::Stop, &snapshot, &answers);
            }
            key = screen.key() => match key {
                Some(Wish::Leave) if until != Until::SessionOver => return Ok(()),
                Some(Wish::Leave | Wish::Stop) => wish(device, Wish::Stop, &snapshot, &answers),
                Some(other) => wish(device, other, &snapshot, &answers),
                None => {}
            },
            Some(answer) = answered.recv() => screen.note(answer),
            Some(event) = events.next() => screen.tell(&event),
            () = tokio::time::sleep(Duration::from_millis(250)) => {}
        }
    }
}

/// What a key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Up,
    Down,
    Pause,
    Resume,
    Stop,
    Leave,
}

/// Carries a wish out beside the view; what became of it is told in the view's note.
fn wish(device: &Device, wish: Wish, snapshot: &Snapshot, answers: &mpsc::UnboundedSender<String>) {
    let (device, answers) = (device.clone(), answers.clone());
    let targets: Vec<Milliamps> = snapshot
        .channels
        .iter()
        .map(|channel| {
            let now = Milliamps::from_f64(channel.target_ma).unwrap_or(Milliamps::ZERO);
            match wish {
                _ if channel.cap_ma == Some(0.0) => Milliamps::ZERO,
                Wish::Up => Milliamps::from_tenths(now.tenths().saturating_add(KEY_STEP.tenths())),
                _ => now.saturating_sub(KEY_STEP),
            }
        })
        .collect();
    tokio::spawn(async move {
        let result = match wish {
            Wish::Up | Wish::Down => device.set_intensity(targets).await,
            Wish::Pause => device.pause().await,
            Wish::Resume => device.resume().await,
            Wish::Stop | Wish::Leave => device.stop().await,
        };
        let note = match result {
            Ok(result) if result.outcome == OutcomeName::Confirmed => String::new(),
            Ok(result) => result.reason.unwrap_or_else(|| "not settled yet".to_owned()),
            Err(error) => error.to_string(),
        };
        // The view may be over.
        let _ = answers.send(note);
    });
}

/// The person, or the system, wants this program to end.
async fn interrupt() -> Result<(), Failure> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// Where a wearable is shown: a live view, log lines, or JSON lines.
enum Screen {
    Live { terminal: ratatui::DefaultTerminal, keys: mpsc::UnboundedReceiver<Wish>, help: &'static str, note: String },
    Lines { json: bool, shown: Option<(PhaseName, Instant)>, output: crate::output::Output },
}

impl Screen {
    fn open(app: &App, until: Until) -> Result<Self, Failure> {
        if !app.output.is_live() {
            return Ok(Self::Lines { json: app.output.json, shown: None, output: app.output });
        }
        let viewport = Viewport::Inline(draw::LIVE_HEIGHT);
        let terminal = ratatui::try_init_with_options(TerminalOptions { viewport })?;
        let help = match until {
            Until::SessionOver => "up/down: 1 mA   p: pause   r: resume   s or Ctrl-C: stop",
            Until::Time(_) => "up/down: 1 mA   p: pause   r: resume   s: stop   q: leave",
        };
        Ok(Self::Live { terminal, keys: read_keys(), help, note: String::new() })
    }

    fn show(&mut self, snapshot: &Snapshot) {
        match self {
            Self::Live { terminal, help, note, .. } => {
                let line = if note.is_empty() { (*help).to_owned() } else { format!("{note}   [{help}]") };
                // A terminal that has gone away is noticed by the keys' end.
                let _ = terminal.draw(|frame| draw::live(frame, snapshot, &line));
            }
            Self::Lines { json, shown, .. } => {
                let every = if *json { JSON_EVERY } else { LINE_EVERY };
                let due = shown.is_none_or(|(phase, at)| phase != snapshot.phase || at.elapsed() >= every);
                if due {
                    *shown = Some((snapshot.phase, Instant::now()));
                    crate::output::line(&if *json { json!(snapshot).to_string() } else { text::line(snapshot) });
                }
            }
        }
    }

    fn note(&mut self, words: String) {
        match self {
            Self::Live { note, .. } => *note = words,
            Self::Lines { output, .. } if !words.is_empty() => output.say(&words),
            Self::Lines { .. } => {}
        }
    }

    /// Tells what the posture coach says; the rest is seen in the snapshot.
    fn tell(&mut self, event: &DeviceEvent) {
        let Some(words) = text::coach(&event.kind) else { return };
        match self {
            Self::Lines { json: true, .. } => crate::output::line(&json!(event).to_string()),
            Self::Live { .. } | Self::Lines { .. } => self.note(words),
        }
    }

    async fn key(&mut self) -> Option<Wish> {
        match self {
            Self::Live { keys, .. } => match keys.recv().await {
                Some(wish) => Some(wish),
                None => std::future::pending().await,
            },
            Self::Lines { .. } => std::future::pending().await,
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Self::Live { terminal, .. } = self {
            // Nothing can be done about a terminal that can't be restored.
            let _ = terminal.show_cursor();
            ratatui::restore();
            println!();
        }
    }
}

/// Keys come from a thread of their own, which ends with the view.
fn read_keys() -> mpsc::UnboundedReceiver<Wish> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        while !sender.is_closed() {
            if !event::poll(Duration::from_millis(200)).unwrap_or(false) {
                continue;
            }
            let Ok(Event::Key(key)) = event::read() else { continue };
            if key.kind != KeyEventKind::Press {
                continue;
            }
            let control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
            let wish = match key.code {
                _ if control_c => Wish::Leave,
                KeyCode::Up | KeyCode::Char('+') => Wish::Up,
                KeyCode::Down | KeyCode::Char('-') => Wish::Down,
                KeyCode::Char('p') => Wish::Pause,
                KeyCode::Char('r') => Wish::Resume,
                KeyCode::Char('s' | ' ') => Wish::Stop,
                KeyCode::Char('q') | KeyCode::Esc => Wish::Leave,
                _ => continue,
            };
            if sender.send(wish).is_err() {
                break;
            }
        }
    });
    receiver
}
