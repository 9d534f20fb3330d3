//! A refusal: which limit, what was asked, what is allowed, and what to do.

use std::fmt;

use crate::units::{Hertz, Microseconds, Milliamps, Percent, Seconds, SquareCentimetres};

macro_rules! limit_names {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $what:literal, $advice:literal;)+) => {
        /// A limit of the envelope.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Limit {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Limit {
            /// A stable name for shells and scripts.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            const fn what(self) -> &'static str {
                match self { $(Self::$variant => $what,)+ }
            }

            const fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)+ }
            }
        }
    };
}

limit_names! {
    /// The highest current of the product.
    MaxCurrent = "max_current", "the highest intensity", "choose a lower intensity";
    /// The device's highest current.
    DeviceCurrent = "device_current", "the wearable's highest intensity", "choose a lower intensity";
    /// The cap the clinician has set.
    ClinicianCap = "clinician_cap", "the intensity your clinician allows", "choose a lower intensity, or ask your clinician";
    /// The cap the person has set.
    UserCap = "user_cap", "the intensity you have allowed yourself", "choose a lower intensity, or change your own cap";
    /// Charge of one phase.
    ChargePerPhase = "charge_per_phase", "the intensity at which a pulse carries the most charge the wearable allows", "choose a lower intensity or shorter pulses";
    /// R.m.s. current density under a pad.
    CurrentDensity = "current_density", "the intensity at which 2 mA/cm2 flow under the pad", "choose a lower intensity or larger pads";
    /// Power density under a pad.
    PowerDensity = "power_density", "the intensity at which the pad would heat the skin", "choose a lower intensity or larger pads";
    /// Energy of one pulse.
    PulseEnergy = "pulse_energy", "the intensity at which a pulse carries 300 mJ", "choose a lower intensity or shorter pulses";
    /// R.m.s. current at this pulse rate.
    RmsCurrent = "rms_current", "the intensity allowed at this pulse rate", "choose a lower intensity or frequency";
    /// The device's resolution.
    CurrentStep = "current_step", "the wearable's step", "choose a multiple of it";
    /// The largest rise of one command.
    Rise = "rise", "the largest rise at once", "go up in smaller steps";
    /// The time between two rises.
    RiseRate = "rise_rate", "the time between two rises", "wait a moment, and feel the last step first";
    /// The present intensity is not known.
    UnknownCurrent = "unknown_current", "any intensity while the present one isn't known", "wait for the link to settle, or stop";
    /// Number of channels.
    Channels = "channels", "the wearable's channels", "give one value for each channel";
    /// A channel the session does not use.
    UnusedChannel = "unused_channel", "a channel this session doesn't use", "leave it at zero";
    /// A pad's area.
    PadArea = "pad_area", "the smallest pad", "use larger pads";
    /// How often the pads were used.
    PadUses = "pad_uses", "the most sessions for a pair of pads", "put on new pads";
    /// The skin under the pads.
    SkinCheck = "skin_check", "intact skin under the pads", "choose another place, and let the skin heal";
    /// The device's frequency range.
    Frequency = "frequency", "the wearable's frequencies", "choose another programme";
    /// The device's pulse width range.
    PulseWidth = "pulse_width", "the wearable's pulse widths", "choose another programme";
    /// The device's ramp.
    Ramp = "ramp", "the wearable's fastest ramp", "choose a slower ramp";
    /// Length of a session.
    SessionLength = "session_length", "the longest session", "choose a shorter session";
    /// Stimulation within 24 hours.
    DoseADay = "dose_a_day", "the stimulation within 24 hours", "choose a shorter session, or wait";
    /// Pause between sessions.
    Pause = "pause", "the pause between two sessions", "wait, and look at the skin under the pads";
    /// Link-loss grace time.
    Grace = "grace", "the time the wearable goes on alone", "choose a time it supports";
    /// Battery.
    Battery = "battery", "the least battery", "charge the wearable first";
    /// Age of the screening.
    ScreeningAge = "screening_age", "the age of the screening", "answer the screening questions again";
}

/// A value with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// Current.
    Current(Milliamps),
    /// Time.
    Time(Seconds),
    /// Time, short.
    Millis(u64),
    /// Frequency.
    Frequency(Hertz),
    /// Pulse width.
    Width(Microseconds),
    /// Area.
    Area(SquareCentimetres),
    /// Share.
    Share(Percent),
    /// Days.
    Days(u32),
    /// Number.
    Count(u32),
    /// Rate of a ramp, in 0.1 mA a second.
    RampRate(u16),
    /// Yes or no.
    Flag(bool),
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current(value) => value.fmt(formatter),
            Self::Time(value) if value.get() >= 120 => write!(formatter, "{} min", value.get().div_ceil(60)),
            Self::Time(value) => value.fmt(formatter),
            Self::Millis(value) => write!(formatter, "{value} ms"),
            Self::Frequency(value) => value.fmt(formatter),
            Self::Width(value) => value.fmt(formatter),
            Self::Area(value) => value.fmt(formatter),
            Self::Share(value) => value.fmt(formatter),
            Self::Days(value) => write!(formatter, "{value} days"),
            Self::Count(value) => value.fmt(formatter),
            Self::RampRate(value) => write!(formatter, "{} mA/s", f64::from(*value) / 10.0),
            Self::Flag(value) => formatter.write_str(if *value { "yes" } else { "no" }),
        }
    }
}

/// Why the envelope refuses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refusal {
    /// The limit.
    pub limit: Limit,
    /// What was asked.
    pub asked: Amount,
    /// What is allowed.
    pub allowed: Amount,
    /// Which channel, from 0, where it is about one.
    pub channel: Option<usize>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is {}, asked was {}", self.limit.what(), self.allowed, self.asked)?;
        if let Some(channel) = self.channel {
            write!(formatter, " on channel {}", channel + 1)?;
        }
        write!(formatter, ": {}", self.limit.advice())
    }
}

impl std::error::Error for Refusal {}
