//! Numbers, dates and sentences as the report prints them. Nothing here says more than what was recorded.

use jiff::civil::Date;
use lumbra_domain::units::Milliamps;

use crate::buckets::{Bucket, PainTally, PostureTally, SessionTally, Step, buckets, ratio};
use crate::report::Report;

/// A day as people write it: `3 Nov 2025`.
pub(crate) fn day(date: Date) -> String {
    format!("{} {}", date.day(), date.strftime("%b %Y"))
}

/// A day without its year.
pub(crate) fn short_day(date: Date) -> String {
    format!("{} {}", date.day(), date.strftime("%b"))
}

/// A number with one digit after the point.
pub(crate) fn tenth(value: f64) -> String {
    format!("{value:.1}")
}

/// Whole minutes, rounded.
pub(crate) const fn minutes(seconds: u64) -> u64 {
    (seconds + 30) / 60
}

/// Hours and minutes, or minutes alone.
pub(crate) fn hours(seconds: u64) -> String {
    match minutes(seconds) {
        few @ 0..=119 => format!("{few} min"),
        many => format!("{} h", (many + 30) / 60),
    }
}

/// A current with its unit and one digit after the point.
pub(crate) fn current(current: Milliamps) -> String {
    format!("{:.1}", current.as_f64())
}

/// A share in whole percent.
pub(crate) fn percent(over: u64, under: u64) -> String {
    format!("{:.0} %", 100.0 * ratio(over, under))
}

/// `1 session`, `2 sessions`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The whole period in one piece.
#[derive(Debug)]
pub(crate) struct Totals {
    pub(crate) pain: Option<PainTally>,
    pub(crate) posture: PostureTally,
    pub(crate) sessions: SessionTally,
    /// Days with pain, posture, a session, wellbeing or a questionnaire.
    pub(crate) days_with_data: u32,
}

impl Totals {
    pub(crate) fn of(report: &Report) -> Self {
        let mut totals = Self {
            pain: None,
            posture: PostureTally::default(),
            sessions: SessionTally::default(),
            days_with_data: days_with_data(report),
        };
        for piece in buckets(report, Step::Year) {
            totals.add(&piece);
        }
        totals
    }

    fn add(&mut self, piece: &Bucket) {
        if let Some(pain) = piece.pain {
            let all = self.pain.get_or_insert(PainTally { entries: 0, score_sum: 0, days: 0, ..pain });
            all.entries += pain.entries;
            all.score_sum += pain.score_sum;
            all.days += pain.days;
            all.lowest = all.lowest.min(pain.lowest);
            all.highest = all.highest.max(pain.highest);
        }
        self.posture.upright_s += piece.posture.upright_s;
        self.posture.slouched_s += piece.posture.slouched_s;
        self.posture.other_s += piece.posture.other_s;
        self.posture.worn_days += piece.posture.worn_days;
        self.sessions.merge(&piece.sessions);
    }
}

impl SessionTally {
    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.worst_case += other.worst_case;
        self.stimulated_s += other.stimulated_s;
        self.worst_case_s += other.worst_case_s;
        self.rated += other.rated;
        self.before_sum += other.before_sum;
        self.after_sum += other.after_sum;
        self.less_after += other.less_after;
        self.much_less_after += other.much_less_after;
    }
}

fn days_with_data(report: &Report) -> u32 {
    let told = report.days.iter().filter(|day| day.pain.is_some() || day.posture.worn_s() > 0).map(|day| day.date);
    let mut dates: Vec<Date> = told
        .chain(report.sessions.iter().map(|session| session.started.date()))
        .chain(report.questionnaires.iter().map(|answered| answered.at.date()))
        .chain(report.wellbeing.iter().map(|day| day.date))
        .filter(|date| report.period.contains(*date))
        .collect();
    dates.sort_unstable();
    dates.dedup();
    u32::try_from(dates.len()).unwrap_or(u32::MAX)
}

