//! Which of several plans a person goes by.

use jiff::civil::Date;

use super::prescribed::{Plan, Source};

/// The plan that holds on `today`: a clinic's before the person's own, and of several the one that stands last in `plans`, which are
/// given in the order in which they came.
pub fn in_force(plans: &[Plan], today: Date) -> Option<&Plan> {
    let holds = |clinic: bool| {
        let is_clinics = |plan: &Plan| matches!(plan.parts().source, Source::Clinic { .. });
        plans.iter().rev().find(move |plan| is_clinics(plan) == clinic && plan.holds_on(today))
    };
    holds(true).or_else(|| holds(false))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::plan::staged::{self, Stage};
    use crate::plan::{ClinicId, PlanId, PlanParts, Status};

    const TODAY: Date = date(2026, 3, 2);

    fn clinics(id: &str, status: Status) -> Plan {
        let source = Source::Clinic { clinic: ClinicId::new("c").unwrap(), version: 1 };
        let id = PlanId::new(id).unwrap();
        Plan::new(PlanParts { id, source, status, start: TODAY, end: None, activities: Vec::new(), cap: None }).unwrap()
    }

    #[test]
    fn a_clinics_plan_comes_first_while_it_holds() {
        let own = staged::plan(Stage::Calm, TODAY, None).unwrap();
        let withdrawn = Status::Withdrawn { since: TODAY };
        let id = |plans: &[Plan]| in_force(plans, TODAY).map(|plan| plan.parts().id.as_str().to_owned());
        assert_eq!(id(&[]), None);
        assert_eq!(id(&[clinics("one", Status::Active), own.clone()]).as_deref(), Some("one"));
        assert_eq!(id(&[own.clone(), clinics("one", withdrawn)]).as_deref(), Some("own"));
        let two = [clinics("one", Status::Active), clinics("two", Status::Active), own];
        assert_eq!(id(&two).as_deref(), Some("two"));
        assert_eq!(in_force(&two, date(2026, 3, 1)), None, "none has begun");
    }
}
