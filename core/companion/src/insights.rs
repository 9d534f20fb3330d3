//! What the person's own days say about their pain: read from the store's roll-ups and sessions, judged by
//! `lumbra_domain::insights`.

use std::collections::{BTreeMap, HashMap};

use lumbra_domain::diary::Activity;
use lumbra_domain::insights::{self, DayMark, FirstAndLatest, Forms, Inputs, Marks, ScoredSession, Series, Statement};
use lumbra_domain::pain::PainScore;
use lumbra_domain::posture::goal::DAY_COUNTS_S;
use lumbra_domain::questionnaires::{self, Form, Score, score};
use lumbra_domain::safety::SessionPlan;
use lumbra_domain::units::Percent;
use lumbra_store::{Day, Questionnaire, Session, Store, StoreError, Wellbeing, local_day};
use serde::Serialize;

use crate::companion::Companion;
use crate::diary::{DAY_MS, score_of};
use crate::engine::NOT_BEGUN;
use crate::error::Error;
use crate::posture::{goal_of_today, tally};

/// What can be said of the days from one to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Insights {
    /// The first day, in days since 1970-01-01 on the person's own calendar.
    pub from_day: i32,
    /// The last day.
    pub to_day: i32,
    /// All that can be said, each with its interval or with what is missing.
    #[serde(flatten)]
    pub found: insights::Insights,
}

/// What the person told in forms and about their days, beside pain.
struct Told {
    sleep_quality: Series,
    activity: Series,
    forms: Forms,
}

impl Told {
    fn read(store: &Store, from_day: i32, to_day: i32) -> Result<Self, StoreError> {
        let days = store.wellbeing_between(from_day, to_day)?;
        let series = |range, figure: &dyn Fn(&Wellbeing) -> Option<f64>| {
            Series::within(range, days.iter().filter_map(|day| Some((day.local_day, figure(day)?))))
        };
        let (from_ms, to_ms) = around(from_day, to_day);
        let mut forms = store.questionnaires_between(from_ms, to_ms)?;
        forms.retain(|form| (from_day..=to_day).contains(&local_day(form.at_ms, form.utc_offset_s)));
        Ok(Self {
            sleep_quality: series(0.0..=10.0, &|day| day.sleep_quality.map(f64::from)),
            activity: series(0.0..=3.0, &|day| day.activity.as_deref().and_then(level)),
            forms: Forms {
                peg: ends(&forms, Form::Peg, |answers| score(Form::Peg, answers).ok().map(Score::as_f64)),
                general_activity: ends(&forms, Form::Peg, |answers| {
                    score(Form::Peg, answers).ok()?;
                    answers.0.get(questionnaires::forms::PEG_ACTIVITY).copied().map(f64::from)
                }),
                roland_morris: ends(&forms, Form::RolandMorris, ticked),
            },
        })
    }
}

/// How active a day was, on a scale that rises from rest.
fn level(word: &str) -> Option<f64> {
    let known = Activity::parse(word).ok()?;
    let steps = Activity::ALL.iter().take_while(|level| **level != known).count();
    u32::try_from(steps).ok().map(f64::from)
}

/// The first and the latest of a form, in a figure; those of which there is none are left out.
fn ends<T>(
    forms: &[Questionnaire],
    form: Form,
    figure: impl Fn(&questionnaires::Answers) -> Option<T>,
) -> Option<FirstAndLatest<T>> {
    let of_form = forms.iter().filter(|entry| entry.form == form.as_str());
    let mut figures = of_form.filter_map(|entry| figure(&serde_json::from_str(&entry.answers).ok()?));
    Some(FirstAndLatest { first: figures.next()?, latest: figures.last()? })
}

/// The statements of Roland-Morris that are ticked; none of a form that is not complete.
fn ticked(answers: &questionnaires::Answers) -> Option<Vec<Statement>> {
    score(Form::RolandMorris, answers).ok()?;
    let items = Form::RolandMorris.spec().items.iter();
    let ticked = items.filter(|item| answers.0.get(item.id).is_some_and(|answer| *answer > 0));
    Some(ticked.map(|item| Statement { id: item.id.to_owned(), text: item.text.to_owned() }).collect())
}

impl Companion {
    /// What the days from `from_day` to `to_day`, both included, say about the person's pain. Days are counted since 1970-01-01 on
    /// their own calendar; there are [`CHART_DAYS_MAX`](crate::CHART_DAYS_MAX) at the most. The baseline of changes is the first
    /// fourteen days of these. A posture goal is reached or not by the goal of now.
    pub async fn insights(&self, from_day: i32, to_day: i32) -> Result<Insights, Error> {
        check_days(from_day, to_day)?;
        let now = self.today();
        let inputs = self.store().call(move |store| gather(store, from_day, to_day, now)).await?;
        Ok(Insights { from_day, to_day, found: inputs.look() })
    }
}

