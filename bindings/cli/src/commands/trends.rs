//! When posture is good, and pain beside it.

use lumbra::HourOfDay;
use serde_json::json;

use crate::app::App;
use crate::draw;
use crate::output::Failure;

/// Fewer days than this side by side show nothing but chance. This project's choice.
const DAYS_MIN: usize = 14;

pub(super) async fn hours(app: &App, months: u32) -> Result<(), Failure> {
    let companion = app.open().await?;
    let hours = companion.hours_of_months(months).await;
    companion.close().await;
    let hours = hours?;
    app.output.value(&json!({ "months": months, "hours": hours }), || {
        if hours.iter().all(|hour| still_s(hour) == 0) {
            return "no posture in these months yet".to_owned();
        }
        let mut lines = vec!["Share of sitting and standing upright by the hour of the day, in percent".to_owned()];
        lines.extend(draw::hours(&hours, 78));
        lines.join("\n")
    });
    Ok(())
}

/// Time held still, upright or not, in seconds.
pub(crate) fn still_s(hour: &HourOfDay) -> u64 {
    hour.upright_s.saturating_add(hour.slouched_s).saturating_add(hour.leaning_s)
}

pub(super) async fn compare(app: &App, days: u32, lag_days: u32) -> Result<(), Failure> {
    let companion = app.open().await?;
    let pairs = companion.pain_beside_posture(days, lag_days).await;
    companion.close().await;
    let pairs = pairs?;
    let enough = pairs.len() >= DAYS_MIN;
    app.output.value(&json!({ "days": pairs, "lag_days": lag_days, "enough": enough }), || {
        if !enough {
            return format!(
                "not enough yet: {} days have both posture and pain, and it takes {DAYS_MIN} to see anything",
                pairs.len()
            );
        }
        let later = match lag_days {
            0 => "the same day".to_owned(),
            1 => "the day after".to_owned(),
            days => format!("{days} days later"),
        };
        let mut lines = vec![format!("Pain on {later} (up) by the share of time bent (right): {} days", pairs.len())];
        lines.extend(draw::pain_beside_posture(&pairs, 78));
        lines.push("What goes together need not follow from the other.".to_owned());
        lines.join("\n")
    });
    Ok(())
}