/// The first lines of the report.
pub(crate) fn summary(report: &Report, totals: &Totals) -> Vec<String> {
    let mut sentences = vec![format!(
        "{} of {} with data.",
        totals.days_with_data,
        count(u64::from(report.period.days()), "day", "days")
    )];
    sentences.push(match &totals.pain {
        None => "No pain entries in this period.".to_owned(),
        Some(pain) => format!(
            "Pain: {} on {}, mean {} of 10, lowest {}, highest {}.{}",
            count(pain.entries, "entry", "entries"),
            count(u64::from(pain.days), "day", "days"),
            tenth(pain.mean()),
            pain.lowest.get(),
            pain.highest.get(),
            ends(report),
        ),
    });
    let sessions = &totals.sessions;
    if sessions.count == 0 {
        sentences.push("No sessions in this period.".to_owned());
    } else {
        let worst = match sessions.worst_case {
            0 => String::new(),
            some => format!(", {some} of them counted as the worse case"),
        };
        sentences.push(format!(
            "Stimulation (TENS): {}, {} min in all{worst}.{}",
            count(u64::from(sessions.count), "session", "sessions"),
            minutes(sessions.stimulated_s),
            before_and_after(sessions),
        ));
    }
    let posture = &totals.posture;
    sentences.push(if posture.worn_s() == 0 {
        "No posture in this period.".to_owned()
    } else {
        format!(
            "Posture: worn for {} on {}, upright for {} of that time, slouched for {}.",
            hours(posture.worn_s()),
            count(u64::from(posture.worn_days), "day", "days"),
            percent(posture.upright_s, posture.worn_s()),
            percent(posture.slouched_s, posture.worn_s()),
        )
    });
    sentences
}

/// The last sentence of the summary: what the figures can't say.
pub(crate) const WORDING: &str = "TENS may help during and shortly after a session. The figures are what was recorded in daily life; they do not show \
     what caused a change.";

/// The mean at both ends of the period, where there is enough of it.
fn ends(report: &Report) -> String {
    let days = match report.period.days() {
        0..=13 => return String::new(),
        14..=89 => 7,
        _ => 28,
    };
    let (from, to) = (report.period.from(), report.period.to());
    let mean = |near: &dyn Fn(Date) -> Option<i32>| {
        let mut sums = (0, 0);
        for day in report.days.iter().filter(|day| near(day.date).is_some_and(|away| (0..days).contains(&away))) {
            if let Some(pain) = day.pain {
                sums = (sums.0 + u64::from(pain.score_sum), sums.1 + u64::from(pain.entries.get()));
            }
        }
        (sums.1 > 0).then(|| ratio(sums.0, sums.1))
    };
    let first = mean(&|date| from.until(date).ok().map(|span| span.get_days()));
    let last = mean(&|date| date.until(to).ok().map(|span| span.get_days()));
    match (first, last) {
        (Some(first), Some(last)) => {
            format!(" Mean of the first {days} days {}, of the last {days} days {}.", tenth(first), tenth(last))
        }
        _ => String::new(),
    }
}

fn before_and_after(sessions: &SessionTally) -> String {
    let rated = u64::from(sessions.rated);
    if rated == 0 {
        return " Pain was not rated before and after any of them.".to_owned();
    }
    format!(
        " Pain was rated before and after {}: mean {} before, {} after; less after {} of them, by 30 % or more after {}.",
        count(rated, "session", "sessions"),
        tenth(ratio(sessions.before_sum, rated)),
        tenth(ratio(sessions.after_sum, rated)),
        sessions.less_after,
        sessions.much_less_after,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_and_not_cut() {
        assert_eq!((minutes(29), minutes(30), minutes(1_800)), (0, 1, 30));
        assert_eq!(
            (hours(7_140), hours(7_200), hours(9_000)),
            ("119 min".to_owned(), "2 h".to_owned(), "3 h".to_owned())
        );
        assert_eq!((percent(1, 3), percent(0, 0)), ("33 %".to_owned(), "0 %".to_owned()));
        assert_eq!(current(Milliamps::from_tenths(125)), "12.5");
    }
}
