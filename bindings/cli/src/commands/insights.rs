//! What a person's days say about their pain.

use lumbra::Insights;
use lumbra::domain::insights::{Certainty, Section, Told};
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

/// A mark before each sentence.
const fn mark(certainty: Certainty) -> char {
    match certainty {
        Certainty::Sure => '*',
        Certainty::Unsure => '-',
        Certainty::NotYet => '.',
    }
}

/// One screen of sentences.
pub(crate) fn words(head: &str, insights: &Insights) -> String {
    let mut lines = vec![head.to_owned()];
    for Section { topic, told, caveat } in insights.found.sections() {
        lines.push(String::new());
        lines.push(topic.title().to_owned());
        for Told { certainty, sentence } in told {
            lines.extend(text::wrapped(&sentence, &format!("  {} ", mark(certainty)), "    ", WIDTH));
        }
        lines.extend(caveat.into_iter().flat_map(|caveat| text::wrapped(caveat, "    ", "    ", WIDTH)));
    }
    if lines.len() > 1 {
        let [sure, unsure, not_yet] = [Certainty::Sure, Certainty::Unsure, Certainty::NotYet].map(mark);
        lines.push(String::new());
        lines.push(format!(
            "{sure} sure   {unsure} not told from chance, or too little to matter   {not_yet} not enough yet"
        ));
    }
    lines.join("\n")
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
