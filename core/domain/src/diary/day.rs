//! How a day was: one entry a day, and nothing in it has to be said.

use std::collections::BTreeSet;
use std::fmt;

use super::words::words;
use super::{DiaryError, TEXT_MAX};
use crate::pain::Note;

/// The most medications of one day.
pub const MEDICATIONS_MAX: usize = 20;

const DAY_MIN: u16 = 24 * 60;

/// How long the back was stiff after getting up, in minutes; at most a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stiffness(u16);

impl Stiffness {
    /// From minutes.
    pub const fn from_minutes(minutes: u16) -> Result<Self, DiaryError> {
        if minutes <= DAY_MIN { Ok(Self(minutes)) } else { Err(DiaryError::LongerThanADay("the morning stiffness")) }
    }

    /// In minutes.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

/// How long the person slept in the night to this day, in minutes; at most a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SleepTime(u16);

impl SleepTime {
    /// From minutes.
    pub const fn from_minutes(minutes: u16) -> Result<Self, DiaryError> {
        if minutes <= DAY_MIN { Ok(Self(minutes)) } else { Err(DiaryError::LongerThanADay("the sleep")) }
    }

    /// In minutes.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

/// How well the person slept in the night to this day, 0 (very bad) to 10 (very good).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SleepQuality(u8);

impl SleepQuality {
    /// From 0 to 10.
    pub const fn new(quality: u8) -> Result<Self, DiaryError> {
        if quality <= 10 { Ok(Self(quality)) } else { Err(DiaryError::SleepOffScale) }
    }

    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// A medication that was taken, as the person writes it. Kept out of logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Medication {
    name: String,
    dose: String,
}

impl Medication {
    /// A name, and a dose that may be empty.
    pub fn new(name: &str, dose: &str) -> Result<Self, DiaryError> {
        let (name, dose) = (name.trim(), dose.trim());
        if name.is_empty() || name.chars().count() > TEXT_MAX || dose.chars().count() > TEXT_MAX {
            return Err(DiaryError::BadMedication);
        }
        Ok(Self { name: name.to_owned(), dose: dose.to_owned() })
    }

    /// From one line: the dose begins with the first word that begins with a digit, as in `ibuprofen 400 mg`.
    pub fn parse(line: &str) -> Result<Self, DiaryError> {
        let line = line.trim();
        let begins = line
            .char_indices()
            .zip(line.chars().skip(1))
            .find(|((_, before), now)| before.is_whitespace() && now.is_ascii_digit())
            .map(|((at, _), _)| at);
        let (name, dose) = begins.and_then(|at| line.split_at_checked(at)).unwrap_or((line, ""));
        Self::new(name, dose)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The dose; may be empty.
    pub fn dose(&self) -> &str {
        &self.dose
    }
}

impl fmt::Debug for Medication {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Medication(..)")
    }
}

/// The medications of a day, in the order in which they were written: [`MEDICATIONS_MAX`] at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Medications(Vec<Medication>);

impl Medications {
    /// From a list.
    pub fn new(medications: Vec<Medication>) -> Result<Self, DiaryError> {
        if medications.len() > MEDICATIONS_MAX { Err(DiaryError::TooManyMedications) } else { Ok(Self(medications)) }
    }

    /// The list.
    pub fn as_slice(&self) -> &[Medication] {
        &self.0
    }
}

words! {
    /// How active the day was.
    Activity, "level of activity" {
        /// Mostly lying or sitting.
        Rest = "rest";
        /// Light: household, short walks.
        Light = "light";
        /// Moderate: a long walk, cycling, light work with the body.
        Moderate = "moderate";
        /// Hard: sport or heavy work.
        Hard = "hard";
    }
}

words! {
    /// What set the pain off, or made it worse.
    Trigger, "trigger" {
        /// Sitting long.
        Sitting = "sitting";
        /// Standing long.
        Standing = "standing";
        /// Walking.
        Walking = "walking";
        /// Lifting or carrying.
        Lifting = "lifting";
        /// Bending or twisting.
        Bending = "bending";
        /// Driving.
        Driving = "driving";
        /// Exercise or sport.
        Exercise = "exercise";
        /// Stress.
        Stress = "stress";
        /// Sleeping badly.
        BadSleep = "bad-sleep";
        /// Cold or draught.
        Cold = "cold";
        /// Coughing or sneezing.
        Coughing = "coughing";
        /// Something else.
        Other = "other";
    }
}

/// How a day was. What is absent was not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wellbeing {
    /// Morning stiffness.
    pub stiffness: Option<Stiffness>,
    /// How well the person slept.
    pub sleep_quality: Option<SleepQuality>,
    /// How long the person slept.
    pub sleep_time: Option<SleepTime>,
    /// Whether heat was used.
    pub heat: bool,
    /// Whether cold was used.
    pub cold: bool,
    /// How active the day was.
    pub activity: Option<Activity>,
    /// What set the pain off.
    pub triggers: BTreeSet<Trigger>,
    /// The person's own words.
    pub note: Note,
    /// What was taken.
    pub medications: Medications,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_24_hours_and_sleep_a_scale() {
        assert!(Stiffness::from_minutes(1_440).is_ok());
        assert!(Stiffness::from_minutes(1_441).unwrap_err().to_string().contains("morning stiffness"));
        assert!(SleepTime::from_minutes(1_440).is_ok());
        assert!(SleepTime::from_minutes(1_441).unwrap_err().to_string().contains("24 hours"));
        assert!(SleepQuality::new(10).is_ok());
        assert_eq!(SleepQuality::new(11), Err(DiaryError::SleepOffScale));
    }

    #[test]
    fn a_medication_is_a_name_and_a_dose() {
        for (line, name, dose) in [
            ("ibuprofen 400 mg", "ibuprofen", "400 mg"),
            ("  paracetamol   2 x 500 mg ", "paracetamol", "2 x 500 mg"),
            ("vitamin B12", "vitamin B12", ""),
            ("ärztemuster größe 5 ml", "ärztemuster größe", "5 ml"),
            ("novalgin", "novalgin", ""),
        ] {
            let medication = Medication::parse(line).unwrap();
            assert_eq!((medication.name(), medication.dose()), (name, dose));
            assert_eq!(format!("{medication:?}"), "Medication(..)", "not for logs");
        }
        for line in ["", "  ", "400 mg".repeat(20).as_str(), "x".repeat(81).as_str()] {
            assert_eq!(Medication::parse(line), Err(DiaryError::BadMedication), "{line}");
        }
    }

    #[test]
    fn a_day_takes_so_many_medications_and_no_more() {
        let medications = |count| vec![Medication::parse("aspirin").unwrap(); count];
        assert_eq!(Medications::new(medications(MEDICATIONS_MAX)).unwrap().as_slice().len(), MEDICATIONS_MAX);
        assert_eq!(Medications::new(medications(MEDICATIONS_MAX + 1)), Err(DiaryError::TooManyMedications));
    }

    #[test]
    fn every_word_is_read_again() {
        for activity in Activity::ALL {
            assert_eq!(Activity::parse(activity.as_str()), Ok(*activity));
        }
        for trigger in Trigger::ALL {
            assert_eq!(Trigger::parse(trigger.as_str()), Ok(*trigger));
        }
    }
}
