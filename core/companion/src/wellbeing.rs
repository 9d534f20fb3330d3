//! How each day was, and the days of the diary with all that was written on them.

use std::collections::BTreeMap;

use lumbra_domain::diary::{
    Activity, MEDICATIONS_MAX, Medication, Medications, SleepQuality, SleepTime, Stiffness, Trigger, Wellbeing,
};
use lumbra_domain::pain::Note;
use lumbra_store::local_day;
use serde::Serialize;

use crate::chart::CHART_DAYS_MAX;
use crate::companion::Companion;
use crate::error::Error;
use crate::pain::{PainEntry, pain_entry};
use crate::questionnaires::{QuestionnaireEntry, with_changes};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// How a day was. `None` and empty: not said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WellbeingEntry {
    /// Days since 1970-01-01 on the person's own calendar.
    pub local_day: i32,
    /// When it was last written, in Unix milliseconds.
    pub saved_at_ms: i64,
    /// Morning stiffness in minutes.
    pub stiffness_min: Option<u16>,
    /// How well the person slept, 0 to 10.
    pub sleep_quality: Option<u8>,
    /// How long the person slept, in minutes.
    pub sleep_min: Option<u16>,
    /// What was taken.
    pub medications: Vec<MedicationEntry>,
    /// Whether heat was used.
    pub heat: bool,
    /// Whether cold was used.
    pub cold: bool,
    /// How active the day was.
    pub activity: Option<String>,
    /// What set pain off.
    pub triggers: Vec<String>,
    /// The person's own words.
    pub note: String,
}

/// A medication, as the person writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MedicationEntry {
    /// Its name.
    pub name: String,
    /// The dose; may be empty.
    pub dose: String,
}

/// A day of the diary on which something was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DiaryDay {
    /// Days since 1970-01-01 on the person's own calendar.
    pub local_day: i32,
    /// Pain entries, oldest first.
    pub pain: Vec<PainEntry>,
    /// How the day was.
    pub wellbeing: Option<WellbeingEntry>,
    /// Questionnaires, oldest first.
    pub questionnaires: Vec<QuestionnaireEntry>,
}

impl WellbeingEntry {
    /// The day as it was told, to change a part of it. What is no word or value of today's is left out.
    pub fn told(&self) -> Wellbeing {
        let medications = self.medications.iter().filter_map(|taken| Medication::new(&taken.name, &taken.dose).ok());
        Wellbeing {
            stiffness: self.stiffness_min.and_then(|minutes| Stiffness::from_minutes(minutes).ok()),
            sleep_quality: self.sleep_quality.and_then(|quality| SleepQuality::new(quality).ok()),
            sleep_time: self.sleep_min.and_then(|minutes| SleepTime::from_minutes(minutes).ok()),
            heat: self.heat,
            cold: self.cold,
            activity: self.activity.as_deref().and_then(|word| Activity::parse(word).ok()),
            triggers: self.triggers.iter().filter_map(|word| Trigger::parse(word).ok()).collect(),
            note: Note::new(&self.note).unwrap_or_default(),
            medications: Medications::new(medications.take(MEDICATIONS_MAX).collect()).unwrap_or_default(),
        }
    }
}

impl Companion {
    /// Writes how a day was, in place of what was written about it before; the audit keeps that. A day that has not come yet
    /// can't be written about, nor one of more than ten years ago.
    pub async fn save_wellbeing(&self, local_day: i32, told: &Wellbeing) -> Result<WellbeingEntry, Error> {
        let today = self.today();
        let reach = i32::try_from(CHART_DAYS_MAX).unwrap_or(i32::MAX);
        if local_day > today || local_day < today.saturating_sub(reach) {
            return Err(Error::Invalid("choose today, or a day of the last ten years".to_owned()));
        }
        let medication = |taken: &Medication| lumbra_store::Medication {
            name: taken.name().to_owned(),
            dose: taken.dose().to_owned(),
        };
        let day = lumbra_store::Wellbeing {
            local_day,
            saved_at_ms: self.clock().unix_ms(),
            stiffness_min: told.stiffness.map(Stiffness::minutes),
            sleep_quality: told.sleep_quality.map(SleepQuality::get),
            sleep_min: told.sleep_time.map(SleepTime::minutes),
            heat: told.heat,
            cold: told.cold,
            activity: told.activity.map(|activity| activity.as_str().to_owned()),
            triggers: told.triggers.iter().map(|trigger| trigger.as_str().to_owned()).collect(),
            note: told.note.as_str().to_owned(),
            medications: told.medications.as_slice().iter().map(medication).collect(),
        };
        let saved = day.clone();
        self.store().call(move |store| store.save_wellbeing(&saved)).await?;
        Ok(entry(day))
    }

    /// How every day was about which something was written.
    pub(crate) async fn all_wellbeing(&self) -> Result<Vec<WellbeingEntry>, Error> {
        let days = self.store().call(|store| store.wellbeing_between(i32::MIN, i32::MAX)).await?;
        Ok(days.into_iter().map(entry).collect())
    }

    /// How a day was, if anything was written about it.
    pub async fn wellbeing(&self, local_day: i32) -> Result<Option<WellbeingEntry>, Error> {
        Ok(self.store().call(move |store| store.wellbeing(local_day)).await?.map(entry))
    }

    /// The days from `from_day` to `to_day`, both included, on which something was written, oldest first. Days are counted
    /// since 1970-01-01 on the person's own calendar.
    pub async fn diary_days(&self, from_day: i32, to_day: i32) -> Result<Vec<DiaryDay>, Error> {
        // A local day begins and ends within a day of the same day in UTC.
        let from_ms = i64::from(from_day).saturating_sub(1).saturating_mul(DAY_MS);
        let to_ms = i64::from(to_day).saturating_add(2).saturating_mul(DAY_MS);
        let (pain, wellbeing, forms) = self
            .store()
            .call(move |store| {
                Ok((
                    store.pain_between(from_ms, to_ms)?,
                    store.wellbeing_between(from_day, to_day)?,
                    store.questionnaires_between(from_ms, to_ms)?,
                ))
            })
            .await?;
        let mut days: BTreeMap<i32, DiaryDay> = BTreeMap::new();
        let wanted = |day: i32| (from_day..=to_day).contains(&day);
        for pain in pain {
            let day = local_day(pain.at_ms, pain.utc_offset_s);
            if wanted(day) {
                days.entry(day).or_default().pain.push(pain_entry(pain));
            }
        }
        for told in wellbeing {
            let day = told.local_day;
            days.entry(day).or_default().wellbeing = Some(entry(told));
        }
        let form_days: Vec<i32> = forms.iter().map(|form| local_day(form.at_ms, form.utc_offset_s)).collect();
        for (form, day) in with_changes(forms).into_iter().zip(form_days) {
            if wanted(day) {
                days.entry(day).or_default().questionnaires.push(form);
            }
        }
        Ok(days.into_iter().map(|(local_day, day)| DiaryDay { local_day, ..day }).collect())
    }
}

fn entry(day: lumbra_store::Wellbeing) -> WellbeingEntry {
    let medications =
        day.medications.into_iter().map(|taken| MedicationEntry { name: taken.name, dose: taken.dose }).collect();
    WellbeingEntry {
        local_day: day.local_day,
        saved_at_ms: day.saved_at_ms,
        stiffness_min: day.stiffness_min,
        sleep_quality: day.sleep_quality,
        sleep_min: day.sleep_min,
        medications,
        heat: day.heat,
        cold: day.cold,
        activity: day.activity,
        triggers: day.triggers,
        note: day.note,
    }
}