/// Days that can be asked for.
pub(crate) fn check_days(from_day: i32, to_day: i32) -> Result<(), Error> {
    let longest = crate::CHART_DAYS_MAX;
    if from_day > to_day {
        return Err(Error::Invalid("the first day must not be after the last".to_owned()));
    }
    if from_day.abs_diff(to_day) >= longest {
        return Err(Error::Invalid(format!("{longest} days can be looked at together at the most")));
    }
    Ok(())
}

/// Moments, in Unix milliseconds, that hold these days in every zone on earth and more.
pub(crate) fn around(from_day: i32, to_day: i32) -> (i64, i64) {
    ((i64::from(from_day) - 2) * DAY_MS, (i64::from(to_day) + 3) * DAY_MS)
}

fn gather(store: &mut Store, from_day: i32, to_day: i32, now: i32) -> Result<Inputs, StoreError> {
    let days = store.days(from_day, to_day)?;
    let goal = goal_of_today(store)?;
    let (from_ms, to_ms) = around(from_day, to_day);
    let scores: HashMap<String, u8> =
        store.pain_between(from_ms, to_ms)?.into_iter().map(|entry| (entry.entry_id, entry.score)).collect();
    let mut sessions = store.sessions_between(from_ms, to_ms)?;
    sessions.retain(|session| {
        let begun = session.outcome.as_deref() != Some(NOT_BEGUN);
        begun && (from_day..=to_day).contains(&day_of(session))
    });
    let told = Told::read(store, from_day, to_day)?;
    Ok(Inputs {
        // Days to come are no missed days.
        to_day: to_day.min(now.max(from_day)),
        pain: series(0.0..=10.0, &days, |day| day.pain_mean),
        not_upright: series(0.0..=1.0, &days, not_upright),
        stimulated_min: series(0.0..=1_440.0, &days, |day| Some(f64::from(day.stimulated_s) / 60.0)),
        stillness_percent: series(0.0..=100.0, &days, stillness_percent),
        sleep_quality: told.sleep_quality,
        activity: told.activity,
        forms: told.forms,
        // Roll-ups know hours and days, not stretches.
        longest_upright_s: None,
        marks: marks(&days, &sessions, goal),
        sessions: sessions.iter().filter_map(|session| scored(session, &scores)).collect(),
    })
}

fn day_of(session: &Session) -> i32 {
    local_day(session.start.started_at_ms, session.start.utc_offset_s)
}

fn series(range: std::ops::RangeInclusive<f64>, days: &[Day], figure: impl Fn(&Day) -> Option<f64>) -> Series {
    Series::within(range, days.iter().filter_map(|day| Some((day.local_day, figure(day)?))))
}

fn not_upright(day: &Day) -> Option<f64> {
    let held_s = tally(day).held_s();
    let bent_s = day.posture.slouched_s.saturating_add(day.posture.leaning_s);
    (held_s >= DAY_COUNTS_S).then(|| f64::from(bent_s) / f64::from(held_s))
}

fn stillness_percent(day: &Day) -> Option<f64> {
    let worn_s = day.posture.worn_s();
    (worn_s >= DAY_COUNTS_S).then(|| f64::from(tally(day).held_s()) * 100.0 / f64::from(worn_s))
}

fn marks(days: &[Day], sessions: &[Session], goal: Percent) -> Marks {
    let mut marks = Marks::default();
    for day in days {
        let upright = match tally(day).upright() {
            None => DayMark::NotDue,
            Some(upright) if upright >= goal => DayMark::Kept,
            Some(_) => DayMark::Missed,
        };
        marks.posture_goal.insert(day.local_day, upright);
        if day.pain_entries > 0 {
            marks.diary.insert(day.local_day, DayMark::Kept);
        }
    }
    let as_planned = sessions.iter().filter(|session| session.ended_at_ms.is_some() && !session.dose_uncertain);
    let as_planned = as_planned.filter(|session| session.elapsed_s >= session.start.planned_s);
    marks.session = as_planned.map(|session| (day_of(session), DayMark::Kept)).collect::<BTreeMap<_, _>>();
    marks
}

