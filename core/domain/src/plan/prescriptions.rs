//! Which stimulation programmes of a plan may be started, and the cap in force.
//!
//! Nothing here approves a start: [`crate::safety`] alone does. This says what a clinic's plan adds to what the envelope is given,
//! by the door that is there: [`Prescriptions::caps`] puts the cap into [`Caps::clinician`], and of all caps the least wins.
//!
//! - A programme of a plan that has ended, is on hold or is withdrawn can't be started from that day on.
//! - Its cap is in force from the day it is known, and stays so until a newer version of the plan takes its place: less permission
//!   never means more current, nor does a clock that was set back to before the plan.
//! - A programme that could not be read, or is set aside, is a cap all the same; one whose cap could not be read lets nothing flow.
//! - The cap in force is the least of the plan, whatever programme is started, also one that is not in the plan.
//! - A session that runs was approved with the caps of its start. What is changed here takes effect at the next start.

use jiff::civil::Date;
use serde::Serialize;

use super::activity::Prescription;
use super::prescribed::Plan;
use super::schedule::Schedule;
use super::text::ActivityId;
use crate::programme::Programme;
use crate::safety::Caps;
use crate::units::{Milliamps, Seconds};

/// A programme that may be started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Startable {
    /// Its activity.
    pub activity: ActivityId,
    /// Pulses and ramps.
    pub programme: Programme,
    /// How long a session lasts.
    pub duration: Seconds,
    /// How often it is prescribed.
    pub schedule: Schedule,
    /// Its own cap: never below the cap in force.
    pub cap: Milliamps,
}

/// What a plan says of stimulation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Prescriptions {
    /// What may be started, in the plan's order.
    pub startable: Vec<Startable>,
    /// The cap in force, whatever the day; `None` when the plan has none.
    pub cap: Option<Milliamps>,
}

impl Prescriptions {
    /// The caps for the envelope: those known already, and the least of the clinician's and the plan's.
    pub fn caps(&self, known: Caps) -> Caps {
        let clinician = [known.clinician, self.cap].into_iter().flatten().min();
        Caps { clinician, ..known }
    }
}

/// What the plan says of stimulation on `today`.
pub fn prescriptions(plan: &Plan, today: Date) -> Prescriptions {
    let holds = plan.holds_on(today);
    let stopped = plan.parts().cap == Some(Milliamps::ZERO);
    let may = |prescription: &Prescription| holds && !stopped && prescription.cap > Milliamps::ZERO;
    let startable = plan.stimulations().filter(|(_, prescription)| may(prescription));
    Prescriptions {
        startable: startable
            .map(|(id, prescription)| Startable {
                activity: id.clone(),
                programme: prescription.programme,
                duration: prescription.duration(),
                schedule: prescription.schedule,
                cap: prescription.cap,
            })
            .collect(),
        cap: plan.stimulations().map(|(_, prescription)| prescription.cap).chain(plan.parts().cap).min(),
    }
}

#[cfg(test)]
#[path = "prescriptions_tests.rs"]
mod tests;
