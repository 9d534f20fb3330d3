//! What a person tells: pain with all that belongs to it, days, questionnaires, and the red flags.

use std::collections::{BTreeMap, HashMap};

use lumbra::domain::diary::{
    self, Activity, DiaryError, Medications, PainReport as Report, Quality, Sites, SleepQuality, SleepTime, Stiffness,
    Trigger,
};
use lumbra::domain::pain::{Note, PainScore, Place};
use lumbra::domain::questionnaires::{Answers, Form};
use lumbra::domain::red_flags::{self, Outcome};

use crate::diary::{PainContext, PainEntry, all, mirror};
use crate::error::LumbraError;
use crate::lumbra::Lumbra;
use crate::screening::{ScreeningAnswer, ScreeningOutcome, ScreeningQuestion};

/// The words of the diary, each list in the order in which to offer it.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct DiaryWords {
    /// Places on the body, from the head down.
    pub places: Vec<String>,
    /// Sides: a place and a side are written `leg:left`.
    pub sides: Vec<String>,
    /// How pain feels.
    pub qualities: Vec<String>,
    /// How active a day was.
    pub activities: Vec<String>,
    /// What sets pain off.
    pub triggers: Vec<String>,
}

/// The words of the diary.
#[uniffi::export]
pub fn diary_words() -> DiaryWords {
    fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<String> {
        all.iter().map(|one| word(*one).to_owned()).collect()
    }
    DiaryWords {
        places: words(Place::ALL, Place::as_str),
        sides: words(diary::Side::ALL, diary::Side::as_str),
        qualities: words(Quality::ALL, Quality::as_str),
        activities: words(Activity::ALL, Activity::as_str),
        triggers: words(Trigger::ALL, Trigger::as_str),
    }
}

/// What a person says about their pain at one moment.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PainReport {
    /// Now, 0 to 10.
    pub score: u8,
    /// Where it hurts: at least one place, such as `lower-back` or `leg:left`.
    pub sites: Vec<String>,
    /// How it feels.
    #[uniffi(default = [])]
    pub qualities: Vec<String>,
    /// The worst of the last 24 hours, 0 to 10; not below now.
    #[uniffi(default = None)]
    pub worst: Option<u8>,
    /// The average of the last 24 hours, 0 to 10.
    #[uniffi(default = None)]
    pub average: Option<u8>,
    /// The person's own words.
    #[uniffi(default = "")]
    pub note: String,
}

impl TryFrom<PainReport> for Report {
    type Error = LumbraError;

    fn try_from(told: PainReport) -> Result<Self, LumbraError> {
        let score = |score: u8| PainScore::new(score).map_err(LumbraError::invalid);
        let sites = Sites::parse(told.sites.iter().map(String::as_str)).map_err(LumbraError::invalid)?;
        let qualities = told.qualities.iter().map(|word| Quality::parse(word)).collect::<Result<Vec<_>, DiaryError>>();
        Self::new(score(told.score)?, sites)
            .with_last_day(told.worst.map(score).transpose()?, told.average.map(score).transpose()?)
            .map_err(LumbraError::invalid)
            .and_then(|report| {
                let note = Note::new(&told.note).map_err(LumbraError::invalid)?;
                Ok(report.with_qualities(qualities.map_err(LumbraError::invalid)?).with_note(note))
            })
    }
}

mirror! {
    /// A medication, as the person writes it.
    Medication from lumbra::MedicationEntry {
        /// Its name.
        name: String,
        /// The dose; may be empty.
        dose: String,
    }
}

/// How a day was. What is absent was not said.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Wellbeing {
    /// Morning stiffness in minutes, 0 to 1440.
    #[uniffi(default = None)]
    pub stiffness_min: Option<u16>,
    /// How well the person slept, 0 to 10.
    #[uniffi(default = None)]
    pub sleep_quality: Option<u8>,
    /// How long the person slept, in minutes, 0 to 1440.
    #[uniffi(default = None)]
    pub sleep_min: Option<u16>,
    /// What was taken, 20 at most.
    #[uniffi(default = [])]
    pub medications: Vec<Medication>,
    /// Whether heat was used.
    #[uniffi(default = false)]
    pub heat: bool,
    /// Whether cold was used.
    #[uniffi(default = false)]
    pub cold: bool,
    /// How active the day was.
    #[uniffi(default = None)]
    pub activity: Option<String>,
    /// What set pain off.
    #[uniffi(default = [])]
    pub triggers: Vec<String>,
    /// The person's own words.
    #[uniffi(default = "")]
    pub note: String,
}

impl TryFrom<Wellbeing> for diary::Wellbeing {
    type Error = LumbraError;

