//! Between the core's words for exercises and those that shells hear.

use lumbra::day_number;
use lumbra::domain::pain::PainScore;
use lumbra::domain::plan::{Difficulty, Done, Entry, Event, Item, Kind, LeftOut, Out, Session, SkipReason, StopReason};

use super::{
    ExerciseDifficulty, ExerciseEntry, ExerciseEvent, ExerciseItem, ExerciseKind, ExerciseSession, ExerciseSkip,
    ExerciseStop, ExercisesToday, LeftOutExercise, LeftOutReason,
};
use crate::diary::{all, same};

same!(ExerciseKind from Kind { WarmUp, Stabilisation, Strength, Stretch, Endurance, });
same!(LeftOutReason from Out { NoRoom, HurtToday, Paused, });
same!(ExerciseDifficulty and Difficulty { Easy, Right, Hard, });
same!(ExerciseStop and StopReason { Pain, Tired, NoTime, NumbOrWeak, Unwell, Other, });
same!(ExerciseSkip and SkipReason { Pain, Tired, NoTime, Ill, Away, NotToday, Other, });

impl From<Item> for ExerciseItem {
    fn from(item: Item) -> Self {
        Self {
            exercise: item.dosed.exercise().id().to_owned(),
            dose: (*item.dosed.dose()).into(),
            words: item.dosed.words(),
            kind: item.kind.into(),
            seconds: item.seconds,
            times_left: item.times_left,
            activity: item.activity.into(),
        }
    }
}

impl From<LeftOut> for LeftOutExercise {
    fn from(left_out: LeftOut) -> Self {
        Self { words: left_out.dosed.words(), reason: left_out.out.into(), activity: left_out.activity.into() }
    }
}

impl From<Session> for ExerciseSession {
    fn from(session: Session) -> Self {
        let seconds = session.seconds();
        Self { items: all(session.items), apart: all(session.apart), left_out: all(session.left_out), seconds }
    }
}

impl From<lumbra::ExercisesToday> for ExercisesToday {
    fn from(today: lumbra::ExercisesToday) -> Self {
        Self {
            local_day: day_number(today.date),
            session: today.session.map(Into::into),
            not_now: today.not_now,
            mornings_open: today.mornings_open,
        }
    }
}

impl From<Done> for ExerciseEvent {
    fn from(done: Done) -> Self {
        let score = |score: Option<PainScore>| score.map(PainScore::get);
        Self::Done {
            exercise: done.dosed.exercise().id().to_owned(),
            dose: (*done.dosed.dose()).into(),
            words: done.dosed.words(),
            pain_before: score(done.pain_before),
            worst_during: score(done.worst_during),
            next_morning: score(done.next_morning),
            difficulty: done.difficulty.map(Into::into),
            stopped: done.stopped.map(Into::into),
        }
    }
}

impl From<Entry> for ExerciseEntry {
    fn from(entry: Entry) -> Self {
        let minutes = i16::from(entry.at.hour()) * 60 + i16::from(entry.at.minute());
        Self {
            local_day: day_number(entry.date()),
            minute_of_day: minutes.unsigned_abs(),
            event: match entry.event {
                Event::Done(done) => done.into(),
                Event::Skipped { reason } => ExerciseEvent::Skipped { reason: reason.into() },
                Event::Agreed => ExerciseEvent::Agreed,
            },
            entry_id: entry.id.into(),
            activity: entry.activity.into(),
        }
    }
}
