use jiff::civil::date;
use proptest::prelude::*;

use super::super::activity::{Activity, Prescription, What};
use super::super::calendar::{minus_days, plus_days};
use super::super::prescribed::{PlanError, PlanParts, Source, Status};
use super::super::text::{ClinicId, PlanId};
use super::*;
use crate::programme::MODES;

const START: Date = date(2026, 6, 1);

fn prescription(mode: &str, minutes: u8, cap_dma: u16) -> Prescription {
    let (programme, cap) = (Programme::built_in(mode).unwrap(), Milliamps::from_tenths(cap_dma));
    Prescription { programme, schedule: Schedule::times_a_week(5).unwrap(), minutes, cap }
}

fn plan(prescriptions: &[Prescription]) -> Result<Plan, PlanError> {
    let activity = |(number, prescription): (usize, &Prescription)| Activity {
        id: ActivityId::new(&format!("s{number}")).unwrap(),
        what: What::Stimulation(*prescription),
    };
    Plan::new(PlanParts {
        cap: None,
        id: PlanId::new("p").unwrap(),
        source: Source::Clinic { clinic: ClinicId::new("c").unwrap(), version: 3 },
        status: Status::Active,
        start: START,
        end: Some(plus_days(START, 41)),
        activities: prescriptions.iter().enumerate().map(activity).collect(),
    })
}

fn dma(prescriptions: &Prescriptions) -> Option<u16> {
    prescriptions.cap.map(Milliamps::tenths)
}

#[test]
fn what_may_be_started_ends_with_the_plan_and_the_cap_does_not() {
    let plan = plan(&[prescription("conventional", 30, 300), prescription("burst", 20, 250)]).unwrap();
    let on = |plan: &Plan, day| prescriptions(plan, plus_days(START, day));
    assert_eq!((on(&plan, 0).startable.len(), dma(&on(&plan, 0))), (2, Some(250)));
    assert_eq!(on(&plan, 0).startable[1].duration, Seconds::new(1_200));
    let before = prescriptions(&plan, minus_days(START, 1));
    assert_eq!((before.startable.len(), dma(&before)), (0, Some(250)), "it has not begun, and its cap is known");
    assert_eq!((on(&plan, 42).startable.len(), dma(&on(&plan, 42))), (0, Some(250)), "its last day has passed");
    let since = plus_days(START, 10);
    for status in [Status::OnHold { since }, Status::Ended { since }, Status::Withdrawn { since }] {
        let plan = plan.clone().with_status(status);
        assert_eq!(on(&plan, 9).startable.len(), 2);
        assert_eq!((on(&plan, 10).startable.len(), dma(&on(&plan, 10))), (0, Some(250)), "{status:?}");
    }
}

#[test]
fn a_cap_of_zero_allows_nothing() {
    let plan = plan(&[prescription("conventional", 30, 0), prescription("burst", 20, 250)]).unwrap();
    let found = prescriptions(&plan, START);
    assert_eq!(found.startable.iter().map(|startable| startable.cap.tenths()).collect::<Vec<_>>(), [250]);
    assert_eq!(dma(&found), Some(0));
}

#[test]
fn a_session_longer_than_the_programme_may_last_is_refused() {
    for range in &MODES {
        let longest = u8::try_from(range.longest_min).unwrap();
        assert!(plan(&[prescription(range.id, longest, 100)]).is_ok());
        let refused = Err(PlanError::Minutes { longest_min: range.longest_min });
        assert_eq!(plan(&[prescription(range.id, longest + 1, 100)]), refused);
        assert_eq!(plan(&[prescription(range.id, 0, 100)]), refused);
    }
}

proptest! {
    #[test]
    fn no_plan_ever_raises_a_cap(
        own in prop::option::of(0_u16..700),
        clinician in prop::option::of(0_u16..700),
        planned in prop::collection::vec(0_u16..700, 0..4),
        day in 0_u16..120,
    ) {
        let plan = plan(&planned.iter().map(|cap| prescription("burst", 20, *cap)).collect::<Vec<_>>()).unwrap();
        let known = Caps {
            clinician: clinician.map(Milliamps::from_tenths),
            user: own.map(Milliamps::from_tenths),
        };
        let caps = prescriptions(&plan, plus_days(minus_days(START, 60), day)).caps(known);
        prop_assert_eq!(caps.user, known.user);
        let least = planned.iter().copied().chain(clinician).min().map(Milliamps::from_tenths);
        prop_assert_eq!(caps.clinician, least);
    }
}