    fn try_from(told: Wellbeing) -> Result<Self, LumbraError> {
        fn read(told: &Wellbeing) -> Result<diary::Wellbeing, DiaryError> {
            let medications = told.medications.iter().map(|taken| diary::Medication::new(&taken.name, &taken.dose));
            Ok(diary::Wellbeing {
                stiffness: told.stiffness_min.map(Stiffness::from_minutes).transpose()?,
                sleep_quality: told.sleep_quality.map(SleepQuality::new).transpose()?,
                sleep_time: told.sleep_min.map(SleepTime::from_minutes).transpose()?,
                heat: told.heat,
                cold: told.cold,
                activity: told.activity.as_deref().map(Activity::parse).transpose()?,
                triggers: told.triggers.iter().map(|word| Trigger::parse(word)).collect::<Result<_, _>>()?,
                note: Note::new(&told.note)?,
                medications: Medications::new(medications.collect::<Result<_, _>>()?)?,
            })
        }
        read(&told).map_err(LumbraError::invalid)
    }
}

mirror! {
    /// How a day was, as it is kept.
    WellbeingEntry from lumbra::WellbeingEntry {
        /// Days since 1970-01-01 on the person's own calendar.
        local_day: i32,
        /// When it was last written, in Unix milliseconds.
        saved_at_ms: i64,
        /// Morning stiffness in minutes.
        stiffness_min: Option<u16>,
        /// How well the person slept, 0 to 10.
        sleep_quality: Option<u8>,
        /// How long the person slept, in minutes.
        sleep_min: Option<u16>,
        /// What was taken.
        medications: Vec<Medication> = all,
        /// Whether heat was used.
        heat: bool,
        /// Whether cold was used.
        cold: bool,
        /// How active the day was.
        activity: Option<String>,
        /// What set pain off.
        triggers: Vec<String>,
        /// The person's own words.
        note: String,
    }
}

mirror! {
    /// A questionnaire, answered.
    QuestionnaireEntry from lumbra::QuestionnaireEntry {
        /// Its identity.
        entry_id: String,
        /// When it was answered, in Unix milliseconds.
        at_ms: i64,
        /// Which one: `peg` or `roland-morris`.
        form: String,
        /// The answers, by item.
        answers: HashMap<String, u8> = |answers: BTreeMap<String, u8>| answers.into_iter().collect::<HashMap<_, _>>(),
        /// The score; the higher the worse.
        score: f64,
        /// What became of the score since the one before: `better`, `same` or `worse`; absent for the first. What chance explains is
        /// `same`.
        since_last: Option<String> = |word: Option<&str>| word.map(str::to_owned),
        /// What became of it since the first of those shown.
        since_first: Option<String> = |word: Option<&str>| word.map(str::to_owned),
    }
}

mirror! {
    /// A day of the diary on which something was written.
    DiaryDay from lumbra::DiaryDay {
        /// Days since 1970-01-01 on the person's own calendar.
        local_day: i32,
        /// Pain entries, oldest first.
        pain: Vec<PainEntry> = all,
        /// How the day was.
        wellbeing: Option<WellbeingEntry> = |day: Option<lumbra::WellbeingEntry>| day.map(Into::into),
        /// Questionnaires, oldest first.
        questionnaires: Vec<QuestionnaireEntry> = all,
    }
}

/// One item of a questionnaire.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct QuestionnaireItem {
    /// Stable name, to answer it by.
    pub id: String,
    /// What is asked, or stated.
    pub text: String,
}

/// A questionnaire, to be shown.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct QuestionnaireForm {
    /// `peg` or `roland-morris`.
    pub form: String,
    /// Its title.
    pub title: String,
    /// What to tell before the items.
    pub instruction: String,
    /// The items, in order.
    pub items: Vec<QuestionnaireItem>,
    /// The highest answer to an item, the lowest is 0; 1 stands for a statement that is ticked or not.
    pub highest: u8,
}

/// The questionnaires there are.
#[uniffi::export]
pub fn questionnaire_forms() -> Vec<QuestionnaireForm> {
    let shown = |form: &Form| {
        let spec = form.spec();
        let item = |item: &lumbra::domain::questionnaires::Item| QuestionnaireItem {
            id: item.id.to_owned(),
            text: item.text.to_owned(),
        };
        QuestionnaireForm {
            form: form.as_str().to_owned(),
            title: spec.title.to_owned(),
            instruction: spec.instruction.to_owned(),
            items: spec.items.iter().map(item).collect(),
            highest: spec.highest,
        }
    };
    Form::ALL.iter().map(shown).collect()
}

/// The questions of a check of the red flags, in the order to ask them.
#[uniffi::export]
pub fn red_flag_questions() -> Vec<ScreeningQuestion> {
    red_flags::questions()
        .map(|question| ScreeningQuestion { id: question.id.to_owned(), text: question.text.to_owned() })
        .collect()
}

/// Where a check of the red flags leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum RedFlagRoute {
    /// Emergency care, now: show nothing but the advice.
    Emergency,
    /// Questions are open.
    Incomplete,
    /// A clinician should look within days.
    ClinicianSoon,
    /// Nothing asks for a clinician now.
    SelfCare,
}

/// What a check of the red flags came to.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct RedFlagCheck {
    /// Where it leads.
    pub route: RedFlagRoute,
    /// The questions that led there, or that are open.
    pub because: Vec<String>,
    /// For the person.
    pub advice: String,
    /// What stimulation comes to now.
    pub screening: ScreeningOutcome,
}

