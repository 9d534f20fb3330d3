use jiff::civil::date;
use proptest::prelude::*;
use serde_json::json;

use super::super::calendar::plus_days;
use super::*;

const MONDAY: Date = date(2026, 6, 1);

/// Does what is due, day by day, and tells on which days of the two weeks that was.
fn followed(schedule: Schedule, missed: &[u16]) -> Vec<u16> {
    let mut done = Vec::new();
    let mut days = Vec::new();
    for day in 0..14 {
        let date = plus_days(MONDAY, day);
        if schedule.due(date, &done) > 0 && !missed.contains(&day) {
            done.push(date);
            days.push(day);
        }
    }
    days
}

#[test]
fn days_of_the_week_come_as_they_are_named() {
    let schedule = Schedule::on(&[Weekday::Monday, Weekday::Friday]).unwrap();
    assert_eq!(followed(schedule, &[]), [0, 4, 7, 11]);
    let rests = Schedule::new(schedule.every(), 1, Weekdays::new(&[Weekday::Friday])).unwrap();
    assert_eq!(followed(rests, &[]), [0, 7]);
}

#[test]
fn times_a_week_are_spread_and_made_up_for_within_the_week() {
    assert_eq!(followed(Schedule::times_a_week(3).unwrap(), &[]), [0, 2, 4, 7, 9, 11]);
    assert_eq!(followed(Schedule::times_a_week(3).unwrap(), &[0, 1, 2, 3]), [4, 5, 6, 8, 10, 12]);
    assert_eq!(followed(Schedule::times_a_week(5).unwrap(), &[]), [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]);
    let without_sunday = Schedule::new(Every::TimesAWeek(2), 1, Weekdays::new(&[Weekday::Sunday])).unwrap();
    assert_eq!(followed(without_sunday, &[0, 1, 2, 3, 4, 5]), [7, 10], "what is missed is not owed next week");
}

#[test]
fn every_so_many_days_counts_from_the_last_time() {
    let schedule = Schedule::new(Every::Days(3), 1, Weekdays::NONE).unwrap();
    assert_eq!(followed(schedule, &[]), [0, 3, 6, 9, 12]);
    assert_eq!(followed(schedule, &[3]), [0, 4, 7, 10, 13]);
}

#[test]
fn several_times_a_day_are_counted_down() {
    let schedule = Schedule::new(Every::Days(1), 3, Weekdays::NONE).unwrap();
    assert_eq!(schedule.due(MONDAY, &[]), 3);
    assert_eq!(schedule.due(MONDAY, &[MONDAY, MONDAY]), 1);
    assert_eq!(schedule.due(MONDAY, &[MONDAY; 9]), 0);
}

#[test]
fn what_can_never_be_due_is_no_schedule() {
    let all = Weekdays::new(&DAYS.map(|(_, day)| day));
    let six = Weekdays::new(&DAYS.map(|(_, day)| day)[..6]);
    assert_eq!(Schedule::on(&[]), Err(ScheduleError::NoDay));
    assert_eq!(Schedule::new(Every::Days(1), 1, all), Err(ScheduleError::NoDay));
    assert_eq!(Schedule::new(Every::TimesAWeek(2), 1, six), Err(ScheduleError::TimesAWeek));
    assert_eq!(Schedule::times_a_week(0), Err(ScheduleError::TimesAWeek));
    assert_eq!(Schedule::new(Every::Days(8), 1, Weekdays::NONE), Err(ScheduleError::EveryDays));
    assert_eq!(Schedule::new(Every::Days(1), 0, Weekdays::NONE), Err(ScheduleError::TimesADay));
    for bad in [
        json!({"every": {"days": 0}}),
        json!({"every": {"weekdays": []}}),
        json!({"every": {"weekdays": ["monday"]}, "rest": ["monday"]}),
    ] {
        assert!(serde_json::from_value::<Schedule>(bad.clone()).is_err(), "{bad}");
    }
    let read: Schedule =
        serde_json::from_value(json!({"every": {"weekdays": ["friday", "monday", "monday"]}})).unwrap();
    assert_eq!(read, Schedule::on(&[Weekday::Monday, Weekday::Friday]).unwrap());
    assert_eq!(serde_json::to_value(read).unwrap()["every"], json!({"weekdays": ["monday", "friday"]}));
}

pub(in crate::plan) fn any_schedule() -> impl Strategy<Value = Schedule> {
    let every = prop_oneof![
        (1_u8..128).prop_map(|bits| Every::Weekdays(Weekdays(bits))),
        (1_u8..=7).prop_map(Every::TimesAWeek),
        (1_u8..=7).prop_map(Every::Days),
    ];
    (every, 1_u8..=3, any::<u8>()).prop_map(|(every, times, rest)| {
        let rest = Weekdays(rest & 127);
        Schedule::new(every, times, rest).or_else(|_| Schedule::new(every, times, Weekdays::NONE)).unwrap()
    })
}

proptest! {
    #[test]
    fn who_does_what_is_due_has_done_the_week_also_after_a_late_begin(times in 1_u8..=7, missed in 0_u16..7) {
        let done = followed(Schedule::times_a_week(times).unwrap(), &(0..missed).collect::<Vec<_>>());
        let possible = usize::from(times).min(7 - usize::from(missed));
        prop_assert_eq!(done.iter().filter(|day| **day < 7).count(), possible);
    }

    #[test]
    fn nothing_is_due_on_a_rest_day(schedule in any_schedule(), day in 0_u16..400, done in prop::collection::vec(0_u16..400, 0..20)) {
        let date = plus_days(MONDAY, day);
        let done: Vec<Date> = done.into_iter().map(|day| plus_days(MONDAY, day)).collect();
        let due = schedule.due(date, &done);
        prop_assert!(due <= schedule.times_a_day());
        prop_assert!(due == 0 || !schedule.rest().contains(date.weekday()));
        let read: Schedule = serde_json::from_str(&serde_json::to_string(&schedule).unwrap()).unwrap();
        prop_assert_eq!(read, schedule);
    }
}
