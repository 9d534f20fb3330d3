//! Words for values: what is printed when there is no live view.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lumbra::domain::posture::{Grade, Neutral, Quality, Reference, Turn};
use lumbra::domain::questionnaires::Form;
use lumbra::domain::therapy::Contact;
use lumbra::{EventKind, PainEntry, PhaseName, QuestionnaireEntry, SessionEntry, Snapshot};

/// A duration as minutes and seconds.
pub(crate) fn clock(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Words on lines of at most `width` characters, the first begun with `first` and the others with `other`. A word that is longer
/// stays whole.
pub(crate) fn wrapped(words: &str, first: &str, other: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut begun) = (first.to_owned(), false);
    for word in words.split_whitespace() {
        let longer = line.chars().count() + usize::from(begun) + word.chars().count();
        if begun && longer > width {
            lines.push(std::mem::replace(&mut line, other.to_owned()));
            begun = false;
        }
        if begun {
            line.push(' ');
        }
        line.push_str(word);
        begun = true;
    }
    lines.push(line);
    lines
}

/// A page whose lines are as long as they please, on lines that fit. What a line is indented by, its bullet or number with it, indents what
/// is wrapped of it.
pub(crate) fn page(text: &str) -> String {
    const WIDTH: usize = 96;
    let lines = text.lines().flat_map(|line| {
        let rest = line.trim_start();
        // "- " or "1. ".
        let number = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let mark = match (rest.starts_with("- "), number.starts_with(". ") && number.len() < rest.len()) {
            (true, _) => 2,
            (false, true) => rest.len() - number.len() + 2,
            (false, false) => 0,
        };
        let first = &line[..line.len() - rest.len()];
        if rest.is_empty() {
            return vec![String::new()];
        }
        // What stands in columns stays as it is when it fits.
        if line.chars().count() <= WIDTH {
            return vec![line.to_owned()];
        }
        wrapped(rest, first, &format!("{first}{}", " ".repeat(mark)), WIDTH)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A moment in the person's own time.
pub(crate) fn moment(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms).map_or_else(
        |_| "unknown time".to_owned(),
        |moment| moment.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

/// A day of the person's own calendar.
pub(crate) fn day(local_day: i32) -> String {
    let moment = Timestamp::from_second(i64::from(local_day) * 86_400);
    moment
        .map_or_else(|_| "?".to_owned(), |moment| moment.to_zoned_datetime(TimeZone::UTC).strftime("%m-%d").to_string())
}

/// A day of the person's own calendar, with its weekday and year.
pub(crate) fn whole_day(local_day: i32) -> String {
    let moment = Timestamp::from_second(i64::from(local_day) * 86_400);
    moment.map_or_else(
        |_| "?".to_owned(),
        |moment| moment.to_zoned_datetime(TimeZone::UTC).strftime("%a %Y-%m-%d").to_string(),
    )
}

/// The time of day of a moment, in the person's own time.
pub(crate) fn time(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms).map_or_else(
        |_| "--:--".to_owned(),
        |moment| moment.to_zoned_datetime(TimeZone::system()).strftime("%H:%M").to_string(),
    )
}

/// Minutes, as hours where there are some.
pub(crate) fn hours(minutes: u16) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// As much of an identity as tells entries apart.
pub(crate) fn short(entry_id: &str) -> String {
    entry_id.chars().take(8).collect()
}

/// A pain entry on one line.
pub(crate) fn pain(entry: &PainEntry) -> String {
    let day: Vec<String> = [("worst", entry.worst), ("average", entry.average)]
        .into_iter()
        .filter_map(|(name, score)| Some(format!("{name} {}", score?)))
        .collect();
    let day = if day.is_empty() { String::new() } else { format!(" ({})", day.join(", ")) };
    let sites = if entry.sites.is_empty() { entry.place.clone() } else { entry.sites.join(", ") };
    let qualities =
        if entry.qualities.is_empty() { String::new() } else { format!("; {}", entry.qualities.join(", ")) };
    format!("pain {}{day}: {}{qualities}", entry.score, sites.replace([':', '-'], " "))
}

/// A questionnaire's score, and what became of it.
pub(crate) fn questionnaire(entry: &QuestionnaireEntry) -> String {
    let form = Form::parse(&entry.form).ok();
    let score = match form {
        Some(Form::Peg) => format!("PEG {:.1} of 10", entry.score),
        Some(Form::RolandMorris) => format!("Roland-Morris {} of 24", entry.score),
        None => format!("{} {}", entry.form, entry.score),
    };
    match entry.since_last {
        Some("better") => format!("{score}, really better than the time before"),
        Some("worse") => format!("{score}, really worse than the time before"),
        Some(_) => format!("{score}, as the time before"),
        None => score,
    }
}

/// The phase in a person's words.
pub(crate) fn phase(snapshot: &Snapshot) -> String {
    let reason = |words: &str| match snapshot.reason {
        Some("pads_off") => format!("{words}: a pad has come off"),
        Some("link_lost") => format!("{words}: the link was lost for too long"),
        Some("button") => format!("{words}: by the button on the wearable"),
        Some("fault") => format!("{words}: the wearable reports a fault"),
        Some("low_battery") => format!("{words}: the battery is low"),
        _ => words.to_owned(),
    };
    match snapshot.phase {
        PhaseName::Disconnected => "not connected".to_owned(),
        PhaseName::Connecting => "connecting".to_owned(),
        PhaseName::Idle => "ready".to_owned(),
        PhaseName::Starting => "starting".to_owned(),
        PhaseName::Running => "running".to_owned(),
        PhaseName::Paused => reason("paused at zero"),
        PhaseName::Stopping => match snapshot.zero_within_ms {
            Some(0) => "stopping, not confirmed: by its own rules the wearable is at zero".to_owned(),
            Some(ms) => {
                format!(
                    "stopping, not confirmed: the wearable is at zero within {} s at the latest",
                    ms.div_ceil(1_000)
                )
            }
            None => "stopping".to_owned(),
        },
        PhaseName::Uncertain => match snapshot.zero_within_ms {
            Some(0) => "no link: by its own rules the wearable has stopped".to_owned(),
            Some(ms) => format!("no link: the wearable stops by itself within {} s", ms.div_ceil(1_000)),
            None => "not known right now".to_owned(),
        },
    }
}

/// How pads sit, as a word.
pub(crate) const fn contact(contact: Contact) -> &'static str {
    match contact {
        Contact::Unknown => "not measured",
        Contact::Good => "good",
        Contact::Poor => "poor",
        Contact::Off => "OFF",
    }
}

/// Where a sensor's face points.
pub(crate) const fn turn(turn: Turn) -> &'static str {
    match turn {
        Turn::Ahead => "ahead",
        Turn::Left => "to your left",
        Turn::Behind => "behind you",
        Turn::Right => "to your right",
    }
}

/// What a calibration has found.
pub(crate) fn calibrated(reference: Reference, quality: Quality) -> String {
    let Neutral { pitch, roll } = reference.neutral;
    let how = match quality.grade() {
        Grade::Good => "a good calibration",
        Grade::Fair => "a fair calibration: once more, stiller, may be better",
    };
    let worn = if reference.mounting.suits_the_device() {
        String::new()
    } else {
        let down = if reference.mounting.upside_down { "upside down, " } else { "" };
        let faces = turn(reference.mounting.turn);
        format!("\nit is worn {down}its face {faces}: posture is judged here, and it does not nudge by itself")
    };
    format!("upright is pitch {pitch}, roll {roll}; {how} (within {}){worn}", quality.spread)
}

/// What the posture coach says, in a person's words.
pub(crate) fn coach(event: &EventKind) -> Option<String> {
    match event {
        EventKind::Nudge => Some("you have slouched for a while: sit up".to_owned()),
        EventKind::TakeABreak { held_s } => {
            Some(format!("you have held still for {} minutes: stand up and move a little", held_s / 60))
        }
        _ => None,
    }
}

/// A status over several lines.
pub(crate) fn status(snapshot: &Snapshot) -> String {
    let mut lines = vec![phase(snapshot)];
    if let Some(problem) = &snapshot.link_problem {
        lines.push(format!("link: {problem}"));
    }
    if let (false, Some(age_ms)) = (snapshot.certain, snapshot.age_ms) {
        lines.push(format!("what follows is {} s old and may not be true any more:", age_ms / 1_000));
    }
    if let Some(session) = &snapshot.session {
        lines.push(format!(
            "session: {} of {}, highest {:.1} mA",
            clock(snapshot.elapsed_s),
            clock(session.planned_s),
            session.max_delivered_ma
        ));
    }
    if snapshot.foreign_session {
        lines.push("the wearable runs a session that wasn't started here".to_owned());
    }
    for (index, channel) in snapshot.channels.iter().enumerate() {
        lines.push(format!(
            "channel {}: {:.1} mA (asked {:.1}), pads {}",
            index + 1,
            channel.delivered_ma,
            channel.target_ma,
            contact(channel.contact)
        ));
    }
    if let Some(battery) = snapshot.battery_percent {
        lines.push(format!("battery: {battery} %"));
    }
    if let Some(posture) = &snapshot.posture {
        let judged = posture.judged.unwrap_or("not calibrated");
        lines.push(format!("posture: {judged}, {} frames, {} lost", posture.frames, posture.lost_frames));
    }
    if snapshot.pending_unknown {
        lines.push("the last command isn't settled yet".to_owned());
    }
    lines.extend(snapshot.storage_problem.clone());
    lines.join("\n")
}

/// A status on one line, for a log.
pub(crate) fn line(snapshot: &Snapshot) -> String {
    let currents: Vec<String> =
        snapshot.channels.iter().map(|channel| format!("{:.1}", channel.delivered_ma)).collect();
    let age = if snapshot.certain { "" } else { " (old)" };
    format!("{} {}  {} mA{age}", clock(snapshot.elapsed_s), phase(snapshot), currents.join(" / "))
}

/// A session on one line.
pub(crate) fn session(session: &SessionEntry) -> String {
    let pain = match (session.pain_before, session.pain_after) {
        (Some(before), Some(after)) => format!(", pain {before} -> {after}"),
        (Some(before), None) => format!(", pain before {before}"),
        (None, Some(after)) => format!(", pain after {after}"),
        (None, None) => String::new(),
    };
    let mode = session.mode.unwrap_or("session");
    let uncertain = if session.uncertain { " (end not seen: the worse case)" } else { "" };
    format!(
        "{}  {mode}, {} of {}, highest {:.1} of {:.1} mA, {}{uncertain}{pain}",
        moment(session.started_at_ms),
        clock(session.elapsed_s),
        clock(session.planned_s),
        session.max_delivered_ma,
        session.limit_ma,
        session.outcome.as_deref().unwrap_or("not over"),
    )
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_are_as_long_as_they_may_be() {
        assert_eq!(wrapped("one two  three four", "- ", "  ", 9), ["- one two", "  three", "  four"]);
        assert_eq!(wrapped("extraordinarily long", "", "", 5), ["extraordinarily", "long"]);
        assert_eq!(wrapped("", "- ", "", 5), ["- "]);
    }
}
