//! How posture is watched: settings, calibration and the goal.

use lumbra::Companion;
use lumbra::domain::posture::goal::Row;
use lumbra::domain::posture::{PostureSettings, RawRetention};
use serde_json::json;

use super::with_companion;
use crate::app::App;
use crate::args::{BreaksChoice, PostureCommand, QuietChoice};
use crate::control::{self, Reply, Request};
use crate::output::Failure;

pub(super) async fn run(app: &App, command: PostureCommand) -> Result<(), Failure> {
    match command {
        PostureCommand::Show => with_companion(app, async |companion| show(app, companion).await).await,
        PostureCommand::Calibrate { bow } => {
            super::session::ask(app, if bow { Request::LearnTurn } else { Request::Calibrate }).await
        }
        PostureCommand::Goal { percent: None } => {
            with_companion(app, async |companion| {
                let goal = companion.posture_goal().await?;
                app.output.value(&json!({ "goal": goal }), || goal_words(&goal));
                Ok(())
            })
            .await
        }
        PostureCommand::Goal { percent: Some(percent) } => {
            with_companion(app, async |companion| {
                let goal = companion.set_posture_goal(percent).await?;
                app.output.value(&json!({ "goal": goal }), || goal_words(&goal));
                Ok(())
            })
            .await
        }
        PostureCommand::Keep { days } => {
            with_companion(app, async |companion| {
                companion.set_raw_retention(days).await?;
                app.output.value(&json!({ "keep_raw_days": days }), || keep_words(days));
                Ok(())
            })
            .await
        }
        change => set(app, change).await,
    }
}

async fn show(app: &App, companion: &Companion) -> Result<(), Failure> {
    let settings = companion.posture_settings().await?;
    let goal = companion.posture_goal().await?;
    let keep = companion.raw_retention().await?;
    app.output.value(&json!({ "settings": settings, "goal": goal, "keep_raw_days": keep }), || {
        format!("{}\n{}\n{}", settings_words(&settings), goal_words(&goal), keep_words(keep))
    });
    Ok(())
}

/// Changes one setting. Whoever holds the wearable does it, so that it holds at once.
async fn set(app: &App, command: PostureCommand) -> Result<(), Failure> {
    let companion = app.open().await?;
    let settings = changed(companion.posture_settings().await?, command);
    let result = match control::ask(&app.dir, &Request::PostureSettings { settings }).await {
        Ok(Some(Reply::Failed(kind, message))) => Err(Failure::told(&kind, message)),
        Ok(Some(_)) => Ok(true),
        Ok(None) => companion.set_posture_settings(settings).await.map(|()| false).map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    companion.close().await;
    let held = result?;
    app.output.value(&json!({ "settings": settings }), || settings_words(&settings));
    if !held {
        app.output.say("the wearable is told when it is connected for a while next, as by `lumbra watch`");
    }
    Ok(())
}

fn changed(settings: PostureSettings, command: PostureCommand) -> PostureSettings {
    match command {
        PostureCommand::Mode { mode, delay, strength } => PostureSettings {
            mode: mode.into(),
            delay: delay.unwrap_or(settings.delay),
            strength: strength.unwrap_or(settings.strength),
            ..settings
        },
        PostureCommand::Sensitivity { level } => PostureSettings { sensitivity: level.into(), ..settings },
        PostureCommand::QuietHours { hours: QuietChoice(quiet) } => PostureSettings { quiet, ..settings },
        PostureCommand::Breaks { after: BreaksChoice(breaks) } => PostureSettings { breaks, ..settings },
        PostureCommand::Show
        | PostureCommand::Calibrate { .. }
        | PostureCommand::Goal { .. }
        | PostureCommand::Keep { .. } => settings,
    }
}

pub(crate) fn settings_words(settings: &PostureSettings) -> String {
    let mode = match settings.mode {
        lumbra::domain::posture::Mode::Training => {
            format!("training: the wearable nudges after {} s, at {}", settings.delay.seconds(), settings.strength)
        }
        lumbra::domain::posture::Mode::Tracking => "tracking: the wearable does not nudge".to_owned(),
    };
    let quiet = settings.quiet.map_or_else(|| "none".to_owned(), |quiet| quiet.to_string());
    let breaks = settings
        .breaks
        .map_or_else(|| "none".to_owned(), |after| format!("after {} min of stillness", after.minutes()));
    format!(
        "{mode}\nsensitivity: {}, a slouch is beyond {}\nquiet hours: {quiet}\nreminders of a break: {breaks}",
        settings.sensitivity.as_str(),
        settings.sensitivity.slouch(),
    )
}

fn keep_words(keep: RawRetention) -> String {
    format!("samples at full rate are kept: {keep}")
}

fn goal_words(goal: &lumbra::PostureGoal) -> String {
    let today = match goal.today_percent {
        Some(percent) => format!("today {percent} %"),
        None => "today is too short to tell yet".to_owned(),
    };
    let row = match goal.row {
        Row::None => String::new(),
        Row::Met(days) => format!("; met on {days} days in a row"),
        Row::Missed(days) => format!("; missed on {days} days in a row"),
    };
    format!("goal: upright for {} % of the time held still; {today}{row}", goal.share_percent)
}
