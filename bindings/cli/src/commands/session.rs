//! Sessions: start, steer, watch.

use std::io::IsTerminal;
use std::time::Duration;

use lumbra::domain::pain::{Note, PainContext, PainScore, Place};
use lumbra::domain::programme::MODES;
use lumbra::domain::safety::PadCheck;
use lumbra::domain::units::Seconds;
use lumbra::{Companion, Course, Device, StartRequest, built_in};
use serde_json::json;
use tokio::time::Instant;

use crate::app::App;
use crate::args::StartArgs;
use crate::control::{self, Reply, Request, perform};
use crate::hold::{Until, hold};
use crate::output::Failure;
use crate::text;
use crate::turn::{self, Turn};

/// How long the end of a session waits for the wearable's records.
const RECORDS_WITHIN: Duration = Duration::from_secs(20);

/// Asks whoever holds the wearable, or reaches it for this one question.
pub(super) async fn ask(app: &App, request: Request) -> Result<(), Failure> {
    if let Some(reply) = control::ask(&app.dir, &request).await? {
        return told(app, &request, reply);
    }
    let companion = app.open().await?;
    let result = ask_with(app, &companion, &request).await;
    companion.close().await;
    result
}

/// Waits for this process's turn, or for one that holds the wearable and can be asked after all.
async fn ask_with(app: &App, companion: &Companion, request: &Request) -> Result<(), Failure> {
    let end = Instant::now() + turn::WITHIN;
    let turn = loop {
        if let Some(turn) = Turn::try_take(&app.dir)? {
            break turn;
        }
        if let Some(reply) = control::ask(&app.dir, request).await? {
            return told(app, request, reply);
        }
        if Instant::now() >= end {
            return Err(Turn::taken());
        }
        tokio::time::sleep(turn::TRY_EVERY).await;
    };
    let device = app.reach(companion, &turn).await?;
    let result = if request.needs_holder() {
        Err(Failure::told(
            "not_now",
            "nothing keeps a session going here: take it up with `lumbra watch` in another terminal first".to_owned(),
        ))
    } else {
        match settled(&device, request).await {
            Ok(reply) => told(app, request, reply),
            Err(error) => Err(error.into()),
        }
    };
    device.close().await;
    result
}

/// Does what is asked. A status is worth waiting for a command of an earlier run to be settled.
async fn settled(device: &Device, request: &Request) -> Result<Reply, lumbra::Error> {
    if *request == Request::Status {
        let mut snapshots = device.snapshot();
        let settled = snapshots.wait_for(|snapshot| !snapshot.pending_unknown && snapshot.certain);
        // It is shown as unknown when it can't be settled soon.
        let _ = tokio::time::timeout(Duration::from_secs(6), settled).await;
    }
    perform(device, request).await
}

fn told(app: &App, request: &Request, reply: Reply) -> Result<(), Failure> {
    match reply {
        Reply::Value(value, plain) => {
            app.output.value(&value, || plain);
            Ok(())
        }
        Reply::Command(value) => {
            let result =
                serde_json::from_value(value).map_err(|_| Failure::told("link", "an unreadable answer".to_owned()))?;
            app.output.command(request.name(), &result)
        }
        Reply::Failed(kind, message) => Err(Failure::told(&kind, message)),
    }
}

pub(super) async fn start(app: &App, args: StartArgs) -> Result<(), Failure> {
    // An unknown one is told before the skin is asked about.
    let course =
        if args.prescribed { Course::Prescribed(args.programme.clone()) } else { built_in(&args.programme)?.into() };
    let skin_intact = args.skin_ok || asked_about_skin(app).await;
    let (companion, device) = app.reach_and_hold().await?;
    let result = run_session(app, &args, course, skin_intact, &companion, &device).await;
    device.close().await;
    companion.close().await;
    result
}

async fn asked_about_skin(app: &App) -> bool {
    if !app.output.is_live() || !std::io::stdin().is_terminal() {
        return false;
    }
    let question = "Is the skin under the pads intact, without redness or irritation? [yes/no] ";
    let answer = tokio::task::spawn_blocking(move || super::devices::ask(question)).await;
    answer.ok().flatten().as_deref() == Some("yes")
}

