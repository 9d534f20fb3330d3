//! A period in pieces that can be drawn: days, or weeks, months and years where there are too many days.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use lumbra_domain::pain::PainScore;

use crate::report::{Posture, Report};

/// How long a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Day,
    Week,
    Month,
    Year,
}

/// The longest periods that are shown by day, by week and by month, in days.
const BY_DAY_MAX: u32 = 45;
const BY_WEEK_MAX: u32 = 371;
const BY_MONTH_MAX: u32 = 3_700;

impl Step {
    pub(crate) const fn for_days(days: u32) -> Self {
        if days <= BY_DAY_MAX {
            Self::Day
        } else if days <= BY_WEEK_MAX {
            Self::Week
        } else if days <= BY_MONTH_MAX {
            Self::Month
        } else {
            Self::Year
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The first day of the piece that this day is in. Weeks begin on Mondays.
    pub(crate) fn start(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Week => date.saturating_sub(i64::from(date.weekday().since(Weekday::Monday)).days()),
            Self::Month => date.first_of_month(),
            Self::Year => date.first_of_year(),
        }
    }

    fn next(self, start: Date) -> Option<Date> {
        let span = match self {
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
            Self::Year => 1.year(),
        };
        start.checked_add(span).ok()
    }
}

/// Pain entries of a piece together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PainTally {
    pub(crate) entries: u64,
    pub(crate) score_sum: u64,
    pub(crate) days: u32,
    pub(crate) lowest: PainScore,
    pub(crate) highest: PainScore,
}

impl PainTally {
    pub(crate) fn mean(&self) -> f64 {
        ratio(self.score_sum, self.entries)
    }
}

/// One number over another; 0 where there is nothing.
pub(crate) fn ratio(over: u64, under: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "sums of a person's life are far below 2^52")]
    let (over, under) = (over as f64, under as f64);
    if under > 0.0 { over / under } else { 0.0 }
}

/// Sessions of a piece together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct SessionTally {
    pub(crate) count: u32,
    pub(crate) worst_case: u32,
    pub(crate) stimulated_s: u64,
    /// Of these, what is counted as the worse case.
    pub(crate) worst_case_s: u64,
    /// Sessions with pain before and after.
    pub(crate) rated: u32,
    pub(crate) before_sum: u64,
    pub(crate) after_sum: u64,
    /// Of the rated ones: less pain after than before, and less by 30 % or more.
    pub(crate) less_after: u32,
    pub(crate) much_less_after: u32,
}

/// A piece of the period.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bucket {
    /// The first day of it that is in the period.
    pub(crate) first: Date,
    /// How many days of it are in the period.
    pub(crate) days: u32,
    pub(crate) pain: Option<PainTally>,
    pub(crate) posture: PostureTally,
    pub(crate) sessions: SessionTally,
}

/// Posture of a piece together, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PostureTally {
    pub(crate) upright_s: u64,
    pub(crate) slouched_s: u64,
    pub(crate) other_s: u64,
    pub(crate) worn_days: u32,
}

impl PostureTally {
    pub(crate) const fn worn_s(&self) -> u64 {
        self.upright_s + self.slouched_s + self.other_s
    }

    fn add(&mut self, posture: &Posture) {
        self.upright_s += u64::from(posture.upright_s);
        self.slouched_s += u64::from(posture.slouched_s);
        self.other_s += u64::from(posture.other_s());
        self.worn_days += u32::from(posture.worn_s() > 0);
    }
}

/// The period in pieces, oldest first, those without anything among them.
pub(crate) fn buckets(report: &Report, step: Step) -> Vec<Bucket> {
    let (from, to) = (report.period.from(), report.period.to());
    let mut pieces = Vec::new();
    let mut starts = Vec::new();
    let mut start = Some(step.start(from));
    while let Some(begin) = start.filter(|begin| *begin <= to) {
        let next = step.next(begin);
        let first = begin.max(from);
        let last = next.and_then(|next| next.yesterday().ok()).map_or(to, |last| last.min(to));
        let days = first.until(last).map_or(0, |span| span.get_days());
        pieces.push(Bucket {
            first,
            days: u32::try_from(days).unwrap_or_default().saturating_add(1),
            pain: None,
            posture: PostureTally::default(),
            sessions: SessionTally::default(),
        });
        starts.push(begin);
        start = next;
    }
    let mut at = |date: Date, change: &mut dyn FnMut(&mut Bucket)| {
        if report.period.contains(date)
            && let Ok(index) = starts.binary_search(&step.start(date))
            && let Some(piece) = pieces.get_mut(index)
        {
            change(piece);
        }
    };
    for day in &report.days {
        at(day.date, &mut |piece| {
            piece.posture.add(&day.posture);
            if let Some(pain) = day.pain {
                let (entries, score_sum) = (u64::from(pain.entries.get()), u64::from(pain.score_sum));
                let fresh = PainTally { entries: 0, score_sum: 0, days: 0, lowest: pain.lowest, highest: pain.highest };
                let tally = piece.pain.get_or_insert(fresh);
                tally.entries += entries;
                tally.score_sum += score_sum;
                tally.days += 1;
                tally.lowest = tally.lowest.min(pain.lowest);
                tally.highest = tally.highest.max(pain.highest);
            }
        });
    }
    for session in &report.sessions {
        at(session.started.date(), &mut |piece| piece.sessions.add(session));
    }
    pieces
}

impl SessionTally {
    pub(crate) fn add(&mut self, session: &crate::report::Session) {
        let stimulated_s = u64::from(session.stimulated.get());
        self.count += 1;
        self.stimulated_s += stimulated_s;
        if session.worst_case {
            self.worst_case += 1;
            self.worst_case_s += stimulated_s;
        }
        if let (Some(before), Some(after)) = (session.pain_before, session.pain_after) {
            self.rated += 1;
            self.before_sum += u64::from(before.get());
            self.after_sum += u64::from(after.get());
            self.less_after += u32::from(after < before);
            self.much_less_after += u32::from(after.is_meaningfully_below(before));
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::report::Period;

    fn pieces(from: Date, to: Date, step: Step) -> Vec<(Date, u32)> {
        let report = Report::empty(Period::new(from, to, None).unwrap());
        buckets(&report, step).iter().map(|piece| (piece.first, piece.days)).collect()
    }

    #[test]
    fn pieces_cover_the_period_and_no_more() {
        // 2026-01-01 is a Thursday.
        let (from, to) = (date(2026, 1, 1), date(2026, 2, 10));
        assert_eq!(pieces(from, to, Step::Month), [(from, 31), (date(2026, 2, 1), 10)]);
        let weeks = pieces(from, to, Step::Week);
        assert_eq!(weeks.first(), Some(&(from, 4)));
        assert_eq!(weeks.last(), Some(&(date(2026, 2, 9), 2)));
        for step in [Step::Day, Step::Week, Step::Month, Step::Year] {
            assert_eq!(pieces(from, to, step).iter().map(|(_, days)| days).sum::<u32>(), 41, "{step:?}");
        }
        assert_eq!(pieces(Date::MAX, Date::MAX, Step::Week), [(Date::MAX, 1)]);
        assert_eq!(pieces(date(1, 1, 1), date(1, 1, 1), Step::Week), [(date(1, 1, 1), 1)]);
    }

    #[test]
    fn long_periods_are_told_in_longer_pieces() {
        assert_eq!(
            [28, 45, 46, 365, 372, 1_826, 9_000].map(Step::for_days),
            [Step::Day, Step::Day, Step::Week, Step::Week, Step::Month, Step::Month, Step::Year]
        );
    }
}
