//! One pain entry: the score now, the last 24 hours, where, how it feels, and a note.

use std::collections::BTreeSet;

use super::words::words;
use super::{DiaryError, Sites};
use crate::pain::{Note, PainScore};

words! {
    /// How pain feels.
    Quality, "quality of pain" {
        /// Dull and lasting.
        Aching = "aching";
        /// Like a knife.
        Sharp = "sharp";
        /// Burning.
        Burning = "burning";
        /// Shooting, like an electric shock.
        Shooting = "shooting";
        /// With the pulse.
        Throbbing = "throbbing";
        /// Cramping.
        Cramping = "cramping";
        /// Pins and needles.
        Tingling = "tingling";
        /// Less or no feeling.
        Numb = "numb";
        /// Stiff.
        Stiff = "stiff";
    }
}

/// What a person says about their pain at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PainReport {
    score: PainScore,
    worst: Option<PainScore>,
    average: Option<PainScore>,
    sites: Sites,
    qualities: BTreeSet<Quality>,
    note: Note,
}

impl PainReport {
    /// A score of now, and where.
    pub fn new(score: PainScore, sites: Sites) -> Self {
        Self { score, worst: None, average: None, sites, qualities: BTreeSet::new(), note: Note::default() }
    }

    /// With the worst and the average of the last 24 hours, now among them.
    pub fn with_last_day(mut self, worst: Option<PainScore>, average: Option<PainScore>) -> Result<Self, DiaryError> {
        if worst.is_some_and(|worst| worst < self.score) {
            return Err(DiaryError::WorstBelowNow);
        }
        if let (Some(worst), Some(average)) = (worst, average)
            && average > worst
        {
            return Err(DiaryError::AverageAboveWorst);
        }
        (self.worst, self.average) = (worst, average);
        Ok(self)
    }

    /// With how it feels.
    #[must_use]
    pub fn with_qualities(mut self, qualities: impl IntoIterator<Item = Quality>) -> Self {
        self.qualities = qualities.into_iter().collect();
        self
    }

    /// With the person's own words.
    #[must_use]
    pub fn with_note(mut self, note: Note) -> Self {
        self.note = note;
        self
    }

    /// Pain now, 0 to 10.
    pub const fn score(&self) -> PainScore {
        self.score
    }

    /// The worst of the last 24 hours.
    pub const fn worst(&self) -> Option<PainScore> {
        self.worst
    }

    /// The average of the last 24 hours.
    pub const fn average(&self) -> Option<PainScore> {
        self.average
    }

    /// Where it hurts.
    pub const fn sites(&self) -> &Sites {
        &self.sites
    }

    /// How it feels.
    pub const fn qualities(&self) -> &BTreeSet<Quality> {
        &self.qualities
    }

    /// The person's own words.
    pub const fn note(&self) -> &Note {
        &self.note
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pain::Place;

    fn score(number: u8) -> PainScore {
        PainScore::new(number).unwrap()
    }

    /// Every score of now with every worst and average.
    #[test]
    fn the_last_day_holds_now_and_its_average() {
        for now in 0..=10 {
            for worst in 0..=10 {
                for average in 0..=10 {
                    let report = PainReport::new(score(now), Sites::one(Place::LowerBack))
                        .with_last_day(Some(score(worst)), Some(score(average)));
                    let expected = if worst < now {
                        Some(DiaryError::WorstBelowNow)
                    } else if average > worst {
                        Some(DiaryError::AverageAboveWorst)
                    } else {
                        None
                    };
                    assert_eq!(report.err(), expected, "now {now}, worst {worst}, average {average}");
                }
            }
        }
        let alone = PainReport::new(score(7), Sites::one(Place::Neck)).with_last_day(None, Some(score(9)));
        assert_eq!(alone.unwrap().average(), Some(score(9)), "nothing contradicts it");
    }

    #[test]
    fn every_quality_is_read_from_its_word() {
        for quality in Quality::ALL {
            assert_eq!(Quality::parse(quality.as_str()), Ok(*quality));
        }
        assert!(Quality::parse("odd").unwrap_err().to_string().contains("aching, sharp, burning"));
    }
}
