//! From the core's plan to what shells hear of it, and from a dose that a shell tells to the core's.

use jiff::civil::{Date, Weekday};
use lumbra::domain::exercise::Exercise;
use lumbra::domain::plan::staged::{Review, Stage};
use lumbra::domain::plan::{
    Change, Dose, DoseError, Dosed, EVIDENCE, Every, ExerciseActivity, Hold, Minutes, Prescriptions, Reassess,
    Schedule, Sets, Source, Standing, Startable, Status, Week, Weekdays,
};
use lumbra::domain::units::Milliamps;
use lumbra::{PlanView, day_number};

use super::{
    ExerciseDose, Plan, PlanChange, PlanDays, PlanExercise, PlanGoal, PlanReview, PlanSchedule, PlanSource, PlanStage,
    PlanStatus, PlanWeek, PlanWeekday, PrescribedProgramme, StimulationPrescriptions,
};

const WEEK: [(PlanWeekday, Weekday); 7] = [
    (PlanWeekday::Monday, Weekday::Monday),
    (PlanWeekday::Tuesday, Weekday::Tuesday),
    (PlanWeekday::Wednesday, Weekday::Wednesday),
    (PlanWeekday::Thursday, Weekday::Thursday),
    (PlanWeekday::Friday, Weekday::Friday),
    (PlanWeekday::Saturday, Weekday::Saturday),
    (PlanWeekday::Sunday, Weekday::Sunday),
];

/// Days as shells hear of them.
fn days(date: Option<Date>) -> Option<i32> {
    date.map(day_number)
}

impl From<Stage> for PlanStage {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Calm => Self::Calm,
            Stage::Restore => Self::Restore,
            Stage::Strengthen => Self::Strengthen,
            Stage::Keep => Self::Keep,
        }
    }
}

impl From<Source> for PlanSource {
    fn from(source: Source) -> Self {
        match source {
            Source::Clinic { clinic, version } => Self::Clinic { clinic: clinic.into(), version },
            Source::Own { stage } => Self::Own { stage: stage.into() },
        }
    }
}

impl From<Status> for PlanStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Active => Self::Active,
            Status::OnHold { since } => Self::OnHold { since_day: day_number(since) },
            Status::Ended { since } => Self::Ended { since_day: day_number(since) },
            Status::Withdrawn { since } => Self::Withdrawn { since_day: day_number(since) },
        }
    }
}

impl From<Dose> for ExerciseDose {
    fn from(dose: Dose) -> Self {
        let counts = |sets: Sets| sets.iter().map(u16::from).collect();
        match dose {
            Dose::Repetitions { sets } => Self::Repetitions { sets: counts(sets) },
            Dose::Holds { sets, hold_s } => Self::Holds { sets: counts(sets), hold_s: hold_s.get().into() },
            Dose::Minutes { minutes } => Self::Minutes { minutes: minutes.get().into() },
        }
    }
}

impl ExerciseDose {
    /// The dose as one of this exercise; the core says what does not fit.
    pub(crate) fn of(&self, exercise: Exercise) -> Result<Dosed, DoseError> {
        // What fits no byte is out of every range: the core's own words say which.
        let small = |number: u16| u8::try_from(number).unwrap_or(u8::MAX);
        let read = |sets: &[u16]| Sets::new(&sets.iter().map(|count| small(*count)).collect::<Vec<_>>());
        let dose = match self {
            Self::Repetitions { sets } => Dose::Repetitions { sets: read(sets)? },
            Self::Holds { sets, hold_s } => Dose::Holds { sets: read(sets)?, hold_s: Hold::new(small(*hold_s))? },
            Self::Minutes { minutes } => Dose::Minutes { minutes: Minutes::new(small(*minutes))? },
        };
        Dosed::new(exercise, dose)
    }
}

fn weekdays(days: Weekdays) -> Vec<PlanWeekday> {
    WEEK.iter().filter(|(_, weekday)| days.contains(*weekday)).map(|(day, _)| *day).collect()
}

impl From<Schedule> for PlanSchedule {
    fn from(schedule: Schedule) -> Self {
        let days = match schedule.every() {
            Every::Weekdays(days) => PlanDays::On { weekdays: weekdays(days) },
            Every::TimesAWeek(times) => PlanDays::TimesAWeek { times },
            Every::Days(days) => PlanDays::EveryDays { days },
        };
        Self { days, times_a_day: schedule.times_a_day(), rest: weekdays(schedule.rest()) }
    }
}

