//! Stimulation programmes: what kind of pulses, how many, how long.
//!
//! A [`Programme`] cannot be outside the range of its mode. The ranges and defaults stand in one table,
//! [`MODES`]; their source is the literature on stimulation modes summarised there line by line.

use serde::{Deserialize, Serialize};

use crate::units::{Hertz, Microseconds, Seconds};

/// The kind of stimulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// High rate, short pulses: tingling.
    Conventional,
    /// Low rate, long pulses: twitch.
    AcupunctureLike,
    /// Trains of pulses at a low rate.
    Burst,
    /// High rate, long pulses, highest tolerable, short.
    BriefIntense,
    /// Frequency or width swept.
    Modulated,
    /// Parameters of the person's own, bound by the safety envelope alone.
    Custom,
}

impl Mode {
    /// Its name in an API: that of its built-in programme, or `custom`.
    pub fn id(self) -> &'static str {
        MODES.iter().find(|range| range.mode == self).map_or("custom", |range| range.id)
    }
}

/// What a mode allows, and how it starts out.
#[derive(Clone, Copy, Debug)]
pub struct ModeRange {
    /// The mode.
    pub mode: Mode,
    /// Name in URLs, scripts and the store.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// What it should feel like. No claim stronger than short-term relief.
    pub description: &'static str,
    /// Pulse frequency, or that within a train, in Hz: lowest and highest.
    pub frequency_hz: (u16, u16),
    /// Width of one phase in microseconds: shortest and longest.
    pub width_us: (u16, u16),
    /// Trains a second, lowest and highest; absent where there are none.
    pub trains_hz: Option<(u16, u16)>,
    /// Longest session in minutes.
    pub longest_min: u32,
    /// The built-in programme's numbers.
    pub default: DefaultProgramme,
}

/// The numbers of a built-in programme.
#[derive(Clone, Copy, Debug)]
pub struct DefaultProgramme {
    /// Pulse frequency in Hz: lowest and highest.
    pub frequency_hz: (u16, u16),
    /// Width of one phase in microseconds: shortest and longest.
    pub width_us: (u16, u16),
    /// Time of one sweep in seconds; 0 = none.
    pub sweep_s: u16,
    /// Trains a second and pulses in a train.
    pub trains: Option<(u16, u8)>,
    /// Session length in minutes.
    pub minutes: u32,
}

/// Ranges and defaults by mode. Frequency, width and duration: read in published mode tables, brief-intense
/// and the upper end of acupuncture-like's duration in weak sources only. 60 minutes is the longest session
/// of products people buy, and the ceiling for every mode.
pub const MODES: [ModeRange; 5] = [
    ModeRange {
        mode: Mode::Conventional,
        id: "conventional",
        title: "Conventional",
        description: "A strong but comfortable tingling, no muscle twitch. May help during and shortly after a session.",
        frequency_hz: (50, 150),
        width_us: (50, 250),
        trains_hz: None,
        longest_min: 60,
        default: DefaultProgramme {
            frequency_hz: (100, 100),
            width_us: (100, 100),
            sweep_s: 0,
            trains: None,
            minutes: 30,
        },
    },
    ModeRange {
        mode: Mode::AcupunctureLike,
        id: "acupuncture-like",
        title: "Acupuncture-like",
        description: "Slow, strong pulses with a visible twitch. May help during and shortly after a session.",
        frequency_hz: (1, 5),
        width_us: (200, 250),
        trains_hz: None,
        longest_min: 45,
        default: DefaultProgramme { frequency_hz: (2, 2), width_us: (250, 250), sweep_s: 0, trains: None, minutes: 30 },
    },
    ModeRange {
        mode: Mode::Burst,
        id: "burst",
        title: "Burst",
        description: "Short trains of pulses, twice a second, with a twitch. May help during and shortly after a session.",
        frequency_hz: (70, 100),
        width_us: (40, 180),
        trains_hz: Some((1, 4)),
        longest_min: 45,
        default: DefaultProgramme {
            frequency_hz: (100, 100),
            width_us: (150, 150),
            sweep_s: 0,
            trains: Some((2, 7)),
            minutes: 30,
        },
    },
    ModeRange {
        mode: Mode::BriefIntense,
        id: "brief-intense",
        title: "Brief-intense",
        description: "As strong as you can comfortably bear, for a short time. May help during and shortly after a session.",
        frequency_hz: (60, 150),
        width_us: (150, 250),
        trains_hz: None,
        longest_min: 30,
        default: DefaultProgramme {
            frequency_hz: (100, 100),
            width_us: (200, 200),
            sweep_s: 0,
            trains: None,
            minutes: 15,
        },
    },
    ModeRange {
        mode: Mode::Modulated,
        id: "modulated",
        title: "Modulated",
        description: "A tingling that comes and goes in waves, so that you get used to it less. May help during and shortly after a session.",
        frequency_hz: (50, 150),
        width_us: (100, 200),
        trains_hz: None,
        longest_min: 60,
        default: DefaultProgramme {
            frequency_hz: (60, 120),
            width_us: (100, 150),
            sweep_s: 12,
            trains: None,
            minutes: 30,
        },
    },
];

