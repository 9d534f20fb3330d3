//! What a person's own days say about their pain, in sentences to show as they are.

use lumbra::domain::insights::{Certainty, Section, Told, Topic};

use crate::diary::same;
use crate::error::LumbraError;
use crate::lumbra::Lumbra;

/// How sure a sentence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum InsightCertainty {
    /// By chance it would hardly look so.
    Sure,
    /// Not told from chance, or too little to matter.
    Unsure,
    /// There is not enough yet to tell.
    NotYet,
}

/// What a section of insights is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum InsightTopic {
    /// Pain of the last two weeks against others.
    PainNow,
    /// Questionnaires, the latest against the first.
    Forms,
    /// What goes with pain.
    Links,
    /// Pain before and after sessions.
    Sessions,
    /// What the person can do again.
    Reached,
    /// Days in a row.
    KeptUp,
}

/// A sentence about the person's own days, with its interval or with what is missing.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Insight {
    /// How sure it is: to be shown with it.
    pub certainty: InsightCertainty,
    /// The sentence.
    pub sentence: String,
}

/// What can be said about one thing.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct InsightSection {
    /// What it is about.
    pub topic: InsightTopic,
    /// Its heading.
    pub title: String,
    /// At least one sentence, in the order to show them.
    pub told: Vec<Insight>,
    /// What is to be shown under them, if anything.
    pub caveat: Option<String>,
}

/// What the person's own days say about their pain.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Insights {
    /// The first day looked at, in days since 1970-01-01 on the person's own calendar.
    pub from_day: i32,
    /// The last day.
    pub to_day: i32,
    /// Topic by topic; one of which nothing is known is left out.
    pub sections: Vec<InsightSection>,
}

impl From<lumbra::Insights> for Insights {
    fn from(found: lumbra::Insights) -> Self {
        let sections = found.found.sections().into_iter().map(Into::into).collect();
        Self { from_day: found.from_day, to_day: found.to_day, sections }
    }
}

impl From<Section> for InsightSection {
    fn from(section: Section) -> Self {
        Self {
            topic: section.topic.into(),
            title: section.topic.title().to_owned(),
            told: section.told.into_iter().map(Into::into).collect(),
            caveat: section.caveat.map(str::to_owned),
        }
    }
}

impl From<Told> for Insight {
    fn from(told: Told) -> Self {
        Self { certainty: told.certainty.into(), sentence: told.sentence }
    }
}

same!(InsightCertainty from Certainty { Sure, Unsure, NotYet, });
same!(InsightTopic from Topic { PainNow, Forms, Links, Sessions, Reached, KeptUp, });

#[uniffi::export]
impl Lumbra {
    /// What the last `days` days say about the person's pain; at most ten years.
    pub async fn insights(&self, days: u32) -> Result<Insights, LumbraError> {
        let before = i32::try_from(days).unwrap_or(i32::MAX) - 1;
        self.run(move |companion| async move {
            let today = companion.today();
            companion.insights(today.saturating_sub(before), today).await
        })
        .await
        .map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::PainContext;
    use crate::demo::{DemoTime, VirtualWearable};

    #[test]
    fn a_day_of_pain_says_what_is_wanting() {
        let dir = tempfile::tempdir().unwrap();
        let wearable = VirtualWearable::new(DemoTime::Virtual).unwrap();
        block_on(async {
            let lumbra = Lumbra::open_demo(dir.path().display().to_string(), wearable, None).await.unwrap();
            lumbra.add_pain(6, PainContext::Diary, "lower-back".to_owned(), String::new()).await.unwrap();
            let today = lumbra.today().await.unwrap();
            let found = lumbra.insights(30).await.unwrap();
            assert_eq!((found.from_day, found.to_day), (today - 29, today));
            let [now, links] = found.sections.as_slice() else { panic!("{found:?}") };
            assert_eq!((now.topic, now.title.as_str(), &now.caveat), (InsightTopic::PainNow, "Pain now", &None));
            assert_eq!((links.topic, &links.caveat), (InsightTopic::Links, &None));
            for told in now.told.iter().chain(&links.told) {
                assert_eq!(told.certainty, InsightCertainty::NotYet, "{told:?}");
                assert!(told.sentence.contains("ot enough yet"), "{told:?}");
            }

            for days in [0, 3_661, u32::MAX] {
                let refused = lumbra.insights(days).await;
                assert!(matches!(refused, Err(LumbraError::Invalid { .. })), "{days}: {refused:?}");
            }
            lumbra.shut_down().await.unwrap();
        });
    }
}
