//! The command line of `lumbra pain`, `lumbra diary`, `lumbra questionnaire` and `lumbra red-flags`.

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use lumbra::domain::diary::{Activity, DiaryError, Medication, Quality, SleepQuality, SleepTime, Stiffness, Trigger};
use lumbra::domain::pain::PainScore;
use lumbra::domain::screening::Answer;

use super::{When, answer, score};

/// A pain entry, or the correction of one.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct PainArgs {
    #[command(subcommand)]
    pub(crate) command: Option<PainCommand>,
    /// The score.
    #[arg(required = true, value_parser = score)]
    pub(crate) score: Option<PainScore>,
    #[command(flatten)]
    pub(crate) said: PainSaid,
    /// When it was rated.
    #[arg(long, value_enum, default_value_t = When::Diary)]
    pub(crate) when: When,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PainCommand {
    /// Correct an entry: what is given replaces what was there, and the audit keeps that.
    Edit {
        /// Which one: the beginning of its identity, as `lumbra diary show` shows it, or `last`.
        id: String,
        /// The score.
        #[arg(long, value_parser = score)]
        score: Option<PainScore>,
        #[command(flatten)]
        said: PainSaid,
    },
}

/// What can be said beside a score.
#[derive(Debug, Args)]
pub(crate) struct PainSaid {
    /// Where it hurts, such as `lower-back` or `leg:left`; can be given several times. Places: neck, shoulder, arm, upper-back,
    /// middle-back, lower-back, hip, leg, foot, other. Sides: left, right, both, middle [default: lower-back].
    #[arg(long = "place", value_name = "PLACE[:SIDE]")]
    pub(crate) places: Vec<String>,
    /// How it feels: aching, sharp, burning, shooting, throbbing, cramping, tingling, numb or stiff; can be given several times.
    #[arg(long = "quality", value_name = "WORD", value_parser = quality)]
    pub(crate) qualities: Vec<Quality>,
    /// The worst of the last 24 hours, 0 to 10.
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) worst: Option<PainScore>,
    /// The average of the last 24 hours, 0 to 10.
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) average: Option<PainScore>,
    /// Your own words.
    #[arg(long)]
    pub(crate) note: Option<String>,
}

/// How a day was.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DiaryArgs {
    #[command(subcommand)]
    pub(crate) command: Option<DiaryCommand>,
    /// Which day, as YYYY-MM-DD [default: today].
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) day: Option<i32>,
    /// How well you slept, 0 (very bad) to 10 (very good).
    #[arg(long, value_name = "0-10", value_parser = sleep)]
    pub(crate) sleep: Option<SleepQuality>,
    /// How many hours you slept, such as 7.5.
    #[arg(long, value_name = "HOURS", value_parser = sleep_hours)]
    pub(crate) sleep_hours: Option<SleepTime>,
    /// How long you were stiff in the morning, such as 20m or 1h30m.
    #[arg(long, value_name = "TIME", value_parser = stiffness)]
    pub(crate) stiffness: Option<Stiffness>,
    /// What you took, such as "ibuprofen 400 mg"; can be given several times, and replaces what was there.
    #[arg(long = "medication", value_name = "NAME DOSE", value_parser = medication)]
    pub(crate) medications: Vec<Medication>,
    /// You used heat.
    #[arg(long)]
    pub(crate) heat: bool,
    /// You used cold.
    #[arg(long)]
    pub(crate) cold: bool,
    /// How active the day was: rest, light, moderate or hard.
    #[arg(long, value_name = "LEVEL", value_parser = activity)]
    pub(crate) activity: Option<Activity>,
    /// What set the pain off: sitting, standing, walking, lifting, bending, driving, exercise, stress, bad-sleep, cold, coughing
    /// or other; can be given several times, and replaces what was there.
    #[arg(long = "trigger", value_name = "WORD", value_parser = trigger)]
    pub(crate) triggers: Vec<Trigger>,
    /// Your own words.
    #[arg(long)]
    pub(crate) note: Option<String>,
    /// Take back what was written; can be given several times.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) clear: Vec<Part>,
}

impl DiaryArgs {
    /// Whether nothing is to be written.
    pub(crate) const fn says_nothing(&self) -> bool {
        self.sleep.is_none()
            && self.sleep_hours.is_none()
            && self.stiffness.is_none()
            && self.medications.is_empty()
            && !self.heat
            && !self.cold
            && self.activity.is_none()
            && self.triggers.is_empty()
            && self.note.is_none()
            && self.clear.is_empty()
    }
}

