//! From a report to resources.

use std::collections::HashSet;

use lumbra_domain::pain::PainScore;

use super::codes::{self, Code, UCUM, category};
use super::names::{Name, narrative, plain, words};
use super::resources::{
    Annotation, Bundle, Component, Decimal, Device, DeviceName, DeviceVersion, Entry, HumanName, Item,
    MedicationStatement, Observation, Patient, Period, Procedure, Quantity, QuestionnaireResponse, Reference, Resource,
    Value,
};
use crate::questionnaire::{Answers, Peg, Questionnaire, STATEMENTS};
use crate::report::{Day, Outcome, Pain, Report, Session, Wellbeing};
use crate::words::{current, minutes};

type Built<T> = Result<T, serde_json::Error>;

/// A bundle on its way.
struct Build<'a> {
    report: &'a Report,
    patient: Name,
    entries: Vec<Entry>,
    /// Sessions and wearables that are in it: nothing refers to others.
    known: HashSet<Name>,
}

pub(super) fn bundle(report: &Report) -> Built<Bundle> {
    let person = &report.person;
    let patient = match report.subject.as_str() {
        // Nothing was ever kept of them. Two such people must not be taken for one.
        "" => {
            let born = person.born.map(|born| born.to_string()).unwrap_or_default();
            Name::new("patient", &["", person.name.as_deref().unwrap_or_default(), &born])
        }
        subject => Name::new("patient", &[subject]),
    };
    let mut build = Build { report, patient, entries: Vec::new(), known: HashSet::new() };
    let inside = |date| report.period.contains(date);
    build.patient();
    report.devices.iter().for_each(|device| build.device(device));
    for session in report.sessions.iter().filter(|session| inside(session.started.date())) {
        build.session(session)?;
    }
    report.pain.iter().filter(|pain| inside(pain.at.date())).for_each(|pain| build.pain(pain));
    for day in report.days.iter().filter(|day| inside(day.date)) {
        build.posture(day)?;
    }
    for answered in report.questionnaires.iter().filter(|answered| inside(answered.at.date())) {
        build.questionnaire(answered)?;
    }
    for day in report.wellbeing.iter().filter(|day| inside(day.date)) {
        build.wellbeing(day)?;
    }
    let (from, to) = (report.period.from().to_string(), report.period.to().to_string());
    let name = Name::new("bundle", &[&report.subject, &from, &to]);
    Ok(Bundle { resource_type: "Bundle", identifier: name.identifier(), kind: "collection", entry: build.entries })
}

fn seconds(value: u32) -> Built<Value> {
    Ok(Value::Quantity(Quantity { value: Decimal::new(value.into(), 0)?, unit: "s", system: UCUM, code: "s" }))
}

fn milliamps(tenths: u16) -> Built<Value> {
    Ok(Value::Quantity(Quantity { value: Decimal::new(tenths.into(), 1)?, unit: "mA", system: UCUM, code: "mA" }))
}

fn component(code: Code, value: Value) -> Component {
    Component { code: codes::concept(code), value }
}

/// A score of a questionnaire, on its way to an observation.
struct Score {
    part: &'static str,
    code: Code,
    value: Value,
    says: String,
}

