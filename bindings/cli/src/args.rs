//! The command line: every command, option and their help.

mod clinic;
mod days;
mod diary;
mod exercise;
mod posture;
mod report;
mod start;
mod wearable;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use lumbra::domain::pain::PainScore;
use lumbra::domain::units::{Milliamps, Seconds};

pub(crate) use clinic::{ClinicCommand, SyncArgs};
pub(crate) use days::{DaysChoice, date_of};
pub(crate) use diary::{
    DiaryArgs, DiaryCommand, PainArgs, PainCommand, PainSaid, Part, QuestionnaireCommand, RedFlagsArgs,
};
pub(crate) use exercise::{DoneArgs, ExerciseCommand, GoalCommand, PlanCommand};
pub(crate) use posture::{BreaksChoice, PostureCommand, QuietChoice};
pub(crate) use report::{ExportArgs, ReportArgs};
pub(crate) use start::StartArgs;
pub(crate) use wearable::WearableCommand;

/// Lumbra at the terminal: pair with a wearable that relieves back pain with TENS and watches posture, run
/// sessions, keep the diary.
///
/// Without a command it runs the demo: a virtual wearable, a virtual body, and a whole day's job in a few
/// seconds. Nothing is needed for it, no Bluetooth either.
///
/// Lumbra is not a medical device. Don't use it with an implant such as a pacemaker, in water, while driving,
/// or for pain whose cause nobody has looked at; `lumbra screen` asks the questions.
#[derive(Debug, Parser)]
#[command(name = "lumbra", version, max_term_width = 100, after_long_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  a fault of this program or its surroundings
  2  the command line is wrong
  3  refused: a limit, the screening, or the wearable's present state forbids it; nothing has happened
  4  the wearable can't be reached: Bluetooth off, out of reach, not paired
  5  the stored data can't be used: disk full, wrong key, newer version
  6  the wearable has refused the command
  7  it can't be told yet whether the wearable has taken the command: look at `lumbra status`

Environment:
  LUMBRA_LOG   what to log on standard error, for example `lumbra=debug`";

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Print JSON: one object, or one a line for streams.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Where the data lies [default: the platform's data folder].
    #[arg(long, global = true, value_name = "DIR", env = "LUMBRA_DATA")]
    pub(crate) data: Option<PathBuf>,

    /// How wearables are reached: `bluetooth`, `bluetooth:NAME` for one of several adapters, such as
    /// `bluetooth:hci1`, or `socket:PATH` for a virtual one that `lumbra wearable serve --socket PATH` serves.
    #[arg(long, global = true, value_name = "RADIO", default_value = "bluetooth", env = "LUMBRA_RADIO")]
    pub(crate) radio: RadioChoice,

    /// Which wearable, by name, serial or identity; needed only when several are paired.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) device: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RadioChoice {
    Bluetooth(Option<String>),
    Socket(PathBuf),
}

