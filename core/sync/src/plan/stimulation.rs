//! Our extensions: a programme's parameters and an exercise's amount. Their documentation is `profiles/README.md`.
//!
//! Each part may be there once. A part that is not known, is there twice, or has another type or unit spoils the whole: a parameter
//! that was left out could be the one that matters.

use lumbra_domain::programme::Mode;

use crate::fhir::{Extension, Range};

use super::amount::{exact, span};
use super::{Dose, Reason, Stimulation};

/// One part's value, and nothing beside it.
enum Part<'a> {
    Code(&'a str),
    Quantity(&'a crate::fhir::Quantity),
    Range(&'a Range),
    Number(u32),
}

/// The parts of an extension, each known, each once, each with one value.
struct Parts<'a>(Vec<(&'a str, Part<'a>)>);

impl<'a> Parts<'a> {
    fn of(extension: &'a Extension, known: &[&str]) -> Option<Self> {
        if !extension.others.is_empty() || value(extension).is_some() {
            return None;
        }
        let mut parts: Vec<(&str, Part<'_>)> = Vec::new();
        for part in &extension.extension {
            let name = part.url.as_deref().filter(|name| known.contains(name))?;
            let twice = parts.iter().any(|(there, _)| *there == name);
            if twice || !part.others.is_empty() || !part.extension.is_empty() {
                return None;
            }
            parts.push((name, value(part)?));
        }
        Some(Self(parts))
    }

    fn get(&self, name: &str) -> Option<&Part<'a>> {
        self.0.iter().find(|(there, _)| *there == name).map(|(_, part)| part)
    }

    fn code(&self, name: &str) -> Option<&'a str> {
        if let Part::Code(code) = self.get(name)? { Some(code) } else { None }
    }

    fn amount(&self, name: &str, unit: &str, places: u32) -> Option<u16> {
        if let Part::Quantity(quantity) = self.get(name)? { exact(quantity, unit, places) } else { None }
    }

    fn span(&self, name: &str, unit: &str, places: u32) -> Option<(u16, u16)> {
        match self.get(name)? {
            Part::Quantity(quantity) => exact(quantity, unit, places).map(|one| (one, one)),
            Part::Range(range) => span(range, unit, places),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<u16> {
        let Part::Number(number) = self.get(name)? else { return None };
        u16::try_from(*number).ok().filter(|number| *number > 0)
    }
}

/// The value of an extension, if it has exactly one.
fn value(extension: &Extension) -> Option<Part<'_>> {
    let code = extension.value_code.as_deref().map(Part::Code);
    let quantity = extension.value_quantity.as_ref().map(Part::Quantity);
    let range = extension.value_range.as_ref().map(Part::Range);
    let number = extension.value_positive_int.map(Part::Number);
    let mut values = [code, quantity, range, number].into_iter().flatten();
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

/// A part that may be missing, but must be readable where it is there.
fn optional<T>(parts: &Parts<'_>, name: &'static str, read: Option<T>) -> Result<Option<T>, Reason> {
    if parts.get(name).is_some() && read.is_none() { Err(Reason::NotStartable(name)) } else { Ok(read) }
}

fn mode(code: &str) -> Option<Mode> {
    use Mode::{AcupunctureLike, BriefIntense, Burst, Conventional, Custom, Modulated};
    [Conventional, AcupunctureLike, Burst, BriefIntense, Modulated, Custom].into_iter().find(|mode| mode.id() == code)
}

const PROGRAMME: [&str; 9] =
    ["mode", "frequency", "width", "sweep", "trainRate", "pulsesPerTrain", "duration", "cap", "perDay"];

/// A programme's parameters. All of them must be readable, the cap first of all.
pub(super) fn stimulation(extension: &Extension) -> Result<Stimulation, Reason> {
    let part = |name| Reason::NotStartable(name);
    let parts = Parts::of(extension, &PROGRAMME).ok_or_else(|| part("the extension"))?;
    let cap_dma = parts.amount("cap", "mA", 1).ok_or_else(|| part("cap"))?;
    let trains = (
        optional(&parts, "trainRate", parts.amount("trainRate", "Hz", 1))?,
        optional(&parts, "pulsesPerTrain", parts.number("pulsesPerTrain").and_then(|pulses| pulses.try_into().ok()))?,
    );
    let trains = match trains {
        (Some(rate), Some(pulses)) => Some((rate, pulses)),
        (None, None) => None,
        _ => return Err(part("trainRate")),
    };
    Ok(Stimulation {
        mode: parts.code("mode").and_then(mode).ok_or_else(|| part("mode"))?,
        frequency_dhz: parts.span("frequency", "Hz", 1).ok_or_else(|| part("frequency"))?,
        width_us: parts.span("width", "us", 0).ok_or_else(|| part("width"))?,
        sweep_ds: optional(&parts, "sweep", parts.amount("sweep", "s", 1))?,
        trains,
        minutes: parts.amount("duration", "min", 0).ok_or_else(|| part("duration"))?,
        cap_dma,
        per_day: parts.number("perDay").and_then(|times| times.try_into().ok()).ok_or_else(|| part("perDay"))?,
    })
}

/// An exercise's amount. Every part may be missing, and all that are there must be readable.
pub(super) fn dose(extension: &Extension) -> Result<Dose, Reason> {
    let bad = || Reason::NotUnderstood("the dose");
    let parts = Parts::of(extension, &["sets", "repetitions", "hold", "duration"]).ok_or_else(bad)?;
    let dose = Dose {
        sets: parts.number("sets"),
        repetitions: parts.number("repetitions"),
        hold_s: parts.amount("hold", "s", 0),
        minutes: parts.amount("duration", "min", 0),
    };
    let read = [dose.sets, dose.repetitions, dose.hold_s, dose.minutes].iter().flatten().count();
    if read == parts.0.len() && read > 0 { Ok(dose) } else { Err(bad()) }
}