impl From<lumbra::RedFlagCheck> for RedFlagCheck {
    fn from(check: lumbra::RedFlagCheck) -> Self {
        let advice = check.outcome.advice();
        let (route, because) = match check.outcome {
            Outcome::Emergency { because } => (RedFlagRoute::Emergency, because),
            Outcome::Incomplete(open) => (RedFlagRoute::Incomplete, open),
            Outcome::ClinicianSoon { because } => (RedFlagRoute::ClinicianSoon, because),
            Outcome::SelfCare { because } => (RedFlagRoute::SelfCare, because),
        };
        let because = because.into_iter().map(str::to_owned).collect();
        Self { route, because, advice, screening: check.screening.into() }
    }
}

#[uniffi::export]
impl Lumbra {
    /// The person's day now, in days since 1970-01-01 on their own calendar.
    pub async fn today(&self) -> Result<i32, LumbraError> {
        self.run(|companion| async move { Ok(companion.today()) }).await
    }

    /// Keeps a pain entry with all that is said in it. One made just after a session is tied to the newest session. Ask
    /// whether it makes a check of the red flags due.
    pub async fn add_pain_report(&self, context: PainContext, report: PainReport) -> Result<PainEntry, LumbraError> {
        let report = report.try_into()?;
        self.run(|companion| async move { companion.add_pain_report(context.into(), report).await })
            .await
            .map(Into::into)
    }

    /// Puts a report in place of what an entry said; the audit keeps what was there before.
    pub async fn edit_pain(&self, entry_id: String, report: PainReport) -> Result<PainEntry, LumbraError> {
        let report = report.try_into()?;
        self.run(|companion| async move { companion.edit_pain(&entry_id, report).await }).await.map(Into::into)
    }

    /// Writes how a day was, in place of what was written about it before; the audit keeps that.
    pub async fn save_wellbeing(&self, local_day: i32, told: Wellbeing) -> Result<WellbeingEntry, LumbraError> {
        let told = told.try_into()?;
        self.run(|companion| async move { companion.save_wellbeing(local_day, &told).await }).await.map(Into::into)
    }

    /// How a day was, if anything was written about it.
    pub async fn wellbeing(&self, local_day: i32) -> Result<Option<WellbeingEntry>, LumbraError> {
        let day = self.run(|companion| async move { companion.wellbeing(local_day).await });
        Ok(day.await?.map(Into::into))
    }

    /// The days from `from_day` to `to_day`, both included, on which something was written, oldest first.
    pub async fn diary_days(&self, from_day: i32, to_day: i32) -> Result<Vec<DiaryDay>, LumbraError> {
        self.run(|companion| async move { companion.diary_days(from_day, to_day).await }).await.map(all)
    }

    /// Keeps a questionnaire; answers that are not complete are refused with what is open.
    pub async fn answer_questionnaire(
        &self,
        form: String,
        answers: HashMap<String, u8>,
    ) -> Result<QuestionnaireEntry, LumbraError> {
        let form = Form::parse(&form).map_err(LumbraError::invalid)?;
        let answers = Answers(answers.into_iter().collect());
        self.run(|companion| async move { companion.answer_questionnaire(form, answers).await }).await.map(Into::into)
    }

    /// Puts other answers in place of a questionnaire's; the audit keeps those of before.
    pub async fn edit_questionnaire(
        &self,
        entry_id: String,
        answers: HashMap<String, u8>,
    ) -> Result<QuestionnaireEntry, LumbraError> {
        let answers = Answers(answers.into_iter().collect());
        self.run(|companion| async move { companion.edit_questionnaire(&entry_id, answers).await })
            .await
            .map(Into::into)
    }

    /// The questionnaires of the last `days` days, of one form or of all, oldest first.
    pub async fn questionnaires(
        &self,
        form: Option<String>,
        days: u32,
    ) -> Result<Vec<QuestionnaireEntry>, LumbraError> {
        let form = form.as_deref().map(Form::parse).transpose().map_err(LumbraError::invalid)?;
        self.run(|companion| async move { companion.questionnaires(form, days).await }).await.map(all)
    }

    /// Keeps the answers of a check of the red flags, and says where they lead. Unless the screening passes with them, every session
    /// under way is stopped. `clinician_agreed`: a clinician knows these answers and has agreed to stimulation.
    #[uniffi::method(default(clinician_agreed = false))]
    pub async fn red_flag_check(
        &self,
        answers: HashMap<String, ScreeningAnswer>,
        clinician_agreed: bool,
    ) -> Result<RedFlagCheck, LumbraError> {
        let answers: BTreeMap<_, _> = answers.into_iter().map(|(id, answer)| (id, answer.into())).collect();
        self.run(|companion| async move { companion.red_flag_check(answers, clinician_agreed).await })
            .await
            .map(Into::into)
    }

    /// What to tell the person when a check of the red flags is due: until it is answered no session starts. Ask after each pain entry.
    pub async fn red_flags_due(&self) -> Result<Option<String>, LumbraError> {
        let due = self.run(|companion| async move { companion.red_flags_due().await });
        Ok(due.await?.map(|why| why.advice().to_owned()))
    }
}