/// A session whose plan can't be read belongs to no programme.
fn scored(session: &Session, scores: &HashMap<String, u8>) -> Option<ScoredSession> {
    let plan: SessionPlan = serde_json::from_str(&session.start.programme).ok()?;
    let score = |id: &Option<String>| -> Option<PainScore> { score_of(*scores.get(id.as_ref()?)?) };
    Some(ScoredSession {
        mode: plan.programme.mode(),
        before: score(&session.start.pain_before),
        after: score(&session.pain_after),
        elapsed_s: session.elapsed_s,
        // One that isn't known to be over is uncertain too.
        uncertain: session.dose_uncertain || session.ended_at_ms.is_none(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_make_no_sense_are_refused() {
        assert!(check_days(10, 9).is_err() && check_days(i32::MIN, i32::MAX).is_err() && check_days(0, 3_660).is_err());
        assert!(check_days(9, 9).is_ok() && check_days(0, 3_659).is_ok());
    }

    #[test]
    fn what_was_told_of_days_and_in_forms_is_judged_too() {
        let dir = tempfile::tempdir().unwrap();
        let keys = lumbra_store::FileKeyStore::new(dir.path().join("lumbra.key"));
        let (mut store, _) = Store::open(dir.path(), &keys).unwrap();
        for (local_day, sleep_quality, activity) in
            [(10, Some(3), Some("rest")), (11, None, Some("hard")), (12, Some(8), None)]
        {
            let activity = activity.map(str::to_owned);
            store.save_wellbeing(&Wellbeing { local_day, sleep_quality, activity, ..Wellbeing::default() }).unwrap();
        }
        let mut answer = |entry: u8, day: i64, form: Form, answers: questionnaires::Answers| {
            let entry = Questionnaire {
                entry_id: entry.to_string(),
                at_ms: day * DAY_MS + 1,
                utc_offset_s: 0,
                form: form.as_str().to_owned(),
                answers: serde_json::to_string(&answers).unwrap(),
                score: score(form, &answers).unwrap().as_f64(),
            };
            store.add_questionnaire(&entry).unwrap();
        };
        answer(1, 10, Form::Peg, questionnaires::Answers::in_order(Form::Peg, &[8, 7, 6]).unwrap());
        answer(2, 11, Form::Peg, questionnaires::Answers::in_order(Form::Peg, &[5, 4, 3]).unwrap());
        answer(3, 12, Form::Peg, questionnaires::Answers::in_order(Form::Peg, &[5, 4, 2]).unwrap());
        answer(4, 13, Form::Peg, questionnaires::Answers::in_order(Form::Peg, &[0, 0, 0]).unwrap());
        answer(5, 10, Form::RolandMorris, questionnaires::Answers::ticked(Form::RolandMorris, &[1, 3]).unwrap());
        answer(6, 12, Form::RolandMorris, questionnaires::Answers::ticked(Form::RolandMorris, &[3]).unwrap());
        let told = Told::read(&store, 10, 12).unwrap();
        assert_eq!(told.sleep_quality, Series::within(0.0..=10.0, [(10, 3.0), (12, 8.0)]));
        assert_eq!(told.activity, Series::within(0.0..=3.0, [(10, 0.0), (11, 3.0)]));
        assert_eq!(told.forms.peg, Some(FirstAndLatest { first: 7.0, latest: 11.0 / 3.0 }));
        assert_eq!(told.forms.general_activity, Some(FirstAndLatest { first: 6.0, latest: 2.0 }));
        let statements = told.forms.roland_morris.unwrap();
        let ids = |statements: &[Statement]| statements.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        assert_eq!(
            (ids(&statements.first), ids(&statements.latest)),
            (vec!["rm1".into(), "rm3".into()], vec!["rm3".into()])
        );
        assert_eq!(Told::read(&store, 11, 11).unwrap().forms, Forms::default(), "one form is no change");
    }

    #[test]
    fn a_day_too_short_says_nothing_of_posture() {
        let day = |upright_s, slouched_s, moving_s| Day {
            posture: lumbra_store::PostureSeconds { upright_s, slouched_s, moving_s, ..Default::default() },
            ..Day::default()
        };
        assert_eq!(not_upright(&day(1_000, 2_599, 50_000)), None);
        assert!((not_upright(&day(900, 2_700, 0)).unwrap() - 0.75).abs() < 1e-12);
        assert!((stillness_percent(&day(900, 2_700, 3_600)).unwrap() - 50.0).abs() < 1e-12);
        // What a damaged database can hold: no share of it is a share.
        assert!(not_upright(&day(u32::MAX, u32::MAX, u32::MAX)).is_some_and(|share| share <= 1.0));
    }
}