/// The longest session of any programme, in seconds: one hour, as in products people buy.
pub const LONGEST_SESSION: Seconds = Seconds::new(3_600);

/// How fast a built-in programme's output rises, in 0.1 mA a second. This project's choice: 1 mA a second
/// leaves time to say stop.
const RAMP_UP_DMA_PER_S: u16 = 10;
/// How long a built-in programme's output takes to zero, in milliseconds. This project's choice.
const RAMP_DOWN_MS: u16 = 500;

/// Why numbers are not a programme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgrammeError {
    /// A number is outside the mode's range.
    #[error("{what} of the {mode} programme must be from {lowest} to {highest} {unit}")]
    OutsideMode {
        /// Which number.
        what: &'static str,
        /// The mode's name.
        mode: &'static str,
        /// The least.
        lowest: u16,
        /// The most.
        highest: u16,
        /// The unit.
        unit: &'static str,
    },
    /// Zero, or the lowest above the highest.
    #[error("{0} must be above zero, and the lowest not above the highest")]
    Disordered(&'static str),
    /// A sweep without a time, or a time without a sweep.
    #[error("a sweep needs a time and two different values; a constant programme needs neither")]
    Sweep,
    /// A burst mode without trains, or trains that run into each other.
    #[error("trains of pulses need a rate and a number of pulses, and must end before the next begins")]
    Trains,
    /// Pulses that run into each other.
    #[error("pulses this wide and this frequent run into each other: choose shorter pulses or a lower frequency")]
    Overlap,
    /// A ramp that is none or too slow.
    #[error("the ramp up must be above zero, and the ramp down at most 2 s")]
    Ramp,
}

/// Trains of pulses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Trains {
    /// Trains a second.
    pub rate: Hertz,
    /// Pulses in one train.
    pub pulses: u8,
}

/// The numbers a programme is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Parameters {
    /// The kind.
    pub mode: Mode,
    /// Pulse frequency, or that within a train: lowest and highest, equal unless it is swept.
    pub frequency: (Hertz, Hertz),
    /// Width of one phase: shortest and longest, equal unless it is swept.
    pub width: (Microseconds, Microseconds),
    /// Time of one sweep from low to high and back, in 0.1 s; 0 = no sweep.
    pub sweep_period_ds: u16,
    /// Trains of pulses.
    pub trains: Option<Trains>,
    /// How fast output may rise, in 0.1 mA a second.
    pub ramp_up_dma_per_s: u16,
    /// How long output takes to zero, in milliseconds.
    pub ramp_down_ms: u16,
}

/// A programme within the range of its mode. Of biphasic, symmetric, charge-balanced pulses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Parameters", into = "Parameters")]
pub struct Programme(Parameters);