impl std::str::FromStr for RadioChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "bluetooth" => Ok(Self::Bluetooth(None)),
            Some(("bluetooth", adapter)) if !adapter.is_empty() => Ok(Self::Bluetooth(Some(adapter.to_owned()))),
            Some(("socket", path)) if !path.is_empty() => Ok(Self::Socket(path.into())),
            _ => Err("write `bluetooth`, `bluetooth:ADAPTER` or `socket:PATH`".to_owned()),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Walk through everything with a virtual wearable, in fast time.
    Demo,
    /// Look for wearables in reach.
    Scan {
        /// How long to look.
        #[arg(long, value_name = "SECONDS", default_value_t = 5)]
        seconds: u64,
    },
    /// Pair with a wearable: hold its button for 3 s first.
    ///
    /// The passkey is the six digits on the wearable's label, or those that a virtual one on an adapter shows. Without
    /// --passkey it is read from standard input when the wearable wants it.
    Pair {
        /// The name it advertises, such as `Lumbra7K`; the first one found when left out.
        name: Option<String>,
        /// The six digits on the label.
        #[arg(long, value_name = "DIGITS", value_parser = clap::value_parser!(u32).range(0..=999_999))]
        passkey: Option<u32>,
        /// How long to look for it.
        #[arg(long, value_name = "SECONDS", default_value_t = 20)]
        seconds: u64,
    },
    /// List the paired wearables.
    Devices,
    /// Forget a wearable and remove its bond; its history stays.
    Forget,
    /// Show how the wearable is.
    Status,
    /// Answer the screening questions; without answers, ask them one by one.
    Screen {
        /// An answer, such as `implant=no`; can be given several times. Yes, no or unsure.
        #[arg(long = "answer", value_name = "QUESTION=ANSWER", value_parser = answer)]
        answers: Vec<(String, lumbra::domain::screening::Answer)>,
        /// Answer no to every question that isn't answered otherwise.
        #[arg(long)]
        all_no: bool,
        /// A clinician knows the answers that ask for one, and has agreed.
        #[arg(long)]
        clinician_agreed: bool,
        /// List the questions.
        #[arg(long)]
        list: bool,
    },
    /// Learn what upright is: sit or stand upright and keep still for five seconds.
    Calibrate,
    /// Run a session and show it live until it is over; Ctrl-C stops it.
    ///
    /// A session starts at zero. Raise it with the arrow keys here, or with `lumbra set` from another terminal;
    /// `lumbra pause`, `resume` and `stop` work from there too. When this command dies, the wearable goes on
    /// for its grace time and then pauses by itself.
    Start(StartArgs),
    /// Set the intensity of the running session: one value for all channels, or one for each.
    Set {
        /// Absolute intensities in mA, such as `8` or `8 6.5`; 0 turns a channel off.
        #[arg(required = true, value_name = "MA", num_args = 1..=4)]
        targets: Vec<Milliamps>,
    },
    /// Ramp to zero and wait.
    Pause,
    /// Go on with a paused session, from zero.
    Resume,
    /// Ramp to zero and end the session. Overtakes everything else.
    Stop,
    /// Show the wearable live, and keep a session that runs on it going.
    Watch {
        /// End after so long.
        #[arg(long, value_name = "SECONDS")]
        seconds: Option<u64>,
        /// Ask for posture samples too.
        #[arg(long)]
        posture: bool,
    },
    /// Rate your pain from 0 (none) to 10 (the worst you can imagine).
    ///
    /// When pain jumps, goes to a leg it was not in, or comes with numbness, `lumbra red-flags` has to be answered before the
    /// next session.
    Pain(PainArgs),
    /// Write how a day was: sleep, stiffness, medication, activity, triggers. Without options, show the last days.
    Diary(DiaryArgs),
    /// The exercise plan in force, what is to do today, and what it is to reach.
    Plan {
        #[command(subcommand)]
        command: Option<PlanCommand>,
    },
    /// What you want to do again, step by step, and what your clinic's plan is to reach.
    Goal {
        #[command(subcommand)]
        command: Option<GoalCommand>,
    },
    /// How exercises are done, and what was done of them.
    #[command(subcommand)]
    Exercise(ExerciseCommand),
    /// The clinic that plans come from and that is told what was done.
    #[command(subcommand)]
    Clinic(ClinicCommand),
    /// Exchange with the clinic: plans come, what was done goes.
    Sync(SyncArgs),
    /// Answer a questionnaire about what pain keeps you from, or see what has changed.
    #[command(subcommand)]
    Questionnaire(QuestionnaireCommand),
    /// Answer the questions about signs that a clinician must look at; without answers, ask them one by one.
    RedFlags(RedFlagsArgs),
    /// Look back: sessions, pain and posture.
    History {
        /// How many days, up to now.
        #[arg(long, default_value_t = 14, conflicts_with_all = ["from", "to"])]
        days: u32,
        #[command(flatten)]
        between: DaysChoice,
    },
    /// See what your days say about your pain, and how surely: what goes together, what has changed.
    ///
    /// Without days it looks at the last year. Changes are against the first two weeks of the days that are looked at, and against
    /// the two weeks before the last.
    Insights {
        #[command(flatten)]
        between: DaysChoice,
    },
    /// See at which hours of the day you sit and stand upright.
    Hours {
        /// How many months, this one included.
        #[arg(long, default_value_t = 3)]
        months: u32,
    },
    /// See pain beside posture, a point a day.
    Compare {
        /// How many days.
        #[arg(long, default_value_t = 90)]
        days: u32,
        /// How many days after the posture the pain was felt.
        #[arg(long, default_value_t = 0)]
        lag: u32,
    },
    /// Make a report for a clinician: a PDF of two pages.
    ///
    /// It is in clear, and it is for you to hand over. Name and date of birth are printed and kept nowhere.
    Report(ReportArgs),
    /// Take everything along: as tables, for a clinic's system, or as one document.
    ///
    /// The files are in clear: keep them safe.
    Export(ExportArgs),
    /// List the commands that were given, and what became of each.
    Commands {
        /// How many days.
        #[arg(long, default_value_t = 1)]
        days: u32,
    },
    /// List what the wearable remembered by itself and this program has fetched.
    Records {
        /// How many, the newest.
        #[arg(long, default_value_t = 100)]
        count: u32,
    },
    /// Set or lift your own cap on the intensity.
    Cap {
        /// The cap in mA, or `none`.
        #[arg(value_parser = cap)]
        limit: CapChoice,
    },
    /// Write an encrypted copy of everything to a file, to keep elsewhere or to bring to another computer.
    ///
    /// Whoever has the file and the passphrase can read it all; without the passphrase nobody can, and nobody can recover it.
    Backup {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Bring everything back from an encrypted copy that `lumbra backup` has made.
    ///
    /// The screening is asked again before the next session.
    Import {
        /// The file.
        file: PathBuf,
        /// Set aside what is here now.
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Destroy the key and remove everything that is stored here. Nothing brings it back but a backup.
    Erase {
        /// Yes, erase it.
        #[arg(long)]
        yes: bool,
    },
    /// How posture is watched: training or tracking, sensitivity, quiet hours, goal, breaks.
    #[command(subcommand)]
    Posture(PostureCommand),
    /// List the built-in programmes.
    Programmes,
    /// The virtual wearable.
    #[command(subcommand)]
    Wearable(WearableCommand),
}

#[derive(Debug, Args)]
pub(crate) struct PassphraseArgs {
    /// Read the passphrase from the first line of this file; asked for at the terminal, or read from standard input, when left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum When {
    /// Just before a session.
    Before,
    /// Just after a session.
    After,
    /// At any other time.
    Diary,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct CapChoice(pub(crate) Option<Milliamps>);

fn cap(text: &str) -> Result<CapChoice, String> {
    if text == "none" {
        return Ok(CapChoice(None));
    }
    text.parse()
        .map(|limit| CapChoice(Some(limit)))
        .map_err(|error: lumbra::domain::units::UnitError| error.to_string())
}

/// As many channels as a wearable has at most.
const CHANNELS_MAX: usize = 4;

impl Cli {
    /// Reads a command line.
    pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let cli = Self::try_parse_from(words)?;
        match &cli.command {
            // An option between them makes the parser count anew.
            Some(Command::Set { targets }) if targets.len() > CHANNELS_MAX => Err(Self::command()
                .error(ErrorKind::TooManyValues, "a wearable has 4 channels at most: write 1 to 4 intensities")),
            _ => Ok(cli),
        }
    }
}

fn score(text: &str) -> Result<PainScore, String> {
    let number: u8 = text.parse().map_err(|_| "write a whole number from 0 to 10".to_owned())?;
    PainScore::new(number).map_err(|error| error.to_string())
}

fn seconds(text: &str) -> Result<Seconds, String> {
    text.parse().map(Seconds::new).map_err(|_| "write a whole number of seconds".to_owned())
}

fn answer(text: &str) -> Result<(String, lumbra::domain::screening::Answer), String> {
    use lumbra::domain::screening::Answer;
    let (question, answer) = text.split_once('=').ok_or("write QUESTION=ANSWER, such as implant=no")?;
    let answer = match answer {
        "yes" => Answer::Yes,
        "no" => Answer::No,
        "unsure" => Answer::Unsure,
        _ => return Err("answer with yes, no or unsure".to_owned()),
    };
    Ok((question.to_owned(), answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declarations_are_sound() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn a_radio_is_read_from_its_words() {
        let cases = [
            ("bluetooth", RadioChoice::Bluetooth(None)),
            ("bluetooth:hci1", RadioChoice::Bluetooth(Some("hci1".into()))),
            ("socket:/tmp/a:b", RadioChoice::Socket("/tmp/a:b".into())),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn intensities_are_counted_on_both_sides_of_an_option() {
        let read = |line: &str| Cli::read(line.split(' ').map(OsString::from)).map_err(|error| error.to_string());
        assert!(read("lumbra set 8 --json 6 5 4").is_ok());
        assert!(read("lumbra set 8 6 8 --json 8 6").unwrap_err().contains("1 to 4 intensities"));
    }

    #[test]
    fn hostile_arguments_are_answered_with_what_to_write() {
        for (line, help) in [
            (vec!["lumbra", "set", "NaN"], "from 0 to 6553.5 mA"),
            (vec!["lumbra", "set", "many"], "write a number such as 12.5"),
            (vec!["lumbra", "pain", "11"], "from 0 (no pain) to 10"),
            (vec!["lumbra", "pain", "-1"], "tip"),
            (vec!["lumbra", "pain"], "<SCORE>"),
            (vec!["lumbra", "pain", "4", "--quality", "odd"], "aching, sharp"),
            (vec!["lumbra", "pain", "4", "--worst", "12"], "from 0 (no pain) to 10"),
            (vec!["lumbra", "pain", "edit"], "<ID>"),
            (vec!["lumbra", "diary", "--stiffness", "long"], "20m or 1h30m"),
            (vec!["lumbra", "diary", "--sleep", "11"], "0 (very bad) to 10"),
            (vec!["lumbra", "diary", "--day", "yesterday"], "2026-03-14"),
            (vec!["lumbra", "diary", "--trigger", "moon"], "sitting, standing"),
            (vec!["lumbra", "diary", "show", "--days", "0"], "1..=3660"),
            (vec!["lumbra", "questionnaire", "oswestry"], "unrecognized subcommand"),
            (vec!["lumbra", "red-flags", "--answer", "fever"], "QUESTION=ANSWER"),
            (vec!["lumbra", "goal", "add", " "], "1 to 200 characters"),
            (vec!["lumbra", "goal", "reached", "last", "11"], "1..=10"),
            (vec!["lumbra", "sync", "--timeout", "0"], "1..=600"),
            (vec!["lumbra", "--radio", "carrier-pigeon", "scan"], "socket:PATH"),
            (vec!["lumbra", "--radio", "bluetooth:", "scan"], "bluetooth:ADAPTER"),
            (vec!["lumbra", "wearable", "serve"], "--adapter <NAME>"),
            (vec!["lumbra", "wearable", "serve", "--socket", "s", "--adapter", "hci0"], "cannot be used with"),
            (vec!["lumbra", "posture", "quiet-hours", "22-7"], "22:00-07:00"),
            (vec!["lumbra", "posture", "breaks", "15"], "30 to 60 minutes"),
            (vec!["lumbra", "posture", "mode", "training", "--delay", "5"], "10 to 600 s"),
            (vec!["lumbra", "posture", "goal", "101"], "0 to 100"),
            (vec!["lumbra", "screen", "--answer", "implant"], "QUESTION=ANSWER"),
            (vec!["lumbra", "pair", "--passkey", "1000000"], "999999"),
            (vec!["lumbra", "insights", "--from", "31.1.2026"], "YYYY-MM-DD"),
            (vec!["lumbra", "history", "--days", "3", "--to", "2026-01-31"], "cannot be used with"),
        ] {
            let error = Cli::try_parse_from(&line).unwrap_err().to_string();
            assert!(error.contains(help), "{line:?}: {error}");
        }
    }
}