/// A part of a day's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// How well you slept.
    Sleep,
    /// How long you slept.
    SleepHours,
    /// Morning stiffness.
    Stiffness,
    /// What you took.
    Medication,
    /// Heat.
    Heat,
    /// Cold.
    Cold,
    /// The level of activity.
    Activity,
    /// What set the pain off.
    Trigger,
    /// The note.
    Note,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum DiaryCommand {
    /// Show the days with all that was written on them, and where it hurt.
    Show {
        /// How many days, today included.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3_660))]
        days: u32,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuestionnaireCommand {
    /// PEG: three questions about the past week, 0 to 10 each.
    Peg {
        /// The three answers, such as 6,5,4; asked for at a terminal when left out.
        #[arg(long, value_name = "N,N,N")]
        answers: Option<String>,
        /// Correct an earlier one: the beginning of its identity, as `lumbra questionnaire show` shows it, or `last`.
        #[arg(long, value_name = "ID")]
        edit: Option<String>,
    },
    /// Roland-Morris: 24 statements, ticked when they describe you today.
    RolandMorris {
        /// The numbers of the statements that describe you, such as 1,3,21, or `none`; asked for at a terminal when left out.
        #[arg(long, value_name = "N,N")]
        answers: Option<String>,
        /// Correct an earlier one, as above.
        #[arg(long, value_name = "ID")]
        edit: Option<String>,
    },
    /// Show the scores, and whether they have really changed.
    Show {
        /// How many days.
        #[arg(long, default_value_t = 180)]
        days: u32,
    },
}

/// A check of the red flags.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(crate) struct RedFlagsArgs {
    /// An answer, such as `fever=no`; can be given several times. Yes, no or unsure.
    #[arg(long = "answer", value_name = "QUESTION=ANSWER", value_parser = answer)]
    pub(crate) answers: Vec<(String, Answer)>,
    /// Answer no to every question that isn't answered otherwise.
    #[arg(long)]
    pub(crate) all_no: bool,
    /// A clinician knows these answers, or has looked after an emergency, and has agreed to stimulation.
    #[arg(long)]
    pub(crate) clinician_agreed: bool,
    /// List the questions.
    #[arg(long, conflicts_with_all = ["answers", "all_no", "clinician_agreed", "due"])]
    pub(crate) list: bool,
    /// Say whether a check is due, and why.
    #[arg(long, conflicts_with_all = ["answers", "all_no", "clinician_agreed"])]
    pub(crate) due: bool,
}

fn told<T>(result: Result<T, DiaryError>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn quality(text: &str) -> Result<Quality, String> {
    told(Quality::parse(text))
}

fn activity(text: &str) -> Result<Activity, String> {
    told(Activity::parse(text))
}

fn trigger(text: &str) -> Result<Trigger, String> {
    told(Trigger::parse(text))
}

fn medication(text: &str) -> Result<Medication, String> {
    told(Medication::parse(text))
}

fn sleep(text: &str) -> Result<SleepQuality, String> {
    let quality: u8 = text.parse().map_err(|_| "write a whole number from 0 to 10".to_owned())?;
    told(SleepQuality::new(quality))
}

fn sleep_hours(text: &str) -> Result<SleepTime, String> {
    let hours: f64 = text.parse().map_err(|_| "write a number of hours, such as 7.5".to_owned())?;
    if !(0.0..=24.0).contains(&hours) {
        return Err("a day has 24 hours: write 0 to 24".to_owned());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1440 by the check above")]
    let minutes = (hours * 60.0).round() as u16;
    told(SleepTime::from_minutes(minutes))
}

/// Minutes, from `20m`, `1h`, `1h30m` or a bare number.
fn stiffness(text: &str) -> Result<Stiffness, String> {
    let how = || "write minutes or hours, such as 20m or 1h30m".to_owned();
    let number = |digits: &str| digits.parse::<u16>().map_err(|_| how());
    let (hours, rest) = match text.split_once('h') {
        Some((hours, rest)) => (number(hours)?, rest),
        None => (0, text),
    };
    let minutes = match rest {
        "" if text.ends_with('h') => 0,
        rest => number(rest.strip_suffix('m').unwrap_or(rest))?,
    };
    told(Stiffness::from_minutes(hours.saturating_mul(60).saturating_add(minutes)))
}

fn day(text: &str) -> Result<i32, String> {
    let day: Date = text.parse().map_err(|_| "write a date such as 2026-03-14".to_owned())?;
    Ok(lumbra::day_number(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_days_are_read_as_people_write_them() {
        for (text, minutes) in [("20m", 20), ("20", 20), ("1h", 60), ("1h30m", 90), ("1h05", 65), ("24h", 1_440)] {
            assert_eq!(stiffness(text).map(Stiffness::minutes), Ok(minutes), "{text}");
        }
        for text in ["", "m", "h", "1x", "-5m", "1h30m5", "25h", "1.5h"] {
            assert!(stiffness(text).is_err(), "{text}");
        }
        assert_eq!(sleep_hours("7.5").map(SleepTime::minutes), Ok(450));
        for text in ["NaN", "-1", "24.1", "inf", "seven"] {
            assert!(sleep_hours(text).is_err(), "{text}");
        }
        assert_eq!((day("1970-01-02"), day("1969-12-31")), (Ok(1), Ok(-1)));
        assert!(day("2026-02-30").is_err() && day("14.3.2026").is_err());
    }
}