fn peg_answers(peg: Peg) -> [(&'static str, Code, PainScore); 3] {
    [
        ("pain", codes::PEG_PAIN, peg.pain),
        ("enjoyment", codes::PEG_ENJOYMENT, peg.enjoyment),
        ("activity", codes::PEG_ACTIVITY, peg.activity),
    ]
}

fn peg_items(peg: Peg) -> Vec<Item> {
    let item = |(id, code, score): (&str, Code, PainScore)| Item {
        link_id: id.to_owned(),
        text: Some(code.text),
        answer: vec![Value::Integer(score.get().into())],
    };
    peg_answers(peg).map(item).into()
}

fn peg_scores(peg: Peg) -> Built<Vec<Score>> {
    let single = |(part, code, score): (&'static str, Code, PainScore)| Score {
        part,
        code,
        value: Value::Integer(score.get().into()),
        says: format!("{} of 10", score.get()),
    };
    let mut scores: Vec<Score> = peg_answers(peg).map(single).into();
    let value = Decimal::new(peg.score_hundredths().into(), 2)?;
    scores.push(Score {
        part: "mean",
        code: codes::PEG_MEAN,
        value: Value::Quantity(Quantity { value, unit: "{score}", system: UCUM, code: "{score}" }),
        says: format!("PEG {:.1} of 10", Answers::Peg(peg).score()),
    });
    Ok(scores)
}

/// What all observations have; the rest is filled in after.
fn observation(name: Name, says: &str, patient: Name, kind: &'static str, code: Code, at: String) -> Observation {
    Observation {
        head: name.head(says),
        part_of: Vec::new(),
        status: "final",
        category: vec![category(kind)],
        code: codes::concept(code),
        subject: patient.reference(),
        effective_date_time: at,
        // The person rates, and wears what measures.
        performer: vec![patient.reference()],
        value: None,
        note: Vec::new(),
        body_site: None,
        derived_from: Vec::new(),
        component: Vec::new(),
    }
}

impl Build<'_> {
    /// Adds a resource; one that is there already under this name is not added again.
    fn add(&mut self, name: Name, resource: Resource) {
        if self.known.insert(name) {
            self.entries.push(Entry { full_url: name.url(), resource });
        }
    }

    fn known(&self, name: Name) -> Vec<Reference> {
        if self.known.contains(&name) { vec![name.reference()] } else { Vec::new() }
    }

    fn patient(&mut self) {
        let person = &self.report.person;
        let name = person.name.as_deref().and_then(plain);
        let patient = Patient {
            head: self.patient.head(name.as_deref().unwrap_or("Name not given")),
            name: name.map(|text| HumanName { text }).into_iter().collect(),
            birth_date: person.born.filter(|born| born.year() >= 1).map(|born| born.to_string()),
        };
        self.add(self.patient, Resource::Patient(patient));
    }

    fn device(&mut self, device: &crate::report::Device) {
        let name = Name::new("device", &[&device.identity]);
        let resource = Device {
            head: name.head(&format!("Wearable {}, serial {}", device.model, device.serial)),
            serial_number: plain(&device.serial),
            names: plain(&device.model).map(|name| DeviceName { name, kind: "model-name" }).into_iter().collect(),
            kind: words("Wearable for TENS and posture").unwrap_or_default(),
            version: plain(&device.firmware)
                .map(|value| DeviceVersion { kind: words("firmware").unwrap_or_default(), value })
                .into_iter()
                .collect(),
            patient: self.patient.reference(),
        };
        self.add(name, Resource::Device(resource));
    }

    fn session(&mut self, session: &Session) -> Built<()> {
        let name = Name::new("session", &[&session.identity]);
        let how_long = format!(
            "{} min of {} min",
            minutes(session.stimulated.get().into()),
            minutes(session.planned.get().into())
        );
        let worst = if session.worst_case { ", the longest it can have been: the end was not seen" } else { "" };
        let (status, reason) = match session.outcome {
            Outcome::Completed => ("completed", None),
            Outcome::NotSeen | Outcome::Open => ("unknown", Some(session.outcome.words())),
            other => ("stopped", Some(other.words())),
        };
        let procedure = Procedure {
            head: name.head(&format!("{} ({}), {how_long}{worst}", codes::TENS_SESSION.text, session.programme)),
            status,
            status_reason: reason.and_then(words),
            code: codes::concept(codes::TENS_SESSION),
            subject: self.patient.reference(),
            performed_period: Period {
                start: session.started.iso(),
                // A clock that was set back meanwhile tells no end.
                end: session.ended.filter(|ended| *ended >= session.started).map(crate::Moment::iso),
            },
            note: plain(&format!("Programme: {}", session.programme))
                .map(|text| Annotation { text })
                .into_iter()
                .collect(),
            used_reference: self.known(Name::new("device", &[&session.device])),
        };
        self.add(name, Resource::Procedure(Box::new(procedure)));
        let dose = Name::new("dose", &[&session.identity]);
        let says = format!("{how_long}{worst}, highest current {} mA", current(session.highest));
        let at = session.started.iso();
        let mut observed = observation(dose, &says, self.patient, "therapy", codes::TENS_DOSE, at);
        observed.part_of = vec![name.reference()];
        observed.component = vec![
            component(codes::PLANNED, seconds(session.planned.get())?),
            component(codes::STIMULATED, seconds(session.stimulated.get())?),
            component(codes::WORST_CASE, Value::Boolean(session.worst_case)),
            component(codes::HIGHEST, milliamps(session.highest.tenths())?),
            component(codes::LIMIT, milliamps(session.limit.tenths())?),
        ];
        self.add(dose, Resource::Observation(Box::new(observed)));
        Ok(())
    }

    fn pain(&mut self, pain: &Pain) {
        let name = Name::new("pain", &[&pain.identity]);
        let says = format!("Pain {} of 10", pain.score.get());
        let mut observed = observation(name, &says, self.patient, "survey", codes::PAIN, pain.at.iso());
        observed.value = Some(Value::Integer(pain.score.get().into()));
        if let Some(session) = &pain.session {
            observed.part_of = self.known(Name::new("session", &[session]));
        }
        observed.note = plain(&pain.note).map(|text| Annotation { text }).into_iter().collect();
        observed.body_site = words(&pain.place);
        self.add(name, Resource::Observation(Box::new(observed)));
    }

    fn posture(&mut self, day: &Day) -> Built<()> {
        let posture = day.posture;
        if posture.worn_s() == 0 {
            return Ok(());
        }
        let name = Name::new("posture-day", &[&self.report.subject, &day.date.to_string()]);
        let says = format!(
            "Worn for {} min: upright {}, slouched {}",
            minutes(posture.worn_s().into()),
            minutes(posture.upright_s.into()),
            minutes(posture.slouched_s.into())
        );
        let date = day.date.to_string();
        let mut observed = observation(name, &says, self.patient, "activity", codes::POSTURE_DAY, date);
        let classes = [
            (codes::UPRIGHT, posture.upright_s),
            (codes::SLOUCHED, posture.slouched_s),
            (codes::LEANING, posture.leaning_s),
            (codes::LYING, posture.lying_s),
            (codes::MOVING, posture.moving_s),
            (codes::NOT_WORN, posture.not_worn_s),
        ];
        for (code, value) in classes {
            observed.component.push(component(code, seconds(value)?));
        }
        // FHIR's whole numbers are signed.
        observed.component.push(component(codes::NUDGES, Value::Integer(day.nudges.min(i32::MAX.unsigned_abs()))));
        self.add(name, Resource::Observation(Box::new(observed)));
        Ok(())
    }

    fn questionnaire(&mut self, answered: &Questionnaire) -> Built<()> {
        let name = Name::new("questionnaire", &[&answered.identity]);
        let at = answered.at.iso();
        let (item, scores) = match answered.answers {
            Answers::Peg(peg) => (peg_items(peg), peg_scores(peg)?),
            Answers::RolandMorris(statements) => {
                let answer = |number| vec![Value::Boolean(statements.contains(number))];
                let item = |number: u8| Item { link_id: number.to_string(), text: None, answer: answer(number) };
                let score = Score {
                    part: "score",
                    code: codes::ROLAND_MORRIS,
                    value: Value::Integer(statements.score()),
                    says: format!("Roland-Morris {} of 24", statements.score()),
                };
                ((1..=STATEMENTS).map(item).collect(), vec![score])
            }
        };
        let response = QuestionnaireResponse {
            id: name.id(),
            text: narrative(&format!("{} answered", answered.answers.name())),
            identifier: name.identifier(),
            status: "completed",
            subject: self.patient.reference(),
            authored: at.clone(),
            item,
        };
        self.add(name, Resource::QuestionnaireResponse(response));
        for score in scores {
            let own = Name::new("score", &[&answered.identity, score.part]);
            let mut observed = observation(own, &score.says, self.patient, "survey", score.code, at.clone());
            observed.value = Some(score.value);
            observed.derived_from = vec![name.reference()];
            self.add(own, Resource::Observation(Box::new(observed)));
        }
        Ok(())
    }

    fn wellbeing(&mut self, day: &Wellbeing) -> Built<()> {
        let date = day.date.to_string();
        let named = |kind| Name::new(kind, &[&self.report.subject, &date]);
        let (sleep_name, stiffness_name, medication_name) = (named("sleep"), named("stiffness"), named("medication"));
        if let Some(sleep) = day.sleep {
            let says = format!("Sleep {} of 10", sleep.get());
            let mut observed = observation(sleep_name, &says, self.patient, "survey", codes::SLEEP, date.clone());
            observed.value = Some(Value::Integer(sleep.get().into()));
            self.add(sleep_name, Resource::Observation(Box::new(observed)));
        }
        if let Some(stiffness_min) = day.stiffness_min {
            let says = format!("Stiff for {stiffness_min} min in the morning");
            let mut observed =
                observation(stiffness_name, &says, self.patient, "survey", codes::STIFFNESS, date.clone());
            let value = Decimal::new(stiffness_min.into(), 0)?;
            observed.value = Some(Value::Quantity(Quantity { value, unit: "min", system: UCUM, code: "min" }));
            self.add(stiffness_name, Resource::Observation(Box::new(observed)));
        }
        if let Some(medication) = words(&day.medication) {
            let statement = MedicationStatement {
                head: medication_name.head(&format!("Taken on {date}: {}", day.medication)),
                status: "completed",
                medication_codeable_concept: medication,
                subject: self.patient.reference(),
                effective_date_time: date,
            };
            self.add(medication_name, Resource::MedicationStatement(statement));
        }
        Ok(())
    }
}