impl Programme {
    /// Checks numbers against the range of their mode. A custom programme is checked for sense only: its
    /// limits are those of the safety envelope.
    pub fn new(parameters: Parameters) -> Result<Self, ProgrammeError> {
        let Parameters { mode, frequency, width, sweep_period_ds, trains, ramp_up_dma_per_s, ramp_down_ms } =
            parameters;
        if frequency.0 == Hertz::ZERO || frequency.0 > frequency.1 {
            return Err(ProgrammeError::Disordered("the frequency"));
        }
        if width.0.get() == 0 || width.0 > width.1 {
            return Err(ProgrammeError::Disordered("the pulse width"));
        }
        // A pulse has two phases of this width, and must end before the next begins: above that no formula for
        // a current's effect holds. Tenths of a hertz times microseconds: a second is 10,000,000.
        if 2 * u64::from(width.1.get()) * u64::from(frequency.1.tenths()) > 10_000_000 {
            return Err(ProgrammeError::Overlap);
        }
        let swept = frequency.0 != frequency.1 || width.0 != width.1;
        if swept != (sweep_period_ds > 0) || (mode == Mode::Modulated && !swept) {
            return Err(ProgrammeError::Sweep);
        }
        if let Some(Trains { rate, pulses }) = trains {
            // A train of n pulses lasts n / f; the trains come every 1 / rate.
            let too_long = u32::from(pulses) * u32::from(rate.tenths()) >= u32::from(frequency.0.tenths());
            if pulses == 0 || rate == Hertz::ZERO || too_long {
                return Err(ProgrammeError::Trains);
            }
        }
        if ramp_up_dma_per_s == 0 || ramp_down_ms > 2_000 {
            return Err(ProgrammeError::Ramp);
        }
        if let Some(range) = MODES.iter().find(|range| range.mode == mode) {
            range.check(&parameters)?;
        }
        Ok(Self(parameters))
    }

    /// The built-in programme with this id.
    pub fn built_in(id: &str) -> Option<Self> {
        MODES.iter().find(|range| range.id == id).and_then(|range| range.programme().ok())
    }

    /// The numbers.
    pub const fn parameters(&self) -> &Parameters {
        &self.0
    }

    /// The kind.
    pub const fn mode(&self) -> Mode {
        self.0.mode
    }

    /// How long output takes from any current to zero, in milliseconds, at most 2,000.
    pub fn ramp_down_ms(&self) -> u32 {
        u32::from(self.0.ramp_down_ms)
    }

    /// The longest phase.
    pub const fn longest_width(&self) -> Microseconds {
        self.0.width.1
    }

    /// The most pulses a second, averaged over trains.
    pub fn highest_pulse_rate_hz(&self) -> f64 {
        let within = self.0.frequency.1.as_f64();
        self.0.trains.map_or(within, |trains| (f64::from(trains.pulses) * trains.rate.as_f64()).min(within))
    }

    /// The longest session of this kind.
    pub fn longest_session(&self) -> Seconds {
        MODES
            .iter()
            .find(|range| range.mode == self.0.mode)
            .map_or(LONGEST_SESSION, |range| Seconds::new(range.longest_min * 60))
    }
}

impl ModeRange {
    /// The built-in programme of this mode.
    pub fn programme(&self) -> Result<Programme, ProgrammeError> {
        let hertz = |whole: u16| Hertz::from_tenths(whole.saturating_mul(10));
        Programme::new(Parameters {
            mode: self.mode,
            frequency: (hertz(self.default.frequency_hz.0), hertz(self.default.frequency_hz.1)),
            width: (Microseconds::new(self.default.width_us.0), Microseconds::new(self.default.width_us.1)),
            sweep_period_ds: self.default.sweep_s * 10,
            trains: self.default.trains.map(|(rate, pulses)| Trains { rate: hertz(rate), pulses }),
            ramp_up_dma_per_s: RAMP_UP_DMA_PER_S,
            ramp_down_ms: RAMP_DOWN_MS,
        })
    }

    fn check(&self, parameters: &Parameters) -> Result<(), ProgrammeError> {
        let outside = |what, (lowest, highest), unit| {
            Err(ProgrammeError::OutsideMode { what, mode: self.id, lowest, highest, unit })
        };
        let hertz = |whole: u16| Hertz::from_tenths(whole.saturating_mul(10));
        let (lowest, highest) = self.frequency_hz;
        if parameters.frequency.0 < hertz(lowest) || parameters.frequency.1 > hertz(highest) {
            return outside("the frequency", self.frequency_hz, "Hz");
        }
        let (shortest, longest) = self.width_us;
        if parameters.width.0.get() < shortest || parameters.width.1.get() > longest {
            return outside("the pulse width", self.width_us, "us");
        }
        match (self.trains_hz, parameters.trains) {
            (None, None) => Ok(()),
            (Some(range), Some(trains)) if trains.rate >= hertz(range.0) && trains.rate <= hertz(range.1) => Ok(()),
            (Some(range), Some(_)) => outside("the rate of trains", range, "Hz"),
            _ => Err(ProgrammeError::Trains),
        }
    }
}

