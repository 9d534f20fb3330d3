//! What a person's days say about their pain.

use lumbra::Insights;
use lumbra::domain::insights::{CAVEAT, ChangeVerdict, EffectVerdict, Streak, Verdict};
use serde_json::json;

use crate::app::App;
use crate::args::{DaysChoice, date_of};
use crate::output::Failure;
use crate::text;

/// How many days are looked at when none are named: a year.
const DAYS: i32 = 365;
const WIDTH: usize = 78;

pub(super) async fn show(app: &App, between: DaysChoice) -> Result<(), Failure> {
    let companion = app.open().await?;
    let insights = match between.between(companion.today(), DAYS) {
        Ok((from_day, to_day)) => companion.insights(from_day, to_day).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    companion.close().await;
    let insights = insights?;
    let date = |day| date_of(day).map(|date| date.to_string());
    let (from, to) = (date(insights.from_day), date(insights.to_day));
    app.output.value(&json!({ "from": from, "to": to, "insights": insights }), || {
        let head = format!("{} to {}", from.as_deref().unwrap_or("?"), to.as_deref().unwrap_or("?"));
        words(&head, &insights)
    });
    Ok(())
}

/// A mark before each sentence: something is sure, nothing is, or it can't be told yet.
const SURE: char = '*';
const UNSURE: char = '-';
const NOT_YET: char = '.';

/// One screen of sentences.
pub(crate) fn words(head: &str, insights: &Insights) -> String {
    let found = &insights.found;
    let mut lines = vec![head.to_owned()];
    section(
        &mut lines,
        "Pain now",
        found.changes.iter().map(|change| {
            let mark = match change.verdict {
                ChangeVerdict::Real { .. } => SURE,
                ChangeVerdict::NoRealChange(_) => UNSURE,
                ChangeVerdict::NotEnoughYet { .. } => NOT_YET,
            };
            (mark, change.sentence())
        }),
    );
    section(
        &mut lines,
        "Forms",
        found.forms.iter().map(|form| (if form.direction.is_some() { SURE } else { UNSURE }, form.sentence())),
    );
    section(
        &mut lines,
        "What goes with your pain",
        found.clearest_links().map(|link| {
            let mark = match link.verdict {
                Verdict::Together { .. } => SURE,
                Verdict::NoClearLink { .. } => UNSURE,
                Verdict::NotEnoughYet { .. } | Verdict::TooAlike { .. } => NOT_YET,
            };
            (mark, format!("{}: {}", link.factor.title(), link.sentence()))
        }),
    );
    if found.links.iter().any(|link| matches!(link.verdict, Verdict::Together { .. })) {
        lines.extend(text::wrapped(CAVEAT, "    ", "    ", WIDTH));
    }
    section(
        &mut lines,
        "Sessions",
        found.effects.iter().map(|effect| {
            let mark = match effect.verdict {
                EffectVerdict::Measured { direction: Some(_), .. } => SURE,
                EffectVerdict::Measured { direction: None, .. } => UNSURE,
                EffectVerdict::NotEnoughYet { .. } => NOT_YET,
            };
            (mark, effect.sentence())
        }),
    );
    section(&mut lines, "Reached", found.milestones.iter().map(|milestone| (SURE, milestone.sentence())));
    let streaks = &found.streaks;
    let kept = [
        (&streaks.diary, "with a pain entry"),
        (&streaks.session, "with a session as planned"),
        (&streaks.posture_goal, "with the posture goal reached"),
    ];
    section(
        &mut lines,
        "Kept up",
        kept.into_iter().filter(|(streak, _)| is_shown(streak)).map(|(streak, what)| (SURE, streak.sentence(what))),
    );
    if lines.len() > 1 {
        lines.push(String::new());
        lines.push(format!(
            "{SURE} sure   {UNSURE} not told from chance, or too little to matter   {NOT_YET} not enough yet"
        ));
    }
    lines.join("\n")
}

/// One day is no row.
const fn is_shown(streak: &Streak) -> bool {
    streak.days > 1
}

fn section(lines: &mut Vec<String>, title: &str, sentences: impl Iterator<Item = (char, String)>) {
    let mut sentences = sentences.peekable();
    if sentences.peek().is_none() {
        return;
    }
    lines.push(String::new());
    lines.push(title.to_owned());
    for (mark, sentence) in sentences {
        lines.extend(text::wrapped(&sentence, &format!("  {mark} "), "    ", WIDTH));
    }
}

#[cfg(test)]
mod tests {
    use lumbra::domain::insights::{Inputs, Series};

    use super::*;

    fn of(days: i32) -> String {
        // Pain three points up on the day after every day with much slouching, and these days as good as by chance.
        let mixed = |day: i32| u64::from(day.unsigned_abs() + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let bent = |day: i32| {
            let mixed = mixed(day) ^ (mixed(day) >> 29);
            if mixed.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 63 == 1 { 0.8 } else { 0.2 }
        };
        let inputs = Inputs {
            to_day: days,
            pain: Series::within(0.0..=10.0, (0..days).map(|day| (day, 2.0 + 5.0 * bent(day - 1)))),
            not_upright: Series::within(0.0..=1.0, (0..days).map(|day| (day, bent(day)))),
            ..Inputs::default()
        };
        words("these days", &Insights { from_day: 0, to_day: days, found: inputs.look() })
    }

    #[test]
    fn a_screen_fits_and_says_what_is_sure() {
        let screen = of(120);
        assert!(
            screen.contains("* Posture: On days with more slouching and leaning your pain the day after"),
            "{screen}"
        );
        assert!(screen.contains("need not follow") && screen.contains("- Against the first two weeks"), "{screen}");
        assert!(screen.lines().all(|line| line.chars().count() <= WIDTH + 1), "{screen}");
        assert!(!screen.contains("Sleep"), "what is not known is not shown: {screen}");
    }

    #[test]
    fn few_days_say_how_many_are_wanting() {
        let screen = of(10);
        assert!(screen.contains(". Posture: Not enough yet: 10 of 28 days"), "{screen}");
        assert!(!screen.contains("need not follow") && !screen.contains("* A"), "{screen}");
    }
}