async fn run_session(
    app: &App,
    args: &StartArgs,
    course: Course,
    skin_intact: bool,
    companion: &Companion,
    device: &Device,
) -> Result<(), Failure> {
    let pain_before = match args.pain {
        Some(score) => Some(add_pain(companion, score, PainContext::BeforeSession).await?),
        None => None,
    };
    let minutes = match (args.minutes, args.prescribed) {
        (Some(minutes), _) => minutes,
        (None, false) => MODES.iter().find(|mode| mode.id == args.programme).map_or(30, |mode| mode.default.minutes),
        (None, true) => {
            let startable = companion.prescriptions().await?.startable;
            let found = startable.iter().find(|startable| startable.activity.as_str() == args.programme);
            // Of one that is not there the start says so.
            found.map_or(0, |startable| startable.duration.get() / 60)
        }
    };
    let channels = device.snapshot().borrow().channels.len();
    let used = |index: usize| {
        args.channels.is_empty() || args.channels.iter().any(|channel| usize::from(*channel) == index + 1)
    };
    let request = StartRequest {
        course,
        duration: Seconds::new(minutes.saturating_mul(60)),
        grace: args.grace,
        pads: (0..channels).map(|index| used(index).then_some(args.pad_area)).collect(),
        pad_check: PadCheck { skin_intact, pad_uses: args.pad_uses },
        pain_before,
    };
    app.output.command("start", &device.start(request).await?)?;
    if args.posture {
        posture(app, device).await;
    }
    hold(app, device, Until::SessionOver).await?;
    // What the wearable has stored is worth a moment; it keeps it when that fails.
    let fetched = tokio::time::timeout(RECORDS_WITHIN, device.fetch_records()).await;
    let records = fetched.ok().and_then(Result::ok);
    let history = companion.history(1).await?;
    let session = history.sessions.last();
    app.output.value(&json!({ "ended": session, "records": records }), || {
        session.map_or_else(|| "the session is over".to_owned(), text::session)
    });
    if app.output.is_live() && std::io::stdin().is_terminal() {
        ask_pain_after(app, companion).await?;
    }
    Ok(())
}

/// Asks for posture samples. A failure is told, and no reason to leave a session alone.
async fn posture(app: &App, device: &Device) {
    let result = device.start_posture().await.map_err(Failure::from);
    if let Err(failure) = result.and_then(|result| app.output.command("posture", &result)) {
        app.output.fail(&failure);
    }
}

async fn ask_pain_after(app: &App, companion: &Companion) -> Result<(), Failure> {
    let question = "Pain now, 0 to 10 (empty to skip): ";
    let answer = tokio::task::spawn_blocking(move || super::devices::ask(question)).await.ok().flatten();
    let score = answer.and_then(|answer| answer.parse().ok()).and_then(|score: u8| PainScore::new(score).ok());
    if let Some(score) = score {
        add_pain(companion, score, PainContext::AfterSession).await?;
        app.output.say("kept");
    }
    Ok(())
}

async fn add_pain(companion: &Companion, score: PainScore, context: PainContext) -> Result<String, Failure> {
    let note = Note::default();
    Ok(companion.add_pain(score, context, Place::LowerBack, note).await?.entry_id)
}

pub(super) async fn watch(app: &App, seconds: Option<u64>, posture: bool) -> Result<(), Failure> {
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    if control::ask(&app.dir, &Request::Status).await?.is_some() {
        return watch_other(app, until).await;
    }
    let (companion, device) = app.reach_and_hold().await?;
    let result = async {
        if posture {
            self::posture(app, &device).await;
        }
        hold(app, &device, Until::Time(until)).await
    }
    .await;
    device.close().await;
    companion.close().await;
    result
}

/// Another process holds the wearable: show what it tells.
async fn watch_other(app: &App, until: Option<Instant>) -> Result<(), Failure> {
    let mut last = None;
    while until.is_none_or(|until| Instant::now() < until) {
        match control::ask(&app.dir, &Request::Status).await? {
            Some(Reply::Value(value, plain)) if last.as_ref() != Some(&value) => {
                app.output.value(&value, || plain);
                last = Some(value);
            }
            Some(_) => {}
            None => break,
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}
