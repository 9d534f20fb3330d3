//! What is asked, as data: contraindications of TENS and red flags of back pain.

use super::Question;
use super::Route::{self, AskClinician, Emergency, NotHereNow, Stop};

/// What a red flag may be a sign of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suspicion {
    /// The nerves at the end of the spinal cord are pressed on.
    CaudaEquina,
    /// A broken vertebra.
    Fracture,
    /// A tumour.
    Cancer,
    /// An infection of the spine.
    Infection,
    /// Pain whose cause nobody knows.
    Unexplained,
}

/// What makes a question a red flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    /// What it may be a sign of.
    pub suspicion: Suspicion,
    /// Where it comes from.
    pub source: &'static str,
}

const TENS: &str = "contraindications in the instructions of TENS devices";
const FLAGS: &str = "Finucane et al., JOSPT 2020;50:350-372: framework for red flags of serious spinal pathology";

const fn question(id: &'static str, route: Route, text: &'static str) -> Question {
    Question { id, text, route, flag: None }
}

const fn flag(
    id: &'static str,
    route: Route,
    suspicion: Suspicion,
    source: &'static str,
    text: &'static str,
) -> Question {
    Question { id, text, route, flag: Some(Flag { suspicion, source }) }
}

/// An emergency asked about in one question, until version 2. Who answered it with yes is still to be seen by a clinician.
pub(super) const RETIRED_EMERGENCY: &str = "cauda_equina";

/// The questions, in the order to ask them.
pub const QUESTIONS: &[Question] = &[
    flag(
        "bladder_bowel",
        Emergency,
        Suspicion::CaudaEquina,
        FLAGS,
        "Do you have new trouble with your bladder or bowel: you can't pass water, or can't hold water or stool?",
    ),
    flag(
        "saddle",
        Emergency,
        Suspicion::CaudaEquina,
        FLAGS,
        "Is the skin where you would touch a saddle numb, or does it feel odd: between the legs, the genitals, around the anus?",
    ),
    flag("both_legs", Emergency, Suspicion::CaudaEquina, FLAGS, "Do you have pain, numbness or weakness in both legs?"),
    flag(
        "leg_weakness",
        Emergency,
        Suspicion::CaudaEquina,
        FLAGS,
        "Is a leg weak, and is that severe or getting worse, such as a foot that drags?",
    ),
    flag(
        "sexual",
        Emergency,
        Suspicion::CaudaEquina,
        FLAGS,
        "Do you have a new sexual dysfunction, or new loss of feeling during sex?",
    ),
    question("implant", Stop, "Do you have a pacemaker, a defibrillator (ICD), or any other active implant?"),
    question(
        "placement",
        Stop,
        "Would any pad lie on the front of the neck, on the head, over the eyes, in the mouth, or across the chest?",
    ),
    flag(
        "undiagnosed",
        Stop,
        Suspicion::Unexplained,
        TENS,
        "Is your pain new and has nobody told you yet where it comes from?",
    ),
    question(
        "surroundings",
        Stop,
        "Will you be in water, driving, using machinery, in an MRI scanner, or near surgical or short-wave equipment?",
    ),
    question("skin", NotHereNow, "Is the skin under the pads broken, irritated, infected, or without feeling?"),
    question("malignancy", NotHereNow, "Do you have an active cancer, or had radiotherapy lately, in this area?"),
    question("thrombosis", NotHereNow, "Do you have a thrombosis or a bleeding in this area?"),
    // Apart from the next question, since no clinician's consent lifts this one.
    question(
        "pregnancy_site",
        NotHereNow,
        "Are you pregnant, or might you be, and would any pad lie on your belly, pelvis or low back?",
    ),
    question("pregnancy", AskClinician, "Are you pregnant, or might you be?"),
    question("epilepsy", AskClinician, "Do you have epilepsy?"),
    question("heart", AskClinician, "Do you have a heart disease?"),
    question("communication", AskClinician, "Would it be hard for you to say that something hurts?"),
    question("surgery", AskClinician, "Did you have surgery lately, or do you have metal in your body near the pads?"),
    question("child", AskClinician, "Are you under 18?"),
    question("allergy", AskClinician, "Are you allergic to adhesive gel or electrode material?"),
    flag(
        "injury",
        AskClinician,
        Suspicion::Fracture,
        FLAGS,
        "Did the pain begin with a serious injury, or with a minor one while you have osteoporosis or take steroids?",
    ),
    flag(
        "spine",
        AskClinician,
        Suspicion::Fracture,
        FLAGS,
        "Is your spine newly misshapen, or is the pain severe, in the middle of the back, and eased only by lying down?",
    ),
    flag("cancer", AskClinician, Suspicion::Cancer, FLAGS, "Have you ever had cancer?"),
    flag("weight_loss", AskClinician, Suspicion::Cancer, FLAGS, "Have you lost weight without knowing why?"),
    flag("night_pain", AskClinician, Suspicion::Cancer, FLAGS, "Do you have pain at night that no position eases?"),
    flag(
        "course",
        AskClinician,
        Suspicion::Cancer,
        FLAGS,
        "Did this pain first come before you were 20 or after you were 50, or is it no better after a month, and no clinician has looked at it since?",
    ),
    flag("fever", AskClinician, Suspicion::Infection, FLAGS, "Do you have fever?"),
    flag(
        "immune",
        AskClinician,
        Suspicion::Infection,
        FLAGS,
        "Is your immune system weak, by an illness or a medicine?",
    ),
    flag(
        "infection",
        AskClinician,
        Suspicion::Infection,
        FLAGS,
        "Have you had a bacterial infection lately, do you have a wound, or do you inject drugs?",
    ),
];