impl TryFrom<Parameters> for Programme {
    type Error = ProgrammeError;

    fn try_from(parameters: Parameters) -> Result<Self, ProgrammeError> {
        Self::new(parameters)
    }
}

impl From<Programme> for Parameters {
    fn from(programme: Programme) -> Self {
        programme.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_has_a_built_in_programme_within_its_own_range() {
        for range in &MODES {
            let programme = range.programme().unwrap();
            assert_eq!(programme.mode(), range.mode);
            assert_eq!(Programme::built_in(range.id), Some(programme));
            assert!(range.default.minutes <= range.longest_min && range.longest_min * 60 <= LONGEST_SESSION.get());
            assert!(range.description.contains("May help during and shortly after"), "no stronger claim");
        }
    }

    #[test]
    fn a_number_outside_the_mode_is_refused_by_name() {
        let mut parameters = *Programme::built_in("acupuncture-like").unwrap().parameters();
        parameters.frequency = (Hertz::from_tenths(100), Hertz::from_tenths(100));
        let error = Programme::new(parameters).unwrap_err();
        assert_eq!(error.to_string(), "the frequency of the acupuncture-like programme must be from 1 to 5 Hz");
        parameters.mode = Mode::Custom;
        assert!(Programme::new(parameters).is_ok(), "a custom programme is bound by the envelope alone");
    }

    #[test]
    fn nonsense_is_refused_whatever_the_mode() {
        let good = Parameters { mode: Mode::Custom, ..*Programme::built_in("modulated").unwrap().parameters() };
        let cases = [
            Parameters { frequency: (Hertz::ZERO, Hertz::ZERO), ..good },
            Parameters { frequency: (good.frequency.1, good.frequency.0), ..good },
            Parameters { width: (Microseconds::new(0), Microseconds::new(0)), ..good },
            Parameters { sweep_period_ds: 0, ..good },
            Parameters { ramp_up_dma_per_s: 0, ..good },
            Parameters { ramp_down_ms: 2_001, ..good },
            Parameters { trains: Some(Trains { rate: Hertz::from_tenths(20), pulses: 0 }), ..good },
            Parameters { trains: Some(Trains { rate: Hertz::from_tenths(20), pulses: 60 }), ..good },
        ];
        for parameters in cases {
            assert!(Programme::new(parameters).is_err(), "{parameters:?}");
        }
    }

    #[test]
    fn pulses_that_run_into_each_other_are_no_programme() {
        let good = Parameters { mode: Mode::Custom, ..*Programme::built_in("conventional").unwrap().parameters() };
        let with = |frequency_dhz, width_us| Parameters {
            frequency: (Hertz::from_tenths(frequency_dhz), Hertz::from_tenths(frequency_dhz)),
            width: (Microseconds::new(width_us), Microseconds::new(width_us)),
            ..good
        };
        assert!(Programme::new(with(10_000, 500)).is_ok(), "1,000 pulses of 1 ms fill the second");
        assert_eq!(Programme::new(with(10_000, 501)), Err(ProgrammeError::Overlap));
        assert_eq!(Programme::new(with(u16::MAX, u16::MAX)), Err(ProgrammeError::Overlap));
    }

    #[test]
    fn a_burst_counts_its_pulses_over_the_pauses() {
        let burst = Programme::built_in("burst").unwrap();
        assert!((burst.highest_pulse_rate_hz() - 14.0).abs() < 1e-9);
    }

    #[test]
    fn a_stored_programme_is_checked_again() {
        let json = serde_json::to_string(&Programme::built_in("conventional").unwrap()).unwrap();
        assert!(serde_json::from_str::<Programme>(&json).is_ok());
        let forged = json.replace("\"width\":[100,100]", "\"width\":[400,400]");
        assert_ne!(json, forged);
        assert!(serde_json::from_str::<Programme>(&forged).is_err());
    }
}
