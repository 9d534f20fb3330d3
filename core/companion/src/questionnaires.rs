//! Questionnaires: answered, corrected, and what has really changed between them.

use std::collections::BTreeMap;

use lumbra_domain::questionnaires::{Answers, Change, Form, FormError, Score, change, score};
use lumbra_store::StoreError;
use serde::Serialize;

use crate::companion::Companion;
use crate::error::Error;
use crate::ids;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// A questionnaire, answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuestionnaireEntry {
    /// Its identity.
    pub entry_id: String,
    /// When it was answered, in Unix milliseconds.
    pub at_ms: i64,
    /// Which one.
    pub form: String,
    /// The answers, by item.
    pub answers: BTreeMap<String, u8>,
    /// The score.
    pub score: f64,
    /// What became of the score since the one before: `better`, `same` or `worse`, and absent for the first. A change that
    /// chance explains is `same`.
    pub since_last: Option<&'static str>,
    /// What became of it since the first of those shown.
    pub since_first: Option<&'static str>,
}

impl Companion {
    /// Keeps a questionnaire; answers that are not complete are refused with what is open.
    pub async fn answer_questionnaire(&self, form: Form, answers: Answers) -> Result<QuestionnaireEntry, Error> {
        let worked_out = score(form, &answers).map_err(|error| invalid(&error))?;
        let entry = lumbra_store::Questionnaire {
            entry_id: ids::new_uuid()?,
            at_ms: self.clock().unix_ms(),
            utc_offset_s: self.clock().utc_offset_s(),
            form: form.as_str().to_owned(),
            answers: json(&answers)?,
            score: worked_out.as_f64(),
        };
        let both = self
            .store()
            .call(move |store| {
                let before = store.questionnaire_before(&entry.form, entry.at_ms)?;
                store.add_questionnaire(&entry)?;
                Ok(before.into_iter().chain([entry]).collect())
            })
            .await?;
        newest(both)
    }

    /// Puts other answers in place of a questionnaire's; the audit keeps those of before.
    pub async fn edit_questionnaire(&self, entry_id: &str, answers: Answers) -> Result<QuestionnaireEntry, Error> {
        let id = entry_id.to_owned();
        let old = self.store().call(move |store| store.questionnaire(&id)?.ok_or(NO_ENTRY)).await?;
        let form = Form::parse(&old.form).map_err(|error| invalid(&error))?;
        let worked_out = score(form, &answers).map_err(|error| invalid(&error))?;
        let (at_ms, text) = (self.clock().unix_ms(), json(&answers)?);
        let both = self
            .store()
            .call(move |store| {
                store.edit_questionnaire(&old.entry_id, &text, worked_out.as_f64(), at_ms)?;
                let before = store.questionnaire_before(&old.form, old.at_ms)?;
                let edited = lumbra_store::Questionnaire { answers: text, score: worked_out.as_f64(), ..old };
                Ok(before.into_iter().chain([edited]).collect())
            })
            .await?;
        newest(both)
    }

    /// The questionnaires of the last `days` days, oldest first, each with what became of its score.
    pub async fn questionnaires(&self, form: Option<Form>, days: u32) -> Result<Vec<QuestionnaireEntry>, Error> {
        let now_ms = self.clock().unix_ms();
        let from_ms = now_ms.saturating_sub(i64::from(days) * DAY_MS);
        let mut found =
            self.store().call(move |store| store.questionnaires_between(from_ms, now_ms.saturating_add(1))).await?;
        found.retain(|entry| form.is_none_or(|form| entry.form == form.as_str()));
        Ok(with_changes(found))
    }
}

const NO_ENTRY: StoreError = StoreError::NotFound { what: "this questionnaire" };

fn invalid(error: &FormError) -> Error {
    Error::Invalid(error.to_string())
}

fn json(answers: &Answers) -> Result<String, Error> {
    serde_json::to_string(answers).map_err(|_| Error::Internal("answers"))
}

/// The last of them, beside the one before.
fn newest(entries: Vec<lumbra_store::Questionnaire>) -> Result<QuestionnaireEntry, Error> {
    let newest = with_changes(entries).pop().ok_or(Error::Internal("questionnaire"))?;
    // The first of all is not among these two.
    Ok(QuestionnaireEntry { since_first: None, ..newest })
}

/// Entries as they are shown, oldest first. Scores are worked out anew from the answers; one that can't be is compared with none.
pub(crate) fn with_changes(entries: Vec<lumbra_store::Questionnaire>) -> Vec<QuestionnaireEntry> {
    let mut known: BTreeMap<Form, (Score, Score)> = BTreeMap::new();
    let shown = entries.into_iter().map(|entry| {
        let answers: Answers = serde_json::from_str(&entry.answers).unwrap_or_default();
        let form = Form::parse(&entry.form).ok();
        let scored = form.and_then(|form| Some((form, score(form, &answers).ok()?)));
        let (mut since_last, mut since_first) = (None, None);
        if let Some((form, now)) = scored {
            let rule = form.spec().real_change;
            let (first, last) = known.get(&form).copied().unzip();
            since_first = first.map(|first| change(rule, first, now)).map(Change::as_str);
            since_last = last.map(|last| change(rule, last, now)).map(Change::as_str);
            known.insert(form, (first.unwrap_or(now), now));
        }
        QuestionnaireEntry {
            entry_id: entry.entry_id,
            at_ms: entry.at_ms,
            form: entry.form,
            answers: answers.0,
            score: entry.score,
            since_last,
            since_first,
        }
    });
    shown.collect()
}