impl PlanExercise {
    fn of(standing: Standing, activity: &ExerciseActivity) -> Self {
        Self {
            exercise: standing.dosed.exercise().id().to_owned(),
            dose: (*standing.dosed.dose()).into(),
            words: standing.dosed.words(),
            schedule: activity.schedule.into(),
            paused_since_day: standing.paused.map(|pause| day_number(pause.since)),
            hurt_today: standing.hurt_today,
            good_in_row: standing.good_in_row,
            at_top: standing.at_top,
            last_done_day: days(standing.last_done),
            last_bad_day: days(standing.last_bad),
            activity: standing.activity.into(),
        }
    }
}

impl From<Change> for PlanChange {
    fn from(change: Change) -> Self {
        Self { sentence: change.sentence(), from_day: day_number(change.on), activity: change.activity.into() }
    }
}

impl From<Week> for PlanWeek {
    fn from(week: Week) -> Self {
        Self {
            monday_day: day_number(week.monday),
            due: week.due,
            done: week.done,
            extra: week.extra,
            percent: week.percent(),
            sentence: week.sentence(),
        }
    }
}

impl From<Review> for PlanReview {
    fn from(review: Review) -> Self {
        let sentence = review.sentence();
        match review {
            Review::Stay(_) => Self::Stay { sentence },
            Review::Advance(to) => Self::Advance { to: to.into(), sentence },
            Review::Back(to) => Self::Back { to: to.into(), sentence },
        }
    }
}

impl From<lumbra::ClinicGoal> for PlanGoal {
    fn from(goal: lumbra::ClinicGoal) -> Self {
        Self { text: goal.text, due_day: days(goal.due), status: goal.status }
    }
}

impl From<Startable> for PrescribedProgramme {
    fn from(startable: Startable) -> Self {
        Self {
            programme: startable.programme.parameters().mode.id().to_owned(),
            duration_s: startable.duration.get(),
            schedule: startable.schedule.into(),
            cap_ma: startable.cap.as_f64(),
            activity: startable.activity.into(),
        }
    }
}

impl From<Prescriptions> for StimulationPrescriptions {
    fn from(prescriptions: Prescriptions) -> Self {
        Self {
            startable: prescriptions.startable.into_iter().map(Into::into).collect(),
            cap_ma: prescriptions.cap.map(Milliamps::as_f64),
        }
    }
}

impl From<PlanView> for Plan {
    fn from(view: PlanView) -> Self {
        let PlanView { plan, state, weeks, review, reassess, prescriptions, goals } = view;
        let standing = |standing: Standing| {
            let (_, activity) = plan.exercises().find(|(id, _)| **id == standing.activity)?;
            Some(PlanExercise::of(standing, activity))
        };
        let exercises = state.standings.into_iter().filter_map(standing).collect();
        let parts = plan.parts();
        Self {
            plan_id: parts.id.as_str().to_owned(),
            source: parts.source.clone().into(),
            status: parts.status.into(),
            first_day: day_number(parts.start),
            last_day: days(parts.end),
            exercises,
            changes: state.changes.into_iter().map(Into::into).collect(),
            weeks: weeks.into_iter().map(Into::into).collect(),
            goals: goals.into_iter().map(Into::into).collect(),
            review: review.map(Into::into),
            reassess: reassess.iter().map(Reassess::sentence).collect(),
            prescriptions: prescriptions.into(),
            evidence: EVIDENCE.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dose_comes_back_as_it_went_and_one_out_of_range_is_refused() {
        for dose in [Dose::repetitions(2, 8), Dose::pyramid(&[6, 4, 2], 8), Dose::minutes(20)] {
            let dose = dose.unwrap();
            let exercise = Exercise::ALL.iter().find(|one| one.facts().measure == dose.measure()).unwrap();
            assert_eq!(ExerciseDose::from(dose).of(*exercise).unwrap().dose(), &dose);
        }
        for dose in [
            ExerciseDose::Repetitions { sets: vec![] },
            ExerciseDose::Repetitions { sets: vec![8; 7] },
            ExerciseDose::Holds { sets: vec![256 + 8], hold_s: 5 },
            ExerciseDose::Holds { sets: vec![8], hold_s: 256 + 5 },
            ExerciseDose::Minutes { minutes: 0 },
            ExerciseDose::Minutes { minutes: u16::MAX },
        ] {
            assert!(Exercise::ALL.iter().all(|exercise| dose.of(*exercise).is_err()), "{dose:?}");
        }
    }
}
