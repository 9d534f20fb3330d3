//! The questionnaires as data: items, codes and sources. Nothing is computed here.

pub use super::change::PAIN;
use super::{Item, RealChange, Scoring, Spec};

const fn coded(id: &'static str, loinc: &'static str, text: &'static str) -> Item {
    Item { id, text, loinc: Some(loinc) }
}

const fn stated(id: &'static str, text: &'static str) -> Item {
    Item { id, text, loinc: None }
}

/// The item of PEG about general activity.
pub const PEG_ACTIVITY: &str = "activity";

/// PEG. Free to use; the items are in this project's words, close to the published ones.
pub const PEG: Spec = Spec {
    title: "PEG: pain, enjoyment, activity",
    instruction: "Think of the past week. Answer each with a whole number.",
    items: &[
        coded(
            "pain",
            "75893-8",
            "How strong was your pain on average in the past week? 0: no pain, 10: as bad as you can imagine.",
        ),
        coded(
            "enjoyment",
            "91145-3",
            "How much did pain get in the way of your enjoyment of life in the past week? 0: not at all, 10: completely.",
        ),
        coded(
            PEG_ACTIVITY,
            "91146-1",
            "How much did pain get in the way of your general activity in the past week? 0: not at all, 10: completely.",
        ),
    ],
    highest: 10,
    scoring: Scoring::Mean,
    loinc: Some("91147-9"),
    real_change: RealChange {
        percent: Some(30),
        points: None,
        source: "Dworkin et al., J Pain 2008;9:105-121: 30 % of a pain or interference score, taken for PEG by this project",
    },
    source: "Krebs et al., J Gen Intern Med 2009;24:733-738",
};

/// Roland-Morris. Its authors let everybody use it; the statements are the published ones, as a score is comparable only so.
pub const ROLAND_MORRIS: Spec = Spec {
    title: "Roland-Morris: your back today",
    instruction: "Tick a statement only if you are sure that it describes you today.",
    items: &[
        stated("rm1", "I stay at home most of the time because of my back."),
        stated("rm2", "I change position frequently to try and get my back comfortable."),
        stated("rm3", "I walk more slowly than usual because of my back."),
        stated("rm4", "Because of my back I am not doing any of the jobs that I usually do around the house."),
        stated("rm5", "Because of my back, I use a handrail to get upstairs."),
        stated("rm6", "Because of my back, I lie down to rest more often."),
        stated("rm7", "Because of my back, I have to hold on to something to get out of an easy chair."),
        stated("rm8", "Because of my back, I try to get other people to do things for me."),
        stated("rm9", "I get dressed more slowly than usual because of my back."),
        stated("rm10", "I only stand for short periods of time because of my back."),
        stated("rm11", "Because of my back, I try not to bend or kneel down."),
        stated("rm12", "I find it difficult to get out of a chair because of my back."),
        stated("rm13", "My back is painful almost all the time."),
        stated("rm14", "I find it difficult to turn over in bed because of my back."),
        stated("rm15", "My appetite is not very good because of my back pain."),
        stated("rm16", "I have trouble putting on my socks (or stockings) because of the pain in my back."),
        stated("rm17", "I only walk short distances because of my back."),
        stated("rm18", "I sleep less well because of my back."),
        stated("rm19", "Because of my back pain, I get dressed with help from someone else."),
        stated("rm20", "I sit down for most of the day because of my back."),
        stated("rm21", "I avoid heavy jobs around the house because of my back."),
        stated("rm22", "Because of my back pain, I am more irritable and bad tempered with people than usual."),
        stated("rm23", "Because of my back, I go upstairs more slowly than usual."),
        stated("rm24", "I stay in bed most of the time because of my back."),
    ],
    highest: 1,
    scoring: Scoring::Sum,
    loinc: None,
    real_change: RealChange {
        percent: None,
        points: Some(3),
        source: "Roland and Fairbank, Spine 2000;25:3115-3124; 3 points is what this project takes, where Ostelo et al., Spine 2008;33:90-94 ask for 5",
    },
    source: "Roland and Morris, Spine 1983;8:141-144",
};
